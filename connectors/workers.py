"""Asking one source for many things side by side."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any, TypeVar

from connectors.errors import ConnectorError

_T = TypeVar("_T")
_R = TypeVar("_R")


class Workers:
    """`width` threads, named for what they ask. `skippable` are errors that concern the one thing that was asked for."""

    def __init__(self, width: int, name: str, skippable: tuple[type[ConnectorError], ...]) -> None:
        self._width, self._skippable = width, skippable
        self._pool = ThreadPoolExecutor(width, thread_name_prefix=name)
        # Of its own, so that a listing under way may itself ask for many things side by side.
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-ahead")

    def ahead(self, task: Callable[[], _R]) -> "Future[_R]":
        """Begin `task` while the caller goes on; one at a time."""
        return self._ahead.submit(task)

    def each(
        self, task: Callable[[_T], _R], things: Iterable[_T], again: "deque[_T] | None" = None
    ) -> Iterator[tuple[_T, _R | ConnectorError]]:
        """`task` of every thing, side by side, in the order of the things; what can be skipped comes as a value.

        What the caller puts into `again` meanwhile is asked for behind the things, so that what goes on for long does not
        wait for all others to have had their turn. At most twice the width is under way. Errors that concern the
        whole source are raised. A task must not itself call `each`: the workers would wait for one another.
        """
        waiting: deque[tuple[_T, Future[_R]]] = deque()
        behind = deque[_T]() if again is None else again
        rest = iter(things)
        try:
            while True:
                for thing in chain(rest, _taken(behind)):
                    waiting.append((thing, self._pool.submit(task, thing)))
                    if len(waiting) >= 2 * self._width:
                        break
                if not waiting:
                    return
                asked, future = waiting.popleft()
                yield asked, self._outcome(future)
        finally:
            for _, future in waiting:
                future.cancel()

    def close(self) -> None:
        """What is under way is waited for, what has not begun never does."""
        self._ahead.shutdown(wait=True, cancel_futures=True)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _outcome(self, future: "Future[Any]") -> Any:
        try:
            return future.result()
        except self._skippable as error:
            return error


def _taken(things: "deque[_T]") -> Iterator[_T]:
    while things:
        yield things.popleft()
