"""The changes of one collection in their order, from which deltas are told."""

from bisect import bisect_right
from collections.abc import Iterator


class Journal:
    """Which thing changed last at which position.

    A thing that changes again moves to the end, so that a reader who pages while data moves meets it again there
    and misses nothing.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[int, str]] = []
        self._last: dict[str, int] = {}
        self.position = 0

    def touch(self, thing: str) -> None:
        self.position += 1
        self._entries.append((self.position, thing))
        self._last[thing] = self.position
        if len(self._entries) > 4 * len(self._last) + 64:
            self._entries = [entry for entry in self._entries if self._last[entry[1]] == entry[0]]

    def after(self, position: int) -> Iterator[tuple[int, str]]:
        """The things whose last change came after `position`, in order."""
        entries = self._entries
        for index in range(bisect_right(entries, (position, "\U0010ffff")), len(entries)):
            changed, thing = entries[index]
            if self._last[thing] == changed:
                yield changed, thing

    def back(self, position: int, things: int) -> int:
        """The position after which the last `things` up to `position` are told again."""
        entries = self._entries
        for index in range(bisect_right(entries, (position, "\U0010ffff")) - 1, -1, -1):
            if things <= 0:
                return entries[index][0]
            changed, thing = entries[index]
            things -= self._last[thing] == changed
        return 0 if entries else position

    def __len__(self) -> int:
        return len(self._last)
