"""Who gives and who receives: shares of people by the balance of the two, never whose they are."""

from typing import Any

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

from connectors.activity import ContentType, Kind
from metrics import facts as f
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
from metrics.participation import LENGTH, POPULATION, REACTING, UNDATED, population
from metrics.scoping import number
from metrics.ties import WINDOWS, tie

LOPSIDED = 2
"""Who gives more than so many times what they receive, or the other way round, is not balanced."""
OFTEN = {Window.DAYS28: 2, Window.WEEKS26: 13}
"""Fewer posts, answers and reactions in a window are less than one in two weeks."""
PERSONAS = ("engager", "catalyst", "responder", "broadcaster")


def _acts() -> CTE:
    """What each person gave and received in each period: posts, answers and reactions to others, those of others to them."""
    t, a, day = tie.c, f.activity.c, f.period_day.c
    nothing = cast(literal(0), BigInteger)
    begins = or_(
        and_(
            a.kind == Kind.CREATE.value, a.content_type.in_([ContentType.PAGE.value, ContentType.POST.value])
        ),
        # A message that answers nothing is a beginning.
        and_(a.kind == Kind.MESSAGE.value, func.coalesce(a.thread, a.object) == a.object),
    )
    acts = union_all(
        select(
            day.window,
            day.since,
            a.person,
            cast(literal(1), BigInteger).label("posts"),
            nothing.label("answers"),
            nothing.label("received"),
        )
        .select_from(f.activity)
        .join(f.period_day, and_(day.day == a.day, day.window.in_([window.value for window in WINDOWS])))
        .where(a.excluded.is_(None), begins),
        select(t.window, t.since, t.person, nothing, t.acts, nothing),
        select(t.window, t.since, t.other, nothing, nothing, t.acts),
    ).subquery("acts")
    c = acts.c
    return (
        select(
            c.window,
            c.since,
            c.person,
            *(cast(func.sum(c[name]), BigInteger).label(name) for name in ("posts", "answers", "received")),
        )
        .group_by(c.window, c.since, c.person)
        .cte("given")
    )


def _personas() -> CTE:
    """How many people are of each persona in each period."""
    g, s = (given := _acts()).c, f.standing.c
    gave = g.posts + g.answers
    often = case(*((g.window == window.value, least) for window, least in OFTEN.items()))
    persona: ColumnElement[str | None] = case(
        (gave < often, ""),
        (g.received > LOPSIDED * gave, "catalyst"),
        (gave <= LOPSIDED * g.received, "engager"),
        (g.answers >= g.posts, "responder"),
        else_="broadcaster",
    )
    placed = (
        select(g.window, g.since, persona.label("persona"))
        .select_from(given)
        .join(
            f.standing,
            and_(
                s.scope == Scope.ORGANISATION.value,
                s.window == g.window,
                s.since == g.since,
                s.person == g.person,
                s.level >= REACTING,
            ),
        )
        .subquery("placed")
    )
    p = placed.c
    return (
        select(p.window, p.since, *(number(p.persona == name).label(name) for name in PERSONAS))
        .group_by(p.window, p.since)
        .cte("personas")
    )


def _balance(scope: Scope) -> Select[Any]:
    c, n = (people := population(scope)).c, (personas := _personas()).c
    counts = {name: cast(func.coalesce(n[name], 0), BigInteger) for name in PERSONAS}
    often: ColumnElement[int] = sum(counts.values(), start=cast(literal(0), BigInteger))
    numerators = {
        **counts,
        "occasional": cast(c.reached_1 - often, BigInteger),
        "silent": cast(c.population - c.reached_1, BigInteger),
    }

    def share(category: str, numerator: ColumnElement[int]) -> Select[Any]:
        return (
            select(
                c.scope_key,
                c.window,
                c.since,
                cast(literal(category), String).label("category"),
                numerator.label("numerator"),
                c.population.label("denominator"),
                c.population.label("people"),
                numerator.label("affirming"),
                c.excluded,
                c.unsure.label("reason"),
            )
            .select_from(people)
            .outerjoin(personas, and_(n.window == c.window, n.since == c.since))
            .where(c.window.in_([window.value for window in WINDOWS]))
        )

    return select(union_all(*(share(*each) for each in numerators.items())).subquery("shares"))


PERSONA_SHARE = Metric(
    key="persona_share",
    label=Label(de="Geben und Nehmen", en="Give and receive"),
    meaning=Label(
        de="Wie verteilen sich die Menschen danach, was sie an andere geben und was sie zurückbekommen?",
        en="How do people divide by what they give to others and what they get back?",
    ),
    formula=Label(
        de="Gegeben sind neue Seiten und Beiträge sowie Antworten und Reaktionen auf andere, bekommen sind Antworten und "
        "Reaktionen anderer. Ausgewogen ist, wer höchstens doppelt so viel gibt, wie er bekommt, und umgekehrt; sonst überwiegt "
        "das Bekommen oder das Geben, und dieses meist durch Antworten und Reaktionen oder meist durch Beiträge. Wer seltener "
        "als einmal in zwei Wochen etwas gibt, macht nur gelegentlich mit. Jeweils geteilt durch alle, die mitmachen könnten",
        en="given are new pages and posts and answers and reactions to others, received are answers and reactions of others. "
        "Balanced is who gives at most twice what they receive and the other way round; otherwise receiving prevails or giving, "
        "and this mostly by answers and reactions or mostly by posts. Who gives anything less than once in two weeks takes part "
        "only now and then. Each divided by all who could take part",
    ),
    limits=(
        Label(
            de="Es gibt diese Anteile nur für die ganze Organisation; von keinem Menschen wird gespeichert oder gezeigt, wozu er zählt.",
            en="These shares exist for the whole organisation only; of nobody it is stored or shown where they belong.",
        ),
        Label(
            de="Was SWOOP Beobachtende nennt, steht hier in zwei Teilen: die gelegentlich und die gar nicht sichtbar Beteiligten. Wer "
            "nur bearbeitet, Dateien ablegt oder sich selbst antwortet, gehört zu den gelegentlich Beteiligten.",
            en="What SWOOP calls observers stands here in two parts: those who take part now and then and those who visibly never do. "
            "Who only edits, files documents or answers themselves belongs to those who take part now and then.",
        ),
        POPULATION,
        LENGTH,
        UNDATED,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.RESPONSES,
    subject=Subject.PEOPLE,
    sources=(
        Source(Mark.READ, "SWOOP Analytics: personas"),
        Source(
            Mark.READ, "Hacker, Bodendorf, Lorenz 2017; Viol et al. 2016: user roles in enterprise networks"
        ),
        Source(Mark.OWN, "the factor of two, and who answers as often as they post is a responder"),
    ),
    scopes=frozenset({Scope.ORGANISATION}),
    windows=frozenset(WINDOWS),
    privacy=Privacy.PERSON,
    interval=Interval.WILSON,
    statement=_balance,
    absent="no_members",
    reach=WITHIN,
    categories={
        "engager": Label(de="Ausgewogene", en="Engagers"),
        "catalyst": Label(de="Anstoßende", en="Catalysts"),
        "responder": Label(de="Antwortende", en="Responders"),
        "broadcaster": Label(de="Sendende", en="Broadcasters"),
        "occasional": Label(de="Gelegentliche", en="Now and then"),
        "silent": Label(de="Nicht sichtbar Beteiligte", en="Not visibly taking part"),
    },
)
