"""Deltas as Graph tells them: opaque links over a journal, with replayed rows, expiry and a start at the present."""

from collections.abc import Callable
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse

from service.demo.microsoft.protected import Protected, selected
from service.demo.serving import Answer

Row = Callable[[str, dict[str, str], bool], dict[str, Any] | None]
Style = Literal["directory", "files", "messages"]

_TOKEN = {"directory": "$deltatoken", "files": "token", "messages": "$deltatoken"}


class Deltas:
    """Tells deltas for one server.

    `expire` makes all links given out so far stale. Stale links of lists and drives are answered with 410 and a
    Location, others with `syncStateNotFound`.
    """

    def __init__(self, server: Protected) -> None:
        self._server = server
        self._epoch = 0
        self._expired: dict[str, int] = {}

    def expire(self, journal: str | None = None) -> None:
        """The links of one journal (`users`, `list:<id>`, `channel:<id>` ...) or of all are stale from now on."""
        self._epoch += 1
        if journal is None:
            self._expired[""] = self._epoch
        else:
            self._expired[journal] = self._epoch

    def answer(
        self,
        request: Request,
        journal: str,
        row: Row,
        style: Style,
        *,
        size: int = 100,
        most: int = 999,
    ) -> Answer:
        """One page. `row` renders a changed thing for a query; on a first pass (`fresh`) it leaves deleted ones out (None)."""
        server, changes = self._server, self._server.tenant.journals[journal]
        query = dict(request.query_params)
        token = query.pop("$skiptoken", None) or query.pop("$deltatoken", None) or query.pop("token", None)
        place: dict[str, Any] = {"after": 0, "floor": changes.position, "start": False, "query": query}
        place["size"] = server.size(request, size, most)
        if token == "latest":  # noqa: S105
            return {"value": [], **self._end(request, style, place, changes.position)}
        if token:
            place = server.unseal(token, path=request.url.path)
            if place["epoch"] < max(self._expired.get("", 0), self._expired.get(journal, 0)):
                return self._gone(request, style)
        reached = after = place["after"]
        if place["start"]:
            after = changes.back(after, server.tenant.replayed)
        value: list[dict[str, Any]] = []
        link: dict[str, str] | None = None
        for changed, thing in changes.after(after):
            if len(value) == place["size"]:
                link = {"@odata.nextLink": self._link(request, "$skiptoken", place, reached, start=False)}
                break
            shown = row(thing, place["query"], changed <= place["floor"])
            reached = max(reached, changed)
            if shown is not None:
                value.append(selected(shown, place["query"]))
        if server.tenant.disordered:
            value.reverse()
        return {"value": value, **(link or self._end(request, style, place, reached))}

    def _end(self, request: Request, style: Style, place: dict[str, Any], reached: int) -> dict[str, str]:
        link = self._link(request, _TOKEN[style], {**place, "floor": 0}, reached, start=True)
        return {"@odata.deltaLink": link}

    def _link(self, request: Request, name: str, place: dict[str, Any], after: int, *, start: bool) -> str:
        sealed = {**place, "path": request.url.path, "after": after, "start": start, "epoch": self._epoch}
        return self._server.link(request, {name: self._server.seal(sealed)})

    def _gone(self, request: Request, style: Style) -> JSONResponse:
        if style == "files":
            fresh = self._server.link(request, {}).rstrip("?")
            return self._server.refusal(410, "resyncRequired", {"location": fresh})
        return self._server.refusal(410 if style == "directory" else 400, "syncStateNotFound")
