"""Writes docs/assurance.md from what was measured last: `python -m benchmarks.assurance --document`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from benchmarks.assurance.checks import Row
from benchmarks.assurance.machine import ROOT, Machine
from benchmarks.assurance.record import Kept, Record

FILE = ROOT / "docs" / "assurance.md"

HOLDS, PARTLY, MISSED, UNSEEN = "holds", "holds in part", "**missed**", "not measured"

INTRODUCTION = """\
# Measured figures

What Resonanz promises about load, faults, attacks, access and its own numbers, and what was measured. `make assurance` measures everything that
takes too long for `make test` (hours, on two cores); `make assurance of="L1 R3"` measures some of it. This page and `assurance.json` beside it,
which holds version, machine and seed of every figure, are written by that run and never by hand.

“Holds” says that every part of the promise was measured and kept to; “holds in part” that what was measured kept to it, and that something named
below was not. A test that was skipped, and a figure that could not be taken, never counts as kept to. Speed depends on what else a machine does, so
the load average when a measurement began stands beside its date. No figure is the subject of a timed test.
"""

NEVER = """\
## What was never run

A real Confluence, a real Microsoft 365 tenant, a container engine, an object store as the place of the log. What has to be looked at in a tenant is
listed in the [tenant checklist](tenant-checklist.md).
"""


def write(record: Record, promises: Sequence[Row], further: Sequence[Row]) -> str:
    """The whole page."""
    machines = _numbered(record)
    return "\n".join(
        [
            INTRODUCTION,
            *_overview(record, promises),
            *_sections(record, promises, machines),
            *_sections(record, further, machines),
            NEVER,
            *_legend(machines),
        ]
    )


def state(record: Record, row: Row) -> str:
    """How far a promise is known to hold: the worst that was seen, and no better than what was looked at."""
    figures = list(record.of(row.key))
    if any(kept.figure.holds is False for kept in figures):
        return MISSED
    if not any(kept.figure.holds for kept in figures):
        return UNSEEN
    seen = {kept.check for kept in figures}
    whole = all(kept.figure.holds for kept in figures) and all(check.name in seen for check in row.checks)
    return HOLDS if whole and not row.lacking else PARTLY


def _overview(record: Record, promises: Sequence[Row]) -> Iterator[str]:
    states = [state(record, row) for row in promises]
    counted = ", ".join(
        f"{states.count(one)} {words}"
        for one, words in (
            (HOLDS, "kept to"),
            (PARTLY, "kept to as far as measured"),
            (MISSED, "missed"),
            (UNSEEN, "not measured"),
        )
        if one in states
    )
    yield f"## The promises\n\nOf {len(promises)} promises: {counted}.\n"
    yield "| | promise | target | | last measured |\n|---|---|---|---|---|"
    for row, found in zip(promises, states, strict=True):
        days = [kept.measured[:10] for kept in record.of(row.key)]
        yield _line(row.key, row.promise, row.target, found, max(days, default=""))
    yield ""


def _sections(record: Record, rows: Iterable[Row], machines: dict[Machine, int]) -> Iterator[str]:
    for area, of_area in groupby(rows, lambda row: row.area):
        yield f"## {area}\n"
        for row in of_area:
            figures = list(record.of(row.key))
            yield f"### {row.key} {_first_upper(row.promise)}\n"
            if row.lacking:
                yield f"{row.lacking}\n"
            if not figures:
                yield f"Not measured yet: `make assurance of={row.key}`.\n"
                continue
            yield "| | target | measured | | on |\n|---|---|---|---|---|"
            yield from (_told(kept, machines) for kept in figures)
            yield ""
            remarks = list(dict.fromkeys(kept.remark for kept in figures if kept.remark))
            yield from (f"{remark}\n" for remark in remarks)


def _told(kept: Kept, machines: dict[Machine, int]) -> str:
    figure = kept.figure
    if figure.target:
        verdict = {True: HOLDS, False: MISSED, None: UNSEEN}[figure.holds]
    else:
        verdict = UNSEEN if figure.holds is None else ""
    when = kept.measured[:10]
    if kept.load is not None:
        when += f", load {kept.load:g}"
        if kept.load > kept.machine.cores / 2:
            when += " (busy)"
    if len(machines) > 1:
        when += f" [{machines[kept.machine]}]"
    return _line(figure.what, figure.target, figure.value, verdict, when)


def _line(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _numbered(record: Record) -> dict[Machine, int]:
    found = dict.fromkeys(kept.machine for kept in record.figures)
    return {machine: number for number, machine in enumerate(found, start=1)}


def _legend(machines: dict[Machine, int]) -> Iterator[str]:
    yield "## Where it was measured\n"
    for machine, number in machines.items():
        yield f"{number}. {machine}"
    yield ""
