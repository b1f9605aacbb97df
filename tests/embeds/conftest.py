"""Two organisations with publications, the whole service in front of them, and embeds of each card."""

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from alembic import command
from service.app import create_app
from service.cards import Choices, Kind
from service.database import alembic_config, connect, transaction
from service.embeds.register import Wanted, create, path_of
from service.embeds.secret import secret_file, signing_keys
from service.grants import Role
from service.maturity.assess import make
from service.models import (
    Assessment,
    Base,
    Embed,
    Milestone,
    Organisation,
    Publication,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
)
from service.security.accounts import create_account
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "ein langes Passwort 7"
HOSTS = ("https://intranet.example", "https://*.sharepoint.example", "http://localhost:8081")
DAY28 = timedelta(days=28)
TODAY = datetime.now(ZoneInfo("Europe/Berlin")).date()
SINCE = TODAY - timedelta(days=6 * 28 + 3)
STATES = {"active": 0.3, "stirring": 0.25, "dormant": 0.2, "dead": 0.15, "closed": 0.1}
CHOICES = {
    Kind.FIGURE: Choices("active_share", "", "days28"),
    Kind.TREND: Choices("response_rate", "", "days28"),
}


def cell(metric: str, value: float | None, period: int, **more: object) -> PublishedValue:
    """One cell of the organisation; with a `reason` it shows no value."""
    reason = more.get("reason")
    hidden = reason in {"small_group", "complementary"}
    since = SINCE + period * DAY28
    return PublishedValue(
        **{
            "scope": "organisation",
            "window": "days28",
            "people": 1200 if value is not None else None,
            "low": None if value is None else round(value * 0.95, 4),
            "high": None if value is None else round(value * 1.05, 4),
            "state": "suppressed" if hidden else "unknown" if reason else "published",
            **more,
        },
        metric=metric,
        since=since,
        until=since + DAY28,
        value=value,
    )


def cells(key: str, lift: float) -> Iterator[PublishedValue]:
    """Six periods: shown, suppressed and unknown ones, and two rooms of which one is too small."""
    for period in range(6):
        yield cell("active_share", round(0.2 + lift + 0.01 * period, 3), period)
        quiet = "small_group" if period == 1 else None
        yield cell("response_rate", None if quiet else round(0.3 + lift, 3), period, reason=quiet)
        yield cell("time_to_first_response", None, period, reason="not_reached")
        yield cell("contributor_share", None, period, reason="complementary")
        for state, share in STATES.items():
            yield cell("room_state", share, period, category=state)
        yield cell("active_share", 0.4, period, scope="room", scope_key=f"{key}/all")
        yield cell("active_share", None, period, scope="room", scope_key=f"{key}/small", reason="small_group")


def fill(db: Session, number: int, key: str, lift: float, *, age: int = 3, rooms: bool = True) -> None:
    """A publication of the organisation."""
    run = Publication(
        organisation_id=number,
        created=datetime.now(UTC),
        data_until=TODAY - timedelta(days=age),
        minimum_group=10,
        digest=sha256(f"{key}{lift}{age}{rooms}".encode()).hexdigest(),
    )
    db.add(run)
    db.flush()
    rows = [
        *cells(key, lift),
        *(
            PublishedCoverage(source="wiki", kind=kind, share=1.0, rooms_missing=0, reasons={})
            for kind in ("create", "comment", "reply", "view")
        ),
    ]
    if rooms:
        for name, label, purpose in (
            ("all", "Alle reden mit", "community"),
            ("small", "Kleiner Kreis", "team"),
        ):
            rows.append(PublishedRoom(key=f"{key}/{name}", label=label, source="wiki", purpose=purpose))
    for row in rows:
        row.publication_id = run.id
        db.add(row)


def begin(engine: Engine, number: int, key: str, name: str, lift: float) -> None:
    """An organisation with a relaunch and a publication."""
    with transaction(engine) as db:
        db.add(Organisation(id=number, key=key, name=name, synthetic=number == 1))
        db.flush()
        day = SINCE + 3 * DAY28
        db.add(
            Milestone(
                organisation_id=number, key="relaunch", day=day, label_de="Relaunch", label_en="Relaunch"
            )
        )
        fill(db, number, key, lift)


def levelled(made: Assessment) -> None:
    """An assessment in which four dimensions have a level, told and observed."""
    content = json.loads(json.dumps(made.content))
    for number, dimension in enumerate(content["dimensions"][:4]):
        for strand in dimension["strands"][:2]:
            strand |= {"level": 1.5 + 0.5 * number, "low": 1.2, "high": 3.9, "insufficient": None}
    made.content = content


@dataclass
class House:
    """The service with its embeds."""

    engine: Engine
    settings: Settings
    app: FastAPI
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    @property
    def keys(self) -> dict[str, bytes]:
        return dict(signing_keys(secret_file(self.settings), create=True))

    def embed(
        self,
        kind: Kind = Kind.FIGURE,
        *,
        locale: str = "de",
        hosts: Sequence[str] = HOSTS,
        choices: Choices | None = None,
        organisation: int = 1,
        days: int = 30,
        age: timedelta = timedelta(),
    ) -> str:
        """The path of a new embed, made `age` ago."""
        with transaction(self.engine) as db:
            chosen = choices if choices is not None else CHOICES.get(kind, Choices())
            made = create(
                db,
                db.get_one(Organisation, organisation),
                Wanted(kind, chosen, locale, hosts, days),
                allowed=self.settings_hosts,
                keys=self.keys,
                by="kommunikation",
                now=datetime.now(UTC) - age,
            )
            path = path_of(made, self.keys)
        assert path is not None
        return path

    @property
    def settings_hosts(self) -> tuple[str, ...]:
        return tuple(self.settings.embed_hosts.split())

    def row(self, path: str) -> Embed:
        handle = path.split("emb1.")[1].split(".", maxsplit=1)[0]
        with transaction(self.engine) as db:
            return db.query(Embed).filter_by(handle=handle).one()

    def visit(self, **headers: str) -> Client:
        return TestClient(self.app, follow_redirects=False, headers=headers)

    def signed_in(self, name: str) -> Client:
        client = self.visit(**{"Sec-Fetch-Site": "same-origin"})
        answer = client.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    def cookies(self, name: str, url: str) -> list[dict[str, str]]:
        """The session of that account, for a browser."""
        return [
            {"name": key, "value": value, "url": url} for key, value in self.signed_in(name).cookies.items()
        ]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    begin(engine, 1, "werra", "Werra Versicherung AG", 0.0)
    begin(engine, 2, "fulda", "Fulda Bank AG", 0.2)
    with transaction(engine) as db:
        levelled(make(db, db.get_one(Organisation, 1)))
    for role in Role:
        create_account(engine, role.value, PASSWORD, role, organisation_id=1)
    create_account(engine, "fulda", PASSWORD, Role.COMMS_ADMIN, organisation_id=2)
    settings = Settings(data=folder, embed_hosts=" ".join(HOSTS))
    yield House(engine, settings, create_app(settings, engine))
    engine.dispose()


@pytest.fixture
def published(house: House) -> Callable[..., None]:
    """Publishes anew for an organisation; its data are `age` days old, and its rooms may be left out."""

    def publish(number: int, lift: float, *, age: int = 0, rooms: bool = True) -> None:
        with transaction(house.engine) as db:
            key = db.get_one(Organisation, number).key
            fill(db, number, key, lift, age=age, rooms=rooms)

    return publish


@pytest.fixture
def day() -> date:
    return TODAY
