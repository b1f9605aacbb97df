"""What metrics share that look further back than the period they are told for: who acted in the weeks before its end."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Select, and_, cast, func, select
from sqlalchemy.sql.selectable import CTE

from metrics import facts as f
from metrics.dialect import interval
from metrics.metric import Label
from metrics.scoping import TELLABLE, ColumnSet

HISTORY = Label(
    de="Bekannt ist der Wert erst, wenn die Daten so weit zurückreichen, wie er zurückblickt. Ein neues Intranet ohne die "
    "Aktivität des alten fängt von vorn an.",
    en="The value is known only once the data reach back as far as it looks. A new intranet without the activity of the old "
    "one starts again.",
)


def acts(day: ColumnSet) -> ColumnElement[int]:
    """How many acts a row of `person_day` counts."""
    return (  # type: ignore[no-any-return]
        day.reactions + day.comments + day.replies + day.creates + day.edits + day.messages
    )


def first_day() -> ScalarSelect[object]:
    """The first day on which anybody is known to have done something: the data reach back to it."""
    d = f.person_day.c
    return select(func.min(d.day)).where(acts(d) > 0).scalar_subquery()


def active_weeks() -> CTE:
    """Each person and week in which they did something, anywhere."""
    w = f.person_week.c
    return select(w.person, w.week).where(w.days > 0).distinct().cte("active_weeks")


@dataclass(frozen=True, slots=True)
class Span:
    """So many weeks up to and with the last of a period."""

    weeks: int

    @property
    def begin(self) -> ColumnElement[object]:
        """Its first day, for a row of `period`."""
        return f.period.c.until - interval(f"{7 * self.weeks} days")

    def active(self) -> CTE:
        """Per period and person who did something: in how many of the weeks they did."""
        p, w = f.period.c, (weeks := active_weeks()).c
        return (
            select(p.window, p.since, w.person, func.count().label("weeks"))
            .select_from(weeks)
            .join(f.period, and_(w.week >= self.begin, w.week < p.until))
            .group_by(p.window, p.since, w.person)
            .cte("active")
        )

    def known(self) -> ColumnElement[bool]:
        """Whether the data reach back to its first day, for a row of `period`."""
        return func.coalesce(first_day() <= self.begin, False)

    def doubts(self, sure: CTE) -> CTE:
        """Per period: people beyond the sure ones who can have reacted, and contents whose reactions were never read.

        Each compared with what it is measured by: `undecided` with the sure people, `waiting` with the `contents`.
        """
        p, u, o, s = f.period.c, f.undated.c, f.observation.c, sure.c
        undecided = (
            select(p.window, p.since, func.count(u.person.distinct()).label("undecided"))
            .select_from(f.undated)
            .join(f.period, and_(func.coalesce(u.earliest < p.until, True), u.day >= self.begin))
            .outerjoin(sure, and_(s.window == p.window, s.since == p.since, s.person == u.person))
            .where(s.person.is_(None))
            .group_by(p.window, p.since)
            .subquery("span_undecided")
        )
        unread = (
            select(
                p.window,
                p.since,
                cast(func.sum(o.contents), BigInteger).label("contents"),
                cast(func.sum(o.waiting), BigInteger).label("waiting"),
            )
            .select_from(f.observation)
            .join(f.period, and_(o.day >= self.begin, o.day < p.until))
            .group_by(p.window, p.since)
            .subquery("span_unread")
        )
        return (
            select(
                p.window,
                p.since,
                func.coalesce(undecided.c.undecided, 0).label("undecided"),
                func.coalesce(unread.c.contents, 0).label("contents"),
                func.coalesce(unread.c.waiting, 0).label("waiting"),
            )
            .select_from(f.period)
            .outerjoin(undecided, and_(undecided.c.window == p.window, undecided.c.since == p.since))
            .outerjoin(unread, and_(unread.c.window == p.window, unread.c.since == p.since))
            .cte("doubts")
        )

    def left_out(self) -> Select[tuple[object, ...]]:
        """Per period: acts that do not count."""
        p, e = f.period.c, f.exclusion.c
        return (
            select(p.window, p.since, cast(func.sum(e.activities), BigInteger).label("excluded"))
            .select_from(f.exclusion)
            .join(f.period, and_(e.day >= self.begin, e.day < p.until))
            .group_by(p.window, p.since)
        )


def too_many(undecided: ColumnElement[int], sure: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether more than one in ten of those it concerns are undecided."""
    return undecided * TELLABLE > sure + undecided
