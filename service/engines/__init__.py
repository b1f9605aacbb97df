"""Where measuring is computed: DuckDB in this process, or Spark on a cluster, from the same statements.

A statement is written in PostgreSQL's words (`metrics.dialect`). DuckDB's own connection is a `Connection` as it is; Spark's
translates. The same log gives the same numbers on either, bit for bit (tests/metrics/test_spark.py).
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from service.errors import Invalid

if TYPE_CHECKING:
    import pyarrow as pa


class Result(Protocol):
    """What a statement gave, as in the DB-API."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """One entry per column, its name first."""
        ...

    def fetchall(self) -> list[Any]:
        """The rows as tuples; moments are aware."""
        ...


class Connection(Protocol):
    """Relations by name, and statements over them."""

    def execute(self, query: str, /) -> Result: ...

    def register(self, view_name: str, python_object: "pa.Table", /) -> Any:
        """Make rows a relation, until it is unregistered."""
        ...

    def unregister(self, view_name: str, /) -> Any: ...


class ComputeEngine(Protocol):
    """Opens connections in which the activity log is the relation `log`."""

    def open(self, log: Any) -> AbstractContextManager[Connection]: ...


def compute_engine(
    name: str, spark_reads: str = "files", *, memory: str = "512MB", scratch: Path | None = None
) -> ComputeEngine:
    """The engine of that name; `spark_reads` is one of `service.engines.spark.Reading`, the others are DuckDB's.

    Raises `Invalid` for another name.
    """
    match name:
        case "duckdb":
            from service.engines.duck import DuckDB

            return DuckDB(memory, scratch)
        case "spark":
            from service.engines.spark import Reading, Spark

            return Spark(Reading(spark_reads))
    raise Invalid(f"no engine {name!r}; there are: duckdb, spark")
