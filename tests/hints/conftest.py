"""An app with two connected platforms, and callers that know the secret or do not."""

import hashlib
import hmac
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response
from sqlalchemy import Engine, select

from service.app import create_app
from service.database import transaction
from service.hints.receive import digest
from service.models import Hint, Organisation, Room, Source, Subscription
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STATE, SECRET = "a state nobody can guess", b"a webhook secret of the admin"


@dataclass
class Platform:
    """Calls the hooks as a platform does: without cookie, origin, or anything a browser sends."""

    engine: Engine
    client: Client

    def graph(self, *notifications: dict[str, Any], source: str = "m365") -> Response:
        return self.client.post(f"/hooks/graph/{source}", json={"value": list(notifications)})

    def confluence(
        self, event: dict[str, Any], *, secret: bytes = SECRET, source: str = "wiki", **headers: str
    ) -> Response:
        body = json.dumps(event).encode()
        signature = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        sent = {"X-Hub-Signature": signature, "Content-Type": "application/json", **headers}
        return self.client.post(f"/hooks/confluence/{source}", content=body, headers=sent)

    def hints(self) -> list[tuple[int, str, str]]:
        with transaction(self.engine) as session:
            return sorted((hint.source_id, hint.stream, hint.room) for hint in session.scalars(select(Hint)))

    def subscriptions(self) -> dict[str, datetime]:
        with transaction(self.engine) as session:
            return {one.id: one.expires for one in session.scalars(select(Subscription))}


@pytest.fixture
def database(tmp_path: Path, new_database: Callable[[Path], Engine]) -> Iterator[Engine]:
    engine = new_database(tmp_path / "resonanz.db")
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="beispiel", name="Beispiel AG"))
        session.flush()
        for number, (key, connector, settings) in enumerate(
            [
                ("m365", "microsoft-365", {}),
                ("wiki", "confluence", {"webhook_secret_file": str(secret)}),
                ("plain", "confluence", {}),
            ],
            1,
        ):
            session.add(
                Source(
                    id=number, organisation_id=1, key=key, connector=connector, settings=settings, created=NOW
                )
            )
        session.flush()
        session.add(Room(organisation_id=1, source_id=2, key="wiki/77", handle="HR", first_seen=NOW))
        for id_, stream, room in (("s-users", "people", ""), ("s-team", "team_messages", "m365/group:1")):
            session.add(
                Subscription(
                    id=id_, source_id=1, stream=stream, room=room, resource=id_, digest=digest(STATE),
                    expires=NOW + timedelta(days=2),
                )
            )  # fmt: skip
    yield engine
    engine.dispose()


@pytest.fixture
def platform(database: Engine, tmp_path: Path) -> Platform:
    app = create_app(Settings(data=tmp_path), database)
    return Platform(database, TestClient(app, follow_redirects=False))


@pytest.fixture
def notification() -> Callable[..., dict[str, Any]]:
    def build(subscription: str, **more: Any) -> dict[str, Any]:
        return {
            "subscriptionId": subscription,
            "changeType": "updated",
            "clientState": STATE,
            "resource": "users/CANARY-4711",
            "resourceData": {"id": "CANARY-4711"},
            **more,
        }

    return build
