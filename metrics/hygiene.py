"""Which entries of the log count, and for what.

What the field calls hygiene happens here, once, for all metrics: who counts as a person, repeated edits, bulk imports,
withdrawn and undated reactions.
"""

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from connectors.activity import ContentType, Kind, PersonKind
from metrics import facts as f
from metrics.dialect import interval
from metrics.scoping import ColumnSet

BULK = 20
"""More objects than this by one person within `BULK_WITHIN` are a bulk import."""
BULK_WITHIN = "10 minutes"
REPEAT_WITHIN = "30 minutes"
"""An edit this soon after the same person's previous edit of the same content is the same edit."""
PLACED_WITHIN = "7 days"
"""An undated reaction counts as an act of the day it was observed only if it can not be older than this."""

BIRTHS = (Kind.CREATE, Kind.COMMENT, Kind.REPLY)
ACTS = (Kind.REACT, Kind.COMMENT, Kind.REPLY, Kind.CREATE, Kind.EDIT, Kind.MESSAGE)
"""What is done visibly, as opposed to viewing."""


def values(kinds: tuple[Kind, ...]) -> list[str]:
    return [kind.value for kind in kinds]


def then(acts: ColumnSet) -> ColumnElement[bool]:
    """What held of a person on the day of an act."""
    s = f.spell.c
    return and_(s.pseudonym == acts.person, s.since <= acts.day, s.until > acts.day)


def _of_organisation(excluded: bool = False) -> Select[tuple[object, ...]]:
    """The log of the organisation's sources, without or of the rooms that are excluded."""
    log, out = f.log.c, f.excluded_room.c
    return (
        select(f.log)
        .join(f.source, f.source.c.key == log.source)
        .outerjoin(f.excluded_room, out.key == log.room)
        .where(out.key.is_not(None) if excluded else out.key.is_(None))
    )


def entry() -> Select[tuple[object, ...]]:
    """The log of the organisation's sources up to the horizon."""
    return _of_organisation().join(f.horizon, f.log.c.day < f.horizon.c.day)


def exclusion() -> Select[tuple[object, ...]]:
    """Interactive acts left out, by the first reason that holds; those in excluded rooms as they are in the log."""
    a = f.activity.c
    out = _of_organisation(excluded=True).join(f.horizon, f.log.c.day < f.horizon.c.day).cte("out")
    o = out.c
    left = union_all(
        select(a.room, a.unit, a.day, a.excluded.label("reason")).where(
            a.excluded.is_not(None), a.kind != Kind.VIEW.value
        ),
        # They belong to no room or unit that is measured.
        select(cast(null(), String), cast(null(), String), o.day, literal("room")).where(
            o.total.is_(None), o.kind.in_(values(ACTS))
        ),
    ).subquery("left_out")
    e = left.c
    return select(e.room, e.unit, e.day, e.reason, func.count().label("activities")).group_by(
        e.room, e.unit, e.day, e.reason
    )


def _withdrawals(log: ColumnSet) -> CTE:
    return (
        select(log.person, log.object, func.max(log.happened).label("happened"))
        .where(log.kind == Kind.WITHDRAW.value)
        .group_by(log.person, log.object)
        .cte("withdrawals")
    )


def _standing(reaction: ColumnSet, withdrawals: CTE) -> ColumnElement[bool]:
    """Whether a reaction was not withdrawn afterwards."""
    w = withdrawals.c
    return or_(w.happened.is_(None), w.happened < reaction.happened)


def _sights(log: ColumnSet) -> CTE:
    """Each content and day it was looked at, and the first day on which what was seen there can have happened.

    It happened after the content appeared and after the last day it was not seen yet; NULL where neither is known.
    """
    appeared = (
        select(log.object, func.min(log.day).label("day"))
        .where(log.kind.in_(values(BIRTHS)), log.total.is_(None))
        .group_by(log.object)
        .cte("appeared")
    )
    looks = select(log.object, log.day).where(or_(log.total.is_not(None), ~log.dated)).distinct().cte("looks")
    previous = select(
        looks.c.object,
        looks.c.day,
        func.lag(looks.c.day).over(partition_by=looks.c.object, order_by=looks.c.day).label("previous"),
    ).cte("previous")
    a, p = appeared.c, previous.c
    return (
        select(
            p.object,
            p.day,
            func.greatest(func.coalesce(a.day, p.previous), func.coalesce(p.previous, a.day)).label(
                "earliest"
            ),
        )
        .select_from(previous)
        .outerjoin(appeared, a.object == p.object)
        .cte("sights")
    )


def _placed(sights: CTE) -> ColumnElement[bool]:
    """Whether what was seen there can be taken for an act of that day."""
    s = sights.c
    return func.coalesce(s.earliest + interval(PLACED_WITHIN) >= s.day, False)


def undated() -> Select[tuple[object, ...]]:
    """Reactions of humans that can not be placed, whenever they were seen.

    The days between which those of one person seen on one day can have happened all reach up to that day, so the
    longest of them stands for all.
    """
    everything = _of_organisation().cte("everything")
    e, who = everything.c, f.spell.c
    withdrawals, sights = _withdrawals(e), _sights(e)
    earliest = sights.c.earliest
    return (
        select(
            e.room,
            e.person,
            who.unit,
            case(
                (func.count() > func.count(earliest), cast(null(), Date)),
                else_=func.min(earliest),
            ).label("earliest"),
            e.day,
        )
        .select_from(everything)
        .join(sights, and_(sights.c.object == e.object, sights.c.day == e.day))
        .outerjoin(f.spell, then(e))
        .outerjoin(withdrawals, and_(withdrawals.c.person == e.person, withdrawals.c.object == e.object))
        .where(
            e.kind == Kind.REACT.value,
            ~e.dated,
            e.total.is_(None),
            e.person.is_not(None),
            func.coalesce(who.kind, PersonKind.HUMAN.value) == PersonKind.HUMAN.value,
            _standing(e, withdrawals),
            ~_placed(sights),
        )
        .group_by(e.room, e.person, who.unit, e.day)
    )


def activity() -> Select[tuple[object, ...]]:
    log = f.entry.c
    read = (
        select(f.entry)
        .where(log.total.is_(None), log.kind.in_([Kind.VIEW.value, *values(ACTS)]))
        # A room is not a content somebody wrote.
        .where(or_(log.kind != Kind.CREATE.value, log.content_type != ContentType.ROOM.value))
        .cte("read")
    )
    r = read.c
    birth = case((r.kind.in_(values(BIRTHS)), 1), else_=0)
    writing = case((r.kind.in_([Kind.CREATE.value, Kind.EDIT.value]), 1), else_=0)
    by_time = [r.happened, r.key]
    neighbours = select(
        read,
        birth.label("birth"),
        func.lead(r.happened, BULK).over(partition_by=[r.person, birth], order_by=by_time).label("ahead"),
        func.lag(r.happened)
        .over(partition_by=[r.person, r.object, writing], order_by=by_time)
        .label("before"),
    ).cte("neighbours")
    n = neighbours.c
    burst = case(
        (and_(n.birth == 1, n.person.is_not(None), n.ahead <= n.happened + interval(BULK_WITHIN)), 1), else_=0
    )
    marked = select(
        neighbours,
        func.max(burst)
        .over(partition_by=[n.person, n.birth], order_by=[n.happened, n.key], rows=(-BULK, 0))
        .label("bulk"),
    ).cte("marked")
    m = marked.c

    withdrawals, sights = _withdrawals(log), _sights(log)
    placed = or_(m.dated, _placed(sights))

    actor = case((m.person.is_(None), "unknown"), else_=func.coalesce(f.spell.c.kind, PersonKind.HUMAN.value))
    return (
        select(
            m.source,
            m.room,
            m.kind,
            m.content_type,
            m.person,
            actor.label("actor"),
            f.spell.c.unit,
            func.coalesce(f.spell.c.region, "").label("region"),
            m.happened,
            m.day,
            m.object,
            m.thread,
            m.key,
            m.dated,
            case(
                (actor.in_(["unknown", PersonKind.SERVICE.value]), actor),
                # What guests write counts as contents; what was brought along does not, whoever made it.
                (and_(m.birth == 1, or_(m.bulk == 1, f.brought_day.c.day.is_not(None))), "bulk"),
                (actor != PersonKind.HUMAN.value, actor),
                (~placed, "undated"),
                else_=cast(null(), String),
            ).label("excluded"),
        )
        .select_from(marked)
        .outerjoin(f.spell, then(m))
        .outerjoin(f.brought_day, f.brought_day.c.day == m.day)
        .outerjoin(withdrawals, and_(withdrawals.c.person == m.person, withdrawals.c.object == m.object))
        .outerjoin(sights, and_(sights.c.object == m.object, sights.c.day == m.day, ~m.dated))
        .where(
            or_(m.kind != Kind.REACT.value, _standing(m, withdrawals)),
            or_(
                m.kind != Kind.EDIT.value,
                m.person.is_(None),
                m.before.is_(None),
                m.before + interval(REPEAT_WITHIN) < m.happened,
            ),
        )
    )
