"""Does taking part spread over all units?"""

from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, case, cast, func, literal, select

from metrics.metric import (
    WITHIN,
    Direction,
    Label,
    Mark,
    Measure,
    Metric,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)
from metrics.participation import FRONTLINE, POPULATION, UNDATED, population
from metrics.scoping import TELLABLE, number, reason

FEWEST = 10
"""A unit counts from so many people on."""


def _spread(scope: Scope) -> Select[tuple[object, ...]]:
    units, whole = population(Scope.UNIT, "of_units"), population(Scope.ORGANISATION, "of_all")
    u, w = units.c, whole.c
    large = and_(u.reason.is_(None), u.population >= FEWEST)
    known = and_(large, u.doubt.is_(None))
    # Active in the unit / people of the unit >= half of active in all / people of all, in integers.
    reached = and_(known, 2 * u.reached_1 * w.population >= w.reached_1 * u.population)
    counted = number(known)

    def people(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return cast(func.coalesce(func.sum(case((condition, u.population), else_=0)), 0), BigInteger)

    return (
        select(
            cast(literal(""), String).label("scope_key"),
            w.window,
            w.since,
            cast(literal(""), String).label("category"),
            number(reached).label("numerator"),
            counted.label("denominator"),
            people(known).label("people"),
            people(reached).label("affirming"),
            (number(u.scope_key.is_not(None)) - counted).label("excluded"),
            reason(
                (func.max(w.unsure).is_not(None), func.max(w.unsure)),
                (func.max(w.reached_1) == 0, "nobody_active"),
                ((number(large) - counted) * TELLABLE > number(large), func.max(u.doubt)),
                (counted == 0, "no_units"),
            ).label("reason"),
        )
        .select_from(whole)
        .outerjoin(units, and_(u.window == w.window, u.since == w.since))
        .where(w.window != Window.WEEK.value)
        .group_by(w.window, w.since)
    )


SPREAD = Metric(
    key="spread",
    label=Label(de="Breite über die Einheiten", en="Spread over units"),
    meaning=Label(
        de="Machen alle Teile des Unternehmens mit oder nur einige?",
        en="Do all parts of the company take part, or only some?",
    ),
    formula=Label(
        de="Einheiten, deren Anteil Aktiver mindestens halb so hoch ist wie der des ganzen Unternehmens, geteilt durch alle "
        "Einheiten mit mindestens 10 Menschen",
        en="units whose active share is at least half that of the whole company, divided by all units of at least 10 people",
    ),
    limits=(
        Label(
            de="Kleinere Einheiten zählen nicht mit; wie viele es sind, steht bei den ausgelassenen. Nach einer Umorganisation "
            "sind frühere Werte nicht vergleichbar.",
            en="Smaller units are not counted; how many there are is told as left out. After a reorganisation earlier values "
            "can not be compared.",
        ),
        Label(
            de="Gezeigt wird der Wert nur, wenn der Anteil Aktiver jeder dieser Einheiten gezeigt wird: sonst verriete er, auf "
            "welcher Seite eine verborgene liegt.",
            en="The value is shown only where the active share of each of these units is shown: otherwise it would tell on "
            "which side a hidden one lies.",
        ),
        FRONTLINE,
        POPULATION,
        UNDATED,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.UNITS,
    sources=(Source(Mark.OWN, "half of the company's active share as the mark of taking part"),),
    statement=_spread,
    absent="no_units",
    reach=WITHIN,
    scopes=frozenset({Scope.ORGANISATION}),
    windows=frozenset({Window.DAYS28, Window.WEEKS26}),
)
