"""Confluence Cloud: REST v2, and REST v1 where v2 has nothing (search, groups, view counts).

Paths hang on a base that ends in `/wiki`. Of a page's answer only the cursor in `_links.next` is used; path and
parameters stay ours, so a gateway prefix is never lost.

Replies. Whether the site-wide comment lists hold replies is not documented. The listing `replies` therefore reads all
comments through CQL, with their ancestors; the stream uses it only where the lists turn out not to show replies.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from connectors.activity import Content, ContentType
from connectors.confluence import v1
from connectors.confluence.answers import (
    by_cursor,
    by_start,
    following,
    hits,
    quoted,
    readable,
    results,
    segment,
    total,
)
from connectors.confluence.platform import (
    Account,
    Batch,
    Grant,
    Group,
    Item,
    Order,
    Principal,
    Query,
    Space,
    Version,
)
from connectors.confluence.probes import CLOUD, Probe
from connectors.confluence.transport import ServerFailed, Transport
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, NotThere, SourceUnreachable

REPLIES = "replies"
_MOST = 250
_SEARCH_MOST = 100
_TYPES = {
    "pages": ContentType.PAGE,
    "blogposts": ContentType.POST,
    "footer-comments": ContentType.COMMENT,
    "inline-comments": ContentType.COMMENT,
}
_SORTS = {Order.CREATED: "created-date", Order.CHANGED: "-modified-date"}
_SEARCH = "rest/api/search"
_SEARCHED = {"includeArchivedSpaces": "true", "excerpt": "none"}
_REPLY_EXPAND = ",".join(
    f"content.{part}" for part in ("ancestors", "container", "history", "space", "version")
)
_CLAUSES = {
    "pages": "type=page",
    "blogposts": "type=blogpost",
    "footer-comments": "type=comment",
    "inline-comments": "type=comment",
    REPLIES: "type=comment",
}
_ROUND, _BACKWARD = "~", "<"
_ALL = "type in (page,blogpost,comment)"


class Cloud:
    page_size: ClassVar[int] = _MOST
    contents: ClassVar[tuple[str, ...]] = ("pages", "blogposts")
    comments: ClassVar[tuple[str, ...]] = ("footer-comments", "inline-comments")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # -- rooms and people ----------------------------------------------------------------------------------------------

    def spaces(self) -> Iterator[Space]:
        for status in ("current", "archived"):
            for page in by_cursor(self._transport, "api/v2/spaces", {"status": status, "sort": "id"}, _MOST):
                yield from map(_space, page)

    def grants(self, space: Space) -> Sequence[Grant] | None:
        try:
            return self._permissions(space)
        except (AccessDenied, NotThere):
            pass
        try:
            return self._roles(space)
        except (AccessDenied, NotThere):
            # Either only the permissions are closed to the account, or the space is; asking for the space tells.
            self.probe(space)
            return None

    def probe(self, space: Space) -> None:
        self._transport.get(f"api/v2/spaces/{space.id}")

    def _permissions(self, space: Space) -> list[Grant]:
        grants = []
        for page in by_cursor(self._transport, f"api/v2/spaces/{space.id}/permissions", {}, _MOST):
            for one in page:
                operation = one.get("operation") or {}
                if operation.get("targetType") == "space" and operation.get("key") in ("read", "administer"):
                    principal = one.get("principal") or {}
                    grants.append(
                        _grant(principal.get("type"), principal.get("id"), operation["key"] == "administer")
                    )
        return grants

    def _roles(self, space: Space) -> list[Grant]:
        """Sites with roles instead of permissions: every role may read; who administers is not told by the role's id."""
        grants = []
        for page in by_cursor(self._transport, f"api/v2/spaces/{space.id}/role-assignments", {}, _MOST):
            for one in page:
                principal = one.get("principal") or {}
                grants.append(
                    _grant(principal.get("principalType"), principal.get("principalId"), owner=False)
                )
        return grants

    def groups(self) -> Sequence[Group]:
        return [
            Group(str(one["id"]), str(one["name"]))
            for page in by_start(self._transport, "rest/api/group", {}, 200)
            for one in page
        ]

    def members(self, group: Group) -> Sequence[Account]:
        path = f"rest/api/group/{segment(group.id)}/membersByGroupId"
        pages = by_start(self._transport, path, {"expand": "isExternalCollaborator"}, 200)
        return [account for page in pages for account in map(v1.account, page) if account]

    def accounts(self, ids: Sequence[str]) -> Sequence[Account]:
        found: list[Account] = []
        for start in range(0, len(ids), _MOST):
            answer = self._transport.post(
                "api/v2/users-bulk", {"accountIds": list(ids[start : start + _MOST])}
            )
            found += [one for one in map(v1.account, results(answer, "api/v2/users-bulk")) if one]
        return found

    # -- contents ------------------------------------------------------------------------------------------------------

    def page(self, query: Query, token: str | None, size: int, tries: int = 3) -> Batch:
        listing = query.listing
        if token and token.startswith(_ROUND):
            cql, cursor = json.loads(token.removeprefix(_ROUND))
            return self._round(listing, cql, cursor)
        if token and token.startswith(_BACKWARD):
            return self._backward(query, json.loads(token.removeprefix(_BACKWARD)), size, tries)
        if listing == REPLIES or (query.space and listing in self.comments):
            return self._searched(query, token, size, tries)
        params: dict[str, Any] = {"sort": _SORTS[query.order]}
        if query.space:
            params["space-id"] = query.space.id
        path = f"api/v2/{listing}"
        answer = self._ask(path, params, token, size, tries)
        items, broken = readable(results(answer, path), lambda one: _item(one, listing))
        return Batch(items, following(answer, path, token), broken)

    def step_over(self, query: Query, token: str | None, last: datetime | None) -> Batch:
        """A cursor cannot be set behind a broken item; there are two ways round it.

        The ids of all that follows come from the search index and are asked for in lots that isolate the broken ones,
        whose ids are then known. Where the search fails as well, a listing by creation is read from its other end
        until it meets the broken item again; what lies between two broken ones is then lost with them. The tokens of
        both ways begin with a mark, so that the rest of the listing, and a continued run, stay on the way.
        """
        if token and token.startswith(_BACKWARD):
            if json.loads(token.removeprefix(_BACKWARD)) == [None, None]:
                raise SourceUnreachable(
                    f"api/v2/{query.listing}: the platform fails at either end of the list"
                )
            return Batch((), None, lost=1)
        if not (token and token.startswith(_ROUND)):
            with suppress(ConnectorError):
                return self._round(query.listing, _cql(query, last), None)
        if query.order is Order.CHANGED:
            return Batch((), None, lost=1)
        return Batch((), _BACKWARD + json.dumps([last.isoformat() if last else None, None]))

    def _backward(self, query: Query, place: tuple[str | None, str | None], size: int, tries: int) -> Batch:
        last, cursor = place
        path = f"api/v2/{query.listing}"
        params: dict[str, Any] = {"sort": f"-{_SORTS[Order.CREATED]}"}
        if query.space:
            params["space-id"] = query.space.id
        answer = self._ask(path, params, cursor, size, tries)
        items, broken = readable(results(answer, path), lambda one: _item(one, query.listing))
        cursor = following(answer, path, cursor)
        bound = moment(last) if last else None
        met = bound is not None and any(item.created and item.created <= bound for item in items)
        token = _BACKWARD + json.dumps([last, cursor]) if cursor and not met else None
        return Batch(items, token, broken)

    def _round(self, listing: str, cql: str, cursor: str | None) -> Batch:
        answer = self._ask(_SEARCH, {"cql": cql, **_SEARCHED}, cursor, _MOST)
        batch = self.by_ids(listing, [str(one.get("id")) for one in hits(answer, _SEARCH)])
        following_cursor = following(answer, _SEARCH, cursor)
        token = _ROUND + json.dumps([cql, following_cursor]) if following_cursor else None
        return Batch(batch.items, token, batch.broken)

    def by_ids(self, listing: str, ids: Sequence[str]) -> Batch:
        """Asked for in one request; where that fails, in halves, until the broken ones stand alone."""
        path = f"api/v2/{listing}"
        items: list[Item] = []
        broken: list[str] = []
        if listing in self.contents:
            for start in range(0, len(ids), _MOST):
                self._halved(path, listing, ids[start : start + _MOST], items, broken)
            return Batch(items, None, broken)
        for id_, found in self._transport.each(lambda id_: self._transport.get(f"{path}/{id_}"), ids):
            if isinstance(found, NotThere):
                continue
            if isinstance(found, Exception):
                broken.append(id_)
            else:
                read, unread = readable([found], lambda one: _item(one, listing))
                items += read
                broken += unread
        return Batch(items, None, broken)

    def _halved(
        self, path: str, listing: str, ids: Sequence[str], items: list[Item], broken: list[str]
    ) -> None:
        try:
            answer = self._transport.get(path, {"id": ",".join(ids), "limit": _MOST}, tries=2)
        except (ServerFailed, BadAnswer):
            if len(ids) == 1:
                broken.append(ids[0])
                return
            middle = len(ids) // 2
            self._halved(path, listing, ids[:middle], items, broken)
            self._halved(path, listing, ids[middle:], items, broken)
            return
        read, unread = readable(results(answer, path), lambda one: _item(one, listing))
        items += read
        broken += unread

    def versions(self, item: Item, above: int) -> Sequence[Version]:
        path = f"api/v2/{item.listing}/{item.id}/versions"
        found: list[Version] = []
        for page in by_cursor(self._transport, path, {"sort": "-modified-date"}, _MOST):
            found += map(_version, page)
            if found and min(version.number for version in found) <= above + 1:
                break
        return [version for version in found if version.number > above]

    def beginnings(self, ids: Sequence[str]) -> Mapping[str, Version]:
        """REST v1 still shows who created a comment, and when, for many at once."""
        found: dict[str, Version] = {}
        for start in range(0, len(ids), 50):
            clause = f"type=comment and id in ({','.join(ids[start : start + 50])})"
            params = {"cql": clause, "expand": "content.history", "limit": 50, **_SEARCHED}
            for one in hits(self._transport.get(_SEARCH, params, tries=2), _SEARCH):
                history = one.get("history") or {}
                if history.get("createdDate"):
                    by = v1.account_id(history.get("createdBy"))
                    found[str(one["id"])] = Version(1, moment(history["createdDate"]), by)
        return found

    def total(self) -> int:
        try:
            return self._count(f"{_ALL} and space.type != personal")
        except BadAnswer:
            # Not every release knows `space.type`; a number that is too great by the same amount every time does as well.
            return self._count(_ALL)

    def comment_total(self) -> int:
        """How many comments and replies there are, in personal spaces too."""
        return self._count("type=comment")

    def _count(self, clause: str) -> int:
        return total(self._transport.get(_SEARCH, {"cql": clause, "limit": 1, **_SEARCHED}), _SEARCH)

    def gone(self, content: Content) -> bool:
        for listing in self._listings_of(content):
            try:
                found = self._transport.get(f"api/v2/{listing}/{content.id}")
            except NotThere:
                continue
            return found.get("status") in ("trashed", "deleted")
        return True

    def like_counts(self, contents: Sequence[Content]) -> Mapping[str, int]:
        return {}

    def likes(self, content: Content) -> Sequence[str]:
        *others, last = self._listings_of(content)
        for listing in others:
            try:
                return self._likers(listing, content.id)
            except NotThere:
                continue
        return self._likers(last, content.id)

    def _likers(self, listing: str, id_: str) -> list[str]:
        pages = by_cursor(self._transport, f"api/v2/{listing}/{id_}/likes/users", {}, _MOST)
        return [str(one["accountId"]) for page in pages for one in page if one.get("accountId")]

    def views(self, content: Content) -> int:
        return self._counted(content, "views")

    def viewers(self, content: Content) -> int:
        return self._counted(content, "viewers")

    def _counted(self, content: Content, what: str) -> int:
        answer = self._transport.get(f"rest/api/analytics/content/{content.id}/{what}")
        if not isinstance(answer, Mapping) or not isinstance(answer.get("count"), int):
            raise BadAnswer(f"rest/api/analytics: no number of {what}")
        return int(answer["count"])

    def _listings_of(self, content: Content) -> tuple[str, ...]:
        """Where a content may be found: nothing remembered tells a footer from an inline comment."""
        return tuple(listing for listing, type_ in _TYPES.items() if type_ is content.content_type)

    def _searched(self, query: Query, token: str | None, size: int, tries: int) -> Batch:
        listing = query.listing
        params = {"cql": _cql(query, None), "expand": _REPLY_EXPAND, **_SEARCHED}
        answer = self._ask(_SEARCH, params, token, min(size, _SEARCH_MOST), tries)
        found = hits(answer, _SEARCH)
        if listing in self.comments:
            found = [one for one in found if _location(one) == listing]
        items, broken = readable(found, lambda one: v1.item(one, _location(one)))
        return Batch(items, following(answer, _SEARCH, token), broken)

    def _ask(self, path: str, params: Mapping[str, Any], token: str | None, size: int, tries: int = 3) -> Any:
        asked = {**params, "limit": size} | ({"cursor": token} if token else {})
        return self._transport.get(path, asked, tries=tries)

    def probes(self) -> Sequence[Probe]:
        return CLOUD


def _cql(query: Query, last: datetime | None) -> str:
    clauses = [_CLAUSES[query.listing]]
    if query.space:
        clauses.append(f"space={quoted(query.space.key)}")
    if query.order is Order.CREATED:
        if last:
            clauses.append(v1.since("created", last))
        return f"{' and '.join(clauses)} order by created asc"
    if query.since:
        clauses.append(v1.since("lastmodified", query.since))
    return f"{' and '.join(clauses)} order by lastmodified desc"


def _location(comment: Mapping[str, Any]) -> str:
    location = (comment.get("extensions") or {}).get("location")
    return "inline-comments" if location == "inline" else "footer-comments"


def _space(found: Mapping[str, Any]) -> Space:
    return Space(
        id=str(found["id"]),
        key=str(found["key"]),
        name=str(found.get("name") or ""),
        personal=found.get("type") == "personal",
        archived=found.get("status") == "archived",
        created=moment(found["createdAt"]) if found.get("createdAt") else None,
    )


def _grant(principal: object, id_: object, owner: bool) -> Grant:
    """Permissions know user, group and role; role assignments USER, GROUP and ACCESS_CLASS (anonymous, all licensed)."""
    match str(principal).lower():
        case "user":
            return Grant(Principal.USER, str(id_), owner)
        case "group":
            return Grant(Principal.GROUP, str(id_), owner)
    return Grant(Principal.ANYONE, str(id_), owner=False)


def _version(found: Mapping[str, Any]) -> Version:
    return Version(
        number=int(found["number"]),
        when=moment(found["createdAt"]),
        by=found.get("authorId") or None,
        minor=bool(found.get("minorEdit")),
    )


def _item(found: Mapping[str, Any], listing: str) -> Item:
    content_type = _TYPES[listing]
    latest = _version(found["version"])
    if content_type is not ContentType.COMMENT:
        return Item(
            id=str(found["id"]),
            content_type=content_type,
            latest=latest,
            room=str(found["spaceId"]),
            created=moment(found["createdAt"]),
            author=found.get("authorId") or None,
            listing=listing,
        )
    parent = found.get("parentCommentId")
    thread = found.get("pageId") or found.get("blogPostId")
    first = latest.number == 1
    return Item(
        id=str(found["id"]),
        content_type=content_type,
        latest=latest,
        thread=str(thread) if thread else None,
        parent=str(parent) if parent else None,
        created=latest.when if first else None,
        author=latest.by if first else None,
        listing=listing,
    )
