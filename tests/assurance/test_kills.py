"""A few kills of what is done with many, and what is said where something is wrong."""

import random
from collections.abc import Iterator

import pytest

from benchmarks.databases import Sqlite
from benchmarks.forked import Zygote
from benchmarks.kills import Bench, World, different, everything, platforms, rows


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("kills")
    with Zygote(["-m", "benchmarks.victim"]) as zygote, platforms(folder, 11, scale=0.02) as sources:
        made = Bench(Sqlite(folder), folder / "sqlite", sources, zygote)
        yield made
        made.calm.engine.dispose()


def test_a_collection_killed_again_and_again_ends_like_an_undisturbed_one(bench: Bench) -> None:
    assert {row[0] for row in rows(bench.calm.log, "source")} == set(bench.keys)
    done = bench.round("killed", 4, random.Random(3))
    assert done.faults == []
    assert done.killed == 4
    assert "at a time drawn at random" in done.moments
    assert len(done.moments) > 1


def test_what_would_be_wrong_after_a_kill_is_seen(bench: Bench) -> None:
    world: World = bench.calm
    assert world.faults() == []
    (person,) = rows(world.log, "person", "person IS NOT NULL")[0]
    world.log.erase([person])
    (ahead,) = world.faults()
    assert "ahead of the data" in ahead
    found = list(different(everything(world.engine, world.log), bench.expected))
    assert [fault.partition(":")[0] for fault in found] == ["log"]
    assert " 0 too many" in found[0]
