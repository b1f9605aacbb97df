"""The drawings of a concept document as SVG: the same charts as on the pages."""

from datetime import timedelta

from service.maturity.result import Kind
from service.reports.writer import KINDS, Writer
from service.web import charts, plan_charts, profile_charts


def profile_svg(w: Writer) -> str:
    """Every dimension on the scale of 1 to 5 with what was told, observed and documented."""
    lines = []
    for one in w.given.result.dimensions:
        spots = [
            profile_charts.Spot(kind.value, strand.level, strand.low, strand.high, "")
            for kind in KINDS
            if (strand := one.strand(kind)).level is not None
        ]
        hidden = w.language.text("not enough evidence")
        lines.append(profile_charts.Line(w.dimension(one.dimension), spots, hidden))
    names = {kind.value: w.text(kind.value) for kind in Kind}
    return charts.draw(
        profile_charts.dumbbell(lines, names),
        w.code,
        name="profile",
        title=w.text("profile_caption"),
        description="",
        size=charts.WIDE,
    )


def roadmap_svg(w: Writer) -> str:
    """A bar for each scheduled measure."""
    bars = (
        [
            plan_charts.Bar(
                w.title(one.task.key),
                one.begins,
                one.ends,
                one.critical,
                w.text(
                    "bar_spoken",
                    title=w.title(one.task.key),
                    begin=w.language.day(one.begins),
                    end=w.language.day(one.ends - timedelta(days=1)),
                ),
            )
            for one in w.given.plan.schedule.placed
        ]
        if w.given.plan
        else []
    )
    return charts.draw(
        plan_charts.gantt(bars, w.text("critical_bar"), w.text("slack_bar")),
        w.code,
        name="roadmap",
        title=w.text("roadmap_caption"),
        description="",
        size=charts.WIDE,
    )
