"""What every answer shares: the publication it comes from, its provenance, its ETag."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version
from statistics import fmean

from fastapi import Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from service.api.cursor import CursorRefused
from service.api.schemas import Basis, OfFile, Origin, Provenance
from service.errors import Invalid, NotFound, NothingPublished
from service.models import Organisation, Publication, PublishedCoverage, SurveyPublication

CACHE = "private, no-cache"


class NotModified(Exception):
    """The client already holds this answer."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__("not modified")
        self.headers = headers


def the_organisation(db: Session, key: str | None) -> Organisation:
    """The organisation asked for, or the only one. Raises `NotFound`, or `Invalid` where one must be named."""
    query = select(Organisation).order_by(Organisation.id).limit(2)
    found = db.scalars(query.where(Organisation.key == key) if key is not None else query).all()
    if not found:
        raise NotFound("no such organisation" if key is not None else "no organisation was set up yet")
    if len(found) > 1:
        raise Invalid("there are several organisations: name one with `organisation`")
    return found[0]


def newest(db: Session, organisation: Organisation) -> Publication:
    """Raises `NothingPublished` if there is none."""
    found = db.scalars(
        select(Publication)
        .where(Publication.organisation_id == organisation.id)
        .order_by(Publication.id.desc())
        .limit(1)
    ).first()
    if found is None:
        raise NothingPublished("nothing was published yet")
    return found


def numbered(db: Session, organisation: Organisation, number: int) -> Publication:
    """An earlier publication that a cursor goes on in. Raises `CursorRefused` once it is gone."""
    found = db.get(Publication, number)
    if found is None or found.organisation_id != organisation.id:
        raise CursorRefused(
            "the publication this cursor belongs to is gone: leave the cursor out to start again"
        )
    return found


def provenance(db: Session, organisation: Organisation, publication: Publication) -> Provenance:
    lines = db.scalars(select(PublishedCoverage).where(PublishedCoverage.publication_id == publication.id))
    return Provenance(
        id=publication.id,
        organisation=organisation.key,
        created=publication.created,
        data_until=publication.data_until,
        data_age_days=age(publication.data_until),
        coverage=overall(lines),
        minimum_group=publication.minimum_group,
        synthetic=organisation.synthetic,
        catalogue_version=catalogue_version(),
    )


def today() -> date:
    """In UTC, as all moments of the API."""
    return datetime.now(UTC).date()


def age(data_until: date) -> int:
    """Whole days since that day."""
    return max(0, (today() - data_until).days)


@cache
def program_version() -> str:
    """As it is installed; looking that up takes longer than all else about an ETag."""
    return version("resonanz")


@cache
def catalogue_version() -> str:
    """A digest of what metrics mean: it changes exactly when the declaration of one does."""
    declared = [
        [
            *(metric.key, metric.formula.en, metric.unit, metric.direction, metric.tier, metric.subject),
            *(sorted(metric.scopes), sorted(metric.windows), sorted(metric.categories)),
        ]
        for _, metric in sorted(CATALOG.items())
    ]
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:12]


def overall(lines: Iterable[PublishedCoverage]) -> float | None:
    """The mean share over sources and kinds, without kinds a platform does not offer; None if one can not be told."""
    offered = [line.share for line in lines if set(line.reasons) != {"unsupported"}]
    known = [share for share in offered if share is not None]
    return round(fmean(known), 3) if known and len(known) == len(offered) else None


def mark(
    request: Request,
    response: Response,
    publication: Publication | SurveyPublication,
    *,
    variant: str = "json",
) -> None:
    """Sets the headers every answer carries. Raises `NotModified` if the client's copy is current.

    The ETag is that of the publication, the question and this version of the program; it changes with the age of the data, once a day.
    """
    keep(request, response, etag(request, publication.digest, str(publication.id), variant))


def etag(request: Request, *content: str) -> str:
    """Strong: the same for the same bytes."""
    parts = [*content, program_version(), catalogue_version(), today().isoformat(), request.url.path]
    parts += sorted(f"{key}={value}" for key, value in request.query_params.multi_items())
    name = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f'"{name}"'


def keep(request: Request, response: Response, etag: str) -> None:
    """Lets the client keep the answer under that ETag. Raises `NotModified` if it has it already."""
    headers = {"ETag": etag, "Cache-Control": CACHE, "Vary": "Accept, Authorization, Cookie"}
    asked = request.headers.get("if-none-match", "")
    if asked.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in asked.split(",")}:
        raise NotModified(headers)
    response.headers.update(headers)


def told(origin: Provenance | Basis) -> dict[str, str]:
    """What an answer rests on as headers, for answers that have no room for it (files)."""
    headers = {
        "Resonanz-Coverage": "unknown" if origin.coverage is None else str(origin.coverage),
        "Resonanz-Synthetic": str(origin.synthetic).lower(),
        "Resonanz-Catalogue-Version": origin.catalogue_version,
    }
    number = origin.id if isinstance(origin, Provenance) else origin.publication
    if isinstance(origin, Basis):
        headers["Resonanz-Model-Version"] = origin.model_version
    if number is not None and origin.data_until is not None:
        headers |= {
            "Resonanz-Publication": str(number),
            "Resonanz-Data-Until": origin.data_until.isoformat(),
            "Resonanz-Data-Age-Days": str(origin.data_age_days),
            "Resonanz-Minimum-Group": str(origin.minimum_group),
        }
    return headers


def of_file(origin: Provenance | Basis) -> Origin:
    """The same for the rows of a file."""
    number = origin.id if isinstance(origin, Provenance) else origin.publication
    published = None
    if number is not None and origin.data_until is not None and origin.minimum_group is not None:
        published = OfFile(
            id=number,
            data_until=origin.data_until,
            coverage=origin.coverage,
            minimum_group=origin.minimum_group,
        )
    return Origin(
        organisation=origin.organisation,
        synthetic=origin.synthetic,
        publication=published,
        model_version=origin.model_version if isinstance(origin, Basis) else None,
        catalogue_version=origin.catalogue_version,
    )
