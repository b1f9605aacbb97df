"""DuckDB: everything in this process, the default."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import duckdb

from service.errors import NotReady
from service.scratch import OURS


class Registered(Protocol):
    """The activity log, as far as DuckDB needs it."""

    def register(self, connection: duckdb.DuckDBPyConnection) -> Any:
        """Make the log the relation `log` of a connection."""
        ...


@dataclass(frozen=True, slots=True)
class DuckDB:
    """`memory` bounds what DuckDB holds; beyond it, it writes into a directory of its own in `scratch` (None: the system's)."""

    memory: str = "512MB"
    scratch: Path | None = None
    threads: int = 2

    @contextmanager
    def open(self, log: Registered) -> Iterator[duckdb.DuckDBPyConnection]:
        """Raises `NotReady` where the memory is too little, also for what goes by way of the disk."""
        with TemporaryDirectory(prefix=OURS, dir=self.scratch) as spill:
            config: dict[str, Any] = {
                "memory_limit": self.memory,
                "threads": self.threads,
                "temp_directory": spill,
                # Whatever is read is put in order where order matters; keeping it everywhere takes memory.
                "preserve_insertion_order": False,
            }
            with duckdb.connect(config=config) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                log.register(connection)
                try:
                    yield connection
                except duckdb.OutOfMemoryException as error:
                    raise NotReady(
                        f"measuring needs more memory than {self.memory}: give RESONANZ_COMPUTE_MEMORY more (2 GB do for 5 million "
                        "activities), or measure with Spark"
                    ) from error
