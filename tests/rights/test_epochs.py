"""Destroying a pseudonym key: afterwards nobody can be recognised, and a new epoch starts with a new population."""

import stat

import pytest

from service.activity import epochs
from service.activity.lock import hold, log_lock
from service.activity.pseudonym import KeyUnusable, Pseudonymiser, open_keys
from service.errors import Conflict, Invalid, NotFound
from service.models import AuditEntry, KnownContent, Source
from service.models import Person as PersonRow
from service.privacy import people


def fingerprint(house, epoch=1):
    return next(row["fingerprint"] for row in epochs.epochs(house.key_path, "acme") if row["id"] == epoch)


def destroyed(house, epoch=1):
    epochs.destroy(house.engine, house.key_path, house.register, epoch, confirmed=fingerprint(house, epoch))


def test_no_byte_of_a_destroyed_key_is_left(house, wiki):
    house.sync(wiki)
    key = open_keys(house.key_path, "acme").current.key
    held = house.key_path.open("rb")  # the file as it was, as its blocks on the disk are
    assert key.hex().encode() in held.read()
    destroyed(house)
    held.seek(0)
    before = held.read()
    held.close()
    assert key.hex().encode() not in before
    assert set(before) == {0}
    for path in house.folder.rglob("*"):
        if path.is_file():
            assert key not in path.read_bytes()
            assert key.hex().encode() not in path.read_bytes()
    assert stat.S_IMODE(house.key_path.stat().st_mode) == 0o600


def test_afterwards_nobody_can_be_collected_or_looked_for_and_the_message_says_why(house, wiki):
    house.sync(wiki)
    pseudonyms = house.logged()
    destroyed(house)
    with pytest.raises(KeyUnusable, match=r"epoch 1 was destroyed on .*: nobody .* epoch begin"):
        house.sync(wiki)
    with pytest.raises(KeyUnusable):
        house.erase("ada")
    assert house.logged() == pseudonyms  # still measured
    actions = [entry.action for entry in house.all(AuditEntry)]
    assert "epoch.destroyed" in actions


def test_nothing_is_destroyed_without_the_fingerprint_twice_or_during_a_sync(house, wiki):
    house.sync(wiki)
    with pytest.raises(Invalid, match="nothing was destroyed"):
        epochs.destroy(house.engine, house.key_path, house.register, 1, confirmed="yes")
    with pytest.raises(NotFound, match="no key of epoch 2"):
        epochs.destroy(house.engine, house.key_path, house.register, 2, confirmed="")
    with hold(house.engine, log_lock("acme"), shared=True), pytest.raises(Conflict):
        destroyed(house)
    assert house.person("ada")
    destroyed(house)
    with pytest.raises(NotFound, match="no key of epoch 1"):
        destroyed(house)


def test_a_new_epoch_starts_with_nobody_and_reads_everything_anew(any_house, wiki):
    house = any_house
    house.sync(wiki)
    with pytest.raises(Conflict, match="has its key"):
        epochs.begin(house.engine, house.log, house.key_path)
    old = {person for person in house.logged() if person is not None}
    destroyed(house)
    assert epochs.begin(house.engine, house.log, house.key_path) == 2
    assert house.logged() == set()
    assert people.traces(house.engine, old) == []
    assert house.log.position("wiki", "everything").cursor is None
    assert house.all(PersonRow) == []
    assert house.all(KnownContent) == []
    assert house.all(Source)[0].people_observed is None
    house.sync(wiki)
    new = {person for person in house.logged() if person is not None}
    assert len(new) == len(old) == 3
    assert not new & old
    assert house.log.fingerprint == Pseudonymiser(open_keys(house.key_path, "acme"), "acme").fingerprint


def test_who_opted_out_stays_out_of_the_next_epoch(house, wiki, teams):
    house.sync(wiki)
    house.sync(teams, source="teams")
    house.opt_out("ada")
    house.sync(wiki)  # tells the register the id that is shared with the other account
    destroyed(house)
    assert all(act.marks.people == frozenset() for act in house.register.acts())
    epochs.begin(house.engine, house.log, house.key_path)
    house.sync(wiki)
    house.sync(teams, source="teams")
    bob, eve = house.person("bob"), house.person("eve")
    assert house.logged() == {bob, eve, house.person("b-1", "teams")}
    house.opt_in("a-1", source="teams")
    house.sync(wiki)
    assert house.person("ada") in house.logged()


def test_without_a_key_there_is_nothing_to_list(house):
    with pytest.raises(NotFound, match="the first sync makes it"):
        epochs.epochs(house.key_path, "acme")
