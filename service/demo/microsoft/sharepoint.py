"""A fake of the SharePoint routes a collector needs: comments and likes of pages. It refuses tokens gained by a secret."""

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.demo.microsoft.protected import Protected, by_order, held
from service.demo.microsoft.shapes import moment
from service.demo.microsoft.things import Comment, Item, Site
from service.demo.serving import Answer, dump

_ITEM = re.compile(
    r"(?:/(?:sites|personal)/(?P<path>[^/]+))?/_api/web/lists\(guid'(?P<list>[0-9a-f-]+)'\)"
    r"/(?:items|getitembyid)\((?P<item>\d+)\)/(?P<what>comments|likedbyinformation)"
    r"(?:\((?P<comment>\d+)\)/(?P<below>replies|likedby))?",
    re.IGNORECASE,
)


class SharePoint(Protected):
    """`likers` says whether an app is told who likes; if not, only counts are shown."""

    resource = "sharepoint"
    likers = True

    def routes(self) -> list[Route]:
        return [self.reads("/{rest:path}", self._item)]

    def error(self, status: int, message: str) -> bytes:
        return dump(
            {
                "odata.error": {
                    "code": f"-2147024891, {message}",
                    "message": {"lang": "en-US", "value": message},
                }
            }
        )

    def _item(self, request: Request) -> Answer:
        match = _ITEM.fullmatch(request.url.path)
        if match is None:
            raise HTTPException(404, "ResourceNotFound")
        site = next((site for site in self.tenant.sites.values() if site.path == (match["path"] or "")), None)
        item = self._readable(request, site, match["list"].lower(), int(match["item"]))
        if match["what"].lower() == "likedbyinformation":
            return self._shown(request, self._likes(item, request))
        comments = list(item.comments.values())
        if match["comment"] is None:
            return self._shown(
                request, self._comments(request, item, [made for made in comments if not made.parent])
            )
        comment = item.comments.get(int(match["comment"]))
        if comment is None:
            raise HTTPException(404, "ItemNotFound")
        if match["below"].lower() == "likedby":
            return self._shown(request, {"value": self._likers(comment.likes)})
        replies = [made for made in comments if made.parent == comment.id]
        return self._shown(request, self._comments(request, item, replies))

    def _readable(self, request: Request, site: Site | None, list_: str, number: int) -> Item:
        if site is None or site.refusal == 404:
            raise HTTPException(404, "FileNotFound")
        full = held(request) & {"Sites.Read.All", "Sites.FullControl.All"}
        if site.refusal is not None or not (full or ("Sites.Selected" in held(request) and site.granted)):
            raise HTTPException(403, "AccessDenied")
        made = self.tenant.lists.get(list_)
        item = made.items.get(number) if made and made.site == site.id else None
        if item is None or item.deleted:
            raise HTTPException(404, "ItemNotFound")
        return item

    def _comments(self, request: Request, item: Item, comments: list[Comment]) -> dict[str, Any]:
        expand = set(request.query_params.get("$expand", "").replace(" ", "").split(",")) - {""}
        placed = by_order(_Comment(comment) for comment in comments)
        answer = self.page(
            request, placed, lambda one: self._comment(item, one.comment, expand), size=20, most=1000
        )
        if "@odata.nextLink" in answer:
            answer["odata.nextLink"] = answer.pop("@odata.nextLink")
        return answer

    def link(self, request: Request, query: dict[str, str]) -> str:
        """The next link repeats the expansion, which the token does not hold."""
        expand = request.query_params.get("$expand")
        return super().link(request, {**query, **({"$expand": expand} if expand else {})})

    def _comment(self, item: Item, comment: Comment, expand: set[str]) -> dict[str, Any]:
        replies = [made for made in item.comments.values() if made.parent == comment.id]
        shape: dict[str, Any] = {
            "author": {**self._person(comment.by), "isActive": True, "isExternal": False, "principalType": 1},
            "createdDate": moment(comment.when),
            "id": str(comment.id),
            "isLikedByUser": False,
            "isReply": comment.parent is not None,
            "itemId": item.number,
            "likeCount": len(comment.likes),
            "listId": item.list_id,
            "mentions": None,
            "parentId": str(comment.parent or 0),
            "replyCount": len(replies),
            "text": "Gute Idee",
        }
        if "likedBy" in expand:
            shape["likedBy"] = self._likers(comment.likes)
        if "replies" in expand:
            below = {name.removeprefix("replies/") for name in expand if name.startswith("replies/")}
            shape["replies"] = [self._comment(item, reply, below) for reply in replies]
        return shape

    def _likes(self, item: Item, request: Request) -> dict[str, Any]:
        shape: dict[str, Any] = {"isLikedByUser": False, "likeCount": str(len(item.likes))}
        if "likedby" in request.query_params.get("$expand", "").lower():
            shape["likedBy"] = self._likers(item.likes)
        return shape

    def _likers(self, likes: dict[str, Any]) -> list[dict[str, Any]]:
        if not self.likers:
            return []
        shown = []
        for user, when in likes.items():
            dated = {"creationDate": moment(when)} if self.tenant.likes_dated else {}
            shown.append({**dated, **self._person(user)})
        return shown

    def _person(self, user: str) -> dict[str, Any]:
        known = self.tenant.users[user]
        return {
            "email": known.mail,
            "id": known.order,
            "loginName": f"i:0#.f|membership|{known.upn.lower()}",
            "name": known.name,
        }

    @staticmethod
    def _shown(request: Request, body: dict[str, Any]) -> Answer:
        if "application/json" not in request.headers.get("accept", ""):
            # Without the header SharePoint answers with an Atom feed.
            return Response(b"<feed xmlns='http://www.w3.org/2005/Atom'/>", media_type="application/atom+xml")
        return body


class _Comment:
    def __init__(self, comment: Comment) -> None:
        self.comment, self.order = comment, comment.id
