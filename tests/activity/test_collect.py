import json
import subprocess
import sys
from datetime import timedelta

import pytest
from deltalake import DeltaTable

from connectors.activity import (
    ContentType,
    Counter,
    CounterName,
    Gap,
    Kind,
    Members,
    Page,
    Person,
    PersonKind,
    Reactors,
    Room,
)
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    CursorExpired,
    Misconfigured,
    NotThere,
    SourceBusy,
    SourceUnreachable,
)
from service.activity.collect import collect
from service.activity.lock import LOGS_LOCK, hold, log_lock
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.database import transaction
from service.delta import LogUnusable
from service.errors import Conflict, NotFound
from service.models import Coverage, Journal, KnownContent, Membership, Sync, Unit
from service.models import Person as PersonRow
from service.models import Room as RoomRow


def test_pages_are_stored_with_their_cursor_and_not_read_again(any_world, act):
    world = any_world
    report = world.sync(Page("1", [act("p1"), act("p2")]), Page("2", [act("p3")]))
    assert (report.state, report.stored, report.repeated) == ("done", 3, 0)
    assert world.log.positions("wiki")["content"].cursor == "2"
    again = world.sync(Page("1", [act("p1")]), Page("2", [act("p3")]), Page("3", [act("p4")]))
    assert (again.stored, again.repeated) == (1, 0)
    assert len(world.rows()) == 4


def test_nothing_new_makes_no_commit(world, act, content):
    world.sync(Page("1", [act("p1")], contents=[content("p1")]))
    version = world.log.version
    report = world.sync(Page("1", [act("p1")]))
    assert (report.stored, world.log.version) == (0, version)


def test_many_pages_are_one_commit_and_few_rows_can_be_several(make_world, act):
    pages = [Page(str(number), [act(f"p{number}")]) for number in range(1, 31)]
    one, several = make_world(), make_world()
    one.sync(*pages)
    several.sync(*pages, flush_rows=10)
    assert (one.log.position("wiki", "content").sequence, one.log.version) == (1, 1)
    assert (several.log.position("wiki", "content").sequence, several.log.version) == (3, 3)
    assert one.rows("key, happened") == several.rows("key, happened")


def test_many_small_commits_do_not_leave_many_files(world, act):
    pages = [Page(str(number), [act(f"p{number}")]) for number in range(1, 101)]
    assert world.sync(*pages, flush_rows=1).stored == 100
    assert len(DeltaTable(world.log.url).file_uris()) < 50
    assert len(world.rows()) == 100
    assert world.log.position("wiki", "content") == (100, "100")


def test_overlapping_windows_store_each_activity_once(world, act):
    world.sync(Page("1", [act("p1"), act("p2")]), Page("2", [act("p2"), act("p3")]))
    report = world.sync(Page("3", [act("p3"), act("p4")]))
    assert (report.stored, report.repeated) == (1, 1)
    assert len(world.rows()) == 4


def test_the_report_adds_up_by_room_and_kind(world, act, script):
    rooms = [Room("1", "HR", "Human Resources", open=True), Room("2", "IT", open=False)]
    pages = [
        Page(
            "1",
            [act("p1", room="1"), act("p1#2", Kind.EDIT, room="1")],
            rooms=rooms,
            skipped={"personal_space": 2},
        ),
        Page("2", [act("p1", room="1"), act("p2", room="2")], skipped={"personal_space": 1, "draft": 4}),
        Page("3", counters=[Counter(CounterName.VIEWS, "2", "p2", 9, world.now)]),
        Page("4", [act("p9", room="unlisted")]),
    ]
    report = world.sync(*pages)
    found = {(line.room, line.kind): (line.stored, line.repeated) for line in report.lines}
    assert found == {
        ("HR", "create"): (1, 1),
        ("HR", "edit"): (1, 0),
        ("IT", "create"): (1, 0),
        ("IT", "views"): (1, 0),
        ("wiki/unlisted", "create"): (1, 0),
    }
    assert report.stored == sum(line.stored for line in report.lines) == len(world.rows()) == 5
    assert report.repeated == sum(line.repeated for line in report.lines) == 1
    assert report.skipped == {"personal_space": 3, "draft": 4}
    assert report.streams["content"].pages == 4
    kept = world.all(Sync)[0]
    assert kept.state == "done"
    assert kept.report == json.loads(json.dumps(report.to_dict()))


def test_progress_is_told_page_by_page(world, act):
    seen = []
    world.sync(Page("1", [act("p1")]), Page("2", [act("p2")]), progress=seen.append, flush_rows=1)
    assert [(step.stream, step.number, step.total, step.pages, step.stored) for step in seen] == [
        ("content", 1, 1, 1, 1),
        ("content", 1, 1, 2, 2),
    ]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AccessDenied("no"), "stream_access_denied"),
        (NotThere("no"), "stream_not_found"),
        (BadAnswer("no"), "stream_broken"),
        (SourceUnreachable("no"), "stream_unreachable"),
        (SourceBusy("no", 60), "stream_busy"),
        (CursorExpired("no"), "stream_broken"),
    ],
)
def test_a_stream_that_breaks_off_keeps_its_pages_and_lets_others_go_on(world, act, script, error, reason):
    broken = {"content": [Page("1", [act("p1")]), error], "likes": [Page("1", [act("p2")])]}
    report = world.run(script(broken))
    assert (report.state, report.stored) == ("partial", 2)
    assert [(gap.stream, gap.room, gap.reason) for gap in report.gaps] == [("content", None, reason)]
    assert report.streams["content"].broken_off == reason.removeprefix("stream_")
    assert world.log.position("wiki", "content").cursor == "1"
    world.later(hours=1)
    healed = world.run(script({"content": [Page("1", [act("p1")]), Page("2", [act("p3")])]}))
    assert (healed.state, healed.gaps, world.all(Coverage)) == ("done", [], [])


def test_wrong_settings_fail_the_collection_with_the_reason(world, act, script):
    wrong = {
        "content": [Page("1", [act("p1")]), Misconfigured("give --flavour")],
        "likes": [Page("1", [act("p2")])],
    }
    report = world.run(script(wrong))
    assert (report.state, report.error, report.stored) == ("failed", "give --flavour", 1)
    assert world.all(Sync)[0].state == "failed"


def test_a_source_without_an_installed_connector_fails_with_the_reason(world):
    report = world.run(None)
    assert report.state == "failed"
    assert "no connector 'script'" in report.error


def test_a_defect_is_not_swallowed(world, act, script):
    with pytest.raises(ZeroDivisionError):
        world.run(script({"content": [Page("1", [act("p1")]), ZeroDivisionError()]}))
    assert (world.all(Sync)[0].state, len(world.rows())) == ("failed", 1)


def test_an_expired_cursor_starts_the_stream_again_and_stores_nothing_twice(world, act, script):
    class Forgetful(script):
        def read(self, stream, cursor):
            if cursor is not None:
                raise CursorExpired("too old")
            return super().read(stream, cursor)

    world.sync(Page("1", [act("p1")]), Page("2", [act("p2")]))
    pages = [Page("5", [act("p1"), act("p2")]), Page("6", [act("p3")])]
    report = world.run(Forgetful({"content": pages}))
    assert (report.state, report.stored, report.repeated) == ("done", 1, 2)
    assert world.log.position("wiki", "content").cursor == "6"


def test_gaps_lower_coverage_until_they_are_closed(any_world, act):
    world = any_world
    rooms = [Room(str(number), f"R{number}", open=True) for number in range(1, 5)]
    denied = Gap("2", None, (Kind.CREATE, Kind.COMMENT), "access_denied")
    broken = [Gap("1", f"p{number}", (Kind.COMMENT,), "broken") for number in range(3)]
    report = world.sync(Page("1", [act("p1", room="1")], rooms=rooms, gaps=[denied, *broken]))
    assert report.state == "partial"
    assert [(gap.room, gap.objects, gap.kinds, gap.reason) for gap in report.gaps] == [
        ("R1", 3, ("comment",), "broken"),
        ("R2", 0, ("create", "comment"), "access_denied"),
    ]
    assert {
        kind: (c.rooms, c.rooms_missing, c.objects_missing, c.share) for kind, c in report.coverage.items()
    } == {
        "comment": (4, 1, 3, 0.75),
        "create": (4, 1, 0, 0.75),
    }
    since = {gap.object: gap.since for gap in world.all(Coverage)}
    world.later(days=1)
    report = world.sync(Page("2", closed=[("2", None), ("1", "p0"), ("1", "p1")], gaps=[broken[2]]))
    (left,) = world.all(Coverage)
    assert (left.room, left.object, left.since, left.seen) == ("wiki/1", "p2", since["p2"], world.now)
    assert report.coverage["comment"].share == 1.0


def test_what_can_not_be_had_or_is_not_due_leaves_the_collection_done(world):
    gaps = [Gap(None, None, (Kind.VIEW,), "unsupported"), Gap("1", "p1", (Kind.REACT,), "not_due")]
    report = world.sync(Page("1", gaps=gaps))
    assert (report.state, len(report.gaps), report.coverage["view"].share) == ("done", 2, None)


def test_a_rooms_name_is_kept_only_where_the_room_is_open(any_world):
    world = any_world
    rooms = [
        Room("1", "OPEN", "For all", open=True, created=world.now),
        Room("2", "SHUT", "Secret project", open=False),
        Room("3", "WHO", "Unclear", open=None),
    ]
    world.sync(Page("1", rooms=rooms))
    assert {room.key: room.name for room in world.all(RoomRow)} == {
        "wiki/1": "For all",
        "wiki/2": None,
        "wiki/3": None,
    }
    world.sync(Page("2", rooms=[Room("1", "OPEN", "For all", open=False)]))
    first = next(room for room in world.all(RoomRow) if room.key == "wiki/1")
    assert (first.name, first.open, first.created) == (None, False, world.now)


def test_a_deleted_room_is_gone_until_it_is_seen_again(world, act):
    tombstone = act("HR#gone", Kind.DELETE, object="HR", content_type=ContentType.ROOM, person=None)
    world.sync(Page("1", rooms=[Room("HR", "HR")]), Page("2", [tombstone]))
    assert world.all(RoomRow)[0].gone == world.now
    world.later(days=1)
    world.sync(Page("3", rooms=[Room("HR", "HR", archived=True)]))
    assert (world.all(RoomRow)[0].gone, world.all(RoomRow)[0].archived) == (None, True)


def test_people_keep_their_unit_and_the_first_time_they_were_seen(any_world):
    world = any_world
    began = world.now
    world.sync(
        Page("1", people=[Person("ada", unit="Claims", leadership=2), Person("bot", PersonKind.SERVICE)])
    )
    world.later(days=1)
    world.sync(Page("2", people=[Person("ada", active=False)]))
    people = {row.pseudonym: row for row in world.all(PersonRow)}
    ada = people[world.person("ada")]
    assert (ada.active, ada.leadership, ada.first_seen, ada.last_seen) == (False, 2, began, world.now)
    assert [unit.id for unit in world.all(Unit)] == [ada.unit_id]
    assert people[world.person("bot")].kind == "service"


def test_joining_and_leaving_are_seen_from_the_second_complete_look_on(any_world):
    world = any_world
    room = [Room("1", "HR")]

    def look(cursor, people, owners=(), complete=True):
        world.later(days=1)
        members = Members("1", frozenset(people), frozenset(owners), complete)
        world.sync(Page(cursor, rooms=room, members=[members]))
        return world.now

    looks = [
        look("1", {"ada"}, complete=False),
        look("2", {"ada", "bob"}, owners={"ada"}),
        look("3", {"ada", "cid"}, complete=False),  # bob is not shown, which tells nothing
        look("4", {"ada", "cid"}, owners={"cid"}),
        look("5", {"bob"}),
    ]
    ada, bob, cid = (world.person(name) for name in ("ada", "bob", "cid"))
    found = world.rows("kind, person, day::TEXT, dated, content_type")
    assert found == sorted(
        [
            ("join", cid, "2026-03-07", False, "room"),
            ("leave", bob, "2026-03-08", False, "room"),
            ("leave", ada, "2026-03-09", False, "room"),
            ("leave", cid, "2026-03-09", False, "room"),
            ("join", bob, "2026-03-09", False, "room"),
        ]
    )
    stays = {(row.pseudonym, row.since): (row.until, row.owner) for row in world.all(Membership)}
    assert stays == {
        (ada, looks[0]): (looks[4], False),
        (bob, looks[1]): (looks[3], False),
        (cid, looks[2]): (looks[4], True),
        (bob, looks[4]): (None, False),
    }
    assert world.all(RoomRow)[0].members_observed == looks[1]


def test_two_looks_at_a_room_in_one_batch_are_compared_with_each_other(world):
    def look(*people):
        return Members("1", frozenset(people))

    world.sync(Page("1", members=[look("ada")]), Page("2", members=[look("ada", "bob"), look("bob")]))
    assert world.rows("kind, person") == sorted(
        [("join", world.person("bob")), ("leave", world.person("ada"))]
    )
    assert {row.pseudonym: row.until is None for row in world.all(Membership)} == {
        world.person("ada"): False,
        world.person("bob"): True,
    }


def test_contents_are_remembered_and_never_forget_what_was_observed(any_world, content):
    world = any_world
    observed = content("p1", version=3, reactions=2, answerable=True, observed=world.now)
    world.sync(Page("1", contents=[content("p1"), observed, content("p2", thread="p1")]))
    world.sync(Page("2", contents=[content("p1", version=2, changed=world.now - timedelta(days=1))]))
    kept = {row.id: row for row in world.all(KnownContent)}
    first = kept["p1"]
    assert (first.version, first.reactions, first.answerable, first.observed) == (3, 2, True, world.now)
    assert (first.changed, first.room, kept["p2"].thread) == (world.now, "wiki/HR", "p1")


def test_counters_take_the_type_of_the_content_they_count(world, content):
    def views(identity):
        return Counter(CounterName.VIEWS, "HR", identity, 5, world.now)

    world.sync(Page("1", contents=[content("n1", content_type=ContentType.POST)]))
    world.sync(
        Page(
            "2", contents=[content("f1", content_type=ContentType.FILE)], counters=[views("n1"), views("f1")]
        )
    )
    world.sync(Page("3", counters=[views("unheard of")]))
    assert world.rows("content_type, total, person") == [("", 5, None), ("file", 5, None), ("post", 5, None)]


def test_likes_follow_from_what_is_seen_page_after_page(world):
    def likes(cursor, *people):
        seen = Reactors("p1", "HR", ContentType.PAGE, "p1", frozenset(people), world.now)
        world.later(days=1)
        return Page(cursor, reactors=[seen])

    first = world.sync(likes("1", "ada", "bob"))
    second = world.sync(likes("2", "bob", "cid"))
    assert [(line.kind, line.stored, line.repeated) for line in first.lines] == [("react", 2, 0)]
    assert [(line.kind, line.stored, line.repeated) for line in second.lines] == [
        ("react", 1, 1),
        ("withdraw", 1, 0),
    ]
    ada, bob, cid = (world.person(name) for name in ("ada", "bob", "cid"))
    assert world.rows("kind, person, day(day)") == sorted(
        [("react", ada, 4), ("react", bob, 4), ("react", cid, 5), ("withdraw", ada, 5)]
    )


def test_one_collection_of_a_source_at_a_time(any_world, act):
    world = any_world
    with hold(world.engine, "source wiki"), pytest.raises(Conflict, match="being collected"):
        world.sync(Page("1", [act("p1")]))
    assert world.sync(Page("1", [act("p1")])).stored == 1


def test_nobody_collects_while_people_are_erased_but_two_sources_go_together(any_world, act):
    world = any_world
    with hold(world.engine, log_lock("acme")), pytest.raises(Conflict, match="erased"):
        world.sync(Page("1", [act("p1")]))
    with hold(world.engine, LOGS_LOCK), pytest.raises(Conflict, match="backup"):
        world.sync(Page("1", [act("p1")]))
    with hold(world.engine, LOGS_LOCK, shared=True), hold(world.engine, log_lock("acme"), shared=True):
        assert world.sync(Page("1", [act("p1")])).stored == 1


def test_a_killed_holder_does_not_block(any_world, act):
    world = any_world
    url = world.engine.url.render_as_string(False)
    code = (
        "import sys; from service.activity.lock import hold; from service.database import connect\n"
        f"with hold(connect({url!r}), 'source wiki'): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Conflict):
            world.sync(Page("1", [act("p1")]))
        holder.kill()
        holder.wait()
        deadline = 100
        while deadline:
            try:
                assert world.sync(Page("1", [act("p1")])).stored == 1
                break
            except Conflict:  # PostgreSQL notices a dead client a moment later
                deadline -= 1
        assert deadline


def test_a_collection_left_running_was_interrupted(world, act):
    with transaction(world.engine) as session:
        session.add(Sync(source_id=1, started=world.now, state="running"))
    world.later(hours=1)
    world.sync(Page("1", [act("p1")]))
    assert [(sync.state, sync.finished is not None) for sync in world.all(Sync)] == [
        ("interrupted", True),
        ("done", True),
    ]


def test_an_unknown_source_is_not_found(world):
    with pytest.raises(NotFound, match="source list"):
        collect(world.engine, world.log, world.pseudonymiser, "nowhere")


def test_a_lost_key_stops_the_collection_before_anything_is_read(world, act, script):
    world.sync(Page("1", [act("p1")]))
    world.pseudonymiser = Pseudonymiser(open_keys(world.folder / "new" / "key", "acme"), "acme")
    reader = script({"content": [Page("2", [act("p2")])]})
    with pytest.raises(LogUnusable, match="backup"):
        world.run(reader)
    assert reader.asked == []


def test_a_connector_is_built_from_its_entry_point_and_closed(world, act, script, monkeypatch):
    built = []

    class Registered(script):
        @classmethod
        def connect(cls, settings, memory):
            built.append((settings, memory, cls({"content": [Page("1", [act("p1")])]})))
            return built[0][2]

    monkeypatch.setattr("service.activity.collect.find_connector", {"script": Registered}.__getitem__)
    report = world.run(None)
    assert (report.stored, report.requests) == (1, 1)
    assert built[0][0] == {}
    assert built[0][2].closed


CANARIES = {
    "account": "712020:canary-account-5d1f",
    "mail": "canary.mail@example.com",
    "name": "Canary von Namensberg",
    "room": "Canary secret room",
}


def test_no_account_mail_or_private_name_reaches_the_disk(any_world, act, content):
    world = any_world
    account, mail = CANARIES["account"], CANARIES["mail"]
    page = Page(
        "1",
        [act("p1", person=account), act("p1#c", Kind.COMMENT, mail, parent="p1")],
        rooms=[Room("HR", "HR", CANARIES["room"], open=False)],
        people=[Person(account, canonical=mail, unit="Claims"), Person(mail)],
        members=[Members("HR", frozenset({account, mail}), frozenset({account}))],
        contents=[content("p1")],
        reactors=[Reactors("p1", "HR", ContentType.PAGE, "p1", frozenset({account, mail}), world.now)],
    )
    world.sync(page, flush_rows=1)
    dump = ""
    if world.engine.dialect.name == "postgresql":
        for table in (Journal, Sync, RoomRow, PersonRow, Membership, KnownContent, Coverage, Unit):
            dump += str([vars(row) for row in world.all(table)])
    dump += str(DeltaTable(world.log.url).to_pyarrow_table().to_pydict())
    found = [
        (file.name, label)
        for file in world.folder.rglob("*")
        if file.is_file() and file.parent.name != "key"
        for label, canary in CANARIES.items()
        if canary.encode() in file.read_bytes() or canary.encode("utf-16-le") in file.read_bytes()
    ]
    assert found == []
    assert not any(canary in dump for canary in CANARIES.values())
    assert len(list(world.folder.rglob("*"))) > 5
    assert "'create'" in dump
