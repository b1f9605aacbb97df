"""How often and how long one request is tried."""

from collections.abc import Callable

from connectors.errors import BadAnswer, SourceBusy
from connectors.microsoft.answers import Again, ServerFailed

TRIES = 6
LONGEST_WAIT = 900.0
"""Seconds one request may wait in all before its caller is told to come back later."""
_BASE, _CAP = 0.5, 30.0


class Patience:
    """Bounds tries, failing answers (500, not JSON) and seconds waited. `where` is for the error; `chance` gives 0 to 1."""

    def __init__(
        self,
        where: str,
        chance: Callable[[], float],
        *,
        failing: int = TRIES,
        tries: int = TRIES,
        longest: float = LONGEST_WAIT,
    ) -> None:
        self._where, self._chance = where, chance
        self._failing, self._tries, self._longest = failing, tries, longest
        self._attempts, self._failures, self._waited = 0, 0, 0.0

    def pause(self, failed: Again) -> float:
        """What the platform asks for; else exponential back-off with full jitter (AWS Architecture Blog, 2015)."""
        self._attempts += 1
        if failed.seconds:
            return failed.seconds
        return max(0.05, self._chance() * min(_CAP, _BASE * 2.0**self._attempts))

    def spend(self, failed: Again, pause: float) -> None:
        """Raises what has failed when this was the last try, `SourceBusy` when the pause is too long."""
        self._waited += pause
        self._failures += isinstance(failed.error, ServerFailed | BadAnswer)
        if self._waited > self._longest:
            raise SourceBusy(f"{self._where}: the platform asks to wait {pause:.0f} s", pause)
        if self._attempts >= self._tries or self._failures >= self._failing:
            if isinstance(failed.error, SourceBusy):
                raise SourceBusy(str(failed.error), pause)
            raise failed.error
