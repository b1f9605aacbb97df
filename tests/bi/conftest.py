"""A PostgreSQL filled like the one of the feed's tests, with the views, and connections of roles that read them."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from service.app import create_app
from service.bi.install import grant, install
from service.database import connect
from service.settings import Settings

FILLED = Path(__file__).parent.parent / "odata" / "filled.py"
spec = importlib.util.spec_from_file_location("bi_filled", FILLED)
assert spec is not None
assert spec.loader is not None
filled = importlib.util.module_from_spec(spec)
spec.loader.exec_module(filled)

ROLES = {"bi_werra": "werra", "bi_fulda": "fulda", "bi_all": None, "bi_nobody": ""}


@dataclass
class House:
    engine: Engine
    url: str
    app: FastAPI
    tokens: dict[str, str]

    @contextmanager
    def role(self, name: str) -> Iterator[Connection]:
        """Connected as that role; nothing it does stays."""
        engine = create_engine(make_url(self.url).set(username=name))
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def rows(self, sql: str, role: str = "bi_werra") -> list[dict[str, Any]]:
        with self.role(role) as connection:
            return [dict(row) for row in connection.execute(text(sql)).mappings()]

    def feed(self, name: str, token: str = "werra") -> list[dict[str, Any]]:
        """All rows of the OData feed, by which the views are judged."""
        found: list[dict[str, Any]] = []
        with self.client(token) as client:
            url = f"/odata/v1/{name}"
            while url:
                answer = client.get(url).json()
                found += answer["value"]
                url = answer.get("@odata.nextLink", "")
        return found

    def client(self, token: str = "werra") -> httpx.Client:
        import warnings

        with warnings.catch_warnings():
            # It works with httpx, and warns that it will want another client some day.
            warnings.simplefilter("ignore")
            from starlette.testclient import TestClient
        return TestClient(self.app, headers={"Authorization": f"Bearer {self.tokens[token]}"})


@pytest.fixture(scope="session")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    urls = filled.database(postgres, "bi")
    url = next(urls)
    engine = connect(url)
    filled.fill(engine)
    tokens = filled.accounts(engine)
    with engine.begin() as connection:
        for role in ROLES:
            connection.execute(text(f"DROP ROLE IF EXISTS {role}"))
    install(engine)
    for role, organisation in ROLES.items():
        if organisation != "":
            assert grant(engine, role, organisation)
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE bi_nobody LOGIN"))
    yield House(
        engine,
        url,
        create_app(Settings(data=tmp_path_factory.mktemp("bi"), requests_per_minute=0), engine),
        tokens,
    )
    with engine.begin() as connection:
        for role in ROLES:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()
    for _ in urls:
        pass
