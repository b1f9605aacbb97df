"""What holds across the whole repository: migrations, packages, labels, documents."""

import importlib
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from alembic import command
from service import database
from service.database import alembic_config, connect, migrate, prepare, require_current, revisions
from service.errors import SchemaOutdated
from service.models import Base
from service.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("service", "connectors", "metrics")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_migrations_make_exactly_the_tables_of_the_models(empty_engine: Engine) -> None:
    migrate(empty_engine)
    command.check(alembic_config(empty_engine))
    assert set(inspect(empty_engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing(empty_engine: Engine) -> None:
    migrate(empty_engine)
    before = revisions(empty_engine)
    migrate(empty_engine)
    assert revisions(empty_engine) == before


def test_what_sqlite_has_committed_is_on_the_disk(
    synchronous: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SYNCHRONOUS", synchronous)
    engine = connect(f"sqlite:///{tmp_path / 'resonanz.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


def test_a_database_without_its_schema_is_refused(empty_engine: Engine) -> None:
    with pytest.raises(SchemaOutdated, match="resonanz migrate"):
        require_current(empty_engine)


def test_sqlite_is_made_current_and_postgresql_is_left_to_the_admin(empty_engine: Engine) -> None:
    if empty_engine.dialect.name == "sqlite":
        prepare(empty_engine)
        require_current(empty_engine)
    else:
        with pytest.raises(SchemaOutdated):
            prepare(empty_engine)


def test_the_migrations_folder_does_not_hide_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()
    library = importlib.import_module("alembic")
    assert "site-packages" in str(library.__file__)


@pytest.mark.parametrize("package", PACKAGES)
def test_our_packages_resolve_to_our_files(package: str) -> None:
    module = importlib.import_module(package)
    assert Path(str(module.__file__)).parent == ROOT / package


def test_no_folder_of_tests_is_named_like_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_registered_connector_can_be_loaded() -> None:
    points = entry_points(group="resonanz.connectors")
    assert {point.name for point in points} >= {"confluence"}
    for point in points:
        loaded = point.load()
        for method in ("connect", "check", "streams", "read", "requests", "close"):
            assert callable(getattr(loaded, method)), f"{point.name} lacks {method}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_grows_past_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 450
    assert path.stem not in {"utils", "helpers", "manager", "misc", "common"}


def test_arrows_between_packages_point_one_way() -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_console_starts_without_what_only_some_commands_need() -> None:
    """Every command, every job and every health check of a container starts it anew."""
    heavy = {"duckdb", "scipy", "numpy", "fastapi", "pyarrow", "deltalake", "altair", "ortools", "requests"}
    script = f"import sys, service.cli; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "operation.md").read_text()
    for name in Settings.model_fields:
        assert f"`RESONANZ_{name.upper()}`" in page, name


def test_every_dependency_has_its_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    page = (ROOT / "docs" / "decisions" / "dependencies.md").read_text()
    for requirement in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        name = re.split(r"[\[<>=! ]", requirement)[0]
        assert f"`{name}`" in page, f"{name} has no line in docs/decisions/dependencies.md"


def test_locks_pin_every_dependency_with_hashes_and_name_no_address() -> None:
    for lock in ("requirements.lock", "requirements-runtime.lock"):
        text = (ROOT / lock).read_text()
        pinned = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==\S+", text, re.MULTILINE)
        assert len(pinned) > 30
        assert text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text


def test_what_a_file_shares_is_made_once(request: pytest.FixtureRequest) -> None:
    """In several processes, a file's tests have to run in one of them: pytest-xdist names the group behind the test."""
    if hasattr(request.config, "workerinput"):
        assert request.node.nodeid.endswith("@test_contracts.py")
