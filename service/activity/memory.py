"""What a connector may ask about earlier runs; only what is durably stored is answered."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, and_, case, extract, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement, Select

from connectors.activity import Content, ContentType
from service.activity.registry import BROKEN_OFF
from service.models import Coverage, Hint, KnownContent

LEAST_WAIT = timedelta(hours=20)
"""Reactions and views of one content are read at most once a day, also when a daily run starts a little early."""
AGE_PARTS = 8
_SLICE = 500


class SourceMemory:
    """The memory of one source, `connectors.base.Memory`. `key` is the source's, as in the keys of its rooms.

    A content is due when it was never observed, or when its last observation is older than 20 hours and older than an
    eighth of the content's age, age being counted from its last change: what is a week old is looked at daily, what is a
    year old about every seven weeks. Reactions come early in a content's life (most within days), so
    the error this leaves is small where it matters, and the number of looks grows with the logarithm of the age.
    Never observed come first, recently changed before old in either group.
    """

    def __init__(
        self,
        engine: Engine,
        source_id: int,
        key: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._source_id = source_id
        self._prefix = f"{key}/"
        self._clock = clock

    def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        with Session(self._engine) as session:
            for start in range(0, len(ids), _SLICE):
                query = select(KnownContent.id, KnownContent.version).where(
                    self._mine(), KnownContent.id.in_(ids[start : start + _SLICE])
                )
                found.update((row.id, row.version) for row in session.execute(query))
        return found

    def contents(self, ids: Sequence[str]) -> Mapping[str, Content]:
        found: dict[str, Content] = {}
        with Session(self._engine) as session:
            for start in range(0, len(ids), _SLICE):
                query = select(KnownContent).where(
                    self._mine(), KnownContent.id.in_(ids[start : start + _SLICE])
                )
                found.update((row.id, self._content(row)) for row in session.scalars(query))
        return found

    def due(self, limit: int) -> Sequence[Content]:
        now = self._clock()
        never = KnownContent.observed.is_(None)
        query = (
            self._present()
            .where(or_(never, self._waited(now)))
            .order_by(case((never, 0), else_=1), KnownContent.changed.desc(), KnownContent.id)
            .limit(limit)
        )
        with Session(self._engine) as session:
            return [self._content(row) for row in session.scalars(query)]

    def present(self) -> Iterator[Content]:
        """In order of ids, read slice by slice, so that what is stored meanwhile does no harm."""
        last = ""
        while True:
            query = self._present().where(KnownContent.id > last).order_by(KnownContent.id).limit(_SLICE)
            with Session(self._engine) as session:
                rows = [self._content(row) for row in session.scalars(query)]
            yield from rows
            if len(rows) < _SLICE:
                return
            last = rows[-1].id

    def count(self) -> int:
        with Session(self._engine) as session:
            return session.scalar(select(func.count()).select_from(self._present().subquery())) or 0

    def gaps(self, stream: str) -> Sequence[tuple[str | None, str | None]]:
        query = (
            select(Coverage.room, Coverage.object)
            .where(
                Coverage.source_id == self._source_id,
                Coverage.stream == stream,
                ~Coverage.reason.startswith(BROKEN_OFF, autoescape=True),
            )
            .order_by(Coverage.id)
        )
        with Session(self._engine) as session:
            places = dict.fromkeys((row.room, row.object) for row in session.execute(query))
        return [(room.removeprefix(self._prefix) or None, content or None) for room, content in places]

    def hints(self, stream: str) -> Collection[str | None]:
        query = select(Hint.room).where(Hint.source_id == self._source_id, Hint.stream == stream)
        with Session(self._engine) as session:
            return {room.removeprefix(self._prefix) or None for room in session.scalars(query)}

    def _mine(self) -> ColumnElement[bool]:
        return KnownContent.source_id == self._source_id

    def _present(self) -> Select[KnownContent]:
        return select(KnownContent).where(self._mine(), KnownContent.deleted.is_(False))

    def _waited(self, now: datetime) -> ColumnElement[bool]:
        seconds = now.timestamp()
        looked, changed = extract("epoch", KnownContent.observed), extract("epoch", KnownContent.changed)
        return and_(
            KnownContent.observed <= now - LEAST_WAIT,
            (seconds - looked) * AGE_PARTS >= seconds - changed,
        )

    def _content(self, row: KnownContent) -> Content:
        return Content(
            id=row.id,
            room=row.room.removeprefix(self._prefix),
            content_type=ContentType(row.content_type),
            created=row.created,
            changed=row.changed,
            version=row.version,
            answerable=row.answerable,
            thread=row.thread,
            reactions=row.reactions,
            observed=row.observed,
            deleted=row.deleted,
        )
