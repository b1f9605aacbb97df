"""Answers given elsewhere: taken over whole or not at all, once, and without anything about who gave them."""

import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import select

from service.database import transaction
from service.errors import Conflict, Invalid
from service.models import Response, SurveyImport
from service.surveys.imports.check import Checked, check, take_over
from service.surveys.imports.limesurvey import fetch
from service.surveys.imports.mapping import ColumnMapping, read_mapping
from service.surveys.imports.reading import read

QUESTION = "People answer each other (de)"


def excel(path: Path, rows: list[list[str]], name: str = "Form1") -> Path:
    """As Microsoft Forms writes it: one sheet, texts inline."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for column, cell in enumerate(row)
            if cell
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{kinds}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    return path


FORMS = [
    ["ID", "Startzeit", "E-Mail", "Name", QUESTION, "Mistakes may be told (en).", "Bereich"],
    ["1", "2026-11-02 09:00", "ada@example.org", "Ada", "rather (de)", "2", "Vertrieb"],
    ["2", "2026-11-02 09:05", "bob@example.org", "Bob", "Don’t know, can not judge (en)", "", "IT"],
    ["3", "2026-11-02 09:07", "eve@example.org", "Eve", "", "", "IT"],
]
BY_COLUMN = ColumnMapping.model_validate(
    {"group": {"column": "Bereich", "values": {"Vertrieb": "sales", "IT": "it"}}}
)


@pytest.fixture
def house(house: Any) -> Any:
    house.create({"sales": 20, "it": 10}, it="leaders")
    house.start()
    return house


def looked_at(house: Any, path: Path, mapping: ColumnMapping, group: str | None = None) -> Checked:
    with transaction(house.engine) as session:
        return check(session, house.round(session), read(path, mapping.sheet), mapping, group)


def taken(house: Any, checked: Checked) -> int:
    with transaction(house.engine) as session:
        return take_over(session, house.round(session), checked)


def stored(house: Any) -> list[dict[str, Any]]:
    with transaction(house.engine) as session:
        found = [dict(one) for one in session.scalars(select(Response.answers))]
    return sorted(found, key=json.dumps)


def test_microsoft_forms_is_read_by_the_texts_of_its_columns(house, tmp_path):
    checked = looked_at(house, excel(tmp_path / "forms.xlsx", FORMS), BY_COLUMN)
    assert checked.faults == []
    assert checked.questions == {QUESTION: "culture_1", "Mistakes may be told (en).": "culture_2"}
    assert checked.ignored == ["ID", "Startzeit", "E-Mail", "Name"]
    assert (checked.by_group, checked.empty) == ({"sales": 1, "it": 1}, 1)
    assert taken(house, checked) == 2
    assert stored(house) == [{"culture_1": "dont_know"}, {"culture_1": 4, "culture_2": 2}]


def test_nothing_of_a_person_is_stored(house, tmp_path):
    taken(house, looked_at(house, excel(tmp_path / "forms.xlsx", FORMS), BY_COLUMN))
    house.engine.dispose()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("resonanz.db*"))
    for trace in (b"ada@example.org", b"09:05", b"Eve"):
        assert trace not in content


LIME = """\
"id";"submitdate";"G01Q01[SQ001]";"G01Q01[SQ002]";"comment"
"1";"2026-11-02 09:00:00";"A1";"A5";"=1+1
more"
"2";"";"A1";"";""
"3";"2026-11-02 10:00:00";"N";"A3";"- fine"
"""
TOML = """\
complete = "submitdate"
[columns]
"G01Q01[SQ001]" = "culture_1"
"G01Q01[SQ002]" = "culture_3"
[values]
A1 = 1
A3 = 3
A5 = 5
N = "not_applicable"
"""


def test_limesurvey_csv_is_read_by_a_mapping(house, tmp_path):
    (tmp_path / "lime.csv").write_text(LIME, encoding="utf-8-sig")
    (tmp_path / "map.toml").write_text(TOML)
    checked = looked_at(house, tmp_path / "lime.csv", read_mapping(tmp_path / "map.toml"), "sales")
    assert (checked.faults, checked.unfinished, checked.by_group) == ([], 1, {"sales": 2})
    taken(house, checked)
    assert stored(house) == [
        {"culture_1": "not_applicable", "culture_3": 3},
        {"culture_1": 1, "culture_3": 5},
    ]


def test_every_fault_is_told_with_line_and_column_and_nothing_is_stored(house, tmp_path):
    (tmp_path / "a.csv").write_text(
        "culture_1,culture_5,Bereich\n3,,sales\nmaybe,,sales\n6,2,sales\n\n4,,nowhere\n", encoding="cp1252"
    )
    mapping = ColumnMapping.model_validate({"group": {"column": "Bereich"}})
    checked = looked_at(house, tmp_path / "a.csv", mapping)
    assert [(fault.line, fault.column) for fault in checked.faults] == [
        (3, "culture_1"),
        (4, "culture_1"),
        (4, "culture_5"),
        (6, "Bereich"),
    ]
    assert "line 3, column 'culture_1': 'maybe' is no answer" in str(checked.faults[0])
    with pytest.raises(Invalid, match="4 faults"):
        taken(house, checked)
    assert stored(house) == []


def test_lines_are_counted_as_excel_shows_them(house, tmp_path):
    rows = [[""], ["culture_1"], ["3"], [""], ["seven"]]
    checked = looked_at(house, excel(tmp_path / "a.xlsx", rows), ColumnMapping(), "sales")
    assert [fault.line for fault in checked.faults] == [5]


def test_the_same_answers_are_taken_over_once_in_whatever_order(house, tmp_path):
    (tmp_path / "a.csv").write_text("culture_1\n3\n4\n")
    (tmp_path / "b.csv").write_text("culture_1;comment\n4;x\n3;y\n")
    taken(house, looked_at(house, tmp_path / "a.csv", ColumnMapping(), "sales"))
    with pytest.raises(Conflict, match="taken over before"):
        taken(house, looked_at(house, tmp_path / "b.csv", ColumnMapping(), "sales"))
    assert len(stored(house)) == 2
    with transaction(house.engine) as session:
        assert len(session.scalars(select(SurveyImport)).all()) == 1


def test_more_answers_than_people_are_refused(house, tmp_path):
    (tmp_path / "a.csv").write_text("culture_1\n" + "3\n" * 21)
    checked = looked_at(house, tmp_path / "a.csv", ColumnMapping(), "sales")
    assert ["20 people" in str(fault) for fault in checked.faults] == [True]


def test_a_closed_round_takes_nothing_over(house, tmp_path):
    (tmp_path / "a.csv").write_text("culture_1\n3\n")
    checked = looked_at(house, tmp_path / "a.csv", ColumnMapping(), "sales")
    house.close()
    with pytest.raises(Conflict, match="reopen"):
        taken(house, checked)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"a,a\n1,2\n", "stands over two columns"),
        (b'culture_1\n"3\n', "quotation marks do not close"),
        (b"culture_1\n3,4\n", "more cells than headings"),
        (b"PK\x03\x04nonsense", "damaged"),
        (b"\x00\x01\x02", "no table"),
        (b"name,mail\nx,y\n", "no column is known"),
        (b"culture_1,People answer each other (en)\n1,2\n", "both for the question 'culture_1'"),
    ],
)
def test_an_unfit_file_says_what_is_wrong(house, tmp_path, content, said):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(Invalid, match=said):
        looked_at(house, tmp_path / "a.csv", ColumnMapping(), "sales")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[columns]\nx = 3", "columns.x"),
        ("[values]\nyes = 9", "values.yes"),
        ("colums = {}", "colums"),
        ("[columns", "neither TOML nor JSON"),
    ],
)
def test_an_unfit_mapping_says_what_is_wrong(tmp_path, text, said):
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(Invalid, match=said):
        read_mapping(tmp_path / "m.toml")


def test_a_mapping_to_what_does_not_exist_is_refused(house, tmp_path):
    (tmp_path / "a.csv").write_text("x\n3\n")
    for columns, said in (({"y": "culture_1"}, "does not have"), ({"x": "nothing"}, "not asked")):
        with pytest.raises(Invalid, match=said):
            looked_at(house, tmp_path / "a.csv", ColumnMapping(columns=columns), "sales")
    with pytest.raises(Invalid, match="which group"):
        looked_at(house, tmp_path / "a.csv", ColumnMapping(columns={"x": "culture_1"}))


def test_a_file_that_unpacks_without_end_is_refused(house, tmp_path, monkeypatch):
    monkeypatch.setattr("service.surveys.imports.reading.UNPACKED", 1000)
    path = excel(tmp_path / "bomb.xlsx", [["culture_1"], *[["3"]] * 500])
    with pytest.raises(Invalid, match="unpacks"):
        looked_at(house, path, ColumnMapping(), "sales")


class LimeSurvey(BaseHTTPRequestHandler):
    """Speaks enough of Remote Control 2 (JSON-RPC): sessions with a key, and responses of one survey."""

    responses: ClassVar[list[dict[str, str]]] = [
        {"id": "1", "submitdate": "2026-11-02", "Q1": "A1", "mail": "ada@example.org"},
        {"id": "2", "submitdate": "2026-11-02", "Q1": "", "mail": "bob@example.org"},
    ]
    asked: ClassVar[list[tuple[str, Any]]] = []
    open: ClassVar[set[str]] = set()

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method, params = request["method"], request["params"]
        type(self).asked.append((method, params))
        result = getattr(self, f"rpc_{method}")(*params)
        body = json.dumps({"id": request["id"], "result": result, "error": None}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def rpc_get_session_key(self, user: str, password: str, *_: str) -> Any:
        if (user, password) != ("reader", "secret"):
            return {"status": "Invalid user name or password"}
        self.open.add("key-1")
        return "key-1"

    def rpc_release_session_key(self, key: str) -> str:
        self.open.discard(key)
        return "OK"

    def rpc_export_responses(self, key: str, survey: int, kind: str, *more: Any) -> Any:
        from base64 import b64encode

        fields = more[-2] if isinstance(more[-2], list) else next(m for m in more if isinstance(m, list))
        rows = [{name: row[name] for name in fields if name in row} for row in self.responses]
        return b64encode(json.dumps({"responses": rows}).encode()).decode()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def limesurvey() -> Iterator[str]:
    LimeSurvey.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), LimeSurvey)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/admin/remotecontrol"
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_limesurvey_is_asked_for_the_mapped_columns_only(house, limesurvey):
    pytest.importorskip("citric")
    sheet = fetch(limesurvey, "reader", "secret", 7, ["Q1", "submitdate"])
    assert sheet.rows == [
        (2, {"Q1": "A1", "submitdate": "2026-11-02"}),
        (3, {"Q1": "", "submitdate": "2026-11-02"}),
    ]
    (exported,) = [params for method, params in LimeSurvey.asked if method == "export_responses"]
    assert ["Q1", "submitdate"] in exported
    assert "complete" in exported
    assert LimeSurvey.open == set()
    mapping = ColumnMapping.model_validate(
        {"columns": {"Q1": "culture_1"}, "values": {"A1": 1}, "complete": "submitdate"}
    )
    with transaction(house.engine) as session:
        checked = check(session, house.round(session), sheet, mapping, "sales")
    assert (checked.faults, checked.by_group, checked.empty) == ([], {"sales": 1}, 1)


def test_limesurvey_says_why_it_can_not_be_read(limesurvey):
    pytest.importorskip("citric")
    with pytest.raises(Invalid, match="refused"):
        fetch(limesurvey, "reader", "wrong", 7, ["Q1"])
    with pytest.raises(Invalid, match="https"):
        fetch("http://lime.example.org/admin/remotecontrol", "reader", "secret", 7, ["Q1"])
    with pytest.raises(Invalid, match="has no column 'Q9'"):
        fetch(limesurvey, "reader", "secret", 7, ["Q9"])
    with pytest.raises(Invalid, match="name the columns"):
        fetch(limesurvey, "reader", "secret", 7, [])
    with pytest.raises(Invalid, match="can not be reached"):
        fetch("http://127.0.0.1:9/admin/remotecontrol", "reader", "secret", 7, ["Q1"])
