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


@dataclass(frozen=True, slots=True)
class Cursor:
    """After which row of which publication a listing goes on."""

    publication: int
    after: int


def query_mark(query: Mapping[str, object]) -> str:
    """The same for the same query, whatever the order of its parts."""
    canonical = json.dumps({k: str(v) for k, v in query.items() if v is not None}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def write(cursor: Cursor, query: Mapping[str, object], key: bytes) -> str:
    body = f"{cursor.publication}.{cursor.after}".encode()
    return base64.urlsafe_b64encode(_signature(body, query, key) + body).rstrip(b"=").decode()


def read(text: str, query: Mapping[str, object], key: bytes) -> Cursor:
    """Raises `Invalid` for a cursor that was changed, or belongs to another query."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise Invalid(REFUSED) from None
    signature, body = raw[:SIGNATURE], raw[SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(body, query, key)):
        raise Invalid(REFUSED)
    publication, after = body.decode().split(".")
    return Cursor(int(publication), int(after))


def _signature(body: bytes, query: Mapping[str, object], key: bytes) -> bytes:
    return hmac.new(key, query_mark(query).encode() + b"\0" + body, hashlib.sha256).digest()[:SIGNATURE]
