"""The two keys: made by their holders, used to sign, checked by anybody."""

import base64
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from service.errors import Conflict, Invalid
from service.privacy.agreement import Agreement, Signature

HOLDERS = ("admin", "council")
SHORTEST_PASSPHRASE = 12


def require_holder(holder: str) -> str:
    """Raises `Invalid` unless it is one of the two who hold keys."""
    if holder not in HOLDERS:
        raise Invalid(f"{holder!r} holds no key; give one of {', '.join(HOLDERS)}")
    return holder


def create(file: Path, passphrase: str) -> str:
    """Make a private key in a new file (mode 0600, encrypted) and its public half beside it (`.pub`); returns the public key.

    Raises `Invalid` for a short passphrase, `Conflict` if there is such a file already.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise Invalid(f"the passphrase needs at least {SHORTEST_PASSPHRASE} characters")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    public = file.with_name(file.name + ".pub")
    if public.exists():
        raise Conflict(f"{public} exists already: give another name")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{file} exists already: give another name") from error
    except OSError as error:
        raise Invalid(f"{file} can not be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secret)
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return _raw(key.public_key())


def read_public(file: Path) -> str:
    """The public key in a PEM file, as 64 hexadecimal digits. Raises `Invalid`."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise Invalid(f"{file} holds no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Invalid(f"{file} holds no Ed25519 key")
    return _raw(key)


def public_pem(public_key: str) -> str:
    """The public key in PEM, as OpenSSL reads it."""
    pem = _public(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode("ascii")


def sign(
    agreement: Agreement, holder: str, file: Path, passphrase: str, *, now: datetime | None = None
) -> Signature:
    """Sign with the private key in a file. Raises `Invalid` for a wrong passphrase or another kind of key."""
    public_key, value = sign_message(agreement.message, file, passphrase)
    signed = (now or datetime.now(UTC)).replace(microsecond=0).isoformat()
    return Signature(require_holder(holder), public_key, value, signed)


def sign_message(message: bytes, file: Path, passphrase: str) -> tuple[str, str]:
    """Sign any message: the public key and the signature in base64. Raises `Invalid` as `sign` does."""
    try:
        key = load_pem_private_key(file.read_bytes(), passphrase.encode())
    except OSError as error:
        raise Invalid(f"{file} can not be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Invalid(f"{file} can not be opened with this passphrase") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Invalid(f"{file} holds no Ed25519 key")
    return _raw(key.public_key()), base64.b64encode(key.sign(message)).decode("ascii")


def valid(agreement: Agreement, signature: Signature) -> bool:
    """Whether the signature is one of this agreement under the public key it names."""
    return valid_message(signature.public_key, signature.value, agreement.message)


def valid_message(public_key: str, value: str, message: bytes) -> bool:
    """Whether a signature in base64 is one of this message under that public key."""
    try:
        _public(public_key).verify(base64.b64decode(value, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_by(
    agreement: Agreement, signatures: Iterable[Signature], holders: Mapping[str, str]
) -> frozenset[str]:
    """Which of the holders, by their known public keys, have signed."""
    return frozenset(
        signature.holder
        for signature in signatures
        if holders.get(signature.holder) == signature.public_key and valid(agreement, signature)
    )


def _public(public_key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))


def _raw(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
