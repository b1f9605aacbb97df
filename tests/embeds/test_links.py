"""Who tries to open a card without the right link, and what a right link does not do."""

import base64
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote

import pytest
import structlog
from sqlalchemy import update

from service.cards import Choices, Kind
from service.database import transaction
from service.embeds.register import named, revoke
from service.embeds.secret import NAMING, SIGNING, SecretUnusable, derived, secret_file, signing_keys
from service.embeds.token import Claim, read, written
from service.models import Embed
from service.security.signin import cookie_name_for

FORMS = ("", ".json", ".svg")


def token_of(path: str) -> str:
    return parse_qs(path.partition("?")[2])["t"][0]


def ask(house, token: str, kind: str = "figure", ending: str = "", **headers: str):
    return house.visit(**headers).get(f"/embed/{kind}{ending}?t={quote(token, safe='')}")


def parts(token: str, **new: str) -> str:
    """The token with some of its parts replaced, and its old signature."""
    names = ("form", "handle", "locale", "expires", "key", "signature")
    found = dict(zip(names, token.split("."), strict=True)) | new
    return ".".join(found[name] for name in names)


def resigned(token: str, key: bytes, **new: str) -> str:
    """The same, signed with a key of somebody's own."""
    changed = parts(token, **new)
    text = changed.rpartition(".")[0]
    made = base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).rstrip(b"=").decode()
    return f"{text}.{made}"


def flipped(token: str) -> str:
    """The signature's last letter spelled differently: it stands for the same bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) ^ 1]


ATTACKS: dict[str, Callable[[str, str], str]] = {
    "nothing": lambda own, other: "",
    "another form": lambda own, other: parts(own, form="emb2"),
    "handle of another": lambda own, other: parts(own, handle=other.split(".")[1]),
    "signature of another": lambda own, other: parts(own, signature=other.split(".")[5]),
    "handle nobody has": lambda own, other: parts(own, handle="A" * 10),
    "another language": lambda own, other: parts(own, locale="en"),
    "language that is none": lambda own, other: parts(own, locale="xx"),
    "later end": lambda own, other: parts(own, expires=str(int(own.split(".")[3]) + 86400)),
    "end with a sign": lambda own, other: parts(own, expires=f"+{own.split('.')[3]}"),
    "end with a leading zero": lambda own, other: parts(own, expires=f"0{own.split('.')[3]}"),
    "swapped key id": lambda own, other: parts(own, key="00000000"),
    "key id in capitals": lambda own, other: parts(own, key="A" + own.split(".")[4].upper()[1:]),  # it may have no letter
    "empty signature": lambda own, other: parts(own, signature=""),
    "signature of zeros": lambda own, other: parts(own, signature="A" * 43),
    "same bytes, other spelling": lambda own, other: flipped(own),
    "padded": lambda own, other: own + "=",
    "one letter less": lambda own, other: own[:-1],
    "cut in half": lambda own, other: own[: len(own) // 2],
    "one letter more": lambda own, other: own + "A",
    "twice": lambda own, other: own + own,
    "capitals": lambda own, other: own.upper(),
    "blank before": lambda own, other: f" {own}",
    "line break after": lambda own, other: f"{own}\n",
    "zero byte after": lambda own, other: f"{own}\0",
    "full-width letters": lambda own, other: own.replace("emb", "ｅｍｂ"),
    "arabic digits": lambda own, other: parts(own, expires=own.split(".")[3].translate({48 + n: 0x660 + n for n in range(10)})),
    "cyrillic look-alike": lambda own, other: own.replace("e", "е", 1),
    "combining mark": lambda own, other: f"{own}\u0301",
    "a million letters": lambda own, other: own * 500,
    "signed with no key": lambda own, other: resigned(own, b""),
    "signed with a known key": lambda own, other: resigned(own, b"\0" * 32),
    "signed with its own id": lambda own, other: resigned(own, own.split(".")[4].encode()),
    "later end, signed anew": lambda own, other: resigned(own, b"secret", expires="9999999999"),
    "sql": lambda own, other: parts(own, handle="' OR 1=1--"),
    "path": lambda own, other: f"../{own}",
    "template": lambda own, other: "{{7*7}}",
}  # fmt: skip


@pytest.fixture(scope="module")
def own(house) -> str:
    return token_of(house.embed(Kind.FIGURE))


@pytest.fixture(scope="module")
def other(house) -> str:
    return token_of(house.embed(Kind.FIGURE, organisation=2))


def test_the_right_link_shows_the_card(house, own):
    assert "25\u00a0%" in ask(house, own).text
    assert ask(house, own, ending=".json").json()["values"][0]["number"] == 0.25
    assert ask(house, own, ending=".svg").headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize("name", list(ATTACKS))
def test_a_wrong_link_shows_nothing_and_tells_nothing(house, own, other, name):
    wrong = ATTACKS[name](own, other)
    for ending in FORMS:
        answer = ask(house, wrong, ending=ending, Origin="https://intranet.example")
        assert answer.status_code == 404, name
        assert "access-control-allow-origin" not in answer.headers
        assert "Werra" not in answer.text
        assert "25" not in re.sub(r"utf-8|24", "", answer.text) or "%" not in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    plain = ask(house, "emb1.nothing")
    assert ask(house, wrong).text == plain.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?t",
        "?t=",
        "?T={t}",
        "?t={t}&t={t}",
        "?t={t}&t=",
        "?t=x&t={t}",
        "?t[]={t}",
        "?token={t}",
        "?t={t}%00",
        "?t=%FF{t}",
    ],
)
def test_exactly_one_token_is_asked_for(house, own, query):
    for ending in FORMS:
        assert house.visit().get(f"/embed/figure{ending}{query.format(t=own)}").status_code == 404
    assert house.visit().get(f"/embed/figure?t={own}&utm_source=x").status_code == 200


@pytest.mark.parametrize(
    "kind", ["trend", "FIGURE", "figure.json", "figure.html", "nothing", "figure%2e", ".."]
)
def test_a_link_is_for_one_card_only(house, own, kind):
    answer = house.visit().get(f"/embed/{kind}?t={own}")
    if kind == "figure.json":
        assert answer.status_code == 200
    else:
        assert answer.status_code in (303, 404)
        assert "25\u00a0%" not in answer.text


def test_a_link_shows_its_own_organisation_only(house, own, other):
    assert "Werra" in ask(house, own).text
    theirs = ask(house, other).text
    assert "Fulda" in theirs
    assert "Werra" not in theirs
    assert "45\u00a0%" in theirs
    assert ask(house, f"{own}&organisation=fulda").status_code == 404
    assert "Werra" in house.visit().get(f"/embed/figure?t={own}&organisation=fulda").text


def test_a_right_signature_does_not_help_against_what_the_database_says(house):
    """Somebody who could sign still can not change card, language, end or key of an embed."""
    path = house.embed(Kind.FIGURE)
    row, key = house.row(path), next(iter(house.keys.values()))
    claim = Claim(row.handle, row.locale, int(row.expires.timestamp()), row.key_id)
    assert ask(house, written(claim, key)).status_code == 200
    for wrong in (
        Claim(row.handle, "en", claim.expires, row.key_id),
        Claim(row.handle, "de", claim.expires + 1, row.key_id),
        Claim("A" * 10, "de", claim.expires, row.key_id),
    ):
        assert read(written(wrong, key), house.keys) == wrong
        assert ask(house, written(wrong, key)).status_code == 404


def test_an_embed_ends_at_its_time_and_says_so_inside_the_page_it_stands_in(house):
    path = house.embed(Kind.FIGURE, age=timedelta(days=31))
    answer = house.visit().get(path)
    assert answer.status_code == 410
    assert "abgelaufen" in answer.text
    assert "25\u00a0%" not in answer.text
    assert "frame-ancestors https://intranet.example" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    told = house.visit(Origin="https://intranet.example").get(path.replace("?", ".json?"))
    assert (told.status_code, told.json()["state"]) == (410, "gone")
    assert told.headers["access-control-allow-origin"] == "https://intranet.example"
    assert house.visit().get(path.replace("?", ".svg?")).status_code == 410


def test_the_last_second_counts(house):
    path = house.embed(Kind.FIGURE)
    row = house.row(path)
    with transaction(house.engine) as db:
        db.execute(update(Embed).where(Embed.id == row.id).values(expires=row.expires - timedelta(days=40)))
    assert house.visit().get(path).status_code == 404  # token and row no longer say the same


def test_a_revoked_embed_shows_nothing_from_the_next_request_on(house):
    path = house.embed(Kind.FIGURE, locale="en")
    assert house.visit().get(path).status_code == 200
    with transaction(house.engine) as db:
        revoke(db, house.row(path).handle, by="it_admin", now=datetime.now(UTC))
    answer = house.visit().get(path)
    assert answer.status_code == 410
    assert "expired or was ended" in answer.text


def test_a_rotated_secret_keeps_old_links_until_its_line_goes(house):
    file = secret_file(house.settings)
    path, old = house.embed(Kind.FIGURE), file.read_text()
    try:
        file.write_text(f"{'ab' * 32}\n{old}")
        newer = house.embed(Kind.FIGURE)
        assert house.row(newer).key_id != house.row(path).key_id
        assert house.visit().get(path).status_code == house.visit().get(newer).status_code == 200
        swapped = parts(token_of(path), key=house.row(newer).key_id)
        assert ask(house, swapped).status_code == 404
        file.write_text(f"{'ab' * 32}\n")
        assert house.visit().get(path).status_code == 404
        assert house.visit().get(newer).status_code == 200
        file.unlink()
        assert house.visit().get(newer).status_code == 404
    finally:
        file.write_text(old)
        file.chmod(0o600)


def test_an_unfit_secret_is_refused_with_how_to_mend_it(tmp_path):
    file = tmp_path / "key" / "installation.key"
    assert signing_keys(file) == {}
    made = signing_keys(file, create=True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert signing_keys(file, create=True) == made
    for content, words in (("", "damaged"), ("zz" * 32, "damaged"), ("ab" * 31, "damaged"), ("ä", "no text")):
        file.write_text(content)
        with pytest.raises(SecretUnusable, match=words):
            signing_keys(file)
    file.write_text("ab" * 32)
    file.chmod(0o644)
    with pytest.raises(SecretUnusable, match="chmod 600"):
        signing_keys(file)


def test_keys_are_derived_as_rfc_5869_says():
    """Test case 3 of appendix A: SHA-256 without salt and info."""
    okm = derived(bytes.fromhex("0b" * 22), b"", 42)
    assert okm.hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )
    assert derived(b"x" * 32, SIGNING, 32)[:4] != derived(b"x" * 32, NAMING, 4)


def test_no_cookie_is_set_or_looked_at_and_no_account_helps(house, own):
    plain = ask(house, own)
    asking = {"Cookie": f"language=en; {cookie_name_for(https=False)}=anything", "Accept-Language": "en"}
    for client in (house.visit(**asking), house.signed_in("it_admin")):
        answer = client.get(f"/embed/figure?t={own}")
        assert answer.text == plain.text
        assert "set-cookie" not in answer.headers
        assert "cookie" not in answer.headers.get("vary", "").lower()
    assert ask(house, "nothing", Cookie="language=en").text == ask(house, "nothing").text


def test_the_log_names_an_embed_by_its_number_and_never_by_its_link(house, own):
    gone = house.embed(Kind.FIGURE, age=timedelta(days=31))
    with structlog.testing.capture_logs() as said:
        house.visit().get(gone)
        ask(house, own)
        ask(house, own, ending=".json", Origin="https://evil.example")
        ask(house, flipped(own))
    assert [one["embed"] for one in said] == [house.row(gone).handle, own.split(".")[1]]
    for token in (own, token_of(gone), flipped(own)):
        assert not any(secret in repr(said) for secret in (token, token.split(".")[5]))


def test_of_use_only_the_day_is_kept(house):
    day = datetime.now(UTC).date()
    path = house.embed(Kind.TREND, choices=Choices("active_share", "werra/all"))
    assert house.row(path).used is None
    house.visit().get(path.replace("?", ".json?"))
    assert house.row(path).used == day
    with transaction(house.engine) as db:
        named(db, house.row(path).handle).used = day - timedelta(days=1)
    house.visit().get(path)
    assert house.row(path).used == day


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://intranet.example", True),
        ("https://team.sharepoint.example", True),
        ("https://a.b.sharepoint.example", True),
        ("http://localhost:8081", True),
        ("https://sharepoint.example", False),
        ("https://evilsharepoint.example", False),
        ("https://intranet.example.evil.example", False),
        ("https://intranet.example:8443", False),
        ("http://intranet.example", False),
        ("http://localhost:8082", False),
        ("https://x@intranet.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_pages_of_its_hosts_may_read_it_and_no_others(house, own, origin, allowed):
    for ending in (".json", ".svg"):
        answer = ask(house, own, ending=ending, Origin=origin)
        assert "Origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers
        if allowed:
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == origin
        else:
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
            assert "Werra" not in answer.text


def test_nothing_else_of_the_service_is_open_to_frames_or_other_origins(house, own):
    client = house.visit(Origin="https://intranet.example")
    for path in (
        "/login",
        "/healthz",
        "/static/resonanz.css",
        f"/embeds?t={own}",
        f"/api/v1/metrics?t={own}",
        "/embed",
    ):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["cross-origin-resource-policy"] == "same-origin", path
        assert "access-control-allow-origin" not in headers, path
    for path in ("/static/embed.css", "/static/resonanz-card.js"):
        headers = client.get(path).headers
        assert headers["access-control-allow-origin"] == "*"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert client.post(f"/embed/figure?t={own}").status_code in (403, 405)
