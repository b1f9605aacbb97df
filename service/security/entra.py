"""Access tokens of Entra ID for our API: what the web part in SharePoint and Teams sends.

The web part asks Entra for a token of the reader of the page, for this API alone (OAuth 2.0, RFC 6749; claims of version 2.0 access
tokens: learn.microsoft.com/entra/identity-platform/access-token-claims-reference). A person is known by tenant and object id, never by
mail or name, and only to see whether that account was disabled here: neither is stored or logged.
"""

import re
from collections.abc import Mapping
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import Forbidden, Invalid
from service.grants import Grant
from service.models import Account
from service.security.bearers import BearerRefused, reader, verified
from service.security.jwks import SigningKeys
from service.security.outbound import checked_client
from service.security.roles import Permission, may
from service.security.signin import SignedIn
from service.settings import Settings

HOST = "https://login.microsoftonline.com"
OLDER = "https://sts.windows.net/"
"""Begins the issuer of version 1.0 tokens: refused, but with a reason that helps."""
LEEWAY = 60
"""Seconds by which clocks may differ."""
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Entra:
    """The check of one tenant's tokens. Raises `Invalid` where the settings do not suffice."""

    name = "Microsoft Entra ID"

    def __init__(self, settings: Settings, http: httpx.Client | None = None) -> None:
        self.tenant = (settings.entra_tenant or "").lower()
        self.audience, self.scope = settings.entra_audience or "", settings.entra_scope
        self.roles: Mapping[str, Grant] = settings.entra_roles
        if not GUID.fullmatch(self.tenant):
            raise Invalid(
                "RESONANZ_ENTRA_TENANT has to be the id of the tenant, such as 8-4-4-4-12 hexadecimal letters"
            )
        if not self.audience:
            raise Invalid(
                "RESONANZ_ENTRA_TENANT needs RESONANZ_ENTRA_AUDIENCE: the client id of the API in Entra"
            )
        if not self.roles:
            raise Invalid("RESONANZ_ENTRA_ROLES maps no app role to a role: nobody could read")
        self.issuer = f"{HOST}/{self.tenant}/v2.0"
        self.keys = SigningKeys(
            f"{HOST}/{self.tenant}/discovery/v2.0/keys",
            http or checked_client(settings.allowed_hosts),
            self._fit,
        )

    def claims_to_be(self, issuer: str) -> bool:
        return issuer.startswith((f"{HOST}/", OLDER))

    def signed_in(self, db: Session, text: str) -> SignedIn:
        """Raises `BearerRefused` for a token that is not right, `Forbidden` for a reader without a role here, `KeysUnreachable`."""
        claims = verified(text, self.keys, LEEWAY)
        self._require_for_us(claims)
        self._require_not_disabled(db, claims)
        return reader(db, self.name, self._grant(claims))

    def _fit(self, key: Mapping[str, Any]) -> bool:
        """Entra publishes keys of several issuers in one set and names the issuer a key is for."""
        issuer = key.get("issuer", self.issuer)
        return isinstance(issuer, str) and issuer.replace("{tenantid}", self.tenant) == self.issuer

    def _require_for_us(self, claims: Mapping[str, Any]) -> None:
        if claims.get("ver") == "1.0" or str(claims.get("iss")).startswith(OLDER):
            raise BearerRefused(
                "a version 1.0 token: set requestedAccessTokenVersion to 2 in the manifest of the API"
            )
        if claims.get("iss") != self.issuer:
            raise BearerRefused("another issuer")
        if claims.get("ver") != "2.0":
            raise BearerRefused("no version 2.0 token")
        if claims.get("aud") != self.audience:
            raise BearerRefused("made for another application")
        if claims.get("tid") != self.tenant:
            raise BearerRefused("another tenant")
        oid = claims.get("oid")
        if not isinstance(oid, str) or not GUID.fullmatch(oid.lower()):
            raise BearerRefused("names nobody")
        scopes = claims.get("scp")
        if not isinstance(scopes, str) or self.scope not in scopes.split(" "):
            raise BearerRefused("does not include the scope: grant it in the API access page of SharePoint")
        if claims.get("idtyp") == "app":
            raise BearerRefused("an application's own token, without a person")

    def _require_not_disabled(self, db: Session, claims: Mapping[str, Any]) -> None:
        """Whom an admin disabled here (`resonanz admin disable`) reads nothing here either."""
        known = select(Account.disabled).where(
            Account.issuer == self.issuer, Account.subject == f"oid:{claims['oid']}"
        )
        if db.scalar(known):
            raise Forbidden("the account is disabled")

    def _grant(self, claims: Mapping[str, Any]) -> Grant:
        """Of several app roles the first in the settings holds; one that may see the pages may read them elsewhere."""
        given = claims.get("roles")
        values = given if isinstance(given, list) else []
        for value, grant in self.roles.items():
            if value in values and Permission.VIEW in may(grant.role):
                return grant
        raise Forbidden("none of your app roles is mapped to a role here")
