"""Closing a round, and publishing what of it may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.orm import Session

from service.answered import Figures
from service.errors import Conflict
from service.models import (
    Invitation,
    PublishedAnswer,
    Response,
    SurveyGroup,
    SurveyImport,
    SurveyPublication,
    SurveyRound,
)
from service.privacy.enforcement import require_running
from service.publication.protect import HOMOGENEITY, SMALL_GROUP
from service.publication.publish import digest_of
from service.publication.rounding import rounded_people
from service.statistics.answers import NEEDED
from service.statistics.units import Comparison
from service.surveys import figures as figured
from service.surveys import grid as grids
from service.surveys.answering import mix, overwriting
from service.surveys.grid import Grid
from service.surveys.questionnaire import Questionnaire, questionnaire
from service.surveys.rounds import CLOSED, FINISHED, OPEN, agreed_minimum, answered_by_group, groups, returned
from service.surveys.sample import FEWEST_ITEMS, Table, tables

PUBLISHED, SUPPRESSED, UNKNOWN = "published", "suppressed", "unknown"
TOO_FEW_ITEMS, UNITS_ALIKE, HELD_BACK = "too_few_items", "units_alike", "held_back"


@dataclass(frozen=True)
class Closing:
    """`publication` is None where too few people answered for anything to be shown; `renewed` tells whether it says anything else
    than before. `held_back` counts groups (of a dimension) of which answers since the last publication wait for more."""

    publication: SurveyPublication | None
    renewed: bool
    held_back: int


def close(session: Session, survey: SurveyRound, now: datetime) -> Closing:
    """Take no further answers, mix those there are, and publish.

    Raises `Conflict` unless the round is open, `Stopped` while nothing may be published, `AgreementBroken`.
    """
    require_running(session, survey.organisation_id)
    opened = update(SurveyRound).where(SurveyRound.id == survey.id, SurveyRound.state == OPEN)
    result = session.execute(opened.values(state=CLOSED, closed=now))
    assert isinstance(result, CursorResult)  # noqa: S101 - of a statement that changes rows
    if result.rowcount != 1:
        raise Conflict(f"the round {survey.key} is not open")
    mix(session, survey.id)
    session.expire(survey)
    return _publish(session, survey, now)


def finish(session: Session, survey: SurveyRound) -> None:
    """Delete the answers, links and digests of a closed round for good; what is published of it stays.

    Raises `Conflict` unless the round is closed.
    """
    closed = update(SurveyRound).where(SurveyRound.id == survey.id, SurveyRound.state == CLOSED)
    result = session.execute(closed.values(state=FINISHED))
    assert isinstance(result, CursorResult)  # noqa: S101 - of a statement that changes rows
    if result.rowcount != 1:
        raise Conflict(
            f"the round {survey.key} is not closed: only the answers of a closed round can be deleted"
        )
    overwriting(session)
    session.execute(delete(Response).where(Response.round_id == survey.id))
    session.execute(delete(SurveyImport).where(SurveyImport.round_id == survey.id))
    for group in groups(session, survey):
        session.execute(delete(Invitation).where(Invitation.group_id == group.id))
        group.open_digest = None
    session.expire(survey)


def _publish(session: Session, survey: SurveyRound, now: datetime) -> Closing:
    minimum = max(survey.minimum_group, agreed_minimum(session, survey.organisation_id))
    asked = questionnaire(survey.model_version, survey.form)
    everyone = groups(session, survey)
    found = tables(session, survey, asked, everyone)
    grid, used, held = _grids(survey, found, minimum)
    if not grid:
        return Closing(None, False, 0)
    survey.grid = {key: one.plain() for key, one in grid.items()}
    before = session.scalars(
        select(SurveyPublication).where(SurveyPublication.round_id == survey.id)
    ).one_or_none()
    hidden = {} if before is None else _hidden_before(session, before)
    cells = [
        hidden.get((cell["group_key"], cell["dimension"], cell["question"]), cell)
        for cell in _cells(survey, found, everyone, grid, used, minimum)
    ]
    summary = _summary(session, survey, asked, everyone, minimum, held)
    digest = digest_of({"cells": cells, "summary": summary})
    if before is not None and before.digest == digest:
        return Closing(before, False, held)
    # Only the newest is kept: nobody needs to be offered the difference to the one before.
    session.execute(delete(PublishedAnswer).where(PublishedAnswer.survey_publication_id.in_(
        select(SurveyPublication.id).where(SurveyPublication.round_id == survey.id)
    )))  # fmt: skip
    session.execute(delete(SurveyPublication).where(SurveyPublication.round_id == survey.id))
    made = SurveyPublication(
        round_id=survey.id, created=now, minimum_group=minimum, digest=digest, summary=summary
    )
    session.add(made)
    session.flush()
    session.execute(insert(PublishedAnswer), [{**cell, "survey_publication_id": made.id} for cell in cells])
    return Closing(made, True, held)


def _hidden_before(session: Session, before: SurveyPublication) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What was suppressed stays so, for the reason it was: another reason would tell of the answers that came since."""
    found = session.scalars(
        select(PublishedAnswer).where(
            PublishedAnswer.survey_publication_id == before.id, PublishedAnswer.state == SUPPRESSED
        )
    )
    return {
        (one.group_key, one.dimension, one.question): {
            "group_key": one.group_key,
            "dimension": one.dimension,
            "question": one.question,
            "state": one.state,
            "reason": one.reason,
            "people": one.people,
            "figures": one.figures,
        }
        for one in found
    }


def _grids(
    survey: SurveyRound, found: Sequence[Table], minimum: int
) -> tuple[dict[str, Grid], dict[str, Table], int]:
    """The grid of each dimension, and the answers that count by it."""
    stored = survey.grid
    made: dict[str, Grid] = {}
    used: dict[str, Table] = {}
    held = 0
    for table in found:
        key = table.section.key
        if stored is None:
            grid = grids.first(table, minimum, survey.batch)
            if grid is None:
                continue
        elif key in stored:
            grid, waiting = grids.further(Grid.of(stored[key]), table, minimum, survey.batch)
            held += waiting
        else:
            continue
        made[key] = grid
        used[key] = table.only(grids.counting(grid, table))
    return made, used, held


def _cells(  # noqa: PLR0917 - what a publication is made of
    survey: SurveyRound,
    found: Sequence[Table],
    everyone: Sequence[SurveyGroup],
    grid: dict[str, Grid],
    used: dict[str, Table],
    minimum: int,
) -> list[dict[str, Any]]:
    by_id = {group.id: group for group in everyone}
    scores = {key: used[key].scores(grid[key].questions) for key in grid}
    apart = {key: figured.apart(used[key], grid[key], scores[key]) for key in grid}
    told = [
        (key, group)
        for key in grid
        for group in grid[key].shown
        if apart[key].comparison is not Comparison.SUPPRESSED and (~np.isnan(scores[key])).any()
    ]
    differing = figured.against_the_rest(scores, {key: used[key].group for key in grid}, told)
    cells: list[dict[str, Any]] = []
    for table in found:
        key = table.section.key
        if key not in grid:
            cells += _nothing(table, minimum)
            continue
        one = _Dimension(survey, grid[key], used[key], scores[key], by_id, minimum)
        cells += one.whole(apart[key])
        for group in everyone:
            cells += one.of_group(group, apart[key].comparison, differing.get((key, group.id)))
    return cells


def _nothing(table: Table, minimum: int) -> list[dict[str, Any]]:
    """The cells of a dimension of which no question can be shown."""
    counts = table.counts(np.ones(len(table.group), dtype=bool))
    cells = [
        _hidden("", table.section.key, question.key, grids.fault(own, minimum) or HELD_BACK, int(own.sum()))
        for column, (question, own) in enumerate(zip(table.section.questions, counts, strict=True))
        if _anybody_asked(table, column)
    ]
    return [*cells, _hidden("", table.section.key, "", SMALL_GROUP)]


def _anybody_asked(table: Table, column: int) -> bool:
    """A question that is for none of the groups has no cell."""
    return any(asked[column] for asked in table.asked.values())


@dataclass(frozen=True)
class _Dimension:
    """Makes the cells of one dimension."""

    survey: SurveyRound
    grid: Grid
    table: Table
    scores: Any
    groups: dict[int, SurveyGroup]
    minimum: int

    @property
    def key(self) -> str:
        return self.table.section.key

    def whole(self, apart: figured.Apart) -> list[dict[str, Any]]:
        """Of the organisation."""
        everybody = np.ones(len(self.table.group), dtype=bool)
        counts = self.table.counts(everybody)
        cells = []
        for column, question in enumerate(self.table.section.questions):
            if not _anybody_asked(self.table, column):
                continue
            invited = sum(
                group.invited for group in self.groups.values() if question.asked(group.respondents)
            )
            if question.key in self.grid.questions:
                found, people = figured.question(self.table, column, invited, detailed=True)
                cells.append(_shown("", self.key, question.key, found, people))
            else:
                reason = grids.fault(counts[column], self.minimum) or HELD_BACK
                cells.append(_hidden("", self.key, question.key, reason, int(counts[column].sum())))
        people = int((~np.isnan(self.scores)).sum())
        if people < self.minimum:
            few = len(self.grid.questions) < FEWEST_ITEMS
            cells.append(
                _unknown("", self.key, "", TOO_FEW_ITEMS) if few else _hidden("", self.key, "", SMALL_GROUP)
            )
            return cells
        invited = sum(group.invited for group in self.groups.values())
        found, people = figured.scale(
            self.table, self.grid, self.scores, max(invited, people), self.survey.key, self.key, whole=True
        )
        blocks = np.array([self.grid.block(int(group)) for group in self.table.group], dtype=str)
        figured.weighted(found, self.scores, blocks, figured.invited_by_block(self.grid, self.groups))
        apart.tell(found)
        cells.append(_shown("", self.key, "", found, people))
        return cells

    def of_group(
        self, group: SurveyGroup, comparison: Comparison, differs: str | None
    ) -> list[dict[str, Any]]:
        asked = [one for one in self.table.section.questions if one.asked(group.respondents)]
        if group.id not in self.grid.shown:
            hidden = [_hidden(group.key, self.key, one.key, self._why(group, one.key)) for one in asked]
            return [*hidden, _hidden(group.key, self.key, "", self._why_all(hidden))]
        if comparison is Comparison.SUPPRESSED:
            return [_unknown(group.key, self.key, one, UNITS_ALIKE) for one in (*[q.key for q in asked], "")]
        rows = self.table.group == group.id
        own = self.table.only(rows)
        cells = []
        for column, question in enumerate(self.table.section.questions):
            if not question.asked(group.respondents):
                continue
            if question.key in self.grid.questions:
                found, people = figured.question(own, column, group.invited, detailed=False)
                cells.append(_shown(group.key, self.key, question.key, found, people))
            else:
                cells.append(_hidden(group.key, self.key, question.key, SMALL_GROUP))
        scores = self.scores[rows]
        if np.isnan(scores).all():
            cells.append(_unknown(group.key, self.key, "", TOO_FEW_ITEMS))
            return cells
        found, people = figured.scale(
            own, self.grid, scores, max(group.invited, int((~np.isnan(scores)).sum())),
            self.survey.key, self.key, group.key, whole=False,
        )  # fmt: skip
        found.differs = differs
        cells.append(_shown(group.key, self.key, "", found, people))
        return cells

    def _why(self, group: SurveyGroup, question: str) -> str:
        return grids.why_hidden(self.grid, self.table, group.id, question, self.minimum)

    @staticmethod
    def _why_all(hidden: Sequence[dict[str, Any]]) -> str:
        reasons = {cell["reason"] for cell in hidden}
        return SMALL_GROUP if SMALL_GROUP in reasons else next(iter(sorted(reasons)), SMALL_GROUP)


def _shown(group: str, dimension: str, question: str, figures: Figures, people: int) -> dict[str, Any]:
    return _cell(group, dimension, question, PUBLISHED, None, rounded_people(people), figures)


def _hidden(
    group: str, dimension: str, question: str, reason: str, people: int | None = None
) -> dict[str, Any]:
    """A suppressed cell; where nearly all of the organisation agree, that much is told."""
    if reason == HOMOGENEITY and people is not None:
        figures = Figures(at_least=figured.alike(rounded_people(people) - 2))
        return _cell(group, dimension, question, SUPPRESSED, reason, rounded_people(people), figures)
    return _cell(group, dimension, question, SUPPRESSED, reason, None, None)


def _unknown(group: str, dimension: str, question: str, reason: str) -> dict[str, Any]:
    return _cell(group, dimension, question, UNKNOWN, reason, None, None)


def _cell(  # noqa: PLR0917 - the columns of a row
    group: str,
    dimension: str,
    question: str,
    state: str,
    reason: str | None,
    people: int | None,
    figures: Figures | None,
) -> dict[str, Any]:
    return {
        "group_key": group,
        "dimension": dimension,
        "question": question,
        "state": state,
        "reason": reason,
        "people": people,
        "figures": None if figures is None else figures.model_dump(exclude_none=True),
    }


def _summary(  # noqa: PLR0917 - what a publication is made of
    session: Session,
    survey: SurveyRound,
    asked: Questionnaire,
    everyone: Sequence[SurveyGroup],
    minimum: int,
    held: int,
) -> dict[str, Any]:
    """What is told of the round as a whole: response rates from rounded counts, and how missing answers were treated."""
    found = answered_by_group(session, survey)
    rows = []
    for group in everyone:
        answered = found.get(group.id, 0)
        rows.append(
            {
                "key": group.key,
                "label": group.label,
                "respondents": group.respondents,
                "invited": group.invited,
                **_returned(answered, group.invited, minimum),
                "shared": group.open_digest is not None,
            }
        )
    invited = sum(group.invited for group in everyone)
    return {
        "invited": invited,
        **_returned(sum(found.values()), invited, minimum),
        "groups": rows,
        "model_version": survey.model_version,
        "form": survey.form,
        "questions": len(asked.questions),
        "items_needed": round(NEEDED, 4),
        "held_back": held,
    }


def _returned(answered: int, invited: int, minimum: int) -> dict[str, Any]:
    shown, rate = returned(answered, invited, minimum)
    return {"answered": shown, "rate": rate}
