"""From what lists and version histories show to activities: pure functions, no requests."""

from collections.abc import Iterable, Mapping

from connectors.activity import Activity, Content, ContentType, Kind
from connectors.confluence.platform import Item, Version
from connectors.errors import AccessDenied, ConnectorError, NotThere


def derivable(item: Item, stored: int) -> dict[int, Version]:
    """The versions after `stored` that the list itself shows: the first (if it tells of the creation) and the latest."""
    found = {item.latest.number: item.latest} if item.latest.number > stored else {}
    if stored < 1 < item.latest.number and item.created is not None:
        found[1] = Version(1, item.created, item.author)
    return found


def missing(item: Item, stored: int, versions: Mapping[int, Version]) -> bool:
    return any(number not in versions for number in range(stored + 1, item.latest.number + 1))


def activities(item: Item, room: str, versions: Iterable[Version]) -> list[Activity]:
    """One activity per version: the first is the creation (or the comment, or the reply), each later one an edit."""
    thread = item.thread if item.content_type is ContentType.COMMENT else item.id
    parent = (item.parent or item.thread) if item.content_type is ContentType.COMMENT else None
    return [
        Activity(
            key=f"{item.id}/{version.number}",
            kind=_first(item) if version.number == 1 else Kind.EDIT,
            room=room,
            person=version.by,
            happened=version.when,
            object=item.id,
            content_type=item.content_type,
            thread=thread,
            parent=parent,
            minor=version.minor,
        )
        for version in sorted(versions, key=lambda version: version.number)
    ]


def _first(item: Item) -> Kind:
    if item.content_type is not ContentType.COMMENT:
        return Kind.CREATE
    return Kind.REPLY if item.parent else Kind.COMMENT


def content(item: Item, room: str, version: int, old: Content | None) -> Content:
    """What is remembered; `version` is the last one up to which nothing is missing."""
    created = item.created or (old.created if old else item.latest.when)
    return Content(
        id=item.id,
        room=room,
        content_type=item.content_type,
        created=created,
        changed=item.latest.when,
        version=version,
        thread=item.thread if item.content_type is ContentType.COMMENT else item.id,
        reactions=item.likes if item.likes is not None else (old.reactions if old else None),
        observed=old.observed if old else None,
    )


def reason(error: ConnectorError) -> str:
    """The short code of a gap."""
    if isinstance(error, AccessDenied):
        return "access_denied"
    return "not_found" if isinstance(error, NotThere) else "broken"
