"""What the API says of a milestone: nothing but what follows from published values."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine, delete

from service.database import transaction
from service.models import Measurement, Milestone
from service.publication import publish

API = "/api/v1/milestones"
MOMENT = datetime(2026, 3, 31, 6, tzinfo=UTC)
START = date(2025, 3, 3)


@pytest.fixture
def relaunched(
    make_app: Callable[..., FastAPI], database: Engine, visit: Any, account: tuple[str, str]
) -> Iterator[Client]:
    """A year of weeks: the organisation and the room ALL rise with the relaunch, the other room stays where it was."""
    app = make_app(published=False)
    with transaction(database) as session:
        session.execute(delete(Measurement))
        for week in range(54):
            since = START + timedelta(weeks=week)
            for scope, key, people, count in (
                ("organisation", "", 1000, 300 + 150 * (week >= 26)),
                ("room", "wiki/ALL", 400, 120 + 80 * (week >= 26)),
                ("room", "wiki/=2+5", 200, 60 + week % 3),
            ):
                session.add(
                    Measurement(
                        organisation_id=1, metric="active_share", category="", scope=scope, scope_key=key,
                        window="week", since=since, until=since + timedelta(days=7), numerator=count,
                        denominator=people, people=people, affirming=count, state="known", measured=MOMENT,
                    )
                )  # fmt: skip
        session.add(
            Milestone(
                organisation_id=1, key="relaunch", kind="relaunch", day=START + timedelta(weeks=26),
                label_de="Neustart", label_en="Relaunch",
            )
        )  # fmt: skip
    publish(database, 1)
    with visit(app, headers={"Accept": "application/json"}) as client:
        client.auth = account
        yield client


def change(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get(f"{API}/relaunch/changes", params=query)
    assert answer.status_code == 200, answer.text
    (row,) = [row for row in answer.json()["rows"] if row["metric"] == "active_share"]
    return dict(row)


def test_milestones_are_listed(relaunched: Client) -> None:
    (row,) = relaunched.get(API).json()["rows"]
    assert row == {
        "key": "relaunch",
        "day": "2025-09-01",
        "kind": "relaunch",
        "label": {"de": "Neustart", "en": "Relaunch"},
    }


def test_a_change_comes_with_its_size_and_its_weeks(relaunched: Client) -> None:
    row = change(relaunched)
    assert row["verdict"] == "rose"
    # 450 of 1,000.
    assert (row["before"], row["after"]) == (0.3, 0.45)
    assert row["effect"] == pytest.approx(0.16, abs=0.01)
    assert row["weeks_before"] == 26
    assert row["doubts"] == []


def test_a_room_is_compared_with_rooms_the_milestone_did_not_concern(relaunched: Client) -> None:
    row = change(relaunched, room="wiki/ALL", against=["wiki/=2+5"])
    assert row["verdict"] == "rose"
    assert row["comparisons"] == 1
    assert row["effect"] == pytest.approx(0.2, abs=0.02)


def test_a_metric_nobody_measured_is_not_decidable(relaunched: Client) -> None:
    rows = relaunched.get(f"{API}/relaunch/changes").json()["rows"]
    (row,) = [row for row in rows if row["metric"] == "contributor_share"]
    assert row["verdict"] == "not_decidable"
    assert row["doubts"] == ["too_few_before", "too_few_after"]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/nothing/changes", {}, 404),
        ("/relaunch/changes", {"room": "wiki/nowhere"}, 404),
        ("/relaunch/changes", {"against": "wiki/nowhere"}, 404),
        ("/relaunch/changes", {"agianst": "wiki/ALL"}, 422),
    ],
)
def test_what_does_not_fit_is_refused(
    relaunched: Client, path: str, query: dict[str, str], status: int
) -> None:
    assert relaunched.get(API + path, params=query).status_code == status


def test_an_answer_that_is_still_current_is_not_sent_again(relaunched: Client) -> None:
    first = relaunched.get(f"{API}/relaunch/changes")
    again = relaunched.get(f"{API}/relaunch/changes", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
