"""What the API says, field by field."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class InBoth(Protocol):
    """Words in German and English, whatever part of the program they are from."""

    @property
    def de(self) -> str: ...
    @property
    def en(self) -> str: ...


def _written_out(given: object) -> object:
    """Only a day written out: else a number would pass as seconds since 1970."""
    if isinstance(given, str) and not DAY.fullmatch(given):
        raise PydanticCustomError("day", "write a day as 2026-03-31")
    return given


DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
Day = Annotated[date, BeforeValidator(_written_out)]
Key = Annotated[str, Field(max_length=300)]
Row = TypeVar("Row")
State = Literal["published", "suppressed", "unknown"]
Suppressed = Annotated[
    bool,
    Field(description="true: there is a value, but it would tell of too few people; it is null, never 0"),
]
Unknown = Annotated[
    bool, Field(description="true: there is no value, for the reason given; it is null, never 0")
]


def flags(state: str) -> dict[str, bool]:
    """`suppressed` and `unknown` of a row whose value is in that state."""
    return {"suppressed": state == "suppressed", "unknown": state == "unknown"}


class Scope(StrEnum):
    ORGANISATION = "organisation"
    ROOM = "room"
    UNIT = "unit"


class Window(StrEnum):
    WEEK = "week"
    DAYS28 = "days28"
    WEEKS26 = "weeks26"


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


class Dialect(StrEnum):
    """How a CSV is written: as RFC 4180 has it, or as a German Excel opens it (semicolon, decimal comma, byte order mark)."""

    RFC4180 = "rfc4180"
    EXCEL_DE = "excel-de"


class Label(BaseModel):
    de: str
    en: str

    @classmethod
    def of(cls, words: InBoth) -> "Label":
        return cls(de=words.de, en=words.en)


class Provenance(BaseModel):
    """Which publication an answer comes from."""

    id: int
    organisation: str = Field(description="key of the organisation")
    created: datetime
    data_until: date = Field(description="no value covers this day or a later one")
    data_age_days: int = Field(description="whole days since `data_until`, in UTC")
    coverage: float | None = Field(
        description="share of what exists that could be read, over all sources and kinds the platforms offer; null: unknown"
    )
    minimum_group: int = Field(description="fewer people than this are never shown")
    synthetic: bool = Field(description="true: invented data of the demonstration")
    catalogue_version: str = Field(
        description="of the metrics: changes exactly when the declaration of one does"
    )


class Basis(BaseModel):
    """What an answer that is worked out from publication, survey, documents and decisions rests on."""

    organisation: str = Field(description="key of the organisation")
    model_version: str = Field(description="of the maturity model")
    assessed: datetime | None = Field(description="when the assessment was made; null: none was yet")
    rules: str = Field(description="what else it is worked out by, with its version")
    publication: int | None = Field(description="id of the publication; null: nothing was published yet")
    data_until: date | None = Field(description="no published value covers this day or a later one")
    data_age_days: int | None = Field(description="whole days since `data_until`, in UTC")
    coverage: float | None = Field(
        description="share of what exists that could be read, over all sources and kinds the platforms offer; null: unknown"
    )
    minimum_group: int | None = Field(description="fewer people than this are never shown")
    synthetic: bool = Field(description="true: invented data of the demonstration")
    catalogue_version: str = Field(
        description="of the metrics: changes exactly when the declaration of one does"
    )


class OfFile(BaseModel):
    """The publication a file comes from."""

    id: int
    data_until: date
    coverage: float | None
    minimum_group: int


class Origin(BaseModel):
    """Where the rows of a file come from, repeated in each of them: a file travels without its headers."""

    organisation: str
    synthetic: bool
    publication: OfFile | None
    model_version: str | None
    catalogue_version: str | None


class Listing(BaseModel, Generic[Row]):
    publication: Provenance
    rows: list[Row]
    next: str | None = Field(default=None, description="cursor of the next page; null on the last one")


class Derived(BaseModel, Generic[Row]):
    basis: Basis
    rows: list[Row]
    next: str | None = Field(default=None, description="cursor of the next page; null on the last one")


class Catalogue(BaseModel):
    publication: Provenance | None
    rows: list["MetricRow"]
    next: str | None = Field(default=None, description="cursor of the next page; null on the last one")


class Summary(BaseModel):
    """Counts of the cells of a publication."""

    published: int
    suppressed: int
    unknown: int
    suppressed_by_reason: dict[str, int]


class PublicationAnswer(BaseModel):
    publication: Provenance
    summary: Summary


class RoomRow(BaseModel):
    key: str
    label: str = Field(description="the name of a room open to all, else its short key")
    source: str
    purpose: str | None
    archived: bool


class SourceRow(BaseModel):
    mark: str = Field(description="R: read at the source; K: known from the literature; D: our own")
    text: str


class MetricRow(BaseModel):
    key: str
    label: Label
    meaning: Label
    formula: Label
    limits: list[Label]
    unit: str
    direction: str
    tier: str = Field(description="the data a source must give at least")
    subject: str = Field(description="what the denominator counts")
    scopes: list[str]
    windows: list[str]
    categories: dict[str, Label]
    sources: list[SourceRow]


class MeasurementRow(BaseModel):
    """One cell of the grid. `value` is null unless `state` is published."""

    metric: str
    category: str
    scope: Scope
    scope_key: str
    window: Window
    since: date
    until: date = Field(description="first day after the period")
    time: datetime = Field(description="`since` as a point in time, for charts over time")
    unit: str
    value: float | None
    low: float | None = Field(description="95 % interval of a published share; bound of a suppressed one")
    high: float | None
    people: int | None = Field(description="size of the group behind the value, to the nearest 5")
    state: State
    suppressed: Suppressed
    unknown: Unknown
    reason: str | None


class MilestoneRow(BaseModel):
    key: str
    day: date
    kind: str = Field(description="relaunch, migration, campaign, reorganisation or other")
    label: Label


class ChangeRow(BaseModel):
    """What a milestone changed in one metric, from published weekly values (interrupted time series).

    `effect` is the mean difference over the weeks after to what the line before would have gone on to, `low` and `high` its 95 %
    interval. A verdict of not_decidable has `doubts`.
    """

    metric: str
    unit: str
    verdict: Literal["rose", "fell", "unchanged", "not_decidable"]
    unknown: Unknown
    doubts: list[str]
    before: float | None = Field(description="median of the weeks before")
    after: float | None = Field(description="median of the weeks after")
    weeks_before: int
    weeks_after: int
    effect: float | None
    low: float | None
    high: float | None
    step: float | None = Field(description="the jump at the event")
    slope: float | None = Field(description="how much steeper a week is since")
    comparisons: int = Field(description="rooms that stand for what would have happened anyway")


class CoverageRow(BaseModel):
    source: str
    kind: str
    share: float | None = Field(description="share of what exists that could be read; null: unknown")
    rooms_missing: int
    reasons: dict[str, int] = Field(description="reason -> number of gaps")
    data_until: datetime | None = Field(description="start of the last sync that ended")


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[dict[str, str]] | None = None


class Query(BaseModel):
    """Every query refuses parameters it does not know: a misspelt filter must not look like an answer to everything."""

    model_config = ConfigDict(extra="forbid")

    organisation: Annotated[
        str | None, Field(max_length=64, description="needed only where there are several")
    ] = None


class Paged(Query):
    limit: Annotated[
        int | None,
        Field(
            ge=1,
            le=1000,
            description="rows of a page; default: 200 as JSON, and everything (up to 10,000 rows) as a file",
        ),
    ] = None
    cursor: Annotated[
        str | None, Field(max_length=200, description="`next` of the page before, with the same query")
    ] = None
    format: Annotated[Format | None, Field(description="overrides the Accept header")] = None
    dialect: Annotated[
        Dialect | None, Field(description="of a CSV; excel-de: semicolon, decimal comma, byte order mark")
    ] = None


class MeasurementQuery(Paged):
    metric: Annotated[str | None, Field(max_length=64)] = None
    scope: Scope | None = None
    scope_key: Key | None = None
    window: Window | None = None
    since: Annotated[Day | None, Field(description="periods that begin on this day or later")] = None
    until: Annotated[Day | None, Field(description="periods that end before this day or on it")] = None


class ChangeQuery(Paged):
    room: Annotated[Key | None, Field(description="a room instead of the organisation")] = None
    against: Annotated[
        list[Key], Field(max_length=50, description="rooms the milestone did not concern, to compare with")
    ] = []
