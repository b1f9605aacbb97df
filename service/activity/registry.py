"""Applies changes to the relational store: rooms, people, units, memberships, contents and gaps."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service.activity.changes import Changes
from service.models import Coverage, KnownContent, Membership, Person, Room, Source, Unit

BROKEN_OFF = "stream_"
"""Begins the reason of a gap that says a stream broke off; such gaps are the service's own, not the connector's."""


def apply(connection: Connection, source: Source, stream: str, changes: Changes) -> None:
    """Bring the relational store to what `changes` says. The caller's transaction makes it all or nothing."""
    _rooms(connection, source, changes)
    _people(connection, source, changes)
    _memberships(connection, changes)
    _contents(connection, source, changes)
    for room, obj, kinds, reason, observed in changes.gaps:
        if reason is None:
            close_gap(connection, source.id, stream, room, obj)
        else:
            _upsert(
                connection,
                Coverage,
                [
                    {
                        "source_id": source.id,
                        "stream": stream,
                        "room": room,
                        "object": obj,
                        "kinds": kinds,
                        "reason": reason,
                        "since": _moment(observed),
                        "seen": _moment(observed),
                    }
                ],
                ("source_id", "stream", "room", "object"),
                lambda new, _: {"kinds": new.kinds, "reason": new.reason, "seen": new.seen},
            )


def close_gap(connection: Connection, source_id: int, stream: str, room: str = "", obj: str = "") -> None:
    connection.execute(
        delete(Coverage).where(
            Coverage.source_id == source_id,
            Coverage.stream == stream,
            Coverage.room == room,
            Coverage.object == obj,
        )
    )


def break_off(connection: Connection, source_id: int, stream: str, reason: str, now: datetime) -> None:
    """Record that a stream broke off. A gap of the connector over the whole source says as much and stays."""
    _upsert(
        connection,
        Coverage,
        [
            {
                "source_id": source_id,
                "stream": stream,
                "room": "",
                "object": "",
                "kinds": "",
                "reason": BROKEN_OFF + reason,
                "since": now,
                "seen": now,
            }
        ],
        ("source_id", "stream", "room", "object"),
        lambda new, old: {
            "reason": case(
                (old.reason.startswith(BROKEN_OFF, autoescape=True), new.reason), else_=old.reason
            ),
            "seen": new.seen,
        },
    )


def mend(connection: Connection, source_id: int, stream: str) -> None:
    """A stream was read to its end: forget that it once broke off."""
    connection.execute(
        delete(Coverage).where(
            Coverage.source_id == source_id,
            Coverage.stream == stream,
            Coverage.reason.startswith(BROKEN_OFF, autoescape=True),
        )
    )


def _rooms(connection: Connection, source: Source, changes: Changes) -> None:
    common = {"organisation_id": source.organisation_id, "source_id": source.id}
    _upsert(
        connection,
        Room,
        [
            {
                **common,
                **room,
                "key": key,
                "created": _moment(room["created"]),
                "first_seen": _moment(room["first_seen"]),
                "gone": None,
            }
            for key, room in changes.rooms.items()
        ],
        ("key",),
        lambda new, old: {
            "handle": new.handle,
            "name": new.name,
            "open": new.open,
            "created": func.coalesce(new.created, old.created),
            "archived": new.archived,
            "gone": None,
        },
    )
    # Members may be told of a room that was never listed.
    first_sights = {key: observed for key, _, _, _, observed in reversed(changes.members)}
    unlisted = {**changes.members_observed, **first_sights}
    _upsert(
        connection,
        Room,
        [
            {
                **common,
                "key": key,
                "handle": key.partition("/")[2],
                "archived": False,
                "first_seen": _moment(observed),
            }
            for key, observed in unlisted.items()
        ],
        ("key",),
    )
    for key, moment in changes.gone.items():
        connection.execute(update(Room).where(Room.key == key).values(gone=_moment(moment)))
    for key, moment in changes.members_observed.items():
        connection.execute(update(Room).where(Room.key == key).values(members_observed=_moment(moment)))


def _people(connection: Connection, source: Source, changes: Changes) -> None:
    names = sorted({person["unit"] for person in changes.people.values() if person["unit"]})
    organisation = source.organisation_id
    _upsert(
        connection,
        Unit,
        [{"organisation_id": organisation, "key": name, "name": name} for name in names],
        ("organisation_id", "key"),
    )
    units: dict[str, int] = {}
    if names:
        rows = connection.execute(select(Unit.key, Unit.id).where(Unit.organisation_id == organisation))
        units = {row.key: row.id for row in rows}
    _upsert(
        connection,
        Person,
        [
            {
                "organisation_id": organisation,
                "pseudonym": pseudonym,
                "identity": person.get("identity"),
                "unit_id": units.get(person["unit"]),
                "site": person.get("site"),
                "kind": person["kind"],
                "leadership": person["leadership"],
                "active": person["active"],
                "first_seen": _moment(person["first_seen"]),
                "last_seen": _moment(person["last_seen"]),
            }
            for pseudonym, person in changes.people.items()
        ],
        ("organisation_id", "pseudonym"),
        lambda new, old: {
            "identity": func.coalesce(new.identity, old.identity),
            "unit_id": func.coalesce(new.unit_id, old.unit_id),
            "site": func.coalesce(new.site, old.site),
            "kind": new.kind,
            "leadership": func.coalesce(new.leadership, old.leadership),
            "active": new.active,
            "last_seen": new.last_seen,
        },
    )


def _memberships(connection: Connection, changes: Changes) -> None:
    keys = sorted({room for room, *_ in changes.members})
    rooms: dict[str, int] = {}
    for some in _slices(keys, 500):
        rows = connection.execute(select(Room.key, Room.id).where(Room.key.in_(some)))
        rooms |= {row.key: row.id for row in rows}
    joined: list[dict[str, Any]] = []
    for key, change, pseudonym, owner, observed in changes.members:
        if change == "join":
            since = _moment(observed)
            joined.append({"room_id": rooms[key], "pseudonym": pseudonym, "owner": owner, "since": since})
            continue
        _join(connection, joined)
        joined = []
        current = update(Membership).where(
            Membership.room_id == rooms[key], Membership.pseudonym == pseudonym, Membership.until.is_(None)
        )
        left = change == "leave"
        connection.execute(current.values(until=_moment(observed)) if left else current.values(owner=owner))
    _join(connection, joined)


def _join(connection: Connection, joined: list[dict[str, Any]]) -> None:
    """Who left and came back at the very time of joining has not left."""
    _upsert(
        connection,
        Membership,
        joined,
        ("room_id", "pseudonym", "since"),
        lambda new, _: {"owner": new.owner, "until": None},
    )


def _contents(connection: Connection, source: Source, changes: Changes) -> None:
    _upsert(
        connection,
        KnownContent,
        [
            {
                **content,
                "source_id": source.id,
                "id": identity,
                "created": _moment(content["created"]),
                "changed": _moment(content["changed"]),
                "observed": _moment(content["observed"]),
            }
            for identity, content in changes.contents.items()
        ],
        ("source_id", "id"),
        lambda new, old: {
            "room": new.room,
            "content_type": new.content_type,
            "created": new.created,
            "changed": _later(new.changed, old.changed),
            "version": _later(new.version, old.version),
            "answerable": func.coalesce(new.answerable, old.answerable),
            "thread": func.coalesce(new.thread, old.thread),
            "reactions": func.coalesce(new.reactions, old.reactions),
            "observed": case(
                (old.observed.is_(None), new.observed), else_=_later(new.observed, old.observed)
            ),
            "deleted": new.deleted,
        },
    )


def _later(new: Any, old: Any) -> Any:
    return case((new > old, new), else_=old)


def _upsert(
    connection: Connection,
    table: Any,
    rows: Sequence[dict[str, Any]],
    identity: tuple[str, ...],
    merge: Any = None,
) -> None:
    """Insert rows; where one with this identity is stored, set what `merge(new, old)` says, or leave it as it is."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    if merge is None:
        statement = statement.on_conflict_do_nothing(index_elements=identity)
    else:
        statement = statement.on_conflict_do_update(
            index_elements=identity, set_=merge(statement.excluded, table.__table__.c)
        )
    connection.execute(statement, list(rows))


def _slices(values: Sequence[str], size: int) -> list[list[str]]:
    remaining = iter(values)
    return list(iter(lambda: list(islice(remaining, size)), []))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
