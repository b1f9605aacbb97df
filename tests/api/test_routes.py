"""What the API answers: values, provenance, paging, CSV, caching, problems."""

import csv
import io
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine, update

from service.database import transaction
from service.models import Measurement
from service.publication import publish

API = "/api/v1"
Visit = Callable[[FastAPI], Client]

GONE = {"state": "unknown", "reason": "no_data", "numerator": None, "denominator": None, "people": None}
"""What makes a new publication: other values of a published period would not be shown."""


def test_a_publication_says_where_its_values_come_from(client: Client) -> None:
    answer = client.get(f"{API}/publication").json()
    publication = answer["publication"]
    assert publication["organisation"] == "beispiel"
    assert publication["data_until"] == "2026-03-30"
    assert publication["minimum_group"] == 10
    assert publication["coverage"] == 1.0
    assert publication["synthetic"] is False
    assert answer["summary"] == {
        "published": 12,
        "suppressed": 4,
        "unknown": 1,
        "suppressed_by_reason": {"small_group": 4},
    }


@pytest.mark.parametrize("route", ["publication", "metrics", "rooms", "measurements", "coverage"])
def test_every_answer_tells_the_same_provenance_in_body_and_headers(client: Client, route: str) -> None:
    answer = client.get(f"{API}/{route}")
    assert answer.status_code == 200
    assert answer.json()["publication"] == client.get(f"{API}/publication").json()["publication"]
    assert answer.headers["Resonanz-Minimum-Group"] == "10"
    assert answer.headers["Resonanz-Synthetic"] == "false"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_values_are_rounded_and_hidden_ones_are_null_not_zero(client: Client) -> None:
    rows = client.get(f"{API}/measurements", params={"since": "2026-03-02", "until": "2026-03-09"}).json()[
        "rows"
    ]
    told = {
        (row["metric"], row["scope_key"]): (row["state"], row["reason"], row["value"], row["people"])
        for row in rows
    }
    assert told == {
        ("active_share", ""): ("published", None, 0.3, 200),
        ("active_share", "wiki/ALL"): ("published", None, 0.42, 120),  # 50 of 120
        ("active_share", "wiki/HR"): ("suppressed", "small_group", None, None),
        ("active_share", "wiki/=2+5"): ("published", None, 0.17, 60),  # 10 of 60
        ("contributor_share", ""): ("unknown", "no_members", None, None),
    }


def test_filters_only_pick_rows_of_the_grid(client: Client) -> None:
    everything = client.get(f"{API}/measurements").json()["rows"]
    for filters in (
        {"metric": "active_share"},
        {"scope": "room"},
        {"scope": "room", "scope_key": "wiki/ALL"},
        {"window": "week", "since": "2026-03-16"},
        {"until": "2026-03-16"},
    ):
        rows = client.get(f"{API}/measurements", params=filters).json()["rows"]
        assert rows
        assert all(row in everything for row in rows)
        assert len(rows) < len(everything) or filters == {}


def test_pages_follow_each_other_without_gap_or_double(client: Client) -> None:
    whole = client.get(f"{API}/measurements").json()["rows"]
    found, url = [], f"{API}/measurements?limit=4"
    for _ in range(10):
        answer = client.get(url)
        found += answer.json()["rows"]
        if "next" not in answer.links:
            break
        assert answer.json()["next"]
        url = answer.links["next"]["url"]
    assert found == whole
    assert len(whole) == 17


def test_a_listing_goes_on_in_the_publication_it_began_in(client: Client, database: Engine) -> None:
    first = client.get(f"{API}/measurements", params={"limit": 4, "scope": "organisation"}).json()
    with transaction(database) as session:
        session.execute(update(Measurement).values(GONE).where(Measurement.scope == "organisation"))
    publish(database, 1, minimum_group=10)
    going_on = client.get(
        f"{API}/measurements", params={"limit": 4, "scope": "organisation", "cursor": first["next"]}
    ).json()
    assert going_on["publication"] == first["publication"]
    assert client.get(f"{API}/publication").json()["publication"]["id"] != first["publication"]["id"]


def test_a_cursor_is_bound_to_its_query_and_can_not_be_made_up(client: Client) -> None:
    cursor = client.get(f"{API}/measurements", params={"limit": 4}).json()["next"]
    assert client.get(f"{API}/measurements", params={"limit": 4, "cursor": cursor}).status_code == 200
    for params in (
        {"cursor": cursor, "scope": "room"},
        {"cursor": cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")},
        {"cursor": "ÄÖ"},
        {"cursor": "x"},
        {"cursor": ""},
    ):
        answer = client.get(f"{API}/measurements", params=params)
        assert answer.status_code == 422, params
        assert answer.json()["type"] == "urn:resonanz:problem:cursor-refused"
        assert "leave it out" in answer.json()["detail"]
    assert client.get(f"{API}/rooms", params={"cursor": cursor}).status_code == 422


def test_rooms_that_are_not_open_to_all_show_no_name(client: Client) -> None:
    labels = {row["key"]: row["label"] for row in client.get(f"{API}/rooms").json()["rows"]}
    assert labels == {"wiki/ALL": "Alle reden mit", "wiki/HR": "HR", "wiki/=2+5": "=2+5"}


def test_csv_has_the_same_rows_and_no_formulas(client: Client) -> None:
    answer = client.get(f"{API}/rooms", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["Resonanz-Publication"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["label"] for row in rows] == ["'=2+5", "Alle reden mit", "HR"]
    assert client.get(f"{API}/rooms?format=csv").text == answer.text
    values = list(csv.DictReader(io.StringIO(client.get(f"{API}/measurements?format=csv").text)))
    listed = client.get(f"{API}/measurements").json()["rows"]
    assert [row["value"] for row in values] == [
        "" if row["value"] is None else str(row["value"]) for row in listed
    ]


def test_metrics_are_declared_in_both_languages(client: Client) -> None:
    rows = {row["key"]: row for row in client.get(f"{API}/metrics").json()["rows"]}
    assert set(rows["active_share"]["label"]) == {"de", "en"}
    assert rows["active_share"]["unit"] == "share"
    assert "creating" in rows["role_share"]["categories"]


def test_an_unchanged_answer_is_not_sent_again(client: Client, database: Engine) -> None:
    first = client.get(f"{API}/measurements")
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    again = client.get(f"{API}/measurements", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert client.get(f"{API}/measurements?scope=room").headers["ETag"] != etag
    assert client.get(f"{API}/measurements?format=csv").headers["ETag"] != etag
    with transaction(database) as session:
        session.execute(update(Measurement).values(GONE).where(Measurement.scope == "organisation"))
    publish(database, 1, minimum_group=10)
    assert client.get(f"{API}/measurements", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("url", "status", "slug"),
    [
        ("/api/v1/measurements?metric=unheard_of", 404, "not-found"),
        ("/api/v1/nowhere", 404, "not-found"),
        ("/api/v1/rooms?organisation=other", 404, "not-found"),
        ("/api/v1/measurements?limit=0", 422, "invalid"),
        ("/api/v1/measurements?limit=1001", 422, "invalid"),
        ("/api/v1/measurements?since=yesterday", 422, "invalid"),
        ("/api/v1/measurements?metrik=active_share", 422, "invalid"),
        ("/api/v1/measurements?scope=person", 422, "invalid"),
    ],
)
def test_problems_have_a_stable_type(client: Client, url: str, status: int, slug: str) -> None:
    answer = client.get(url)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:resonanz:problem:{slug}"
    assert answer.json()["status"] == status


def test_a_wrong_method_is_a_problem_too(client: Client) -> None:
    answer = client.post("/api/v1/rooms", headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:resonanz:problem:method-not-allowed")
    assert answer.headers["Allow"] == "GET"


def test_a_problem_does_not_repeat_what_was_sent(client: Client) -> None:
    assert "secret-thing" not in client.get(f"{API}/measurements?secret-thing=1&scope=secret-thing").text


def test_an_unexpected_error_tells_nothing(
    make_app: Callable[..., FastAPI],
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("pseudonym 4711 of a person")

    app = make_app(synthetic=True, open_pages=True)
    monkeypatch.setattr("service.api.routes.newest", fail)
    with visit(app) as client:
        answer = client.get(f"{API}/publication")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:resonanz:problem:internal"
    assert "4711" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "4711" not in "".join(capsys.readouterr())


def test_before_the_first_publication_the_api_says_so(make_app: Callable[..., FastAPI], visit: Visit) -> None:
    with visit(make_app(synthetic=True, open_pages=True, published=False)) as client:
        answer = client.get(f"{API}/measurements")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:resonanz:problem:nothing-published")
        assert client.get(f"{API}/metrics").json()["publication"] is None
