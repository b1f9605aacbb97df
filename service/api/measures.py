"""Measures and the roadmap under /api/v1: what is advised and why, what was decided, when it is done, and whether it worked."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.advice.advised import Advice, advice_for
from service.advice.catalogue.parts import Kind, Measure
from service.advice.decisions import State
from service.advice.effect import Answer, Effect, Judge
from service.advice.proposals import Proposal
from service.api import schemas as s
from service.api.basis import ground
from service.api.conditions import ConditionRow, condition, hidden
from service.api.listing import Page, derived
from service.api.published import the_organisation
from service.api.routes import FILES, NOT_MODIFIED, PROBLEMS
from service.maturity.register import register
from service.models import MeasureDecision
from service.published import Published, latest
from service.roadmap.first_weeks import Line, first_weeks
from service.roadmap.plan import Roadmap, roadmap
from service.roadmap.schedule import Placed
from service.security.signin import Db, now

router = APIRouter(prefix="/api/v1", tags=["measures"], responses={**PROBLEMS, **NOT_MODIFIED})


class MeasureRow(BaseModel):
    """A measure that is advised, that may be once more is known, that another one needs, or about which something was decided."""

    key: str
    title: s.Label
    kind: Kind
    dimension: str
    from_level: float
    to_level: float
    advised: bool | None = Field(description="null: what is known does not decide it")
    suppressed: s.Suppressed
    unknown: s.Unknown
    benefit: float | None = Field(
        description="gap, times weight of the dimension, times probability of an effect, times reach"
    )
    gap: float | None = Field(description="levels from the lowest known one to where the measure leads")
    state: State = Field(description="what was decided; proposed: nothing yet")
    owner: str = Field(description="a role, never a person; '' unless agreed")
    reason: str
    decided: datetime | None
    started: date | None
    done: date | None
    days_low: float = Field(description="person days of all roles together")
    days: float
    days_high: float
    weeks: float = Field(description="working weeks it takes, as the catalogue has it")
    needs: list[str] = Field(description="measures that have to come first and are not done")
    why: list[ConditionRow] = Field(description="conditions that are met")
    lacking: list[ConditionRow] = Field(
        description="conditions of which it is not known whether they are met"
    )


class EffectRow(BaseModel):
    """One proof of a measure that is done. `unknown`: it is too early, or can not be decided, for the `doubts` given."""

    measure: str
    kind: Literal["metric", "told", "fact"]
    subject: str = Field(description="key of the metric, dimension or fact")
    category: str
    answer: Answer
    unknown: s.Unknown
    effect: float | None = Field(description="the change, in the unit of the metric or in levels")
    low: float | None = Field(description="95 % interval")
    high: float | None
    from_day: date = Field(description="from when on it should show")
    until: date = Field(description="first day after which it should have shown")
    doubts: list[str]


class RoadmapRow(BaseModel):
    """An agreed measure. `unknown`: it is not scheduled, since it waits for something nobody agreed on."""

    measure: str
    title: s.Label
    owner: str = Field(description="a role, never a person")
    state: Literal["scheduled", "waiting"]
    unknown: s.Unknown
    begins: date | None
    ends: date | None = Field(description="first day after it")
    days: float | None = Field(description="person days of all roles together, as planned")
    after: list[str] = Field(description="measures that have to end first")
    waits_for: list[str] = Field(description="measures that are needed and not agreed")
    critical: bool | None = Field(description="in the chain of measures that leads to the last end")
    why: str = Field(
        description="why not earlier: first, earliest, after, capacity, audience or order; '' if waiting"
    )
    why_names: list[str] = Field(description="the measures, roles or audiences that stand in the way")
    rank: float | None = Field(
        description="median place by benefit for effort, over what both may turn out to be"
    )
    foremost: float | None = Field(description="how probable it is among the first five")


class WeekRow(BaseModel):
    """A task of the first eight working weeks."""

    week: int
    begins: date
    ends: date = Field(description="first day after it")
    name: s.Label
    result: s.Label
    role: str
    days: float
    measure: str = Field(
        description="the agreed measure it begins; '' for a task before the first assessment"
    )


class MeasureQuery(s.Paged):
    dimension: Annotated[str | None, Field(max_length=32)] = None
    state: State | None = None


@router.get("/measures", responses=FILES, response_model=s.Derived[MeasureRow])
def list_measures(
    request: Request, response: Response, asked: Annotated[MeasureQuery, Query()], db: Db
) -> Any:
    """What is advised, the most useful first; then what it needs, what was decided otherwise, and what may be advised."""
    organisation = the_organisation(db, asked.organisation)
    advice = advice_for(db, organisation)
    on, published = ground(db, organisation, f"measures {advice.catalogue.version}"), latest(db, organisation)
    rows = [
        row
        for key in shown(advice)
        if (row := measure_row(advice, key, published))
        and asked.dimension in (None, row.dimension)
        and asked.state in (None, row.state)
    ]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=MeasureRow, rows=rows, moment=on.moment
    )


@router.get("/measures/effects", responses=FILES, response_model=s.Derived[EffectRow])
def list_effects(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """Whether measures that are done worked: a row for each of their proofs."""
    organisation = the_organisation(db, asked.organisation)
    advice, today = advice_for(db, organisation), now().date()
    on = ground(db, organisation, f"measures {advice.catalogue.version}")
    judge = Judge(
        db,
        latest(db, organisation),
        register(db, organisation, advice.model, today),
        today,
        advice.catalogue,
        advice.decisions,
    )
    known = {one.key: one for one in advice.catalogue.measures}
    rows = [
        effect_row(key, effect)
        for key, decision in advice.decisions.items()
        if key in known
        for effect in judge.effects(known[key], decision)
    ]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=EffectRow, rows=rows, moment=on.moment
    )


@router.get("/roadmap", responses=FILES, response_model=s.Derived[RoadmapRow])
def list_roadmap(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """Agreed measures by begin, then those that wait. 422 where what is agreed can not be scheduled together."""
    organisation = the_organisation(db, asked.organisation)
    advice = advice_for(db, organisation)
    on = ground(db, organisation, f"measures {advice.catalogue.version}")
    found = roadmap(db, organisation, advice.catalogue, advice.proposals, now().date())
    return derived(
        Page(request, response, asked),
        basis=on.basis,
        row_type=RoadmapRow,
        rows=list(roadmap_rows(found, advice)),
        moment=on.moment,
    )


@router.get("/roadmap/weeks", responses=FILES, response_model=s.Derived[WeekRow])
def list_weeks(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """The project plan of the first eight working weeks."""
    organisation = the_organisation(db, asked.organisation)
    advice = advice_for(db, organisation)
    on = ground(db, organisation, f"measures {advice.catalogue.version}")
    found = roadmap(db, organisation, advice.catalogue, advice.proposals, now().date())
    rows = [week_row(one) for one in first_weeks(found, advice.catalogue, preparing=advice.result is None)]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=WeekRow, rows=rows, moment=on.moment
    )


def shown(advice: Advice) -> list[str]:
    """The measures of the page, in its order, and those that may be advised after them."""
    holding = [key for key, one in advice.proposals.items() if one.verdict.holds]
    needed = [needs for key in holding for needs in advice.proposals[key].missing]
    known = {measure.key for measure in advice.catalogue.measures}
    every = dict.fromkeys([*holding, *needed, *advice.decisions, *advice.proposals])
    return [key for key in every if key in known]


def measure_row(advice: Advice, key: str, published: Published | None) -> MeasureRow:
    measure, proposal = advice.catalogue.measure(key), advice.proposals.get(key)
    decided, days = advice.decisions.get(key), advice.catalogue.measure(key).days()
    advised = proposal.verdict.holds if proposal else False
    return MeasureRow(
        key=key,
        title=s.Label.of(measure.title),
        kind=measure.kind,
        dimension=measure.dimension,
        from_level=measure.from_level,
        to_level=measure.to_level,
        advised=advised,
        suppressed=advised is None
        and proposal is not None
        and any(hidden(leaf, published) for leaf in proposal.verdict.unknown),
        unknown=advised is None,
        **_worth(proposal),
        **_decided(decided),
        days_low=round(days.low, 1),
        days=round(days.likely, 1),
        days_high=round(days.high, 1),
        weeks=measure.duration.likely,
        needs=list(proposal.missing if proposal else _needs(measure)),
        why=[condition(leaf) for leaf in proposal.verdict.met] if proposal else [],
        lacking=[condition(leaf) for leaf in proposal.verdict.unknown] if proposal else [],
    )


def _worth(proposal: Proposal | None) -> dict[str, Any]:
    return {"benefit": proposal.benefit if proposal else None, "gap": proposal.gap if proposal else None}


def _decided(decided: MeasureDecision | None) -> dict[str, Any]:
    if decided is None:
        return {
            "state": State.PROPOSED,
            "owner": "",
            "reason": "",
            "decided": None,
            "started": None,
            "done": None,
        }
    return {name: getattr(decided, name) for name in ("owner", "reason", "decided", "started", "done")} | {
        "state": State(decided.state)
    }


def _needs(measure: Measure) -> list[str]:
    return [one.measure for one in measure.prerequisites if one.measure is not None]


def effect_row(measure: str, effect: Effect) -> EffectRow:
    proof = effect.proof
    kind: Literal["metric", "told", "fact"] = "metric" if proof.metric else "told" if proof.told else "fact"
    return EffectRow(
        measure=measure,
        kind=kind,
        subject=proof.metric or proof.told or proof.fact or "",
        category=proof.category,
        answer=effect.answer,
        unknown=effect.answer in (Answer.TOO_EARLY, Answer.NOT_DECIDABLE),
        effect=effect.effect,
        low=effect.low,
        high=effect.high,
        from_day=effect.from_day,
        until=effect.until,
        doubts=list(effect.doubts),
    )


def roadmap_rows(found: Roadmap, advice: Advice) -> Iterator[RoadmapRow]:
    ranks = {one.key: one for one in found.ranks}
    for placed in found.schedule.placed:
        key, rank = placed.task.key, ranks[placed.task.key]
        yield RoadmapRow(
            measure=key,
            title=s.Label.of(advice.catalogue.measure(key).title),
            owner=advice.decisions[key].owner,
            state="scheduled",
            unknown=False,
            begins=placed.begins,
            ends=placed.ends,
            days=_days(placed),
            after=sorted(placed.task.after),
            waits_for=[],
            critical=placed.critical,
            why=placed.reason.why.value,
            why_names=list(placed.reason.names),
            rank=rank.rank,
            foremost=rank.foremost,
        )
    for key, needs in sorted(found.waiting.items()):
        yield RoadmapRow(
            measure=key,
            title=s.Label.of(advice.catalogue.measure(key).title),
            owner=advice.decisions[key].owner,
            state="waiting",
            unknown=True,
            begins=None,
            ends=None,
            days=None,
            after=[],
            waits_for=list(needs),
            critical=None,
            why="",
            why_names=[],
            rank=None,
            foremost=None,
        )


def _days(placed: Placed) -> float:
    return round(sum(effort.likely for effort in placed.task.effort.values()), 1)


def week_row(line: Line) -> WeekRow:
    return WeekRow(
        week=line.week,
        begins=line.begins,
        ends=line.ends,
        name=s.Label.of(line.name),
        result=s.Label.of(line.result),
        role=str(line.role),
        days=line.days,
        measure=line.measure,
    )
