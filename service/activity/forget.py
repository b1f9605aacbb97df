"""Erases people, or everything a source brought, from both stores, while nobody collects."""

from collections.abc import Collection

from sqlalchemy import Engine, delete, select, text
from sqlalchemy.orm import Session

from service.activity import journal
from service.activity.lock import LOG_LOCK, hold
from service.activity.log import ActivityLog
from service.database import transaction
from service.errors import NotFound
from service.models import Journal, Membership, Person, Source, Spell

_BUSY = "a source is being collected right now: try again when it is done"


def erase_people(engine: Engine, log: ActivityLog, pseudonyms: Collection[int]) -> int:
    """Erase people from the log, the registry and the files of both; returns how many activities they had.

    Whoever is named by one account, or by the pseudonym of an id shared across platforms, is erased with all accounts. What other people answered to them stays, without its author. A person who still has an account is collected again with
    the next sync. Backups are not touched. Raises `Conflict` while a source is being collected, and `ErasureIncomplete` if
    a trace was left in the log.
    """
    with hold(engine, LOG_LOCK, busy=_BUSY):
        _recover(engine, log)
        # Two transactions: were the log's erasure to fail, the other accounts must still be found when it is tried again.
        with transaction(engine) as session:
            accounts = _accounts(session, pseudonyms)
        erased = log.erase(accounts)
        with transaction(engine) as session:
            for pseudonym in accounts:
                session.execute(delete(Person).where(Person.pseudonym == pseudonym))
                session.execute(delete(Spell).where(Spell.pseudonym == pseudonym))
                session.execute(delete(Membership).where(Membership.pseudonym == pseudonym))
        _rewrite(engine)
    return erased


def remove_source(engine: Engine, log: ActivityLog, key: str) -> int:
    """Erase a source with everything it brought; returns how many activities those were.

    People stay, since other sources of the organisation may know them. Raises `NotFound` and `Conflict`.
    """
    with hold(engine, LOG_LOCK, busy=_BUSY):
        with Session(engine) as session:
            if session.scalar(select(Source.id).where(Source.key == key)) is None:
                raise NotFound(f"there is no source {key!r}: `resonanz source list` shows those there are")
        _recover(engine, log)
        removed = log.remove(key)
        with transaction(engine) as session:
            session.execute(delete(Source).where(Source.key == key))
        _rewrite(engine)
    return removed


def _accounts(session: Session, pseudonyms: Collection[int]) -> set[int]:
    """The accounts named, and all others of the same people."""
    named = set(pseudonyms)
    known = session.execute(
        select(Person.pseudonym, Person.identity).where(Person.identity.is_not(None))
    ).all()
    wanted = named | {identity for pseudonym, identity in known if pseudonym in named}
    return named | {pseudonym for pseudonym, identity in known if identity in wanted}


def _recover(engine: Engine, log: ActivityLog) -> None:
    """An open journal row may hold the people to be erased."""
    with Session(engine) as session:
        sources = list(session.scalars(select(Source).where(Source.id.in_(select(Journal.source_id)))))
    for source in sources:
        journal.recover(engine, log, source)


def _rewrite(engine: Engine) -> None:
    """Deleted rows stay in the files of a database until it writes them anew."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            for table in (Person, Spell, Membership, Journal):
                connection.execute(text(f"VACUUM FULL {table.__tablename__}"))
        else:
            connection.execute(text("VACUUM"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
