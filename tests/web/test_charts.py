"""Charts: what they show, what they may contain, and whether everybody can tell their colours apart."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics.metric import Measure
from service.web import charts, palette, row_charts, svg
from service.web.pictures import Gallery
from service.web.rendering import STATIC

DAYS28 = timedelta(days=28)
START = date(2026, 1, 5)


def point(number: int, value: float | None, series: str = "Aktive", **more) -> charts.Point:
    since = START + number * DAYS28
    return charts.Point(since, since + DAYS28, value, f"P{number}", series=series, **more)


def drawn(spec, code: str = "de", size: str = charts.WIDE) -> str:
    return charts.draw(
        spec, code, name="trend", title="Anteil <Aktive>", description="steigt & fällt", size=size
    )


def texts(drawing: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(drawing).iter(f"{{{svg.SVG}}}text")]


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def dark() -> dict[str, str]:
    """The dark counterpart of each chart colour, read from the style sheet."""
    css = (STATIC / "resonanz.css").read_text(encoding="utf-8")
    rules = re.findall(r'\.chart \[(?:fill|stroke)="(#\w{6})"\] \{ (?:fill|stroke): (#\w{6}); \}', css)
    return dict(rules)


def variable(name: str, *, scheme: str) -> str:
    css = (STATIC / "resonanz.css").read_text(encoding="utf-8")
    part = css.partition("@media screen and (prefers-color-scheme: dark)")
    found = re.search(rf"--{name}: (#\w{{6}});", part[2] if scheme == "dark" else part[0])
    assert found
    return found[1]


def test_the_contrast_formula_gives_the_known_extremes():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour", palette.TEXT)
def test_text_in_charts_reaches_four_and_a_half_to_one(colour):
    assert contrast(colour, palette.SURFACE) >= 4.5
    assert contrast(dark()[colour], variable("surface", scheme="dark")) >= 4.5


@pytest.mark.parametrize("colour", palette.GRAPHICS)
def test_lines_and_areas_reach_three_to_one(colour):
    assert contrast(colour, palette.SURFACE) >= 3
    assert contrast(dark()[colour], variable("surface", scheme="dark")) >= 3


def test_the_reason_in_a_hidden_field_is_readable_on_it():
    assert contrast(palette.HIDDEN_INK, palette.HIDDEN) >= 4.5
    assert contrast(dark()[palette.HIDDEN_INK], dark()[palette.HIDDEN]) >= 4.5


def test_what_is_written_on_a_field_can_be_read_on_every_shade():
    for ground, ink in zip(palette.HEAT, palette.HEAT_INK, strict=True):
        assert contrast(ink, ground) >= 4.5
        assert contrast(dark()[ink], dark()[ground]) >= 4.5


def test_every_chart_colour_has_a_dark_counterpart():
    assert set(palette.ALL) <= set(dark())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "muted", "accent", "better", "worse"])
def test_text_on_the_page_reaches_four_and_a_half_to_one(name, scheme):
    for ground in ("surface", "ground", "hidden"):
        assert contrast(variable(name, scheme=scheme), variable(ground, scheme=scheme)) >= 4.5


def test_a_drawing_holds_no_style_no_script_and_no_reference():
    drawing = drawn(charts.line([point(0, 0.2), point(1, 0.3)], [], Measure.SHARE))
    root = ET.fromstring(drawing)
    for element in root.iter():
        assert element.tag.removeprefix(f"{{{svg.SVG}}}") in svg.ELEMENTS
        assert set(element.attrib) <= svg.ATTRIBUTES | {"id", "role", "aria-labelledby", "font-family"}
    assert "url(" not in drawing


def test_a_drawing_is_one_image_with_name_and_description():
    root = ET.fromstring(drawn(charts.line([point(0, 0.2), point(1, 0.3)], [], Measure.SHARE)))
    assert root.get("role") == "img"
    named = [root.find(f"*[@id='{one}']") for one in (root.get("aria-labelledby") or "").split()]
    assert [element.text for element in named if element is not None] == [
        "Anteil <Aktive>",
        "steigt & fällt",
    ]


def test_every_point_tells_its_value_on_hover():
    drawing = drawn(charts.line([point(0, 0.2), point(1, 0.3)], [], Measure.SHARE))
    titles = [element.text for element in ET.fromstring(drawing).iter(f"{{{svg.SVG}}}title")]
    assert titles == ["Anteil <Aktive>", "P0", "P1"]


@pytest.mark.parametrize(
    ("code", "label", "month"), [("de", "20\u00a0%", "Mrz 2026"), ("en", "20%", "Mar 2026")]
)
def test_axes_speak_the_language(code, label, month):
    points = [point(number, 0.1 + number / 50) for number in range(10)]
    shown = texts(drawn(charts.line(points, [], Measure.SHARE), code))
    assert label in shown
    assert month in shown


def test_german_hours_have_a_decimal_comma():
    shown = texts(drawn(charts.line([point(0, 0.9), point(1, 1.1)], [], Measure.HOURS)))
    assert any("," in text for text in shown)


def test_an_axis_starts_at_zero():
    assert "0\u00a0%" in texts(drawn(charts.line([point(0, 0.52), point(1, 0.53)], [], Measure.SHARE)))


def test_neighbouring_hidden_periods_are_one_field_with_its_reason():
    points = [
        point(0, 0.2),
        point(1, None, hidden="verdeckt", why="lange Begründung"),
        point(2, None, hidden="verdeckt", why="lange Begründung"),
        point(3, 0.3),
        point(4, None, hidden="nicht bekannt", why="keine Daten"),
        point(5, 0.3),
    ]
    drawing = drawn(charts.line(points, [], Measure.SHARE))
    assert texts(drawing).count("verdeckt") == 1
    assert texts(drawing).count("nicht bekannt") == 1
    assert drawing.count("<title>lange Begründung</title>") == 1


def test_a_period_that_another_line_fills_is_not_called_hidden():
    points = [
        point(0, 0.2),
        point(1, None, hidden="verdeckt"),
        point(0, 0.4, "Antworten"),
        point(1, 0.5, "Antworten"),
    ]
    assert "verdeckt" not in texts(drawn(charts.line(points, [], Measure.SHARE)))


def test_two_lines_differ_by_dashes_not_only_by_colour():
    points = [point(n, 0.2, name) for name in ("eng", "weit") for n in range(2)]
    drawing = drawn(charts.line(points, [], Measure.SHARE))
    assert {"eng", "weit"} <= set(texts(drawing))
    assert "stroke-dasharray" in drawing


def test_a_milestone_is_named_inside_the_time_shown_and_left_out_beyond():
    points = [point(0, 0.2), point(1, 0.3)]
    inside, outside = charts.Mark(START + DAYS28, "Relaunch"), charts.Mark(date(2020, 1, 1), "Gründung")
    shown = texts(drawn(charts.line(points, [inside, outside], Measure.SHARE)))
    assert "Relaunch" in shown
    assert "Gründung" not in shown


def test_parts_stand_on_each_other_and_a_hidden_part_is_named():
    parts = [
        charts.Part(START, START + DAYS28, "a", 0.25, "a 25"),
        charts.Part(START, START + DAYS28, "b", 0.75, "b 75"),
        charts.Part(START + DAYS28, START + 2 * DAYS28, "a", 0.25, "a 25"),
        charts.Part(START + DAYS28, START + 2 * DAYS28, "b", None, "b", "verdeckt", "zu klein"),
    ]
    spec = charts.stack(parts, [])
    rows = [row for data in _data(spec) for row in data if "start" in row]
    assert [(row["name"], row["start"], row["end"]) for row in rows] == [
        ("a", 0.0, 0.25),
        ("b", 0.25, 1.0),
        ("a", 0.0, 0.25),
    ]
    assert "verdeckt" in texts(drawn(spec))


def test_a_row_without_a_value_says_why_and_has_no_dot():
    rows = [
        row_charts.Row("Vertrieb", 0.4, "40 %", 0.35, 0.45),
        row_charts.Row("Vorstand", None, "Gruppe zu klein", hidden="Gruppe zu klein"),
    ]
    drawing = drawn(row_charts.dots(rows, Measure.SHARE))
    assert "Gruppe zu klein" in texts(drawing)
    assert drawing.count("<title>Vertrieb: 40 %</title>") == 1
    assert "<title>Vorstand" not in drawing


def test_names_that_are_alike_after_cutting_stay_two_rows():
    name = "Kundenservice Außenstelle Eschwege und Umgebung"
    rows = [row_charts.Row(f"{name} {n}", 0.1 * n, f"{n}0 %") for n in (1, 2)]
    shown = texts(drawn(row_charts.dots(rows, Measure.SHARE)))
    assert {"10 %", "20 %"} <= set(shown)
    assert sum(text.startswith("Kundenservice") and text.endswith("…") for text in shown) == 2


def test_bars_carry_their_values():
    rows = [
        row_charts.Row("lebendig", 0.3, "30 %"),
        row_charts.Row("schläft", 0.0, "0 %"),
        row_charts.Row("verlassen", None, "nicht bekannt"),
    ]
    assert {"lebendig", "30 %", "0 %", "verlassen", "nicht bekannt"} <= set(
        texts(drawn(row_charts.bars(rows)))
    )


@settings(max_examples=20, deadline=None)
@given(name=st.text(max_size=30))
@example("\x00\x02")
@example("\U0001f600" * 30)
@example("\ufffe\U0010ffff")
@example("\u202e\u0301 \n")
def test_names_from_outside_can_neither_break_out_of_a_drawing_nor_end_the_process(name):
    hostile = f"</text><script>alert(1)</script>{name}\"'"
    drawing = drawn(row_charts.bars([row_charts.Row(hostile, 0.3, hostile)]))
    assert "<script" not in drawing
    ET.fromstring(drawing)


def test_values_below_zero_stand_left_of_it():
    rows = [
        row_charts.Row("IT", -0.4, "−0.40"),
        row_charts.Row("HR", 0.4, "+0.40"),
        row_charts.Row("CEO", None, "", hidden="hidden"),
    ]
    spec = row_charts.dots(rows, Measure.INDEX)
    assert spec["layer"][1]["encoding"]["x"]["scale"]["domain"][0] == -0.4
    assert {"IT", "HR", "CEO", "hidden"} <= set(texts(drawn(spec)))


def test_narrow_drawings_are_drawn_narrow():
    points = [point(0, 0.2), point(1, 0.3)]
    widths = {
        size: float(
            ET.fromstring(drawn(charts.line(points, [], Measure.SHARE, size=size), size=size)).get("width")
            or 0
        )
        for size in charts.WIDTHS
    }
    assert all(abs(width - charts.WIDTHS[size]) <= 12 for size, width in widths.items())


def test_a_drawing_is_drawn_once_and_the_oldest_is_forgotten():
    calls: list[str] = []

    def draw(name: str) -> str:
        calls.append(name)
        return f"<svg>{name}</svg>"

    gallery = Gallery(size=2)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert gallery.drawing((name,), lambda name=name: draw(name)) == f"<svg>{name}</svg>"
    assert calls == ["a", "b", "c", "b"]


def _data(spec):
    return [layer["data"]["values"] for layer in spec["layer"] if "data" in layer]
