"""What a page tells of a person replaces what is known, what it does not tell stays; gaps of one place keep apart."""

from datetime import UTC, datetime

import pytest

from connectors.activity import Gap, Kind, Page, Person, PersonKind
from connectors.errors import SourceBusy
from service.activity.memory import SourceMemory
from service.database import transaction
from service.hints.pending import keep
from service.models import Coverage, Unit
from service.models import Person as PersonRow

GUEST = Person("gus", PersonKind.GUEST, unit="Partner", site="Bonn", leadership=2)


def known(world, account="gus"):
    """(kind, active, unit, site, level) of an account."""
    units = {unit.id: unit.name for unit in world.all(Unit)}
    (row,) = [row for row in world.all(PersonRow) if row.pseudonym == world.person(account)]
    return row.kind, row.active, units.get(row.unit_id), row.site, row.leadership


@pytest.mark.parametrize("together", [False, True], ids=["later", "in the same batch"])
@pytest.mark.parametrize(
    ("told", "then"),
    [
        (Person("gus", None, active=False), ("guest", False, "Partner", "Bonn", 2)),
        (Person("gus", None), ("guest", True, "Partner", "Bonn", 2)),
        (Person("gus"), ("human", True, "Partner", "Bonn", 2)),
        (Person("gus", None, unit=""), ("guest", True, None, "Bonn", 2)),
        (Person("gus", None, site=""), ("guest", True, "Partner", None, 2)),
        (Person("gus", None, leadership=0), ("guest", True, "Partner", "Bonn", None)),
        (Person("gus", None, unit="Claims", leadership=1), ("guest", True, "Claims", "Bonn", 1)),
    ],
)
def test_what_is_told_replaces_and_what_is_not_told_stays(any_world, told, then, together):
    if together:
        any_world.sync(Page("1", people=[GUEST]), Page("2", people=[told]))
    else:
        any_world.sync(Page("1", people=[GUEST]))
        any_world.sync(Page("2", people=[told]))
    assert known(any_world) == then


def test_of_one_batch_each_person_keeps_what_was_not_told_of_them(any_world):
    any_world.sync(Page("1", people=[GUEST, Person("ada", unit="Claims"), Person("bot", PersonKind.SERVICE)]))
    any_world.sync(
        Page("2", people=[Person("gus", None, active=False), Person("ada", unit=""), Person("bot", None)])
    )
    assert known(any_world) == ("guest", False, "Partner", "Bonn", 2)
    assert known(any_world, "ada") == ("human", True, None, None, None)
    assert known(any_world, "bot")[:2] == ("service", True)


def test_who_is_removed_before_ever_being_seen_is_an_inactive_human(any_world):
    any_world.sync(Page("1", people=[Person("eve", None, active=False)]))
    assert known(any_world, "eve") == ("human", False, None, None, None)


def test_none_that_is_told_after_a_level_within_a_batch_clears_it_and_the_other_way_round(any_world):
    any_world.sync(
        Page("1", people=[Person("ada", leadership=0), Person("eve", leadership=2)]),
        Page("2", people=[Person("ada", leadership=1), Person("eve", leadership=0)]),
    )
    assert (known(any_world, "ada")[4], known(any_world, "eve")[4]) == (1, None)


# -- gaps --------------------------------------------------------------------------------------------------------------

VIEWS = Gap(None, None, (Kind.VIEW,), "unsupported")
LIKES = Gap(None, None, (Kind.REACT,), "access_denied")


def gaps(world):
    return {(gap.kinds, gap.reason) for gap in world.all(Coverage)}


def test_two_gaps_of_the_whole_source_in_one_stream_stand_beside_each_other(any_world):
    report = any_world.sync(Page("1", gaps=[VIEWS]), Page("2", gaps=[LIKES]))
    assert gaps(any_world) == {("view", "unsupported"), ("react", "access_denied")}
    assert [(gap.kinds, gap.reason) for gap in report.gaps] == [
        (("react",), "access_denied"),
        (("view",), "unsupported"),
    ]
    assert {kind: found.share for kind, found in report.coverage.items()} == {"react": None, "view": None}
    # To be tried again, they are one place.
    assert list(SourceMemory(any_world.engine, 1, "wiki").gaps("content")) == [(None, None)]


def test_a_gap_that_is_met_again_is_the_same_one_with_its_new_reason(any_world):
    any_world.sync(Page("1", gaps=[LIKES]))
    since = any_world.now
    any_world.later(days=1)
    any_world.sync(Page("2", gaps=[Gap(None, None, (Kind.REACT,), "not_found")]))
    (gap,) = any_world.all(Coverage)
    assert (gap.reason, gap.since, gap.seen) == ("not_found", since, any_world.now)


def test_a_place_that_is_read_closes_all_its_gaps(any_world):
    any_world.sync(Page("1", gaps=[VIEWS, LIKES]))
    any_world.sync(Page("2", closed=[(None, None)]))
    assert gaps(any_world) == set()


def test_what_an_earlier_run_told_of_a_place_goes_when_a_later_one_tells_of_other_kinds(any_world):
    any_world.sync(Page("1", gaps=[VIEWS, LIKES, Gap("1", None, (Kind.VIEW,), "broken")]))
    any_world.later(days=1)
    any_world.sync(Page("2", gaps=[Gap(None, None, (Kind.COMMENT,), "access_denied")]))
    assert gaps(any_world) == {("comment", "access_denied"), ("view", "broken")}
    any_world.later(days=1)
    # A run that says nothing of them leaves them open.
    any_world.sync(Page("3"))
    assert gaps(any_world) == {("comment", "access_denied"), ("view", "broken")}


def test_a_stream_that_broke_off_forgets_nothing_and_says_so_once(any_world):
    any_world.sync(Page("1", gaps=[LIKES]))
    any_world.later(days=1)
    any_world.sync(Page("2", gaps=[VIEWS]), SourceBusy("wait", 60))
    assert gaps(any_world) == {("view", "unsupported"), ("react", "access_denied")}


# -- hints -------------------------------------------------------------------------------------------------------------


def test_a_stream_knows_which_rooms_it_was_told_of(any_world):
    now = datetime(2026, 3, 4, tzinfo=UTC)
    memory = SourceMemory(any_world.engine, 1, "wiki")
    assert set(memory.hints("content")) == set()
    with transaction(any_world.engine) as session:
        keep(session, 1, [("content", "wiki/1"), ("content", ""), ("likes", "wiki/2")], now)
    assert set(memory.hints("content")) == {"1", None}
    assert set(memory.hints("likes")) == {"2"}
