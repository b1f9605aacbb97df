"""`kill -9` anywhere in a collection of any platform: nothing is lost, nothing is doubled."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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


@pytest.fixture
def run(resonanz: Any) -> Callable[..., Any]:
    """Everything but what is killed runs in this process."""

    def told(place: Path, *words: str) -> Any:
        done = resonanz(*words, "--json", place=place, data=place / "data")
        assert done.returncode in (0, 3), done.stderr
        return json.loads(done.stdout)

    return told


def begun(place: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "service", "sync"],
        env={**os.environ, "RESONANZ_DATA": str(place / "data")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def add(run: Callable[..., Any], place: Path, connection: Connection) -> None:
    settings = {**connection.settings, "observe": "all"}
    words = ["source", "add", settings.pop("connector"), "--key", connection.key]
    for account in settings.pop("service_accounts", ()):
        words += ["--service-account", account]
    for name, value in settings.items():
        words += ["--set", f"{name}={value}"]
    run(place, *words)


def test_a_collection_killed_again_and_again_ends_like_an_undisturbed_one(
    intranet: Intranet, run: Callable[..., Any], tmp_path: Path
) -> None:
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    assert {connection.key for connection in intranet.connections} == {"intranet", "wiki", "office"}
    undisturbed.mkdir()
    for connection in intranet.connections:
        add(run, undisturbed, connection)
    shutil.copytree(undisturbed, disturbed)
    started = time.monotonic()
    assert begun(undisturbed).wait(120) in (0, 3)
    usual = time.monotonic() - started
    chance = random.Random(11)
    killed = 0
    for _ in range(KILLS):
        sync = begun(disturbed)
        time.sleep(usual * chance.uniform(0.15, 0.6))
        killed += sync.poll() is None
        sync.kill()
        sync.wait()
    assert killed >= KILLS // 2
    run(disturbed, "sync")
    whole = run(undisturbed, "activity", "counts", "--by", TABLES)
    assert {row["source"] for row in whole} == {connection.key for connection in intranet.connections}
    for asked in (("activity", "counts", "--by", TABLES), ("room", "list"), ("activity", "edges")):
        assert run(disturbed, *asked) == run(undisturbed, *asked)
