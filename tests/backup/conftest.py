"""The house of the tests of rights, and a second, empty place with the same keys to restore into."""

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.database import connect

_PATH = Path(__file__).parents[1] / "rights" / "conftest.py"
_spec = importlib.util.spec_from_file_location("house_of_rights", _PATH)
assert _spec is not None
assert _spec.loader is not None
_rights: Any = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _rights
_spec.loader.exec_module(_rights)

House, placed = _rights.House, _rights.placed
house = _rights.house
any_house = _rights.any_house
act = _rights.act
wiki = _rights.wiki
teams = _rights.teams


@pytest.fixture
def elsewhere(tmp_path: Path, any_house: Any) -> Iterator[Callable[..., Any]]:
    """Makes an empty installation on SQLite, to which the keys were brought."""
    made = []

    def build(name: str = "elsewhere") -> Any:
        folder = tmp_path / name
        folder.mkdir()
        shutil.copytree(any_house.key_folder.parent, folder / "key")
        engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
        made.append(engine)
        return House(engine, placed(folder), folder)

    yield build
    for engine in made:
        engine.dispose()
