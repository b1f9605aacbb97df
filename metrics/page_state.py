"""The official pages of each period: when somebody last changed them, who stands behind them, and how often they were viewed.

Official are the pages in rooms declared official. Only changes of people count: no minor edits, no bulk edits, nothing made on the
day of a migration, nothing of service accounts, since all these reset the date a platform shows without anybody having read the page.
"""

from collections.abc import Callable

from sqlalchemy import (
    CTE,
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
    false,
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
from metrics.hygiene import BULK, BULK_WITHIN, REPEAT_WITHIN, then
from metrics.metric import Window
from metrics.top_down.officials import OFFICIAL_ROOM

WINDOWS = (Window.DAYS28, Window.WEEKS26)
_PEOPLE = (PersonKind.HUMAN.value, PersonKind.GUEST.value)

page_state = Table(
    "page_state",
    f.facts,
    Column("window", String, nullable=False, doc="metrics.metric.Window; not the week"),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False, doc="outside"),
    Column("object", BigInteger, nullable=False, doc="a page that was there at the end of the period"),
    Column("room", String, nullable=False),
    Column("made", Date, nullable=False, doc="the first creation that is known, also by an import"),
    Column("touched", Date, doc="the last change by people; NULL: none is known"),
    Column("doubted", Date, doc="the last change that may have been one by people"),
    Column("creator", BigInteger, doc="NULL also where it was imported"),
    Column("modifier", BigInteger, doc="who last changed it, or made it"),
    Column("creator_active", Boolean, doc="in the middle of the period; NULL: not known"),
    Column("modifier_active", Boolean, doc="in the middle of the period; NULL: not known"),
    Column("views", BigInteger, doc="in the period; NULL: not known"),
)


def _pages() -> CTE:
    """The first creation of each official page, with whether people made it then."""
    e, a, r = f.entry.c, f.activity.c, f.room.c
    ranked = (
        select(
            e.object,
            e.room,
            e.person,
            e.day,
            e.happened,
            e.key,
            r.gone,
            and_(
                e.dated,
                or_(a.excluded.is_(None), a.excluded == PersonKind.GUEST.value),
                f.brought_day.c.day.is_(None),
            ).label("genuine"),
            func.row_number().over(partition_by=e.object, order_by=[e.happened, e.key]).label("rank"),
        )
        .select_from(f.entry)
        .join(f.room, r.key == e.room)
        .join(f.activity, a.key == e.key)
        .outerjoin(f.brought_day, f.brought_day.c.day == e.day)
        .where(
            e.kind == Kind.CREATE.value,
            e.content_type == ContentType.PAGE.value,
            r.purpose == OFFICIAL_ROOM,
            # When it was archived is not known, but nobody is meant to keep it current any more.
            ~r.archived,
        )
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.rank == 1).cte("pages")


def _edits() -> CTE:
    """Edits that are not minor, the ones that follow each other closely as one, and whether they are part of a bulk edit."""
    e = f.entry.c
    by_time = [e.happened, e.key]
    every = (
        select(
            f.entry,
            func.lag(e.happened).over(partition_by=[e.person, e.object], order_by=by_time).label("before"),
        )
        .where(e.kind == Kind.EDIT.value, ~e.minor, e.total.is_(None))
        .cte("every_edit")
    )
    b = every.c
    begun = (
        select(
            every,
            func.lead(b.happened, BULK)
            .over(partition_by=b.person, order_by=[b.happened, b.key])
            .label("ahead"),
        )
        .where(or_(b.person.is_(None), b.before.is_(None), b.before + interval(REPEAT_WITHIN) < b.happened))
        .cte("begun")
    )
    g = begun.c
    burst = case((and_(g.person.is_not(None), g.ahead <= g.happened + interval(BULK_WITHIN)), 1), else_=0)
    return select(
        begun,
        func.max(burst)
        .over(partition_by=g.person, order_by=[g.happened, g.key], rows=(-BULK, 0))
        .label("bulk"),
    ).cte("edits")


def _marks(pages: CTE) -> CTE:
    """All that was done to each official page: changes by people (`genuine`), perhaps by people (`doubtful`), others, deletions."""
    p, edits, e = pages.c, _edits(), f.entry.c
    d = edits.c
    who = f.spell.c
    kind = func.coalesce(who.kind, PersonKind.HUMAN.value)
    alone = and_(d.bulk == 0, f.brought_day.c.day.is_(None))
    return union_all(
        select(
            p.object,
            p.day,
            p.happened,
            p.key,
            p.person,
            p.genuine,
            (~p.genuine).label("doubtful"),
            false().label("deletion"),
        ),
        select(
            p.object,
            d.day,
            d.happened,
            d.key,
            d.person,
            and_(alone, d.dated, d.person.is_not(None), kind.in_(_PEOPLE)),
            and_(alone, or_(d.person.is_(None), and_(~d.dated, kind.in_(_PEOPLE)))),
            false(),
        )
        .select_from(pages)
        .join(edits, d.object == p.object)
        .outerjoin(f.spell, then(d))
        .outerjoin(f.brought_day, f.brought_day.c.day == d.day),
        # Whoever edits a page, even in passing, shows that it is there.
        select(
            p.object,
            e.day,
            e.happened,
            e.key,
            cast(null(), BigInteger),
            false(),
            false(),
            e.kind == Kind.DELETE.value,
        )
        .select_from(pages)
        .join(f.entry, e.object == p.object)
        .where(
            e.kind.in_([Kind.CREATE.value, Kind.EDIT.value, Kind.DELETE.value]),
            e.total.is_(None),
        ),
    ).cte("marks")


def _views() -> CTE:
    """Views of each page and period; 0 only where the counter was read in its second half."""
    v, day, p = f.viewing.c, f.period_day.c, f.period.c
    total = func.sum(v.views)
    return (
        select(
            day.window,
            day.since,
            v.object,
            cast(case((or_(total > 0, func.max(v.day) >= p.mid), total)), BigInteger).label("views"),
        )
        .select_from(f.viewing)
        .join(f.period_day, day.day == v.day)
        .join(f.period, and_(p.window == day.window, p.since == day.since))
        .where(day.window.in_([window.value for window in WINDOWS]))
        .group_by(day.window, day.since, p.mid, v.object)
        .cte("page_views")
    )


def _page_state() -> Select[tuple[object, ...]]:
    pages = _pages()
    marks, views = _marks(pages), _views()
    p, m, n, v = pages.c, marks.c, f.period.c, views.c
    told = (
        select(
            n.window,
            n.since,
            n.until,
            m.object,
            func.max(case((m.genuine, m.day))).label("touched"),
            func.max(case((m.doubtful, m.day))).label("doubted"),
            func.max(case((~m.deletion, m.happened))).label("written"),
            func.max(case((m.deletion, m.happened))).label("deleted"),
        )
        .select_from(marks)
        .join(f.period, m.day < n.until)
        .where(n.window.in_([window.value for window in WINDOWS]))
        .group_by(n.window, n.since, n.until, m.object)
        .cte("told")
    )
    t = told.c
    ranked = (
        select(
            n.window,
            n.since,
            m.object,
            m.person,
            func.row_number()
            .over(partition_by=[n.window, n.since, m.object], order_by=[m.happened.desc(), m.key.desc()])
            .label("rank"),
        )
        .select_from(marks)
        .join(f.period, m.day < n.until)
        .where(m.genuine, n.window.in_([window.value for window in WINDOWS]))
        .subquery("ranked_changes")
    )
    last = ranked.c
    a = f.activity.c
    # Where single views are logged, a page nobody opened leaves no trace: that is known from the room's first view on.
    logged = (
        select(a.room, func.min(a.day).label("first"))
        .where(a.kind == Kind.VIEW.value)
        .group_by(a.room)
        .subquery("logged")
    )
    day = f.period_day.c
    logging = (
        select(day.window, day.since)
        .select_from(f.activity)
        .join(f.period_day, day.day == a.day)
        .where(a.kind == Kind.VIEW.value)
        .distinct()
        .subquery("logging")
    )
    creator = case((p.genuine, p.person))
    made, changed = f.home.alias("of_creator"), f.home.alias("of_modifier")

    def at(other: FromClause) -> ColumnElement[bool]:
        return and_(other.c.window == t.window, other.c.since == t.since)

    def active(home: FromClause) -> ColumnElement[bool]:
        return and_(home.c.active, home.c.kind != PersonKind.SERVICE.value)

    seen_as_none = and_(logged.c.first <= t.since, logging.c.window.is_not(None))
    return (
        select(
            t.window,
            t.since,
            t.until,
            t.object,
            p.room,
            p.day.label("made"),
            t.touched,
            t.doubted,
            creator.label("creator"),
            last.person.label("modifier"),
            active(made).label("creator_active"),
            active(changed).label("modifier_active"),
            func.coalesce(v.views, case((seen_as_none, cast(literal(0), BigInteger)))).label("views"),
        )
        .select_from(told)
        .join(pages, p.object == t.object)
        .outerjoin(ranked, and_(at(ranked), last.object == t.object, last.rank == 1))
        .outerjoin(made, and_(at(made), made.c.person == creator))
        .outerjoin(changed, and_(at(changed), changed.c.person == last.person))
        .outerjoin(views, and_(at(views), v.object == t.object))
        .outerjoin(logged, logged.c.room == p.room)
        .outerjoin(logging, at(logging))
        .where(
            p.day < t.until,
            or_(p.gone.is_(None), p.gone >= t.until),
            or_(t.deleted.is_(None), t.deleted < t.written),
        )
    )


ROLLUPS: tuple[tuple[Table, Callable[[], Select[tuple[object, ...]]]], ...] = ((page_state, _page_state),)
