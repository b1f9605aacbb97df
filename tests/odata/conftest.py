"""A served installation on each database, and clients that ask it as BI tools do."""

import importlib.util
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import Engine

from service.app import create_app
from service.database import connect
from service.settings import Settings

ROOT = "/odata/v1/"
PATIENCE = 60
"""Seconds a test waits for an answer: other tests may keep the machine busy."""


def load(name: str) -> ModuleType:
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"odata_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


filled = load("filled")


@dataclass
class Served:
    """`url` is where it listens."""

    engine: Engine
    url: str
    tokens: dict[str, str]

    def client(self, name: str = "werra", **headers: str) -> httpx.Client:
        """Sends the token as the password, as Power BI and Excel do."""
        return httpx.Client(
            base_url=self.url, auth=("token", self.tokens[name]), headers=headers, timeout=PATIENCE
        )

    def get(self, path: str, name: str = "werra", **headers: str) -> httpx.Response:
        with self.client(name, **headers) as client:
            return client.get(path if path.startswith("/") else ROOT + path)

    def rows(self, path: str, name: str = "werra") -> list[dict[str, Any]]:
        """All rows, page by page."""
        found: list[dict[str, Any]] = []
        with self.client(name) as client:
            url = ROOT + path
            while url:
                answer = client.get(url)
                assert answer.status_code == 200, (url, answer.text)
                found += answer.json()["value"]
                url = answer.json().get("@odata.nextLink")
        return found

    def listed(self, path: str, name: str = "werra") -> list[dict[str, Any]]:
        """All rows of the JSON API."""
        found: list[dict[str, Any]] = []
        with self.client(name) as client:
            url = f"/api/v1/{path}"
            while True:
                answer = client.get(url)
                assert answer.status_code == 200, (url, answer.text)
                found += answer.json()["rows"]
                if "next" not in answer.links:
                    return found
                url = answer.links["next"]["url"]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("odata")
    if request.param == "sqlite":
        urls = iter([f"sqlite:///{folder / 'resonanz.db'}"])
    else:
        urls = filled.database(request.getfixturevalue("postgres"), "odata")
    engine = connect(next(urls))
    filled.fill(engine)
    tokens = filled.accounts(engine)
    app = create_app(Settings(data=folder, requests_per_minute=0), engine)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Served(engine, f"http://127.0.0.1:{port}", tokens)
        server.should_exit = True
        thread.join()
    engine.dispose()
    for _ in urls:
        pass
