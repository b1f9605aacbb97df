"""The compose file is valid, and as locked down as docs promise. No container engine is needed or used."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

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
