"""What people of a tenant write to each other: channels, group mail, communities; and the audit log."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from service.demo.microsoft.site_content import Sites
from service.demo.microsoft.things import (
    Channel,
    Community,
    Message,
    MessageType,
    Post,
    Reaction,
    Record,
    Thread,
)


class Conversations(Sites):
    def add_channel(
        self,
        group: str,
        name: str,
        *,
        membership: str = "standard",
        members: Iterable[str] = (),
        owners: Iterable[str] = (),
        when: datetime | None = None,
    ) -> Channel:
        """A channel of the group's team; a private or shared one has a site of its own, with no tie to the group."""
        if membership not in {"standard", "private", "shared"}:
            raise ValueError(f"there is no membership type {membership}")
        with self.lock:
            self.groups[group].team = True
            id_ = f"19:{UUID(self.guid('channel', group, name)).hex}@thread.tacv2"
            channel = Channel(self._next(), id_, group, name, when or self.clock(), membership, list(members))  # type: ignore[arg-type]
            channel.owners = list(owners)
            if membership != "standard":
                site = self.add_site(f"{self.groups[group].nickname}-{name}", name, created=channel.created)
                site.channel, channel.site = channel.room, site.id
            self.channels[id_] = channel
            self.groups[group].channels.append(id_)
            self.revision += 1
        return channel

    def post(
        self,
        channel: str,
        by: str | None,
        when: datetime | None = None,
        *,
        reply_to: Message | None = None,
        app: str | None = None,
        type: MessageType = "message",  # noqa: A002
    ) -> Message:
        """A message in a channel, or with `reply_to` a reply to its root."""
        moment = when or self.clock()
        with self.lock:
            self._message = max(self._message + 1, int(moment.timestamp() * 1000))
            target = self.channels[channel]
            message = Message(
                str(self._message), channel, by, moment, moment, type, app, reply_to.id if reply_to else None
            )
            target.messages[message.id] = message
            if reply_to:
                reply_to.replies.append(message.id)
            self._spoken(message)
        return message

    def edit_message(self, message: Message, when: datetime | None = None) -> None:
        with self.lock:
            message.edited = message.modified = when or self.clock()
            self._spoken(message)

    def delete_message(self, message: Message, when: datetime | None = None) -> None:
        """Only the text is removed; the message stays in place with the date of deletion."""
        with self.lock:
            message.deleted = message.modified = when or self.clock()
            self._spoken(message)

    def react(self, message: Message, by: str, type: str = "like", when: datetime | None = None) -> None:  # noqa: A002
        with self.lock:
            moment = when or self.clock()
            message.reactions.append(Reaction(by, type, moment))
            message.modified = max(message.modified, moment)
            self._spoken(message)

    def unreact(self, message: Message, by: str, type: str = "like", when: datetime | None = None) -> None:  # noqa: A002
        with self.lock:
            message.reactions = [seen for seen in message.reactions if (seen.by, seen.type) != (by, type)]
            message.modified = max(message.modified, when or self.clock())
            self._spoken(message)

    # -- group mail, communities, audit ------------------------------------------------------------------------------------

    def add_thread(self, group: str, by: str, when: datetime | None = None) -> Thread:
        """A conversation in a group's mailbox with its first post."""
        with self.lock:
            order = self._next()
            id_ = "AAQk" + base64.urlsafe_b64encode(UUID(self.guid("thread", order)).bytes * 2).decode()
            thread = Thread(order, id_, id_[:20] + "Conv==", group)
            self.threads[id_] = thread
            self.groups[group].threads.append(id_)
            self.answer(thread, by, when)
        return thread

    def answer(self, thread: Thread, by: str, when: datetime | None = None) -> Post:
        with self.lock:
            id_ = "AQMk" + base64.urlsafe_b64encode(UUID(self.guid("post", self._next())).bytes).decode()
            post = Post(id_, by, when or self.clock())
            thread.posts.append(post)
            self.revision += 1
        return post

    def add_community(
        self, name: str, group: str, *, posted: int = 0, read: int = 0, liked: int = 0
    ) -> Community:
        """A Viva Engage community on a group. Its posts are no part of Graph; only reports count them."""
        with self.lock:
            order = self._next()
            text = json.dumps({"_type": "Group", "id": str(19_000_000_000 + order)}, separators=(",", ":"))
            id_ = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
            made = Community(order, id_, name, group, self.groups[group].public, posted, read, liked)
            self.communities[id_] = made
            self.revision += 1
        return made

    def converse(self, group: str, *, posted: int = 0, read: int = 0, liked: int = 0) -> None:
        """More of everything in the community of a group."""
        with self.lock:
            community = next(made for made in self.communities.values() if made.group == group)
            community.posted += posted
            community.read += read
            community.liked += liked
            self.revision += 1

    def record(
        self,
        operation: str,
        by: str,
        object: str,  # noqa: A002
        when: datetime | None = None,
        *,
        content_type: str = "Audit.SharePoint",
        site: str | None = None,
        item: str | None = None,
        available: datetime | None = None,
    ) -> Record:
        """An entry of the audit log. It can be fetched from `available` on (at once if None)."""
        with self.lock:
            moment = when or self.clock()
            order = self._next()
            workload = "SharePoint" if content_type == "Audit.SharePoint" else "MicrosoftTeams"
            made = Record(
                order,
                self.guid("record", order),
                content_type,
                operation,
                workload,
                by,
                moment,
                available or moment,
                object,
                site,
                item,
            )
            self.records.append(made)
            self.revision += 1
        return made

    def _spoken(self, message: Message) -> None:
        self._touch(f"channel:{message.channel}", message.reply_to or message.id)
