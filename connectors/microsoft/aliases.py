"""What records of the audit log and reports call the rooms of a tenant."""

from collections.abc import Iterable
from typing import Protocol

from connectors import names
from connectors.activity import Alias


class Placed(Protocol):
    """A site: its id `host,collection,web`, and its address."""

    @property
    def id(self) -> str: ...

    @property
    def url(self) -> str: ...


def aliases(room: str, sites: Iterable[Placed]) -> list[Alias]:
    """The names of a room's sites. The collection is one of them: where it is several rooms, its name links none of them."""
    found = set()
    for site in sites:
        parts = site.id.lower().split(",")
        if len(parts) == 3:
            found |= {names.site(parts[1]), names.site(parts[1], parts[2])}
        if address := names.address(site.url):
            found.add(address)
    return [Alias(name, room) for name in sorted(found)]
