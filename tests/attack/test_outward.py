"""Every way out reads publications only: no module there knows what is counted, no request touches it, nothing depends on it."""

import ast
import csv
import io
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from sqlalchemy import Engine, delete, event

import service
from alembic import command
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.models import (
    Base,
    Fingerprint,
    KnownContent,
    Measurement,
    Measuring,
    Membership,
    Organisation,
    Person,
    ReleasedCount,
    Room,
    Source,
    Sync,
)
from service.publication import publish
from service.security.accounts import create_admin
from service.security.roles import RULES
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

COUNTED = (Measurement, Fingerprint, Measuring, ReleasedCount, Membership, Person, KnownContent)
"""What tells of people, or exactly, and so may never be read for an answer."""
FORBIDDEN = ("service.activity", "service.measure", "service.identity", "service.linkage", "service.engines", "connectors", "duckdb", "deltalake")  # fmt: skip
MOMENT = datetime(2026, 3, 31, 6, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
OUTWARD = sorted(
    path
    for folder in ("api", "bi", "embeds", "odata", "web")
    for path in (Path(service.__file__).parent / folder).glob("*.py")
)
PLACES = {
    "key:path": "wiki/ALL",
    "entity_key:path": "'wiki/ALL'",
    "key": "relaunch",
    "dimension": "communication",
}
GETS = sorted(
    re.sub(r"\{([^}]+)\}", lambda match: PLACES.get(match[1], "1"), path)
    for method, path in RULES
    if method == "GET"
)


def imported(path: Path) -> Iterator[str]:
    """The dotted names a module imports, of a package also what is taken from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", OUTWARD, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_module_that_answers_knows_what_is_counted(path: Path) -> None:
    names = set(imported(path))
    assert not {name for name in names for one in FORBIDDEN if name == one or name.startswith(f"{one}.")}
    assert not {f"service.models.{model.__name__}" for model in COUNTED} & names
    assert not {name for name in names if name.startswith("service.models.measurement")}


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    token = tmp_path / "token"
    token.write_text("never-used")
    token.chmod(0o600)
    settings = {"url": "https://wiki.example.org", "flavour": "data-center", "token_file": str(token)}
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="beispiel", name="Beispiel AG"))
        session.flush()
        session.add(
            Source(
                id=1, organisation_id=1, key="wiki", connector="confluence", settings=settings, created=MOMENT
            )
        )
        session.flush()
        session.add(Sync(source_id=1, started=MOMENT, finished=MOMENT, state="done", report={}))
        session.add(
            Room(
                organisation_id=1, source_id=1, key="wiki/ALL", handle="ALL", name="Alle", open=True, first_seen=MOMENT
            )
        )  # fmt: skip
        for window, days in (("week", 7), ("days28", 28)):
            for scope, key, count, people in (("organisation", "", 60, 200), ("room", "wiki/ALL", 7, 8)):
                session.add(
                    Measurement(
                        organisation_id=1, metric="active_share", scope=scope, scope_key=key, window=window,
                        since=MONDAY, until=MONDAY + timedelta(days), numerator=count, denominator=people,
                        people=people, affirming=count, state="known", measured=MOMENT,
                    )
                )  # fmt: skip
    create_admin(engine, "kommunikation", "ein langes Passwort 7")
    publish(engine, 1, minimum_group=10, clock=lambda: MOMENT)
    yield engine
    engine.dispose()


@pytest.fixture
def client(filled: Engine, tmp_path: Path) -> Iterator[Client]:
    app = create_app(Settings(data=tmp_path), filled)
    headers = {"Sec-Fetch-Site": "same-origin"}
    with TestClient(app, headers=headers, follow_redirects=False) as client:
        form = {"name": "kommunikation", "password": "ein langes Passwort 7"}
        assert client.post("/login", data=form).status_code == 303
        yield client


def touched(statement: str) -> set[str]:
    return {
        model.__tablename__
        for model in COUNTED
        if re.search(rf'\b(FROM|JOIN|INTO|UPDATE)\s+"?{model.__tablename__}"?(\s|,|$|\))', statement)
        or re.search(rf"\b{model.__tablename__}\.", statement)
    }


def test_no_request_touches_what_is_counted(client: Client, filled: Engine) -> None:
    asked: list[str] = []

    @event.listens_for(filled, "before_cursor_execute")
    def watch(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    answers = {path: client.get(path) for path in GETS}
    assert {path: touched(one) for path in GETS for one in asked if touched(one)} == {}
    assert any("published_value" in one for one in asked)
    assert {answer.status_code for answer in answers.values()} <= {200, 303, 401, 403, 404, 503}
    good = {path for path, answer in answers.items() if answer.status_code == 200}
    assert {"/api/v1/measurements", "/api/v1/rooms", "/api/v1/publication", "/", "/rooms/wiki/ALL"} <= good
    with filled.connect() as connection:
        asked.clear()
        connection.execute(Measurement.__table__.select())
    assert [touched(one) for one in asked] == [{"measurement"}]


def test_every_answer_is_the_same_when_all_that_was_counted_is_gone(client: Client, filled: Engine) -> None:
    paths = [path for path in GETS if path.startswith(("/api/", "/odata/"))]
    paths += [f"{path}?format=csv" for path in ("/api/v1/measurements", "/api/v1/rooms", "/api/v1/coverage")]
    before = {path: client.get(path) for path in paths}
    pages = {path: client.get(path).status_code for path in GETS}
    with transaction(filled) as session:
        for model in COUNTED:
            session.execute(delete(model))
    after = {path: client.get(path) for path in paths}
    for path in paths:
        assert after[path].content == before[path].content, path
        assert after[path].headers.get("ETag") == before[path].headers.get("ETag")
    assert {path: client.get(path).status_code for path in GETS} == pages


def test_all_formats_and_filters_hide_the_same(client: Client) -> None:
    url = "/api/v1/measurements"
    listed = client.get(url).json()["rows"]
    assert {row["state"] for row in listed} == {"published", "suppressed"}
    lines = list(csv.DictReader(io.StringIO(client.get(f"{url}?format=csv").text)))
    assert [[line[name] for name in ("scope_key", "state", "reason", "value", "low", "high", "people")] for line in lines] == [
        ["" if row[name] is None else str(row[name]) for name in ("scope_key", "state", "reason", "value", "low", "high", "people")]
        for row in listed
    ]  # fmt: skip
    filters = [
        {"scope": "room"}, {"window": "week"}, {"scope": "room", "window": "week"}, {"metric": "active_share"},
        {"since": "2026-03-01"}, {"scope_key": "wiki/ALL"}, {"limit": "1"},
    ]  # fmt: skip
    for chosen in filters:
        rows = client.get(url, params=chosen).json()["rows"]
        assert rows
        assert all(row in listed for row in rows)
    page = client.get("/rooms/wiki/ALL").text
    assert "88" not in re.sub(r"<(script|style|svg).*?</\1>", "", page, flags=re.DOTALL)  # 7 of 8
