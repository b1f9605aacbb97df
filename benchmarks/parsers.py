"""What happens to our parsers when anybody sends anything: `python -m benchmarks.parsers [minutes]`.

Each parser runs in a process of its own and gets byte strings that grew out of right ones. Where atheris is installed it watches which
code an input reaches, and changes those that reach new code; elsewhere Hypothesis draws. A refusal (`ServiceError`) is what should
come; anything else that is raised is a crash, more than a second of processor time for one input a hang.
"""

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import structlog

from benchmarks.assurance.figure import Figure
from benchmarks.memory import peak_mb
from benchmarks.parsed import MADE, Parser

SEED = 7
SLOW, MOST_MEMORY, LONGEST = 1.0, 300.0, 20_000
"""Seconds of processor time, MB, and bytes of an input."""
INSTRUMENTED = (
    "service.odata",
    "service.api.cursor",
    "service.surveys.imports",
    "service.hints",
    "service.security",
    "odata_query",
    "sly",
    "joserfc",
    "csv",
)
TARGET = "no crash, nothing above 1 s, memory below 300 MB"
PARSERS = {
    "cursor": "cursors of the API",
    "filter": "OData filters, and what they ask of the database",
    "entity": "OData keys of single rows",
    "csv": "survey files, CSV",
    "excel": "survey files, Excel",
    "graph": "notifications of Microsoft Graph",
    "confluence": "webhooks of Confluence, rightly signed",
    "token": "tokens of Atlassian Forge as they come",
    "claims": "claims of Atlassian Forge, rightly signed",
}


def figures(
    minutes: float = 10.0, parsers: Sequence[str] = tuple(PARSERS), *, guided: bool | None = None
) -> Iterator[Figure]:
    """So many minutes for each parser. `guided` by atheris, or not; where it is installed if None."""
    for name in parsers:
        yield _figure(name, minutes, find_spec("atheris") is not None if guided is None else guided)


def _figure(name: str, minutes: float, guided: bool) -> Figure:
    what = f"{PARSERS[name]}, {minutes:g} min, {'guided by the code reached' if guided else 'drawn'}"
    with tempfile.TemporaryDirectory(prefix="resonanz-parsers-") as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "benchmarks.parsers", "--one", name, "--folder", folder]
        command += [*(["--guided"] if guided else []), str(minutes)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=60 * minutes * 1.5 + 120
            )
            ended = f"it ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['nothing said'])[-1][:150]}"
        except subprocess.TimeoutExpired:
            ended = "one input took longer than half of the time there was"
        if not report.exists():
            return Figure("B2", what, TARGET, f"not measured: {ended}", None, SEED)
        told = json.loads(report.read_text(encoding="utf-8"))
    value = (
        f"{told['inputs']:,} inputs, {told['taken']:,} of them taken, {len(told['crashes'])} kinds of crash, "
        f"the slowest took {told['slowest']:.2f} s, memory {told['peak']:.0f} MB"
    )
    for crash, example in told["crashes"].items():
        print(f"  {name}: {crash}, from {example}")
        value += f"; {crash}"
    holds = not told["crashes"] and told["slowest"] <= SLOW and told["peak"] < MOST_MEMORY
    if not told["ended"]:
        return Figure("B2", what, TARGET, f"{value}; {ended}", False, SEED)
    return Figure("B2", what, TARGET, value, holds if told["inputs"] else None, SEED)


# -- in the process of one parser -------------------------------------------------------------------------------------------


class Watch:
    """Hands inputs to a parser, and writes down what became of them."""

    def __init__(self, parser: Parser, report: Path) -> None:
        self._parser, self._report = parser, report
        self.inputs, self.taken, self.slowest = 0, 0, 0.0
        self.crashes: dict[str, str] = {}
        self._written = time.monotonic()

    def __call__(self, given: bytes) -> None:
        from service.errors import ServiceError

        began = time.process_time()
        try:
            self.taken += self._parser(given) is not False
        except ServiceError:
            pass
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.crashes.setdefault(_kind(error), repr(given[:300]))
        self.inputs += 1
        self.slowest = max(self.slowest, time.process_time() - began)
        if time.monotonic() - self._written > 1:
            self.write()

    def write(self, *, ended: bool = False) -> None:
        """The report so far: what guides the inputs ends the process without another word."""
        self._written = time.monotonic()
        told = {
            "inputs": self.inputs,
            "taken": self.taken,
            "slowest": self.slowest,
            "peak": peak_mb(),
            "crashes": self.crashes,
            "ended": ended,
        }
        self._report.write_text(json.dumps(told), encoding="utf-8")


def _kind(error: BaseException) -> str:
    """The error and where it was raised, without what it says of the input."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f" in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return f"{type(error).__name__}{place}"


def run(name: str, minutes: float, folder: Path, *, guided: bool) -> None:
    """Let one parser have inputs for so many minutes, and leave a report in `folder`."""
    if guided:
        import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

        with atheris.instrument_imports(include=list(INSTRUMENTED)):
            parser, seeds = MADE[name](folder)
    else:
        parser, seeds = MADE[name](folder)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    watch = Watch(parser, folder / "report.json")
    for seed in seeds:
        watch(seed)
    if watch.crashes or watch.taken < len(seeds):
        raise SystemExit(
            f"{len(seeds) - watch.taken} right inputs are refused, {watch.crashes or 'none crashes'}"
        )
    (_guided if guided else _drawn)(watch, seeds, 60 * minutes, folder)


def _guided(watch: Watch, seeds: Sequence[bytes], seconds: float, folder: Path) -> None:
    import atheris

    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    end = time.monotonic() + seconds
    options = [f"-max_total_time={max(1, round(seconds))}", f"-max_len={LONGEST}", f"-seed={SEED}"]
    options += ["-timeout=0", "-rss_limit_mb=0", "-verbosity=0"]

    def one(given: bytes) -> None:
        watch(given)
        if time.monotonic() >= end - 1:
            watch.write(ended=True)

    atheris.Setup(["parsers", *options, str(corpus)], one)
    atheris.Fuzz()


def _drawn(watch: Watch, seeds: Sequence[bytes], seconds: float, folder: Path) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    pieces = st.sampled_from(seeds) | st.binary(max_size=200)
    cut = st.tuples(pieces, st.integers(0, 2000), st.integers(0, 2000), pieces).map(
        lambda one: one[0][: one[1]] + one[3] + one[0][one[2] :]
    )
    end, number = time.monotonic() + seconds, SEED
    while time.monotonic() < end:

        @seed(number)
        @settings(
            max_examples=200,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cut)
        def some(given: bytes) -> None:
            if time.monotonic() < end:
                watch(given[:LONGEST])

        some()
        number += 1
    watch.write(ended=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parsers", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=10.0, help="for each parser")
    parser.add_argument("--one", choices=tuple(PARSERS), help="in this process")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--guided", action="store_true")
    given = parser.parse_args()
    if given.one:
        run(given.one, given.minutes, given.folder, guided=given.guided)
        return
    for figure in figures(given.minutes):
        print(figure)


if __name__ == "__main__":
    main()
