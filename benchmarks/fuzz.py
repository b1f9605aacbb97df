"""Asks the real service everything its description allows and much that it does not, and looks whether it keeps to it.

Schemathesis in all its phases with all its checks, in process, for each of three roles and for somebody who is not signed in. The same
seed asks the same questions.
"""

import shlex
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import schemathesis
from fastapi import FastAPI
from schemathesis import Case, CheckContext, Response
from schemathesis.checks import positive_data_acceptance
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from sqlalchemy import select

from alembic import command
from benchmarks.assurance.figure import Figure
from benchmarks.company import company
from service.api.cursor import CursorRefused
from service.api.tables import NoDialect
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.grants import Role
from service.models import Account, Base
from service.security.accounts import create_account
from service.security.roles import Scope
from service.security.throttle import Throttle
from service.security.tokens import create_token
from service.settings import Settings

SEED = 2026
PASSWORD = "ein langes Passwort 7"
ROLES = (Role.ANALYST, Role.AUDITOR)
"""Who may ask, with a token each; a viewer may not, has none, and comes with name and password."""
BEYOND_THE_DESCRIPTION = frozenset({f"urn:resonanz:problem:{one.slug}" for one in (CursorRefused, NoDialect)})
KNOWN = {"organisation": ("acme",), "key": ("relaunch", "first"), "metric": ("active_share", "response_rate")}
"""What there is, for most questions to be answered with something."""
VISITORS = ("viewer", "analyst", "auditor", "nobody")


class Unhurried(Throttle):
    """Lets everybody guess: made-up passwords are what is asked here, and how they are slowed down is tested elsewhere."""

    def begin(self, name: str, address: str) -> None:
        pass


@schemathesis.check
def accepted(context: CheckContext, response: Response, case: Case) -> bool | None:
    """What the description allows is accepted, but for what it can not say: which cursors there are, and that a dialect is for CSV."""
    if response.status_code == 422 and response.json().get("type") in BEYOND_THE_DESCRIPTION:
        return None
    return positive_data_acceptance(context, response, case)


@dataclass(frozen=True)
class Trouble:
    """A check that failed, and the request that shows it."""

    operation: str
    check: str
    message: str
    request: str


@dataclass
class Fuzzed:
    """Requests by status, and what was found."""

    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    troubles: dict[tuple[str, str, str], Trouble] = field(default_factory=dict)


def service(folder: Path) -> tuple[FastAPI, Mapping[str, Mapping[str, str]]]:
    """The service over a company in full, and the headers by which each visitor is known. Requests are not counted."""
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    with transaction(engine) as session:
        company(session)
    headers: dict[str, Mapping[str, str]] = {"nobody": {}}
    for role in (Role.VIEWER, *ROLES):
        create_account(engine, role.value, PASSWORD, role)
    now = datetime.now(UTC)
    with transaction(engine) as session:
        for role in ROLES:
            account = session.scalars(select(Account).where(Account.name == role.value)).one()
            token = create_token(
                session, account, "fuzz", tuple(Scope), expires=now + timedelta(days=1), now=now
            )
            headers[role.value] = {"Authorization": f"Bearer {token}"}
    app = create_app(Settings(data=folder, requests_per_minute=0), engine)
    app.state.throttle = Unhurried(engine, app.state.cursor_key)
    known = b64encode(f"{Role.VIEWER}:{PASSWORD}".encode()).decode()
    headers["viewer"] = {"Authorization": f"Basic {known}"}
    return app, headers


def fuzz(
    app: FastAPI,
    headers: Mapping[str, str],
    *,
    examples: int,
    phases: tuple[str, ...] = ("examples", "coverage", "fuzzing"),
) -> Fuzzed:
    """Ask as one visitor, so many examples of each operation."""
    every = ("examples", "coverage", "fuzzing", "stateful")
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "headers": dict(headers),
            "continue-on-failure": True,
            "request-timeout": 120,
            "generation": {"max-examples": examples, "database": "none"},
            "dictionaries": {name: {"values": list(values)} for name, values in KNOWN.items()},
            "parameters": {name: {"dictionary": name, "probability": 0.8} for name in KNOWN},
            "checks": {"positive_data_acceptance": {"enabled": False}},  # `accepted` is in its place
            "phases": {name: {"enabled": name in phases} for name in every},
        }
    )
    schema = schemathesis.openapi.from_dict(app.openapi(), config=config)
    schema.app = app
    found = Fuzzed()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(found, event)
        elif isinstance(event, events.FatalError | events.NonFatalError):
            raise RuntimeError(f"the questions could not be asked: {event}")  # noqa: TRY004 - no type is wrong
    return found


def _note(found: Fuzzed, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
            found.operations.add(event.label or "")
    for identity, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            message = f"{check.failure_info.failure.title}: {check.failure_info.failure.message}"
            request = recorder.interactions[identity].request
            told = f"{request.method} {shlex.quote(request.uri)}"
            key = (event.label or "", check.name, check.failure_info.failure.title)
            found.troubles.setdefault(key, Trouble(key[0], check.name, message, told))


def figures(examples: int = 500, visitors: tuple[str, ...] = VISITORS) -> Iterator[Figure]:
    """Ask as every visitor; what was found is printed, and told as a figure for each."""
    with tempfile.TemporaryDirectory() as folder:
        app, headers = service(Path(folder))
        for visitor in visitors:
            began = time.monotonic()
            found = fuzz(app, headers[visitor], examples=examples)
            asked = sum(found.statuses.values())
            told = ", ".join(f"{number:,} × {status}" for status, number in sorted(found.statuses.items()))
            for trouble in found.troubles.values():
                print(f"  {trouble.operation}: {trouble.check}: {trouble.message}\n    {trouble.request}")
            yield Figure(
                "B1",
                f"{visitor}, {examples} examples of each operation",
                "no server error, nothing that is not described",
                f"{len(found.troubles)} faults in {asked:,} requests of {len(found.operations)} operations "
                f"in {time.monotonic() - began:.0f} s: {told}",
                not found.troubles if found.operations else None,
                SEED,
            )


def main(examples: int) -> bool:
    """Ask as every visitor and print what was found. True if anything was."""
    bad = False
    for figure in figures(examples):
        print(f"{figure.what}: {figure.value}")
        bad |= figure.holds is not True
    print("something was found, see above" if bad else "nothing was found")
    return bad
