"""The check of the parsers takes what is right, and finds a parser that crashes or dawdles."""

import json
import time
from pathlib import Path

import pytest

from benchmarks import parsers
from benchmarks.parsed import MADE
from service.errors import Invalid, ServiceError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of all parsers: the company in it is made once."""
    return tmp_path_factory.mktemp("parsers")


@pytest.mark.parametrize("name", parsers.PARSERS)
def test_a_parser_takes_what_is_right_and_refuses_what_is_not(name: str, folder: Path) -> None:
    parse, seeds = MADE[name](folder)
    assert [seed for seed in seeds if parse(seed) is False] == []
    try:
        wrong = parse(b"\xff\x00 no such thing")
    except ServiceError:
        wrong = False
    # Any bytes are a table of one column to somebody who reads CSV.
    assert wrong is False or name == "csv"


def test_refusals_are_counted_crashes_told_and_slowness_seen(tmp_path: Path) -> None:
    def parse(given: bytes) -> None:
        if given == b"refused":
            raise Invalid("no")
        if given == b"slow":
            end = time.process_time() + 0.05
            while time.process_time() < end:
                pass
        if given.startswith(b"panic"):
            raise BaseException("as a library in Rust does")  # noqa: TRY002
        given.decode("ascii")

    watch = parsers.Watch(parse, tmp_path / "report.json")
    for one in (b"fine", b"refused", b"slow", b"panic 1", b"panic 2", b"\xff"):
        watch(one)
    watch.write(ended=True)
    told = json.loads((tmp_path / "report.json").read_text())
    assert (told["inputs"], told["taken"]) == (6, 2)
    assert told["slowest"] >= 0.05
    assert [kind.split(" in ")[0] for kind in told["crashes"]] == ["BaseException", "UnicodeDecodeError"]


def test_a_short_run_is_a_figure() -> None:
    (figure,) = parsers.figures(0.01, ("cursor",), guided=False)
    assert figure.holds, figure.value
    assert "0 kinds of crash" in figure.value
