"""Hints wait until what they point to was read."""

from datetime import UTC, datetime, timedelta

from service.database import transaction
from service.hints.pending import keep, settle, waiting

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_source_that_waits_longest_comes_first(database):
    with transaction(database) as session:
        keep(session, 2, [("contents", "")], NOON)
        keep(session, 1, [("people", ""), ("people", "m365/x"), ("rooms", "")], NOON - timedelta(hours=1))
    with transaction(database) as session:
        assert list(waiting(session).items()) == [
            ("m365", frozenset({"people", "rooms"})),
            ("wiki", frozenset({"contents"})),
        ]


def test_what_was_read_is_forgotten_but_not_what_came_meanwhile(database):
    with transaction(database) as session:
        keep(session, 1, [("people", ""), ("rooms", ""), ("team_messages", "")], NOON)
        keep(session, 1, [("rooms", "")], NOON + timedelta(minutes=2))
        settle(session, "m365", ["people", "rooms"], NOON + timedelta(minutes=1))
    with transaction(database) as session:
        assert waiting(session) == {"m365": frozenset({"rooms", "team_messages"})}
