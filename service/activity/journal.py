"""Keeps the log and the relational store together without a transaction over both.

The changes of a batch are written to the journal, the batch is committed to the log, the changes are applied. A crash
before the commit leaves a journal row the log knows nothing of: it is dropped, and the batch is read again. A crash after
the commit leaves a row the log has: it is applied. Nothing is lost and nothing doubled, wherever a process dies.
"""

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.orm import Session

from service.activity.changes import Changes
from service.activity.log import ActivityLog
from service.activity.registry import apply
from service.database import transaction
from service.models import Journal, Source


def write(engine: Engine, source: Source, stream: str, sequence: int, changes: Changes) -> None:
    """Before the commit: keep what is to be applied after it."""
    with transaction(engine) as session:
        session.add(Journal(source_id=source.id, stream=stream, sequence=sequence, changes=changes.to_json()))


def settle(engine: Engine, source: Source, stream: str, changes: Changes) -> None:
    """After the commit: apply the changes and forget the journal row, in one transaction."""
    with transaction(engine) as session:
        _settle(session.connection(), source, stream, changes)


def recover(engine: Engine, log: ActivityLog, source: Source) -> None:
    """Bring a source's journal to an end after a process died: apply what the log has, drop what it has not."""
    with transaction(engine) as session:
        for row in _open(session, source):
            if log.position(source.key, row.stream).sequence >= row.sequence:
                _settle(session.connection(), source, row.stream, Changes.from_json(row.changes))
            else:
                session.connection().execute(
                    delete(Journal).where(Journal.source_id == source.id, Journal.stream == row.stream)
                )


def _open(session: Session, source: Source) -> list[Journal]:
    return list(session.scalars(select(Journal).where(Journal.source_id == source.id)))


def _settle(connection: Connection, source: Source, stream: str, changes: Changes) -> None:
    apply(connection, source, stream, changes)
    connection.execute(delete(Journal).where(Journal.source_id == source.id, Journal.stream == stream))
