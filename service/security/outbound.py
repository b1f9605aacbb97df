"""Calls of the service itself to addresses somebody typed in: only to where they may go, and no answer without end.

Where they may go is said in `connectors.outbound`; here a host inside the house must be listed in `RESONANZ_ALLOWED_HOSTS`. This
machine can only be listed as the very address, such as 127.0.0.1.
"""

import ssl
from pathlib import Path

import httpx

from connectors import outbound
from connectors.outbound import Reach, Resolve, resolve

LARGEST = 1_000_000
TIMEOUT = httpx.Timeout(10.0, connect=5.0)


class CallRefused(httpx.RequestError):
    """The address may not be called; nothing was sent."""


class LimitedTransport(httpx.BaseTransport):
    """Sends to addresses within reach; answers are limited in size, and come without compression."""

    def __init__(self, reach: Reach, ca_file: Path | None = None) -> None:
        context = ssl.create_default_context(cafile=str(ca_file)) if ca_file else ssl.create_default_context()
        # A kept connection would outlive the check of a name that has changed its address.
        self.inner = outbound.CheckedTransport(reach, context, httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = self.inner.handle_request(request)
        except outbound.CallRefused as error:
            raise CallRefused(
                f"{error}: list it in RESONANZ_ALLOWED_HOSTS if it is inside the house", request=request
            ) from None
        return self._limited(request, response)

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
        transport=LimitedTransport(Reach(allowed.split(","), resolver), ca_file),
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
    )
