"""The wheel alone, unpacked where no checkout is near, migrates a database and knows its pages."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

SCRIPT = """
import pathlib, service, service.database as database
assert str(pathlib.Path(service.__file__)).startswith({place!r}), service.__file__
engine = database.connect("sqlite:///" + {database!r})
database.migrate(engine)
database.require_current(engine)
engine.dispose()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_migrates_a_database_by_itself(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    script = SCRIPT.format(place=str(place), database=str(tmp_path / "x.db"))
    subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, check=True, env={**os.environ, "PYTHONPATH": str(place)}
    )


def test_the_wheel_carries_everything_the_checkout_needs_at_run_time(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for package in ("service", "connectors", "metrics"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.relative_to(ROOT).as_posix() in names
    for path in (ROOT / "alembic").rglob("*.py"):
        assert f"service/migrations/{path.relative_to(ROOT / 'alembic').as_posix()}" in names
    assert not any(name.startswith(("tests/", "alembic/")) for name in names)
