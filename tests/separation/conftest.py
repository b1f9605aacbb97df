"""An installation of two organisations: werra, whose accounts attack, and fulda, of which every text names it."""

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine, Table, select

from alembic import command
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.grants import Role
from service.models import (
    Account,
    AgreementSignature,
    AgreementVersion,
    AuditEntry,
    Base,
    HolderKey,
    Milestone,
    Organisation,
    Publication,
    PublishedRoom,
    PublishedValue,
    Source,
)
from service.security.accounts import create_account
from service.security.roles import Scope
from service.security.separation import INSTALLATION
from service.security.tokens import create_token
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

_PATH = Path(__file__).parents[1] / "rights" / "conftest.py"
_spec = importlib.util.spec_from_file_location("house_of_two", _PATH)
assert _spec is not None
assert _spec.loader is not None
_rights: Any = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _rights
_spec.loader.exec_module(_rights)

act, wiki = _rights.act, _rights.wiki

OWN, OTHER = "werra", "fulda"
PASSWORD = "ein langes Passwort 7"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
SIGNED = frozenset({AgreementVersion, AgreementSignature, HolderKey})


def filled(table: Table, organisation: str, number: int, ids: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A row that is fit for the table, and in every text of which its organisation stands."""
    values: dict[str, Any] = {}
    for column in table.c:
        if column.foreign_keys:
            (reference,) = column.foreign_keys
            parent = ids.get(reference.column.table.name) if reference.column.table is not table else None
            values[column.key] = parent[reference.column.key] if parent else None
            continue
        text = f"{organisation}-{column.key}"[: getattr(column.type, "length", None) or 64]
        kind = datetime if type(column.type).__name__ == "Instant" else column.type.python_type
        values[column.key] = {
            str: text,
            int: number,
            float: 0.5,
            bool: False,
            datetime: NOW,
            date: NOW.date(),
            time: time(8),
            bytes: text.encode(),
        }.get(kind, {"text": text})
    if table.name == AuditEntry.__tablename__:
        values |= {"organisation": organisation, "detail": f'{{"route": "{organisation}"}}'}
    if table.name == Organisation.__tablename__:
        values |= {
            "key": organisation,
            "synthetic": False,
            "stopped": None,
            "locale": "de",
            "time_zone": "UTC",
        }
    return values


def filled_in(
    engine: Engine, organisation: str, number: int, without: frozenset[type[Base]] = frozenset()
) -> None:
    """One row in every table there is, besides those `without` and those that belong to no organisation."""
    ids: dict[str, dict[str, Any]] = {}
    left_out = {one.__table__ for one in INSTALLATION | without}
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table not in left_out:
                ids[table.name] = filled(table, organisation, number, ids)
                connection.execute(table.insert().values(ids[table.name]))


@pytest.fixture
def fill() -> Callable[..., None]:
    return filled_in


def housed(engine: Engine, folder: Path) -> dict[str, Any]:
    """Each organisation with a source of its own, and one database for both; nothing is collected yet."""
    with transaction(engine) as session:
        for number, key in enumerate((OWN, OTHER), 1):
            session.add(Organisation(id=number, key=key, name=key.title(), workforce=50))
            session.flush()
            own = {"key": f"{key}-wiki", "connector": "script", "settings": {}, "created": NOW}
            session.add(Source(organisation_id=number, **own))
    places = _rights.placed(folder)
    return {key: _rights.House(engine, places, folder, key) for key in (OWN, OTHER)}


@pytest.fixture
def houses(new_database: Callable[[Path], Engine], tmp_path: Path) -> Iterator[dict[str, Any]]:
    """On SQLite."""
    engine = new_database(tmp_path / "resonanz.db")
    yield housed(engine, tmp_path)
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_houses(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """On each database, with the real schema."""
    if request.param == "sqlite":
        yield request.getfixturevalue("houses")
        return
    engine = connect(request.getfixturevalue("migrated_postgres_url"))
    yield housed(engine, tmp_path)
    engine.dispose()


@pytest.fixture
def script() -> Any:
    """A connector that plays a script."""
    return _rights.Script


@dataclass
class Installation:
    engine: Engine
    app: FastAPI
    tokens: dict[str, str] = field(default_factory=dict)

    def browser(self, name: str) -> Client:
        """Signed in with that account."""
        client = TestClient(self.app, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
        answer = client.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    def program(self, name: str) -> Client:
        """With a token of that account for everything a token can be good for."""
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        return TestClient(self.app, follow_redirects=False, headers=headers)

    def rows(self, number: int = 2) -> dict[str, Any]:
        """Everything stored of one organisation."""
        with transaction(self.engine) as session:
            return {
                table.name: [
                    tuple(row) for row in session.execute(select(*table.c)) if OTHER in repr(tuple(row))
                ]
                for table in Base.metadata.sorted_tables
            }


def account_of(engine: Engine, name: str, role: Role, organisation: int | None) -> str:
    """An account with a token."""
    create_account(engine, name, PASSWORD, role, organisation_id=organisation)
    now = datetime.now(UTC)
    with transaction(engine) as session:
        account = session.scalars(select(Account).where(Account.name == name)).one()
        if role is Role.VIEWER:
            return ""
        return create_token(session, account, "x", tuple(Scope), expires=now + timedelta(days=1), now=now)


def publish(engine: Engine, organisation: int, key: str) -> None:
    with transaction(engine) as session:
        run = Publication(
            organisation_id=organisation,
            created=datetime.now(UTC),
            data_until=NOW.date(),
            minimum_group=10,
            digest=(key * 64)[:64],
            summary={"published": 2, "suppressed": 0, "unknown": 0},
        )
        session.add(run)
        session.flush()
        session.add(
            Milestone(
                organisation_id=organisation,
                key=f"{key}-relaunch",
                day=NOW.date(),
                label_de=key,
                label_en=key,
            )
        )
        room = f"{key}-wiki/1"
        session.add(
            PublishedRoom(publication_id=run.id, key=room, label=f"{key} news", source=key, archived=False)
        )
        for scope, scope_key in (("organisation", ""), ("room", room), ("unit", f"{key}-unit")):
            session.add(
                PublishedValue(
                    publication_id=run.id,
                    metric="active_share",
                    scope=scope,
                    scope_key=scope_key,
                    window="days28",
                    since=NOW.date() - timedelta(days=28),
                    until=NOW.date(),
                    value=0.5,
                    people=100,
                    state="published",
                )
            )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("installation")
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    with transaction(engine) as session:
        session.add(Organisation(id=1, key=OWN, name="Werra AG"))
    filled_in(engine, OTHER, 2, SIGNED | {AuditEntry})
    publish(engine, 1, OWN)
    publish(engine, 2, OTHER)
    made = Installation(engine, create_app(Settings(data=folder), engine))
    for role in Role:
        made.tokens[role.value] = account_of(engine, role.value, role, 1)
    made.tokens["consultant"] = account_of(engine, "consultant", Role.IT_ADMIN, None)
    made.tokens[f"{OTHER}-auditor"] = account_of(engine, f"{OTHER}-auditor", Role.AUDITOR, 2)
    yield made
    engine.dispose()
