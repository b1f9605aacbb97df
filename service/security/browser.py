"""What every answer tells the browser to allow, which requests from other sites are refused, and errors nobody expected."""

import json
import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Invalid

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HOOKS = "/hooks/"
"""Called by other servers, never with a cookie: there is no sign-in that another site could misuse."""
FEED = "/odata/"
"""Read-only: whatever would change something is answered with a refusal that OData clients understand."""
ANSWERS = "/answer"
"""Where survey answers are sent, with a link's token and never with a cookie; browsers on plain HTTP do not say where from."""
EMBEDS = "/embed/"
"""Shown inside other pages: each answer says in whose, and what it does not say is as everywhere."""
SHARED = frozenset({"/static/embed.css", "/static/resonanz-card.js"})
"""What pages of other origins may load: the style and the component of embeds. They hold nothing of anybody's."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
API = "/api/"
TRACES = ("x-b3-traceid", "x-b3-spanid")
"""Sent along by Confluence Cloud, and not looked at."""
ORIGIN = re.compile(
    r"https://(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::(?!443$)[0-9]{1,5})?|http://(?:localhost|127\.0\.0\.1):[0-9]{1,5}"
)

log = structlog.get_logger()


def problem_body(status: int, slug: str, title: str, detail: str | None, **more: object) -> bytes:
    """A problem as RFC 9457 has it; `type` stays the same for the same kind of problem."""
    body: dict[str, object] = {"type": f"urn:resonanz:problem:{slug}", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    return json.dumps(body | more, ensure_ascii=False).encode()


async def send_problem(send: Send, status: int, slug: str, title: str, detail: str) -> None:
    body = problem_body(status, slug, title, detail)
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class SecureHeaders:
    """Adds the headers to every answer; outermost, so that no answer escapes it."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.headers = dict(HEADERS)
        if https:
            self.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    if scope["path"].startswith(EMBEDS):
                        headers.setdefault(name, value)
                    else:
                        headers[name] = value
                if scope["path"] in SHARED:
                    headers["Access-Control-Allow-Origin"] = "*"
                    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, add if scope["type"] == "http" else send)


class Unexpected:
    """Answers an error nobody expected with a problem that tells nothing of it; the log gets its kind and place."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note)
        except Exception as error:
            log.error(  # noqa: TRY400 - a traceback could show values
                "unexpected error", error=type(error).__name__, place=place(error)
            )
            if started:
                raise
            await send_problem(
                send, 500, "internal", "Internal error", "Something went wrong here. The log says where."
            )


def place(error: BaseException) -> list[str]:
    """Files and lines only: the message and values could hold what must not be logged."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return places[-6:]


TOLD = (
    *("ETag", "Link", "RateLimit", "RateLimit-Policy", "Retry-After"),
    *(
        "Resonanz-Catalogue-Version",
        "Resonanz-Coverage",
        "Resonanz-Data-Age-Days",
        "Resonanz-Data-Until",
        "Resonanz-Minimum-Group",
    ),
    *("Resonanz-Model-Version", "Resonanz-Publication", "Resonanz-Synthetic"),
)
"""Headers of answers that pages of other origins may read; browsers show them no others of ours."""


class CrossOrigin:
    """Lets pages of the listed origins read the API with a token. Cookies never count there, and other paths stay closed."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self.app = app
        self.open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("GET",),
            allow_headers=("Authorization", "If-None-Match", *TRACES),
            expose_headers=TOLD,
        )
        self.listed = bool(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        crossing = self.listed and scope["type"] == "http" and scope["path"].startswith(API)
        await (self.open if crossing else self.app)(scope, receive, send)


def origins_of(text: str) -> tuple[str, ...]:
    """The origins of the setting. Raises `Invalid` for what no browser would send as one."""
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in found:
        if not ORIGIN.fullmatch(one):
            raise Invalid(
                f"RESONANZ_CORS_ORIGINS: {one[:80]!r} is no origin: write https://host in small letters, with the port if it is not "
                "443, without a path, a slash at the end or *"
            )
    return found


class SameOrigin:
    """Refuses requests that change something unless the browser says they come from our own pages."""

    def __init__(self, app: ASGIApp, *, public_url: str | None) -> None:
        self.app = app
        self.public_origin = origin(public_url) if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        changes = scope["type"] == "http" and scope["method"] not in SAFE
        exempt = changes and (scope["path"].startswith((HOOKS, FEED)) or scope["path"] == ANSWERS)
        if changes and not exempt and not self.allowed(scope):
            await send_problem(
                send,
                403,
                "cross-site",
                "Cross-site request refused",
                "This request did not come from a page of this service.",
            )
            return
        await self.app(scope, receive, send)

    def allowed(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        sites = headers.getlist("sec-fetch-site")
        if sites:
            return all(site in ("same-origin", "none") for site in sites)
        origins = headers.getlist("origin")
        return bool(origins) and all(one in self._own(scope, headers) for one in origins)

    def _own(self, scope: Scope, headers: Headers) -> Iterable[str]:
        if self.public_origin:
            return (self.public_origin,)
        return (f"{scope['scheme']}://{headers.get('host', '')}",)


def origin(url: str) -> str:
    """Scheme and host of a URL, as a browser sends it in `Origin`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
