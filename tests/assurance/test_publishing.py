"""What the benchmark of publishing tells is what was published, twice the same; a missed target is told as missed."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks import publishing
from benchmarks.analytics import only
from benchmarks.publishing import Done, told
from service.models import Membership, Person, PublishedValue

QUICK = Done(29.0, 20.0, 400.0, shown=10, hidden=5, unknown=2, digest="a")


def test_a_small_company_is_published_twice_and_the_figure_tells_its_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        publishing,
        "_in_a_process",
        lambda folder, people, rooms, limit: publishing.publish(folder, people, rooms),
    )
    with only(("active_share", "role_share")):
        first, again = publishing._size(tmp_path, 90, 10, 60.0)
    engine, _ = publishing.organisation(tmp_path, 90, 10)
    with engine.connect() as connection:
        states = Counter(connection.scalars(select(PublishedValue.state)))
        members = Counter(connection.scalars(select(Membership.room_id)))
        units = Counter(connection.scalars(select(Person.unit_id)))
    engine.dispose()
    assert first.holds
    assert f"{states['published']:,} cells shown, {states['suppressed']:,} hidden" in first.value
    assert states["published"] > 0
    assert again.holds
    assert "the same as before" in again.value
    assert len(members) == 10
    assert any(size in units.values() for size in members.values())


def test_a_target_that_is_missed_is_told_as_missed() -> None:
    size = (1_000, 200)
    assert told("publishing", size, QUICK).holds
    assert told("publishing", size, replace(QUICK, seconds=30.1)).holds is False
    assert told("publishing", size, replace(QUICK, peak_mb=1_000.1)).holds is False
    assert told("publishing", (200, 40), replace(QUICK, seconds=31.0)).holds
    assert told("publishing", (200, 40), QUICK, replace(QUICK, digest="b")).holds is False
