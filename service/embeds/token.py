"""The signed part of an embed's link: `emb1.<embed>.<language>.<expiry>.<key>.<signature>`.

The signature is HMAC-SHA-256 over everything before it, so it is for one card, one language, one end and one key; what the card shows
and whether it was revoked stands in the database. A scanner for leaked secrets finds links by `emb1\\.[0-9A-Za-z]{10}\\.`.
"""

import base64
import hmac
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM = re.compile(
    r"(emb1\.([0-9A-Za-z]{10})\.([a-z]{2})\.([1-9][0-9]{9,10})\.([0-9a-f]{8}))\.([0-9A-Za-z_-]{43})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says of itself. `expires` is in seconds since 1970, `key_id` names the signing key."""

    handle: str
    locale: str
    expires: int
    key_id: str


def new_handle() -> str:
    """A public name for an embed: ten random letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


def written(claim: Claim, key: bytes) -> str:
    """The token for a claim. Equal claims under one key have equal tokens."""
    text = f"emb1.{claim.handle}.{claim.locale}.{claim.expires}.{claim.key_id}"
    return f"{text}.{_signature(text, key)}"


def read(text: str, keys: Mapping[str, bytes]) -> Claim | None:
    """What a token claims, if one of our keys signed it; None otherwise.

    The signature is compared as it is written and in constant time, so that a second spelling of the same bytes is refused too.
    """
    parts = _FORM.fullmatch(text)
    if parts is None:
        return None
    key = keys.get(parts[5])
    if key is None or not hmac.compare_digest(_signature(parts[1], key), parts[6]):
        return None
    return Claim(parts[2], parts[3], int(parts[4]), parts[5])


def _signature(text: str, key: bytes) -> str:
    made = hmac.digest(key, text.encode("ascii"), "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode("ascii")
