"""What was measured last, kept in docs/assurance.json: each figure with when, where, of which version and how busy the machine was."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.assurance.figure import Figure
from benchmarks.assurance.machine import ROOT, Machine

FILE = ROOT / "docs" / "assurance.json"


@dataclass(frozen=True)
class Kept:
    """A figure as it was measured.

    `measured` is a date, or a moment in UTC; `seconds` the time since the figure before it; `load` the load average when its
    check began. `remark` is what somebody has to say about it.
    """

    figure: Figure
    check: str
    measured: str
    machine: Machine
    commit: str = ""
    load: float | None = None
    seconds: float | None = None
    remark: str = ""


@dataclass
class Record:
    """All figures, in the order of rows and of their measuring."""

    figures: list[Kept] = field(default_factory=list)

    def of(self, row: str) -> Iterator[Kept]:
        return (kept for kept in self.figures if kept.figure.row == row)

    def keep(self, new: Kept) -> None:
        """Take a figure in the place of the one that told the same before."""
        for place, old in enumerate(self.figures):
            if (old.figure.row, old.figure.what) == (new.figure.row, new.figure.what):
                self.figures[place] = new
                return
        self.figures.append(new)

    def finish(self, check: str, measured: Iterable[Figure]) -> None:
        """Drop what a check told earlier and tells no more, once it ran to its end."""
        now = {(one.row, one.what) for one in measured}
        self.figures = [
            kept for kept in self.figures if kept.check != check or (kept.figure.row, kept.figure.what) in now
        ]


def load(file: Path = FILE) -> Record:
    """The record; an empty one where nothing was ever measured. Raises `ValueError` where the file is damaged."""
    if not file.exists():
        return Record()
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        machines = {name: Machine(**one) for name, one in told["machines"].items()}
        return Record([_read(one, machines) for one in told["figures"]])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{file.name} cannot be read ({error}): take the last version from git, or delete it to measure anew"
        ) from error


def save(record: Record, file: Path = FILE) -> None:
    """Write the whole record, or leave the old one as it is."""
    machines: dict[Machine, str] = {}
    figures = []
    for kept in record.figures:
        name = machines.setdefault(kept.machine, f"m{len(machines) + 1}")
        one = {**asdict(kept.figure), **asdict(kept), "machine": name}
        del one["figure"]
        figures.append(
            {key: value for key, value in one.items() if value not in (None, "") or key == "holds"}
        )
    told = {"machines": {name: asdict(one) for one, name in machines.items()}, "figures": figures}
    text = anonymous(json.dumps(told, indent=1, ensure_ascii=False)) + "\n"
    with tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="utf-8", delete=False) as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).chmod(0o644)
    Path(new.name).replace(file)


def anonymous(text: str) -> str:
    """Without the paths of this machine, which reasons of tests may hold."""
    for path, instead in ((str(ROOT), "."), (str(Path.home()), "~"), (tempfile.gettempdir(), "/tmp")):
        if len(path) > 1:
            text = text.replace(path + "/", instead + "/")
    return text


def _read(one: dict[str, Any], machines: dict[str, Machine]) -> Kept:
    told = dict(one)
    figure = Figure(
        told.pop("row"),
        told.pop("what"),
        told.pop("target", ""),
        told.pop("value"),
        told.pop("holds"),
        told.pop("seed", None),
    )
    return Kept(figure, machine=machines[told.pop("machine")], **told)
