"""From measurements to one publication: checked jointly, rounded, written in one transaction."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Engine, Table, delete, insert, literal, null, select
from sqlalchemy.orm import DeclarativeBase, Session

from metrics.catalog import CATALOG
from metrics.metric import Measure, Metric, Privacy, Subject
from metrics.spread import FEWEST
from service.database import transaction
from service.errors import Invalid, NotFound, NothingPublished
from service.models import (
    Measurement,
    Organisation,
    Publication,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
    ReleasedCount,
    Room,
    Source,
)
from service.privacy.enforcement import require_publish
from service.publication.coverage import coverage_of
from service.publication.earlier import KEPT_AS_PUBLISHED, Earlier, Released
from service.publication.grid import decide
from service.publication.measured import Among, Base, Form, Link, Measured, Nature, Outcome, Over, Relation
from service.publication.overlap import Groups
from service.publication.protect import COMPLEMENTARY, DIFFERENCE, DOMINANCE, HOMOGENEITY, SMALL_GROUP
from service.publication.rounding import STAYS_UNTIL_FAR, STEPS_OF_PEOPLE

FLOOR = 5
KEPT = 3
"""Publications kept; a reader who pages through an older one is asked to start again."""
BATCH = 5_000
"""Rows written at once."""

NATURES = {Subject.PEOPLE: Nature.PERSONS, Subject.ROOMS: Nature.ROOMS, Subject.UNITS: Nature.UNITS}
STEPS = {
    Measure.SHARE: 0.01,
    Measure.HOURS: 0.5,
    Measure.DAYS: 1.0,
    Measure.RATIO: 0.1,
    Measure.NUMBER: 0.1,
    Measure.INDEX: 0.02,
}
_TAKING_PART = frozenset({"creating", "contributing", "reacting"})
LINKS: tuple[Relation, ...] = (
    Link("contributor_share", "role_share", frozenset({"creating", "contributing"})),
    Link("active_share", "role_share", _TAKING_PART),
    Link("community_health", "role_share", _TAKING_PART),
    Link("presence_share", "role_share", _TAKING_PART, category="taking_part"),
    Link("persona_share", "role_share", frozenset({"reading_or_absent"}), category="silent"),
    Link("reach", "presence_share", frozenset({"taking_part", "reading"})),
    Base("new_voices", "contributor_share"),
    Base("weekly_stickiness", "active_share"),
    Base("daily_stickiness", "active_share"),
    Base("contribution_gini", "contributor_share"),
    # The two coefficients differ by the share of those who contributed nothing.
    Base("contribution_gini_population", "contributor_share"),
    Base("top_1_share", "contributor_share"),
    Base("top_10_share", "contributor_share"),
    Base("effective_contributors", "contributor_share"),
    # Of two rates and their difference any two tell the third.
    Base("response_asymmetry", "response_rate_official"),
    Base("response_asymmetry", "response_rate_staff"),
    Over("spread", "active_share", FEWEST),
    Link("active_leader_share", "leader_parts", frozenset({"answering", "publishing"})),
    Among("active_leader_share", "contributor_share"),
    # Each unit stands for one of its leaders.
    Among("led_unit_share", "active_leader_share"),
)
"""How counts follow from each other by the definitions of the metrics."""
APART = frozenset({"regularity", "bridging_share", "retention_1", "retention_3", "retention_6"})
"""Shares of people whose count follows from no other: they look at other days or other acts than any metric of their period."""


def protection(minimum_group: int, survey_group: int | None = None) -> dict[str, Any]:
    """How published values are protected, as terms of an agreement: group sizes, rules, steps of rounding in thousandths.

    `survey_group` is the smallest group of which a survey shows anything, where surveys are spoken of.
    """
    groups = {"floor": FLOOR, "observed": minimum_group}
    return {
        "groups": groups if survey_group is None else {**groups, "survey": survey_group},
        "suppression": {
            "rules": sorted(
                (
                    SMALL_GROUP,
                    COMPLEMENTARY,
                    HOMOGENEITY,
                    DIFFERENCE,
                    DOMINANCE,
                    STAYS_UNTIL_FAR,
                    STEPS_OF_PEOPLE,
                    KEPT_AS_PUBLISHED,
                )
            ),
            "relations": sorted(_told(relation) for relation in LINKS),
            "rounding": {unit.value: round(step * 1000) for unit, step in STEPS.items()},
        },
    }


def _told(relation: Relation) -> str:
    told = asdict(relation)
    kind, metric, other = type(relation).__name__.lower(), told.pop("metric"), told.pop("other")
    details = (",".join(sorted(one)) if isinstance(one, frozenset) else str(one) for one in told.values())
    return " ".join((kind, metric, other, *(one for one in details if one)))


def now() -> datetime:
    return datetime.now(UTC)


def publish(
    engine: Engine, organisation_id: int, *, minimum_group: int = 10, clock: Callable[[], datetime] = now
) -> Publication:
    """Publish what may be shown of all current measurements of an organisation.

    Unchanged content gives the same digest and no new publication. Raises `NotFound` without the organisation, `Invalid`
    for a `minimum_group` below the floor of 5, `NothingPublished` without measurements, and `Recoverable` if the audit
    finds a hidden cell that could be worked out; `ExceedsAgreement` if it would show more than agreed.
    """
    if minimum_group < FLOOR:
        raise Invalid(f"the minimum group is {minimum_group}, and may not be below {FLOOR}")
    with transaction(engine) as session:
        organisation = session.get(Organisation, organisation_id)
        if organisation is None:
            raise NotFound(f"no organisation {organisation_id}")
        require_publish(session, organisation_id, protection(minimum_group))
        rows = measured(session, organisation_id)
        if not rows:
            raise NothingPublished(
                "nothing was measured yet: `resonanz metrics compute` measures and publishes"
            )
        groups = Groups.read(session, organisation, minimum_group)
        # Also of metrics that were not measured this time: what was published of them is not forgotten.
        forms = {key: form(metric) for key, metric in CATALOG.items()}
        earlier = Earlier.of(released(session, organisation_id), forms)
        rows, pins = earlier.settle(rows, forms, minimum_group)
        standing = earlier.standings(rows, forms, minimum_group)
        outcomes = decide(
            rows, forms, minimum_group, groups, LINKS,
            pins=pins, standing=standing, unions=groups.unions, beyond=groups.beyond,
        )  # fmt: skip
        content = {
            "minimum_group": minimum_group,
            "data_until": max(row.until for row in rows),
            "values": values(rows, outcomes),
            "rooms": rooms(session, organisation_id),
            "coverage": [asdict(line) for line in coverage_of(session, organisation_id)],
        }
        publication, new = _write(session, organisation_id, content, clock())
        if new:
            earlier.add(rows, outcomes, standing, forms, minimum_group)
            remember(session, organisation_id, earlier)
        return publication


def form(metric: Metric) -> Form:
    """How the values of a metric are protected and rounded, from its declaration."""
    nature = NATURES.get(metric.subject, Nature.EVENTS)
    if nature is Nature.UNITS and metric.privacy is Privacy.PERSON:
        nature = Nature.PERSONS  # each unit stands for somebody of it
    return Form(
        nature=nature,
        step=metric.step or STEPS[metric.unit],
        share=metric.unit is Measure.SHARE,
    )


def measured(session: Session, organisation_id: int) -> list[Measured]:
    """All measurements of metrics that still exist, in steady order."""
    columns = [getattr(Measurement, name) for name in Measured._fields]
    order = [getattr(Measurement, name) for name in ("metric", "window", "since", "scope", "scope_key", "id")]
    found = select(*columns).where(Measurement.organisation_id == organisation_id).order_by(*order)
    return [Measured(*row) for row in session.execute(found) if row.metric in CATALOG]


def released(session: Session, organisation_id: int) -> Iterator[tuple[int, Released]]:
    """What was decided before, each cell with the number of its state, oldest first."""
    r = ReleasedCount
    columns = [
        literal("known") if name == "state" else null() if name == "reason" else getattr(r, name)
        for name in Measured._fields
    ]
    found = select(r.version, r.shown, r.hidden_for, r.minimum_group, r.told, *columns)
    for version, shown, reason, least, told, *row in session.execute(
        found.where(r.organisation_id == organisation_id).order_by(r.version, r.id)
    ):
        yield version, Released(Measured(*row), shown, reason, least, told)


def remember(session: Session, organisation_id: int, earlier: Earlier) -> None:
    """Keep what was decided, in place of what was kept before."""
    session.execute(delete(ReleasedCount).where(ReleasedCount.organisation_id == organisation_id))
    kept = [(place, name) for place, name in enumerate(Measured._fields) if name not in {"state", "reason"}]
    _insert(
        session,
        ReleasedCount,
        (
            {
                **{name: one.row[place] for place, name in kept}, "organisation_id": organisation_id, "version": version,
                "shown": one.shown, "hidden_for": one.reason, "minimum_group": one.minimum_group, "told": one.told,
            }
            for version, one in earlier.lines()
        ),
    )  # fmt: skip


def _insert(session: Session, model: type[DeclarativeBase], lines: Iterable[dict[str, Any]]) -> None:
    """Write rows some thousand at a time, so that what is written is not held a second time."""
    left = iter(lines)
    while some := list(islice(left, BATCH)):
        session.execute(insert(cast(Table, model.__table__)), some)


def values(rows: Sequence[Measured], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    place = Measured._fields[:7]
    told = [field.name for field in fields(Outcome)]
    return [
        {**dict(zip(place, row[:7], strict=True)), **{name: getattr(outcome, name) for name in told}}
        for row, outcome in zip(rows, outcomes, strict=True)
    ]


def rooms(session: Session, organisation_id: int) -> list[dict[str, Any]]:
    """The rooms that exist and are measured, under a label all may see: the name only where all may enter."""
    found = (
        select(Room, Source.key)
        .join(Source, Source.id == Room.source_id)
        .where(Room.organisation_id == organisation_id, Room.gone.is_(None), Room.excluded.is_(False))
        .order_by(Room.key)
    )
    return [
        {
            "key": room.key,
            "label": room.name if room.open and room.name else room.handle,
            "source": source,
            "purpose": room.purpose,
            "archived": room.archived,
        }
        for room, source in session.execute(found)
    ]


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in canonical form."""
    canonical = json.dumps(
        content, sort_keys=True, separators=(",", ":"), default=_as_text, ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _as_text(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _write(
    session: Session, organisation_id: int, content: Mapping[str, Any], created: datetime
) -> tuple[Publication, bool]:
    """The publication of a content, and whether it is a new one."""
    digest = digest_of(content)
    earlier = session.scalars(
        select(Publication)
        .where(Publication.organisation_id == organisation_id)
        .order_by(Publication.id.desc())
    ).all()
    if earlier and earlier[0].digest == digest:
        return earlier[0], False
    states = Counter(value["state"] for value in content["values"])
    reasons = Counter(value["reason"] for value in content["values"] if value["state"] == "suppressed")
    publication = Publication(
        organisation_id=organisation_id,
        created=created,
        data_until=content["data_until"],
        minimum_group=content["minimum_group"],
        digest=digest,
        summary={
            "published": states["published"],
            "suppressed": states["suppressed"],
            "unknown": states["unknown"],
            "suppressed_by_reason": dict(sorted(reasons.items())),
            "rooms": len(content["rooms"]),
        },
    )
    session.add(publication)
    session.flush()
    for model, lines in (
        (PublishedValue, content["values"]),
        (PublishedRoom, content["rooms"]),
        (PublishedCoverage, content["coverage"]),
    ):
        _insert(session, model, ({**line, "publication_id": publication.id} for line in lines))
    outdated = [old.id for old in earlier[KEPT - 1 :]]
    if outdated:
        for model in (PublishedValue, PublishedRoom, PublishedCoverage):
            session.execute(delete(model).where(model.publication_id.in_(outdated)))
        session.execute(delete(Publication).where(Publication.id.in_(outdated)))
    return publication, True
