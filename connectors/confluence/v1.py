"""REST v1 shapes: what Data Center speaks, and Cloud still does for search, groups and analytics."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.activity import ContentType
from connectors.confluence.platform import Account, Item, Version
from connectors.dates import moment

TYPES = {"page": ContentType.PAGE, "blogpost": ContentType.POST, "comment": ContentType.COMMENT}


def account_id(user: Mapping[str, Any] | None) -> str | None:
    """The stable id of a user; None for one who is anonymous or whose account is gone without a trace."""
    if not user or user.get("type") == "anonymous":
        return None
    return user.get("accountId") or user.get("userKey") or user.get("username") or None


def account(user: Mapping[str, Any]) -> Account | None:
    key = account_id(user)
    if key is None:
        return None
    status = str(user.get("accountStatus") or user.get("status") or "active").lower()
    names = (user.get("username"), user.get("displayName"), user.get("publicName"), key)
    return Account(
        id=key,
        names=tuple(str(name) for name in names if name),
        username=user.get("username") or None,
        mail=user.get("email") or user.get("emailAddress") or None,
        app=user.get("accountType") == "app",
        guest=bool(user.get("isExternalCollaborator") or user.get("isGuest")),
        active=status in ("active", "current"),
    )


def version(found: Mapping[str, Any]) -> Version:
    return Version(
        number=int(found["number"]),
        when=moment(found["when"]),
        by=account_id(found.get("by")),
        minor=bool(found.get("minorEdit")),
    )


def item(found: Mapping[str, Any], listing: str) -> Item:
    """A page, post or comment with `history`, `version` and, for a comment, `container` and `ancestors` expanded."""
    content_type = TYPES[found["type"]]
    history = found.get("history") or {}
    space = found.get("space") or {}
    likes = ((found.get("metadata") or {}).get("likes") or {}).get("count")
    people = [user for user in (history.get("createdBy"), found["version"].get("by")) if user]
    thread = parent = None
    if content_type is ContentType.COMMENT:
        thread, parent = _answered(found)
    return Item(
        id=str(found["id"]),
        content_type=content_type,
        latest=version(found["version"]),
        room=str(space["id"]) if "id" in space else None,
        personal=space.get("type") == "personal",
        thread=thread,
        parent=parent,
        created=moment(history["createdDate"]) if history.get("createdDate") else None,
        author=account_id(history.get("createdBy")),
        likes=int(likes) if isinstance(likes, int) else None,
        listing=listing,
        accounts=tuple(one for one in map(account, people) if one),
    )


def _answered(comment: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Thread and parent of a comment: the page it hangs on (if told) and the comment it answers (if it is a reply).

    The nearest ancestor comes last. Cloud has shown a reply with the comment it answers as container and no ancestors.
    """
    above = [one for one in comment.get("ancestors") or () if one.get("type") == "comment"]
    container = comment["container"]
    if container["type"] == "comment":
        return None, str(above[-1]["id"] if above else container["id"])
    return str(container["id"]), str(above[-1]["id"]) if above else None


_ZONES = timedelta(hours=26)
"""CQL reads a date in the time zone of the account, which may be anywhere from UTC-12 to UTC+14."""


def since(field: str, moment: datetime) -> str:
    """A CQL clause that leaves out nothing since `moment`, whatever zone the platform reads the date in."""
    return f'{field} >= "{moment - _ZONES:%Y-%m-%d %H:%M}"'
