"""An organisation with a publication, and clients that are signed in, anonymous, or at the open demonstration."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select

from benchmarks import fuzz
from service.app import create_app
from service.database import transaction
from service.models import Account, Measurement, Organisation, Room, Source, Sync
from service.publication import publish
from service.security.accounts import create_admin
from service.security.tokens import create_token
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

MONDAY = date(2026, 3, 2)
MOMENT = datetime(2026, 3, 31, 6, tzinfo=UTC)
NAME, PASSWORD = "kommunikation", "ein langes Passwort 7"


def measurement(  # noqa: PLR0917 - a row is read from left to right
    metric: str, scope: str, key: str, count: int, people: int, week: int = 0, category: str = ""
) -> Measurement:
    since = MONDAY + timedelta(days=7 * week)
    return Measurement(
        organisation_id=1, metric=metric, category=category, scope=scope, scope_key=key, window="week", since=since,
        until=since + timedelta(days=7), numerator=count, denominator=people, people=people, affirming=count,
        state="known", measured=MOMENT,
    )  # fmt: skip


def fill(engine: Engine, *, synthetic: bool) -> None:
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="beispiel", name="Beispiel AG", synthetic=synthetic))
        session.flush()
        session.add(
            Source(id=1, organisation_id=1, key="wiki", connector="confluence", settings={}, created=MOMENT)
        )
        session.flush()
        session.add(Sync(source_id=1, started=MOMENT, finished=MOMENT, state="done", report={}))
        for handle, name, is_open in (
            ("ALL", "Alle reden mit", True),
            ("HR", "Personal", False),
            ("=2+5", None, None),
        ):
            session.add(
                Room(
                    organisation_id=1, source_id=1, key=f"wiki/{handle}", handle=handle, name=name, open=is_open,
                    first_seen=MOMENT,
                )
            )  # fmt: skip
        for week in range(4):
            session.add(measurement("active_share", "organisation", "", 60 + week, 200, week))
            session.add(measurement("active_share", "room", "wiki/ALL", 50, 120, week))
            session.add(measurement("active_share", "room", "wiki/HR", 5, 8, week))
            session.add(measurement("active_share", "room", "wiki/=2+5", 12, 60, week))
        unknown = measurement("contributor_share", "organisation", "", 0, 200)
        unknown.state, unknown.reason, unknown.numerator, unknown.denominator = (
            "unknown",
            "no_members",
            None,
            None,
        )
        session.add(unknown)


@pytest.fixture
def visit() -> type[TestClient]:
    return TestClient


@pytest.fixture
def database(new_database: Callable[[Path], Engine], tmp_path: Path) -> Iterator[Engine]:
    engine = new_database(tmp_path / "resonanz.db")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[FastAPI, Mapping[str, Mapping[str, str]]]]:
    """The service over a company with something of everything, and the headers of a viewer, an analyst, an auditor and nobody."""
    made, headers = fuzz.service(tmp_path_factory.mktemp("company"))
    yield made, headers
    made.state.engine.dispose()


@pytest.fixture(scope="session")
def analyst(served: tuple[FastAPI, Mapping[str, Mapping[str, str]]]) -> Iterator[TestClient]:
    """With a token, at the company that has something of everything. What is there is only read."""
    app, headers = served
    with TestClient(app, headers={**headers["analyst"], "Accept": "application/json"}) as client:
        yield client


@pytest.fixture(scope="session")
def visit_session() -> Callable[..., TestClient]:
    """Opens the service of `served`, as an analyst at a browser or as somebody nobody knows."""

    def start(app: FastAPI, *, signed_in: bool = True) -> TestClient:
        browser = TestClient(app, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
        if signed_in:
            form = {"name": "analyst", "password": fuzz.PASSWORD}
            assert browser.post("/login", data=form).status_code == 303
        return browser

    return start


@pytest.fixture(scope="session")
def token_of(served: tuple[FastAPI, Mapping[str, Mapping[str, str]]]) -> Callable[[str], str]:
    """A token of the analyst for one scope."""

    def make(scope: str) -> str:
        now = datetime.now(UTC)
        with transaction(served[0].state.engine) as session:
            account = session.scalars(select(Account).where(Account.name == "analyst")).one()
            return create_token(session, account, scope, (scope,), expires=now + timedelta(days=1), now=now)

    return make


@pytest.fixture
def make_app(database: Engine, tmp_path: Path) -> Callable[..., FastAPI]:
    """Builds the app over a filled and published database."""

    def make(*, synthetic: bool = False, published: bool = True, **settings: Any) -> FastAPI:
        fill(database, synthetic=synthetic)
        create_admin(database, NAME, PASSWORD)
        if published:
            publish(database, 1, minimum_group=10, clock=lambda: MOMENT)
        return create_app(Settings(data=tmp_path, **settings), database)

    return make


@pytest.fixture
def client(make_app: Callable[..., FastAPI]) -> Iterator[TestClient]:
    """Signed in by HTTP Basic."""
    with TestClient(make_app(), headers={"Accept": "application/json"}) as client:
        client.auth = (NAME, PASSWORD)
        yield client


@pytest.fixture
def anonymous(make_app: Callable[..., FastAPI]) -> Iterator[TestClient]:
    with TestClient(make_app(), follow_redirects=False) as client:
        yield client


@pytest.fixture
def account() -> tuple[str, str]:
    return NAME, PASSWORD
