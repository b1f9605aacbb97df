"""Group rooms, and which team, site, mailbox and community belong to which of them.

An M365 group is one room whatever it consists of: its team, its site, its mailbox and its Viva Engage community share
the key `group:<group id>`. A site without a group is a room `site:<site id>`; sub-sites of a group's site collection
belong to the group's room. Ids survive renaming, so keys do. Site ids are written in lower case, since Graph writes
them either way. Private and shared channels are rooms of their own (`connectors.microsoft.channels`).

The directory is read anew in every run, for every stream needs all of it: one listing of groups, one of sites, and a
twentieth of a request (`$batch`) per group for its root site and per team for whether it is archived. Nothing of it
reaches the disk but what `Room` holds, and the keys of known rooms in the cursor, by which a vanished room is noticed.
It counts as gone only when the platform answers 404 for it; a room that is merely not listed any more stays.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from connectors.activity import Activity, ContentType, Gap, Kind, Page, Room
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, NotThere
from connectors.microsoft.aliases import aliases
from connectors.microsoft.mapping import reason
from connectors.microsoft.progress import dump, load
from connectors.microsoft.settings import site_path
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

if TYPE_CHECKING:
    from connectors.microsoft.channels import Channel

ALL = (Kind.VIEW, Kind.REACT, Kind.COMMENT, Kind.REPLY, Kind.CREATE, Kind.EDIT, Kind.JOIN, Kind.LEAVE)
_BATCH = 20
"""Most requests in one `$batch` (Graph's limit)."""
_GROUP = "id,displayName,mailNickname,visibility,createdDateTime,resourceProvisioningOptions,groupTypes"
_SITE = "id,webUrl,createdDateTime,isPersonalSite,siteCollection"
_SYSTEM = frozenset({"/search", "/portals/hub", "/sites/contenttypehub", "/sites/appcatalog"})
"""Sites that every tenant has and nobody meets in."""
_PAGE = 500
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Group:
    """An M365 group. `hidden` tells that its membership is shown to members only; `site` is the id of its root site."""

    id: str
    room: str
    team: bool = False
    hidden: bool = False
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A site that is part of a room: `id` in lower case, `url` as SharePoint's own API needs it."""

    id: str
    room: str
    url: str
    group: str | None = None

    @property
    def collection(self) -> str:
        """The site collection's GUID, by which usage reports name a site."""
        return collection(self.id)


@dataclass(slots=True)
class Directory:
    """What rooms there are and what belongs to them.

    `channels` are the private and shared ones by room. `closed_sites` tells, by room, why the site of a group cannot be read (the reason of a gap). `unlisted` tells why the
    sites, `ungrouped` why the groups could not be listed at all. `complete` is False where either is so.
    """

    rooms: dict[str, Room] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    channels: "dict[str, Channel]" = field(default_factory=dict)
    closed_sites: dict[str, str] = field(default_factory=dict)
    closed_rooms: dict[str, str] = field(default_factory=dict)
    unlisted: str | None = None
    ungrouped: str | None = None
    skipped: Tally[str] = field(default_factory=Tally)

    def teams(self) -> list[Group]:
        return [group for group in self.groups.values() if group.team]

    def site(self, site_id: str) -> Site | None:
        return self.sites.get(site_id.lower())

    def room_of_site(self, site_id: str) -> str | None:
        site = self.site(site_id)
        return site.room if site else None

    def room_of_group(self, group_id: str) -> str | None:
        group = self.groups.get(group_id.lower())
        return group.room if group else None

    def sites_of(self, room: str) -> list[Site]:
        return [site for site in self.sites.values() if site.room == room]

    @property
    def complete(self) -> bool:
        return self.unlisted is None and self.ungrouped is None


def group_room(group_id: str) -> str:
    return f"group:{group_id.lower()}"


def site_room(site_id: str) -> str:
    return f"site:{site_id.lower()}"


def collection(site_id: str) -> str:
    """The middle of `host,collection,web`; the id itself where it has another form."""
    parts = site_id.lower().split(",")
    return parts[1] if len(parts) == 3 else site_id.lower()


def chunks(things: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(things)
    while chunk := list(islice(rest, size)):
        yield chunk


def many(
    source: Source, requests: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, dict[str, Any] | ConnectorError]]:
    """Ask for many small things by `$batch`, several batches side by side; (id, answer) in the order asked."""
    for asked, answers in source.transport.each(source.transport.batch, chunks(requests, _BATCH)):
        for id_, _ in asked:
            if isinstance(answers, ConnectorError):
                yield id_, answers
            else:
                yield id_, answers.get(id_, BadAnswer("a batch left out one of its answers"))


# -- reading the directory ---------------------------------------------------------------------------------------------


def directory(source: Source) -> Directory:
    """Everything that is or belongs to a room, as it is now. Raises what `Transport.get` raises for a failing source."""
    found = Directory()
    # Sites are listed while groups are, and while these are asked about their teams and root sites.
    sites = source.transport.submit(lambda: list(_listed_sites(source, found)))
    try:
        for row in _groups(source, found):
            _add_group(found, row)
        roots = _parts(source, found)
    finally:
        # Whatever goes wrong, nothing is left under way.
        wait([sites])
    _sites(source, found, sites.result(), roots)
    return found


def _groups(source: Source, found: Directory) -> Iterator[dict[str, Any]]:
    chosen = list(dict.fromkeys([*(source.settings.groups or ()), *(source.settings.teams or ())]))
    if source.settings.groups:
        requests = [(id_, f"/groups/{quote(id_)}?$select={_GROUP}") for id_ in chosen]
        for id_, row in many(source, requests):
            if isinstance(row, ConnectorError):
                found.closed_rooms[group_room(id_)] = reason(row)
            else:
                yield row
        return
    unified = {"$filter": "groupTypes/any(c:c eq 'Unified')", "$select": _GROUP, "$top": "999"}
    try:
        for listing in source.transport.pages(Resource.GRAPH, "/groups", params=unified):
            yield from listing.items
    except (AccessDenied, NotThere) as error:
        found.ungrouped = reason(error)
        yield from _teams_only(source, chosen)


def _teams_only(source: Source, chosen: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Where groups may not be listed, teams perhaps may."""
    listed: Iterable[dict[str, Any]]
    try:
        if chosen:
            rows = many(source, [(id_, f"/teams/{quote(id_)}") for id_ in chosen])
            listed = [row for _, row in rows if not isinstance(row, ConnectorError)]
        else:
            pages = source.transport.pages(Resource.GRAPH, "/teams")
            listed = [row for listing in pages for row in listing.items]
    except (AccessDenied, NotThere):
        return
    for row in listed:
        yield {**row, "resourceProvisioningOptions": ["Team"]}


def _add_group(found: Directory, row: Mapping[str, Any]) -> None:
    id_ = row.get("id")
    if not isinstance(id_, str):
        raise BadAnswer("a group in a listing has no id")
    key = group_room(id_)
    visibility = str(row.get("visibility") or "").lower()
    open_ = {"public": True, "private": False, "hiddenmembership": False}.get(visibility)
    created = row.get("createdDateTime")
    found.groups[id_.lower()] = Group(
        id=id_,
        room=key,
        team="Team" in (row.get("resourceProvisioningOptions") or ()),
        hidden=visibility == "hiddenmembership",
    )
    found.rooms[key] = Room(
        key=key,
        # The nickname is made from the group's name, so it is as private as that.
        handle=str(row.get("mailNickname") or _briefly(id_)) if open_ else _briefly(id_),
        name=row.get("displayName") if open_ else None,
        open=open_,
        created=moment(created) if created else None,
    )


def _briefly(id_: str) -> str:
    """The beginning of the guid of a group or site collection: enough for an admin to find it, and no name."""
    guid = id_.split(",")[1] if id_.count(",") == 2 else id_
    return guid.partition("-")[0]


def _parts(source: Source, found: Directory) -> dict[str, str]:
    """Looks into the team and the root site of each group; returns the group of each group site by site collection."""
    groups: dict[str, str] = {}
    requests = [
        (f"site/{group.id}", f"/groups/{quote(group.id)}/sites/root?$select=id,webUrl")
        for group in found.groups.values()
    ] + [(f"team/{team.id}", f"/teams/{quote(team.id)}?$select=id,isArchived") for team in found.teams()]
    for asked, row in many(source, requests):
        part, _, id_ = asked.partition("/")
        if part == "team":
            _add_team(found, id_, row)
        elif (site := _add_root_site(found, id_, row)) is not None:
            groups[collection(site)] = id_
    return groups


def _add_team(found: Directory, id_: str, row: Mapping[str, Any] | ConnectorError) -> None:
    group = found.groups[id_.lower()]
    if isinstance(row, NotThere):
        # The mark of a team outlives the team.
        found.groups[id_.lower()] = replace(group, team=False)
    elif not isinstance(row, ConnectorError) and row.get("isArchived"):
        found.rooms[group.room] = replace(found.rooms[group.room], archived=True)


def _add_root_site(found: Directory, id_: str, row: Mapping[str, Any] | ConnectorError) -> str | None:
    group = found.groups[id_.lower()]
    if isinstance(row, ConnectorError):
        found.closed_sites[group.room] = reason(row)
        return None
    site = str(row.get("id") or "").lower()
    if not site:
        found.closed_sites[group.room] = "broken"
        return None
    found.groups[id_.lower()] = replace(group, site=site)
    found.sites[site] = Site(site, group.room, str(row.get("webUrl") or ""), group.id)
    return site


def _listed_sites(source: Source, found: Directory) -> Iterator[dict[str, Any]]:
    return _chosen_sites(source, found) if source.settings.sites else _all_sites(source, found)


def _sites(
    source: Source, found: Directory, rows: Iterable[dict[str, Any]], roots: Mapping[str, str]
) -> None:
    chosen = set()
    for row in rows:
        id_ = str(row.get("id") or "").lower()
        if not id_:
            raise BadAnswer("a site in a listing has no id")
        chosen.add(id_)
        _add_site(found, id_, row, roots)
    if source.settings.sites:
        for id_ in [id_ for id_ in found.sites if id_ not in chosen]:
            found.closed_sites[found.sites.pop(id_).room] = "access_denied"


def _all_sites(source: Source, found: Directory) -> Iterator[dict[str, Any]]:
    try:
        for listing in source.transport.pages(
            Resource.GRAPH, "/sites/getAllSites", params={"$select": _SITE + ",displayName"}
        ):
            yield from listing.items
    except (AccessDenied, NotThere) as error:
        found.unlisted = reason(error)


def _chosen_sites(source: Source, found: Directory) -> Iterator[dict[str, Any]]:
    requests = [
        (given, f"{site_path(given)}?$select={_SITE},displayName") for given in source.settings.sites or ()
    ]
    for given, row in many(source, requests):
        if not isinstance(row, ConnectorError):
            yield row
        elif "," in given:
            found.closed_rooms[site_room(given)] = reason(row)
        else:
            # Without an answer nobody knows which room the address is of.
            found.unlisted = reason(row)


def _add_site(found: Directory, id_: str, row: Mapping[str, Any], roots: Mapping[str, str]) -> None:
    url = str(row.get("webUrl") or "")
    address = urlsplit(url)
    if row.get("isPersonalSite") or "-my.sharepoint" in (address.hostname or ""):
        found.skipped["personal_site"] += 1
        return
    if address.path.rstrip("/").lower() in _SYSTEM:
        found.skipped["system_site"] += 1
        return
    group = roots.get(collection(id_))
    archived = bool((row.get("siteCollection") or {}).get("archivalDetails"))
    if group is not None:
        found.sites[id_] = Site(id_, group_room(group), url, group)
        return
    created = row.get("createdDateTime")
    key = site_room(id_)
    found.sites[id_] = Site(id_, key, url)
    found.rooms[key] = Room(
        key, _briefly(id_), created=moment(created) if created else None, archived=archived
    )


@dataclass(slots=True)
class Known:
    """The keys of the rooms told so far."""

    rooms: list[str] = field(default_factory=list)


# -- the stream --------------------------------------------------------------------------------------------------------


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """All rooms as they are now, and those that are gone. Raises `CursorExpired` for a cursor of another form."""
    state = load(Known, cursor)
    known = set(state.rooms)
    found = source.directory()
    skipped = dict(found.skipped)
    listed = sorted(found.rooms)
    before: set[tuple[str | None, str | None]] = set(source.memory.gaps("rooms"))
    for chunk in chunks(listed, _PAGE):
        known.update(chunk)
        yield Page(
            cursor=dump(Known(sorted(known))),
            rooms=[found.rooms[key] for key in chunk],
            aliases=[alias for key in chunk for alias in aliases(key, found.sites_of(key))],
            closed=[(key, None) for key in chunk if (key, None) in before],
            skipped=skipped,
        )
        skipped = {}
    gaps, activities = [], []
    for key, why in _missing(source, found, known - set(listed)):
        if why is None:
            known.discard(key)
            activities.append(_gone(source, key))
        else:
            gaps.append(Gap(key, None, ALL, why))
    gaps += [Gap(key, None, ALL, why) for key, why in found.closed_rooms.items() if why != "not_found"]
    if not found.complete and not found.rooms:
        gaps.append(Gap(None, None, ALL, found.ungrouped or found.unlisted or "access_denied"))
    gone = {activity.room for activity in activities}
    closed = [(room, object_) for room, object_ in before if room in gone or (room is None and found.rooms)]
    yield Page(
        cursor=dump(Known(sorted(known))), activities=activities, gaps=gaps, closed=closed, skipped=skipped
    )


def _missing(source: Source, found: Directory, keys: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Known rooms that were not listed: those that are gone (None), and those that may not be read any more (why)."""
    requests = []
    for key in sorted(keys):
        kind, _, id_ = key.partition(":")
        path = f"/{kind}s/{quote(id_, safe=',')}"
        if kind == "channel":
            team, _, channel = id_.partition("/")
            path = f"/teams/{quote(team)}/channels/{quote(channel, safe=':@')}"
        requests.append((key, f"{path}?$select=id"))
    for key, answer in many(source, requests):
        if isinstance(answer, NotThere):
            yield key, None
        elif isinstance(answer, ConnectorError) and key not in found.closed_rooms:
            yield key, reason(answer)


def _gone(source: Source, key: str) -> Activity:
    return Activity(
        key=f"{key}:gone",
        kind=Kind.DELETE,
        room=key,
        person=None,
        happened=source.now(),
        object=key,
        content_type=ContentType.ROOM,
        dated=False,
    )
