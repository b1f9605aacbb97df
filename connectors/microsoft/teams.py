"""Messages in the channels of teams, with replies and dated reactions.

Per channel there are two readings. A delta tells what has changed, and reaches eight months back when it is begun.
Then the list of messages, which reaches back to the beginning, is read once for what is older. From then on a run asks each channel's
delta once. A row of either is a conversation as it is now, with all its replies: keys make repetition and any order
harmless. Where the list is refused, the delta alone is read and a gap says so.

A message is `message:<channel>/<id>`, for ids are times and unique within a channel only. A reaction is dated by the
platform; who has taken one back is seen by comparing, so those who react are told as a whole as well. Messages of the
system ("Ada was added to the team") are skipped. Private and shared channels are rooms of their own
(`connectors.microsoft.channels`).

Teams allows four requests a second for one team. Microsoft's terms let an app ask at most once a day whether something
has changed unless it is notified, so on Microsoft's own clouds a run within `POLL` of the last one reads the teams it was notified
of, and ends at once without.
"""

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from connectors.activity import Gap, Kind, Page
from connectors.cursor import passed
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, CursorExpired, NotThere
from connectors.microsoft.channels import PREFIX, channel_room
from connectors.microsoft.mapping import reason
from connectors.microsoft.messages import Pot
from connectors.microsoft.progress import dump, load
from connectors.microsoft.rooms import Group, many
from connectors.microsoft.settings import CLOUDS
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Listing

KINDS = (Kind.CREATE, Kind.REPLY, Kind.REACT)
POLL = timedelta(hours=20)
"""A little less than the day that is allowed, so that a nightly run is never a day late."""
_TOLD = timedelta(days=210)
"""So far back a delta reaches for certain; it is said to be eight months."""
_PER_SECOND = 4
_OPTIONS = "$expand=replies&$top=50"
_STREAM = "team_messages"


@dataclass(slots=True)
class Progress:
    """`channels` holds per channel its link `delta`, and `history` while older messages are still to be read ("": all); that
    reading has `begun` (when) once the delta's first pass is done. With `only` the delta is all there is.

    Links are shortened by the part that the channel's own address explains. `read` is when a run was last complete.
    """

    channels: dict[str, dict[str, str]] = field(default_factory=dict)
    read: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    team: Group
    standard: bool

    @property
    def room(self) -> str:
        return self.team.room if self.standard else channel_room(self.team.id, self.id)

    @property
    def path(self) -> str:
        return f"/teams/{quote(self.team.id)}/channels/{quote(self.id, safe=':@')}/messages"


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    progress = load(Progress, cursor)
    read_ = None if progress.read is None else passed(progress.read, source.now())
    for links in progress.channels.values():
        if "begun" in links:
            passed(links["begun"], source.now())
    theirs = source.settings.graph_url in {addresses.graph for addresses in CLOUDS.values()}
    if theirs and read_ and source.now() - read_ < POLL:
        # Whoever was notified may ask at once, for what the notification is about.
        hints = frozenset(source.memory.hints(_STREAM))
        if hints:
            yield from _Messages(source, progress, None if None in hints else hints).pages()
        return
    yield from _Messages(source, progress).pages()


class _Messages:
    """One run; with `only` of these rooms alone, which leaves everything else as it is, the time of the next run included."""

    def __init__(self, source: Source, progress: Progress, only: frozenset[str | None] | None = None) -> None:
        self._only = only
        self._source, self._progress, self._transport = source, progress, source.transport
        self._before = set(source.memory.gaps(_STREAM))
        self._pace = Pace(source)
        self._pot = Pot(source)
        self._refused: dict[str, str] = {}
        """Rooms whose channels cannot be read, and why."""
        self._partly: dict[str, tuple[str, str]] = {}
        """Channels that cannot be read though their team can: the room, and why."""
        self._restarted: set[str] = set()
        self._asked: set[int] = set()
        """Hashes of the links asked in this run."""
        self._begun: set[str] = set()
        """Channels whose delta was begun in this run."""
        self._read: set[str] = set()
        """Rooms of which at least one channel was read."""

    def pages(self) -> Iterator[Page]:
        progress = self._progress
        wanted = {id_.lower() for id_ in self._source.settings.teams}
        teams = [team for team in self._source.directory().teams() if not wanted or team.id.lower() in wanted]
        if self._only is not None:
            named = {
                one.team.room for room, one in self._source.directory().channels.items() if room in self._only
            }
            teams = [team for team in teams if team.room in self._only | named]
        channels = self._channels(teams)
        listed = {channel.id for channel in channels}
        unread = {team.room for team in teams if team.room in self._refused}
        if self._only is None and not unread:
            # A channel that is gone takes its link along; while a team cannot be listed nobody knows.
            progress.channels = {id_: links for id_, links in progress.channels.items() if id_ in listed}
        again: deque[Channel] = deque()
        for channel, answer in self._transport.each(self._step, channels, again):
            if self._take(channel, answer) and channel.team.room not in self._refused:
                again.append(channel)
            if self._pot.full:
                yield self._pot.page(dump(progress))
        if self._read and self._only is None:
            progress.read = self._source.now().isoformat(timespec="seconds")
        self._close(teams)
        yield self._pot.page(dump(progress))

    def _channels(self, teams: Sequence[Group]) -> list[Channel]:
        """Interleaved by team, so that no team is asked twice in a row while there are others; standard channels first."""
        by_id = {team.id: team for team in teams}
        requests = [
            (team.id, f"/teams/{quote(team.id)}/channels?$select=id,membershipType") for team in teams
        ]
        placed: list[tuple[int, str, Channel]] = []
        for id_, answer in many(self._source, requests):
            team = by_id[id_]
            if isinstance(answer, ConnectorError):
                self._refused[team.room] = reason(answer)
                continue
            found = [
                Channel(str(row["id"]), team, (row.get("membershipType") or "standard") == "standard")
                for row in self._rows(answer)
                if row.get("id")
            ]
            found.sort(key=lambda channel: (not channel.standard, channel.id))
            placed += [(number, id_, channel) for number, channel in enumerate(found)]
        return [channel for _, _, channel in sorted(placed, key=lambda place: place[:2])]

    def _rows(self, answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        yield from answer.get("value") or ()
        link = answer.get("@odata.nextLink")
        if link:
            for listing in self._transport.pages(Resource.GRAPH, link):
                yield from listing.items

    # -- asking --------------------------------------------------------------------------------------------------------

    def _step(self, channel: Channel) -> "Listing | CursorExpired | None":
        """The next page of a channel, its conversations completed; None once its team has refused."""
        if channel.team.room in self._refused:
            return None
        try:
            listing = self._first(channel, self._link(channel))
            for row in listing.items:
                self._complete(channel, row)
        except CursorExpired as error:
            return error
        return listing

    def _link(self, channel: Channel) -> str:
        links = self._progress.channels.get(channel.id)
        if links is None:
            return f"{channel.path}/delta?{_OPTIONS}"
        if "begun" in links:
            return self._long(channel, links["history"], "?") or f"{channel.path}?{_OPTIONS}"
        return self._long(channel, links["delta"], "/delta?") or f"{channel.path}/delta?{_OPTIONS}"

    def _first(self, channel: Channel, link: str) -> Listing:
        self._pace.wait(channel.team.id)
        return next(self._transport.pages(Resource.GRAPH, link))

    def _complete(self, channel: Channel, row: dict[str, Any]) -> None:
        """Fetch the replies that did not fit into the message."""
        link = row.pop("replies@odata.nextLink", None)
        if not link:
            return
        replies = list(row.get("replies") or ())
        self._pace.wait(channel.team.id)
        for listing in self._transport.pages(Resource.GRAPH, link):
            replies += listing.items
            if listing.next:
                self._pace.wait(channel.team.id)
        row["replies"] = replies

    # -- taking in -----------------------------------------------------------------------------------------------------

    def _take(self, channel: Channel, answer: "Listing | ConnectorError | None") -> bool:
        """Take in a page; tells whether the channel has more."""
        history = self._in_history(channel)
        match answer:
            case None:
                return False
            case CursorExpired():
                return self._expired(channel, answer, history=history)
            case ConnectorError():
                return self._failed(channel, answer, history=history)
            case Listing():
                return self._listed(channel, answer, history=history)

    def _listed(self, channel: Channel, listing: Listing, *, history: bool) -> bool:
        self._read |= {channel.team.room, channel.room}
        try:
            self._no_circle(listing)
            rows = self._beyond(channel, listing.items) if history else listing.items
            self._pot.add(channel.room, channel.id, rows)
        except BadAnswer as error:
            return self._failed(channel, error, history=history)
        return self._older(channel, listing) if history else self._newer(channel, listing)

    def _no_circle(self, listing: Listing) -> None:
        """Raises `BadAnswer` for a page that leads back to one of this run, or from where nothing leads on."""
        self._asked.add(hash(listing.url))
        if listing.next and hash(listing.next) in self._asked:
            raise BadAnswer("a listing of messages leads in a circle")
        if "/delta" in listing.url and not (listing.next or listing.delta):
            raise BadAnswer("a delta of messages ended without a link for the next time")

    def _in_history(self, channel: Channel) -> bool:
        return "begun" in self._progress.channels.get(channel.id, {})

    def _beyond(self, channel: Channel, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Conversations that changed too long ago for the delta to have told them."""
        since = moment(self._progress.channels[channel.id]["begun"]) - _TOLD
        return [
            row
            for row in rows
            if moment(row.get("lastModifiedDateTime") or row.get("createdDateTime")) <= since
        ]

    def _older(self, channel: Channel, listing: Listing) -> bool:
        links = self._progress.channels[channel.id]
        if listing.next:
            links["history"] = self._short(channel, listing.next, "?")
            return True
        del links["history"], links["begun"]
        # After an interruption the delta has to catch up as well.
        return channel.id not in self._begun

    def _newer(self, channel: Channel, listing: Listing) -> bool:
        links = self._progress.channels.setdefault(channel.id, {"history": ""})
        links["delta"] = self._short(channel, listing.next or listing.delta or "", "/delta?")
        if listing.next is None and "history" in links:
            links["begun"] = self._source.now().isoformat(timespec="seconds")
            self._begun.add(channel.id)
        return listing.next is not None or "begun" in links

    def _expired(self, channel: Channel, error: CursorExpired, *, history: bool) -> bool:
        if channel.id in self._restarted:
            self._partly[channel.id] = (channel.room, "broken")
            return False
        self._restarted.add(channel.id)
        # What is begun anew may lead over the same links.
        self._asked.clear()
        links = self._progress.channels.get(channel.id, {})
        location: str | None = getattr(error, "location", None)
        if history:
            links["history"] = ""
        elif location and links:
            links["delta"] = self._short(channel, location, "/delta?")
        else:
            self._progress.channels.pop(channel.id, None)
        return True

    def _failed(self, channel: Channel, error: ConnectorError, *, history: bool) -> bool:
        links = self._progress.channels.get(channel.id)
        if history and links is not None and isinstance(error, AccessDenied | NotThere):
            # What the delta reaches is better than nothing.
            self._progress.channels[channel.id] = {"delta": links["delta"], "only": "1"}
            self._partly[channel.id] = (channel.room, "unsupported")
            return channel.id not in self._begun
        if isinstance(error, AccessDenied) and channel.standard and channel.team.room not in self._read:
            self._refused[channel.team.room] = reason(error)
        else:
            self._partly[channel.id] = (channel.room, reason(error))
        return False

    def _close(self, teams: Sequence[Group]) -> None:
        """Say which rooms could not be read, and which can be read again."""
        denied = [room for room, why in self._refused.items() if why == "access_denied"]
        if teams and len(denied) == len(teams) > 1:
            self._pot.gaps.append(Gap(None, None, KINDS, "access_denied"))
        else:
            self._pot.gaps += [Gap(room, None, KINDS, why) for room, why in sorted(self._refused.items())]
            self._pot.gaps += [
                Gap(room, None, KINDS, self._refused[one.team.room])
                for room, one in sorted(self._source.directory().channels.items())
                if one.team.room in self._refused and room not in self._read
            ]
        for channel, (of, why) in sorted(self._partly.items()):
            if of not in self._refused:
                # A private or shared channel is all there is of its room.
                whole = of.startswith(PREFIX) and of not in self._read
                self._pot.gaps.append(Gap(of, None if whole else f"channel:{channel}", KINDS, why))
        private = self._source.directory().channels
        for room, object_ in self._before:
            # One that is gone took its gaps along.
            gone = room is not None and room.startswith(PREFIX) and room not in private
            if room is None:
                mended = bool(self._read) or not teams
            elif object_ is None:
                mended = gone or room in self._read
            else:
                mended = (gone or room in self._read) and object_.removeprefix("channel:") not in self._partly
            # What only the list of messages would have shown stays missing until it is allowed.
            if mended and not self._delta_only(object_):
                self._pot.closed.append((room, object_))

    def _delta_only(self, object_: str | None) -> bool:
        return object_ is not None and "only" in self._progress.channels.get(
            object_.removeprefix("channel:"), {}
        )

    # -- links ---------------------------------------------------------------------------------------------------------

    def _prefix(self, channel: Channel, end: str) -> str:
        return f"{self._source.settings.graph_url}/v1.0{channel.path}{end}"

    def _short(self, channel: Channel, link: str, end: str) -> str:
        return link.removeprefix(self._prefix(channel, end))

    def _long(self, channel: Channel, link: str, end: str) -> str:
        return link if "://" in link or not link else self._prefix(channel, end) + link


class Pace:
    """Spaces out requests that are counted together, such as those to one team."""

    def __init__(self, source: Source, per_second: float = _PER_SECOND) -> None:
        self._clock, self._sleep = source.transport.clock, source.transport.sleep
        self._between = 1 / per_second
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def wait(self, place: str) -> None:
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(place, now))
            self._next[place] = turn + self._between
        if turn > now:
            self._sleep(turn - now)
