"""Spark: the same statements on a cluster, for organisations that outgrow one machine.

The session is the one the environment gives: the active one in a notebook or job, else what Spark's own configuration says
(spark-defaults, SPARK_REMOTE), at last this machine. Needs Spark 4.0 or newer. Roll-ups are computed once and kept by the
executors in memory and on their own disks, until Spark clears what nobody refers to; nothing is written to shared storage.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, String

from metrics import facts
from metrics.dialect import parsed, spark_text
from service.delta import file_names, refuse_deletion_vectors
from service.engines.relations import to_arrow
from service.errors import ServiceError

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyspark.sql import DataFrame, SparkSession

_TYPES = {
    BigInteger: "BIGINT",
    Integer: "INT",
    String: "STRING",
    Boolean: "BOOLEAN",
    Date: "DATE",
    DateTime: "TIMESTAMP",
}
_SESSION = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
_OWN = {"spark.app.name": "resonanz", "spark.ui.showConsoleProgress": "false"}


class SparkMissing(ServiceError):
    """Spark is asked for and can not be had; the message says how to mend it."""

    status, slug, title = 503, "spark-missing", "Spark missing"


class Reading(StrEnum):
    """How Spark reads the activity log."""

    FILES = "files"
    """The Parquet files of the newest snapshot, named by the Delta library: works everywhere, also without Delta's jars."""
    DELTA = "delta"
    """As a Delta table of that version, by Spark's own connector: on Fabric, Databricks and wherever it is installed."""


class Stored(Protocol):
    """The activity log, as far as Spark needs it."""

    url: str
    local: bool

    def table(self) -> "DeltaTable | None":
        """The newest snapshot, or None as long as nothing was stored."""
        ...


@dataclass(frozen=True, slots=True)
class Spark:
    """`options` go to a session that has to be started; one that runs already keeps its own."""

    reading: Reading = Reading.FILES
    options: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def open(self, log: Stored) -> Iterator["SparkConnection"]:
        """Raises `SparkMissing`, and `LogUnusable` for deletion vectors that reading by files would overlook."""
        with _session(self.options) as session:
            _read(session, log, self.reading).createOrReplaceTempView(facts.log.name)
            yield SparkConnection(session)


@contextmanager
def _session(options: dict[str, str]) -> Iterator["SparkSession"]:
    """A session of our own: what is set and named in it nobody else sees."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkMissing("Spark is not installed: pip install 'resonanz[spark]'") from error
    running = SparkSession.getActiveSession()
    if running is None:
        builder = SparkSession.builder
        for key, value in {**_OWN, **options}.items():
            builder = builder.config(key, value)
        try:
            session = builder.getOrCreate()
        except (PySparkRuntimeError, OSError) as error:
            raise SparkMissing(
                f"Spark could not be started (it needs Java 17 or newer, or SPARK_REMOTE): {error}"
            ) from error
    else:
        session = running.newSession()
    try:
        for key, value in _SESSION.items():
            session.conf.set(key, value)
        yield session
    finally:
        if running is None:
            session.stop()


def _read(session: "SparkSession", log: Stored, reading: Reading) -> "DataFrame":
    table = log.table()
    if table is None:
        return session.createDataFrame(to_arrow(facts.log, []))
    if reading is Reading.DELTA:
        return session.read.format("delta").option("versionAsOf", table.version()).load(log.url)
    refuse_deletion_vectors(table)
    if log.local:
        folder = Path(log.url).absolute()
        paths = [f"file://{_literal(str(folder / name))}" for name in file_names(table)]
    else:
        paths = [_literal(uri) for uri in table.file_uris()]
    if not paths:
        return session.createDataFrame(to_arrow(facts.log, []))
    schema = ", ".join(f"`{column.name}` {_TYPES[type(column.type)]}" for column in facts.log.columns)
    return session.read.schema(schema).parquet(*paths)


def _literal(path: str) -> str:
    """A path in which Spark sees no pattern."""
    return re.sub(r"([{}\[\]*?\\])", r"\\\1", path)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave."""

    table: pa.Table

    @property
    def description(self) -> Sequence[Sequence[str]]:
        return [(name,) for name in self.table.column_names]

    def fetchall(self) -> list[tuple[Any, ...]]:
        columns = (column.to_pylist() for column in self.table.columns)
        return list(zip(*columns, strict=True))


class SparkConnection:
    """Relations are temporary views; what `CREATE TABLE` or `INSERT` make is computed at once and kept."""

    def __init__(self, session: "SparkSession") -> None:
        self.session = session

    def execute(self, query: str, /) -> Rows:
        """Raises `sqlglot.errors.SqlglotError` for what can not be said in Spark's words."""
        from sqlglot import UnsupportedError, exp

        statement = parsed(query)
        match statement:
            case exp.Create(this=exp.Table(name=name), kind=kind, expression=exp.Query() as rows):
                made = self._frame(rows)
                (made if kind == "VIEW" else self._keep(made)).createOrReplaceTempView(name)
            case exp.Insert(this=exp.Table(name=name), expression=exp.Query() as rows):
                more = self._keep(self._frame(rows))
                self.session.table(name).union(more).createOrReplaceTempView(name)
            case exp.Alter(this=exp.Table(name=name), actions=[exp.AlterRename(this=exp.Table(name=new))]):
                self.session.table(name).createOrReplaceTempView(new)
                self.unregister(name)
            case exp.Query():
                return Rows(self._frame(statement).toArrow())
            case _:
                raise UnsupportedError(f"not done on Spark: {query}")
        return Rows(pa.table({}))

    def register(self, view_name: str, python_object: pa.Table, /) -> None:
        self.session.createDataFrame(python_object).createOrReplaceTempView(view_name)

    def unregister(self, view_name: str, /) -> None:
        self.session.catalog.dropTempView(view_name)

    def _frame(self, query: Any) -> "DataFrame":
        return self.session.sql(spark_text(query))

    def _keep(self, frame: "DataFrame") -> "DataFrame":
        """Computed now, and without its history: else each statement would plan everything before it anew."""
        return frame.localCheckpoint()
