"""Attacks on keys, registers and logs: of two organisations with the same people and the same rooms, one never reaches the other's."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from connectors.activity import Page
from service.activity import epochs, journal
from service.activity.collect import collect
from service.activity.erasure import verify
from service.activity.forget import remove_source
from service.activity.lock import hold, log_lock
from service.activity.pseudonym import KeyUnusable, Pseudonymiser, open_keys
from service.activity.retention import purge
from service.backup.make import back_up
from service.backup.restore import restore
from service.database import transaction
from service.delta import LogUnusable
from service.errors import Invalid
from service.measure import measure
from service.models import (
    AuditEntry,
    Base,
    Journal,
    KnownContent,
    Measurement,
    Organisation,
    Person,
    Publication,
    Room,
    Source,
)
from service.places import KEY, Places
from service.privacy.limits import Limits, declare
from service.privacy.people import stored_people, traces
from service.privacy.register import RegisterUnusable
from service.publication import publish
from service.security.separation import INSTALLATION, belongs

OWN, OTHER = "werra", "fulda"
Houses = dict[str, Any]


def synced(houses: Houses, wiki: Page) -> tuple[Any, Any]:
    for key in houses:
        houses[key].sync(wiki, source=f"{key}-wiki")
    return houses[OWN], houses[OTHER]


def kept_of(house: Any) -> Mapping[str, Any]:
    """Everything of an organisation: each byte of its key folder and of its log, each of its rows but the audit log's."""
    folders = (house.key_folder, Path(house.log.url))
    files = {
        str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    }
    number = 1 if house.organisation == OWN else 2
    with transaction(house.engine) as session:
        rows = {
            model.__name__: sorted(map(repr, session.execute(select(*model.__table__.c).where(mine))))
            for model in (mapper.class_ for mapper in Base.registry.mappers)
            if model not in INSTALLATION | {AuditEntry}
            for mine in [belongs(model, number, house.organisation)]
        }
    return files | rows


def test_neither_key_nor_pseudonyms_nor_rows_are_shared(any_houses: Houses, wiki: Page) -> None:
    own, other = synced(any_houses, wiki)
    people: dict[str, set[int]] = {key: house.logged() - {None} for key, house in any_houses.items()}
    assert {key: len(found) for key, found in people.items()} == {OWN: 3, OTHER: 3}
    assert not people[OWN] & people[OTHER]
    for mine, theirs in ((own, other), (other, own)):
        verify(mine.log.url, None, people[theirs.organisation])
        assert mine.log.positions(f"{theirs.organisation}-wiki") == {}
        assert mine.log.fingerprint not in (None, theirs.log.fingerprint)
    # Whoever holds the key of one, and knows how pseudonyms are made: of nobody of the other is one computed.
    stolen = open_keys(own.key_path, OWN)
    for name in (OWN, OTHER):
        guessed = Pseudonymiser(stolen, name)
        accounts = {guessed.person(one, f"{OTHER}-wiki") for one in ("ada", "bob", "eve")}
        shared = {guessed.person(f"{one}@acme.example") for one in ("ada", "bob")}
        with other.engine.connect() as connection:
            assert not (accounts | shared) & (people[OTHER] | stored_people(connection, 2))
        assert guessed.alias("page-1") != other.pseudonymiser.alias("page-1")


def test_whatever_one_does_leaves_every_byte_of_the_other(any_houses: Houses, wiki: Page) -> None:
    own, other = synced(any_houses, wiki)
    other.opt_out("eve", source=f"{OTHER}-wiki")
    engine, source = own.engine, f"{OWN}-wiki"
    since, until = date(2026, 3, 2), date(2026, 3, 9)
    with transaction(engine) as session:
        declare(session, 1, Limits(activities=30, people=30, measurements=None))

    def destroy() -> None:
        (row,) = epochs.epochs(own.key_path, OWN)
        epochs.destroy(engine, own.key_path, own.register, 1, confirmed=row["fingerprint"])

    acts: dict[str, Callable[[], Any]] = {
        "sync": lambda: own.sync(wiki, source=source),
        "erase": lambda: own.erase("ada", source=source),
        "opt out": lambda: own.opt_out("bob", source=source),
        "measure": lambda: measure(engine, own.log, 1, since=since, until=until),
        "publish": lambda: publish(engine, 1, minimum_group=5),
        "backup": lambda: back_up(engine, own.places, own.folder / "saved"),
        "retention": lambda: purge(engine, own.log, 1),
        "destroy": destroy,
        "begin": lambda: epochs.begin(engine, own.log, own.key_path),
        "remove": lambda: remove_source(engine, own.log, source),
    }
    before = kept_of(other)
    for name, act in acts.items():
        mine = kept_of(own)
        act()
        assert kept_of(other) == before, name
        assert name == "backup" or kept_of(own) != mine, name
    with transaction(engine) as session:
        assert set(session.scalars(select(Measurement.organisation_id))) == {1}
    other.sync(wiki, source=f"{OTHER}-wiki")
    assert other.erase("ada", source=f"{OTHER}-wiki")


def test_a_destroyed_key_leaves_the_other_readable_also_from_an_older_backup(
    any_houses: Houses, wiki: Page
) -> None:
    own, other = synced(any_houses, wiki)
    publish_nothing(own)
    saved = own.folder / "saved"
    manifest = back_up(own.engine, own.places, saved)
    assert set(manifest.logs) == set(manifest.registers) == {OWN, OTHER}
    gone, stay = own.logged() - {None}, other.logged()
    (row,) = epochs.epochs(own.key_path, OWN)
    epochs.destroy(own.engine, own.key_path, own.register, 1, confirmed=row["fingerprint"])
    with pytest.raises(KeyUnusable):
        own.sync(wiki, source=f"{OWN}-wiki")
    assert other.person("ada", f"{OTHER}-wiki") in other.logged()
    with pytest.raises(Invalid, match=f"epoch of {OWN} whose key was destroyed.*--without {OWN}"):
        restore(own.engine, own.places, saved, replace=True)
    with pytest.raises(Invalid, match="knows no organisation 'eder'"):
        restore(own.engine, own.places, saved, replace=True, without=["eder"])
    other.erase("ada", source=f"{OTHER}-wiki")
    erased = stay - other.logged()
    restore(own.engine, own.places, saved, replace=True, without=[OWN])
    assert traces(own.engine, sorted(gone | erased)) == []
    assert own.log.table() is None
    assert other.logged() == stay - erased
    with transaction(own.engine) as session:
        assert set(session.scalars(select(Person.organisation_id))) == {2}
        assert set(session.scalars(select(KnownContent.source_id))) <= {2}
        assert {one.organisation_id for one in session.scalars(select(Publication))} == {1}
        declared = {one.key: one.people_observed is None for one in session.scalars(select(Source))}
        assert declared == {f"{OWN}-wiki": True, f"{OTHER}-wiki": False}
        assert len(session.scalars(select(Room)).all()) == 2
    other.sync(wiki, source=f"{OTHER}-wiki")
    epochs.begin(own.engine, own.log, own.key_path)
    own.sync(wiki, source=f"{OWN}-wiki")
    assert len(own.logged() - {None}) == 3


def publish_nothing(house: Any) -> None:
    summary: dict[str, int] = {}
    known = {"created": house.now, "data_until": house.now.date(), "minimum_group": 10}
    with transaction(house.engine) as session:
        session.add(Publication(organisation_id=1, digest="d", summary=summary, **known))


def test_the_key_of_the_other_is_refused_by_name(houses: Houses, wiki: Page) -> None:
    own, other = synced(houses, wiki)
    before = kept_of(other)
    shutil.copy(other.key_path, own.key_path)
    with pytest.raises(KeyUnusable, match="that of 'fulda', not of 'werra'"):
        own.sync(wiki, source=f"{OWN}-wiki")
    with pytest.raises(KeyUnusable, match="that of 'fulda', not of 'werra'"):
        own.erase("ada", source=f"{OWN}-wiki")
    # Made to say that it is the other's, it still is not the key of this log.
    content = json.loads(own.key_path.read_text())
    own.key_path.write_text(json.dumps(content | {"organisation": OWN}))
    with pytest.raises(LogUnusable, match="another pseudonym key"):
        own.sync(wiki, source=f"{OWN}-wiki")
    shutil.rmtree(own.key_folder)
    own.key_folder.symlink_to(other.key_folder)
    with pytest.raises(KeyUnusable, match="that of 'fulda', not of 'werra'"):
        own.sync(wiki, source=f"{OWN}-wiki")
    assert kept_of(other) == before


def test_the_register_of_the_other_is_refused_by_name(houses: Houses, wiki: Page) -> None:
    own, other = synced(houses, wiki)
    own.opt_out("ada", source=f"{OWN}-wiki")
    other.opt_out("bob", source=f"{OTHER}-wiki")
    for name in ("rights", "rights.key"):
        shutil.copy(other.key_folder / name, own.key_folder / name)
    with pytest.raises(RegisterUnusable, match="that of 'fulda', not of 'werra'"):
        own.sync(wiki, source=f"{OWN}-wiki")
    assert len(other.register.opted_out()) == 1


@pytest.mark.parametrize("how", ["moved", "linked"])
def test_a_log_in_the_place_of_the_other_is_refused_by_name(houses: Houses, wiki: Page, how: str) -> None:
    own, other = synced(houses, wiki)
    before = kept_of(other)
    with transaction(own.engine) as session:
        declare(session, 1, Limits(activities=30))
    place = Path(own.log.url)
    shutil.rmtree(place)
    shutil.copytree(other.log.url, place) if how == "moved" else place.symlink_to(other.log.url)
    attacks = (
        lambda: own.sync(wiki, source=f"{OWN}-wiki"),
        lambda: own.erase("ada", source=f"{OWN}-wiki"),
        lambda: measure(own.engine, own.log, 1),
        lambda: purge(own.engine, own.log, 1),
        lambda: remove_source(own.engine, own.log, f"{OWN}-wiki"),
        lambda: back_up(own.engine, own.places, own.folder / "saved"),
    )
    for attack in attacks:
        with pytest.raises(LogUnusable, match="'activity log of fulda', not 'activity log of werra'"):
            attack()
    assert not (own.folder / "saved").exists()
    assert kept_of(other) == before


def test_one_is_neither_collected_nor_measured_nor_purged_with_what_is_the_others(
    houses: Houses, wiki: Page, script: Any
) -> None:
    own, other = synced(houses, wiki)
    before = kept_of(other)
    page = script([wiki])
    for log, key in ((other.log, own.pseudonymiser), (own.log, other.pseudonymiser)):
        with pytest.raises(LogUnusable, match="that of 'fulda'"):
            collect(own.engine, log, key, f"{OWN}-wiki", connector=page)
    with pytest.raises(Invalid, match="that of 'fulda'"):
        measure(own.engine, other.log, 1)
    with pytest.raises(LogUnusable, match="that of 'fulda'"):
        purge(own.engine, other.log, 1)
    assert kept_of(other) == before


def test_neither_waits_for_the_other(
    any_houses: Houses, wiki: Page, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = synced(any_houses, wiki)
    # While one is erased and measured, the other does everything.
    with hold(own.engine, log_lock(OTHER)), hold(own.engine, "measuring 2"):
        own.sync(wiki, source=f"{OWN}-wiki")
        assert own.erase("bob", source=f"{OWN}-wiki")
        purge(own.engine, own.log, 1)

    class Between(script):  # type: ignore[misc]
        def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
            yield wiki
            assert own.erase("ada", source=f"{OWN}-wiki")
            yield Page("2")

    log, key = other.log, other.pseudonymiser
    report = collect(other.engine, log, key, f"{OTHER}-wiki", connector=Between(), flush_rows=1)
    assert report.state == "done"
    # What a process of the other left behind is the other's to bring to its end.
    monkeypatch.setattr(journal, "settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        other.sync(wiki, source=f"{OTHER}-wiki")
    monkeypatch.undo()
    (left,) = other.all(Journal)
    assert own.erase("eve", source=f"{OWN}-wiki")
    (still,) = other.all(Journal)
    assert (still.source_id, still.sequence, still.changes) == (2, left.sequence, left.changes)
    other.sync(wiki, source=f"{OTHER}-wiki")
    assert other.all(Journal) == []
    assert len(other.logged() - {None}) == 3


LIKE_THE_OTHER = (
    "../fulda",
    "./fulda",
    "fulda/",
    "fulda/../werra",
    "/etc",
    "..",
    ".",
    "",
    "Fulda",
    "FULDA",
    "ﬀulda",  # a ligature, of which Unicode's compatible form is two letters
    "fuld\u0430",  # Cyrillic
    "fulda\u0301",
    "ful\u200bda",
    "fulda\n",
    "fulda ",
    "fulda.",
    "fulda\0",
    "fulda%2f",
    "f*",
    "-fulda",
    "f" * 64,
)


@pytest.mark.parametrize("name", LIKE_THE_OTHER)
def test_no_name_leads_into_the_folder_of_the_other(tmp_path: Path, name: str) -> None:
    places = Places(tmp_path / "key" / "pseudonym.key", str(tmp_path / "activity"))
    for open_ in (places.key, places.log, places.register, places.pseudonymiser):
        with pytest.raises(Invalid, match="can not be the key of an organisation"):
            open_(name)
    assert list(tmp_path.iterdir()) == []


@given(st.one_of(st.text(max_size=70), st.from_regex(KEY, fullmatch=True)))
@example("İ")
@example("K")  # the sign for kelvin, of which the small letter is k
def test_a_name_that_is_taken_has_a_folder_nobody_else_can_name(name: str) -> None:
    places = Places(Path("/key/pseudonym.key"), "/activity")
    try:
        key, log = places.key(name), Path(places.log(name).url)
    except Invalid:
        assert not KEY.fullmatch(name)
        return
    assert (key.parent.parent, log.parent) == (Path("/key"), Path("/activity"))
    # Two names a file system could take for one have one form in small ASCII letters: their own.
    assert key.parent.name == log.name == name == name.casefold()
    assert name.isascii()


def test_an_organisation_with_such_a_name_reaches_nothing(houses: Houses, wiki: Page) -> None:
    """Its row was put into the database by hand."""
    own, other = synced(houses, wiki)
    before = kept_of(other)
    with transaction(own.engine) as session:
        session.get_one(Organisation, 1).key = "../activity/fulda"
    for attack in (
        lambda: own.places.log("../activity/fulda"),
        lambda: back_up(own.engine, own.places, own.folder / "saved"),
    ):
        with pytest.raises(Invalid, match="can not be the key"):
            attack()
    assert kept_of(other) == before


def test_stores_all_organisations_shared_are_refused_with_what_to_do(tmp_path: Path) -> None:
    places = Places(tmp_path / "key" / "pseudonym.key", str(tmp_path / "activity"))
    (tmp_path / "activity" / "_delta_log").mkdir(parents=True)
    with pytest.raises(Invalid, match=r"shared one log and one key.*move \S+/activity away"):
        places.log(OWN)
    (tmp_path / "activity" / "_delta_log").rmdir()
    (tmp_path / "key").mkdir()
    (tmp_path / "key" / "pseudonym.key").write_text("{}")
    with pytest.raises(Invalid, match=r"shared one log and one key.*move \S+/key away"):
        places.key(OWN)
