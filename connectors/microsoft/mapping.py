"""From what Graph and SharePoint show to the vocabulary of activities: pure functions, no requests.

Objects are named by the ids deltas use also for what is deleted, since a deleted row has nothing else:

| object | key |
|---|---|
| page, news post | `page:<list>:<number>` |
| other list item | `item:<list>:<number>` |
| file | `file:<drive>:<id>` |
| comment on a page | `comment:<list>:<number>:<comment>` |

The creation of an object has its key, an edit `<object>:v<version>`, a like `<object>:like`, the tombstone `<object>:deleted`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors import names
from connectors.activity import Activity, Alias, Content, ContentType, Gap, Kind
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, NotThere
from connectors.microsoft.answers import ServerFailed, Unsupported

SKIPPABLE = (AccessDenied, NotThere, BadAnswer, ServerFailed)
"""What concerns one thing only: it becomes a gap, and the others go on."""

MAJOR = 512
"""A version `major.minor` is the number `512 × major + minor`, as SharePoint itself counts (`_UIVersion`)."""
DRAFT = 1
"""Version 0.1: the first one there can be."""


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    when: datetime
    by: str | None

    @property
    def label(self) -> str:
        return f"{self.number // MAJOR}.{self.number % MAJOR}"


@dataclass(frozen=True, slots=True)
class Thing:
    """A page, list item or file as a delta shows it. `version` None: the row does not tell the number of the latest one.

    `names`: what others call it (`connectors.names`)."""

    id: str
    room: str
    content_type: ContentType
    created: datetime
    by: str | None
    changed: datetime
    changed_by: str | None
    version: int | None = None
    names: tuple[str, ...] = ()


def person(identities: object) -> str | None:
    """The directory id of the user in an identity set; None for apps, and for people SharePoint no longer knows."""
    user = identities.get("user") if isinstance(identities, Mapping) else None
    found = user.get("id") if isinstance(user, Mapping) else None
    return found if isinstance(found, str) and found else None


def number(label: object) -> int | None:
    """Version `3.1` as a number; None if it is none."""
    major, _, minor = str(label).partition(".")
    if not (major.isascii() and major.isdigit()):
        return None
    return int(major) * MAJOR + (int(minor) if minor.isascii() and minor.isdigit() else 0)


def count(value: object) -> int | None:
    """A counting column: SharePoint writes `3`, `"3"`, `3.0`, or nothing for none. None where the column is not shown."""
    if value in ("", None):
        return 0
    try:
        return max(0, int(float(str(value))))
    except (ValueError, OverflowError):
        return None


def is_folder(row: Mapping[str, Any]) -> bool:
    """By content type (0x0120 and those made from it), since names are translated."""
    type_ = row.get("contentType") or {}
    return str(type_.get("id") or "").lower().startswith("0x0120") or type_.get("name") == "Folder"


def thing(
    row: Mapping[str, Any], id_: str, room: str, content_type: ContentType, version: int | None
) -> Thing:
    """Raises `BadAnswer` for a row without its dates."""
    created = moment(row.get("createdDateTime"))
    changed = row.get("lastModifiedDateTime")
    return Thing(
        names=_names(row),
        id=id_,
        room=room,
        content_type=content_type,
        created=created,
        by=person(row.get("createdBy")),
        changed=moment(changed) if changed else created,
        changed_by=person(row.get("lastModifiedBy")),
        version=version,
    )


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What records of the audit log call it. The tag of a list item or file begins with its unique id as well."""
    ids = row.get("sharepointIds")
    unique = names.guid(ids.get("listItemUniqueId")) if isinstance(ids, Mapping) else None
    unique = unique or names.guid(str(row.get("eTag") or "").strip('"').partition(",")[0])
    address = names.address(row.get("webUrl"))
    return tuple(name for name in (names.item(unique) if unique else None, address) if name)


def aliases(seen: Thing) -> list[Alias]:
    return [Alias(name, seen.room, seen.id, seen.content_type) for name in seen.names]


def versions(rows: Iterable[Mapping[str, Any]]) -> list[Version]:
    """The rows of a version history that can be read."""
    found = []
    for row in rows:
        label = number(row.get("id"))
        if label is not None and row.get("lastModifiedDateTime"):
            found.append(
                Version(label, moment(row["lastModifiedDateTime"]), person(row.get("lastModifiedBy")))
            )
    return found


def first(found: Iterable[Version]) -> int:
    """The number of the version that is the creation: 0.1 where there are drafts, else 1.0."""
    return DRAFT if any(version.number < MAJOR for version in found) else MAJOR


def creation(made: Thing) -> Activity:
    return Activity(
        key=made.id,
        kind=Kind.CREATE,
        room=made.room,
        person=made.by,
        happened=made.created,
        object=made.id,
        content_type=made.content_type,
        thread=made.id,
    )


def edits(changed: Thing | Content, found: Sequence[Version], stored: int) -> list[Activity]:
    """One activity for each version after `stored`, but not for the creation."""
    # Where a draft or more is stored, the creation is behind; else it is the first of what is found.
    known = stored if stored > DRAFT else max(stored, first(found))
    return [
        Activity(
            key=f"{changed.id}:v{version.label}",
            kind=Kind.EDIT,
            room=changed.room,
            person=version.by,
            happened=version.when,
            object=changed.id,
            content_type=changed.content_type,
            thread=changed.id,
        )
        for version in sorted(found, key=lambda version: version.number)
        if version.number > known
    ]


def content(seen: Thing, version: int) -> Content:
    return Content(
        id=seen.id,
        room=seen.room,
        content_type=seen.content_type,
        created=seen.created,
        changed=seen.changed,
        version=version,
        thread=seen.id,
    )


def tombstone(gone: Content, noticed: datetime) -> Activity:
    """Dated when it was noticed, for the platform does not tell when it happened."""
    return Activity(
        key=f"{gone.id}:deleted",
        kind=Kind.DELETE,
        room=gone.room,
        person=None,
        happened=noticed,
        object=gone.id,
        content_type=gone.content_type,
        thread=gone.thread,
        dated=False,
    )


def reason(error: ConnectorError) -> str:
    """The short code of a gap."""
    match error:
        case AccessDenied():
            return "access_denied"
        case Unsupported():
            return "unsupported"
        case NotThere():
            return "not_found"
    return "broken"


def gap(room: str | None, object_: str | None, kinds: tuple[Kind, ...], error: ConnectorError) -> Gap:
    return Gap(room, object_, kinds, reason(error))
