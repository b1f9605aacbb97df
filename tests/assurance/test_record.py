"""Figures are kept as soon as they are measured, former ones stay, and nothing that was not seen counts as a pass."""

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path

import pytest

from benchmarks.assurance import document, record, suite
from benchmarks.assurance.__main__ import Run, main
from benchmarks.assurance.checks import Measured, Row, Tried
from benchmarks.assurance.figure import Figure
from benchmarks.assurance.machine import commit, machine
from benchmarks.assurance.record import Kept
from benchmarks.assurance.rows import PROMISES
from benchmarks.assurance.tables import FURTHER


@dataclass
class Made:
    """A check that yields these figures, and then ends or breaks."""

    figures: list[Figure]
    name: str = "made"
    minutes: float = 0.0
    breaks: type[BaseException] | None = None
    ran: list[str] = field(default_factory=list)

    def run(self, row: str) -> Iterator[Figure]:
        self.ran.append(row)
        yield from self.figures
        if self.breaks is not None:
            raise self.breaks("midway")


def told(value: str, what: str = "speed", *, row: str = "L1", holds: bool | None = True) -> Figure:
    return Figure(row, what, "fast", value, holds, 7)


Begin = Callable[..., Run]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    def build(*checks: Made) -> Run:
        rows = tuple(
            Row(key, "Load", "it is fast", "fast", tuple(checks), lacking="") for key in ("L1", "L2")
        )
        return Run((rows, ()), tmp_path / "assurance.json", tmp_path / "assurance.md")

    return build


def test_a_figure_comes_back_as_it_was_kept(begin: Begin, tmp_path: Path) -> None:
    begin(Made([told("12 a second")])).measure(["L1"])
    (kept,) = record.load(tmp_path / "assurance.json").figures
    assert kept.figure == told("12 a second")
    assert kept.machine == machine()
    assert kept.commit == commit()
    assert kept.load is not None
    assert "| speed | fast | 12 a second | holds |" in (tmp_path / "assurance.md").read_text()


def test_a_check_of_several_rows_runs_once(begin: Begin) -> None:
    check = Made([told("1"), told("2", row="L2")])
    run = begin(check)
    run.measure(["L1", "L2"])
    assert check.ran == ["L1"]
    assert [kept.figure.value for kept in run.record.of("L2")] == ["2"]


def test_what_was_measured_before_it_was_broken_off_is_kept(begin: Begin, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        begin(Made([told("first")], breaks=KeyboardInterrupt)).measure(["L1"])
    assert [kept.figure.value for kept in record.load(tmp_path / "assurance.json").figures] == ["first"]


def test_rows_that_are_not_run_keep_their_figures_and_date(begin: Begin, tmp_path: Path) -> None:
    old = Kept(told("slow", row="L2"), "other", "2026-01-02", machine())
    record.save(record.Record([old]), tmp_path / "assurance.json")
    run = begin(Made([told("12 a second")]))
    run.measure(["L1"])
    assert list(run.record.of("L2")) == [old]
    assert "2026-01-02" in (tmp_path / "assurance.md").read_text()


def test_what_a_check_tells_no_more_goes_only_if_it_ran_to_its_end(begin: Begin) -> None:
    begin(Made([told("1"), told("2", "memory")])).measure(["L1"])
    broken = begin(Made([told("3")], breaks=RuntimeError))
    broken.measure(["L1"])
    assert broken.broken == ["L1"]
    assert [kept.figure.value for kept in broken.record.figures][:2] == ["3", "2"]
    assert "midway" in broken.record.figures[2].figure.value
    whole = begin(Made([told("4")]))
    whole.measure(["L1"])
    assert [kept.figure.value for kept in whole.record.figures] == ["4"]


@pytest.mark.parametrize(
    ("verdicts", "lacking", "state"),
    [
        ([True, True], "", document.HOLDS),
        ([True, True], "Hovering is not tried.", document.PARTLY),
        ([True, None], "", document.PARTLY),
        ([True, False, None], "", document.MISSED),
        ([None], "", document.UNSEEN),
        ([], "", document.UNSEEN),
    ],
)
def test_a_promise_is_no_better_than_what_was_seen(
    verdicts: list[bool | None], lacking: str, state: str
) -> None:
    figures = [
        Kept(told("v", f"part {number}", holds=holds), "made", "2026-01-02", machine())
        for number, holds in enumerate(verdicts)
    ]
    row = Row("L1", "Load", "it is fast", "fast", (Made([]),), lacking)
    assert document.state(record.Record(figures), row) == state
    other = Row("L1", "Load", "it is fast", "fast", (Made([]), Made([], "not run")), lacking)
    if state == document.HOLDS:
        assert document.state(record.Record(figures), other) == document.PARTLY


def test_a_missed_target_is_told(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    run = begin(Made([told("3 a second", holds=False)]))
    run.measure(["L1"])
    assert run.missed == ["L1"]
    assert "MISSED" in capsys.readouterr().out
    assert "**missed**" in document.write(run.record, *run.rows)


def test_rows_nobody_knows_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["L99"])
    assert "there is no row L99; there are L1 L2" in capsys.readouterr().err


def test_neither_name_nor_path_of_the_machine_is_written(tmp_path: Path) -> None:
    assert platform.node() not in str(machine()).split()
    text = record.anonymous(f"skipped: {record.ROOT}/tests/x.py and {Path.home()}/y")
    assert text == "skipped: ./tests/x.py and ~/y"


def test_a_damaged_record_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "assurance.json").write_text('{"machines": {}, "figures": [{"row": "L1"}]}')
    with pytest.raises(ValueError, match="take the last version from git"):
        record.load(tmp_path / "assurance.json")


SOME = """
import pytest
def test_one(): pass
def test_two(): raise AssertionError
@pytest.mark.skip(reason="no browser here")
def test_three(): raise AssertionError
"""


def test_tests_are_run_and_what_became_of_each_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(SOME)
    outcome = suite.run(["test_some.py"], root=tmp_path)
    told = "1 passed, 1 failed (test_two), 1 not run (no browser here)"
    assert (outcome.holds, outcome.told()) == (False, told)


@pytest.mark.parametrize(
    ("cases", "holds", "told"),
    [
        ('<testcase name="a"/><testcase name="b[x]"/>', True, "2 passed"),
        (
            '<testcase name="a"/><testcase name="b"><skipped message="no browser"/></testcase>',
            None,
            "1 passed, 1 not run (no browser)",
        ),
        ('<testcase name="a[x]"><error message="broke"/></testcase>', False, "0 passed, 1 failed (a)"),
        ("", None, "not run: no test was found"),
    ],
)
def test_a_skipped_test_is_no_pass(cases: str, holds: bool | None, told: str) -> None:
    outcome = suite.read(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    assert (outcome.holds, outcome.told()) == (holds, told)


def test_tests_that_did_not_start_are_no_pass() -> None:
    outcome = suite.Outcome(trouble="ERROR: file or directory not found: test_gone.py")
    assert outcome.holds is None
    assert "not found: test_gone.py" in outcome.told()


@pytest.mark.parametrize("row", [*PROMISES, *FURTHER], ids=lambda row: row.key)
def test_every_check_is_there(row: Row) -> None:
    for check in row.checks:
        if isinstance(check, Measured):
            assert set(check.options) <= set(signature(check.load()).parameters)
        elif isinstance(check, Tried):
            paths = [record.ROOT / node.partition("::")[0] for node in check.nodes]
            assert [path for path in paths if not path.exists()] == []


def test_every_promise_has_a_row_of_its_own() -> None:
    keys = [row.key for row in (*PROMISES, *FURTHER)]
    assert len(set(keys)) == len(keys)
    wanted = [*(f"L{n}" for n in range(1, 7)), *(f"R{n}" for n in range(1, 9)), *(f"B{n}" for n in range(1, 4)),
              *(f"P{n}" for n in range(1, 7)), *(f"S{n}" for n in range(1, 7)), "A1", "Q1", "Q2"]  # fmt: skip
    assert [row.key for row in PROMISES] == wanted


def test_the_page_is_what_the_record_says() -> None:
    page = document.write(record.load(), PROMISES, FURTHER)
    assert document.FILE.read_text(encoding="utf-8") == page, (
        "write it anew: python -m benchmarks.assurance --document"
    )
