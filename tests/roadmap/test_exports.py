"""The exported files, read again by programs that are not ours."""

import csv
import io
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import openpyxl
import pytest
from icalendar import Calendar

from service.roadmap.exports import PROJECT, Entry, to_calendar, to_jira, to_planner, to_project, to_xlsx

MADE = datetime(2026, 6, 15, 8, tzinfo=UTC)
COLUMNS = {
    name: name.title()
    for name in ("key", "title", "description", "owner", "begins", "ends", "days", "after", "critical", "why")
} | {"yes": "ja"}
ENTRIES = [
    Entry("mandate", "Auftrag gewinnen", "Mit „Leitung“; klären,\nschriftlich.", "Leitung",
          date(2026, 6, 22), date(2026, 7, 20), 3.5, (), True, "beginnt mit der Roadmap"),
    Entry("rooms", '=cmd|"/c calc"', "+1 <b>&", "@Räume", date(2026, 7, 20), date(2026, 8, 3), 12.0,
          ("mandate",), False, "wartet auf: Auftrag"),
]  # fmt: skip


def test_a_spreadsheet_has_dates_numbers_and_no_formula():
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx({"Roadmap": ENTRIES, "Leer": []}, COLUMNS, MADE)))
    assert book.sheetnames == ["Roadmap", "Leer"]
    rows = list(book["Roadmap"].iter_rows())
    assert [cell.value for cell in rows[0]][:5] == ["Title", "Owner", "Begins", "Ends", "Days"]
    assert [cell.value for cell in rows[1]][:5] == [
        "Auftrag gewinnen",
        "Leitung",
        datetime(2026, 6, 22),  # noqa: DTZ001 - spreadsheets know no zones
        datetime(2026, 7, 19),  # noqa: DTZ001
        3.5,
    ]
    assert (rows[1][6].value, rows[2][7].value) == ("ja", "Auftrag gewinnen")
    assert rows[2][0].value == '=cmd|"/c calc"'
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}
    assert book["Leer"].max_row == 1


@pytest.mark.parametrize("write", [lambda: to_jira(ENTRIES, "RES"), lambda: to_planner(ENTRIES, "Roadmap")])
def test_a_csv_keeps_its_columns_and_is_no_formula(write):
    rows = list(csv.DictReader(io.StringIO(write())))
    assert len(rows) == 2
    assert all(None not in row and None not in row.values() for row in rows)
    values = [value for row in rows for value in row.values()]
    assert "Mit „Leitung“; klären,\nschriftlich." in values
    assert not [value for value in values if value.startswith(("=", "+", "-", "@"))]
    assert {row.get("Due date") or row.get("Due Date") for row in rows} == {"2026-07-19", "2026-08-02"}


def test_jira_gets_its_estimate_in_seconds():
    rows = list(csv.DictReader(io.StringIO(to_jira(ENTRIES, "RES"))))
    assert [row["Original Estimate"] for row in rows] == [str(int(3.5 * 8 * 3600)), str(12 * 8 * 3600)]


def test_a_calendar_has_whole_days_and_keeps_its_identities():
    first = Calendar.from_ical(to_calendar(ENTRIES, "Roadmap Acme", "acme", MADE))
    events = first.walk("VEVENT")
    assert [str(event["summary"]) for event in events] == ["Auftrag gewinnen", '=cmd|"/c calc"']
    assert (events[0].decoded("dtstart"), events[0].decoded("dtend")) == (
        date(2026, 6, 22),
        date(2026, 7, 20),
    )
    again = Calendar.from_ical(to_calendar(ENTRIES, "Roadmap Acme", "acme", datetime(2027, 1, 1, tzinfo=UTC)))
    assert [event["uid"] for event in again.walk("VEVENT")] == [event["uid"] for event in events]
    other = Calendar.from_ical(to_calendar(ENTRIES, "Roadmap", "other", MADE))
    assert other.walk("VEVENT")[0]["uid"] != events[0]["uid"]


def test_project_gets_tasks_that_wait_for_one_another():
    root = ElementTree.fromstring(to_project(ENTRIES, "Roadmap Acme", MADE))
    space = {"p": PROJECT}
    tasks = root.findall("p:Tasks/p:Task", space)
    assert root.tag == f"{{{PROJECT}}}Project"
    assert [task.findtext("p:Name", None, space) for task in tasks] == ["Auftrag gewinnen", '=cmd|"/c calc"']
    assert tasks[0].findtext("p:Finish", None, space) == "2026-07-19T17:00:00"
    assert tasks[0].findtext("p:Work", None, space) == "PT28H0M0S"
    assert tasks[1].findtext("p:PredecessorLink/p:PredecessorUID", None, space) == "1"
    assert tasks[0].find("p:PredecessorLink", space) is None


def test_nothing_planned_gives_files_that_can_be_read():
    assert openpyxl.load_workbook(io.BytesIO(to_xlsx({"Roadmap": []}, COLUMNS, MADE))).sheetnames == [
        "Roadmap"
    ]
    assert list(csv.DictReader(io.StringIO(to_jira([], "RES")))) == []
    assert Calendar.from_ical(to_calendar([], "x", "acme", MADE)).walk("VEVENT") == []
    assert ElementTree.fromstring(to_project([], "x", MADE)).find(f"{{{PROJECT}}}Tasks") is not None
