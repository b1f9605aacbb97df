"""Hints that wait: which streams of which sources are worth reading now."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.models import Hint, Source


def keep(session: Session, source_id: int, hints: Collection[tuple[str, str]], now: datetime) -> None:
    """Remember (stream, room) pairs. However many come, one row stands for each pair."""
    if not hints:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Hint)
    statement = statement.on_conflict_do_update(
        index_elements=("source_id", "stream", "room"), set_={"received": statement.excluded.received}
    )
    rows = [
        {"source_id": source_id, "stream": stream, "room": room, "received": now}
        for stream, room in sorted(set(hints))
    ]
    session.execute(statement, rows)


def waiting(session: Session) -> dict[str, frozenset[str]]:
    """Streams with hints by the key of their source, the source that waits longest first."""
    found: dict[str, set[str]] = {}
    rows = session.execute(
        select(Source.key, Hint.stream)
        .join(Source, Source.id == Hint.source_id)
        .group_by(Source.key, Hint.stream)
        .order_by(func.min(Hint.received), Source.key)
    )
    for key, stream in rows:
        found.setdefault(key, set()).add(stream)
    return {key: frozenset(streams) for key, streams in found.items()}


def settle(session: Session, source_key: str, streams: Collection[str], before: datetime) -> None:
    """Forget hints that came before a reading began; what came meanwhile may not have been seen by it."""
    source = select(Source.id).where(Source.key == source_key).scalar_subquery()
    session.execute(
        delete(Hint).where(Hint.source_id == source, Hint.stream.in_(streams), Hint.received < before)
    )
