"""The texts of the maturity model: readable, alike in both languages, neutral, and free of what makes a question a bad one."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from pydantic import BaseModel

from metrics.metric import Label
from service.maturity.model import Dimension, Level, Question, ScaleKey, Step, current, releases

MODEL = current()
SAME = {"Organisation", "Governance", "IT"}
"""What is called the same in both languages."""

SENTENCE = re.compile(r"[^.!?]+[.!?](?=\s|$)")
WORD = re.compile(r"[\w’-]+")

GENERIC_MASCULINE = re.compile(
    r"\b(Mitarbeiter|Arbeitnehmer|Kolleg|Nutzer|Benutzer|Anwender|Leser|Autor|Redakteur|Moderator|Administrator|"
    r"Ansprechpartner|Teilnehmer|Expert|Chef|Betreuer|Verfasser|Besucher|Kenner|Helfer|Sprecher|Kunde)(?!ei)\w*"
)
MARKED_FORM = re.compile(r"\w[*:_/·]-?in(nen)?\b|[a-zäöüß]In(nen)?\b")
MASCULINE_RELATIVE = re.compile(
    r"\b(jeder|jemand|niemand|keiner|einer|derjenige), (der|dem|den)\b", re.IGNORECASE
)
BUZZWORDS = re.compile(
    r"ganzheitlich|nachhaltig|agil|synerg|transformation|mindset|holistic|leverag|empower|best practice|"
    r"state of the art|ecosystem|seamless|stakeholder|touchpoint|enablement|journey|footprint|excellence|exzellen|"
    r"zukunftsfähig|mehrwert|value add|robust|innovati",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(r"TODO|TBD|FIXME|XXX|lorem|\?\?|\.\.\.|…|[{}<>\[\]]", re.IGNORECASE)
AMERICAN = re.compile(r"organiz|recogniz|behavior|\bcolor|\bcenter\b|\bprogram\b", re.IGNORECASE)
LEADING = re.compile(
    r"\b(natürlich|selbstverständlich|sicherlich|bekanntlich|doch|of course|obviously|surely|clearly)\b",
    re.IGNORECASE,
)


def texts(part: Any, path: str = "") -> Iterator[tuple[str, Label]]:
    """Every text below a part of the model, with where it stands."""
    match part:
        case Label():
            yield path, part
        case BaseModel():
            inner = getattr(part, "key", getattr(part, "number", ""))
            for name in type(part).model_fields:
                yield from texts(getattr(part, name), f"{path} {inner} {name}".strip())
        case dict():
            for key, value in part.items():
                yield from texts(value, f"{path} {key}")
        case tuple():
            for value in part:
                yield from texts(value, path)


TEXTS = [*texts(MODEL), *((f"release {one.version}", one.summary) for one in releases())]
QUESTIONS = pytest.mark.parametrize("question", MODEL.questions(), ids=lambda one: one.key)
LEVELS = pytest.mark.parametrize(
    "level", [level for one in MODEL.dimensions for level in one.levels], ids=lambda one: one.name.en
)
DIMENSIONS = pytest.mark.parametrize("dimension", MODEL.dimensions, ids=lambda one: one.key)


def found(pattern: re.Pattern[str], language: str) -> list[tuple[str, str]]:
    """Where a pattern occurs in the texts of a language."""
    return [
        (path, match.group()) for path, text in TEXTS for match in pattern.finditer(getattr(text, language))
    ]


def sentences(text: str) -> list[str]:
    return [one.strip() for one in SENTENCE.findall(text)]


def words(text: str) -> list[str]:
    return WORD.findall(text)


def test_the_walk_reaches_every_kind_of_text() -> None:
    assert len(TEXTS) > 350
    reached = " ".join(path for path, _ in TEXTS)
    for name in ("reasoning", "evidence", "owner", "steps", "limits", "introduction", "profiles", "answers"):
        assert name in reached


def test_languages_differ() -> None:
    assert {text.de for _, text in TEXTS if text.de == text.en} <= SAME


def test_both_languages_name_the_same_numbers() -> None:
    for path, text in TEXTS:
        assert re.findall(r"\d+", text.de) == re.findall(r"\d+", text.en), path


def test_both_languages_say_about_as_much() -> None:
    for path, text in TEXTS:
        if len(text.en) > 60:
            assert 0.6 <= len(text.de) / len(text.en) <= 1.6, path


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    "pattern", [PLACEHOLDER, BUZZWORDS, re.compile(r"  |\s[,.;:?!]"), re.compile(r"[\"'`´]")]
)
def test_no_text_holds_a_placeholder_a_buzzword_or_a_typewriter_mark(
    pattern: re.Pattern[str], language: str
) -> None:
    assert not found(pattern, language)


@pytest.mark.parametrize("pattern", [GENERIC_MASCULINE, MARKED_FORM, MASCULINE_RELATIVE])
def test_german_speaks_of_people_in_neutral_forms(pattern: re.Pattern[str]) -> None:
    assert not found(pattern, "de")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (GENERIC_MASCULINE, "Die Mitarbeiter fragen."),
        (GENERIC_MASCULINE, "Kolleginnen und Kollegen"),
        (MARKED_FORM, "Leser*innen"),
        (MARKED_FORM, "Leser:innen"),
        (MARKED_FORM, "LeserInnen"),
        (MASCULINE_RELATIVE, "Niemand, der fragt"),
    ],
)
def test_other_forms_would_be_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_quotation_marks_are_those_of_the_language() -> None:
    for path, text in TEXTS:
        assert re.fullmatch(r"[^„“”]*(„[^„“”]*“[^„“”]*)*", text.de), path
        assert re.fullmatch(r"[^„“”]*(“[^„“”]*”[^„“”]*)*", text.en), path


def test_english_is_british_and_idiomatic() -> None:
    assert not found(AMERICAN, "en")
    assert not found(re.compile(r"\b(in|into) the intranet\b|\bcan not\b|\d %", re.IGNORECASE), "en")


def test_german_keeps_a_space_before_the_per_cent_sign() -> None:
    assert not found(re.compile(r"\d%"), "de")


def test_what_is_a_sentence_ends_like_one_and_a_name_does_not() -> None:
    for path, text in TEXTS:
        name = path.split()[-1]
        for said in (text.de, text.en):
            if name in {
                "description",
                "meaning",
                "limits",
                "no_observation",
                "reasoning",
                "evidence",
                "introduction",
            }:
                assert said[-1] in ".”“", path
            elif name != "text" and not path.startswith("release"):
                assert said[-1] not in ".:,;", path


@QUESTIONS
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_question_is_short(question: Question, language: str) -> None:
    text = getattr(question.text, language)
    assert len(words(text)) <= 25
    assert len(text) <= 200
    assert len(sentences(text)) == 1


@QUESTIONS
def test_a_question_fits_its_scale(question: Question) -> None:
    """How often: a question. How far one agrees: a statement."""
    frequency = question.scale is ScaleKey.FREQUENCY
    for text in (question.text.de, question.text.en):
        assert text.endswith("?" if frequency else ".")
    assert ("ie oft" in question.text.de) is frequency
    assert ("ow often" in question.text.en) is frequency


@QUESTIONS
def test_a_question_asks_one_thing(question: Question) -> None:
    de = question.text.de.replace("Zwischen Kommunikation und IT", "")
    en = question.text.en.replace("between communications and IT", "")
    assert not re.search(r"\b(und|oder|sowie|bzw)\b", de)
    assert not re.search(r"\b(and|or|as well as)\b|/", en)


@QUESTIONS
def test_a_question_does_not_lead(question: Question) -> None:
    assert not LEADING.search(question.text.de)
    assert not LEADING.search(question.text.en)


@QUESTIONS
def test_agreeing_does_not_mean_denying(question: Question) -> None:
    """A negated statement is hard to disagree with; only reversed ones may be."""
    if question.scale is ScaleKey.AGREEMENT and not question.reverse:
        assert not re.search(r"\b(nicht|kein\w*|nie|niemand)\b", question.text.de)
        assert not re.search(r"\b(not|no|never|nobody)\b|n’t\b", question.text.en)


def test_no_question_is_asked_twice() -> None:
    for language in ("de", "en"):
        asked = [getattr(one.text, language) for one in MODEL.questions()]
        assert len(set(asked)) == len(asked)


@LEVELS
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_level_is_described_in_a_few_plain_sentences(level: Level, language: str) -> None:
    text = getattr(level.description, language)
    assert 2 <= len(sentences(text)) <= 4
    assert 20 <= len(words(text)) <= 75
    assert max(len(words(one)) for one in sentences(text)) <= 36
    for step in level.steps:
        brief = getattr(step.description, language)
        assert 1 <= len(sentences(brief)) <= 2
        assert len(words(brief)) <= 30


@DIMENSIONS
@pytest.mark.parametrize("language", ["de", "en"])
def test_neighbouring_levels_can_be_told_apart(dimension: Dimension, language: str) -> None:
    parts: list[Level | Step] = [*dimension.levels, *dimension.steps()]
    names = [getattr(part.name, language) for part in parts]
    assert len(set(names)) == len(names)
    for chain in (dimension.levels, tuple(dimension.steps())):
        for lower, higher in pairwise(chain):
            low, high = (
                {word.lower() for word in words(getattr(part.description, language)) if len(word) > 4}
                for part in (lower, higher)
            )
            assert len(low & high) / len(low | high) < 0.3, higher.name.en


@DIMENSIONS
def test_no_two_dimensions_ask_for_the_same_document(dimension: Dimension) -> None:
    others = {fact.name.en for fact in MODEL.facts() if fact not in dimension.facts}
    assert not others & {fact.name.en for fact in dimension.facts}
