"""Alive and ready are told apart, and neither tells anything else."""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine, text

from service.database import connect

Make, Visit = Callable[..., FastAPI], Callable[..., Client]


def test_a_current_database_is_ready(browser: Client) -> None:
    assert browser.get("/healthz").json() == {"status": "alive"}
    assert browser.get("/readyz").json() == {"status": "ready"}


def test_an_outdated_schema_is_not_ready(browser: Client, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:resonanz:problem:schema-outdated")
    assert browser.get("/healthz").status_code == 200


def test_an_unreachable_database_is_not_ready(make_app: Make, visit: Visit) -> None:
    app = make_app()
    app.state.engine = connect("postgresql+psycopg://nobody:secret@127.0.0.1:1/none?connect_timeout=1")
    answer = visit(app).get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:resonanz:problem:not-ready")
    assert "secret" not in answer.text


def test_an_unreadable_key_is_not_ready(make_app: Make, visit: Visit, tmp_path: Path) -> None:
    client = visit(make_app())
    assert client.get("/readyz").status_code == 200
    key = tmp_path / "key" / "installation.key"
    key.unlink()
    assert client.get("/readyz").status_code == 200
    key.mkdir()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:resonanz:problem:not-ready")
    assert str(tmp_path) not in answer.text
