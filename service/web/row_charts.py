"""Charts of named values, one below the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from metrics.metric import Measure
from service.web import palette
from service.web.charts import NARROW, WIDE, altair, finish, rows_axis, value_axis


@dataclass(frozen=True)
class Row:
    """One named value; `hidden` says in a word or two why there is none."""

    name: str
    value: float | None
    shown: str
    low: float | None = None
    high: float | None = None
    hidden: str = ""


def bars(rows: Sequence[Row], *, size: str = NARROW) -> dict[str, Any]:
    """One bar per row with its value written at the end."""
    alt = altair()
    chart, y = _rows_chart(rows, 26)
    top = max((row.value or 0.0 for row in rows), default=0.0) or 1.0
    scale = alt.Scale(domain=[0, top * 1.3])
    x = alt.X("value:Q", axis=None, scale=scale, title=None)
    drawn = chart.mark_bar(color=palette.LINE, height={"band": 0.62}).encode(y=y, x=x, description="spoken:N")
    words = chart.mark_text(align="left", dx=5, color=palette.INK, aria=False).encode(
        y=y, x=alt.X("end:Q", scale=scale, title=None), text="shown:N"
    )
    return finish(alt.layer(drawn, words), size, 28 * max(1, len(rows)), left=22)


def dots(rows: Sequence[Row], unit: Measure, *, size: str = WIDE) -> dict[str, Any]:
    """A dot per row with its interval; rows without a value say why in their place."""
    alt = altair()
    chart, y = _rows_chart(rows, 38 if size == WIDE else 20)
    top = max((row.high or row.value or 0.0 for row in rows), default=0.0) or 1.0
    least = min(
        0.0, *(row.value if row.low is None else row.low for row in rows if row.value is not None), 0.0
    )
    scale = alt.Scale(domain=[least, top + (top - least) * (0.12 if size == WIDE else 0.3)], nice=False)
    x = alt.X("value:Q", axis=value_axis(unit, count=5 if size == WIDE else 3), scale=scale, title=None)
    known = chart.transform_filter("isValid(datum.value)")
    layers = [
        known.transform_filter("isValid(datum.low)")
        .mark_rule(color=palette.BAND, strokeWidth=6, strokeCap="round", aria=False)
        .encode(y=y, x=alt.X("low:Q", scale=scale, title=None), x2="high:Q"),
        known.mark_point(filled=True, size=80, color=palette.LINE, opacity=1).encode(
            y=y, x=x, description="spoken:N"
        ),
        known.mark_text(align="left", dx=5, color=palette.INK, aria=False).encode(
            y=y, x=alt.X("end:Q", scale=scale, title=None), text="shown:N"
        ),
        chart.transform_filter("!isValid(datum.value)")
        .mark_text(align="left", dx=4, fontStyle="italic", color=palette.HIDDEN_INK, aria=False)
        .encode(y=y, x=alt.XDatum(least, scale=scale), text="hidden:N"),
    ]
    return finish(alt.layer(*layers), size, 28 * max(1, len(rows)), left=22)


def _rows_chart(rows: Sequence[Row], longest: int) -> tuple[Any, Any]:
    """The rows by position, their names cut to `longest` characters. (Vega would cut inside a surrogate pair and fail.)"""
    alt = altair()
    values = [
        {
            "position": position,
            "value": row.value,
            "low": row.low,
            "high": row.high,
            "end": row.high if row.high is not None else row.value or 0.0,
            "shown": row.shown,
            "spoken": f"{row.name}: {row.shown}",
            "hidden": row.hidden,
        }
        for position, row in enumerate(rows)
    ]
    y = alt.Y("position:O", title=None, axis=rows_axis([row.name for row in rows], longest))
    return alt.Chart(alt.Data(values=values)), y
