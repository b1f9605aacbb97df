"""Rows to choose from: those of a published table, and the few that are put together for an answer."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from service.models.base import Instant
from service.odata.columns import Columns
from service.odata.entities import Entity, EntitySet

Where = Sequence[ColumnElement[bool]]
Order = Sequence[ColumnElement[Any]]
TYPES: dict[str, Any] = {
    "Edm.String": String(),
    "Edm.Int32": Integer(),
    "Edm.Double": Float(),
    "Edm.Boolean": Boolean(),
    "Edm.Date": Date(),
    "Edm.DateTimeOffset": Instant(),
}


@dataclass(frozen=True)
class Chosen:
    """A row, and the number by which a page goes on after it."""

    place: int
    row: Entity


class Rows(Protocol):
    """All rows of a set at one time. `revision` is another whenever a row is; `mark` a number for it that fits a cursor."""

    @property
    def columns(self) -> Columns: ...
    @property
    def revision(self) -> str: ...
    @property
    def mark(self) -> int: ...
    def count(self, where: Where) -> int: ...
    def find(self, where: Where, order: Order, *, after: int, skip: int, limit: int) -> list[Chosen]:
        """Rows in that order, else as they were written; those after a place, or without the first few."""


def mark_of(revision: str) -> int:
    return int(sha256(revision.encode()).hexdigest()[:12], 16)


@dataclass(frozen=True)
class Stored:
    """Rows of a published table that never change once they are written."""

    db: Session
    model: Any
    mine: Where
    columns: Columns
    convert: Callable[[Any], Entity]
    revision: str
    mark: int

    def count(self, where: Where) -> int:
        asked = select(func.count()).select_from(self.model).where(*self.mine, *where)
        return self.db.scalar(asked) or 0

    def find(self, where: Where, order: Order, *, after: int, skip: int, limit: int) -> list[Chosen]:
        identity = self.model.id
        asked = select(self.model).where(*self.mine, *where, identity > after)
        found = self.db.scalars(asked.order_by(*order, identity).offset(skip).limit(limit))
        return [Chosen(one.id, self.convert(one)) for one in found]


@dataclass(frozen=True)
class Listed:
    """A few rows, in a database of their own in memory: so they are chosen by the same conditions as all others."""

    entity_set: EntitySet
    rows: Sequence[Entity]
    basis: str = ""
    """What tells one state of the rows from another, besides the rows."""
    _metadata: MetaData = field(default_factory=MetaData, compare=False)

    @cached_property
    def _table(self) -> Table:
        properties = self.entity_set.properties.values()
        return Table(
            "row",
            self._metadata,
            Column("_place", Integer, primary_key=True),
            *(Column(one.name, TYPES[one.edm]) for one in properties),
        )

    @property
    def columns(self) -> Columns:
        return {name: self._table.c[name] for name in self.entity_set.properties}

    @cached_property
    def revision(self) -> str:
        told = "\n".join((self.basis, *(row.model_dump_json() for row in self.rows)))
        return sha256(told.encode()).hexdigest()

    @property
    def mark(self) -> int:
        return mark_of(self.revision)

    def count(self, where: Where) -> int:
        with self._filled() as connection:
            return connection.scalar(select(func.count()).select_from(self._table).where(*where)) or 0

    def find(self, where: Where, order: Order, *, after: int, skip: int, limit: int) -> list[Chosen]:
        place = self._table.c["_place"]
        asked = select(place).where(place > after, *where).order_by(*order, place).offset(skip).limit(limit)
        with self._filled() as connection:
            found = connection.scalars(asked).all()
        return [Chosen(one, self.rows[one - 1]) for one in found]

    @contextmanager
    def _filled(self) -> Iterator[Connection]:
        engine = create_engine("sqlite://", poolclass=StaticPool)
        try:
            with engine.begin() as connection:
                self._table.create(connection, checkfirst=False)
                if self.rows:
                    numbered = [
                        {"_place": place, **row.model_dump()} for place, row in enumerate(self.rows, 1)
                    ]
                    connection.execute(self._table.insert(), numbered)
                yield connection
        finally:
            engine.dispose()
