"""Where a listing goes on: opaque, signed, and bound to the query it belongs to."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import Invalid

SIGNATURE = 16
REFUSED = "this cursor does not belong to this query: leave it out to start again"


class CursorRefused(Invalid):
    """A cursor that was changed, belongs to another query or organisation, or to what is no longer there."""

    slug, title = "cursor-refused", "Cursor refused"


@dataclass(frozen=True, slots=True)
class Cursor:
    """After which row of which publication a listing goes on.

    Where rows are worked out instead of stored, `publication` is a mark of what they were worked out from.
    """

    publication: int
    after: int


def query_mark(query: Mapping[str, object]) -> str:
    """The same for the same query, whatever the order of its parts."""
    canonical = json.dumps({k: str(v) for k, v in query.items() if v is not None}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def write(cursor: Cursor, query: Mapping[str, object], key: bytes) -> str:
    body = f"{cursor.publication}.{cursor.after}".encode()
    return _written(_signature(body, query, key) + body)


def read(text: str, query: Mapping[str, object], key: bytes) -> Cursor:
    """Raises `CursorRefused` for a cursor that was changed, or belongs to another query."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise CursorRefused(REFUSED) from None
    signature, body = raw[:SIGNATURE], raw[SIGNATURE:]
    whole = hmac.compare_digest(signature, _signature(body, query, key))
    if (
        not whole or _written(raw) != text
    ):  # the last letter has bits that mean nothing: they must be as written
        raise CursorRefused(REFUSED)
    publication, after = body.decode().split(".")
    return Cursor(int(publication), int(after))


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signature(body: bytes, query: Mapping[str, object], key: bytes) -> bytes:
    return hmac.new(key, query_mark(query).encode() + b"\0" + body, hashlib.sha256).digest()[:SIGNATURE]
