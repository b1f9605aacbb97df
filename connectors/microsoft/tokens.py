"""Tokens of the app, one per resource, by msal: certificate, secret or federated assertion.

msal signs, asks and parses. Its cache is emptied before each question, because it knows no renewal on demand, looks at the wall clock
only, and counts a token that lives less than five minutes as expired at once; holding a token until shortly before its end, and one request
for a new one however many workers want it, happens here.
"""

import base64
import binascii
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import httpx

from connectors.deadline import LONGEST_CALL, within
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    SourceBusy,
    SourceUnreachable,
)
from connectors.microsoft.answers import Again, pause_asked, utc_now
from connectors.microsoft.connections import unreachable
from connectors.microsoft.credentials import Assertion, Certificate, Secret
from connectors.microsoft.patience import Patience
from connectors.microsoft.refusals import refused
from connectors.microsoft.settings import CLOUDS, Settings, loopback
from connectors.throttle import Throttle

EARLY = 300.0
"""Seconds before its end at which a token is renewed, or half its life if that is less."""
GRACE = 60.0
"""Seconds a token that still holds is used on after a renewal that found nobody at home."""
TRIES = 5
LONGEST_WAIT = 120.0

_NEEDS_CERTIFICATE = (
    "SharePoint itself takes no token that was got with a secret: register a certificate with the app and give it as "
    "`certificate_file`"
)


class Resource(StrEnum):
    """What a token is for."""

    GRAPH = "graph"
    SHAREPOINT = "sharepoint"
    MANAGEMENT = "management"
    ENGAGE = "engage"
    """Viva Engage's own interface, read with the token of a user (`token_file`): it knows no app."""


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    claims: str | None
    renewal: float
    ends: float


class Tokens:
    """Gives tokens to all workers. `sharepoint` tells the address of SharePoint where the settings do not.

    `clock` tells seconds, `sleep` waits, `chance` gives 0 to 1 for the jitter; tests can give them.
    """

    def __init__(
        self,
        settings: Settings,
        http_client: httpx.Client,
        *,
        sharepoint: Callable[[], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        longest_call: float = LONGEST_CALL,
    ) -> None:
        self._settings = settings
        self._sharepoint = sharepoint
        self._clock = clock
        throttle = Throttle(settings.concurrency, clock=clock, sleep=sleep)
        self._door = _Door(settings, http_client, throttle, chance, longest_call)
        self._app: Any = None
        self._app_lock = threading.Lock()
        self._locks = {resource: threading.Lock() for resource in Resource}
        self._held: dict[tuple[Resource, str | None], _Held] = {}

    @property
    def sent(self) -> int:
        """HTTP requests to the sign-in address so far, retries included."""
        return self._door.sent

    def token(self, resource: Resource, claims: str | None = None, *, address: str | None = None) -> str:
        """A token that holds for some minutes; with `claims` (JSON) a new one that answers for them.

        `address` is another host of SharePoint than the first, which wants a token of its own (see `Transport`).
        Raises `Misconfigured` (tenant, app or credential are wrong), `AccessDenied` (blocked, or no certificate where one is
        needed), `SourceBusy`, `SourceUnreachable` and `BadAnswer`.
        """
        if resource is Resource.ENGAGE:
            return self._of_user()
        with self._locks[resource]:
            held = self._held.get((resource, address))
            if held and claims is None and self._clock() < held.renewal:
                return held.token
            try:
                return self._acquire(resource, claims, address)
            except (SourceUnreachable, SourceBusy):
                if not held or claims is not None or self._clock() >= held.ends:
                    raise
                self._held[resource, address] = replace(held, renewal=self._clock() + GRACE)
                return held.token

    def renew(
        self,
        resource: Resource,
        refused_token: str,
        claims: str | None = None,
        *,
        address: str | None = None,
    ) -> str:
        """A new token instead of one that was refused with 401; what another worker has renewed meanwhile is taken."""
        if resource is Resource.ENGAGE:
            return self._of_user()
        with self._locks[resource]:
            held = self._held.get((resource, address))
            if held and held.token != refused_token and (claims is None or held.claims == claims):
                return held.token
            return self._acquire(resource, claims, address)

    def roles(self, resource: Resource) -> frozenset[str]:
        """The application permissions a token grants, as its `roles` tell; empty where it cannot be read."""
        return frozenset(
            claim for claim in _payload(self.token(resource)).get("roles", []) if isinstance(claim, str)
        )

    def _of_user(self) -> str:
        if self._settings.user_token is None:
            raise AccessDenied(
                "posts of Viva Engage are shown to users only: give the token of one as `token_file`"
            )
        return self._settings.user_token

    def _acquire(self, resource: Resource, claims: str | None, address: str | None) -> str:
        if resource is Resource.SHAREPOINT and isinstance(self._settings.credential, Secret):
            raise AccessDenied(_NEEDS_CERTIFICATE)
        scope = f"{address or self._audience(resource)}/.default"
        app = self._application()
        cache = app.token_cache
        for known in list(cache.search(cache.CredentialType.ACCESS_TOKEN, target=[scope])):
            cache.remove_at(known)
        try:
            result: Mapping[str, Any] = app.acquire_token_for_client([scope], claims_challenge=claims)
        except ConnectorError:
            raise
        except Exception as error:
            # Whatever it says may hold the answer's text.
            raise BadAnswer(f"the sign-in cannot be completed ({type(error).__name__})") from None
        token = result.get("access_token")
        if not isinstance(token, str):
            raise refused(result, self._settings.credential)
        life = float(result.get("expires_in") or 0)
        now = self._clock()
        self._held[resource, address] = _Held(token, claims, now + life - min(EARLY, life / 2), now + life)
        return token

    def _audience(self, resource: Resource) -> str:
        """A gateway or an emulator stands in for an address, never for what the token is for; SharePoint has no other name."""
        match resource:
            case Resource.GRAPH:
                return CLOUDS[self._settings.cloud].graph
            case Resource.MANAGEMENT:
                return CLOUDS[self._settings.cloud].management
        if self._settings.sharepoint_url:
            return self._settings.sharepoint_url
        if self._sharepoint is None:
            raise Misconfigured("the address of SharePoint is missing: give `sharepoint_url`")
        return self._sharepoint()

    def _application(self) -> Any:
        with self._app_lock:
            if self._app is None:
                self._app = self._new_application()
            return self._app

    def _new_application(self) -> Any:
        from msal import ConfidentialClientApplication

        known = self._settings.authority in {addresses.authority for addresses in CLOUDS.values()}
        try:
            return ConfidentialClientApplication(
                self._settings.client_id,
                client_credential=_for_msal(self._settings.credential),
                authority=f"{self._door.outer}/{self._settings.tenant}",
                validate_authority=known,
                instance_discovery=None if known else False,
                client_capabilities=["CP1"],
                http_client=self._door,
                azure_region=False,
            )
        except ValueError:
            raise Misconfigured(
                "the sign-in address does not know this tenant: check `tenant` (id or domain), `cloud` and `authority`"
            ) from None


class _Door:
    """What msal sees of HTTP. Tries again by itself, since msal would keep a failed answer, and gives it JSON only.

    msal speaks https only; to an emulator on loopback the door translates in both directions.
    """

    def __init__(
        self,
        settings: Settings,
        http: httpx.Client,
        throttle: Throttle,
        chance: Callable[[], float],
        longest_call: float,
    ) -> None:
        self._http, self._throttle, self._chance = http, throttle, chance
        self._longest_call = longest_call
        self._inner = settings.authority
        self.outer = settings.authority
        if self._inner.startswith("http://") and loopback(self._inner):
            self.outer = "https://" + self._inner.removeprefix("http://")
        self._lock = threading.Lock()
        self.sent = 0

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> "_Reply":
        return self._send("GET", url, {"params": params, "headers": headers})

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> "_Reply":
        # msal gives assertions as bytes, which httpx would write as b'…'.
        form = {name: one.decode() if isinstance(one, bytes) else one for name, one in (data or {}).items()}
        return self._send("POST", url, {"params": params, "data": form, "headers": headers})

    def close(self) -> None:
        """The connections belong to whoever opened them."""

    def _send(self, method: str, url: str, sending: Mapping[str, Any]) -> "_Reply":
        url = self._translated(url, self.outer, self._inner)
        given = {name: value for name, value in sending.items() if value is not None}
        patience = Patience("the sign-in", self._chance, tries=TRIES, longest=LONGEST_WAIT)
        while True:
            # One gate for the tokens of all resources: the platform turns away the app, not the question.
            with self._throttle.turn(LONGEST_WAIT) as began:
                answer = self._once(method, url, given)
                if isinstance(answer, _Reply):
                    return answer
                pause = patience.pause(answer)
                self._throttle.refused(began, pause)
            patience.spend(answer, pause)

    def _once(self, method: str, url: str, given: Mapping[str, Any]) -> "_Reply | Again":
        with self._lock:
            self.sent += 1
        try:
            with within(self._longest_call):
                response = self._http.request(method, url, **given)
        except httpx.InvalidURL:
            raise Misconfigured("the sign-in names an address that cannot be asked") from None
        except httpx.HTTPError as error:
            failed = unreachable(error, "the sign-in")
            if isinstance(failed, Misconfigured):
                raise failed from None
            return Again(failed)
        if response.status_code != 429 and response.status_code < 500:
            try:
                return self._reply(response)
            except BadAnswer as broken:
                return Again(broken)
        asked = pause_asked(response.headers, utc_now)
        if response.status_code == 429:
            return Again(SourceBusy("the sign-in gets too many requests (429)", 0), asked)
        return Again(SourceUnreachable(f"the sign-in is unavailable ({response.status_code})"), asked)

    def _reply(self, response: httpx.Response) -> "_Reply":
        if 300 <= response.status_code < 400:
            raise Misconfigured(
                "the sign-in redirects: check `authority` and the proxy between here and Microsoft"
            )
        try:
            json.loads(response.content)
        except ValueError:
            raise BadAnswer(
                "the sign-in answers with something else than JSON: check `authority` and the proxy between here and Microsoft"
            ) from None
        text = self._translated(response.text, self._inner, self.outer)
        return _Reply(response.status_code, text, dict(response.headers))

    def _translated(self, text: str, old: str, new: str) -> str:
        return text if self._inner == self.outer else text.replace(old, new)


@dataclass(frozen=True, slots=True)
class _Reply:
    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise BadAnswer(f"the sign-in refuses ({self.status_code})")


def _for_msal(credential: Certificate | Secret | Assertion) -> Any:
    match credential:
        case Certificate(private_key=private_key, public=public):
            return {"private_key": private_key, "public_certificate": public}
        case Assertion():
            return {"client_assertion": credential.read}
    return credential.text


def _payload(token: str) -> dict[str, Any]:
    """The claims of a token, unverified: it is our own, and is asked only what it is said to grant."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
