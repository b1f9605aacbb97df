"""Graph's sites, lists, pages, drives and their analytics."""

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from service.demo.microsoft.deltas import Deltas
from service.demo.microsoft.protected import Protected, by_order, held, selected
from service.demo.microsoft.shapes import Shapes, root_id
from service.demo.microsoft.things import Item, ListOf, Site
from service.demo.serving import Answer

_SITES = ("Sites.Read.All", "Sites.Selected", "Sites.FullControl.All")
_FILES = ("Files.Read.All", *_SITES)


class SiteCollections:
    def __init__(self, server: Protected, shapes: Shapes, deltas: Deltas) -> None:
        self._server, self._shapes, self._deltas = server, shapes, deltas
        self._tenant = server.tenant

    def routes(self) -> list[Route]:
        reads = self._server.reads
        item = "/sites/{site}/lists/{list}/items/{item}"
        file = "/drives/{drive}/items/{item}"
        return [
            reads("/sites", self._search, *_SITES),
            reads("/sites/getAllSites", self._all, *_SITES),
            reads("/sites/delta", self._sites_delta, *_SITES),
            reads("/sites/{site}", self._site, *_SITES),
            reads("/groups/{group}/sites/root", self._group_site, *_SITES),
            reads("/sites/{site}/lists", self._lists, *_SITES),
            reads("/sites/{site}/lists/{list}", self._list, *_SITES),
            reads("/sites/{site}/lists/{list}/items", self._items, *_SITES),
            reads("/sites/{site}/lists/{list}/items/delta", self._items_delta, *_SITES),
            reads(item + "/versions", self._item_versions, *_SITES),
            reads(item + "/analytics", self._item_analytics, *_SITES),
            reads(item + "/getActivitiesByInterval({arguments})", self._item_activities, *_SITES),
            reads("/sites/{site}/pages", self._pages, *_SITES),
            reads("/sites/{site}/pages/microsoft.graph.sitePage", self._pages, *_SITES),
            reads("/sites/{site}/pages/{page}/microsoft.graph.sitePage", self._page, *_SITES),
            reads("/sites/{site}/drive", self._site_drive, *_FILES),
            reads("/sites/{site}/drives", self._drives, *_FILES),
            reads("/groups/{group}/drive", self._group_drive, *_FILES),
            reads("/drives/{drive}", self._drive, *_FILES),
            reads("/drives/{drive}/root/delta", self._drive_delta, *_FILES),
            reads(file, self._file, *_FILES),
            reads(file + "/versions", self._file_versions, *_FILES),
            reads(file + "/analytics/allTime", self._file_analytics, *_FILES),
            reads(file + "/analytics/lastSevenDays", self._file_analytics, *_FILES),
            reads(file + "/getActivitiesByInterval({arguments})", self._file_activities, *_FILES),
        ]

    # -- finding what the path names -------------------------------------------------------------------------------------

    def _admitted(self, request: Request, site: Site | None) -> Site:
        if site is None:
            raise HTTPException(404, "itemNotFound")
        if site.refusal is not None:
            raise HTTPException(site.refusal, "accessDenied" if site.refusal == 403 else "itemNotFound")
        if not site.granted and not held(request) & {"Sites.Read.All", "Sites.FullControl.All"}:
            raise HTTPException(403, "accessDenied")
        return site

    def _named(self, request: Request) -> Site:
        wanted = request.path_params["site"]
        sites = self._tenant.sites
        if wanted == "root":
            return self._admitted(request, next((site for site in sites.values() if not site.path), None))
        host, _, path = wanted.partition(":")
        if path:
            path = path.strip(":/").removeprefix("sites/").removeprefix("personal/")
            return self._admitted(request, next((site for site in sites.values() if site.path == path), None))
        return self._admitted(request, sites.get(host))

    def _list_named(self, request: Request) -> ListOf:
        site = self._named(request)
        wanted = request.path_params["list"]
        for id_ in site.lists:
            if wanted in {id_, self._tenant.lists[id_].name}:
                return self._tenant.lists[id_]
        raise HTTPException(404, "itemNotFound")

    def _item_named(self, request: Request) -> Item:
        made = self._list_named(request)
        wanted = request.path_params["item"]
        item = made.items.get(int(wanted)) if wanted.isdecimal() else None
        return _present(item)

    def _drive_named(self, request: Request) -> ListOf:
        list_ = self._tenant.drives.get(request.path_params["drive"])
        if list_ is None:
            raise HTTPException(404, "itemNotFound")
        made = self._tenant.lists[list_]
        self._admitted(request, self._tenant.sites[made.site])
        return made

    def _file_named(self, request: Request) -> Item:
        made = self._drive_named(request)
        wanted = request.path_params["item"]
        return _present(next((item for item in made.items.values() if item.drive_id == wanted), None))

    # -- sites -------------------------------------------------------------------------------------------------------------

    def _visible(self) -> list[Site]:
        return by_order(site for site in self._tenant.sites.values() if site.refusal != 404)

    def _all(self, request: Request) -> Answer:
        _enumerates(request)
        return self._server.page(request, self._visible(), self._shapes.site)

    def _search(self, request: Request) -> Answer:
        _enumerates(request)
        if not {"search", "$search", "$filter"} & self._server.asked(request).keys():
            raise HTTPException(400, "invalidRequest")
        sites = [site for site in self._visible() if not site.personal]
        return self._server.page(request, sites, self._shapes.site)

    def _sites_delta(self, request: Request) -> Answer:
        _enumerates(request)

        def row(id_: str, query: dict[str, str], fresh: bool) -> dict[str, Any] | None:
            site = self._tenant.sites[id_]
            if site.refusal == 404:
                return None if fresh else {"id": id_, "deleted": {"state": "deleted"}}
            return self._shapes.site(site)

        return self._deltas.answer(request, "sites", row, "files")

    def _site(self, request: Request) -> Answer:
        return selected(self._shapes.site(self._named(request)), dict(request.query_params))

    def _group_site(self, request: Request) -> Answer:
        site = self._of_group(request)
        return selected(self._shapes.site(site), dict(request.query_params))

    def _of_group(self, request: Request) -> Site:
        group = self._tenant.groups.get(request.path_params["group"])
        if group is None or group.deleted or group.site is None:
            raise HTTPException(404, "itemNotFound")
        return self._admitted(request, self._tenant.sites[group.site])

    # -- lists and pages ---------------------------------------------------------------------------------------------------

    def _lists(self, request: Request) -> Answer:
        site = self._named(request)
        lists = [self._tenant.lists[id_] for id_ in site.lists]
        return self._server.page(request, by_order(lists), self._shapes.list_of)

    def _list(self, request: Request) -> Answer:
        return selected(self._shapes.list_of(self._list_named(request)), dict(request.query_params))

    def _items(self, request: Request) -> Answer:
        made = self._list_named(request)
        items = [_Numbered(item) for item in made.items.values() if not item.deleted]
        query = self._server.asked(request)
        return self._server.page(request, items, lambda placed: self._expanded(placed.item, query), size=200)

    def _items_delta(self, request: Request) -> Answer:
        made = self._list_named(request)

        def row(number: str, query: dict[str, str], fresh: bool) -> dict[str, Any] | None:
            item = None if number == "root" else made.items[int(number)]
            if item is None or (item.deleted and fresh):
                return None
            return self._expanded(item, query)

        return self._deltas.answer(request, f"list:{made.id}", row, "files", size=200)

    def _expanded(self, item: Item, query: dict[str, str]) -> dict[str, Any]:
        shape = self._shapes.item(item)
        expand = query.get("$expand", "")
        if not item.deleted and re.match(r"fields\b", expand):
            fields = self._shapes.fields(item)
            only = re.search(r"\$select=([^;)]*)", expand)
            wanted = set(only[1].split(",")) if only else set(fields)
            shape["fields"] = {
                name: value for name, value in fields.items() if name in wanted or name == "@odata.etag"
            }
        return shape

    def _item_versions(self, request: Request) -> Answer:
        return self._versions(request, self._item_named(request), file=False)

    def _versions(self, request: Request, item: Item, *, file: bool) -> Answer:
        """The newest first."""
        shown = [
            _Placed(order, shape) for order, shape in enumerate(self._shapes.versions(item, file=file), 1)
        ]
        return self._server.page(request, shown, lambda placed: placed.shape, size=200)

    def _pages(self, request: Request) -> Answer:
        made = self._tenant.list_of(self._named(request).id, "webPageLibrary")
        pages = [_Numbered(item) for item in made.items.values() if not item.deleted and item.kind == "page"]
        return self._server.page(request, pages, lambda placed: self._shapes.page(placed.item), size=20)

    def _page(self, request: Request) -> Answer:
        made = self._tenant.list_of(self._named(request).id, "webPageLibrary")
        wanted = request.path_params["page"]
        item = _present(next((item for item in made.items.values() if item.uid == wanted), None))
        return selected(self._shapes.page(item), dict(request.query_params))

    # -- drives --------------------------------------------------------------------------------------------------------------

    def _drives(self, request: Request) -> Answer:
        site = self._named(request)
        # The pages library is a drive too, but a site's list of drives leaves it out.
        lists = [
            made for id_ in site.lists if (made := self._tenant.lists[id_]).template == "documentLibrary"
        ]
        return self._server.page(request, by_order(lists), self._shapes.drive)

    def _site_drive(self, request: Request) -> Answer:
        return self._shapes.drive(self._tenant.list_of(self._named(request).id, "documentLibrary"))

    def _group_drive(self, request: Request) -> Answer:
        return self._shapes.drive(self._tenant.list_of(self._of_group(request).id, "documentLibrary"))

    def _drive(self, request: Request) -> Answer:
        return selected(self._shapes.drive(self._drive_named(request)), dict(request.query_params))

    def _drive_delta(self, request: Request) -> Answer:
        made = self._drive_named(request)

        def row(number: str, query: dict[str, str], fresh: bool) -> dict[str, Any] | None:
            if number == "root":
                return self._shapes.root(made)
            item = made.items[int(number)]
            return None if item.deleted and fresh else self._shapes.drive_item(item)

        return self._deltas.answer(request, f"list:{made.id}", row, "files", size=200)

    def _file(self, request: Request) -> Answer:
        if request.path_params["item"] in {"root", root_id(self._drive_named(request))}:
            return self._shapes.root(self._drive_named(request))
        return selected(self._shapes.drive_item(self._file_named(request)), dict(request.query_params))

    def _file_versions(self, request: Request) -> Answer:
        return self._versions(request, self._file_named(request), file=True)

    # -- analytics -------------------------------------------------------------------------------------------------------------

    def _item_analytics(self, request: Request) -> Answer:
        shape = self._shapes.activity(self._item_named(request))
        return {"id": "analytics", "allTime": shape, "lastSevenDays": shape}

    def _file_analytics(self, request: Request) -> Answer:
        if request.path_params["item"] in {"root", root_id(self._drive_named(request))}:
            return {}
        return self._shapes.activity(self._file_named(request))

    def _item_activities(self, request: Request) -> Answer:
        return self._interval(request, self._item_named(request))

    def _file_activities(self, request: Request) -> Answer:
        return self._interval(request, self._file_named(request))

    def _interval(self, request: Request, item: Item) -> Answer:
        """All views in one interval: the tenant does not know the days of views."""
        arguments = dict(re.findall(r"(\w+)='([^']*)'", request.path_params["arguments"]))
        if set(arguments) != {"startDateTime", "endDateTime", "interval"}:
            raise HTTPException(400, "invalidRequest")
        if arguments["interval"] not in {"day", "week", "month"}:
            raise HTTPException(400, "invalidRequest")
        stat = self._shapes.activity(item)
        span = {name: arguments[name] for name in ("startDateTime", "endDateTime")}
        return {"value": [{**span, **stat}] if stat else []}


class _Numbered:
    def __init__(self, item: Item) -> None:
        self.item, self.order = item, item.number


class _Placed:
    def __init__(self, order: int, shape: dict[str, Any]) -> None:
        self.order, self.shape = order, shape


def _present(item: Item | None) -> Item:
    if item is None or item.deleted:
        raise HTTPException(404, "itemNotFound")
    return item


def _enumerates(request: Request) -> None:
    """Whoever holds grants for selected sites only may not list sites."""
    if not held(request) & {"Sites.Read.All", "Sites.FullControl.All"}:
        raise HTTPException(403, "accessDenied")
