"""People, and who belongs to which group room.

People come from the delta of users. Only what is needed is asked for: the unit, whether the account is enabled, member
or guest, and the id shared across platforms; the job title where `leadership` has patterns for it, else the manager.
Without patterns a person with direct reports leads, and the level is the number of persons upwards to the top, the top
being 1. For that all managers are held in memory while a whole pass runs (some 300 bytes per account), never longer;
a later change of managers therefore takes a new whole pass, at most once a week.

Members and owners are read in full per group. Which groups to read again is what the delta of groups tells; its rows are a
hint only, for those of a large group come in pieces, twice, and in any order. Both deltas live for seven days: an
older one answers 410, and everything is read again. Nothing is told twice for it, since the service compares.

Members of sites without a group are not shown to an app. Private and shared channels have members of their own and are rooms of
their own; no delta tells of those, so they are read in every run.
"""

from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from connectors.activity import Gap, Kind, Members, Page, Person, PersonKind
from connectors.cursor import passed
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, CursorExpired, NotThere
from connectors.identity import canonical
from connectors.microsoft import channels
from connectors.microsoft.mapping import reason
from connectors.microsoft.progress import dump, load
from connectors.microsoft.rooms import Group, chunks, many
from connectors.microsoft.rosters import Roster
from connectors.microsoft.settings import Settings
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

_KINDS = (Kind.JOIN, Kind.LEAVE)
_WEEK = timedelta(days=7)
_GROUPS_AT_ONCE = 10
"""Two requests each: members and owners fill one `$batch`."""
_OPTIONS = "$select=id&$top=999"


@dataclass(slots=True)
class Progress:
    """`users` is the link to go on with; `whole` tells that the pass it belongs to began at the start.

    `fields` are those frozen into that link. `counted` is when levels of leadership were last derived, `recount` whether
    managers have changed since. `groups` is the link of the groups' delta. While `all` is set every group is read, in
    the order of ids, `after` being the last one done; `changed` are groups to be read again.
    """

    users: str | None = None
    whole: bool = False
    fields: str | None = None
    counted: str | None = None
    recount: bool = False
    groups: str | None = None
    all: bool = False
    after: str = ""
    changed: list[str] = field(default_factory=list)


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    progress = load(Progress, cursor)
    if progress.counted is not None:
        passed(progress.counted, source.now())
    reader = _People(source, progress)
    yield from reader.users()
    yield from reader.members()
    if (None, None) in source.memory.gaps("people") and not reader.refused:
        yield Page(cursor=dump(progress), closed=[(None, None)])


class _People:
    def __init__(self, source: Source, progress: Progress) -> None:
        self._source, self._progress = source, progress
        self._transport, self._settings = source.transport, source.settings
        self._wanted = set(fields(source.settings).split(",")) - {"manager"}
        self.refused = False
        """Whether something of the whole source could not be read in this run."""

    # -- people --------------------------------------------------------------------------------------------------------

    def users(self) -> Iterator[Page]:
        progress = self._progress
        if progress.fields != fields(self._settings):
            # What is selected is part of a delta link: other fields need a new pass.
            progress.users, progress.fields = None, fields(self._settings)
        try:
            yield from self._pass()
            if progress.recount and self._due():
                progress.users = None
                yield from self._pass()
        except (AccessDenied, NotThere) as error:
            self.refused = True
            progress.users = None
            yield Page(cursor=dump(progress), gaps=[Gap(None, None, _KINDS, reason(error))])

    def _due(self) -> bool:
        counted = self._progress.counted
        return counted is None or self._source.now() - moment(counted) >= _WEEK

    def _pass(self) -> Iterator[Page]:
        """One pass from the link on, or from the start; begun anew once where the link has expired."""
        try:
            yield from self._walk(self._progress.users)
        except CursorExpired as error:
            self._progress.users = None
            yield from self._walk(getattr(error, "location", None), anew=True)

    def _walk(self, link: str | None, anew: bool = False) -> Iterator[Page]:
        progress = self._progress
        begins = link is None or anew
        if begins:
            progress.whole = True
        chain = Chain() if begins and not self._settings.leadership else None
        params = None if link else {"$select": progress.fields}
        for listing in self._transport.pages(Resource.GRAPH, link or "/users/delta", params=params):
            page = self._page(listing.items, chain)
            progress.users = listing.next or listing.delta
            if listing.next is None:
                # Until the leaders are told, a crash leaves them to be derived again.
                progress.recount |= progress.whole and not self._settings.leadership
                progress.whole = False
            yield replace(page, cursor=dump(progress))
        if chain is not None:
            for people in chunks(chain.levels(), 500):
                yield Page(cursor=dump(progress), people=people)
            progress.recount, progress.counted = False, self._source.now().isoformat(timespec="seconds")
            yield Page(cursor=dump(progress))

    def _page(self, rows: Sequence[Mapping[str, Any]], chain: "Chain | None") -> Page:
        people: list[Person] = []
        skipped: Tally[str] = Tally()
        sparse: list[str] = []
        for row in rows:
            id_ = row.get("id")
            if not isinstance(id_, str):
                skipped["without_id"] += 1
                continue
            if "manager@delta" in row and not self._progress.whole:
                self._progress.recount = True
            if "@removed" in row:
                people.append(gone(id_))
            elif not self._progress.whole and not self._wanted <= row.keys():
                # A changed person may come with the changed fields alone, and what is missing is not "none".
                sparse.append(id_)
            else:
                people.append(person(row, self._settings))
                if chain is not None:
                    chain.add(people[-1], row)
        people += self._again(sparse)
        # Of several rows of one person the last holds.
        latest = {person.id: person for person in people}
        return Page(cursor="", people=list(latest.values()), skipped=dict(skipped))

    def _again(self, ids: Sequence[str]) -> list[Person]:
        wanted = ",".join(name for name in fields(self._settings).split(",") if name in self._wanted)
        requests = [(id_, f"/users/{quote(id_)}?$select={wanted}") for id_ in dict.fromkeys(ids)]
        return [
            gone(id_) if isinstance(row, NotThere) else person(row, self._settings)
            for id_, row in many(self._source, requests)
            if isinstance(row, dict | NotThere)
        ]

    # -- members -------------------------------------------------------------------------------------------------------

    def members(self) -> Iterator[Page]:
        progress, directory = self._progress, self._source.directory()
        before = {room for room, object_ in self._source.memory.gaps("people") if room and object_ is None}
        self._mark_changed()
        groups = sorted(directory.groups.values(), key=lambda group: group.id)
        again = set(progress.changed)
        if progress.all:
            wanted = [group for group in groups if group.id > progress.after or group.id.lower() in again]
        else:
            wanted = [group for group in groups if group.id.lower() in again or group.room in before]
        first = progress.all and not progress.after
        lots = list(chunks(wanted, _GROUPS_AT_ONCE))
        for lot, answer in self._transport.each(self._rosters, lots):
            rosters: Mapping[str, Roster | ConnectorError] = (
                {group.id: answer for group in lot} if isinstance(answer, ConnectorError) else answer
            )
            if first and len(lot) > 1 and all(isinstance(one, AccessDenied) for one in rosters.values()):
                # Not a group here and there: the app may not see members at all.
                self.refused = True
                yield Page(cursor=dump(progress), gaps=[Gap(None, None, _KINDS, "access_denied")])
                return
            first = False
            progress.after = max(progress.after, lot[-1].id) if progress.all else ""
            ready = {group.id.lower() for group in lot}
            progress.changed = [id_ for id_ in progress.changed if id_ not in ready]
            yield self._told(lot, rosters, before)
        progress.all, progress.after, progress.changed = False, "", []
        yield self._of_channels(before)
        alone = [room for room in directory.rooms if room.startswith("site:") and room not in before]
        gaps = [Gap(room, None, _KINDS, "unsupported") for room in sorted(alone)]
        yield Page(cursor=dump(progress), gaps=gaps)

    def _of_channels(self, before: set[str]) -> Page:
        members, gaps, closed = [], [], []
        skipped: Tally[str] = Tally()
        for room, roster in channels.rosters(self._source, self._source.directory()):
            if isinstance(roster, ConnectorError):
                gaps.append(Gap(room, None, _KINDS, reason(roster)))
                continue
            members.append(Members(room, frozenset(roster.people), frozenset(roster.owners)))
            skipped.update(roster.skipped)
            closed += [(room, None)] if room in before else []
        return Page(
            cursor=dump(self._progress), members=members, gaps=gaps, closed=closed, skipped=dict(skipped)
        )

    def _told(
        self, lot: Sequence[Group], rosters: Mapping[str, "Roster | ConnectorError"], before: set[str]
    ) -> Page:
        members, gaps, closed = [], [], []
        skipped: Tally[str] = Tally()
        for group in lot:
            roster = rosters[group.id]
            if isinstance(roster, ConnectorError):
                gaps.append(Gap(group.room, None, _KINDS, reason(roster)))
            elif group.hidden and not roster.people:
                # Without Member.Read.Hidden the list is not refused but empty.
                gaps.append(Gap(group.room, None, _KINDS, "access_denied"))
            else:
                members.append(Members(group.room, frozenset(roster.people), frozenset(roster.owners)))
                skipped.update(roster.skipped)
                if group.room in before:
                    closed.append((group.room, None))
        return Page(
            cursor=dump(self._progress), members=members, gaps=gaps, closed=closed, skipped=dict(skipped)
        )

    def _mark_changed(self) -> None:
        """Note which groups have to be read: all of them where no delta tells."""
        progress = self._progress
        if progress.groups is None:
            progress.groups = self._latest()
            progress.all, progress.after = True, progress.after if progress.all else ""
            return
        changed = set(progress.changed)
        try:
            for listing in self._transport.pages(Resource.GRAPH, progress.groups):
                changed |= {
                    str(row["id"]).lower() for row in listing.items if "@removed" not in row and "id" in row
                }
                progress.groups = listing.next or listing.delta
        except (CursorExpired, NotThere, AccessDenied):
            progress.groups = self._latest()
            progress.all, progress.after, changed = True, "", set()
        ours = self._source.directory().groups
        progress.changed = sorted(id_ for id_ in changed if id_ in ours)

    def _latest(self) -> str | None:
        """A delta link that begins now, taken before members are read so that no change falls in between."""
        params = {"$select": "members,owners", "$deltatoken": "latest"}
        link = None
        try:
            for listing in self._transport.pages(Resource.GRAPH, "/groups/delta", params=params):
                link = listing.delta
        except (CursorExpired, NotThere, AccessDenied, BadAnswer):
            return None
        return link

    def _rosters(self, groups: Sequence[Group]) -> "dict[str, Roster | ConnectorError]":
        if self._source.directory().ungrouped:
            return {group.id: self._attempt(group, self._team) for group in groups}
        requests = [
            (f"{group.id}/{part}", f"/groups/{quote(group.id)}/{part}?{_OPTIONS}")
            for group in groups
            for part in ("members", "owners")
        ]
        answers = self._transport.batch(requests)

        def roster(group: Group) -> Roster:
            found = Roster()
            nested = found.add(self._rest(answers[f"{group.id}/members"]), found.people)
            if nested:
                path = f"/groups/{quote(group.id)}/transitiveMembers?{_OPTIONS}"
                found = Roster()
                pages = self._transport.pages(Resource.GRAPH, path)
                found.add((row for listing in pages for row in listing.items), found.people)
            found.add(self._rest(answers[f"{group.id}/owners"]), found.owners)
            return found

        return {group.id: self._attempt(group, roster) for group in groups}

    def _attempt(self, group: Group, ask: Any) -> "Roster | ConnectorError":
        try:
            found: Roster = ask(group)
        except (AccessDenied, NotThere, BadAnswer) as error:
            return error
        return found

    def _rest(self, answer: Mapping[str, Any] | ConnectorError) -> Iterator[Mapping[str, Any]]:
        """The rows of a first page that came in a batch, and of those that follow."""
        if isinstance(answer, ConnectorError):
            raise answer
        yield from answer.get("value") or ()
        link = answer.get("@odata.nextLink")
        if link:
            for listing in self._transport.pages(Resource.GRAPH, link):
                yield from listing.items

    def _team(self, group: Group) -> "Roster":
        """The members of a team, for apps that may see teams but not groups."""
        found = Roster()
        for listing in self._transport.pages(Resource.GRAPH, f"/teams/{quote(group.id)}/members"):
            found.converse(listing.items)
        return found


class Chain:
    """Who reports to whom, while a whole pass runs."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._managers: dict[str, str] = {}

    def add(self, person: Person, row: Mapping[str, Any]) -> None:
        self._people[person.id] = person
        for manager in row.get("manager@delta") or ():
            if "@removed" in manager:
                if self._managers.get(person.id) == manager.get("id"):
                    del self._managers[person.id]
            elif isinstance(manager.get("id"), str):
                self._managers[person.id] = manager["id"]

    def levels(self) -> Iterator[Person]:
        """Everybody with their level: 1 is the top, 0 are those without an active direct report, who lead nobody (any more)."""
        leading = {
            manager
            for report, manager in self._managers.items()
            if report in self._people and self._people[report].active and manager in self._people
        }
        for id_, person in sorted(self._people.items()):
            yield replace(person, leadership=self._level(id_) if id_ in leading else 0)

    def _level(self, id_: str) -> int:
        seen = {id_}
        while (above := self._managers.get(id_)) is not None and above in self._people and above not in seen:
            seen.add(above)
            id_ = above
        return len(seen)


def fields(settings: Settings) -> str:
    """What is selected of a user: nothing that is not used."""
    names = ["id", "accountEnabled", "userType", settings.unit_from, settings.site_from, settings.identity]
    names.append("jobTitle" if settings.leadership else "manager")
    if settings.service_accounts:
        names.append("userPrincipalName")
    return ",".join(dict.fromkeys(names))


def gone(id_: str) -> Person:
    """An account that was removed: nothing but that is told of it, so its kind, unit and level stay known."""
    return Person(id_, kind=None, active=False)


def person(row: Mapping[str, Any], settings: Settings) -> Person:
    """From a whole row: a field without value is told as none. The level stays untold where managers tell it."""
    kind = PersonKind.HUMAN
    if _is_service(row, settings):
        kind = PersonKind.SERVICE
    elif str(row.get("userType") or "").lower() == "guest":
        # Skipped guests are left out of every count, as service accounts are.
        kind = PersonKind.GUEST if settings.guests == "count" else PersonKind.SERVICE
    return Person(
        id=str(row["id"]),
        kind=kind,
        active=row.get("accountEnabled") is not False,
        unit=_text(row.get(settings.unit_from)) or "",
        leadership=(settings.leadership_level(_text(row.get("jobTitle"))) or 0)
        if settings.leadership
        else None,
        site=_text(row.get(settings.site_from)) or "",
        canonical=canonical(_text(row.get(settings.identity)), settings.identity_pattern),
    )


def _is_service(row: Mapping[str, Any], settings: Settings) -> bool:
    name = str(row.get("userPrincipalName") or "").lower()
    return any(
        fnmatchcase(form, pattern)
        for pattern in settings.service_accounts
        for form in (name, name.partition("@")[0])
        if form
    )


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
