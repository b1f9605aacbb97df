"""Measures what was promised and writes it down: `make assurance`, or `make assurance of="L1 R3"`.

Each figure is kept as soon as it is measured, so a run that is broken off leaves what it found. What was not run keeps its
former figures and their date.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.assurance import document, record
from benchmarks.assurance.checks import Check, Row
from benchmarks.assurance.figure import Figure
from benchmarks.assurance.machine import commit, load, machine
from benchmarks.assurance.record import Kept
from benchmarks.assurance.rows import PROMISES
from benchmarks.assurance.tables import FURTHER


class Run:
    """One run of some checks; what it finds goes to a record and a page.

    `missed` are rows with a figure beside its target, `broken` those whose check ended with an error.
    """

    def __init__(
        self,
        rows: tuple[Sequence[Row], Sequence[Row]] = (PROMISES, FURTHER),
        file: Path = record.FILE,
        page: Path = document.FILE,
    ) -> None:
        self.rows = rows
        self._file, self._page = file, page
        self.record = record.load(file)
        self.missed: list[str] = []
        self.broken: list[str] = []

    def measure(self, keys: Iterable[str]) -> None:
        """Run the checks of these rows, each once. Raises `KeyError` for a row there is none of."""
        rows = {row.key: row for row in (*self.rows[0], *self.rows[1])}
        done: set[str] = set()
        for row in [rows[key] for key in keys]:
            for check in row.checks:
                if check.name not in done:
                    done.add(check.name)
                    self._run(row, check)

    def write(self) -> None:
        """The page, from the record."""
        self._page.write_text(document.write(self.record, *self.rows), encoding="utf-8")

    def _run(self, row: Row, check: Check) -> None:
        busy, version, found = load(), commit(), []
        broken = len(self.broken)
        print(f"\n{row.key} {check.name}, some {check.minutes:g} min, load {busy:g}", flush=True)
        began = time.monotonic()
        for figure in self._figures(row, check):
            now, found_in = datetime.now(UTC), time.monotonic() - began
            began = time.monotonic()
            found.append(figure)
            kept = Kept(
                figure,
                check.name,
                now.isoformat(timespec="seconds"),
                machine(),
                version,
                busy,
                round(found_in, 1),
            )
            self.record = record.load(self._file)  # another run may have measured meanwhile
            self.record.keep(kept)
            record.save(self.record, self._file)
            self.write()
            self._tell(figure)
        if len(self.broken) == broken:
            self.record = record.load(self._file)
            self.record.finish(check.name, found)
            record.save(self.record, self._file)
            self.write()

    def _figures(self, row: Row, check: Check) -> Iterator[Figure]:
        """What a check measures; if it breaks, that is told as a figure nobody saw, and counts as missed."""
        try:
            yield from check.run(row.key)
        except Exception as error:  # whatever it is, the other rows are still to be measured
            traceback.print_exc()
            self.broken.append(row.key)
            yield Figure(
                row.key,
                f"{check.name} ran to its end",
                "it does",
                f"it broke: {type(error).__name__}: {error}"[:300],
                None,
            )

    def _tell(self, figure: Figure) -> None:
        verdict = {True: "holds", False: "MISSED", None: "not measured here"}[figure.holds]
        if figure.holds is False:
            self.missed.append(figure.row)
        print(
            f"  {figure.row} {figure.what}: {figure.value}  [{verdict}; target: {figure.target or 'none'}]",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if nothing that was run is missed or broke, else 1."""
    keys = [row.key for row in (*PROMISES, *FURTHER)]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.assurance", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="what to measure, everything if none is named")
    parser.add_argument("--list", action="store_true", help="tell the rows and how long they take")
    parser.add_argument(
        "--document", action="store_true", help="write the page from the record and measure nothing"
    )
    given = parser.parse_args(arguments)
    if unknown := [key for key in given.rows if key not in keys]:
        parser.error(f"there is no row {', '.join(unknown)}; there are {' '.join(keys)}")
    if given.list:
        _list()
        return 0
    run = Run()
    if not given.document:
        run.measure(given.rows or keys)
    run.write()
    for told, found in (("Missed", run.missed), ("Broken", run.broken)):
        if found:
            print(f"\n{told}: {' '.join(dict.fromkeys(found))}")
    return 1 if run.missed or run.broken else 0


def _list() -> None:
    for row in (*PROMISES, *FURTHER):
        minutes = sum(check.minutes for check in row.checks)
        told = f"{minutes:>6.0f} min" if row.checks else "no check"
        print(f"{row.key:<4}{told:>11}  {row.promise}{' (in part)' if row.lacking and row.checks else ''}")
    once = {check.name: check.minutes for row in (*PROMISES, *FURTHER) for check in row.checks}
    print(f"\nEverything, each check once: {sum(once.values()) / 60:.1f} hours")


if __name__ == "__main__":
    sys.exit(main())
