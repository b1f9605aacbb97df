"""DuckDB: everything in this process, the default."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import duckdb


class Registered(Protocol):
    """The activity log, as far as DuckDB needs it."""

    def register(self, connection: duckdb.DuckDBPyConnection) -> Any:
        """Make the log the relation `log` of a connection."""
        ...


@dataclass(frozen=True, slots=True)
class DuckDB:
    """`memory` bounds what DuckDB holds; beyond it, it writes to a temporary directory."""

    memory: str = "512MB"
    threads: int = 2

    @contextmanager
    def open(self, log: Registered) -> Iterator[duckdb.DuckDBPyConnection]:
        with TemporaryDirectory(prefix="resonanz-measure-") as spill:
            config: dict[str, Any] = {
                "memory_limit": self.memory,
                "threads": self.threads,
                "temp_directory": spill,
            }
            with duckdb.connect(config=config) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                log.register(connection)
                yield connection
