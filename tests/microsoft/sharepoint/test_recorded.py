"""Answers as Microsoft documents them, read by the streams."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.activity import Content, ContentType, CounterName, Kind
from connectors.microsoft import Microsoft365, mapping
from connectors.microsoft.rooms import Directory, Site
from connectors.microsoft.settings import read
from connectors.microsoft.transport import Transport

RECORDED = Path(__file__).parent / "recorded"
SITE = "contoso.sharepoint.com,2c712604-1370-44e7-a1f5-426573fda80a,2d2244c3-251a-49ea-93a8-39e1c3a060fe"


def body(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


class Roles:
    """Tokens of an app that may read sites."""

    sent = 0

    def token(self, *_: Any, **__: Any) -> str:
        return "token"

    def roles(self, *_: Any) -> frozenset[str]:
        return frozenset({"Sites.Read.All"})


@pytest.fixture
def reader(world: Any, tmp_path: Path) -> Callable[..., Microsoft365]:
    """A connector that is answered by a function of the path, for one site of which the documentation speaks."""

    def connect(answer: Callable[[str], Any]) -> Microsoft365:
        def handle(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/$batch"):
                inner = json.loads(request.content)["requests"]
                answers = [{"id": one["id"], "status": 200, "body": answer(one["url"])} for one in inner]
                return httpx.Response(200, json={"responses": answers})
            return httpx.Response(200, json=answer(str(request.url)))

        (tmp_path / "secret").write_text("secret", encoding="ascii")
        given = {"tenant": "contoso", "client_id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}
        settings = read({**given, "secret_file": str(tmp_path / "secret")})
        transport = Transport(settings, http=httpx.MockTransport(handle), now=lambda: world.now)
        transport.tokens = Roles()  # type: ignore[assignment]
        connector = Microsoft365(settings, world.memory, transport)
        sites = {SITE: Site(SITE, "site:a", "https://contoso.sharepoint.com")}
        connector._source._directory = Directory(sites=sites)
        return connector

    return connect


def test_rows_of_a_list_are_read_to_the_link_that_is_kept(world: Any, reader: Any) -> None:
    def answer(url: str) -> Any:
        if "/items/delta" in url:
            return body(f"sites-x-lists-x-items-delta{'-token-x' if 'token=' in url else ''}")
        return {"value": [{"id": "22e03ef3", "list": {"template": "genericList"}, "name": "Tasks"}]}

    connector = reader(answer)
    for page in connector.read("list_items", None):
        world.memory.store("list_items", page)
    connector.close()
    # Item 1 is a folder; 2 and 3 are documents, of which the second page tells that 3 is deleted.
    kinds = [(activity.kind, activity.object) for activity in world.memory.activities.values()]
    assert kinds == [
        (Kind.CREATE, "item:22e03ef3:2"),
        (Kind.CREATE, "item:22e03ef3:3"),
        (Kind.DELETE, "item:22e03ef3:3"),
    ]
    assert (
        body("sites-x-lists-x-items-delta-token-x")["@odata.deltaLink"] in world.memory.cursors["list_items"]
    )


def test_lists_are_told_apart_by_their_template() -> None:
    from connectors.microsoft.lists import ListItems
    from connectors.microsoft.sites import SitePages

    rows = body("sites-x-lists")["value"]
    assert [row["name"] for row in rows] == ["Documents", "MicroFeed"]
    assert ListItems().chosen(rows) == []
    assert SitePages().chosen(rows) == []


@pytest.mark.parametrize("name", ["sites-x-lists-x-items-x-versions", "me-drive-items-x-versions"])
def test_versions_come_with_number_time_and_person(name: str) -> None:
    found = mapping.versions(body(name)["value"])
    assert [(version.label, version.by) for version in found] == [
        (label, "CE251278-EF9E-4FE5-833C-1D89EEAE68E0") for label in ("3.0", "2.0", "1.0")
    ]
    assert found[0].when.isoformat() == "2017-09-14T12:34:53.912000+00:00"


def test_rows_of_a_drive_without_dates_are_gaps_and_folders_none(world: Any, reader: Any) -> None:
    def answer(url: str) -> Any:
        if "delta(token" in url:
            return body("me-drive-root-delta-token-x")
        if "/root/delta" in url:
            return body("me-drive-root-delta")
        return {"value": [{"id": "d", "driveType": "documentLibrary", "webUrl": "https://x/Documents"}]}

    connector = reader(answer)
    for page in connector.read("files", None):
        world.memory.store("files", page)
    connector.close()
    assert world.memory.reasons("files") == {("site:a", "file:d:123010204abac"): "broken"}
    assert world.memory.skipped == {"folder": 1}


def test_analytics_of_all_time_are_two_counters(world: Any, reader: Any) -> None:
    world.memory.known["file:d:1"] = Content("file:d:1", "site:a", ContentType.FILE, world.now, world.now)
    connector = reader(lambda url: body("drives-x-items-x-analytics-allTime"))
    for page in connector.read("analytics", None):
        world.memory.store("analytics", page)
    connector.close()
    totals = {name: counter.total for (name, _), counter in world.memory.counters.items()}
    assert totals == {CounterName.VIEWS: 123, CounterName.VIEWERS: 89}


def test_in_a_room_of_several_sites_each_list_is_found_in_its_own(world: Any, reader: Any) -> None:
    asked: list[str] = []

    def answer(url: str) -> Any:
        asked.append(url)
        if url.startswith("/sites/") and "/lists?" in url:
            return {"value": [{"id": "L1" if "one" in url else "L2"}]}
        return {"allTime": {"access": {"actionCount": 4, "actorCount": 2}}}

    for key in ("page:l1:7", "page:l2:8", "page:l3:9"):
        world.memory.known[key] = Content(key, "group:g", ContentType.PAGE, world.now, world.now)
    connector = reader(answer)
    sites = {name: Site(name, "group:g", "https://x") for name in ("one", "two")}
    connector._source._directory = Directory(sites=sites)
    for page in connector.read("analytics", None):
        world.memory.store("analytics", page)
    connector.close()
    assert sorted(re.findall(r"v1.0(/sites/.*)/analytics", " ".join(asked).replace(" ", "\n"))) == [
        "/sites/one/lists/l1/items/7",
        "/sites/two/lists/l2/items/8",
    ]
    assert {object_ for _, object_ in world.memory.counters} == {"page:l1:7", "page:l2:8"}
