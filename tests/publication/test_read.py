"""How much was read of a source, what few people bound of two groups tells, and which few two groups have in common."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from service.models import Base, Coverage, KnownContent, Organisation, Room, Source, Sync
from service.publication import coverage
from service.publication.cells import Cell
from service.publication.few import hide_what_bounds_few
from service.publication.measured import Measured
from service.publication.overlap import _few
from service.publication.protect import System
from tests.publication.test_fewest import K

MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def read() -> Iterator[Engine]:
    """A source that was read twice, and once in vain."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Organisation(id=1, key="acme", name="acme"))
        session.add(Source(id=1, organisation_id=1, key="wiki", connector="c", settings={}, created=MOMENT))
        for later, state in enumerate(("done", "partial", "failed")):
            started = MOMENT + timedelta(days=later)
            session.add(Sync(source_id=1, started=started, state=state, report={}))
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def db(read: Engine) -> Iterator[Session]:
    with Session(read) as session:
        yield session


@pytest.mark.parametrize(
    ("views", "linked", "share"),
    [
        (1000, 999, 0.99),
        (1000, 1000, 1.0),
        (10, None, 0.0),
        (3, 2, 0.66),
        (0, 0, None),
        (None, None, "no line"),
    ],
)
def test_views_that_are_told_about_another_source_are_linked_to_its_contents(
    db: Session, monkeypatch: pytest.MonkeyPatch, views: int | None, linked: int | None, share: Any
) -> None:
    monkeypatch.setattr(coverage, "matching", lambda *_: SimpleNamespace(share=0.5))
    db.add(
        Source(
            id=2, organisation_id=1, key="wiki views", connector="c", settings={}, created=MOMENT, about_id=1, views=views,
            views_linked=linked,
        )
    )  # fmt: skip
    db.add(Sync(source_id=2, started=MOMENT, state="done", report={}))
    db.flush()
    lines = coverage.coverage_of(db, 1)
    found = [
        (line.source, line.share, line.rooms_missing, line.data_until)
        for line in lines
        if line.kind == "views_linked"
    ]
    assert found == ([] if share == "no line" else [("wiki views", share, 0, MOMENT)])
    # What is known of all sources reaches no further than the one that was read least far.
    (whole,) = [line for line in lines if line.kind == "identity"]
    assert (whole.source, whole.share, whole.rooms_missing, whole.data_until) == ("*", 0.5, 0, MOMENT)
    assert {line.data_until for line in lines if line.source == "wiki"} == {MOMENT + timedelta(days=1)}
    assert len([line for line in lines if line.source == "wiki"]) == len(coverage.READ)


def test_rooms_and_contents_that_are_gone_are_not_missing(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "matching", lambda *_: None)
    assert {line.share for line in coverage.coverage_of(db, 1)} == {None}
    for key, gone in (("a", None), ("b", None), ("c", MOMENT)):
        db.add(
            Room(source_id=1, organisation_id=1, key=key, handle=key, first_seen=MOMENT, gone=gone, open=True)
        )
    db.get_one(Source, 1).expected_rooms = 4
    db.flush()
    assert {(line.share, line.rooms_missing) for line in coverage.coverage_of(db, 1)} == {(0.5, 2)}


@pytest.mark.parametrize(
    ("expected", "contents", "looked_at", "gap", "share", "missing"),
    [
        (None, 0, 0, None, None, 0),
        (0, 0, 0, None, None, 0),
        (4, 0, 0, None, 0.0, 4),
        # Of a source without rooms that are known, or contents, something may be missing nevertheless.
        (None, 0, 0, ("", "", "not_due"), 0.0, 0),
        (None, 10, 0, ("", "", "not_due"), 0.0, 0),
        (None, 10, 4, ("", "", "not_due"), 0.4, 0),
        (1, 0, 0, ("r", "7", "broken"), 0.0, 1),
        (1, 10, 0, ("r", "7", "broken"), 0.0, 1),
    ],
)
def test_of_a_source_that_has_nothing_yet_nothing_is_assumed(
    db: Session,
    monkeypatch: pytest.MonkeyPatch,
    *,
    expected: int | None,
    contents: int,
    looked_at: int,
    gap: tuple[str, str, str] | None,
    share: float | None,
    missing: int,
) -> None:
    monkeypatch.setattr(coverage, "matching", lambda *_: None)
    db.get_one(Source, 1).expected_rooms = expected
    for number in range(contents + 1):
        db.add(
            KnownContent(
                source_id=1, id=str(number), room="r", content_type="page", created=MOMENT, changed=MOMENT, version=1,
                observed=MOMENT if number < looked_at or number == contents else None, deleted=number == contents,
            )
        )  # fmt: skip
    if gap is not None:
        room, content, reason = gap
        db.add(
            Coverage(
                source_id=1, stream="s", room=room, object=content, kinds=" view , comment", reason=reason, since=MOMENT,
                seen=MOMENT,
            )
        )  # fmt: skip
    db.flush()
    found = {line.kind: (line.share, line.rooms_missing) for line in coverage.coverage_of(db, 1)}
    assert found["comment"] == found["view"] == (share, missing)
    assert found["edit"][1] == missing


@pytest.mark.parametrize(("contents", "share"), [(0, 0.999), (1, 0.0), (4, 0.75)])
def test_a_content_that_is_missing_lowers_the_share_by_contents(
    db: Session, monkeypatch: pytest.MonkeyPatch, contents: int, share: float
) -> None:
    monkeypatch.setattr(coverage, "matching", lambda *_: None)
    db.add(Room(source_id=1, organisation_id=1, key="r", handle="r", first_seen=MOMENT, open=True))
    for number in range(contents):
        db.add(
            KnownContent(
                source_id=1,
                id=str(number),
                room="r",
                content_type="page",
                created=MOMENT,
                changed=MOMENT,
                version=1,
            )
        )
    db.add(
        Coverage(
            source_id=1,
            stream="s",
            room="r",
            object="7",
            kinds="",
            reason="broken",
            since=MOMENT,
            seen=MOMENT,
        )
    )
    db.flush()
    # A gap that names no kind is one of all kinds.
    assert {line.share for line in coverage.coverage_of(db, 1)} == {share}


Builder = Callable[..., Measured]


@pytest.mark.parametrize(
    ("mine", "theirs", "alone", "others", "gone"),
    [
        ((20, 24), (20, 24), 9, 0, True),
        ((20, 25), (20, 25), 9, 0, False),
        ((20, 24), (20, 24), 9, 1, False),
        ((20, 30), (15, 19), 5, 0, True),
        ((20, 30), (15, 20), 5, 0, False),
        ((20, 30), (20, 30), 3, 0, False),
        ((24, 30), (15, 23), 3, 0, True),
    ],
)
def test_two_rooms_may_not_bound_the_few_in_one_alone(
    measured: Builder, *, mine: Any, theirs: Any, alone: int, others: int, gone: bool
) -> None:
    rows = [measured("active", "room", key, 20, 40) for key in ("a", "b")]

    def settled(beyond: Any, **changed: Any) -> list[bool]:
        system = System(K)
        for alike, people in ((mine, 41), (theirs, 40)):
            system.add(Cell(20, people, alike=alike))
        for name, value in changed.items():
            setattr(system.cells[0], name, value)
        hide_what_bounds_few(system, rows, [0, 1], lambda *_: beyond)
        return [cell.shown for cell in system.cells]

    pair = [(("room", "a"), ("room", "b"), alone, others)]
    assert settled(pair) == [True, not gone]
    assert settled([]) == [True, True]
    assert settled([(("room", "a"), ("unit", "u"), alone, others)]) == [True, True]
    assert settled(pair, alike=None) == [True, True]
    assert settled(pair, shown=False) == [False, True]


def test_few_are_those_two_groups_share_or_one_has_alone() -> None:
    one, other = frozenset(range(1, 13)), frozenset(range(10, 26))
    assert _few([one, other], K) == {frozenset({10, 11, 12}), frozenset(range(1, 10))}
    assert _few([one, frozenset(range(3, 26))], K) == {frozenset({1, 2})}
    assert _few([frozenset(range(10)), frozenset(range(10, 30))], K) == set()
    assert _few([one, one], K) == set()
