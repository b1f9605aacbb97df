"""The demonstration lives through months as a real installation would, and behaves at the console."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Timer

import duckdb
import httpx
import pytest
from sqlalchemy import select

from connectors.activity import Kind
from connectors.base import Nothing
from service.cli.demonstration import Rehearsal, connected, weekly
from service.context import Context
from service.demo.apart import Apart
from service.demo.company import Company
from service.demo.intranet import Intranet
from service.demo.working_days import BERLIN, dawn
from service.hashes import Hasher
from service.models import Organisation, Room
from service.places import places
from service.settings import Settings

UNTIL = date(2026, 11, 20)
ACTS = [str(kind) for kind in (Kind.CREATE, Kind.EDIT, Kind.COMMENT, Kind.REPLY, Kind.REACT)]


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    context = Context(Settings(data=tmp_path / "data", database=None, log=None, key_file=None))
    yield context
    context.engine.dispose()


def test_a_collection_in_several_steps_stores_exactly_the_truth(context, tmp_path):
    company = Company.found(4, people=60, until=UNTIL, months=4, scale=0.2)
    moments = [dawn(UNTIL) - timedelta(days=days) for days in (45, 14, 0)]
    rehearsal = Rehearsal(context, UNTIL)
    with Intranet(tmp_path / "platforms", company=company) as intranet:
        for moment in moments:
            intranet.advance(moment)
            if moment is moments[0]:
                rehearsal.connect(intranet, moment)
                talk = next(iter(company.stores["intranet"].comments))
            if moment is moments[1]:
                company.stores["intranet"].trash(talk)
            # Twice, as a night after which nobody came to work: nothing may be stored a second time.
            for connection in intranet.connections * 2:
                assert rehearsal.read(connection, moment, "all").state == "done"
    with context.transaction() as session:
        pseudonymiser = context.pseudonymiser(session.scalars(select(Organisation)).one())
        rooms = {
            (room.key.partition("/")[0], room.handle): room.key for room in session.scalars(select(Room))
        }
    truth: Counter[tuple[object, ...]] = Counter()
    trashed = set()
    for platform, store in company.stores.items():
        hasher = Hasher(platform)
        trashed |= {
            hasher.object(str(id_)) for id_, one in store.items.items() if store.standing(one) == "trashed"
        }
        for one in company.activities(platform):
            if (platform, one.room) not in rooms:
                assert store.spaces[one.room].type == "personal"
                continue
            happened = one.happened
            if one.kind is Kind.REACT:
                liked = store.items[int(one.object)].likes[str(one.person)]
                happened = min(moment for moment in moments if moment >= liked)
            assert happened is not None
            person = pseudonymiser.person(str(one.person), platform)
            key = rooms[platform, one.room]
            truth[
                str(one.kind),
                key,
                hasher.object(one.object),
                person,
                happened.timestamp(),
                one.kind is not Kind.REACT,
            ] += 1
    with duckdb.connect() as connection:
        places(context.settings).log("demo").register(connection)
        rows = connection.execute(
            "SELECT kind, room, object, person, epoch(happened), dated FROM log WHERE total IS NULL"
        ).fetchall()
    stored = Counter(row for row in rows if row[0] in ACTS and row[2] not in trashed)
    assert stored == truth
    collected = {row[2] for row in rows if row[0] == Kind.CREATE}
    assert {row[2] for row in rows if row[0] == Kind.DELETE} & collected == trashed & collected != set()
    assert {row[0] for row in rows} >= {*ACTS, "delete", "join"}
    assert "withdraw" not in {row[0] for row in rows}


def test_weeks_end_on_sundays_and_the_last_step_reads_all_of_the_last_day():
    steps = list(weekly(datetime(2026, 5, 15, 20, 55, tzinfo=UTC), date(2026, 6, 10)))
    local = [step.astimezone(BERLIN) for step in steps]
    assert [step.date() for step in local] == [date(2026, 5, day) for day in (17, 24, 31)] + [
        date(2026, 6, 7),
        date(2026, 6, 10),
    ]
    assert {step.hour for step in local[:-1]} == {22}
    assert local[-1].hour == 4


def test_an_installation_on_a_sunday_is_followed_a_week_later():
    first = next(weekly(datetime(2026, 5, 17, 20, 55, tzinfo=UTC), date(2026, 6, 10)))
    assert first.astimezone(BERLIN).date() == date(2026, 5, 24)


def test_intranets_apart_answer_as_those_in_the_same_process(tmp_path):
    moment = dawn(UNTIL) - timedelta(days=30)
    company = Company.found(4, people=60, until=UNTIL)
    company.advance(moment)
    with Apart(tmp_path, seed=4, people=60, until=UNTIL) as apart:
        apart.advance(moment)
        assert (apart.name, apart.relaunch) == (company.name, company.relaunch)
        cloud, data_center, office = apart.connections
        headers = {"Authorization": f"Bearer {Path(cloud.settings['token_file']).read_text().strip()}"}
        answer = httpx.get(
            cloud.settings["url"] + "/api/v2/spaces?limit=250", headers=headers, trust_env=False
        )
        assert {space["key"] for space in answer.json()["results"]} == set(company.stores["intranet"].spaces)
        assert set(data_center.purposes) <= set(company.stores["wiki"].spaces)
        with closing(connected("microsoft-365", _bare(office.settings), Nothing(), lambda: moment)) as reader:
            rooms = [room for page in reader.read("rooms", None) for room in page.rooms]
        assert {room.handle for room in rooms} == set(office.purposes)
        assert len(rooms) == office.rooms
        with pytest.raises(RuntimeError, match="has passed"):
            apart.advance(moment - timedelta(days=1))
    with pytest.raises(httpx.ConnectError):
        httpx.get(cloud.settings["url"], trust_env=False)


def _bare(settings: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in settings.items() if name != "connector"}


# -- at the console ----------------------------------------------------------------------------------------------------


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts `resonanz demo` with a small company in a process group of its own, as a terminal does."""
    running: list[subprocess.Popen[str]] = []

    def begin(*words: str, program: tuple[str, ...] = ("-m", "service")) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, *program, "demo", "--people", "50", "--until", "2026-11-20", *words],
            env={**os.environ, "TMPDIR": str(tmp_path), "BROWSER": "false"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


WITHOUT_WEEKS = """
from service.cli import demonstration, main
demonstration.weekly = lambda installed, end: [demonstration.last(end)]
main()
"""


def read_up_to(process: "subprocess.Popen[str]", words: str) -> str:
    watchdog = Timer(120, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if words in line:
                return line
    finally:
        watchdog.cancel()
    raise AssertionError(f"ended before it said {words!r}")


def interrupt(process: "subprocess.Popen[str]", tmp_path: Path) -> None:
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=30)
    assert process.returncode == 130
    assert complained == ""
    assert "has ended" in said
    assert list(tmp_path.iterdir()) == []
    for _ in range(50):
        if not living(process.pid):
            return
        time.sleep(0.1)
    raise AssertionError("a process was left behind")


def living(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("stage", ["founding", "living through"])
def test_ctrl_c_ends_it_cleanly_while_it_prepares(start, tmp_path, stage):
    process = start("--port", "0")
    read_up_to(process, stage)
    interrupt(process, tmp_path)


def test_it_serves_the_dashboard_and_ends_with_ctrl_c(start, tmp_path):
    process = start("--port", "0", program=("-c", WITHOUT_WEEKS))
    address = re.search(r"http://\S+", read_up_to(process, "Dashboard:"))
    assert address is not None
    page = httpx.get(address[0], trust_env=False, follow_redirects=True)
    assert page.status_code == 200
    assert "Auental" in page.text
    interrupt(process, tmp_path)


def test_a_busy_port_is_named_before_anything_begins(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--port", str(taken.getsockname()[1]))
        said, complained = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said == ""
    assert "--port" in complained
    assert len(complained.strip().splitlines()) == 1


def test_a_directory_that_is_not_empty_is_refused(start, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    process = start("--no-serve", "--keep", str(tmp_path / "kept"))
    said, complained = process.communicate(timeout=30)
    assert process.returncode == 2
    assert said == ""
    assert "not empty" in complained
