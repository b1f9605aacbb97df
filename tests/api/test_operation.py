"""`/metrics`: how the service is doing, for whoever has its token; nothing about rooms, people or values."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sqlalchemy import Engine, update

from service.database import transaction
from service.models import Job, Source, Sync

TOKEN = "0123456789abcdef0123456789abcdef"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
LABELS = {"method", "route", "status", "le", "connector", "kind", "state", "version"}


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "metrics.token"
    path.write_text(f"{TOKEN}\n")
    return path


@pytest.fixture
def prometheus(make_app: Callable[..., FastAPI], visit: Any, token_file: Path) -> Iterator[Client]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": OPENMETRICS}
    with visit(make_app(metrics_token_file=token_file), headers=headers) as client:
        yield client


def families(client: Client) -> dict[str, Any]:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(OPENMETRICS)
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def values(family: Any, **labels: str) -> list[float]:
    return [
        sample.value
        for sample in family.samples
        if all(sample.labels.get(name) == value for name, value in labels.items())
    ]


def test_requests_are_counted_by_route_and_status(prometheus: Client, account: tuple[str, str]) -> None:
    for path in ("/api/v1/rooms", "/api/v1/rooms?limit=0", "/rooms/wiki/ALL", "/nowhere/wiki/HR"):
        prometheus.get(path, auth=account, follow_redirects=False)
    found = families(prometheus)
    requests = found["resonanz_http_requests"]
    assert values(requests, route="/api/v1/rooms", status="200", method="GET") == [1.0]
    assert values(requests, route="/api/v1/rooms", status="422") == [1.0]
    assert values(requests, route="/rooms/{key:path}", status="303") == [1.0]
    assert values(requests, route="none", status="404") == [1.0]
    seconds = found["resonanz_http_request_seconds"]
    assert values(seconds, route="/api/v1/rooms", le="+Inf") == [2.0]


def test_nothing_tells_of_rooms_people_or_values(prometheus: Client, account: tuple[str, str]) -> None:
    prometheus.get("/api/v1/measurements", auth=account)
    prometheus.get("/rooms/wiki/ALL?organisation=beispiel", auth=account)
    found = families(prometheus)
    assert {name for one in found.values() for sample in one.samples for name in sample.labels} <= LABELS
    text = prometheus.get("/metrics").text
    for said in (
        "wiki/",
        "ALL",
        "HR",
        "Personal",
        "beispiel",
        "Beispiel",
        "active_share",
        "kommunikation",
        "unit",
    ):
        assert said not in text, said


def test_collections_database_and_jobs_are_told(prometheus: Client, database: Engine) -> None:
    now = datetime.now(UTC)
    with transaction(database) as session:
        session.execute(update(Sync).values(started=now, finished=now - timedelta(hours=2)))
        session.add(Sync(source_id=1, started=now, finished=now, state="failed", report={}))
        session.add(
            Source(organisation_id=1, key="tenant", connector="microsoft-365", settings={}, created=now)
        )
        for number, (kind, state) in enumerate(
            [("sync", "waiting"), ("sync", "waiting"), ("compute", "poison")]
        ):
            session.add(
                Job(
                    kind=kind,
                    key=f"{kind}-{number}",
                    state=state,
                    not_before=now - timedelta(minutes=5),
                    created=now,
                    trace="0" * 32,
                )
            )
        session.add(Job(kind="sync", key="old", state="done", not_before=now, created=now, trace="0" * 32))
    found = families(prometheus)
    (age,) = values(found["resonanz_collection_age_seconds"], connector="confluence")
    assert 7200 <= age < 7300  # the failed one is none
    never = found["resonanz_sources_never_collected"]
    assert values(never, connector="confluence") == [0.0]
    assert values(never, connector="microsoft-365") == [1.0]
    assert values(found["resonanz_jobs"], kind="sync", state="waiting") == [2.0]
    assert values(found["resonanz_jobs"], kind="compute", state="poison") == [1.0]
    assert values(found["resonanz_jobs"], state="done") == []
    assert 300 <= values(found["resonanz_job_late_seconds"])[0] < 400
    assert values(found["resonanz_database_bytes"])[0] > 100_000
    assert values(found["resonanz_schema_current"]) == [1.0]
    assert values(found["resonanz_database_up"]) == [1.0]
    assert values(found["resonanz_publication_age_seconds"])[0] > 86_400
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    assert values(families(prometheus)["resonanz_schema_current"]) == [0.0]


def test_without_its_token_nothing_is_told(
    prometheus: Client, account: tuple[str, str], token_file: Path
) -> None:
    for headers in (
        {"Authorization": ""},
        {"Authorization": "Bearer x"},
        {"Authorization": f"Basic {TOKEN}"},
    ):
        answer = prometheus.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:resonanz:problem:not-signed-in")
        assert "resonanz_" not in answer.text
    assert prometheus.get("/metrics", headers={"Authorization": ""}, auth=account).status_code == 401
    token_file.write_text("short")
    weak = prometheus.get("/metrics", headers={"Authorization": "Bearer short"})
    assert weak.status_code == 503
    assert "openssl rand -hex 32" in weak.json()["detail"]
    token_file.unlink()
    assert prometheus.get("/metrics").status_code == 503


def test_without_the_setting_there_is_no_such_page(client: Client) -> None:
    answer = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 404
    assert "RESONANZ_METRICS_TOKEN_FILE" in answer.json()["detail"]
