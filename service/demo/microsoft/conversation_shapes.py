"""How conversations of the tenant look in Graph's answers: teams, channels, messages, group mail, communities."""

from datetime import datetime

from service.demo.microsoft.shapes import Shape, moment, root_id
from service.demo.microsoft.tenant import Tenant
from service.demo.microsoft.things import Channel, Community, Group, ListOf, Message, Post, Thread, User


class ConversationShapes:
    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def team(self, group: Group) -> Shape:
        return {
            "id": group.id,
            "displayName": group.name,
            "description": group.name,
            "createdDateTime": moment(group.created),
            "internalId": f"19:{group.id}@thread.tacv2",
            "isArchived": group.archived,
            "visibility": "public" if group.public else "private",
            "tenantId": self.tenant.id,
        }

    def channel(self, channel: Channel) -> Shape:
        return {
            "id": channel.id,
            "createdDateTime": moment(channel.created),
            "displayName": channel.name,
            "description": None,
            "membershipType": channel.membership,
            "isArchived": False,
            "tenantId": self.tenant.id,
        }

    def files_folder(self, channel: Channel, documents: ListOf, address: str) -> Shape:
        """A standard channel's is a folder of the team's site, another's the root of the documents of its own site."""
        standard = channel.membership == "standard"
        return {
            "id": root_id(documents),
            "createdDateTime": moment(channel.created),
            "name": channel.name if standard else "Shared Documents",
            "webUrl": f"{address}/{channel.name}" if standard else address,
            "size": 0,
            "parentReference": {"driveId": documents.drive, "driveType": "documentLibrary"},
            "folder": {"childCount": 0},
        }

    def member(self, group: Group, user: User, owners: list[str] | None = None) -> Shape:
        return {
            "@odata.type": "#microsoft.graph.aadUserConversationMember",
            "id": self.tenant.guid("membership", group.id, user.id),
            "roles": ["owner"]
            if user.id in (group.owners if owners is None else owners)
            else (["guest"] if user.guest else []),
            "displayName": user.name,
            "userId": user.id,
            "email": user.mail,
            "tenantId": self.tenant.id,
        }

    def message(self, message: Message, group: str) -> Shape:
        system = message.type != "message"
        author: Shape | None = None
        if message.by is not None:
            user = self.tenant.users[message.by]
            author = {
                "application": None,
                "device": None,
                "user": {
                    "id": user.id,
                    "displayName": None if user.deleted else user.name,
                    "userIdentityType": "aadUser",
                    "tenantId": self.tenant.id,
                },
            }
        elif message.app is not None:
            bot = {"id": message.app, "displayName": "Bot", "applicationIdentityType": "bot"}
            author = {"application": bot, "device": None, "user": None}
        gone = message.deleted is not None
        return {
            "id": message.id,
            "replyToId": message.reply_to,
            "etag": str(int(message.modified.timestamp() * 1000)),
            "messageType": message.type,
            "createdDateTime": moment(message.created),
            "lastModifiedDateTime": moment(message.modified),
            "lastEditedDateTime": moment(message.edited) if message.edited else None,
            "deletedDateTime": moment(message.deleted) if message.deleted else None,
            "subject": None,
            "summary": None,
            "chatId": None,
            "importance": "normal",
            "locale": "de-de",
            "webUrl": None,
            "policyViolation": None,
            "eventDetail": {"@odata.type": "#microsoft.graph.membersAddedEventMessageDetail"}
            if system
            else None,
            "from": author,
            "body": {
                "contentType": "html",
                "content": "<systemEventMessage/>" if system else "" if gone else "<p>Hallo</p>",
            },
            "channelIdentity": {"teamId": group, "channelId": message.channel},
            "attachments": [],
            "mentions": [],
            "reactions": [] if gone else [self._reaction(*reaction) for reaction in message.reactions],
            "messageHistory": [],
        }

    def _reaction(self, by: str, kind: str, when: datetime) -> Shape:
        user = {"id": by, "displayName": None, "userIdentityType": "aadUser"}
        return {
            "reactionType": kind,
            "displayName": kind.title(),
            "reactionContentUrl": None,
            "createdDateTime": moment(when),
            "user": {"application": None, "device": None, "user": user},
        }

    def thread(self, thread: Thread) -> Shape:
        return {
            "id": thread.id,
            "topic": "Rundmail",
            "hasAttachments": False,
            "lastDeliveredDateTime": moment(max(post.when for post in thread.posts)),
            "uniqueSenders": sorted({self._sender(post)["name"] for post in thread.posts}),
            "preview": "",
            "isLocked": False,
        }

    def post(self, post: Post, thread: Thread) -> Shape:
        recipient = {"emailAddress": self._sender(post)}
        return {
            "id": post.id,
            "createdDateTime": moment(post.when),
            "lastModifiedDateTime": moment(post.when),
            "changeKey": post.id[-12:],
            "categories": [],
            "receivedDateTime": moment(post.when),
            "hasAttachments": False,
            "body": {"contentType": "html", "content": "<p>Hallo</p>"},
            "from": recipient,
            "sender": recipient,
            "conversationThreadId": thread.id,
        }

    def _sender(self, post: Post) -> dict[str, str]:
        user = self.tenant.users.get(post.by)
        if user is None:
            return {"name": post.by, "address": post.by}
        return {"name": user.name, "address": user.mail or user.upn}

    def community(self, community: Community) -> Shape:
        return {
            "id": community.id,
            "displayName": community.name,
            "description": community.name,
            "privacy": "public" if community.public else "private",
            "groupId": community.group,
        }
