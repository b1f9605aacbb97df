"""The picture of a comparison: the middle half of the peers as a band, their median as a line, and the own value as a dot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from metrics.metric import Measure
from service.web import palette
from service.web.charts import WIDE, altair, finish, rows_axis

_ROW = 30


@dataclass(frozen=True)
class Band:
    """One value among the peers' quartiles; `own` is None where it is not shown. `spoken` says it in words."""

    name: str
    first: float
    median: float
    third: float
    own: float | None
    low: float | None
    high: float | None
    spoken: str


def bands(rows: Sequence[Band], unit: Measure | None, *, size: str = WIDE) -> dict[str, Any]:
    """A row per value; `unit` None for levels from 1 to 5."""
    alt = altair()
    values = [{**vars(row), "position": place} for place, row in enumerate(rows)]
    longest = 36 if size == WIDE else 22
    positions = list(range(len(rows)))
    y = alt.Y(
        "position:O",
        title=None,
        axis=rows_axis([row.name for row in rows], longest),
        scale=alt.Scale(domain=positions),
    )
    if unit is None:
        scale = alt.Scale(domain=[0.9, 5.1], nice=False, zero=False)
        axis = alt.Axis(values=[1, 2, 3, 4, 5], format="d", domain=False, grid=True)
    else:
        top = max(max(row.third, row.high or row.own or 0.0) for row in rows)
        scale = alt.Scale(domain=[0, min(1.0, top * 1.1) if unit is Measure.SHARE else top * 1.1], nice=True)
        form = ".0~%" if unit is Measure.SHARE else "~r"
        axis = alt.Axis(format=form, tickCount=5 if size == WIDE else 3, domain=False)

    def x(name: str) -> Any:
        return alt.X(f"{name}:Q", scale=scale, axis=axis, title=None)

    drawn = alt.Chart(alt.Data(values=values))
    own = drawn.transform_filter("isValid(datum.own)")
    layers = [
        drawn.mark_bar(color=palette.BAND, height=14, cornerRadius=3, minBandSize=2).encode(
            y=y, x=x("first"), x2="third:Q", description="spoken:N"
        ),
        drawn.mark_tick(color=palette.MUTED, thickness=2, size=18, aria=False).encode(y=y, x=x("median")),
        own.transform_filter("isValid(datum.low)")
        .mark_rule(color=palette.LINE, strokeWidth=2, aria=False)
        .encode(y=y, x=x("low"), x2="high:Q"),
        own.mark_point(filled=True, size=80, color=palette.LINE, opacity=1, aria=False).encode(
            y=y, x=x("own")
        ),
    ]
    return finish(alt.layer(*layers), size, _ROW * max(1, len(rows)), left=24 if size == WIDE else 14)
