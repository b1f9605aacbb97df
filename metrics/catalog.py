"""All metrics by key."""

from collections.abc import Mapping
from types import MappingProxyType

from metrics.dialogue import INTERACTIVE_SHARE, INTERACTIVE_SHARE_CREATED
from metrics.interaction import RESPONSE_RATE, RESPONSE_RATE_LAX, TIME_TO_FIRST_RESPONSE
from metrics.metric import Metric
from metrics.participation import ACTIVE_SHARE, CONTRIBUTOR_SHARE, ROLE_SHARE
from metrics.vitality import ROOM_STATE

CATALOG: Mapping[str, Metric] = MappingProxyType(
    {
        metric.key: metric
        for metric in (
            ACTIVE_SHARE,
            CONTRIBUTOR_SHARE,
            ROLE_SHARE,
            RESPONSE_RATE,
            RESPONSE_RATE_LAX,
            TIME_TO_FIRST_RESPONSE,
            INTERACTIVE_SHARE,
            INTERACTIVE_SHARE_CREATED,
            ROOM_STATE,
        )
    }
)
