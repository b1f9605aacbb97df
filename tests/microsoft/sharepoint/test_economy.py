"""What a collection costs: time in relation to its requests, and memory in relation to nothing."""

import gc
import json
import re
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.base import Nothing
from connectors.microsoft import Microsoft365, delta
from connectors.microsoft.rooms import Directory, Site
from connectors.microsoft.settings import read
from connectors.microsoft.transport import Transport

LATENCY = 0.05
ROLES = frozenset({"Sites.Read.All"})


class Roles:
    """Tokens of an app that may read sites."""

    sent = 0

    def token(self, *_: Any, **__: Any) -> str:
        return "token"

    def roles(self, *_: Any) -> frozenset[str]:
        return ROLES


class Drives:
    """Graph with one drive per site, `pages` pages of `size` files each; every `edited`-th was changed twice."""

    def __init__(self, pages: int, size: int, edited: int = 0, latency: float = 0.0) -> None:
        self.pages, self.size, self.edited, self.latency = pages, size, edited, latency
        self.sent = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        if self.latency:
            time.sleep(self.latency)
        path = request.url.path
        if path.endswith("/$batch"):
            wanted = [one["url"] for one in json.loads(request.content)["requests"]]
            ids = [one["id"] for one in json.loads(request.content)["requests"]]
            bodies = [self.drives(re.sub(r"/drives.*", "", url)) for url in wanted]
            answers = [{"id": i, "status": 200, "body": one} for i, one in zip(ids, bodies, strict=True)]
            return httpx.Response(200, json={"responses": answers})
        if path.endswith("/versions"):
            rows = [
                {"id": f"{number}.0", "lastModifiedDateTime": f"2026-03-0{number}T09:00:00Z"}
                for number in (3, 2, 1)
            ]
            return httpx.Response(200, json={"value": rows})
        return httpx.Response(200, json=self.delta(path, int(request.url.params.get("token") or 0)))

    def drives(self, site: str) -> dict[str, Any]:
        name = site.rpartition("/")[2]
        drive = {"id": f"b!{name}", "driveType": "documentLibrary", "webUrl": "https://x/Documents"}
        return {"value": [drive]}

    def delta(self, path: str, page: int) -> dict[str, Any]:
        rows = [self.row(page * self.size + number) for number in range(self.size)]
        last = page + 1 >= self.pages
        link = f"https://graph.microsoft.com{path}?token={page + 1}"
        return {"value": rows, "@odata.deltaLink" if last else "@odata.nextLink": link}

    def row(self, number: int) -> dict[str, Any]:
        changed = 3 if self.edited and number % self.edited == 0 else 1
        return {
            "id": f"01ABCDEFGHIJKLMNOPQRSTUVW{number:07}",
            "createdDateTime": "2026-03-01T09:00:00Z",
            "lastModifiedDateTime": f"2026-03-0{changed}T09:00:00Z",
            "createdBy": {"user": {"id": f"00000000-0000-0000-0000-{number % 50:012}"}},
            "file": {},
        }


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Microsoft365]]:
    opened: list[Microsoft365] = []

    def connect(graph: Drives, sites: int) -> Microsoft365:
        (tmp_path / "secret").write_text("secret", encoding="ascii")
        given = {"tenant": "contoso", "client_id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}
        settings = read({**given, "secret_file": str(tmp_path / "secret")})
        transport = Transport(settings, http=httpx.MockTransport(graph))
        transport.tokens = Roles()  # type: ignore[assignment]
        connector = Microsoft365(settings, Nothing(), transport)
        found = {f"s{one}": Site(f"s{one}", f"site:s{one}", "https://x") for one in range(sites)}
        connector._source._directory = Directory(sites=found)
        opened.append(connector)
        return connector

    yield connect
    for connector in opened:
        connector.close()


@pytest.mark.parametrize(
    ("sites", "pages", "size", "edited"),
    [(1, 2, 100, 1), (40, 1, 20, 5), (12, 4, 30, 10), (200, 1, 1, 0)],
    ids=["one drive with many histories", "many drives", "several pages each", "a drive each without news"],
)
def test_the_time_of_a_collection_is_that_of_its_requests_side_by_side(
    connect: Any, sites: int, pages: int, size: int, edited: int
) -> None:
    graph = Drives(pages, size, edited, LATENCY)
    connector = connect(graph, sites)
    began = time.monotonic()
    rows = sum(len(page.activities) for page in connector.read("files", None))
    took = time.monotonic() - began
    histories = pages * size // edited * sites if edited else 0
    assert rows == sites * pages * size + 2 * histories
    assert graph.sent == sites * pages + histories + -(-sites // 20)
    assert took < 1.5 * graph.sent / 8 * LATENCY + 3 * LATENCY


def test_memory_does_not_grow_with_the_number_of_files(connect: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(delta, "RECENT", 400)

    def held(pages: int) -> int:
        """What is held with the last page, when nothing is read ahead any more and the garbage is collected."""
        connector = connect(Drives(pages, 200), 1)
        last = 0
        gc.freeze()  # what other tests left is not searched again for each page
        tracemalloc.start()
        for _ in connector.read("files", None):
            gc.collect()
            last = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        gc.unfreeze()
        return last

    held(3)  # what is loaded once is no part of it
    few, many = held(5), held(15)
    # Less than the smallest object and the reference to it, were one kept for each of the 2,000 further files.
    assert many - few < 2_000 * 16


def test_the_cursor_of_a_thousand_drives_stays_small(connect: Any) -> None:
    connector = connect(Drives(1, 1), 1_000)
    *_, last = connector.read("files", None)
    assert len(last.cursor) < 150_000
