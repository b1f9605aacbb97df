"""Graph's conversations in the mailboxes of groups, and Viva Engage communities."""

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from service.demo.microsoft.conversation_shapes import ConversationShapes
from service.demo.microsoft.directory import Directory
from service.demo.microsoft.protected import Protected, by_order
from service.demo.serving import Answer

_MAIL = ("Group.Read.All", "Group-Conversation.Read.All")


class Mailboxes:
    def __init__(self, server: Protected, shapes: ConversationShapes, directory: Directory) -> None:
        self._server, self._shapes, self._directory = server, shapes, directory
        self._tenant = server.tenant

    def routes(self) -> list[Route]:
        reads = self._server.reads
        return [
            reads("/groups/{group}/threads", self._threads, *_MAIL),
            reads("/groups/{group}/conversations", self._conversations, *_MAIL),
            reads("/groups/{group}/conversations/{conversation}/threads", self._threads, *_MAIL),
            reads("/groups/{group}/threads/{thread}/posts", self._posts, *_MAIL),
            reads("/employeeExperience/communities", self._communities, "Community.Read.All"),
            reads("/employeeExperience/communities/{community}", self._community, "Community.Read.All"),
            reads(
                "/employeeExperience/communities/{community}/owners",
                self._community_owners,
                "Community.Read.All",
            ),
        ]

    def _threads(self, request: Request) -> Answer:
        group = self._directory.group(request)
        threads = by_order(self._tenant.threads[id_] for id_ in group.threads)
        if "conversation" in request.path_params:
            threads = [
                thread for thread in threads if thread.conversation == request.path_params["conversation"]
            ]
        since = re.fullmatch(
            r"lastDeliveredDateTime ge (\S+)", self._server.asked(request).get("$filter", "")
        )
        if since:
            threads = [
                thread
                for thread in threads
                if self._shapes.thread(thread)["lastDeliveredDateTime"] >= since[1]
            ]
        return self._server.page(request, threads, self._shapes.thread, size=20)

    def _conversations(self, request: Request) -> Answer:
        group = self._directory.group(request)
        threads = by_order(self._tenant.threads[id_] for id_ in group.threads)

        def shape(thread: Any) -> dict[str, Any]:
            same = self._shapes.thread(thread)
            return {
                "id": thread.conversation,
                **{
                    name: same[name]
                    for name in (
                        "topic",
                        "hasAttachments",
                        "lastDeliveredDateTime",
                        "uniqueSenders",
                        "preview",
                    )
                },
            }

        return self._server.page(request, threads, shape, size=20)

    def _posts(self, request: Request) -> Answer:
        group = self._directory.group(request)
        thread = self._tenant.threads.get(request.path_params["thread"])
        if thread is None or thread.group != group.id:
            raise HTTPException(404, "ErrorItemNotFound")
        posts = [_Ordered(order, post) for order, post in enumerate(thread.posts, start=1)]
        return self._server.page(
            request, posts, lambda placed: self._shapes.post(placed.thing, thread), size=10
        )

    # -- communities -------------------------------------------------------------------------------------------------------

    def _communities(self, request: Request) -> Answer:
        return self._server.page(
            request, by_order(self._tenant.communities.values()), self._shapes.community, size=20, most=20
        )

    def _community(self, request: Request) -> Answer:
        community = self._tenant.communities.get(request.path_params["community"])
        if community is None:
            raise HTTPException(404, "NotFound")
        return self._shapes.community(community)

    def _community_owners(self, request: Request) -> Answer:
        community = self._tenant.communities.get(request.path_params["community"])
        if community is None:
            raise HTTPException(404, "NotFound")
        return self._directory.people(request, self._tenant.groups[community.group].owners)


class _Ordered:
    def __init__(self, order: int, thing: Any) -> None:
        self.order, self.thing = order, thing
