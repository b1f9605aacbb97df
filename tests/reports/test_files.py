"""The three files: that they hold what the document says, and can be read by everybody."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta

import docx
import pptx
import pypdf
import pytest
from docx.oxml.ns import qn
from pptx.enum.chart import XL_CHART_TYPE

from service.reports.content import written
from service.reports.document import Figure, Heading, Table
from service.reports.making import Format, rendered

LANGUAGES = ("de", "en")
STAMP = (2026, 6, 15, 0, 0, 0)


@pytest.fixture(scope="module")
def files(documents):
    """Every format in both languages."""
    return {
        (form, language): rendered(documents["everything", language], form)
        for form in Format
        for language in LANGUAGES
    }


@pytest.fixture(scope="module")
def word(files):
    return {language: docx.Document(io.BytesIO(files[Format.DOCX, language])) for language in LANGUAGES}


@pytest.fixture(scope="module")
def slides(files):
    return {language: pptx.Presentation(io.BytesIO(files[Format.PPTX, language])) for language in LANGUAGES}


@pytest.fixture(scope="module")
def pdf(files):
    return {language: pypdf.PdfReader(io.BytesIO(files[Format.PDF, language])) for language in LANGUAGES}


@pytest.mark.parametrize("form", list(Format))
def test_equal_values_give_equal_bytes(files, acme, form):
    assert rendered(written(acme, "de"), form) == files[form, "de"]
    later = replace(acme, today=acme.today + timedelta(days=1))
    assert rendered(written(later, "de"), form) != files[form, "de"]


@pytest.mark.parametrize("form", [Format.DOCX, Format.PPTX])
def test_no_date_in_a_package_is_that_of_the_clock(files, form):
    with zipfile.ZipFile(io.BytesIO(files[form, "de"])) as package:
        assert {entry.date_time for entry in package.infolist()} == {STAMP}
        core = package.read("docProps/core.xml").decode()
        assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2026-06-15T00:00:00Z"}
        for name in package.namelist():
            if name.endswith(".xlsx"):
                with zipfile.ZipFile(io.BytesIO(package.read(name))) as workbook:
                    inner = workbook.read("docProps/core.xml").decode()
                    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", inner)) == {"2026-06-15T00:00:00Z"}


# Word


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_has_headings_in_order_and_a_table_of_contents(word, documents, language):
    document = documents["everything", language]
    styles = [one.style.name for one in word[language].paragraphs if one.style.name.startswith("Heading")]
    wanted = []
    for section in document.sections:
        wanted.append("Heading 1")
        wanted += [f"Heading {one.level}" for one in section.blocks if isinstance(one, Heading)]
    assert styles == [*wanted, "Heading 1"]
    xml = word[language].element.xml
    assert ' TOC \\o "1-2" \\h \\z \\u ' in xml
    kinds = re.findall(r'w:fldCharType="(\w+)"', xml)
    assert kinds == ["begin", "separate", "end"]
    anchors = set(re.findall(r'w:anchor="([^"]+)"', xml))
    assert anchors <= set(re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', xml))
    assert {f"chapter-{place}" for place in range(1, 15)} <= anchors


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_describes_pictures_and_repeats_headers(word, documents, language):
    document = documents["everything", language]
    blocks = [block for section in document.sections for block in section.blocks]
    pictures = word[language].inline_shapes
    assert len(pictures) == len([one for one in blocks if isinstance(one, Figure)]) == 2
    for picture in pictures:
        assert len(picture._inline.docPr.get("descr")) > 80
    tables = [one for one in blocks if isinstance(one, Table)]
    made = word[language].tables[1:]  # after that of the title page
    assert len(made) == len(tables)
    for table, given in zip(made, tables, strict=True):
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert [cell.text for cell in table.rows[0].cells] == list(given.header)
        assert len(table.rows) == len(given.rows) + 1
    captions = [one for one in word[language].paragraphs if one.style.name == "Caption"]
    assert len(captions) == len(tables) + 2
    assert all("SEQ" in one._p.xml for one in captions)


def test_word_names_language_and_properties_and_links_each_source(word, documents):
    for language, code in (("de", "de-DE"), ("en", "en-GB")):
        document = documents["everything", language]
        xml = word[language].styles["Normal"].element.xml
        assert f'w:val="{code}"' in xml
        properties = word[language].core_properties
        assert (properties.language, properties.author) == (language, "Resonanz")
        assert properties.title == f"{document.title}: Acme AG"
        text = "\n".join(one.text for one in word[language].paragraphs)
        for number, source in enumerate(document.sources, start=1):
            assert f"{number}.\t{source.text}" in text


def test_word_keeps_to_the_order_of_elements_in_its_schema(word):
    order = ["tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblLook"]
    for table in word["de"].tables[1:]:
        found = [one.tag.partition("}")[2] for one in table._tbl.tblPr]
        assert found == [one for one in order if one in found]
        assert "tblBorders" in found


# PDF


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_tagged(pdf, documents, language):
    document, reader = documents["everything", language], pdf[language]
    root = reader.trailer["/Root"]
    assert root["/Lang"].startswith(language)
    assert root["/MarkInfo"]["/Marked"] is True or bool(root["/MarkInfo"]["/Marked"])
    assert "/StructTreeRoot" in root
    assert reader.metadata.title == f"{document.title}: Acme AG"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    kinds = structure(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure", "/L", "/TOC"} <= set(kinds)
    assert kinds.count("/Figure") == 2
    assert kinds.count("/H1") == len(document.sections) + 2  # and contents, sources


def structure(root):
    """The kinds of all elements of a structure tree."""
    found, waiting = [], [root]
    while waiting:
        one = waiting.pop()
        one = one.get_object() if hasattr(one, "get_object") else one
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            if "/S" in one:
                found.append(one["/S"])
            waiting.extend([one["/K"]] if "/K" in one else [])
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_says_what_the_document_says(pdf, documents, language):
    text = " ".join(" ".join(page.extract_text() for page in pdf[language].pages).split())
    for place, section in enumerate(documents["everything", language].sections, start=1):
        assert f"{place} {section.title}" in text
    links = [one.get_object() for page in pdf[language].pages for one in (page.get("/Annots") or [])]
    assert len(links) > 150


# Slides


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_charts_hold_the_numbers(slides, documents, language):
    document = documents["everything", language]
    made = list(slides[language].slides)
    assert len(made) == len(document.slides) + 1
    kinds = {
        "columns": XL_CHART_TYPE.COLUMN_CLUSTERED,
        "net": XL_CHART_TYPE.RADAR_MARKERS,
        "bars": XL_CHART_TYPE.BAR_CLUSTERED,
        "plan": XL_CHART_TYPE.BAR_STACKED,
    }
    for slide, given in zip(made[1:], document.slides, strict=True):
        frames = [one for one in slide.shapes if one.has_chart]
        assert len(frames) == (given.chart is not None)
        for frame in frames:
            chart = frame.chart
            assert chart.chart_type == kinds[given.chart.kind]
            assert len(list(chart.plots[0].categories)) == len(given.chart.categories)
            for series, wanted in zip(chart.plots[0].series, given.chart.series, strict=True):
                assert series.name == wanted.name
                assert list(series.values) == pytest.approx(list(wanted.values), nan_ok=True)
            assert frame._element.nvGraphicFramePr.cNvPr.get("descr") == given.chart.alternative
    assert {one.chart.kind for one in document.slides if one.chart} == set(kinds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_notes_name_the_sources_of_each_slide(slides, documents, language):
    document = documents["everything", language]
    for slide, given in zip(list(slides[language].slides)[1:], document.slides, strict=True):
        notes = slide.notes_slide.notes_text_frame.text
        used = {span.source for spans in given.points for span in spans if span.numbers and span.source}
        used |= set(given.chart.sources if given.chart else ())
        for key in used:
            text = next(one.text for one in document.sources if one.key == key)
            assert f"{document.number(key)}. {text}" in notes
        assert slide.shapes.title.text == given.title


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_stays_on_its_slide_and_is_read_in_its_language(slides, language):
    deck = slides[language]
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height
        code = "de-DE" if language == "de" else "en-GB"
        runs = re.findall(r"<a:r>.*?</a:r>", slide._element.xml, re.DOTALL)
        assert runs
        assert all(f'lang="{code}"' in one for one in runs)


@pytest.mark.parametrize("name", ["nothing", "no plan", "agreement"])
@pytest.mark.parametrize("form", list(Format))
def test_every_situation_can_be_rendered(documents, name, form):
    assert len(rendered(documents[name, "de"], form)) > 20_000
