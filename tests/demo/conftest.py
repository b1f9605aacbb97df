"""A small site that can be counted by hand, and a way to ask the fake servers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from service.demo.serving import Server
from service.demo.store import Permission, Store

NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday, nine o'clock in Berlin


@dataclass
class Site:
    """Two spaces; in HR a page with one edit, a comment, a reply, an inline comment, two likes; a post; a lone page in IT."""

    store: Store
    page: int
    comment: int
    reply: int
    inline: int
    post: int
    other: int


@pytest.fixture
def site() -> Site:
    store = Store(clock=lambda: NINE + timedelta(days=30))
    for name in ("ada", "bob", "cem"):
        store.add_account(name)
    store.add_account("reader", kind="app")
    staff = store.add_group("alle", ["ada", "bob", "cem"])
    rights = [
        Permission("group", staff.id, "read", "space"),
        Permission("user", "ada", "administer", "space"),
    ]
    store.add_space("HR", author="ada", created=NINE, permissions=rights)
    store.add_space("IT", author="bob", created=NINE)
    page = store.add_page("HR", "ada", NINE).id
    store.edit(page, "bob", NINE + timedelta(hours=5), minor=True)
    comment = store.add_comment(page, "bob", NINE + timedelta(hours=1)).id
    reply = store.add_comment(comment, "ada", NINE + timedelta(hours=2)).id
    inline = store.add_comment(page, "cem", NINE + timedelta(hours=3), location="inline", resolved=True).id
    store.like(page, "bob", NINE + timedelta(hours=1))
    store.like(page, "cem", NINE + timedelta(hours=2))
    store.view(page, 40, 12)
    post = store.add_post("HR", "cem", NINE + timedelta(days=1)).id
    other = store.add_page("IT", None, NINE + timedelta(days=2)).id
    return Site(store, page, comment, reply, inline, post, other)


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Ask a server for a path with the right credential; parameters as keywords, dashes written as underscores twice."""
    with httpx.Client(trust_env=False, timeout=5) as client:

        def get(server: Server, path: str, **params: Any) -> httpx.Response:
            named = {name.replace("__", "-"): value for name, value in params.items()}
            headers = {"Authorization": f"Bearer {server.token}"}
            return client.get(server.url + path, params=named or None, headers=headers)

        yield get


@pytest.fixture
def walk(ask: Ask) -> Callable[..., list[dict[str, Any]]]:
    """All results of a list, page after page by its next links."""

    def all_results(server: Server, path: str, **params: Any) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        while True:
            answer = ask(server, path, **params).json()
            results += answer["results"]
            following = answer["_links"].get("next")
            if following is None:
                return results
            path, params = following.removeprefix("/wiki"), {}

    return all_results
