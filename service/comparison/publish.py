"""Draws the quartiles an organisation is shown of its peers, and keeps them as long as new ones would tell of a few.

Pages, API and documents read what was drawn and never other organisations' values: a request of one organisation sees no row of
another. Quartiles are drawn anew only if what stands behind them differs from every earlier drawing by nobody or by at least
`service.comparison.draw.FEWEST_CHANGED` peers, be it that they came, left or told another value; between, the earlier ones stay as they were. Where a peer
took its consent back, what it had a part in is withheld at once.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.comparison.benchmark import (
    Benchmark,
    gathered,
    series,
    told_levels,
    told_values,
)
from service.comparison.comparable import Peer, Unfit, judged
from service.comparison.draw import Drawing, Marks, Placed, Subject, as_told
from service.comparison.profile import Profile, profile_of
from service.comparison.quartiles import Told
from service.maturity.assess import newest as newest_assessment
from service.maturity.model import current
from service.maturity.result import Kind, Result
from service.models import BenchmarkFile, ComparisonPublication, Organisation, OrganisationProfile
from service.published import latest
from service.security import separation


@dataclass(frozen=True)
class Peers:
    """What an organisation is shown of its peers, and how it was decided who they are.

    `known` organisations could be peers; `unfit_values` and `unfit_levels` count those that can not be compared with, by reason.
    `profile` is the organisation's own at that time.
    """

    profile: Profile = field(default_factory=Profile)
    known: int = 0
    unfit_values: Mapping[Unfit, int] = field(default_factory=dict)
    unfit_levels: Mapping[Unfit, int] = field(default_factory=dict)
    placed: tuple[Placed, ...] = ()


CONTENT = TypeAdapter(Peers)


def newest(session: Session, organisation: Organisation) -> ComparisonPublication | None:
    found = (
        select(ComparisonPublication)
        .where(ComparisonPublication.organisation_id == organisation.id)
        .order_by(ComparisonPublication.id.desc())
        .limit(1)
    )
    return session.scalars(found).first()


def publish(session: Session, organisation: Organisation, *, now: datetime | None = None) -> Peers:
    """Draw what the organisation is shown of its peers, and keep it if anything is new.

    Raises `RuntimeError` within a request of one organisation: it would see no other.
    """
    if separation.current() is not None:
        raise RuntimeError("peers are drawn at the console, not in a request of one organisation")
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    today = moment.date()
    peers = known_peers(session, organisation, today)
    profile = profile_of(session, organisation)
    own, until = _own(session, organisation)
    drawing = Drawing(peers, profile, _earlier(session, organisation), today)
    placed, members = [], {}
    for subject in subjects():
        one, marks = drawing.placed(subject, own.get(subject), until.get(subject))
        placed.append(one)
        members[subject.key] = marks
    made = Peers(
        profile=profile,
        known=len(peers),
        unfit_values=dict(Counter(one.values for one in peers if one.values)),
        unfit_levels=dict(Counter(one.levels for one in peers if one.levels)),
        placed=tuple(placed),
    )
    _keep(session, organisation, made, members, moment)
    return made


def redraw(session: Session, *, now: datetime | None = None) -> None:
    """Draw again for everybody for whom anything was drawn, so that what a consent that was taken back allowed is gone at once."""
    shown = select(ComparisonPublication.organisation_id)
    for organisation in session.scalars(
        select(Organisation).where(Organisation.id.in_(shown)).order_by(Organisation.id)
    ).all():
        publish(session, organisation, now=now)


def subjects() -> list[Subject]:
    """All that is compared, in the order in which it is shown: levels first."""
    levels = [Subject(dimension=one.key, kind=kind) for one in current().dimensions for kind in Kind]
    return [*levels, *(Subject(metric=metric, category=category) for metric, category in series())]


def known_peers(session: Session, organisation: Organisation, today: date) -> list[Peer]:
    """Others of the installation that consented, and those whose files the organisation was given; each once."""
    found: dict[str, tuple[Benchmark, str]] = {}
    files = select(BenchmarkFile).where(BenchmarkFile.organisation_id == organisation.id)
    for file in session.scalars(files.order_by(BenchmarkFile.peer)):
        found[file.peer] = Benchmark.model_validate(file.content), file.peer
    sharing = (
        select(Organisation, OrganisationProfile)
        .join(OrganisationProfile, OrganisationProfile.organisation_id == Organisation.id)
        .where(
            OrganisationProfile.shares_benchmark.is_(True),
            Organisation.id != organisation.id,
            Organisation.stopped.is_(None),
        )
        .order_by(OrganisationProfile.benchmark)
    )
    for other, row in session.execute(sharing).all():
        given, _ = gathered(session, other, today)
        if given is not None:
            found[row.benchmark] = given, row.secret
    made = newest_assessment(session, organisation)
    model = made.model_version if made else current().version
    return [
        judged(given, secret, synthetic=organisation.synthetic, model=model, today=today)
        for _, (given, secret) in sorted(found.items())
    ]


def _own(
    session: Session, organisation: Organisation
) -> tuple[Mapping[Subject, Told], Mapping[Subject, date]]:
    """The organisation's own values, told as others would be told them, and until when each tells."""
    period, values = told_values(latest(session, organisation))
    made = newest_assessment(session, organisation)
    result = Result.model_validate(made.content) if made else None
    own = {
        Subject(metric=one.metric, category=one.category): as_told(one.value, one.low, one.high)
        for one in values
    }
    until = dict.fromkeys(own, period.until) if period else {}
    if result is not None:
        levels = {
            Subject(dimension=one.dimension, kind=one.kind): as_told(one.level, one.low, one.high)
            for one in told_levels(result)
        }
        own |= levels
        until |= dict.fromkeys(levels, result.created.date())
    return own, until


def _earlier(session: Session, organisation: Organisation) -> dict[str, list[tuple[Placed, Marks]]]:
    rows = session.scalars(
        select(ComparisonPublication)
        .where(ComparisonPublication.organisation_id == organisation.id)
        .order_by(ComparisonPublication.id)
    ).all()
    found: dict[str, list[tuple[Placed, Marks]]] = {}
    for row in rows:
        for one in CONTENT.validate_python(row.content).placed:
            found.setdefault(one.subject.key, []).append((one, row.members.get(one.subject.key, {})))
    return found


def _keep(
    session: Session, organisation: Organisation, made: Peers, members: Mapping[str, Marks], moment: datetime
) -> None:
    content = CONTENT.dump_python(made, mode="json")
    before = newest(session, organisation)
    if before is not None and before.content == content and before.members == members:
        return
    session.add(
        ComparisonPublication(
            organisation_id=organisation.id,
            created=moment,
            digest=hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
            content=content,
            members=dict(members),
        )
    )
    session.flush()
