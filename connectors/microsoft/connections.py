"""HTTP connections to Microsoft, shared by sign-in and requests, and what it means when there is none."""

import ssl
from typing import Any
from urllib.request import getproxies

import httpx

from connectors.deadline import LONGEST_CALL, hold
from connectors.errors import ConnectorError, Misconfigured, SourceUnreachable
from connectors.microsoft.settings import Settings, loopback
from connectors.outbound import CheckedTransport, Reach, untrusted

TIMEOUT = httpx.Timeout(LONGEST_CALL, connect=10.0)
"""Seconds between two bytes of an answer, and to connect; a whole call has `LONGEST_CALL`."""


def client(settings: Settings, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Connections kept alive over HTTP/1.1, trusting the company's own authority besides the public ones.

    Without a proxy in the environment, hosts that the settings do not name are called at public addresses only.
    """
    common: dict[str, Any] = {
        "headers": {"User-Agent": settings.user_agent},
        "timeout": TIMEOUT,
        "follow_redirects": False,
    }
    if transport is not None:
        return httpx.Client(transport=transport, **common)
    context = httpx.create_ssl_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(cafile=settings.ca_file)
        except (ssl.SSLError, OSError):
            raise Misconfigured(f"{settings.ca_file} (`ca_file`) holds no certificate in PEM") from None
    # Three resources and the sign-in, each with its own workers.
    limits = httpx.Limits(
        max_connections=4 * settings.concurrency, max_keepalive_connections=4 * settings.concurrency
    )
    direct = CheckedTransport(Reach.of(*_addresses(settings), *settings.sites), context, limits)
    if not getproxies().keys() - {"no"}:
        return httpx.Client(transport=direct, **common)
    here = {"all://127.0.0.1": direct, "all://localhost": direct, "all://[::1]": direct}
    return hold(
        httpx.Client(
            verify=context, limits=limits, mounts=here if _any_loopback(settings) else None, **common
        )
    )


def unreachable(error: httpx.HTTPError, where: str) -> ConnectorError:
    """Why there was no complete answer; a certificate that is not trusted is for the admin to mend."""
    if untrusted(error):
        return Misconfigured(
            "the certificate of the server is not trusted: give the file of your certificate authority as `ca_file`"
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return Misconfigured(f"{where}: the address or the token cannot be sent as they are")
    return SourceUnreachable(f"{where}: no complete answer ({type(error).__name__})")


def _addresses(settings: Settings) -> tuple[str | None, ...]:
    return (
        settings.authority,
        settings.graph_url,
        settings.sharepoint_url,
        settings.management_url,
        settings.engage_url,
    )


def _any_loopback(settings: Settings) -> bool:
    return any(address is not None and loopback(address) for address in _addresses(settings))
