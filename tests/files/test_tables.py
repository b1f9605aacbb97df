"""Tables as spreadsheets, exports and attackers write them."""

import io
import tracemalloc
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.tables import LONGEST, Invalid, Rejected, Unreadable, is_formula, opened, whole


def rows(path, largest=10**9):
    return list(opened(path, largest).rows())


@pytest.fixture
def file(tmp_path):
    def write(content, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_separator_and_line_end_gives_the_same(file, encoding, separator, end):
    lines = [f"name{separator}Größe", f"München{separator}äöüß", ""]
    assert rows(file(end.join(lines).encode(encoding))) == [(2, {"name": "München", "Größe": "äöüß"})]


def test_cells_in_quotes_hold_separators_quotes_and_line_ends(file):
    found = rows(file('a,b\n"1,2","say ""hi""\nthere"\n3,4\n'))
    assert found == [(2, {"a": "1,2", "b": 'say "hi"\nthere'}), (4, {"a": "3", "b": "4"})]


def test_the_separator_told_for_excel_is_no_header(file):
    assert rows(file("sep=;\na;b\n1;2\n")) == [(3, {"a": "1", "b": "2"})]


def test_a_stray_quote_costs_its_own_line_only(file):
    found = rows(file('a,b\n1,"2\n3,4\n5,6\n'))
    assert found == [Rejected(2, "broken_quotes"), (3, {"a": "3", "b": "4"}), (4, {"a": "5", "b": "6"})]


def test_two_stray_quotes_do_not_swallow_what_is_between_them(file):
    found = rows(file('a,b\n1,2"\n3,4\n5",6\n7,8\n'))
    assert [one for one in found if not isinstance(one, Rejected)] == [
        (3, {"a": "3", "b": "4"}),
        (5, {"a": "7", "b": "8"}),
    ]


def test_a_huge_line_is_rejected_without_being_held(file):
    path = file(b"a,b\n1,2\n" + b"x" * (8 * LONGEST) + b"\n3,4\n")
    tracemalloc.start()
    try:
        found = rows(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == [(2, {"a": "1", "b": "2"}), Rejected(3, "line_too_long"), (4, {"a": "3", "b": "4"})]
    assert peak < 6 * LONGEST


def test_a_huge_line_within_open_quotes_loses_neither_what_was_before_nor_after(file):
    found = rows(file(b'a,b\n"1,2\n5,6\n' + b"x" * (2 * LONGEST) + b"\n3,4\n"))
    assert found == [
        Rejected(2, "broken_quotes"),
        (3, {"a": "5", "b": "6"}),
        Rejected(4, "line_too_long"),
        (5, {"a": "3", "b": "4"}),
    ]


def test_empty_lines_are_no_lines(file):
    assert rows(file("a,b\n\n,\n1,2\n\n")) == [(4, {"a": "1", "b": "2"})]


def test_a_byte_that_is_no_letter_rejects_its_line(file):
    assert rows(file(b"a,b\n\x81,2\n3,\xe4\n")) == [Rejected(2, "undecodable"), (3, {"a": "3", "b": "ä"})]


@pytest.mark.parametrize(
    ("cell", "is_one"),
    [
        ("=1+1", True), ("@SUM(A1)", True), ("+49 89 1", True), ("-cmd|' /C calc'!A0", True), ("\t=1", True),
        ("-5", False), ("+3,5", False), ("a=b", False), ("", False), ("p-1", False),
    ],
)  # fmt: skip
def test_formulas_are_told_from_numbers_and_text(cell, is_one):
    assert is_formula(cell) is is_one


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n1,2\n", "no_header"),
        (b"PK\x03\x04rest", "packed"),
        (b"\x1f\x8brest", "packed"),
        (b"a,b\n\0\0\n", "no_table"),
        (b"a,A\n1,2\n", "header_repeated"),
        (b"PAR1 but no more", "damaged"),
        (",".join(f"c{n}" for n in range(501)).encode() + b"\n1\n", "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(file, content, reason):
    with pytest.raises(Unreadable) as told:
        rows(file(content))
    assert told.value.reason == reason


def test_a_zip_bomb_is_not_opened(file):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 50_000_000)
    with pytest.raises(Unreadable, match="packed"):
        rows(file(packed.getvalue(), "a.csv"))


def test_a_file_beyond_the_largest_size_is_refused(file):
    path = file("a,b\n" + "1,2\n" * 100)
    assert len(rows(path, 404)) == 100
    with pytest.raises(Unreadable, match="too_large"):
        rows(path, 403)


def test_a_small_parquet_file_that_unpacks_to_much_is_refused(tmp_path):
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"a": ["x" * 1000] * 1_000_000}), path, compression="zstd")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(Unreadable, match="too_large"):
        rows(path, 900_000)


def test_parquet_gives_rows_with_their_types(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "=1"]}), path)
    assert rows(path) == [(1, {"a": 1, "b": "x"}), Rejected(2, "formula")]


def test_whole_numbers_are_read_in_both_languages():
    assert [whole(one) for one in ("1234", "1.234", "1,234", "1 234 567", 7, "", None)] == [
        1234, 1234, 1234, 1234567, 7, None, None,
    ]  # fmt: skip
    for wrong in ("1.5", "-3", "1e3", "12.34", "1,23,456", True, 1.5):
        with pytest.raises(Invalid):
            whole(wrong)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 99), st.text('ab",;\n\r ', max_size=8).filter(lambda text: not is_formula(text))
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_a_spreadsheet_writes_is_read_back(tmp_path_factory, cells):
    import csv

    path = tmp_path_factory.mktemp("sheet") / "a.csv"
    with path.open("w", newline="") as sheet:
        writer = csv.writer(sheet)
        writer.writerow(["n", "text"])
        writer.writerows(cells)
    found = rows(path)
    assert found == [
        (line, {"n": str(n), "text": text}) for (line, _), (n, text) in zip(found, cells, strict=True)
    ]


@given(st.binary(max_size=400))
def test_no_bytes_whatever_break_the_reading(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("noise") / "a.csv"
    path.write_bytes(b"a,b\n" + content)
    if b"\0" in content:
        with pytest.raises(Unreadable, match="no_table"):
            rows(path)
    else:
        numbers = [one.line if isinstance(one, Rejected) else one[0] for one in rows(path)]
        assert numbers == sorted(set(numbers))
