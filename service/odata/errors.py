"""What is refused here, and how an OData client is told (OData JSON Format 4.0, section 19)."""

import json
from typing import ClassVar

from fastapi.responses import Response

from service.errors import ServiceError

PREFIX = "/odata/"
VERSION = {"OData-Version": "4.0"}
WITHOUT = ("$batch", "$all", "$crossjoin", "$entity")
"""Resources of the protocol that are not offered."""
NOWHERE = "There is nothing at this address: $metadata tells which entity sets there are. Rows are read whole, without paths."
PLAIN = {
    (404, "Not found"): NOWHERE,
    (405, "Method not allowed"): "This feed is read-only: ask with GET.",
}
"""What is said where the framework alone saw that an address or method does not fit."""


class Malformed(ServiceError):
    """An address or header that does not fit; the message says how to mend it and repeats nothing that was sent."""

    status, slug, title = 400, "malformed", "The request does not fit"


class Unacceptable(ServiceError):
    """The client takes no form in which there is an answer."""

    status, slug, title = 406, "not-acceptable", "Only JSON is offered"


class Gone(ServiceError):
    """A page of something that was replaced meanwhile."""

    status, slug, title = 410, "gone", "Published anew"


class NotOffered(ServiceError):
    """A part of OData that is not offered here."""

    status: ClassVar[int] = 501
    slug, title = "not-offered", "Not offered"


def refusal(
    path: str, status: int, slug: str, message: str, headers: dict[str, str] | None = None
) -> Response:
    """An error as OData has it. What was wrong with the input is 400 here, which clients of OData expect."""
    if status in {404, 405} and any(f"/{one}" in path for one in WITHOUT):
        status, slug = NotOffered.status, NotOffered.slug
        message = "This feed has no $batch, $all, $crossjoin or $entity: ask for each entity set by itself."
    elif status == 422:
        status = Malformed.status
    elif (status, message) in PLAIN:
        message = PLAIN[status, message]
    body = {"error": {"code": slug, "message": message}}
    return Response(
        json.dumps(body, ensure_ascii=False),
        status,
        {**(headers or {}), **VERSION},
        media_type="application/json",
    )
