"""Keys, canonical text, and the file an outsider can check with OpenSSL alone."""

import base64
import hashlib
import json
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.errors import Conflict, Invalid
from service.privacy import keys
from service.privacy.agreement import FORMAT, Agreement, from_file, to_file

PASSPHRASE = "four words in a row"
DOCUMENT: dict[str, Any] = {
    "format": FORMAT,
    "organisation": {"key": "main", "name": "Müller & Söhne"},
    "number": 1,
    "previous": None,
    "created": "2026-11-02T09:00:00+00:00",
    "software": "0.1.0",
    "holders": {},
    "terms": {"groups": {"observed": 10}},
    "words": {},
}


@pytest.fixture
def signed(tmp_path: Path) -> str:
    agreement = Agreement.of(DOCUMENT)
    given = []
    for holder in keys.HOLDERS:
        keys.create(tmp_path / holder, PASSPHRASE)
        given.append(keys.sign(agreement, holder, tmp_path / holder, PASSPHRASE))
    return to_file(agreement, given)


def test_a_private_key_is_encrypted_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    public = keys.create(tmp_path / "council", PASSPHRASE)
    assert stat.S_IMODE((tmp_path / "council").stat().st_mode) == 0o600
    assert "ENCRYPTED" in (tmp_path / "council").read_text()
    assert keys.read_public(tmp_path / "council.pub") == public
    assert keys.public_pem(public) == (tmp_path / "council.pub").read_text()


def test_a_key_is_never_written_over_and_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    keys.create(tmp_path / "council", PASSPHRASE)
    before = (tmp_path / "council").read_bytes()
    with pytest.raises(Conflict):
        keys.create(tmp_path / "council", PASSPHRASE)
    assert (tmp_path / "council").read_bytes() == before
    with pytest.raises(Invalid, match="12 characters"):
        keys.create(tmp_path / "other", "short")
    assert not (tmp_path / "other").exists()


def test_a_wrong_passphrase_and_a_wrong_file_do_not_sign(tmp_path: Path) -> None:
    keys.create(tmp_path / "council", PASSPHRASE)
    agreement = Agreement.of(DOCUMENT)
    with pytest.raises(Invalid, match="passphrase"):
        keys.sign(agreement, "council", tmp_path / "council", "another passphrase")
    with pytest.raises(Invalid, match="passphrase"):
        keys.sign(agreement, "council", tmp_path / "council.pub", PASSPHRASE)
    with pytest.raises(Invalid, match="holds no key"):
        keys.sign(agreement, "board", tmp_path / "council", PASSPHRASE)


def test_the_file_gives_back_what_was_signed_however_it_is_laid_out(signed: str) -> None:
    assert "Müller & Söhne" in signed, "people read it too"
    agreement, given = from_file(json.dumps(json.loads(signed), ensure_ascii=True))
    assert agreement == Agreement.of(DOCUMENT)
    assert [one.holder for one in given] == ["admin", "council"]
    assert all(keys.valid(agreement, one) for one in given)


@pytest.mark.parametrize("place", ["number", "terms", "holders", "words", "created"])
def test_whatever_is_changed_in_the_file_no_signature_holds_any_more(signed: str, place: str) -> None:
    body = json.loads(signed)
    body["agreement"][place] = 2 if place == "number" else {"other": 1}
    with pytest.raises(Invalid, match="was changed"):
        from_file(json.dumps(body))
    body["digest"] = Agreement.of(body["agreement"]).digest
    agreement, given = from_file(json.dumps(body))
    assert not any(keys.valid(agreement, one) for one in given)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"agreement": 1}', "[" * 100_000, '{"agreement": {"format": "x"}}']
)
def test_anything_else_is_no_agreement(text: str) -> None:
    with pytest.raises(Invalid):
        from_file(text)


def test_a_fraction_can_not_be_agreed_on() -> None:
    with pytest.raises(Invalid, match="whole numbers"):
        Agreement.of({**DOCUMENT, "terms": {"groups": {"observed": 9.5}}})


def test_openssl_checks_a_signature_without_any_of_our_programs(signed: str, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    body = json.loads(signed)
    text = json.dumps(body["agreement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (tmp_path / "message").write_text(f"resonanz-agreement sha256:{digest}")
    (tmp_path / "signature").write_bytes(base64.b64decode(body["signatures"][1]["signature"]))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "council.pub", "-rawin", "-in", "message"]
    done = subprocess.run(
        [*command, "-sigfile", "signature"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (tmp_path / "message").write_text(f"resonanz-agreement sha256:{digest[::-1]}")
    wrong = subprocess.run(
        [*command, "-sigfile", "signature"], cwd=tmp_path, capture_output=True, check=False
    )
    assert wrong.returncode != 0
