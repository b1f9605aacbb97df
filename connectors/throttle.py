"""How fast a source may be asked: one gate for all workers, closed while the platform asks us to wait."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connectors.errors import SourceBusy

_STEADY = 20
"""After this many answers without a refusal one more request may be under way."""


class Throttle:
    """Lets at most `width` requests run at once, and none before a pause has ended.

    A refusal (429, 503) closes the gate for every worker and halves the width; steady answers widen it again by one
    (additive increase, multiplicative decrease, as in TCP). A refusal of a request that began before the last narrowing
    tells nothing new and does not narrow again.
    """

    def __init__(
        self,
        width: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.width = width
        self._most = width
        self._clock, self._sleep = clock, sleep
        self._turn = threading.Condition()
        self._active = 0
        self._steady = 0
        self._until = float("-inf")
        self._narrowed = float("-inf")

    @contextmanager
    def turn(self, patience: float = float("inf")) -> Iterator[float]:
        """Wait for a turn; gives the time it began, to be handed to `refused`.

        Raises `SourceBusy` instead of resting longer than `patience` seconds for the pause of somebody else.
        """
        self._enter(patience)
        try:
            yield self._clock()
        finally:
            with self._turn:
                self._active -= 1
                self._turn.notify()

    def refused(self, began: float, seconds: float) -> None:
        """The platform turned a request away: nobody asks again for `seconds`."""
        with self._turn:
            now = self._clock()
            self._until = max(self._until, now + seconds)
            self._steady = 0
            if began > self._narrowed:
                self.width = max(1, self.width // 2)
                self._narrowed = now

    def rest(self, seconds: float) -> None:
        """The platform advises a pause before it has to refuse: nobody asks for `seconds`, at the same width after that."""
        with self._turn:
            self._until = max(self._until, self._clock() + seconds)

    def answered(self) -> None:
        with self._turn:
            self._steady += 1
            if self._steady >= _STEADY and self.width < self._most:
                self.width += 1
                self._steady = 0
                self._turn.notify()

    def _enter(self, patience: float) -> None:
        while True:
            with self._turn:
                while self._active >= self.width:
                    self._turn.wait()
                pause = self._until - self._clock()
                if pause <= 0:
                    self._active += 1
                    return
            if pause > patience:
                raise SourceBusy(f"the platform asks to wait {pause:.0f} s", pause)
            self._sleep(pause)
