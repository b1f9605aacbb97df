"""`kill -9` anywhere in a collection of any platform: nothing is lost, nothing is doubled."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.demo.company import Company
from service.demo.intranet import Connection, Intranet
from service.demo.microsoft.workplace import Workplace

KILLS = int(os.environ.get("RESONANZ_TEST_KILLS", "2"))
TABLES = "source,room,kind,content_type,day"


@pytest.fixture(scope="module")
def intranet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intranet]:
    company = Company.generate(5, people=80, until=date(2026, 9, 30), months=5, scale=0.15)
    workplace = Workplace(company, seed=5, scale=0.3)
    workplace.advance(company.timelines["intranet"].store.clock())
    with Intranet(tmp_path_factory.mktemp("platforms"), company=company, workplace=workplace) as running:
        yield running


def console(place: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "service", *words]


def environment(place: Path) -> dict[str, str]:
    return {**os.environ, "RESONANZ_DATA": str(place / "data")}


def run(place: Path, *words: str) -> Any:
    done = subprocess.run(
        console(place, *words, "--json"),
        env=environment(place),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def add(place: Path, connection: Connection) -> None:
    settings = {**connection.settings, "observe": "all"}
    words = ["source", "add", settings.pop("connector"), "--key", connection.key]
    for account in settings.pop("service_accounts", ()):
        words += ["--service-account", account]
    for name, value in settings.items():
        words += ["--set", f"{name}={value}"]
    run(place, *words)


def collected(place: Path) -> Any:
    return run(place, "activity", "counts", "--by", TABLES)


def test_a_collection_killed_again_and_again_ends_like_an_undisturbed_one(
    intranet: Intranet, tmp_path: Path
) -> None:
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    assert {connection.key for connection in intranet.connections} == {"intranet", "wiki", "office"}
    for place in (undisturbed, disturbed):
        for connection in intranet.connections:
            add(place, connection)
    started = time.monotonic()
    run(undisturbed, "sync")
    usual = time.monotonic() - started
    chance = random.Random(11)
    killed = 0
    for _ in range(KILLS):
        sync = subprocess.Popen(
            console(disturbed, "sync"),
            env=environment(disturbed),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(usual * chance.uniform(0.15, 0.6))
        killed += sync.poll() is None
        sync.kill()
        sync.wait()
    assert killed >= KILLS // 2
    run(disturbed, "sync")
    whole = collected(undisturbed)
    assert {row["source"] for row in whole} == {connection.key for connection in intranet.connections}
    assert collected(disturbed) == whole
    assert run(disturbed, "room", "list") == run(undisturbed, "room", "list")
    assert run(disturbed, "activity", "edges") == run(undisturbed, "activity", "edges")
