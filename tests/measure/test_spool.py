"""What measuring holds beside its memory: counted values on their way to the database, and what DuckDB has no room for."""

import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from service.engines.duck import DuckDB
from service.errors import NotReady
from service.measure import spool
from service.measure.spool import Spool
from service.scratch import LEFT, scratch
from service.settings import Settings


class Nothing:
    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        pass


def value(number: int) -> dict[str, Any]:
    return {"metric": "reach", "since": date(2026, 3, 2), "numerator": number, "reason": None}


@pytest.mark.parametrize("number", [0, 1, 7, 8, 9, 21])
def test_values_come_back_in_order_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(spool, "BATCH", 8)
    given = [value(each) for each in range(number)]
    with Spool(tmp_path) as values:
        values.add(iter(given[:3]))
        values.add(given[3:])
        assert len(values) == number
        batches = list(values.batches())
        assert [one for batch in batches for one in batch] == given
        assert max(map(len, batches), default=0) <= 8
        assert list(values.batches()) == batches
        assert not list(tmp_path.iterdir()), "the file has no name that somebody else could open"


def test_too_little_memory_is_told_with_what_to_do(tmp_path: Path) -> None:
    wide = "SELECT list(i ORDER BY hash(i)) FROM range(3000000) AS numbers (i)"
    with (
        pytest.raises(NotReady, match="more memory than 20MB: give RESONANZ_COMPUTE_MEMORY more"),
        DuckDB("20MB", tmp_path).open(Nothing()) as connection,
    ):
        connection.execute(wide)
    assert not list(tmp_path.iterdir())


def test_what_does_not_fit_goes_into_scratch_and_is_gone_afterwards(tmp_path: Path) -> None:
    with DuckDB("30MB", tmp_path).open(Nothing()) as connection:
        connection.execute("CREATE TABLE many AS SELECT i, hash(i) AS h FROM range(5000000) AS numbers (i)")
        (folder,) = tmp_path.iterdir()
        assert sum(file.stat().st_size for file in folder.rglob("*")) > 1_000_000
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_goes_after_a_day(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    place = scratch(settings)
    assert place == tmp_path / "scratch"
    assert place.stat().st_mode & 0o777 == 0o700
    for name, age in (
        ("resonanz-measure-old", LEFT + 60),
        ("resonanz-measure-new", LEFT - 60),
        ("other", 9 * LEFT),
    ):
        (place / name).mkdir()
        (place / name / "rows").write_bytes(b"x")
        os.utime(place / name, (time.time() - age,) * 2)
    scratch(settings)
    assert {one.name for one in place.iterdir()} == {"resonanz-measure-new", "other"}
    assert scratch(Settings(data=tmp_path, scratch=tmp_path / "fast")) == tmp_path / "fast"


@pytest.mark.parametrize("text", ["512MB", "2GB", "1.5GiB", "25%", "80%"])
def test_memory_is_a_size_or_a_part(text: str, tmp_path: Path) -> None:
    with DuckDB(Settings(compute_memory=text).compute_memory, tmp_path).open(Nothing()) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("text", ["", "512", "much", "0%", "100%", "-1GB", "2 GB; DROP"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings(compute_memory=text)
