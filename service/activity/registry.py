"""Applies changes to the relational store: rooms, people, units, memberships, contents and gaps."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, case, delete, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from connectors.activity import PersonKind
from service.activity import spells
from service.activity.changes import Changes
from service.models import Alias, Coverage, KnownContent, Membership, Person, Room, Source, Unit

BROKEN_OFF = "stream_"
"""Begins the reason of a gap that says a stream broke off; such gaps are the service's own, not the connector's."""
_GAP = ("source_id", "stream", "room", "object", "kinds")
"""What a gap is known by: of one place different kinds may be missing for different reasons."""


def apply(connection: Connection, source: Source, stream: str, changes: Changes) -> None:
    """Bring the relational store to what `changes` says. The caller's transaction makes it all or nothing."""
    _rooms(connection, source, changes)
    _people(connection, source, changes)
    _memberships(connection, changes)
    _contents(connection, source, changes)
    _aliases(connection, source, changes)
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
                _GAP,
                lambda new, _: {"reason": new.reason, "seen": new.seen},
            )


def close_gap(connection: Connection, source_id: int, stream: str, room: str = "", obj: str = "") -> None:
    """Forget all gaps of a place, whatever is missing there."""
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
    whole = select(Coverage.id).where(
        Coverage.source_id == source_id,
        Coverage.stream == stream,
        Coverage.room == "",
        Coverage.object == "",
        ~Coverage.reason.startswith(BROKEN_OFF, autoescape=True),
    )
    if connection.scalar(whole.limit(1)) is not None:
        connection.execute(update(Coverage).where(Coverage.id.in_(whole)).values(seen=now))
        return
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
        _GAP,
        lambda new, _: {"reason": new.reason, "seen": new.seen},
    )


def mend(connection: Connection, source_id: int, stream: str, began: datetime) -> None:
    """A stream was read to its end in a run that `began` then.

    Forget that it once broke off; and where the run told of gaps, what earlier runs told of the same place for other kinds.
    """
    mine = Coverage.source_id == source_id, Coverage.stream == stream
    connection.execute(delete(Coverage).where(*mine, Coverage.reason.startswith(BROKEN_OFF, autoescape=True)))
    again = aliased(Coverage)
    told = select(again.room, again.object).where(
        again.source_id == source_id, again.stream == stream, again.seen >= began
    )
    connection.execute(
        delete(Coverage).where(*mine, Coverage.seen < began, tuple_(Coverage.room, Coverage.object).in_(told))
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
    # Members may be told of a room that was never listed; one without any was seen too.
    unlisted = {key: observed for key, _, _, _, observed in reversed(changes.members)}
    for key, observed in changes.members_observed.items():
        unlisted[key] = min(observed, unlisted.get(key, observed), key=datetime.fromisoformat)
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
    # What a row tells decides which columns it may change, so rows that tell the same go together.
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for pseudonym, person in changes.people.items():
        told = tuple(column for column, name in _TOLD.items() if person.get(name) is not None)
        alike.setdefault(told, []).append(
            {
                "organisation_id": organisation,
                "pseudonym": pseudonym,
                "identity": person.get("identity"),
                "unit_id": units.get(person["unit"]),
                "site": person.get("site") or None,
                "kind": person["kind"] or PersonKind.HUMAN.value,
                "leadership": person["leadership"] or None,
                "active": person["active"],
                "first_seen": _moment(person["first_seen"]),
                "last_seen": _moment(person["last_seen"]),
            }
        )
    for told, rows_alike in alike.items():
        _upsert(
            connection,
            Person,
            rows_alike,
            ("organisation_id", "pseudonym"),
            partial(_person_merged, told),
        )
    observed = {key: datetime.fromisoformat(person["last_seen"]) for key, person in changes.people.items()}
    spells.record(connection, source, observed)


_TOLD = {"unit_id": "unit", "site": "site", "kind": "kind", "leadership": "leadership"}
"""Columns of a person that keep what is known where a page does not tell, by the name in `Changes.people`."""


def _person_merged(told: Sequence[str], new: Any, old: Any) -> dict[str, Any]:
    """An identity once known is kept, also where the platform stops showing it."""
    return {
        "identity": func.coalesce(new.identity, old.identity),
        "active": new.active,
        "last_seen": new.last_seen,
        **{column: new[column] for column in told},
    }


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


def _aliases(connection: Connection, source: Source, changes: Changes) -> None:
    # The last of several sights of a batch holds: no row may be touched twice by one statement.
    latest = {(name, thing): (room, type_) for name, thing, room, type_ in changes.aliases}
    _upsert(
        connection,
        Alias,
        [
            {"source_id": source.id, "name": name, "object": thing, "room": room, "content_type": type_}
            for (name, thing), (room, type_) in latest.items()
        ],
        ("source_id", "name", "object"),
        lambda new, _: {"room": new.room, "content_type": new.content_type},
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
