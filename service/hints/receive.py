"""What a platform tells, checked and reduced to hints. Neither payload nor person is kept.

Sources: Microsoft Graph, change notifications and lifecycle notifications; Atlassian, webhooks of Confluence Data Center.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.errors import Invalid, NotFound
from service.hints.pending import keep
from service.models import Room, Source, Subscription

LARGEST = 1024 * 1024
"""Bytes of one call."""
_MOST = 1000
"""Notifications in one call."""
_NOBODY = hashlib.sha256(b"").hexdigest()


class Forged(Invalid):
    """The call does not prove that it comes from the platform."""

    status, slug, title = 403, "forged", "Not from the platform"


def source_of(session: Session, key: str, connector: str) -> Source:
    """Raises `NotFound` for a source there is not, or that is read through another connector."""
    source = session.scalar(select(Source).where(Source.key == key, Source.connector == connector))
    if source is None:
        raise NotFound("there is no such hook")
    return source


# -- Microsoft Graph ----------------------------------------------------------------------------------------------------


def digest(client_state: str) -> str:
    return hashlib.sha256(client_state.encode("utf-8", "surrogatepass")).hexdigest()


def from_graph(session: Session, key: str, body: bytes, now: datetime) -> None:
    """Notifications of one or several subscriptions, and of their lives. Those that do not know the secret are passed over.

    Raises `NotFound`, and `Invalid` for what are no notifications.
    """
    source = source_of(session, key, "microsoft-365")
    told = _notifications(body)
    ids = {str(one.get("subscriptionId")) for one in told}
    known = {
        one.id: one
        for one in session.scalars(
            select(Subscription).where(Subscription.source_id == source.id, Subscription.id.in_(ids))
        )
    }
    hints: set[tuple[str, str]] = set()
    for one in told:
        subscription = known.get(str(one.get("subscriptionId")))
        state = one.get("clientState")
        stored = subscription.digest if subscription else _NOBODY
        # Compared for unknown subscriptions as well: the time taken tells nothing.
        right = hmac.compare_digest(stored, digest(state if isinstance(state, str) else ""))
        if subscription is None or not right:
            continue
        hints.add((subscription.stream, subscription.room))
        _live(session, subscription, one.get("lifecycleEvent"), now)
    keep(session, source.id, hints, now)


def _live(session: Session, subscription: Subscription, event: object, now: datetime) -> None:
    """Whatever happens to a subscription, its stream is read again: something may have been missed."""
    if event == "subscriptionRemoved":
        session.execute(delete(Subscription).where(Subscription.id == subscription.id))
    elif event == "reauthorizationRequired":
        session.execute(update(Subscription).where(Subscription.id == subscription.id).values(expires=now))


def _notifications(body: bytes) -> Sequence[Mapping[str, Any]]:
    value = _object(body).get("value")
    if not isinstance(value, list) or len(value) > _MOST or not all(isinstance(one, dict) for one in value):
        raise Invalid("these are no notifications")
    return value


# -- Confluence Data Center ---------------------------------------------------------------------------------------------

_STREAMS = {
    "page": ("contents",),
    "blog": ("contents",),
    "comment": ("comments",),
    "space": ("rooms",),
    "user": ("people",),
    "group": ("people",),
}
"""Streams by the first word of an event."""
_GONE = ("removed", "trashed", "deleted")


def from_confluence(session: Session, key: str, body: bytes, signature: str | None, now: datetime) -> None:
    """An event, signed with the secret in the source's `webhook_secret_file`.

    Raises `NotFound` where no secret is set, `Forged`, and `Invalid` for what is no event.
    """
    source = source_of(session, key, "confluence")
    secret = _secret(source)
    expected = "sha256=" + hmac.digest(secret, body, "sha256").hex()
    if not hmac.compare_digest(expected.encode(), (signature or "").strip().encode()):
        raise Forged("the signature is wrong")
    event = _object(body)
    name = event.get("event")
    if not isinstance(name, str):
        # Confluence tries a new webhook with a body that says nothing.
        return
    first, _, rest = name.partition("_")
    streams = _STREAMS.get(first, ())
    if first in ("page", "blog", "comment") and rest in _GONE:
        streams = ("deletions",)
    room = _room(session, source, event)
    keep(session, source.id, {(stream, room) for stream in streams}, now)


def _secret(source: Source) -> bytes:
    path = source.settings.get("webhook_secret_file")
    try:
        secret = Path(str(path)).read_bytes().strip() if path else b""
    except OSError:
        secret = b""
    if len(secret) < 16:
        raise NotFound("there is no such hook")
    return secret


def _room(session: Session, source: Source, event: Mapping[str, Any]) -> str:
    """The known room the event names, '' otherwise; nothing of the event itself is kept."""
    for thing in ("page", "blog", "comment", "space"):
        told = event.get(thing)
        if isinstance(told, dict):
            handle = told.get("spaceKey") or told.get("key")
            query = select(Room.key).where(Room.source_id == source.id, Room.handle == str(handle))
            return session.scalars(query).first() or ""
    return ""


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("this is no JSON") from None
    if not isinstance(found, dict):
        raise Invalid("this is no JSON object")
    return found
