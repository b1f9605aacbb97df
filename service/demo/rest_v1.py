"""REST v1 as Data Center and Cloud share it: the shape of a content item, and the search by CQL."""

from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request

from service.demo import cql
from service.demo.serving import Fragments, Ordered, Server
from service.demo.store import Item, Space, Store, Version

_EXPANDABLE = ("space", "history", "version", "ancestors", "container", "metadata", "extensions", "body")


class RestV1(Server):
    """A server that shows contents in the shape of REST v1; how people, spaces and times look is left to the flavour.

    With `replies_nested` a reply shows the comment it answers as its container and no ancestors, as recorded from
    Cloud; else its container is the page and its ancestors are the comments above it.
    """

    zone: ZoneInfo
    like_counts = True
    replies_nested = False

    def __init__(self, store: Store, **common: Any) -> None:
        super().__init__(store, **common)
        self.fragments = Fragments(store, self.content)

    def user_shape(self, id_: str | None) -> dict[str, Any]:
        raise NotImplementedError

    def space(self, space: Space) -> dict[str, Any]:
        raise NotImplementedError

    def time(self, moment: datetime) -> str:
        raise NotImplementedError

    def matching(self, request: Request) -> tuple[Ordered, bool, str]:
        """What the CQL of the request finds in its order, whether that descends, and the query."""
        text = request.query_params.get("cql", "")
        archived = request.query_params.get("includeArchivedSpaces", "false").lower() == "true"
        try:
            query = cql.parse(text, self.store, self.zone)
        except cql.Unparsable as error:
            raise HTTPException(400, f"Could not parse cql : {error}") from error

        def select() -> list[Item]:
            spaces = self.store.spaces
            return [
                item
                for item in self.store.items.values()
                if query.matches(item)
                and self.store.readable(item)
                and self.store.standing(item) == "current"
                and (archived or spaces[item.space].status == "current")
            ]

        return self.found(("cql", text, archived), select, query.sort_key), query.order[1], text

    def content_expansions(self, request: Request) -> str:
        """The expansions a search hit's content gets: those named `content.…`."""
        wanted = request.query_params.get("expand", "").split(",")
        return expansions(",".join(part[8:] for part in wanted if part.startswith("content.")))

    def content(self, item: Item, shape: str, number: int | None = None) -> dict[str, Any]:
        expand = set(shape.split(","))
        number = number or len(item.versions)
        historical = number < len(item.versions)
        content: dict[str, Any] = {
            "id": str(item.id),
            "type": item.type,
            "status": "historical" if historical else self.store.standing(item),
            "title": item.title,
        }
        expandable = {part: "" for part in _EXPANDABLE if part not in expand}
        if "space" in expand:
            content["space"] = self.space(self.store.spaces[item.space])
        if "history" in expand:
            content["history"] = self.history(item, number)
            if "history.lastUpdated" in expand:
                content["history"]["lastUpdated"] = self.version(item, len(item.versions))
        if "version" in expand:
            content["version"] = self.version(item, number)
        if "ancestors" in expand:
            content["ancestors"] = self._ancestors(item)
        if "container" in expand:
            content["container"] = self._container(item)
        if "metadata" in expand:
            content["metadata"] = {"_expandable": {"currentuser": "", "properties": "", "likes": ""}}
            if "metadata.likes" in expand and self.like_counts:
                content["metadata"] = {"likes": {"count": len(item.likes)}, "_expandable": {"properties": ""}}
        if item.type == "comment":
            content["extensions"] = self._extensions(item, expand)
            expandable.pop("extensions", None)
        elif "extensions" in expand:
            content["extensions"] = {"position": "none"}
        if "body" in expand:
            content["body"] = {
                "storage": {"value": "<p>Synthetischer Text.</p>", "representation": "storage"},
                "_expandable": {"editor": "", "view": "", "export_view": "", "anonymous_export_view": ""},
            }
        content["_links"] = {
            "webui": self.webui(item),
            "tinyui": f"/x/{item.id:x}",
            "self": f"{self.url}/rest/api/content/{item.id}",
        }
        content["_expandable"] = expandable
        return content

    def _container(self, item: Item) -> dict[str, Any]:
        holder = item.parent if item.type == "comment" and self.replies_nested else None
        holder = holder or item.container
        if holder is None:
            return self.space(self.store.spaces[item.space])
        return self.content(self.store.items[holder], "")

    def _ancestors(self, item: Item) -> list[dict[str, Any]]:
        above: list[dict[str, Any]] = []
        if item.type == "comment" and self.replies_nested:
            return above
        parent = item.parent
        while parent is not None and parent in self.store.items:
            ancestor = self.store.items[parent]
            above.insert(0, self.content(ancestor, ""))
            parent = ancestor.parent
        return above

    def _extensions(self, item: Item, expand: set[str]) -> dict[str, Any]:
        extensions: dict[str, Any] = {"location": item.location, "_expandable": {}}
        if item.location == "inline":
            if "extensions.inlineProperties" in expand:
                extensions["inlineProperties"] = {
                    "originalSelection": "",
                    "markerRef": f"00000000-0000-4000-8000-{item.id:012x}",
                }
            else:
                extensions["_expandable"]["inlineProperties"] = ""
            if "extensions.resolution" in expand:
                extensions["resolution"] = {"status": "resolved" if item.resolved else "open"}
            else:
                extensions["_expandable"]["resolution"] = ""
        return extensions

    def history(self, item: Item, number: int) -> dict[str, Any]:
        history: dict[str, Any] = {
            "latest": number == len(item.versions),
            "createdDate": self.time(item.created),
            "_links": {"self": f"{self.url}/rest/api/content/{item.id}/history"},
            "_expandable": {"lastUpdated": "", "previousVersion": "", "contributors": "", "nextVersion": ""},
        }
        if item.versions[0].by is not None:
            history["createdBy"] = self.user_shape(item.versions[0].by)
        return history

    def version(self, item: Item, number: int) -> dict[str, Any]:
        version: Version = item.versions[number - 1]
        shown: dict[str, Any] = {
            "when": self.time(version.when),
            "message": "",
            "number": number,
            "minorEdit": version.minor,
            "hidden": False,
            "_links": {"self": f"{self.url}/rest/experimental/content/{item.id}/version/{number}"},
            "_expandable": {"content": f"/rest/api/content/{item.id}"},
        }
        if version.by is not None:
            shown["by"] = self.user_shape(version.by)
        return shown

    def webui(self, item: Item) -> str:
        if item.type == "comment":
            return (
                f"/pages/viewpage.action?pageId={item.container}&focusedCommentId={item.id}#comment-{item.id}"
            )
        return f"/display/{quote(item.space)}/{item.id}"


def expansions(expand: str) -> str:
    """The expansions in one order, each with its parents: `history.lastUpdated` also expands `history`."""
    parts: set[str] = set()
    for wanted in expand.split(","):
        steps = wanted.strip().split(".")
        parts.update(".".join(steps[: depth + 1]) for depth in range(len(steps)))
    return ",".join(sorted(parts - {""}))
