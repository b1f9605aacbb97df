"""Files read again, over one another, half, and in masses."""

import gc
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.base import Nothing, connector
from connectors.errors import BadAnswer, CursorExpired
from connectors.files import Files, reading

HEADER = "id,kind,time,room,person,object\n"


def line(number):
    return f"{number},view,2026-03-02T10:00:00Z,HR,ada,p{number}\n"


def test_the_same_file_twice_is_read_once_whatever_its_name(folder):
    files = folder()
    files.write("a.csv", HEADER + line(1))
    assert len(files.activities()) == 1
    assert files.activities() == []
    files.write("b.csv", HEADER + line(1))
    pages = files.pages()
    assert [activity for page in pages for activity in page.activities] == []
    assert pages[-1].skipped == {"file_read_before": 2}


def test_files_that_overlap_give_the_same_keys(folder):
    files = folder()
    files.write("march.csv", HEADER + line(1) + line(2))
    first = files.activities()
    files.write("april.csv", HEADER + line(2) + line(3))
    second = files.activities()
    assert first[1] == second[0]
    assert len({activity.key for activity in first + second}) == 3


def test_a_reading_that_broke_off_goes_on_at_the_next_line(folder, monkeypatch):
    monkeypatch.setattr(reading, "PAGE", 2)
    files = folder()
    files.write("a.csv", HEADER + "".join(line(number) for number in range(1, 6)))
    pages = files.connect().read("files", None)
    first = next(pages)
    assert [activity.object for activity in first.activities] == ["p1", "p2"]
    files.cursor = first.cursor
    assert [activity.object for activity in files.activities()] == ["p3", "p4", "p5"]


def test_every_page_may_be_the_last_one_stored(folder, monkeypatch):
    monkeypatch.setattr(reading, "PAGE", 2)
    files = folder()
    bad = "x,view,yesterday,HR,ada,p\n"
    files.write("a.csv", HEADER + line(1) + bad + line(2))
    files.write("b.csv", HEADER + line(3))
    whole = files.pages()
    objects = [activity.object for page in whole for activity in page.activities]
    assert objects == ["p1", "p2", "p3"]
    for cut in range(len(whole)):
        stored = [activity.object for page in whole[: cut + 1] for activity in page.activities]
        files.cursor = whole[cut].cursor
        assert stored + [activity.object for activity in files.activities()] == objects


def test_a_changed_file_is_read_anew_and_closes_the_gaps_of_the_old_one(folder):
    files = folder()
    files.write("a.csv", HEADER + line(1) + "2,view,,HR,ada,p2\n")
    (gap,) = files.gaps()
    assert (gap.room, gap.reason) == (None, "no_time")
    assert gap.object.endswith(":3")
    assert files.memory.open == {(None, gap.object)}
    files.pages()
    assert files.memory.open == {(None, gap.object)}
    files.write("a.csv", HEADER + line(1) + line(2))
    assert [activity.object for activity in files.activities()] == ["p1", "p2"]
    assert files.memory.open == set()


def test_a_refused_file_is_a_gap_until_it_is_gone(folder):
    files = folder()
    file = files.write("secret name.csv", b"PK\x03\x04")
    (gap,) = files.gaps()
    assert gap.reason == "packed"
    assert "secret" not in str(gap)
    files.pages()
    assert files.memory.open == {(None, gap.object)}
    file.unlink()
    files.pages()
    assert files.memory.open == set()


def test_rejected_lines_are_counted_by_reason(folder):
    files = folder()
    files.write("a.csv", HEADER + "1,view,,HR,ada,p\n2,view,,HR,ada,p\n3,fly,2026-03-02T10:00Z,HR,ada,p\n")
    (page, *_) = files.pages()
    assert page.skipped == {"rejected_no_time": 2, "rejected_kind_not_known": 1}


def test_gaps_of_one_file_are_bounded_and_all_lines_counted(folder, monkeypatch):
    monkeypatch.setattr(reading, "GAPS", 3)
    files = folder()
    files.write("a.csv", HEADER + "1,view,,HR,ada,p\n" * 10)
    pages = files.pages()
    assert sum(len(page.gaps) for page in pages) == 3
    assert sum(page.skipped.get("rejected_no_time", 0) for page in pages) == 10


def test_links_and_other_files_are_left_alone(folder, tmp_path):
    files = folder()
    outside = tmp_path / "outside.csv"
    outside.write_text(HEADER + line(1))
    (files.path / "link.csv").symlink_to(outside)
    files.write("notes.docx", b"x")
    files.write(".hidden.csv", HEADER + line(2))
    pages = files.pages()
    assert [activity for page in pages for activity in page.activities] == []
    assert pages[-1].skipped == {"other_file": 2}


def test_a_file_changed_while_it_is_read_is_read_again_later(folder):
    files = folder()
    file = files.write("a.csv", HEADER + line(1))
    pages = files.connect().read("files", None)
    next(pages)
    file.write_text(HEADER + line(1) + line(2))
    with pytest.raises(BadAnswer, match="changed"):
        list(pages)


def test_a_foreign_cursor_is_expired(folder):
    files = folder()
    for cursor in ("", "{}", "[]", '{"form":2,"done":[],"current":null,"lines":0}', "7"):
        with pytest.raises(CursorExpired):
            list(files.connect().read("files", cursor))


def test_parquet_is_read_like_csv(folder):
    files = folder()
    columns = ["id", "kind", "time", "room", "person", "object"]
    values = [line(number).strip().split(",") for number in (1, 2)]
    pq.write_table(
        pa.table({name: [row[place] for row in values] for place, name in enumerate(columns)}),
        files.path / "a.parquet",
    )
    from_parquet = files.activities()
    (files.path / "a.parquet").unlink()
    files.write("a.csv", HEADER + line(1) + line(2))
    assert files.activities() == from_parquet


def test_memory_does_not_grow_with_the_file(folder):
    def held(lines):
        """The most that was held with a page, and the most there was at any time."""
        files = folder()
        files.write("a.csv", HEADER + "".join(line(number) for number in range(lines)))
        connected = files.connect()
        most = 0
        gc.freeze()  # what other tests left is not searched again for each page
        tracemalloc.start()
        try:
            for _ in connected.read("files", None):
                gc.collect()
                most = max(most, tracemalloc.get_traced_memory()[0])
            return most, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.unfreeze()

    held(4_000)
    (small, small_peak), (large, large_peak) = held(4_000), held(18_000)
    # Less than a reference alone would take, were one kept for each of the 14,000 further lines.
    assert large - small < 14_000 * 8
    # A page is larger in the large file; the lines themselves would take twice as much.
    assert large_peak - small_peak < 14_000 * 60


def test_a_check_says_what_would_be_taken_and_where_to_look(folder):
    files = folder()
    assert not files.connect().check().ok
    files.write("a.csv", HEADER + line(1) + "2,view,,HR,ada,p2\n")
    files.write("b.csv", HEADER + line(3))
    files.write("c.csv", b"\x1f\x8b")
    check = files.connect().check()
    wrong, right, refused = check.findings
    assert (wrong.ok, right.ok, refused.ok) == (False, True, False)
    assert "1 rejected: no_time (1)" in wrong.detail
    assert "line 3" in (wrong.remedy or "")
    assert "unpack" in (refused.remedy or "")
    assert check.visible_rooms == 1


def test_the_connector_is_found_by_its_entry_point(folder):
    files = folder()
    found = connector("files")
    assert found is Files
    connected = found.connect({"path": str(files.path), "format": "activities"}, Nothing())
    assert connected.requests() == 0
    assert connected.streams() == ("files",)
    connected.close()
