"""A fake of the Microsoft identity platform: it hands out application tokens, and tells servers what a token is worth."""

import hmac
import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import parse_qs

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.demo.faults import App, Faults
from service.demo.microsoft.certificates import thumbprint
from service.demo.microsoft.tenant import Tenant
from service.demo.serving import Answer, Server

Resource = Literal["graph", "sharepoint", "management"]
Proof = Literal["secret", "certificate", "federated"]

GRAPH_ROLES = frozenset(
    (
        "Sites.Read.All",
        "Files.Read.All",
        "Group.Read.All",
        "GroupMember.Read.All",
        "User.Read.All",
        "Team.ReadBasic.All",
        "Channel.ReadBasic.All",
        "TeamMember.Read.All",
        "ChannelMember.Read.All",
        "ChannelMessage.Read.All",
        "Community.Read.All",
        "Reports.Read.All",
        "ReportSettings.Read.All",
        "AuditLog.Read.All",
    )
)
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(slots=True)
class Application:
    """A registered app: how it proves itself, and which application permissions it was granted, by resource.

    `federated` trusts assertions signed with that public key (PEM), as workload identities bring them.
    """

    id: str
    secret: str | None = None
    certificate: x509.Certificate | None = None
    federated: str | None = None
    roles: dict[Resource, frozenset[str]] = field(
        default_factory=lambda: {
            "graph": GRAPH_ROLES,
            "sharepoint": frozenset(("Sites.Read.All",)),
            "management": frozenset(("ActivityFeed.Read",)),
        }
    )

    def grant(self, resource: Resource, roles: Iterable[str]) -> None:
        """Replaces what was granted; holds for tokens handed out from now on."""
        self.roles[resource] = frozenset(roles)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: for which resource, with which roles, gained by which proof, in answer to which claims."""

    resource: Resource
    application: str
    roles: frozenset[str]
    proof: Proof
    claims: str | None
    expires: float


class Login(Server):
    """`lifetime` is how long a token is valid, in seconds; the servers may be told to demand claims (`demand`)."""

    def __init__(
        self, tenant: Tenant, application: Application, *, faults: Faults | None = None, port: int = 0
    ) -> None:
        super().__init__(cast(Any, tenant), faults=faults, port=port)
        self.tenant, self.application = tenant, application
        self.lifetime = 3600.0
        self.resources: dict[str, Resource] = {
            "https://graph.microsoft.com": "graph",
            "https://manage.office.com": "management",
        }
        self.issued: list[Token] = []
        self._key = secrets.token_bytes(32)
        self._known: dict[str, Token] = {}
        self._revoked: set[str] = set()

    @property
    def authority(self) -> str:
        return f"{self.origin}/{self.tenant.id}"

    def routes(self) -> list[Route]:
        return [
            self.get("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration),
            self.get("/common/discovery/instance", self._instance),
            self.post("/{tenant}/oauth2/v2.0/token", self._token),
        ]

    def error(self, status: int, message: str) -> bytes:
        return json.dumps({"error": "invalid_request", "error_description": message}).encode()

    def worth(self, token: str) -> Token | None:
        """What a presented token says; None if it is foreign, damaged, expired or revoked."""
        known = self._known.get(token)
        if known is None:
            try:
                held = jwt.decode(
                    token, self._key, ["HS256"], options={"verify_aud": False, "verify_exp": False}
                )
            except jwt.InvalidTokenError:
                return None
            known = Token(
                self._resource(held["aud"]) or "graph",
                held["appid"],
                frozenset(held["roles"]),
                held["proof"],
                held.get("fulfilled"),
                held["exp"],
            )
            self._known[token] = known
        if token in self._revoked or known.expires <= time.time():
            return None
        return known

    def revoke(self) -> None:
        """All tokens handed out so far are refused from now on, though they have not expired."""
        self._revoked.update(self._known)
        self._key = secrets.token_bytes(32)

    # -- endpoints -----------------------------------------------------------------------------------------------------

    def _authorised(self, app: App) -> App:
        return app

    def _configuration(self, request: Request) -> Answer:
        base = self._base(request)
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "issuer": f"{base}/v2.0",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
        }

    def _instance(self, request: Request) -> Answer:
        return {"tenant_discovery_endpoint": f"{self.authority}/v2.0/.well-known/openid-configuration"}

    def _base(self, request: Request) -> str:
        # As behind a proxy that ends TLS: client libraries insist on https, and reach this server by another transport.
        return f"https://{request.headers['host']}/{request.path_params['tenant']}"

    def _token(self, request: Request) -> Answer:
        try:
            return self._granted(request)
        except _Refused as refused:
            return self._refusal(refused)

    def _granted(self, request: Request) -> Answer:
        if request.path_params["tenant"] not in {self.tenant.id, self.tenant.name}:
            raise _Refused("invalid_request", "AADSTS90002: Tenant not found.")
        form = {name: values[0] for name, values in parse_qs(request.state.body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            raise _Refused("unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
        if form.get("client_id") != self.application.id:
            raise _Refused("unauthorized_client", "AADSTS700016: Application was not found.")
        wanted = [part for part in form.get("scope", "").split() if part.endswith("/.default")]
        audience = wanted[0].removesuffix("/.default") if len(wanted) == 1 else ""
        resource = self._resource(audience)
        if resource is None:
            raise _Refused("invalid_scope", "AADSTS1002012: The scope is not valid.")
        return self._issue(audience, resource, self._proof(form, self._base(request)), form.get("claims"))

    def _issue(
        self,
        audience: str,
        resource: Resource,
        proof: Proof,
        claims: str | None,
    ) -> Answer:
        now = time.time()
        fulfilled = None
        if claims:
            fulfilled = json.loads(claims).get("access_token", {}).get("nbf", {}).get("value")
        held: dict[str, Any] = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.tenant.id}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": now + self.lifetime,
            "appid": self.application.id,
            "roles": sorted(self.application.roles.get(resource, ())),
            "tid": self.tenant.id,
            "ver": "1.0",
            "proof": proof,
            "fulfilled": fulfilled,
            "uti": secrets.token_urlsafe(12),
        }
        token = jwt.encode(held, self._key, "HS256")
        known = self.worth(token)
        if known is not None:
            self.issued.append(known)
        return JSONResponse(
            {
                "token_type": "Bearer",
                "expires_in": max(1, int(self.lifetime)),
                "ext_expires_in": max(1, int(self.lifetime)),
                "access_token": token,
            },
            headers={"cache-control": "no-store"},
        )

    def _resource(self, address: str) -> Resource | None:
        return self.resources.get(address.rstrip("/"))

    def _proof(self, form: dict[str, str], base: str) -> Proof:
        application = self.application
        if "client_assertion" in form:
            if form.get("client_assertion_type") == _ASSERTION:
                if self._signed(form["client_assertion"], base):
                    return "certificate"
                if self._trusted(form["client_assertion"]):
                    return "federated"
            raise _Refused("invalid_client", "AADSTS700027: The client assertion is not valid.", 401)
        secret = form.get("client_secret", "")
        if application.secret and hmac.compare_digest(secret.encode(), application.secret.encode()):
            return "secret"
        raise _Refused("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)

    def _signed(self, assertion: str, base: str) -> bool:
        """Whether the registered certificate signed the assertion, for this app and this endpoint."""
        certificate = self.application.certificate
        if certificate is None:
            return False
        try:
            header = jwt.get_unverified_header(assertion)
            marks = {str(header[name]).rstrip("=") for name in ("x5t#S256", "x5t") if name in header}
            known = {thumbprint(certificate, hashes.SHA256()), thumbprint(certificate, hashes.SHA1())}  # noqa: S303
            if not marks or not marks <= known:
                return False
            key = certificate.public_key()
            assert isinstance(key, rsa.RSAPublicKey)  # noqa: S101
            held = jwt.decode(
                assertion,
                key,
                ["RS256", "PS256"],
                audience=[f"{base}/oauth2/v2.0/token", f"{base}/v2.0", f"{self.authority}/oauth2/v2.0/token"],
                issuer=self.application.id,
                options={"require": ["exp", "aud", "iss", "sub", "jti"]},
            )
        except jwt.InvalidTokenError:
            return False
        # An assertion may come again until it expires: client libraries reuse it for every resource.
        return bool(held["sub"] == self.application.id)

    def _trusted(self, assertion: str) -> bool:
        if self.application.federated is None:
            return False
        try:
            jwt.decode(
                assertion,
                self.application.federated,
                ["RS256"],
                audience="api://AzureADTokenExchange",
                options={"require": ["exp", "iss", "sub"]},
            )
        except jwt.InvalidTokenError:
            return False
        return True

    def _refusal(self, refused: "_Refused") -> Response:
        return JSONResponse(
            {
                "error": refused.error,
                "error_description": f"{refused.description} Trace ID: {secrets.token_hex(8)}",
                "error_codes": [int(refused.description.removeprefix("AADSTS").partition(":")[0])],
                "correlation_id": self.tenant.guid("correlation", secrets.token_hex(4)),
            },
            refused.status,
        )


class _Refused(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


def write_certificate(application: Application, file: Path, passphrase: bytes | None = None) -> None:
    """Registers a new certificate with the app and writes key and certificate into `file` (PEM, or PKCS#12 if so named)."""
    from service.demo.microsoft.certificates import self_signed

    key, certificate = self_signed(application.id)
    application.certificate = certificate
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    file.touch(mode=0o600)
    if file.suffix in {".pfx", ".p12"}:
        from cryptography.hazmat.primitives.serialization import pkcs12

        file.write_bytes(
            pkcs12.serialize_key_and_certificates(b"resonanz", key, certificate, None, encryption)
        )
        return
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
