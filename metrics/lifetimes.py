"""How long do rooms live, and how long until somebody joins in?"""

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
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

from metrics import facts as f
from metrics.looking_back import acts
from metrics.metric import (
    Cell,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Row,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)
from metrics.survival import Survival, kaplan_meier
from metrics.vitality import DORMANT

FEWEST = 10
"""Of fewer rooms nothing is told."""
PARTS = 10_000
"""Estimates are given in so many parts, since numerator and denominator are integers."""
_HALF_YEAR = Window.WEEKS26.value
AGES = {
    "days_90": (90, Label(de="nach 90 Tagen", en="after 90 days")),
    "days_180": (180, Label(de="nach 180 Tagen", en="after 180 days")),
    "days_365": (365, Label(de="nach 365 Tagen", en="after 365 days")),
}


def births() -> CTE:
    """Every room with its first known day, and whether it came about on it.

    That is not known where the platform does not tell, or where a relaunch brought it along. `observed` is the first day of its
    source's log: a room that ended before it would not be known to have lived.
    """
    r, life, log = f.room.c, f.room_life.c, f.entry.c
    logged = select(log.source, func.min(log.day).label("day")).group_by(log.source).subquery("logged")
    return (
        select(
            r.key.label("room"),
            life.start.label("day"),
            and_(r.created.is_not(None), f.brought_day.c.day.is_(None)).label("known"),
            func.coalesce(logged.c.day, life.start).label("observed"),
            life.born,
            life.archived,
            life.gone,
        )
        .select_from(f.room)
        .join(f.room_life, life.room == r.key)
        .outerjoin(f.brought_day, f.brought_day.c.day == r.created)
        .outerjoin(logged, logged.c.source == r.source)
        .cte("births")
    )


def latest_acts() -> CTE:
    """Per room and half-year: the last day up to its end on which a human did something in it."""
    d, p = f.person_day.c, f.period.c
    days = select(d.room, d.day).where(acts(d) > 0).distinct().subquery("days")
    return (
        select(days.c.room, p.since, func.max(days.c.day).label("day"))
        .select_from(days)
        .join(f.period, and_(days.c.day < p.until, p.window == _HALF_YEAR))
        .group_by(days.c.room, p.since)
        .cte("latest")
    )


def _survival(scope: Scope) -> Select[Any]:
    b, latest = (rooms := births()).c, latest_acts()
    p, last, c = f.period.c, latest.c, f.calendar.c
    ended = func.greatest(func.coalesce(last.day, b.day), b.day)
    # What ended before the calendar begins has been silent for longer than it reaches.
    silent = p.working - func.coalesce(c.working, 0) >= DORMANT
    gone = func.coalesce(b.gone < p.until, False)
    event = and_(silent, ~b.archived, ~gone)
    # Who still lives was seen alive up to the end of the period, who was closed or is gone up to its last act.
    end = case((or_(event, b.archived, gone), ended), else_=p.until)
    entered = func.greatest(b.observed, b.day)
    lives = (
        select(
            p.since,
            b.day.label("began"),
            entered.label("entered"),
            end.label("ended"),
            event.label("died"),
            and_(b.known, or_(entered == b.day, entered < end)).label("known"),
        )
        .select_from(rooms)
        .join(f.period, and_(p.window == _HALF_YEAR, b.day < p.until))
        .outerjoin(latest, and_(last.room == b.room, last.since == p.since))
        .outerjoin(f.calendar, c.day == ended)
        .cte("lives")
    )
    return _observations(lives, tuple(AGES))


def _observations(lives: CTE, categories: tuple[str, ...]) -> Select[Any]:
    """Per half-year and category: how many rooms were followed from when to when, and of how many nothing is known."""
    v = lives.c
    alike = (
        select(
            v.since,
            v.began,
            v.entered,
            v.ended,
            v.died,
            func.count().label("rooms"),
        )
        .where(v.known)
        .group_by(v.since, v.began, v.entered, v.ended, v.died)
        .subquery("alike")
    )
    unknown = (
        select(v.since, func.count().label("excluded")).where(~v.known).group_by(v.since).subquery("unknown")
    )
    halves = select(v.since).distinct().cte("halves")
    names = union_all(*(select(cast(literal(name), String).label("name")) for name in categories)).cte(
        "names"
    )
    a, u, h = alike.c, unknown.c, halves.c
    none = cast(null(), BigInteger)
    return (
        select(
            cast(literal(""), String).label("scope_key"),
            cast(literal(_HALF_YEAR), String).label("window"),
            h.since,
            names.c.name.label("category"),
            a.began,
            a.entered,
            a.ended,
            a.died,
            a.rooms,
            none.label("people"),
            none.label("affirming"),
            func.coalesce(u.excluded, 0).label("excluded"),
        )
        .select_from(halves)
        .join(names, literal(True))
        .outerjoin(alike, a.since == h.since)
        .outerjoin(unknown, u.since == h.since)
    )


def _unknown(row: Row, why: str) -> Cell:
    return Cell(None, None, None, None, row["excluded"], why)


def _estimated(rows: list[Row]) -> Survival | str:
    """The estimate over days of age, or why there is none."""
    lives = [row for row in rows if row["rooms"]]
    if not lives:
        return "births_unknown" if rows[0]["excluded"] else "no_rooms"
    # The curve begins with those that were seen from their first day.
    if sum(row["rooms"] for row in lives if row["entered"] == row["began"]) < FEWEST:
        return "few_rooms"
    return kaplan_meier(
        [(row["ended"] - row["began"]).days for row in lives],
        [row["died"] for row in lives],
        [row["rooms"] for row in lives],
        [(row["entered"] - row["began"]).days for row in lives],
    )


def survival_cell(rows: list[Row]) -> Cell:
    """The share of rooms still alive at an age, in ten-thousandths."""
    estimate, (age, _) = _estimated(rows), AGES[rows[0]["category"]]
    if isinstance(estimate, str):
        return _unknown(rows[0], estimate)
    if max((row["ended"] - row["began"]).days for row in rows) < age:
        return _unknown(rows[0], "not_enough_history")
    low, high = estimate.interval_after(age)
    share = round(PARTS * estimate.after(age))
    return Cell(share, PARTS, None, None, rows[0]["excluded"], low=low, high=high)


def _first_voice(scope: Scope) -> Select[Any]:
    """Rooms that came about in the half-year, followed up to the horizon."""
    b, p, h = (rooms := births()).c, f.period.c, f.horizon.c
    joined = b.born.is_not(None)
    followed = func.greatest(func.least(func.coalesce(b.gone, h.day), h.day), b.day)
    lives = (
        select(
            p.since,
            b.day.label("began"),
            b.day.label("entered"),
            case((joined, b.born), else_=followed).label("ended"),
            joined.label("died"),
            # What happened in it before its source's log begins is not known.
            and_(b.known, b.observed <= b.day).label("known"),
        )
        .select_from(rooms)
        .join(f.horizon, literal(True))
        .join(f.period, and_(p.window == _HALF_YEAR, b.day >= p.since, b.day < p.until))
        .cte("lives")
    )
    return _observations(lives, ("",))


def first_voice_cell(rows: list[Row]) -> Cell:
    """The median in days."""
    estimate = _estimated(rows)
    if isinstance(estimate, str):
        return _unknown(rows[0], estimate)
    if estimate.median is None:
        return _unknown(rows[0], "not_reached")
    low, high = estimate.median_interval()
    return Cell(int(estimate.median), 1, None, None, rows[0]["excluded"], low=low, high=high)


_BORN = Label(
    de="Räume, von denen die Plattform nicht sagt, wann sie entstanden, und solche, die ein Relaunch oder eine Migration mitbrachte, "
    "bleiben außen vor; ihre Zahl wird mitgeführt.",
    en="Rooms of which the platform does not tell when they came about, and those a relaunch or migration brought along, are left out; "
    "their number is kept.",
)
_FEW = Label(
    de=f"Bei weniger als {FEWEST} Räumen bleibt der Wert unbekannt.",
    en=f"With fewer than {FEWEST} rooms the value stays unknown.",
)
_ORGANISATION, _HALF_YEARS = frozenset({Scope.ORGANISATION}), frozenset({Window.WEEKS26})
_ESTIMATE = Source(Mark.KNOWN, "Kaplan and Meier 1958; Greenwood 1926")

ROOM_SURVIVAL = Metric(
    key="room_survival",
    label=Label(de="Überleben der Räume", en="Room survival"),
    meaning=Label(
        de="Wie viele Räume leben nach drei, sechs und zwölf Monaten noch?",
        en="How many rooms are still alive after three, six and twelve months?",
    ),
    formula=Label(
        de="Kaplan-Meier-Schätzung des Anteils der Räume, die in diesem Alter noch lebten: von der Entstehung bis zur letzten Handlung, "
        "wenn ihr am Ende des Zeitraums mindestens 60 stille Arbeitstage folgten. Lebende, archivierte und gelöschte Räume gelten als "
        "so lange beobachtet, wie man sie leben sah; Räume, die älter sind als die Daten, ab deren Beginn",
        en="Kaplan-Meier estimate of the share of rooms still alive at that age: from their beginning to the last act, if it was followed "
        "by at least 60 silent working days up to the end of the period. Rooms that live, were archived or deleted count as followed "
        "for as long as they were seen alive; rooms older than the data from where these begin",
    ),
    limits=(
        Label(
            de="Still ist nicht tot: wer gelesen wird oder nur einmal im Jahr gebraucht wird, kann gesund sein, und ein Raum kann wieder "
            "aufwachen.",
            en="Silent is not dead: a room that is read, or needed once a year, may be healthy, and a room can wake up again.",
        ),
        Label(
            de="Ein archivierter Raum hat seinen Zweck erfüllt und gilt nicht als gestorben; wer tote Räume archiviert, hebt damit den Wert.",
            en="An archived room has served its purpose and does not count as dead; archiving dead rooms therefore raises the value.",
        ),
        _BORN,
        _FEW,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.CONTENT,
    subject=Subject.ROOMS,
    sources=(
        _ESTIMATE,
        Source(
            Mark.READ,
            "Kraut and Fiore 2014: 57 % of 472,231 new online groups had ceased within three months",
        ),
        Source(Mark.OWN, "60 silent working days as the end of a room"),
    ),
    statement=_survival,
    absent="no_rooms",
    scopes=_ORGANISATION,
    windows=_HALF_YEARS,
    categories={name: label for name, (_, label) in AGES.items()},
    interval=Interval.GREENWOOD,
    cell=survival_cell,
)

TIME_TO_FIRST_VOICE = Metric(
    key="time_to_first_voice",
    label=Label(de="Zeit bis zur zweiten Stimme", en="Time to the second voice"),
    meaning=Label(
        de="Wie viele Tage dauert es, bis in einem neuen Raum jemand anderes schreibt?",
        en="How many days does it take until somebody else writes in a new room?",
    ),
    formula=Label(
        de="Kaplan-Meier-Median der Tage von der Entstehung eines Raums im Zeitraum bis zum ersten Beitrag, Kommentar oder zur ersten "
        "Antwort eines anderen als des ersten Autors; Räume ohne zweite Stimme gelten als so lange offen, wie sie beobachtet wurden",
        en="Kaplan-Meier median of the days from the beginning of a room in the period to the first post, comment or reply of somebody "
        "else than its first author; rooms without a second voice count as open for as long as they were followed",
    ),
    limits=(
        Label(
            de="Der Wert eines Halbjahrs kann sich noch ändern, solange Räume ohne zweite Stimme weiter beobachtet werden.",
            en="The value of a half-year can still change while rooms without a second voice are being followed.",
        ),
        _BORN,
        _FEW,
    ),
    unit=Measure.DAYS,
    direction=Direction.DOWN,
    tier=Tier.RESPONSES,
    subject=Subject.ROOMS,
    sources=(_ESTIMATE, Source(Mark.OWN, "time to the first contribution of another person")),
    statement=_first_voice,
    absent="no_rooms",
    scopes=_ORGANISATION,
    windows=_HALF_YEARS,
    interval=Interval.GREENWOOD,
    cell=first_voice_cell,
)
