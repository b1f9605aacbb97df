"""Items of lists people keep (tasks, events, contacts, links, lists of their own): the delta of each list.

Lists count whole versions only (1.0, 2.0, …) unless they keep drafts, so a history is needed from the third version on.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from connectors.activity import ContentType, Page
from connectors.microsoft.delta import Deltas
from connectors.microsoft.mapping import MAJOR, Thing, is_folder, thing
from connectors.microsoft.sites import SitePages, is_site_pages, items, listed, segment, version
from connectors.microsoft.source import Source

_KEPT = frozenset(
    {
        "genericlist",
        "announcements",
        "contacts",
        "discussionboard",
        "events",
        "issuetracking",
        "links",
        "survey",
        "tasks",
        "taskswithtimelineandhierarchy",
    }
)
"""Templates of lists people fill. All others are libraries, which are drives, or SharePoint's own."""
_OWN = frozenset(
    {"microfeed", "taxonomyhiddenlist", "sharinglinks", "sharing links", "wfpub", "publishedlinks"}
)
"""Lists SharePoint keeps for itself without hiding them, by the last part of their address."""
_ROW = "id,createdBy,createdDateTime,lastModifiedBy,lastModifiedDateTime,contentType,deleted,sharepointIds,eTag,webUrl"


class ListItems(SitePages):
    stream: ClassVar[str] = "list_items"
    prefix: ClassVar[str] = "item"

    def chosen(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        return [str(row["id"]).lower() for row in rows if listed(row) and _kept(row)]

    def start(self, site: str, key: str) -> str:
        return f"{items(site, key)}/delta?$select={_ROW}&$expand=fields($select=_UIVersionString)"

    def thing(self, row: Mapping[str, Any], id_: str, room: str) -> Thing | str:
        if is_folder(row):
            return "folder"
        return thing(row, id_, room, ContentType.PAGE, version(row))

    def asks(self, seen: Thing, stored: int) -> bool:
        if seen.version is None:
            return seen.changed != seen.created
        whole = seen.version % MAJOR == stored % MAJOR == 0
        return (
            seen.version > stored + (2 if not stored else 1) * MAJOR if whole else seen.version > stored + 1
        )


def _kept(row: Mapping[str, Any]) -> bool:
    template = str((row.get("list") or {}).get("template") or "").lower()
    if is_site_pages(row) or template not in _KEPT:
        return False
    return not {segment(row), str(row.get("name") or "").lower()} & _OWN


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    return Deltas(source, ListItems()).read(cursor)
