"""Reading many listings side by side: the next page of each is asked for while this one is being worked on."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from connectors.errors import ConnectorError
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Listing

_R = TypeVar("_R")
_P = TypeVar("_P")
_T = TypeVar("_T")


class Walk(Generic[_R, _P]):
    """`arrived` is given each listing (or why there is none) with its reading, and returns what to make of it and the next link.

    It runs in the caller's thread and may `submit` requests of its own. Pages come in the order of each reading; readings take
    turns. At most twice the concurrency of pages are asked for, and as many worked on; no further one is begun while
    `submit` has given all workers enough to do.
    """

    def __init__(
        self,
        source: Source,
        arrived: Callable[[_R, Listing | ConnectorError], tuple[_P | None, str | None]],
    ) -> None:
        self._transport, self._width = source.transport, source.settings.concurrency
        self._arrived = arrived
        self._pool = ThreadPoolExecutor(self._width, thread_name_prefix="microsoft-walk")
        self._submitted: list[Future[Any]] = []

    def submit(self, task: Callable[[], _T]) -> "Future[_T]":
        future = self._pool.submit(task)
        self._submitted.append(future)
        return future

    def pages(self, readings: Iterable[tuple[_R, str]]) -> Generator[_P, None, None]:
        """Each reading with the link it begins at."""
        waiting = iter(readings)
        asked: deque[tuple[_R, Future[Listing]]] = deque()
        working: deque[_P] = deque()
        begun = False
        try:
            while asked or working or not begun:
                while not begun and len(asked) < 2 * self._width:
                    reading, link = next(waiting, (None, ""))
                    if reading is None:
                        begun = True
                    else:
                        asked.append((reading, self._ask(link)))
                while asked and (not working or self._idle(len(working))):
                    reading, future = asked.popleft()
                    page, following = self._arrived(reading, _outcome(future))
                    if following is not None:
                        asked.append((reading, self._ask(following)))
                    if page is not None:
                        working.append(page)
                if working:
                    yield working.popleft()
        except BaseException:
            # Whoever breaks off does not wait for a pause the platform asked for.
            self._pool.shutdown(wait=False, cancel_futures=True)
            raise
        else:
            # The caller may still wait for what it has submitted.
            self._pool.shutdown(wait=False)

    def _idle(self, working: int) -> bool:
        """Whether the workers may run out of requests before the page that is next is worked off."""
        self._submitted = [future for future in self._submitted if not future.done()]
        return working < 2 * self._width and len(self._submitted) < 4 * self._width

    def _ask(self, link: str) -> "Future[Listing]":
        return self._pool.submit(self._first, link)

    def _first(self, link: str) -> Listing:
        return next(self._transport.pages(Resource.GRAPH, link))


def _outcome(future: "Future[Listing]") -> Listing | ConnectorError:
    try:
        return future.result()
    except ConnectorError as error:
        return error
