"""Rows to answers. Every fault is told with line and column, and nothing is taken over while there is one."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from service.errors import Conflict, Invalid
from service.models import SurveyGroup, SurveyImport, SurveyRound
from service.surveys.answering import store
from service.surveys.imports.mapping import ColumnMapping, answers, columns, plain
from service.surveys.imports.reading import Sheet
from service.surveys.questionnaire import Answer, questionnaire
from service.surveys.rounds import answered_by_group, groups, require_taking

SHOWN = 40
"""Characters of a cell that an error repeats."""


@dataclass(frozen=True)
class Fault:
    """`line` as the file counts them, the headings being a line too; 0 where it is about the whole."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                f"line {self.line}" if self.line else "",
                f"column {self.column!r}" if self.column else "",
            )
            if part
        )
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True)
class Checked:
    """What would be taken over: `responses` as (group, answers). `empty` lines have no answer, `unfinished` ones are left out."""

    responses: Sequence[tuple[int, Mapping[str, Answer]]]
    questions: Mapping[str, str]
    ignored: Sequence[str]
    by_group: Mapping[str, int]
    empty: int
    unfinished: int
    faults: Sequence[Fault] = field(default=())

    @property
    def digest(self) -> str:
        """The same for the same answers in any order."""
        lines = sorted(
            json.dumps([group, given], sort_keys=True, ensure_ascii=False) for group, given in self.responses
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check(
    session: Session, survey: SurveyRound, sheet: Sheet, mapping: ColumnMapping, group: str | None = None
) -> Checked:
    """What a file holds for a round; `group` is the one all lines belong to, unless a column says it.

    Raises `Invalid` where the columns themselves do not fit, or nothing says the group.
    """
    asked = questionnaire(survey.model_version, survey.form)
    found = columns(mapping, sheet.headings, asked)
    by_key = {one.key: one for one in groups(session, survey)}
    if (mapping.group is None) == (group is None):
        raise Invalid(
            "say which group the answers are of: by --group, or by a column in the mapping, not both"
        )
    if group is not None and group not in by_key:
        raise Invalid(f"the round has no group {group!r}; there are: {', '.join(by_key) or 'none'}")
    known = {heading: answers(mapping, question, asked) for heading, question in found.questions.items()}
    faults: list[Fault] = []
    responses: list[tuple[int, Mapping[str, Answer]]] = []
    counted: Counter[str] = Counter()
    empty = unfinished = 0
    for line, row in sheet.rows:
        if mapping.complete is not None and not row[mapping.complete]:
            unfinished += 1
            continue
        owner = by_key[group] if group is not None else _group(line, row, mapping, by_key, faults)
        given: dict[str, Answer] = {}
        for heading, question in found.questions.items():
            cell = row[heading]
            if plain(cell) not in known[heading]:
                faults.append(
                    Fault(line, heading, f"{cell[:SHOWN]!r} is no answer; add it to [values] of the mapping")
                )
                continue
            answer = known[heading][plain(cell)]
            if answer is None:
                continue
            if owner is not None and not question.asked(owner.respondents):
                faults.append(Fault(line, heading, f"the question is not for the group {owner.key}"))
                continue
            given[question.key] = answer
        if not given:
            empty += 1
        elif owner is not None:
            responses.append((owner.id, {key: given[key] for key in sorted(given)}))
            counted[owner.key] += 1
    faults += _too_many(session, survey, by_key, counted)
    if not responses and not faults:
        faults.append(Fault(0, "", "no line holds an answer"))
    return Checked(
        responses,
        {heading: question.key for heading, question in found.questions.items()},
        found.ignored,
        dict(counted),
        empty,
        unfinished,
        faults,
    )


def _group(
    line: int,
    row: Mapping[str, str],
    mapping: ColumnMapping,
    by_key: Mapping[str, SurveyGroup],
    faults: list[Fault],
) -> SurveyGroup | None:
    assert mapping.group is not None  # noqa: S101 - asked for only with such a column
    cell = row[mapping.group.column]
    stands = {plain(text): key for text, key in mapping.group.values.items()}
    owner = by_key.get(stands.get(plain(cell), cell))
    if owner is None:
        faults.append(
            Fault(
                line,
                mapping.group.column,
                f"{cell[:SHOWN]!r} is no group; add it to [group.values] of the mapping",
            )
        )
    return owner


def _too_many(
    session: Session, survey: SurveyRound, by_key: Mapping[str, SurveyGroup], counted: Mapping[str, int]
) -> list[Fault]:
    """More answers than people are a sign of a wrong file or group."""
    answered = answered_by_group(session, survey)
    return [
        Fault(
            0, "", f"the group {key} has {by_key[key].invited} people, and would have more answers than that"
        )
        for key, count in counted.items()
        if answered.get(by_key[key].id, 0) + count > by_key[key].invited
    ]


def take_over(session: Session, survey: SurveyRound, checked: Checked) -> int:
    """Store the responses, all or none; how many.

    Raises `Invalid` if there are faults, `Conflict` once the round is closed or if the very same answers were taken over before.
    """
    if checked.faults:
        raise Invalid(f"{len(checked.faults)} faults: nothing was taken over")
    require_taking(survey)
    if session.get(SurveyImport, (survey.id, checked.digest)) is not None:
        raise Conflict("these very answers were taken over before: nothing was stored twice")
    session.add(SurveyImport(round_id=survey.id, digest=checked.digest))
    for group, given in checked.responses:
        store(session, survey.id, group, survey.batch, given)
    return len(checked.responses)
