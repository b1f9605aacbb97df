"""What the load benchmarks tell is what was measured: the sums are right, and a missed target is told as missed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from benchmarks import analytics
from benchmarks.engines import organisation
from benchmarks.load import filled, million, nightly, server, serving, start
from benchmarks.load.client import Load, ask, percentile
from service.measure import measure

QUICK = Load(
    "own", requests=4_000, errors=0, seconds=10.0, p50=10.0, p95=50.0, worst=90.0, statuses={"200": 4_000}
)
SLOW = replace(QUICK, requests=100, p95=500.0)
FAULTY = replace(QUICK, errors=1)


def memory(megabytes: list[float], every: float = 1.0) -> server.Memory:
    return server.Memory(0, seconds=[one * every for one in range(len(megabytes))], megabytes=megabytes)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[filled.Filled, Path]]:
    folder = tmp_path_factory.mktemp("filled")
    with filled.store("SQLite", folder, 2) as made:
        yield made, folder


def test_a_percentile_is_the_smallest_value_that_enough_others_do_not_exceed() -> None:
    values = [float(one) for one in range(1, 21)]
    assert percentile(values, 0.5) == 10
    assert percentile(values, 0.95) == 19
    assert percentile([7.0], 0.95) == 7
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_listing_holds_only_if_it_is_quick_and_nothing_failed() -> None:
    assert QUICK.rate == 400
    assert serving.listing("SQLite", QUICK, replace(QUICK, requests=8_000)).holds
    assert "(2.0 times as often)" in serving.listing("SQLite", QUICK, replace(QUICK, requests=8_000)).value
    assert serving.listing("SQLite", SLOW, QUICK).holds is False
    assert serving.listing("SQLite", FAULTY, QUICK).holds is False


def test_pages_hold_only_if_they_are_quick_and_none_failed() -> None:
    assert serving.waiting("SQLite", QUICK).holds
    assert serving.waiting("SQLite", SLOW).holds is False
    assert serving.waiting("SQLite", FAULTY).holds is False


def test_growth_is_what_memory_gained_in_a_minute_of_the_second_half() -> None:
    warmed = [100.0, *[300.0] * 30, *[300.0 + one / 60 for one in range(31)]]
    assert memory(warmed).slope == pytest.approx(1.0, abs=0.01)
    peak, slope = serving.held("SQLite", memory([200.0] * 60, 10.0), 600.0)
    assert (peak.holds, slope.holds) == (True, True)
    peak, slope = serving.held("SQLite", memory([float(200 + 10 * one) for one in range(60)], 10.0), 600.0)
    assert (peak.holds, slope.holds) == (False, False)


def test_growth_is_not_known_after_too_short_a_time() -> None:
    peak, slope = serving.held("SQLite", memory([200.0] * 12), 12.0)
    assert (peak.holds, slope.holds) == (True, None)
    assert "too short" in slope.value


def test_a_sync_beside_holds_only_if_it_ran_and_slowed_nothing_down() -> None:
    idle, worse = (QUICK, QUICK), (QUICK, replace(QUICK, p95=101.0))
    assert [one.holds for one in serving.slowed("SQLite", idle, idle, 0, {"done": 2})] == [True, True, True]
    assert [one.holds for one in serving.slowed("SQLite", idle, worse, 0, {"done": 2})] == [True, False, True]
    assert [one.holds for one in serving.slowed("SQLite", idle, idle, 1, {"done": 2})] == [True, True, False]
    assert [one.holds for one in serving.slowed("SQLite", idle, idle, 0, {"done": 1, "poison": 1})][
        2
    ] is False
    assert [one.holds for one in serving.slowed("SQLite", idle, idle, 0, {})] == [None, None, None]


def test_a_collection_is_judged_by_speed_and_by_memory() -> None:
    assert million.speed(30_000, 10.0, 6.0, 3.0, 400).holds
    assert million.speed(29_000, 10.0, 6.0, 3.0, 400).holds is False
    assert [one.holds for one in million.held(memory([300.0] * 60), 300.0)] == [True, True]
    growing = memory([float(100 + 10 * one) for one in range(60)])
    assert [one.holds for one in million.held(growing, 690.0)] == [False, False]
    assert [one.holds for one in million.held(memory([300.0] * 5), 300.0)] == [True, None]


def test_a_night_is_judged_by_time_and_by_equal_values() -> None:
    done = nightly.Done(599.0, "a" * 64, 1_000, 400.0)
    assert nightly.speed("", "PostgreSQL", done).holds
    assert nightly.speed("", "PostgreSQL", replace(done, seconds=601.0)).holds is False
    assert nightly.speed("", "SQLite", replace(done, seconds=601.0)).holds
    assert nightly.same("", done, replace(done, seconds=1.0)).holds
    assert nightly.same("", done, replace(done, digest="b" * 64)).holds is False
    assert nightly.same("", replace(done, values=0), replace(done, values=0)).holds is None
    assert nightly.published("", replace(done, seconds=1_801.0)).holds is False


def test_a_step_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(nightly.Stopped, match="given up after 0 s"):
        nightly.step("measure", (str(tmp_path), "100", "3", f"sqlite:///{tmp_path}/resonanz.db"), 0.05)


def test_a_start_and_a_backup_are_judged_by_time_and_by_what_is_there_again() -> None:
    assert start.ready("empty", 4.9, start.EMPTY).holds
    assert start.ready("empty", 5.1, start.EMPTY).holds is False
    assert start.restored(10, 100.0, 199.0, 1_000).holds
    assert start.restored(10, 101.0, 200.0, 1_000).holds is False
    assert start.equal({"a": "1"}, {"a": "1"}, 5, 6).holds
    assert start.equal({"a": "1"}, {"a": "2"}, 5, 5).holds is False
    assert start.equal({}, {}, 5, 5).holds is None


def test_a_database_the_disk_has_no_room_for_is_not_measured(tmp_path: Path) -> None:
    (figure,) = start.large(tmp_path / "large", 1e9)
    assert figure.holds is None
    assert "are free" in figure.value


def test_the_real_service_is_asked_and_a_bare_one_beside_it(store: tuple[filled.Filled, Path]) -> None:
    made, folder = store
    with server.service(folder, made.url) as running:
        found = ask(running.address, [filled.API], visitors=2, seconds=0.5, headers=made.token, own=True)
        refused = ask(running.address, [filled.API], visitors=1, seconds=0.1, headers={}, own=True)
        assert server.resident_mb(running.pid) > 50
        assert 0 < running.ready_after < 120
    assert found.errors == 0
    assert found.requests == found.statuses["200"] > 0
    assert 0 < found.p50 <= found.p95 <= found.worst
    assert refused.errors == refused.requests == refused.statuses["401"]
    with server.bare(b"[1]", folder) as address:
        assert ask(address, ["/"], visitors=2, seconds=0.3, headers={}, own=True).rate > 0


def test_nobody_answers_where_there_is_no_server() -> None:
    found = ask(
        f"http://127.0.0.1:{server.free_port()}",
        ["/"],
        visitors=1,
        seconds=0.1,
        headers={},
        pause=0.05,
        own=True,
    )
    assert found.errors == found.requests > 0
    assert found.rate == 0


def test_resonanz_and_pandas_count_the_same(tmp_path: Path) -> None:
    engine, log = organisation(tmp_path, 4_000)
    with analytics.only(analytics.KEYS):
        measure(engine, log, 1, clock=lambda: analytics.NOW)
    ours = analytics.counted(engine)
    theirs, _ = analytics.by_pandas(analytics.read(log), analytics.units_of(engine))
    engine.dispose()
    assert max(ours.values()) > 10
    assert analytics.agreeing("pandas", ours, theirs, 2.0, 1.0).holds
    assert "(2.0 times)" in analytics.agreeing("pandas", ours, theirs, 2.0, 1.0).value
    wrong = {**theirs, ("active", "", date(2025, 9, 1)): 10**6}
    assert analytics.agreeing("pandas", ours, wrong, 2.0, 1.0).holds is False
    assert analytics.agreeing("pandas", {}, theirs, 2.0, 1.0).holds is None
