"""Two charts of many places at once: a field of shares over places and periods, and rooms by size and one more value."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.metric import Measure
from service.web import palette, svg
from service.web.charts import WIDE, WIDTHS, altair, finish, value_axis

STEPS = len(palette.HEAT)
SHAPES = ("circle", "triangle-up", "diamond", "square", "cross")
COLOURS = (palette.LINE, palette.ORDERED[2], palette.SECOND, palette.MILESTONE, palette.HIDDEN_INK)
"""Each state has a shape of its own, so that they stay apart in grey and for who sees no colours."""


@dataclass(frozen=True)
class Tile:
    """One place in one period. `step` 0 to 4 from little to much; None where no value is shown, `hatched` where one is hidden."""

    row: int
    column: int
    step: int | None
    hatched: bool
    brief: str
    spoken: str


@dataclass(frozen=True)
class Spot:
    """One room, told apart by its `number`."""

    number: int
    size: float
    value: float
    state: str
    spoken: str


def heat(
    tiles: Sequence[Tile],
    rows: Sequence[str],
    columns: Sequence[str],
    steps: Sequence[str],
    *,
    size: str = WIDE,
) -> dict[str, Any]:
    """A tile per place and period: the darker, the more; hatched where a value is hidden, a point where it is not known.

    `columns` and `steps` are written beside; a column with '' is not named.
    """
    alt = altair()
    height = (28 if size == WIDE else 20) * len(rows)
    x_scale = alt.Scale(domain=[0, len(columns)], nice=False)
    y_scale = alt.Scale(domain=[len(rows), 0], nice=False)
    x_axis = alt.Axis(
        values=[place + 0.5 for place, words in enumerate(columns) if words],
        labelExpr=f"{json.dumps(list(columns))}[floor(datum.value)]",
        orient="top",
        domain=False,
        grid=False,
        labelFlush=size == WIDE,
        labelOverlap=True,
    )
    longest = 24 if size == WIDE else 12
    names = [svg.legible(n if len(n) <= longest else f"{n[: longest - 1]}…") for n in rows]
    y_axis = alt.Axis(
        values=[place + 0.5 for place in range(len(rows))],
        labelExpr=f"{json.dumps(names)}[floor(datum.value)]",
        labelColor=palette.INK,
        labelLimit=0,
        labelOverlap=False,
        domain=False,
        grid=False,
    )
    x = alt.X("left:Q", scale=x_scale, axis=x_axis, title=None)
    y = alt.Y("top:Q", scale=y_scale, axis=y_axis, title=None)
    ends = {"x": x, "x2": "right:Q", "y": y, "y2": "bottom:Q"}
    values = [
        {
            "left": tile.column,
            "right": tile.column + 1,
            "top": tile.row,
            "bottom": tile.row + 1,
            "middle": tile.column + 0.5,
            "centre": tile.row + 0.5,
            "step": None if tile.step is None else steps[tile.step],
            "ink": None if tile.step is None else palette.HEAT_INK[tile.step],
            "brief": tile.brief,
            "spoken": tile.spoken,
        }
        for tile in tiles
    ]
    shown = [value for value in values if value["step"] is not None]
    hidden = [value for value, tile in zip(values, tiles, strict=True) if tile.step is None and tile.hatched]
    unknown = [
        value for value, tile in zip(values, tiles, strict=True) if tile.step is None and not tile.hatched
    ]
    middle = {
        "x": alt.X("middle:Q", scale=x_scale, axis=x_axis, title=None),
        "y": alt.Y("centre:Q", scale=y_scale, axis=y_axis, title=None),
    }
    colour = alt.Color(
        "step:N",
        scale=alt.Scale(domain=list(steps), range=list(palette.HEAT)[: len(steps)]),
        sort=list(steps),
        legend=alt.Legend(
            title=None,
            orient="top",
            symbolType="square",
            columns=2 if size != WIDE else 0 if sum(map(len, steps)) < 60 else 3,
        ),
    )
    layers = [
        alt.Chart(alt.Data(values=shown))
        .mark_rect(stroke=palette.SURFACE, strokeWidth=1.5)
        .encode(**ends, color=colour, description="spoken:N"),
        alt.Chart(alt.Data(values=hidden))
        .mark_rect(color=palette.HIDDEN, stroke=palette.SURFACE, strokeWidth=1.5)
        .encode(**ends, description="spoken:N"),
        alt.Chart(alt.Data(values=_hatching(hidden)))
        .mark_line(color=palette.HATCH, strokeWidth=1, aria=False, invalid="break-paths-filter-domains")
        .encode(
            x=alt.X("x:Q", scale=x_scale, axis=x_axis, title=None),
            y=alt.Y("y:Q", scale=y_scale, axis=y_axis, title=None),
            order="order:Q",
        ),
        alt.Chart(alt.Data(values=unknown))
        .mark_point(filled=True, size=9, color=palette.HATCH, opacity=1)
        .encode(**middle, description="spoken:N"),
    ]
    if size == WIDE:
        layers.append(
            alt.Chart(alt.Data(values=shown))
            .mark_text(aria=False)
            .encode(**middle, text="brief:N", color=alt.Color("ink:N", scale=None, legend=None))
            .resolve_scale(color="independent")
        )
    chart = alt.layer(*layers).resolve_scale(color="independent")
    return finish(chart, size, height, left=16)


def _hatching(hidden: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Three slanting strokes over each tile, all in one path with gaps."""
    points: list[dict[str, Any]] = []
    for tile in hidden:
        for start, end in (((0, 0.5), (0.5, 0)), ((0, 1), (1, 0)), ((0.5, 1), (1, 0.5))):
            for dx, dy in (start, end):
                points.append({"x": tile["left"] + dx, "y": tile["top"] + dy, "order": len(points)})
            points.append({"x": None, "y": None, "order": len(points)})
    return points


def room_map(
    spots: Sequence[Spot], unit: Measure, states: Sequence[str], *, size: str = WIDE
) -> dict[str, Any]:
    """A mark per room: how many people belong to it (across, by doubling), and a value (upward)."""
    alt = altair()
    values: list[dict[str, Any]] = [
        {
            "number": spot.number,
            "size": max(1, spot.size),
            "value": spot.value,
            "state": spot.state,
            "spoken": spot.spoken,
        }
        for spot in spots
    ]
    sizes = [value["size"] for value in values]
    scale = alt.Scale(type="log", domain=[min(sizes) * 0.8, max(sizes) * 1.3], nice=False)
    ticks = [
        tick for tick in (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
        if min(sizes) * 0.8 <= tick <= max(sizes) * 1.3
    ]  # fmt: skip
    x = alt.X("size:Q", scale=scale, title=None, axis=alt.Axis(values=ticks, format="d", labelOverlap=True))
    y = alt.Y("value:Q", scale=alt.Scale(zero=True, nice=True), title=None, axis=value_axis(unit))
    legend = alt.Legend(title=None, orient="top", columns=0 if size == WIDE else 2)
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(domain=list(states), range=list(COLOURS)[: len(states)]),
        legend=legend,
        sort=list(states),
    )
    shape = alt.Shape(
        "state:N",
        scale=alt.Scale(domain=list(states), range=list(SHAPES)[: len(states)]),
        legend=legend,
        sort=list(states),
    )
    chart = alt.Chart(alt.Data(values=values))
    marks = chart.mark_point(filled=True, size=110 if size == WIDE else 70, opacity=0.9).encode(
        x=x, y=y, color=colour, shape=shape, description="spoken:N"
    )
    height = 340 if size == WIDE else 280
    named = _numbers(spots, WIDTHS[size] * 0.85, height)
    numbers = (
        alt.Chart(alt.Data(values=named))
        .mark_text(align="left", dx=8, dy=-6, color=palette.INK, aria=False)
        .encode(x=x, y=y, text="number:N")
    )
    return finish(alt.layer(marks, numbers), size, height, left=6)


def _numbers(spots: Sequence[Spot], width: float, height: float) -> list[dict[str, Any]]:
    """What is written beside the marks: neighbours whose numbers would cover each other are named together, as 4–6."""
    least, most = (math.log(end(max(1.0, s.size) for s in spots)) for end in (min, max))
    top = max(spot.value for spot in spots) or 1.0

    def place(spot: Spot) -> tuple[float, float]:
        across = (math.log(max(1.0, spot.size)) - least) / ((most - least) or 1.0)
        return across * width, spot.value / top * height

    groups: list[list[Spot]] = []
    for spot in spots:
        x, y = place(spot)
        near = (g for g in groups if any(abs(x - a) < 26 and abs(y - b) < 14 for a, b in map(place, g)))
        group = next(near, None)
        if group is None:
            groups.append([spot])
        else:
            group.append(spot)
    return [
        {"size": max(1.0, group[0].size), "value": group[0].value, "number": _runs([s.number for s in group])}
        for group in groups
    ]


def _runs(numbers: Sequence[int]) -> str:
    """1, 3, 4, 5 as `1, 3–5`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)
