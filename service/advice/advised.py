"""What is advised to an organisation at the moment, with everything it is told with."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.advice import catalogue as measures
from service.advice.decisions import State, decisions
from service.advice.proposals import Proposal, proposals
from service.advice.situation import situation
from service.maturity import model as maturity
from service.maturity.assess import newest
from service.maturity.result import Result
from service.models import MeasureDecision, Organisation
from service.published import latest


@dataclass(frozen=True)
class Advice:
    """`proposals` and `decisions` by measure; `result` is None before the first assessment."""

    organisation: Organisation
    catalogue: measures.Catalogue
    model: maturity.Model
    result: Result | None
    proposals: Mapping[str, Proposal]
    decisions: Mapping[str, MeasureDecision]


def advice_for(session: Session, organisation: Organisation) -> Advice:
    """By the newest assessment and publication."""
    made = newest(session, organisation)
    result = Result.model_validate(made.content) if made else None
    model = maturity.load(made.model_version) if made else maturity.current()
    catalogue, decided = measures.current(), decisions(session, organisation)
    found = proposals(
        catalogue,
        situation(result, latest(session, organisation), catalogue),
        model.profile(made.profile if made else None).weights,
        [key for key, one in decided.items() if one.state == State.DONE],
    )
    return Advice(organisation, catalogue, model, result, {one.measure.key: one for one in found}, decided)
