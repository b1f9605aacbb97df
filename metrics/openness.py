"""Archive or conversation: how much of what is read could be answered, and is?"""

from typing import Any

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
)

from connectors.activity import PersonKind
from metrics import facts as f
from metrics.clustered import kinds, per_person, share_cell
from metrics.metric import (
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Privacy,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)
from metrics.scoping import TELLABLE, belongs, distinct_number, grouping, number, reason, scope_key


def viewed() -> CTE:
    """Pages and posts viewed in each period of 28 days: by whom they are, how often, whether somebody answered lately."""
    v, p, r, day, period, told = (
        table.c for table in (f.viewing, f.post, f.response, f.period_day, f.period, f.content)
    )
    pulse = Window.DAYS28.value
    seen = (
        select(v.object, day.window, day.since, cast(func.sum(v.views), BigInteger).label("views"))
        .select_from(f.viewing)
        .join(f.period_day, and_(day.day == v.day, day.window == pulse))
        .group_by(v.object, day.window, day.since)
        .subquery("seen")
    )
    answered = (
        select(period.window, period.since, r.object)
        .select_from(f.response)
        .join(f.period, and_(r.day >= period.recent, r.day < period.until, period.window == pulse))
        .where(~r.reaction)
        .distinct()
        .subquery("lately")
    )
    s, a = seen.c, answered.c
    return (
        select(
            s.window,
            s.since,
            s.views,
            p.room,
            p.author,
            (func.coalesce(p.excluded, "") != PersonKind.SERVICE.value).label("human"),
            told.answerable,
            p.answerable.label("taken_for_answerable"),
            a.object.is_not(None).label("answered"),
        )
        .select_from(seen)
        .join(f.post, p.object == s.object)
        .outerjoin(f.content, told.object == p.object)
        .outerjoin(answered, and_(a.object == s.object, a.window == s.window, a.since == s.since))
        .where(s.views > 0)
        .cte("viewed")
    )


def _open_surface(scope: Scope) -> Select[Any]:
    v = viewed().c
    key = scope_key(scope, v)
    told = v.answerable.is_not(None)
    counted = and_(told, v.author.is_not(None))
    open_ = and_(counted, v.answerable)
    inner = (
        select(
            key.label("scope_key"),
            v.window,
            v.since,
            number(open_).label("numerator"),
            number(counted).label("denominator"),
            distinct_number(v.author, and_(counted, v.human)).label("people"),
            distinct_number(v.author, and_(open_, v.human)).label("affirming"),
            number(~told).label("undecided"),
            number(and_(told, v.author.is_(None))).label("excluded"),
        )
        .where(belongs(scope, v))
        .group_by(*grouping([key, v.window, v.since]))
        .subquery("surface")
    )
    s = inner.c
    return select(
        s.scope_key,
        s.window,
        s.since,
        cast(literal(""), String).label("category"),
        s.numerator,
        s.denominator,
        s.people,
        s.affirming,
        (s.excluded + s.undecided).label("excluded"),
        reason(
            (s.undecided * TELLABLE > s.denominator + s.undecided, "answerability_unknown"),
            (s.denominator == 0, "nothing_viewed"),
        ).label("reason"),
    )


def _weighted(scope: Scope) -> Select[Any]:
    v = viewed().c
    key: ColumnElement[str] = cast(scope_key(scope, v), String)
    placed = (
        select(
            key.label("scope_key"),
            v.window,
            v.since,
            v.author,
            v.human,
            v.views,
            v.answered,
        )
        .where(v.taken_for_answerable, belongs(scope, v))
        .cte("placed")
    )
    c = placed.c
    known = c.author.is_not(None)
    authored = select(placed).where(known).cte("authored")
    w = authored.c
    people = per_person(authored, case((w.answered, w.views), else_=0), w.views, w.author, w.human)
    counts = (
        select(
            c.scope_key,
            c.window,
            c.since,
            number(known).label("counted"),
            number(~known).label("excluded"),
        )
        .group_by(c.scope_key, c.window, c.since)
        .subquery("counts")
    )
    n = counts.c
    totals = select(
        n.scope_key, n.window, n.since, n.excluded, reason((n.counted == 0, "nothing_viewed")).label("reason")
    ).cte("totals")
    return kinds(people, totals, "part", "whole")


_OWN = Label(
    de="Dieses Maß ist unser eigenes; veröffentlichte Vergleichswerte gibt es nicht.",
    en="This measure is our own; there are no published values to compare with.",
)
_VIEWED = Label(
    de="Aufgerufen heißt: die Gesamtzahl der Aufrufe stieg zwischen zwei Beobachtungen, die höchstens 28 Tage auseinanderliegen. Ohne "
    "zwei solche Beobachtungen ist der Wert unbekannt. Inhalte unbekannter Autoren bleiben außen vor.",
    en="Viewed means: the total of views rose between two observations at most 28 days apart. Without two such observations the value "
    "is unknown. Contents of unknown authors are left out.",
)
_PULSE = frozenset({Window.DAYS28})

OPEN_SURFACE = Metric(
    key="open_surface",
    label=Label(de="Offene Fläche", en="Open surface"),
    meaning=Label(
        de="Auf wie viel von dem, was gelesen wird, kann man überhaupt antworten?",
        en="How much of what is read can be answered at all?",
    ),
    formula=Label(
        de="im Zeitraum aufgerufene Seiten und Beiträge, die Kommentare zulassen, geteilt durch alle aufgerufenen, von denen das "
        "bekannt ist",
        en="pages and posts viewed in the period that permit comments, divided by all viewed of which that is known",
    ),
    limits=(
        _OWN,
        _VIEWED,
        Label(
            de="Sagt die Plattform bei mehr als einem von zehn aufgerufenen Inhalten nicht, ob man antworten kann, ist der Wert "
            "unbekannt. Es gilt, was heute eingestellt ist, auch für frühere Zeiträume.",
            en="Where the platform does not tell for more than one in ten viewed contents whether they can be answered, the value is "
            "unknown. What is set today holds for earlier periods as well.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.VIEWS,
    subject=Subject.CONTENTS,
    sources=(Source(Mark.OWN, "open surface of what is viewed"),),
    statement=_open_surface,
    absent="no_view_data",
    scopes=frozenset({Scope.ORGANISATION, Scope.ROOM}),
    windows=_PULSE,
)

INTERACTIVE_SHARE_WEIGHTED = Metric(
    key="interactive_share_weighted",
    label=Label(de="Interaktiver Anteil der Aufrufe", en="Interactive share of views"),
    meaning=Label(
        de="Wie viel des Lesens gilt Inhalten, über die auch gesprochen wird?",
        en="How much of the reading goes to contents people also talk about?",
    ),
    formula=Label(
        de="Aufrufe von Seiten und Beiträgen mit mindestens einem Kommentar oder einer Antwort eines anderen Menschen in den 28 Tagen "
        "des Zeitraums, geteilt durch die Aufrufe aller, die eine Antwort zulassen",
        en="views of pages and posts with at least one comment or reply of another person in the 28 days of the period, divided by the "
        "views of all that permit an answer",
    ),
    limits=(
        _OWN,
        Label(
            de="Nach Aufrufen gewichtet zählt die Startseite so viel wie hundert Fachseiten: neben dem ungewichteten Anteil lesen. "
            "Liegt er höher als dieser, wird vor allem über Vielgelesenes gesprochen.",
            en="Weighted by views the start page counts as much as a hundred special pages: read it beside the unweighted share. Where "
            "it is higher, people mostly talk about what is read a lot.",
        ),
        _VIEWED,
        Label(
            de="Wo die Plattform nicht sagt, ob eine Antwort möglich ist, gilt sie als möglich. Reaktionen zählen hier nicht. Gehören "
            "mehr als die Hälfte der Aufrufe Inhalten eines Menschen, wird der Wert nicht gezeigt.",
            en="Where the platform does not tell whether an answer is possible, it counts as possible. Reactions do not count here. Where "
            "more than half of the views go to contents of one person, the value is not shown.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.VIEWS,
    subject=Subject.VIEWS,
    sources=(Source(Mark.OWN, "interactive share of what is viewed, weighted by views"),),
    statement=_weighted,
    absent="no_view_data",
    scopes=frozenset({Scope.ORGANISATION}),
    windows=_PULSE,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=share_cell,
)
