"""The audit log of the console: every command that changes something leaves its entries, whoever wrote the command."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from service.cli import app, noting
from service.cli.noting import CHANGES_NOTHING, FILES_ONLY, KEPT, NOT_NOTED, OWN_ENTRY, commands, noted

PASSWORD = "ein langes Passwort 7"


def run(*words: str, given: str | None = None) -> Any:
    return CliRunner().invoke(app, words, input=given)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one organisation; each test gets a copy."""
    data = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESONANZ_DATA", str(data))
        patch.delenv("RESONANZ_DATABASE", raising=False)
        assert run("organisation", "set", "--name", "Beispiel AG", "--key", "beispiel").exit_code == 0
    return data


@pytest.fixture
def console(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    shutil.copytree(prepared, tmp_path / "data")
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)
    return run


def entries(console: Any) -> list[tuple[str, dict[str, Any]]]:
    """(action, detail), oldest first."""
    listed = json.loads(console("audit", "list", "--json").output)
    return [(one["action"], one["detail"]) for one in reversed(listed)]


def test_every_command_is_noted_or_named_with_its_reason() -> None:
    known = dict(commands(app))
    assert set(NOT_NOTED) <= set(known), "there is no such command any more"
    for name, command in known.items():
        assert hasattr(command.callback, "__wrapped__") == (name not in NOT_NOTED), name
    assert all(NOT_NOTED.values())


def test_a_new_command_is_noted_without_anybody_thinking_of_it() -> None:
    made = typer.Typer()
    inner = typer.Typer()
    made.add_typer(inner, name="survey")

    @inner.command("close-all")
    def close_all() -> None:
        """Nobody listed this one."""

    noting.note_all(made)
    ((name, command),) = commands(made)
    assert (name, command.callback.__wrapped__) == ("survey close-all", close_all)


@pytest.mark.parametrize("name", sorted(name for name, why in NOT_NOTED.items() if why == CHANGES_NOTHING))
def test_what_changes_nothing_sounds_like_it(name: str) -> None:
    """A word that tells of a change must not be among them, whatever reason is written beside it."""
    changing = {
        "add",
        "set",
        "remove",
        "create",
        "erase",
        "sync",
        "compute",
        "activate",
        "keep",
        "open",
        "close",
    }
    assert not changing & set(name.replace("opted-out", "").split())


@pytest.mark.parametrize(
    ("words", "action"),
    [
        (
            ("organisation", "milestone", "relaunch", "2026-03-02", "--de", "Neu", "--en", "New"),
            "organisation milestone",
        ),
        (("organisation", "calendar", "set", "--region", "DE-BY"), "organisation calendar set"),
        (("organisation", "official", "--leaders", "1"), "organisation official"),
        (("privacy", "keep", "--activities", "400"), "privacy keep"),
    ],
)
def test_declaring_is_noted_when_it_begins_and_when_it_is_done(
    console: Any, words: tuple[str, ...], action: str
) -> None:
    done = console(*words)
    assert done.exit_code == 0, done.output
    noted_now = [detail["state"] for name, detail in entries(console) if name == action]
    assert noted_now == ["begun", "done"]


@pytest.mark.parametrize(
    ("words", "action"),
    [
        (("sync",), "sync"),
        (("source", "remove", "none-such", "--yes"), "source remove"),
        (("source", "subscribe", "none-such"), "source subscribe"),
        (("room", "set", "none-such", "--purpose", "team"), "room set"),
        (("metrics", "compute", "--engine", "none-such"), "metrics compute"),
    ],
)
def test_what_fails_is_noted_too(console: Any, words: tuple[str, ...], action: str) -> None:
    assert console(*words).exit_code != 0
    noted_now = [detail["state"] for name, detail in entries(console) if name == action]
    assert noted_now == ["begun", "failed"]


def test_a_source_is_connected_read_measured_and_removed_in_the_log(console: Any, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "a.csv").write_text(
        "id,kind,time,room,person,object\n1,create,2026-03-02T10:00:00Z,HR,ada,p1\n"
    )
    settings = ("--set", f"path={folder}", "--set", "format=activities")
    assert console("source", "add", "files", *settings, "--key", "given").exit_code == 0
    assert console("sync", "given").exit_code == 0
    console("source", "remove", "given", "--yes")
    told = [(name, detail.get("key"), detail["state"]) for name, detail in entries(console)[2:]]
    assert told[:2] == [("source add", "given", "begun"), ("source add", "given", "done")]
    assert [one[:2] for one in told[2:4]] == [("sync", "given")] * 2
    assert told[-2:] == [("source remove", "given", "begun"), ("source remove", "given", "done")]
    assert str(folder) not in json.dumps(entries(console))
    assert console("audit", "verify").exit_code == 0


def test_accounts_and_tokens_are_noted_with_what_they_change(console: Any) -> None:
    assert console("admin", "create", "ada", "--password-stdin", given=PASSWORD + "\n").exit_code == 0
    token = console("token", "create", "ada", "--label", "x", "--scope", "read:catalogue").output.strip()
    console("token", "revoke", token.split("_")[1])
    console("admin", "role", "ada", "viewer")
    console("admin", "link", "ada")
    console("admin", "disable", "ada")
    said = [name for name, _ in entries(console)[2:]]
    assert said == [
        "account created",
        "token created",
        "token revoked",
        "role changed",
        "password link made",
        "account disabled",
    ]
    assert token not in json.dumps(entries(console))


def test_of_the_arguments_only_such_are_kept_that_can_not_be_about_a_person(console: Any) -> None:
    assert not KEPT & {
        "name",
        "user",
        "label",
        "title",
        "file",
        "id_stdin",
        "handle",
        "source",
        "reason",
        "owner_name",
    }
    console("organisation", "set", "--name", "Erika Mustermann KG", "--key", "beispiel")
    assert "Mustermann" not in json.dumps(entries(console))


def test_what_can_not_be_noted_is_not_begun(console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []

    def broken(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(noting, "note", broken)
    with pytest.raises(OSError, match="disk"):
        noted("something", lambda: ran.append(1))()
    assert ran == []


def test_what_notes_itself_does_so(console: Any, tmp_path: Path) -> None:
    """`privacy stop` stands for the commands of which it is written that they do."""
    assert NOT_NOTED["privacy stop"] == OWN_ENTRY
    assert NOT_NOTED["privacy key create"] == FILES_ONLY
    console("privacy", "stop")
    assert entries(console)[-1] == ("service.stopped", {"organisation": "beispiel"})


class TestAdmin:
    """`resonanz admin` where there are several organisations, and its one-time links."""

    def test_the_only_organisation_is_the_accounts(self, console: Any) -> None:
        console("admin", "create", "ada", "--password-stdin", given=PASSWORD + "\n")
        (account,) = json.loads(console("admin", "list", "--json").output)
        assert account["organisation"] == "beispiel"

    def test_with_several_it_must_be_said_which_an_account_sees(self, console: Any) -> None:
        console("organisation", "set", "--name", "Andere", "--key", "andere")
        refused = console("admin", "create", "ada", "--password-stdin", given=PASSWORD + "\n")
        assert "--all-organisations" in str(refused.exception)
        assert json.loads(console("admin", "list", "--json").output) == []
        for name, *words in (("ada", "--organisation", "andere"), ("bob", "--all-organisations")):
            assert (
                console("admin", "create", name, "--password-stdin", *words, given=PASSWORD + "\n").exit_code
                == 0
            )
        listed = json.loads(console("admin", "list", "--json").output)
        assert {one["name"]: one["organisation"] for one in listed} == {"ada": "andere", "bob": None}
        both = console("admin", "create", "c", "--organisation", "andere", "--all-organisations", "--link")
        assert both.exit_code != 0

    def test_a_link_is_printed_once_and_no_password_asked_for(self, console: Any) -> None:
        made = console("admin", "create", "ada", "--link")
        assert made.exit_code == 0, made.output
        assert made.output.startswith("http://127.0.0.1:8080/password?link=")
        again = console("admin", "link", "ada").output
        assert again.startswith("http://127.0.0.1:8080/password?link=")
        assert again != made.output

    def test_no_link_while_the_company_signs_in(self, console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        console("admin", "create", "ada", "--link")
        monkeypatch.setenv("RESONANZ_OIDC_ISSUER", "https://login.example")
        assert "RESONANZ_LOCAL_SIGN_IN" in str(console("admin", "link", "ada").exception)
        monkeypatch.setenv("RESONANZ_LOCAL_SIGN_IN", "true")
        assert console("admin", "link", "ada").exit_code == 0
