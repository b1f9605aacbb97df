"""Which lists or drives each site has: asked in lots, at once for a new site and daily for all."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Protocol

from connectors.cursor import passed
from connectors.errors import BadAnswer, ConnectorError
from connectors.microsoft.brought import Rooms
from connectors.microsoft.links import Links, Place
from connectors.microsoft.mapping import SKIPPABLE, reason
from connectors.microsoft.rooms import Directory, many
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

_DAILY = timedelta(hours=20)


class Shelf(Protocol):
    def listing(self, site: str) -> str:
        """The request that tells the lists or drives of a site."""
        ...

    def chosen(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """The ids of those that are to be read."""
        ...


def refresh(source: Source, shelf: Shelf, links: Links, directory: Directory, rooms: Rooms) -> None:
    """Bring `links` up to date. What is no longer there is forgotten, but not while something could not be looked at."""
    now = source.now()
    all_ = links.listed is None or now - passed(links.listed, now) > _DAILY
    if directory.complete and set(directory.closed_sites.values()) <= {"not_found"}:
        for site in links.sites.keys() - directory.sites.keys():
            del links.sites[site]
    asking = [site for site in directory.sites if all_ or site not in links.sites]
    for site, answer in many(source, [(site, shelf.listing(site)) for site in asking]):
        room = directory.sites[site].room
        try:
            keys = shelf.chosen(_rows(source, answer))
        except SKIPPABLE as error:
            rooms.failed[room] = reason(error)
            continue
        rooms.answered.add(room)
        known = links.sites.get(site, {})
        links.sites[site] = {key: known.get(key) or Place() for key in keys}
    if all_:
        links.listed = now.isoformat()


def _rows(source: Source, answer: dict[str, Any] | ConnectorError) -> list[Mapping[str, Any]]:
    if isinstance(answer, ConnectorError):
        raise answer
    rows = answer.get("value")
    if not isinstance(rows, list):
        raise BadAnswer("a listing without its items")
    found = [row for row in rows if isinstance(row, Mapping)]
    following = answer.get("@odata.nextLink")
    if following:
        for listing in source.transport.pages(Resource.GRAPH, str(following)):
            found += listing.items
    return found
