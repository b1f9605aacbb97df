"""The description of the API: it is what is committed, and what the service keeps to whatever it is asked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from httpx import Client
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from schemathesis import Case
from schemathesis.checks import (
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

SNAPSHOT = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


def test_the_committed_description_is_current(make_app: Callable[..., FastAPI]) -> None:
    """Renew it with: python -m service.api > docs/openapi.json"""
    assert json.loads(SNAPSHOT.read_text()) == json.loads(json.dumps(make_app().openapi()))


def test_the_description_is_served(client: Client) -> None:
    served = client.get("/api/v1/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert set(served["paths"]) == {
        f"/api/v1/{name}"
        for name in (
            *("publication", "metrics", "rooms", "coverage", "measurements", "openapi.json"),
            *("milestones", "milestones/{key}/changes"),
            *("surveys", "surveys/{key}/answers", "assessment", "comparison"),
        )
    }
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("visitor", ["signed in", "anonymous", "demonstration"])
def test_whatever_is_asked_is_answered_as_described(
    make_app: Callable[..., FastAPI], account: tuple[str, str], visitor: str
) -> None:
    app = make_app(synthetic=True, open_pages=True) if visitor == "demonstration" else make_app()
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    auth = account if visitor == "signed in" else None
    seen = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=25)
        @given(case=operation.as_strategy())
        def ask(case: Case) -> None:
            answer = case.call(auth=auth)
            seen.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        ask()
    # Credentials made up at random are throttled after a while.
    assert seen - {429} == {401} if visitor == "anonymous" else {200, 422} <= seen
