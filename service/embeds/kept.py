"""What is worked out once for all who ask for it."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from service.embeds.card import Item


class Kept:
    """What was worked out of publications and assessments, by their digests; the least recently asked for is forgotten first.

    A start page that a whole company opens in the morning asks for the same again and again.
    """

    def __init__(self, size: int) -> None:
        self._size, self._found = size, OrderedDict[tuple[str, ...], Sequence[Item]]()
        self._lock = Lock()

    def of(self, key: tuple[str, ...], work_out: Callable[[], Sequence[Item]]) -> Sequence[Item]:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = work_out()
        with self._lock:
            self._found[key] = found
            while len(self._found) > self._size:
                self._found.popitem(last=False)
        return found
