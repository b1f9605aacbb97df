from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from metrics import facts

TUESDAY = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_edits_of_one_person_within_half_an_hour_of_each_other_are_one(intranet: Any) -> None:
    for minutes in (0, 30, 60, 91):
        intranet.act("edit", "ada", TUESDAY + minutes * MINUTE, "page", content_type="page")
    intranet.act("edit", "bob", TUESDAY + MINUTE, "page", content_type="page")
    intranet.act("edit", "ada", TUESDAY + MINUTE, "other page", content_type="page")
    edits = (
        intranet.database()
        .execute("SELECT person, sum(edits) FROM person_day GROUP BY 1 ORDER BY 1")
        .fetchall()
    )
    assert edits == [(intranet.number("ada"), 3), (intranet.number("bob"), 1)]


def test_an_edit_right_after_writing_belongs_to_the_writing(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "page", content_type="page")
    intranet.act("edit", "ada", TUESDAY + 5 * MINUTE, "page", content_type="page")
    assert intranet.database().execute("SELECT creates, edits FROM person_day").fetchall() == [(1, 0)]


def test_making_a_room_is_not_writing(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "room", content_type="room")
    assert intranet.database().execute("SELECT count(*) FROM person_day").fetchall() == [(0,)]


def test_a_week_remembers_on_which_days_somebody_acted(intranet: Any) -> None:
    for day in (0, 0, 2, 5):
        intranet.react("ada", TUESDAY + day * DAY, f"thing {day}")
    intranet.act("view", "ada", TUESDAY + DAY, "thing 0")
    weeks = intranet.database().execute("SELECT week, days, reactions FROM person_week").fetchall()
    assert weeks == [(date(2026, 3, 2), 0b1001010, 4)]


def test_stickiness_of_four_known_people_follows_from_the_days_of_their_week(intranet: Any) -> None:
    # Published as day sets {1, 2}, {1}, {1, 3}, {1, 2} of three people on four days: mean daily 1.75 of 3, .583333.
    for day, names in enumerate((("p1", "p2"), ("p1",), ("p1", "p3"), ("p1", "p2"))):
        for name in names:
            intranet.react(name, TUESDAY + day * DAY, "thing")
    masks = [days for (days,) in intranet.database().execute("SELECT days FROM person_week").fetchall()]
    daily = sum(mask.bit_count() for mask in masks) / 4
    assert round(daily / len(masks), 6) == 0.583333


def test_entries_of_another_organisations_source_and_after_the_horizon_are_not_read(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    intranet.log.append(intranet.log[0]._replace(key=99, source="other", object=99))
    intranet.post("ada", "2026-06-01 00:00", "tomorrow")
    assert intranet.database().execute("SELECT count(*) FROM activity").fetchall() == [(1,)]


def test_every_fact_table_has_the_columns_it_declares(intranet: Any) -> None:
    connection = intranet.database()
    for table in facts.facts.tables.values():
        columns = connection.execute(f"DESCRIBE {table.name}").fetchall()
        assert [column[0] for column in columns] == [column.name for column in table.columns], table.name


def test_no_column_has_a_name_that_engines_reserve() -> None:
    for table in facts.facts.tables.values():
        assert "at" not in table.columns
