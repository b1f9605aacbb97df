"""The two pictures of a maturity profile: every dimension with what was told, observed and documented, and a radar for the board."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.web import palette
from service.web.charts import WIDE, WIDTHS, altair, finish, rows_axis

SCALE = (1.0, 5.0)
SHAPES = {"told": "circle", "observed": "diamond", "documented": "square"}
COLOURS = {"told": palette.SECOND, "observed": palette.LINE, "documented": palette.MILESTONE}
"""Each kind of evidence has a shape of its own, so that they stay apart in grey and for who sees no colours."""
_ROW = 46


@dataclass(frozen=True)
class Spot:
    """What one kind of evidence says of one dimension; `spoken` says it in words."""

    kind: str
    level: float
    low: float | None
    high: float | None
    spoken: str


@dataclass(frozen=True)
class Line:
    """One dimension; `hidden` in a word or two where nothing can be said of it."""

    name: str
    spots: Sequence[Spot]
    hidden: str = ""


def dumbbell(lines: Sequence[Line], names: Mapping[str, str], *, size: str = WIDE) -> dict[str, Any]:
    """A row per dimension on the scale of 1 to 5: a mark per kind of evidence with its interval. `names` are the kinds' labels."""
    alt = altair()
    offset = {"told": -9, "observed": 0, "documented": 9}
    values = [
        {
            "position": place,
            "kind": names[spot.kind],
            "raw": spot.kind,
            "level": spot.level,
            "low": spot.low,
            "high": spot.high,
            "spoken": f"{line.name}: {spot.spoken}",
        }
        for place, line in enumerate(lines)
        for spot in line.spots
    ]
    spans = [
        {
            "position": place,
            "from": min(spot.level for spot in line.spots),
            "to": max(spot.level for spot in line.spots),
        }
        for place, line in enumerate(lines)
        if len(line.spots) > 1
    ]
    empty = [{"position": place, "hidden": line.hidden} for place, line in enumerate(lines) if not line.spots]
    positions = list(range(len(lines)))
    y = alt.Y(
        "position:O",
        title=None,
        axis=rows_axis([line.name for line in lines], 26 if size == WIDE else 15),
        scale=alt.Scale(domain=positions),
    )
    axis = alt.Axis(values=[1, 2, 3, 4, 5], format="d", domain=False, grid=True)
    scale = alt.Scale(domain=[0.9, 5.1], nice=False, zero=False)
    x = alt.X("level:Q", axis=axis, scale=scale, title=None)
    kinds = [kind for kind in SHAPES if any(value["raw"] == kind for value in values)]
    legend = alt.Legend(title=None, orient="top", columns=0 if size == WIDE else 1)
    domain = [names[kind] for kind in kinds]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=domain, range=[COLOURS[kind] for kind in kinds]),
        legend=legend,
        sort=domain,
    )
    shape = alt.Shape(
        "kind:N",
        scale=alt.Scale(domain=domain, range=[SHAPES[kind] for kind in kinds]),
        legend=legend,
        sort=domain,
    )
    # Every layer starts from all rows, so that a dimension of which nothing is known keeps its place.
    layers = [
        alt.Chart(alt.Data(values=[{"position": place, "level": 1} for place in positions]))
        .mark_point(opacity=0, aria=False)
        .encode(y=y, x=x)
    ]
    if spans:
        layers.append(
            alt.Chart(alt.Data(values=spans))
            .mark_rule(color=palette.GRID, strokeWidth=10, strokeCap="round", aria=False)
            .encode(y=y, x=alt.X("from:Q", scale=scale, title=None), x2="to:Q")
        )
    for kind in kinds:
        drawn = alt.Chart(alt.Data(values=[value for value in values if value["raw"] == kind]))
        layers.append(
            drawn.transform_filter("isValid(datum.low)")
            .mark_rule(strokeWidth=2, yOffset=offset[kind], color=COLOURS[kind], aria=False)
            .encode(y=y, x=alt.X("low:Q", scale=scale, title=None), x2="high:Q")
        )
        layers.append(
            drawn.mark_point(filled=True, size=110, opacity=1, yOffset=offset[kind]).encode(
                y=y, x=x, color=colour, shape=shape, description="spoken:N"
            )
        )
    if empty:
        layers.append(
            alt.Chart(alt.Data(values=empty))
            .mark_text(align="left", dx=4, fontStyle="italic", color=palette.HIDDEN_INK, aria=False)
            .encode(y=y, x=alt.XDatum(1, scale=scale), text="hidden:N")
        )
    return finish(alt.layer(*layers), size, _ROW * max(1, len(lines)), left=14)


def radar(lines: Sequence[Line], names: Mapping[str, str], *, size: str = WIDE) -> dict[str, Any]:
    """The same as a net: one axis per dimension, a ring per level. A kind of evidence that lacks a dimension leaves a gap."""
    alt = altair()
    count = max(3, len(lines))
    rings = [
        {**_place(level, number % count, count), "ring": level, "order": number}
        for level in (1, 2, 3, 4, 5)
        for number in range(count + 1)
    ]
    spokes = [
        {"x": 0.0, "y": 0.0, "x2": end["x"], "y2": end["y"]}
        for end in (_place(5, number, count) for number in range(count))
    ]
    labels = [
        {
            **_place(5.55, number, count),
            "name": line.name,
            "align": _side(number, count),
        }
        for number, line in enumerate(lines)
    ]
    kinds = [kind for kind in SHAPES if any(spot.kind == kind for line in lines for spot in line.spots)]
    height = 420 if size == WIDE else 250
    # As many units to the pixel across as upwards, and room for the names at the sides.
    across = 2.25 if size == WIDE else 2.1
    bounds = alt.Scale(domain=[-across, across], nice=False)
    tall = alt.Scale(domain=[-across * height / WIDTHS[size], across * height / WIDTHS[size]], nice=False)
    x, y = alt.X("x:Q", axis=None, scale=bounds), alt.Y("y:Q", axis=None, scale=tall)
    layers = [
        alt.Chart(alt.Data(values=rings))
        .mark_line(color=palette.GRID, strokeWidth=1, aria=False)
        .encode(x=x, y=y, detail="ring:N", order="order:Q"),
        alt.Chart(alt.Data(values=spokes))
        .mark_rule(color=palette.GRID, aria=False)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q"),
    ]
    for align in ("left", "center", "right"):
        inside = [label for label in labels if label["align"] == align]
        if inside:
            layers.append(
                alt.Chart(alt.Data(values=inside))
                .mark_text(align=align, baseline="middle", color=palette.INK, aria=False)
                .encode(x=x, y=y, text="name:N")
            )
    domain = [names[kind] for kind in kinds]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=domain, range=[COLOURS[kind] for kind in kinds]),
        legend=alt.Legend(title=None, orient="top", columns=0 if size == WIDE else 1),
        sort=domain,
    )
    shape = alt.Shape(
        "kind:N",
        scale=alt.Scale(domain=domain, range=[SHAPES[kind] for kind in kinds]),
        legend=alt.Legend(title=None, orient="top", columns=0 if size == WIDE else 1),
        sort=domain,
    )
    dashes = {"told": [6, 3], "observed": [1, 0], "documented": [2, 2]}
    for kind in kinds:
        points = [
            {
                **_place(spot.level, number, count),
                "kind": names[kind],
                "spoken": f"{line.name}: {spot.spoken}",
                "place": number,
            }
            for number, line in enumerate(lines)
            for spot in line.spots
            if spot.kind == kind
        ]
        drawn = alt.Chart(alt.Data(values=points))
        for order, piece in enumerate(_pieces(points, count)):
            layers.append(
                alt.Chart(
                    alt.Data(
                        values=[{**point, "piece": order, "order": step} for step, point in enumerate(piece)]
                    )
                )
                .mark_line(strokeWidth=2.5, strokeDash=dashes[kind], color=COLOURS[kind], aria=False)
                .encode(x=x, y=y, order="order:Q")
            )
        layers.append(
            drawn.mark_point(filled=True, size=80, opacity=1).encode(
                x=x, y=y, color=colour, shape=shape, description="spoken:N"
            )
        )
    return finish(alt.layer(*layers), size, height)


def _place(level: float, number: int, count: int) -> dict[str, Any]:
    """Level 5 lies on the unit circle and level 1 at a fifth of it; the first dimension points up."""
    angle = 2 * math.pi * number / count
    return {"x": level / 5 * math.sin(angle), "y": level / 5 * math.cos(angle)}


def _side(number: int, count: int) -> str:
    across = math.sin(2 * math.pi * number / count)
    return "center" if abs(across) < 0.15 else "left" if across > 0 else "right"


def _pieces(points: Sequence[dict[str, Any]], count: int) -> list[list[dict[str, Any]]]:
    """The lines between neighbouring dimensions that both are known."""
    by_place = {point["place"]: point for point in points}
    return [
        [by_place[number], by_place[(number + 1) % count]]
        for number in range(count)
        if number in by_place and (number + 1) % count in by_place
    ]
