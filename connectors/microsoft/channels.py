"""Private and shared channels: rooms of their own, with their messages, their site and their members.

A standard channel is part of its team. A private or shared one has members of its own, fewer or others than the team's, and
a site of its own that shows no tie to the team's group. Counted as the team's room, what goes on among a few would be shown
as that of a room that may be open to all, and shares would be taken of the wrong people. So each is a room `channel:<team>/<channel>`,
never open and without a name; its handle begins with the team's. Which site it has is told by the folder of its files
(`filesFolder`, not before somebody has opened its files); where that may not be asked, the site stays a room of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from connectors.activity import Room
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, NotThere
from connectors.microsoft.rooms import Directory, Group, Site, collection, many
from connectors.microsoft.rosters import Roster
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

PREFIX = "channel:"


@dataclass(frozen=True, slots=True)
class Channel:
    """A private or shared channel. `shared` ones have members that belong to other teams."""

    id: str
    team: Group
    shared: bool

    @property
    def room(self) -> str:
        return channel_room(self.team.id, self.id)

    @property
    def path(self) -> str:
        return f"/teams/{quote(self.team.id)}/channels/{quote(self.id, safe=':@')}"


def channel_room(team: str, channel: str) -> str:
    return f"{PREFIX}{team.lower()}/{channel}"


def add(source: Source, found: Directory) -> Directory:
    """Add private and shared channels as rooms, and give them their sites. What may not be listed is left as it is."""
    channels = list(_listed(source, found))
    by_address = {
        unquote(site.url).rstrip("/").lower(): site for site in found.sites.values() if site.group is None
    }
    requests = [(str(number), f"{one.path}/filesFolder") for number, one in enumerate(channels)]
    for number, folder in many(source, requests if by_address else []):
        if not isinstance(folder, ConnectorError):
            site = _holding(by_address, str(folder.get("webUrl") or ""))
            if site is not None:
                _tie(found, site, channels[int(number)])
    return found


def _listed(source: Source, found: Directory) -> Iterator[Channel]:
    teams = found.teams()
    requests = [
        (team.id, f"/teams/{quote(team.id)}/channels?$select=id,membershipType,createdDateTime")
        for team in teams
    ]
    by_id = {team.id: team for team in teams}
    for id_, answer in many(source, requests):
        if isinstance(answer, ConnectorError):
            continue
        team = by_id[id_]
        for row in _rows(source, answer):
            membership = row.get("membershipType") or "standard"
            if membership == "standard" or not row.get("id"):
                continue
            channel = Channel(str(row["id"]), team, membership == "shared")
            found.channels[channel.room] = channel
            found.rooms[channel.room] = _room(channel, found.rooms[team.room], row)
            yield channel


def _rows(source: Source, answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from answer.get("value") or ()
    if link := answer.get("@odata.nextLink"):
        for listing in source.transport.pages(Resource.GRAPH, link):
            yield from listing.items


def _room(channel: Channel, team: Room, row: Mapping[str, Any]) -> Room:
    created = row.get("createdDateTime")
    return Room(
        key=channel.room,
        # 19:561fbdbbfca848a484f0a6f00ce9dbbd@thread.tacv2
        handle=f"{team.handle}/{channel.id.partition(':')[2][:8]}",
        open=False,
        created=moment(created) if created else None,
        archived=team.archived,
    )


def _holding(by_address: Mapping[str, Site], address: str) -> Site | None:
    """The site a folder lies in: the one with the longest address that the folder's begins with."""
    place = unquote(address).rstrip("/").lower()
    while "/" in place:
        if place in by_address:
            return by_address[place]
        place = place.rpartition("/")[0]
    return None


def _tie(found: Directory, site: Site, channel: Channel) -> None:
    """The site and its sub-sites belong to the channel's room, and are none any more."""
    for id_, one in list(found.sites.items()):
        if one.group is None and collection(id_) == site.collection:
            found.rooms.pop(one.room, None)
            found.sites[id_] = replace(one, room=channel.room)


# -- members -----------------------------------------------------------------------------------------------------------


def rosters(source: Source, found: Directory) -> Iterator[tuple[str, Roster | ConnectorError]]:
    """Members and owners by room. A shared channel's are all who can read it, those of the teams it is shared with as well.

    No delta tells of them, so they are read in every run. Raises what concerns the whole source.
    """
    channels = [one for _, one in sorted(found.channels.items())]
    requests = [
        (str(number), f"{one.path}/{'allMembers' if one.shared else 'members'}")
        for number, one in enumerate(channels)
    ]
    for number, answer in many(source, requests):
        room = channels[int(number)].room
        if isinstance(answer, ConnectorError):
            yield room, answer
            continue
        roster = Roster()
        try:
            roster.converse(_rows(source, answer))
        except (AccessDenied, NotThere, BadAnswer) as error:
            yield room, error
        else:
            yield room, roster
