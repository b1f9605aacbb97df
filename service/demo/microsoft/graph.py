"""A fake of Microsoft Graph v1.0 over a tenant."""

import base64
import json
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.demo.faults import App, Faults, Message, Send
from service.demo.microsoft.channels import Channels
from service.demo.microsoft.conversation_shapes import ConversationShapes
from service.demo.microsoft.deltas import Deltas
from service.demo.microsoft.directory import Directory
from service.demo.microsoft.login import Login
from service.demo.microsoft.mailboxes import Mailboxes
from service.demo.microsoft.protected import Protected
from service.demo.microsoft.reports import Reports
from service.demo.microsoft.shapes import Shapes
from service.demo.microsoft.site_collections import SiteCollections
from service.demo.microsoft.subscriptions import Subscriptions
from service.demo.microsoft.tenant import Tenant
from service.demo.serving import Seen, Server

_BATCH = 20


def _carried(body: bytes) -> Any:
    """A body inside the answer of a `$batch`: JSON as it is, anything else in base64."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return base64.b64encode(body).decode()


class Graph(Protected):
    """Sites have their addresses at `sharepoint`; `reports` is where reports are fetched. `inner` are requests in batches."""

    prefix = "/v1.0"
    resource = "graph"

    def __init__(
        self,
        tenant: Tenant,
        login: Login,
        sharepoint: Server,
        reports: Reports,
        *,
        faults: Faults | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(tenant, login, faults=faults, port=port)
        self.inner: list[Seen] = []
        self.shapes = Shapes(tenant, lambda: sharepoint.origin)
        self.deltas = Deltas(self)
        self.reports = reports
        self.directory = Directory(self, self.shapes, self.deltas)
        self.collections = SiteCollections(self, self.shapes, self.deltas)
        spoken = ConversationShapes(tenant)
        self.mailboxes = Mailboxes(self, spoken, self.directory)
        self.channels = Channels(self, spoken, self.shapes, self.deltas)
        self.subscriptions = Subscriptions(self)
        self._behind: App | None = None

    def routes(self) -> list[Route]:
        return [
            *self.directory.routes(),
            *self.mailboxes.routes(),
            *self.collections.routes(),
            *self.channels.routes(),
            *self.subscriptions.routes(),
            self.reads("/reports/{call}", self.reports.redirect, "Reports.Read.All"),
            Route(self.prefix + "/$batch", self._batch, methods=["POST"]),
        ]

    def _app(self) -> App:
        self._behind = super()._app()
        return self._behind

    async def _batch(self, request: Request) -> Response:
        """Each inner request meets the faults of its own path; the answers come in any order."""
        try:
            wanted = json.loads(await request.body())["requests"]
            ids = [inner["id"] for inner in wanted]
        except (ValueError, KeyError, TypeError):
            return self.refusal(400, "BadRequest")
        if not 0 < len(wanted) <= _BATCH or len(set(ids)) != len(ids):
            return self.refusal(400, "BadRequest")
        return JSONResponse({"responses": [await self._inner(inner, request) for inner in reversed(wanted)]})

    async def _inner(self, inner: dict[str, Any], outer: Request) -> dict[str, Any]:
        target = urlsplit(inner["url"])
        if inner["method"] != "GET" or target.scheme:
            return {
                "id": inner["id"],
                "status": 400,
                "headers": {},
                "body": json.loads(self.error(400, "BadRequest")),
            }
        scope = dict(outer.scope)
        scope |= {
            "method": "GET",
            "path": self.prefix + unquote(target.path),
            "raw_path": (self.prefix + target.path).encode(),
            "query_string": target.query.encode(),
        }
        for made in ("router", "endpoint", "path_params", "app"):
            scope.pop(made, None)
        seen = Seen("GET", scope["path"], parse_qs(target.query, keep_blank_values=True), 0.0)
        self.inner.append(seen)
        status, parts, headers = 0, [], {}

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.decode().title(): value.decode() for name, value in message["headers"]}
            else:
                parts.append(message.get("body", b""))

        assert self._behind is not None  # noqa: S101
        faults = Faults(latency=0.0)
        faults.faults = self.faults.faults
        await faults.around(self._behind, lambda peer: None)(scope, outer.receive, cast(Send, keep))
        seen.status = status
        body = b"".join(parts)
        shown = {
            name: value
            for name, value in headers.items()
            if name in {"Content-Type", "Retry-After", "Location"}
        }
        return {
            "id": inner["id"],
            "status": status,
            "headers": shown,
            "body": _carried(body),
        }
