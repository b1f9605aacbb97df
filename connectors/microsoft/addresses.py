"""Addresses: what a query adds, and which hosts are the same or belong together."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

_PLAIN = "$(),:/'@*"
"""Characters of OData that need no escape in a query."""


def with_query(url: str, params: Mapping[str, Any] | None) -> str:
    """Added by hand, since httpx would replace what a link carries already."""
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params, quote_via=quote, safe=_PLAIN)}"


def origin(url: str) -> tuple[str, str | None, int | None]:
    address = urlsplit(url)
    return address.scheme, address.hostname, address.port or {"https": 443, "http": 80}.get(address.scheme)


def origin_text(url: str) -> str:
    address = urlsplit(url)
    return f"{address.scheme}://{address.netloc}".lower()


def siblings(url: str, first: str) -> bool:
    """Whether a host is SharePoint's in another region of the tenant first: contosoeur beside contoso (multi-geo).

    Any host of SharePoint would do, for a token is good for its own host only and is not given for another tenant's.
    """
    host, own = urlsplit(url), urlsplit(first)
    name, _, domain = (host.hostname or "").partition(".")
    known, _, own_domain = (own.hostname or "").partition(".")
    regional = domain == own_domain and domain.startswith("sharepoint") and name.startswith(known)
    return regional and host.scheme == "https" and host.port in (None, 443) and len(name) <= len(known) + 4
