"""Ties between people: who answered or reacted to whose content.

Only what somebody did towards somebody makes a tie; being in the same room makes none. Mentions are not collected. Both ends
are humans and not the same one. A tie is directed and weighted by the number of acts; a contact is the same without direction.
"""

from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    FromClause,
    Select,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import CTE

from connectors.activity import Kind, PersonKind
from metrics import facts as f
from metrics.hygiene import values
from metrics.metric import Window

WINDOWS = (Window.DAYS28, Window.WEEKS26)
_AUTHORED = (Kind.CREATE, Kind.COMMENT, Kind.REPLY, Kind.MESSAGE)
_ANSWERS = (Kind.REACT, Kind.COMMENT, Kind.REPLY, Kind.MESSAGE)

tie = Table(
    "tie",
    f.facts,
    Column("window", String, nullable=False, doc="metrics.metric.Window; not the week"),
    Column("since", Date, nullable=False),
    Column("person", BigInteger, nullable=False, doc="who answered or reacted"),
    Column("other", BigInteger, nullable=False, doc="whose content it was"),
    Column("unit", String, doc="the person's on the day that says who belongs to the period"),
    Column("other_unit", String),
    Column("acts", BigInteger, nullable=False, doc="answers and reactions in the period"),
)

contact = Table(
    "contact",
    f.facts,
    Column("window", String, nullable=False),
    Column("since", Date, nullable=False),
    Column("person", BigInteger, nullable=False, doc="each pair has two rows, one from each end"),
    Column("contact", BigInteger, nullable=False),
    Column("unit", String),
    Column("contact_unit", String),
    Column("mutual", Boolean, nullable=False, doc="each answered or reacted to the other"),
)

unlinked = Table(
    "unlinked",
    f.facts,
    Column("window", String, nullable=False),
    Column("since", Date, nullable=False),
    Column("unit", String, doc="the actor's"),
    Column("acts", BigInteger, nullable=False),
)
"""Answers and reactions that make no tie, since they or what they answer do not count, or its author is not known."""


def _answers() -> CTE:
    """Every answer and reaction with who made what it answers; `counts` says whether it can make a tie."""
    a, log = f.activity.c, f.entry.c
    ranked = (
        select(
            a.object,
            a.person,
            a.actor,
            a.excluded,
            func.row_number().over(partition_by=a.object, order_by=[a.happened, a.key]).label("rank"),
        )
        .where(a.kind.in_(values(_AUTHORED)))
        .subquery("ranked")
    )
    author = select(ranked).where(ranked.c.rank == 1).subquery("author")
    w = author.c
    target = case((a.kind == Kind.REACT.value, a.object), else_=func.coalesce(log.parent, a.thread))
    counts = and_(
        a.excluded.is_(None),
        func.coalesce(w.actor, "") == PersonKind.HUMAN.value,
        func.coalesce(w.excluded, "") != "bulk",
    )
    return (
        select(a.person, a.unit, a.day, w.person.label("other"), counts.label("counts"))
        .select_from(f.activity)
        .join(f.entry, log.key == a.key)
        .outerjoin(author, w.object == target)
        .where(
            a.kind.in_(values(_ANSWERS)),
            # A message that answers nothing is a beginning.
            or_(a.kind != Kind.MESSAGE.value, func.coalesce(target, a.object) != a.object),
        )
        .cte("answers")
    )


def _within(day: ColumnElement[object]) -> ColumnElement[bool]:
    c = f.period_day.c
    return and_(c.day == day, c.window.in_([window.value for window in WINDOWS]))


def _tie() -> Select[tuple[object, ...]]:
    answers, day = _answers(), f.period_day.c
    own, theirs = f.home.alias("own"), f.home.alias("theirs")
    c = answers.c
    counted = (
        select(day.window, day.since, c.person, c.other, func.count().label("acts"))
        .select_from(answers)
        .join(f.period_day, _within(c.day))
        .where(c.counts, c.person != c.other)
        .group_by(day.window, day.since, c.person, c.other)
        .cte("counted")
    )
    n = counted.c

    def of(home: FromClause, person: ColumnElement[int]) -> ColumnElement[bool]:
        h = home.c
        return and_(h.window == n.window, h.since == n.since, h.person == person)

    return (
        select(
            n.window,
            n.since,
            n.person,
            n.other,
            own.c.unit,
            theirs.c.unit.label("other_unit"),
            cast(n.acts, BigInteger).label("acts"),
        )
        .select_from(counted)
        .outerjoin(own, of(own, n.person))
        .outerjoin(theirs, of(theirs, n.other))
    )


def _contact() -> Select[tuple[object, ...]]:
    t = tie.c
    ends = union_all(
        select(
            t.window,
            t.since,
            t.person,
            t.other.label("contact"),
            t.unit,
            t.other_unit.label("contact_unit"),
            literal(1).label("given"),
        ),
        select(t.window, t.since, t.other, t.person, t.other_unit, t.unit, literal(0)),
    ).subquery("ends")
    e = ends.c
    return select(
        e.window,
        e.since,
        e.person,
        e.contact,
        e.unit,
        e.contact_unit,
        (func.min(e.given) != func.max(e.given)).label("mutual"),
    ).group_by(e.window, e.since, e.person, e.contact, e.unit, e.contact_unit)


def _unlinked() -> Select[tuple[object, ...]]:
    answers, day = _answers(), f.period_day.c
    c = answers.c
    return (
        select(day.window, day.since, c.unit, func.count().label("acts"))
        .select_from(answers)
        .join(f.period_day, _within(c.day))
        .where(~c.counts)
        .group_by(day.window, day.since, c.unit)
    )


ROLLUPS: tuple[tuple[Table, Callable[[], Select[tuple[object, ...]]]], ...] = (
    (tie, _tie),
    (contact, _contact),
    (unlinked, _unlinked),
)
"""As `metrics.rollup.ROLLUPS`."""
