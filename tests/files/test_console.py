"""Files from the console: connect, check, preview, read, read again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CANARY = "canary-ada"


@pytest.fixture
def console(tmp_path: Path, resonanz: Any) -> Callable[..., Any]:
    def run(*words: str, code: int = 0) -> Any:
        done = resonanz(*words, "--json", place=tmp_path, data=tmp_path / "data")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def test_what_a_connector_may_be_told_is_shown(console: Callable[..., Any]) -> None:
    told = {row["setting"]: row for row in console("source", "settings", "confluence")}
    assert told["token_file"] == {
        "setting": "token_file",
        "meaning": "file that holds the access token alone",
        "needed": True,
        "secret": True,
    }
    assert "Cloud" in told["user"]["meaning"]


def test_files_are_tried_shown_read_and_not_doubled(console: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "handed over"
    folder.mkdir()
    (folder / "march.csv").write_text(
        "id,kind,time,room,person,object\n"
        f"1,create,2026-03-02T10:00:00Z,HR,{CANARY},p1\n"
        "2,view,2026-03-02T11:00:00Z,HR,bob,p1\n"
        "3,view,,HR,bob,p1\n"
    )
    # The path may be given from where the admin stands; later commands may run elsewhere.
    added = console("source", "add", "files", "--set", "path=handed over", "--set", "format=activities")
    assert added["settings"]["path"] == str(folder)
    (finding,) = console("source", "check", "files", code=1)["findings"]
    assert "2 would be taken, 1 rejected: no_time (1)" in finding["detail"]

    shown = console("source", "preview", "files")
    assert shown["activities"] == {"create": 1, "view": 1}
    assert (shown["rooms"], shown["people"]) == (1, 2)
    assert shown["rejected"] == [{"file": "march.csv", "line": 4, "reason": "no_time"}]
    assert console("activity", "counts", "--by", "kind") == []

    (first,) = console("sync", "files", code=3)
    assert (first["stored"], first["skipped"]) == (2, {"rejected_no_time": 1})
    assert [(gap["reason"], gap["objects"]) for gap in first["gaps"]] == [("no_time", 1)]
    (again,) = console("sync", "files", code=3)
    assert (again["stored"], again["repeated"]) == (0, 0)

    (folder / "march.csv").write_text(
        "id,kind,time,room,person,object\n"
        "2,view,2026-03-02T11:00:00Z,HR,bob,p1\n"
        "3,view,2026-03-02T12:00:00Z,HR,bob,p1\n"
    )
    (mended,) = console("sync", "files")
    assert (mended["stored"], mended["repeated"], mended["gaps"]) == (1, 1, [])

    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file.name
