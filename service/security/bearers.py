"""Tokens that other systems give to whoever reads in their pages: what their checks have in common.

A token is a JWT (RFC 7519) signed with RS256. Whose it claims to be is read before its signature is checked, only to choose the
check; the check itself believes nothing that is not signed. Who reads is nobody's business: the audit log gets the system's name.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from time import time
from typing import Any, Protocol

import structlog
from joserfc import jws, jwt
from joserfc.errors import JoseError
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import Forbidden, NotSignedIn
from service.grants import EVERYWHERE, Grant
from service.models import Organisation
from service.security.jwks import SigningKeys
from service.security.roles import Permission, Scope
from service.security.signin import SignedIn

ALGORITHM = "RS256"
LONGEST = 16_384
"""Letters of a token; longer ones are not looked at."""

log = structlog.get_logger()


class BearerRefused(NotSignedIn):
    """The token can not be believed. `reason` is for the log and holds nothing of the token; the answer is the same for all reasons."""

    def __init__(self, reason: str) -> None:
        super().__init__("this token is unknown, expired or revoked")
        self.reason = reason


class Bearer(Protocol):
    """What checks the tokens of one system."""

    name: str

    def claims_to_be(self, issuer: str) -> bool:
        """Whether a token that names this issuer is for this check."""
        ...

    def signed_in(self, db: Session, text: str) -> SignedIn:
        """What the token lets read. Raises `BearerRefused`, `Forbidden` or `KeysUnreachable`."""
        ...


class Bearers:
    """The checks that are set up."""

    def __init__(self, checks: Iterable[Bearer] = ()) -> None:
        self.checks = tuple(checks)

    def signed_in(self, db: Session, text: str) -> SignedIn | None:
        """Who asks with a token of another system; None if it is none of any that is set up. Raises what the check raises."""
        issuer = unverified_issuer(text) if self.checks else None
        found = next((one for one in self.checks if issuer is not None and one.claims_to_be(issuer)), None)
        if found is None:
            return None
        try:
            return found.signed_in(db, text)
        except BearerRefused as refused:
            log.warning("token refused", of=found.name, reason=refused.reason)
            raise


def unverified_issuer(text: str) -> str | None:
    """Who a token says it is from; None where it is no JWT. Good for choosing a check and for nothing else."""
    if len(text) > LONGEST or text.count(".") != 2:
        return None
    middle = text.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else None


def verified(text: str, keys: SigningKeys, leeway: int) -> dict[str, Any]:
    """The claims of a token whose signature and times are right. Raises `BearerRefused` or `KeysUnreachable`.

    `exp`, `iat` and `nbf` have to be there, as whole seconds; clocks may differ by `leeway` seconds.
    """
    try:
        header = jws.extract_compact(text.encode()).headers()
    except (JoseError, ValueError, TypeError) as error:
        raise BearerRefused(f"not a signed token: {type(error).__name__}") from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM:
        raise BearerRefused(f"not signed with {ALGORITHM}")
    if not isinstance(kid, str) or not kid:
        raise BearerRefused("the token names no key")
    key = keys.key(kid)
    if key is None:
        raise BearerRefused("no published key has the id that the token names")
    try:
        claims = dict(jwt.decode(text, key, algorithms=[ALGORITHM]).claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BearerRefused(f"the signature or the form is wrong: {type(error).__name__}") from None
    _require_current(claims, leeway)
    return claims


def _require_current(claims: Mapping[str, Any], leeway: int) -> None:
    begin, issued, end = (claims.get(name) for name in ("nbf", "iat", "exp"))
    for one in (begin, issued, end):
        if isinstance(one, bool) or not isinstance(one, int):
            raise BearerRefused("nbf, iat or exp is missing or no whole number")
    now = time()
    if now >= end + leeway:  # type: ignore[operator]
        raise BearerRefused("the token is expired")
    if now < begin - leeway or now < issued - leeway:  # type: ignore[operator]
        raise BearerRefused("the token is not good yet: do the clocks differ?")


def reader(db: Session, name: str, grant: Grant) -> SignedIn:
    """Whoever reads in another system's page: published values of one organisation, and nothing an account may besides.

    Raises `Forbidden` where the grant leads to no organisation, or does not say to which of several.
    """
    query = select(Organisation.id).order_by(Organisation.id).limit(2)
    if grant.organisation not in (None, EVERYWHERE):
        query = query.where(Organisation.key == grant.organisation)
    found = db.scalars(query).all()
    if not found and grant.organisation is not None:
        raise Forbidden("no organisation here is set for this token")
    if grant.organisation is None and len(found) > 1:
        raise Forbidden("there are several organisations, and none is set for this token")
    only = None if grant.organisation == EVERYWHERE or not found else found[0]
    return SignedIn(
        account_id=None,
        name=name,
        permissions=frozenset({Permission.QUERY}),
        scopes=frozenset({Scope.MEASUREMENTS, Scope.CATALOGUE}),
        organisation_id=only,
    )
