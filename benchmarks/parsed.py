"""The parsers that anybody can reach, each as a function of bytes, with right inputs to begin with.

What they need is imported in place: `benchmarks.parsers` watches which of their code an input reaches.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KEY, QUERY = b"a key of the cursors, 32 bytes!!", {"metric": "active_share"}
WEBHOOK = b"a webhook secret of the admin"
APP, INSTALLATION = "ari:cloud:ecosystem::app/11111111-2222-4333-8444-555555555555", "installed"
Parser = Callable[[bytes], object]
"""Raises `ServiceError` for what it refuses, or gives False."""


def _cursor(folder: Path) -> tuple[Parser, list[bytes]]:
    from service.api import cursor

    right = cursor.write(cursor.Cursor(3, 4711), QUERY, KEY)
    return lambda given: cursor.read(given.decode("utf-8", "replace"), QUERY, KEY), [right.encode()]


def _database(folder: Path) -> Any:
    """A small company with published values, two connected platforms, and a subscription."""
    from benchmarks.company import company
    from service.database import connect, transaction
    from service.hints.receive import digest
    from service.models import Base, Source, Subscription

    made = (folder / "resonanz.db").exists()
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    if made:
        return engine
    Base.metadata.create_all(engine)
    secret = folder / "secret"
    secret.write_bytes(WEBHOOK)
    with transaction(engine) as session:
        organisation = company(session)
        for key, connector, settings in (
            ("office", "microsoft-365", {}),
            ("second", "confluence", {"webhook_secret_file": str(secret)}),
        ):
            session.add(
                Source(
                    organisation_id=organisation.id,
                    key=key,
                    connector=connector,
                    settings=settings,
                    created=NOW,
                )
            )
            session.flush()
            if key == "office":
                source = session.query(Source).filter_by(key="office").one()
                session.add(
                    Subscription(
                        id="one", source_id=source.id, stream="team_messages", room="", digest=digest("state"),
                        resource="teams", expires=NOW,
                    )
                )  # fmt: skip
    return engine


def _asked(folder: Path, question: str) -> tuple[Any, Any, Any]:
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from service.models import Organisation
    from service.odata.entities import SETS
    from service.odata.sets import READ

    session = Session(_database(folder))
    organisation = session.scalars(select(Organisation)).one()
    return session, SETS[question], READ[question](session, organisation, None)


def _filter(folder: Path) -> tuple[Parser, list[bytes]]:
    from service.odata.conditions import condition

    session, entity_set, rows = _asked(folder, "Measurements")

    def parse(given: bytes) -> None:
        chosen = condition(given.decode("utf-8", "replace"), entity_set.properties, rows.columns)
        try:
            rows.find([chosen], (), after=0, skip=0, limit=1)
        finally:
            session.rollback()

    seeds = (
        "metric eq 'active_share' and since ge 2026-01-01",
        "value ne 0.3 or not (people gt 20)",
        "contains(tolower(metric), 'share') and year(since) in (2025, 2026)",
        "startswith(scope_key,'wiki/O''N %') eq false",
        "suppressed and reason ne null",
    )
    return parse, [text.encode() for text in seeds]


def _entity(folder: Path) -> tuple[Parser, list[bytes]]:
    from service.odata.keys import address, one_row

    session, entity_set, rows = _asked(folder, "Measurements")
    first = rows.find((), (), after=0, skip=0, limit=1)[0].row
    right = address(entity_set, first).partition("(")[2].removesuffix(")")

    def parse(given: bytes) -> None:
        chosen = one_row(entity_set, given.decode("utf-8", "replace"), rows.columns)
        try:
            rows.find([chosen], (), after=0, skip=0, limit=1)
        finally:
            session.rollback()

    return parse, [right.encode()]


def _sheet(folder: Path, ending: str) -> Parser:
    from service.surveys.imports.reading import read

    file = folder / f"answers{ending}"

    def parse(given: bytes) -> None:
        file.write_bytes(given)
        read(file)

    return parse


def _csv(folder: Path) -> tuple[Parser, list[bytes]]:
    text = 'id;"Standort";"culture_1";"culture_2"\r\n1;"Köln; Süd";4;5\r\n2;"sagt ""nein""";;3\r\n'
    return _sheet(folder, ".csv"), [
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace(";", ",").encode(),
    ]


def _excel(folder: Path) -> tuple[Parser, list[bytes]]:
    import xlsxwriter

    book = folder / "book.xlsx"
    with xlsxwriter.Workbook(str(book)) as workbook:
        sheet = workbook.add_worksheet("Antworten")
        for row, cells in enumerate([("id", "culture_1", "day"), (1, 4, "2026-03-02"), (2, "", "x")]):
            sheet.write_row(row, 0, cells)
    return _sheet(folder, ".xlsx"), [book.read_bytes()]


def _hook(folder: Path, hear: Callable[[Any, bytes], None]) -> Parser:
    from sqlalchemy.orm import Session

    engine = _database(folder)

    def parse(given: bytes) -> None:
        with Session(engine) as session:
            try:
                hear(session, given)
                session.flush()
            finally:
                session.rollback()

    return parse


def _graph(folder: Path) -> tuple[Parser, list[bytes]]:
    from service.hints.receive import from_graph

    told = {"subscriptionId": "one", "clientState": "state", "lifecycleEvent": "missed", "resource": "teams"}
    parse = _hook(folder, lambda session, given: from_graph(session, "office", given, NOW))
    return parse, [json.dumps({"value": [told]}).encode(), b'{"value": []}']


def _confluence(folder: Path) -> tuple[Parser, list[bytes]]:
    from service.hints.receive import from_confluence

    def hear(session: Any, given: bytes) -> None:
        signature = "sha256=" + hmac.new(WEBHOOK, given, hashlib.sha256).hexdigest()
        from_confluence(session, "second", given, signature, NOW)

    events = (
        {"event": "page_created", "page": {"spaceKey": "ALL"}},
        {"event": "comment_removed", "comment": {}},
    )
    return _hook(folder, hear), [json.dumps(one).encode() for one in events]


def _forge(folder: Path) -> tuple[Any, Any, Any]:
    """The check of tokens, with one published key of our own, and a session."""
    from joserfc.jwk import RSAKey
    from sqlalchemy.orm import Session

    from service.security.bearers import Bearers
    from service.security.forge import Forge
    from service.settings import Settings

    key = RSAKey.generate_key(2048, parameters={"kid": "ours"})
    check = Forge(Settings(forge_app=APP, forge_installations={INSTALLATION: "acme"}))

    class Ours:
        def key(self, kid: str) -> Any:
            return key if kid == "ours" else None

    check.keys = Ours()  # type: ignore[assignment]
    return Bearers([check]), Session(_database(folder)), key


def _claims_of() -> bytes:
    now = int(time.time())
    told = {"iss": "forge/invocation-token", "aud": APP, "iat": now, "nbf": now, "exp": now + 250,
            "app": {"id": APP, "installationId": INSTALLATION}}  # fmt: skip
    return json.dumps(told).encode()


def _token(folder: Path) -> tuple[Parser, list[bytes]]:
    from joserfc import jws

    bearers, session, key = _forge(folder)
    right = jws.serialize_compact({"alg": "RS256", "kid": "ours"}, _claims_of(), key)
    return lambda given: bearers.signed_in(session, given.decode("latin-1")) is not None, [right.encode()]


def _claims(folder: Path) -> tuple[Parser, list[bytes]]:
    from joserfc import jws

    bearers, session, key = _forge(folder)

    def parse(given: bytes) -> bool:
        signed = jws.serialize_compact({"alg": "RS256", "kid": "ours"}, given, key)
        return bearers.signed_in(session, signed) is not None

    return parse, [_claims_of()]


MADE: dict[str, Callable[[Path], tuple[Parser, list[bytes]]]] = {
    "cursor": _cursor,
    "filter": _filter,
    "entity": _entity,
    "csv": _csv,
    "excel": _excel,
    "graph": _graph,
    "confluence": _confluence,
    "token": _token,
    "claims": _claims,
}
