"""The hosts whose pages may show embeds: `RESONANZ_EMBED_HOSTS`, checked when the service starts.

A host is a source of Content Security Policy Level 3 (section 2.3.1): `https://intranet.example`, with a port where it has one, or
`https://*.example.com` for every name below a domain. Plain http only for this machine (`localhost`, `127.0.0.1`), to try things out.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from service.errors import Invalid

LOCAL = frozenset({"localhost", "127.0.0.1"})
PORTS = {"https": 443, "http": 80}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(
    rf"(?P<scheme>https|http)://(?P<any>\*\.)?(?P<name>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[0-9]{{1,5}}))?"
)


def allowed(text: str) -> tuple[str, ...]:
    """The hosts listed in the setting, separated by spaces or commas, each once.

    Raises `Invalid` for anything that is no host, naming it and how to write it.
    """
    return tuple(dict.fromkeys(checked(one) for one in re.split(r"[\s,]+", text.strip()) if one))


def checked(given: str) -> str:
    """One host in the form a browser compares. Raises `Invalid`."""
    text = given.strip().lower().removesuffix("/")
    found = _HOST.fullmatch(text)
    if found is None or len(found["name"]) > 253:
        raise Invalid(
            f"RESONANZ_EMBED_HOSTS: {given[:100]!r} is no host: write https://intranet.example or https://*.example.com, without path; "
            "names with umlauts in their xn-- form"
        )
    if found["port"] is not None and not 1 <= int(found["port"]) <= 65535:
        raise Invalid(f"RESONANZ_EMBED_HOSTS: {given[:100]!r} has no port between 1 and 65535")
    local = found["name"] in LOCAL
    if found["scheme"] == "http" and not local:
        raise Invalid(f"RESONANZ_EMBED_HOSTS: {given[:100]!r} must begin with https://")
    if found["any"] and (local or "." not in found["name"] or found["name"].replace(".", "").isdigit()):
        raise Invalid(
            f"RESONANZ_EMBED_HOSTS: {given[:100]!r} is too wide: name the domain, as https://*.example.com"
        )
    return text


def ancestors(hosts: Iterable[str]) -> str:
    """The directive `frame-ancestors` for these hosts; nobody where there are none."""
    return "frame-ancestors " + (" ".join(hosts) or "'none'")


def is_of(origin: str, hosts: Iterable[str]) -> bool:
    """Whether a browser's `Origin` is one of the hosts, by the rules of Content Security Policy: `*.` stands for one name or more."""
    try:
        asked = urlsplit(origin.lower())
        port = asked.port or PORTS.get(asked.scheme)
    except ValueError:
        return False
    if not asked.hostname or asked.path or asked.query or asked.fragment or asked.username is not None:
        return False
    return any(_matches(asked.scheme, asked.hostname, port, one) for one in hosts)


def _matches(scheme: str, name: str, port: int | None, host: str) -> bool:
    found = _HOST.fullmatch(host)
    if found is None or scheme != found["scheme"]:
        return False
    if port != (int(found["port"]) if found["port"] else PORTS[found["scheme"]]):
        return False
    return name.endswith(f".{found['name']}") if found["any"] else name == found["name"]
