"""What closed rounds show. Pages, API, console and assessment read the survey here, and nothing else of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.answered import Figures
from service.errors import NotFound
from service.models import Organisation, PublishedAnswer, SurveyPublication, SurveyRound
from service.surveys.questionnaire import Questionnaire, questionnaire


@dataclass(frozen=True)
class Cell:
    """A published, suppressed or unknown cell; `question` is '' for a dimension's scale, `group` '' for the organisation."""

    group: str
    dimension: str
    question: str
    state: str
    reason: str | None
    people: int | None
    figures: Figures


@dataclass
class PublishedRound:
    """One round with what it shows; `opened` and `closed` are when the survey as a whole was."""

    db: Session
    key: str
    title_de: str
    title_en: str
    opened: datetime | None
    closed: datetime | None
    run: SurveyPublication

    @property
    def summary(self) -> dict[str, Any]:
        return self.run.summary

    @cached_property
    def asked(self) -> Questionnaire:
        return questionnaire(self.summary["model_version"], self.summary["form"])

    @cached_property
    def cells(self) -> dict[tuple[str, str, str], Cell]:
        """By (group, dimension, question), in the order they were written."""
        mine = PublishedAnswer.survey_publication_id == self.run.id
        found = self.db.scalars(select(PublishedAnswer).where(mine).order_by(PublishedAnswer.id))
        return {
            (one.group_key, one.dimension, one.question): Cell(
                one.group_key,
                one.dimension,
                one.question,
                one.state,
                one.reason,
                one.people,
                Figures.model_validate(one.figures or {}),
            )
            for one in found
        }

    def cell(self, dimension: str, question: str = "", group: str = "") -> Cell | None:
        return self.cells.get((group, dimension, question))


def published(db: Session, organisation: Organisation) -> Sequence[PublishedRound]:
    """All rounds of which something is published, the one published last first; reopened ones as they were published before."""
    found = db.execute(
        select(SurveyRound, SurveyPublication)
        .join(SurveyPublication, SurveyPublication.round_id == SurveyRound.id)
        .where(SurveyRound.organisation_id == organisation.id)
        .order_by(SurveyPublication.created.desc(), SurveyPublication.id.desc())
    )
    return [
        PublishedRound(db, one.key, one.title_de, one.title_en, one.opened, run.created, run)
        for one, run in found
    ]


def latest(db: Session, organisation: Organisation) -> PublishedRound | None:
    """The round published last."""
    return next(iter(published(db, organisation)), None)


def the_published(db: Session, organisation: Organisation, key: str) -> PublishedRound:
    """Raises `NotFound` for a round that does not exist or of which nothing is published."""
    found = next((one for one in published(db, organisation) if one.key == key), None)
    if found is None:
        raise NotFound(f"nothing is published of a survey round {key!r}")
    return found
