"""Findings, fields, measures, roadmap, comparison and references as rows: what the pages show, with what it rests on."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine, select

from benchmarks.company import FORMULA, MOMENT
from service.advice import catalogue, findings
from service.advice.fields import register
from service.api import published
from service.api.cursor import Cursor, CursorRefused, read, write
from service.database import transaction
from service.models import Organisation

API = "/api/v1"
DERIVED = (
    *(
        "findings",
        "findings/evidence",
        "fields",
        "fields/signals",
        "fields/needs",
        "measures",
        "measures/effects",
    ),
    *("roadmap", "roadmap/weeks", "assessment/levels", "assessment/indicators", "comparison/levels"),
    *("comparison/values", "comparison/peers", "references"),
)


@pytest.fixture(scope="session")
def page(served: tuple[FastAPI, Mapping[str, Mapping[str, str]]], visit_session: Any) -> Callable[[str], str]:
    """A page as somebody sees it who is signed in."""
    browser = visit_session(served[0])

    def read_page(path: str) -> str:
        answer = browser.get(path)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    return read_page


def rows(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"{API}/{path}", params={"limit": 1000, **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rows"])


@pytest.mark.parametrize("path", DERIVED)
def test_every_answer_says_what_it_rests_on(analyst: Client, path: str) -> None:
    answer = analyst.get(f"{API}/{path}")
    basis = answer.json()["basis"]
    assert basis["organisation"] == "acme"
    assert basis["model_version"]
    assert re.fullmatch(r"(findings|measures|maturity model|references) \S+", basis["rules"])
    assert basis["assessed"] == "2026-06-15T08:00:00Z"
    assert basis["data_until"] == "2026-06-15"
    assert basis["data_age_days"] == (datetime.now(UTC).date() - date(2026, 6, 15)).days
    assert basis["coverage"] == pytest.approx(0.997)
    assert basis["minimum_group"] == 10
    assert answer.headers["Resonanz-Model-Version"] == basis["model_version"]
    assert answer.headers["Resonanz-Data-Age-Days"] == str(basis["data_age_days"])
    again = analyst.get(f"{API}/{path}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_findings_are_those_of_the_page(analyst: Client, page: Callable[[str], str]) -> None:
    found = rows(analyst, "findings", state="found")
    shown = re.findall(
        r'<article class="measure" id="([a-z]+\.[a-z_]+)"', page("/findings?organisation=acme")
    )
    assert {row["key"] for row in found} == set(shown)
    assert all(row["evidence"] and not row["unknown"] for row in found)
    every = rows(analyst, "findings")
    assert {row["key"] for row in every} == {one.key for one in findings.current().findings}
    open_ = [row for row in every if row["unknown"]]
    assert {row["state"] for row in open_} == {"unknown"}
    assert all(row["lacking"] and not row["evidence"] for row in open_)
    flat = rows(analyst, "findings/evidence")
    assert sorted(row["finding"] for row in flat) == sorted(
        row["key"] for row in found for _ in row["evidence"]
    )
    assert rows(analyst, "findings", kind="gap", dimension="culture") == [
        row for row in every if (row["kind"], row["dimension"]) == ("gap", "culture")
    ]


def test_measures_are_those_of_the_page(analyst: Client, page: Callable[[str], str]) -> None:
    found = rows(analyst, "measures")
    shown = set(re.findall(r'id="([a-z]+\.[a-z_]+)"', page("/measures?organisation=acme")))
    assert {row["key"] for row in found if not row["unknown"]} <= shown
    assert {row["state"] for row in found} >= {"proposed", "agreed", "done"}
    assert all(row["owner"] for row in found if row["state"] == "agreed")
    assert all(row["why"] for row in found if row["advised"])
    (done,) = rows(analyst, "measures", state="done")
    effects = rows(analyst, "measures/effects")
    assert {row["measure"] for row in effects} == {done["key"]}
    assert all(row["unknown"] == (row["answer"] in ("too_early", "not_decidable")) for row in effects)


def test_the_roadmap_schedules_what_was_agreed(analyst: Client, page: Callable[[str], str]) -> None:
    found = rows(analyst, "roadmap")
    agreed = {row["key"] for row in rows(analyst, "measures") if row["state"] in ("agreed", "started")}
    assert {row["measure"] for row in found} == agreed
    shown = page("/roadmap?organisation=acme&lang=en")
    begins = {row["measure"]: row["begins"] for row in found}
    for row in found:
        assert row["unknown"] is (row["state"] == "waiting")
        assert row["title"]["en"] in shown
        assert all(begins[key] < row["begins"] for key in row["after"])
    weeks = rows(analyst, "roadmap/weeks")
    assert {row["week"] for row in weeks} <= set(range(1, 9))
    assert {row["measure"] for row in weeks} <= agreed


def test_fields_signals_and_needs_are_told(analyst: Client) -> None:
    tools = catalogue.current().instruments
    first, second = rows(analyst, "fields")
    assert (first["title"], first["total"], first["unknown"], first["state"]) == (FORMULA, None, True, "idea")
    assert second["total"] == tools.score({one.key: 4 for one in tools.criteria})
    assert (second["unknown"], second["state"], second["fit"]) == (False, "assessed", "communication")
    assert [row["key"] for row in rows(analyst, "fields/signals")] == [one.key for one in tools.signals]
    needs = rows(analyst, "fields/needs")
    assert len(needs) == len(tools.matrix.needs)
    assert [row["rating"] for row in needs if not row["unknown"]] == ["high"]


def test_levels_are_those_of_the_assessment(analyst: Client) -> None:
    whole = analyst.get(f"{API}/assessment").json()["assessment"]
    told = {(row["dimension"], row["kind"]): row for row in rows(analyst, "assessment/levels")}
    for one in whole["dimensions"]:
        for strand in one["strands"]:
            row = told.pop((one["dimension"], strand["kind"]))
            assert [row[name] for name in ("level", "low", "high", "insufficient")] == [
                strand[name] for name in ("level", "low", "high", "insufficient")
            ]
            assert (row["level"] is None) is (row["unknown"] or row["suppressed"])
    assert not told
    seen = [s for one in whole["dimensions"] for x in one["strands"] for s in x["observations"]]
    assert [row["indicator"] for row in rows(analyst, "assessment/indicators")] == [
        one["key"] for one in seen
    ]


def test_the_comparison_as_rows_says_what_the_whole_says(analyst: Client) -> None:
    whole = analyst.get(f"{API}/comparison").json()
    assert len(rows(analyst, "comparison/levels")) == sum(
        len(one["points"]) for one in whole["history"]["levels"]
    )
    assert len(rows(analyst, "comparison/values")) == sum(
        len(one["points"]) for one in whole["history"]["values"]
    )
    peers = rows(analyst, "comparison/peers")
    assert len(peers) == len(whole["peers"]["placed"])
    assert all(
        row["suppressed"] and row["withheld"] == "few_peers" and row["median"] is None for row in peers
    )
    beside = {(one["reference"], one["figure"]): one for one in whole["references"]["beside"]}
    for row in rows(analyst, "references"):
        shown = beside.pop((row["reference"], row["figure"]), None)
        assert row["relation"] == (shown["relation"] if shown else None)
        assert (row["metric"] is None) is (shown is None)
        assert row["own"] is None or row["own"] == shown["own"]["value"]
    assert not beside


def test_pages_of_what_is_worked_out_are_the_whole_without_gap_or_repetition(analyst: Client) -> None:
    url, found = f"{API}/findings?limit=7", []
    while url:
        answer = analyst.get(url)
        found += answer.json()["rows"]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    assert found == rows(analyst, "findings")
    assert len(found) > 50


def test_a_page_of_what_has_changed_since_is_refused(
    make_app: Callable[..., FastAPI], visit: Any, account: tuple[str, str], database: Engine
) -> None:
    def add(title: str) -> None:
        with transaction(database) as session:
            organisation = session.scalars(select(Organisation)).one()
            register.add(session, organisation, catalogue.current(), title=title, owner="Team", now=MOMENT)

    with visit(make_app()) as client:
        client.auth = account
        for title in ("one", "two"):
            add(title)
        first = client.get(f"{API}/fields?limit=1").json()
        assert client.get(f"{API}/fields?limit=1&cursor={first['next']}").json()["rows"][0]["title"] == "two"
        add("three")
        refused = client.get(f"{API}/fields?limit=1&cursor={first['next']}")
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:resonanz:problem:cursor-refused")
        assert "has changed: leave it out" in refused.json()["detail"]


def test_no_letter_of_a_cursor_can_be_changed() -> None:
    key, query = b"k" * 32, {"path": "/api/v1/rooms", "organisation": "acme"}
    text = write(Cursor(7, 200), query, key)
    assert read(text, query, key) == Cursor(7, 200)
    for place, letter in enumerate(text):
        for other in "AQZaz09-_":
            if other != letter:
                with pytest.raises(CursorRefused, match="leave it out"):
                    read(text[:place] + other + text[place + 1 :], query, key)
    for changed in (
        {**query, "organisation": "fulda"},
        {**query, "scope": "room"},
        {"path": "/api/v1/rooms"},
    ):
        with pytest.raises(CursorRefused):
            read(text, changed, key)
    with pytest.raises(CursorRefused):
        read(text, query, b"o" * 32)


def test_the_age_of_the_data_is_told_anew_every_day(analyst: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    before = analyst.get(f"{API}/rooms")
    day = datetime.now(UTC).date() + timedelta(days=1)
    monkeypatch.setattr(published, "today", lambda: day)
    after = analyst.get(f"{API}/rooms", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    ages = [answer.json()["publication"]["data_age_days"] for answer in (before, after)]
    assert ages[1] == ages[0] + 1


@pytest.mark.parametrize("day", ["0", "20260331", "2026-3-31", "2026-02-30", "٢٠٢٦-٠٣-٣١"])
def test_a_day_is_written_out(analyst: Client, day: str) -> None:
    answer = analyst.get(f"{API}/measurements", params={"since": day})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:resonanz:problem:invalid")


def test_who_may_read_values_may_not_read_decisions_for_that(
    served: tuple[FastAPI, Mapping[str, Mapping[str, str]]],
    visit_session: Any,
    token_of: Callable[[str], str],
) -> None:
    client = visit_session(served[0], signed_in=False)
    headers = {"Authorization": f"Bearer {token_of('read:measurements')}"}
    assert client.get(f"{API}/measurements", headers=headers).status_code == 200
    for path in ("findings", "fields", "measures", "roadmap"):
        assert client.get(f"{API}/{path}", headers=headers).status_code == 403
