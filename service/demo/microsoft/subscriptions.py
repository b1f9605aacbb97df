"""Graph's change notifications: subscriptions with the validation handshake, renewal, and deliveries as hints."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import anyio.to_thread
import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.demo.microsoft.protected import Protected, by_order
from service.demo.microsoft.shapes import moment
from service.demo.serving import Answer

_LIVES = (
    (r"/messages", timedelta(minutes=4320)),
    (r"/conversations", timedelta(minutes=4230)),
    (r"users", timedelta(minutes=41760)),
    (r"groups", timedelta(minutes=41760)),
    (r"", timedelta(minutes=42300)),
)
_HANDSHAKE = 10.0


@dataclass(slots=True)
class Subscription:
    order: int
    id: str
    resource: str
    change_type: str
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: datetime


class Subscriptions:
    """`deliver`, `lifecycle` and `remove` are called from outside while the server runs."""

    def __init__(self, server: Protected) -> None:
        self._server = server
        self._tenant = server.tenant
        self.live: dict[str, Subscription] = {}
        self._made = 0

    def routes(self) -> list[Route]:
        prefix = self._server.prefix
        return [
            self._server.reads("/subscriptions", self._list),
            Route(prefix + "/subscriptions", self._create, methods=["POST"]),
            self._server.reads("/subscriptions/{subscription}", self._show),
            Route(prefix + "/subscriptions/{subscription}", self._renew, methods=["PATCH"]),
            Route(prefix + "/subscriptions/{subscription}", self._delete, methods=["DELETE"]),
            Route(prefix + "/subscriptions/{subscription}/reauthorize", self._reauthorise, methods=["POST"]),
        ]

    # -- from outside ------------------------------------------------------------------------------------------------------

    def deliver(
        self, resource: str, change: str = "updated", thing: str = "1", *, state: str | None = None
    ) -> list[int]:
        """Tell every live subscription to `resource` of a change; the statuses of the receivers.

        `state` replaces the client state, as an impostor would have to guess it.
        """
        told = [
            one
            for one in self._current()
            if one.resource == resource and change in one.change_type.split(",")
        ]
        statuses = []
        for address in sorted({one.notification_url for one in told}):
            value = [self._hint(one, change, thing, state) for one in told if one.notification_url == address]
            statuses.append(
                httpx.post(address, json={"value": value}, timeout=_HANDSHAKE, trust_env=False).status_code
            )
        return statuses

    def lifecycle(self, event: str, subscription: str) -> int:
        """Tell of `reauthorizationRequired`, `subscriptionRemoved` (which removes it) or `missed`; the receiver's status."""
        one = self.live[subscription]
        if one.lifecycle_url is None:
            raise LookupError("the subscription has no lifecycle address")
        if event == "subscriptionRemoved":
            del self.live[subscription]
        hint = {
            "lifecycleEvent": event,
            "subscriptionId": one.id,
            "subscriptionExpirationDateTime": moment(one.expires),
            "clientState": one.client_state,
            "resource": one.resource,
            "tenantId": self._tenant.id,
            "organizationId": self._tenant.id,
        }
        body = {"value": [hint]}
        return httpx.post(one.lifecycle_url, json=body, timeout=_HANDSHAKE, trust_env=False).status_code

    def _current(self) -> list[Subscription]:
        now = self._tenant.clock()
        return by_order(one for one in self.live.values() if one.expires > now)

    def _hint(self, one: Subscription, change: str, thing: str, state: str | None) -> dict[str, Any]:
        return {
            "subscriptionId": one.id,
            "subscriptionExpirationDateTime": moment(one.expires),
            "changeType": change,
            "resource": f"{one.resource}/{thing}",
            "resourceData": {"@odata.type": "#Microsoft.Graph.Entity", "id": thing},
            "clientState": one.client_state if state is None else state,
            "tenantId": self._tenant.id,
        }

    # -- endpoints ---------------------------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Answer:
        return self._server.page(request, self._current(), self._shape)

    def _show(self, request: Request) -> Answer:
        return self._shape(self._named(request))

    def _named(self, request: Request) -> Subscription:
        one = self.live.get(request.path_params["subscription"])
        if one is None or one.expires <= self._tenant.clock():
            raise HTTPException(404, "ResourceNotFound")
        return one

    async def _create(self, request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
            expires = datetime.fromisoformat(asked["expirationDateTime"])
            one = Subscription(
                self._made + 1,
                self._tenant.guid("subscription", self._made + 1),
                asked["resource"].strip("/"),
                asked["changeType"],
                asked["notificationUrl"],
                asked.get("lifecycleNotificationUrl"),
                asked.get("clientState"),
                expires,
            )
        except (ValueError, KeyError, AttributeError):
            return self._server.refusal(400, "InvalidRequest")
        if not self._lasts(one.resource, expires) or len(one.client_state or "") > 128:
            return self._server.refusal(400, "InvalidRequest")
        if "/messages" in one.resource and one.lifecycle_url is None and self._hours(expires) > 1:
            return self._server.refusal(400, "InvalidRequest")
        for address in {one.notification_url, one.lifecycle_url or one.notification_url}:
            if not await anyio.to_thread.run_sync(self._answers, address):
                return self._server.refusal(400, "ValidationError")
        self._made += 1
        self.live[one.id] = one
        return JSONResponse(self._shape(one), 201)

    def _answers(self, address: str) -> bool:
        """Whether the receiver gives back the token it is sent, decoded, as plain text."""
        token = "Validation: Testing client application reachability for subscription+1 <&>"  # noqa: S105
        try:
            answer = httpx.post(
                address, params={"validationToken": token}, timeout=_HANDSHAKE, trust_env=False
            )
        except httpx.HTTPError:
            return False
        kind = answer.headers.get("content-type", "").partition(";")[0]
        return answer.status_code == 200 and kind == "text/plain" and answer.text in {token, _escaped(token)}

    def _lasts(self, resource: str, expires: datetime) -> bool:
        longest = next(life for part, life in _LIVES if part in resource)
        return timedelta(0) < expires - self._tenant.clock() <= longest

    def _hours(self, expires: datetime) -> float:
        return (expires - self._tenant.clock()) / timedelta(hours=1)

    async def _renew(self, request: Request) -> Response:
        try:
            one = self._named(request)
            expires = datetime.fromisoformat(json.loads(await request.body())["expirationDateTime"])
        except HTTPException as missing:
            return self._server.refusal(missing.status_code, missing.detail)
        except (ValueError, KeyError):
            return self._server.refusal(400, "InvalidRequest")
        if not self._lasts(one.resource, expires):
            return self._server.refusal(400, "InvalidRequest")
        one.expires = expires
        return JSONResponse(self._shape(one))

    async def _delete(self, request: Request) -> Response:
        if self.live.pop(request.path_params["subscription"], None) is None:
            return self._server.refusal(404, "ResourceNotFound")
        return Response(status_code=204)

    async def _reauthorise(self, request: Request) -> Response:
        if request.path_params["subscription"] not in self.live:
            return self._server.refusal(404, "ResourceNotFound")
        return Response(status_code=204)

    def _shape(self, one: Subscription) -> dict[str, Any]:
        return {
            "id": one.id,
            "resource": one.resource,
            "applicationId": self._server.login.application.id,
            "changeType": one.change_type,
            "clientState": one.client_state,
            "notificationUrl": one.notification_url,
            "lifecycleNotificationUrl": one.lifecycle_url,
            "expirationDateTime": moment(one.expires),
            "creatorId": self._tenant.guid("creator"),
        }


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
