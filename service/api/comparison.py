"""The comparison under /api/v1: own history, quartiles of peers, and published values; never a single peer."""

from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, TypeAdapter

from metrics.catalog import CATALOG
from service.api import schemas as s
from service.api.basis import ground
from service.api.listing import Page, derived
from service.api.published import keep, the_organisation, today, told
from service.api.routes import FILES, NOT_MODIFIED, PROBLEMS
from service.comparison import Comparison, comparison_of
from service.comparison.draw import Placed
from service.comparison.history import Course
from service.comparison.outside import Beside, Outside, Relation
from service.maturity.result import Kind
from service.references import Certainty, Reference, Statistic, Use, references
from service.security.signin import Db

CONTENT = TypeAdapter(Comparison)

router = APIRouter(prefix="/api/v1", tags=["comparison"], responses={**PROBLEMS, **NOT_MODIFIED})


class LevelHistoryRow(BaseModel):
    """The level of one kind of evidence of a dimension at the day of an assessment."""

    dimension: str
    kind: Kind
    day: date
    level: float
    low: float | None = Field(description="95 % interval")
    high: float | None
    course: Course | None = Field(description="of the newest since the first; null with a single one")


class ValueHistoryRow(BaseModel):
    """A metric of the organisation in one half-year, as it was published."""

    metric: str
    category: str
    unit: str
    since: date
    until: date
    value: float | None
    low: float | None = Field(description="95 % interval")
    high: float | None
    state: s.State
    suppressed: s.Suppressed
    unknown: s.Unknown
    reason: str | None
    course: Course | None = Field(
        description="of the newest since the half-year before; null where either is missing"
    )


class PeerRow(BaseModel):
    """A value of the organisation beside coarse quartiles of at least five comparable organisations."""

    metric: str = Field(description="'' for a level")
    category: str
    dimension: str = Field(description="'' for a metric")
    kind: Kind | None
    unit: str = Field(description="of the metric; level for a level")
    first_quartile: float | None
    median: float | None
    third_quartile: float | None
    suppressed: s.Suppressed
    unknown: s.Unknown
    withheld: str | None = Field(description="why there are no quartiles")
    peers: int = Field(description="organisations behind the quartiles")
    alike: str | None = Field(description="by what they are comparable")
    drawn: date | None
    own: float | None
    own_low: float | None
    own_high: float | None
    own_until: date | None
    below: float | None = Field(description="share of organisations like these with a smaller value, coarse")
    below_low: float | None
    below_high: float | None


class ReferenceRow(BaseModel):
    """A figure others published; with the own value beside it only where a metric of ours counts the same."""

    reference: str
    figure: int = Field(description="its place in the reference, from 0")
    name: s.Label
    label: s.Label
    value: float
    high: float | None = Field(description="where it is a range")
    unit: str
    statistic: Statistic
    year: int | None
    certainty: Certainty = Field(
        description="A read at or near the source, B as quoted by others, C from memory"
    )
    use: Use
    source: str
    publisher: str
    metric: str | None = Field(description="the metric that counts the same; null: not comparable")
    category: str | None
    window: str | None
    not_comparable: s.Label | None = Field(description="why not")
    near: list[str] = Field(description="metrics about the same that count otherwise")
    own: float | None
    own_low: float | None
    own_high: float | None
    own_since: date | None
    own_until: date | None
    suppressed: s.Suppressed
    unknown: s.Unknown
    relation: Relation | None = Field(description="how the own value lies to it; null: not comparable")


@router.get("/comparison")
def get_comparison(
    request: Request, response: Response, asked: Annotated[s.Query, Query()], db: Db
) -> Comparison:
    """Where the organisation stands beside its past, at least five comparable organisations, and published values.

    `peers` is null before they were drawn for the first time; a value without quartiles says why in `withheld`.
    """
    organisation = the_organisation(db, asked.organisation)
    found = comparison_of(db, organisation)
    content = CONTENT.dump_json(found) + today().isoformat().encode()
    keep(request, response, f'"{sha256(content).hexdigest()[:32]}"')
    response.headers.update(told(ground(db, organisation, _rules(found)).basis))
    return found


@router.get("/comparison/levels", responses=FILES, response_model=s.Derived[LevelHistoryRow])
def list_levels(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """Levels over all assessments on the scale of the newest, oldest first."""
    return _listed(Page(request, response, asked), db, LevelHistoryRow)


@router.get("/comparison/values", responses=FILES, response_model=s.Derived[ValueHistoryRow])
def list_values(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """Values over half-years, oldest first."""
    return _listed(Page(request, response, asked), db, ValueHistoryRow)


@router.get("/comparison/peers", responses=FILES, response_model=s.Derived[PeerRow])
def list_peers(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """Quartiles among peers, as they were drawn; none before that."""
    return _listed(Page(request, response, asked), db, PeerRow)


@router.get("/references", responses=FILES, response_model=s.Derived[ReferenceRow])
def list_references(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """All published reference values, and the own value where it may stand beside one."""
    return _listed(Page(request, response, asked), db, ReferenceRow)


def _listed(page: Page, db: Db, row_type: type[BaseModel]) -> Any:
    organisation = the_organisation(db, page.asked.organisation)
    found = comparison_of(db, organisation)
    on = ground(db, organisation, _rules(found))
    moment: datetime = max(on.moment, found.drawn) if found.drawn else on.moment
    rows = list(ROWS[row_type](found))
    return derived(page, basis=on.basis, row_type=row_type, rows=rows, moment=moment)


def _rules(found: Comparison) -> str:
    return f"references {found.references.version}"


def level_rows(found: Comparison) -> Iterator[LevelHistoryRow]:
    for one in found.history.levels:
        for point in one.points:
            yield LevelHistoryRow(
                dimension=one.dimension,
                kind=one.kind,
                day=point.day,
                level=point.level,
                low=point.low,
                high=point.high,
                course=one.course,
            )


def value_rows(found: Comparison) -> Iterator[ValueHistoryRow]:
    for one in found.history.values:
        metric = CATALOG.get(one.metric)
        for point in one.points:
            yield ValueHistoryRow(
                metric=one.metric,
                category=one.category,
                unit=metric.unit.value if metric else "",
                since=point.since,
                until=point.until,
                value=point.value if point.state == "published" else None,
                low=point.low,
                high=point.high,
                state=point.state,  # type: ignore[arg-type]
                suppressed=point.state == "suppressed",
                unknown=point.state == "unknown",
                reason=point.reason,
                course=one.course,
            )


def peer_rows(found: Comparison) -> Iterator[PeerRow]:
    for one in found.peers.placed if found.peers else ():
        yield peer_row(one)


def peer_row(one: Placed) -> PeerRow:
    quartiles, own, position = one.quartiles, one.own, one.position
    return PeerRow(
        metric=one.subject.metric,
        category=one.subject.category,
        dimension=one.subject.dimension,
        kind=one.subject.kind,
        unit=one.subject.unit.value if one.subject.unit else "level",
        first_quartile=quartiles.first if quartiles else None,
        median=quartiles.median if quartiles else None,
        third_quartile=quartiles.third if quartiles else None,
        suppressed=quartiles is None and one.withheld is not None,
        unknown=quartiles is None and one.withheld is None,
        withheld=one.withheld.value if one.withheld else None,
        peers=one.peers,
        alike=one.step.value if one.step else None,
        drawn=one.drawn,
        own=own.value if own else None,
        own_low=own.low if own else None,
        own_high=own.high if own else None,
        own_until=one.own_until,
        below=position.below if position else None,
        below_low=position.low if position else None,
        below_high=position.high if position else None,
    )


def reference_rows(found: Comparison) -> Iterator[ReferenceRow]:
    shown = _beside(found.references)
    for one in references().references:
        for place in range(len(one.figures)):
            yield reference_row(one, place, shown.get((one.key, place)))


def _beside(outside: Outside) -> dict[tuple[str, int], Beside]:
    return {(one.reference, one.figure): one for one in outside.beside}


def reference_row(one: Reference, place: int, shown: Beside | None) -> ReferenceRow:
    figure, own = one.figures[place], shown.own if shown else None
    state = own.state if own else "unknown"
    told = own if own is not None and own.state == "published" else None
    return ReferenceRow(
        reference=one.key,
        figure=place,
        name=s.Label.of(one.name),
        label=s.Label.of(figure.label),
        value=figure.value,
        high=figure.high,
        unit=figure.unit,
        statistic=figure.statistic,
        year=figure.year or one.year,
        certainty=one.certainty,
        use=one.use,
        source=one.source,
        publisher=one.publisher,
        metric=shown.metric if shown else None,
        category=shown.category if shown else None,
        window=shown.window.value if shown else None,
        not_comparable=s.Label.of(one.not_comparable) if one.not_comparable else None,
        near=list(one.near),
        own=told.value if told else None,
        own_low=told.low if told else None,
        own_high=told.high if told else None,
        own_since=own.since if own else None,
        own_until=own.until if own else None,
        suppressed=shown is not None and state == "suppressed",
        unknown=shown is not None and state == "unknown",
        relation=shown.relation if shown else None,
    )


ROWS: dict[type[BaseModel], Any] = {
    LevelHistoryRow: level_rows,
    ValueHistoryRow: value_rows,
    PeerRow: peer_rows,
    ReferenceRow: reference_rows,
}
