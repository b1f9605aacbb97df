import json
import multiprocessing
import stat
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.activity.pseudonym import Epoch, Keys, KeyUnusable, Pseudonymiser, open_keys
from service.hashes import Hasher

KEYS = Keys((Epoch(1, date(2026, 1, 1), bytes(range(32))),))


def test_the_key_is_created_once_for_the_owner_alone(tmp_path):
    path = tmp_path / "secret" / "pseudonym.key"
    keys = open_keys(path, "acme")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(keys.current.key) * 8 >= 256
    assert open_keys(path, "acme") == keys
    assert [file.name for file in path.parent.iterdir()] == ["pseudonym.key"]


def test_two_installations_have_different_keys(tmp_path):
    assert open_keys(tmp_path / "a" / "key", "acme") != open_keys(tmp_path / "b" / "key", "acme")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_others_can_read_is_refused_with_the_remedy(tmp_path, mode):
    path = tmp_path / "pseudonym.key"
    open_keys(path, "acme")
    path.chmod(mode)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        open_keys(path, "acme")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"organisation": "acme", "epochs": []}',
        '{"organisation": "acme", "epochs": [{"id": 1}]}',
        '{"organisation": "acme", "epochs": [{"id": 1, "since": "2026-01-01", "key": "00112233"}]}',
        '{"organisation": "acme", "epochs": [{"id": 1, "since": "2026-01-01", "key": "not hexadecimal"}]}',
        '{"organisation": "acme", "epochs": [{"id": 1, "since": "yesterday", "key": "%s"}]}' % ("ab" * 32),
        '{"epochs": [{"id": 1, "since": "2026-01-01", "key": "%s"}]}' % ("ab" * 32),
    ],
)
def test_a_damaged_or_short_key_is_refused_and_never_replaced(tmp_path, content):
    path = tmp_path / "pseudonym.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match="backup"):
        open_keys(path, "acme")
    assert path.read_text() == content


def test_no_error_and_no_representation_shows_the_key(tmp_path):
    path = tmp_path / "pseudonym.key"
    keys = open_keys(path, "acme")
    secret = json.loads(path.read_text())["epochs"][0]["key"]
    path.chmod(0o644)
    with pytest.raises(KeyUnusable) as refusal:
        open_keys(path, "acme")
    assert secret not in f"{refusal.value} {keys!r}"
    assert repr(keys.current.key) not in repr(keys)


def test_a_directory_that_can_not_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(KeyUnusable, match="RESONANZ_KEY_FILE"):
        open_keys(blocked / "key" / "pseudonym.key", "acme")


def _open(path: Path) -> bytes:
    return open_keys(path, "acme").current.key


def test_processes_that_start_at_once_agree_on_one_key(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.map(_open, [tmp_path / "key" / "pseudonym.key"] * 16)
    assert len(set(found)) == 1


def test_the_newest_epoch_counts(tmp_path):
    path = tmp_path / "pseudonym.key"
    epochs = [
        {"id": 2, "since": "2027-01-01", "key": "22" * 32},
        {"id": 1, "since": "2026-01-01", "key": "11" * 32},
    ]
    path.write_text(json.dumps({"format": 1, "organisation": "acme", "epochs": epochs}))
    path.chmod(0o600)
    assert open_keys(path, "acme").current.id == 2


def test_a_pseudonym_is_the_beginning_of_the_hmac_by_an_independent_calculation():
    import hashlib
    import hmac

    parts = [b"person", b"acme", b"account", b"wiki", b"ada"]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    digest = hmac.new(bytes(range(32)), message, hashlib.sha256).digest()
    expected = int.from_bytes(digest[:8], "big", signed=True)
    assert Pseudonymiser(KEYS, "acme").person("ada", "wiki") == expected


def test_organisation_source_key_and_kind_of_id_separate_people():
    other = Keys((Epoch(1, date(2026, 1, 1), bytes(32)),))
    found = {
        Pseudonymiser(KEYS, "acme").person("ada", "wiki"),
        Pseudonymiser(KEYS, "acme").person("ada", "sharepoint"),
        Pseudonymiser(KEYS, "acme").person("ada"),
        Pseudonymiser(KEYS, "globex").person("ada", "wiki"),
        Pseudonymiser(other, "acme").person("ada", "wiki"),
        Pseudonymiser(KEYS, "acme").person("Ada", "wiki"),
        Pseudonymiser(KEYS, "acm").person("eada", "wiki"),
    }
    assert len(found) == 7


def test_a_shared_id_is_compared_without_regard_to_case_and_unicode_form():
    people = Pseudonymiser(KEYS, "acme")
    assert people.person(" Jörg@Example.com") == people.person("JO\u0308RG@example.com ")


def test_an_empty_id_is_refused():
    with pytest.raises(ValueError, match="nobody"):
        Pseudonymiser(KEYS, "acme").person(" ", "wiki")


@given(st.text(min_size=1).filter(str.strip))
def test_pseudonyms_are_signed_64_bit_numbers_and_steady(account):
    people = Pseudonymiser(KEYS, "acme")
    assert -(2**63) <= people.person(account, "wiki") < 2**63
    assert people.person(account, "wiki") == Pseudonymiser(KEYS, "acme").person(account, "wiki")


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_different_parts_give_different_keys(one, other):
    hasher = Hasher("wiki")
    assert (hasher.key(*one) == hasher.key(*other)) == (one == other)


def test_hashes_of_keys_objects_and_sources_do_not_meet():
    found = {Hasher("a").object("1"), Hasher("b").object("1"), Hasher("a").key("1"), Hasher("b").key("1")}
    assert len(found) == 4
