"""How alive are the rooms?"""

from typing import Any

from sqlalchemy import (
    BigInteger,
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
from metrics.metric import (
    SO_FAR,
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
from metrics.room_shares import room_shares
from metrics.scoping import distinct_number, reason

AUTHORS, VOICES = 3, 4
"""From this many authors and posts or replies on a room is active."""
ALONE = "60 days"
"""A room where nobody joined its first author for this long is stillborn."""
DORMANT, DEAD = 60, 120
"""Working days without any act."""

STATES = {
    "born": Label(de="geboren", en="born"),
    "active": Label(de="lebendig", en="active"),
    "stirring": Label(de="regt sich", en="stirring"),
    "stillborn": Label(de="nie in Gang gekommen", en="stillborn"),
    "dormant": Label(de="schläft", en="dormant"),
    "dead": Label(de="verlassen", en="dead"),
    "closed": Label(de="geschlossen", en="closed"),
}


def _states() -> CTE:
    """The state of every room that exists in a period; NULL while it is too young to have one."""
    d, day, p, life, seen, c = (
        table.c for table in (f.person_day, f.period_day, f.period, f.room_life, f.viewing, f.calendar)
    )
    spoken = d.creates + d.comments + d.replies + d.messages
    done = spoken + d.edits + d.reactions
    voices = (
        select(
            d.room,
            day.window,
            day.since,
            distinct_number(d.person, spoken > 0).label("authors"),
            func.sum(spoken).label("voices"),
        )
        .join(f.period_day, day.day == d.day)
        .group_by(d.room, day.window, day.since)
        .cte("voices")
    )
    days = (
        select(d.room, d.day, c.working)
        .join(f.calendar, c.day == d.day)
        .where(done > 0)
        .distinct()
        .cte("days")
    )
    latest = (
        select(
            days.c.room,
            p.window,
            p.since,
            func.max(days.c.day).label("day"),
            func.max(days.c.working).label("working"),
        )
        .join(f.period, days.c.day < p.until)
        .group_by(days.c.room, p.window, p.since)
        .cte("latest")
    )
    viewed = (
        select(seen.room, p.window, p.since, func.sum(seen.views).label("views"))
        .select_from(f.viewing)
        .join(f.calendar, c.day == seen.day)
        .join(f.period, and_(seen.day < p.until, c.working > p.working - DEAD))
        .group_by(seen.room, p.window, p.since)
        .cte("viewed")
    )

    def of_room(other: CTE) -> Any:
        return and_(other.c.room == life.room, other.c.window == p.window, other.c.since == p.since)

    joined = and_(life.born.is_not(None), life.born < p.until)
    quiet = p.working - latest.c.working
    state = case(
        (and_(life.archived, or_(life.latest.is_(None), life.latest < p.since)), "closed"),
        (and_(joined, life.born >= p.since), "born"),
        (and_(voices.c.authors >= AUTHORS, voices.c.voices >= VOICES), "active"),
        (latest.c.day >= p.since, "stirring"),
        (and_(~joined, life.start + interval(ALONE) <= p.until), "stillborn"),
        (latest.c.day.is_(None), cast(literal(None), String)),
        (quiet < DORMANT, "stirring"),
        (and_(quiet >= DEAD, viewed.c.views == 0), "dead"),
        else_="dormant",
    )
    return (
        select(life.room, p.window, p.since, state.label("state"))
        .select_from(f.room_life)
        .join(f.period, and_(life.start < p.until, or_(life.gone.is_(None), life.gone > p.since)))
        .outerjoin(voices, of_room(voices))
        .outerjoin(latest, of_room(latest))
        .outerjoin(viewed, of_room(viewed))
        .where(p.window == Window.DAYS28.value)
        .cte("states")
    )


def _people(states: CTE) -> CTE:
    """Who did something in which room in the period, with the room's state."""
    d, day, s = f.person_day.c, f.period_day.c, states.c
    done = d.creates + d.comments + d.replies + d.messages + d.edits + d.reactions
    return (
        select(s.room, s.window, s.since, s.state, d.person)
        .join(f.period_day, and_(day.window == s.window, day.since == s.since))
        .join(f.person_day, and_(d.room == s.room, d.day == day.day))
        .where(done > 0, s.state.is_not(None))
        .distinct()
        .cte("active")
    )


def _room_state(scope: Scope) -> Select[tuple[object, ...]]:
    states = _states()
    people = _people(states)
    s, who = states.c, people.c
    one = cast(literal(1), BigInteger)
    if scope is Scope.ROOM:
        acted = (
            select(who.room, who.window, who.since, func.count(who.person.distinct()).label("people"))
            .group_by(who.room, who.window, who.since)
            .cte("acted")
        )
        a = acted.c
        same = and_(a.room == s.room, a.window == s.window, a.since == s.since)
        number_of_people = func.coalesce(a.people, 0)
        return (
            select(
                s.room.label("scope_key"),
                s.window,
                s.since,
                func.coalesce(s.state, "").label("category"),
                one.label("numerator"),
                one.label("denominator"),
                number_of_people.label("people"),
                number_of_people.label("affirming"),
                cast(literal(0), BigInteger).label("excluded"),
                reason((s.state.is_(None), "too_young")).label("reason"),
            )
            .select_from(states)
            .outerjoin(acted, same)
        )
    names = union_all(*(select(cast(literal(name), String).label("name")) for name in STATES)).cte("names")
    return room_shares(
        states,
        people,
        names,
        lambda columns: columns.state == names.c.name,
        lambda columns: columns.state.is_not(None),
        absent="no_rooms",
    )


ROOM_STATE = Metric(
    key="room_state",
    label=Label(de="Zustand der Räume", en="Room state"),
    meaning=Label(
        de="Welche Räume leben, welche schlafen, welche kamen nie in Gang?",
        en="Which rooms are alive, which are asleep, which never got going?",
    ),
    formula=Label(
        de="Räume in jedem Zustand, geteilt durch alle Räume mit bekanntem Zustand. Der erste passende Zustand gilt: "
        "geschlossen (archiviert und im Zeitraum still); geboren (erstmals schrieb jemand anderes als der erste Autor); "
        "lebendig (mindestens 3 Autoren und 4 Beiträge oder Antworten); regt sich (irgendeine Handlung im Zeitraum, oder "
        "die letzte liegt weniger als 60 Arbeitstage zurück); nie in Gang gekommen (60 Tage ohne zweiten Autor); verlassen "
        "(120 Arbeitstage nichts, und Aufrufzahlen zeigen, dass niemand liest); sonst schläft er",
        en="rooms in each state, divided by all rooms of a known state. The first state that fits holds: closed (archived "
        "and silent in the period); born (for the first time somebody else than the first author wrote); active (at least 3 "
        "authors and 4 posts or replies); stirring (any act in the period, or the last one less than 60 working days ago); "
        "stillborn (60 days without a second author); dead (nothing for 120 working days, and view counts show that nobody "
        "reads); otherwise dormant",
    ),
    limits=(
        Label(
            de="Eine Summe der Lebendigkeit gibt es bewusst nicht: ein stiller Raum, der gelesen wird, kann gesund sein, und "
            "ein geschlossener hat oft sein Ziel erreicht.",
            en="There is no single score of vitality on purpose: a silent room that is read may be healthy, and a closed one "
            "has often reached its goal.",
        ),
        Label(
            de="Ohne Aufrufzahlen gilt kein Raum als verlassen, nur als schlafend.",
            en="Without view counts no room counts as dead, only as dormant.",
        ),
        Label(
            de="Räume mit Saison (Messe, Prüfung) und Räume, die über Mail oder Chat leben, wirken stiller, als sie sind. Wann "
            "archiviert wurde, ist nicht bekannt: ein heute archivierter Raum zählt ab seiner letzten Handlung als "
            "geschlossen.",
            en="Seasonal rooms (fair, audit) and rooms that live through mail or chat look more silent than they are. When a "
            "room was archived is not known: a room archived today counts as closed after its last act.",
        ),
        Label(
            de="Arbeitstage sind die der Organisation, ohne Feiertage ihrer Region und Betriebsruhe, soweit sie erklärt sind.",
            en="Working days are the organisation's, without public holidays of its region and shutdowns as far as they are declared.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.RESPONSES,
    subject=Subject.ROOMS,
    sources=(
        Source(Mark.OWN, "the states and their thresholds"),
        Source(
            Mark.READ,
            "Kraut and Fiore 2014; Matthews et al. 2013; Cunha et al. 2019: no single measure of success",
        ),
    ),
    statement=_room_state,
    absent="no_rooms",
    reach=SO_FAR,
    scopes=frozenset({Scope.ORGANISATION, Scope.ROOM}),
    windows=frozenset({Window.DAYS28}),
    categories=STATES,
    single=frozenset({Scope.ROOM}),
)
