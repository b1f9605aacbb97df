"""The examples ask what the service answers: every address, column, set and question in them is tried.

Grafana, Power BI, Excel, Metabase and Superset themselves are not run here.
"""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from service.odata.entities import SETS

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "examples"
DASHBOARD = json.loads((EXAMPLES / "grafana-dashboard.json").read_text(encoding="utf-8"))
SQL = (EXAMPLES / "bi-views.sql").read_text(encoding="utf-8")
QUESTIONS = [one.strip() for one in re.sub(r"^--.*$", "", SQL, flags=re.MULTILINE).split(";") if one.strip()]
KINDS: dict[str, tuple[type, ...]] = {"number": (int, float), "string": (str,), "timestamp": (str,)}

pytestmark = pytest.mark.postgres


def test_every_panel_has_its_own_place_and_the_data_source_to_be_chosen() -> None:
    (source,) = DASHBOARD["__inputs"]
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) == 6
    places = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    for panel in panels:
        for one in (panel, *panel["targets"]):
            assert one["datasource"] == {"type": source["pluginId"], "uid": f"${{{source['name']}}}"}
    assert "rsz_" not in json.dumps(DASHBOARD)


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_what_a_panel_asks_for_is_answered_with_the_columns_it_names(
    house: Any, panel: dict[str, Any]
) -> None:
    (target,) = panel["targets"]
    assert (target["type"], target["source"], target["parser"]) == ("json", "url", "backend")
    params = {one["key"]: one["value"] for one in target["url_options"]["params"]}
    with house.client() as client:
        answer = client.request(target["url_options"]["method"], target["url"], params=params)
    assert answer.status_code == 200, answer.text
    rows = answer.json()[target["root_selector"]]
    assert rows
    for column in target["columns"]:
        values = [row[column["selector"]] for row in rows]  # a column that is not there is a KeyError
        assert all(value is None or isinstance(value, KINDS[column["type"]]) for value in values), column
        assert column["selector"] == "reason" or any(value is not None for value in values), column
        if column["type"] == "timestamp":
            assert all(datetime.fromisoformat(value).tzinfo for value in values)
    if target["format"] == "timeseries":
        assert {"timestamp", "number"} <= {column["type"] for column in target["columns"]}


@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
def test_every_question_in_sql_is_answered(house: Any, question: str) -> None:
    rows = house.rows(question)
    assert rows, question
    assert house.rows(question, "bi_fulda") is not None


def test_the_questions_in_sql_show_what_the_feed_shows(house: Any) -> None:
    (weekly,) = [one for one in QUESTIONS if "AS week" in one]
    feed = [
        row
        for row in house.feed("Measurements")
        if row["scope"] == "organisation" and row["metric"] == "active_share"
    ]
    assert [(str(row["week"]), row["share"]) for row in house.rows(weekly)] == [
        (row["since"], row["value"]) for row in feed
    ]
    (rooms,) = [one for one in QUESTIONS if "AS room" in one]
    assert {(row["room"], row["share"], row["state"]) for row in house.rows(rooms)} == {
        ("Alle reden mit", 0.42, "published"),
        ("O'Neil 100%_x", 0.17, "published"),
        ("HR", None, "suppressed"),
    }
    (levels,) = [one for one in QUESTIONS if "FILTER" in one]
    assert len(house.rows(levels)) == 7


def test_power_query_asks_the_feed_for_sets_and_columns_that_are_there(house: Any) -> None:
    snippet = (EXAMPLES / "power-query-odata.pq").read_text(encoding="utf-8")
    assert '"https://resonanz.example/odata/v1/"' in snippet
    sets = re.findall(r'Name = "(\w+)", Signature = "table"', snippet)
    assert sets == ["Measurements", "Rooms"]
    columns = set(SETS["Measurements"].properties)
    conditions = re.findall(r"each (.*)\),", snippet)
    assert set(re.findall(r"\[(\w+)\]", conditions[0])) <= columns
    chosen = re.search(r"Table.SelectColumns\(Rooms, \{(.*?)\}\)", snippet)
    assert chosen is not None
    names = re.findall(r'"(\w+)"', chosen[1])
    assert set(names) <= columns
    folded = {
        "$filter": "scope eq 'room' and window eq 'week' and since ge 2026-01-01",
        "$select": ",".join(names),
    }
    with house.client() as client:
        rows = client.get("/odata/v1/Measurements", params=folded).json()["value"]
    assert len(rows) == 12
    assert list(rows[0]) == names
    assert {"key", "label"} <= set(SETS["Rooms"].properties)


def test_power_query_asks_the_api_page_by_page(house: Any) -> None:
    snippet = (EXAMPLES / "power-query-web.pq").read_text(encoding="utf-8")
    (path,) = re.findall(r'RelativePath = "(.*?)"', snippet)
    (question,) = re.findall(r"Question = \[(.*?)\]", snippet)
    asked = dict(re.findall(r'(\w+) = "(.*?)"', question))
    (columns,) = re.findall(r"Columns = \{(.*?)\}", snippet)
    wanted = re.findall(r'"(\w+)"', columns)
    asked["limit"] = "5"  # so that there is more than one page
    found: list[dict[str, Any]] = []
    with house.client() as client:
        cursor = None
        while True:
            answer = client.get(f"/{path}", params=asked | ({"cursor": cursor} if cursor else {})).json()
            found += answer["rows"]
            cursor = answer["next"]
            if cursor is None:
                break
    assert len(found) == 12
    assert all(set(wanted) <= set(row) for row in found)
    typed = re.findall(r'\{"(\w+)", (?:type )?([\w.]+)\}', snippet)
    assert {name for name, _ in typed} <= set(wanted)
    assert all(date.fromisoformat(row["since"]) < date.fromisoformat(row["until"]) for row in found)


def test_no_example_names_an_address_or_token_of_anybody() -> None:
    for path in EXAMPLES.iterdir():
        content = path.read_text(encoding="utf-8")
        assert set(re.findall(r"https?://([\w.-]+)", content)) <= {"resonanz.example"}, path
        assert not re.search(r"rsz_\w{10}", content)
