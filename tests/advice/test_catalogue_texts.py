"""The texts of the catalogue and of the reference values: alike in both languages, plain, neutral, and free of what privacy forbids."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from metrics.metric import Label
from service.advice.catalogue import Measure, current, releases
from service.references import references

CATALOGUE, REFERENCES = current(), references()
SAME = {"IT", "90-9-1", "Community-Management", "Workshop"}
"""What is called the same in both languages."""
SENTENCES = {
    "description",
    "estimates",
    "instruction",
    "first_step",
    "good",
    "capacity",
    "reason",
    "risk",
    "counter",
    "unfit",
    "fits",
    "advice",
    "not_comparable",
    "differences",
    "definition",
    "not_published",
}
"""What is a sentence, or reads like one, and ends with a full stop."""

GENERIC_MASCULINE = re.compile(
    r"\b(Mitarbeiter|Arbeitnehmer|Kolleg|Nutzer|Benutzer|Anwender|Leser|Autor|Redakteur|Moderator|Administrator|"
    r"Ansprechpartner|Teilnehmer|Expert|Chef|Betreuer|Verfasser|Besucher|Kenner|Helfer|Sprecher|Kunde(?!n(?:dienst|daten|foren)))(?!ei)\w*"
)
MARKED_FORM = re.compile(r"\w[*:_/·]-?in(nen)?\b|[a-zäöüß]In(nen)?\b")
PLACEHOLDER = re.compile(r"TODO|TBD|FIXME|XXX|lorem|\?\?|\.\.\.|[{}<>\[\]]", re.IGNORECASE)
TYPEWRITER = re.compile(r"  |\s[,;:?!]|[\"'`´]")
BUZZWORDS = re.compile(
    r"ganzheitlich|nachhaltig|agil|synerg|transformation|mindset|holistic|leverag|empower|best practice|"
    r"state of the art|ecosystem|seamless|stakeholder|touchpoint|enablement|journey|footprint|excellence|exzellen|"
    r"zukunftsfähig|mehrwert|value add|robust|innovati",
    re.IGNORECASE,
)
AMERICAN = re.compile(r"organiz|recogniz|behavior|\bcolor|\bcenter\b|\bprogram\b", re.IGNORECASE)
FORBIDDEN = re.compile(
    r"Rangliste|Bestenliste|leader ?board|Punktestand|most active (people|person|writer)|top contributors?|aktivste[nr]? Person|"
    r"wer was gelesen|who has read|Leseliste|Stimmungsanalyse|sentiment|Überwachung|Standortdaten|location data",
    re.IGNORECASE,
)
"""What is never offered: rankings and scores of people, lists of who has read, reading between the lines."""
DENIED = re.compile(r"\b(kein\w*|nie|nicht|no|never|nor|not)\b", re.IGNORECASE)


def texts(part: Any, path: str = "") -> Iterator[tuple[str, Label]]:
    """Every text below a part, with where it stands."""
    match part:
        case Label():
            yield path, part
        case BaseModel():
            inner = getattr(part, "key", "")
            for name in type(part).model_fields:
                yield from texts(getattr(part, name), f"{path} {inner} {name}".strip())
        case dict():
            for key, value in part.items():
                yield from texts(value, f"{path} {key}")
        case tuple():
            for value in part:
                yield from texts(value, path)


TEXTS = [
    *texts(CATALOGUE, "catalogue"),
    *texts(REFERENCES, "references"),
    *((f"release {one.version}", one.summary) for one in releases()),
]


def found(pattern: re.Pattern[str], language: str) -> list[tuple[str, str]]:
    """Where a pattern occurs in the texts of a language."""
    return [
        (path, match.group()) for path, text in TEXTS for match in pattern.finditer(getattr(text, language))
    ]


def test_the_walk_reaches_every_kind_of_text() -> None:
    assert len(TEXTS) > 800
    reached = " ".join(path for path, _ in TEXTS)
    for name in SENTENCES | {"roles", "audiences", "drivers", "title", "ask", "fits", "uses", "label"}:
        assert name in reached, name


def test_languages_differ() -> None:
    assert {text.de for _, text in TEXTS if text.de == text.en} <= SAME


def test_both_languages_name_the_same_numbers() -> None:
    for path, text in TEXTS:
        german = re.findall(r"\d+", re.sub(r"(?<=\d)\.(?=\d{3})", "", text.de).replace(",", "."))
        english = re.findall(r"\d+", re.sub(r"(?<=\d),(?=\d{3})", "", text.en))
        assert sorted(german) == sorted(english), path


def test_both_languages_say_about_as_much() -> None:
    for path, text in TEXTS:
        if len(text.en) > 60:
            assert 0.6 <= len(text.de) / len(text.en) <= 1.7, path


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("pattern", [PLACEHOLDER, TYPEWRITER, BUZZWORDS])
def test_no_text_holds_a_placeholder_a_buzzword_or_a_typewriter_mark(
    pattern: re.Pattern[str], language: str
) -> None:
    assert not found(pattern, language)


@pytest.mark.parametrize("pattern", [GENERIC_MASCULINE, MARKED_FORM])
def test_german_speaks_of_people_in_neutral_forms(pattern: re.Pattern[str]) -> None:
    assert not found(pattern, "de")


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
            if name in {"name", "title", "label"}:
                assert said[-1] not in ".:,;", path
            elif name in SENTENCES and "fits " not in path:
                assert said[-1] in ".?”“", path


@pytest.mark.parametrize("measure", CATALOGUE.measures, ids=lambda one: one.key)
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_measure_says_in_a_few_sentences_what_to_do(measure: Measure, language: str) -> None:
    description = getattr(measure.description, language)
    assert 2 <= len(re.findall(r"[.!?](?=\s|$)", description)) <= 8
    assert 25 <= len(description.split()) <= 110
    assert 5 <= len(getattr(measure.first_step, language).split()) <= 40
    assert 3 <= len(getattr(measure.title, language).split()) <= 14


def test_no_two_measures_share_a_title_or_a_first_step() -> None:
    for language in ("de", "en"):
        for name in ("title", "first_step", "description"):
            said = [getattr(getattr(one, name), language) for one in CATALOGUE.measures]
            assert len(set(said)) == len(said), name


@pytest.mark.parametrize("language", ["de", "en"])
def test_nothing_is_offered_that_privacy_forbids(language: str) -> None:
    """Where such a word occurs, the same sentence rules it out."""
    for path, text in TEXTS:
        for sentence in re.split(r"(?<=[.!?])\s", getattr(text, language)):
            if FORBIDDEN.search(sentence):
                assert DENIED.search(sentence), (path, sentence)


def test_such_an_offer_would_be_found() -> None:
    for sentence in ("Eine Rangliste der Schreibenden entsteht.", "Show the top contributors."):
        assert FORBIDDEN.search(sentence)
        assert not DENIED.search(sentence)


def test_citations_are_in_english_with_the_mark_of_what_they_claim() -> None:
    for measure in CATALOGUE.measures:
        for citation in measure.citations:
            assert citation.text.strip() == citation.text != ""
            assert not re.search(r"\d %|['\"`]", citation.text), citation.text
            assert (citation.mark == "D") is bool(re.search(r"\b[Oo]ur own\b", citation.text)), citation.text
