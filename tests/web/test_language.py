"""Every text exists in both languages, and numbers and dates are written as readers expect."""

import re
from datetime import date
from pathlib import Path

import httpx
import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

import service.language
import service.roadmap
import service.web
from metrics.metric import Measure
from service.errors import Invalid, NotFound
from service.language import CATALOGUES, LOCALES, N_, language
from service.reports.words_frame import FRAME
from service.web.words import GAPS, HIDDEN, KINDS, PURPOSES, UNKNOWN, WINDOWS

WEB = Path(service.web.__file__).parent
KEYWORDS = {"text": None, "plural": (1, 2), "N_": None, "NN_": (1, 2), "_": None, "ngettext": (1, 2)}


def key(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


def in_code() -> set[str]:
    found = extract_from_dir(
        WEB,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"newstyle_gettext": "true"}},
        keywords=KEYWORDS,
    )
    own = extract_from_file("python", service.language.__file__, keywords=KEYWORDS)
    texts = {key(message) for _, _, message, _, _ in found} | {key(message) for _, message, _, _ in own}
    # Errors that readers of pages may meet are raised beyond the pages.
    for package in ("advice", "maturity", "roadmap"):
        raised = extract_from_dir(
            WEB.parent / package, method_map=[("**.py", "python")], keywords={"N_": None}
        )
        texts |= {key(message) for _, _, message, _, _ in raised}
    return texts


def test_an_error_is_told_in_the_readers_language():
    error = Invalid(N_("%(weeks)s weeks: give a number above 0, up to %(most)s"), weeks="0", most="52")
    assert str(error) == "0 weeks: give a number above 0, up to 52"
    assert language("de").told(error) == "0 Wochen: Geben Sie eine Zahl über 0 bis 52 an"
    assert language("de").told(NotFound("100 % of nothing")) == "100 % of nothing"


TRANSLATED = sorted(one.name for one in CATALOGUES.iterdir() if one.is_dir())
EVERY_CATALOGUE = pytest.mark.parametrize("code", TRANSLATED)


def in_catalogue(code="de"):
    with (CATALOGUES / code / "LC_MESSAGES" / "resonanz.po").open("rb") as file:
        return [message for message in read_po(file, locale=code) if message.id]


def test_every_language_but_that_of_the_code_has_a_catalogue():
    assert sorted(LOCALES.keys() - {"en"}) == TRANSLATED


@EVERY_CATALOGUE
def test_a_catalogue_holds_exactly_the_texts_of_code_and_templates(code):
    assert {key(message.id) for message in in_catalogue(code)} == in_code()


@EVERY_CATALOGUE
def test_no_text_is_empty_or_fuzzy(code):
    for message in in_catalogue(code):
        texts = [message.string] if isinstance(message.string, str) else message.string
        assert all(texts), message.id
        assert not message.fuzzy, message.id


@EVERY_CATALOGUE
def test_placeholders_are_the_same_in_all_languages(code):
    def placeholders(text: str) -> set[str]:
        return set(re.findall(r"%\((\w+)\)s", text))

    for message in in_catalogue(code):
        texts = [message.string] if isinstance(message.string, str) else message.string
        for text in texts:
            assert placeholders(text) == placeholders(key(message.id)), message.id


def test_every_word_for_a_code_is_in_the_catalogue():
    known = {key(message.id) for message in in_catalogue()}
    for words in (HIDDEN, UNKNOWN, GAPS, KINDS, PURPOSES, WINDOWS):
        assert set(words.values()) <= known


@pytest.mark.parametrize(
    ("code", "share", "hours", "day", "number"),
    [
        ("de", "12,3\u00a0%", "28,5 Stunden", "23.11.2026", "1.234,5"),
        ("en", "12.3%", "28.5 hours", "23 Nov 2026", "1,234.5"),
    ],
)
def test_numbers_and_dates_follow_the_language(code, share, hours, day, number):
    spoken = language(code)
    assert spoken.value(0.1234, Measure.SHARE) == share
    assert spoken.value(28.5, Measure.HOURS) == hours
    assert spoken.day(date(2026, 11, 23)) == day
    assert spoken.number(1234.5) == number


def test_one_is_singular_also_after_rounding():
    assert language("de").value(1.0, Measure.HOURS) == "1 Stunde"
    assert language("de").value(1.04, Measure.HOURS) == "1 Stunde"
    assert language("de").value(1.5, Measure.HOURS) == "1,5 Stunden"


def test_a_period_is_named_by_its_last_day_not_by_the_day_after():
    assert language("de").period(date(2026, 11, 2), date(2026, 11, 30)) == "02.11.2026 – 29.11.2026"


@pytest.mark.parametrize(
    ("query", "cookie", "header", "chosen"),
    [
        ("", None, None, "de"),
        ("", None, "fr-FR, en-US;q=0.8, de;q=0.5", "en"),
        ("", None, "en;q=0, fr", "de"),
        ("", None, ";;q=x,,en;q=high", "de"),
        ("", "en", "de", "en"),
        ("?lang=de", "en", "en", "de"),
        ("?lang=xx", "en", "de", "en"),
    ],
)
def test_the_language_is_asked_for_by_query_then_cookie_then_header(client, query, cookie, header, chosen):
    headers = {"Accept-Language": header} if header else {}
    if cookie:
        headers["Cookie"] = f"language={cookie}"
    answer = client.get(f"/{query}", headers=headers)
    assert f'<html lang="{chosen}">' in answer.text
    assert answer.headers["Content-Language"] == chosen


def test_a_language_once_asked_for_is_remembered(client: httpx.Client):
    client.get("/?lang=en")
    assert '<html lang="en">' in client.get("/").text


def test_an_assessment_is_called_by_one_word_on_pages_and_in_documents():
    """A `Beurteilung` is what an employee gets from a superior: the last thing this service gives."""
    weeks = Path(service.roadmap.__file__).with_name("first_weeks.toml").read_text(encoding="utf-8")
    pages = " ".join(str(message.string) for message in in_catalogue())
    for text in (weeks, pages, str([(label.de, label.en) for label in FRAME.values()])):
        assert "Standortbestimmung" in text
        assert "Beurteilung" not in text
