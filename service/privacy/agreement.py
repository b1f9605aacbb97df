"""The agreement as a document: canonical JSON, its digest, and the file that carries its signatures.

The bytes that count are the canonical ones: UTF-8, keys sorted, no white space, no fractions (steps of rounding are in
thousandths), so that any program can make them again. What is signed is the line `resonanz-agreement sha256:<digest>`
(ASCII, no line end), by Ed25519 (RFC 8032).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import Invalid

FORMAT = "resonanz-agreement/1"
SECTIONS = (
    "purposes",
    "exclusions",
    "sources",
    "fields",
    "metrics",
    "groups",
    "suppression",
    "retention",
    "roles",
    "outputs",
)
"""The terms, in the order in which people read them."""
_HEAD = {"format", "organisation", "number", "previous", "created", "software", "holders", "terms", "words"}


def canonical(value: Any) -> str:
    """JSON with sorted keys and without white space. Raises `Invalid` for a fraction, which programs write differently."""
    _refuse_fractions(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise Invalid("an agreement holds whole numbers only")
    if isinstance(value, Mapping):
        for inside in value.values():
            _refuse_fractions(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            _refuse_fractions(inside)


@dataclass(frozen=True)
class Agreement:
    """An agreement, held as its canonical text.

    `number` counts from 1; `previous` is the digest of the agreement it follows; `holders` are the public keys (32 bytes as
    64 hexadecimal digits) of `admin` and `council`; `terms` are what is agreed, by section; `words` are names of metrics in
    both languages, which agree on nothing.
    """

    text: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Agreement":
        return cls(canonical(document))

    @classmethod
    def read(cls, document: Any) -> "Agreement":
        """An agreement from outside. Raises `Invalid` if it is none."""
        if not isinstance(document, Mapping) or document.get("format") != FORMAT:
            raise Invalid(f"this is no agreement of the format {FORMAT}")
        if set(document) != _HEAD or not isinstance(document["terms"], Mapping):
            raise Invalid("this agreement is incomplete, or holds more than an agreement does")
        return cls.of(document)

    @property
    def document(self) -> dict[str, Any]:
        """A copy: whoever changes it makes another agreement of it."""
        read: dict[str, Any] = json.loads(self.text)
        return read

    @property
    def terms(self) -> dict[str, Any]:
        read: dict[str, Any] = self.document["terms"]
        return read

    @property
    def holders(self) -> dict[str, str]:
        read: dict[str, str] = self.document["holders"]
        return read

    @property
    def number(self) -> int:
        return int(self.document["number"])

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical text, as 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        return f"resonanz-agreement sha256:{self.digest}".encode("ascii")


@dataclass(frozen=True, slots=True)
class Signature:
    """A holder's signature, in base64; `signed` is when, as the holder's machine says (it is not covered)."""

    holder: str
    public_key: str
    value: str
    signed: str


def to_file(agreement: Agreement, signatures: Sequence[Signature]) -> str:
    """The machine-readable file: the agreement with its detached signatures."""
    return json.dumps(
        {
            "agreement": agreement.document,
            "digest": agreement.digest,
            "signatures": [
                {"holder": s.holder, "public_key": s.public_key, "signature": s.value, "signed": s.signed}
                for s in signatures
            ],
        },
        sort_keys=True,
        indent=1,
        ensure_ascii=False,
    )


def from_file(text: str) -> tuple[Agreement, tuple[Signature, ...]]:
    """What a file holds; its digest must be that of its content. Raises `Invalid`."""
    try:
        given = json.loads(text)
        agreement = Agreement.read(given["agreement"])
        signatures = tuple(
            Signature(str(s["holder"]), str(s["public_key"]), str(s["signature"]), str(s["signed"]))
            for s in given["signatures"]
        )
        told = given["digest"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Invalid("this file is no signed agreement") from error
    if told != agreement.digest:
        raise Invalid(f"the file says its digest is {told}, and it is {agreement.digest}: it was changed")
    return agreement, signatures
