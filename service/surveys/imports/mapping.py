"""Which column is which question, which column says the group, and which text means which answer."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.errors import Invalid
from service.surveys.questionnaire import DONT_KNOW, NOT_APPLICABLE, Answer, Question, Questionnaire

Value = Literal[1, 2, 3, 4, 5, "dont_know", "not_applicable", "none"]


class GroupColumn(BaseModel):
    """The column that says which group a line belongs to, and what its values stand for; without `values` they are keys."""

    model_config = ConfigDict(extra="forbid")

    column: str
    values: dict[str, str] = Field(default_factory=dict)


class ColumnMapping(BaseModel):
    """A mapping file.

    `columns`: heading -> key of a question; a heading that is a question's key or its text needs no entry. `values`: text ->
    answer, beside 1 to 5 and the words of the questionnaire in both languages. `complete`: a column that is empty in lines of
    people who did not finish; these are left out. `sheet` of an Excel file.
    """

    model_config = ConfigDict(extra="forbid")

    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, Value] = Field(default_factory=dict)
    group: GroupColumn | None = None
    complete: str | None = None
    sheet: str | None = None


def read_mapping(path: Path | None) -> ColumnMapping:
    """A mapping from TOML or JSON; an empty one without a file. Raises `Invalid` with what is wrong and where."""
    if path is None:
        return ColumnMapping()
    try:
        text = path.read_text(encoding="utf-8")
        given = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise Invalid(f"{path.name} can not be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise Invalid(f"{path.name} is neither TOML nor JSON: {error}") from None
    try:
        return ColumnMapping.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise Invalid(f"{path.name}, {place}: {first['msg']}") from None


@dataclass(frozen=True)
class Columns:
    """What the columns of a file are: `questions` by heading, and the headings that are `ignored`."""

    questions: Mapping[str, Question]
    ignored: Sequence[str]


def columns(mapping: ColumnMapping, headings: Sequence[str], asked: Questionnaire) -> Columns:
    """Raises `Invalid` for a heading or question of the mapping that does not exist, for two columns of one question, or none."""
    by_key = {question.key: question for question in asked.questions}
    by_words = {
        plain(words): question
        for question in asked.questions
        for words in (question.key, question.text.de, question.text.en)
    }
    absent = [heading for heading in mapping.columns if heading not in headings]
    if absent:
        raise Invalid(f"the mapping names a column {absent[0][:80]!r} which the file does not have")
    for heading, key in mapping.columns.items():
        if key not in by_key:
            raise Invalid(
                f"the mapping gives column {heading[:80]!r} the question {key!r}, which is not asked in this round "
                "(`resonanz survey questions` lists them)"
            )
    named = (mapping.complete, mapping.group.column if mapping.group else None)
    beside = {heading for heading in named if heading is not None}
    for heading in sorted(beside):
        if heading not in headings:
            raise Invalid(f"the mapping names a column {heading!r} which the file does not have")
    found: dict[str, Question] = {}
    for heading in headings:
        question = by_key.get(mapping.columns.get(heading, "")) or by_words.get(plain(heading))
        if question is None or heading in beside:
            continue
        twice = next((other for other, one in found.items() if one.key == question.key), None)
        if twice is not None:
            raise Invalid(
                f"the columns {twice[:60]!r} and {heading[:60]!r} are both for the question {question.key!r}"
            )
        found[heading] = question
    if not found:
        raise Invalid(
            "no column is known: name them in a mapping file, heading = question "
            "(`resonanz survey questions` lists the keys)"
        )
    return Columns(found, [heading for heading in headings if heading not in found and heading not in beside])


def answers(mapping: ColumnMapping, question: Question, asked: Questionnaire) -> dict[str, Answer | None]:
    """What texts mean for a question, in lower case; None is no answer."""
    wording = asked.wording
    known: dict[str, Answer | None] = {"": None}
    for point, words in enumerate(question.answers, 1):
        for text in (str(point), words.de, words.en):
            known[plain(text)] = point
    for answer, words in ((DONT_KNOW, wording.dont_know), (NOT_APPLICABLE, wording.not_applicable)):
        for text in (answer, words.de, words.en):
            known[plain(text)] = answer
    for text, value in mapping.values.items():
        known[plain(text)] = None if value == "none" else value
    return known


def plain(text: str) -> str:
    """Without differences that exports make: case, spaces, the form of apostrophes, a full stop at the end."""
    straight = text.replace("’", "'").replace("\u00a0", " ")
    return " ".join(straight.split()).rstrip(".").casefold()
