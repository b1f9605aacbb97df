"""A published organisation to look at: plausible figures, and every case that can not be shown."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.middleware import Middleware

from service.api.problems import handle_problems
from service.database import connect, transaction
from service.demo.prompt import Prompt
from service.models import (
    AgreementVersion,
    Base,
    Milestone,
    Organisation,
    Publication,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
    Shutdown,
    Site,
)
from service.security.browser import SecureHeaders
from service.web.pages import router
from service.web.rendering import STATIC

PERIODS = 14
START = date(2025, 10, 6)
RELAUNCH = date(2026, 6, 22)
DAY28 = timedelta(days=28)


@dataclass
class Builder:
    """Fills the publication tables of one organisation; nothing reaches the database before `publish`."""

    engine: Engine
    key: str = "werra"
    name: str = "Werra Versicherung AG"
    synthetic: bool = True
    values: list[PublishedValue] = field(default_factory=list)
    rooms: list[PublishedRoom] = field(default_factory=list)
    coverage: list[PublishedCoverage] = field(default_factory=list)

    def value(
        self,
        metric: str,
        value: float | None,
        since: date,
        *,
        days: int = 28,
        reason: str | None = None,
        spread: float | None = None,
        bound: tuple[float, float] | None = None,
        **where: Any,
    ) -> None:
        """One cell; `reason` of a suppressed one is a rule of protection, of an unknown one anything else."""
        state = "published"
        if reason:
            state = "suppressed" if reason in {"small_group", "complementary", "homogeneity"} else "unknown"
        low, high = bound or (None, None)
        if spread is not None and value is not None and not reason:
            low, high = max(0.0, value - spread), value + spread
        self.values.append(
            PublishedValue(
                **{"scope": "organisation", "window": "days28", "people": 1200, **where},
                metric=metric,
                since=since,
                until=since + timedelta(days=days),
                value=None if reason else value,
                low=low,
                high=high,
                state=state,
                reason=reason,
            )
        )

    def room(self, key: str, label: str, purpose: str | None, archived: bool = False) -> None:
        self.rooms.append(
            PublishedRoom(key=key, label=label, source="wiki", purpose=purpose, archived=archived)
        )

    def publish(self, data_until: date) -> None:
        with transaction(self.engine) as db:
            organisation = Organisation(key=self.key, name=self.name, synthetic=self.synthetic)
            db.add(organisation)
            db.flush()
            db.add(
                Milestone(
                    organisation_id=organisation.id,
                    key="relaunch",
                    day=RELAUNCH,
                    label_de="Relaunch",
                    label_en="Relaunch",
                )
            )
            run = Publication(
                organisation_id=organisation.id,
                created=datetime.now(UTC),
                data_until=data_until,
                minimum_group=10,
                digest=sha256(self.key.encode()).hexdigest(),
                summary={
                    **Counter(row.state for row in self.values),
                    "suppressed_by_reason": Counter(
                        row.reason for row in self.values if row.state == "suppressed"
                    ),
                },
            )
            db.add(run)
            db.flush()
            for row in (*self.values, *self.rooms, *self.coverage):
                row.publication_id = run.id
                db.add(row)


def wobble(number: int) -> float:
    """A steady, repeatable up and down in -1..1."""
    return ((number * 7919) % 17) / 8 - 1


def since(period: int) -> date:
    return START + period * DAY28


def fill(builder: Builder) -> None:
    """Fourteen periods and their weeks: a relaunch that helped for a while; early periods without view data."""
    for n in range(PERIODS):
        after = since(n) >= RELAUNCH
        lift = 0.06 if after else 0.0
        builder.value("active_share", 0.27 + lift + 0.012 * wobble(n), since(n), spread=0.018)
        builder.value("contributor_share", 0.082 + lift / 3 + 0.006 * wobble(n + 3), since(n), spread=0.009)
        builder.value("response_rate", 0.31 + lift + 0.03 * wobble(n + 1), since(n), spread=0.035)
        builder.value("response_rate_lax", 0.47 + lift + 0.03 * wobble(n + 1), since(n), spread=0.035)
        builder.value(
            "time_to_first_response",
            None if n == 4 else 31.0 - 60 * lift + 2.5 * wobble(n),
            since(n),
            reason="not_reached" if n == 4 else None,
        )
        views = None if n >= 3 else "no_view_data"
        builder.value("interactive_share", 0.14 + lift / 2 + 0.01 * wobble(n), since(n), reason=views)
        builder.value("interactive_share_created", 0.23 + lift + 0.02 * wobble(n), since(n), spread=0.03)
        creating, contributing, reacting = 0.031 + lift / 6, 0.068 + lift / 3, 0.17 + lift / 2
        for category, share in {
            "creating": creating,
            "contributing": contributing,
            "reacting": reacting,
            "reading_or_absent": 1 - creating - contributing - reacting,
        }.items():
            builder.value(
                "role_share",
                share,
                since(n),
                category=category,
                reason="complementary" if n == 8 else None,
            )
        states = {
            "born": 0.03,
            "stillborn": 0.08,
            "active": 0.24 + lift,
            "stirring": 0.2,
            "dormant": 0.25 - lift,
            "dead": 0.14,
            "closed": 0.06,
        }
        for category, share in states.items():
            builder.value("room_state", share, since(n), category=category)
    for week in range(PERIODS * 4):
        start = START + timedelta(days=7 * week)
        lift = 0.04 if start >= RELAUNCH else 0.0
        quiet = "small_group" if week in {7, 8} else None
        builder.value(
            "active_share",
            0.17 + lift + 0.015 * wobble(week),
            start,
            days=7,
            window="week",
            spread=0.02,
            reason=quiet,
        )
        builder.value(
            "response_rate", 0.3 + lift + 0.04 * wobble(week), start, days=7, window="week", spread=0.06
        )
    names = [
        "Vorstand aktuell",
        "HR & Du",
        "IT-Service",
        "Schaden Kfz",
        "Betriebssport",
        "Nachhaltigkeit",
        "Projekt Phönix",
        "Vertrieb Nord",
        "Kantine",
        "Onboarding",
    ]
    purposes = [
        "official",
        "official",
        "team",
        "team",
        "community",
        "community",
        "project",
        "team",
        None,
        "official",
    ]
    states = [
        "active",
        "active",
        "stirring",
        "active",
        "dormant",
        "stirring",
        "dead",
        "born",
        "stillborn",
        "closed",
    ]
    for number in range(34):
        kind = number % 10
        label = names[kind] if number < 10 else f"{names[kind]} {number // 10 + 1}"
        key = f"wiki/{98304 + number}"
        builder.room(key, label, purposes[kind], archived=states[kind] == "closed")
        for n in range(PERIODS - 4, PERIODS):
            small = "small_group" if kind in {6, 8} else None
            builder.value(
                "active_share",
                0.2 + 0.05 * kind + 0.01 * wobble(n + number),
                since(n),
                scope="room",
                scope_key=key,
                reason=small,
                spread=0.05,
            )
            builder.value(
                "contributor_share", 0.1 + 0.01 * kind, since(n), scope="room", scope_key=key, reason=small
            )
            builder.value(
                "response_rate",
                0.25 + 0.03 * wobble(number + n),
                since(n),
                scope="room",
                scope_key=key,
                reason="no_posts" if kind == 4 else small,
            )
            builder.value(
                "room_state", 1.0, since(n), scope="room", scope_key=key, category=states[kind], people=None
            )
            if not small:
                builder.value(
                    "room_type", 1.0, since(n), scope="room", scope_key=key, category="broadcast", people=None
                )
    units(builder)
    read = datetime.now(UTC)
    for kind, share, missing, reasons in (
        ("create", 1.0, 0, {}),
        ("edit", 0.97, 1, {"access_denied": 1}),
        ("comment", 0.97, 1, {"access_denied": 1}),
        ("react", 0.88, 1, {"access_denied": 1, "not_due": 240}),
        ("view", None, 0, {"unsupported": 1}),
    ):
        builder.coverage.append(
            PublishedCoverage(
                source="wiki", kind=kind, share=share, rooms_missing=missing, reasons=reasons, data_until=read
            )
        )


def units(builder: Builder) -> None:
    """Units over time, some of them hidden; and what is told across units, of leaders and of official pages."""
    shares = {
        "Vertrieb": 0.41,
        "Schaden": 0.33,
        "IT": 0.52,
        "Personal": 0.61,
        "Finanzen": 0.22,
        "Kundenservice Außenstelle Eschwege": 0.17,
    }
    for unit, share in shares.items():
        builder.value(
            "active_share", share, since(PERIODS - 1), scope="unit", scope_key=unit, spread=0.05, people=120
        )
        for n in range(PERIODS - 5, PERIODS):
            builder.value("ei_index", share - 0.3 + 0.04 * wobble(n), since(n), scope="unit", scope_key=unit)
    builder.value("ei_index", None, since(PERIODS - 6), scope="unit", scope_key="IT", reason="few_ties")
    for n in range(PERIODS - 4, PERIODS):
        for metric, value in {"cross_unit_share": 0.46, "ei_index": -0.08, "dialogue_share": 0.33}.items():
            builder.value(metric, value + 0.02 * wobble(n), since(n))
        builder.value("active_leader_share", 0.34 + 0.03 * wobble(n), since(n), spread=0.12, people=60)
        builder.value("leader_reply_share", None, since(n), reason="small_group", people=None)
        builder.value("stale_share", 0.41 - 0.02 * wobble(n), since(n), people=80)
        for category, share in {"answering": 0.2, "publishing": 0.15, "silent": 0.65}.items():
            builder.value("leader_parts", share, since(n), category=category, people=60)
    for kind, share in {"project_team": 0.1, "broadcast": 0.6, "community": 0.2, "forum": 0.1}.items():
        builder.value("room_type", share, since(PERIODS - 1), category=kind, people=None)
    for unit, reason in {"Vorstandsbüro": "small_group", "Revision": "complementary"}.items():
        builder.value(
            "active_share", None, since(PERIODS - 1), scope="unit", scope_key=unit, reason=reason, people=None
        )
    builder.value(
        "active_share",
        None,
        since(PERIODS - 1),
        scope="unit",
        scope_key="Druckerei",
        reason="homogeneity",
        bound=(0.0, 0.1),
        people=None,
    )


READABLE = [
    model.__table__
    for model in (
        AgreementVersion,
        Organisation,
        Milestone,
        Site,
        Shutdown,
        Publication,
        PublishedValue,
        PublishedRoom,
        PublishedCoverage,
    )
]
"""The only tables the test database has: a page that reads anything else fails."""


def application(engine: Engine, account: str | None = None) -> FastAPI:
    """The pages alone, behind the policy the service sends, for somebody signed in as `account`."""

    def sign_in(request: Request) -> None:
        request.state.account = account

    app = FastAPI(middleware=[Middleware(SecureHeaders, https=False)])
    app.state.engine = engine
    app.include_router(router, dependencies=[Depends(sign_in)])
    app.mount("/static", StaticFiles(directory=STATIC))
    handle_problems(app)
    return app


@contextmanager
def served(engine: Engine, account: str | None = None) -> Iterator[str]:
    """The application on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = Prompt(uvicorn.Config(application(engine, account), log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.end()
            thread.join(20)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = connect(f"sqlite:///{tmp_path / 'web.db'}")
    Base.metadata.create_all(made, tables=READABLE)
    yield made
    made.dispose()


@pytest.fixture
def builder(engine: Engine) -> Builder:
    return Builder(engine)


@pytest.fixture
def client(engine: Engine) -> Iterator[httpx.Client]:
    with served(engine) as url, httpx.Client(base_url=url, timeout=60) as made:
        yield made


@pytest.fixture
def ada(engine: Engine) -> Iterator[str]:
    """The address of the pages for somebody signed in as ada."""
    with served(engine, "ada") as url:
        yield url


@pytest.fixture(scope="module")
def werra_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The database of the whole organisation, published."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('werra') / 'web.db'}")
    Base.metadata.create_all(engine, tables=READABLE)
    builder = Builder(engine)
    fill(builder)
    builder.publish(since(PERIODS) - timedelta(days=1))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def werra(werra_engine: Engine) -> Iterator[str]:
    """The address of the whole organisation, published."""
    with served(werra_engine) as url:
        yield url
