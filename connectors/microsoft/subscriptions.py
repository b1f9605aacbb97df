"""Subscriptions to change notifications: which ones are worth having, and asking Graph for them or for more time.

A notification says that something has changed and where; what it was is read by the streams. Which of these subscriptions an
application may have depends on its permissions, and Graph decides: what it refuses is polled like everything else.

Longest lives: https://learn.microsoft.com/graph/api/resources/subscription#subscription-lifetime
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.dates import moment
from connectors.errors import BadAnswer, ConnectorError
from connectors.microsoft.rooms import Directory, many
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

_SPARE = timedelta(minutes=15)
"""Asked for less than the longest life: the two clocks may differ."""
_MESSAGES = timedelta(minutes=4320)
_CONVERSATIONS = timedelta(minutes=4230)
_DIRECTORY = timedelta(minutes=41760)
_ITEMS = timedelta(minutes=42300)
_PAGES = "webPageLibrary"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription worth having: `stream` is read when it tells of something. `room` '' concerns the whole tenant."""

    stream: str
    room: str
    resource: str
    changes: str
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Subscribed:
    id: str
    expires: datetime


def wanted(source: Source) -> Iterator[Wanted]:
    """For the streams that are read. Raises what the directory raises."""
    streams = set(source.settings.streams)
    if "people" in streams:
        yield Wanted("people", "", "users", "updated,deleted", _DIRECTORY)
    if "rooms" in streams:
        yield Wanted("rooms", "", "groups", "updated,deleted", _DIRECTORY)
    directory = source.directory()
    if "team_messages" in streams:
        for team in directory.teams():
            resource = f"teams/{team.id}/channels/getAllMessages"
            yield Wanted("team_messages", team.room, resource, "created,updated,deleted", _MESSAGES)
    if "group_conversations" in streams:
        for group in directory.groups.values():
            resource = f"groups/{group.id}/conversations"
            yield Wanted("group_conversations", group.room, resource, "created,updated", _CONVERSATIONS)
    if "files" in streams:
        for room, drive in _of_sites(source, directory, "drives?$select=id"):
            yield Wanted("files", room, f"drives/{drive['id']}/root", "updated", _ITEMS)
    if "site_pages" in streams:
        for room, one in _of_sites(source, directory, "lists?$select=id,list,parentReference"):
            site = (one.get("parentReference") or {}).get("siteId")
            if site and (one.get("list") or {}).get("template") == _PAGES:
                yield Wanted("site_pages", room, f"sites/{site}/lists/{one['id']}", "updated", _ITEMS)


def _of_sites(source: Source, directory: Directory, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(room, thing) for each thing of each site."""
    asked = [(site.id, f"/sites/{site.id}/{what}") for site in directory.sites.values()]
    for id_, answer in many(source, asked):
        for one in _values(answer):
            yield directory.sites[id_].room, one


def _values(answer: Mapping[str, Any] | ConnectorError) -> list[dict[str, Any]]:
    """What cannot be listed is polled."""
    found = [] if isinstance(answer, ConnectorError) else answer.get("value")
    return [one for one in found or [] if isinstance(one, dict) and isinstance(one.get("id"), str)]


def create(source: Source, one: Wanted, address: str, state: str) -> Subscribed:
    """Graph calls `address` before it answers, and shows `state` with every notification.

    Raises what `Transport` raises; `AccessDenied` and `BadAnswer` where Graph does not allow it.
    """
    asked = {
        "changeType": one.changes,
        "notificationUrl": address,
        "lifecycleNotificationUrl": address,
        "resource": one.resource,
        "expirationDateTime": _until(source, one),
        "clientState": state,
    }
    return _subscribed(source.transport.ask("POST", Resource.GRAPH, "/subscriptions", json=asked).body)


def renew(source: Source, id_: str, one: Wanted) -> Subscribed:
    """Raises `NotThere` if the subscription is gone."""
    asked = {"expirationDateTime": _until(source, one)}
    return _subscribed(
        source.transport.ask("PATCH", Resource.GRAPH, f"/subscriptions/{id_}", json=asked).body
    )


def _until(source: Source, one: Wanted) -> str:
    return f"{source.now() + one.longest - _SPARE:%Y-%m-%dT%H:%M:%SZ}"


def _subscribed(body: object) -> Subscribed:
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise BadAnswer("/subscriptions: an answer without the subscription")
    return Subscribed(body["id"], moment(body.get("expirationDateTime")))
