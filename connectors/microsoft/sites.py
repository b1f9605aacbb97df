"""Pages and news posts: the delta of the "Site Pages" list of each site.

Site Pages keeps drafts (0.1, 0.2, 1.0, 1.1, …), so from the number of the latest version nothing can be told about how many there
were, and a history is asked for wherever a page was changed more than once since it was last read.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from connectors.activity import ContentType, Page
from connectors.microsoft.delta import Deltas, Feed, escaped
from connectors.microsoft.mapping import DRAFT, MAJOR, Thing, count, is_folder, number, thing
from connectors.microsoft.source import Source

LISTS = "$select=id,name,webUrl,list&$top=200"
PAGES_LIBRARY = "webpagelibrary"
_ROW = "id,createdBy,createdDateTime,lastModifiedBy,lastModifiedDateTime,contentType,deleted,sharepointIds,eTag,webUrl"


def is_news(row: Mapping[str, Any]) -> bool:
    """`PromotedState` is 2 for published news and 1 for news that are not published yet."""
    return count((row.get("fields") or {}).get("PromotedState")) in {1, 2}


def segment(row: Mapping[str, Any]) -> str:
    """The last part of a list's address, the same in every language: `sitepages`."""
    return urlsplit(str(row.get("webUrl") or "")).path.rstrip("/").rpartition("/")[2].lower()


def is_site_pages(row: Mapping[str, Any]) -> bool:
    template = str((row.get("list") or {}).get("template") or "").lower()
    return template == PAGES_LIBRARY or segment(row) == "sitepages"


def listed(row: Mapping[str, Any]) -> bool:
    return bool(row.get("id")) and "system" not in row and not (row.get("list") or {}).get("hidden")


def items(site: str, key: str) -> str:
    return f"/sites/{escaped(site)}/lists/{escaped(key)}/items"


def version(row: Mapping[str, Any]) -> int | None:
    return number((row.get("fields") or {}).get("_UIVersionString"))


class SitePages(Feed):
    stream: ClassVar[str] = "site_pages"
    prefix: ClassVar[str] = "page"

    def listing(self, site: str) -> str:
        return f"/sites/{escaped(site)}/lists?{LISTS}"

    def chosen(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        return [str(row["id"]).lower() for row in rows if listed(row) and is_site_pages(row)]

    def start(self, site: str, key: str) -> str:
        fields = "fields($select=PromotedState,_UIVersionString)"
        return f"{items(site, key)}/delta?$select={_ROW}&$expand={fields}"

    def history(self, site: str, key: str, item: str) -> str:
        return f"{items(site, key)}/{escaped(item)}/versions"

    def thing(self, row: Mapping[str, Any], id_: str, room: str) -> Thing | str:
        if is_folder(row):
            return "folder"
        return thing(row, id_, room, ContentType.POST if is_news(row) else ContentType.PAGE, version(row))

    def asks(self, seen: Thing, stored: int) -> bool:
        if seen.version is None:
            return seen.changed != seen.created
        if stored:
            return seen.version > stored + 1
        return seen.version > DRAFT + 1 and (seen.version != MAJOR or seen.changed != seen.created)


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    return Deltas(source, SitePages()).read(cursor)
