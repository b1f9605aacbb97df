"""The audit log of Microsoft 365 as a source of its own, for dated views: Office 365 Management Activity API.

It tells of single people what they opened and when, so it is never read unless the admin confirms that the works agreement names
it (`agreement`). What is taken of a record is said in `connectors.office_audit`; everything else is dropped here.

Records come in blobs, which are listed by when they became available, at most 24 hours at once and 7 days back. Neither blobs nor the
records in them stand in order of time, and a listing may lack what it shows a little later. So each reading begins `OVERLAP` before
the last one ended and leaves out the blobs it remembers. Keys are the records' own ids: what is read twice doubles nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Any, ClassVar

from connectors.activity import Activity, Alias, Gap, Kind, Page, Person, Room
from connectors.base import Check, Finding, Memory, Nothing
from connectors.cursor import passed
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, Misconfigured, NotThere
from connectors.identity import identity_pattern
from connectors.microsoft import settings as microsoft
from connectors.microsoft.check import sign_in
from connectors.microsoft.progress import dump, load
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Transport
from connectors.office_audit import NotTaken, kinds, require_agreement, taken
from connectors.settings import Setting, refuse_unknown, text

OVERLAP = timedelta(hours=6)
KEPT = timedelta(days=7)
"""How long the platform keeps blobs."""
WINDOW = timedelta(hours=24)
_MARGIN = timedelta(minutes=10)
"""The two clocks may differ, and reading takes time: what expires meanwhile is not asked for."""
_PAGE = 20
"""Blobs in a page."""
_REMEMBERED = 4000
_AGAIN = 100
_PERMISSION = "ActivityFeed.Read"
STREAMS = {"Audit.SharePoint": "sharepoint", "Audit.General": "general"}
"""Content types, and the stream each is read as. `Audit.General` holds Teams and Viva Engage."""
_OWN = {
    "agreement": Setting(
        "`true`: the agreement with works council and data-protection officer names this source", needed=True
    ),
    "kinds": Setting("kinds of activity to be taken, separated by commas; default view"),
    "content_types": Setting(
        "Audit.SharePoint (default), Audit.General (Teams, Viva Engage), or both with a comma"
    ),
    "identity_pattern": Setting(
        "regular expression whose first group is the part of the user principal name that counts"
    ),
}
SETTINGS = microsoft.SETTINGS | _OWN


@dataclass(frozen=True, slots=True)
class Settings:
    tenant: microsoft.Settings
    kinds: frozenset[Kind]
    content_types: tuple[str, ...]
    pattern: re.Pattern[str] | None


def read(settings: Mapping[str, Any]) -> Settings:
    """Check settings. Raises `Misconfigured` with what is wrong and how to mend it, also without `agreement`."""
    refuse_unknown(settings, SETTINGS)
    require_agreement(settings.get("agreement"))
    given = settings.get("content_types") or "Audit.SharePoint"
    names = tuple(given.split(",")) if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not all(name in STREAMS for name in names):
        raise Misconfigured(f"`content_types` are some of {', '.join(STREAMS)}, not {given!r}")
    return Settings(
        tenant=microsoft.read({name: value for name, value in settings.items() if name not in _OWN}),
        kinds=kinds(settings.get("kinds")),
        content_types=tuple(names),
        pattern=identity_pattern(text(settings, "identity_pattern")),
    )


@dataclass
class _Progress:
    """`until`: blobs that became available before are listed. `seen`: hashes of those of the overlap. `again`: blobs that
    could not be read, to be tried again while the platform keeps them, as 'created id'."""

    until: str = ""
    seen: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Blob:
    id: str
    created: datetime

    @property
    def hash(self) -> str:
        return blake2b(self.id.encode(), digest_size=8).hexdigest()


class AuditLog:
    """An audit log as a source; streams are content types."""

    name: ClassVar[str] = "microsoft-audit"
    settings: ClassVar[Mapping[str, Setting]] = SETTINGS
    tells_about: str | None = "microsoft-365"

    def __init__(
        self, settings: Settings, memory: Memory | None = None, transport: Transport | None = None
    ) -> None:
        self._settings = settings
        self._memory = memory or Nothing()
        self._transport = transport or Transport(settings.tenant)
        self._types = {STREAMS[name]: name for name in settings.content_types}

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "AuditLog":
        return cls(read(settings), memory)

    def streams(self) -> Sequence[str]:
        return tuple(self._types)

    def requests(self) -> int:
        return self._transport.sent

    def close(self) -> None:
        self._transport.close()

    def check(self, expected_rooms: int | None = None) -> Check:
        """Whether the log may be read and is switched on; starts nothing."""
        findings = []
        try:
            roles = self._transport.tokens.roles(Resource.MANAGEMENT)
        except ConnectorError as error:
            return Check((sign_in(error),), None, expected_rooms)
        findings.append(Finding("sign-in", True, "the app is known and accepted"))
        allowed = _PERMISSION in roles
        findings.append(
            Finding(
                "audit log",
                allowed,
                f"{_PERMISSION} is {'granted' if allowed else 'missing'}",
                tuple(sorted(self._settings.kinds)),
                None if allowed else f"grant {_PERMISSION} of Office 365 Management APIs, with admin consent",
            )
        )
        if allowed:
            findings += self._subscribed()
        return Check(tuple(findings), None, expected_rooms)

    def _subscribed(self) -> Iterator[Finding]:
        try:
            enabled = self._enabled()
        except ConnectorError as error:
            yield Finding(
                "subscriptions", False, str(error), remedy="switch on auditing in Microsoft Purview"
            )
            return
        for name in self._settings.content_types:
            told = (
                "is subscribed to"
                if name in enabled
                else "the first sync subscribes; records follow within 12 hours"
            )
            yield Finding(name, True, told)

    # -- reading --------------------------------------------------------------------------------------------------------

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Raises `CursorExpired` for a cursor that is not of this connector, and what `Transport` raises."""
        wanted = self._types[stream]
        state = load(_Progress, cursor)
        now = self._transport.now()
        for time in (state.until, *(one.partition(" ")[0] for one in state.again)):
            if time:
                passed(time, now)
        try:
            started = self._start(wanted)
        except (AccessDenied, NotThere) as error:
            reason = "access_denied" if isinstance(error, AccessDenied) else "not_found"
            yield Page(
                cursor=dump(state), gaps=[Gap(None, None, tuple(sorted(self._settings.kinds)), reason)]
            )
            return
        first = now - KEPT + _MARGIN
        until = moment(state.until) if state.until else first
        lost = bool(state.until) and until < first
        yield self._opening(stream, state, started=started, lost=lost, now=now)
        yield from self._again(state, first)
        begin = max(first, until - OVERLAP)
        while begin < now:
            end = min(begin + WINDOW, now)
            yield from self._window(wanted, begin, end, state)
            begin = end

    def _opening(self, stream: str, state: _Progress, *, started: bool, lost: bool, now: datetime) -> Page:
        """What was not read in time is gone from the platform; it stays a gap until those days no longer matter to anybody."""
        gaps = []
        if lost:
            obj = f"lost:{moment(state.until):%Y%m%d}-{now - KEPT:%Y%m%d}"
            gaps.append(Gap(None, obj, tuple(sorted(self._settings.kinds)), "expired"))
        closed = [place for place in self._memory.gaps(stream) if place == (None, None)]
        return Page(
            cursor=dump(state),
            gaps=gaps,
            closed=closed,
            skipped={"subscription_started": 1} if started else {},
        )

    def _start(self, wanted: str) -> bool:
        """Make sure that there is a subscription; tells whether it is new. Without one nothing is kept for us."""
        if wanted in self._enabled():
            return False
        self._transport.ask(
            "POST", Resource.MANAGEMENT, self._path("subscriptions/start"), params=self._params(wanted)
        )
        return True

    def _enabled(self) -> set[str]:
        answer = self._transport.ask(
            "GET", Resource.MANAGEMENT, self._path("subscriptions/list"), params=self._params()
        )
        return {
            str(one.get("contentType")) for one in _objects(answer.body) if one.get("status") == "enabled"
        }

    def _window(self, wanted: str, begin: datetime, end: datetime, state: _Progress) -> Iterator[Page]:
        seen = frozenset(state.seen)
        blobs = (blob for blob in self._listed(wanted, begin, end) if blob.hash not in seen)
        listed: list[_Blob] = []
        while chunk := list(islice(blobs, _PAGE)):
            listed += chunk
            # The cursor stays where it is within a window: another reading lists the same blobs anew.
            yield self._page(chunk, state, dump(state))
        state.until = end.isoformat(timespec="seconds")
        recent = [blob for blob in listed if blob.created >= end - OVERLAP - _MARGIN]
        old = {blob.hash for blob in listed} - {blob.hash for blob in recent}
        kept = [one for one in state.seen if one not in old] + [blob.hash for blob in recent]
        state.seen = kept[-_REMEMBERED:]
        yield Page(cursor=dump(state))

    def _listed(self, wanted: str, begin: datetime, end: datetime) -> Iterator[_Blob]:
        params: dict[str, str] | None = {
            **self._params(wanted),
            "startTime": f"{begin:%Y-%m-%dT%H:%M:%S}",
            "endTime": f"{end:%Y-%m-%dT%H:%M:%S}",
        }
        place: str | None = self._path("subscriptions/content")
        asked: set[str] = set()
        while place is not None:
            if place in asked:
                raise BadAnswer("subscriptions/content: the listing leads in a circle")
            asked.add(place)
            answer = self._transport.ask("GET", Resource.MANAGEMENT, place, params=params)
            for one in _objects(answer.body):
                if isinstance(one.get("contentId"), str):
                    yield _Blob(one["contentId"], moment(one.get("contentCreated")))
            place, params = answer.headers.get("NextPageUri"), None

    def _again(self, state: _Progress, first: datetime) -> Iterator[Page]:
        """Blobs that could not be read before. Those the platform no longer keeps stay gaps."""
        blobs = [
            _Blob(id_, moment(created)) for created, _, id_ in (one.partition(" ") for one in state.again)
        ]
        state.again = []
        waiting = [blob for blob in blobs if blob.created > first]
        for start in range(0, len(waiting), _PAGE):
            chunk = waiting[start : start + _PAGE]
            page = self._page(chunk, state, "", again=True)
            failed = {gap.object for gap in page.gaps}
            closed = [(None, f"blob:{blob.hash}") for blob in chunk if f"blob:{blob.hash}" not in failed]
            left = waiting[start + _PAGE :]
            unread = _Progress(state.until, state.seen, [*state.again, *(_text(blob) for blob in left)])
            yield Page(
                cursor=dump(unread), activities=page.activities, rooms=page.rooms, people=page.people,
                aliases=page.aliases, gaps=page.gaps, closed=closed, skipped=page.skipped,
            )  # fmt: skip

    def _page(self, blobs: Sequence[_Blob], state: _Progress, cursor: str, *, again: bool = False) -> Page:
        activities: dict[str, Activity] = {}
        rooms: dict[str, Room] = {}
        people: dict[str, Person] = {}
        aliases: dict[Alias, None] = {}
        skipped: Counter[str] = Counter()
        gaps = []
        for blob, records in self._transport.each(self._records, blobs):
            if isinstance(records, ConnectorError):
                reason = "not_found" if isinstance(records, NotThere) else "broken"
                reason = "access_denied" if isinstance(records, AccessDenied) else reason
                gaps.append(Gap(None, f"blob:{blob.hash}", tuple(sorted(self._settings.kinds)), reason))
                state.again = [*(one for one in state.again if one != _text(blob)), _text(blob)][-_AGAIN:]
                continue
            for record in records:
                try:
                    one = taken(record, self._settings.kinds, self._settings.pattern)
                except NotTaken as left_out:
                    skipped[f"rejected_{left_out.reason}" if left_out.broken else left_out.reason] += 1
                    continue
                activities[one.activity.key] = one.activity
                rooms[one.room.key] = one.room
                people[one.person.id] = one.person
                aliases |= dict.fromkeys(one.aliases)
        return Page(
            cursor=cursor if again or not gaps else dump(state),
            activities=list(activities.values()),
            rooms=list(rooms.values()),
            people=list(people.values()),
            aliases=list(aliases),
            gaps=gaps,
            skipped=dict(skipped),
        )

    def _records(self, blob: _Blob) -> Sequence[Mapping[str, Any]]:
        path = self._path(f"audit/{blob.id}")
        return _objects(self._transport.ask("GET", Resource.MANAGEMENT, path).body)

    def _path(self, rest: str) -> str:
        return f"/api/v1.0/{self._settings.tenant.tenant}/activity/feed/{rest}"

    def _params(self, wanted: str | None = None) -> dict[str, str]:
        """`PublisherIdentifier` gives this tenant a quota of its own."""
        own = {"PublisherIdentifier": self._settings.tenant.tenant}
        return own if wanted is None else {"contentType": wanted, **own}


def _text(blob: _Blob) -> str:
    return f"{blob.created.astimezone(UTC).isoformat(timespec='seconds')} {blob.id}"


def _objects(body: object) -> list[dict[str, Any]]:
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise BadAnswer("the audit log: an answer of an unexpected form")
    return body
