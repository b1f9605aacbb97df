"""Schedules made in a process of their own, and kept.

OR-Tools brings pandas and Arrow along, more memory than all pages take; and the same roadmap is looked at again and again.
"""

import pickle
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from service.apart import apart
from service.roadmap.schedule import Schedule
from service.roadmap.tasks import Frame, Task, check

MOST = 50
"""Schedules kept; the one not asked for longest is forgotten first."""


class Schedules:
    """As `service.roadmap.schedule.schedule`, and raises what that raises. One is made at a time, however many ask."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Schedule] = OrderedDict()
        self._looking, self._making = Lock(), Lock()

    def __call__(self, tasks: Sequence[Task], frame: Frame) -> Schedule:
        check(tasks, frame)
        if not tasks:
            return Schedule([], optimal=True)
        key = pickle.dumps((tasks, frame))
        found = self._of(key)
        if found is None:
            with self._making:
                found = self._of(key) or self._keep(key, _made(tasks, frame))
        return found

    def _of(self, key: bytes) -> Schedule | None:
        with self._looking:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: bytes, made: Schedule) -> Schedule:
        with self._looking:
            self._kept[key] = made
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return made


def _made(tasks: Sequence[Task], frame: Frame) -> Schedule:
    made: Schedule = apart("service.roadmap.schedule:schedule", tasks, frame)
    return made


schedules = Schedules()
"""Of this process."""
