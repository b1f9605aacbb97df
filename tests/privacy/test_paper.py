"""The readable agreement says in both languages, and in both formats, what the machine-readable one lists."""

import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from connectors.activity import CounterName, Kind
from metrics.catalog import CATALOG
from metrics.metric import Label, Privacy, Scope, Window
from service.errors import Invalid
from service.privacy import paper_words, sections, words
from service.privacy.agreement import Agreement, Signature
from service.privacy.paper import Paper, paper
from service.privacy.pdf import to_pdf
from service.privacy.word import to_docx
from service.publication.publish import STEPS, protection
from service.security.roles import MAY, Permission

CREATED = datetime(2026, 11, 2, 9, tzinfo=UTC)
MARKUP = "Müller & Söhne #let $x$ <b> *AG*"


@pytest.fixture
def agreements(house: Any) -> tuple[Agreement, Agreement]:
    """An agreement, and one after it that shows smaller groups and drops a source."""

    def first(document: dict[str, Any]) -> None:
        document["organisation"]["name"] = MARKUP
        document["terms"]["sources"] = {
            "wiki": sections.source("confluence", {"url": "https://wiki.example.com"}, ["contents"]),
            "audit": sections.source("microsoft-audit", {"agreement": "true"}, ["sharepoint"]),
        }

    before = house.agree(first)
    document = before.document
    document |= {"number": 2, "previous": before.digest}
    document["terms"]["groups"]["observed"] = 8
    del document["terms"]["sources"]["audit"]
    return before, Agreement.of(document)


def written(agreements: tuple[Agreement, Agreement], language: str) -> Paper:
    before, after = agreements
    return paper(after, before, [Signature("admin", "", "", "2026-11-03T08:00:00+00:00")], language)


def in_docx(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join((*(paragraph.text for paragraph in document.paragraphs), *cells))


def in_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def plain(text: str) -> str:
    """Without what setting adds: ends of lines, hyphens at them, and places to break."""
    return re.sub(r"[\s\u200b\u00ad\u2010-]+", "", text)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("form", ["docx", "pdf"])
def test_every_term_can_be_read(agreements: tuple[Agreement, Agreement], language: str, form: str) -> None:
    made = written(agreements, language)
    text = plain(in_docx(to_docx(made, CREATED)) if form == "docx" else in_pdf(to_pdf(made, CREATED)))
    _, after = agreements

    def say(label: Label) -> str:
        return label.de if language == "de" else label.en

    expected = [MARKUP, after.digest, *after.holders.values(), "https://wiki.example.com"]
    expected += [
        say(label)
        for label in (*words.PURPOSES.values(), *words.EXCLUSIONS.values(), *words.OUTPUTS.values())
    ]
    expected += [say(label) for label in words.RULES.values()]
    expected += [say(metric.label) for metric in CATALOG.values()]
    expected += [column for columns in sections.fields().values() for column in columns]
    missing = [one for one in expected if plain(one) not in text]
    assert missing == []


def test_what_changes_is_told_with_its_effect(agreements: tuple[Agreement, Agreement]) -> None:
    text = in_docx(to_docx(written(agreements, "de"), CREATED))
    rows = written(agreements, "de").sections[-2].table
    assert rows is not None
    assert rows.rows == (
        ("Mindestgrößen von Gruppen › Beobachtete Daten", "10", "8", "senkt den Schutz"),
        ("Datenquellen › audit", "enthalten", "nicht enthalten", "erhöht den Schutz"),
    )
    assert "Unterschied zur letzten Fassung" in text
    assert "3. November 2026" in text
    assert "noch nicht" in text


def test_the_first_version_says_that_it_is(agreements: tuple[Agreement, Agreement]) -> None:
    made = paper(agreements[0], None, (), "en")
    assert made.sections[-2].paragraphs == ("This is the first version.",)
    assert "audit (source agreed on separately)" in {
        row[0] for one in made.sections if one.table for row in one.table.rows
    }


def test_the_documents_carry_language_and_structure(agreements: tuple[Agreement, Agreement]) -> None:
    made = written(agreements, "de")
    pdf = to_pdf(made, CREATED)
    assert to_pdf(made, CREATED) == pdf
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.root_object["/Lang"] == "de"
    assert reader.root_object["/MarkInfo"]["/Marked"]
    document = Document(io.BytesIO(to_docx(made, CREATED)))
    assert document.core_properties.language == "de"
    headings = [
        one.text for one in document.paragraphs if one.style is not None and one.style.name == "Heading 1"
    ]
    assert headings == [one.heading for one in made.sections if one.heading]
    assert len(headings) == 13


def test_a_language_not_spoken_here_is_refused(agreements: tuple[Agreement, Agreement]) -> None:
    with pytest.raises(Invalid, match="not spoken"):
        written(agreements, "fr")


def test_everything_that_is_listed_by_key_has_a_name() -> None:
    assert {*paper_words.KINDS} == {one.value for one in (*Kind, *CounterName)}
    assert {*paper_words.SCOPES} == {one.value for one in Scope}
    assert {*paper_words.WINDOWS} == {one.value for one in Window}
    assert {*paper_words.PRIVACY} == {one.value for one in Privacy}
    assert {*paper_words.ROUNDED} == {unit.value for unit in STEPS}
    assert {*words.RULES} == {*protection(10)["suppression"]["rules"]}
    assert {*paper_words.ROLES} == {role.value for role in MAY}
    assert {*paper_words.PERMISSIONS} == {one.value for one in Permission}
    assert {*paper_words.GROUPS} >= {*protection(10)["groups"]}
