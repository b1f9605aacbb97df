"""What one answer of Microsoft means: data, another try, or one of `connectors.errors`."""

import base64
import binascii
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

from connectors.dates import http_date
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotThere,
    SourceBusy,
    SourceUnreachable,
)

_LOST = {
    "syncstatenotfound",
    "syncstateinvalid",
    "resyncrequired",
    "resyncchangesapplydifferences",
    "resyncchangesuploaddifferences",
    "directory_expiredpagetoken",
}
"""Codes that say, whatever the status, that a link or its state is no longer known: read again from the start."""

_PATHS = (
    "v1.0 beta $batch _api web root sites getAllSites delta lists list items driveItem drives drive versions analytics "
    "allTime lastSevenDays getActivitiesByInterval pages microsoft.graph.sitePage fields columns groups members owners "
    "transitiveMembers threads posts conversations teams channels allChannels primaryChannel messages replies "
    "getAllMessages users manager employeeExperience communities admin reportSettings sharepoint settings reports "
    "GetItemById Comments likedByInformation subscriptions api activity feed start stop content organization "
    "in_group in_thread liked_message messages.json"
)
_WORDS = frozenset(_PATHS.split())
_REPORT = re.compile(r"get[A-Z][A-Za-z0-9]+")


class ServerFailed(SourceUnreachable):
    """The platform answers this request with 500 again and again, as it does where one item of a page is broken."""


class Unsupported(NotThere):
    """The platform has no such function, or not in this cloud (405, 501)."""


_FINAL: dict[int, tuple[type[ConnectorError], str]] = {
    402: (AccessDenied, "the tenant has no licence for this"),
    403: (AccessDenied, "the app may not read this"),
    404: (NotThere, "not there, or hidden from the app"),
    405: (Unsupported, "the platform does not offer this"),
    423: (AccessDenied, "locked by an administrator"),
    501: (Unsupported, "the platform does not offer this"),
}


class Again(Exception):
    """This try has failed; `seconds` is what the platform asks to wait, `error` what is raised after the last try."""

    def __init__(self, error: ConnectorError, seconds: float | None = None, *, refused: bool = False) -> None:
        super().__init__(str(error))
        self.error, self.seconds, self.refused = error, seconds, refused


class TokenRefused(Exception):
    """401; `claims` is what a new token has to answer for, if the platform told (continuous access evaluation)."""

    def __init__(self, claims: str | None) -> None:
        super().__init__("401")
        self.claims = claims


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: `body` is what JSON gives, the text itself for a report, None where there is nothing."""

    status: int
    headers: Mapping[str, str]
    body: Any


def utc_now() -> datetime:
    return datetime.now(UTC)


def place(path: str) -> str:
    """Where a request went, in words of the platform only: whatever may be an id, a name or an address becomes `…`."""
    parts: list[str] = []
    for part in urlsplit(path).path.split("/"):
        word = part.partition("(")[0]
        known = word in _WORDS or _REPORT.fullmatch(word)
        if part and (known or parts[-1:] != ["…"]):
            parts.append(word if known else "…")
    return "/" + "/".join(parts)


def read(response: httpx.Response, where: str, now: Callable[[], datetime], *, text: bool = False) -> Answer:
    """The answer; raises `Again`, `TokenRefused` or the error it means. With `text` the body may be something else than JSON."""
    status = response.status_code
    if status in (200, 201, 202, 204):
        return Answer(status, response.headers, _text(response, where) if text else _json(response, where))
    if 300 <= status < 400:
        raise _redirected(response, where)
    raise refusal(status, response.headers, _error_body(response), where, now)


def kept(url: str) -> bool:
    """Whether an address is a link of a delta, to go on from where the platform ended; `latest` begins one."""
    address = urlsplit(url)
    told = [value for name, value in parse_qsl(address.query) if name.endswith("token")]
    return address.path.endswith("/delta") and bool(told) and "latest" not in told


def refused_link(response: httpx.Response, where: str, now: Callable[[], datetime]) -> Exception:
    """What 400 means where a kept link was asked: the platform can not read it, and never will."""
    meant = refusal(400, response.headers, _error_body(response), where, now)
    return (
        CursorExpired(f"{where}: the link is not accepted (400)") if isinstance(meant, BadAnswer) else meant
    )


def refusal(
    status: int, headers: Mapping[str, str], body: object, where: str, now: Callable[[], datetime]
) -> ConnectorError | Again | TokenRefused:
    """What a status of 400 or more means, of a request or of one inside a `$batch`."""
    if _codes(body) & _LOST or status == 410:
        return CursorExpired(f"{where}: the link is no longer valid ({status})", _location(headers))
    if status == 401:
        return TokenRefused(challenge(headers))
    if status in _FINAL:
        error, told = _FINAL[status]
        return error(f"{where}: {told} ({status})")
    if status < 500 and status not in (408, 429):
        return BadAnswer(f"{where}: unexpected answer ({status})")
    return _for_a_while(status, headers, where, now)


def _for_a_while(status: int, headers: Mapping[str, str], where: str, now: Callable[[], datetime]) -> Again:
    seconds = pause_asked(headers, now)
    match status:
        case 429 | 509:
            return Again(SourceBusy(f"{where}: too many requests ({status})", 0), seconds, refused=True)
        case 503:
            unavailable = SourceUnreachable(f"{where}: unavailable (503)")
            return Again(unavailable, seconds, refused=seconds is not None)
        case 500:
            return Again(ServerFailed(f"{where}: the platform fails (500)"), seconds)
    failing = f"{where}: the platform or a proxy before it fails ({status})"
    return Again(SourceUnreachable(failing), seconds)


def pause_asked(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    """The larger of Retry-After and RateLimit-Reset, in seconds; 0 or a past date is None, for "now" was just refused."""
    longest = max(_seconds(headers, "retry-after", now), _seconds(headers, "ratelimit-reset", now))
    return longest if longest > 0 else None


def rest_advised(headers: Mapping[str, str], now: Callable[[], datetime]) -> float:
    """Seconds until the quota is renewed, if a good answer says that it is used up; else 0."""
    remaining = _header(headers, "ratelimit-remaining")
    try:
        if remaining is None or float(remaining) > 0:
            return 0.0
    except ValueError:
        return 0.0
    return max(0.0, _seconds(headers, "ratelimit-reset", now))


def challenge(headers: Mapping[str, str]) -> str | None:
    """The claims of `WWW-Authenticate: Bearer …, claims="…"` as JSON text, base64 undone; None without readable ones."""
    found = re.search(r'\bclaims="((?:[^"\\]|\\.)*)"', _header(headers, "www-authenticate") or "")
    if not found:
        return None
    given = found[1].replace('\\"', '"')
    if not given.lstrip().startswith("{"):
        try:
            # Both alphabets occur, and padding is often left off.
            alphabet = given.replace("-", "+").replace("_", "/").rstrip("=")
            given = base64.b64decode(alphabet + "=" * (-len(alphabet) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
    try:
        return given if isinstance(json.loads(given), dict) else None
    except ValueError:
        return None


def rows(content: bytes, where: str) -> Iterator[dict[str, str]]:
    """The file has a byte order mark; a row of another width than the head means that it was cut off."""
    try:
        rows = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""))
        head = next(rows, None)
        if not head or head[0].lstrip().startswith(("{", "<")):
            raise BadAnswer(f"{where}: the report is no CSV")
        for row in rows:
            if row and len(row) != len(head):
                raise BadAnswer(f"{where}: the report is cut off")
            if row:
                yield dict(zip(head, row, strict=True))
    except (csv.Error, UnicodeDecodeError):
        raise BadAnswer(f"{where}: the report is no CSV in UTF-8") from None


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """By name whatever its case: the headers inside a `$batch` come as plain JSON."""
    return next((str(value) for key, value in headers.items() if key.lower() == name), None)


def _seconds(headers: Mapping[str, str], name: str, now: Callable[[], datetime]) -> float:
    text = (_header(headers, name) or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        date = http_date(text)
        seconds = (date - now()).total_seconds() if date else 0.0
    return seconds if 0 < seconds < float("inf") else 0.0


def _location(headers: Mapping[str, str]) -> str | None:
    return _header(headers, "location")


def _codes(body: object) -> set[str]:
    """Every error code of a body, outer and inner, in small letters."""
    codes: set[str] = set()
    error = body.get("error") if isinstance(body, dict) else None
    while isinstance(error, dict):
        code = error.get("code")
        if isinstance(code, str):
            codes.add(code.lower())
        error = error.get("innerError") or error.get("innererror")
    return codes


def _error_body(response: httpx.Response) -> object:
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def _json(response: httpx.Response, where: str) -> Any:
    if not response.content.strip() and response.status_code in (202, 204):
        return None
    _no_web_page(response, where)
    try:
        answer = json.loads(response.content)
    except ValueError:
        state = "an empty answer" if not response.content.strip() else "an answer that is cut off or no JSON"
        raise Again(BadAnswer(f"{where}: {state}")) from None
    if not isinstance(answer, dict | list):
        raise Again(BadAnswer(f"{where}: an answer of an unexpected form"))
    return answer


def _text(response: httpx.Response, where: str) -> bytes:
    _no_web_page(response, where)
    return response.content


def _no_web_page(response: httpx.Response, where: str) -> None:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise Again(
            BadAnswer(
                f"{where}: a web page instead of data, as a sign-in page or a proxy sends: "
                "check the address and the proxy between here and Microsoft"
            )
        )


def _redirected(response: httpx.Response, where: str) -> ConnectorError:
    """Never followed: the token would travel along."""
    target = urlsplit(urljoin(str(response.request.url), response.headers.get("Location", "")))
    if "login" in (target.hostname or "") or "login" in target.path.lower():
        return AccessDenied(
            f"{where}: the platform sends to its sign-in page: the token is not accepted here"
        )
    return Misconfigured(
        f"{where}: redirected to the host {target.hostname}: give the final addresses in the settings"
    )
