"""Conversations: what was written below each page and post, by whom, and who had seen it, within 28 days.

Everybody gets the same time, so that an old post is not ahead of a new one, and a value is final 28 days after its period.
"""

from collections.abc import Callable

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Select,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union,
)

from connectors.activity import Kind, PersonKind
from metrics import facts as f
from metrics.dialect import interval
from metrics.hygiene import values
from metrics.scoping import number

FOLLOWED = "672 hours"
"""28 days, in hours so that no engine bends them around a change of the clock."""
_SECONDS = 28 * 24 * 60 * 60
_DAYS = "28 days"
_ANSWERS = (Kind.COMMENT, Kind.REPLY)
_PEOPLE = (PersonKind.HUMAN.value, PersonKind.GUEST.value)

thread = Table(
    "thread",
    f.facts,
    Column("object", BigInteger, nullable=False, doc="the page or post"),
    Column("content_type", String, nullable=False, doc="page or post"),
    Column("room", String, nullable=False),
    Column("author", BigInteger, doc="who started it"),
    Column("unit", String, doc="the author's on that day"),
    Column("day", Date, nullable=False, doc="when it was started"),
    Column("excluded", String, doc="as `post.excluded`"),
    Column("early", Boolean, nullable=False, doc="deleted before its 28 days were over"),
    Column("old", Boolean, nullable=False, doc="its 28 days are over"),
    Column("turns", BigInteger, nullable=False, doc="the page or post and all written below it by people"),
    Column("replies", BigInteger, nullable=False, doc="those among them not by the author"),
    Column("participants", BigInteger, nullable=False, doc="distinct people who wrote, the author included"),
    Column("returns", BigInteger, nullable=False, doc="what the author wrote after somebody else had"),
    Column("reactions", BigInteger, nullable=False, doc="reactions of others seen by then"),
    Column(
        "undated",
        BigInteger,
        nullable=False,
        doc="reactions first seen later of which it is not known whether they came before",
    ),
    Column("reactable", Boolean, nullable=False, doc="the platform tells who reacts"),
    Column("engaged", BigInteger, nullable=False, doc="distinct people who answered or reacted by then"),
    Column(
        "viewers", BigInteger, nullable=False, doc="those and the distinct people known to have viewed it"
    ),
    Column("watched", Boolean, nullable=False, doc="it is known who viewed it all the while"),
)


def _in_time(moment: ColumnElement[object]) -> ColumnElement[bool]:
    return moment <= f.post.c.created + interval(FOLLOWED)


def _written() -> CTE:
    """What people wrote below each page and post."""
    a, p = f.activity.c, f.post.c
    turn = (
        select(p.object, a.person, a.happened, (a.person == p.author).label("own"))
        .select_from(f.post)
        .join(f.activity, and_(a.thread == p.object, a.kind.in_(values(_ANSWERS)), _in_time(a.happened)))
        .where(
            p.author.is_not(None),
            a.actor.in_(_PEOPLE),
            func.coalesce(a.excluded, "") != "bulk",
        )
        .cte("turn")
    )
    t = turn.c
    ordered = select(
        t.object,
        t.person,
        t.happened,
        t.own,
        func.min(case((~t.own, t.happened))).over(partition_by=t.object).label("first"),
    ).cte("ordered")
    o = ordered.c
    return (
        select(
            o.object,
            cast(func.count(), BigInteger).label("turns"),
            number(~o.own).label("replies"),
            func.count(case((~o.own, o.person)).distinct()).label("others"),
            number(and_(o.own, o.happened > o.first)).label("returns"),
        )
        .group_by(o.object)
        .cte("written")
    )


def _reacted() -> CTE:
    r, p = f.response.c, f.post.c
    return (
        select(
            p.object,
            number(_in_time(r.happened)).label("reactions"),
            number(and_(~r.dated, ~_in_time(r.happened))).label("undated"),
        )
        .select_from(f.post)
        .join(f.response, r.object == p.object)
        .where(r.reaction)
        .group_by(p.object)
        .cte("reacted")
    )


def _reached() -> CTE:
    """How many people answered or reacted, and how many had seen it: who answers has seen it, viewed or not."""
    r, a, p = f.response.c, f.activity.c, f.post.c
    engaged = (
        select(p.object, r.person, literal(1).label("answered"))
        .select_from(f.post)
        .join(f.response, and_(r.object == p.object, _in_time(r.happened)))
    )
    viewed = (
        select(p.object, a.person, literal(0).label("answered"))
        .select_from(f.post)
        .join(f.activity, and_(a.object == p.object, a.kind == Kind.VIEW.value, _in_time(a.happened)))
        .where(a.actor.in_(_PEOPLE), a.person != p.author)
    )
    everybody = union(engaged, viewed).cte("everybody")
    e = everybody.c
    return (
        select(
            e.object,
            func.count(case((e.answered == 1, e.person)).distinct()).label("engaged"),
            func.count(e.person.distinct()).label("viewers"),
        )
        .group_by(e.object)
        .cte("reached")
    )


def _views(name: str) -> CTE:
    """Each room of which it is known who viewed something, and when first and last."""
    a = f.activity.c
    return (
        select(a.room, func.min(a.day).label("first"), func.max(a.day).label("last"))
        .where(a.kind == Kind.VIEW.value, a.actor.in_(_PEOPLE))
        .group_by(a.room)
        .cte(name)
    )


def _reactable_rooms() -> CTE:
    """Rooms whose source tells of anybody's reactions."""
    a = f.activity.c
    telling = select(a.source).where(a.kind == Kind.REACT.value).distinct().cte("telling")
    homes = select(a.room, a.source).where(a.kind == Kind.CREATE.value).distinct().cte("homes")
    return (
        select(homes.c.room)
        .join(telling, telling.c.source == homes.c.source)
        .distinct()
        .cte("reactable_rooms")
    )


def _thread() -> Select[tuple[object, ...]]:
    p = f.post.c
    written, reacted, reached = _written(), _reacted(), _reached()
    views, rooms = _views("views"), _reactable_rooms()
    v, everywhere = views.c, _views("views_anywhere").c
    begun, ended = (
        select(end).scalar_subquery() for end in (func.min(everywhere.first), func.max(everywhere.last))
    )
    last_day = cast(p.day + interval(_DAYS), Date)
    watched = and_(begun <= p.day, ended >= last_day, v.first <= last_day)

    def count(column: ColumnElement[int]) -> ColumnElement[int]:
        return cast(func.coalesce(column, 0), BigInteger)

    return (
        select(
            p.object,
            p.content_type,
            p.room,
            p.author,
            p.unit,
            p.day,
            p.excluded,
            and_(p.deleted.is_not(None), p.followed < _SECONDS).label("early"),
            (p.followed >= _SECONDS).label("old"),
            (count(written.c.turns) + 1).label("turns"),
            count(written.c.replies).label("replies"),
            (count(written.c.others) + 1).label("participants"),
            count(written.c.returns).label("returns"),
            count(reacted.c.reactions).label("reactions"),
            count(reacted.c.undated).label("undated"),
            rooms.c.room.is_not(None).label("reactable"),
            count(reached.c.engaged).label("engaged"),
            count(reached.c.viewers).label("viewers"),
            func.coalesce(watched, False).label("watched"),
        )
        .select_from(f.post)
        .outerjoin(written, written.c.object == p.object)
        .outerjoin(reacted, reacted.c.object == p.object)
        .outerjoin(reached, reached.c.object == p.object)
        .outerjoin(views, v.room == p.room)
        .outerjoin(rooms, rooms.c.room == p.room)
    )


ROLLUPS: tuple[tuple[Table, Callable[[], Select[tuple[object, ...]]]], ...] = ((thread, _thread),)
"""As `metrics.rollup.ROLLUPS`."""
