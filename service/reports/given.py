"""What a concept document is written from: the newest assessment, what is advised and decided, the plan, and what is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from metrics.metric import Window
from service.advice import catalogue as measures
from service.advice.catalogue.triggers import MetricCondition
from service.advice.decisions import PLANNED, State, decisions
from service.advice.proposals import Proposal, proposals
from service.advice.rules import Series
from service.advice.rules import series as triggered
from service.advice.situation import cells, situation
from service.comparison import comparison_of
from service.comparison.draw import Placed
from service.errors import Invalid, NotFound
from service.maturity import model as maturity
from service.maturity.assess import newest
from service.maturity.result import Result
from service.models import MeasureDecision, Organisation, PublishedCoverage, PublishedValue, SurveyRound
from service.privacy import ledger
from service.published import Published, latest
from service.references import References, references
from service.roadmap.plan import Roadmap, roadmap


@dataclass(frozen=True)
class Round:
    """The survey round that was used: its names, and the days it was open from and until."""

    de: str
    en: str
    opened: date | None
    closed: date | None


@dataclass(frozen=True)
class Given:
    """All a concept document is written from; equal values give an equal document.

    `series` are the published values of the whole organisation, oldest first, hidden ones included, from the newest publication, whose
    digest is `publication` (the assessment may rest on an older one). `trouble` says why there is no plan (`plan` None). `outdated` are
    measures that were decided about and that the catalogue no longer has. `agreement` is number and day of the agreement in force,
    `peers` what was drawn of comparable organisations.
    """

    key: str
    name: str
    synthetic: bool
    today: date
    result: Result
    digest: str
    model: maturity.Model
    catalogue: measures.Catalogue
    references: References
    proposals: Sequence[Proposal]
    decided: Mapping[str, MeasureDecision] = field(default_factory=dict)
    outdated: Sequence[str] = ()
    plan: Roadmap | None = None
    trouble: str = ""
    series: Mapping[Series, Sequence[PublishedValue]] = field(default_factory=dict)
    coverage: Sequence[PublishedCoverage] = ()
    publication: str = ""
    minimum_group: int | None = None
    data_until: date | None = None
    round: Round | None = None
    agreement: tuple[int, date | None] | None = None
    peers: Sequence[Placed] = ()

    def proposal(self, key: str) -> Proposal | None:
        return next((one for one in self.proposals if one.measure.key == key), None)

    def advised(self) -> list[Proposal]:
        """What is advised and not decided about, the most useful first."""
        return [
            one
            for one in self.proposals
            if one.verdict.holds
            and State(self.decided[one.measure.key].state if one.measure.key in self.decided else "proposed")
            is State.PROPOSED
        ]

    def planned(self) -> list[str]:
        """The keys of what is agreed or under way: as it is scheduled, then what waits."""
        placed = [one.task.key for one in self.plan.schedule.placed] if self.plan else []
        agreed = [key for key, one in sorted(self.decided.items()) if State(one.state) in PLANNED]
        return [*placed, *(key for key in agreed if key not in placed)]


def gathered(session: Session, organisation: Organisation, today: date) -> Given:
    """Everything there is of an organisation. Raises `NotFound` before its first assessment."""
    made = newest(session, organisation)
    if made is None:
        raise NotFound("no assessment was made yet: `resonanz assess` makes one")
    result, model = Result.model_validate(made.content), maturity.load(made.model_version)
    catalogue, published = measures.current(), latest(session, organisation)
    decided = decisions(session, organisation)
    done = [key for key, one in decided.items() if one.state == State.DONE]
    weights = model.profile(made.profile).weights
    found = proposals(catalogue, situation(result, published, catalogue), weights, done)
    known = {measure.key for measure in catalogue.measures}
    plan, trouble = None, ""
    try:
        advised = {one.measure.key: one for one in found}
        plan = roadmap(session, organisation, catalogue, advised, today)
    except Invalid as error:
        trouble = str(error)
    drawn = comparison_of(session, organisation).peers
    agreement = ledger.active(session, organisation.id)
    since = ledger.activated(session, organisation.id) if agreement else None
    return Given(
        key=organisation.key,
        name=organisation.name,
        synthetic=organisation.synthetic,
        today=today,
        result=result,
        digest=made.digest,
        model=model,
        catalogue=catalogue,
        references=references(),
        proposals=found,
        decided={key: one for key, one in decided.items() if key in known},
        outdated=sorted(set(decided) - known),
        plan=plan,
        trouble=trouble,
        series=_series(published, model) if published else {},
        coverage=published.coverage() if published else (),
        publication=published.run.digest if published else "",
        minimum_group=published.run.minimum_group if published else None,
        data_until=published.run.data_until if published else None,
        round=_round(session, organisation, result.round),
        peers=drawn.placed if drawn else (),
        agreement=(agreement.number, since.date() if since else None) if agreement else None,
    )


def _series(published: Published, model: maturity.Model) -> dict[Series, list[PublishedValue]]:
    """The values behind every indicator, those beside a reference value, and those that decide what is advised."""
    asked = [Series(one.metric, one.category, one.window, one.scope) for one in model.indicators()]
    for reference in references().references:
        known = reference.comparable
        if known is not None and known.scope == "organisation":
            asked.append(Series(known.metric, known.category, Window(known.window), known.scope))
    asked += [
        triggered(leaf)
        for measure in measures.current().measures
        for leaf in measures.leaves(measure.trigger)
        if isinstance(leaf, MetricCondition)
    ]
    return {one: cells(published, one) for one in dict.fromkeys(asked)}


def _round(session: Session, organisation: Organisation, key: str | None) -> Round | None:
    if key is None:
        return None
    found = select(SurveyRound).where(SurveyRound.organisation_id == organisation.id, SurveyRound.key == key)
    survey = session.scalars(found).first()
    if survey is None:
        return None
    return Round(
        survey.title_de,
        survey.title_en,
        survey.opened.date() if survey.opened else None,
        survey.closed.date() if survey.closed else None,
    )
