"""Why a sign-in was refused, by the numbers Entra gives (AADSTS…), and what to do.

The platform's own description holds ids of tenant and app, so only its number is passed on. Numbers may change: they choose the
advice only, and a number that is not listed falls back to the word OAuth gives.
Numbers: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import re
from collections.abc import Mapping
from typing import Any

from connectors.errors import AccessDenied, ConnectorError, Misconfigured, SourceUnreachable
from connectors.microsoft.credentials import Assertion, Certificate, Credential

_WRONG = {
    90002: "the tenant is not known: check `tenant` and `cloud`",
    900023: "the tenant is not known: check `tenant`, its id or one of its domains",
    900382: "the tenant belongs to another cloud: set `cloud`",
    700016: "the app is not known in this tenant: check `client_id` and `tenant`, and that an administrator has consented",
    7000229: "the app is not set up in this tenant: let an administrator consent to it",
    7000215: "the secret is wrong: the file has to hold the secret's value, not its id",
    7000222: "the secret has expired: make a new one, or better register a certificate",
    7000218: "the app proves itself with nothing the platform accepts: give `certificate_file`",
    700027: "the certificate is not registered with the app, or has expired: upload its public part to the app registration",
    700024: "the assertion is not valid now: set this machine's clock right, or renew the federated token",
    700021: "the assertion was made for another app: check `client_id`",
    70021: "no federated credential of the app matches issuer, subject and audience of the token",
    700211: "no federated credential of the app matches the issuer of the token",
    700212: "no federated credential of the app matches the audience of the token",
    700213: "no federated credential of the app matches the subject of the token",
    500011: "the platform does not know the service a token is asked for in this tenant: check `sharepoint_url` and `cloud`",
    1002012: "the address of a service is not accepted: check `sharepoint_url` and `cloud`",
}
_FORBIDDEN = {
    7000112: "the app has been disabled in this tenant: let an administrator enable it",
    53003: "a conditional access rule blocks the app: let an administrator except it or allow this address",
    65001: "no administrator has consented to the app's permissions: grant admin consent",
    90094: "no administrator has consented to the app's permissions: grant admin consent",
    501051: "the app is assigned no role for this service: grant its permissions and admin consent",
}
_LATER = {90025, 90033, 50196}


def refused(answer: Mapping[str, Any], credential: Credential) -> ConnectorError:
    """The error a token endpoint's refusal means, without the platform's text."""
    numbers = _numbers(answer)
    for number in numbers:
        if number in _WRONG:
            return Misconfigured(f"the sign-in is refused (AADSTS{number}): {_WRONG[number]}")
        if number in _FORBIDDEN:
            return AccessDenied(f"the sign-in is refused (AADSTS{number}): {_FORBIDDEN[number]}")
        if number in _LATER:
            return SourceUnreachable(f"the sign-in is unavailable for the moment (AADSTS{number})")
    error = answer.get("error")
    told = f"AADSTS{numbers[0]}" if numbers else _word(error)
    match error:
        case "invalid_client" | "unauthorized_client":
            return Misconfigured(f"the sign-in is refused ({told}): {_proof(credential)}")
        case "temporarily_unavailable" | "server_error":
            return SourceUnreachable(f"the sign-in is unavailable for the moment ({told})")
    return AccessDenied(
        f"the sign-in is refused ({told}): look the code up at https://login.microsoftonline.com/error"
    )


def _proof(credential: Credential) -> str:
    match credential:
        case Certificate():
            return "check `client_id`, and that the certificate's public part is uploaded to the app registration"
        case Assertion():
            return "check `client_id` and the federated credential of the app registration"
    return "check `client_id` and the secret's value and expiry"


def _numbers(answer: Mapping[str, Any]) -> list[int]:
    codes = answer.get("error_codes")
    if isinstance(codes, list):
        listed = [code for code in codes if isinstance(code, int)]
        if listed:
            return listed
    return [
        int(number) for number in re.findall(r"\bAADSTS(\d{5,7})\b", str(answer.get("error_description", "")))
    ]


def _word(error: object) -> str:
    return error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error) else "unknown"
