"""Twenty ways each to come with a session or a token that is none: all of them are refused."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service.database import transaction
from service.grants import Role
from service.models import Account, ApiToken, Session
from service.security.roles import Scope
from service.security.tokens import ALPHABET, _check, create_token, revoke_token

PAGE, DATA = "/", "/api/v1/metrics"


def turned(text: str, place: int) -> str:
    """With another letter at that place."""
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


SESSIONS: dict[str, Callable[[str], str]] = {
    "empty": lambda secret: "",
    "another": lambda secret: "A" * len(secret),
    "first letter turned": lambda secret: turned(secret, 0),
    "last letter turned": lambda secret: turned(secret, len(secret) - 1),
    "cut": lambda secret: secret[:-1],
    "longer": lambda secret: secret + "A",
    "doubled": lambda secret: secret + secret,
    "upper case": lambda secret: secret.upper() if secret.upper() != secret else secret.lower(),
    "backwards": lambda secret: secret[::-1],
    "quoted twice": lambda secret: f'""{secret}""',
    "with a space inside": lambda secret: secret[:5] + " " + secret[5:],
    "a statement": lambda secret: "' OR '1'='1",
    "a wildcard": lambda secret: "%",
    "a number": lambda secret: "1",
    "null": lambda secret: "null",
    "very long": lambda secret: "A" * 4000,
    "its digest": lambda secret: hashlib.sha256(secret.encode()).hexdigest(),
    "percent encoded": lambda secret: "".join(f"%{ord(letter):02x}" for letter in secret),
    "a path": lambda secret: "../../" + secret,
    "two at once": lambda secret: f"{secret[:10]}, {secret[10:]}",
}


@pytest.mark.parametrize("way", SESSIONS)
def test_a_session_that_is_none_opens_nothing(as_role: Any, way: str) -> None:
    client = as_role(Role.ANALYST)
    assert client.get(PAGE).status_code == 200
    name = next(name for name in client.cookies if "resonanz" in name)
    secret = client.cookies[name]
    client.cookies.clear()
    client.headers["Cookie"] = f"{name}={SESSIONS[way](secret)}"
    assert client.get(PAGE).status_code in {303, 401}
    assert client.get(DATA).status_code == 401
    client.headers["Cookie"] = f"{name}={secret}"
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("old", "opened"), [(timedelta(minutes=31), timedelta(hours=1)), (timedelta(0), timedelta(hours=8))]
)
def test_a_session_that_ran_out_opens_nothing(
    as_role: Any, database: Any, old: timedelta, opened: timedelta
) -> None:
    client = as_role(Role.VIEWER)
    now = datetime.now(UTC)
    with transaction(database) as session:
        session.execute(update(Session).values(used=now - old, created=now - opened))
    assert client.get(PAGE).status_code in {303, 401}


def rechecked(text: str) -> str:
    """With check digits that fit: only the secret can give the forgery away."""
    return text[:-6] + _check(text[:-6])


TOKENS: dict[str, Callable[[str], str]] = {
    "empty": lambda token: "",
    "prefix alone": lambda token: "rsz_",
    "handle alone": lambda token: token[:14],
    "without prefix": lambda token: token[4:],
    "other prefix": lambda token: "ghp_" + token[4:],
    "secret turned": lambda token: turned(token, 20),
    "secret turned, checked": lambda token: rechecked(turned(token, 20)),
    "last of secret turned, checked": lambda token: rechecked(turned(token, len(token) - 7)),
    "handle turned, checked": lambda token: rechecked(turned(token, 5)),
    "secret of one letter, checked": lambda token: rechecked(token[:15] + "A" * 43 + token[-6:]),
    "check turned": lambda token: turned(token, len(token) - 1),
    "cut": lambda token: token[:-1],
    "longer": lambda token: token + "0",
    "lower case": lambda token: token.lower(),
    "upper case": lambda token: token.upper(),
    "with a line break": lambda token: token + "%0a",
    "a statement": lambda token: token[:15] + "' OR '1'='1" + "A" * 32 + token[-6:],
    "unsigned JWT": lambda token: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    "other digits": lambda token: "".join(str((ALPHABET.index(one) + 1) % 10) if one.isdigit() else one
                                          for one in token),
    "digest as secret, checked": lambda token: rechecked(
        token[:15] + hashlib.sha256(token[15:58].encode()).hexdigest()[:43] + token[-6:]
    ),
}  # fmt: skip


@pytest.fixture
def token(as_role: Any, database: Any) -> tuple[Any, str]:
    client = as_role(Role.ANALYST)
    client.cookies.clear()
    with transaction(database) as session:
        account = session.scalars(select(Account).where(Account.name == Role.ANALYST.value)).one()
        now = datetime.now(UTC)
        text = create_token(
            session, account, "dashboard", [Scope.CATALOGUE], expires=now + timedelta(30), now=now
        )
    return client, text


@pytest.mark.parametrize("way", TOKENS)
def test_a_token_that_is_none_opens_nothing(token: tuple[Any, str], way: str) -> None:
    client, text = token
    forged = TOKENS[way](text)
    assert forged != text
    for value in (f"Bearer {forged}", f"bearer {forged}"):
        assert client.get(DATA, headers={"Authorization": value}).status_code == 401
    assert client.get(DATA, headers={"Authorization": f"Bearer {text}"}).status_code == 200


def test_a_token_in_the_address_is_no_token(token: tuple[Any, str]) -> None:
    client, text = token
    for name in ("token", "access_token", "api_key", "code"):
        assert client.get(f"{DATA}?{name}={text}").status_code in {400, 401, 422}


def test_a_token_that_was_revoked_or_ran_out_opens_nothing(token: tuple[Any, str], database: Any) -> None:
    client, text = token
    bearer = {"Authorization": f"Bearer {text}"}
    with transaction(database) as session:
        session.execute(update(ApiToken).values(expires=datetime.now(UTC) - timedelta(seconds=1)))
    assert client.get(DATA, headers=bearer).status_code == 401
    with transaction(database) as session:
        session.execute(update(ApiToken).values(expires=datetime.now(UTC) + timedelta(1)))
    assert client.get(DATA, headers=bearer).status_code == 200
    with transaction(database) as session:
        revoke_token(session, text[4:14], datetime.now(UTC))
    assert client.get(DATA, headers=bearer).status_code == 401
