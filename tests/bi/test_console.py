"""`resonanz bi …` as a database administrator uses it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from typer.testing import CliRunner, Result

from service.cli import app
from service.database import connect, migrate, transaction
from service.errors import Invalid, NotFound
from service.models import AuditEntry, Organisation

pytestmark = pytest.mark.postgres
ROLE = "bi_console"


@pytest.fixture
def console(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    monkeypatch.setenv("RESONANZ_DATABASE", postgres_url)
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path))
    engine = connect(postgres_url)
    migrate(engine)
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="werra", name="Werra AG"))
    with engine.begin() as connection:
        connection.execute(text(f"DROP ROLE IF EXISTS {ROLE}"))
    yield lambda *words: CliRunner().invoke(app, words, catch_exceptions=True)
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {ROLE}"))
        connection.execute(text(f"DROP ROLE {ROLE}"))
    engine.dispose()


def test_from_the_first_view_to_the_last(console: Callable[..., Result], postgres_url: str) -> None:
    early = console("bi", "grant", "--role", ROLE)
    assert isinstance(early.exception, NotFound)
    assert "resonanz bi install" in str(early.exception)
    assert "version 1.0.0" in console("bi", "install").output
    done = console("bi", "grant", "--role", ROLE)
    assert done.exit_code == 0, done.output
    assert f"{ROLE} reads werra, and nothing but the views." in done.output
    assert f"\\password {ROLE}" in done.output
    both = console("bi", "grant", "--role", ROLE, "--organisation", "werra", "--all-organisations")
    assert isinstance(both.exception, Invalid)
    assert json.loads(console("bi", "readers", "--json").output) == [{"role": ROLE, "organisation": "werra"}]
    reader = create_engine(make_url(postgres_url).set(username=ROLE))
    with reader.connect() as connection:
        assert connection.execute(text("SELECT DISTINCT organisation FROM metric")).scalars().all() == [
            "werra"
        ]
    assert console("migrate").exit_code == 0  # which makes the views anew
    with reader.connect() as connection:
        assert connection.execute(text("SELECT version FROM version")).scalars().all() == ["1.0.0"]
    reader.dispose()
    assert console("bi", "revoke", "--role", ROLE).exit_code == 0
    assert json.loads(console("bi", "readers", "--json").output) == []
    printed = console("bi", "sql", "--role", ROLE, "--organisation", "werra").output
    assert printed.startswith("BEGIN;\n")
    assert printed.rstrip().endswith("COMMIT;")
    assert f'CREATE ROLE "{ROLE}" LOGIN NOSUPERUSER' in printed
    assert console("bi", "remove").exit_code == 0
    engine = connect(postgres_url)
    with transaction(engine) as session:
        noted: list[Any] = [
            (one.action, json.loads(one.detail)["state"]) for one in session.query(AuditEntry)
        ]
    engine.dispose()
    wanted = {("bi install", "done"), ("bi grant", "done"), ("bi revoke", "done"), ("bi remove", "done")}
    assert wanted | {("bi grant", "failed")} <= set(noted)
    assert not {action for action, _ in noted} & {"bi sql", "bi readers"}
