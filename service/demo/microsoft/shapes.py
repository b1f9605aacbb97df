"""How things of the tenant look in Graph's answers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from service.demo.microsoft.state import HOST
from service.demo.microsoft.tenant import Tenant
from service.demo.microsoft.things import (
    Group,
    Item,
    ListOf,
    Site,
    User,
)

Shape = dict[str, Any]

_FORMS = {
    "page": {"id": "0x0101009D1CB255DA76424F860D91F20E6C4118", "name": "Site Page"},
    "file": {"id": "0x0101", "name": "Document"},
    "folder": {"id": "0x0120", "name": "Folder"},
    "list_item": {"id": "0x01", "name": "Item"},
}


def moment(when: datetime) -> str:
    """A time as Graph writes it, with milliseconds only where there are any."""
    text = when.strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{when.microsecond // 1000:03d}Z" if when.microsecond else "Z")


class Shapes:
    """`web` is the address under which the sites of the tenant are served."""

    def __init__(self, tenant: Tenant, web: Callable[[], str]) -> None:
        self.tenant, self._web = tenant, web

    # -- directory -------------------------------------------------------------------------------------------------------

    def user(self, user: User) -> Shape:
        first, _, last = user.name.partition(" ")
        return {
            "@odata.type": "#microsoft.graph.user",
            "id": user.id,
            "businessPhones": [],
            "displayName": user.name,
            "givenName": first,
            "surname": last or None,
            "jobTitle": user.job_title,
            "mail": user.mail,
            "mobilePhone": None,
            "officeLocation": user.office,
            "preferredLanguage": "de-DE",
            "userPrincipalName": user.upn,
            "accountEnabled": user.enabled,
            "companyName": user.company,
            "department": user.department,
            "employeeId": user.employee_id,
            "onPremisesSamAccountName": None if user.guest else user.upn.partition("@")[0],
            "userType": "Guest" if user.guest else "Member",
        }

    def group(self, group: Group) -> Shape:
        return {
            "id": group.id,
            "deletedDateTime": None,
            "classification": None,
            "createdDateTime": moment(group.created),
            "description": group.name,
            "displayName": group.name,
            "groupTypes": ["Unified"] if group.unified else [],
            "mail": f"{group.nickname}@{self.tenant.name}" if group.unified else None,
            "mailEnabled": group.unified,
            "mailNickname": group.nickname,
            "resourceProvisioningOptions": ["Team"] if group.team else [],
            "securityEnabled": not group.unified,
            "visibility": ("Public" if group.public else "Private") if group.unified else None,
        }

    # -- sites ------------------------------------------------------------------------------------------------------------

    def site(self, site: Site) -> Shape:
        return {
            "id": site.id,
            "createdDateTime": moment(site.created),
            "lastModifiedDateTime": moment(site.created),
            "name": site.path.rpartition("/")[2],
            "displayName": site.name,
            "webUrl": self.address(site),
            "isPersonalSite": site.personal,
            "root": {},
            "siteCollection": {"hostname": HOST} | ({"root": {}} if not site.path else {}),
            "sharepointIds": {
                "siteId": site.collection,
                "webId": site.web,
                "siteUrl": self.address(site),
                "tenantId": self.tenant.id,
            },
        }

    def address(self, site: Site) -> str:
        if not site.path:
            return self._web()
        return f"{self._web()}/{'personal' if site.personal else 'sites'}/{site.path}"

    def list_of(self, made: ListOf) -> Shape:
        name = "Shared Documents" if made.name == "Documents" else made.name.replace(" ", "")
        return {
            "id": made.id,
            "createdDateTime": moment(made.created),
            "lastModifiedDateTime": moment(made.created),
            "name": name,
            "displayName": made.name,
            "webUrl": f"{self.address(self.tenant.sites[made.site])}/{quote(name)}",
            "list": {"hidden": made.hidden, "template": made.template, "contentTypesEnabled": False},
        }

    def drive(self, made: ListOf) -> Shape:
        return {
            "id": made.drive,
            "driveType": "documentLibrary",
            "name": made.name,
            "createdDateTime": moment(made.created),
            "lastModifiedDateTime": moment(made.created),
            "webUrl": self.list_of(made)["webUrl"],
        }

    def item(self, item: Item) -> Shape:
        """A list item; with `fields`, which are shown only where they are expanded."""
        made = self.tenant.lists[item.list_id]
        site = self.tenant.sites[made.site]
        if item.deleted:
            return {
                "id": str(item.number),
                "parentReference": {"siteId": site.id},
                "contentType": _FORMS[item.kind],
                "deleted": {"state": "deleted"},
                "sharepointIds": self._ids(item, made, site),
            }
        return {
            "id": str(item.number),
            "eTag": f'"{item.uid},{len(item.versions)}"',
            "createdDateTime": moment(item.created),
            "lastModifiedDateTime": moment(item.modified),
            "createdBy": self.identity(item.versions[0].by),
            "lastModifiedBy": self.identity(item.versions[-1].by),
            "webUrl": f"{self.list_of(made)['webUrl']}/{self.file_name(item)}",
            "parentReference": {"id": made.id, "siteId": site.id},
            "contentType": _FORMS[item.kind],
            "sharepointIds": self._ids(item, made, site),
        }

    def fields(self, item: Item) -> Shape:
        made = self.tenant.lists[item.list_id]
        shown: Shape = {
            "@odata.etag": f'"{item.uid},{len(item.versions)}"',
            "id": str(item.number),
            "ContentType": _FORMS[item.kind]["name"],
            "Created": moment(item.created),
            "Modified": moment(item.modified),
            "_UIVersionString": item.labels[-1],
            "Title": f"Beitrag {item.number}",
        }
        if made.template == "webPageLibrary":
            shown |= {
                "FileLeafRef": self.file_name(item),
                "PromotedState": 2.0 if item.promoted else 0.0,
                "_CommentCount": str(len(item.comments)),
                "_LikeCount": str(len(item.likes)),
            }
        return shown

    def page(self, item: Item) -> Shape:
        shown = self.item(item)
        return {
            "@odata.type": "#microsoft.graph.sitePage",
            "id": item.uid,
            **{
                name: shown[name]
                for name in (
                    "eTag",
                    "createdDateTime",
                    "lastModifiedDateTime",
                    "createdBy",
                    "lastModifiedBy",
                    "webUrl",
                )
            },
            "name": self.file_name(item),
            "title": f"Beitrag {item.number}",
            "pageLayout": "article",
            "promotionKind": "newsPost" if item.promoted else "page",
            "showComments": not item.comments_off,
            "publishingState": {
                "level": "draft" if item.versions[-1].draft else "published",
                "versionId": item.labels[-1],
            },
            "reactions": {},
        }

    def drive_item(self, item: Item) -> Shape:
        made = self.tenant.lists[item.list_id]
        site = self.tenant.sites[made.site]
        parent = {"driveType": "documentLibrary", "driveId": made.drive, "siteId": site.id}
        if item.deleted:
            return {
                "id": item.drive_id,
                "parentReference": parent,
                "deleted": {"state": "deleted"},
                ("folder" if item.kind == "folder" else "file"): {},
            }
        above = made.items[item.parent].drive_id if item.parent else root_id(made)
        form: Shape = {"file": {"mimeType": "application/pdf", "hashes": {}}}
        if item.kind == "folder":
            form = {
                "folder": {"childCount": sum(other.parent == item.number for other in made.items.values())}
            }
        elif item.kind == "page":
            form = {"file": {"mimeType": "text/html", "hashes": {}}}
        return {
            "id": item.drive_id,
            "name": self.file_name(item),
            "size": 1024 * len(item.versions),
            "eTag": f'"{item.uid},{len(item.versions)}"',
            "cTag": f'"c:{item.uid},{len(item.versions)}"',
            "createdDateTime": moment(item.created),
            "lastModifiedDateTime": moment(item.modified),
            "createdBy": self.identity(item.versions[0].by),
            "lastModifiedBy": self.identity(item.versions[-1].by),
            "webUrl": f"{self.list_of(made)['webUrl']}/{self.file_name(item)}",
            "parentReference": {**parent, "id": above, "path": f"/drives/{made.drive}/root:"},
            "fileSystemInfo": {
                "createdDateTime": moment(item.created),
                "lastModifiedDateTime": moment(item.modified),
            },
            "sharepointIds": self._ids(item, made, site),
            **form,
        }

    def root(self, made: ListOf) -> Shape:
        """The folder that holds everything: it is a row of every drive's delta."""
        site = self.tenant.sites[made.site]
        return {
            "id": root_id(made),
            "name": "root",
            "createdDateTime": moment(made.created),
            "lastModifiedDateTime": moment(made.created),
            "parentReference": {"driveType": "documentLibrary", "driveId": made.drive, "siteId": site.id},
            "folder": {"childCount": sum(item.parent is None for item in made.items.values())},
            "root": {},
            "size": 0,
        }

    def versions(self, item: Item, *, file: bool) -> list[Shape]:
        """All versions, the newest first."""
        shown = []
        for number, version in reversed(list(enumerate(item.versions, start=1))):
            shape: Shape = {
                "id": item.labels[number - 1],
                "lastModifiedBy": self.identity(version.by),
                "lastModifiedDateTime": moment(version.when),
            }
            shown.append({**shape, "size": 1024 * number} if file else shape)
        return shown

    def activity(self, item: Item) -> Shape:
        if not item.views:
            return {}
        return {"access": {"actionCount": item.views, "actorCount": item.viewers}}

    def identity(self, user: str | None) -> Shape:
        """Who it was; an app where nobody is known."""
        known = self.tenant.users.get(user or "")
        if known is None:
            return {"application": {"id": self.tenant.guid("app"), "displayName": "SharePoint App"}}
        return {"user": {"id": known.id, "displayName": known.name, "email": known.mail}}

    def _ids(self, item: Item, made: ListOf, site: Site) -> Shape:
        return {
            "listId": made.id,
            "listItemId": str(item.number),
            "listItemUniqueId": item.uid,
            "siteId": site.collection,
            "siteUrl": self.address(site),
            "tenantId": self.tenant.id,
            "webId": site.web,
        }

    @staticmethod
    def file_name(item: Item) -> str:
        ending = {"page": ".aspx", "file": ".pdf", "folder": "", "list_item": "_.000"}[item.kind]
        return f"Beitrag-{item.number}{ending}"


def root_id(made: ListOf) -> str:
    """The id of the folder that holds everything in a drive."""
    return f"01ROOT{made.id.replace('-', '').upper()}"
