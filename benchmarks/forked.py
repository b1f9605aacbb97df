"""Processes that may be killed at any time, started quickly: one process imports everything, and forks a child for each of them.

The forking process reads a line for every child, has the child do its work with it, prints the child's number, and then how it ended.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[1]


def fork_for_each_line(work: Callable[[str], None]) -> None:
    """The forking process: until standard input ends."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            # A child that breaks ends with 1, after its traceback, and never runs on as its parent would.
            try:
                work(line.rstrip("\n"))
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


class Zygote:
    """Starts children by `command`, which has to call `fork_for_each_line`."""

    def __init__(self, command: Sequence[str]) -> None:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )

    def start(self, order: str = "") -> int:
        """The number of a child that begins now."""
        print(order, file=self.process.stdin, flush=True)
        return int(self._line())

    def end(self) -> int:
        """The exit code of the child, once it has ended: below zero the signal it died of."""
        return int(self._line())

    def run(self, order: str = "", kill_after: float | None = None) -> int:
        """A child from its beginning to its end, which is `kill -9` after some seconds."""
        child = self.start(order)
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return self.end()

    def _line(self) -> str:
        line: str = self.process.stdout.readline()  # type: ignore[union-attr]
        if not line:
            raise RuntimeError(
                "the process that starts others has ended: see what it wrote to standard error"
            )
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.process:
            self.process.stdin.close()  # type: ignore[union-attr]
