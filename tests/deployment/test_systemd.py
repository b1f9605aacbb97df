"""The systemd unit is one systemd accepts, and leaves the service little to do harm with."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parent.parent.parent / "deployment" / "resonanz.service"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


def verified(unit: Path) -> list[str]:
    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", str(unit)], check=False, capture_output=True, text=True
    )
    return [
        line for line in done.stderr.splitlines() if unit.name in line and "is not executable" not in line
    ]


@needs_systemd
def test_systemd_knows_every_line() -> None:
    assert verified(UNIT) == []


@needs_systemd
def test_the_check_finds_a_misspelt_line(tmp_path: Path) -> None:
    broken = tmp_path / UNIT.name
    broken.write_text(UNIT.read_text().replace("NoNewPrivileges", "NoNewPrivilege"))
    assert any("NoNewPrivilege" in line for line in verified(broken))


@needs_systemd
def test_little_is_exposed() -> None:
    done = subprocess.run(
        [str(ANALYZE), "security", "--offline=true", str(UNIT)], check=False, capture_output=True, text=True
    )
    found = re.search(r"Overall exposure level.*?: ([\d.]+)", done.stdout)
    assert found is not None
    assert float(found.group(1)) <= 1.5
