"""The roadmap as a chart: a bar per measure over time, those on the critical path darker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.web import palette
from service.web.charts import WIDE, altair, finish, rows_axis


@dataclass(frozen=True)
class Bar:
    """A measure over days in [begins, ends); `spoken` says it in words."""

    name: str
    begins: date
    ends: date
    critical: bool
    spoken: str


def gantt(bars: Sequence[Bar], critical: str, other: str, *, size: str = WIDE) -> dict[str, Any]:
    """`critical` and `other` are what the two kinds of bars are called."""
    alt = altair()
    values = [
        {
            "position": place,
            "begins": bar.begins.isoformat(),
            "ends": bar.ends.isoformat(),
            "kind": critical if bar.critical else other,
            "spoken": bar.spoken,
        }
        for place, bar in enumerate(bars)
    ]
    first, last = min(bar.begins for bar in bars), max(bar.ends for bar in bars)
    months = (last - first).days / 30.4
    step = next((one for one in (1, 2, 3, 6, 12) if months / one <= (9 if size == WIDE else 3)), 24)
    axis = alt.Axis(
        format="%b %Y",
        tickCount={"interval": "month", "step": step},
        grid=True,
        labelOverlap=True,
        labelFlush=True,
    )
    scale = alt.Scale(type="utc", domain=[first.isoformat(), last.isoformat()])
    kinds = [kind for kind in (critical, other) if any(value["kind"] == kind for value in values)]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(
            domain=kinds,
            range=[palette.MILESTONE if kind == critical else palette.LINE for kind in kinds],
        ),
        legend=alt.Legend(title=None, orient="top", columns=0 if size == WIDE else 1),
        sort=kinds,
    )
    y = alt.Y(
        "position:O",
        title=None,
        axis=rows_axis([bar.name for bar in bars], 38 if size == WIDE else 18),
        scale=alt.Scale(domain=list(range(len(bars))), paddingInner=0.35),
    )
    drawn = alt.Chart(alt.Data(values=values)).mark_bar(cornerRadius=3)
    layer = drawn.encode(
        x=alt.X("begins:T", axis=axis, scale=scale, title=None),
        x2="ends:T",
        y=y,
        color=colour,
        description="spoken:N",
    )
    return finish(alt.layer(layer), size, 34 * len(bars), left=30)
