"""Paging: whatever the page size, every item comes once; what changes meanwhile behaves as on the real servers."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.demo.confluence_cloud import Cloud
from service.demo.confluence_data_center import DataCenter
from service.demo.store import Store

NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def crowded():
    """Sixty pages and forty comments, many changed in the same second."""
    store = Store()
    store.add_account("ada")
    store.add_space("HR")
    for number in range(60):
        store.add_page("HR", "ada", NINE + timedelta(minutes=number // 7))
    for number in range(40):
        store.add_comment(65539, "ada", NINE + timedelta(minutes=30 + number // 5))
    return store


@pytest.fixture(scope="module")
def cloud(crowded):
    with Cloud(crowded) as server:
        yield server


@pytest.fixture(scope="module")
def data_center(crowded):
    with DataCenter(crowded, cap=37, cap_expanded=11) as server:
        yield server


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, headers={"Authorization": "Bearer synthetic-token"}) as client:
        yield client


def pages(client, server, path, limit):
    joint = "&" if "?" in path else "?"
    path = f"{path}{joint}limit={limit}"
    while path:
        answer = client.get(server.url + path).json()
        yield [one.get("id") or one["content"]["id"] for one in answer["results"]]
        path = answer["_links"].get("next", "").removeprefix("/wiki")


SORTS = st.sampled_from(
    ["", "sort=created-date", "sort=-created-date", "sort=modified-date", "sort=-modified-date"]
)
ORDERS = st.sampled_from(["", " order by created", " order by created desc", " order by lastmodified desc"])


@settings(max_examples=25)
@given(limit=st.integers(1, 70), sort=SORTS, listing=st.sampled_from(["pages", "footer-comments"]))
def test_every_item_of_a_v2_list_comes_once(cloud, client, limit, sort, listing):
    found = [one for page in pages(client, cloud, f"/api/v2/{listing}?{sort}", limit) for one in page]
    assert len(found) == len(set(found)) == (60 if listing == "pages" else 40)


@settings(max_examples=25)
@given(limit=st.integers(1, 120), order=ORDERS, path=st.sampled_from(["search", "content/search"]))
def test_every_hit_of_a_cloud_search_comes_once(cloud, client, limit, order, path):
    query = f"/rest/api/{path}?cql=type in (page,comment){order}"
    found = [one for page in pages(client, cloud, query, limit) for one in page]
    assert len(found) == len(set(found)) == 100


@settings(max_examples=25)
@given(limit=st.integers(1, 120), order=ORDERS, expand=st.sampled_from(["", "&expand=version"]))
def test_every_hit_of_a_data_center_search_comes_once(data_center, client, limit, order, expand):
    query = f"/rest/api/content/search?cql=type in (page,comment){order}{expand}"
    shown = list(pages(client, data_center, query, limit))
    found = [one for page in shown for one in page]
    assert len(found) == len(set(found)) == 100
    assert max(map(len, shown)) <= min(limit, 11 if expand else 37)


def test_an_edit_between_two_pages_shifts_offsets_but_not_cursors(client):
    store = Store()
    store.add_account("ada")
    store.add_space("HR")
    ids = [str(store.add_page("HR", "ada", NINE + timedelta(minutes=number)).id) for number in range(6)]
    newest_first = "/rest/api/content/search?cql=type=page order by lastmodified desc"
    with DataCenter(store) as server:
        walk = pages(client, server, newest_first, 2)
        first = next(walk)
        store.edit(int(ids[0]), "ada", NINE + timedelta(hours=1))
        rest = [one for page in walk for one in page]
        # The edited page moved to the front, so the last of the first page is shown again and it itself never.
        assert first[-1] == rest[0]
        assert ids[0] not in first + rest
    with Cloud(store) as server:
        walk = pages(client, server, "/api/v2/pages?sort=-modified-date", 2)
        first = next(walk)
        store.edit(int(ids[1]), "ada", NINE + timedelta(hours=2))
        rest = [one for page in walk for one in page]
        assert len(set(first + rest)) == len(first + rest)
