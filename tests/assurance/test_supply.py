"""The supply chain is pinned, licensed and listed, and nothing that was not audited is called clean."""

import json
import re
import tomllib
from email.message import Message
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks import licences, supply
from benchmarks.licences import Package

LOCKED = "sound==1.0 \\\n    --hash=sha256:0a\n    # via x\n"


@pytest.mark.parametrize("name", supply.LOCKS)
def test_every_requirement_is_pinned_with_its_hash(name: str) -> None:
    figure = supply.pinned(licences.ROOT / name)
    assert figure.holds, figure.value


@pytest.mark.parametrize("loose", ["free>=2 \\\n    --hash=sha256:0b\n", "bare==1.0\n    # via x\n"])
def test_a_requirement_without_version_or_hash_is_found(tmp_path: Path, loose: str) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(LOCKED + loose)
    figure = supply.pinned(lock)
    assert figure.holds is False
    assert figure.value.startswith("1 of 2 pinned")


def test_the_tools_of_assurance_agree_with_the_lock_of_the_tests() -> None:
    pins = [
        set(
            re.findall(
                r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==\S+", (licences.ROOT / name).read_text(), re.MULTILINE
            )
        )
        for name in ("requirements.lock", "requirements-assurance.lock")
    ]
    assert pins[0] <= pins[1]


def test_every_tool_has_its_decision() -> None:
    project = tomllib.loads((licences.ROOT / "pyproject.toml").read_text())
    page = (licences.ROOT / "docs" / "decisions" / "dependencies.md").read_text()
    for requirement in project["dependency-groups"]["assurance"]:
        assert f"`{re.split('[<>=; ]', requirement)[0]}`" in page


def test_the_page_of_licences_is_what_the_lock_and_the_packages_say() -> None:
    page = (licences.ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert page == licences.page(), "write it anew: python -m benchmarks.licences > docs/licences.md"
    assert "0 without a licence that could be read, 0 that are not allowed" in page


@pytest.mark.parametrize(
    ("name", "licence", "allowed"),
    [
        ("a", "MIT", True),
        ("a", "GPL-3.0-only OR MIT", True),
        ("a", "MIT AND GPL-3.0-only", False),
        ("a", "AGPL-3.0-or-later", False),
        ("a", None, False),
        ("a", "LGPL-3.0-only", False),
        ("psycopg", "LGPL-3.0-only", True),
        ("psycopg", "GPL-3.0-only", False),
    ],
)
def test_what_is_allowed(name: str, licence: str | None, allowed: bool) -> None:
    assert Package(name, ("1",), licence).allowed is allowed
    assert supply.licensed([Package(name, ("1",), licence)]).holds is allowed


@pytest.mark.parametrize(
    ("told", "licence"),
    [
        ([("License-Expression", "MIT-0"), ("License", "GPL")], "MIT-0"),
        ([("License", "ISC"), ("Classifier", "License :: OSI Approved :: BSD License")], "ISC"),
        ([("License", "a text\nof pages"), ("Classifier", "License :: OSI Approved :: BSD License")], "BSD"),
        ([("License", "GPL v3")], "GPL v3"),
        ([], None),
    ],
)
def test_how_a_package_says_its_licence(told: list[tuple[str, str]], licence: str | None) -> None:
    message = Message()
    for name, value in told:
        message[name] = value.replace("\n", "\n ")
    assert licences.stated(cast(Any, message)) == licence


def test_the_bill_of_materials_is_checked(tmp_path: Path) -> None:
    if find_spec("cyclonedx_py") is None:
        pytest.skip("the tools of the group assurance are not installed")
    lock = tmp_path / "some.lock"
    lock.write_text(f"attrs==26.1.0 \\\n    --hash=sha256:{'0' * 64}\nbare==1.0\n")
    bill = tmp_path / "sbom.json"
    figure = supply.listed(licences.packages(lock), bill, lock)
    assert figure.holds is False
    assert figure.value == "2 components, 2 faults: bare has no licence; bare has no hash"
    told = json.loads(bill.read_text())
    assert told["specVersion"] == "1.6"
    assert told["components"][0]["licenses"] == [{"expression": "MIT"}]


WEAK = {"name": "jinja2", "version": "3.1.2", "vulns": [{"id": "PYSEC-1"}]}
LEFT_OUT = {"name": "odd", "skip_reason": "not found"}
FINE = {"name": "fine", "version": "1", "vulns": []}


@pytest.mark.parametrize(
    ("found", "holds", "told"),
    [
        ([FINE], True, "none in 1 packages"),
        ([FINE, WEAK], False, "jinja2 3.1.2 (PYSEC-1)"),
        ([FINE, LEFT_OUT], None, "not audited"),
        ([WEAK, LEFT_OUT], False, "PYSEC-1"),
        ([], None, "not audited"),
        (None, None, "not audited on 2"),
    ],
)
def test_what_was_not_audited_is_never_clean(found: list[Any] | None, holds: bool | None, told: str) -> None:
    printed = "No known vulnerabilities found" if found is None else json.dumps({"dependencies": found})
    figure = supply.judged("weaknesses", "none", printed, "no source answered")
    assert figure.holds is holds
    assert told in figure.value


def test_a_suspicious_line_needs_its_reason(tmp_path: Path) -> None:
    if find_spec("bandit") is None:
        pytest.skip("the tools of the group assurance are not installed")
    (tmp_path / "pyproject.toml").write_text("[tool.ruff.lint.per-file-ignores]\n'quiet.py' = ['S307']\n")
    (tmp_path / "bad.py").write_text("eval(input())\neval(input())  # noqa: S307 - typed by the admin\n")
    (tmp_path / "quiet.py").write_text("eval(input())\n")
    figure = supply.suspicious(tmp_path, ("bad.py", "quiet.py"))
    assert (figure.holds, figure.value) == (False, "3 findings, 1 not explained: bad.py:1 B307")
