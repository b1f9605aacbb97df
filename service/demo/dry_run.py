"""A dry run for the council: what collecting would store of an invented person, and what of it would be published.

Nothing here is written down beforehand: a small wiki speaks the platform's real interface over HTTP, the real connector reads it into
an empty installation in a temporary directory, and the real measuring and publishing follow. Then everything is thrown away.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
from sqlalchemy import select

from connectors.base import Nothing, connector
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.context import Context
from service.database import transaction
from service.demo.confluence_data_center import DataCenter
from service.demo.serving import Server
from service.demo.store import Permission, Store
from service.demo.trial import DryRun
from service.measure import measure
from service.models import Organisation, Person, PublishedRoom, PublishedValue, Source
from service.publication import publish
from service.settings import Settings

PERSON, NAME, MAIL = "erika.mustermann", "Erika Mustermann", "erika.mustermann@example.org"
NOW = datetime(2026, 3, 16, 6, tzinfo=UTC)
BEGAN = NOW - timedelta(days=28)
LARGE, SMALL = "KANTINE", "KLEIN"
COLLEAGUES, WRITERS = 39, 18
METRICS = ("active_share",)


def dry_run(minimum_group: int) -> DryRun:
    """The dry run under that size of the smallest group; the same each time."""
    with tempfile.TemporaryDirectory(prefix="resonanz-dry-run-") as folder:
        context = Context(
            Settings(
                data=Path(folder) / "data",
                database=None,
                log=None,
                key_file=None,
                minimum_group=minimum_group,
            )
        )
        try:
            with DataCenter(wiki()) as server:
                return _run(context, server, Path(folder))
        finally:
            context.engine.dispose()


def wiki() -> Store:
    """Forty people belong to one room, of whom fourteen write; three belong to another, and write."""
    store = Store(clock=lambda: NOW)
    store.add_account(PERSON, name=NAME, mail=MAIL)
    store.add_account("reader", kind="app")
    people = [PERSON, *(f"kollege{number}" for number in range(1, COLLEAGUES + 1))]
    for person in people[1:]:
        store.add_account(person)
    for room, members in ((LARGE, people), (SMALL, people[:3])):
        group = store.add_group(f"members of {room}", members)
        rights = [Permission("group", group.id, "read", "space")]
        store.add_space(room, author=people[1], created=BEGAN, permissions=rights)
        page = store.add_page(room, people[1], BEGAN).id
        for week in range(1, 4):
            for number, person in enumerate(members[:WRITERS]):
                moment = BEGAN + timedelta(days=7 * week, hours=2, minutes=number)
                comment = store.add_comment(page, person, moment).id
                store.like(comment, members[max(number - 1, 0)], moment + timedelta(minutes=30))
    return store


def _run(context: Context, server: Server, folder: Path) -> DryRun:
    token = folder / "token"
    token.write_text(server.token)
    token.chmod(0o600)
    settings = {"url": server.url, "flavour": "data-center", "token_file": str(token), "observe": "all"}
    with transaction(context.engine) as session:
        owner = Organisation(key="probe", name="Probe", synthetic=True)
        session.add(owner)
        session.flush()
        session.add(
            Source(
                organisation_id=owner.id, key="wiki", connector="confluence", settings=settings, created=BEGAN
            )
        )
    with closing(connector("confluence").connect(settings, Nothing())) as reader:
        collect(
            context.engine,
            context.log(owner),
            context.pseudonymiser(owner),
            "wiki",
            connector=reader,
            clock=lambda: NOW,
        )
    request, answer = _told(server)
    measure(context.engine, context.log(owner), owner.id, clock=lambda: NOW)
    minimum = context.settings.minimum_group
    publish(context.engine, owner.id, minimum_group=minimum, clock=lambda: NOW)
    pseudonym = context.pseudonymiser(owner).person(PERSON, "wiki")
    rows = _stored(context.log(owner))
    return DryRun(
        request,
        answer,
        [row for row in rows if row["person"] == pseudonym][:3],
        _known(context, pseudonym),
        _traces(rows, folder / "data"),
        _published(context),
        minimum,
    )


def _told(server: Server) -> tuple[str, Mapping[str, Any]]:
    """A comment of the invented person, as the platform answers a request that the connector has just made."""
    with httpx.Client(
        headers={"Authorization": f"Bearer {server.token}"}, trust_env=False, timeout=10
    ) as client:
        for seen in list(server.requests):
            answer = client.get(f"{server.origin}{seen.path}", params=seen.query)
            if answer.status_code != 200 or PERSON not in answer.text:
                continue
            for one in _comments(answer.json()):
                if PERSON in json.dumps(one):
                    return f"GET {seen.path}", one
    raise LookupError("the connector asked for no comment of the invented person")


def _comments(answer: Any) -> Iterator[Mapping[str, Any]]:
    """Comments wherever they stand in an answer."""
    if isinstance(answer, dict):
        if answer.get("type") == "comment":
            yield answer
            return
        answer = list(answer.values())
    if isinstance(answer, list):
        for one in answer:
            yield from _comments(one)


def _stored(log: ActivityLog) -> list[dict[str, Any]]:
    table = log.table()
    files = [] if table is None else table.file_uris()
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT * REPLACE (CAST(happened AS VARCHAR) AS happened) FROM read_parquet(?) ORDER BY happened",
            [files],
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _known(context: Context, pseudonym: int) -> dict[str, Any]:
    with context.transaction() as session:
        row = session.scalars(select(Person).where(Person.pseudonym == pseudonym)).one()
        return {column.key: getattr(row, column.key) for column in Person.__table__.c}


def _traces(rows: Sequence[Mapping[str, Any]], data: Path) -> dict[str, int]:
    """Looked for in the rows of the log and, since these are compressed, in the bytes of every other file."""
    text = json.dumps(rows, default=str, ensure_ascii=False)
    others = [file.read_bytes() for file in data.rglob("*") if file.is_file() and file.suffix != ".parquet"]
    return {
        name: text.count(name) + sum(content.count(name.encode()) for content in others)
        for name in (NAME, MAIL, PERSON)
    }


def _published(context: Context) -> list[dict[str, Any]]:
    v, r = PublishedValue, PublishedRoom
    with context.transaction() as session:
        found = session.execute(
            select(r.label, v)
            .join(r, (r.publication_id == v.publication_id) & (r.key == v.scope_key))
            .where(
                v.scope == "room",
                v.window == "week",
                v.metric.in_(METRICS),
                v.since < (NOW - timedelta(days=7)).date(),
            )
            .order_by(v.since.desc(), r.label, v.metric)
        ).all()
        newest = [(label, one) for label, one in found if one.since == found[0][1].since]
        return [
            {
                "room": label,
                "metric": one.metric,
                "since": one.since,
                "state": one.state,
                "reason": one.reason,
                "value": one.value,
                "people": one.people,
            }
            for label, one in newest
        ]
