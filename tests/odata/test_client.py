"""An independent client (python-odata) reflects the feed, filters, pages and counts."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import requests

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from odata.exceptions import ODataError
    from odata.service import ODataService

from service.odata.entities import SETS


@pytest.fixture(scope="module")
def connect(served: Any) -> Iterator[Any]:
    opened = []

    def make(name: str) -> Any:
        session = requests.Session()
        session.auth = ("any name", served.tokens[name])
        opened.append(session)
        return ODataService(
            f"{served.url}/odata/v1/", session=session, reflect_entities=True, quiet_progress=True
        )

    yield make
    for session in opened:
        session.close()


@pytest.fixture(scope="module")
def werra(connect: Any) -> Any:
    return connect("werra")


def test_it_reflects_every_set_with_its_properties_and_key(werra: Any) -> None:
    assert set(werra.entities) == set(SETS)
    for name, entity in werra.entities.items():
        schema = entity.__odata_schema__
        assert [one["name"] for one in schema["properties"]] == list(SETS[name].properties)
        assert {one["name"] for one in schema["properties"] if one["is_primary_key"]} == set(SETS[name].key)


def test_it_filters(served: Any, werra: Any) -> None:
    cell = werra.entities["Measurements"]
    everything = served.listed("measurements")

    def found(*filters: Any) -> list[tuple[str, str, float | None]]:
        query = werra.query(cell)
        for one in filters:
            query = query.filter(one)
        return [(one.scope_key, one.since, one.value) for one in query]

    def wanted(fits: Any) -> list[tuple[str, str, float | None]]:
        return [(row["scope_key"], row["since"], row["value"]) for row in everything if fits(row)]

    assert found(cell.scope == "room") == wanted(lambda row: row["scope"] == "room")
    assert found(cell.scope_key == "wiki/O'N %", cell.suppressed == False) == wanted(  # noqa: E712
        lambda row: row["scope_key"] == "wiki/O'N %"
    )
    assert found(cell.scope_key.startswith("wiki/")) == wanted(
        lambda row: row["scope_key"].startswith("wiki/")
    )
    assert found(cell.scope_key.contains("AL")) == wanted(lambda row: "AL" in row["scope_key"])
    either = werra.query(cell).or_(cell.state == "suppressed", cell.state == "unknown")
    assert found(either) == wanted(lambda row: row["state"] != "published")
    assert len(found(cell.state == "suppressed")) == 4
    assert found(cell.people > 100) == wanted(lambda row: (row["people"] or 0) > 100)


def test_it_pages_through_everything_without_gap_or_double(served: Any, connect: Any) -> None:
    fulda = connect("fulda")
    found = [(one.scope_key, one.since, one.value) for one in fulda.query(fulda.entities["Measurements"])]
    listed = served.listed("measurements?limit=1000", "fulda")
    assert found == [(row["scope_key"], row["since"], row["value"]) for row in listed]
    assert len(found) == 2300  # three pages


def test_it_counts_orders_selects_and_skips(werra: Any, connect: Any) -> None:
    fulda = connect("fulda")
    cell = fulda.entities["Measurements"]
    assert fulda.query(cell).count() == 2300
    assert fulda.query(cell).filter(cell.scope_key == "fulda/7").count() == 46
    ordered = fulda.query(cell).order_by(cell.scope_key.desc(), cell.since.asc()).limit(60)
    keys = [(one.scope_key, one.since) for one in ordered]
    assert [key for key, _ in keys] == ["fulda/9"] * 46 + ["fulda/8"] * 14
    assert [day for key, day in keys if key == "fulda/9"] == sorted(
        day for key, day in keys if key == "fulda/9"
    )
    skipped = fulda.query(cell).order_by(cell.scope_key.desc(), cell.since.asc()).offset(40).limit(20)
    assert [(one.scope_key, one.since) for one in skipped] == keys[40:]
    room = werra.entities["Rooms"]
    assert werra.query(room).select(room.key, room.label).first() == {
        "key": "wiki/ALL",
        "label": "Alle reden mit",
    }


def test_it_finds_one_row_by_its_key(werra: Any) -> None:
    room, line = werra.entities["Rooms"], werra.entities["Coverage"]
    assert werra.query(room).get("wiki/HR").label == "HR"
    first = werra.query(line).first()
    assert werra.query(line).get(source=first.source, kind=first.kind).share == first.share


def test_it_is_told_what_was_wrong(werra: Any) -> None:
    cell = werra.entities["Measurements"]
    with pytest.raises(ODataError, match=r"HTTP 400 .* malformed .* compares a text with a number"):
        werra.query(cell).filter("metric eq 5").all()
    with pytest.raises(ODataError, match=r"HTTP 501 .* not-offered .* \$apply is not offered"):
        werra.query(cell).apply("aggregate(value with sum as total)").all()
    with pytest.raises(ODataError, match="HTTP 405"):
        werra.default_context.connection.execute_delete(f"{werra.url}Rooms('wiki%2FHR')")
