"""An app over an almost empty database, with one account, visited as a browser does."""

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from service.app import create_app
from service.database import transaction
from service.grants import Role
from service.models import Base, Organisation
from service.security.accounts import create_account, create_admin
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

_spec = importlib.util.spec_from_file_location("jwks_server", Path(__file__).parent / "jwks_server.py")
assert _spec is not None
assert _spec.loader is not None
jwks_server = importlib.util.module_from_spec(_spec)
sys.modules["jwks_server"] = jwks_server
_spec.loader.exec_module(jwks_server)

NAME, PASSWORD = "kommunikation", "ein langes Passwort 7"


@pytest.fixture(scope="session")
def in_memory() -> Callable[[], AbstractContextManager[Engine]]:
    """Makes engines on all tables in memory; to copy them takes a tenth of making them."""
    first = create_engine("sqlite://")
    Base.metadata.create_all(first)
    with first.connect() as connection:
        tables = connection.connection.driver_connection.serialize()  # type: ignore[union-attr]
    first.dispose()

    @contextmanager
    def make() -> Iterator[Engine]:
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            connection.connection.driver_connection.deserialize(tables)  # type: ignore[union-attr]
        yield engine
        engine.dispose()

    return make


@pytest.fixture
def db(in_memory: Callable[[], AbstractContextManager[Engine]]) -> Iterator[Session]:
    """All tables in memory, for what needs no service around it."""
    with in_memory() as engine, Session(engine) as session:
        yield session


@pytest.fixture
def database(tmp_path: Path, new_database: Callable[[Path], Engine]) -> Iterator[Engine]:
    engine = new_database(tmp_path / "resonanz.db")
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


@pytest.fixture(scope="session")
def rsa() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    """A server of public keys, as sign-in services of other systems have it."""
    server = jwks_server.KeyServer()
    yield server
    server.stop()


@pytest.fixture
def keys(running: Any) -> Any:
    """The server with one good key."""
    running.published, running.status, running.body = [jwks_server.public(running.key)], 200, None
    return running


@pytest.fixture(scope="module")
def two_organisations(
    tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[Path], Engine]
) -> Iterator[Engine]:
    engine = new_database(tmp_path_factory.mktemp("tokens") / "resonanz.db")
    with transaction(engine) as session:
        for number, key in enumerate(("beispiel", "andere"), start=1):
            session.add(Organisation(id=number, key=key, name=key, synthetic=False))
    yield engine
    engine.dispose()
