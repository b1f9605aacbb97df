"""Organisations of one installation do not see each other: what an account of one asks reads rows of that one only.

Who asks is known once per request (`service.security.signin.guard`). From then on every SELECT, UPDATE and DELETE of the request's
ORM sessions is confined to the organisation, whatever route made it and however it opened its session: a route that forgets to ask
for the organisation still sees no other one, and a statement that names tables instead of models is refused. An account of the whole installation (a consultant's, the IT's) is not confined.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Table, event, or_, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from starlette.types import ASGIApp, Receive, Scope, Send

from service.models import (
    Account,
    AuditEntry,
    AuditHead,
    Base,
    Organisation,
    SignInTries,
    SpentSignIn,
    Worker,
)

Done = TypeVar("Done")


@dataclass
class Confinement:
    """The organisation (id and key) a request is confined to; None as long as nobody said so."""

    organisation: tuple[int, str] | None = None


_current: ContextVar[Confinement | None] = ContextVar("confinement", default=None)

INSTALLATION = frozenset({AuditHead, SignInTries, SpentSignIn, Worker})
"""What belongs to no organisation and tells of none: the end of the audit log's chain, what is kept of sign-ins as hashes, and the
processes that do jobs."""


class Separated:
    """Gives each request a confinement of its own, which its threads share."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = _current.set(Confinement())
        try:
            await self.app(scope, receive, send)
        finally:
            _current.reset(token)


def confine(organisation: Organisation) -> None:
    """From now on the request sees this organisation only. Raises `RuntimeError` outside a request, rather than let it see all."""
    confinement = _current.get()
    if confinement is None:
        raise RuntimeError("an account of one organisation asks, and nothing confines it")
    confinement.organisation = (organisation.id, organisation.key)


def current() -> str | None:
    """The key of the organisation the request is confined to; None if it is not."""
    confinement = _current.get()
    return confinement.organisation[1] if confinement and confinement.organisation else None


@contextmanager
def confined(organisation: Organisation) -> Iterator[None]:
    """The same for work outside a request, such as a job on behalf of an organisation."""
    token = _current.set(Confinement((organisation.id, organisation.key)))
    try:
        yield
    finally:
        _current.reset(token)


def beside(work: Callable[[], Done]) -> Done:
    """Do work that is no request's, such as keeping what several have to be noted of: nothing confines it."""
    return Context().run(work)


@event.listens_for(Session, "do_orm_execute")
def _confined(state: ORMExecuteState) -> None:
    confinement = _current.get()
    if confinement is None or confinement.organisation is None:
        return
    if state.is_select or state.is_update or state.is_delete:
        if not state.is_orm_statement:
            raise RuntimeError(
                "a request of one organisation asked past the models, where nothing confines it"
            )
        state.statement = state.statement.options(*_criteria(*confinement.organisation))


@lru_cache(maxsize=100)
def _criteria(organisation: int, key: str) -> tuple[Any, ...]:
    return tuple(
        with_loader_criteria(mapper.class_, belongs(mapper.class_, organisation, key), include_aliases=True)
        for mapper in Base.registry.mappers
        if mapper.class_ not in INSTALLATION
    )


def belongs(model: type[Base], organisation: int, key: str) -> ColumnElement[bool]:
    """Which rows of a table an organisation may see. Raises `LookupError` for a table that leads to no organisation."""
    table: Table = model.__table__  # type: ignore[assignment]
    if model is Account:
        return or_(Account.organisation_id == organisation, Account.organisation_id.is_(None))
    if model is AuditEntry:
        return or_(AuditEntry.organisation == key, AuditEntry.organisation.is_(None))
    if model is Organisation:
        return Organisation.id == organisation
    if "organisation_id" in table.c:
        return _column(model, "organisation_id") == organisation
    name, parent = _way(table)
    return _column(model, name).in_(_ids(parent, organisation))


def _column(model: type[Base], name: str) -> ColumnElement[Any]:
    column: ColumnElement[Any] = getattr(model, name)
    return column


def _way(table: Table) -> tuple[str, Column[Any]]:
    """The column, and the one of another table it refers to, by which rows belong to an organisation."""
    for column in table.c:
        for reference in column.foreign_keys:
            parents = reference.column.table
            if not column.nullable and parents is not table and _leads(parents, frozenset({table.name})):
                return column.key, reference.column
    raise LookupError(f"the table {table.name} leads to no organisation")


def _leads(table: Table, seen: frozenset[str]) -> bool:
    if table.name == Organisation.__tablename__ or "organisation_id" in table.c:
        return True
    return any(
        not column.nullable
        and reference.column.table.name not in seen
        and _leads(reference.column.table, seen | {table.name})
        for column in table.c
        for reference in column.foreign_keys
    )


def _ids(identity: Column[Any], organisation: int) -> Any:
    """Ids of the rows that belong to the organisation; under a name of its own, so that no query around it is meant."""
    table = identity.table
    own = table.alias()
    if table.name == Account.__tablename__:
        mine: Any = or_(own.c.organisation_id == organisation, own.c.organisation_id.is_(None))
    elif "organisation_id" in own.c:
        mine = own.c.organisation_id == organisation
    else:
        name, parent = _way(table)
        mine = own.c[name].in_(_ids(parent, organisation))
    return select(own.c[identity.key]).where(mine).correlate(None)
