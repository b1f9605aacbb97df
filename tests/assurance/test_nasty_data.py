"""Names, dates and trees at their worst change nothing in what is stored of the activity."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from benchmarks.disturbed import Stored, Wiki, disturbed
from connectors.activity import LONGEST_NAME, Person, Room, showable
from connectors.dates import moment
from connectors.errors import BadAnswer
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.activity.rows import Batch
from service.database import transaction
from service.demo.store import Permission, Store
from service.models import Room as RoomRow

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NASTY = (
    "\x00NUL\x00",
    "\u202eRTL \u0627\u0644\u0641\u0631\u064a\u0642",
    "Z\u0351\u036b\u0343a\u0300" * 200,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308",
    "T" * 200_000,
)
PLAIN = tuple(f"Room {number}" for number in range(len(NASTY)))


def intranet(names: tuple[str, ...], *, circle: bool, odd: bool = False) -> Store:
    """A space for each name, with two pages; in a `circle` each is below the other. `odd` adds pages of years 1 and 9999."""
    store = Store(clock=lambda: START + timedelta(days=100))
    people = [store.add_account(f"a{number}").id for number in range(3)]
    gone = store.add_account("gone", active=False).id
    everybody = store.add_group("all", [*people, gone])
    for number, name in enumerate(names):
        store.add_space(f"R{number}", name, permissions=[Permission("group", everybody.id, "read", "space")])
        first = store.add_page(f"R{number}", people[0], START)
        second = store.add_page(f"R{number}", gone, START + timedelta(days=1), parent=first.id)
        store.add_comment(second.id, people[1], START + timedelta(days=2))
        if circle:
            first.parent = second.id
    if odd:
        for moment in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)):
            store.add_page("R0", people[2], moment)
    return store


def unnamed(stored: Stored) -> set[tuple[object, ...]]:
    """Without the pseudonyms, which differ from key to key."""
    return {(*row[:5], row[5] is None, *row[6:]) for row in stored.activities}


def collected(flavour: str, store: Store) -> tuple[str, Stored, list[str | None]]:
    platform = Wiki(flavour, 0)
    platform.take(store)
    with disturbed(platform) as place:
        world = place.world()
        try:
            report = world.collect(longest_call=30.0)
            with transaction(world.engine) as session:
                names = list(session.scalars(select(RoomRow.name).order_by(RoomRow.handle)))
            return report.state, world.stored(), names
        finally:
            world.engine.dispose()


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
def test_names_and_circles_change_no_activity(flavour: str) -> None:
    state, plain, _ = collected(flavour, intranet(PLAIN, circle=False))
    assert (state, len(plain.activities)) == ("done", 3 * len(PLAIN))
    state, nasty, names = collected(flavour, intranet(NASTY, circle=True))
    assert state == "done"
    assert unnamed(nasty) == unnamed(plain)
    assert names == [showable(name) for name in NASTY]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ärzte & Pflege", "Ärzte & Pflege"),
        ("\x00NUL\x00", "NUL"),
        ("a\r\nb", "a b"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\ud83d", ""),
        (NASTY[3], NASTY[3]),  # joiners hold an emoji together
        ("x" * 10_000_000, "x" * LONGEST_NAME),
        (None, None),
        ("", ""),
    ],
)
def test_a_name_is_kept_as_it_can_be_shown(given: str | None, shown: str | None) -> None:
    assert Room("1", "R", given).name == Person("a", unit=given).unit == Person("a", site=given).site == shown


def test_years_1_and_9999_hide_no_other_activity() -> None:
    _, plain, _ = collected("cloud", intranet(PLAIN[:1], circle=False))
    state, odd, _ = collected("cloud", intranet(PLAIN[:1], circle=False, odd=True))
    assert state == "done"
    assert len(unnamed(odd)) == len(unnamed(plain)) + 2
    assert unnamed(plain) <= unnamed(odd)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+02:00", "9999-12-31T23:30:00-02:00"])
def test_a_time_beyond_the_calendar_is_a_bad_answer(text: str) -> None:
    with pytest.raises(BadAnswer):
        moment(text)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
@pytest.mark.parametrize("when", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_first_and_the_last_day_have_a_day_in_every_zone(
    when: datetime, zone: str, tmp_path: Path
) -> None:
    key = open_keys(tmp_path / "pseudonym.key", "acme")
    batch = Batch("wiki", Pseudonymiser(key, "acme"), ZoneInfo(zone))
    _, day = batch.moment(when)
    assert abs(day - (when.toordinal() - START.replace(year=1970, month=1, day=1).toordinal())) <= 1
