"""The description of the API: it is what is committed, and what the service keeps to whatever it is asked."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import Client
from jsonschema import Draft202012Validator

from benchmarks import fuzz
from service.security.roles import RULES

SNAPSHOT = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
GUIDE = SNAPSHOT.parent / "api.md"
EXAMPLES = {"analyst": 6, "auditor": 2, "viewer": 2, "nobody": 2}


def test_the_committed_description_is_current(make_app: Callable[..., FastAPI]) -> None:
    """Renew it with: python -m service.api > docs/openapi.json"""
    assert json.loads(SNAPSHOT.read_text()) == json.loads(json.dumps(make_app().openapi()))


def test_the_description_is_served(client: Client) -> None:
    served = client.get("/api/v1/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert set(served["paths"]) == {path for _, path in RULES if path.startswith("/api/v1/")}
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_row_with_a_value_says_whether_it_is_hidden_or_unknown(
    make_app: Callable[..., FastAPI],
) -> None:
    schemas = make_app().openapi()["components"]["schemas"]
    for name in ("MeasurementRow", "AnswerRow", "LevelRow", "IndicatorRow", "ValueHistoryRow", "PeerRow"):
        assert {"suppressed", "unknown"} <= set(schemas[name]["required"]), name
        assert schemas[name]["properties"]["suppressed"]["type"] == "boolean"


@pytest.mark.parametrize("visitor", fuzz.VISITORS)
def test_whatever_is_asked_is_answered_as_described(
    served: tuple[FastAPI, Mapping[str, Mapping[str, str]]], visitor: str
) -> None:
    """A short run; the long one is `python -m benchmarks fuzz`."""
    app, headers = served
    found = fuzz.fuzz(app, headers[visitor], examples=EXAMPLES[visitor], phases=("fuzzing",))
    assert list(found.troubles.values()) == []
    assert len(found.operations) == len(app.openapi()["paths"])
    if visitor in ("analyst", "auditor"):
        assert found.statuses[200] > 10
        assert {200, 422} <= set(found.statuses)
    else:
        assert set(found.statuses) <= {401, 403}


def test_the_description_can_be_broken(
    served: tuple[FastAPI, Mapping[str, Mapping[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without this, the above would hold of questions that find nothing."""
    monkeypatch.setattr("service.api.routes.provenance", lambda *_: 1 / 0)
    app, headers = served
    found = fuzz.fuzz(app, headers["analyst"], examples=3, phases=("fuzzing",))
    assert ("GET /api/v1/publication", "not_a_server_error") in {
        (trouble.operation, trouble.check) for trouble in found.troubles.values()
    }
