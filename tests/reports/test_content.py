"""What the concept document says, and that nothing in it is without a source."""

from dataclasses import replace
from datetime import timedelta
from string import Formatter

import pytest

from service.errors import Invalid, NotFound
from service.maturity.result import Agreement, Kind
from service.reports import words, words_frame, words_plan
from service.reports.content import SECTIONS, written
from service.reports.document import (
    Figure,
    Heading,
    Paragraph,
    Section,
    Span,
    Table,
    marked,
    named,
    plain,
    texts,
    unsourced,
)
from service.reports.writer import Writer
from tests.reports.conftest import MOMENT, SECRET, TODAY, of

LANGUAGES = ("de", "en")
SITUATIONS = ("everything", "nothing", "no plan", "nothing agreed", "agreement", "peers", "synthetic")
WORDS = {**words_frame.SECTIONS, **words_frame.FRAME, **words_frame.SOURCES, **words.TEXT, **words_plan.TEXT}


def everything(document):
    """Every word of a document, slides included."""
    said = [span.text for _, span in texts(document)]
    said += [one.text for one in document.sources]
    for section in document.sections:
        said.append(section.title)
        for block in section.blocks:
            if isinstance(block, Heading):
                said.append(block.text)
            elif isinstance(block, Table | Figure):
                said.append(block.caption)
                said.append(block.svg if isinstance(block, Figure) else " ".join(block.header))
    for slide in document.slides:
        if slide.chart:
            said += [slide.chart.alternative, *slide.chart.categories]
            said += [str(value) for series in slide.chart.series for value in series.values]
    return "\n".join(said)


def section(document, key):
    return next(one for one in document.sections if one.key == key)


def prose(document, key):
    return " ".join(plain(one.spans) for one in section(document, key).blocks if isinstance(one, Paragraph))


def table(document, key, place=0):
    return [one for one in section(document, key).blocks if isinstance(one, Table)][place]


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_has_a_source_that_is_listed(documents, name, language):
    document = documents[name, language]
    assert unsourced(document) == []
    assert len(document.sources) == len({one.key for one in document.sources})
    numbers = [span for _, span in texts(document) if span.numbers]
    assert len(numbers) > (100 if name == "everything" else 20)


def test_a_number_without_a_source_is_found(documents):
    document = documents["everything", "de"]
    for block in (
        Paragraph((Span("rund 40 Personen"),)),
        Paragraph((Span("40", "nowhere"),)),
        Heading("Die ersten 8 Wochen"),
        Table("Werte 2026", ("a",), (), (100,)),
        Table("Werte", ("a",), (((Span("3,5"),),),), (100,)),
        Figure("Bild", "<svg/>", (Span("4,1"),), document.sources[0].key),
        Figure("Bild", "<svg/>", (), "nowhere"),
    ):
        wrong = replace(document, sections=(*document.sections, Section("extra", "Extra", (block,))))
        assert [place for place, _ in unsourced(wrong)] == ["extra"], block
    fine = Section("extra", "Extra", (Paragraph((Span("Werk 24", name=True),)),))
    assert unsourced(replace(document, sections=(*document.sections, fine))) == []


def test_no_text_brings_a_number_of_its_own_and_both_languages_have_the_same_places():
    for key, label in WORDS.items():
        places = [
            {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            for text in (label.de, label.en)
        ]
        assert places[0] == places[1], key
        assert not any(one.isdigit() for one in label.de + label.en), key
        assert all(text.strip() for text in (label.de, label.en)), key


@pytest.mark.parametrize("name", SITUATIONS)
def test_both_languages_have_all_sections_and_tell_the_same(documents, name):
    german, english = documents[name, "de"], documents[name, "en"]
    assert [one.key for one in german.sections] == list(words_frame.SECTIONS)
    assert len(SECTIONS) == 13
    for one, other in zip(german.sections, english.sections, strict=True):
        assert one.key == other.key
        assert [type(block) for block in one.blocks] == [type(block) for block in other.blocks]
        assert one.blocks, one.key
    assert [one.key for one in german.sources] == [one.key for one in english.sources]
    assert [one.key for one in german.slides] == [one.key for one in english.slides]
    assert german.title != english.title


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_hidden_appears_and_it_is_said_that_it_is_hidden(documents, name, language):
    said = everything(documents[name, language])
    for form in ("77,8", "77.8", "0,78", "0.78", str(SECRET), "78\u00a0%", "78%"):
        assert form not in said, form
    if name == "everything":
        why = "Gruppe zu klein" if language == "de" else "group too small"
        assert why in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_levels_and_values_are_those_of_the_assessment(acme, documents, language):
    document = documents["everything", language]
    w = Writer(acme, language)
    rows = table(document, "status").rows
    for one, row in zip(acme.result.dimensions, rows, strict=True):
        for kind, cell in zip((Kind.TOLD, Kind.OBSERVED, Kind.DOCUMENTED), row[1:4], strict=True):
            level = one.strand(kind).level
            shown = "–" if level is None else w.language.decimal(level, 1)
            assert plain(cell).split(" ")[0] == shown
            assert all(span.source == w.evidence(one, kind) for span in cell if span.numbers)
    shown = {plain(row[1]): row for row in table(document, "appendix", 1).rows}
    for indicator in acme.model.indicators():
        row = shown[w.label(indicator.label)]
        seen = next(
            o
            for one in acme.result.dimensions
            for o in one.strand(Kind.OBSERVED).observations
            if o.key == indicator.key
        )
        if seen.score is None:
            assert not any(span.numbers for cell in row[2:] for span in cell)
        else:
            assert plain(row[3]) == w.language.decimal(seen.score, 1)


def test_a_source_tells_metric_period_and_group(acme, documents):
    found = {one.key: one.text for one in documents["everything", "en"].sources}
    metrics = [text for key, text in found.items() if key.startswith("metric:")]
    assert all(("about 345 people" in text and "Apr 2026" in text) or "Jun 2026" in text for text in metrics)
    assert all("publication eeeeeeeeeeee" in text for text in metrics)
    survey = next(text for key, text in found.items() if key == "told:business")
    assert "“How do we talk?”, 4 May 2026 – 22 May 2026" in survey
    assert "about 210 people" in survey
    assert "documented:business" in found
    assert found["assessment"].startswith("Assessment of 15 Jun 2026")


def test_sentences_are_chosen_by_what_was_found(acme, documents):
    by_agreement = {one.dimension: one.agreement for one in acme.result.dimensions}
    assert by_agreement["business"] is Agreement.OBSERVED_ABOVE
    assert by_agreement["communication"] is Agreement.TOLD_ABOVE
    assert by_agreement["strategy"] is Agreement.NOT_DECIDABLE
    german = prose(documents["everything", "de"], "status")
    assert "verborgenes Potenzial" in german
    assert "wenn wenige sehr sichtbar sind oder der Wunsch dem Alltag vorausgeht" in german
    assert "auf Plattformen ist diese Dimension nicht zu sehen" in german
    english = prose(documents["everything", "en"], "findings")
    assert "Business: what is observed lies" in english
    assert "Communication: what is told lies" in english
    for agreement, said in (
        (Agreement.ALIGNED, "Auf dieses Bild ist Verlass"),
        (Agreement.NOT_DECIDABLE, "zu weit, um von Übereinstimmung"),
    ):
        dimensions = tuple(
            one.model_copy(update={"agreement": agreement}) if one.dimension == "business" else one
            for one in acme.result.dimensions
        )
        other = replace(acme, result=acme.result.model_copy(update={"dimensions": dimensions}))
        assert said in prose(written(other, "de"), "status")


@pytest.mark.parametrize("language", LANGUAGES)
def test_insufficient_evidence_is_said_and_never_filled_in(bare, documents, language):
    assert all(one.lowest is None for one in bare.result.dimensions)
    document = documents["nothing", language]
    status, summary = prose(document, "status"), prose(document, "summary")
    if language == "de":
        assert status.count("Diese Lücke füllen wir nicht mit Vermutungen.") == 7
        assert "in keiner Dimension für ein Urteil" in summary
        assert "Noch ist keine Quelle angebunden" in prose(document, "architecture")
    else:
        assert status.count("We do not fill this gap with guesses.") == 7
        assert "not enough evidence for a judgement in any dimension" in summary
        assert "No source is connected yet" in prose(document, "architecture")
    assert all(plain(cell) == "–" for row in table(document, "status").rows for cell in row[1:4])
    assert not any(slide.chart for slide in document.slides)


def test_the_comparison_tells_own_history_and_only_what_may_be_compared(acme, documents):
    said = prose(documents["everything", "en"], "comparison")
    assert "first assessment by this model" in said
    assert "No published reference value is known for" in said
    rows = table(documents["everything", "en"], "comparison").rows
    assert rows
    assert {plain(row[3]) for row in rows} == {"unchanged"}
    before = acme.result.model_copy(
        update={"compared_with": MOMENT - timedelta(days=180), "changes": (change("up"), change(None))}
    )
    changed = prose(written(replace(acme, result=before), "en"), "comparison")
    assert "Business, told: risen from 1.5 to 2.2." in changed
    assert changed.count("risen") == 1
    steady = before.model_copy(update={"changes": (change(None),)})
    assert "no level has risen or fallen" in prose(written(replace(acme, result=steady), "en"), "comparison")


def change(direction):
    from service.maturity.result import Change

    return Change(
        dimension="business", kind=Kind.TOLD, before=1.5, after=2.2, probability=0.95, direction=direction
    )


def test_a_reference_stands_beside_our_value_with_year_certainty_and_difference(documents):
    document = documents["everything", "en"]
    rows = table(document, "comparison", 1).rows
    assert rows
    found = {one.key: one.text for one in document.sources}
    for row in rows:
        (source,) = {span.source for span in row[2] if span.source}
        assert source.startswith("reference:")
        assert "certainty" in found[source]
        assert plain(row[3]).strip()
    assert "we are below the value" in prose(document, "comparison")


def test_peers_are_told_as_quartiles_and_only_where_there_are_enough(documents):
    document = documents["peers", "en"]
    (first, second) = table(document, "comparison", 1).rows
    assert [plain(cell) for cell in first[1:]] == ["70%", "35%", "50%", "60%", "90%"]
    assert [plain(cell) for cell in second] == ["Culture, told", "1.9", "2.1", "2.6", "3.2", "20%"]
    said = prose(document, "comparison")
    assert said.count("in the upper quarter") == 1
    assert "lower quarter of" not in said
    found = {one.key: one.text for one in document.sources if one.key.startswith("peers:")}
    assert len(found) == 2
    assert any("Quartiles of 7 comparable organisations (same industry)" in text for text in found.values())
    assert "once at least five comparable ones" in prose(documents["everything", "en"], "comparison")


def test_what_was_decided_planned_and_declined_is_told(acme, documents):
    german = documents["everything", "de"]
    placed = acme.plan.schedule.placed
    w = Writer(acme, "de")
    assert len(placed) == 3
    titles = [w.title(one.task.key) for one in placed]
    assert [plain(row[0]) for row in table(german, "measures").rows] == titles
    assert "Grund: Kein Budget" in prose(german, "measures")
    days = round(sum(effort.likely for one in placed for effort in one.task.effort.values()))
    assert f"zusammen {w.language.number(days)} Personentagen" in prose(german, "summary")
    roles = table(german, "organisation").rows
    whole = sum(w.days_by_role().values())
    shown = [float(plain(row[1]).replace(",", ".")) for row in roles]
    assert sum(shown) == pytest.approx(whole, abs=0.05 * len(shown))
    (picture,) = [one for one in section(german, "roadmap").blocks if isinstance(one, Figure)]
    assert all(title in plain(picture.alternative) for title in titles)


def test_the_first_eight_weeks_follow_from_the_roadmap(acme, documents):
    rows = table(documents["everything", "de"], "weeks").rows
    assert len(rows) == 8
    w = Writer(acme, "de")
    for number, row in enumerate(rows):
        monday = acme.plan.frame.start + timedelta(weeks=number)
        assert plain(row[0]) == f"{number + 1} (ab {w.language.day(monday)})"
        for one in acme.plan.schedule.placed:
            assert (f"Beginn: {w.title(one.task.key)}" in plain(row[1])) is (one.begins == monday)
    assert "Auftakt" in plain(rows[0][1])
    assert "Vorlage an die Leitung" in plain(rows[7][1])


def test_what_stands_in_the_way_is_said(documents):
    assert "these measures can not be scheduled" in prose(documents["no plan", "en"], "roadmap")
    assert "once measures are agreed" in prose(documents["nothing agreed", "en"], "roadmap")
    agreed = prose(documents["agreement", "en"], "architecture")
    assert "Version 3 of the signed annex is in force (since 1 Feb 2026)" in agreed
    assert "no signed annex" in prose(documents["everything", "en"], "architecture")
    assert "strategy.of_old" in prose(documents["agreement", "en"], "roadmap")


def test_the_board_gets_eight_to_ten_slides_with_the_numbers(acme, documents):
    slides = {one.key: one for one in documents["everything", "en"].slides}
    assert 8 <= len(slides) + 1 <= 10
    chart = slides["board_profile"].chart
    assert [one.values for one in chart.series] == [
        tuple(one.strand(kind).level for one in acme.result.dimensions)
        for kind in (Kind.TOLD, Kind.OBSERVED, Kind.DOCUMENTED)
    ]
    plan = slides["board_plan"].chart
    lengths = [sum(filter(None, (series.values[place] for series in plan.series[1:]))) for place in range(3)]
    assert lengths == [(one.ends - one.begins).days / 7 for one in acme.plan.schedule.placed]


def test_equal_values_give_an_equal_document(database, documents):
    again = written(of(database, "acme"), "de")
    assert again == documents["everything", "de"]


def test_a_source_is_named_once_where_several_numbers_in_a_row_come_from_it():
    spans = (
        Span("4,1", "a"),
        Span(" bis "),
        Span("4,3", "a"),
        Span(" und "),
        Span("2", "b"),
        Span("Werk 3", name=True),
    )
    assert [number for _, number in marked(spans, {"a": 1, "b": 2})] == [0, 0, 1, 0, 2, 0]
    sections = (Section("x", "X", (Paragraph(spans),)),)
    assert named(sections, (), ()) == ["a", "b"]


def test_another_language_or_no_assessment_is_refused(acme, database):
    with pytest.raises(Invalid, match="'fr' is not spoken here"):
        written(acme, "fr")
    with pytest.raises(NotFound, match="resonanz assess"):
        of(database, "young")
    assert acme.today == TODAY
