import json
import struct
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from deltalake import DeltaTable, write_deltalake

from connectors.activity import ContentType, Counter, CounterName, Kind, Reactors
from service.activity.erasure import ErasureIncomplete, verify
from service.activity.log import ActivityLog
from service.activity.pseudonym import Epoch, Keys, Pseudonymiser
from service.activity.rows import SCHEMA, Batch, to_arrow
from service.activity.state import Position
from service.delta import LogUnusable

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path):
    return ActivityLog(tmp_path / "the log ä 100% *'", "acme")


@pytest.fixture
def people():
    return Pseudonymiser(Keys((Epoch(1, date(2026, 1, 1), bytes(range(32))),)), "acme")


@pytest.fixture
def batch(people):
    def build(*entries, source="wiki", zone="Europe/Berlin"):
        made = Batch(source, people, ZoneInfo(zone))
        for entry in entries:
            match entry:
                case Reactors():
                    made.reactors(entry)
                case Counter():
                    made.counter(entry, "page", None)
                case _:
                    made.activity(entry)
        return made

    return build


def likes(*accounts, minutes=0, obj="p1"):
    return Reactors(obj, "HR", ContentType.PAGE, obj, frozenset(accounts), NOON + timedelta(minutes=minutes))


def read(log, columns, where="true"):
    with duckdb.connect() as connection:
        log.register(connection)
        return connection.execute(f"SELECT {columns} FROM log WHERE {where} ORDER BY ALL").fetchall()


def test_a_log_that_does_not_exist_is_empty_with_the_right_columns(log):
    with duckdb.connect() as connection:
        assert log.register(connection) is None
        described = connection.execute("DESCRIBE log").fetchall()
    assert [row[0] for row in described] == SCHEMA.names
    assert (log.version, log.positions("wiki"), log.touched_weeks()) == (None, {}, [])
    assert (log.compact(), log.vacuum(), log.erase([1]), log.remove("wiki")) == (0, 0, 0, 0)


@pytest.mark.parametrize("name", ["a[1]", "a]", "a%20b", "a?", "a#b", "a^", "a|b", "a\\b"])
def test_a_path_the_library_would_mistake_is_refused_at_once(tmp_path, name):
    with pytest.raises(LogUnusable, match="RESONANZ_LOG"):
        ActivityLog(tmp_path / name, "acme")


def test_a_stored_log_has_the_columns_of_an_empty_one(log, batch, act, tmp_path):
    described = []
    for some in (ActivityLog(tmp_path / "none", "acme"), log):
        with duckdb.connect() as connection:
            some.register(connection)
            described.append([row[:2] for row in connection.execute("DESCRIBE log").fetchall()])
        log.append("wiki", "content", 1, "a", batch(act("p1")))
    assert described[0] == described[1]
    assert DeltaTable(log.url).to_pyarrow_table().schema.equals(SCHEMA)


def test_rows_and_cursor_are_one_commit(log, batch, act):
    log.append("wiki", "content", 1, "a", batch(act("p1")))
    before = log.version
    appended = log.append("wiki", "content", 2, "b", batch(act("p2"), act("p3")))
    assert (appended.version, log.version) == (before + 1, before + 1)
    assert log.positions("wiki") == {"content": Position(2, "b")}
    assert DeltaTable(log.url).transaction_version("wiki/content") == 2


def test_a_key_is_stored_once_however_often_and_in_whatever_batch_it_comes(log, batch, act):
    first = log.append("wiki", "content", 1, "a", batch(act("p1"), act("p2"), act("p1")))
    second = log.append("wiki", "content", 2, "b", batch(act("p2"), act("p3", Kind.EDIT)))
    other = log.append("wiki", "comments", 1, "a", batch(act("p1")))
    assert first.stored == {("wiki/HR", "create"): 2}
    assert first.repeated == {("wiki/HR", "create"): 1}
    assert second.stored == {("wiki/HR", "edit"): 1}
    assert second.repeated == {("wiki/HR", "create"): 1}
    assert (other.stored.total(), other.repeated.total()) == (0, 1)
    assert read(log, "kind") == [("create",), ("create",), ("edit",)]


def test_the_same_key_on_two_sources_is_two_activities(log, batch, act):
    log.append("wiki", "content", 1, "a", batch(act("p1")))
    log.append("news", "content", 1, "x", batch(act("p1"), source="news"))
    assert read(log, "source, count(*)", "true GROUP BY source") == [("news", 1), ("wiki", 1)]
    assert log.positions("news") == {"content": Position(1, "x")}


def test_a_batch_that_landed_is_not_stored_again(log, batch, act):
    log.append("wiki", "content", 1, "a", batch(act("p1")))
    version = log.version
    again = log.append("wiki", "content", 1, "z", batch(act("p1"), act("p2")))
    assert (again.stored.total(), log.version) == (0, version)
    assert log.position("wiki", "content") == Position(1, "a")


def test_an_empty_batch_still_moves_the_cursor(log, batch):
    log.append("wiki", "content", 1, "a", batch())
    assert log.position("wiki", "content") == Position(1, "a")
    assert read(log, "*") == []


def test_one_reaction_key_of_two_people_is_two_reactions(log, batch, act):
    both = batch(act("like", Kind.REACT, "ada"), act("like", Kind.REACT, "bob"))
    assert log.append("wiki", "likes", 1, "a", both).stored.total() == 2


def test_likes_seen_missing_and_seen_again_are_told_apart(log, batch, people):
    ada, bob = people.person("ada", "wiki"), people.person("bob", "wiki")
    log.append("wiki", "likes", 1, "1", batch(likes("ada", "bob")))
    log.append("wiki", "likes", 2, "2", batch(likes("ada", "bob", minutes=1)))
    log.append("wiki", "likes", 3, "3", batch(likes("ada", minutes=2)))
    log.append("wiki", "likes", 4, "4", batch(likes("ada", minutes=3), likes("ada", "bob", minutes=4)))
    found = read(log, "person, kind, minute(happened), dated, object = thread")
    assert found == sorted(
        [
            (ada, "react", 0, False, True),
            (bob, "react", 0, False, True),
            (bob, "withdraw", 2, False, True),
            (bob, "react", 4, False, True),
        ]
    )


def test_an_older_sight_of_likes_changes_nothing(log, batch):
    log.append("wiki", "likes", 1, "1", batch(likes("ada", "bob", minutes=1), likes("ada", minutes=2)))
    again = log.append("wiki", "likes", 2, "2", batch(likes("ada", "bob", minutes=1), likes(minutes=0)))
    assert (again.stored.total(), again.repeated) == (0, {("wiki/HR", "react"): 2})


def test_what_is_seen_differently_in_one_second_is_not_undone_and_redone(log, batch):
    seen = [likes("ada", minutes=1), likes("bob", minutes=1)]
    once = log.append("wiki", "likes", 1, "1", batch(*seen))
    again = log.append("wiki", "likes", 2, "2", batch(*seen))
    assert (once.stored.total(), again.stored.total()) == (1, 0)


def test_dated_reactions_and_sights_of_them_go_together(log, batch, act):
    dated = act("like-1", Kind.REACT, "ada", object="p1", happened=NOON)
    log.append("wiki", "likes", 1, "1", batch(dated, likes("ada", minutes=5)))
    log.append("wiki", "likes", 2, "2", batch(likes(minutes=6)))
    log.append("wiki", "likes", 3, "3", batch(dated, likes("ada", minutes=7)))
    assert read(log, "minute(happened), kind") == [(0, "react"), (6, "withdraw"), (7, "react")]


def test_a_counter_is_kept_once_a_day_with_its_first_total(log, batch):
    def views(total, **later):
        return Counter(CounterName.VIEWS, "HR", "p1", total, NOON + timedelta(**later))

    log.append("wiki", "views", 1, "1", batch(views(10), views(11, hours=1)))
    log.append("wiki", "views", 2, "2", batch(views(12, hours=2), views(20, days=1)))
    assert read(log, "day::TEXT, kind, total") == [("2026-03-04", "views", 10), ("2026-03-05", "views", 20)]


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-03-28T22:59:59", "2026-03-28"),  # winter, UTC+1
        ("2026-03-28T23:00:00", "2026-03-29"),
        ("2026-03-29T21:59:59", "2026-03-29"),  # the clock went forward at 01:00 UTC: UTC+2
        ("2026-03-29T22:00:00", "2026-03-30"),
        ("2026-10-24T22:00:00", "2026-10-25"),
        ("2026-10-25T22:59:59", "2026-10-25"),  # back again at 01:00 UTC: the day had 25 hours
        ("2026-10-25T23:00:00", "2026-10-26"),
        ("1969-12-31T22:59:59", "1969-12-31"),
    ],
)
def test_a_day_is_a_day_in_the_organisations_time_zone(log, batch, act, utc, day):
    happened = datetime.fromisoformat(utc).replace(tzinfo=UTC, microsecond=999_999)
    log.append("wiki", "content", 1, "a", batch(act("p1", happened=happened)))
    stored = read(log, "day::TEXT, strftime(happened AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f')")
    assert stored == [(day, f"{utc}.000000")]


def test_commits_tell_the_weeks_they_touched(log, batch, act):
    monday = date(2026, 3, 2)
    log.append("wiki", "content", 1, "a", batch(act("p1"), act("p2", happened=NOON - timedelta(days=7))))
    version = log.version
    assert log.touched_weeks(version) == []
    log.append("wiki", "content", 2, "b", batch(act("p1"), act("p3", happened=NOON + timedelta(days=5))))
    log.compact()
    assert log.touched_weeks(version) == [date(2026, 3, 9)]
    assert log.touched_weeks() == [date(2026, 2, 23), monday, date(2026, 3, 9)]


def test_positions_survive_maintenance_and_the_clean_up_of_old_commits(log, batch, act):
    for number in range(1, 6):
        log.append("wiki", "content", number, f"c{number}", batch(act(f"p{number}")))
    log.append("wiki", "likes", 1, "l1", batch())
    expected = {"content": Position(5, "c5"), "likes": Position(1, "l1")}
    assert log.compact() == 5
    assert log.vacuum(retention_hours=0) == 5
    table = DeltaTable(log.url)
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 0 seconds"})
    table.create_checkpoint()
    assert log.positions("wiki") == expected
    log.append("wiki", "views", 1, "v1", batch())
    table = DeltaTable(log.url)
    table.create_checkpoint()
    table.cleanup_metadata()
    assert len(DeltaTable(log.url).history()) == 1
    assert log.positions("wiki") == {**expected, "views": Position(1, "v1")}
    assert len(read(log, "key")) == 5


def test_another_programs_commit_costs_neither_positions_nor_weeks(log, batch, act):
    log.append("wiki", "content", 1, "a", batch(act("p1")))
    version = log.version
    DeltaTable(log.url).alter.set_table_description("looked at by another program")
    assert log.position("wiki", "content") == Position(1, "a")
    assert log.touched_weeks(version) == [date(2026, 3, 2)]  # all there are: that commit does not tell


def test_a_stream_whose_cursor_was_lost_is_read_again_under_the_next_number(log, batch, act):
    log.append("wiki", "content", 1, "a", batch(act("p1")))
    table = DeltaTable(log.url)
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 0 seconds"})
    table = DeltaTable(log.url)
    table.create_checkpoint()
    table.cleanup_metadata()
    assert log.position("wiki", "content") == Position(1, None)
    again = log.append("wiki", "content", 2, "b", batch(act("p1"), act("p2")))
    assert (again.stored.total(), again.repeated.total()) == (1, 1)


def test_sources_written_at_the_same_time_keep_each_others_positions(log, batch, act):
    errors = []

    def write(source):
        try:
            for number in range(1, 6):
                mine = batch(*(act(f"p{number}-{i}") for i in range(10)), source=source)
                ActivityLog(log.url, "acme").append(source, "content", number, f"{source}{number}", mine)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(source,)) for source in ("wiki", "news", "files")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for source in ("wiki", "news", "files"):
        assert log.positions(source) == {"content": Position(5, f"{source}5")}
    assert read(log, "count(*), count(DISTINCT key)") == [(150, 150)]


def test_a_log_of_another_pseudonym_key_is_refused(log, batch, act):
    log.append("wiki", "content", 1, "a", batch(act("p1")))
    stranger = Pseudonymiser(Keys((Epoch(1, date(2026, 1, 1), bytes(32)),)), "acme")
    with pytest.raises(LogUnusable, match="restore that key"):
        log.append("wiki", "content", 2, "b", Batch("wiki", stranger, ZoneInfo("UTC")))


def z85(content):
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    numbers = [int.from_bytes(content[start : start + 4], "big") for start in range(0, len(content), 4)]
    return "".join(letters[number // 85**place % 85] for number in numbers for place in (4, 3, 2, 1, 0))


def test_deletion_vectors_of_another_writer_are_refused(log, batch, act):
    log.append("wiki", "content", 1, "a", batch(*(act(f"p{number}") for number in range(30))))
    last = log.version
    path = Path(log.url, "_delta_log")
    lines = [json.loads(line) for line in (path / f"{last:020}.json").read_text().splitlines()]
    add = next(line["add"] for line in lines if "add" in line)
    stats = json.loads(add["stats"])
    deleted = [3, 4, 7, 11, 18, 29]
    bitmap = struct.pack("<IQIIIHHI", 1681511377, 1, 0, 12346, 1, 0, len(deleted) - 1, 16)
    bitmap += struct.pack(f"<{len(deleted)}H", *deleted)
    vector = {
        "storageType": "i",
        "pathOrInlineDv": z85(bitmap),
        "sizeInBytes": len(bitmap),
        "cardinality": len(deleted),
    }
    features = {"minReaderVersion": 3, "minWriterVersion": 7}
    protocol = {**features, "readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    actions = [
        {"protocol": protocol},
        {"remove": {"path": add["path"], "dataChange": True, "deletionTimestamp": 0}},
        {"add": {**add, "deletionVector": vector, "stats": json.dumps({**stats, "tightBounds": False})}},
    ]
    (path / f"{last + 1:020}.json").write_text("\n".join(json.dumps(action) for action in actions))
    with duckdb.connect() as connection, pytest.raises(LogUnusable, match="deletion vectors"):
        log.register(connection)
    with pytest.raises(LogUnusable, match="deletion vectors"):
        log.append("wiki", "content", 2, "b", batch(act("p1")))


def test_an_erased_person_is_in_no_byte_of_the_log(log, batch, act, people):
    ada, bob = people.person("ada", "wiki"), people.person("bob", "wiki")
    for number in range(1, 4):
        happened = NOON + timedelta(weeks=number)
        mixed = [
            act(f"a{number}", person="ada", happened=happened),
            act(f"b{number}", person="bob"),
            act(f"n{number}", person=None),
            likes("ada", "bob", minutes=number, obj=f"b{number}"),
        ]
        log.append("wiki", "content", number, str(number), batch(*mixed))
    log.compact()
    DeltaTable(log.url).create_checkpoint()
    version = log.version
    with pytest.raises(ErasureIncomplete):
        verify(log.url, None, [ada])
    assert log.erase([ada]) == 6
    verify(log.url, None, [ada])
    with pytest.raises(ErasureIncomplete):
        verify(log.url, None, [bob])
    assert read(log, "count(*), count(person)") == [(9, 6)]
    assert read(log, "DISTINCT person", "person IS NOT NULL") == [(bob,)]
    assert log.position("wiki", "content") == Position(3, "3")
    assert log.touched_weeks(version) == [date(2026, 3, 2) + timedelta(weeks=n) for n in range(4)]


def test_an_erasure_reaches_files_no_snapshot_knows(log, batch, act, people, tmp_path):
    ada = people.person("ada", "wiki")
    log.append("wiki", "content", 1, "1", batch(act("b1", person="bob")))
    orphan = batch(act("a1", person="ada"))
    write_deltalake(str(tmp_path / "other"), to_arrow(orphan.entries))
    (file,) = (tmp_path / "other").glob("*.parquet")
    file.rename(Path(log.url, file.name))
    with pytest.raises(ErasureIncomplete):
        verify(log.url, None, [ada])
    assert log.erase([ada]) == 0
    verify(log.url, None, [ada])


def test_a_removed_source_leaves_the_others_alone(log, batch, act):
    log.append("wiki", "content", 1, "a", batch(act("p1")))
    log.append("news", "content", 1, "x", batch(act("p1"), act("p2"), source="news"))
    assert log.remove("news") == 2
    assert log.positions("news") == {}
    assert log.positions("wiki") == {"content": Position(1, "a")}
    assert read(log, "source") == [("wiki",)]
    log.append("news", "content", 2, "y", batch(act("p1"), source="news"))
    assert log.positions("news") == {"content": Position(2, "y")}
