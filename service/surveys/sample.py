"""The answers of a round as tables: who was asked what, by group and opening, never by person or time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models import Response, SurveyGroup, SurveyRound
from service.statistics import answers as coding
from service.statistics.estimate import Floats
from service.surveys.questionnaire import (
    DONT_KNOW,
    NOT_APPLICABLE,
    POINTS,
    RESPONDENTS,
    Answer,
    Questionnaire,
    Section,
)

CODES = {DONT_KNOW: coding.DONT_KNOW, NOT_APPLICABLE: coding.NOT_APPLICABLE}
FEWEST_ITEMS = 3
"""Questions of a dimension a person must be asked for a scale score: a mean of fewer is no scale."""

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """The answers to one dimension, a row for each response.

    `group` and `batch` say where and in which opening a row came in; `answers` are coded as in
    `service.statistics.answers`, with nothing where somebody was not asked.
    """

    section: Section
    group: Whole
    batch: Whole
    asked: Mapping[int, NDArray[np.bool_]]
    """By group: which of the questions it is asked."""
    answers: coding.Answers

    def only(self, rows: NDArray[np.bool_]) -> "Table":
        kept = coding.Answers(
            self.answers.points[rows], self.answers.dont_know[rows], self.answers.not_applicable[rows]
        )
        return Table(self.section, self.group[rows], self.batch[rows], self.asked, kept)

    def columns(self, questions: Sequence[str]) -> list[int]:
        return [number for number, one in enumerate(self.section.questions) if one.key in questions]

    def recoded(self) -> Floats:
        """Points with reverse questions turned round."""
        reverse = [number for number, one in enumerate(self.section.questions) if one.reverse]
        return coding.recoded(self.answers.points, reverse)

    def scores(self, questions: Sequence[str]) -> Floats:
        """The score of each person on the scale of those questions: of what the person was asked, two thirds must be answered."""
        found = np.full(len(self.group), np.nan)
        points, columns = self.recoded(), self.columns(questions)
        for respondents in {tuple(asked) for asked in self.asked.values()}:
            own = [column for column in columns if respondents[column]]
            rows = np.array(
                [tuple(self.asked[int(group)]) == respondents for group in self.group], dtype=bool
            )
            if len(own) >= FEWEST_ITEMS and rows.any():
                found[rows] = coding.scale_scores(points[rows][:, own])
        return found

    def counts(self, rows: NDArray[np.bool_]) -> Whole:
        """How often each point was given to each question (questions × points)."""
        points = self.answers.points[rows]
        return np.stack([(points == point).sum(axis=0) for point in POINTS], axis=1).astype(np.int64)


def tables(
    session: Session, survey: SurveyRound, asked: Questionnaire, groups: Sequence[SurveyGroup]
) -> list[Table]:
    """One table for each dimension. The rows are in an order of their own, so that the same answers draw the same samples."""
    kinds = {group.id: group.respondents for group in groups}
    found = sorted(
        session.execute(
            select(Response.group_id, Response.batch, Response.answers).where(Response.round_id == survey.id)
        ),
        key=lambda row: (row.group_id, json.dumps(row.answers, sort_keys=True)),
    )
    group = np.array([row.group_id for row in found], dtype=np.int64)
    batch = np.array([row.batch for row in found], dtype=np.int64)
    return [
        _table(section, kinds, group, batch, [row.answers for row in found]) for section in asked.sections
    ]


def _table(
    section: Section,
    kinds: Mapping[int, str],
    group: Whole,
    batch: Whole,
    answers: Sequence[Mapping[str, Answer]],
) -> Table:
    to = {
        kind: np.array([question.asked(kind) for question in section.questions], dtype=bool)
        for kind in RESPONDENTS
    }
    codes = np.full((len(group), len(section.questions)), np.nan)
    for row, given in enumerate(answers):
        for column, question in enumerate(section.questions):
            answer = given.get(question.key)
            if answer is not None:
                codes[row, column] = CODES[answer] if isinstance(answer, str) else answer
    return Table(section, group, batch, {key: to[kind] for key, kind in kinds.items()}, coding.coded(codes))
