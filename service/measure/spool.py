"""Values between counting, which takes long, and the database, which is to be held for moments only."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

BATCH = 5_000
"""Values that are in memory at a time."""


class Spool:
    """Values in a file without a name, in the order they came: millions of them would take gigabytes of memory."""

    def __init__(self, scratch: Path | None = None) -> None:
        self._scratch, self._number = scratch, 0
        self._ending = ExitStack()

    def __enter__(self) -> "Spool":
        self._file = self._ending.enter_context(tempfile.TemporaryFile(dir=self._scratch))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    def __len__(self) -> int:
        return self._number

    def add(self, values: Iterable[Mapping[str, Any]]) -> None:
        """Values of one form. Raises `OSError` where the disk is full."""
        rest = iter(values)
        while batch := list(islice(rest, BATCH)):
            names = tuple(batch[0])
            pickle.dump((names, [tuple(one.values()) for one in batch]), self._file, pickle.HIGHEST_PROTOCOL)
            self._number += len(batch)

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        """All of them from the beginning, at most `BATCH` at a time."""
        self._file.seek(0)
        told = 0
        while told < self._number:
            names, rows = pickle.load(self._file)  # noqa: S301 our own, in a file nobody else can name
            told += len(rows)
            yield [dict(zip(names, row, strict=True)) for row in rows]
