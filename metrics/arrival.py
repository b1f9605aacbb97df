"""Who is new, and do new people stay?"""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
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

from metrics import facts as f
from metrics.dialect import interval
from metrics.looking_back import HISTORY, acts, first_day
from metrics.metric import (
    SO_FAR,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Privacy,
    Scope,
    Source,
    Statement,
    Subject,
    Tier,
    Window,
)
from metrics.participation import REACTING, UNDATED, population
from metrics.scoping import TELLABLE, number, reason

SETTLED = 84
"""Days after the start of the data before anybody can be called new: until then regulars appear for the first time."""
LENGTH = 28

_ORGANISATION = frozenset({Scope.ORGANISATION})
_DAYS28 = frozenset({Window.DAYS28})


def _before(days: int) -> ColumnElement[object]:
    """So many days before a period begins."""
    return f.period.c.since - interval(f"{days} days")


def _settled(days: int) -> ColumnElement[bool]:
    """Whether the data reach back far enough to know who was new so many days before a period begins."""
    return func.coalesce(first_day() <= _before(days + SETTLED), False)


def _new_voices(scope: Scope) -> Select[tuple[object, ...]]:
    d, p, people = f.person_day.c, f.period.c, population(Scope.ORGANISATION)
    w = people.c
    contributions = d.creates + d.comments + d.replies + d.edits + d.messages
    first = (
        select(d.person, func.min(d.day).label("day"))
        .where(contributions > 0)
        .group_by(d.person)
        .cte("first_words")
    )
    new = (
        select(p.window, p.since, func.count().label("number"))
        .select_from(first)
        .join(f.period, and_(first.c.day >= p.since, first.c.day < p.until))
        .group_by(p.window, p.since)
        .cte("new")
    )
    n = func.coalesce(new.c.number, 0)
    return (
        select(
            w.scope_key,
            p.window,
            p.since,
            cast(literal(""), String).label("category"),
            n.label("numerator"),
            w.reached_2.label("denominator"),
            w.reached_2.label("people"),
            n.label("affirming"),
            w.excluded,
            reason((~_settled(0), "not_enough_history"), (w.reached_2 == 0, "no_contributors")).label(
                "reason"
            ),
        )
        .select_from(people)
        .join(f.period, and_(p.window == w.window, p.since == w.since))
        .outerjoin(new, and_(new.c.window == p.window, new.c.since == p.since))
        .where(p.window == Window.DAYS28.value)
    )


def _starts() -> CTE:
    """Each person's first act: the day by which it happened, and the first on which it can have.

    `open` is 1 where it can have been any time before, since they reacted to something on an unknown day.
    """
    d, u = f.person_day.c, f.undated.c
    nothing, something = cast(literal(0), BigInteger), cast(literal(1), BigInteger)
    known = union_all(
        select(
            d.person, func.min(d.day).label("day"), func.min(d.day).label("earliest"), nothing.label("open")
        )
        .where(acts(d) > 0)
        .group_by(d.person),
        select(
            u.person,
            func.min(u.day),
            func.min(u.earliest),
            func.max(case((u.earliest.is_(None), something), else_=nothing)),
        ).group_by(u.person),
    ).subquery("known")
    k = known.c
    return (
        select(
            k.person,
            func.min(k.day).label("day"),
            func.min(k.earliest).label("earliest"),
            func.max(k.open).label("open"),
        )
        .group_by(k.person)
        .cte("starts")
    )


def _retention(windows: int) -> Statement:
    """Of those who started so many windows before a period: who takes part in it."""

    def statement(scope: Scope) -> Select[tuple[object, ...]]:
        p, s, u, who = f.period.c, f.standing.c, f.undated.c, f.person.c
        begin, end = _before(LENGTH * windows), _before(LENGTH * (windows - 1))
        start = (starts := _starts()).c
        sure = and_(start.day < end, start.open == 0, start.earliest >= begin)
        overlapping = (
            select(p.window, p.since, u.person)
            .select_from(f.undated)
            .join(f.period, and_(func.coalesce(u.earliest < p.until, True), u.day >= p.since))
            .where(p.window == Window.DAYS28.value)
            .distinct()
            .cte("overlapping")
        )
        o = overlapping.c
        # Whose account the platform does not list can not be known to have left.
        there = and_(sure, or_(s.person.is_not(None), who.pseudonym.is_(None)))
        back = and_(there, s.level >= REACTING)
        unplaced = number(~sure)
        unseen = number(and_(there, func.coalesce(s.level, 0) < REACTING, o.person.is_not(None)))
        counted = (
            select(
                p.window,
                p.since,
                number(there).label("starters"),
                number(back).label("returned"),
                (number(sure) - number(there)).label("departed"),
                unplaced.label("unplaced"),
                unseen.label("unseen"),
            )
            .select_from(starts)
            .join(
                f.period,
                and_(
                    p.window == Window.DAYS28.value,
                    start.day >= begin,
                    or_(start.day < end, start.open == 1, start.earliest < end),
                ),
            )
            .outerjoin(
                f.standing,
                and_(
                    s.scope == Scope.ORGANISATION.value,
                    s.window == p.window,
                    s.since == p.since,
                    s.person == start.person,
                ),
            )
            .outerjoin(f.person, who.pseudonym == start.person)
            .outerjoin(overlapping, and_(o.window == p.window, o.since == p.since, o.person == start.person))
            .group_by(p.window, p.since)
            .cte("counted")
        )
        c = counted.c
        starters = func.coalesce(c.starters, 0)
        return (
            select(
                cast(literal(""), String).label("scope_key"),
                p.window,
                p.since,
                cast(literal(""), String).label("category"),
                func.coalesce(c.returned, 0).label("numerator"),
                starters.label("denominator"),
                starters.label("people"),
                func.coalesce(c.returned, 0).label("affirming"),
                func.coalesce(c.departed + c.unplaced, 0).label("excluded"),
                reason(
                    (~_settled(LENGTH * windows), "not_enough_history"),
                    ((c.unplaced + c.unseen) * TELLABLE > c.starters + c.unplaced, "undated_reactions"),
                    (starters == 0, "no_starters"),
                ).label("reason"),
            )
            .select_from(f.period)
            .outerjoin(counted, and_(c.window == p.window, c.since == p.since))
            .where(p.window == Window.DAYS28.value)
        )

    return statement


_RELAUNCH = Label(
    de="Nach einem Neustart des Intranets ohne die alten Daten erscheinen alle als neu; die ersten zwölf Wochen der Daten "
    "bleiben darum unbekannt, und auch danach tauchen noch seltene Gäste zum ersten Mal auf.",
    en="After a relaunch of the intranet without the old data everybody appears new; the first twelve weeks of the data "
    "therefore stay unknown, and even later rare visitors still show up for the first time.",
)

NEW_VOICES = Metric(
    key="new_voices",
    label=Label(de="Neue Stimmen", en="New voices"),
    meaning=Label(
        de="Wie viele der Beitragenden schreiben zum ersten Mal?",
        en="How many of the contributors write for the first time?",
    ),
    formula=Label(
        de="Menschen, die im Zeitraum zum allerersten Mal einen Kommentar, eine Antwort, eine Bearbeitung, eine Nachricht oder "
        "einen neuen Inhalt schrieben, geteilt durch alle, die das im Zeitraum taten",
        en="people who wrote a comment, reply, edit, message or new content for the very first time in the period, divided by "
        "all who did so in the period",
    ),
    limits=(
        _RELAUNCH,
        Label(
            de="Viel ist nicht besser: sehr hohe Werte heißen, dass kaum jemand bleibt.",
            en="More is not better: very high values mean that hardly anybody stays.",
        ),
        HISTORY,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.CONTENT,
    subject=Subject.PEOPLE,
    sources=(Source(Mark.OWN, "first-ever contributors among the contributors"),),
    statement=_new_voices,
    absent="no_contributors",
    reach=SO_FAR,
    scopes=_ORGANISATION,
    windows=_DAYS28,
    interval=Interval.WILSON,
)


def _retained(windows: int, ordinal: Label) -> Metric:
    return Metric(
        key=f"retention_{windows}",
        label=Label(
            de=f"Dabeigeblieben im {ordinal.de} Zeitraum danach",
            en=f"Retention in the {ordinal.en} period after",
        ),
        meaning=Label(
            de=f"Wie viele, die vor {windows * LENGTH} Tagen begannen, machen noch mit?",
            en=f"How many of those who started {windows * LENGTH} days ago still take part?",
        ),
        formula=Label(
            de=f"Menschen, die im Zeitraum sichtbar mitmachen, unter denen, die es {windows * LENGTH} Tage vorher in einem "
            "Zeitraum von 28 Tagen zum allerersten Mal taten und noch da sind",
            en="people who visibly take part in the period, among those who did so for the very first time in the window of 28 "
            f"days that began {windows * LENGTH} days before it and who are still there",
        ),
        limits=(
            Label(
                de="Der Wert steht bei dem Zeitraum, in dem nachgesehen wird, nicht bei dem des Beginns. Wer inzwischen "
                "gegangen ist und vorher nichts mehr tat, zählt nicht als verloren, sondern ist ausgelassen und gezählt.",
                en="The value stands at the period in which people are looked for, not that in which they began. Who has left "
                "and did nothing more before counts not as lost but is left out and counted.",
            ),
            Label(
                de="Gruppen von Beginnenden sind klein: in kleinen Organisationen wird der Wert selten gezeigt.",
                en="Groups of starters are small: in small organisations the value is rarely shown.",
            ),
            _RELAUNCH,
            UNDATED,
        ),
        unit=Measure.SHARE,
        direction=Direction.UP,
        tier=Tier.RESPONSES,
        subject=Subject.PEOPLE,
        sources=(Source(Mark.KNOWN, "cohort analysis: retention in the 1st, 3rd and 6th period"),),
        statement=_retention(windows),
        absent="no_starters",
        reach=SO_FAR,
        scopes=_ORGANISATION,
        windows=_DAYS28,
        privacy=Privacy.DOMINANCE,
        interval=Interval.WILSON,
    )


RETENTION_1 = _retained(1, Label(de="nächsten", en="next"))
RETENTION_3 = _retained(3, Label(de="dritten", en="third"))
RETENTION_6 = _retained(6, Label(de="sechsten", en="sixth"))
