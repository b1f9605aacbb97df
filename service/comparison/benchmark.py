"""What an organisation gives to be compared with: published values of the whole organisation and levels, never its name.

The format is open (docs/comparison.md, docs/benchmark.schema.json). Numbers are whole thousandths, so that any program can write the
canonical text again that is signed.
"""

from collections.abc import Iterable
from datetime import date
from statistics import fmean
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from metrics.metric import Scope, Window
from metrics.periods import LENGTHS
from service.comparison.profile import profile_of, stored
from service.maturity.assess import newest
from service.maturity.model import current
from service.maturity.result import Kind, Result
from service.models import Organisation, PublishedCoverage, PublishedValue
from service.published import Published, latest
from service.references import references

FORMAT: Literal["resonanz-benchmark/1"] = "resonanz-benchmark/1"
THOUSAND = 1000
WINDOW = Window.WEEKS26
"""Values are compared over half-years that begin on the same Mondays everywhere (`metrics.periods`)."""
LENGTH = LENGTHS[WINDOW]
TENTHS = 100
"""Levels are told to a tenth, in thousandths."""

Thousandths = Annotated[int, Field(ge=-(10**12), le=10**12)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Identity = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Classed(_Strict):
    """Section of NACE Rev. 2.1, size class, ISO 3166 country; and, where it is told, how many work at a desk."""

    industry: Annotated[str, Field(pattern=r"^[A-V]$")]
    size: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,16}$")]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    desk: Annotated[str, Field(pattern=r"^[a-z_]{1,16}$")] | None


class HalfYear(_Strict):
    """Days in [since, until); always 26 weeks."""

    window: Literal["weeks26"]
    since: date
    until: date


class Value(_Strict):
    """A published value of the whole organisation and its 95 % interval, in thousandths of the metric's unit."""

    metric: Key
    category: Annotated[str, Field(pattern=r"^[a-z0-9_]{0,32}$")]
    value: Thousandths
    low: Thousandths | None
    high: Thousandths | None


class Level(_Strict):
    """The level of one kind of evidence of a dimension, 1 to 5, and its 95 % interval, in thousandths."""

    dimension: Key
    kind: Kind
    level: Annotated[int, Field(ge=1000, le=5000)]
    low: Annotated[int, Field(ge=1000, le=5000)] | None
    high: Annotated[int, Field(ge=1000, le=5000)] | None


class Benchmark(_Strict):
    """What an organisation gives. `organisation` is a random id without meaning elsewhere; `profile` what it is compared by.

    `values` are those of the half-year `period`; `coverage` is the mean share of activity that could be read, in thousandths, None
    where that is not known. `levels` are those of the assessment of the day `assessed`, made with version `model` of the maturity
    model. `minimum_group` is the fewest people any value stands for.
    """

    format: Literal["resonanz-benchmark/1"]
    organisation: Identity
    created: date
    synthetic: bool
    profile: Classed
    minimum_group: Annotated[int, Field(ge=5)]
    coverage: Annotated[int, Field(ge=0, le=1000)] | None
    period: HalfYear | None
    values: tuple[Value, ...]
    model: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+$")]
    assessed: date | None
    levels: tuple[Level, ...]


def series() -> tuple[tuple[str, str], ...]:
    """The metrics (with their category) that are compared: those the levels rest on and those with a published reference."""
    asked = [(one.metric, one.category) for one in current().indicators()]
    asked += [
        (one.comparable.metric, one.comparable.category) for one in references().references if one.comparable
    ]
    return tuple(
        one
        for one in dict.fromkeys(asked)
        if WINDOW in CATALOG[one[0]].windows and Scope.ORGANISATION in CATALOG[one[0]].scopes
    )


def gathered(
    session: Session, organisation: Organisation, today: date
) -> tuple[Benchmark | None, tuple[str, ...]]:
    """What the organisation could give of what is published; else None, and what is lacking, each with how to mend it."""
    profile = profile_of(session, organisation)
    classed = {name: getattr(profile, name) for name in ("industry", "size", "country")}
    lacking = [
        f"its {name} is not known: resonanz organisation profile --{name} …"
        for name, value in classed.items()
        if not value
    ]
    published, made = latest(session, organisation), newest(session, organisation)
    period, values = told_values(published)
    result = Result.model_validate(made.content) if made else None
    levels = told_levels(result)
    if not values and not levels:
        lacking.append(
            "neither a half-year nor an assessment of it shows anything yet: resonanz metrics compute, resonanz assess"
        )
    if lacking:
        return None, tuple(lacking)
    return Benchmark(
        format=FORMAT,
        organisation=stored(session, organisation).benchmark,
        created=today,
        synthetic=organisation.synthetic,
        profile=Classed(**classed, desk=profile.desk),
        minimum_group=max(5, published.run.minimum_group) if published else 5,
        coverage=coverage_of(published.coverage()) if published else None,
        period=period if values else None,
        values=values,
        model=result.model_version if result else current().version,
        assessed=result.created.date() if result and levels else None,
        levels=levels,
    ), ()


def told_values(published: Published | None) -> tuple[HalfYear | None, tuple[Value, ...]]:
    """The values of the newest half-year that are shown, and which half-year that is; None where none is."""
    since = published.latest_period(WINDOW.value) if published else None
    if published is None or since is None:
        return None, ()
    asked = series()
    cells = {
        (cell.metric, cell.category): cell
        for cell in published.across(
            "organisation", WINDOW.value, since, metrics=[metric for metric, _ in asked]
        )
        if cell.state == "published" and cell.value is not None
    }
    values = tuple(
        _value(cell)
        for metric, category in sorted(asked)
        if (cell := cells.get((metric, category))) is not None
    )
    until = next((cell.until for cell in cells.values()), None)
    return (HalfYear(window="weeks26", since=since, until=until) if until else None), values


def told_levels(result: Result | None) -> tuple[Level, ...]:
    """The levels of an assessment that could be told."""
    if result is None:
        return ()
    return tuple(
        Level(
            dimension=one.dimension,
            kind=strand.kind,
            level=_tenths(strand.level),
            low=None if strand.low is None else _tenths(strand.low),
            high=None if strand.high is None else _tenths(strand.high),
        )
        for one in result.dimensions
        for strand in one.strands
        if strand.level is not None
    )


def _tenths(level: float) -> int:
    return TENTHS * round(THOUSAND * level / TENTHS)


def _value(cell: PublishedValue) -> Value:
    value = _thousandths(cell.value or 0.0)
    # Value and interval are rounded each by its own rule.
    low = None if cell.low is None else min(value, _thousandths(cell.low))
    high = None if cell.high is None else max(value, _thousandths(cell.high))
    return Value(metric=cell.metric, category=cell.category, value=value, low=low, high=high)


def _thousandths(number: float) -> int:
    return round(THOUSAND * number)


def coverage_of(lines: Iterable[PublishedCoverage]) -> int | None:
    """The mean share that was read, over sources and kinds of which it is known, in thousandths; None where it is of none."""
    known = [line.share for line in lines if line.share is not None and set(line.reasons) != {"unsupported"}]
    return _thousandths(fmean(known)) if known else None
