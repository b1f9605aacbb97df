"""The address on which the paths of each resource hang, and the hosts its links may lead to.

| resource | base |
|---|---|
| `Resource.GRAPH` | `{graph_url}/v1.0` |
| `Resource.SHAREPOINT` | `{sharepoint_url}`, learned from the tenant's root site where it is not set; in tenants with several regions each has a host and a token of its own |
| `Resource.MANAGEMENT` | `{management_url}` |
| `Resource.ENGAGE` | `{engage_url}/api/v1` |
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from connectors.errors import BadAnswer, CursorExpired
from connectors.microsoft.addresses import origin, origin_text, siblings
from connectors.microsoft.answers import place
from connectors.microsoft.settings import Settings
from connectors.microsoft.tokens import Resource


class Bases:
    """`sharepoint` tells the address of the tenant's SharePoint, which may have to be asked for."""

    def __init__(self, settings: Settings, sharepoint: Callable[[], str]) -> None:
        self._settings, self._sharepoint = settings, sharepoint

    def url(self, resource: Resource, path: str, beside: str | None = None) -> str:
        """Absolute, and on the resource's own host; what is linked to stays `beside` the page that does.

        Raises `BadAnswer` for another host.
        """
        base = beside or self._base(resource)
        if "://" not in path:
            return f"{base}/{path.removeprefix('/')}"
        sibling = resource is Resource.SHAREPOINT and beside is None and siblings(path, base)
        if origin(path) != origin(base) and not sibling:
            raise BadAnswer(
                f"{place(path)}: a link leads to another host ({urlsplit(path).hostname}) than {urlsplit(base).hostname}, "
                "and the token stays here: check the addresses in the settings"
            )
        return path

    def address(self, resource: Resource, url: str) -> str | None:
        """The host, where it is another of SharePoint's than the tenant's first and so wants a token of its own."""
        if resource is not Resource.SHAREPOINT or origin(url) == origin(self._base(resource)):
            return None
        return origin_text(url)

    def below(self, resource: Resource, path: str) -> str:
        """The part of an address that follows the resource's base."""
        return self.url(resource, path).removeprefix(self._base(resource))

    def pinned(self, resource: Resource, error: CursorExpired) -> CursorExpired:
        """Without a location that leads to another host."""
        if error.location is None or origin(error.location) == origin(self._base(resource)):
            return error
        return CursorExpired(str(error))

    def _base(self, resource: Resource) -> str:
        match resource:
            case Resource.GRAPH:
                return f"{self._settings.graph_url}/v1.0"
            case Resource.MANAGEMENT:
                return self._settings.management_url
            case Resource.ENGAGE:
                return f"{self._settings.engage_url}/api/v1"
        return self._sharepoint()
