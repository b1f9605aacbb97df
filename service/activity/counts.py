"""Counts of stored activities for the admin at the console, to reconcile a collection with the platform; no persons."""

from collections.abc import Sequence
from typing import Any

import duckdb
from sqlalchemy import Column, ColumnElement, Engine, MetaData, Select, String, Table, case, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from connectors.activity import Kind
from metrics.facts import log as facts
from service.activity.log import ActivityLog
from service.errors import Invalid
from service.models import Room

_rooms = Table("handles", MetaData(), Column("room", String), Column("handle", String))
DIMENSIONS: dict[str, ColumnElement[Any]] = {
    "kind": facts.c.kind,
    "room": func.coalesce(_rooms.c.handle, facts.c.room),
    "source": facts.c.source,
    "content_type": facts.c.content_type,
    "day": facts.c.day,
    "week": func.date_trunc("week", facts.c.day).cast(facts.c.day.type),
    "month": func.date_trunc("month", facts.c.day).cast(facts.c.day.type),
}
_ANSWERS = (Kind.COMMENT.value, Kind.REPLY.value, Kind.REACT.value)
_AUTHORED = (Kind.CREATE.value, Kind.COMMENT.value, Kind.REPLY.value, Kind.MESSAGE.value)


def counts(log: ActivityLog, engine: Engine, by: Sequence[str] = ("kind",)) -> list[dict[str, Any]]:
    """Stored activities by any of kind, room, source, content_type, day, week (its Monday), month (its first).

    Counters are left out. Each row has the dimensions asked for and `activities`; the last row is the total, its dimensions None.
    Rooms appear by their handle. Raises `Invalid` for a dimension there is not, among them anything about persons.
    """
    unknown = [name for name in by if name not in DIMENSIONS]
    if unknown or len(set(by)) < len(by):
        raise Invalid(
            f"activities are counted by {', '.join(DIMENSIONS)}, each once: not by {', '.join(unknown or by)}"
        )
    columns = [DIMENSIONS[name].label(f"by_{name}") for name in by]
    query = select(*columns, func.count().label("activities")).select_from(
        facts.outerjoin(_rooms, _rooms.c.room == facts.c.room)
    )
    query = query.where(facts.c.total.is_(None))
    if columns:
        query = query.group_by(*columns).order_by(*columns)
    rows = [] if not columns else _run(log, engine, query)
    found = [dict(zip((*by, "activities"), row, strict=True)) for row in rows]
    for row in found:
        for name in ("day", "week", "month"):
            if name in row:
                row[name] = row[name].isoformat()
    total = _run(log, engine, select(func.count()).where(facts.c.total.is_(None)).select_from(facts))[0][0]
    return [*found, {**dict.fromkeys(by), "activities": total}]


def edges(log: ActivityLog, engine: Engine) -> list[dict[str, Any]]:
    """Answers by kind (comment, reply, react), each an edge from who answers to the author of what is answered.

    `total` counts all; `self` those where both are the same person; `unknown` those where either is not known, because the
    platform does not tell or the thing answered was never collected. Reactions later withdrawn are counted: they did happen.
    """
    authors = (
        select(facts.c.source, facts.c.object, func.arg_min(facts.c.person, facts.c.happened).label("author"))
        .where(facts.c.kind.in_(_AUTHORED), facts.c.total.is_(None), facts.c.person.is_not(None))
        .group_by(facts.c.source, facts.c.object)
        .subquery("authors")
    )
    answered = case((facts.c.kind == Kind.REACT.value, facts.c.object), else_=facts.c.parent)
    unknown = facts.c.person.is_(None) | authors.c.author.is_(None)
    query = (
        select(
            facts.c.kind,
            func.count(),
            func.count(case((facts.c.person == authors.c.author, 1))),
            func.count(case((unknown, 1))),
        )
        .select_from(
            facts.outerjoin(authors, (authors.c.source == facts.c.source) & (authors.c.object == answered))
        )
        .where(facts.c.kind.in_(_ANSWERS), facts.c.total.is_(None))
        .group_by(facts.c.kind)
    )
    found = {row[0]: row[1:] for row in _run(log, engine, query)}
    return [
        dict(zip(("kind", "total", "self", "unknown"), (kind, *found.get(kind, (0, 0, 0))), strict=True))
        for kind in _ANSWERS
    ]


def _run(log: ActivityLog, engine: Engine, query: Select[Any]) -> list[tuple[Any, ...]]:
    with Session(engine) as session:
        handles = [tuple(row) for row in session.execute(select(Room.key, Room.handle))]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    text = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    with duckdb.connect() as connection:
        log.register(connection)
        connection.execute("CREATE TABLE handles (room VARCHAR, handle VARCHAR)")
        if handles:
            connection.executemany("INSERT INTO handles VALUES (?, ?)", handles)
        return connection.execute(text).fetchall()
