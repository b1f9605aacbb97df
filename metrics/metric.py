"""What a metric is: a declared value, and the statement that counts it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Select


@dataclass(frozen=True, slots=True)
class Label:
    """The same words in both languages."""

    de: str
    en: str


class Scope(StrEnum):
    ORGANISATION = "organisation"
    ROOM = "room"
    UNIT = "unit"


class Window(StrEnum):
    WEEK = "week"
    """An ISO week."""
    DAYS28 = "days28"
    """28 days from every fourth Monday, counted from 2000-01-03; windows never overlap."""
    WEEKS26 = "weeks26"
    """Half a year: 26 weeks from every 26th Monday, counted from 2000-01-03; windows never overlap."""


class Measure(StrEnum):
    """The unit a value is in: `numerator / denominator`."""

    SHARE = "share"
    """0 to 1."""
    HOURS = "hours"
    DAYS = "days"
    RATIO = "ratio"
    """So many of one for each of the other: 0 and up."""
    NUMBER = "number"
    """A mean or median count."""
    INDEX = "index"
    """-1 to 1."""


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    NEUTRAL = "neutral"


class Tier(StrEnum):
    """What data a metric needs at least; without them it is unknown, never 0."""

    CONTENT = "T0"
    """Contents with author and date."""
    RESPONSES = "T1"
    """And replies and reactions with actor and parent."""
    VIEWS = "T2"
    """And views."""
    PEOPLE = "T3"
    """And membership, unit and level of leadership."""


class Mark(StrEnum):
    """How well a definition is founded."""

    READ = "R"
    """Read at the source named."""
    KNOWN = "K"
    """Known from the literature."""
    OWN = "D"
    """Our own derivation or proposal; no authority behind it."""


class Subject(StrEnum):
    """What the denominator counts."""

    PEOPLE = "people"
    POSTS = "posts"
    CONTENTS = "contents"
    THREADS = "threads"
    TIES = "ties"
    """Pairs of people of whom one answered or reacted to the other."""
    UNITS = "units"
    ROOMS = "rooms"
    VIEWS = "views"
    """Views, behind which the people stand whose contents were viewed."""
    MEMBERSHIPS = "memberships"
    """Members of rooms, each as often as they are in one."""
    DAYS = "days"
    """Days or weeks, each as often as somebody could have taken part in it."""
    CONTRIBUTIONS = "contributions"
    """Comments, replies, edits, messages and new contents."""


class Privacy(StrEnum):
    """What has to be watched when a value is shown."""

    AGGREGATE = "L"
    """Safe as a value of enough people."""
    DOMINANCE = "M"
    """One or few people can make up most of it."""
    PERSON = "H"
    """Computed from what single people did: only shares of many ever leave."""


class Interval(StrEnum):
    """Where the interval of a value comes from."""

    WILSON = "wilson"
    """The score interval of a share of people, computed when it is published."""
    BOOTSTRAP = "bootstrap"
    """Resampling people (or rooms) with all they did: for ratios of sums."""
    GREENWOOD = "greenwood"
    """Of a Kaplan-Meier estimate."""
    SIMULATED = "simulated"
    """The span of what was drawn to compute the value: permutations, people, repeated runs."""
    NONE = "none"
    """Nothing was sampled, or no interval is known."""


@dataclass(frozen=True, slots=True)
class Source:
    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What a statement reads for a period [since, until): only days from `before` days before it to `after` days after it.

    None is without end. A date beyond is known to it only as "earlier" or "later"; how many working days the data go on after
    the period counts as within, up to 28. Of tables with a row for each window it reads only that of the period itself.
    """

    before: int | None = None
    after: int | None = None


WITHIN = Reach(0, 0)
"""The days of the period only. What came of them later stands in their own rows: an answer, a deletion."""
SO_FAR = Reach(None, 0)
"""And everything before."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One counted value.

    `numerator` and `denominator` are None, and `reason` says why, where nothing can be said. `people` is how many
    distinct people stand behind the denominator, `affirming` how many behind the numerator. `excluded` is how many
    activities or contents were left out. `low` and `high` are the ends of a 95 % interval in the metric's unit, where the
    metric computes its own. `largest` is the most of the denominator that one person stands for, where one can stand for
    more than one.
    """

    numerator: int | None
    denominator: int | None
    people: int | None
    affirming: int | None
    excluded: int
    reason: str | None = None
    low: float | None = None
    high: float | None = None
    largest: int | None = None


Row = Mapping[str, Any]
Statement = Callable[[Scope], Select[Any]]


def cell(rows: list[Row]) -> Cell:
    """The cell of a statement that has one row for each."""
    (row,) = rows
    if row["reason"] is not None:
        return Cell(None, None, None, None, row["excluded"], row["reason"])
    return Cell(
        row["numerator"],
        row["denominator"],
        row["people"],
        row["affirming"],
        row["excluded"],
        largest=row.get("largest"),
    )


@dataclass(frozen=True, slots=True)
class Metric:
    """A declared metric.

    `statement` gives for a scope rows with the columns `scope_key`, `window`, `since`, `category` and what `cell` makes
    a `Cell` of: by default numerator, denominator, people, affirming, excluded, and a reason where the value is unknown.
    Where it gives no row the value is unknown for the reason `absent`. A value is computed anew only if something within
    `reach` changed. A metric with `categories` is a partition: its
    cells of one scope key and period share the denominator, and numerators add up to it unless some of them are unknown; in the
    scopes `single` exactly one category holds and only that one is given.
    """

    key: str
    label: Label
    meaning: Label
    formula: Label
    limits: tuple[Label, ...]
    unit: Measure
    direction: Direction
    tier: Tier
    subject: Subject
    sources: tuple[Source, ...]
    statement: Statement
    absent: str
    scopes: frozenset[Scope] = frozenset(Scope)
    windows: frozenset[Window] = frozenset(Window)
    categories: Mapping[str, Label] = field(default_factory=dict)
    single: frozenset[Scope] = frozenset()
    privacy: Privacy = Privacy.AGGREGATE
    interval: Interval = Interval.NONE
    reach: Reach = Reach()
    step: float | None = None
    """What a shown value is rounded to, where it has to be coarser than its unit's."""
    cell: Callable[[list[Row]], Cell] = cell


REASONS: Mapping[str, Label] = {
    "before_first_activity": Label(
        de="vor der ersten bekannten Aktivität", en="before the first known activity"
    ),
    "no_members": Label(de="es ist nicht bekannt, wer dazugehört", en="it is not known who belongs to it"),
    "no_posts": Label(de="keine Beiträge im Zeitraum", en="no posts in the period"),
    "not_old_enough": Label(
        de="die Beiträge sind noch zu jung, um es zu sagen", en="the posts are too recent to tell"
    ),
    "undated_reactions": Label(
        de="bei zu vielen Beiträgen oder Menschen ist unbekannt, wann reagiert wurde",
        en="for too many posts or people it is not known when people reacted",
    ),
    "reactions_not_observed": Label(
        de="zu viele Reaktionen sind noch nicht gelesen worden",
        en="too many reactions have not been read yet",
    ),
    "not_reached": Label(
        de="weniger als die Hälfte wurde beantwortet, es gibt keinen Median",
        en="fewer than half were answered, so there is no median",
    ),
    "no_view_data": Label(de="keine Angaben zu Aufrufen", en="no view data"),
    "nothing_viewed": Label(de="nichts davon wurde aufgerufen", en="nothing of it was viewed"),
    "no_rooms": Label(de="keine Räume mit bekanntem Zustand", en="no rooms of a known state"),
    "too_young": Label(de="der Raum ist noch zu jung", en="the room is still too young"),
    "no_ties": Label(de="keine Verbindungen im Zeitraum", en="no ties in the period"),
    "few_ties": Label(de="zu wenige Verbindungen, um etwas zu sagen", en="too few ties to say anything"),
    "network_too_small": Label(
        de="zu wenige verbundene Menschen für diese Kennzahl", en="too few connected people for this metric"
    ),
    "units_unknown": Label(
        de="bei zu vielen Menschen ist die Abteilung unbekannt",
        en="for too many people the unit is not known",
    ),
    "one_unit": Label(de="es gibt nur eine Abteilung", en="there is only one unit"),
    "no_viewer_data": Label(
        de="es ist nicht bekannt, wer etwas aufgerufen hat", en="it is not known who viewed anything"
    ),
    "nobody_active": Label(de="im Zeitraum hat niemand mitgemacht", en="nobody took part in the period"),
    "no_working_days": Label(de="der Zeitraum hat keine Arbeitstage", en="the period has no working days"),
    "not_enough_history": Label(
        de="die Daten reichen noch nicht weit genug zurück", en="the data do not reach back far enough yet"
    ),
    "no_contributors": Label(de="niemand hat etwas beigetragen", en="nobody contributed anything"),
    "no_starters": Label(
        de="niemand hat damals zum ersten Mal mitgemacht", en="nobody took part for the first time back then"
    ),
    "few_contributors": Label(
        de="zu wenige Beitragende für eine Aussage über die Verteilung",
        en="too few contributors to speak of a distribution",
    ),
    "no_units": Label(de="keine Einheit mit genügend Menschen", en="no unit with enough people"),
    "no_typed_rooms": Label(de="keine Räume mit bekannter Art", en="no rooms of a known type"),
    "no_busy_rooms": Label(
        de="in keinem Raum geschieht genug, um etwas zu sagen", en="in no room enough happens to say anything"
    ),
    "too_quiet": Label(de="im Raum geschieht zu wenig", en="too little happens in the room"),
    "too_few_people": Label(de="im Raum sind zu wenige Menschen", en="too few people are in the room"),
    "few_rooms": Label(de="zu wenige Räume für eine Aussage", en="too few rooms to say anything"),
    "births_unknown": Label(
        de="von keinem Raum ist bekannt, wann er entstand", en="of no room it is known when it came about"
    ),
    "owners_unknown": Label(
        de="es ist nicht bekannt, wem die Räume gehören", en="it is not known who owns the rooms"
    ),
    "editors_unknown": Label(
        de="bei zu vielen Seiten ist nicht bekannt, wer sie bearbeitete",
        en="for too many pages it is not known who edited them",
    ),
    "no_pages": Label(de="keine Seite wurde bearbeitet", en="no page was edited"),
    "officials_not_declared": Label(
        de="es ist nicht festgelegt, wer für die Organisation spricht",
        en="it is not declared who speaks for the organisation",
    ),
    "officials_unknown": Label(
        de="bei zu vielen Beiträgen ist nicht bekannt, ob sie offiziell sind",
        en="for too many posts it is not known whether they are official",
    ),
    "no_official_posts": Label(
        de="keine offiziellen Beiträge im Zeitraum", en="no official posts in the period"
    ),
    "no_staff_posts": Label(
        de="keine Beiträge der Belegschaft im Zeitraum", en="no posts of staff in the period"
    ),
    "nothing_said": Label(
        de="niemand hat sich unter offiziellen Beiträgen gemeldet", en="nobody spoke up under official posts"
    ),
    "answerability_unknown": Label(
        de="bei zu vielen Inhalten ist nicht bekannt, ob man darauf antworten kann",
        en="for too many contents it is not known whether they can be answered",
    ),
    "no_leaders": Label(
        de="es ist nicht bekannt, wer zu den obersten beiden Führungsebenen gehört",
        en="it is not known who belongs to the top two levels of leadership",
    ),
    "few_leaders_wrote": Label(
        de="zu wenige Führungskräfte schrieben etwas, oder keine",
        en="too few leaders wrote anything, or none",
    ),
    "nothing_to_compare": Label(
        de="kein Raum hat in einem Monat beides: Beiträge mit und ohne Führungskraft",
        en="no room has both in any month: posts with and without a leader",
    ),
    "no_reaction_data": Label(de="die Quelle nennt keine Reaktionen", en="the source tells of no reactions"),
    "nothing_answered": Label(de="auf keinen Beitrag kam etwas zurück", en="nothing came back on any post"),
    "no_questions_marked": Label(
        de="keine Plattform kennzeichnet Fragen", en="no platform marks questions as such"
    ),
    "no_official_pages": Label(
        de="keine Seiten in einem als offiziell ausgewiesenen Raum", en="no pages in a room declared official"
    ),
    "age_unknown": Label(
        de="bei zu vielen Seiten ist nicht bekannt, wann zuletzt jemand sie änderte",
        en="for too many pages it is not known when somebody last changed them",
    ),
    "page_owners_unknown": Label(
        de="bei zu vielen Seiten ist nicht bekannt, wer sie anlegte und änderte",
        en="for too many pages it is not known who made and changed them",
    ),
    "pages_too_young": Label(
        de="die Seiten sind noch zu jung, um es zu sagen", en="the pages are too recent to tell"
    ),
    "retention": Label(
        de="die Einzeldaten dafür sind nach Ablauf ihrer Aufbewahrung gelöscht",
        en="the single data for it were deleted when their retention ended",
    ),
    "gone": Label(de="den Raum gibt es nicht mehr", en="the room no longer exists"),
}
"""Why a value can be unknown."""
