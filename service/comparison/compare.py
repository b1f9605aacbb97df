"""Where an organisation stands: beside its own past, beside its peers, and beside what others published."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.comparison.history import History, history
from service.comparison.outside import Outside, outside
from service.comparison.profile import Profile, profile_of
from service.comparison.publish import CONTENT, Peers, newest
from service.models import Organisation
from service.published import latest


@dataclass(frozen=True)
class Comparison:
    """All three, from what is published only. `peers` is None before peers were drawn for the first time, on the day `drawn`."""

    organisation: str
    synthetic: bool
    profile: Profile
    history: History
    peers: Peers | None
    drawn: datetime | None
    references: Outside


def comparison_of(session: Session, organisation: Organisation) -> Comparison:
    """What may be shown of it. Reads rows of this organisation only."""
    shown = newest(session, organisation)
    return Comparison(
        organisation=organisation.key,
        synthetic=organisation.synthetic,
        profile=profile_of(session, organisation),
        history=history(session, organisation),
        peers=CONTENT.validate_python(shown.content) if shown else None,
        drawn=shown.created if shown else None,
        references=outside(latest(session, organisation)),
    )
