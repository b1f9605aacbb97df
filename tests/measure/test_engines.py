"""Measuring on Spark instead of DuckDB: the same values, from the same Delta table."""

import base64
import json
import string
import struct
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake
from sqlglot.errors import UnsupportedError

from metrics import facts
from metrics.catalog import CATALOG
from service.activity.log import ActivityLog
from service.delta import LogUnusable
from service.engines import compute_engine
from service.engines.duck import DuckDB
from service.engines.relations import rename, to_arrow
from service.engines.spark import Reading, Spark, SparkMissing
from service.errors import Invalid
from service.measure import measure

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
Z85 = bytes.maketrans(
    (string.digits + string.ascii_uppercase + string.ascii_lowercase + "!#$%&()*+-;<=>?@^_`{|}~").encode(),
    (string.digits + string.ascii_lowercase + string.ascii_uppercase + ".-:+=^!/*?&<>()[]{}@%$#").encode(),
)
on_spark = pytest.mark.xdist_group("spark")


@pytest.fixture
def log(company: Any, tmp_path: Path) -> ActivityLog:
    """A post of ada's, answered by bob a day later, in a Delta table whose path Spark might take for a pattern."""
    for name in ("ada", "bob", "cyd"):
        company.person(name, "sales")
    company.room("hr", "ada", "bob", created=datetime(2026, 1, 15, tzinfo=UTC))
    company.act("create", "ada", "2026-03-03 09:00", "news")
    company.act("comment", "bob", "2026-03-04 10:30", "c1", on="news")
    folder = tmp_path / "the {log}, 50 *"
    write_deltalake(folder, to_arrow(facts.log, company.rows), name="activity log of acme")
    return ActivityLog(folder, "acme")


@on_spark
def test_spark_measures_what_duckdb_measures(
    company: Any, log: ActivityLog, spark: Any, monkeypatch: pytest.MonkeyPatch, thorough: bool
) -> None:
    some = {key: CATALOG[key] for key in ("role_share", *(("time_to_first_response",) * thorough))}
    monkeypatch.setattr("service.measure.run.CATALOG", some)
    found = []
    for engine in (DuckDB(), Spark()):
        summary = measure(
            company.engine, log, company.id, since=date(2026, 3, 2), clock=lambda: NOW, compute=engine
        )
        found.append((summary, company.rows_measured()))
    assert found[0] == found[1]
    assert found[0][0].known > 0


@on_spark
def test_the_session_of_a_notebook_is_left_as_it_was(log: ActivityLog, spark: Any) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    with Spark().open(log) as connection:
        assert connection.execute("SELECT count(*) AS n FROM log").fetchall() == [(2,)]
    assert spark.conf.get("spark.sql.session.timeZone") == "Europe/Berlin"
    assert spark.catalog.listTables() == []


@on_spark
def test_relations_are_renamed_and_grow(log: ActivityLog, spark: Any) -> None:
    with Spark().open(log) as connection:
        rename(connection, "log", "stored")
        connection.execute("CREATE VIEW log AS SELECT object, total FROM stored WHERE total IS NOT NULL")
        connection.execute("CREATE OR REPLACE TEMP TABLE days AS SELECT DISTINCT day FROM stored")
        connection.execute("INSERT INTO days SELECT DATE '2026-01-01' AS day")
        assert connection.execute("SELECT count(*) AS n FROM log").fetchall() == [(0,)]
        assert connection.execute("SELECT day FROM days ORDER BY day").fetchall() == [
            (date(2026, 1, 1),),
            (date(2026, 3, 3),),
            (date(2026, 3, 4),),
        ]
        with pytest.raises(UnsupportedError):
            connection.execute("DROP TABLE days")


@on_spark
def test_a_log_that_does_not_exist_yet_is_empty(spark: Any, tmp_path: Path) -> None:
    with Spark().open(ActivityLog(tmp_path / "none", "acme")) as connection:
        found = connection.execute("SELECT * FROM log")
        assert [name for (name,) in found.description] == [column.name for column in facts.log.columns]
        assert found.fetchall() == []


@on_spark
def test_deletion_vectors_are_refused_where_files_are_read(log: ActivityLog, spark: Any) -> None:
    table = DeltaTable(log.url)
    add = json.loads((Path(log.url) / "_delta_log" / f"{0:020}.json").read_text().splitlines()[-1])["add"]
    bitmap = struct.pack("<IQIIIHHIH", 1681511377, 1, 0, 12346, 1, 0, 0, 16, 1)  # the second row
    padded = base64.b85encode(bitmap, pad=True).translate(Z85).decode()
    add["deletionVector"] = {
        "storageType": "i",
        "pathOrInlineDv": padded,
        "sizeInBytes": len(bitmap),
        "cardinality": 1,
    }
    add["stats"] = json.dumps({**json.loads(add["stats"]), "tightBounds": False})
    features = ["deletionVectors"]
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": features,
        "writerFeatures": features,
    }
    actions = [
        {"protocol": protocol},
        {"remove": {"path": add["path"], "dataChange": True, "deletionTimestamp": 0}},
        {"add": add},
    ]
    commit = Path(log.url) / "_delta_log" / f"{table.version() + 1:020}.json"
    commit.write_text("".join(json.dumps(action) + "\n" for action in actions))
    with pytest.raises(LogUnusable, match="deletion vectors"), Spark().open(log):
        pass


def test_an_engine_is_chosen_by_name() -> None:
    assert compute_engine("duckdb") == DuckDB()
    assert compute_engine("spark", "delta") == Spark(Reading.DELTA)
    with pytest.raises(Invalid, match="duckdb, spark"):
        compute_engine("abacus")


def test_without_spark_a_sentence_says_what_to_install(
    log: ActivityLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(SparkMissing, match=r"resonanz\[spark\]"), Spark().open(log):
        pass
