"""An app over an almost empty database, with one account, visited as a browser does."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine

from alembic import command
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.models import Base, Organisation
from service.security.accounts import create_account, create_admin
from service.security.roles import Role
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

NAME, PASSWORD = "kommunikation", "ein langes Passwort 7"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "service.security.accounts.hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    yield engine
    engine.dispose()


@pytest.fixture
def make_app(database: Engine, tmp_path: Path) -> Callable[..., FastAPI]:
    def make(*, synthetic: bool = False, **settings: Any) -> FastAPI:
        with transaction(database) as session:
            session.add(Organisation(id=1, key="beispiel", name="Beispiel AG", synthetic=synthetic))
        create_admin(database, NAME, PASSWORD)
        return create_app(Settings(data=tmp_path, **settings), database)

    return make


@pytest.fixture
def visit() -> Callable[..., Client]:
    def start(app: FastAPI, base_url: str = "http://testserver", **headers: str) -> Client:
        return TestClient(app, base_url=base_url, follow_redirects=False, headers=headers)

    return start


@pytest.fixture
def browser(make_app: Callable[..., FastAPI], visit: Callable[..., Client]) -> Client:
    """A browser on a page of ours, nobody signed in."""
    return visit(make_app(), **{"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def credentials() -> dict[str, str]:
    return {"name": NAME, "password": PASSWORD}


@pytest.fixture
def as_role(
    make_app: Callable[..., FastAPI], visit: Callable[..., Client], database: Engine
) -> Callable[[Role], Client]:
    """A browser signed in with an account of that role, named like the role."""
    app = make_app()

    def sign_in(role: Role) -> Client:
        create_account(database, role.value, PASSWORD, role)
        client = visit(app, **{"Sec-Fetch-Site": "same-origin"})
        assert client.post("/login", data={"name": role.value, "password": PASSWORD}).status_code == 303
        return client

    return sign_in
