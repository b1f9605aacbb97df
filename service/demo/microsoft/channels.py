"""Graph's teams, channels and messages."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from service.demo.microsoft.conversation_shapes import ConversationShapes
from service.demo.microsoft.deltas import Deltas
from service.demo.microsoft.protected import Protected, by_order, held, selected
from service.demo.microsoft.shapes import Shapes
from service.demo.microsoft.things import Channel, Group, Message
from service.demo.serving import Answer

_TEAMS = ("Team.ReadBasic.All", "TeamSettings.Read.All", "Group.Read.All")
_CHANNELS = ("Channel.ReadBasic.All", "ChannelSettings.Read.All", "Group.Read.All")
_MEMBERS = ("TeamMember.Read.All", "TeamMember.ReadWrite.All")
_CHANNEL_MEMBERS = ("ChannelMember.Read.All", "ChannelMember.ReadWrite.All")
_FILES = ("Files.Read.All", "Group.Read.All", "Sites.Read.All")
REACH = timedelta(days=243)
"""How far back a delta of messages goes: eight months."""


class Channels:
    """`embedded` is how many replies come within a message; the rest is behind a link of its own."""

    def __init__(self, server: Protected, shapes: ConversationShapes, places: Shapes, deltas: Deltas) -> None:
        self._server, self._shapes, self._places, self._deltas = server, shapes, places, deltas
        self._tenant = server.tenant
        self.embedded = 1000

    def routes(self) -> list[Route]:
        reads = self._server.reads
        channel = "/teams/{team}/channels/{channel}"
        return [
            reads("/teams", self._teams, *_TEAMS),
            reads("/teams/{team}", self._team, *_TEAMS),
            reads("/teams/{team}/members", self._members, *_MEMBERS),
            reads("/teams/{team}/channels", self._channels, *_CHANNELS),
            reads("/teams/{team}/allChannels", self._channels, *_CHANNELS),
            reads("/teams/{team}/channels/getAllMessages", self._all_messages),
            reads(channel, self._one_channel, *_CHANNELS),
            reads(channel + "/filesFolder", self._files_folder, *_FILES),
            reads(channel + "/members", self._channel_members, *_CHANNEL_MEMBERS),
            reads(channel + "/allMembers", self._channel_members, *_CHANNEL_MEMBERS),
            reads(channel + "/messages", self._messages),
            reads(channel + "/messages/delta", self._messages_delta),
            reads(channel + "/messages/{message}", self._message),
            reads(channel + "/messages/{message}/replies", self._replies),
        ]

    # -- teams and channels -------------------------------------------------------------------------------------------------

    def _teams(self, request: Request) -> Answer:
        teams = by_order(group for group in self._tenant.groups.values() if group.team and not group.deleted)
        return self._server.page(request, teams, self._shapes.team)

    def _team(self, request: Request) -> Answer:
        return selected(self._shapes.team(self._named(request)), dict(request.query_params))

    def _named(self, request: Request) -> Group:
        group = self._tenant.groups.get(request.path_params["team"])
        if group is None or group.deleted or not group.team:
            raise HTTPException(404, "NotFound")
        if group.refusal is not None:
            raise HTTPException(group.refusal, "Forbidden" if group.refusal == 403 else "NotFound")
        return group

    def _members(self, request: Request) -> Answer:
        group = self._named(request)
        people = by_order(self._tenant.users[id_] for id_ in group.members)
        return self._server.page(
            request, people, lambda user: self._shapes.member(group, user), **{"@odata.count": len(people)}
        )

    def _channels(self, request: Request) -> Answer:
        group = self._named(request)
        channels = by_order(self._tenant.channels[id_] for id_ in group.channels)
        text = self._server.asked(request).get("$filter")
        if text is not None:
            wanted = re.fullmatch(r"membershipType eq '(\w+)'", text)
            if wanted is None:
                raise HTTPException(400, "BadRequest")
            channels = [channel for channel in channels if channel.membership == wanted[1]]
        return self._server.page(request, channels, self._shapes.channel)

    def _channel(self, request: Request) -> Channel:
        group = self._named(request)
        channel = self._tenant.channels.get(request.path_params["channel"])
        if channel is None or channel.group != group.id:
            raise HTTPException(404, "NotFound")
        return channel

    def _one_channel(self, request: Request) -> Answer:
        return selected(self._shapes.channel(self._channel(request)), dict(request.query_params))

    def _files_folder(self, request: Request) -> Answer:
        """Where a channel keeps its files. It takes no query, and answers 404 until there is a site."""
        if request.query_params:
            raise HTTPException(400, "BadRequest")
        group, channel = self._named(request), self._channel(request)
        site = self._tenant.sites.get(channel.site or group.site or "")
        if site is None or site.refusal == 404:
            raise HTTPException(404, "itemNotFound")
        documents = self._tenant.list_of(site.id, "documentLibrary")
        return self._shapes.files_folder(channel, documents, self._places.list_of(documents)["webUrl"])

    def _channel_members(self, request: Request) -> Answer:
        group, channel = self._named(request), self._channel(request)
        standard = channel.membership == "standard"
        members, owners = (group.members, group.owners) if standard else (channel.members, channel.owners)
        people = by_order(self._tenant.users[id_] for id_ in members)
        return self._server.page(
            request,
            people,
            lambda user: self._shapes.member(group, user, owners),
            **{"@odata.count": len(people)},
        )

    # -- messages -----------------------------------------------------------------------------------------------------------

    def _readable(self, request: Request) -> Channel:
        """The channel named in the path, if its messages may be read."""
        channel = self._channel(request)
        if "ChannelMessage.Read.All" not in held(request) and not self._tenant.groups[channel.group].rsc:
            raise HTTPException(403, "Forbidden")
        return channel

    def _messages_delta(self, request: Request) -> Answer:
        channel = self._readable(request)
        reach = self._tenant.clock() - REACH

        def row(id_: str, query: dict[str, str], fresh: bool) -> dict[str, Any] | None:
            message = channel.messages[id_]
            since = max(reach, _since(query.get("$filter")))
            if self._moved(channel, message) <= since:
                return None
            return self._with_replies(message, channel, query)

        if "$deltatoken" not in request.query_params and "$skiptoken" not in request.query_params:
            _since(request.query_params.get("$filter"))
        return self._deltas.answer(request, f"channel:{channel.id}", row, "messages", size=20, most=50)

    @staticmethod
    def _moved(channel: Channel, message: Message) -> datetime:
        """When the conversation last changed: the message or any of its replies."""
        return max([message.modified, *(channel.messages[id_].modified for id_ in message.replies)])

    def _with_replies(self, message: Message, channel: Channel, query: dict[str, str]) -> dict[str, Any]:
        shape = self._shapes.message(message, channel.group)
        if query.get("$expand") == "replies":
            shape["replies@odata.count"] = min(len(message.replies), self.embedded)
            # The newest replies come within the message.
            shown = sorted(message.replies, key=int, reverse=True)[: self.embedded]
            shape["replies"] = [self._shapes.message(channel.messages[id_], channel.group) for id_ in shown]
            if len(message.replies) > self.embedded:
                path = f"/teams/{channel.group}/channels/{channel.id}/messages/{message.id}/replies"
                after = self._server.seal(
                    {
                        "path": self._server.prefix + path,
                        "after": -int(shown[-1]) if shown else -int(max(message.replies, key=int)) - 1,
                        "size": 50,
                        "query": {},
                    }
                )
                shape["replies@odata.nextLink"] = f"{self._server.url}{path}?$skiptoken={after}"
        return shape

    def _messages(self, request: Request) -> Answer:
        channel = self._readable(request)
        query = self._server.asked(request)
        roots = [_Message(message) for message in channel.messages.values() if message.reply_to is None]
        return self._server.page(
            request,
            by_order(roots),
            lambda placed: self._with_replies(placed.message, channel, query),
            size=20,
            most=50,
        )

    def _message(self, request: Request) -> Answer:
        channel = self._readable(request)
        message = channel.messages.get(request.path_params["message"])
        if message is None:
            raise HTTPException(404, "NotFound")
        return self._shapes.message(message, channel.group)

    def _replies(self, request: Request) -> Answer:
        channel = self._readable(request)
        root = channel.messages.get(request.path_params["message"])
        if root is None:
            raise HTTPException(404, "NotFound")
        replies = by_order(_Message(channel.messages[id_]) for id_ in root.replies)
        return self._server.page(
            request,
            replies,
            lambda placed: self._shapes.message(placed.message, channel.group),
            size=20,
            most=50,
        )

    def _all_messages(self, request: Request) -> Answer:
        """Messages and replies of all channels of a team, in order of creation."""
        if "ChannelMessage.Read.All" not in held(request):
            raise HTTPException(403, "Forbidden")
        group = self._named(request)
        since = _since(self._server.asked(request).get("$filter"))
        found = [
            _Message(message, reverse=False)
            for id_ in group.channels
            for message in self._tenant.channels[id_].messages.values()
            if message.modified > since
        ]
        return self._server.page(
            request, by_order(found), lambda placed: self._shapes.message(placed.message, group.id), size=50
        )


class _Message:
    """A message in its place: the newest first, or with `reverse` off the oldest."""

    def __init__(self, message: Message, *, reverse: bool = True) -> None:
        self.message = message
        self.order = -int(message.id) if reverse else int(message.id)


def _since(text: str | None) -> datetime:
    if text is None:
        return datetime.min.replace(tzinfo=UTC)
    moment = re.fullmatch(r"lastModifiedDateTime gt ([0-9T:.\-]+)Z", text)
    if moment is None:
        raise HTTPException(400, "BadRequest")
    return datetime.fromisoformat(moment[1]).replace(tzinfo=UTC)
