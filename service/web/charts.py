"""The charts of the pages, drawn once on the server as SVG (Altair's grammar, vl-convert's pen; no network)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any

from metrics.metric import Measure
from service.web import palette, svg
from service.web.vega import vega

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""Liberation Sans travels inside vl-convert and is as wide as Arial, so text fits wherever it is shown."""

WIDE, NARROW = "wide", "narrow"
WIDTHS = {WIDE: 760, NARROW: 300}


@dataclass(frozen=True)
class Point:
    """One period of a line. A point without `value` says why: `hidden` in a word or two, `why` in full."""

    since: date
    until: date
    value: float | None
    spoken: str
    low: float | None = None
    high: float | None = None
    hidden: str = ""
    why: str = ""
    series: str = ""


@dataclass(frozen=True)
class Part:
    """One part of a whole in one period; `hidden` and `why` as in `Point`."""

    since: date
    until: date
    name: str
    value: float | None
    spoken: str
    hidden: str = ""
    why: str = ""


@dataclass(frozen=True)
class Mark:
    """A dated event."""

    day: date
    name: str


def line(
    points: Sequence[Point],
    marks: Sequence[Mark],
    unit: Measure,
    *,
    size: str = WIDE,
    height: int = 260,
) -> dict[str, Any]:
    """A line per series over time with the band from `low` to `high`; periods without a value are named in place."""
    alt = altair()
    series = list(dict.fromkeys(point.series for point in points))
    rows = [
        {
            "day": _middle(point.since, point.until),
            "value": point.value,
            "low": point.low,
            "high": point.high,
            "series": point.series,
            "spoken": point.spoken,
        }
        for point in points
    ]
    x = alt.X("day:T", axis=_time_axis(points, size), scale=_time_scale(points), title=None)
    y = alt.Y("value:Q", axis=value_axis(unit), scale=alt.Scale(zero=True, nice=True), title=None)
    colours = [palette.LINE, palette.SECOND][: len(series)]
    legend = (
        alt.Legend(title=None, orient="top", symbolType="stroke", columns=1 if size == NARROW else 0)
        if len(series) > 1
        else None
    )
    color = alt.Color("series:N", scale=alt.Scale(domain=series, range=colours), legend=legend, sort=series)
    dash = alt.StrokeDash(
        "series:N", scale=alt.Scale(domain=series, range=[[1, 0], [5, 4]][: len(series)]), legend=legend
    )
    drawn = alt.Chart(alt.Data(values=rows))
    shown = {point.since for point in points if point.value is not None}
    layers = _hidden_spans(points, [point for point in points if point.since not in shown])
    if any(point.low is not None for point in points):
        band = drawn.mark_area(color=palette.BAND, opacity=0.75, aria=False)
        layers.append(band.encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q", detail="series:N"))
    layers.append(drawn.mark_line(strokeWidth=2.5, aria=False).encode(x=x, y=y, color=color, strokeDash=dash))
    dots = drawn.transform_filter("isValid(datum.value)").mark_point(
        filled=True, size=18 if len(points) > 40 or size == NARROW else 38, opacity=1
    )
    layers.append(dots.encode(x=x, y=y, color=color, description="spoken:N"))
    layers.extend(_milestones(points, marks))
    return finish(alt.layer(*layers), size, height)


def stack(
    parts: Sequence[Part], marks: Sequence[Mark], *, size: str = WIDE, height: int = 280
) -> dict[str, Any]:
    """The parts of a whole per period as one column of 100 %, first part at the bottom."""
    alt = altair()
    names = list(dict.fromkeys(part.name for part in parts))
    rows = []
    base: dict[date, float] = {}
    for part in parts:
        if part.value is None:
            continue
        start = base.get(part.since, 0.0)
        base[part.since] = start + part.value
        rows.append(
            {
                "since": part.since.isoformat(),
                "until": part.until.isoformat(),
                "start": start,
                "end": base[part.since],
                "name": part.name,
                "spoken": part.spoken,
            }
        )
    colours = alt.Scale(domain=names, range=list(palette.ORDERED[: len(names)]))
    legend = alt.Legend(title=None, orient="top", symbolType="square", columns=0 if size == WIDE else 2)
    y_axis = value_axis(Measure.SHARE)
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_rect(stroke=palette.SURFACE, strokeWidth=1.5)
        .encode(
            x=alt.X("since:T", axis=_time_axis(parts, size), scale=_time_scale(parts), title=None),
            x2="until:T",
            y=alt.Y("start:Q", axis=y_axis, scale=alt.Scale(domain=[0, 1]), title=None),
            y2="end:Q",
            color=alt.Color("name:N", scale=colours, legend=legend, sort=names),
            description="spoken:N",
        )
    )
    return finish(
        alt.layer(
            *_hidden_spans(parts, [part for part in parts if part.value is None]),
            bars,
            *_milestones(parts, marks),
        ),
        size,
        height,
    )


def draw(spec: dict[str, Any], code: str, *, name: str, title: str, description: str, size: str) -> str:
    """The SVG of a chart, ready to stand in a page. `code` is its language, `name` unique on the page, `size`
    becomes its class.
    """
    drawn = vega.svg(
        vl_spec=_speakable(spec),
        vl_version=_vega_lite(),
        allowed_base_urls=[],
        format_locale=_number_locale(code),
        time_format_locale="de-DE" if code == "de" else "en-GB",
    )
    return svg.embed(drawn, name=f"{name}-{size}", title=title, description=description, size=size, font=FONT)


def _speakable(spec: Any) -> Any:
    """The specification with every character XML does not know replaced: vl-convert ends the process over one."""
    match spec:
        case str():
            return svg.legible(spec)
        case dict():
            return {name: _speakable(value) for name, value in spec.items()}
        case list():
            return [_speakable(value) for value in spec]
    return spec


@cache
def altair() -> Any:
    """The library, imported when the first chart is drawn: it takes most of a second."""
    return import_module("altair")


@cache
def _vega_lite() -> str:
    """The version Altair writes, as vl-convert names it."""
    return ".".join(str(altair().SCHEMA_VERSION).removeprefix("v").split(".")[:2])


def _number_locale(code: str) -> dict[str, Any]:
    german = code == "de"
    return {
        "decimal": "," if german else ".",
        "thousands": "." if german else ",",
        "grouping": [3],
        "currency": ["", "\u00a0€"],
        "percent": "\u00a0%" if german else "%",
    }


def finish(chart: Any, size: str, height: int, *, left: int = 2) -> dict[str, Any]:
    """The specification of a chart in the style of all charts. `left` leaves room for names in a wider font than was measured."""
    alt = altair()
    chart = chart.properties(
        width=WIDTHS[size],
        height=height,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        background="transparent",
        padding={"left": left, "right": 8, "top": 4, "bottom": 2},
    )
    text = {"labelColor": palette.MUTED, "labelFont": FONT, "labelFontSize": 12 if size == WIDE else 11}
    chart = chart.configure(font=FONT)
    chart = chart.configure_axis(
        **text, aria=False, gridColor=palette.GRID, domainColor=palette.GRID, ticks=False, labelPadding=6
    )
    chart = chart.configure_legend(
        **{**text, "labelColor": palette.INK},
        aria=False,
        symbolStrokeWidth=3,
        columnPadding=36,
        labelLimit=0,
        offset=24,
        symbolSize=120,
    )
    chart = chart.configure_text(font=FONT, fontSize=12 if size == WIDE else 11)
    # What is written here is valid; to validate it anew takes as long as to draw it.
    spec: dict[str, Any] = chart.configure_view(stroke=None).to_dict(validate=False)
    return spec


def rows_axis(names: Sequence[str], longest: int) -> Any:
    """An axis that names the rows 0, 1, …, each name cut to `longest` characters."""
    cut = [name if len(name) <= longest else f"{name[: longest - 1]}…" for name in names]
    return altair().Axis(
        labelExpr=f"{json.dumps([svg.legible(name) for name in cut])}[datum.value]",
        labelColor=palette.INK,
        labelLimit=0,
        labelOverlap=False,
        labelPadding=8,
        domain=False,
        grid=False,
    )


def _middle(since: date, until: date) -> str:
    return (since + (until - since) / 2).isoformat()


def _time_scale(periods: Sequence[Point] | Sequence[Part]) -> Any:
    alt = altair()
    first, last = min(p.since for p in periods), max(p.until for p in periods)
    return alt.Scale(type="utc", domain=[first.isoformat(), last.isoformat()])


def _time_axis(periods: Sequence[Point] | Sequence[Part], size: str) -> Any:
    alt = altair()
    months = (max(p.until for p in periods) - min(p.since for p in periods)).days / 30.4
    room = 8 if size == WIDE else 4
    step = next((step for step in (1, 2, 3, 4, 6, 12) if months / step <= room), 24)
    if months < 3:
        count: Any = {"interval": "week", "step": 1 if size == WIDE else 2}
        return alt.Axis(format="%d.%m.", tickCount=count, grid=False, labelFlush=True)
    count = {"interval": "month", "step": step}
    return alt.Axis(format="%b %Y", tickCount=count, grid=False, labelFlush=True, labelOverlap=True)


def value_axis(unit: Measure, count: int = 5) -> Any:
    alt = altair()
    form = ".0~%" if unit is Measure.SHARE else "~r"
    return alt.Axis(format=form, tickCount=count, domain=False)


def _milestones(periods: Sequence[Point] | Sequence[Part], marks: Sequence[Mark]) -> list[Any]:
    """A dashed line and a name for each event inside the time shown; the name stands above it, on the roomier side."""
    alt = altair()
    first, last = min(p.since for p in periods), max(p.until for p in periods)
    layers = []
    for mark in marks:
        if not first <= mark.day < last:
            continue
        left = (mark.day - first) > (last - first) / 2
        data = alt.Chart(alt.Data(values=[{"day": mark.day.isoformat(), "name": mark.name}]))
        x = alt.X("day:T", scale=_time_scale(periods), title=None)
        layers.append(
            data.mark_rule(color=palette.MILESTONE, strokeWidth=1.5, strokeDash=[4, 3], aria=False).encode(
                x=x
            )
        )
        layers.append(
            data.mark_text(
                align="right" if left else "left",
                baseline="bottom",
                dx=3 if left else -3,
                fontWeight="bold",
                color=palette.MILESTONE,
                aria=False,
            ).encode(x=x, y=alt.YValue(-5), text="name:N")
        )
    return layers


def _hidden_spans(
    periods: Sequence[Point] | Sequence[Part], hidden: Iterable[Point] | Iterable[Part]
) -> list[Any]:
    """A quiet field over neighbouring periods in which something can not be shown, with the reason written in it."""
    alt = altair()
    spans: list[dict[str, Any]] = []
    end = date.min
    for since, until, words, why in sorted({(p.since, p.until, p.hidden, p.why) for p in hidden}):
        if spans and spans[-1]["why"] == why and since == end:
            spans[-1]["until"] = until.isoformat()
        elif not spans or since >= end:
            spans.append(
                {
                    "since": since.isoformat(),
                    "until": until.isoformat(),
                    "middle": _middle(since, until),
                    "hidden": words,
                    "why": why,
                }
            )
        end = until
    if not spans:
        return []
    chart = alt.Chart(alt.Data(values=spans))
    scale = _time_scale(periods)
    field = chart.mark_rect(color=palette.HIDDEN).encode(
        x=alt.X("since:T", scale=scale, title=None), x2="until:T", description="why:N"
    )
    words_in_field = chart.mark_text(
        angle=270, align="right", color=palette.HIDDEN_INK, fontStyle="italic", aria=False
    ).encode(x=alt.X("middle:T", scale=scale, title=None), y=alt.YValue(5), text="hidden:N")
    return [field, words_in_field]
