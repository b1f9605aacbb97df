"""`/metrics` for Prometheus: how the service itself is doing. Nothing of it is about rooms, people or what was measured."""

import hmac
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import database
from service.errors import NotFound, NotReady, NotSignedIn, SchemaOutdated
from service.models import Job, Publication, Source, Sync

SHORTEST = 24
"""Characters a token has at least, so that nobody guesses it."""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OPEN = ("waiting", "running", "poison")
"""States of jobs that are somebody's concern."""

disable_created_metrics()  # type: ignore[no-untyped-call]
log = structlog.get_logger()
router = APIRouter(include_in_schema=False)


class Operation:
    """What is counted of the requests of this process, and asked of the database when somebody looks."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "resonanz_http_requests",
            "Requests by method, template of the route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "resonanz_http_request_seconds",
            "How long answers took, in seconds.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(Stored(engine))


class Observed:
    """Counts every request and how long its answer took. Never by address, only by the template of the route."""

    def __init__(self, app: ASGIApp, *, operation: Operation) -> None:
        self.app, self.operation = app, operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            route, method = template(scope), scope["method"]
            self.operation.requests.labels(method if method in METHODS else "other", route, str(status)).inc()
            self.operation.seconds.labels(route).observe(time.perf_counter() - began)


def template(scope: Scope) -> str:
    """The route that answered; `none` where there is none, whatever was asked."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "/static" if scope["path"].startswith("/static/") else "none"


class Stored(Collector):
    """What the database tells about the operation, looked up when it is asked for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked of the database before somebody looks."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("resonanz_build", "The version that runs.", {"version": version("resonanz")})
        up = 1.0
        found: list[Metric] = []
        try:
            known = current(self.engine)
            found.append(gauge("schema_current", "1: the schema is that of this program.", float(known)))
            if known:
                with self.engine.connect() as connection:
                    found += self._rows(connection)
        except SQLAlchemyError as error:
            log.warning("metrics without database", error=type(error).__name__)
            up = 0.0
        yield gauge("database_up", "1: the database answers.", up)
        yield from found

    def _rows(self, connection: Connection) -> Iterator[Metric]:
        now = datetime.now(UTC)
        yield gauge("database_bytes", "Size of the database in bytes.", size(connection))
        yield from collections(connection, now)
        yield from jobs(connection, now)
        newest = (
            select(func.max(Publication.created).label("created"))
            .group_by(Publication.organisation_id)
            .subquery()
        )
        oldest = connection.scalar(select(func.min(newest.c.created)))
        if oldest is not None:
            yield gauge(
                "publication_age_seconds",
                "Age of the newest publication of the organisation where it is longest ago.",
                age(oldest, now),
            )


def current(engine: Engine) -> bool:
    """Whether the schema is that of this program, neither older nor newer."""
    try:
        revision, head = database.revisions(engine)
    except SchemaOutdated:
        return False
    return revision == head


def gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"resonanz_{name}", words, value)


def age(moment: datetime, now: datetime) -> float:
    """Seconds since then."""
    return max(0.0, (now - moment).total_seconds())


def size(connection: Connection) -> float:
    if connection.dialect.name == "postgresql":
        return float(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    pages, each = (connection.scalar(text(f"PRAGMA {one}")) or 0 for one in ("page_count", "page_size"))
    return float(pages * each)


def collections(connection: Connection, now: datetime) -> Iterator[Metric]:
    """By kind of source; of several of a kind the one that is worst off tells."""
    done = (
        select(Sync.source_id, func.max(Sync.finished).label("finished"))
        .where(Sync.state == "done")
        .group_by(Sync.source_id)
        .subquery()
    )
    rows = connection.execute(
        select(Source.connector, func.count(), func.count(done.c.finished), func.min(done.c.finished))
        .outerjoin(done, done.c.source_id == Source.id)
        .group_by(Source.connector)
        .order_by(Source.connector)
    ).all()
    ages = GaugeMetricFamily(
        "resonanz_collection_age_seconds",
        "Age of the last complete collection of the source of a kind where it is longest ago.",
        labels=("connector",),
    )
    never = GaugeMetricFamily(
        "resonanz_sources_never_collected",
        "Sources of a kind that were never read in full.",
        labels=("connector",),
    )
    for connector, every, collected, oldest in rows:
        never.add_metric((connector,), every - collected)
        if oldest is not None:
            ages.add_metric((connector,), age(oldest, now))
    yield ages
    yield never


def jobs(connection: Connection, now: datetime) -> Iterator[Metric]:
    """How many jobs wait, run, or were given up, and how late the one is that waits longest."""
    depth = GaugeMetricFamily("resonanz_jobs", "Jobs by kind and state.", labels=("kind", "state"))
    counted = (
        select(Job.kind, Job.state, func.count()).where(Job.state.in_(OPEN)).group_by(Job.kind, Job.state)
    )
    for kind, state, number in connection.execute(counted.order_by(Job.kind, Job.state)):
        depth.add_metric((kind, state), number)
    yield depth
    due = connection.scalar(
        select(func.min(Job.not_before)).where(Job.state == "waiting", Job.not_before <= now)
    )
    yield gauge(
        "job_late_seconds",
        "For how long the job that waits longest could have begun.",
        age(due, now) if due else 0.0,
    )


@router.get("/metrics")
def show_metrics(request: Request) -> Response:
    """OpenMetrics, for whoever has the token of `RESONANZ_METRICS_TOKEN_FILE`; without that setting there is nothing here."""
    path: Path | None = request.app.state.settings.metrics_token_file
    if path is None:
        raise NotFound("there are no metrics here: set RESONANZ_METRICS_TOKEN_FILE")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token_of(path).encode()):
        raise NotSignedIn("send the token of RESONANZ_METRICS_TOKEN_FILE as `Authorization: Bearer …`")
    encode, media = choose_encoder(request.headers.get("accept", ""))
    operation: Operation = request.app.state.operation
    return Response(encode(operation.registry), media_type=media)


def token_of(path: Path) -> str:
    """Raises `NotReady` if the file can not be read, or a token in it could be guessed."""
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise NotReady("the file of RESONANZ_METRICS_TOKEN_FILE can not be read") from None
    if len(token) < SHORTEST:
        raise NotReady(
            f"the token in the file of RESONANZ_METRICS_TOKEN_FILE has fewer than {SHORTEST} characters: write a random one into it, "
            "such as what `openssl rand -hex 32` prints"
        )
    return token
