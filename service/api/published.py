"""What every answer shares: the publication it comes from, its provenance, its ETag."""

import hashlib
from collections.abc import Iterable
from statistics import fmean

from fastapi import Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.schemas import Provenance
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
    """An earlier publication that a cursor goes on in. Raises `Invalid` once it is gone."""
    found = db.get(Publication, number)
    if found is None or found.organisation_id != organisation.id:
        raise Invalid("the publication this cursor belongs to is gone: leave the cursor out to start again")
    return found


def provenance(db: Session, organisation: Organisation, publication: Publication) -> Provenance:
    lines = db.scalars(select(PublishedCoverage).where(PublishedCoverage.publication_id == publication.id))
    return Provenance(
        id=publication.id,
        organisation=organisation.key,
        created=publication.created,
        data_until=publication.data_until,
        coverage=overall(lines),
        minimum_group=publication.minimum_group,
        synthetic=organisation.synthetic,
    )


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
    """Sets the headers every answer carries. Raises `NotModified` if the client's copy is current."""
    parts = [publication.digest, str(publication.id), request.url.path, variant]
    parts += sorted(f"{key}={value}" for key, value in request.query_params.multi_items())
    name = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    etag = f'"{name}"'
    keep(request, response, etag)


def keep(request: Request, response: Response, etag: str) -> None:
    """Lets the client keep the answer under that ETag. Raises `NotModified` if it has it already."""
    headers = {"ETag": etag, "Cache-Control": CACHE, "Vary": "Accept, Authorization, Cookie"}
    asked = request.headers.get("if-none-match", "")
    if asked.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in asked.split(",")}:
        raise NotModified(headers)
    response.headers.update(headers)


def told(provenance: Provenance) -> dict[str, str]:
    """The provenance as headers, for answers that have no room for it (CSV)."""
    return {
        "Resonanz-Publication": str(provenance.id),
        "Resonanz-Data-Until": provenance.data_until.isoformat(),
        "Resonanz-Coverage": "unknown" if provenance.coverage is None else str(provenance.coverage),
        "Resonanz-Minimum-Group": str(provenance.minimum_group),
        "Resonanz-Synthetic": str(provenance.synthetic).lower(),
    }
