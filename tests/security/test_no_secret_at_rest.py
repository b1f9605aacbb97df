"""The database holds no secret: none of those that were used is in its bytes."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service.database import transaction
from service.grants import Role
from service.models import Account, Organisation, Source
from service.security.roles import Scope
from service.security.tokens import create_token
from service.surveys import rounds
from tests.security.conftest import PASSWORD


def test_no_secret_is_in_the_bytes_of_the_database(as_role: Any, database: Any, tmp_path: Path) -> None:
    client = as_role(Role.ANALYST)
    cookie = next(value for name, value in client.cookies.items() if "resonanz" in name)
    credential = tmp_path / "confluence.token"
    credential.write_text("ATATT-canary-of-a-platform", encoding="ascii")
    now = datetime.now(UTC)
    with transaction(database) as session:
        account = session.scalars(select(Account).where(Account.name == Role.ANALYST.value)).one()
        token = create_token(session, account, "x", [Scope.CATALOGUE], expires=now + timedelta(9), now=now)
        owner = session.scalars(select(Organisation)).one()
        settings = {"url": "https://wiki.example", "token_file": str(credential)}
        session.add(
            Source(
                organisation_id=owner.id, key="wiki", connector="confluence", settings=settings, created=now
            )
        )
        survey = rounds.create(
            session, owner, "spring", title_de="Umfrage", title_en="Survey", form="short", now=now
        )
        group = rounds.add_group(session, survey, "all", label="All", invited=3)
        invitations = rounds.invite(session, survey, group)
    secrets = [PASSWORD, cookie, token, token[15:58], "ATATT-canary-of-a-platform", *invitations]
    held = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("resonanz.db*")))
    assert b"https://wiki.example" in held, "nothing of what was stored is in these bytes"
    assert [number for number, secret in enumerate(secrets) if secret.encode() in held] == []
    assert re.search(rb"[0-9a-f]{64}", held), "digests are what it keeps instead"
