"""REST v2 of Confluence Cloud: lists with opaque cursors, one resource per kind of content."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.demo.rest_v1 import RestV1
from service.demo.serving import Answer, Fragments, Ordered, SortKey, dump, listing, whole
from service.demo.store import Item, Location, Space, Store, Version

MOST = 250
_NOUNS: tuple[tuple[str, str, Location | None], ...] = (
    ("pages", "page", None),
    ("blogposts", "blogpost", None),
    ("footer-comments", "comment", "footer"),
    ("inline-comments", "comment", "inline"),
)
_SORTS: dict[str, SortKey] = {
    "id": lambda item: (0.0, item.id),
    "created-date": lambda item: (item.created.timestamp(), item.id),
    "modified-date": lambda item: (item.modified.timestamp(), item.id),
}
_VERSION_SORTS: dict[str, SortKey] = {"modified-date": lambda numbered: (0.0, numbered[0])}
_STEADY: dict[str, SortKey] = {"id": lambda numbered: (0.0, numbered[0])}


class RestV2(RestV1):
    """With `replies_listed` the site-wide comment lists hold replies too, else root comments only."""

    replies_listed: bool
    admin: bool

    def __init__(self, store: Store, **common: Any) -> None:
        super().__init__(store, **common)
        self._v2 = Fragments(store, self._item_v2)

    def routes(self) -> list[Route]:
        v2 = "/api/v2"
        space = v2 + "/spaces/{id:int}"
        routes = [
            self.get(v2 + "/spaces", self._spaces),
            self.get(space, lambda request: self._space_v2(self._space_of(request))),
            self.get(space + "/permissions", self._space_permissions),
            self.get(space + "/role-assignments", self._role_assignments),
            self.get(v2 + "/attachments", lambda request: self._listed(request, _by(()), dump, _SORTS)),
            self.post(v2 + "/users-bulk", self._users_bulk),
        ]
        for noun, kind, location in _NOUNS:
            routes += self._noun(v2, noun, kind, location)
        return routes

    def admin_only(self) -> None:
        if not self.admin:
            raise HTTPException(403, "The account may not do this")

    def readable_item(self, id_: int) -> Item:
        item = self.store.items.get(id_)
        if item is None:
            raise HTTPException(404, "No content found with this id")
        refusal = self.store.spaces[item.space].refusal
        if refusal is not None:
            raise HTTPException(refusal, "No permission to view this content")
        return item

    def _noun(self, v2: str, noun: str, kind: str, location: Location | None) -> list[Route]:
        def one(request: Request) -> Item:
            item = self.readable_item(request.path_params["id"])
            if item.type != kind or item.location != location:
                raise HTTPException(404, f"No {kind} found with this id")
            return item

        single = f"{v2}/{noun}/{{id:int}}"
        routes = [
            self.get(f"{v2}/{noun}", lambda request: self._list(request, kind, location, None)),
            self.get(single, lambda request: self._single(request, one(request))),
            self.get(f"{single}/versions", lambda request: self._versions(request, one(request))),
            self.get(f"{single}/likes/count", lambda request: {"count": len(one(request).likes)}),
            self.get(f"{single}/likes/users", lambda request: self._likers(request, one(request))),
        ]
        if kind == "comment":
            return [
                *routes,
                self.get(f"{single}/children", lambda request: self._children(request, one(request))),
            ]
        return [
            *routes,
            self.get(
                f"{v2}/spaces/{{id:int}}/{noun}",
                lambda request: self._list(request, kind, None, self._space_of(request)),
            ),
            self.get(
                f"{single}/footer-comments", lambda request: self._roots(request, one(request), "footer")
            ),
            self.get(
                f"{single}/inline-comments", lambda request: self._roots(request, one(request), "inline")
            ),
        ]

    # -- contents ------------------------------------------------------------------------------------------------------

    def _list(self, request: Request, kind: str, location: Location | None, space: Space | None) -> Answer:
        ids, spaces = _many(request, "id"), _many(request, "space-id")
        statuses = _many(request, "status") or {"current", "archived"}

        def select() -> Sequence[Item]:
            return [
                item
                for item in self.store.items.values()
                if item.type == kind
                and item.location == location
                and self.store.readable(item)
                and self.store.standing(item) in statuses
                and (space is None or item.space == space.key)
                and (not spaces or str(self.store.spaces[item.space].id) in spaces)
                and (not ids or str(item.id) in ids)
                and (self.replies_listed or item.parent is None or kind != "comment")
            ]

        narrowed = tuple(map(frozenset, (ids, spaces, statuses)))

        def ordered(name: str, sort: SortKey) -> Ordered:
            key = ("v2", kind, location, space and space.key, narrowed, name)
            return self.found(key, select, sort)

        return self._listed(request, ordered, lambda item: self._v2.of(item, ""), _SORTS)

    def _single(self, request: Request, item: Item) -> Answer:
        if self.store.standing(item) not in (_many(request, "status") or {"current", "archived"}):
            raise HTTPException(404, "No content found with this id")
        return self._v2.of(item, "")

    def _versions(self, request: Request, item: Item) -> Answer:
        entity = {item.type: self._entity(item)}

        def render(numbered: tuple[int, Version]) -> bytes:
            return dump(self._version_v2(*numbered) | entity)

        numbered = list(enumerate(item.versions, start=1))
        return self._listed(request, _by(numbered), render, _VERSION_SORTS, "-modified-date")

    def _entity(self, item: Item) -> dict[str, Any]:
        return {"id": str(item.id), "title": item.title}

    def _likers(self, request: Request, item: Item) -> Answer:
        numbered = list(enumerate(item.likes))
        return self._listed(request, _by(numbered), lambda one: dump({"accountId": one[1]}), _STEADY, least=0)

    def _children(self, request: Request, comment: Item) -> Answer:
        replies = [item for item in self._below(comment.container or 0) if item.parent == comment.id]
        return self._listed(request, _by(replies), lambda item: self._v2.of(item, "child"), _SORTS)

    def _roots(self, request: Request, item: Item, place: Location) -> Answer:
        roots = [c for c in self._below(item.id) if c.parent is None and c.location == place]
        return self._listed(request, _by(roots), lambda comment: self._v2.of(comment, ""), _SORTS)

    def _below(self, container: int) -> list[Item]:
        comments = (self.store.items[id_] for id_ in self.store.comments.get(container, ()))
        return [comment for comment in comments if self.store.standing(comment) == "current"]

    # -- spaces and people ---------------------------------------------------------------------------------------------

    def _spaces(self, request: Request) -> Answer:
        query = request.query_params
        ids, keys = _many(request, "ids"), _many(request, "keys")
        spaces = [
            space
            for space in self.store.spaces.values()
            if space.listed
            and (not ids or str(space.id) in ids)
            and (not keys or space.key in keys)
            and query.get("type") in (None, space.type)
            and query.get("status") in (None, space.status)
        ]
        return self._listed(
            request, _by(spaces), lambda space: dump(self._space_v2(space)), {"id": _SORTS["id"]}
        )

    def _space_of(self, request: Request) -> Space:
        space = self.store.space_by_id(request.path_params["id"])
        if space is None:
            raise HTTPException(404, "No space found with this id")
        if space.refusal is not None:
            raise HTTPException(space.refusal, "No permission to view this space")
        return space

    def _space_permissions(self, request: Request) -> Answer:
        space = self._space_of(request)
        self.admin_only()
        assignments = [
            (
                number,
                {
                    "id": f"{space.id}-{number}",
                    "principal": {"type": right.principal_type, "id": right.principal},
                    "operation": {"key": right.operation, "targetType": right.target},
                },
            )
            for number, right in enumerate(space.permissions)
        ]
        return self._listed(request, _by(assignments), lambda numbered: dump(numbered[1]), _STEADY)

    def _role_assignments(self, request: Request) -> Answer:
        space = self._space_of(request)
        self.admin_only()
        roles: dict[tuple[str, str], str] = {}
        for right in space.permissions:
            principal = (right.principal_type.upper(), right.principal)
            if right.operation == "administer":
                roles[principal] = "role-admin"
            elif right.operation == "create" and roles.get(principal) != "role-admin":
                roles[principal] = "role-collaborator"
            else:
                roles.setdefault(principal, "role-viewer")
        assignments = [
            (number, {"principal": {"principalType": kind, "principalId": id_}, "roleId": role})
            for number, ((kind, id_), role) in enumerate(roles.items())
        ]
        return self._listed(request, _by(assignments), lambda numbered: dump(numbered[1]), _STEADY)

    def _users_bulk(self, request: Request) -> Answer:
        asked = _json(request).get("accountIds", [])
        if not asked or len(asked) > MOST:
            raise HTTPException(400, f"accountIds must hold 1 to {MOST} ids.")
        accounts = (self.store.accounts[id_] for id_ in asked if id_ in self.store.accounts)
        users = [
            {
                "displayName": account.name,
                "timeZone": self.zone.key,
                "isExternalCollaborator": account.kind == "guest",
                "accountStatus": "active" if account.active else "inactive",
                "accountId": account.id,
                "email": account.mail if account.kind != "app" else "",
                "accountType": "app" if account.kind == "app" else "atlassian",
                "publicName": account.name,
                "profilePicture": {"path": "/wiki/aa-avatar/default", "isDefault": True},
            }
            for account in accounts
        ]
        return {"results": users, "_links": {"base": self.url}}

    # -- paging and shapes ---------------------------------------------------------------------------------------------

    def _listed(
        self,
        request: Request,
        ordered: Callable[[str, SortKey], Ordered],
        render: Callable[[Any], bytes],
        sorts: dict[str, SortKey],
        default: str | None = None,
        *,
        least: int = 1,
    ) -> Response:
        """One page after the cursor, which names the last thing shown: changes elsewhere move nothing in or out."""
        limit = whole(request, "limit", 25, least)
        if limit > MOST:
            raise HTTPException(400, f"limit must be at most {MOST}.")
        text = request.query_params.get("sort") or default or next(iter(sorts))
        name, descends = text.removeprefix("-"), text.startswith("-")
        if name not in sorts:
            raise HTTPException(400, f"{text} is no sort order.")
        things = ordered(name, sorts[name])
        path = request.url.path.removeprefix(self.prefix)
        query = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
        bound = {"of": path + "?" + urlencode(sorted(pair for pair in query if pair[0] != "limit"))}
        start = 0
        if "cursor" in request.query_params:
            last = self.unseal(request.query_params["cursor"], **bound)["after"]
            start = things.after((last[0], last[1]), descends)
        shown = things.page(start, limit, descends)
        base = self.origin + self.prefix
        links, headers = {"base": base}, {}
        if shown and start + limit < len(things.things):
            cursor = self.seal({"after": things.key(start + limit - 1, descends), **bound})
            links["next"] = f"/wiki{path}?{urlencode([*query, ('cursor', cursor)])}"
            headers["Link"] = f'<{links["next"]}>; rel="next", <{base}>; rel="base"'
        body = listing((render(thing) for thing in shown), {"_links": links})
        return Response(body, media_type="application/json", headers=headers)

    def _item_v2(self, item: Item, shape: str) -> dict[str, Any]:
        """`shape` "child": as listed below its parent comment, without what it hangs on."""
        shown: dict[str, Any] = {
            **self._entity(item),
            "status": self.store.standing(item),
            "version": self._version_v2(len(item.versions), item.versions[-1]),
            "body": {},
            "_links": {"webui": self.webui(item)},
        }
        if item.type == "comment":
            if item.container is not None and shape != "child":
                on_page = self.store.items[item.container].type == "page"
                shown["pageId" if on_page else "blogPostId"] = str(item.container)
            if item.parent is not None:
                shown["parentCommentId"] = str(item.parent)
            if item.location == "inline":
                shown["resolutionStatus"] = "resolved" if item.resolved else "open"
                shown["properties"] = {
                    "inlineMarkerRef": f"00000000-0000-4000-8000-{item.id:012x}",
                    "inlineOriginalSelection": "",
                }
            return shown
        shown["spaceId"] = str(self.store.spaces[item.space].id)
        shown["createdAt"] = self.time(item.created)
        if item.versions[0].by is not None:
            shown["authorId"] = item.versions[0].by
        if item.type == "page":
            shown |= {"position": None, "ownerId": item.versions[0].by, "lastOwnerId": None}
            if item.parent is not None:
                shown |= {"parentId": str(item.parent), "parentType": "page"}
        editing = f"/pages/resumedraft.action?draftId={item.id}"
        shown["_links"] |= {"editui": editing, "tinyui": f"/x/{item.id:x}"}
        return shown

    def _version_v2(self, number: int, version: Version) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "number": number,
            "message": "",
            "minorEdit": version.minor,
            "createdAt": self.time(version.when),
        }
        if version.by is not None:
            shown["authorId"] = version.by
        return shown

    def _space_v2(self, space: Space) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": str(space.id),
            "key": space.key,
            "name": space.name,
            "type": space.type,
            "status": space.status,
            "createdAt": self.time(space.created),
            "_links": {"webui": f"/spaces/{space.key}"},
        }
        if space.author is not None:
            shown["authorId"] = space.author
        return shown


def _by(things: Sequence[Any]) -> Callable[[str, SortKey], Ordered]:
    return lambda _, sort: Ordered.by(things, sort)


def _many(request: Request, name: str) -> set[str]:
    """A list parameter, repeated or separated by commas."""
    return {part for text in request.query_params.getlist(name) for part in text.split(",") if part}


def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.state.body)
    except ValueError as error:
        raise HTTPException(400, "The body is no JSON.") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "The body is no JSON object.")
    return body
