"""Does anybody answer?"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from connectors.activity import ContentType
from metrics import facts as f
from metrics.authored import by_author, no_posts, rate_cell, too_many, waiting
from metrics.metric import (
    WITHIN,
    Cell,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Privacy,
    Row,
    Scope,
    Source,
    Statement,
    Subject,
    Tier,
    Window,
)
from metrics.scoping import TELLABLE, cells, distinct_number, number, reason, same_cell
from metrics.survival import kaplan_meier

ANSWERED_WITHIN = 7
"""Working days."""
FOLLOWED = 28 * 24 * 60 * 60
"""Seconds a content is followed; it makes a value final 28 days after its period."""

WORKING_DAYS = Label(
    de="Arbeitstage sind die am Standort der Person, die den Beitrag schrieb, ohne Feiertage und Betriebsruhe; ist kein eigener "
    "Kalender hinterlegt, gilt der des Unternehmens, und ohne Region sind es Montag bis Freitag.",
    en="Working days are those of the author's site, without public holidays and company shutdown; without a calendar of its own "
    "the organisation's holds, and without a region they are Monday to Friday.",
)
NO_NEED = Label(
    de="Nicht jeder Beitrag braucht eine Antwort: eine reine Mitteilung zählt wie eine Frage.",
    en="Not every post needs an answer: a mere announcement counts like a question.",
)
LEFT_OUT = Label(
    de="Nicht dabei sind Beiträge von Systemkonten und Unbekannten, Massenimporte (mehr als 20 Inhalte einer Person in zehn "
    "Minuten) und Beiträge, die vor Ablauf der Frist gelöscht wurden; ihre Zahl wird mitgeführt. Antworten auf sich selbst "
    "und von Systemkonten zählen nicht.",
    en="Left out are posts of service accounts and unknown authors, bulk imports (more than 20 contents of one person within "
    "ten minutes) and posts deleted before the time was up; their number is kept. Answers to oneself and of service accounts "
    "do not count.",
)
UNIT = Label(
    de="Bei Abteilungen zählen die Beiträge ihrer Menschen, gleich wer antwortet.",
    en="For units the posts of their people count, whoever answers.",
)


def rates(
    scope: Scope,
    *,
    relevant: ColumnElement[bool],
    early: ColumnElement[bool],
    old: ColumnElement[bool],
    answered: ColumnElement[bool],
    undecided: ColumnElement[bool],
) -> Select[Any]:
    """Answered contents by contents; each condition is never NULL."""
    p = f.post.c
    known = and_(relevant, p.excluded.is_(None), ~early)
    counted = and_(known, old, ~undecided)
    inner = cells(
        scope,
        f.post,
        number(and_(counted, answered)).label("numerator"),
        number(counted).label("denominator"),
        distinct_number(p.author, counted).label("people"),
        distinct_number(p.author, and_(counted, answered)).label("affirming"),
        number(and_(relevant, or_(p.excluded.is_not(None), early))).label("excluded"),
        number(and_(known, old, undecided)).label("undecided"),
        number(and_(known, ~old)).label("pending"),
    ).subquery("rates")
    r = inner.c
    return select(
        r.scope_key,
        r.window,
        r.since,
        cast(literal(""), String).label("category"),
        r.numerator,
        r.denominator,
        r.people,
        r.affirming,
        (r.excluded + r.undecided).label("excluded"),
        reason(
            (r.undecided * TELLABLE > r.denominator + r.undecided, "undated_reactions"),
            (and_(r.denominator == 0, r.pending > 0), "not_old_enough"),
            (r.denominator == 0, "no_posts"),
        ).label("reason"),
    )


def _response_rate(lax: bool) -> Statement:
    def statement(scope: Scope) -> Select[Any]:
        p = f.post.c
        posts = p.content_type == ContentType.POST.value
        deadline = p.working + ANSWERED_WITHIN
        written = func.coalesce(p.commented <= deadline, False)
        answered = or_(written, func.coalesce(p.reacted <= deadline, False)) if lax else written
        early, old = func.coalesce(p.deleted <= deadline, False), p.horizon > deadline
        known = and_(posts, p.excluded.is_(None), ~early)
        # A reaction first seen after the deadline may have come before it.
        undecided = and_(known, old, ~answered, p.undated > 0) if lax else false()
        return by_author(
            scope,
            f.post,
            windows=tuple(Window),
            left_out=and_(posts, or_(p.excluded.is_not(None), early)),
            counted=and_(known, old, ~undecided),
            part=case((answered, 1), else_=0),
            whole=literal(1),
            undecided=undecided,
            pending=and_(known, ~old),
            reasons=lambda s: ((too_many(s.undecided, s), "undated_reactions"), waiting(s), no_posts(s)),
        )

    return statement


def _first_response(scope: Scope) -> Select[Any]:
    p = f.post.c
    posts = p.content_type == ContentType.POST.value
    known = and_(posts, p.excluded.is_(None))
    totals = cells(
        scope,
        f.post,
        distinct_number(p.author, known).label("people"),
        distinct_number(p.author, and_(known, p.answered)).label("affirming"),
        number(and_(posts, p.excluded.is_not(None))).label("excluded"),
    ).subquery("totals")
    sample = (
        cells(scope, f.post, p.waited, p.answered, number(true()).label("equal"))
        .where(known)
        .group_by(p.waited, p.answered)
        .subquery("sample")
    )
    t, s = totals.c, sample.c
    return (
        select(
            t.scope_key,
            t.window,
            t.since,
            cast(literal(""), String).label("category"),
            t.people,
            t.affirming,
            t.excluded,
            s.waited,
            s.answered,
            cast(func.coalesce(s.equal, 0), BigInteger).label("equal"),
        )
        .select_from(totals)
        .outerjoin(sample, same_cell(t, s))
    )


def median_cell(rows: list[Row]) -> Cell:
    """The Kaplan-Meier median in whole minutes over 60, from how many working seconds posts waited."""
    first, sample = rows[0], [row for row in rows if row["equal"]]
    if not sample:
        return Cell(None, None, None, None, first["excluded"], "no_posts")
    waited = kaplan_meier(
        [row["waited"] for row in sample],
        [row["answered"] for row in sample],
        [row["equal"] for row in sample],
    )
    if waited.median is None:
        return Cell(None, None, None, None, first["excluded"], "not_reached")
    low, high = waited.median_interval()
    return Cell(
        int(waited.median // 60),
        60,
        first["people"],
        first["affirming"],
        first["excluded"],
        low=None if low is None else low / 3600,
        high=None if high is None else high / 3600,
    )


RESPONSE_RATE = Metric(
    key="response_rate",
    label=Label(de="Antwortquote", en="Response rate"),
    meaning=Label(
        de="Wie oft schreibt jemand zurück, wenn jemand etwas veröffentlicht?",
        en="How often does somebody write back when somebody publishes something?",
    ),
    formula=Label(
        de="Beiträge des Zeitraums, auf die binnen 7 Arbeitstagen ein anderer Mensch mit einem Kommentar oder einer Antwort "
        "reagierte, geteilt durch alle Beiträge des Zeitraums, deren 7 Arbeitstage um sind",
        en="posts of the period that another person commented on or replied to within 7 working days, divided by all posts of "
        "the period whose 7 working days are over",
    ),
    limits=(NO_NEED, LEFT_OUT, UNIT, WORKING_DAYS),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.POSTS,
    sources=(
        Source(Mark.READ, "SWOOP Analytics: response rate, responded and unresponded posts"),
        Source(Mark.OWN, "7 working days"),
    ),
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    statement=_response_rate(lax=False),
    absent="no_posts",
    reach=WITHIN,
    cell=rate_cell,
)

RESPONSE_RATE_LAX = Metric(
    key="response_rate_lax",
    label=Label(de="Resonanzquote", en="Resonance rate"),
    meaning=Label(
        de="Wie oft kommt auf einen Beitrag irgendetwas zurück, und sei es ein Klick?",
        en="How often does anything come back on a post, be it a click?",
    ),
    formula=Label(
        de="wie die Antwortquote, nur zählt auch eine Reaktion eines anderen Menschen",
        en="like the response rate, but a reaction of another person counts as well",
    ),
    limits=(
        Label(
            de="Ein Klick ist leicht: diese Quote sagt wenig über Gespräche und ist nie mit der Antwortquote zu vergleichen.",
            en="A click is easy: this rate says little about conversation and is never to be compared with the response rate.",
        ),
        Label(
            de="Nennt die Plattform den Tag einer Reaktion nicht und wurde sie erst nach der Frist gesehen, bleibt der Beitrag "
            "außen vor; betrifft das mehr als einen von zehn, ist der Wert unbekannt.",
            en="Where the platform does not tell the day of a reaction and it was first seen after the time was up, the post "
            "is left out; if that concerns more than one in ten, the value is unknown.",
        ),
        NO_NEED,
        LEFT_OUT,
        UNIT,
        WORKING_DAYS,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.POSTS,
    sources=(Source(Mark.READ, "SWOOP Analytics: response rate"), Source(Mark.OWN, "7 working days")),
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    statement=_response_rate(lax=True),
    absent="no_posts",
    reach=WITHIN,
    cell=rate_cell,
)

TIME_TO_FIRST_RESPONSE = Metric(
    key="time_to_first_response",
    label=Label(de="Zeit bis zur ersten Antwort", en="Time to first response"),
    meaning=Label(
        de="Nach wie vielen Arbeitsstunden hat die Hälfte der Beiträge eine Antwort?",
        en="After how many working hours does half of the posts have an answer?",
    ),
    formula=Label(
        de="Kaplan-Meier-Median der Arbeitszeit vom Beitrag bis zum ersten Kommentar oder zur ersten Antwort eines anderen Menschen; "
        "unbeantwortete Beiträge gelten als so lange offen, wie sie beobachtet wurden, höchstens 28 Tage",
        en="Kaplan-Meier median of the working time from a post to the first comment or reply of another person; unanswered posts "
        "count as open for as long as they were followed, at most 28 days",
    ),
    limits=(
        Label(
            de="Gezählt wird nur die Zeit, in der am Standort der Person, die den Beitrag schrieb, gearbeitet wird (ohne andere "
            "Angabe Montag bis Freitag von 8 bis 17 Uhr, ohne Feiertage und Betriebsruhe). Wer in Schicht oder Teilzeit arbeitet, "
            "antwortet zu anderen Zeiten: eine Antwort am Abend zählt, als käme sie zum Ende des Arbeitstags.",
            en="Only time at work at the author's site counts (unless stated otherwise Monday to Friday from 8 to 17, without "
            "public holidays and company shutdown). Shift and part-time workers answer at other times: an answer in the evening "
            "counts as if it came at the end of the working day.",
        ),
        Label(
            de="Wird weniger als die Hälfte beantwortet, gibt es keinen Median; dann sagt die Antwortquote mehr.",
            en="If fewer than half are answered there is no median; the response rate then says more.",
        ),
        NO_NEED,
        LEFT_OUT,
        UNIT,
    ),
    unit=Measure.HOURS,
    direction=Direction.DOWN,
    tier=Tier.RESPONSES,
    subject=Subject.POSTS,
    sources=(
        Source(Mark.READ, "Lithium Community Health Index: responsiveness"),
        Source(Mark.KNOWN, "Kaplan and Meier 1958; Greenwood 1926; Brookmeyer and Crowley 1982"),
        Source(Mark.OWN, "working hours, 28 days of waiting"),
    ),
    interval=Interval.GREENWOOD,
    statement=_first_response,
    absent="no_posts",
    reach=WITHIN,
    cell=median_cell,
)
