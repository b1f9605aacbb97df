"""Top-down or bottom-up? Who posts, who of them is answered, and whether officials answer back."""

from metrics.clustered import two_sided_share_cell
from metrics.interaction import LEFT_OUT, NO_NEED, WORKING_DAYS
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
from metrics.top_down.echo import echo_cell, upward_echo
from metrics.top_down.sides import answered_by_side, asymmetry_cell, bottom_up, rate_of

_OFFICIAL = Label(
    de="Offiziell ist, was in einem als offiziell ausgewiesenen Raum steht, was Menschen aus den von der Organisation genannten "
    "Abteilungen und Führungsebenen schreiben und was von Systemkonten kommt. Ist nichts davon festgelegt, ist der Wert unbekannt; sind "
    "es nur Räume, gilt die Kommunikationsabteilung anderswo als Belegschaft. Einzelne Menschen werden nie festgelegt.",
    en="Official is what stands in a room declared official, what people of the units and levels of leadership named by the "
    "organisation write, and what comes from service accounts. Where nothing of this is declared the value is unknown; where only rooms "
    "are, the communications team counts as staff elsewhere. Single people are never declared.",
)
_UNTOLD = Label(
    de="Gilt für mehr als einen von zehn Beiträgen als unbekannt, ob er offiziell ist, weil Abteilung oder Führungsebene fehlen, ist es auch der "
    "Wert.",
    en="Where it is unknown for more than one in ten whether it is official, since unit or level of leadership are missing, so is "
    "the value.",
)
_FEW = Label(
    de="Offizielle sind wenige: der Wert wird nur gezeigt, wenn auf beiden Seiten genügend Menschen stehen.",
    en="Officials are few: the value is shown only where enough people stand on either side.",
)
_ORGANISATION = frozenset({Scope.ORGANISATION})
_WINDOWS = frozenset({Window.DAYS28, Window.WEEKS26})
_ASKED = Source(Mark.OWN, "official and staff as declared by the organisation")

BOTTOM_UP_SHARE = Metric(
    key="bottom_up_share",
    label=Label(de="Anteil von unten", en="Bottom-up share"),
    meaning=Label(
        de="Wie viel des Gesprächs stößt die Belegschaft an, und wie viel die Organisation selbst?",
        en="How much of the conversation do staff start, and how much the organisation itself?",
    ),
    formula=Label(
        de="Beiträge des Zeitraums, die nicht offiziell sind, geteilt durch alle Beiträge, von denen es bekannt ist",
        en="posts of the period that are not official, divided by all posts of which it is known",
    ),
    limits=(
        Label(
            de="Hundert Prozent wären kein Ziel: dann schwiege die Führung.",
            en="A hundred per cent would be no goal: leadership would be silent.",
        ),
        _OFFICIAL,
        _UNTOLD,
        _FEW,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.POSTS,
    sources=(_ASKED,),
    statement=bottom_up,
    absent="no_posts",
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=two_sided_share_cell,
)


def _rate(side: str, label: Label, meaning: Label, formula: Label) -> Metric:
    return Metric(
        key=f"response_rate_{side}",
        label=label,
        meaning=meaning,
        formula=formula,
        limits=(_OFFICIAL, _UNTOLD, _FEW, NO_NEED, LEFT_OUT, WORKING_DAYS),
        unit=Measure.SHARE,
        direction=Direction.UP,
        tier=Tier.PEOPLE,
        subject=Subject.POSTS,
        sources=(
            _ASKED,
            Source(Mark.READ, "SWOOP Analytics: response rate"),
            Source(Mark.OWN, "7 working days"),
        ),
        statement=answered_by_side,
        absent="no_posts",
        scopes=_ORGANISATION,
        windows=_WINDOWS,
        privacy=Privacy.DOMINANCE,
        interval=Interval.BOOTSTRAP,
        cell=rate_of(side),
    )


RESPONSE_RATE_OFFICIAL = _rate(
    "official",
    Label(de="Antwortquote offizieller Beiträge", en="Response rate of official posts"),
    Label(
        de="Wie oft schreibt jemand zurück, wenn die Organisation spricht?",
        en="How often does somebody write back when the organisation speaks?",
    ),
    Label(de="die Antwortquote offizieller Beiträge", en="the response rate of official posts"),
)
RESPONSE_RATE_STAFF = _rate(
    "staff",
    Label(de="Antwortquote der Belegschaft", en="Response rate of staff posts"),
    Label(
        de="Wie oft schreibt jemand zurück, wenn jemand aus der Belegschaft spricht?",
        en="How often does somebody write back when somebody of the staff speaks?",
    ),
    Label(
        de="die Antwortquote der Beiträge, die nicht offiziell sind",
        en="the response rate of posts that are not official",
    ),
)

RESPONSE_ASYMMETRY = Metric(
    key="response_asymmetry",
    label=Label(de="Gefälle der Antworten", en="Response asymmetry"),
    meaning=Label(
        de="Bekommen offizielle Beiträge eher eine Antwort als die der Belegschaft?",
        en="Are official posts more likely to be answered than those of staff?",
    ),
    formula=Label(
        de="Antwortquote offizieller Beiträge minus Antwortquote der übrigen",
        en="response rate of official posts minus response rate of the others",
    ),
    limits=(
        Label(
            de="Nahe null ist gut. Ein Gefälle beschreibt, es erklärt nicht: offizielle Beiträge haben mehr Leser und brauchen oft keine "
            "Antwort.",
            en="Near zero is good. An asymmetry describes and does not explain: official posts have more readers and often need no answer.",
        ),
        _OFFICIAL,
        _UNTOLD,
        _FEW,
        LEFT_OUT,
        WORKING_DAYS,
    ),
    unit=Measure.INDEX,
    direction=Direction.NEUTRAL,
    tier=Tier.PEOPLE,
    subject=Subject.POSTS,
    sources=(_ASKED, Source(Mark.OWN, "difference of the two response rates")),
    statement=answered_by_side,
    absent="no_posts",
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=asymmetry_cell,
)

UPWARD_ECHO = Metric(
    key="upward_echo",
    label=Label(de="Echo nach oben", en="Upward echo"),
    meaning=Label(
        de="Wird der Belegschaft geantwortet, wenn sie sich unter offiziellen Beiträgen meldet?",
        en="Are staff answered when they speak up under official posts?",
    ),
    formula=Label(
        de="Kommentare und Antworten der Belegschaft unter offiziellen Beiträgen, auf die binnen 5 Arbeitstagen jemand antwortete, der "
        "für die Organisation spricht oder den Beitrag schrieb, geteilt durch alle, deren 5 Arbeitstage um sind",
        en="comments and replies of staff under official posts that somebody who speaks for the organisation, or who wrote the post, "
        "answered within 5 working days, divided by all whose 5 working days are over",
    ),
    limits=(
        Label(
            de="Nicht jeder Kommentar ist eine Frage, ein Dank braucht keine Antwort. Ob einer beantwortet wurde, sagt die Plattform nur, wo "
            "Antworten verschachtelt sind; sonst gilt jede spätere Antwort im selben Gespräch.",
            en="Not every comment is a question, a thank-you needs no answer. Whether one was answered a platform tells only where replies "
            "nest; elsewhere every later answer in the same conversation counts.",
        ),
        _OFFICIAL,
        _UNTOLD,
        Label(
            de="Antwortende Offizielle sind wenige: der Wert wird nur gezeigt, wenn unter offiziellen Beiträgen genügend von ihnen schrieben.",
            en="Answering officials are few: the value is shown only where enough of them wrote under official posts.",
        ),
        WORKING_DAYS,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.CONTRIBUTIONS,
    sources=(_ASKED, Source(Mark.OWN, "upward echo, 5 working days")),
    statement=upward_echo,
    absent="nothing_said",
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=echo_cell,
)

TOP_DOWN = (
    BOTTOM_UP_SHARE,
    RESPONSE_RATE_OFFICIAL,
    RESPONSE_RATE_STAFF,
    RESPONSE_ASYMMETRY,
    UPWARD_ECHO,
)
