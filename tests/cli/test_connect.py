"""`source add` for a Microsoft 365 tenant: what is kept, what is refused, and what the check then says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connectors.errors import Misconfigured
from service.cli import app
from service.demo.microsoft import MicrosoftCloud, Tenant
from service.errors import Invalid

APP = "11111111-2222-3333-4444-555555555555"


class Console:
    """Runs commands in this process, on a data directory of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    def json(self, *words: str, code: int = 0) -> Any:
        done = self.run(*words, "--json")
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    def file(self, name: str, text: str) -> str:
        path = self.place / name
        path.write_text(text, encoding="ascii")
        return str(path)


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)
    monkeypatch.chdir(tmp_path)
    return Console(tmp_path)


@pytest.fixture(scope="module")
def cloud() -> Iterator[MicrosoftCloud]:
    tenant = Tenant()
    ada = tenant.add_user("ada")
    tenant.add_group("Sales", [ada.id], [ada.id])
    with MicrosoftCloud(tenant) as running:
        yield running


def test_a_tenant_is_connected_with_its_certificate_and_checked(
    console: Console, cloud: MicrosoftCloud, tmp_path: Path
) -> None:
    given = cloud.settings(tmp_path)
    words = ["source", "add", "microsoft-365", "--key", "office", "--expected-rooms", "1"]
    for option in ("tenant", "client_id", "certificate_file", "authority", "graph_url", "sharepoint_url"):
        words += [f"--{option.replace('_', '-')}", given[option]]
    words += [
        "--stream",
        "rooms",
        "--stream",
        "people",
        "--identity",
        "employeeId",
        "--leadership",
        "head of",
    ]
    added = console.json(*words)
    assert added["settings"] == {
        **{name: given[name] for name in given if name not in ("connector", "management_url")},
        "streams": ["rooms", "people"],
        "identity": "employeeId",
        "leadership": ["head of"],
    }
    check = console.json("source", "check", "office")
    assert (check["ok"], check["visible_rooms"], check["expected_rooms"]) == (True, 1, 1)
    (listed,) = console.json("source", "list")
    assert (listed["connector"], listed["tenant"], listed["url"]) == ("microsoft-365", given["tenant"], None)


def test_a_missing_permission_is_printed_with_its_remedy_and_ends_with_one(
    console: Console, cloud: MicrosoftCloud, tmp_path: Path
) -> None:
    given = cloud.settings(tmp_path)
    words = ["source", "add", "microsoft-365", "--stream", "rooms", "--stream", "communities"]
    for option in ("tenant", "client_id", "certificate_file", "authority", "graph_url"):
        words += [f"--{option.replace('_', '-')}", given[option]]
    assert console.run(*words).exit_code == 0
    roles = cloud.application.roles["graph"]
    cloud.application.grant("graph", roles - {"Community.Read.All"})
    try:
        check = console.json("source", "check", "microsoft-365", code=1)
    finally:
        cloud.application.grant("graph", roles)
    (missing,) = [finding for finding in check["findings"] if not finding["ok"]]
    assert missing["subject"] == "communities"
    assert "grant Community.Read.All" in missing["remedy"]


def test_lists_paths_and_choices_are_kept_as_the_connector_reads_them(console: Console) -> None:
    sites = ["https://contoso.sharepoint.com/sites/hr", f"contoso.sharepoint.com,{APP},{APP}"]
    console.file("secret", "s3cret\n")
    words = [
        "--tenant",
        "contoso.example",
        "--client-id",
        APP,
        "--secret-file",
        "secret",
        "--cloud",
        "us-gov",
    ]
    words += ["--site", sites[0], "--site", sites[1], "--team", "t1", "--group", "g1", "--guests", "skip"]
    kept = console.json("source", "add", "microsoft-365", *words, "--unit-from", "companyName")["settings"]
    assert kept == {
        "tenant": "contoso.example",
        "client_id": APP,
        "secret_file": str(console.place / "secret"),
        "cloud": "us-gov",
        "sites": sites,
        "teams": ["t1"],
        "groups": ["g1"],
        "guests": "skip",
        "unit_from": "companyName",
    }


@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        (["microsoft-365"], Misconfigured, "`tenant`"),
        (["microsoft-365", "--tenant", "contoso.example"], Misconfigured, "`client_id`"),
        (
            ["microsoft-365", "--tenant", "contoso.example", "--client-id", APP],
            Misconfigured,
            "certificate_file",
        ),
        (
            ["microsoft-365", "--url", "https://contoso.sharepoint.com"],
            Misconfigured,
            "unknown setting 'url'",
        ),
        (["confluence", "--flavour", "cloud"], Misconfigured, "give `url`"),
        (["confluence", "--flavour", "cloud", "--url", "https://a.example"], Misconfigured, "`token_file`"),
        (["confluence", "--flavour", "cloud", "--url", "a.example"], Invalid, "no address"),
        (["microsoft-365", "--set", "tenant"], Invalid, "name=value"),
        (["microsoft-365", "--key", "My Tenant"], Invalid, "small letters"),
    ],
)
def test_what_is_missing_is_told_by_the_connector(
    console: Console, words: list[str], error: type[Exception], told: str
) -> None:
    done = console.run("source", "add", *words)
    assert done.exit_code == 1
    assert isinstance(done.exception, error)
    assert told in str(done.exception)
    assert console.json("source", "list") == []
