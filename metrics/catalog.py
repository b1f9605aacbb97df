"""All metrics by key."""

from collections.abc import Mapping
from types import MappingProxyType

from metrics.arrival import NEW_VOICES, RETENTION_1, RETENTION_3, RETENTION_6
from metrics.balance import PERSONA_SHARE
from metrics.conversation import CONVERSATION
from metrics.depth import SIZES
from metrics.dialogue import INTERACTIVE_SHARE, INTERACTIVE_SHARE_CREATED
from metrics.editors import CO_AUTHORED_SHARE
from metrics.freshness import FRESHNESS
from metrics.habit import COMMUNITY_HEALTH, DAILY_STICKINESS, REGULARITY, WEEKLY_STICKINESS
from metrics.inequality import (
    CONTENT_SPLIT,
    CONTRIBUTION_GINI,
    CONTRIBUTION_GINI_POPULATION,
    EFFECTIVE_CONTRIBUTORS,
    TOP_1_SHARE,
    TOP_10_SHARE,
)
from metrics.interaction import RESPONSE_RATE, RESPONSE_RATE_LAX, TIME_TO_FIRST_RESPONSE
from metrics.leadership import LEADERSHIP
from metrics.lifetimes import ROOM_SURVIVAL, TIME_TO_FIRST_VOICE
from metrics.memberships import MEMBERSHIP_ACTIVATION, MEMBERSHIP_READING
from metrics.metric import Metric
from metrics.network import NETWORK
from metrics.openness import INTERACTIVE_SHARE_WEIGHTED, OPEN_SURFACE
from metrics.participation import ACTIVE_SHARE, CONTRIBUTOR_SHARE, ROLE_SHARE
from metrics.presence import PRESENCE_SHARE, REACH
from metrics.room_types import ROOM_TYPE, ROOMS_AS_INTENDED
from metrics.rooms import ROOM_BIRTHS, ROOM_CLOSURES, ROOMS_ON_FEW, SEVERAL_OWNERS
from metrics.spread import SPREAD
from metrics.top_down import TOP_DOWN
from metrics.vitality import ROOM_STATE

CATALOG: Mapping[str, Metric] = MappingProxyType(
    {
        metric.key: metric
        for metric in (
            ACTIVE_SHARE,
            CONTRIBUTOR_SHARE,
            ROLE_SHARE,
            WEEKLY_STICKINESS,
            DAILY_STICKINESS,
            REGULARITY,
            COMMUNITY_HEALTH,
            NEW_VOICES,
            RETENTION_1,
            RETENTION_3,
            RETENTION_6,
            REACH,
            PRESENCE_SHARE,
            SPREAD,
            CONTRIBUTION_GINI,
            CONTRIBUTION_GINI_POPULATION,
            TOP_1_SHARE,
            TOP_10_SHARE,
            EFFECTIVE_CONTRIBUTORS,
            CONTENT_SPLIT,
            RESPONSE_RATE,
            RESPONSE_RATE_LAX,
            TIME_TO_FIRST_RESPONSE,
            *CONVERSATION,
            *SIZES,
            PERSONA_SHARE,
            INTERACTIVE_SHARE,
            INTERACTIVE_SHARE_CREATED,
            INTERACTIVE_SHARE_WEIGHTED,
            OPEN_SURFACE,
            CO_AUTHORED_SHARE,
            *TOP_DOWN,
            *LEADERSHIP,
            *FRESHNESS,
            ROOM_STATE,
            ROOM_TYPE,
            ROOMS_AS_INTENDED,
            ROOM_SURVIVAL,
            TIME_TO_FIRST_VOICE,
            ROOM_BIRTHS,
            ROOM_CLOSURES,
            SEVERAL_OWNERS,
            ROOMS_ON_FEW,
            MEMBERSHIP_ACTIVATION,
            MEMBERSHIP_READING,
            *NETWORK,
        )
    }
)
