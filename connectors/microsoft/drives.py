"""Files: the delta of each document library.

A drive's delta tells who made a file and who changed it last, but not the number of its latest version; so the history of a file is asked for
when it was changed since it was made, or since it was last read. Folders, the root, and notebooks (packages, which have
no versions) are left out, and so is the library of pages, which is read as pages.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from connectors.activity import ContentType, Page
from connectors.microsoft.delta import SITES, Deltas, Feed, escaped
from connectors.microsoft.mapping import Thing, thing
from connectors.microsoft.sites import segment
from connectors.microsoft.source import Source

_DRIVES = "$select=id,webUrl,driveType&$top=200"
_ROW = (
    "id,createdBy,createdDateTime,lastModifiedBy,lastModifiedDateTime,file,folder,package,root,deleted,remoteItem"
    ",sharepointIds,eTag,webUrl"
)
_OWN = frozenset({"sitepages", "style%20library", "formservertemplates", "appcatalog"})
"""Libraries of pages or of SharePoint itself, by the last part of their address."""


class Files(Feed):
    stream: ClassVar[str] = "files"
    prefix: ClassVar[str] = "file"
    roles: ClassVar[frozenset[str]] = SITES | {"Files.Read.All", "Files.ReadWrite.All"}

    def listing(self, site: str) -> str:
        return f"/sites/{escaped(site)}/drives?{_DRIVES}"

    def chosen(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        return [
            str(row["id"])
            for row in rows
            if row.get("id") and row.get("driveType") != "personal" and segment(row) not in _OWN
        ]

    def start(self, site: str, key: str) -> str:
        return f"/drives/{escaped(key)}/root/delta?$select={_ROW}"

    def history(self, site: str, key: str, item: str) -> str:
        return f"/drives/{escaped(key)}/items/{escaped(item)}/versions"

    def thing(self, row: Mapping[str, Any], id_: str, room: str) -> Thing | str:
        for facet in ("root", "folder", "package"):
            if facet in row:
                return "folder" if facet == "root" else facet
        if "remoteItem" in row:
            return "shortcut"
        return thing(row, id_, room, ContentType.FILE, None)

    def asks(self, seen: Thing, stored: int) -> bool:
        return seen.changed != seen.created if not stored else True


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    return Deltas(source, Files()).read(cursor)
