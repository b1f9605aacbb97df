"""Potential fields under /api/v1: the register, the signals that point to fields, and the matrix of needs."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from metrics.metric import Scope
from service.advice import catalogue as measures
from service.advice.catalogue import Fit
from service.advice.catalogue.instruments import NeedMatrix
from service.advice.fields import needs, register
from service.advice.fields.needs import Cell, Rating
from service.advice.fields.register import Origin, State
from service.advice.fields.signals import Seen, Sighting, sightings
from service.api import schemas as s
from service.api.basis import ground
from service.api.listing import Page, derived
from service.api.published import the_organisation
from service.api.routes import FILES, NOT_MODIFIED, PROBLEMS
from service.models import PotentialField
from service.published import latest
from service.security.signin import Db

router = APIRouter(prefix="/api/v1/fields", tags=["fields"], responses={**PROBLEMS, **NOT_MODIFIED})


class FieldRow(BaseModel):
    """A field of the register, in the words of the team. `unknown`: it is not scored in full yet, so `total` is null."""

    number: int
    title: str
    description: str
    origin: Origin
    origin_key: str = Field(description="which signal, need or use case; '' for an own idea")
    owner: str = Field(description="a role, never a person")
    state: State
    reason: str
    fit: Fit | None = Field(description="what the field is about by the fit test; null: not told yet")
    total: int | None = Field(description="product of the scores of all criteria")
    most: int = Field(description="the greatest total there can be")
    unknown: s.Unknown
    scores: dict[str, int] = Field(description="points of 1 to 5 by criterion")
    catalogue: str = Field(description="version of the catalogue it was noted with")
    recorded: datetime
    changed: datetime


class SeenRow(BaseModel):
    """A published value of the organisation in which a signal shows or does not."""

    metric: str
    category: str
    window: str
    at_least: float | None
    below: float | None
    shows: bool | None
    value: float | None
    low: float | None
    high: float | None
    since: date | None
    until: date | None
    state: str = Field(description="published, suppressed or unknown")
    reason: str | None


class SignalRow(BaseModel):
    """A signal of the catalogue. `shows` is null where what is published does not decide it."""

    key: str
    name: s.Label
    description: s.Label
    shows: bool | None
    suppressed: s.Suppressed
    unknown: s.Unknown
    ask: s.Label = Field(description="the question to take into an interview")
    not_published: s.Label | None = Field(description="what of it can not be seen, and why")
    measures: list[str]
    seen: list[SeenRow]
    rooms: list[str] = Field(description="keys of rooms in which it shows")
    places_known: int = Field(description="rooms or units of which it can be told")
    places_unknown: int = Field(description="rooms or units of which it can not")


class NeedRow(BaseModel):
    """A cell of the matrix of needs. `is_field`: there is a need, and no channel in which people can answer in sight of others."""

    group: str
    group_name: s.Label
    purpose: str
    purpose_name: s.Label
    text: s.Label
    rating: Rating | None
    unknown: s.Unknown
    channels: list[str]
    rated_by: str = Field(description="a role, never a person")
    is_field: bool | None


@router.get("", responses=FILES, response_model=s.Derived[FieldRow])
def list_fields(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """The register of potential fields, in the order they were noted."""
    organisation = the_organisation(db, asked.organisation)
    catalogue = measures.current()
    on = ground(db, organisation, f"measures {catalogue.version}")
    rows = [field_row(one, catalogue) for one in register.fields(db, organisation)]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=FieldRow, rows=rows, moment=on.moment
    )


@router.get("/signals", responses=FILES, response_model=s.Derived[SignalRow])
def list_signals(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """What in the published values points to a field, and what can not be told."""
    organisation = the_organisation(db, asked.organisation)
    catalogue = measures.current()
    on = ground(db, organisation, f"measures {catalogue.version}")
    rows = [signal_row(one) for one in sightings(latest(db, organisation), catalogue.instruments)]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=SignalRow, rows=rows, moment=on.moment
    )


@router.get("/needs", responses=FILES, response_model=s.Derived[NeedRow])
def list_needs(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """Every cell of the matrix of needs, as the team rated it."""
    organisation = the_organisation(db, asked.organisation)
    catalogue = measures.current()
    on = ground(db, organisation, f"measures {catalogue.version}")
    matrix = catalogue.instruments.matrix
    rows = [need_row(one, matrix) for one in needs.cells(db, organisation, matrix)]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=NeedRow, rows=rows, moment=on.moment
    )


def field_row(kept: PotentialField, catalogue: measures.Catalogue) -> FieldRow:
    instruments = catalogue.instruments
    total = register.total(instruments, kept)
    return FieldRow(
        number=kept.id,
        title=kept.title,
        description=kept.description,
        origin=Origin(kept.origin),
        origin_key=kept.origin_key,
        owner=kept.owner,
        state=State(kept.state),
        reason=kept.reason,
        fit=instruments.fit(kept.answers),
        total=total,
        most=5 ** len(instruments.criteria),
        unknown=total is None,
        scores={key: int(given[0]) for key, given in kept.scores.items()},
        catalogue=kept.catalogue_version,
        recorded=kept.recorded,
        changed=kept.changed,
    )


def signal_row(found: Sighting) -> SignalRow:
    signal = found.signal
    cells = [one.cell for one in found.seen if one.cell is not None]
    return SignalRow(
        key=signal.key,
        name=s.Label.of(signal.name),
        description=s.Label.of(signal.description),
        shows=found.shows,
        suppressed=found.shows is None and any(cell.state == "suppressed" for cell in cells),
        unknown=found.shows is None,
        ask=s.Label.of(signal.ask),
        not_published=s.Label.of(signal.not_published) if signal.not_published else None,
        measures=list(signal.measures),
        seen=[seen_row(one) for one in found.seen],
        rooms=[key for one in found.places if one.scope is Scope.ROOM for key in one.where],
        places_known=sum(one.known for one in found.places),
        places_unknown=sum(one.without for one in found.places),
    )


def seen_row(one: Seen) -> SeenRow:
    shown, cell = one.shown, one.cell
    return SeenRow(
        metric=shown.metric,
        category=shown.category,
        window=shown.window.value,
        at_least=shown.at_least,
        below=shown.below,
        shows=one.shows,
        value=cell.value if cell is not None and cell.state == "published" else None,
        low=cell.low if cell else None,
        high=cell.high if cell else None,
        since=cell.since if cell else None,
        until=cell.until if cell else None,
        state=cell.state if cell else "unknown",
        reason=cell.reason if cell else "no_data",
    )


def need_row(cell: Cell, matrix: NeedMatrix) -> NeedRow:
    groups, purposes = ({one.key: one for one in named} for named in (matrix.groups, matrix.purposes))
    need = cell.need
    return NeedRow(
        group=need.group,
        group_name=s.Label.of(groups[need.group].name),
        purpose=need.purpose,
        purpose_name=s.Label.of(purposes[need.purpose].name),
        text=s.Label.of(need.text),
        rating=cell.rating,
        unknown=cell.rating is None,
        channels=list(cell.channels),
        rated_by=cell.rated_by,
        is_field=cell.is_field,
    )
