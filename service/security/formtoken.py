"""A token in each form that changes something, tied to the session: beside the check of where a request comes from."""

import hmac

from fastapi import Request

from service.errors import Forbidden
from service.security.signin import cookie_name


def form_token(request: Request) -> str:
    """Derived from the session's secret, so nothing is stored, and another session's token does not fit."""
    secret = request.cookies.get(cookie_name(request), "")
    return hmac.digest(secret.encode("utf-8", "surrogatepass"), b"resonanz form", "sha256").hex()


def require_form_token(request: Request, given: str) -> None:
    """Raises `Forbidden` unless the form was made for this session."""
    if not hmac.compare_digest(form_token(request).encode(), given.encode("utf-8", "surrogatepass")):
        raise Forbidden("this form was not made for your session: open the page again")
