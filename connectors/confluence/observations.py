"""Likes and views: totals without a date, each costing a request per content, so bounded by a budget of requests.

The first collection spends 2 % of the number of contents (at least 100 requests), a later run 500, on the contents
memory names as most urgent; what was looked at within the last 20 hours can wait. What the budget leaves is one gap of the
source. Where likes can be counted for many contents at once, those without any cost nothing more. A function that
turns its first contents away and never answers (403, 404, 501) is taken to be missing and not asked again in this run.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import Generic, TypeVar

from connectors.activity import Content, ContentType, Counter, CounterName, Gap, Kind, Page, Reactors
from connectors.confluence.mapping import reason
from connectors.confluence.source import Source
from connectors.confluence.transport import ServerFailed, Unsupported
from connectors.cursor import inside, restored
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, NotThere
from connectors.settings import OBSERVE_ALL

_FIRST_LEAST, _FIRST_PERCENT, _LATER = 100, 2, 500
_FRESH = timedelta(hours=20)
_STEP, _TRIAL = 50, 5
_DUE = 20
_GRAVITY = ("access_denied", "unsupported", "not_due")
_ENOUGH = 3
"""So many refusals without one answer: the function is missing."""

_T = TypeVar("_T")


@dataclass(slots=True)
class _Function(Generic[_T]):
    """Something that may be asked of a content, and how it has fared in this run."""

    kind: Kind
    ask: Callable[[Content], _T]
    answered: int = 0
    refused: list[tuple[Content, ConnectorError]] = field(default_factory=list)

    @property
    def missing(self) -> bool:
        if self.answered:
            return False
        errors = [error for _, error in self.refused]
        return len(errors) >= _ENOUGH or any(isinstance(error, Unsupported) for error in errors)

    @property
    def settled(self) -> bool:
        return bool(self.answered) or self.missing

    def of(self, content: Content) -> _T | None:
        if self.missing:
            return None
        try:
            answer = self.ask(content)
        except (AccessDenied, NotThere, BadAnswer, ServerFailed) as error:
            self.refused.append((content, error))
            return None
        self.answered += 1
        return answer


@dataclass(slots=True)
class _Run:
    """`spent` requests of a run that has not ended; `after` the last content when all are looked at."""

    first: bool = True
    spent: int = 0
    after: str | None = None

    @classmethod
    def parse(cls, cursor: str | None) -> "_Run":
        if cursor is None:
            return cls()
        run: _Run = restored(cls, inside(cursor))
        return run

    def dump(self) -> str:
        return json.dumps({"first": self.first, "spent": self.spent, "after": self.after}, sort_keys=True)


class Observations:
    stream = "observations"

    def __init__(self, source: Source) -> None:
        self._platform, self._transport, self._directory = source.platform, source.transport, source.directory
        self._memory, self._settings, self._now = source.memory, source.settings, source.transport.now
        self._likes = _Function(Kind.REACT, self._platform.likes)
        self._views = _Function(Kind.VIEW, self._platform.views)
        self._viewers = _Function(Kind.VIEW, self._platform.viewers)
        self._more = False

    def read(self, cursor: str | None) -> Iterator[Page]:
        run = _Run.parse(cursor)
        latest = cursor
        budget = self._budget(run)
        contents = self._contents(run, budget)
        rooms = self._directory.open_rooms()
        open_gaps = set(self._memory.gaps(self.stream))
        waiting: list[Content] = []
        while True:
            waiting += [one for one in islice(contents, self._step() - len(waiting)) if one.room in rooms]
            chunk = self._affordable(waiting, budget, run)
            if not chunk or (self._likes.missing and self._views.missing):
                break
            before = self._transport.sent
            page = self._look(chunk, open_gaps)
            run.spent += self._transport.sent - before
            run.after = chunk[-1].id
            waiting = waiting[len(chunk) :]
            latest = run.dump()
            yield replace(page, cursor=latest)
        left = bool(waiting) or next(contents, None) is not None or self._more
        gaps = self._gaps(left)
        ended = _Run(first=False)
        closed: list[tuple[str | None, str | None]] = []
        if not any(gap.room is None and gap.object is None for gap in gaps) and (None, None) in open_gaps:
            closed = [(None, None)]
        if ended.dump() != latest or gaps or closed:
            yield Page(cursor=ended.dump(), gaps=gaps, closed=closed)

    def _step(self) -> int:
        """Few at first, until it is known what a content costs here."""
        return _STEP if self._likes.settled and self._views.settled else _TRIAL

    def _budget(self, run: _Run) -> int | None:
        """Requests; None without a bound."""
        given = self._settings.observe
        if given == OBSERVE_ALL:
            return None
        if given is not None:
            return given
        if run.first:
            return max(_FIRST_LEAST, self._memory.count() * _FIRST_PERCENT // 100)
        return _LATER

    def _contents(self, run: _Run, budget: int | None) -> Iterator[Content]:
        if budget is None:
            yield from self._all(run.after)
            return
        stale = self._now() - _FRESH
        # Contents without likes may cost next to nothing, so more are asked for than the budget has requests.
        due = self._memory.due(_DUE * budget + 1)
        for content in due[: _DUE * budget]:
            if content.observed is None or content.observed < stale:
                yield content
        self._more = len(due) > _DUE * budget

    def _all(self, after: str | None) -> Iterator[Content]:
        """In the steady order of memory, behind `after` if that is still there."""
        if after is not None and after not in self._memory.contents([after]):
            after = None
        for content in self._memory.present():
            if after is None:
                yield content
            elif content.id == after:
                after = None

    def _affordable(self, contents: Sequence[Content], budget: int | None, run: _Run) -> list[Content]:
        if budget is None:
            return list(contents)
        left = budget - run.spent
        afforded = []
        for content in contents:
            left -= self._price(content)
            if left < 0:
                break
            afforded.append(content)
        return afforded

    def _price(self, content: Content) -> int:
        missing = [self._likes.missing]
        if content.content_type is not ContentType.COMMENT:
            missing += [self._views.missing, self._viewers.missing]
        return max(1, missing.count(False))

    def _look(self, contents: Sequence[Content], open_gaps: set[tuple[str | None, str | None]]) -> Page:
        counts = {} if self._likes.missing else self._counts(contents)
        now = self._now()
        seen: list[Content] = []
        reactors: list[Reactors] = []
        counters: list[Counter] = []
        closed: list[tuple[str | None, str | None]] = []
        looks = self._transport.each(lambda content: self._of(content, counts.get(content.id)), contents)
        for content, look in looks:
            if isinstance(look, ConnectorError):
                raise look
            people, views, viewers = look
            if people is not None:
                reactors.append(
                    Reactors(
                        content.id, content.room, content.content_type, content.thread, frozenset(people), now
                    )
                )
            # The number of reactions leaves a trace of looks that found nobody new: they date what comes later.
            reacting = None if people is None else len(set(people))
            totals = (
                (CounterName.REACTIONS, reacting),
                (CounterName.VIEWS, views),
                (CounterName.VIEWERS, viewers),
            )
            for name, total in totals:
                if total is not None:
                    counters.append(Counter(name, content.room, content.id, total, now))
            reactions = content.reactions if reacting is None else reacting
            seen.append(replace(content, observed=now, reactions=reactions))
            if people is not None and (content.room, content.id) in open_gaps:
                closed.append((content.room, content.id))
        return Page(cursor="", contents=seen, reactors=reactors, counters=counters, closed=closed)

    def _counts(self, contents: Sequence[Content]) -> dict[str, int]:
        try:
            return dict(self._platform.like_counts(contents))
        except (AccessDenied, NotThere, BadAnswer, ServerFailed):
            return {}

    def _of(self, content: Content, likes: int | None) -> tuple[Sequence[str] | None, int | None, int | None]:
        people: Sequence[str] | None = () if likes == 0 else self._likes.of(content)
        if content.content_type is ContentType.COMMENT:
            return people, None, None
        return people, self._views.of(content), self._viewers.of(content)

    def _gaps(self, left: bool) -> list[Gap]:
        """Gaps of single contents, and at most one of the source: of all kinds that are missing, with the gravest reason."""
        gaps: list[Gap] = []
        kinds: list[Kind] = []
        reasons: list[str] = []
        for function in (self._likes, self._views):
            if function.refused and not function.answered:
                _, error = function.refused[-1]
                kinds.append(function.kind)
                reasons.append("access_denied" if isinstance(error, AccessDenied) else "unsupported")
                continue
            gaps += [
                Gap(content.room, content.id, (function.kind,), reason(error))
                for content, error in function.refused
                if not isinstance(error, NotThere)
            ]
            if left:
                kinds.append(function.kind)
                reasons.append("not_due")
        if kinds:
            gaps.append(Gap(None, None, tuple(kinds), min(reasons, key=_GRAVITY.index)))
        return gaps
