"""Usage and activity reports of Microsoft 365, one line per site, team or community, as counters of rooms.

Reports with a line per person are refused as a whole, and so are those of the whole tenant, which belong to no room. The columns
are Microsoft's (Graph, reports); the German ones are those of the admin centre's export.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from connectors import names
from connectors.activity import Alias, Counter, CounterName, Kind, Room
from connectors.files.found import Found
from connectors.files.settings import Settings
from connectors.files.tables import Invalid, Row, Unreadable, text, whole

KINDS = (Kind.VIEW,)
_PERSONAL = re.compile(r"-my\.sharepoint\.|/personal/", re.IGNORECASE)
_NO_ID = re.compile(r"[0-]*")
_GERMAN = {
    "aktualisierungsdatum des berichts": "report refresh date",
    "berichtsaktualisierungsdatum": "report refresh date",
    "berichtszeitraum": "report period",
    "website-id": "site id",
    "website-url": "site url",
    "ist gelöscht": "is deleted",
    "gelöscht": "is deleted",
    "anzahl der seitenaufrufe": "page view count",
    "anzahl aktiver dateien": "active file count",
    "stammwebvorlage": "root web template",
    "teamname": "team name",
    "team-id": "team id",
    "teamtyp": "team type",
    "aktive benutzer": "active users",
    "reaktionen": "reactions",
    "beitragsnachrichten": "post messages",
    "antwortnachrichten": "reply messages",
    "anzeigename der gruppe": "group display name",
    "gruppentyp": "group type",
    "anzahl der beiträge": "posted count",
    "anzahl gelesen": "read count",
    "anzahl der likes": "liked count",
    "benutzerprinzipalname": "user principal name",
    "anzeigename": "display name",
}
_PERSON = {"user principal name", "user id", "display name"}
Cells = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report: the columns that tell it, its counters by column, and the room a line is about."""

    name: str
    columns: frozenset[str]
    counters: Mapping[str, CounterName]
    room: Callable[[Cells], tuple[Room, str | None]]
    """The room, and its name on the platform where that is not its key."""


def _site(cells: Cells) -> tuple[Room, str | None]:
    """For years the id was all zeros although addresses were shown: then the address names the site."""
    identity, address = text(cells["site id"]), text(cells.get("site url")) or ""
    if _PERSONAL.search(address) or "SPSPERS" in (text(cells.get("root web template")) or "").upper():
        raise _Skipped("personal_site")
    collection = names.guid(identity)
    by_address = names.address(address) if identity is None or _NO_ID.fullmatch(identity) else None
    name = names.site(collection) if collection else by_address
    key = by_address or f"site:{_known(identity).lower()}"
    return Room(key, address.rstrip("/").rpartition("/")[2] or _known(identity)), name


def _team(cells: Cells) -> tuple[Room, str | None]:
    identity = _known(text(cells["team id"])).lower()
    open_ = (text(cells.get("team type")) or "").casefold() in ("public", "öffentlich") or None
    return Room(f"group:{identity}", identity, text(cells.get("team name")) if open_ else None, open_), None


def _community(cells: Cells) -> tuple[Room, str | None]:
    """The report names communities by nothing but their name, which is kept for public ones only."""
    name = text(cells["group display name"])
    if name is None:
        raise Invalid("no_room")
    open_ = (text(cells.get("group type")) or "").casefold() in ("public", "öffentlich") or None
    key = names.community(name)
    return Room(key, key.partition(":")[2], name if open_ else None, open_), key


def _known(identity: str | None) -> str:
    """Concealed reports show zeros."""
    if identity is None or _NO_ID.fullmatch(identity):
        raise Invalid("concealed")
    return identity


REPORTS = (
    Report(
        "SharePoint site usage",
        frozenset({"site id", "page view count"}),
        {"page view count": CounterName.PERIOD_VIEWS, "active file count": CounterName.PERIOD_FILES},
        _site,
    ),
    Report(
        "Teams team activity",
        frozenset({"team id", "active users"}),
        {
            "active users": CounterName.PERIOD_PEOPLE,
            "post messages": CounterName.PERIOD_MESSAGES,
            "reply messages": CounterName.PERIOD_REPLIES,
            "reactions": CounterName.PERIOD_REACTIONS,
        },
        _team,
    ),
    Report(
        "Viva Engage community activity",
        frozenset({"group display name", "posted count"}),
        {
            "posted count": CounterName.PERIOD_MESSAGES,
            "read count": CounterName.PERIOD_VIEWS,
            "liked count": CounterName.PERIOD_REACTIONS,
        },
        _community,
    ),
)


class _Skipped(Exception):
    pass


class Reports:
    """Raises `Unreadable` for a report that is not about rooms."""

    def __init__(self, settings: Settings, header: Mapping[str, object]) -> None:
        self._names = {name: _name(name) for name in header}
        columns = frozenset(self._names.values())
        found = [report for report in REPORTS if report.columns <= columns]
        if not found:
            raise Unreadable("one_line_per_person" if columns & _PERSON else "no_report_of_rooms")
        if "report refresh date" not in columns:
            raise Unreadable("no_report_refresh_date")
        self.report = found[0]

    def found(self, row: Row) -> Found:
        cells = {name: row[shown] for shown, name in self._names.items()}
        try:
            room, name_there = self.report.room(cells)
        except _Skipped as reason:
            return Found(skipped=str(reason))
        if (text(cells.get("is deleted")) or "").casefold() in ("true", "wahr", "ja"):
            return Found(skipped="deleted")
        observed, days = _day(cells["report refresh date"]), _days(cells.get("report period"))
        counters = []
        for column, name in self.report.counters.items():
            total = whole(cells.get(column))
            if total is not None:
                counters.append(Counter(name, room.key, f"{room.key}#{days}", total, observed))
        aliases = () if name_there is None else (Alias(name_there, room.key),)
        return Found(counters=counters, room=room, aliases=aliases)


def _name(header: str) -> str:
    name = " ".join(header.replace("\ufeff", "").split()).casefold()
    return _GERMAN.get(name, name)


def _day(value: object) -> datetime:
    """Noon, so that it is the same day in every time zone from UTC-12 to UTC+11."""
    shown = text(value) or ""
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", shown)
    try:
        if isinstance(value, date) and not isinstance(value, datetime):
            day = value
        elif german:
            day = date(int(german[3]), int(german[2]), int(german[1]))
        else:
            day = date.fromisoformat(shown)
    except ValueError:
        raise Invalid("no_day") from None
    return datetime.combine(day, time(12), UTC)


def _days(value: object) -> int:
    days = whole(value)
    if days not in (1, 7, 28, 30, 90, 180):
        raise Invalid("no_period")
    return days
