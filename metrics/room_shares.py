"""Shares of rooms in a state or of a type, counted the same way for all of them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, and_, cast, func, literal, select, true

from metrics.scoping import ColumnSet, distinct_number, number, reason

Asked = Callable[[ColumnSet], ColumnElement[bool]]


def room_shares(rooms: CTE, acted: CTE, names: CTE, fits: Asked, known: Asked, *, absent: str) -> Select[Any]:
    """The shares of the rooms of which it is known that fit, per period and name, over the whole organisation.

    `rooms` has a row for each room and period, `acted` one for each person who did something in it, both with all columns `fits` and
    `known` ask for. `absent` is the reason where nothing is known of any room.
    """
    t, who = rooms.c, acted.c
    people = (
        select(
            names.c.name,
            who.window,
            who.since,
            func.count(who.person.distinct()).label("people"),
            distinct_number(who.person, fits(who)).label("affirming"),
        )
        .select_from(acted)
        .join(names, true())
        .where(known(who))
        .group_by(names.c.name, who.window, who.since)
        .cte("people")
    )
    counted = (
        select(
            names.c.name,
            t.window,
            t.since,
            number(and_(known(t), fits(t))).label("numerator"),
            number(known(t)).label("denominator"),
            number(~known(t)).label("excluded"),
        )
        .select_from(rooms)
        .join(names, true())
        .group_by(names.c.name, t.window, t.since)
        .cte("rooms")
    )
    n, q = counted.c, people.c
    return (
        select(
            cast(literal(""), String).label("scope_key"),
            n.window,
            n.since,
            n.name.label("category"),
            n.numerator,
            n.denominator,
            func.coalesce(q.people, 0).label("people"),
            func.coalesce(q.affirming, 0).label("affirming"),
            n.excluded,
            reason((n.denominator == 0, absent)).label("reason"),
        )
        .select_from(counted)
        .outerjoin(people, and_(q.name == n.name, q.window == n.window, q.since == n.since))
    )
