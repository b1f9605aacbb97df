"""Usage reports: Graph answers with a redirect to a pre-authorised address, where a CSV file lies for a while."""

import csv
import io
import re
import secrets
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from service.demo.faults import App, Faults
from service.demo.microsoft.tenant import Tenant
from service.demo.microsoft.usage import Row, Usage
from service.demo.serving import Answer, Server

_LAG = timedelta(days=2)
_REACH = timedelta(days=28)
_PERIODS = {"D7": 7, "D30": 30, "D90": 90, "D180": 180}


class Reports(Server):
    """The download server. The data is two days old; with `concealed` the tenant shows hashes for names."""

    def __init__(self, tenant: Tenant, *, faults: Faults | None = None, port: int = 0) -> None:
        super().__init__(cast(Any, tenant), faults=faults, port=port)
        self.tenant = tenant
        self._ready: dict[str, bytes] = {}
        self._usage = Usage(tenant)

    def routes(self) -> list[Route]:
        return [self.get("/download/{name}", self._download)]

    def error(self, status: int, message: str) -> bytes:
        return b'{"error":{"code":"' + message.encode() + b'"}}'

    def _authorised(self, app: App) -> App:
        return app

    def _download(self, request: Request) -> Answer:
        if "authorization" in request.headers:
            raise HTTPException(401, "AuthenticationFailed")
        body = self._ready.pop(request.query_params.get("sig", ""), None)
        if body is None:
            raise HTTPException(403, "AuthenticationFailed")
        disposition = {"content-disposition": f'attachment; filename="{request.path_params["name"]}"'}
        return Response(body, media_type="application/octet-stream", headers=disposition)

    def redirect(self, request: Request) -> Answer:
        """Graph's own answer to the call of a report."""
        call = re.fullmatch(
            r"(\w+)\((?:period='(D\d+)'|date=(\d{4}-\d\d-\d\d))\)", request.path_params["call"]
        )
        if call is None or call[1] not in self._usage.reports or (call[2] and call[2] not in _PERIODS):
            raise HTTPException(400, "UnknownError")
        refreshed = self.tenant.clock().date() - _LAG
        if call[3]:
            first = last = date.fromisoformat(call[3])
            if not refreshed - _REACH <= first <= refreshed:
                raise HTTPException(400, "InvalidDate")
        else:
            first, last = refreshed - timedelta(days=_PERIODS[call[2]] - 1), refreshed
        columns, rows = self._usage.reports[call[1]]
        key = secrets.token_urlsafe(16)
        period = call[2].removeprefix("D") if call[2] else "1"
        common = {"Report Refresh Date": refreshed.isoformat(), "Report Period": period}
        self._ready[key] = _table(columns, ({**row, **common} for row in rows(first, last)))
        return RedirectResponse(f"{self.url}/download/{call[1]}.csv?sig={key}", 302)


def _table(columns: tuple[str, ...], rows: Iterable[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()
