"""Subscriptions with a fake Graph that really calls back."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from connectors.base import Nothing
from connectors.errors import NotThere
from connectors.microsoft.settings import CLOUDS, read
from connectors.microsoft.source import Source as Tenant
from connectors.microsoft.subscriptions import Wanted, create, renew
from connectors.microsoft.transport import Transport
from service.app import create_app
from service.cli import app as commands
from service.database import transaction
from service.demo.microsoft.cloud import MicrosoftCloud
from service.demo.microsoft.tenant import Tenant as Company
from service.demo.prompt import Prompt
from service.errors import Invalid, NotFound
from service.hints.pending import waiting
from service.hints.subscribe import subscribe
from service.models import Source, Subscription
from service.settings import Settings


@pytest.fixture
def service(database: Engine, tmp_path: Path) -> Iterator[str]:
    """The address of a running service."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        create_app(Settings(data=tmp_path), database),
        port=port,
        log_level="error",
        access_log=False,
        ws="none",
    )
    server = Prompt(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.end()
    thread.join()


class World:
    def __init__(self, engine: Engine, cloud: MicrosoftCloud, settings: dict[str, Any], address: str) -> None:
        self.engine, self.cloud, self.address = engine, cloud, address
        self.now = datetime.now(UTC).replace(microsecond=0)
        cloud.tenant.clock = lambda: self.now
        chosen = read({**settings, "streams": ["rooms", "people", "team_messages"]})
        self.transport = Transport(chosen, now=lambda: self.now, sleep=lambda _: None)
        self.tenant = Tenant(chosen, self.transport, Nothing())

    def subscribe(self) -> dict[str, dict[str, int]]:
        return subscribe(self.engine, "m365", self.address, self.tenant).to_dict()

    @property
    def live(self) -> Any:
        return self.cloud.graph.subscriptions

    def hinted(self) -> dict[str, frozenset[str]]:
        with transaction(self.engine) as session:
            return waiting(session)

    def forget_hints(self) -> None:
        from sqlalchemy import delete

        from service.models import Hint

        with transaction(self.engine) as session:
            session.execute(delete(Hint))

    def rows(self) -> list[Subscription]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(Subscription)))


@pytest.fixture
def world(database: Engine, service: str, tmp_path: Path) -> Iterator[World]:
    with transaction(database) as session:
        for row in session.scalars(select(Subscription)):
            session.delete(row)
    company = Company()
    ada = company.add_user("ada").id
    company.add_group("Vertrieb", [ada], [ada], team=True)
    with MicrosoftCloud(company) as cloud:
        settings = cloud.settings(tmp_path / "credentials", proof="secret")
        settings.pop("connector")
        made = World(database, cloud, settings, service)
        yield made
        made.transport.close()


ALL = {"rooms": 1, "people": 1, "team_messages": 1}


def test_what_is_subscribed_to_is_told_and_becomes_a_hint(world: World) -> None:
    assert world.subscribe()["created"] == ALL
    assert {one.resource for one in world.live.live.values()} >= {"users", "groups"}
    assert world.hinted() == {"m365": frozenset(ALL)}
    world.forget_hints()
    assert world.live.deliver("users") == [202]
    assert world.hinted() == {"m365": frozenset({"people"})}


def test_whoever_guesses_the_secret_brings_about_nothing(world: World) -> None:
    world.subscribe()
    world.forget_hints()
    assert world.live.deliver("users", state="guessed") == [202]
    assert world.hinted() == {}


def test_the_secret_is_not_stored(world: World, tmp_path: Path) -> None:
    world.subscribe()
    states = [one.client_state for one in world.live.live.values()]
    assert len(set(states)) == 3
    for file in tmp_path.rglob("resonanz.db*"):
        content = file.read_bytes()
        assert not any(state.encode() in content for state in states)


def test_subscriptions_are_renewed_in_time_and_made_anew_when_gone(world: World) -> None:
    world.subscribe()
    assert world.subscribe()["kept"] == ALL
    world.now += timedelta(days=2)  # messages live for three days, the directory for a month
    assert world.subscribe() == {
        "created": {}, "renewed": {"team_messages": 1}, "kept": {"people": 1, "rooms": 1}, "refused": {},
    }  # fmt: skip
    assert all(row.expires > world.now + timedelta(days=2) for row in world.rows())
    world.now += timedelta(days=60)
    assert world.subscribe()["created"] == ALL
    assert len(world.rows()) == 3


def test_a_removed_subscription_is_made_again_and_its_stream_read(world: World) -> None:
    world.subscribe()
    world.forget_hints()
    (users,) = [id_ for id_, one in world.live.live.items() if one.resource == "users"]
    assert world.live.lifecycle("subscriptionRemoved", users) == 202
    assert world.hinted() == {"m365": frozenset({"people"})}
    assert world.subscribe()["created"] == {"people": 1}


def test_reauthorisation_leads_to_a_renewal(world: World) -> None:
    world.subscribe()
    (users,) = [id_ for id_, one in world.live.live.items() if one.resource == "users"]
    assert world.live.lifecycle("reauthorizationRequired", users) == 202
    assert world.subscribe()["renewed"] == {"people": 1}


def test_what_graph_refuses_is_polled(world: World) -> None:
    world.address = "http://127.0.0.1:9"
    assert world.subscribe()["refused"] == ALL
    assert world.rows() == []


def test_a_renewal_of_something_gone_says_so(world: World) -> None:
    one = Wanted("people", "", "users", "updated", timedelta(days=1))
    made = create(world.tenant, one, f"{world.address}/hooks/graph/m365", "state")
    del world.live.live[made.id]
    with pytest.raises(NotThere):
        renew(world.tenant, made.id, one)


@pytest.mark.parametrize("address", [None, "", "http://resonanz.example", "ftp://127.0.0.1"])
def test_without_an_https_address_nothing_can_be_subscribed_to(database: Engine, address: str | None) -> None:
    with pytest.raises(Invalid, match="RESONANZ_PUBLIC_URL"):
        subscribe(database, "m365", address)


def test_another_kind_of_source_has_no_subscriptions(database: Engine) -> None:
    with pytest.raises(NotFound):
        subscribe(database, "wiki", "https://resonanz.example")
    with transaction(database) as session:
        assert session.get_one(Source, 2).connector == "confluence"


def test_a_notification_has_a_team_read_again_although_teams_rest_for_a_day(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the platform's call to the rows in the log; in a cloud where Teams may be asked once a day without one."""
    ours = replace(next(iter(CLOUDS.values())), graph=world.cloud.graph.origin)
    monkeypatch.setattr("connectors.microsoft.teams.CLOUDS", {"here": ours})
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path))
    settings = world.cloud.settings(tmp_path / "credentials", proof="secret", streams=["team_messages"])
    settings.pop("connector")
    with transaction(world.engine) as session:
        session.scalars(select(Source).where(Source.key == "m365")).one().settings = settings
    company = world.cloud.tenant
    (team,) = company.groups.values()

    def stored(*words: str) -> list[int]:
        done = CliRunner().invoke(commands, ["sync", *words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return [report["stored"] for report in json.loads(done.stdout)]

    company.post(team.channels[0], team.members[0])
    assert stored("m365") == [1]
    world.subscribe()
    world.forget_hints()
    company.post(team.channels[0], team.members[0])
    assert stored("m365") == [0]
    assert stored("--hinted") == []
    resource = f"teams/{team.id}/channels/getAllMessages"
    assert world.live.deliver(resource, "created") == [202]
    assert stored("--hinted") == [1]
    assert world.hinted() == {}
    # Without another notification Teams rests again.
    company.post(team.channels[0], team.members[0])
    assert (stored("m365"), stored("--hinted")) == ([0], [])
