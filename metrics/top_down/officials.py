"""Who speaks for the organisation: its official rooms, the units and levels of leadership it names, and service accounts.

A person is never named. What held on the day of the act decides.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Integer,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
)

from connectors.activity import PersonKind
from metrics import facts as f
from metrics.scoping import ColumnSet

OFFICIAL_ROOM = "official"
"""The declared purpose of a room whose posts are official whoever writes them."""

official = Table(
    "official",
    f.facts,
    Column("unit", String, doc="key of a unit whose people speak for the organisation"),
    Column("leadership", Integer, doc="so do those who lead at this level or above"),
)
"""Given: what the organisation has declared; each row has one of the two."""


def _declared(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return select(func.count(column)).scalar_subquery() > 0


def anything_declared() -> ColumnElement[bool]:
    """Whether it is known at all what is official."""
    rooms = select(func.count()).where(f.room.c.purpose == OFFICIAL_ROOM).scalar_subquery()
    return or_(rooms > 0, _declared(official.c.unit), _declared(official.c.leadership))


def of_person() -> CTE:
    """Of everybody and each time in their history whether they speak for the organisation; NULL where that is not known.

    Where units are declared it is unknown of people of no known unit, and where leaders are, of everybody else if nobody's
    level of leadership is known. A guest never does, a service account always.
    """
    s, named = f.spell.c, official.alias("named")
    level = select(func.max(official.c.leadership)).scalar_subquery()
    by_unit, by_level = _declared(official.c.unit), _declared(official.c.leadership)
    levels_known = _declared(f.spell.alias("everybody").c.leadership)
    speaks = case(
        (s.kind == PersonKind.GUEST.value, 0),
        (s.kind == PersonKind.SERVICE.value, 1),
        (named.c.unit.is_not(None), 1),
        (func.coalesce(s.leadership <= level, False), 1),
        (and_(by_unit, s.unit.is_(None)), cast(null(), Integer)),
        (and_(by_level, ~levels_known), cast(null(), Integer)),
        else_=0,
    )
    return (
        select(s.pseudonym, s.since, s.until, s.kind, speaks.label("speaks"))
        .select_from(f.spell)
        .outerjoin(named, named.c.unit == s.unit)
        .cte("speaking")
    )


def then(speaking: ColumnSet, person: ColumnElement[int], day: ColumnElement[Any]) -> ColumnElement[bool]:
    """What held of a person on a day."""
    return and_(speaking.pseudonym == person, speaking.since <= day, speaking.until > day)


def unlisted() -> ColumnElement[int | None]:
    """Whether somebody without a history speaks for the organisation: where people are declared, nobody knows."""
    people = or_(_declared(official.c.unit), _declared(official.c.leadership))
    return case((people, cast(null(), Integer)), else_=0)


def speaks(speaking: ColumnSet) -> ColumnElement[int | None]:
    """1 for whom the organisation speaks through, 0 for others, NULL where unknown; of a row joined by `then`."""
    return case((speaking.kind.is_(None), unlisted()), else_=speaking.speaks)
