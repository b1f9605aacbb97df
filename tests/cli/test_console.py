"""The console as an admin uses it: connect, check, read, reconcile, measure, publish; and what it says when something is wrong."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.activity import Kind
from service.demo.company import Company
from service.demo.intranet import Connection, Intranet

UNTIL = date(2026, 9, 30)


class Console:
    """Runs `resonanz` in a data directory of its own: `run` as a process of its own, `json` and `tell` in this one."""

    def __init__(self, place: Path, resonanz: Any) -> None:
        self.place, self.resonanz = place, resonanz
        self.environment = {**os.environ, "RESONANZ_DATA": str(place / "data"), "COLUMNS": "200"}
        self.environment.pop("RESONANZ_DATABASE", None)

    def run(self, *words: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "service", *words],
            cwd=self.place,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def tell(self, *words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        done: subprocess.CompletedProcess[str] = self.resonanz(
            *words, place=self.place, data=self.place / "data", given=given
        )
        return done

    def json(self, *words: str, code: int = 0) -> Any:
        done = self.tell(*words, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def intranet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intranet]:
    company = Company.generate(3, people=80, until=UNTIL, months=5, scale=0.15)
    with Intranet(tmp_path_factory.mktemp("platforms"), company=company) as running:
        yield running


@pytest.fixture(scope="module")
def console(intranet: Intranet, tmp_path_factory: pytest.TempPathFactory, resonanz: Any) -> Console:
    """A console at which both sources were added and read."""
    console = Console(tmp_path_factory.mktemp("admin"), resonanz)
    assert console.run("organisation", "set", "--name", "Beispiel AG", "--key", "beispiel").returncode == 0
    for connection in intranet.connections:
        added = console.run(*add(connection))
        assert added.returncode == 0, added.stderr
    synced = console.run("sync", "--json")
    reports = json.loads(synced.stdout)
    assert [report["state"] for report in reports] == ["done", "done"], reports
    assert synced.returncode == 0
    return console


@pytest.fixture(scope="module")
def published(console: Console) -> Any:
    """What was said when its metrics were computed."""
    computed = console.run("metrics", "compute", "--json")
    assert computed.returncode == 0, computed.stderr
    return json.loads(computed.stdout)


@pytest.fixture
def another(tmp_path: Path, resonanz: Any) -> Console:
    """A console at which nothing was done yet."""
    return Console(tmp_path, resonanz)


def add(connection: Connection) -> list[str]:
    settings = connection.settings
    words = ["source", "add", "confluence", "--key", connection.key, "--observe", "all"]
    for option in ("url", "flavour", "token_file", "unit_groups"):
        words += [f"--{option.replace('_', '-')}", settings[option]]
    for account in settings.get("service_accounts", ()):
        words += ["--service-account", account]
    return [*words, "--expected-rooms", str(connection.rooms)]


def expected(intranet: Intranet, source: str) -> Counter[tuple[str, str]]:
    """(room, kind) of everything the platform really holds, without spaces of single people."""
    store = intranet.company.stores[source]  # type: ignore[index]
    personal = {space.key for space in store.spaces.values() if space.type == "personal"}
    return Counter(
        (found.room, str(found.kind)) for found in store.activities() if found.room not in personal
    )


def test_what_was_collected_reconciles_with_the_platform_room_by_room(
    console: Console, intranet: Intranet
) -> None:
    rows = console.json("activity", "counts", "--by", "source,room,kind")
    for connection in intranet.connections:
        stored = {
            (row["room"], row["kind"]): row["activities"] for row in rows if row["source"] == connection.key
        }
        assert stored == dict(expected(intranet, connection.key))


def test_a_second_sync_stores_nothing_and_asks_little(console: Console) -> None:
    for report in console.json("sync"):
        assert report["stored"] == 0
        assert report["state"] == "done"


def test_counts_by_week_add_up_to_counts_by_kind(console: Console) -> None:
    by_week: Counter[str] = Counter()
    for row in console.json("activity", "counts", "--by", "kind,room,week"):
        by_week[row["kind"]] += row["activities"]
    assert by_week == {
        row["kind"]: row["activities"] for row in console.json("activity", "counts", "--by", "kind")
    }


def test_edges_count_answers_and_answers_to_oneself(console: Console) -> None:
    by_kind = {row["kind"]: row for row in console.json("activity", "edges")}
    stored = {row["kind"]: row["activities"] for row in console.json("activity", "counts", "--by", "kind")}
    for kind in (Kind.COMMENT, Kind.REPLY, Kind.REACT):
        assert by_kind[kind]["total"] == stored[kind]
        assert 0 <= by_kind[kind]["self"] + by_kind[kind]["unknown"] <= by_kind[kind]["total"]


def test_nobody_can_be_counted_singly(console: Console) -> None:
    refused = console.run("activity", "counts", "--by", "person")
    assert refused.returncode == 1
    assert "person" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_check_compares_the_visible_rooms_with_the_expected_ones(
    console: Console, intranet: Intranet
) -> None:
    for connection in intranet.connections:
        result = console.json("source", "check", connection.key)
        assert result["ok"] is True
        assert result["visible_rooms"] == result["expected_rooms"] == connection.rooms


def test_a_wrong_token_is_named_by_check_and_fails_the_sync(
    another: Console, intranet: Intranet, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.token"
    wrong.write_text("nonsense")
    url = intranet.connections[0].settings["url"]
    words = ("--flavour", "cloud", "--token-file", str(wrong))
    assert another.tell("source", "add", "confluence", "--url", url, *words).returncode == 0
    assert any(
        "token" in finding["detail"]
        for finding in another.json("source", "check", "confluence", code=1)["findings"]
    )
    synced = another.run("sync", "--json")
    assert synced.returncode in (1, 3)
    assert json.loads(synced.stdout)[0]["stored"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("source", "add", "confluence", "--url", "intranet", "--token-file", "t"), "https://"),
        (
            (
                "source",
                "add",
                "confluence",
                "--url",
                "https://a.example",
                "--flavour",
                "cloud",
                "--token-file",
                "missing",
            ),
            "missing",
        ),
        (("source", "add", "nonsense", "--url", "https://a.example", "--token-file", "t"), "confluence"),
        (("source", "check", "nowhere"), "nowhere"),
        (("sync", "nowhere"), "nowhere"),
        (("room", "set", "HR", "--purpose", "fun"), "official"),
        (("organisation", "set", "--time-zone", "Mars/Phobos"), "Europe/Berlin"),
        (("metrics", "compute"), "resonanz"),
    ],
)
def test_a_mistake_gets_one_sentence_that_helps(words: tuple[str, ...], said: str, another: Console) -> None:
    done = another.tell(*words)
    assert done.returncode == 1, done.stdout
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_metrics_are_measured_and_published(console: Console, published: Any) -> None:
    assert published["publication"]["minimum_group"] == 10
    assert published["measurements"]["known"] > 0
    assert published["publication"]["suppressed"] > 0
    again = console.json("metrics", "compute")
    assert again["publication"]["digest"] == published["publication"]["digest"]


def test_every_metric_is_listed_in_both_languages(console: Console) -> None:
    rows = console.json("metrics", "list")
    assert {"active_share", "response_rate", "room_state"} <= {row["key"] for row in rows}
    assert all(row["label_de"] and row["label_en"] for row in rows)


def test_the_doctor_finds_nothing_after_publishing(console: Console, published: Any) -> None:
    result = console.json("doctor")
    assert result["ok"] is True, result


def test_the_doctor_of_an_empty_installation_says_what_to_do(another: Console) -> None:
    result = another.json("doctor", code=1)
    troubles = {row["check"]: row["detail"] for row in result["checks"] if not row["ok"]}
    assert "resonanz source add" in troubles["sources"]


def test_an_admin_is_created_from_standard_input(another: Console, tmp_path: Path) -> None:
    words = ("admin", "create", "anna", "--password-stdin")
    assert another.run(*words, given="correct horse battery\n").returncode == 0
    assert another.tell(*words, given="correct horse battery\n").returncode == 1
    assert "correct horse" not in "".join(
        path.read_bytes().decode("latin-1") for path in (tmp_path / "data").rglob("*") if path.is_file()
    )


def test_a_removed_source_leaves_no_activity(intranet: Intranet, another: Console) -> None:
    connection = intranet.connections[1]
    assert another.tell(*add(connection)).returncode == 0
    assert another.json("sync", connection.key)[0]["stored"] > 0
    assert another.run("source", "remove", connection.key, "--yes").returncode == 0
    assert another.json("activity", "counts", "--by", "kind") == []
    assert another.json("source", "list") == []


def test_no_name_mail_or_title_reaches_the_disk(console: Console, intranet: Intranet) -> None:
    written = b"".join(path.read_bytes() for path in (console.place / "data").rglob("*") if path.is_file())
    for person in intranet.company.people:
        assert person.name.encode() not in written
        assert person.mail.encode() not in written
    for store in intranet.company.stores.values():
        for item in list(store.items.values())[:200]:
            assert item.title.encode() not in written
