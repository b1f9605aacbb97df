"""Sites of a tenant with their lists, pages, files, comments and likes."""

import base64
from datetime import datetime
from uuid import UUID

from service.demo.microsoft.state import HOST, State
from service.demo.microsoft.things import Comment, Item, ItemKind, ListOf, Site, Template, Version


class Sites(State):
    def add_site(
        self,
        path: str,
        name: str | None = None,
        *,
        group: str | None = None,
        personal: bool = False,
        created: datetime | None = None,
    ) -> Site:
        """A site with its Site Pages and Documents. `path` "" is the root site."""
        with self.lock:
            id_ = f"{HOST},{self.guid('collection', path)},{self.guid('web', path)}"
            site = Site(
                self._next(),
                id_,
                path,
                name or path.title() or "Start",
                created or self.clock(),
                group,
                personal,
            )
            self.sites[site.id] = site
            self.add_list(site.id, "Site Pages", "webPageLibrary", when=created)
            self.add_list(site.id, "Documents", "documentLibrary", when=created)
            self._touch("sites", site.id)
        return site

    def add_list(
        self,
        site: str,
        name: str,
        template: Template = "genericList",
        *,
        hidden: bool = False,
        when: datetime | None = None,
    ) -> ListOf:
        with self.lock:
            id_ = self.guid("list", site, name)
            drive = None
            if template != "genericList":
                drive = "b!" + base64.urlsafe_b64encode(UUID(id_).bytes * 3).decode()
                self.drives[drive] = id_
            made = ListOf(self._next(), id_, site, name, template, when or self.clock(), drive, hidden)
            self.lists[id_] = made
            self.sites[site].lists.append(id_)
            # The folder that holds everything is a row of a drive's delta too.
            self._touch(f"list:{id_}", "root")
        return made

    def list_of(self, site: str, template: Template) -> ListOf:
        """The first list of that template of a site."""
        return next(made for id_ in self.sites[site].lists if (made := self.lists[id_]).template == template)

    def add_page(
        self,
        site: str,
        by: str | None,
        when: datetime | None = None,
        *,
        news: bool = False,
        draft: bool = False,
    ) -> Item:
        """A page or news post, published at once or begun as a `draft`."""
        return self._add(self.list_of(site, "webPageLibrary"), "page", by, when, promoted=news, draft=draft)

    def add_file(
        self, site: str, by: str | None, when: datetime | None = None, *, folder: int | None = None
    ) -> Item:
        """A file in the site's Documents, at the top or in a `folder` (its number)."""
        return self._add(self.list_of(site, "documentLibrary"), "file", by, when, parent=folder)

    def add_folder(self, site: str, by: str | None, when: datetime | None = None) -> Item:
        return self._add(self.list_of(site, "documentLibrary"), "folder", by, when)

    def add_item(self, list_: str, by: str | None, when: datetime | None = None) -> Item:
        return self._add(self.lists[list_], "list_item", by, when)

    def edit(self, item: Item, by: str | None, when: datetime | None = None, *, draft: bool = False) -> None:
        with self.lock:
            item.versions.append(Version(by, when or self.clock(), draft))
            self._changed(item)

    def delete(self, item: Item) -> None:
        with self.lock:
            item.deleted = True
            self._changed(item)

    def restore(self, item: Item) -> None:
        with self.lock:
            item.deleted = False
            self._changed(item)

    def comment(
        self, item: Item, by: str, when: datetime | None = None, *, parent: Comment | None = None
    ) -> Comment:
        """A comment on a page, or with `parent` a reply. The platform does not change the page for it."""
        with self.lock:
            made = Comment(self._next(), by, when or self.clock(), parent.id if parent else None)
            item.comments[made.id] = made
            self.revision += 1
        return made

    def delete_comment(self, item: Item, comment: Comment) -> None:
        with self.lock:
            for reply in [made for made in item.comments.values() if made.parent == comment.id]:
                del item.comments[reply.id]
            del item.comments[comment.id]
            self.revision += 1

    def like(self, target: Item | Comment, by: str, when: datetime | None = None) -> None:
        with self.lock:
            target.likes.setdefault(by, when or self.clock())
            self.revision += 1

    def unlike(self, target: Item | Comment, by: str) -> None:
        with self.lock:
            del target.likes[by]
            self.revision += 1

    def view(self, item: Item, views: int, viewers: int) -> None:
        """More views, by `viewers` people who had not seen it before."""
        with self.lock:
            item.views += views
            item.viewers += viewers
            self.revision += 1

    def _add(
        self,
        list_: ListOf,
        kind: ItemKind,
        by: str | None,
        when: datetime | None,
        *,
        promoted: bool = False,
        parent: int | None = None,
        draft: bool = False,
    ) -> Item:
        with self.lock:
            number = len(list_.items) + 1
            uid = self.guid("item", list_.id, number)
            drive_id = "01" + base64.b32encode(UUID(uid).bytes).decode().rstrip("=")
            item = Item(
                number,
                uid,
                drive_id,
                list_.id,
                kind,
                [Version(by, when or self.clock(), draft)],
                promoted,
                parent=parent,
            )
            list_.items[number] = item
            self._changed(item)
        return item

    def _changed(self, item: Item) -> None:
        self._touch(f"list:{item.list_id}", str(item.number))
