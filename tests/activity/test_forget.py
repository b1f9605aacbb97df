import pytest

from connectors.activity import Kind, Members, Page, Person, Room
from service.activity import journal
from service.activity.forget import erase_people, remove_source
from service.activity.lock import hold, log_lock
from service.errors import Conflict, NotFound
from service.models import Coverage, Journal, KnownContent, Membership, Source
from service.models import Person as PersonRow
from service.models import Room as RoomRow


@pytest.fixture
def story(act, content):
    return Page(
        "1",
        [act("p1", person="ada"), act("p1#c", Kind.COMMENT, "bob", parent="p1")],
        rooms=[Room("HR", "HR")],
        people=[Person("ada"), Person("bob")],
        members=[Members("HR", frozenset({"ada", "bob"}))],
        contents=[content("p1")],
    )


def test_an_erased_person_is_in_neither_store(any_world, story):
    world = any_world
    world.sync(story)
    ada, bob = world.person("ada"), world.person("bob")
    assert erase_people(world.engine, world.log, [ada]) == 1
    assert [row.pseudonym for row in world.all(PersonRow)] == [bob]
    assert [row.pseudonym for row in world.all(Membership)] == [bob]
    assert world.rows("person, kind") == [(bob, "comment")]


def test_no_byte_of_the_database_file_holds_an_erased_person(world, story):
    world.sync(story)
    ada, bob = world.person("ada"), world.person("bob")

    def holding(pseudonym):
        needles = (pseudonym.to_bytes(8, "big", signed=True), str(pseudonym).encode())
        files = world.folder.glob("resonanz.db*")
        return [file.name for file in files if any(needle in file.read_bytes() for needle in needles)]

    assert holding(ada)
    assert holding(bob)
    erase_people(world.engine, world.log, [ada])
    assert holding(ada) == []
    assert holding(bob)


def test_an_open_journal_is_settled_before_somebody_is_erased(world, story, monkeypatch):
    monkeypatch.setattr(journal, "settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        world.sync(story)
    monkeypatch.undo()
    assert len(world.all(Journal)) == 1
    erase_people(world.engine, world.log, [world.person("ada")])
    assert world.all(Journal) == []
    assert [row.pseudonym for row in world.all(PersonRow)] == [world.person("bob")]


def test_a_removed_source_takes_everything_along_but_people(any_world, story):
    world = any_world
    world.sync(story)
    assert remove_source(world.engine, world.log, "wiki") == 2
    for table in (Source, RoomRow, Membership, KnownContent, Coverage):
        assert world.all(table) == []
    assert len(world.all(PersonRow)) == 2
    assert world.rows() == []
    with pytest.raises(NotFound):
        remove_source(world.engine, world.log, "wiki")


def test_nothing_is_erased_while_a_source_is_collected(world, story):
    world.sync(story)
    with hold(world.engine, log_lock("acme"), shared=True):
        with pytest.raises(Conflict):
            erase_people(world.engine, world.log, [world.person("ada")])
        with pytest.raises(Conflict):
            remove_source(world.engine, world.log, "wiki")
