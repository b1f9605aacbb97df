"""Calls to addresses somebody typed in: only to where they may go.

A name is resolved once, every address it has is checked, and the connection goes to a checked address under the original name.
So a name that changes its address between check and connection gains nothing. Public addresses are free. Inside the house a host
must be listed in `RESONANZ_ALLOWED_HOSTS`; that opens private addresses for it, but never this machine or the metadata service of a
cloud. This machine can only be listed as the very address, such as 127.0.0.1.
"""

import socket
import ssl
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import httpx

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]

LARGEST = 1_000_000
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
METADATA = frozenset(
    ip_address(one)
    for one in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)
INSIDE = tuple(
    ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
NAT64 = ip_network("64:ff9b::/96")


class CallRefused(httpx.RequestError):
    """The address may not be called; nothing was sent."""


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
    """Whether `host`, which has that address, may be called."""
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


class CheckedTransport(httpx.BaseTransport):
    """Sends to checked addresses only; answers are limited in size, and come without compression."""

    def __init__(self, allowed: str, ca_file: Path | None = None, resolver: Resolve = resolve) -> None:
        self.allowed = frozenset(one.strip().lower().rstrip(".") for one in allowed.split(",") if one.strip())
        self.resolver = resolver
        context = ssl.create_default_context(cafile=str(ca_file)) if ca_file else ssl.create_default_context()
        # Connections are kept by address: one kept for a host must not serve another host at the same address.
        self.inner = httpx.HTTPTransport(
            verify=context, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            addresses = self.resolver(host, port)
        except (OSError, UnicodeError):
            raise httpx.ConnectError(f"the host {host} has no address", request=request) from None
        if not addresses or not all(may_call(host, one, self.allowed) for one in addresses):
            raise CallRefused(
                f"the host {host} may not be called: list it in RESONANZ_ALLOWED_HOSTS if it is inside the house",
                request=request,
            )
        return self._limited(request, self._sent(request, host, addresses))

    def _sent(self, request: httpx.Request, host: str, addresses: list[str]) -> httpx.Response:
        trouble: httpx.RequestError | None = None
        for address in addresses:
            checked = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,  # with the original Host
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return self.inner.handle_request(checked)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                trouble = error
        assert trouble is not None  # noqa: S101 - there was at least one address
        raise trouble

    def _limited(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        try:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise httpx.DecodingError("a compressed answer was not asked for", request=request)
            parts, size = [], 0
            for part in response.iter_raw():
                parts.append(part)
                size += len(part)
                if size > LARGEST:
                    raise httpx.ReadError(f"the answer is larger than {LARGEST} bytes", request=request)
        finally:
            response.close()
        return httpx.Response(response.status_code, headers=response.headers, content=b"".join(parts))

    def close(self) -> None:
        self.inner.close()


def checked_client(allowed: str, ca_file: Path | None = None, resolver: Resolve = resolve) -> httpx.Client:
    """A client for addresses somebody typed in; it follows no redirect, and ignores proxies of the environment."""
    return httpx.Client(
        transport=CheckedTransport(allowed, ca_file, resolver),
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
    )
