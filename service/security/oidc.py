"""Sign-in at the company's service: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636).

Nothing the service says is believed without a signature by one of its keys, and the signature only with an asymmetric algorithm.
"""

import hmac
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic, time
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from service.errors import ServiceError
from service.grants import Grant
from service.security.outbound import checked_client
from service.settings import Settings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY = 60
"""Seconds by which clocks may differ."""
KEPT = 3600.0
"""Seconds after which the service's description and keys are asked for again."""
COOL = 30.0
"""Seconds between two requests for keys because of a key nobody knows."""


class SignInRefused(ServiceError):
    """What the service sent can not be believed. The message is for the log; it holds no claim and no token."""

    status, slug, title = 400, "sign-in-refused", "Sign-in refused"
    trouble: ClassVar[str] = "company_refused"


class NoRole(SignInRefused):
    """The service knows the person, and gives no role; `subject` is who it is."""

    status, slug, title = 403, "no-role", "No role"
    trouble = "no_role"

    def __init__(self, message: str, subject: str) -> None:
        super().__init__(message)
        self.subject = subject


class ProviderUnreachable(SignInRefused):
    status, slug, title = 503, "sign-in-unreachable", "Sign-in service unreachable"
    trouble = "unreachable"


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One sign-in under way. Its secret is in the browser's cookie only; what is sent is derived from it."""

    secret: str

    @classmethod
    def new(cls) -> "Attempt":
        return cls(secrets.token_urlsafe(32))

    @property
    def state(self) -> str:
        return self._derived("state")

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        return self._derived("verifier")

    @property
    def digest(self) -> str:
        return sha256(self.secret.encode("utf-8", "surrogatepass")).hexdigest()

    def _derived(self, purpose: str) -> str:
        key = self.secret.encode("utf-8", "surrogatepass")
        return urlsafe_b64encode(hmac.digest(key, purpose.encode(), "sha256")).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in: `subject` stays the same for ever and is what counts, `name` is for people."""

    issuer: str
    subject: str
    name: str
    grant: Grant


class Provider:
    """The company's sign-in service. Raises `ProviderUnreachable`, `SignInRefused` or `NoRole`."""

    def __init__(
        self,
        settings: Settings,
        callback: str,
        client: httpx.Client | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.issuer, self.client_id = settings.oidc_issuer or "", settings.oidc_client_id or ""
        self.claim, self.roles = settings.oidc_roles_claim, settings.oidc_roles
        self.secret_file = settings.oidc_client_secret_file
        self.callback = callback
        self.http = client or checked_client(settings.allowed_hosts, settings.oidc_ca_file)
        self._clock = clock
        self._lock = threading.RLock()
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        url, _ = self._oauth().create_authorization_url(
            self._endpoint("authorization_endpoint"),
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
        )
        return str(url)

    def identity(self, attempt: Attempt, code: str) -> Identity:
        """Redeems the code, and checks who the service says it is."""
        claims = self._checked(self._redeemed(attempt, code), attempt)
        return Identity(self.issuer, _subject(claims, self.issuer), _name(claims), self._grant(claims))

    def _redeemed(self, attempt: Attempt, code: str) -> str:
        secret = self.secret_file.read_text().strip() if self.secret_file else None
        auth = httpx.BasicAuth(quote(self.client_id, safe=""), quote(secret, safe="")) if secret else None
        more = {} if secret else {"client_id": self.client_id}
        endpoint = self._endpoint("token_endpoint")
        try:
            token = self._oauth().fetch_token(
                endpoint,
                auth=auth or httpx.Auth(),
                grant_type="authorization_code",
                code=code,
                redirect_uri=self.callback,
                code_verifier=attempt.verifier,
                **more,
            )
        except httpx.HTTPError as error:
            raise ProviderUnreachable(f"the token endpoint failed: {type(error).__name__}") from None
        except (AuthlibBaseError, ValueError, TypeError) as error:
            raise SignInRefused(f"the code was not redeemed: {type(error).__name__}") from None
        text = token.get("id_token")
        if not isinstance(text, str):
            raise SignInRefused("the answer has no ID token")
        return text

    def _checked(self, text: str, attempt: Attempt) -> dict[str, Any]:
        """The claims of an ID token as OpenID Connect Core 3.1.3.7 has them checked."""
        try:
            kid = jws.extract_compact(text.encode()).headers().get("kid")
            claims = jwt.decode(text, self._keys_with(kid), algorithms=ALGORITHMS).claims
            registry = jwt.JWTClaimsRegistry(
                now=int(time()),
                leeway=LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": attempt.nonce},
            )
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInRefused(f"the ID token was refused: {type(error).__name__}") from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self.client_id) != self.client_id:
            raise SignInRefused("the ID token was made for another application")
        return dict(claims)

    def _keys_with(self, kid: str | None) -> KeySet:
        """The service's keys; asked for anew when they are old, or none has that id: services change their keys."""
        with self._lock:
            now = self._clock()
            kept = self._keys
            age = None if kept is None else now - kept[0]
            known = kept is not None and kid in {key.kid for key in kept[1].keys}
            if kept is None or age is None or age > KEPT or (not known and age > COOL):
                kept = (now, _signing_keys(self._fetched(self._endpoint("jwks_uri"))))
                self._keys = kept
        if kid is None and len(kept[1].keys) != 1:
            raise SignInRefused("the ID token names no key")
        return kept[1]

    def _grant(self, claims: dict[str, Any]) -> Grant:
        found: Any = claims
        for part in [self.claim] if self.claim in claims else self.claim.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        for value, grant in self.roles.items():
            if value in values:
                return grant
        raise NoRole("no value of the claim is mapped to a role", _subject(claims, self.issuer))

    def _oauth(self) -> Any:
        return OAuth2Client(
            session=self.http,
            client_id=self.client_id,
            scope="openid profile",
            redirect_uri=self.callback,
            code_challenge_method="S256",
        )

    def _endpoint(self, name: str) -> str:
        found = self._description().get(name)
        secure = isinstance(found, str) and urlsplit(found).scheme in ("https", urlsplit(self.issuer).scheme)
        if not secure:
            raise SignInRefused(f"the service's description has no fit {name}")
        return str(found)

    def _description(self) -> dict[str, Any]:
        with self._lock:
            if self._described is None or self._clock() - self._described[0] > KEPT:
                found = self._fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer:
                    raise SignInRefused("the service names itself otherwise than RESONANZ_OIDC_ISSUER")
                self._described = (self._clock(), found)
            return self._described[1]

    def _fetched(self, url: str) -> dict[str, Any]:
        try:
            response = self.http.get(url)
            if response.status_code != 200:
                raise ProviderUnreachable(f"the sign-in service answered {response.status_code}")
            body = response.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnreachable(f"the sign-in service failed: {type(error).__name__}") from None
        except ValueError:
            raise ProviderUnreachable("the sign-in service sent no JSON") from None
        if not isinstance(body, dict):
            raise ProviderUnreachable("the sign-in service sent no object")
        return body


def _signing_keys(body: dict[str, Any]) -> KeySet:
    """Only asymmetric keys for signatures: a shared secret among them would let everybody sign who can read them."""
    listed = body.get("keys")
    fit = [
        key
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"
    ]
    if not fit:
        raise SignInRefused("the service has no key for signatures")
    try:
        return KeySet.import_key_set({"keys": fit})
    except (JoseError, ValueError, TypeError, KeyError):
        raise SignInRefused("the service's keys can not be read") from None


def _subject(claims: dict[str, Any], issuer: str) -> str:
    """Entra's `sub` differs per application, its `oid` does not, and is unique in the tenant that the issuer names."""
    tenant, person = claims.get("tid"), claims.get("oid")
    if isinstance(tenant, str) and isinstance(person, str) and issuer.endswith(f"/{tenant}/v2.0"):
        return f"oid:{person}"[:300]
    if not claims["sub"]:
        raise SignInRefused("the ID token names nobody")
    return f"sub:{claims['sub']}"[:300]


def _name(claims: dict[str, Any]) -> str:
    name = claims.get("preferred_username")
    return name if isinstance(name, str) else ""
