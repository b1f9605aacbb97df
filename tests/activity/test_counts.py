from datetime import timedelta

import pytest

from connectors.activity import ContentType, Counter, CounterName, Kind, Page, Reactors, Room
from service.activity.counts import counts, edges
from service.errors import Invalid


@pytest.fixture
def collected(world, act):
    activities = [
        act("p1", person="ada", room="1"),
        act("p2", person=None, room="1"),
        act(
            "p1#c1", Kind.COMMENT, "bob", room="1", object="c1", parent="p1", content_type=ContentType.COMMENT
        ),
        act(
            "p1#c2", Kind.COMMENT, "ada", room="1", object="c2", parent="p1", content_type=ContentType.COMMENT
        ),
        act(
            "p2#c3", Kind.COMMENT, "ada", room="2", object="c3", parent="p2", content_type=ContentType.COMMENT
        ),
        act("c4", Kind.REPLY, "cid", room="2", parent="c1", happened=world.now + timedelta(days=40)),
        act("c5", Kind.REPLY, None, room="2", parent="c1"),
        act("c6", Kind.REPLY, "cid", room="2", parent="never collected"),
    ]
    seen = Reactors("p1", "1", ContentType.PAGE, "p1", frozenset({"ada", "bob", "cid"}), world.now)
    views = Counter(CounterName.VIEWS, "1", "p1", 400, world.now)
    rooms = [Room("1", "HR"), Room("2", "IT")]
    world.sync(Page("1", activities, rooms=rooms, reactors=[seen], counters=[views]))
    return world


def test_activities_are_counted_by_kind_with_a_total_and_without_counters(collected):
    assert counts(collected.log, collected.engine) == [
        {"kind": "comment", "activities": 3},
        {"kind": "create", "activities": 2},
        {"kind": "react", "activities": 3},
        {"kind": "reply", "activities": 3},
        {"kind": None, "activities": 11},
    ]


def test_rooms_are_shown_by_their_handle_and_weeks_by_their_monday(collected):
    found = counts(collected.log, collected.engine, by=("room", "week"))
    assert [tuple(row.values()) for row in found] == [
        ("HR", "2026-03-02", 7),
        ("IT", "2026-03-02", 3),
        ("IT", "2026-04-13", 1),
        (None, None, 11),
    ]


def test_days_months_sources_and_types_can_be_counted(collected):
    found = counts(collected.log, collected.engine, by=("source", "month", "content_type", "day"))
    assert found[0] == {
        "source": "wiki",
        "month": "2026-03-01",
        "content_type": "comment",
        "day": "2026-03-04",
        "activities": 3,
    }
    assert sum(row["activities"] for row in found[:-1]) == found[-1]["activities"] == 11


@pytest.mark.parametrize(
    "by", [("person",), ("kind", "pseudonym"), ("kind", "kind"), ("key; DROP TABLE log",)]
)
def test_nothing_about_persons_can_be_counted(collected, by):
    with pytest.raises(Invalid, match="counted by kind"):
        counts(collected.log, collected.engine, by=by)


def test_an_empty_log_counts_nothing(world):
    assert counts(world.log, world.engine) == [{"kind": None, "activities": 0}]
    assert edges(world.log, world.engine)[0] == {"kind": "comment", "total": 0, "self": 0, "unknown": 0}


def test_answers_are_edges_to_the_author_of_what_is_answered(collected):
    assert edges(collected.log, collected.engine) == [
        {
            "kind": "comment",
            "total": 3,
            "self": 1,
            "unknown": 1,
        },  # ada to herself; ada to a page of nobody known
        {"kind": "reply", "total": 3, "self": 0, "unknown": 2},  # nobody known; to what was never collected
        {"kind": "react", "total": 3, "self": 1, "unknown": 0},
    ]
