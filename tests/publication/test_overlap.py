"""Which rooms would tell of a few people, or of a hidden group, by whom they have in common with others: sets written out, for k = 10."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from service.models import Base, Membership, Organisation, Person, Room, Source, Unit
from service.publication.measured import NOBODY
from service.publication.overlap import Groups, _few, differences, going_beyond, telling
from tests.publication.test_fewest import K

MONDAY, MOMENT = date(2026, 3, 2), datetime(2026, 3, 1, tzinfo=UTC)


def people(*ranges: tuple[int, int]) -> frozenset[int]:
    """From the first to the last of each range."""
    return frozenset(person for first, last in ranges for person in range(first, last + 1))


EVERYBODY = people((1, 200))


def alike(rooms: dict[str, frozenset[int]], units: dict[int, frozenset[int]] | None = None) -> set[str]:
    unit_of: dict[int, int | None] = dict.fromkeys(EVERYBODY)
    for unit, members in (units or {}).items():
        unit_of.update(dict.fromkeys(members, unit))
    return set(Groups(K, ZoneInfo("UTC"), {}, {}).alike(rooms, unit_of))


class TestPairs:
    @pytest.mark.parametrize(
        ("other", "hidden"),
        [
            (people((1, 30)), set()),
            (people((1, 29)), {"s"}),
            (people((1, 21)), {"s"}),
            (people((1, 20)), set()),
            (people((1, 19)), set()),
            # As large as the other, or larger: then the name or the size decides.
            (people((2, 31)), {"s"}),
            (people((1, 31)), {"r"}),
            (people((1, 39)), {"r"}),
            (people((1, 40)), set()),
            # Nine in both follow only beside who is in one of them alone.
            (people((22, 60)), set()),
            (people((31, 60)), set()),
        ],
    )
    def test_two_rooms_differ_by_nobody_or_by_enough(self, other: frozenset[int], hidden: set[str]) -> None:
        assert alike({"r": people((1, 30)), "s": other}) == hidden
        assert alike({"s": other, "r": people((1, 30))}) == hidden

    @pytest.mark.parametrize(
        ("room", "gone"),
        [
            (people((1, 40)), False),
            (people((1, 39)), True),
            (people((1, 31)), True),
            (people((1, 30)), False),
            (people((1, 49)), True),
            (people((1, 50)), False),
        ],
    )
    def test_of_a_room_and_a_unit_the_room_goes_however_large(self, room: frozenset[int], gone: bool) -> None:
        assert alike({"r": room}, {1: people((1, 40))}) == ({"r"} if gone else set())

    def test_a_room_is_not_a_unit_of_few_and_one_more(self) -> None:
        for last, hidden in ((9, set[str]()), (10, {"r"}), (18, {"r"}), (19, set())):
            assert alike({"r": people((1, last))}, {1: people((1, 9))}) == hidden

    def test_what_is_hidden_hides_no_other(self) -> None:
        # s is too near r, and t only to s.
        rooms = {"r": people((1, 40)), "s": people((1, 34)), "t": people((1, 28))}
        assert alike(rooms) == {"s"}

    def test_a_room_of_few_is_not_asked_and_hides_no_other(self) -> None:
        assert alike({"r": people((1, 9)), "s": people((1, 12))}) == set()
        assert alike({"r": people((1, 10)), "s": people((1, 12))}) == {"r"}
        assert alike({"r": people((1, 9))}) == alike({}) == set()

    def test_rooms_far_from_each_other_but_near_all_people_are_found_together(self) -> None:
        assert alike({"r": people((1, 191))}) == {"r"}
        assert alike({"r": people((1, 190))}) == set()
        # All but nine of the organisation are in one of the two.
        halves = {"r": people((1, 100)), "s": people((101, 191))}
        assert alike(halves) == set()
        assert alike({**halves, "few": people((192, 200))}) == {"s"}


class TestHidden:
    """A group that is not shown does not follow from rooms: whole - one - other is what is left of the whole."""

    ROOMS = {"whole": people((1, 40)), "one": people((1, 15)), "other": people((16, 31))}  # noqa: RUF012

    def test_nothing_follows_of_a_group_nobody_hides(self) -> None:
        assert alike(self.ROOMS) == set()
        rooms = {**self.ROOMS, "whole": people((1, 41)), "left": people((32, 41))}
        assert alike(rooms) == set()

    def test_a_room_of_few_does_not_follow(self) -> None:
        assert alike({**self.ROOMS, "left": people((32, 40))}) == {"one"}

    @pytest.mark.parametrize(
        ("others", "hidden"),
        [
            # Units of nine, of one and of ten: of the ten may be told.
            ({1: people((32, 40))}, {"one"}),
            ({1: people((32, 40)), 2: people((60, 90))}, {"one"}),
            ({1: people((32, 39))}, set()),
        ],
    )
    def test_a_unit_of_few_does_not_follow(self, others: dict[int, frozenset[int]], hidden: set[str]) -> None:
        assert alike(self.ROOMS, others) == hidden

    def test_nor_does_a_unit_of_one(self) -> None:
        assert alike({**self.ROOMS, "whole": people((1, 32))}, {1: people((32, 32))}) == {"one"}

    def test_a_unit_of_ten_is_shown_and_helps_to_tell_of_one_of_nine(self) -> None:
        rooms = {"r": people((1, 10), (50, 69)), "s": people((50, 60))}
        for first, hidden in ((1, {"s"}), (2, set[str]())):
            assert alike(rooms, {1: people((first, 10)), 2: people((61, 69))}) == hidden

    def test_who_belongs_to_no_unit_does_not_follow_where_these_are_few(self) -> None:
        # The room without the two units is who belongs to none.
        units = {
            1: people((1, 15)),
            2: people((16, 31)),
            3: people((42, 50)),
            4: people((51, 59)),
            5: people((60, 200)),
        }
        for last, hidden in ((40, {"whole"}), (41, set[str]())):
            shifted = {**units, 5: units[5] | people((last + 1, 41))}
            assert alike({"whole": people((1, last))}, shifted) == hidden
        # What all people without the units tell is not told by rooms.
        assert alike(self.ROOMS, {1: EVERYBODY - people((32, 40))}) == set()

    def test_a_room_hidden_for_another_does_not_follow_either(self) -> None:
        # "most" is too near the whole; what is left of it beside two others would be it again.
        rooms = {"whole": people((1, 60)), "most": people((1, 55))}
        assert alike(rooms) == {"most"}
        parts = {"first": people((1, 20)), "second": people((21, 40)), "third": people((41, 55))}
        assert alike({**rooms, **parts}) == {"most", "third"}


class TestTelling:
    ALL = people((1, 100))

    def test_a_target_costs_the_smallest_room_a_sum_needs(self) -> None:
        rooms = {"b": people((1, 50)), "c": people((1, 20)), "a": people((21, 40)), "far": people((60, 75))}
        target = people((41, 50))
        assert telling(rooms, [self.ALL], [target], K) == {"a"}
        del rooms["a"]
        assert telling(rooms, [self.ALL], [target], K) == set()
        assert telling(rooms, [self.ALL], [people((21, 50))], K) == {"c"}
        assert telling(rooms, [self.ALL], [], K) == set()

    def test_what_groups_that_stay_tell_by_themselves_is_not_decided_here(self) -> None:
        always = [self.ALL, people((1, 95))]
        assert telling({"r": people((1, 50))}, always, [people((96, 100))], K) == set()
        # Nor is a room taken for what they tell where something else has to be decided besides.
        rooms = {"r": people((1, 50)), "s": people((1, 15))}
        assert telling(rooms, always, [people((96, 100)), people((16, 50))], K) == {"s"}

    def test_as_many_go_as_are_needed_and_no_more(self) -> None:
        rooms = {
            "a": people((1, 30)), "b": people((1, 15)), "c": people((31, 60)), "d": people((31, 47)),
            "e": people((61, 99)),
        }  # fmt: skip
        assert telling(rooms, [self.ALL], [people((16, 30)), people((48, 60))], K) == {"b", "d"}
        # Two ways to the same group: each is closed.
        twice = {"a": people((1, 30)), "b": people((1, 15)), "c": people((16, 60)), "d": people((31, 60))}
        assert telling(twice, [self.ALL], [people((16, 30))], K) == {"b", "d"}

    def test_few_in_one_of_two_groups_or_in_both_are_not_told(self) -> None:
        for size, hidden in ((1, {"r"}), (9, {"r"}), (10, set())):
            assert telling({"r": people((1, 100 - size))}, [self.ALL], [], K) == hidden
        # Of r and s nine are in both: they would follow beside whoever is in one of them alone.
        rooms = {"r": people((1, 30)), "s": people((22, 60)), "alone": people((1, 21))}
        assert telling(rooms, [self.ALL], [], K) == {"alone"}
        assert telling({"r": rooms["r"], "s": rooms["s"]}, [self.ALL], [], K) == set()


def test_few_are_found_in_pairs_of_groups_only() -> None:
    assert _few([people((1, 5))], K) == set()
    assert _few([people((1, 5)), people((1, 5))], K) == {people((1, 5))}
    assert _few([people((1, 20)), people((12, 30))], K) == {people((12, 20))}
    assert _few([people((1, 20)), people((20, 40))], K) == {frozenset({20})}
    assert _few([people((1, 20)), people((11, 30))], K) == set()
    assert _few([people((1, 20)), people((1, 11))], K) == {people((12, 20))}
    assert _few([people((1, 20)), people((1, 19)), people((40, 60))], K) == {frozenset({20})}


def test_a_difference_is_who_is_in_one_but_not_in_both() -> None:
    assert differences([[1, 2, 3], [2, 3, 4, 5], [9]]).tolist() == [[0, 3, 4], [3, 0, 5], [4, 5, 0]]


class TestBeyond:
    def found(self, first: Iterable[int], second: Iterable[int]) -> list[tuple[int, int]]:
        rooms = {"r": frozenset(first), "s": frozenset(second)}
        return [
            (alone, others)
            for one, other, alone, others in going_beyond(rooms, {}, K)
            if (one, other) == (("room", "r"), ("room", "s"))
        ]

    def test_a_group_goes_beyond_another_by_one_to_nine(self) -> None:
        other = people((1, 30))
        for alone in range(1, 10):
            assert self.found(people((20, 30 + alone)), other) == [(alone, 19)]
        assert self.found(people((20, 40)), other) == self.found(people((20, 30)), other) == []
        # Who shares nobody is another group altogether; one who is shared is enough.
        assert self.found(people((30, 39)), other) == [(9, 29)]
        assert self.found(people((31, 39)), other) == []

    def test_only_groups_of_enough_people_are_told_of(self) -> None:
        assert self.found(people((1, 10)), people((2, 11))) == [(1, 1)]
        assert self.found(people((1, 10)), people((2, 10))) == []
        assert self.found(people((1, 9)), people((2, 11))) == []

    def test_two_units_are_not_compared_and_who_is_of_none_is_no_unit(self) -> None:
        unit_of: dict[int, str | None] = {
            **dict.fromkeys(range(1, 21), "a"), **dict.fromkeys(range(21, 41), "b"), **dict.fromkeys(range(41, 61)),
        }  # fmt: skip
        assert going_beyond({"r": people((1, 22), (41, 60))}, unit_of, K) == []
        assert going_beyond({"r": people((1, 22))}, unit_of, K) == [(("room", "r"), ("unit", "a"), 2, 0)]
        assert going_beyond({"far": people((90, 120))}, unit_of, K) == []


@pytest.fixture(scope="module")
def session() -> Any:
    """The organisation that is asked about, and another one beside it."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for number in (1, 2):
            session.add(Organisation(id=number, key=f"o{number}", name="O", time_zone="Europe/Berlin"))
            session.add(Unit(id=number, organisation_id=number, key=f"u{number}", name="U"))
            session.add(
                Source(
                    id=number,
                    organisation_id=number,
                    key=f"w{number}",
                    connector="c",
                    settings={},
                    created=MOMENT,
                )
            )
            session.add_all(
                Person(
                    organisation_id=number, pseudonym=person + 100 * number, identity=900 if person == 1 else None,
                    unit_id=number, kind="human", first_seen=MOMENT, last_seen=MOMENT,
                )
                for person in range(1, 4)
            )  # fmt: skip
        rooms = [("members", 1, False), ("unknown", 1, None), ("hall", 1, True), ("old", 1, False), ("theirs", 2, False),
                 ("their hall", 2, True)]  # fmt: skip
        for number, (key, organisation, is_open) in enumerate(rooms, start=1):
            session.add(
                Room(
                    id=number, organisation_id=organisation, source_id=organisation, key=key, handle=key, open=is_open,
                    first_seen=MOMENT, excluded=key == "old",
                )
            )  # fmt: skip
            ends = MOMENT + timedelta(days=30)
            session.add(
                Membership(room_id=number, pseudonym=100 * organisation + 1, since=MOMENT, until=ends)
            )
        session.add(Membership(room_id=1, pseudonym=102, since=MOMENT))
        session.flush()
        yield session
    engine.dispose()


def test_memberships_of_an_organisation_are_those_of_its_rooms_that_are_not_open_to_all(
    session: Session,
) -> None:
    groups = Groups.read(session, session.get_one(Organisation, 1), K)
    begins, ends = (moment.replace(tzinfo=None) for moment in (MOMENT, MOMENT + timedelta(days=30)))
    stays = {
        room: {(one, *(moment and moment.replace(tzinfo=None) for moment in times)) for one, *times in found}
        for room, found in groups.memberships.items()
    }
    # Whoever has several accounts is one person, under the number these share.
    assert stays == {
        "members": {(900, begins, ends), (102, begins, None)},
        "unknown": {(900, begins, ends)},
    }
    assert groups.open_rooms == {"hall"}
    assert groups.unit_keys == {1: "u1"}
    assert {number: human.unit for number, human in groups.humans.items()} == {900: 1, 102: 1, 103: 1}
    assert (groups.k, groups.zone) == (K, ZoneInfo("Europe/Berlin"))


class TestPeriods:
    """Who belongs to a room is asked of every period anew."""

    def groups(self) -> Groups:
        human: Any = SimpleNamespace(at=lambda _: SimpleNamespace(unit=7, kind="human", active=True))
        early, later = MOMENT - timedelta(weeks=9), MOMENT + timedelta(weeks=3)
        stays = [(person, early, None if person <= 30 else later) for person in range(1, 41)]
        stays += [(person, early, later) for person in range(41, 46)]
        members = {"r": stays, "few": [(person, early, None) for person in range(1, 4)]}
        humans = dict.fromkeys(range(1, 41), human)
        return Groups(K, ZoneInfo("UTC"), members, humans, {7: "it"}, frozenset({"hall"}))

    def test_a_room_is_compared_with_the_groups_of_its_period(self) -> None:
        groups, then, now = (
            self.groups(),
            (MONDAY, MONDAY + timedelta(7)),
            (MONDAY + timedelta(70), MONDAY + timedelta(77)),
        )
        for _ in range(2):
            assert groups("r", *then) is True
            assert groups("r", *now) is False
            assert groups("few", *now) is False
            assert groups("hall", *then) is False
            assert groups("other", *then) is None

    def test_so_are_the_units_it_is_made_of_and_those_beyond_them(self) -> None:
        groups, then, now = (
            self.groups(),
            (MONDAY, MONDAY + timedelta(7)),
            (MONDAY + timedelta(70), MONDAY + timedelta(77)),
        )
        groups.memberships["unit"] = [(person, MOMENT, None) for person in range(1, 41)]  # type: ignore[index]
        for _ in range(2):
            assert groups.unions(*now) == groups.unions(*then) == {"unit": {"it"}}
            assert groups.beyond(*then) == [
                (("room", "r"), ("unit", "it"), 5, 0),
                (("room", "r"), ("room", "unit"), 5, 0),
            ]
            assert groups.beyond(*now) == []
        nobody = Groups(K, ZoneInfo("UTC"), groups.memberships, groups.humans)
        assert nobody.unions(*then) == {"unit": {NOBODY}}
