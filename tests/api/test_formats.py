"""Every listing in every format: read back by readers of others, cell by cell, the same and nothing more is shown."""

import csv
import io
import json
from datetime import UTC, date, datetime
from math import isclose
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from httpx import Client, Response

API = "/api/v1"
KEYS = {f"{API}/milestones/{{key}}/changes": "relaunch", f"{API}/surveys/{{key}}/answers": "first"}
FORMULA = '=HYPERLINK("https://evil.example";"here")'
RISKY = ("=", "+", "-", "@", "\t", "\r")
Cell = str | float | bool | None


def listings(app: FastAPI) -> list[str]:
    """Every route that offers a CSV, as the description has it: a new one is tested without being listed here."""
    described = app.openapi()["paths"]
    return [
        path
        for path, operations in described.items()
        if "text/csv" in operations["get"]["responses"]["200"]["content"]
    ]


def everything(client: Client, path: str) -> list[dict[str, Any]]:
    """All rows as JSON, page by page."""
    url, rows = f"{path}?limit=150", []
    while True:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["rows"]
        if "next" not in answer.links:
            return rows
        url = answer.links["next"]["url"]


def plain(value: Any) -> Cell:
    """A value of JSON as one cell, written down here independently of the service."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value) or None
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if value else None
    return None if value == "" else value  # an empty text and nothing are the same cell


def labels(rows: list[dict[str, Any]]) -> set[str]:
    """The columns in which words stand in both languages."""
    both = {"de", "en"}
    return {
        name for row in rows for name, value in row.items() if isinstance(value, dict) and set(value) == both
    }


def flat(row: dict[str, Any], words: set[str]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for name, value in row.items():
        if name in words:
            cells |= {f"{name}_{code}": plain(value and value[code]) for code in ("de", "en")}
        else:
            cells[name] = plain(value)
    return cells


def same(shown: Any, wanted: Cell) -> bool:
    """Whether a cell that was read says what JSON says."""
    if isinstance(shown, datetime):
        moment = shown if shown.tzinfo else shown.replace(tzinfo=UTC)
        if isinstance(wanted, str) and len(wanted) == 10:
            return moment.date() == date.fromisoformat(wanted)
        told = datetime.fromisoformat(str(wanted))
        return abs((moment - told).total_seconds()) < 1
    if isinstance(shown, date):
        return shown.isoformat() == wanted
    if isinstance(shown, bool) or isinstance(wanted, bool):
        return shown is wanted
    if isinstance(shown, int | float) and isinstance(wanted, int | float):
        return isclose(shown, wanted, rel_tol=1e-14)  # a workbook holds 16 digits
    return (shown or None) == wanted


def typed(text: str, wanted: Cell) -> Any:
    """A cell of a CSV, which knows text only."""
    if text == "":
        return None
    if isinstance(wanted, bool):
        return {"true": True, "false": False}[text]
    if isinstance(wanted, int | float):
        return float(text)
    if text.startswith("'") and text[1:].startswith(RISKY):
        return text[1:]
    return text.replace("Z", "+00:00") if isinstance(wanted, str) and wanted.endswith("Z") else text


def of_csv(answer: Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline="")))


def of_german_csv(answer: Response) -> list[dict[str, str]]:
    """As a German Excel reads it: a byte order mark, semicolons, decimal commas."""
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))


def of_xlsx(answer: Response) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    head, *lines = sheet.iter_rows()
    for line in lines:
        for cell in line:
            assert cell.data_type != "f", cell.coordinate
            assert cell.hyperlink is None
            if isinstance(cell.value, str) and cell.value.startswith(RISKY):
                assert cell.quotePrefix, cell.coordinate
    names = [str(cell.value) for cell in head]
    return [dict(zip(names, (cell.value for cell in line), strict=True)) for line in lines]


def of_parquet(answer: Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    return rows


def test_every_format_shows_and_hides_the_same(served: Any, analyst: Client) -> None:
    hidden = 0
    paths = listings(served[0])
    assert len(paths) >= 22
    for template in paths:
        path = template.replace("{key}", KEYS.get(template, ""))
        rows = everything(analyst, path)
        wanted = [flat(row, labels(rows)) for row in rows]
        assert wanted, path
        texts = of_csv(analyst.get(path, params={"format": "csv"}))
        german = of_german_csv(analyst.get(path, params={"dialect": "excel-de"}))
        sheets = of_xlsx(analyst.get(path, params={"format": "xlsx"}))
        columns = of_parquet(analyst.get(path, headers={"Accept": "application/vnd.apache.parquet"}))
        assert len(texts) == len(german) == len(sheets) == len(columns) == len(wanted), path
        for place, row in enumerate(wanted):
            for name, value in row.items():
                where = (path, place, name, value)
                text, comma = texts[place][name], german[place][name]
                if isinstance(value, float) and not value.is_integer():
                    assert "," in comma, where
                if isinstance(value, int | float) and not isinstance(value, bool):
                    comma = comma.replace(",", ".")
                assert same(typed(text, value), moment(value)), where
                assert same(typed(comma, value), moment(value)), where
                assert same(sheets[place][name], value), where
                assert same(columns[place][name], value), where
            if row.get("suppressed"):
                hidden += 1
                value = row.get("value", row.get("level", row.get("median")))
                assert value is None
            assert texts[place]["synthetic"] == "false"
    assert hidden > 100


def moment(value: Cell) -> Cell:
    return (
        value.replace("Z", "+00:00")
        if isinstance(value, str) and value.endswith("Z") and "T" in value
        else value
    )


def test_a_file_says_where_it_is_from(analyst: Client) -> None:
    answer = analyst.get(f"{API}/measurements?format=csv&metric=active_share&window=week&scope=room")
    publication = analyst.get(f"{API}/publication").json()["publication"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="resonanz-acme-measurements.csv"'
    assert answer.headers["Resonanz-Data-Until"] == publication["data_until"]
    assert answer.headers["Resonanz-Data-Age-Days"] == str(publication["data_age_days"])
    for row in of_csv(answer):
        assert row["organisation"] == "acme"
        assert row["publication_id"] == str(publication["id"])
        assert row["publication_data_until"] == publication["data_until"]
        assert row["catalogue_version"] == publication["catalogue_version"]
    levels = of_csv(analyst.get(f"{API}/assessment/levels?format=csv"))
    assert {row["model_version"] for row in levels} == {
        analyst.get(f"{API}/assessment/levels").json()["basis"]["model_version"]
    }


def test_what_people_wrote_is_never_a_formula(analyst: Client) -> None:
    for path, name in ((f"{API}/rooms", "label"), (f"{API}/fields", "title")):
        assert FORMULA in {row[name] for row in everything(analyst, path)}
        for answer, reader in (
            (analyst.get(path, params={"format": "csv"}), of_csv),
            (analyst.get(path, params={"dialect": "excel-de"}), of_german_csv),
        ):
            rows = reader(answer)
            assert f"'{FORMULA}" in {row[name] for row in rows}
            assert not [
                text for row in rows for text in row.values() if text.startswith(("=", "+", "@", "\t", "\r"))
            ]
        assert FORMULA in {row[name] for row in of_xlsx(analyst.get(path, params={"format": "xlsx"}))}


def test_the_same_file_has_the_same_bytes(analyst: Client) -> None:
    for form in ("csv", "xlsx", "parquet"):
        first, second = (analyst.get(f"{API}/rooms", params={"format": form}) for _ in range(2))
        assert first.content == second.content
        assert first.headers["ETag"] == second.headers["ETag"]
        again = analyst.get(
            f"{API}/rooms", params={"format": form}, headers={"If-None-Match": first.headers["ETag"]}
        )
        assert again.status_code == 304


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0, */*", "application/json"),
        ("application/vnd.apache.parquet, */*;q=0.1", "application/vnd.apache.parquet"),
        ("text/csv;q=much", "application/json"),
        ("image/png", "application/json"),
    ],
)
def test_the_accept_header_chooses(analyst: Client, accept: str, media: str) -> None:
    assert analyst.get(f"{API}/coverage", headers={"Accept": accept}).headers["content-type"] == media


def test_a_dialect_is_for_csv(analyst: Client) -> None:
    answer = analyst.get(f"{API}/rooms?format=xlsx&dialect=excel-de")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:resonanz:problem:no-dialect")


def test_a_file_is_whole_or_refused(analyst: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.api.listing.WHOLE", 100)
    refused = analyst.get(f"{API}/measurements?format=csv")
    assert refused.status_code == 422
    assert "take it page by page with `limit`" in refused.json()["detail"]
    page = analyst.get(f"{API}/measurements?format=csv&limit=100")
    assert len(of_csv(page)) == 100
    assert page.links["next"]["url"].startswith(f"{API}/measurements?format=csv&limit=100&cursor=")
