"""The roadmap and the plan of the first weeks as files for other tools.

XLSX for people, CSV for Jira and Microsoft Planner, iCalendar for calendars, XML for Microsoft Project. All of them hold the same
`Entry` lines. Cells that a spreadsheet would take for a formula are written as text.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from service.spreadsheets import quoted

PROJECT = "http://schemas.microsoft.com/project"
HOURS_A_DAY = 8


@dataclass(frozen=True)
class Entry:
    """One measure or task over days in [begins, ends). `days` are person days; `after` the keys of entries that come before;
    `why` says why it begins then."""

    key: str
    title: str
    description: str
    owner: str
    begins: date
    ends: date
    days: float
    after: tuple[str, ...] = ()
    critical: bool = False
    why: str = ""

    @property
    def last(self) -> date:
        return self.ends - timedelta(days=1)


Columns = Mapping[str, str]
"""What the columns key, title, description, owner, begins, ends, days, after, critical, why and yes are called."""


def to_xlsx(sheets: Mapping[str, Sequence[Entry]], columns: Columns, made: datetime) -> bytes:
    """A workbook with a sheet for each list of entries, dates as dates and a filter over the header."""
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": made.astimezone(UTC).replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        names = ("title", "owner", "begins", "ends", "days", "why", "critical", "after", "description", "key")
        widths = (44, 24, 12, 12, 12, 34, 14, 34, 70, 34)
        for name, entries in sheets.items():
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 1)
            titles = {entry.key: entry.title for entry in entries}
            for place, (column, width) in enumerate(zip(names, widths, strict=True)):
                sheet.set_column(place, place, width)
                sheet.write_string(0, place, columns[column], head)
            for row, entry in enumerate(entries, start=1):
                after = "; ".join(titles.get(key, key) for key in entry.after)
                sheet.write_string(row, 0, entry.title, text)
                sheet.write_string(row, 1, entry.owner, text)
                sheet.write_datetime(row, 2, datetime.combine(entry.begins, datetime.min.time()), day)
                sheet.write_datetime(row, 3, datetime.combine(entry.last, datetime.min.time()), day)
                sheet.write_number(row, 4, entry.days, text)
                sheet.write_string(row, 5, entry.why, text)
                sheet.write_string(row, 6, columns["yes"] if entry.critical else "", text)
                sheet.write_string(row, 7, after, text)
                sheet.write_string(row, 8, entry.description, text)
                sheet.write_string(row, 9, entry.key, text)
            sheet.autofilter(0, 0, max(1, len(entries)), len(names) - 1)
    return target.getvalue()


def to_jira(entries: Iterable[Entry], project: str) -> str:
    """CSV for Jira's import: one task each; the estimate is in seconds, as Jira wants it."""
    rows = [
        {
            "Summary": entry.title,
            "Issue Type": "Task",
            "Description": entry.description,
            "Start date": entry.begins.isoformat(),
            "Due date": entry.last.isoformat(),
            "Original Estimate": str(round(entry.days * HOURS_A_DAY * 3600)),
            "Labels": "resonanz",
            "Project Key": project,
            "External ID": entry.key,
        }
        for entry in entries
    ]
    names = ("Summary", "Issue Type", "Description", "Start date", "Due date", "Original Estimate", "Labels")
    return _csv(rows, (*names, "Project Key", "External ID"))


def to_planner(entries: Iterable[Entry], bucket: str) -> str:
    """CSV with the columns of a Microsoft Planner export, to be brought in by Excel or Power Automate: Planner itself reads none."""
    rows = [
        {
            "Task Name": entry.title,
            "Bucket Name": bucket,
            "Progress": "Not started",
            "Priority": "Important" if entry.critical else "Medium",
            "Start Date": entry.begins.isoformat(),
            "Due Date": entry.last.isoformat(),
            "Notes": entry.description,
            "Labels": entry.owner,
        }
        for entry in entries
    ]
    names = ("Task Name", "Bucket Name", "Progress", "Priority", "Start Date", "Due Date", "Notes", "Labels")
    return _csv(rows, names)


def to_calendar(entries: Iterable[Entry], name: str, organisation: str, made: datetime) -> bytes:
    """iCalendar (RFC 5545): an all-day event for each entry; the same entry keeps its identity, so that a later file moves it."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//Resonanz//roadmap//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for entry in entries:
        event = Event()
        event.add("uid", f"{uuid5(NAMESPACE_URL, f'resonanz:{organisation}:{entry.key}')}@resonanz")
        event.add("dtstamp", made.astimezone(UTC))
        event.add("summary", entry.title)
        event.add("description", entry.description)
        event.add("dtstart", entry.begins)
        event.add("dtend", entry.ends)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def to_project(entries: Sequence[Entry], name: str, made: datetime) -> bytes:
    """Microsoft Project XML (2007 and later): tasks with fixed dates, work in hours, and finish-to-start links."""
    # Written as an attribute: a namespace registered for all of the process would reach into every other drawing and document.
    project = ElementTree.Element("Project", {"xmlns": PROJECT})

    def add(parent: ElementTree.Element, tag: str, value: object) -> None:
        ElementTree.SubElement(parent, tag).text = str(value)

    add(project, "Name", name)
    add(project, "Title", name)
    add(project, "CreationDate", made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    if entries:
        add(project, "StartDate", f"{min(entry.begins for entry in entries).isoformat()}T08:00:00")
    numbers = {entry.key: number for number, entry in enumerate(entries, start=1)}
    tasks = ElementTree.SubElement(project, "Tasks")
    for entry in entries:
        task = ElementTree.SubElement(tasks, "Task")
        add(task, "UID", numbers[entry.key])
        add(task, "ID", numbers[entry.key])
        add(task, "Name", entry.title)
        add(task, "Manual", 1)
        add(task, "Start", f"{entry.begins.isoformat()}T08:00:00")
        add(task, "Finish", f"{entry.last.isoformat()}T17:00:00")
        add(task, "ManualStart", f"{entry.begins.isoformat()}T08:00:00")
        add(task, "ManualFinish", f"{entry.last.isoformat()}T17:00:00")
        add(task, "Work", f"PT{round(entry.days * HOURS_A_DAY)}H0M0S")
        add(task, "Notes", "\n".join(part for part in (entry.owner, entry.why, entry.description) if part))
        for key in entry.after:
            if key in numbers:
                link = ElementTree.SubElement(task, "PredecessorLink")
                add(link, "PredecessorUID", numbers[key])
                add(link, "Type", 1)
    return bytes(ElementTree.tostring(project, encoding="UTF-8", xml_declaration=True))


def _csv(rows: Iterable[Mapping[str, str]], names: Sequence[str]) -> str:
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, names)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: quoted(value) for name, value in row.items()})
    return target.getvalue()
