"""The compose file is valid, and as locked down as docs promise. No container engine is needed or used."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from service.settings import Settings

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = [name for name, service in COMPOSE["services"].items() if service["image"].startswith("resonanz")]


def test_the_compose_file_follows_the_specification() -> None:
    validator = jsonschema.Draft7Validator(SCHEMA)
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []


def test_the_check_finds_a_misspelt_key() -> None:
    broken = json.loads(json.dumps(COMPOSE, default=str))
    broken["services"]["resonanz"]["read_onli"] = True
    validator = jsonschema.Draft7Validator(SCHEMA)
    assert any("read_onli" in error.message for error in validator.iter_errors(broken))


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_no_privileges_and_write_nowhere_but_their_volumes(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_the_pseudonym_key_does_not_share_a_volume_with_the_data() -> None:
    for name in OURS:
        service = COMPOSE["services"][name]
        mounts = dict(volume.split(":")[:2] for volume in service["volumes"])
        key = service["environment"]["RESONANZ_KEY_FILE"]
        assert mounts["key"] == str(Path(key).parent) != mounts["data"]


def test_the_image_ends_as_the_user_the_compose_file_names() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line.split()[1] for line in lines if line.startswith("USER ")][-1] == "10001:10001"


def test_on_postgresql_the_database_is_migrated_once_before_anything_runs() -> None:
    for name, role in (("web", "web"), ("worker", "worker")):
        service = COMPOSE["services"][name]
        assert service["environment"]["RESONANZ_ROLE"] == role
        assert service["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert COMPOSE["services"]["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_only_the_pages_are_reached_from_outside() -> None:
    assert {name for name, service in COMPOSE["services"].items() if "ports" in service} == {
        "resonanz",
        "web",
    }


def test_every_setting_in_the_compose_file_is_one_the_program_knows() -> None:
    known = {f"RESONANZ_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        assert COMPOSE["services"][name]["environment"].keys() <= known


HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))


@pytest.mark.skipif(HADOLINT is None, reason="hadolint has no package for this system")
def test_hadolint_finds_nothing_in_the_dockerfile_and_something_in_a_bad_one(tmp_path: Path) -> None:
    def lint(path: Path) -> int:
        return subprocess.run([str(HADOLINT), str(path)], check=False, capture_output=True).returncode

    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python\nRUN cd /x && pip install resonanz\n")
    assert (lint(ROOT / "Dockerfile"), lint(bad)) == (0, 1)
