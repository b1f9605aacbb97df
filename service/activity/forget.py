"""Erases people, or everything a source brought, from both stores, while nobody collects or measures."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Engine, delete, inspect, select, text
from sqlalchemy.orm import Session

from service.activity import journal
from service.activity.erasure import ErasureIncomplete
from service.activity.lock import LOGS_LOCK, hold, log_lock
from service.activity.log import ActivityLog
from service.database import transaction
from service.errors import NotFound
from service.models import Journal, Organisation, Person, Source
from service.privacy.people import PEOPLE, delete_people, traces

_BUSY = "a source is being collected right now: try again when it is done"
_SAVING = "a backup is being made or restored right now: try again when it is done"
_MEASURING = "the organisation is being measured right now: try again when it is done"


@contextmanager
def alone(engine: Engine, organisation: str) -> Iterator[int]:
    """Keep everybody out who collects, measures or erases at an organisation, or makes a backup; gives the organisation's id.

    Other organisations go on. Raises `Conflict` at once if somebody does, `NotFound` for an organisation there is not.
    """
    with Session(engine) as session:
        identity = identified(session, organisation)
    with (
        hold(engine, LOGS_LOCK, shared=True, busy=_SAVING),
        hold(engine, log_lock(organisation), busy=_BUSY),
        hold(engine, f"measuring {identity}", busy=_MEASURING),
    ):
        yield identity


@contextmanager
def alone_with_all(engine: Engine) -> Iterator[None]:
    """The same for all organisations there are. Raises `Conflict` at once."""
    with ExitStack() as stack:
        stack.enter_context(hold(engine, LOGS_LOCK, busy=_BUSY))
        if inspect(engine).has_table(Organisation.__tablename__):
            with Session(engine) as session:
                organisations = list(session.scalars(select(Organisation.id)))
            for one in organisations:
                stack.enter_context(hold(engine, f"measuring {one}", busy=_MEASURING))
        yield


def identified(session: Session, organisation: str) -> int:
    """The id of an organisation, by its key. Raises `NotFound`."""
    identity = session.scalar(select(Organisation.id).where(Organisation.key == organisation))
    if identity is None:
        raise NotFound(
            f"no organisation {organisation!r}: `resonanz organisation show` lists those there are"
        )
    return identity


def erase_people(
    engine: Engine,
    log: ActivityLog,
    pseudonyms: Collection[int],
    *,
    first: Callable[[Collection[int]], None] | None = None,
) -> int:
    """Erase people of the log's organisation from log, registry and the files of both; returns how many activities they had.

    Whoever is named by one account, or by the pseudonym of an id shared across platforms, is erased with all accounts; `first` is told
    these before anything is erased. What other people answered to them stays, without its author. Copies the program made of an SQLite database
    before an upgrade are removed; backups are not touched. A person who still has an account is collected again with
    the next sync, unless they opted out. Raises `Conflict` while somebody collects or measures, and `ErasureIncomplete` if
    a trace was left.
    """
    with alone(engine, log.organisation) as organisation:
        recover(engine, log)
        # Two transactions: were the log's erasure to fail, the other accounts must still be found when it is tried again.
        with transaction(engine) as session:
            accounts = _accounts(session, organisation, pseudonyms)
        if first is not None:
            first(accounts)
        erased = log.erase(accounts)
        with transaction(engine) as session:
            delete_people(session.connection(), organisation, accounts)
        rewrite(engine)
        left = traces(engine, accounts)
    if left:
        raise ErasureIncomplete(
            f"an erased person is still in {', '.join(left)}: no other program may use the database meanwhile; run it again"
        )
    return erased


def remove_source(engine: Engine, log: ActivityLog, key: str) -> int:
    """Erase a source of the log's organisation with everything it brought; returns how many activities those were.

    People stay, since other sources of the organisation may know them. Raises `NotFound` and `Conflict`.
    """
    with alone(engine, log.organisation) as organisation:
        with Session(engine) as session:
            mine = Source.key == key, Source.organisation_id == organisation
            if session.scalar(select(Source.id).where(*mine)) is None:
                raise NotFound(f"there is no source {key!r}: `resonanz source list` shows those there are")
        recover(engine, log)
        removed = log.remove(key)
        with transaction(engine) as session:
            session.execute(delete(Source).where(Source.key == key))
        rewrite(engine)
    return removed


def recover(engine: Engine, log: ActivityLog) -> None:
    """Bring all open journal rows of the log's organisation to their end: they may hold people in their text."""
    with Session(engine) as session:
        opened = Source.id.in_(select(Journal.source_id))
        mine = Source.organisation_id == identified(session, log.organisation)
        sources = list(session.scalars(select(Source).where(opened, mine)))
    for source in sources:
        journal.recover(engine, log, source)


def _accounts(session: Session, organisation: int, pseudonyms: Collection[int]) -> set[int]:
    """The accounts named, and all others of the same people."""
    named = set(pseudonyms)
    mine = Person.organisation_id == organisation
    rows = session.execute(select(Person.pseudonym, Person.identity).where(mine))
    known = [(pseudonym, identity) for pseudonym, identity in rows if identity is not None]
    wanted = named | {identity for pseudonym, identity in known if pseudonym in named}
    return wanted | {pseudonym for pseudonym, identity in known if identity in wanted}


def rewrite(engine: Engine, names: Iterable[str] = (*PEOPLE, Journal.__tablename__)) -> None:
    """Deleted rows stay in the files of a database until it writes them anew: SQLite all of it, PostgreSQL these tables.

    Copies the program made of an SQLite database before an upgrade are removed.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            # What PostgreSQL knows of a column to plan queries are samples of its values, so that is made anew as well.
            for name in names:
                connection.execute(text(f"VACUUM (FULL, ANALYZE) {name}"))
        else:
            connection.execute(text("VACUUM"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    if engine.dialect.name == "sqlite" and engine.url.database:
        place = Path(engine.url.database)
        for copy in place.parent.glob(f"{place.name}.*.bak"):
            copy.unlink()
