"""What the streams of one tenant share."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.base import Memory
from connectors.microsoft.settings import Settings
from connectors.microsoft.transport import Transport

if TYPE_CHECKING:
    from connectors.microsoft.rooms import Directory


@dataclass(slots=True)
class Source:
    settings: Settings
    transport: Transport
    memory: Memory
    _directory: "Directory | None" = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def now(self) -> datetime:
        return self.transport.now()

    def directory(self) -> "Directory":
        """Groups, teams and sites with their room, asked once per run. Raises what `Transport.get` raises."""
        from connectors.microsoft import channels
        from connectors.microsoft.rooms import directory

        with self._lock:
            if self._directory is None:
                self._directory = channels.add(self, directory(self))
            return self._directory
