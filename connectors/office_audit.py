"""Records of the Microsoft 365 audit log, turned into activities. Pure functions, no requests.

Of a record only its id, time, operation, acting account, and the ids of place and object are looked at. Address and program of
the client, names of files, addresses of pages and everything else are never taken over.

Source: Office 365 Management Activity API schema (Common schema, SharePoint base schema, Microsoft Teams schema, Viva Engage schema).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors import names
from connectors.activity import Activity, Alias, ContentType, Kind, Person, PersonKind, Room
from connectors.errors import Misconfigured
from connectors.identity import canonical

_HUMAN = ("0", "2", "regular", "admin")
_GUEST = ("10", "guest")
_NOBODY = re.compile(
    r"^(app@sharepoint|sharepoint\\system|system|serviceprincipal.*|not ?available|nt authority.*)$",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"-my\.sharepoint\.|/personal/", re.IGNORECASE)
_SHAREPOINT = {
    "PageViewed": Kind.VIEW,
    "FileAccessed": Kind.VIEW,
    "ListItemViewed": Kind.VIEW,
    "FileUploaded": Kind.CREATE,
    "ListItemCreated": Kind.CREATE,
    "FileModified": Kind.EDIT,
    "ListItemUpdated": Kind.EDIT,
    "CommentCreated": Kind.COMMENT,
    "FileDeleted": Kind.DELETE,
    "FileRecycled": Kind.DELETE,
    "ListItemDeleted": Kind.DELETE,
    "ListItemRecycled": Kind.DELETE,
}
_TEAMS = {"MessageSent": Kind.MESSAGE, "ReactedToMessage": Kind.REACT}
_ENGAGE = {"MessageCreated": Kind.MESSAGE, "ThreadViewed": Kind.VIEW}
OPERATIONS: dict[str, dict[str, Kind]] = {
    "sharepoint": _SHAREPOINT,
    "onedrive": _SHAREPOINT,
    "microsoftteams": _TEAMS,
    "yammer": _ENGAGE,
    "vivaengage": _ENGAGE,
}
"""Workload -> operation -> kind. `…Extended` operations repeat an earlier one and are not read."""


def require_agreement(given: object) -> None:
    """Raises `Misconfigured` unless the admin confirms that reading an audit log was agreed upon."""
    if given is True or str(given).lower() == "true":
        return
    raise Misconfigured(
        "an audit log tells of single people what they opened and when, so it is read only after the works council and the "
        "data-protection officer have agreed: when the agreement names this source, set `agreement` to true"
    )


def kinds(given: object) -> frozenset[Kind]:
    """Kinds by name, separated by commas or as a list; by default views alone, since the other kinds come from elsewhere."""
    if given in (None, ""):
        return frozenset({Kind.VIEW})
    names = given.split(",") if isinstance(given, str) else given
    known = {kind.value: kind for kind in Kind}
    if not isinstance(names, list | tuple) or not all(str(name).strip() in known for name in names):
        raise Misconfigured(f"`kinds` are names such as view,edit,comment, not {given!r}")
    return frozenset(known[str(name).strip()] for name in names)


class NotTaken(Exception):
    """`reason` is a short code; `broken` tells that something is missing that such a record should have."""

    def __init__(self, reason: str, *, broken: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.broken = reason, broken


@dataclass(frozen=True, slots=True)
class Taken:
    activity: Activity
    person: Person
    room: Room
    aliases: tuple[Alias, ...] = ()


def taken(
    record: Mapping[str, Any], kinds: Collection[Kind], pattern: re.Pattern[str] | None = None
) -> Taken:
    """What a record tells. Raises `NotTaken`."""
    workload = str(record.get("Workload") or "").casefold()
    kind = OPERATIONS.get(workload, {}).get(str(record.get("Operation") or ""))
    if kind is None or kind not in kinds:
        raise NotTaken("other_operation")
    identity = str(record.get("Id") or "").strip()
    if not re.fullmatch(r"[0-9A-Za-z-]{8,64}", identity):
        raise NotTaken("no_id", broken=True)
    person = _person(record, pattern)
    place = _place(record, workload)
    room, obj, content_type = place.room, place.object, place.content_type
    happened = _time(record.get("CreationTime"))
    activity = Activity(
        key=f"audit:{identity}",
        kind=kind,
        room=room,
        person=person.id,
        happened=happened,
        object=f"comment:{identity}" if kind is Kind.COMMENT else obj,
        content_type=ContentType.COMMENT if kind is Kind.COMMENT else content_type,
        thread=obj,
        parent=obj if kind is Kind.COMMENT else None,
    )
    return Taken(activity, person, Room(room, handle=room), place.aliases())


def _person(record: Mapping[str, Any], pattern: re.Pattern[str] | None) -> Person:
    name = str(record.get("UserId") or "").strip()
    if not name:
        raise NotTaken("no_account", broken=True)
    type_ = str(record.get("UserType", "0")).casefold()
    kind = PersonKind.SERVICE
    if not _NOBODY.match(name):
        if type_ in _GUEST or "#ext#" in name.casefold():
            kind = PersonKind.GUEST
        elif type_ in _HUMAN:
            kind = PersonKind.HUMAN
    shared = canonical(name, pattern) if "@" in name and kind is not PersonKind.SERVICE else None
    return Person(name.lower(), kind, canonical=shared)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where it happened, to what, and the names of both on the platform, where it has them."""

    room: str
    object: str
    content_type: ContentType
    room_name: str | None = None
    name: str | None = None

    def aliases(self) -> tuple[Alias, ...]:
        room = () if self.room_name is None else (Alias(self.room_name, self.room),)
        if self.name is None:
            return room
        return (*room, Alias(self.name, self.room, self.object, self.content_type))


def _place(record: Mapping[str, Any], workload: str) -> _Place:
    if workload in ("sharepoint", "onedrive"):
        address = str(record.get("SiteUrl") or record.get("ObjectId") or "")
        if workload == "onedrive" or _PERSONAL.search(address):
            raise NotTaken("personal_site")
        site, web = names.guid(record.get("Site")), names.guid(record.get("WebId"))
        unique = names.guid(record.get("ListItemUniqueId"))
        name = names.item(unique) if unique else names.address(record.get("ObjectId"))
        if site is None or name is None:
            raise NotTaken("no_place", broken=True)
        page = (
            str(record.get("SourceFileExtension") or "").casefold() == "aspx"
            or record.get("ItemType") == "Page"
        )
        listed = str(record.get("Operation", "")).startswith("ListItem")
        kind = ContentType.PAGE if page or listed else ContentType.FILE
        return _Place(
            names.site(site, web), f"{kind.value}:{site}:{unique or name}", kind, names.site(site, web), name
        )
    message = str(record.get("MessageId") or record.get("ThreadId") or "").strip()
    group = names.guid(record.get("AADGroupId"))
    if workload == "microsoftteams" and group is None and not record.get("TeamGuid"):
        raise NotTaken("private_chat")
    place = f"group:{group}" if group else _other_place(record)
    if place is None or not message:
        raise NotTaken("no_place", broken=True)
    return _Place(place, f"post:{place}:{message}", ContentType.POST, None if group else place)


def _other_place(record: Mapping[str, Any]) -> str | None:
    for name, prefix in (("TeamGuid", "team"), ("GroupId", "community")):
        if found := str(record.get(name) or "").strip():
            return f"{prefix}:{found.lower()}"
    return None


def _time(given: object) -> datetime:
    """`CreationTime` is UTC, written without an offset."""
    try:
        read = datetime.fromisoformat(str(given))
    except ValueError:
        raise NotTaken("no_time", broken=True) from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
