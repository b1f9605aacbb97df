"""The summary for the board as slides: one statement each, with the numbers behind it as a native chart."""

from collections.abc import Iterator
from itertools import islice

from metrics.catalog import CATALOG
from metrics.metric import Measure
from service.reports import compared, findings
from service.reports.document import Chart, Paragraph, Series, Slide, Spans, plain
from service.reports.judged import Judged
from service.reports.planned import roadmap_words, weeks_table
from service.reports.standing import asked, begin, better, profile_words, where
from service.reports.writer import KINDS, Writer

MOST_POINTS = 8
MOST_BARS = 12
PLAN_DAYS = 7


def slides(w: Writer) -> tuple[Slide, ...]:
    """Nine, besides the title; what can not be said has no slide."""
    return tuple(one for one in _slides(w) if one.points or one.chart or one.table)


def _slides(w: Writer) -> Iterator[Slide]:
    yield Slide("board_where", w.text("slide_profile"), _said(where(w)))
    yield Slide("board_profile", _stands(w), chart=_levels(w, "columns"))
    differ = _said(findings.disagreements(w)[:4])
    yield Slide("board_differ", _differs(w), differ, _levels(w, "net"))
    both = [*islice(findings.strengths(w), 4), *islice(findings.gaps(w), 4)]
    yield Slide("board_gaps", w.text("slide_gaps"), _said(both))
    yield Slide("board_reference", w.text("slide_reference"), tuple(compared.says(w)[:3]), _references(w))
    yield Slide("board_measures", w.text("slide_measures"), _said([*better(w), *begin(w)]))
    yield Slide("board_plan", w.text("slide_plan"), chart=_plan(w))
    yield Slide("board_weeks", w.text("slide_weeks"), table=weeks_table(w, brief=True))
    yield Slide("board_asked", w.text("asked"), _said(asked(w)), _roles(w))


def _stands(w: Writer) -> str:
    """What the profile shows, as a statement."""
    found = Judged(w.given.result)
    furthest, least = found.furthest, found.least_far
    if furthest is None or least is None or furthest is least[0]:
        return w.text("profile_caption")
    names = {"furthest": w.dimension(furthest.dimension), "least": w.dimension(least[0].dimension)}
    return w.text("slide_stands", **names)


def _differs(w: Writer) -> str:
    """Where the kinds of evidence lie furthest apart."""
    widest = max(
        Judged(w.given.result).known,
        key=lambda one: (one.highest or 0.0) - (one.lowest or 0.0),
        default=None,
    )
    if widest is None or widest.highest == widest.lowest:
        return w.text("slide_differ")
    return w.text("slide_differs", dimension=w.dimension(widest.dimension))


def _said(paragraphs: list[Paragraph]) -> tuple[Spans, ...]:
    return tuple(one.spans for one in paragraphs[:MOST_POINTS])


def _levels(w: Writer, kind: str) -> Chart | None:
    """The levels of all dimensions; what is insufficient stays empty."""
    dimensions = w.given.result.dimensions
    series = tuple(
        Series(w.text(one.value), tuple(dimension.strand(one).level for dimension in dimensions))
        for one in KINDS
    )
    if not any(value is not None for one in series for value in one.values):
        return None
    return Chart(
        kind,
        tuple(w.dimension(one.dimension) for one in dimensions),
        series,
        plain(profile_words(w)),
        (w.assessment(), *(w.evidence(one, k) for one in dimensions for k in KINDS if one.strand(k).level)),
        top=5.0,
    )


def _references(w: Writer) -> Chart | None:
    """Our shares beside those of others."""
    found = [
        (series, reference, figure, ours)
        for series, reference, figure, ours in compared.comparable(w)
        if CATALOG[series.metric].unit is Measure.SHARE
    ]
    if not found:
        return None
    names = tuple(
        f"{w.metric_name(series.metric, series.category)}: {w.label(figure.label)}"
        for series, _, figure, _ in found
    )
    cells = [(w.cell(ours, series), w.figure(figure, reference)) for series, reference, figure, ours in found]
    spoken = "; ".join(
        f"{name}: {w.text('ours')} {plain(ours)}, {w.text('theirs')} {theirs.text}"
        for name, (ours, theirs) in zip(names, cells, strict=True)
    )
    return Chart(
        "bars",
        names,
        (
            Series(w.text("ours"), tuple(ours.value for *_, ours in found)),
            Series(w.text("theirs"), tuple(figure.value for _, _, figure, _ in found)),
        ),
        spoken,
        tuple(dict.fromkeys(source for ours, theirs in cells for source in (ours[0].source, theirs.source))),
        form="0%",
    )


def _roles(w: Writer) -> Chart | None:
    days = w.days_by_role()
    if not days:
        return None
    spoken = "; ".join(f"{w.role(role)}: {w.language.number(round(one, 1))}" for role, one in days.items())
    values = tuple(round(one, 1) for one in days.values())
    return Chart(
        "bars",
        tuple(w.role(role) for role in days),
        (Series(w.text("role_days"), values),),
        f"{w.text('role_days')}: {spoken}",
        (w.plan(), w.catalogue()),
        form="0.#",
    )


def _plan(w: Writer) -> Chart | None:
    """Bars from begin to end in weeks; those on the critical path in a series of their own."""
    plan = w.given.plan
    if plan is None or not plan.schedule.placed:
        return None
    placed = plan.schedule.placed[:MOST_BARS]
    begins = tuple((one.begins - plan.frame.start).days / PLAN_DAYS for one in placed)
    lasts = [(one.ends - one.begins).days / PLAN_DAYS for one in placed]
    return Chart(
        "plan",
        tuple(w.title(one.task.key) for one in placed),
        (
            Series(w.text("weeks_axis", day=w.language.day(plan.frame.start)), begins, hidden=True),
            Series(
                w.text("critical_bar"),
                tuple(last if one.critical else None for one, last in zip(placed, lasts, strict=True)),
            ),
            Series(
                w.text("slack_bar"),
                tuple(None if one.critical else last for one, last in zip(placed, lasts, strict=True)),
            ),
        ),
        plain(roadmap_words(w)),
        (w.plan(),),
        form="0",
    )
