"""How the app proves itself: a certificate, a secret, or a token of another identity provider (federation).

The files stay where they are. Keys and secrets are read into memory only, and no `repr` shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12

from connectors.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Certificate:
    """Key and certificate in PEM; `ends` is the certificate's last moment of validity."""

    private_key: str = field(repr=False)
    public: str = field(repr=False)
    ends: datetime


@dataclass(frozen=True, slots=True)
class Secret:
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Assertion:
    """`path` is read anew for every token, since whoever issues it replaces it every hour or so."""

    path: Path

    def read(self) -> str:
        """Raises `Misconfigured` if the file is gone, empty or unreadable."""
        return token(self.path, "assertion_file")


Credential = Certificate | Secret | Assertion


def credential(settings: Mapping[str, Any]) -> Credential:
    """The one credential the settings name. Raises `Misconfigured` with what is wrong and how to mend it."""
    names = ("certificate_file", "secret_file", "assertion_file")
    given = [name for name in names if settings.get(name)]
    if not given:
        raise Misconfigured(
            "the app has nothing to prove itself with: give `certificate_file` (recommended), `secret_file` or `assertion_file`"
        )
    if len(given) > 1:
        raise Misconfigured(f"give one of {' and '.join(f'`{name}`' for name in given)}, not both")
    passphrase_file = settings.get("passphrase_file")
    if passphrase_file and given != ["certificate_file"]:
        raise Misconfigured("`passphrase_file` belongs to `certificate_file`")
    match given[0]:
        case "certificate_file":
            passphrase = _read(passphrase_file, "passphrase_file").strip() if passphrase_file else None
            return _certificate(settings["certificate_file"], passphrase)
        case "secret_file":
            return Secret(token(settings["secret_file"], "secret_file"))
    assertion = Assertion(Path(settings["assertion_file"]))
    assertion.read()
    return assertion


def token(given: object, name: str) -> str:
    """The one word a file holds. Raises `Misconfigured`."""
    text = _read(given, name)
    try:
        word = text.decode("ascii").strip()
    except UnicodeDecodeError:
        word = ""
    if len(word.split()) != 1:
        state = (
            "is empty" if not text.strip() else "must hold one word alone, without spaces or further lines"
        )
        raise Misconfigured(f"the file {given} (`{name}`) {state}")
    return word


def _read(given: object, name: str) -> bytes:
    if not isinstance(given, str | Path):
        raise Misconfigured(f"`{name}` is the path of a file, not {type(given).__name__}")
    try:
        return Path(given).read_bytes()
    except FileNotFoundError:
        raise Misconfigured(f"there is no file {given} (`{name}`)") from None
    except OSError as error:
        raise Misconfigured(f"the file {given} (`{name}`) cannot be read ({type(error).__name__})") from None


def _certificate(path: object, passphrase: bytes | None) -> Certificate:
    content = _read(path, "certificate_file")
    try:
        key, chain = (
            _from_pem(content, passphrase) if b"-----BEGIN" in content else _from_pfx(content, passphrase)
        )
    except (ValueError, TypeError):
        asked = (
            "the passphrase is wrong, or it"
            if passphrase
            else "it is encrypted and needs `passphrase_file`, or it"
        )
        raise Misconfigured(
            f"the certificate file {path} cannot be opened: {asked} is neither PEM with key and certificate nor PFX"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise Misconfigured(
            f"the certificate file {path} holds no RSA key; Microsoft accepts RSA of 2048 bits or more"
        )
    own = next((one for one in chain if one.public_key() == key.public_key()), None)
    if own is None:
        raise Misconfigured(f"the certificate file {path} holds no certificate that belongs to its key")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = own.public_bytes(serialization.Encoding.PEM)
    return Certificate(private.decode(), public.decode(), own.not_valid_after_utc)


def _from_pem(content: bytes, passphrase: bytes | None) -> tuple[object, list[x509.Certificate]]:
    # An unencrypted key refuses a passphrase, which then is merely superfluous.
    encrypted = b"ENCRYPTED" in content
    key = serialization.load_pem_private_key(content, passphrase if encrypted else None)
    chain = x509.load_pem_x509_certificates(content) if b"BEGIN CERTIFICATE" in content else []
    return key, chain


def _from_pfx(content: bytes, passphrase: bytes | None) -> tuple[object, list[x509.Certificate]]:
    found = pkcs12.load_pkcs12(content, passphrase)
    own = [found.cert.certificate] if found.cert else []
    return found.key, own + [one.certificate for one in found.additional_certs]
