"""Where calls may go: the addresses behind a host, checked before a connection is made.

A name is resolved once for each connection, every address it has is checked, and the connection goes to a checked address under the
original name. So a name that changes its address between check and connection gains nothing. Public addresses are free. Inside
the house, and on this machine, only hosts that were given on purpose are called: those of a source's settings, or of
`RESONANZ_ALLOWED_HOSTS`. The metadata service of a cloud is never called, whoever asks.

Where the environment names a proxy, the proxy makes the connection and decides where it may go.
"""

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from ssl import SSLCertVerificationError, SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from connectors.deadline import TimedBackend, TimedResponse, left
from connectors.errors import Misconfigured

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]

METADATA = frozenset(
    ip_address(one)
    for one in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)
INSIDE = tuple(
    ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
HERE = frozenset({"127.0.0.1", "::1"})
NAT64 = ip_network("64:ff9b::/96")


def untrusted(error: BaseException) -> bool:
    """Whether a certificate that is not trusted lies behind an error of httpx or requests, and not a connection cut off under TLS."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, SSLCertVerificationError):
            return True
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            # urllib3 hands the first cause on as an argument or as `reason`.
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return False


class CallRefused(Misconfigured):
    """The address may not be called; no connection was made."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of the host. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address carries in one of the usual wrappings, else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour:
        return address.sixtofour
    return address.teredo[1] if address.teredo else address


def may_call(host: str, address: str, allowed: frozenset[str]) -> bool:
    """Whether `host`, which has that address, may be called; `allowed` are hosts and addresses given on purpose, in lower case."""
    text = address.partition("%")[0]
    outer = ip_address(text)
    inner = unwrapped(outer)
    if {outer, inner} & METADATA:
        return False
    if str(inner) in allowed:
        return True
    if any(inner in network for network in INSIDE if network.version == inner.version):
        return host.lower().rstrip(".") in allowed
    if isinstance(inner, IPv6Address) and inner.is_site_local:
        return False
    return inner.is_global and outer.is_global and not inner.is_multicast


class Reach:
    """Which addresses may be connected to, for hosts given on purpose and for all others."""

    def __init__(self, allowed: Iterable[str], resolver: Resolve = resolve) -> None:
        self.allowed = frozenset(one.strip().lower().rstrip(".") for one in allowed if one.strip())
        self._resolve = resolver

    @classmethod
    def of(cls, *urls: str | None) -> "Reach":
        """What a source may call: its own hosts wherever they are, and others at public addresses only."""
        hosts = {host for url in urls if url and (host := urlsplit(url).hostname)}
        return cls(hosts | HERE if "localhost" in hosts else hosts)

    def addresses(self, host: str, port: int) -> list[str]:
        """The checked addresses of a host. Raises `CallRefused`, and `OSError` if it has none."""
        try:
            found = self._resolve(host, port)
        except UnicodeError:
            found = []
        if not found:
            raise OSError(f"the host {host} has no address")
        if not all(may_call(host, one, self.allowed) for one in found):
            raise CallRefused(
                f"the host {host} may not be called: it lies inside the house or on this machine, and is not "
                "a host that the settings name"
            )
        return found


class _Backend(TimedBackend):
    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def connect_tcp(self, host: str, port: int, *given: Any, **named: Any) -> httpcore.NetworkStream:
        trouble: Exception
        try:
            addresses = self._reach.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from None
        for address in addresses:
            try:
                return super().connect_tcp(address, port, *given, **named)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble


class CheckedTransport(httpx.HTTPTransport):
    """Connections of httpx to addresses within reach. Requests raise `CallRefused` for others."""

    def __init__(self, reach: Reach, context: SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=context, trust_env=False, limits=limits)
        # httpx has no parameter for who makes the connections; its pool has.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(reach),
        )


class CheckedAdapter(HTTPAdapter):
    """Connections of requests to addresses within reach. Requests raise `CallRefused` for others."""

    def __init__(self, reach: Reach, **given: Any) -> None:
        self._reach = reach
        super().__init__(**given)

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        reach = self._reach

        class Plain(_Plain):
            def _new_conn(self) -> socket.socket:
                return _connected(self, reach)

        class Secure(_Secure):
            def _new_conn(self) -> socket.socket:
                return _connected(self, reach)

        self.poolmanager.pool_classes_by_scheme = _pools(Plain, Secure)

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _pools(_Plain, _Secure)
        return manager


class _Plain(HTTPConnection):
    response_class = TimedResponse


class _Secure(HTTPSConnection):
    response_class = TimedResponse


def _pools(
    plain: type[HTTPConnection], secure: type[HTTPSConnection]
) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = secure

    return {"http": PlainPool, "https": SecurePool}


def _connected(connection: HTTPConnection, reach: Reach) -> socket.socket:
    port = connection.port or connection.default_port
    trouble: OSError
    try:
        addresses = reach.addresses(connection.host, port)
    except OSError as error:
        raise NewConnectionError(connection, str(error)) from None
    for address in addresses:
        try:
            timeout = connection.timeout
            return create_connection(
                (address, port),
                left(timeout if isinstance(timeout, int | float) else None),
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError as error:
            trouble = error
    if isinstance(trouble, TimeoutError):
        raise ConnectTimeoutError(connection, f"no connection to {connection.host} in time") from trouble
    raise NewConnectionError(connection, f"no connection to {connection.host}: {trouble}") from trouble
