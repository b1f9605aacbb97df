"""What the servers behind the login share: the check of tokens and permissions, their errors, paging."""

import base64
import json
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from email.utils import formatdate
from typing import Any, ClassVar, Protocol, cast
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.demo.faults import App, Faults, Receive, Scope, Send
from service.demo.microsoft.login import Login, Resource
from service.demo.microsoft.quota import Quota
from service.demo.microsoft.tenant import Tenant
from service.demo.serving import Answer, Server

_CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Forbidden",
    404: "itemNotFound",
    409: "Conflict",
}

_ALWAYS = frozenset(
    (
        "id",
        "deleted",
        "@removed",
        "@odata.type",
        "replies",
        "replies@odata.nextLink",
        "replies@odata.count",
        "fields",
    )
)
_ON_REQUEST = frozenset(
    (
        "sharepointIds",
        "accountEnabled",
        "companyName",
        "createdDateTime@user",
        "department",
        "employeeId",
        "manager@delta",
        "members@delta",
        "onPremisesSamAccountName",
        "owners@delta",
        "userType",
    )
)


class Placed(Protocol):
    @property
    def order(self) -> int: ...


class Protected(Server):
    """A resource that admits the tokens the login made for it.

    `agents` are the User-Agent headers seen; `quota` may be set while it runs.
    """

    resource: ClassVar[Resource]

    def __init__(self, tenant: Tenant, login: Login, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(cast(Any, tenant), faults=faults, port=port)
        self.tenant, self.login = tenant, login
        self.agents: set[str] = set()
        self.quota = Quota()
        self._demanded: str | None = None

    def demand_claims(self) -> None:
        """From now on only tokens gained in answer to a new claims challenge are admitted."""
        self._demanded = str(int(time.time() * 1000))

    # -- for the endpoints ---------------------------------------------------------------------------------------------

    def reads(self, path: str, answer: Callable[[Request], Answer], *roles: str) -> Route:
        """A route for which the token needs one of the roles (any token does if there are none)."""

        def permitted(request: Request) -> Answer:
            if roles and not set(roles) & held(request):
                raise HTTPException(403, "Authorization_RequestDenied")
            return answer(request)

        return self.get(path, permitted)

    def page(
        self,
        request: Request,
        things: Sequence[Placed],
        render: Callable[[Any], dict[str, Any]],
        size: int = 100,
        most: int = 999,
        **rest: Any,
    ) -> dict[str, Any]:
        """One page of `things` (in their order), with a next link that holds even if others vanish meanwhile."""
        size = self.size(request, size, most)
        query = dict(request.query_params)
        start = 0
        if "$skiptoken" in query:
            sealed = self.unseal(query.pop("$skiptoken"), path=request.url.path)
            query, size = sealed["query"], sealed["size"]
            start = bisect_right(things, sealed["after"], key=lambda thing: thing.order)
        shown = things[start : start + size]
        answer: dict[str, Any] = {**rest}
        if start + size < len(things):
            token = self.seal(
                {"path": request.url.path, "after": shown[-1].order, "size": size, "query": query}
            )
            answer["@odata.nextLink"] = self.link(request, {"$skiptoken": token})
        answer["value"] = [selected(render(thing), query) for thing in shown]
        return answer

    def asked(self, request: Request) -> dict[str, str]:
        """The query a chain of pages began with."""
        query = dict(request.query_params)
        if "$skiptoken" in query:
            query = self.unseal(query["$skiptoken"], path=request.url.path)["query"]
        return query

    def size(self, request: Request, default: int, most: int) -> int:
        text = request.query_params.get("$top")
        if text is None:
            return default
        if not text.isdecimal() or not 0 < int(text) <= most:
            raise HTTPException(400, "BadRequest")
        return int(text)

    def link(self, request: Request, query: dict[str, str]) -> str:
        return (
            self.origin
            + quote(request.url.path, safe="/!:@,()='")
            + "?"
            + urlencode(query, safe="$!:@,()='/ ").replace(" ", "%20")
        )

    def error(self, status: int, message: str) -> bytes:
        """`message` is the error code; a text stands for the usual code of that status."""
        code = (
            message
            if " " not in message and message != "Unauthorized"
            else _CODES.get(status, "generalException")
        )
        return json.dumps(
            {
                "error": {
                    "code": code,
                    "message": f"The request was refused: {code}.",
                    "innerError": {
                        "date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
                        "request-id": self.tenant.guid("request", len(self.requests)),
                        "client-request-id": self.tenant.guid("request", len(self.requests)),
                    },
                }
            }
        ).encode()

    def refusal(self, status: int, code: str, headers: dict[str, str] | None = None) -> JSONResponse:
        return JSONResponse(
            json.loads(self.error(status, code)), status, {"date": formatdate(usegmt=True), **(headers or {})}
        )

    # -- the door --------------------------------------------------------------------------------------------------------

    def _authorised(self, app: App) -> App:
        async def authorised(scope: Scope, receive: Receive, send: Send) -> None:
            headers = dict(scope["headers"])
            self.agents.add(headers.get(b"user-agent", b"").decode("latin-1"))
            scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
            token = self.login.worth(value) if scheme.lower() == "bearer" else None
            refusal = None
            if token is None or token.resource != self.resource:
                refusal = self.refusal(
                    401, "InvalidAuthenticationToken", {"www-authenticate": 'Bearer error="invalid_token"'}
                )
            elif self._demanded is not None and token.claims != self._demanded:
                refusal = self.refusal(
                    401, "InvalidAuthenticationToken", {"www-authenticate": self._challenge()}
                )
            elif self.resource == "sharepoint" and token.proof == "secret":
                refusal = self.refusal(401, "InvalidAuthenticationToken", {"www-authenticate": "Bearer"})
            if refusal is not None:
                await refusal(scope, cast(Any, receive), cast(Any, send))
                return
            scope.setdefault("state", {})["token"] = token
            await app(scope, receive, send)

        return authorised

    def _recorded(self, app: App) -> App:
        # Outside of the faults, so that requests a fault holds up are under way.
        return super()._recorded(self.quota.around(app))

    def _challenge(self) -> str:
        wanted = {"access_token": {"nbf": {"essential": True, "value": self._demanded}}}
        claims = base64.b64encode(json.dumps(wanted).encode()).decode()
        return (
            f'Bearer realm="", authorization_uri="{self.login.authority}/oauth2/v2.0/authorize", '
            f'error="insufficient_claims", claims="{claims}"'
        )


def held(request: Request) -> frozenset[str]:
    """The roles of the token the request carries."""
    roles: frozenset[str] = request.state.token.roles
    return roles


def selected(thing: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Only the members asked for by `$select`; the id and annotations always. Some members come only if asked for."""
    wanted = query.get("$select")
    if not wanted:
        return {name: value for name, value in thing.items() if name not in _ON_REQUEST}
    names = {name.strip() for name in wanted.split(",")}
    return {
        name: value
        for name, value in thing.items()
        if name in names or name in _ALWAYS or name.partition("@")[0] in names
    }


def by_order(things: Iterable[Any]) -> list[Any]:
    return sorted(things, key=lambda thing: thing.order)
