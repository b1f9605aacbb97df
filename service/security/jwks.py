"""Public keys that a sign-in service publishes as a JWK set (RFC 7517), for the signatures of tokens it gives to others.

Fetched when the first token comes, kept for an hour, and asked for anew when a token names a key nobody knows: services change their
keys. Whoever sends tokens with invented key ids brings about one request per `COOL` seconds and no more.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from service.errors import ServiceError

KEPT = 3600.0
"""Seconds after which the keys are asked for again."""
STALE = 86400.0
"""Seconds for which keys are still good while they can not be asked for again."""
COOL = 30.0
"""Seconds between two requests, whatever came of the first."""
SHORTEST = 342
"""Letters of a modulus of 2,048 bits in base64url; shorter ones are no keys any more (NIST SP 800-131A)."""

log = structlog.get_logger()


class KeysUnreachable(ServiceError):
    """The keys can not be had, so that nobody's token can be checked: not the fault of the token."""

    status, slug, title = 503, "sign-in-unreachable", "Sign-in service unreachable"


@dataclass(frozen=True, slots=True)
class _Kept:
    since: float
    keys: Mapping[str, RSAKey]


class SigningKeys:
    """The RSA keys at an address, by their id. `fit` says of a published key whether it counts."""

    def __init__(
        self,
        url: str,
        http: httpx.Client,
        fit: Callable[[Mapping[str, Any]], bool] = lambda key: True,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.url, self.http = url, http
        self._fit, self._clock = fit, clock
        self._lock = threading.Lock()
        self._kept: _Kept | None = None
        self._asked: float | None = None

    def key(self, kid: str) -> RSAKey | None:
        """The key of that id; None if none has it. Raises `KeysUnreachable` where no keys are known or all are too old."""
        kept = self._kept
        if kept is None or kid not in kept.keys or self._clock() - kept.since > KEPT:
            kept = self._renewed(kid)
        if kept is None or self._clock() - kept.since > STALE:
            raise KeysUnreachable(
                "the keys that sign these tokens can not be fetched now: try again in a minute"
            )
        return kept.keys.get(kid)

    def _renewed(self, kid: str) -> _Kept | None:
        """One request at a time; who waited for it finds what it brought."""
        with self._lock:
            now, kept = self._clock(), self._kept
            needed = kept is None or kid not in kept.keys or now - kept.since > KEPT
            if needed and (self._asked is None or now - self._asked > COOL):
                self._asked = now
                keys = self._fetched()
                if keys:
                    self._kept = _Kept(now, keys)
            return self._kept

    def _fetched(self) -> dict[str, RSAKey]:
        """The fit keys; none where the service fails or sends something else."""
        try:
            response = self.http.get(self.url)
            body = response.json() if response.status_code == 200 else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("signing keys not fetched", host=httpx.URL(self.url).host, error=type(error).__name__)
            return {}
        listed = body.get("keys") if isinstance(body, dict) else None
        keys: dict[str, RSAKey] = {}
        for one in listed if isinstance(listed, list) else []:
            read = self._read(one)
            if read is not None:
                keys.setdefault(*read)
        if not keys:
            log.warning("no signing keys", host=httpx.URL(self.url).host, status=response.status_code)
        return keys

    def _read(self, one: Any) -> tuple[str, RSAKey] | None:
        """Only public RSA keys for signatures: a shared secret among them would let everybody sign who can read it."""
        if not isinstance(one, dict) or one.get("kty") != "RSA" or one.get("use", "sig") != "sig":
            return None
        kid, modulus, exponent = one.get("kid"), one.get("n"), one.get("e")
        if not (isinstance(kid, str) and isinstance(modulus, str) and isinstance(exponent, str)):
            return None
        if len(modulus) < SHORTEST:
            return None
        if one.get("alg", "RS256") != "RS256" or not self._fit(one):
            return None
        try:
            return kid, RSAKey.import_key({"kty": "RSA", "n": modulus, "e": exponent, "kid": kid})
        except (JoseError, ValueError, TypeError, KeyError):
            return None
