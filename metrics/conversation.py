"""Does an answer become a conversation?"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, literal, or_, true

from connectors.activity import ContentType
from metrics.authored import Why, by_author, no_posts, rate_cell, ratio_cell, too_many, waiting
from metrics.interaction import LEFT_OUT, NO_NEED, UNIT
from metrics.metric import (
    WITHIN,
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
from metrics.scoping import ColumnSet
from metrics.threads import thread

WINDOWS = frozenset({Window.DAYS28, Window.WEEKS26})

FOLLOWED = Label(
    de="Jeder Beitrag wird 28 Tage lang beobachtet; jüngere warten, und was später kommt, zählt nicht mehr.",
    en="Every post is followed for 28 days; younger ones wait, and what comes later does not count.",
)
FLAT = Label(
    de="Was unter einem Beitrag geschrieben wird, zählt gleich, ob die Plattform Antworten verschachtelt oder aneinanderreiht.",
    en="What is written below a post counts the same whether the platform nests answers or lines them up.",
)
NO_PAGES = Label(
    de="Seiten sind keine Beiträge: Gespräche unter ihnen zählen hier nicht.",
    en="Pages are not posts: conversations below them do not count here.",
)


def is_post(t: ColumnSet) -> ColumnElement[bool]:
    return t.content_type == ContentType.POST.value  # type: ignore[no-any-return]


def known(t: ColumnSet) -> ColumnElement[bool]:
    """A post of a person that was there for its 28 days, as far as they are over."""
    return and_(is_post(t), t.excluded.is_(None), ~t.early)


def _over_posts(
    scope: Scope,
    *,
    part: ColumnElement[int],
    whole: ColumnElement[int] | None = None,
    relevant: ColumnElement[bool] | None = None,
    undecided: ColumnElement[bool] | None = None,
    reasons: Callable[[ColumnSet], Sequence[Why]] = lambda s: (waiting(s), no_posts(s)),
) -> Select[Any]:
    """Over the posts whose 28 days are over; those that are not relevant are numbered as `irrelevant`."""
    t = thread.c
    fits = true() if relevant is None else relevant
    unsure = false() if undecided is None else and_(known(t), t.old, fits, undecided)
    return by_author(
        scope,
        thread,
        windows=WINDOWS,
        left_out=and_(is_post(t), or_(t.excluded.is_not(None), t.early)),
        counted=and_(known(t), t.old, fits, ~unsure),
        part=part,
        whole=literal(1) if whole is None else whole,
        undecided=unsure,
        pending=and_(known(t), ~t.old),
        marks={} if relevant is None else {"irrelevant": and_(known(t), t.old, ~relevant)},
        reasons=reasons,
    )


def _replies(scope: Scope) -> Select[Any]:
    return _over_posts(scope, part=thread.c.replies)


def _dialogue(scope: Scope) -> Select[Any]:
    t = thread.c
    return _over_posts(scope, part=case((and_(t.participants >= 2, t.returns >= 1), 1), else_=0))


def _only_reactions(scope: Scope) -> Select[Any]:
    t = thread.c
    unwritten = t.replies == 0
    return _over_posts(
        scope,
        part=case((and_(unwritten, t.reactions > 0), 1), else_=0),
        whole=case((or_(~unwritten, t.reactions > 0), 1), else_=0),
        relevant=t.reactable,
        # Nobody wrote, and who reacted may have done so in time or not.
        undecided=and_(unwritten, t.reactions == 0, t.undated > 0),
        reasons=lambda s: (
            (too_many(s.undecided, s), "undated_reactions"),
            (and_(s.counted == 0, s.irrelevant > 0), "no_reaction_data"),
            waiting(s),
            no_posts(s),
            (s.made == 0, "nothing_answered"),
        ),
    )


def _engagement(scope: Scope) -> Select[Any]:
    t = thread.c
    return _over_posts(
        scope,
        part=t.engaged,
        whole=t.viewers,
        relevant=t.watched,
        undecided=t.undated > 0,
        reasons=lambda s: (
            (too_many(s.irrelevant, s), "no_viewer_data"),
            (too_many(s.undecided, s), "undated_reactions"),
            waiting(s),
            no_posts(s),
            (s.made == 0, "nothing_viewed"),
        ),
    )


def _questions(scope: Scope) -> Select[Any]:
    """No post is known to be a question: no platform that can be connected tells, and texts are not read."""
    return _over_posts(
        scope,
        part=case((thread.c.replies > 0, 1), else_=0),
        relevant=false(),
        reasons=lambda s: (waiting(s), (s.irrelevant > 0, "no_questions_marked"), no_posts(s)),
    )


REPLY_RATIO = Metric(
    key="reply_ratio",
    label=Label(de="Antworten je Beitrag", en="Replies per post"),
    meaning=Label(
        de="Wie viel wird unter einem Beitrag geschrieben?", en="How much is written below a post?"
    ),
    formula=Label(
        de="Kommentare und Antworten anderer Menschen binnen 28 Tagen auf die Beiträge des Zeitraums, geteilt durch diese Beiträge",
        en="comments and replies of other people within 28 days to the posts of the period, divided by these posts",
    ),
    limits=(
        Label(
            de="Ein einziges riesiges Gespräch hebt den Schnitt: der Median der Antworten je Beitrag steht daneben.",
            en="A single huge conversation lifts the mean: the median of replies per post stands beside it.",
        ),
        FOLLOWED,
        FLAT,
        NO_PAGES,
        NO_NEED,
        LEFT_OUT,
        UNIT,
    ),
    unit=Measure.RATIO,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.POSTS,
    sources=(
        Source(Mark.READ, "SWOOP Analytics benchmark 2017: replies and original posts"),
        Source(Mark.OWN, "only replies of others, within 28 days"),
    ),
    scopes=frozenset({Scope.ORGANISATION, Scope.UNIT}),
    windows=WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    statement=_replies,
    absent="no_posts",
    reach=WITHIN,
    cell=ratio_cell,
)

REACTION_ONLY_SHARE = Metric(
    key="reaction_only_share",
    label=Label(de="Nur Klicks als Resonanz", en="Reactions only"),
    meaning=Label(
        de="Wie oft bleibt es beim Klick, wenn ein Beitrag Resonanz findet?",
        en="When a post gets a response, how often is it no more than a click?",
    ),
    formula=Label(
        de="Beiträge des Zeitraums, auf die andere Menschen binnen 28 Tagen reagierten, ohne etwas zu schreiben, geteilt durch "
        "die Beiträge, auf die überhaupt etwas zurückkam",
        en="posts of the period to which other people within 28 days reacted without writing anything, divided by the posts that "
        "got any response",
    ),
    limits=(
        Label(
            de="Beiträge aus Quellen, die nie eine Reaktion melden, bleiben außen vor; gibt es keine anderen, ist der Wert unbekannt.",
            en="Posts of sources that never tell of a reaction are left out; if there are no others the value is unknown.",
        ),
        Label(
            de="Nennt die Plattform den Tag einer Reaktion nicht und wurde sie erst nach 28 Tagen gesehen, bleibt ein sonst "
            "stummer Beitrag außen vor; betrifft das mehr als einen von zehn, ist der Wert unbekannt.",
            en="Where the platform does not tell the day of a reaction and it was first seen after 28 days, an otherwise silent "
            "post is left out; if that concerns more than one in ten, the value is unknown.",
        ),
        FOLLOWED,
        NO_PAGES,
        LEFT_OUT,
        UNIT,
    ),
    unit=Measure.SHARE,
    direction=Direction.DOWN,
    tier=Tier.RESPONSES,
    subject=Subject.POSTS,
    sources=(Source(Mark.OWN, "clicks without words among responded posts"),),
    scopes=frozenset({Scope.ORGANISATION, Scope.UNIT}),
    windows=WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    statement=_only_reactions,
    absent="no_posts",
    reach=WITHIN,
    cell=rate_cell,
)

DIALOGUE_SHARE = Metric(
    key="dialogue_share",
    label=Label(de="Anteil der Gespräche", en="Dialogue share"),
    meaning=Label(
        de="Wie oft meldet sich, wer einen Beitrag schrieb, nach einer Antwort wieder?",
        en="How often does the author of a post come back after an answer?",
    ),
    formula=Label(
        de="Beiträge des Zeitraums, unter denen binnen 28 Tagen ein anderer Mensch und danach wieder die Person schrieb, von der "
        "der Beitrag ist, geteilt durch alle Beiträge des Zeitraums",
        en="posts of the period below which within 28 days another person wrote and after that the author again, divided by all "
        "posts of the period",
    ),
    limits=(
        Label(
            de="Ein Gespräch, das andere unter sich führen, zählt nicht; ein schlichtes „Danke“ zählt.",
            en="A conversation others have among themselves does not count; a mere “thank you” does.",
        ),
        FOLLOWED,
        FLAT,
        NO_PAGES,
        NO_NEED,
        LEFT_OUT,
        UNIT,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.THREADS,
    sources=(
        Source(Mark.OWN, "the starter returns"),
        Source(Mark.READ, "nearest: SWOOP Analytics, two-way relationships"),
    ),
    windows=WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    statement=_dialogue,
    absent="no_posts",
    reach=WITHIN,
    cell=rate_cell,
)

ANSWERED_QUESTIONS = Metric(
    key="answered_questions",
    label=Label(de="Beantwortete Fragen", en="Answered questions"),
    meaning=Label(de="Wie viele Fragen finden eine Antwort?", en="How many questions find an answer?"),
    formula=Label(
        de="Fragen des Zeitraums, auf die binnen 28 Tagen ein anderer Mensch schrieb, geteilt durch alle Fragen des Zeitraums",
        en="questions of the period to which another person wrote within 28 days, divided by all questions of the period",
    ),
    limits=(
        Label(
            de="Eine Frage ist nur, was die Plattform als Frage kennzeichnet; Texte werden nicht gelesen. Keine der anschließbaren "
            "Plattformen nennt diese Kennzeichnung, deshalb ist der Wert bisher immer unbekannt.",
            en="A question is only what the platform marks as one; texts are not read. None of the platforms that can be connected "
            "tells of this mark, so the value is so far always unknown.",
        ),
        FOLLOWED,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.POSTS,
    sources=(Source(Mark.READ, "Microsoft Adoption Score: questions and answers in Yammer"),),
    scopes=frozenset({Scope.ORGANISATION}),
    windows=frozenset({Window.WEEKS26}),
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    statement=_questions,
    absent="no_posts",
    reach=WITHIN,
    cell=rate_cell,
)

ENGAGEMENT_OF_REACH = Metric(
    key="engagement_of_reach",
    label=Label(de="Resonanz der Erreichten", en="Engagement of reach"),
    meaning=Label(
        de="Wie viele derer, die einen Beitrag sehen, antworten oder reagieren?",
        en="How many of those who see a post answer or react?",
    ),
    formula=Label(
        de="verschiedene Menschen, die binnen 28 Tagen auf einen Beitrag antworteten oder reagierten, geteilt durch die, die ihn "
        "in dieser Zeit aufriefen, beides über die Beiträge des Zeitraums zusammengezählt",
        en="distinct people who answered or reacted to a post within 28 days, divided by those who viewed it in that time, both "
        "added up over the posts of the period",
    ),
    limits=(
        Label(
            de="Was sich von selbst öffnet, gilt als gesehen. Wer antwortet, gilt als jemand, der gesehen hat; wer den Beitrag "
            "schrieb, zählt nicht mit.",
            en="What opens by itself counts as seen. Who answers counts as having seen it; the author does not count.",
        ),
        Label(
            de="Nur wo über die ganzen 28 Tage bekannt ist, wer etwas aufruft; ist es das bei mehr als einem von zehn Beiträgen "
            "nicht, ist der Wert unbekannt.",
            en="Only where it is known for the whole 28 days who views anything; if it is not for more than one in ten posts, the "
            "value is unknown.",
        ),
        FOLLOWED,
        NO_PAGES,
        LEFT_OUT,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.VIEWS,
    subject=Subject.VIEWS,
    sources=(
        Source(Mark.READ, "SWOOP Analytics: 261 of 2,612 people reached engaged, 10 %"),
        Source(Mark.OWN, "28 days; responders are viewers"),
    ),
    scopes=frozenset({Scope.ORGANISATION}),
    windows=WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    statement=_engagement,
    absent="no_posts",
    reach=WITHIN,
    cell=rate_cell,
)

CONVERSATION = (
    REPLY_RATIO,
    REACTION_ONLY_SHARE,
    DIALOGUE_SHARE,
    ANSWERED_QUESTIONS,
    ENGAGEMENT_OF_REACH,
)
