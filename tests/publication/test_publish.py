"""From measurements in the database to one publication."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from metrics.catalog import CATALOG
from metrics.metric import Subject
from service.database import transaction
from service.errors import Invalid, NotFound, NothingPublished
from service.models import (
    Coverage,
    KnownContent,
    Measurement,
    Membership,
    Organisation,
    Person,
    Publication,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
    Room,
    Source,
    Sync,
    Unit,
)
from service.publication import publish
from service.publication.coverage import coverage_of
from service.publication.measured import Link
from service.publication.overlap import Groups
from service.publication.publish import APART, KEPT, LINKS, protection
from service.publication.rounding import bound, rounded, rounded_people, wilson

MOMENT = datetime(2026, 4, 1, 6, tzinfo=UTC)
MONDAY = date(2026, 3, 2)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Two units and two rooms of 40 people, half of them active."""
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="beispiel", name="Beispiel AG"))
        session.flush()
        session.add_all(
            [
                Unit(id=1, organisation_id=1, key="a", name="A"),
                Unit(id=2, organisation_id=1, key="b", name="B"),
            ]
        )
        session.add(
            Source(id=1, organisation_id=1, key="wiki", connector="confluence", settings={}, created=MOMENT)
        )
        session.flush()
        for number, (handle, open_to_all) in enumerate(
            [("ALL", True), ("HR", False), ("OLD", True)], start=1
        ):
            session.add(
                Room(
                    id=number, organisation_id=1, source_id=1, key=f"wiki/{handle}", handle=handle, name=f"Raum {handle}",
                    open=open_to_all, first_seen=MOMENT, gone=MOMENT if handle == "OLD" else None,
                )
            )  # fmt: skip
        for metric, scope, key, count, people in (
            ("active_share", "organisation", "", 40, 80),
            ("active_share", "unit", "a", 20, 40),
            ("active_share", "unit", "b", 20, 40),
            ("active_share", "room", "wiki/ALL", 40, 80),
            ("active_share", "room", "wiki/HR", 3, 7),
            ("a_metric_that_is_gone", "organisation", "", 1, 1),
        ):
            session.add(
                Measurement(
                    organisation_id=1, metric=metric, scope=scope, scope_key=key, window="week", since=MONDAY,
                    until=MONDAY + timedelta(days=7), numerator=count, denominator=people, people=people,
                    affirming=count, state="known", measured=MOMENT,
                )
            )  # fmt: skip
    return engine


def cells(engine: Engine, publication: Publication) -> dict[str, tuple[Any, ...]]:
    with transaction(engine) as session:
        found = session.scalars(
            select(PublishedValue).where(PublishedValue.publication_id == publication.id)
        ).all()
    return {f"{one.scope}:{one.scope_key}": (one.state, one.reason, one.value, one.people) for one in found}


def test_a_publication_holds_rounded_values_and_reasons(filled: Engine) -> None:
    publication = publish(filled, 1, minimum_group=10, clock=lambda: MOMENT)
    assert publication.created == MOMENT
    assert publication.data_until == date(2026, 3, 9)
    assert cells(filled, publication) == {
        "organisation:": ("published", None, 0.5, 80),
        "unit:a": ("published", None, 0.5, 40),
        "unit:b": ("published", None, 0.5, 40),
        "room:wiki/ALL": ("published", None, 0.5, 80),
        "room:wiki/HR": ("suppressed", "small_group", None, None),
    }
    assert publication.summary["suppressed_by_reason"] == {"small_group": 1}


def test_rooms_are_labelled_by_name_only_where_open_and_only_while_there(filled: Engine) -> None:
    publish(filled, 1, minimum_group=10)
    with transaction(filled) as session:
        labels = dict(session.execute(select(PublishedRoom.key, PublishedRoom.label)).all())  # type: ignore[arg-type]
    assert labels == {"wiki/ALL": "Raum ALL", "wiki/HR": "HR"}


def test_unchanged_measurements_give_no_new_publication(filled: Engine) -> None:
    first = publish(filled, 1, minimum_group=10, clock=lambda: MOMENT)
    again = publish(filled, 1, minimum_group=10, clock=lambda: MOMENT + timedelta(days=1))
    assert (again.id, again.digest) == (first.id, first.digest)
    other = publish(filled, 1, minimum_group=8)
    assert other.digest != first.digest
    back = publish(filled, 1, minimum_group=10)
    assert back.digest == first.digest
    assert back.id != first.id


def test_only_the_newest_publications_are_kept(filled: Engine) -> None:
    ids = [publish(filled, 1, minimum_group=minimum_group).id for minimum_group in (10, 11, 12, 13, 14)]
    with transaction(filled) as session:
        kept = session.scalars(select(Publication.id).order_by(Publication.id)).all()
        of_values = session.scalars(select(PublishedValue.publication_id).distinct()).all()
    assert list(kept) == ids[-KEPT:]
    assert sorted(of_values) == ids[-KEPT:]


def test_nothing_is_written_if_the_audit_fails(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.publication.protect import Recoverable, System

    def fail(self: System) -> None:
        raise Recoverable("found")

    monkeypatch.setattr(System, "verify", fail)
    with pytest.raises(Recoverable):
        publish(filled, 1, minimum_group=10)
    with transaction(filled) as session:
        assert session.scalar(select(func.count()).select_from(Publication)) == 0


def test_an_agreement_is_asked_about_the_terms_before_anything_is_written(
    filled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(session: Any, organisation_id: int, terms: Any) -> None:
        asked.append((organisation_id, terms))
        raise Invalid("more than agreed")

    monkeypatch.setattr(sys.modules[publish.__module__], "require_publish", refuse)
    with pytest.raises(Invalid, match="more than agreed"):
        publish(filled, 1, minimum_group=12)
    assert asked == [(1, protection(12))]
    with transaction(filled) as session:
        assert session.scalar(select(func.count()).select_from(Publication)) == 0


def test_the_floor_holds_and_missing_things_are_named(filled: Engine) -> None:
    with pytest.raises(Invalid, match="may not be below 5"):
        publish(filled, 1, minimum_group=4)
    assert publish(filled, 1, minimum_group=5).minimum_group == 5
    assert publish(filled, 1).minimum_group == 10
    with pytest.raises(NotFound):
        publish(filled, 2, minimum_group=10)
    with transaction(filled) as session:
        session.add(Organisation(id=2, key="leer", name="Leer"))
    with pytest.raises(NothingPublished):
        publish(filled, 2, minimum_group=10)


def test_shares_of_people_that_hang_together_are_declared() -> None:
    """A new share of people must say how it follows from others, or hidden parts could be worked out unnoticed."""
    people = {key: metric for key, metric in CATALOG.items() if metric.subject is Subject.PEOPLE}
    linked = {relation.metric for relation in LINKS} & people.keys()
    partitions = {key for key, metric in people.items() if metric.categories}
    assert people.keys() - partitions - linked == APART
    for relation in LINKS:
        assert {relation.metric, relation.other} <= CATALOG.keys()
        if isinstance(relation, Link):
            assert relation.categories < set(CATALOG[relation.other].categories)
            assert relation.category in (CATALOG[relation.metric].categories or {""})


@pytest.fixture
def members(filled: Engine) -> Callable[[dict[int, range]], Engine]:
    """80 people, 1 to 40 of unit 1 and the others of unit 2, and the members of rooms open to their members only."""

    def make(rooms: dict[int, range]) -> Engine:
        with transaction(filled) as session:
            session.execute(update(Room).values(open=False))
            for number in range(1, 81):
                session.add(
                    Person(
                        organisation_id=1, pseudonym=number, unit_id=1 if number <= 40 else 2, kind="human",
                        first_seen=MOMENT, last_seen=MOMENT,
                    )
                )  # fmt: skip
            for room, people in rooms.items():
                session.add_all(
                    [Membership(room_id=room, pseudonym=number, since=MOMENT) for number in people]
                )
        return filled

    return make


@pytest.mark.parametrize(
    ("rooms", "hidden"),
    [
        ({1: range(1, 41), 2: range(41, 60)}, set()),
        ({1: range(1, 38), 2: range(41, 60)}, {"wiki/ALL"}),
        ({1: range(3, 43), 2: range(60, 70)}, {"wiki/ALL"}),
        ({1: range(20, 60), 2: range(22, 60)}, {"wiki/HR"}),
        ({1: range(20, 60), 2: range(30, 60)}, set()),
        ({1: range(20, 60), 2: range(20, 60)}, set()),
    ],
    ids=[
        "a unit and far from one",
        "a unit without three",
        "two left and two came",
        "a room without two",
        "a room without ten",
        "two rooms of the same people",
    ],
)
def test_rooms_of_almost_the_same_people_are_found(
    members: Callable[[dict[int, range]], Engine], rooms: dict[int, range], hidden: set[str]
) -> None:
    with transaction(members(rooms)) as session:
        organisation = session.get(Organisation, 1)
        assert organisation is not None
        groups = Groups.read(session, organisation, 10)
        alike = {key for key in ("wiki/ALL", "wiki/HR") if groups(key, MONDAY, date(2026, 4, 6))}
        assert alike == hidden
        assert groups("wiki/unknown", MONDAY, date(2026, 4, 6)) is None


def test_a_room_open_to_all_has_the_people_of_the_organisation_and_differs_from_nobody(
    members: Callable[[dict[int, range]], Engine],
) -> None:
    with transaction(members({1: range(1, 78), 2: range(1, 80)})) as session:
        session.execute(update(Room).where(Room.key == "wiki/ALL").values(open=True))
        organisation = session.get(Organisation, 1)
        assert organisation is not None
        groups = Groups.read(session, organisation, 10)
        assert groups("wiki/ALL", MONDAY, date(2026, 4, 6)) is False
        # All but one person: what is left of everybody would be that one.
        assert groups("wiki/HR", MONDAY, date(2026, 4, 6)) is True


def gap(room: str, content: str, kinds: str, reason: str) -> Coverage:
    return Coverage(
        source_id=1, stream=f"{room}{content}{kinds}", room=room, object=content, kinds=kinds, reason=reason, since=MOMENT,
        seen=MOMENT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gaps", "expected", "share", "missing"),
    [
        ([], None, 1.0, 0),
        ([("wiki/HR", "", "comment,create", "access_denied")], None, 0.5, 1),
        ([("", "", "comment", "unsupported")], None, 0.0, 0),
        ([("", "", "comment", "not_due")], None, 0.6, 0),
        ([("", "", "", "stream_unreachable")], None, None, 0),
        ([("wiki/ALL", "7", "comment", "broken")], None, 0.9, 0),
        ([("wiki/HR", "7", "comment", "broken"), ("wiki/HR", "", "comment", "not_found")], None, 0.5, 1),
        ([("wiki/HR", "", "view", "not_due")], None, 1.0, 0),
        ([], 4, 0.5, 2),
    ],
)
def test_coverage_of_comments_is_what_could_be_read(
    filled: Engine,
    gaps: list[tuple[str, str, str, str]],
    expected: int | None,
    share: float | None,
    missing: int,
) -> None:
    with transaction(filled) as session:
        session.add(Sync(source_id=1, started=MOMENT, finished=MOMENT, state="done", report={}))
        session.execute(update(Source).values(expected_rooms=expected))
        for number in range(10):
            session.add(
                KnownContent(
                    source_id=1, id=str(number), room="wiki/ALL", content_type="page", created=MOMENT, changed=MOMENT,
                    version=1, observed=MOMENT if number < 6 else None,
                )
            )  # fmt: skip
        session.add_all([gap(*one) for one in gaps])
    with transaction(filled) as session:
        (line,) = [one for one in coverage_of(session, 1) if one.kind == "comment"]
    assert (line.share, line.rooms_missing, line.data_until) == (share, missing, MOMENT)


def test_a_source_that_was_never_read_has_no_coverage(filled: Engine) -> None:
    publish(filled, 1, minimum_group=10)
    with transaction(filled) as session:
        assert set(session.execute(select(PublishedCoverage.share, PublishedCoverage.data_until)).all()) == {
            (None, None)
        }


def test_numbers_are_rounded_to_what_may_be_told() -> None:
    assert [rounded_people(number) for number in (10, 12, 13, 17, 18, 262, 263)] == [
        10,
        10,
        15,
        15,
        20,
        260,
        265,
    ]
    assert [rounded(value, 0.01) for value in (0.004, 0.005, 0.333, 2 / 3, 1.0)] == [
        0.0,
        0.01,
        0.33,
        0.67,
        1.0,
    ]
    assert [rounded(value, 0.5) for value in (0.2, 0.25, 3.7, -0.3)] == [0.0, 0.5, 3.5, -0.5]
    assert [bound(people, 10) for people in (19, 20, 25, 100, 101, 1000, 5000)] == [
        None,
        0.5,
        0.4,
        0.1,
        0.1,
        0.01,
        0.01,
    ]


@pytest.mark.parametrize(
    ("share", "people", "interval"),
    [
        (81 / 263, 263, (0.26, 0.37)),
        (15 / 148, 148, (0.06, 0.16)),
        (0, 20, (0.0, 0.16)),
        (1 / 29, 29, (0.01, 0.17)),
        (0.5, 20, (0.3, 0.7)),
    ],
)
def test_intervals_are_those_of_wilson(share: float, people: int, interval: tuple[float, float]) -> None:
    assert wilson(share, people) == interval
