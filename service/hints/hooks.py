"""The addresses platforms call. They store a hint and answer at once; nothing is read while a platform waits."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import PlainTextResponse, Response

from service.errors import Invalid
from service.hints.receive import LARGEST, from_confluence, from_graph, source_of
from service.security.signin import Db

router = APIRouter(prefix="/hooks", include_in_schema=False)


class TooLarge(Invalid):
    status, slug, title = 413, "too-large", "Too large"


async def body(request: Request) -> bytes:
    """The raw body, since signatures are over bytes; no more than `LARGEST` is ever held."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise TooLarge(f"more than {LARGEST} bytes")
        parts.append(part)
    return b"".join(parts)


Body = Annotated[bytes, Depends(body)]


@router.post("/graph/{source}")
def hear_graph(
    source: str,
    db: Db,
    body: Body,
    validation: Annotated[str | None, Query(alias="validationToken", max_length=4096)] = None,
) -> Response:
    """Change notifications, and the handshake with which Graph makes sure that somebody listens."""
    if validation is not None:
        source_of(db, source, "microsoft-365")
        return PlainTextResponse(validation)
    from_graph(db, source, body, datetime.now(UTC))
    return Response(status_code=202)


@router.post("/confluence/{source}")
def hear_confluence(
    source: str, db: Db, body: Body, signature: Annotated[str | None, Header(alias="X-Hub-Signature")] = None
) -> Response:
    """Webhooks of Confluence Data Center."""
    from_confluence(db, source, body, signature, datetime.now(UTC))
    return Response(status_code=202)
