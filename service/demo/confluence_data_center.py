"""A fake Confluence Data Center: REST v1 under a context path, over a store that may change while it runs."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from service.demo.rest_v1 import RestV1, expansions
from service.demo.serving import Answer, Ordered, dump, listing, whole
from service.demo.store import Account, Item, Space, Store


class DataCenter(RestV1):
    """`context` is the path the product is installed under (empty or beginning with a slash).

    `zone` is the server's time zone: dates are shown in it and CQL literals are read in it. `cap` and `cap_expanded` are
    the most items a page holds without and with `expand`, whatever `limit` asks for. `versions` names the route that
    lists versions: `content`, `experimental`, both or none. Without `analytics`, `likes` or `permissions` the routes in
    question answer 404, as on a server where that app or release is missing; `admin` False answers 403 on
    permissions, groups and audit.
    """

    def __init__(
        self,
        store: Store,
        *,
        context: str = "/confluence",
        zone: str = "Europe/Berlin",
        cap: int = 200,
        cap_expanded: int = 100,
        versions: Iterable[str] = ("content", "experimental"),
        analytics: bool = True,
        likes: bool = True,
        like_counts: bool = True,
        permissions: bool = True,
        admin: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(store, **common)
        self.prefix = context
        self.zone = ZoneInfo(zone)
        self.cap, self.cap_expanded = cap, cap_expanded
        self.versions = frozenset(versions)
        self.analytics, self.likes, self.like_counts = analytics, likes, like_counts
        self.permissions, self.admin = permissions, admin

    def routes(self) -> list[Route]:
        api = "/rest/api"
        content = api + "/content/{id:int}"
        routes = [
            self.get(api + "/space", self._spaces),
            self.get(api + "/space/{key}", self._space_detail),
            self.get(api + "/space/{key}/permission", self._space_permissions),
            self.get(api + "/space/{key}/permissions", self._space_permissions),
            self.get(api + "/content", self._contents),
            self.get(api + "/content/search", self._content_search),
            self.get(api + "/search", self._search),
            self.get(content, self._one),
            self.get(content + "/history", self._history_of),
            self.get(content + "/child/comment", self._comments),
            self.get("/rest/likes/1.0/content/{id:int}/likes", self._likes),
            self.get("/rest/confanalytics/1.0/content/viewsByDate", self._views),
            self.get(api + "/group", self._groups),
            self.get(api + "/group/{name:path}/member", self._members),
            self.get(api + "/user", self._user_detail),
            self.get(api + "/user/current", self._current),
            self.get(api + "/user/memberof", self._member_of),
            self.get(api + "/audit", self._audit),
        ]
        if "content" in self.versions:
            routes.append(self.get(content + "/version", self._versions))
        if "experimental" in self.versions:
            routes.append(self.get("/rest/experimental/content/{id:int}/version", self._versions))
        return routes

    def error(self, status: int, message: str) -> bytes:
        return dump({"statusCode": status, "data": {"authorized": status != 403}, "message": message})

    # -- spaces --------------------------------------------------------------------------------------------------------

    def _spaces(self, request: Request) -> Answer:
        keys = set(request.query_params.getlist("spaceKey"))
        type_, status = request.query_params.get("type"), request.query_params.get("status")
        spaces = [
            space
            for space in sorted(self.store.spaces.values(), key=lambda space: space.key)
            if space.listed
            and (not keys or space.key in keys)
            and (type_ is None or space.type == type_.lower())
            and (status is None or space.status == status.lower())
        ]
        return self._page(request, spaces, lambda space: dump(self.space(space)))

    def _space_detail(self, request: Request) -> Answer:
        space = self._space_of(request)
        detail = self.space(space)
        if "permissions" in request.query_params.get("expand", ""):
            detail["permissions"] = [
                {
                    "operation": {"operation": right.operation, "targetType": right.target},
                    "subjects": {
                        right.principal_type: {
                            "results": [
                                self.user_shape(right.principal)
                                if right.principal_type == "user"
                                else self._group(right.principal)
                            ],
                            "size": 1,
                        }
                    },
                    "anonymousAccess": False,
                    "unlicensedAccess": False,
                }
                for right in space.permissions
            ]
        return detail

    def _space_permissions(self, request: Request) -> Answer:
        """As in releases from 9.1: a bare array, users by key, groups by name (see CONFSERVER-100505)."""
        if not self.permissions:
            raise HTTPException(404, "null for uri")
        space = self._space_of(request)
        self._admin_only()
        return [
            {
                "operation": {"targetType": right.target, "operationKey": right.operation},
                "subject": {"type": "user", "userKey": right.principal}
                if right.principal_type == "user"
                else {"type": "group", "name": self.store.groups[right.principal].name},
                "spaceKey": space.key,
                "spaceId": space.id,
            }
            for right in space.permissions
        ]

    def _space_of(self, request: Request) -> Space:
        return self._readable_space(request.path_params["key"])

    def _readable_space(self, key: str) -> Space:
        space = self.store.spaces.get(key)
        if space is None:
            raise HTTPException(404, f"No space with key : {key}")
        if space.refusal is not None:
            raise HTTPException(space.refusal, "You are not permitted to perform this operation.")
        return space

    # -- contents ------------------------------------------------------------------------------------------------------

    def _contents(self, request: Request) -> Answer:
        query = request.query_params
        type_, status, key = query.get("type", "page"), query.get("status", "current"), query.get("spaceKey")
        if key is not None:
            key = self._readable_space(key).key
        if type_ not in ("page", "blogpost", "comment"):
            raise HTTPException(400, f"Unsupported content type: {type_}")

        def select() -> Sequence[Item]:
            return [
                item
                for item in self.store.items.values()
                if item.type == type_
                and (key is None or item.space == key)
                and self.store.readable(item)
                and (status == "any" or self.store.standing(item) == status)
            ]

        found = self.found(("content", type_, status, key), select, lambda item: (0.0, item.id))
        return self._page(request, found, self._fragment(request))

    def _content_search(self, request: Request) -> Answer:
        found, descends, _ = self.matching(request)
        more = {"totalSize": len(found.things)}
        return self._page(request, found, self._fragment(request), more, descends)

    def _search(self, request: Request) -> Answer:
        found, descends, text = self.matching(request)
        shape = self.content_expansions(request)

        def hit(item: Item) -> bytes:
            rest = {
                "title": item.title,
                "excerpt": "",
                "url": self.webui(item),
                "resultGlobalContainer": {
                    "title": self.store.spaces[item.space].name,
                    "displayUrl": f"/display/{item.space}",
                },
                "entityType": "content",
                "iconCssClass": f"icon-{item.type}",
                "lastModified": self.time(item.modified),
                "friendlyLastModified": item.modified.date().isoformat(),
                "timestamp": int(item.modified.timestamp() * 1000),
            }
            return b'{"content":' + self.fragments.of(item, shape) + b"," + dump(rest)[1:]

        more = {"totalSize": len(found.things), "cqlQuery": text, "searchDuration": 1}
        return self._page(request, found, hit, more, descends)

    def _one(self, request: Request) -> Answer:
        item = self._item(request)
        query = request.query_params
        expand = query.get("expand", "history,space,version,ancestors")
        number = whole(request, "version", len(item.versions), 1)
        status = query.get("status", "current")
        statuses = set(status.split(",")) | set(query.getlist("status"))
        if number > len(item.versions):
            raise HTTPException(404, f"No content found with id : ContentId{{id={item.id}}}")
        standing = self.store.standing(item)
        if not statuses & {standing, "any", "historical"} or (
            standing == "trashed" and not statuses & {"trashed", "any"}
        ):
            raise HTTPException(404, f"No content found with id : ContentId{{id={item.id}}}")
        if number == len(item.versions):
            return self.fragments.of(item, expansions(expand))
        return self.content(item, expansions(expand), number)

    def _history_of(self, request: Request) -> Answer:
        item = self._item(request)
        return self.history(item, len(item.versions)) | {
            "lastUpdated": self.version(item, len(item.versions))
        }

    def _versions(self, request: Request) -> Answer:
        item = self._item(request)
        numbers = range(len(item.versions), 0, -1)
        return self._page(request, numbers, lambda number: dump(self.version(item, number)))

    def _comments(self, request: Request) -> Answer:
        item = self._item(request)
        locations = request.query_params.getlist("location")
        deep = request.query_params.get("depth", "") == "all"
        items = [
            comment
            for comment in (
                self.store.items[id_] for id_ in self.store.comments.get(item.container or item.id, ())
            )
            if self.store.standing(comment) == "current"
            and (deep or comment.parent == (item.id if item.type == "comment" else None))
            and (
                not locations
                or comment.location in locations
                or (comment.resolved and "resolved" in locations)
            )
        ]
        return self._page(request, items, self._fragment(request))

    def _likes(self, request: Request) -> Answer:
        if not self.likes:
            raise HTTPException(404, "null for uri")
        item = self._item(request)
        return {
            "likes": [
                {
                    "user": {
                        "name": account.username,
                        "fullName": account.name,
                        "avatarUrl": "/images/default.png",
                    }
                }
                for account in (self.store.accounts[id_] for id_ in item.likes if id_ in self.store.accounts)
            ],
            "content_type": item.type,
            "content_id": str(item.id),
        }

    def _views(self, request: Request) -> Answer:
        """Totals per period of the bundled Analytics app; all views lie on the day the content was created."""
        if not self.analytics:
            raise HTTPException(404, "null for uri")
        item = self._readable(whole(request, "contentId", 0))
        viewers = request.query_params.get("type") in ("unique", "viewers")
        total = item.viewers if viewers else item.views
        day = item.created.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        since, until = (_instant(request.query_params.get(name)) for name in ("fromDate", "toDate"))
        within = (since is None or day + timedelta(days=1) > since) and (until is None or day < until)
        return {"viewsByDate": [{"date": self.time(day), "total": total}] if total and within else []}

    def _item(self, request: Request) -> Item:
        return self._readable(request.path_params["id"])

    def _readable(self, id_: int) -> Item:
        item = self.store.items.get(id_)
        if item is None:
            raise HTTPException(404, f"No content found with id : ContentId{{id={id_}}}")
        refusal = self.store.spaces[item.space].refusal
        if refusal is not None:
            raise HTTPException(refusal, f"No content found with id : ContentId{{id={id_}}}")
        return item

    # -- people --------------------------------------------------------------------------------------------------------

    def _groups(self, request: Request) -> Answer:
        groups = sorted(self.store.groups.values(), key=lambda group: group.name)
        return self._page(request, groups, lambda group: dump(self._group(group.id)))

    def _members(self, request: Request) -> Answer:
        group = self.store.group_by_name(request.path_params["name"])
        if group is None:
            raise HTTPException(404, "Group not found")
        status = "status" in request.query_params.get("expand", "")
        return self._page(request, group.members, lambda id_: dump(self.user_shape(id_, status)))

    def _user_detail(self, request: Request) -> Answer:
        key, name = request.query_params.get("key"), request.query_params.get("username")
        for account in self.store.accounts.values():
            if account.id == key or (key is None and account.username == name):
                return self.user_shape(account.id, "status" in request.query_params.get("expand", ""))
        raise HTTPException(404, "No user found with the given key or name")

    def _current(self, request: Request) -> Answer:
        return self.user_shape(self.reader)

    def _member_of(self, request: Request) -> Answer:
        account = self._user_detail(request)["userKey"]
        groups = [group for group in self.store.groups.values() if account in group.members]
        return self._page(request, groups, lambda group: dump(self._group(group.id)))

    def _audit(self, request: Request) -> Answer:
        self._admin_only()
        return self._page(request, (), dump)

    def _admin_only(self) -> None:
        if not self.admin:
            raise HTTPException(403, "Only Confluence administrators may do this.")

    # -- shapes --------------------------------------------------------------------------------------------------------

    def _page(
        self,
        request: Request,
        things: Sequence[Any] | Ordered,
        render: Callable[[Any], bytes],
        more: dict[str, Any] | None = None,
        descends: bool = False,
    ) -> bytes:
        start, asked = whole(request, "start", 0), whole(request, "limit", 25)
        limit = min(asked, self.cap_expanded if request.query_params.get("expand") else self.cap)
        ordered = things if isinstance(things, Ordered) else Ordered([], list(things))
        results = [render(thing) for thing in ordered.page(start, limit, descends)]
        path = request.url.path.removeprefix(self.prefix)
        query = [
            (name, value)
            for name, value in request.query_params.multi_items()
            if name not in ("start", "limit")
        ]
        links = {"self": self.url + path + ("?" + urlencode(query) if query else "")}
        if limit and start + limit < len(ordered.things):
            # The real server leaves the context path out of `next`; `base` and `context` hold it.
            links["next"] = f"{path}?{urlencode([*query, ('limit', limit), ('start', start + limit)])}"
        links |= {"base": self.url, "context": self.prefix}
        rest = {"start": start, "limit": limit, "size": len(results), **(more or {}), "_links": links}
        return listing(results, rest)

    def _fragment(self, request: Request) -> Callable[[Item], bytes]:
        shape = expansions(request.query_params.get("expand", ""))
        return lambda item: self.fragments.of(item, shape)

    def space(self, space: Space) -> dict[str, Any]:
        return {
            "id": space.id,
            "key": space.key,
            "name": space.name,
            "status": space.status.upper(),
            "type": space.type,
            "_links": {
                "webui": f"/display/{quote(space.key)}",
                "self": f"{self.url}/rest/api/space/{quote(space.key)}",
            },
            "_expandable": {
                "metadata": "",
                "icon": "",
                "description": "",
                "homepage": "",
                "permissions": "",
            },
        }

    _anonymous: ClassVar[dict[str, Any]] = {"type": "anonymous", "displayName": "Anonymous"}

    def user_shape(self, id_: str | None, status: bool = False) -> dict[str, Any]:
        account: Account | None = self.store.accounts.get(id_) if id_ else None
        if account is None:
            return self._anonymous if id_ is None else {"type": "unknown", "userKey": id_, "displayName": ""}
        user: dict[str, Any] = {
            "type": "known",
            "username": account.username,
            "userKey": account.id,
            "profilePicture": {
                "path": f"{self.prefix}/images/icons/profilepics/default.svg",
                "width": 48,
                "height": 48,
                "isDefault": True,
            },
            "displayName": account.name,
            "_links": {"self": f"{self.url}/rest/api/user?key={account.id}"},
            "_expandable": {"status": ""},
        }
        if status:
            user["status"] = "current" if account.active else "deactivated"
            user["_expandable"] = {}
        return user

    def _group(self, id_: str) -> dict[str, Any]:
        name = self.store.groups[id_].name
        return {
            "type": "group",
            "name": name,
            "_links": {"self": f"{self.url}/rest/api/group/{quote(name, safe='')}"},
        }

    def time(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat(timespec="milliseconds")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise HTTPException(400, f"{text} is not a date.") from error
