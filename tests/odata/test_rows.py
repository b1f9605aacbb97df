"""What the feed shows is what the JSON API shows, cell by cell, and nothing besides."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from service.database import transaction
from service.models import Organisation
from service.odata.entities import SETS
from service.odata.sets import READ

JUDGED = [name for name, one in SETS.items() if "state" in one.properties]


def same(row: dict[str, Any], listed: dict[str, Any], *, without: tuple[str, ...] = ()) -> None:
    """Every property that both have is the same."""
    for name, value in list(listed.items()):
        if isinstance(value, dict) and value.keys() == {"de", "en"}:
            listed = listed | {f"{name}_de": value["de"], f"{name}_en": value["en"]}
    common = (row.keys() & listed.keys()) - set(without)
    assert len(common) >= 4
    assert {name: row[name] for name in common} == {name: listed[name] for name in common}


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("Measurements", "measurements"),
        ("Rooms", "rooms"),
        ("Coverage", "coverage"),
        ("SurveyResults", "surveys/werra-2026/answers"),
        ("SurveyRounds", "surveys"),
        ("Milestones", "milestones"),
        ("Metrics", "metrics"),
    ],
)
def test_rows_are_those_of_the_json_api_in_the_same_order(served: Any, name: str, route: str) -> None:
    rows, listed = served.rows(name), served.listed(route)
    assert len(rows) == len(listed) > 0
    for row, other in zip(rows, listed, strict=True):
        same(row, other, without=("scopes", "windows", "time"))


def test_all_cells_of_a_large_grid_are_the_same(served: Any) -> None:
    rows, listed = served.rows("Measurements", "fulda"), served.listed("measurements?limit=1000", "fulda")
    assert len(rows) == len(listed) == 2300
    assert [(row["scope_key"], row["since"], row["value"], row["people"]) for row in rows] == [
        (row["scope_key"], row["since"], row["value"], row["people"]) for row in listed
    ]


def test_dimension_results_are_those_of_the_assessment(served: Any) -> None:
    rows = served.rows("DimensionResults")
    made = served.get("/api/v1/assessment").json()["assessment"]
    strands = [(one, strand) for one in made["dimensions"] for strand in one["strands"]]
    assert len(rows) == len(strands) == 21
    for row, (one, strand) in zip(rows, strands, strict=True):
        for name in ("kind", "level", "low", "high", "coverage", "people"):
            assert row[name] == strand[name]
        for name in ("dimension", "weight", "staged", "agreement", "difference", "lowest", "highest"):
            assert name not in row or row[name] == one[name]
        assert row["reason"] == strand["insufficient"]
        assert row["unknown"] is (strand["level"] is None)
        chances = strand["probability"] or {}
        assert [row[f"probability_{level}"] for level in range(1, 6)] == [
            chances.get(str(level)) for level in range(1, 6)
        ]
    assert {row["kind"] for row in rows} == {"told", "observed", "documented"}
    assert {row["model_version"] for row in rows} == {made["model_version"]}
    (level,) = [row for row in rows if row["level"] is not None]
    assert (level["dimension"], level["kind"], level["level"]) == ("culture", "told", 3.1)
    assert level["probability_3"] > 0.5


def test_the_publication_is_that_of_the_json_api(served: Any) -> None:
    (row,) = served.rows("Publications")
    told = served.get("/api/v1/publication").json()
    same(row, told["publication"], without=("created",))
    assert row["cells_suppressed"] == told["summary"]["suppressed"] == 4
    answer = served.get("Measurements?$top=1")
    assert answer.headers["Resonanz-Publication"] == str(row["id"])
    assert answer.headers["Resonanz-Minimum-Group"] == "10"


@pytest.mark.parametrize("name", JUDGED)
def test_what_is_hidden_is_null_and_says_why(served: Any, name: str) -> None:
    for row in served.rows(name):
        assert row["suppressed"] is (row["state"] == "suppressed")
        assert row["unknown"] is (row["state"] == "unknown")
        if row["state"] != "published":
            assert {row.get(one) for one in ("value", "mean", "top_two", "level", "share")} == {None}
        assert row["state"] == "published" or row["reason"], row


def test_draws_behind_a_mean_do_not_leave_the_house(served: Any) -> None:
    assert "draws" not in served.get("SurveyResults").text
    assert "draws" not in served.get("$metadata").text


def test_no_filter_order_or_count_tells_of_a_hidden_value(served: Any) -> None:
    """A suppressed value is null to every question one can put: there is no cell to be found by guessing."""
    everything = served.rows("Measurements")
    hidden = [row for row in everything if row["suppressed"]]
    assert len(hidden) == 4
    asked = "Measurements/$count?$filter=suppressed eq true and "
    for question in (
        "value ge 0",
        "value lt 10",
        "value eq 0.63",
        "people ge 0",
        "people eq 8",
        "not (value eq null)",
    ):
        assert served.get(asked + question).text == "0", question
    assert served.get(asked + "value eq null and people eq null").text == "4"
    for down in ("", " desc"):
        ordered = served.rows(f"Measurements?$orderby=value{down},people{down},scope_key,since")
        places = [place for place, row in enumerate(ordered) if row["value"] is None]
        assert places in (list(range(5)), list(range(len(ordered) - 5, len(ordered))))
    assert all(
        row in everything for row in served.rows("Measurements?$filter=scope eq 'room' and value gt 0")
    )


def test_the_expressions_to_filter_by_give_what_is_shown(served: Any) -> None:
    """The database's idea of each property is the one that is shown: otherwise a filter could tell more."""
    with transaction(served.engine) as session:
        organisation = session.scalars(select(Organisation).where(Organisation.key == "werra")).one()
        for name in ("Measurements", "Rooms", "SurveyResults"):
            rows = READ[name](session, organisation, None)
            assert list(rows.columns) == list(SETS[name].properties)
            asked = select(*(column.label(key) for key, column in rows.columns.items()))
            found = session.execute(asked.where(*rows.mine).order_by(rows.model.id)).mappings().all()
            shown = [one.row.model_dump() for one in rows.find((), (), after=0, skip=0, limit=1000)]
            assert len(found) == len(shown) > 2
            for one, row in zip(found, shown, strict=True):
                assert {key: one[key] for key in rows.columns} == {key: row[key] for key in rows.columns}


def test_a_page_goes_on_in_the_publication_it_began_in(served: Any) -> None:
    first = served.get(
        "Measurements?$filter=scope_key eq 'fulda/1'&$orderby=value", "fulda", Prefer="odata.maxpagesize=10"
    )
    assert first.headers["Preference-Applied"] == "odata.maxpagesize=10"
    following = first.json()["@odata.nextLink"]
    with served.client("fulda", Prefer="odata.maxpagesize=10") as client:
        second = client.get(following).json()
    values = [row["value"] for row in first.json()["value"] + second["value"]]
    assert len(values) == 20
    assert values == sorted(values)
    assert date.fromisoformat(second["value"][0]["since"])
