"""Forge invocation tokens: what our app in Confluence Cloud sends with every request.

Signed by Atlassian for one app, and good for about 25 seconds (developer.atlassian.com/platform/forge/remote/essentials). It tells
which installation of the app asks, and that is what counts; who looks at the page is neither read nor stored nor logged, and the
headers `x-forge-oauth-*` are not looked at.
"""

import re
from collections.abc import Mapping
from typing import Any

import httpx
from sqlalchemy.orm import Session

from service.errors import Forbidden, Invalid
from service.grants import Grant, Role
from service.security.bearers import BearerRefused, reader, verified
from service.security.jwks import SigningKeys
from service.security.outbound import checked_client
from service.security.signin import SignedIn
from service.settings import Settings

ISSUER = "forge/invocation-token"
LEEWAY = 30
"""Seconds by which clocks may differ."""
LONGEST = 300
"""Seconds between issue and expiry; Atlassian gives 25."""
APP = re.compile(r"ari:cloud:ecosystem::app/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LABEL = re.compile(r"[a-z0-9_-]{1,50}")


class Forge:
    """The check of one app's tokens. Raises `Invalid` where the settings do not suffice."""

    name = "Atlassian Forge"

    def __init__(self, settings: Settings, http: httpx.Client | None = None) -> None:
        self.app, self.label = settings.forge_app or "", settings.forge_isolated_label
        self.installations: Mapping[str, str] = settings.forge_installations
        if not APP.fullmatch(self.app):
            raise Invalid(
                "RESONANZ_FORGE_APP has to be `app.id` of the manifest: ari:cloud:ecosystem::app/ and the app's UUID"
            )
        if not self.installations:
            raise Invalid(
                "RESONANZ_FORGE_INSTALLATIONS maps no installation to an organisation: nobody could read. "
                "`forge install list` tells the ids"
            )
        url = keys_url(settings.forge_jwks, self.label)
        self.keys = SigningKeys(url, http or checked_client(settings.allowed_hosts))

    def claims_to_be(self, issuer: str) -> bool:
        return issuer == ISSUER

    def signed_in(self, db: Session, text: str) -> SignedIn:
        """Raises `BearerRefused` for a token that is not right, `Forbidden` for an unknown installation, `KeysUnreachable`."""
        claims = verified(text, self.keys, LEEWAY)
        app = self._require_for_us(claims)
        organisation = self.installations.get(_installation(app))
        if organisation is None:
            raise Forbidden("this installation of the app is not linked to an organisation here")
        return reader(db, self.name, Grant(Role.VIEWER, organisation))

    def _require_for_us(self, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        if claims.get("iss") != ISSUER:
            raise BearerRefused("another issuer")
        if claims.get("aud") not in (self.app, [self.app]):
            raise BearerRefused("made for another app")
        if not 0 < claims["exp"] - claims["iat"] <= LONGEST:
            raise BearerRefused(f"good for longer than {LONGEST} seconds, or for none")
        label = claims.get("icLabel")
        if label != self.label:
            raise BearerRefused("another cloud than RESONANZ_FORGE_ISOLATED_LABEL says")
        app = claims.get("app")
        if not isinstance(app, dict) or app.get("id") != self.app:
            raise BearerRefused("names another app than it is made for")
        return app


def keys_url(template: str, label: str | None) -> str:
    """Where the keys are: a fixed address, or that of an isolated cloud, which has the cloud's label in it. Raises `Invalid`."""
    if label is not None and not LABEL.fullmatch(label):
        raise Invalid("RESONANZ_FORGE_ISOLATED_LABEL has 1 to 50 small letters, digits, - or _")
    if (label is None) == ("{label}" in template):
        raise Invalid(
            "RESONANZ_FORGE_ISOLATED_LABEL and the place {label} in RESONANZ_FORGE_JWKS go together: set both or none"
        )
    url = template.replace("{label}", label or "")
    if not url.startswith("https://"):
        raise Invalid("RESONANZ_FORGE_JWKS has to begin with https://")
    return url


def _installation(app: Mapping[str, Any]) -> str:
    """The id of the installation, which newer tokens tell in two places: they have to agree."""
    found = app.get("installationId")
    nested = app.get("installation")
    other = nested.get("id", found) if isinstance(nested, dict) else found
    if not isinstance(found, str) or not found or other != found:
        raise BearerRefused("names no installation, or two")
    return found
