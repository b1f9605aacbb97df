"""Vega-Lite draws in a process of its own, which ends when nothing was drawn for a while.

It brings a JavaScript engine, which holds a hundred megabytes for good and ends its process over what it does not expect. Charts are
drawn once, so that for most of the time none of it is needed.
"""

import atexit
import json
import os
import select
import subprocess
import sys
from contextlib import suppress
from threading import Lock
from typing import Any

IDLE = 60.0
"""Seconds after which the process ends."""


class Vega:
    """One drawing after the other, as vl-convert does it anyway."""

    def __init__(self, idle: float = IDLE) -> None:
        self._idle, self._lock = idle, Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def svg(self, **order: Any) -> str:
        """The chart, by the parameters of `vl_convert.vegalite_to_svg`.

        Raises `ValueError` for what can not be drawn, `RuntimeError` if the process ends over it.
        """
        line = json.dumps(order).encode() + b"\n"
        with self._lock:
            # The process may have ended since the last chart; it ends twice only over this one.
            told = self._asked(line) or self._asked(line)
        if not told:
            raise RuntimeError("a chart was not drawn: the process that draws ended over it")
        answer = json.loads(told)
        if "svg" not in answer:
            raise ValueError(answer["error"])
        return str(answer["svg"])

    def end(self) -> None:
        """Another process begins with the next chart."""
        with self._lock:
            self._end()

    def _asked(self, line: bytes) -> bytes:
        """The line that was answered; empty if the process has ended."""
        process = self._process or self._begin()
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        told = b""
        with suppress(BrokenPipeError):
            process.stdin.write(line)
            process.stdin.flush()
            told = process.stdout.readline()
        if not told.endswith(b"\n"):
            self._end()
            return b""
        return told

    def _begin(self) -> "subprocess.Popen[bytes]":
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", "service.web.vega", str(self._idle)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # the terminal's Ctrl-C is for the service; without it this process ends too
        )
        atexit.register(self.end)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.end)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):  # what was not taken any more
                pipe.close()  # type: ignore[union-attr]


vega = Vega()
"""That of this process."""


def main() -> None:
    """The other process: a line of JSON for each chart, until there is no more, or none for long."""
    import vl_convert

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed is no answer
    while select.select([sys.stdin], [], [], float(sys.argv[1]))[0] and (line := sys.stdin.buffer.readline()):
        try:
            told = {"svg": vl_convert.vegalite_to_svg(**json.loads(line))}
        except ValueError as error:
            told = {"error": str(error)}
        answers.write(json.dumps(told).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
