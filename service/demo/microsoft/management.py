"""A fake of the Office 365 Management Activity API: subscriptions, and the audit log in blobs."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.demo.microsoft.protected import Protected
from service.demo.microsoft.shapes import moment
from service.demo.microsoft.things import Record
from service.demo.serving import Answer

CONTENT_TYPES = frozenset(
    ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All")
)
_KEPT = timedelta(days=7)
_WINDOW = timedelta(hours=24)
_TEXTS = {
    "AF20022": "No subscription found for the specified content type.",
    "AF20023": "The subscription was disabled.",
    "AF20024": "The subscription is already enabled.",
    "AF20020": "The specified content type is not valid.",
    "AF20030": "Start time and end time must both be specified (or both omitted), less than or equal to 24 hours apart, with the start time no more than 7 days in the past.",
    "AF20050": "The specified content does not exist or has expired.",
    "AF429": "Too many requests.",
}


class Management(Protected):
    """A blob holds up to `blob` records, a list of blobs up to `listed`."""

    prefix = "/api/v1.0"
    resource = "management"
    blob = 50
    listed = 20

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.enabled: set[str] = set()

    def routes(self) -> list[Route]:
        feed = "/{tenant}/activity/feed"
        read = "ActivityFeed.Read"
        return [
            self.post(feed + "/subscriptions/start", self._permitted(self._start)),
            self.post(feed + "/subscriptions/stop", self._permitted(self._stop)),
            self.reads(feed + "/subscriptions/list", self._permitted(self._list), read),
            self.reads(feed + "/subscriptions/content", self._permitted(self._content), read),
            self.reads(feed + "/audit/{blob}", self._permitted(self._blob), read),
        ]

    def error(self, status: int, message: str) -> bytes:
        code = message if message.startswith("AF") else f"AF{status}00"
        return json.dumps(
            {"error": {"code": code, "message": _TEXTS.get(code, "The request was refused.")}}
        ).encode()

    def _permitted(self, answer: Any) -> Any:
        def permitted(request: Request) -> Answer:
            if "ActivityFeed.Read" not in request.state.token.roles:
                raise HTTPException(401, "AF10001")
            if request.path_params["tenant"] != self.tenant.id:
                raise HTTPException(403, "AF20010")
            return answer(request)

        return permitted

    def _wanted(self, request: Request) -> str:
        wanted = request.query_params.get("contentType", "")
        if wanted not in CONTENT_TYPES:
            raise HTTPException(400, "AF20020")
        return wanted

    def _start(self, request: Request) -> Answer:
        wanted = self._wanted(request)
        if wanted in self.enabled:
            raise HTTPException(400, "AF20024")
        self.enabled.add(wanted)
        return {"contentType": wanted, "status": "enabled", "webhook": None}

    def _stop(self, request: Request) -> Answer:
        self.enabled.discard(self._wanted(request))
        return JSONResponse(None)

    def _list(self, request: Request) -> Answer:
        shown = [{"contentType": name, "status": "enabled", "webhook": None} for name in sorted(self.enabled)]
        return json.dumps(shown).encode()

    def _content(self, request: Request) -> Answer:
        wanted = self._wanted(request)
        if wanted not in self.enabled:
            raise HTTPException(400, "AF20022")
        now = self.tenant.clock()
        start, end = (_time(request.query_params.get(name)) for name in ("startTime", "endTime"))
        if (start is None) != (end is None):
            raise HTTPException(400, "AF20030")
        start, end = start or now - _WINDOW, end or now
        if end - start > _WINDOW or start < now - _KEPT or start >= end:
            raise HTTPException(400, "AF20030")
        blobs = [
            blob
            for blob in self._blobs(wanted)
            if start <= blob[-1].available < min(end, now + timedelta(seconds=1))
        ]
        first = 0
        if "nextPage" in request.query_params:
            first = self.unseal(request.query_params["nextPage"], path=request.url.path)["first"]
        shown = blobs[first : first + self.listed]
        headers = {}
        if first + self.listed < len(blobs):
            query = {name: value for name, value in request.query_params.items() if name != "nextPage"}
            token = self.seal({"path": request.url.path, "first": first + self.listed})
            headers["NextPageUri"] = self.link(request, {**query, "nextPage": token})
        return JSONResponse([self._told(wanted, blob) for blob in shown], headers=headers)

    def _blobs(self, wanted: str) -> list[list[Record]]:
        """The records of a type as they became available, in lots of one hour and at most `blob`."""
        blobs: list[list[Record]] = []
        records = (record for record in self.tenant.records if record.content_type == wanted)
        for record in sorted(records, key=lambda record: (record.available, record.order)):
            last = blobs[-1] if blobs else []
            if last and len(last) < self.blob and _hour(last[0]) == _hour(record):
                last.append(record)
            else:
                blobs.append([record])
        return blobs

    def _told(self, wanted: str, blob: list[Record]) -> dict[str, str]:
        id_ = self._name(wanted, blob)
        created = blob[-1].available
        return {
            "contentType": wanted,
            "contentId": id_,
            "contentUri": f"{self.url}/{self.tenant.id}/activity/feed/audit/{id_}",
            "contentCreated": moment(created),
            "contentExpiration": moment(created + _KEPT),
        }

    @staticmethod
    def _name(wanted: str, blob: list[Record]) -> str:
        return (
            f"{blob[0].available:%Y%m%d%H%M%S}{blob[0].order:09d}${wanted.lower().replace('.', '_')}$emea0001"
        )

    def _blob(self, request: Request) -> Answer:
        for wanted in self.enabled:
            for blob in self._blobs(wanted):
                if self._name(wanted, blob) == request.path_params["blob"]:
                    # Within a blob the records stand in no order of time.
                    shown = sorted(blob, key=lambda record: record.id)
                    return json.dumps([self._record(record) for record in shown]).encode()
        raise HTTPException(404, "AF20050")

    def _record(self, record: Record) -> dict[str, Any]:
        user = self.tenant.users[record.by]
        shape: dict[str, Any] = {
            "CreationTime": record.when.strftime("%Y-%m-%dT%H:%M:%S"),
            "Id": record.id,
            "Operation": record.operation,
            "OrganizationId": self.tenant.id,
            "RecordType": 6 if record.workload == "SharePoint" else 25,
            "UserKey": f"i:0h.f|membership|{user.order:016x}@live.com",
            "UserType": 0,
            "Version": 1,
            "Workload": record.workload,
            "ClientIP": "192.0.2.17",
            "ObjectId": record.object,
            "UserId": user.upn,
        }
        if record.site is not None:
            site = self.tenant.sites[record.site]
            shape |= {
                "Site": site.collection,
                "WebId": site.web,
                "SiteUrl": site.path,
                "ItemType": "Page",
                "EventSource": "SharePoint",
            }
        if record.item is not None:
            shape["ListItemUniqueId"] = record.item
        return shape


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError as error:
        raise HTTPException(400, "AF20030") from error
    return moment.replace(tzinfo=UTC)


def _hour(record: Record) -> datetime:
    return record.available.replace(minute=0, second=0, microsecond=0)
