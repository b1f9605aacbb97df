"""Backups of either database, and what comes back of them."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from sqlalchemy import insert, select, text

from service.activity.lock import LOGS_LOCK, hold
from service.backup import tables
from service.backup.archive import BackupDamaged, checked
from service.backup.make import BackupFailed, back_up
from service.backup.restore import restore
from service.database import connect, migrate, transaction
from service.errors import Conflict, Invalid, NotFound
from service.models import (
    Account,
    AuditEntry,
    Base,
    Membership,
    Milestone,
    Organisation,
    Publication,
    Source,
    Sync,
)
from service.places import Places
from service.privacy import people
from service.privacy.register import RegisterUnusable
from service.security.audit import verify


def save(house, name="saved"):
    return back_up(house.engine, house.places, house.folder / name)


def bring_back(place, folder, **options):
    return restore(place.engine, place.places, folder, **options)


def content(engine):
    """Everything in the tables that are saved, but for what the restoring itself wrote."""
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in tables.tables()
            if not table.name.startswith("audit")
        }


def furnish(house):
    """Rows of many types, among them a reference forward within one table."""
    moment = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
    with transaction(house.engine) as session:
        organisation = session.scalars(select(Organisation)).one()
        organisation.opens = time(7, 45)
        wiki, teams = session.scalars(select(Source).order_by(Source.id))
        wiki.about_id = teams.id
        wiki.settings = {"url": "https://intranet.example/ä", "none": None, "list": [1, 2.5, True]}
        session.add(
            Milestone(
                organisation_id=1, key="relaunch", day=moment.date(), label_de="Neu „hier“", label_en="New"
            )
        )
        session.add(
            Publication(
                organisation_id=1,
                created=moment,
                data_until=moment.date(),
                minimum_group=10,
                digest="d",
                summary={},
            )
        )
        session.add(Account(name="anna", role="viewer", created=moment))


def test_what_is_restored_is_what_was_saved_on_either_database(any_house, elsewhere, wiki):
    house = any_house
    furnish(house)
    house.sync(wiki)
    before, manifest = content(house.engine), save(house)
    assert checked(house.folder / "saved") == manifest
    place = elsewhere()
    bring_back(place, house.folder / "saved")
    assert content(place.engine) == before
    assert place.logged() == house.logged()
    assert place.log.positions("wiki") == house.log.positions("wiki")
    # It goes on: nothing is stored twice, new rows get new numbers, and the chain of the audit log holds.
    place.sync(wiki)
    assert place.logged() == house.logged()
    with transaction(place.engine) as session:
        assert verify(session).intact
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert actions[-1] == "backup.restored"


def test_a_backup_of_sqlite_can_be_restored_into_postgresql(house, wiki, postgres_url):
    furnish(house)
    house.sync(wiki)
    before = content(house.engine)
    save(house)
    engine = connect(postgres_url)
    place = type(house)(engine, replace(house.places, logs=str(house.folder / "server")), house.folder)
    try:
        bring_back(place, house.folder / "saved")
        assert content(engine) == before
        place.sync(wiki)
        assert max(sync.id for sync in place.all(Sync)) > max(sync.id for sync in house.all(Sync))
        with pytest.raises(Conflict, match="not empty"):
            bring_back(place, house.folder / "saved")
        bring_back(place, house.folder / "saved", replace=True)
        assert content(engine) == before
    finally:
        engine.dispose()


def test_who_was_erased_after_the_backup_does_not_come_back(any_house, elsewhere, wiki, teams):
    house = any_house
    house.sync(wiki)
    house.sync(teams, source="teams")
    ada = [house.person("ada"), house.person("a-1", "teams"), house.person("ada@acme.example", None)]
    eve, bob = house.person("eve"), house.person("bob")
    save(house)
    house.erase("ada")
    house.opt_out("eve")
    place = elsewhere()
    bring_back(place, house.folder / "saved")
    for found in (place, house):
        assert people.traces(found.engine, [*ada, eve]) == []
        for path in (found.folder / "activity").rglob("*"):
            assert not (path.is_file() and people.in_file(path, [*ada, eve])), path
        assert found.logged() == {bob, found.person("b-1", "teams")}
    assert {row.pseudonym for row in place.all(Membership)} == {bob}
    assert place.all(Organisation)[0].opted_out == 1
    assert list(place.folder.glob("*restoring*")) == []
    # In place, over what is there: the same.
    bring_back(house, house.folder / "saved", replace=True)
    assert people.traces(house.engine, [*ada, eve]) == []
    assert house.logged() == {bob, house.person("b-1", "teams")}


def test_who_was_erased_before_the_backup_and_collected_again_comes_back(house, elsewhere, wiki):
    house.sync(wiki)
    house.erase("ada")
    house.sync(wiki)
    save(house)
    bring_back(house, house.folder / "saved", replace=True)
    assert house.person("ada") in house.logged()


def test_a_backup_holds_neither_key_nor_register_nor_the_rest_of_a_deleted_row(house, wiki):
    house.sync(wiki)
    ada = house.person("ada")
    with house.engine.begin() as connection:
        connection.execute(text("DELETE FROM person WHERE pseudonym = :ada"), {"ada": ada})
    manifest = save(house)
    secrets = [path.read_bytes() for path in house.key_folder.iterdir()]
    for path in (house.folder / "saved").rglob("*"):
        if path.is_file():
            assert not any(secret.strip() in path.read_bytes() for secret in secrets)
            assert path.stat().st_mode & 0o077 == 0
    assert not any("session" in name for name in manifest.tables)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def outside(folder):
    """A manifest somebody made, with a right digest of its own."""
    from service.backup.archive import Manifest, write

    found = json.loads((folder / "manifest.json").read_text())
    found.pop("digest")
    found["files"]["../key/rights"] = [0, ""]
    write(folder, Manifest(**{**found, "files": {name: tuple(one) for name, one in found["files"].items()}}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda folder: flip(next((folder / "logs" / "acme").glob("*.parquet"))),
            r"logs/acme/part-\S+ is not as it was written",
        ),
        (
            lambda folder: (folder / "tables" / "person.parquet").unlink(),
            r"tables/person\.parquet is missing",
        ),
        (lambda folder: (folder / "logs" / "stray").write_text("x"), "logs/stray was not part"),
        (lambda folder: flip(folder / "manifest.json"), r"manifest\.json is not as it was written"),
        (outside, r"\.\./key/rights does not lie in the backup"),
    ],
)
def test_a_damaged_backup_is_refused_by_the_name_of_the_file(house, wiki, damage, message):
    house.sync(wiki)
    save(house)
    logged = house.logged()
    damage(house.folder / "saved")
    with pytest.raises(BackupDamaged, match=message):
        bring_back(house, house.folder / "saved", replace=True)
    assert house.logged() == logged


def test_a_restore_needs_the_key_and_the_register_of_the_backup(house, wiki, tmp_path):
    house.sync(wiki)
    house.opt_out("eve")
    save(house)
    folder = house.folder / "saved"
    engine = connect(f"sqlite:///{tmp_path / 'new' / 'resonanz.db'}")
    new = Places(tmp_path / "new" / "key" / "pseudonym.key", str(tmp_path / "new" / "log"))
    place = type(house)(engine, new, tmp_path / "new")
    with pytest.raises(Invalid, match="put the pseudonym key"):
        bring_back(place, folder)
    assert not place.key_path.exists()
    shutil.copytree(house.key_folder, place.key_folder)
    (place.key_folder / "rights").unlink()
    with pytest.raises(RegisterUnusable, match="newest copy"):
        bring_back(place, folder)
    shutil.copy(house.key_folder / "rights", place.key_folder / "rights")
    bring_back(place, folder)
    engine.dispose()


def test_a_log_in_an_object_store_is_filled_file_by_file_and_never_replaced(house, wiki, tmp_path):
    """The store is a folder here, reached as an object store is: without renaming anything."""
    house.sync(wiki)
    save(house)
    engine = connect(f"sqlite:///{tmp_path / 'new' / 'resonanz.db'}")
    (tmp_path / "store" / "acme").mkdir(parents=True)

    class Store(Places):
        def log(self, organisation):
            found = super().log(organisation)
            found.local = False
            return found

    place = type(house)(engine, Store(house.places.key_file, str(tmp_path / "store")), tmp_path / "new")
    bring_back(place, house.folder / "saved")
    assert place.logged() == house.logged()
    with pytest.raises(Conflict, match="give an empty place"):
        bring_back(place, house.folder / "saved", replace=True)
    assert content(engine) == content(house.engine)
    engine.dispose()


def test_a_backup_of_a_destroyed_epoch_is_refused(house, wiki):
    from service.activity import epochs

    house.sync(wiki)
    save(house)
    (row,) = epochs.epochs(house.key_path, "acme")
    epochs.destroy(house.engine, house.key_path, house.register, 1, confirmed=row["fingerprint"])
    with pytest.raises(Invalid, match=r"epoch of acme whose key was destroyed.*--without acme"):
        bring_back(house, house.folder / "saved", replace=True)


def test_a_backup_waits_for_nobody_and_overwrites_nothing(house, wiki):
    house.sync(wiki)
    with hold(house.engine, LOGS_LOCK, shared=True), pytest.raises(Conflict, match="collected"):
        save(house)
    save(house)
    with pytest.raises(Invalid, match="not empty"):
        save(house)
    with pytest.raises(Conflict, match="not empty"):
        bring_back(house, house.folder / "saved")
    with pytest.raises(NotFound, match=r"no manifest\.json"):
        bring_back(house, house.folder)


def test_nothing_half_written_is_left(house, wiki, teams, monkeypatch):
    house.sync(wiki)
    save(house)
    house.sync(teams, source="teams")
    before = house.logged()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("service.backup.make.copy", full)
    with pytest.raises(BackupFailed, match="No space left"):
        save(house, "second")
    monkeypatch.setattr("service.backup.restore.os.replace", full)
    with pytest.raises(BackupFailed, match="No space left"):
        bring_back(house, house.folder / "saved", replace=True)
    names = {path.name for path in house.folder.iterdir()}
    assert not any("part" in name or "restoring" in name or name == "second" for name in names), names
    assert house.logged() == before


def test_every_column_can_be_saved():
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            tables.arrow_type(column)


def test_what_is_read_is_of_one_moment(engine):
    from service.backup.make import _frozen

    if engine.dialect.name == "sqlite":
        migrate(engine)
    with engine.connect() as connection:
        frozen = _frozen(connection)
        assert frozen.execute(select(Organisation)).all() == []
        with engine.begin() as other:
            other.execute(insert(Organisation), [{"key": "late", "name": "Late"}])
        assert frozen.execute(select(Organisation)).all() == []
