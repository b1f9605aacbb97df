"""A fake Confluence Cloud: REST v2 and what remains of v1, under /wiki, over a store that may change while it runs."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from service.demo.rest_v1 import expansions
from service.demo.rest_v2 import RestV2
from service.demo.serving import Answer, dump, listing, whole
from service.demo.store import Item, Space, Store


class Cloud(RestV2):
    """`zone` is the time zone of the reading account, in which CQL literals are read.

    With `cloud_id` the API lies behind the gateway for scoped tokens (`/ex/confluence/{cloud_id}/wiki`). `replies_listed`
    decides whether the site-wide comment lists hold replies or root comments only. `search_cap` is the most items a
    search page holds. Without `analytics` view counts answer 404; `admin` False answers 403 on permissions,
    role assignments, groups and audit.
    """

    def __init__(
        self,
        store: Store,
        *,
        cloud_id: str | None = None,
        zone: str = "UTC",
        replies_listed: bool = True,
        replies_nested: bool = False,
        search_cap: int = 250,
        analytics: bool = True,
        admin: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(store, **common)
        self.prefix = f"/ex/confluence/{cloud_id}/wiki" if cloud_id else "/wiki"
        self.zone = ZoneInfo(zone)
        self.replies_listed, self.replies_nested = replies_listed, replies_nested
        self.search_cap = search_cap
        self.analytics, self.admin = analytics, admin

    def routes(self) -> list[Route]:
        v1 = "/rest/api"
        return [
            *super().routes(),
            self.get(v1 + "/search", self._search),
            self.get(v1 + "/content/search", self._content_search),
            self.get(v1 + "/analytics/content/{id:int}/views", self._views),
            self.get(v1 + "/analytics/content/{id:int}/viewers", self._views),
            self.get(v1 + "/group", self._groups),
            self.get(v1 + "/group/{group}/membersByGroupId", self._members),
            self.get(v1 + "/user", self._user),
            self.get(v1 + "/user/current", lambda request: self.user_shape(self.reader)),
            self.get(v1 + "/user/memberof", self._member_of),
            self.get(v1 + "/audit", self._audit),
        ]

    def error(self, status: int, message: str) -> bytes:
        return dump({"errors": [{"status": status, "code": _CODES.get(status, "ERROR"), "title": message}]})

    # -- REST v1 -------------------------------------------------------------------------------------------------------

    def _content_search(self, request: Request) -> Answer:
        shape = expansions(request.query_params.get("expand", ""))
        return self._hits(request, lambda item: self.fragments.of(item, shape), counted=False)

    def _search(self, request: Request) -> Answer:
        shape = self.content_expansions(request)

        def hit(item: Item) -> bytes:
            rest = {
                "title": item.title,
                "excerpt": "",
                "url": self.webui(item),
                "resultGlobalContainer": {
                    "title": self.store.spaces[item.space].name,
                    "displayUrl": f"/spaces/{item.space}",
                },
                "breadcrumbs": [],
                "entityType": "content",
                "iconCssClass": f"aui-icon content-type-{item.type}",
                "lastModified": self.time(item.modified),
                "friendlyLastModified": item.modified.date().isoformat(),
                "score": 0.0,
            }
            return b'{"content":' + self.fragments.of(item, shape) + b"," + dump(rest)[1:]

        return self._hits(request, hit, counted=True)

    def _hits(self, request: Request, render: Callable[[Item], bytes], counted: bool) -> bytes:
        """One page of a search. `start` is ignored, as the real one does: only the cursor leads on."""
        query = request.query_params
        limit = min(whole(request, "limit", 25), self.search_cap)
        found, descends, text = self.matching(request)
        start = 0
        if "cursor" in query:
            last = self.unseal(query["cursor"], cql=text)["after"]
            start = found.after((last[0], last[1]), descends)
        shown = found.page(start, limit, descends)
        path = request.url.path.removeprefix(self.prefix)
        links = {"base": self.origin + self.prefix, "context": "/wiki"}
        links["self"] = f"{links['base']}{path}?{urlencode([('cql', text)])}"
        if shown and start + limit < len(found.things):
            cursor = self.seal({"after": found.key(start + limit - 1, descends), "cql": text})
            kept = [(n, v) for n, v in query.multi_items() if n not in ("cursor", "next", "start", "limit")]
            onward = [("next", "true"), ("cursor", cursor), ("limit", limit), ("start", start + limit)]
            links["next"] = f"{path}?{urlencode([*onward, *kept])}"
        numbers: dict[str, Any] = {"start": start, "limit": limit, "size": len(shown)}
        if counted:
            numbers |= {"totalSize": len(found.things), "cqlQuery": text, "searchDuration": 1}
        return listing(map(render, shown), numbers | {"_links": links})

    def _views(self, request: Request) -> Answer:
        """Totals. Views carry no date here: with `fromDate` they count if the content was created since."""
        if not self.analytics:
            raise HTTPException(404, "Analytics are not available on this plan")
        item = self.readable_item(request.path_params["id"])
        since = request.query_params.get("fromDate")
        counted = since is None or item.created >= _moment(since)
        total = item.viewers if request.url.path.endswith("viewers") else item.views
        return {"id": item.id, "count": total if counted else 0}

    def _groups(self, request: Request) -> Answer:
        self.admin_only()
        return self._offset(request, list(self.store.groups.values()), self._group)

    def _members(self, request: Request) -> Answer:
        self.admin_only()
        group = self.store.groups.get(request.path_params["group"])
        if group is None:
            raise HTTPException(404, "No group found with this id")
        return self._offset(request, group.members, self.user_shape)

    def _member_of(self, request: Request) -> Answer:
        account = request.query_params.get("accountId")
        groups = [group for group in self.store.groups.values() if account in group.members]
        return self._offset(request, groups, self._group)

    def _user(self, request: Request) -> Answer:
        account = request.query_params.get("accountId", "")
        if account not in self.store.accounts:
            raise HTTPException(404, "No user found with this account id")
        return self.user_shape(account)

    def _audit(self, request: Request) -> Answer:
        self.admin_only()
        return self._offset(request, (), lambda record: record)

    def _offset(self, request: Request, things: Sequence[Any], shape: Callable[[Any], Any]) -> Answer:
        start, limit = whole(request, "start", 0), min(whole(request, "limit", 200), 200)
        shown = [shape(thing) for thing in things[start : start + limit]]
        path = request.url.path.removeprefix(self.prefix)
        links = {"base": self.origin + self.prefix, "context": "/wiki"}
        links["self"] = links["base"] + path
        if limit and start + limit < len(things):
            query = [(n, v) for n, v in request.query_params.multi_items() if n not in ("start", "limit")]
            links["next"] = f"{path}?{urlencode([*query, ('limit', limit), ('start', start + limit)])}"
        answer = {"results": shown, "start": start, "limit": limit, "size": len(shown), "_links": links}
        if request.query_params.get("shouldReturnTotalSize") == "true":
            answer["totalSize"] = len(things)
        return answer

    # -- shapes --------------------------------------------------------------------------------------------------------

    def space(self, space: Space) -> dict[str, Any]:
        return {
            "id": space.id,
            "key": space.key,
            "name": space.name,
            "type": space.type,
            "status": space.status,
            "_expandable": {"settings": f"/rest/api/space/{space.key}/settings", "permissions": ""},
            "_links": {
                "webui": f"/spaces/{space.key}",
                "self": f"{self.url}/rest/api/space/{space.key}",
            },
        }

    def user_shape(self, id_: str | None) -> dict[str, Any]:
        account = self.store.accounts.get(id_) if id_ else None
        if account is None:
            return (
                {"type": "anonymous", "displayName": "Anonymous"}
                if id_ is None
                else {"type": "unknown", "accountId": id_}
            )
        return {
            "type": "known",
            "accountId": account.id,
            "accountType": "app" if account.kind == "app" else "atlassian",
            "email": account.mail if account.kind != "app" else "",
            "publicName": account.name,
            "profilePicture": {
                "path": "/wiki/aa-avatar/default",
                "width": 48,
                "height": 48,
                "isDefault": True,
            },
            "displayName": account.name,
            "timeZone": self.zone.key,
            "isExternalCollaborator": account.kind == "guest",
            "_expandable": {"operations": "", "personalSpace": ""},
            "_links": {"self": f"{self.url}/rest/api/user?accountId={account.id}"},
        }

    def _group(self, group: Any) -> dict[str, Any]:
        return {
            "type": "group",
            "name": group.name,
            "id": group.id,
            "_links": {"self": f"{self.url}/rest/api/group/by-id?id={group.id}"},
        }

    def time(self, moment: datetime) -> str:
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_CODES = {
    400: "INVALID_REQUEST_PARAMETER",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise HTTPException(400, f"{text} is not a date.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
