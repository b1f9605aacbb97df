"""What kind of place is a room, and is it the one it is meant to be?"""

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)

from metrics import facts as f
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
from metrics.participation import population
from metrics.room_rules import FEWEST_ACTS, FEWEST_PEOPLE, FITTING, RULES, TYPES
from metrics.room_shares import room_shares
from metrics.scoping import ColumnSet, reason

NONE_TYPED = "no_typed_rooms"
_WINDOWS = (Window.DAYS28.value, Window.WEEKS26.value)


def _typed(columns: ColumnSet) -> ColumnElement[bool]:
    return columns.type.is_not(None)  # type: ignore[no-any-return]


def _types() -> CTE:
    """Every room that exists in a period with its type; NULL, with a reason, where it has none."""
    d, day, p, life, r = f.person_day.c, f.period_day.c, f.period.c, f.room_life.c, f.room.c
    acts = (
        select(
            d.room,
            day.window,
            day.since,
            cast(func.sum(d.creates), BigInteger).label("starts"),
            cast(func.sum(d.comments + d.replies + d.messages), BigInteger).label("answers"),
            cast(func.sum(d.edits), BigInteger).label("edits"),
        )
        .join(f.period_day, day.day == d.day)
        .where(day.window.in_(_WINDOWS))
        .group_by(d.room, day.window, day.since)
        .cte("acts")
    )
    a, u = acts.c, (people := population(Scope.ROOM)).c
    figures = (
        select(
            life.room,
            r.purpose,
            p.window,
            p.since,
            func.coalesce(a.starts, 0).label("starts"),
            func.coalesce(a.answers, 0).label("answers"),
            func.coalesce(a.edits, 0).label("edits"),
            func.coalesce(u.population, 0).label("population"),
            func.coalesce(u.reached_2, 0).label("reached_2"),
            func.coalesce(u.reached_3, 0).label("reached_3"),
            u.reason,
        )
        .select_from(f.room_life)
        .join(f.room, r.key == life.room)
        .join(f.period, and_(life.start < p.until, func.coalesce(life.gone > p.since, True)))
        .outerjoin(acts, and_(a.room == life.room, a.window == p.window, a.since == p.since))
        .outerjoin(people, and_(u.scope_key == life.room, u.window == p.window, u.since == p.since))
        .where(p.window.in_(_WINDOWS))
        .cte("figures")
    )
    c = figures.c
    why = reason(
        (c.starts + c.answers + c.edits < FEWEST_ACTS, "too_quiet"),
        (c.reason.is_not(None), c.reason),
        (c.population < FEWEST_PEOPLE, "too_few_people"),
    )
    decided = case(
        (why.is_not(None), cast(literal(None), String)),
        *((and_(*(one.sql(c) for one in conditions)), name) for name, conditions in RULES),
        else_="forum",
    )
    return select(c.room, c.purpose, c.window, c.since, why.label("why"), decided.label("type")).cte("types")


def _acted(types: CTE) -> CTE:
    """Who did something in which room in the period."""
    d, day, t = f.person_day.c, f.period_day.c, types.c
    done = d.creates + d.comments + d.replies + d.messages + d.edits + d.reactions
    return (
        select(t.room, t.purpose, t.window, t.since, t.type, d.person)
        .join(f.period_day, and_(day.window == t.window, day.since == t.since))
        .join(f.person_day, and_(d.room == t.room, d.day == day.day))
        .where(done > 0, t.type.is_not(None))
        .distinct()
        .cte("acted")
    )


def _room_type(scope: Scope) -> Select[tuple[object, ...]]:
    types = _types()
    acted = _acted(types)
    t, who = types.c, acted.c
    if scope is Scope.ROOM:
        one = cast(literal(1), BigInteger)
        people = (
            select(who.room, who.window, who.since, func.count(who.person.distinct()).label("people"))
            .group_by(who.room, who.window, who.since)
            .cte("people")
        )
        q = people.c
        there = func.coalesce(q.people, 0)
        return (
            select(
                t.room.label("scope_key"),
                t.window,
                t.since,
                func.coalesce(t.type, "").label("category"),
                one.label("numerator"),
                one.label("denominator"),
                there.label("people"),
                there.label("affirming"),
                cast(literal(0), BigInteger).label("excluded"),
                t.why.label("reason"),
            )
            .select_from(types)
            .outerjoin(people, and_(q.room == t.room, q.window == t.window, q.since == t.since))
        )
    names = union_all(*(select(cast(literal(name), String).label("name")) for name in TYPES)).cte("names")
    return room_shares(
        types, acted, names, lambda columns: columns.type == names.c.name, _typed, absent=NONE_TYPED
    )


def _as_intended(scope: Scope) -> Select[tuple[object, ...]]:
    types = _types()
    one = select(cast(literal(""), String).label("name")).cte("names")

    def fits(columns: ColumnSet) -> ColumnElement[bool]:
        return case(
            *(
                (columns.purpose == purpose, columns.type.in_(sorted(kinds)))
                for purpose, kinds in FITTING.items()
            ),
            else_=literal(False),
        )

    def known(columns: ColumnSet) -> ColumnElement[bool]:
        return and_(_typed(columns), func.coalesce(columns.purpose, "").in_(sorted(FITTING)))

    return room_shares(types, _acted(types), one, fits, known, absent=NONE_TYPED)


_OWN_RULES = Label(
    de="Die Typen stammen aus der Forschung, die Schwellen sind unsere. Was als Typ gilt, ist kein Urteil: eine Verkündung, die gelesen "
    "wird, kann genau richtig sein.",
    en="The types come from research, the thresholds are ours. A type is no verdict: a broadcast that is read may be exactly right.",
)
_QUIET = Label(
    de="Räume mit weniger als 4 Inhalten, Antworten und Bearbeitungen im Zeitraum, mit weniger als 5 Menschen oder ohne bekannte "
    "Mitglieder haben keinen Typ; ihre Zahl wird mitgeführt.",
    en="Rooms with fewer than 4 contents, answers and edits in the period, with fewer than 5 people or without known members have no type; "
    "their number is kept.",
)
_RIEMER = Source(
    Mark.READ,
    "Riemer, Lock Lee, Kjaer and Haeffner 2018 (ACIS): four types among 350 groups of three organisations",
)
_BOTH = frozenset({Window.DAYS28, Window.WEEKS26})

ROOM_TYPE = Metric(
    key="room_type",
    label=Label(de="Art der Räume", en="Room type"),
    meaning=Label(
        de="Wird in den Räumen verkündet, gefragt, zusammengearbeitet oder Wissen geteilt?",
        en="Do rooms broadcast, inform, work together or share a practice?",
    ),
    formula=Label(
        de="Räume jeder Art, geteilt durch alle Räume mit bekannter Art. Die erste passende gilt: Projektteam (höchstens 50 Menschen, "
        "mindestens die Hälfte trägt bei); Verkündung (höchstens ein Fünftel stellt Neues ein, höchstens halb so viele Antworten wie neue "
        "Inhalte); Fachgemeinschaft (mindestens ein Fünftel trägt bei, mindestens so viele Antworten wie neue Inhalte); sonst "
        "Auskunftsforum",
        en="rooms of each type, divided by all rooms of a known type. The first that fits holds: project team (at most 50 people, at least "
        "half contribute); broadcast stream (at most a fifth post something new, at most half as many answers as new contents); community "
        "of practice (at least a fifth contribute, at least as many answers as new contents); otherwise information forum",
    ),
    limits=(_OWN_RULES, _QUIET),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.PEOPLE,
    subject=Subject.ROOMS,
    sources=(_RIEMER, Source(Mark.OWN, "the rules and their thresholds")),
    statement=_room_type,
    absent="no_typed_rooms",
    reach=WITHIN,
    scopes=frozenset({Scope.ORGANISATION, Scope.ROOM}),
    windows=_BOTH,
    categories=TYPES,
    single=frozenset({Scope.ROOM}),
)

ROOMS_AS_INTENDED = Metric(
    key="rooms_as_intended",
    label=Label(de="Räume wie gedacht", en="Rooms as intended"),
    meaning=Label(
        de="Wie viele Räume werden so genutzt, wie sie gedacht sind?",
        en="How many rooms are used as they are meant to be?",
    ),
    formula=Label(
        de="Räume, deren Art zum angegebenen Zweck passt (offiziell: Verkündung oder Auskunftsforum; Team und Projekt: Projektteam; "
        "Gemeinschaft: Fachgemeinschaft oder Auskunftsforum), geteilt durch alle, von denen Art und Zweck bekannt sind",
        en="rooms whose type fits the declared purpose (official: broadcast stream or information forum; team and project: project team; "
        "community: community of practice or information forum), divided by all of which type and purpose are known",
    ),
    limits=(
        Label(
            de="Den Zweck gibt die Organisation an; ein falsch angegebener sieht aus wie ein falsch genutzter Raum.",
            en="The organisation declares the purpose; a wrongly declared one looks like a wrongly used room.",
        ),
        _OWN_RULES,
        _QUIET,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.ROOMS,
    sources=(_RIEMER, Source(Mark.OWN, "which type fits which purpose")),
    statement=_as_intended,
    absent="no_typed_rooms",
    reach=WITHIN,
    scopes=frozenset({Scope.ORGANISATION}),
    windows=_BOTH,
)
