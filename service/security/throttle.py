"""Slows down guessing: failed sign-ins are counted per name and address, and per address."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic

from service.errors import TooManyAttempts

FREE = 5
"""Failures of one name from one address before the first wait."""
FREE_PER_ADDRESS = 30
FIRST_WAIT, LONGEST_WAIT = 2.0, 900.0
FORGOTTEN = 3600.0
REMEMBERED = 20_000


class Throttle:
    """Waits double with each further failure; a success clears the name. Kept in memory only."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, name: str, address: str) -> None:
        """Raises `TooManyAttempts` while a wait lasts. Nothing is counted."""
        now = self._clock()
        with self._lock:
            waits = [
                self._until((name, address), FREE) - now,
                self._until(("", address), FREE_PER_ADDRESS) - now,
            ]
        if max(waits) > 0:
            raise TooManyAttempts("too many failed sign-ins: wait before trying again", ceil(max(waits)))

    def failed(self, name: str, address: str) -> None:
        now = self._clock()
        with self._lock:
            for key in ((name, address), ("", address)):
                count, last = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - last > FORGOTTEN else count + 1, now)
            while len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        with self._lock:
            self._failures.pop((name, address), None)

    def _until(self, key: tuple[str, str], free: int) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        if count < free:
            return 0.0
        wait: float = FIRST_WAIT * 2 ** min(count - free, 20)
        return last + min(LONGEST_WAIT, wait)
