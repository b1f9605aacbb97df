"""The company's platforms in a process of their own, so that the collector has a processor to itself."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from service.demo.company import Company
from service.demo.intranet import Connection, Intranet
from service.demo.microsoft.workplace import Workplace

_T = TypeVar("_T")
_PATIENCE = 10.0
"""Seconds the process has to end by itself."""


@dataclass(frozen=True, slots=True)
class Founded:
    name: str
    relaunch: date


class Apart:
    """Founds a company in another process and runs its `Intranet` there; token files go into `directory`."""

    def __init__(self, directory: Path, *, seed: int, people: int, until: date, scale: float = 1.0) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._pipe, self._other = spawning.Pipe()
        order = _Order(directory, seed, people, until, scale)
        self._process = spawning.Process(target=_run, args=(self._other, order), daemon=True)
        self.connections: tuple[Connection, ...] = ()

    def __enter__(self) -> Self:
        try:
            with _deaf():
                self._process.start()
            self._other.close()
            founded = self._answer(Founded)
        except BaseException:
            self._end()
            raise
        self.name, self.relaunch = founded.name, founded.relaunch
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._pipe.close()
        if self._process.pid is not None:
            self._process.join(_PATIENCE)
            if self._process.is_alive():
                self._process.terminate()
                self._process.join()
        self._process.close()

    def advance(self, to: datetime) -> None:
        """See `Company.advance`; rooms that are new by then stand in `connections`."""
        self._pipe.send(to)
        self.connections = self._answer(tuple)

    def _answer(self, kind: type[_T]) -> _T:
        try:
            answer = self._pipe.recv()
        except EOFError:
            raise RuntimeError("the process of the synthetic intranets has ended") from None
        if isinstance(answer, kind):
            return answer
        raise RuntimeError(f"the synthetic intranets failed: {answer}")


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started meanwhile does not hear Ctrl+C, which a terminal sends to every process: its parent ends it.

    The parent hears it afterwards. Where signals can not be held back (Windows) the process sees to it itself.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True, slots=True)
class _Order:
    directory: Path
    seed: int
    people: int
    until: date
    scale: float


def _run(pipe: Pipe, order: _Order) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        company = Company.found(order.seed, people=order.people, until=order.until, scale=order.scale)
        workplace = Workplace(company, order.seed, order.scale)
        with Intranet(order.directory, company=company, workplace=workplace) as intranet:
            pipe.send(Founded(company.name, company.relaunch))
            while True:
                try:
                    to = pipe.recv()
                except EOFError:
                    return
                intranet.advance(to)
                pipe.send(intranet.connections)
    except OSError:
        return  # the parent has gone
    except Exception as error:
        # Told to the parent, which ends.
        pipe.send(f"{type(error).__name__}: {error}")
