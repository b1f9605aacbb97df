"""The console names one organisation, and nothing of another is touched: sources, people, keys, agreements, erasure."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from service.cli import app
from service.context import Context
from service.models import Organisation, Person, Room
from service.places import places
from service.settings import Settings

ROWS = "id,kind,time,room,person,object\n1,create,2026-03-02T10:00:00Z,HR,ada,p1\n2,view,2026-03-02T11:00:00Z,HR,bob,p1\n"
PASSPHRASE = "eine lange Losung 7"


def run(*words: str, given: str | None = None) -> Any:
    return CliRunner().invoke(app, words, input=given)


def fine(*words: str, given: str | None = None) -> str:
    done = run(*words, given=given)
    assert done.exit_code == 0, (words, done.output, done.exception)
    return str(done.output)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two organisations, each with the very same file of the same people, and keys of their own for the agreement."""
    place = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESONANZ_DATA", str(place / "data"))
        patch.delenv("RESONANZ_DATABASE", raising=False)
        for key in ("werra", "fulda"):
            fine("organisation", "set", "--name", key.title(), "--key", key)
            (place / key).mkdir()
            (place / key / "a.csv").write_text(ROWS)
            settings = ("--set", f"path={place / key}", "--set", "format=activities")
            fine("source", "add", "files", *settings, "--key", f"{key}-files", "--organisation", key)
            for holder in ("admin", "council"):
                file = place / f"{key}-{holder}"
                fine("privacy", "key", "create", str(file), "--passphrase-stdin", given=PASSPHRASE + "\n")
                fine("privacy", "key", "register", f"{file}.pub", "--holder", holder, "--organisation", key)
        fine("sync")
        fine(
            "organisation",
            "milestone",
            "relaunch",
            "2026-03-01",
            "--de",
            "x",
            "--en",
            "x",
            "--organisation",
            "fulda",
        )
    return place


@pytest.fixture
def place(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, so that every attack begins anew."""
    shutil.copytree(prepared / "data", tmp_path / "data")
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)
    return prepared


def stored(place: Path) -> dict[str, Any]:
    """People, rooms and activities by organisation."""
    context = Context(Settings())
    with context.transaction() as session:
        keys = {one.id: one.key for one in session.scalars(select(Organisation))}
        people = [(keys[one.organisation_id], one.pseudonym) for one in session.scalars(select(Person))]
        rooms = sorted((keys[one.organisation_id], one.key) for one in session.scalars(select(Room)))
    context.engine.dispose()
    counted = [
        row
        for key in sorted(keys.values())
        for row in json.loads(fine("activity", "counts", "--by", "source", "--organisation", key, "--json"))
    ]
    return {
        "people": {key: {pseudonym for owner, pseudonym in people if owner == key} for key in keys.values()},
        "rooms": rooms,
        "activities": {row["source"]: row["activities"] for row in counted},
    }


def test_the_same_person_has_different_pseudonyms_in_different_organisations(place: Path) -> None:
    found = stored(place)
    assert found["activities"] == {"werra-files": 2, "fulda-files": 2}
    assert not found["people"]["werra"] & found["people"]["fulda"]
    one, other = (places(Settings()).pseudonymiser(key) for key in ("werra", "fulda"))
    assert one.person("ada@example.com") != other.person("ada@example.com")
    assert one.person("ada", "files") != other.person("ada", "files")
    assert one.alias("page-1") != other.alias("page-1")


def test_removing_a_source_of_one_leaves_the_other_whole(place: Path) -> None:
    before = stored(place)
    fine("source", "remove", "werra-files", "--yes")
    after = stored(place)
    assert after["activities"] == {"fulda-files": 2}
    assert after["people"]["fulda"] == before["people"]["fulda"]
    assert ("fulda", "fulda-files/HR") in after["rooms"]
    assert ("werra", "werra-files/HR") not in after["rooms"]


def test_erasing_a_person_of_one_leaves_the_same_person_of_the_other(place: Path) -> None:
    before = stored(place)
    done = run(
        "privacy",
        "person",
        "erase",
        "--source",
        "werra-files",
        "--id-stdin",
        "--organisation",
        "werra",
        "--yes",
        given="ada\n",
    )
    assert done.exit_code == 0, (done.output, done.exception)
    after = stored(place)
    assert after["people"]["fulda"] == before["people"]["fulda"]
    assert after["activities"]["fulda-files"] == 2
    assert after["activities"]["werra-files"] == 1


ATTACKS = (
    ("organisation", "compare", "relaunch", "--organisation", "werra"),
    ("privacy", "agreement", "show", "--organisation", "none-such"),
    ("metrics", "compute", "--organisation", "none-such"),
    ("source", "about", "werra-files", "fulda-files"),
    ("organisation", "compare", "relaunch"),
    ("privacy", "stop"),
    ("organisation", "calendar", "set", "--region", "DE-BY"),
    ("privacy", "agreement", "draft"),
    ("room", "set", "HR", "--purpose", "team"),
    ("activity", "counts"),
    ("activity", "edges"),
    ("privacy", "epoch", "list"),
    ("privacy", "epoch", "destroy", "1", "--confirm", "x"),
    ("privacy", "epoch", "begin", "--yes"),
    ("privacy", "retention"),
    ("organisation", "set", "--name", "x", "--key", "../fulda"),
)
"""What names a thing of another organisation, or no organisation where there are two."""


@pytest.mark.parametrize("words", ATTACKS, ids=[" ".join(words[:3]) for words in ATTACKS])
def test_what_is_another_organisations_or_could_be_either_is_refused(
    place: Path, words: tuple[str, ...]
) -> None:
    before = stored(place)
    assert run(*words).exit_code != 0
    assert stored(place) == before


def test_the_keys_of_one_sign_no_agreement_of_the_other(place: Path, tmp_path: Path) -> None:
    fine("privacy", "agreement", "draft", "--organisation", "fulda")
    file = tmp_path / "draft.json"
    export = ("privacy", "agreement", "export", str(file), "--version", "draft", "--organisation", "fulda")
    fine(*export)
    for holder in ("admin", "council"):
        words = (
            "--key",
            str(place / f"werra-{holder}"),
            "--holder",
            holder,
            "--file",
            str(file),
            "--passphrase-stdin",
        )
        signed = run("privacy", "agreement", "sign", *words, given=PASSPHRASE + "\n")
        received = run("privacy", "agreement", "receive", str(file), "--organisation", "fulda")
        assert signed.exit_code != 0 or received.exit_code != 0
    assert run("privacy", "agreement", "activate", "--organisation", "fulda").exit_code != 0
    assert run("privacy", "agreement", "receive", str(file), "--organisation", "werra").exit_code != 0
    shown = run("privacy", "agreement", "show", "--version", "active", "--organisation", "fulda")
    assert shown.exit_code != 0


def test_stopping_one_leaves_the_other_running(place: Path) -> None:
    fine("privacy", "stop", "--organisation", "werra")
    context = Context(Settings())
    with context.transaction() as session:
        stopped = {one.key: one.stopped is not None for one in session.scalars(select(Organisation))}
    context.engine.dispose()
    assert stopped == {"werra": True, "fulda": False}
    assert run("sync", "werra-files").exit_code != 0
    assert run("sync", "fulda-files").exit_code == 0


def test_doctor_looks_at_the_key_and_the_log_of_each_and_finds_two_keys_alike(place: Path) -> None:
    def told() -> dict[str, Any]:
        return {row["check"]: row for row in json.loads(run("doctor", "--json").output)["checks"]}

    found = told()
    for check in ("key", "activities"):
        assert found[check]["ok"]
        assert "werra: " in found[check]["detail"]
        assert "fulda: " in found[check]["detail"]
    kept = places(Settings())
    content = json.loads(kept.key("werra").read_text()) | {"organisation": "fulda"}
    kept.key("fulda").write_text(json.dumps(content))
    assert not told()["key"]["ok"]
    assert "have the same key" in told()["key"]["detail"]
    assert run("sync", "fulda-files").exit_code != 0


def test_the_end_of_one_key_is_not_that_of_the_other(place: Path) -> None:
    before = stored(place)
    (row,) = json.loads(fine("privacy", "epoch", "list", "--organisation", "fulda", "--json"))
    words = ("privacy", "epoch", "destroy", "1", "--confirm", row["fingerprint"])
    assert run(*words, "--organisation", "werra").exit_code != 0
    fine(*words, "--organisation", "fulda")
    # By its name it would be read first.
    done = run("sync", "--json")
    assert done.exit_code == 1
    assert [report["source"] for report in json.loads(done.stdout)] == ["werra-files"]
    assert "fulda-files: the key of epoch 1 was destroyed" in done.stderr
    fine("privacy", "epoch", "begin", "--yes", "--organisation", "fulda")
    after = stored(place)
    assert after["people"]["fulda"] == set()
    assert after["people"]["werra"] == before["people"]["werra"]
    assert after["activities"] == {"werra-files": 2}
