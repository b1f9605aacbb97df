"""The overview: where the organisation stands, what it can do better, and where it starts, at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from service.advice.advised import Advice
from service.advice.decisions import State
from service.advice.fields import register as fields
from service.advice.findings import Finding, Kind
from service.comparison import comparison_of
from service.errors import Invalid
from service.language import NN_, Language, choose
from service.maturity.assess import newest
from service.maturity.result import Kind as Strands
from service.maturity.result import Result
from service.models import Organisation
from service.roadmap.first_weeks import first_weeks
from service.security.signin import Db, now
from service.web.advice import STATES, Words
from service.web.compared import HALF
from service.web.dashboard import PULSE
from service.web.figures import figures
from service.web.findings import Card, Told, found_of
from service.web.pages import gallery
from service.web.planning import advised, planned
from service.web.profile import Profile, decimal, profile
from service.web.rendering import render

AHEAD = timedelta(weeks=4)
GAPS, MEASURES, FIELDS = 3, 4, 3
IN_FIGURES = ("active_share", "response_rate", "interactive_share")
OPEN = (State.PROPOSED, State.AGREED, State.STARTED)

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Advised:
    """A measure in one line, with the dimension it helps and what it takes."""

    key: str
    title: str
    dimension: str
    effort: str
    state: str


@dataclass(frozen=True)
class Step:
    """One line of the next weeks. `when` is the day it begins, or that it is under way."""

    when: str
    title: str
    result: str
    role: str


@router.get("/overview", response_class=HTMLResponse)
def show_overview(request: Request, db: Db) -> HTMLResponse:
    """The three questions of the organisation asked for. Raises `NotFound` where there is no such organisation."""
    advice, everyone = advised(request, db)
    language, today = choose(request), now().date()
    words = Words(advice.catalogue, advice.model, language)
    told = Told(words, advice.organisation.key)
    _, judged, published = found_of(db, advice)
    made = newest(db, advice.organisation)
    shown: Profile | None = None
    if made is not None and advice.result is not None:
        shown = profile(advice.result, advice.model, made.digest, gallery, language)
    steps, trouble = _next(db, advice, words, today)
    return render(
        request,
        "overview.html",
        organisation=advice.organisation,
        organisations=everyone,
        assessed=advice.result.created.date() if advice.result else None,
        published=published is not None,
        shown=shown,
        in_figures=figures(published, IN_FIGURES, PULSE, language)[0] if published else [],
        summary=_summary(advice.result, words) if advice.result else "",
        beside=_beside(db, advice.organisation, language),
        strength=_strongest(judged, told, Kind.STRENGTH),
        disagreement=_strongest(judged, told, Kind.DISAGREEMENT),
        risk=_strongest(judged, told, Kind.RISK),
        gaps=[told.card(one) for one in _holding(judged, Kind.GAP)[:GAPS]],
        more_gaps=max(0, len(_holding(judged, Kind.GAP)) - GAPS),
        fields=[
            one.title for one in fields.fields(db, advice.organisation) if one.state == fields.State.CHOSEN
        ][:FIELDS],
        measures=_measures(advice, words),
        steps=steps,
        until=today + AHEAD,
        trouble=trouble,
    )


def _holding(judged: Sequence[Finding], kind: Kind) -> list[Finding]:
    return [one for one in judged if one.holds and one.rule.kind is kind]


def _strongest(judged: Sequence[Finding], told: Told, kind: Kind) -> Card | None:
    found = _holding(judged, kind)
    return told.card(found[0]) if found else None


def _summary(result: Result, words: Words) -> str:
    """In one sentence how many dimensions are begun, by the lowest kind of evidence, and which is lowest."""
    language = words.language
    lowest = {
        one.dimension: min(levels)
        for one in result.dimensions
        if (
            levels := [
                s.level for s in one.strands if s.kind is not Strands.DOCUMENTED and s.level is not None
            ]
        )
    }
    if not lowest:
        return language.text("Of no dimension enough is known yet to tell a level from behaviour or survey.")
    last = min(lowest, key=lambda key: (lowest[key], key))
    best = max(lowest, key=lambda key: (lowest[key], key))
    known = language.plural(
        *NN_(
            "A level is known for %(number)s dimension of %(every)s",
            "A level is known for %(number)s dimensions of %(every)s",
        ),
        len(lowest),
        every=len(result.dimensions),
    )
    name = {one.key: language.label(one.name) for one in words.model.dimensions}
    return language.text(
        "%(known)s. By the lower of what people say and what is observed, %(best)s is furthest (%(high)s), %(last)s least far (%(low)s).",
        known=known,
        best=name[best],
        high=decimal(lowest[best], language),
        last=name[last],
        low=decimal(lowest[last], language),
    )


def _beside(db: Session, organisation: Organisation, language: Language) -> str:
    """How many levels are certainly higher or lower than those of most comparable organisations; '' without comparison."""
    peers = comparison_of(db, organisation).peers
    places = [
        one.position
        for one in (peers.placed if peers else ())
        if one.position is not None and one.subject.kind is not None
    ]
    if not places:
        return ""
    higher = sum(one.low >= HALF for one in places)
    lower = sum(one.high <= HALF for one in places)
    return language.plural(
        *NN_(
            "Of %(number)s level beside comparable organisations %(higher)s is higher than most, %(lower)s lower than most, the rest among them.",
            "Of %(number)s levels beside comparable organisations %(higher)s are higher than most, %(lower)s lower than most, the rest among them.",
        ),
        len(places),
        higher=higher,
        lower=lower,
    )


def _measures(advice: Advice, words: Words) -> list[Advised]:
    """What is under way and agreed first, then the most useful that is proposed."""
    decided = {key: State(one.state) for key, one in advice.decisions.items()}
    known = {one.key for one in advice.catalogue.measures}
    benefit = {key: one.benefit for key, one in advice.proposals.items()}
    begun = [
        key
        for state in (State.STARTED, State.AGREED)
        for key in sorted(decided, key=lambda key: (-benefit.get(key, 0.0), key))
        if decided[key] is state and key in known
    ]
    holding = [key for key, one in advice.proposals.items() if one.verdict.holds]
    keys = [key for key in dict.fromkeys([*begun, *holding]) if decided.get(key, State.PROPOSED) in OPEN]
    shown = []
    for key in keys[:MEASURES]:
        card = words.card(advice.proposals.get(key), advice.catalogue.measure(key), advice.decisions.get(key))
        state = words.language.text(STATES[decided.get(key, State.PROPOSED)])
        shown.append(Advised(key, card.title, card.dimension, f"{card.effort}, {card.weeks}", state))
    return shown


def _next(db: Session, advice: Advice, words: Words, today: date) -> tuple[list[Step], str]:
    """What happens in the next four weeks by the roadmap; before the first assessment also what leads to it."""
    language = words.language
    try:
        found = planned(db, advice, today)
    except Invalid as error:
        return [], language.told(error)
    until = today + AHEAD
    lines = [
        (line.begins, language.label(line.name), language.label(line.result), words.role(line.role))
        for line in first_weeks(found, advice.catalogue, preparing=advice.result is None)
        if not line.measure and line.begins < until and line.ends > today
    ]
    for placed in found.schedule.placed:
        if placed.begins < until and placed.ends > today:
            measure = advice.catalogue.measure(placed.task.key)
            busiest = max(measure.effort, key=lambda one: one.days().likely)
            lines.append(
                (
                    placed.begins,
                    language.label(measure.title),
                    language.label(measure.first_step),
                    words.role(busiest.role),
                )
            )
    return [
        Step(language.text("under way") if begins <= today else language.day(begins), title, result, role)
        for begins, title, result, role in sorted(lines)
    ], ""
