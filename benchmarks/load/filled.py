"""A database with a published company of many rooms, and the credentials by which it is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import Engine, insert, select

from benchmarks.company import START, WEEKS, cell, company
from benchmarks.jobs import postgres
from service.database import connect, migrate, transaction
from service.grants import Role
from service.models import Account, Publication, PublishedRoom, PublishedValue
from service.security.accounts import create_account
from service.security.roles import Scope
from service.security.tokens import create_token

PASSWORD = "ein langes Passwort 7"
API = "/api/v1/measurements?limit=100&scope=room"
PAGES = ("/", "/adoption", "/rooms", "/network", "/leadership", "/assessment", "/overview")
"""Pages with charts, in both areas and the summary."""


@dataclass(frozen=True)
class Filled:
    """`url` is None for the SQLite database of the folder; `values` is how many cells are published."""

    name: str
    url: str | None
    engine: Engine
    token: dict[str, str]
    values: int


def fill(engine: Engine, rooms: int) -> tuple[dict[str, str], int]:
    """Publish a company of so many rooms more than its own, over a year of weeks. The header of a token, and how many cells there are."""
    migrate(engine)
    with transaction(engine) as session:
        company(session)
        run = session.scalars(select(Publication)).one()
        keys = [f"wiki/ROOM{number:04d}" for number in range(rooms)]
        lines = []
        for place, room in enumerate(keys):
            for week in range(WEEKS):
                value = round(0.1 + 0.005 * ((place + week) % 60), 2)
                one = cell(
                    run,
                    "active_share",
                    "week",
                    START + timedelta(weeks=week),
                    room=room,
                    value=value,
                    people=40,
                )
                lines.append({name: getattr(one, name) for name in COLUMNS})
        if lines:
            session.execute(insert(PublishedValue), lines)
            session.add_all(
                PublishedRoom(
                    publication_id=run.id, key=key, label=f"Room {key[-4:]}", source="wiki", purpose=None
                )
                for key in keys
            )
        values = len(session.scalars(select(PublishedValue.id)).all())
    create_account(engine, "analyst", PASSWORD, Role.ANALYST)
    now = datetime.now(UTC)
    with transaction(engine) as session:
        account = session.scalars(select(Account).where(Account.name == "analyst")).one()
        token = create_token(session, account, "load", tuple(Scope), expires=now + timedelta(days=1), now=now)
    return {"Authorization": f"Bearer {token}"}, values


COLUMNS = [column.name for column in PublishedValue.__table__.columns if column.name != "id"]


@contextmanager
def store(name: str, folder: Path, rooms: int) -> Iterator[Filled]:
    """A filled database: "SQLite" in the folder, or "PostgreSQL" in a server of its own."""
    if name == "SQLite":
        engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
        try:
            yield Filled(name, None, engine, *fill(engine, rooms))
        finally:
            engine.dispose()
        return
    with postgres() as url:
        engine = connect(url)
        try:
            yield Filled(name, url, engine, *fill(engine, rooms))
        finally:
            engine.dispose()


def signed_in(address: str) -> dict[str, str]:
    """The header of a browser whose person has signed in."""
    form = {"name": "analyst", "password": PASSWORD}
    with httpx.Client(headers={"Sec-Fetch-Site": "same-origin"}, timeout=60) as browser:
        browser.post(f"{address}/login", data=form)
        if not browser.cookies:
            raise RuntimeError("signing in led to no session")
        return {"Cookie": "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)}
