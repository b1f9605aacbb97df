"""The rows of each entity set, as the JSON API has them: from the newest publication, assessment and survey rounds."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from service.answered import Figures
from service.api.published import newest, numbered, overall, provenance, told
from service.api.routes import measurement_row, metric_row
from service.api.surveys import answer_row, round_row
from service.maturity.assess import newest as newest_assessment
from service.maturity.model import load
from service.maturity.result import Assessed, Result, Strand
from service.models import (
    Milestone,
    Organisation,
    Publication,
    PublishedAnswer,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
)
from service.odata import columns
from service.odata.columns import PUBLISHED, SUPPRESSED, UNKNOWN
from service.odata.entities import (
    SETS,
    CoverageLine,
    DatedEvent,
    DimensionResult,
    Measurement,
    Metric,
    Published,
    Room,
    SurveyResult,
    SurveyRound,
)
from service.odata.sources import Listed, Rows, Stored, mark_of
from service.surveys.published import Cell, published

Read = Callable[[Session, Organisation, int | None], Rows]
"""Opens a set: of an organisation, and where a page goes on, in the publication with that number."""


def flags(state: str) -> dict[str, Any]:
    return {"state": state, "suppressed": state == SUPPRESSED, "unknown": state == UNKNOWN}


def _run(db: Session, organisation: Organisation, number: int | None) -> Publication:
    return newest(db, organisation) if number is None else numbered(db, organisation, number)


def measurements(db: Session, organisation: Organisation, number: int | None) -> Rows:
    run = _run(db, organisation, number)

    def convert(cell: PublishedValue) -> Measurement:
        row = measurement_row(cell).model_dump()
        return Measurement.model_validate({**row, **flags(row["state"]), "organisation": organisation.key})

    return Stored(
        db,
        PublishedValue,
        (PublishedValue.publication_id == run.id,),
        columns.measurements(columns.text(organisation.key)),
        convert,
        f"{run.id}.{run.digest}",
        run.id,
    )


def rooms(db: Session, organisation: Organisation, number: int | None) -> Rows:
    run = _run(db, organisation, number)

    def convert(room: PublishedRoom) -> Room:
        return Room(
            organisation=organisation.key,
            key=room.key,
            label=room.label,
            source=room.source,
            purpose=room.purpose,
            archived=room.archived,
        )

    return Stored(
        db,
        PublishedRoom,
        (PublishedRoom.publication_id == run.id,),
        columns.rooms(columns.text(organisation.key)),
        convert,
        f"{run.id}.{run.digest}",
        run.id,
    )


def metrics(db: Session, organisation: Organisation, number: int | None) -> Rows:
    return Listed(SETS["Metrics"], declared(organisation.key))


def declared(organisation: str) -> list[Metric]:
    """The declarations of all metrics."""
    found = []
    for metric in CATALOG.values():
        row = metric_row(metric)
        texts = {
            f"{name}_{language}": getattr(getattr(row, name), language)
            for name in ("label", "meaning", "formula")
            for language in ("de", "en")
        }
        found.append(
            Metric.model_validate(
                {
                    **row.model_dump(exclude={"label", "meaning", "formula"}),
                    **texts,
                    "scopes": ", ".join(row.scopes),
                    "windows": ", ".join(row.windows),
                    "organisation": organisation,
                }
            )
        )
    return found


def coverage(db: Session, organisation: Organisation, number: int | None) -> Rows:
    """`reason` names all reasons of gaps, in alphabetical order."""
    run = newest(db, organisation)
    lines = db.scalars(
        select(PublishedCoverage)
        .where(PublishedCoverage.publication_id == run.id)
        .order_by(PublishedCoverage.id)
    )
    rows = [
        CoverageLine(
            organisation=organisation.key,
            source=line.source,
            kind=line.kind,
            share=line.share,
            rooms_missing=line.rooms_missing,
            data_until=line.data_until,
            reason=", ".join(sorted(line.reasons)) or None,
            **flags(UNKNOWN if line.share is None else PUBLISHED),
        )
        for line in lines
    ]
    return Listed(SETS["Coverage"], rows, f"{run.id}.{run.digest}")


def dimension_results(db: Session, organisation: Organisation, number: int | None) -> Rows:
    """None before the first assessment."""
    made = newest_assessment(db, organisation)
    if made is None:
        return Listed(SETS["DimensionResults"], ())
    result = Result.model_validate(made.content)
    rows = [
        dimension_result(organisation.key, result, one, strand)
        for one in result.dimensions
        for strand in one.strands
    ]
    return Listed(SETS["DimensionResults"], rows, made.digest)


def dimension_result(organisation: str, result: Result, one: Assessed, strand: Strand) -> DimensionResult:
    names = {dimension.key: dimension.name for dimension in load(result.model_version).dimensions}
    chances = strand.probability or {}
    return DimensionResult(
        organisation=organisation,
        dimension=one.dimension,
        dimension_de=names[one.dimension].de,
        dimension_en=names[one.dimension].en,
        kind=strand.kind.value,
        level=strand.level,
        low=strand.low,
        high=strand.high,
        probability_1=chances.get(1),
        probability_2=chances.get(2),
        probability_3=chances.get(3),
        probability_4=chances.get(4),
        probability_5=chances.get(5),
        coverage=strand.coverage,
        people=strand.people,
        weight=one.weight,
        staged=one.staged,
        agreement=one.agreement.value,
        difference=one.difference,
        difference_low=one.difference_low,
        difference_high=one.difference_high,
        model_version=result.model_version,
        profile=result.profile,
        assessed=result.created,
        data_until=result.data_until,
        round=result.round,
        reason=strand.insufficient,
        **flags(UNKNOWN if strand.level is None else PUBLISHED),
    )


def survey_rounds(db: Session, organisation: Organisation, number: int | None) -> Rows:
    rows = []
    for found in published(db, organisation):
        row = round_row(found, organisation.key, organisation.synthetic)
        labels = {"label_de": row.label.de, "label_en": row.label.en}
        rows.append(SurveyRound.model_validate({**row.model_dump(exclude={"label"}), **labels}))
    return Listed(SETS["SurveyRounds"], rows)


def survey_results(db: Session, organisation: Organisation, number: int | None) -> Rows:
    rounds = published(db, organisation)
    keys = {found.run.id: found.key for found in rounds}

    def convert(one: PublishedAnswer) -> SurveyResult:
        key = keys[one.survey_publication_id]
        figures = Figures.model_validate(one.figures or {})
        cell = Cell(one.group_key, one.dimension, one.question, one.state, one.reason, one.people, figures)
        row = answer_row(key, cell).model_dump()
        return SurveyResult.model_validate({**row, **flags(one.state), "organisation": organisation.key})

    # A name that is in no database keeps the expression well-formed where nothing is published yet.
    named = case(keys or {0: ""}, value=PublishedAnswer.survey_publication_id)
    revision = " ".join(f"{found.run.id}.{found.run.digest}" for found in rounds)
    return Stored(
        db,
        PublishedAnswer,
        (PublishedAnswer.survey_publication_id.in_(list(keys)),),
        columns.survey_results(columns.text(organisation.key), named),
        convert,
        revision,
        mark_of(revision),
    )


def milestones(db: Session, organisation: Organisation, number: int | None) -> Rows:
    found = db.scalars(
        select(Milestone)
        .where(Milestone.organisation_id == organisation.id)
        .order_by(Milestone.day, Milestone.id)
    )
    rows = [
        DatedEvent(
            organisation=organisation.key,
            key=one.key,
            day=one.day,
            kind=one.kind,
            label_de=one.label_de,
            label_en=one.label_en,
        )
        for one in found
    ]
    return Listed(SETS["Milestones"], rows)


def publications(db: Session, organisation: Organisation, number: int | None) -> Rows:
    run = newest(db, organisation)
    lines = db.scalars(select(PublishedCoverage).where(PublishedCoverage.publication_id == run.id))
    row = Published(
        organisation=organisation.key,
        id=run.id,
        created=run.created,
        data_until=run.data_until,
        coverage=overall(lines),
        minimum_group=run.minimum_group,
        synthetic=organisation.synthetic,
        cells_published=run.summary[PUBLISHED],
        cells_suppressed=run.summary[SUPPRESSED],
        cells_unknown=run.summary[UNKNOWN],
    )
    return Listed(SETS["Publications"], [row])


READ: Mapping[str, Read] = {
    "Measurements": measurements,
    "Rooms": rooms,
    "Metrics": metrics,
    "Coverage": coverage,
    "DimensionResults": dimension_results,
    "SurveyRounds": survey_rounds,
    "SurveyResults": survey_results,
    "Milestones": milestones,
    "Publications": publications,
}
OF_PUBLICATION = frozenset({"Measurements", "Rooms"})
"""Sets whose pages go on in the publication they began in, although there is a newer one."""
REST_ON_PUBLICATION = frozenset({"Measurements", "Rooms", "Coverage", "Publications"})


def origin_of(db: Session, organisation: Organisation, rows: Rows, name: str) -> dict[str, str]:
    """Where rows come from, as headers."""
    if name not in REST_ON_PUBLICATION:
        return {}
    number = rows.mark if name in OF_PUBLICATION else None
    return told(provenance(db, organisation, _run(db, organisation, number)))
