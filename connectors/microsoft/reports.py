"""Usage reports as counters of rooms: what Microsoft counted over the last seven days, where contents tell nothing.

Only reports with a line per site, team or group are asked for, never one with a line per person. They are about two days
old, and the date in them is the one they are told under; they are asked for at most twice a day. What several products count for one group room
(posts in Teams and in Viva Engage, views of pages and of posts) is added up.

| report | room by | counters |
|---|---|---|
| `getSharePointSiteUsageDetail` | id or address of the site | page views, active files |
| `getTeamsTeamActivityDetail` | id of the team | active people, posts, replies, reactions |
| `getOffice365GroupsActivityDetail` | id of the group | posted, read and liked in Viva Engage |
| `getYammerGroupsActivityDetail` | name of the community, in memory | the same, where the report before is refused |

A tenant may conceal names, and then sites, teams and groups are hashes or zeros as well: nothing is matched, and one gap
(`concealed`) says so.
"""

import re
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from connectors.activity import Counter, CounterName, Gap, Kind, Page
from connectors.cursor import passed
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, NotThere
from connectors.microsoft.answers import ServerFailed
from connectors.microsoft.engage import communities
from connectors.microsoft.mapping import reason
from connectors.microsoft.progress import dump, load
from connectors.microsoft.rooms import Directory
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

_KINDS = (Kind.VIEW,)
_DAYS = 7
_AGAIN = timedelta(hours=12)
_PAGE = 1000
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_GUID = re.compile(r"[0-]*")
_STREAM = "usage_reports"
Row = Mapping[str, str]


@dataclass(slots=True)
class Progress:
    read: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`room` finds a line's room; it raises `Concealed` for a line that hides it."""

    name: str
    counters: Mapping[str, CounterName]
    room: Callable[[Row], str | None]


class Concealed(Exception):
    """The line shows a hash or zeros where its room should be."""


@dataclass(slots=True)
class _Sums:
    totals: Tally[tuple[str, CounterName]] = field(default_factory=Tally)
    days: dict[tuple[str, CounterName], date] = field(default_factory=dict)
    skipped: Tally[str] = field(default_factory=Tally)

    def add(self, room: str, name: CounterName, total: int, day: date) -> None:
        key = room, name
        self.totals[key] += total
        # Of reports of different days the oldest tells how old the sum is.
        self.days[key] = min(day, self.days.get(key, day))

    def counters(self) -> Iterator[Counter]:
        for (room, name), total in sorted(self.totals.items()):
            # Noon, so that it is the same day in (nearly) every time zone.
            observed = datetime.combine(self.days[room, name], time(12), UTC)
            yield Counter(name, room, f"{room}#{_DAYS}", total, observed)


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.csv` raises for a failing source."""
    progress = load(Progress, cursor)
    if progress.read and source.now() - passed(progress.read, source.now()) < _AGAIN:
        return
    sums = _Sums()
    failed, concealed = _collect(source, sums)
    gaps = []
    if concealed:
        gaps.append(Gap(None, None, _KINDS, "concealed"))
    elif failed:
        gaps.append(Gap(None, None, _KINDS, failed))
    if not gaps:
        progress.read = source.now().isoformat(timespec="seconds")
    counters = [] if concealed else list(sums.counters())
    for start in range(0, max(1, len(counters)), _PAGE):
        last = start + _PAGE >= len(counters)
        closed = (None, None) in source.memory.gaps(_STREAM) and not gaps
        yield Page(
            cursor=dump(progress) if last else cursor or dump(Progress()),
            counters=counters[start : start + _PAGE],
            gaps=gaps if last else (),
            closed=[(None, None)] if last and closed else (),
            skipped=dict(sums.skipped) if last else {},
        )


def _collect(source: Source, sums: _Sums) -> tuple[str | None, bool]:
    """Add up all reports; tells why one of them could not be had, and whether names are concealed."""
    if _conceals(source):
        return None, True
    failed: str | None = None
    directory = source.directory()
    try:
        for report in (_sites(directory), _teams(directory)):
            failed = _read(source, report, sums) or failed
        engaged = _read(source, _groups(directory), sums)
        if engaged in ("access_denied", "not_found"):
            engaged = _read(source, _by_name(source, directory), sums) or engaged
    except Concealed:
        return None, True
    return engaged or failed, False


def _conceals(source: Source) -> bool:
    """What the tenant says itself; without permission for that the lines tell."""
    try:
        answer = source.transport.get(Resource.GRAPH, "/admin/reportSettings")
    except (AccessDenied, NotThere, BadAnswer):
        return False
    settings = answer.get("value", answer)
    return isinstance(settings, Mapping) and settings.get("displayConcealedNames") is True


def _read(source: Source, report: Report, sums: _Sums) -> str | None:
    """Why the report could not be had, None if it was read. A report that breaks off counts as a whole or not at all."""
    own = _Sums()
    try:
        for row in source.transport.csv(f"/reports/{report.name}(period='D{_DAYS}')"):
            _line(row, report, own)
    except (AccessDenied, NotThere, BadAnswer, ServerFailed) as error:
        return reason(error)
    for key, total in own.totals.items():
        sums.add(*key, total, own.days[key])
    sums.skipped += own.skipped
    return None


def _line(row: Row, report: Report, sums: _Sums) -> None:
    if row.get("Is Deleted", "").lower() == "true":
        sums.skipped["deleted"] += 1
        return
    room = report.room(row)
    if room is None:
        sums.skipped["not_a_room"] += 1
        return
    try:
        day = date.fromisoformat(row.get("Report Refresh Date", ""))
        for column, name in report.counters.items():
            if row.get(column):
                sums.add(room, name, int(row[column]), day)
    except ValueError:
        raise BadAnswer(f"{report.name}: a line without its date or numbers") from None


def _sites(directory: Directory) -> Report:
    by_collection: dict[str, str] = {}
    by_address: dict[str, str] = {}
    # The shortest address of a site collection is that of the site the report is about.
    for site in sorted(directory.sites.values(), key=lambda site: (len(site.url), site.id)):
        by_collection.setdefault(site.collection, site.room)
        by_address[site.url.rstrip("/").lower()] = site.room

    def room(row: Row) -> str | None:
        id_, address = row.get("Site Id", "").lower(), row.get("Site URL", "").rstrip("/").lower()
        # For years the id was all zeros although names were shown.
        if _NO_GUID.fullmatch(id_):
            if "://" not in address:
                raise Concealed
            return by_address.get(address)
        return by_collection.get(_guid(id_))

    columns = {"Page View Count": CounterName.PERIOD_VIEWS, "Active File Count": CounterName.PERIOD_FILES}
    return Report("getSharePointSiteUsageDetail", columns, room)


def _teams(directory: Directory) -> Report:
    columns = {
        "Active Users": CounterName.PERIOD_PEOPLE,
        "Post Messages": CounterName.PERIOD_MESSAGES,
        "Reply Messages": CounterName.PERIOD_REPLIES,
        "Reactions": CounterName.PERIOD_REACTIONS,
    }
    return Report(
        "getTeamsTeamActivityDetail",
        columns,
        lambda row: directory.room_of_group(_guid(row.get("Team Id", ""))),
    )


def _groups(directory: Directory) -> Report:
    columns = {
        "Yammer Posted Message Count": CounterName.PERIOD_MESSAGES,
        "Yammer Read Message Count": CounterName.PERIOD_VIEWS,
        "Yammer Liked Message Count": CounterName.PERIOD_REACTIONS,
    }
    return Report(
        "getOffice365GroupsActivityDetail",
        columns,
        lambda row: directory.room_of_group(_guid(row.get("Group Id", ""))),
    )


def _by_name(source: Source, directory: Directory) -> Report:
    """Names that several communities share match none."""
    found: dict[str, set[str]] = {}
    try:
        for community in communities(source):
            found.setdefault(community.name.casefold(), set()).add(community.group)
    except ConnectorError as error:
        if not isinstance(error, AccessDenied | NotThere):
            raise

    def room(row: Row) -> str | None:
        groups = found.get(row.get("Group Display Name", "").casefold(), set())
        return directory.room_of_group(next(iter(groups))) if len(groups) == 1 else None

    columns = {
        "Posted Count": CounterName.PERIOD_MESSAGES,
        "Read Count": CounterName.PERIOD_VIEWS,
        "Liked Count": CounterName.PERIOD_REACTIONS,
    }
    return Report("getYammerGroupsActivityDetail", columns, room)


def _guid(shown: str) -> str:
    id_ = shown.strip().lower()
    if not _GUID.fullmatch(id_):
        raise Concealed
    return id_
