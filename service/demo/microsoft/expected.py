"""Which activities a complete collection of a tenant must bring."""

from collections.abc import Iterator

from connectors.activity import ContentType, Kind
from service.demo.microsoft.state import State
from service.demo.microsoft.things import Channel, Item, ListOf, Thread
from service.demo.store import Expected


def activities(tenant: State) -> Iterator[Expected]:
    """Everything not deleted, in every room the app may read.

    `object` is `page:<list>:<number>`, `item:<list>:<number>`, `file:<drive>:<id>`, `comment:<list>:<number>:<comment>`,
    `message:<channel>/<id>`, `thread:<id>` for the first post of a thread and `post:<id>` for the others. Likes of pages
    and their comments are undated (`happened` None) unless the tenant tells the dates, reactions to messages are dated;
    several of one person on one message count one by one. Folders, system messages and personal sites are none. Somebody without account is
    named by the mail address.
    """
    for list_ in tenant.lists.values():
        site = tenant.sites[list_.site]
        if site.personal or site.refusal is not None or list_.hidden:
            continue
        for item in list_.items.values():
            if not item.deleted and item.kind != "folder":
                yield from _of_item(tenant, site.room, list_, item)
    for channel in tenant.channels.values():
        if tenant.groups[channel.group].refusal is None:
            yield from _of_channel(channel)
    for thread in tenant.threads.values():
        if tenant.groups[thread.group].refusal is None:
            yield from _of_thread(tenant, thread)


def _of_item(tenant: State, room: str, list_: ListOf, item: Item) -> Iterator[Expected]:
    place = f"{list_.id}:{item.number}"
    object_, content_type = f"page:{place}", ContentType.POST if item.promoted else ContentType.PAGE
    if item.kind == "file":
        object_, content_type = f"file:{list_.drive}:{item.drive_id}", ContentType.FILE
    elif item.kind == "list_item":
        object_ = f"item:{place}"
    for number, version in enumerate(item.versions, start=1):
        kind = Kind.CREATE if number == 1 else Kind.EDIT
        yield Expected(kind, content_type, room, object_, number, version.by, version.when, None, object_)
    for person, when in item.likes.items():
        dated = when if tenant.likes_dated else None
        yield Expected(Kind.REACT, content_type, room, object_, 1, person, dated, None, object_)
    for comment in item.comments.values():
        id_ = f"comment:{place}:{comment.id}"
        parent = f"comment:{place}:{comment.parent}" if comment.parent else object_
        kind = Kind.REPLY if comment.parent else Kind.COMMENT
        comment_type = ContentType.COMMENT
        yield Expected(kind, comment_type, room, id_, 1, comment.by, comment.when, parent, object_)
        for person, when in comment.likes.items():
            dated = when if tenant.likes_dated else None
            yield Expected(Kind.REACT, comment_type, room, id_, 1, person, dated, parent, object_)


def _of_channel(channel: Channel) -> Iterator[Expected]:
    room = channel.room
    for message in channel.messages.values():
        root = channel.messages[message.reply_to] if message.reply_to else message
        if message.type != "message" or message.deleted:
            continue
        object_, thread = (f"message:{channel.id}/{one.id}" for one in (message, root))
        parent = thread if message.reply_to else None
        kind, content_type = Kind.CREATE, ContentType.POST
        if message.reply_to:
            kind, content_type = Kind.REPLY, ContentType.COMMENT
        author = message.by or message.app
        yield Expected(kind, content_type, room, object_, 1, author, message.created, parent, thread)
        for reaction in message.reactions:
            yield Expected(
                Kind.REACT, content_type, room, object_, 1, reaction.by, reaction.when, parent, thread
            )


def _of_thread(tenant: State, thread: Thread) -> Iterator[Expected]:
    first = f"thread:{thread.id}"
    for number, post in enumerate(thread.posts):
        yield Expected(
            Kind.REPLY if number else Kind.CREATE,
            ContentType.COMMENT if number else ContentType.POST,
            f"group:{thread.group}",
            f"post:{post.id}" if number else first,
            1,
            post.by,
            post.when,
            first if number else None,
            first,
        )
