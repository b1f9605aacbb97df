"""Confluence Data Center: REST v1 under whatever context path the address has.

Everything is listed through CQL, since that can be ordered and bounded by date. Pages are counted by `start`: an item
deleted meanwhile moves all later ones up by one, so whenever the total of an answer is smaller than the one before, the
reading goes back by that much. The server may put fewer items on a page than asked for (expansions lower its
cap); what counts is what came.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors.activity import Content, ContentType
from connectors.confluence import v1
from connectors.confluence.answers import by_start, hits, quoted, readable, results, segment, total
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
from connectors.confluence.probes import DATA_CENTER, Probe
from connectors.confluence.transport import ServerFailed, Transport, Unsupported
from connectors.errors import AccessDenied, BadAnswer, NotThere

_SEARCH = "rest/api/search"
_SEARCHED = {"includeArchivedSpaces": "true", "excerpt": "none"}
_ALL = "type in (page,blogpost,comment)"
_TYPES = {"contents": "type in (page,blogpost)", "comments": "type=comment"}
_EXPAND = {
    "contents": "content.history,content.metadata.likes,content.space,content.version",
    "comments": "content.ancestors,content.container,content.history,content.metadata.likes,content.space,content.version",
}
_ORDERS = {Order.CREATED: "created asc", Order.CHANGED: "lastmodified desc"}
_VERSION_PATHS = ("rest/api/content/{}/version", "rest/experimental/content/{}/version")
_SPACES, _VERSIONS, _PEOPLE = 500, 200, 200
_FIRST_VIEW = "2000-01-01T00:00:00.000Z"


class DataCenter:
    page_size: ClassVar[int] = 200
    contents: ClassVar[tuple[str, ...]] = ("contents",)
    comments: ClassVar[tuple[str, ...]] = ("comments",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._version_paths = list(_VERSION_PATHS)
        self._permissions_answer: bool | None = None
        self._user_keys: dict[str, str | None] = {}

    # -- rooms and people ----------------------------------------------------------------------------------------------

    def spaces(self) -> Iterator[Space]:
        for status in ("current", "archived"):
            for page in by_start(self._transport, "rest/api/space", {"status": status}, _SPACES):
                yield from map(_space, page)

    def grants(self, space: Space) -> Sequence[Grant] | None:
        """From 9.1 on permissions have a resource of their own; before, a space could show them when expanded."""
        path = f"rest/api/space/{segment(space.key)}"
        if self._permissions_answer is not False:
            try:
                found = results(self._transport.get(f"{path}/permissions"), path)
            except (AccessDenied, NotThere):
                found = None
            if found is not None:
                self._permissions_answer = True
                return [grant for grant in map(_grant, found) if grant]
        # Raises where the space itself is closed to the account.
        expanded = self._transport.get(path, {"expand": "permissions"})
        if self._permissions_answer is None:
            self._permissions_answer = False
        permissions = expanded.get("permissions") if isinstance(expanded, Mapping) else None
        return _expanded_grants(permissions) if isinstance(permissions, list) and permissions else None

    def probe(self, space: Space) -> None:
        self._transport.get(f"rest/api/space/{segment(space.key)}")

    def groups(self) -> Sequence[Group]:
        pages = by_start(self._transport, "rest/api/group", {}, _PEOPLE)
        return [Group(str(one["name"]), str(one["name"])) for page in pages for one in page]

    def members(self, group: Group) -> Sequence[Account]:
        path = f"rest/api/group/{segment(group.name)}/member"
        accounts = []
        for page in by_start(self._transport, path, {"expand": "status"}, _PEOPLE):
            for user in page:
                account = v1.account(user)
                if account:
                    self._remember(user, account.id)
                    accounts.append(account)
        return accounts

    def accounts(self, ids: Sequence[str]) -> Sequence[Account]:
        """Nothing is asked: every list of contents shows its people."""
        return ()

    # -- contents ------------------------------------------------------------------------------------------------------

    def page(self, query: Query, token: str | None, size: int, tries: int = 3) -> Batch:
        start, before = _position(token)
        answer = self._search(query, start, size, tries, _EXPAND[query.listing])
        found = hits(answer, _SEARCH)
        for one in found:
            for user in ((one.get("history") or {}).get("createdBy"), (one.get("version") or {}).get("by")):
                if user:
                    self._remember(user, v1.account_id(user))
        items, broken = readable(found, lambda one: v1.item(one, query.listing))
        return Batch(items, _after(answer, start, len(found), before), broken)

    def step_over(self, query: Query, token: str | None, last: datetime | None) -> Batch:
        """The item at this place cannot be shown: name it without its parts, and go on behind it."""
        start, before = _position(token)
        try:
            answer = self._search(query, start, 1, 2, None)
            found = hits(answer, _SEARCH)
        except (ServerFailed, BadAnswer):
            return Batch((), _token(start + 1, before), lost=1)
        if not found:
            return Batch((), None)
        return Batch((), _after(answer, start, len(found), before), [str(found[0].get("id"))])

    def by_ids(self, listing: str, ids: Sequence[str]) -> Batch:
        items: list[Item] = []
        broken: list[str] = []
        for start in range(0, len(ids), 50):
            self._halved(listing, ids[start : start + 50], items, broken)
        return Batch(items, None, broken)

    def _halved(self, listing: str, ids: Sequence[str], items: list[Item], broken: list[str]) -> None:
        params = {
            "cql": f"{_TYPES[listing]} and id in ({','.join(ids)})",
            "expand": _EXPAND[listing],
            "limit": 50,
            **_SEARCHED,
        }
        try:
            found = hits(self._transport.get(_SEARCH, params, tries=2), _SEARCH)
        except (ServerFailed, BadAnswer):
            if len(ids) == 1:
                broken.append(ids[0])
                return
            middle = len(ids) // 2
            self._halved(listing, ids[:middle], items, broken)
            self._halved(listing, ids[middle:], items, broken)
            return
        read, unread = readable(found, lambda one: v1.item(one, listing))
        items += read
        broken += unread

    def versions(self, item: Item, above: int) -> Sequence[Version]:
        """The route moved out of `experimental` at some release: the one that first answers is kept."""
        while True:
            path = self._version_paths[0].format(item.id)
            try:
                return self._versions(path, above)
            except NotThere:
                if len(self._version_paths) == 1:
                    raise
                try:
                    found = self._versions(self._version_paths[1].format(item.id), above)
                except NotThere:
                    raise NotThere(f"{path}: no versions") from None
                self._version_paths = [self._version_paths[1]]
                return found

    def _versions(self, path: str, above: int) -> list[Version]:
        found: list[Version] = []
        for page in by_start(self._transport, path, {}, _VERSIONS):
            found += map(v1.version, page)
            if found and found[-1].number < found[0].number and found[-1].number <= above + 1:
                break
        return [version for version in found if version.number > above]

    def beginnings(self, ids: Sequence[str]) -> Mapping[str, Version]:
        """Not needed: every list shows the creation."""
        return {}

    def total(self) -> int:
        try:
            return self._count(f"{_ALL} and space.type != personal")
        except BadAnswer:
            # Not every release knows `space.type`; a number that is too great by the same amount every time does as well.
            return self._count(_ALL)

    def _count(self, clause: str) -> int:
        return total(self._transport.get(_SEARCH, {"cql": clause, "limit": 1, **_SEARCHED}), _SEARCH)

    def gone(self, content: Content) -> bool:
        try:
            found = self._transport.get(f"rest/api/content/{content.id}", {"expand": "version"})
        except NotThere:
            return True
        return bool(found.get("status") == "trashed")

    def like_counts(self, contents: Sequence[Content]) -> Mapping[str, int]:
        """Fifty at once; the expansion is missing in some releases, then nothing is known."""
        counts: dict[str, int] = {}
        for listing in _TYPES:
            comments = listing == "comments"
            ids = [one.id for one in contents if (one.content_type is ContentType.COMMENT) is comments]
            if ids:
                items = self.by_ids(listing, ids).items
                counts |= {item.id: item.likes for item in items if item.likes is not None}
        return counts

    def likes(self, content: Content) -> Sequence[str]:
        """From the route the pages themselves use; it tells user names, which are turned into user keys."""
        path = f"rest/likes/1.0/content/{content.id}/likes"
        answer = self._transport.get(path)
        likes = answer.get("likes") if isinstance(answer, Mapping) else None
        if not isinstance(likes, list):
            raise BadAnswer(f"{path}: no list of likes")
        keys = (self._key_of(like.get("user") or {}) for like in likes)
        return [key for key in keys if key]

    def views(self, content: Content) -> int:
        """The sum over all time by date; `viewsByUser` would tell who, and is never asked."""
        kind = "blogpost" if content.content_type is ContentType.POST else "page"
        params = {
            "contentId": content.id,
            "contentType": kind,
            "fromDate": _FIRST_VIEW,
            "toDate": f"{datetime.now(UTC).year + 1}-01-01T00:00:00.000Z",
            "type": "total",
            "period": "month",
            "timezone": "UTC",
        }
        answer = self._transport.get("rest/confanalytics/1.0/content/viewsByDate", params)
        days = answer.get("viewsByDate") if isinstance(answer, Mapping) else None
        if not isinstance(days, list):
            raise BadAnswer("rest/confanalytics: no views by date")
        return sum(int(day.get("total") or 0) for day in days)

    def viewers(self, content: Content) -> int:
        """Not told: the distinct viewers of single months do not add up to those of all time."""
        raise Unsupported("distinct viewers are not offered by Data Center")

    def probes(self) -> Sequence[Probe]:
        return DATA_CENTER

    def _search(self, query: Query, start: int, size: int, tries: int, expand: str | None) -> Any:
        clauses = [_TYPES[query.listing]]
        if query.space:
            clauses.append(f"space={quoted(query.space.key)}")
        if query.since and query.order is Order.CHANGED:
            clauses.append(v1.since("lastmodified", query.since))
        params: dict[str, Any] = {
            "cql": f"{' and '.join(clauses)} order by {_ORDERS[query.order]}",
            "start": start,
            "limit": size,
            **_SEARCHED,
        }
        if expand:
            params["expand"] = expand
        return self._transport.get(_SEARCH, params, tries=tries)

    def _remember(self, user: Mapping[str, Any], key: str | None) -> None:
        name = user.get("username")
        if name and key:
            self._user_keys[str(name)] = key

    def _key_of(self, user: Mapping[str, Any]) -> str | None:
        key = user.get("userKey")
        if key:
            return str(key)
        name = str(user.get("name") or user.get("username") or "")
        if name and name not in self._user_keys:
            try:
                self._user_keys[name] = v1.account_id(
                    self._transport.get("rest/api/user", {"username": name})
                )
            except NotThere:
                self._user_keys[name] = None
        return self._user_keys.get(name)


def _token(start: int, total: int | None) -> str:
    return f"{start}/{'' if total is None else total}"


def _position(token: str | None) -> tuple[int, int | None]:
    start, _, total = (token or "0/").partition("/")
    return int(start), int(total) if total else None


def _after(answer: Any, start: int, came: int, before: int | None) -> str | None:
    """Where the next page begins: after this one, or before it where items have been deleted since the page before."""
    number = answer.get("totalSize")
    number = number if isinstance(number, int) else None
    if number is not None and before is not None and number < before and start:
        # What now stands in the last places before this page may have been behind it a moment ago.
        return _token(max(0, start - (before - number)), number)
    more = "next" in (answer.get("_links") or {}) or (number is not None and start + came < number)
    return _token(start + came, number) if came and more else None


def _space(found: Mapping[str, Any]) -> Space:
    return Space(
        id=str(found["id"]),
        key=str(found["key"]),
        name=str(found.get("name") or ""),
        personal=str(found.get("type")).lower() == "personal",
        archived=str(found.get("status")).lower() == "archived",
    )


def _grant(found: Mapping[str, Any]) -> Grant | None:
    operation = found.get("operation") or {}
    key = operation.get("operationKey") or operation.get("operation")
    if operation.get("targetType") != "space" or key not in ("read", "administer"):
        return None
    subject = found.get("subject") or {}
    match str(subject.get("type")).lower():
        case "user":
            return Grant(
                Principal.USER, str(subject.get("userKey") or subject.get("username")), key == "administer"
            )
        case "group":
            return Grant(Principal.GROUP, str(subject.get("name")), key == "administer")
    return Grant(Principal.ANYONE, "", owner=False)


def _expanded_grants(permissions: Sequence[Mapping[str, Any]]) -> list[Grant]:
    grants = []
    for one in permissions:
        operation = one.get("operation") or {}
        key = operation.get("operation")
        if operation.get("targetType") != "space" or key not in ("read", "administer"):
            continue
        subjects = one.get("subjects") or {}
        if one.get("anonymousAccess"):
            grants.append(Grant(Principal.ANYONE, ""))
        for user in (subjects.get("user") or {}).get("results") or ():
            account = v1.account_id(user)
            if account:
                grants.append(Grant(Principal.USER, account, key == "administer"))
        groups = (subjects.get("group") or {}).get("results") or ()
        grants += [Grant(Principal.GROUP, str(group.get("name")), key == "administer") for group in groups]
    return grants
