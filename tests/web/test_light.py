"""What serving pages does without, and the processes in which the rest is done."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import vl_convert

from service.apart import apart
from service.errors import Invalid
from service.roadmap import kept
from service.roadmap.kept import Schedules
from service.roadmap.schedule import schedule
from service.roadmap.tasks import Estimate, Frame, Task
from service.web.vega import Vega

HEAVY = (
    *("altair", "deltalake", "docx", "duckdb", "graspologic", "icalendar", "matplotlib", "networkx", "ortools", "pandas"),
    *("pptx", "pyarrow", "pyspark", "sklearn", "vl_convert", "weasyprint", "xlsxwriter"),
)  # fmt: skip
"""Libraries of collecting, measuring, drawing and files."""

LOADED = f"""
import sys
import service.app
print(*sorted({{name.partition(".")[0] for name in sys.modules}} & set({HEAVY!r})))
"""
CHART: dict[str, Any] = {
    "data": {"values": [{"a": "Raum ü", "b": 3}, {"a": "Raum b", "b": 5}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
}


def test_the_service_starts_without_what_only_other_work_needs() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


# -- work apart ------------------------------------------------------------------------------------------------------------


def test_work_apart_returns_what_it_returns_here_and_raises_what_it_raises() -> None:
    assert apart("os:getpid") != os.getpid()
    assert apart("operator:add", date(2026, 3, 2), date.resolution) == date(2026, 3, 3)
    with pytest.raises(ZeroDivisionError, match="by zero"):
        apart("operator:truediv", 1, 0)


def test_what_work_apart_prints_is_no_part_of_the_answer() -> None:
    assert apart("builtins:print", "something") is None


def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        apart("os:_exit", 3)


# -- schedules -------------------------------------------------------------------------------------------------------------

FRAME = Frame(date(2026, 3, 2), {"it": 2.0})


def task(key: str, **more: Any) -> Task:
    return Task(key, Estimate(1, 2, 3), effort={"it": Estimate(1, 4, 5)}, **more)


def test_a_roadmap_is_scheduled_apart_as_it_is_here_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    schedules, tasks = Schedules(), [task("a"), task("b", after=("a",)), task("c", benefit=3.0)]
    found = schedules(tasks, FRAME)
    assert found == schedule(tasks, FRAME)
    monkeypatch.setattr(kept, "apart", None)
    assert schedules(tasks, FRAME) is found
    assert schedules([], FRAME) == schedule([], FRAME)


def test_what_can_not_be_scheduled_says_so_as_ever() -> None:
    with pytest.raises(Invalid, match="scheduled twice: a"):
        Schedules()([task("a"), task("a")], FRAME)


# -- charts ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def vega() -> Iterator[Vega]:
    made = Vega()
    yield made
    made.end()


def test_a_chart_is_drawn_apart_as_it_is_here(vega: Vega) -> None:
    assert vega.svg(vl_spec=CHART) == vl_convert.vegalite_to_svg(CHART)


def test_what_can_not_be_drawn_is_told_and_the_next_chart_is_drawn(vega: Vega) -> None:
    with pytest.raises(ValueError, match="conversion failed"):
        vega.svg(vl_spec=CHART | {"mark": "no such mark"})
    assert vega.svg(vl_spec=CHART).startswith("<svg")


def test_another_process_draws_when_one_is_gone(vega: Vega) -> None:
    first = vega.svg(vl_spec=CHART)
    assert vega._process is not None
    vega._process.kill()
    assert vega.svg(vl_spec=CHART) == first


def test_the_process_ends_when_nothing_is_drawn() -> None:
    vega = Vega(idle=0.1)
    first = vega.svg(vl_spec=CHART)
    process, end = vega._process, time.monotonic() + 30
    assert process is not None
    while process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert process.returncode == 0
    assert vega.svg(vl_spec=CHART) == first
    vega.end()


def test_a_chart_over_which_the_process_ends_twice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="was not drawn"):
        Vega().svg(vl_spec=CHART)
