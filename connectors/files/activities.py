"""The plain format for everything that has no interface: one activity or counter per line. Described in docs/files.md."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from connectors.activity import (
    Activity,
    ContentType,
    Counter,
    CounterName,
    Kind,
    Person,
    PersonKind,
    Room,
)
from connectors.files.found import Found
from connectors.files.settings import Settings
from connectors.files.tables import Invalid, Row, Unreadable, naive_or_aware, text, whole
from connectors.identity import canonical

_T = TypeVar("_T")
KINDS = tuple(Kind)
COLUMNS = {
    "id": ("id", "kennung"),
    "kind": ("kind", "art"),
    "time": ("time", "zeit", "zeitpunkt"),
    "room": ("room", "raum"),
    "room_name": ("room_name", "raumname"),
    "room_open": ("room_open", "raum_offen"),
    "person": ("person", "konto", "account"),
    "identity": ("identity", "identität"),
    "person_kind": ("person_kind", "personenart"),
    "active": ("active", "aktiv"),
    "unit": ("unit", "einheit", "abteilung", "department"),
    "leadership": ("leadership", "führungsebene"),
    "object": ("object", "objekt", "inhalt"),
    "content_type": ("content_type", "inhaltstyp"),
    "thread": ("thread", "faden"),
    "parent": ("parent", "bezug"),
    "minor": ("minor", "geringfügig"),
    "dated": ("dated", "datiert"),
    "total": ("total", "summe"),
}
"""Our word for a column, and what it may be called, capital letters, blanks and hyphens aside."""
REQUIRED = ("kind", "time", "room")
_KINDS = {kind.value: kind for kind in Kind} | {
    "ansehen": Kind.VIEW,
    "reagieren": Kind.REACT,
    "kommentieren": Kind.COMMENT,
    "antworten": Kind.REPLY,
    "erstellen": Kind.CREATE,
    "bearbeiten": Kind.EDIT,
    "nachricht": Kind.MESSAGE,
    "beitreten": Kind.JOIN,
    "austreten": Kind.LEAVE,
    "zurücknehmen": Kind.WITHDRAW,
    "löschen": Kind.DELETE,
}
_TYPES = {one.value: one for one in ContentType} | {
    "seite": ContentType.PAGE,
    "beitrag": ContentType.POST,
    "kommentar": ContentType.COMMENT,
    "datei": ContentType.FILE,
    "raum": ContentType.ROOM,
}
_PERSONS = {one.value: one for one in PersonKind} | {
    "mensch": PersonKind.HUMAN,
    "dienst": PersonKind.SERVICE,
    "gast": PersonKind.GUEST,
}
_COUNTERS = {one.value: one for one in (CounterName.VIEWS, CounterName.VIEWERS, CounterName.REACTIONS)}
_SWITCH = {"true": True, "yes": True, "ja": True, "wahr": True, "1": True} | {
    "false": False,
    "no": False,
    "nein": False,
    "falsch": False,
    "0": False,
}
_LONGEST = 255
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class Activities:
    """Raises `Unreadable` for a header without the columns that are needed, or with ones that are not known."""

    def __init__(self, settings: Settings, header: Mapping[str, object], now: datetime) -> None:
        self._settings, self._latest = settings, now + timedelta(days=1)
        known = {shown: name for name, all_ in COLUMNS.items() for shown in all_}
        self._names: dict[str, str] = {}
        for shown in header:
            name = known.get(re.sub(r"[ -]+", "_", shown.strip().casefold()))
            if name is None or name in self._names:
                raise Unreadable("column_not_known" if name is None else "header_repeated")
            self._names[name] = shown
        for name in REQUIRED:
            if name not in self._names:
                raise Unreadable(f"no_column_{name}")

    def found(self, row: Row) -> Found:
        """Raises `Invalid` with what is missing or wrong."""
        cells = {name: row[shown] for name, shown in self._names.items()}
        happened = instant(cells["time"], self._settings.zone)
        if not _EARLIEST <= happened <= self._latest:
            raise Invalid("time_out_of_range")
        room = self._room(cells)
        word = (text(cells["kind"]) or "").casefold()
        if word in _COUNTERS:
            total = whole(cells.get("total"))
            if total is None:
                raise Invalid("no_total")
            return Found(
                room=room,
                counters=[
                    Counter(_COUNTERS[word], room.key, _id(cells, "object", room.key), total, happened)
                ],
            )
        kind = _one_of(_KINDS, cells["kind"], "kind")
        person = self._person(cells)
        return Found(self._activity(cells, kind, room.key, person, happened), (), person, room)

    def _activity(
        self, cells: Mapping[str, object], kind: Kind, room: str, person: Person | None, happened: datetime
    ) -> Activity:
        about_room = kind in (Kind.JOIN, Kind.LEAVE)
        reaction = kind in (Kind.REACT, Kind.WITHDRAW)
        obj = _id(cells, "object", room if about_room else None)
        if (reaction or about_room) and person is None:
            raise Invalid("no_person")
        parent, thread = text(cells.get("parent")), text(cells.get("thread"))
        if kind in (Kind.COMMENT, Kind.REPLY) and not (thread or parent):
            raise Invalid("no_thread")
        default = ContentType.PAGE
        if about_room:
            default = ContentType.ROOM
        elif kind in (Kind.COMMENT, Kind.REPLY):
            default = ContentType.COMMENT
        elif kind is Kind.MESSAGE:
            default = ContentType.POST
        type_ = cells.get("content_type")
        return Activity(
            key=f"{kind.value}:{_id(cells, 'id', obj if reaction else None)}",
            kind=kind,
            room=room,
            person=None if person is None else person.id,
            happened=happened,
            object=obj,
            content_type=default if text(type_) is None else _one_of(_TYPES, type_, "content_type"),
            thread=thread or parent or (None if about_room else obj),
            parent=parent or (thread if kind in (Kind.COMMENT, Kind.REPLY) else None),
            dated=_switch(cells.get("dated"), "dated", True),
            minor=_switch(cells.get("minor"), "minor", False),
        )

    def _room(self, cells: Mapping[str, object]) -> Room:
        key = _id(cells, "room", None)
        open_ = _switch(cells.get("room_open"), "room_open", None)
        name = text(cells.get("room_name"))
        return Room(key, key, name[:_LONGEST] if name and open_ else None, open_)

    def _person(self, cells: Mapping[str, object]) -> Person | None:
        account = text(cells.get("person"))
        if account is None:
            return None
        if len(account) > _LONGEST:
            raise Invalid("person_too_long")
        kind = cells.get("person_kind")
        unit = text(cells.get("unit"))
        if unit is not None and len(unit) > 200:
            raise Invalid("unit_too_long")
        return Person(
            account,
            PersonKind.HUMAN if text(kind) is None else _one_of(_PERSONS, kind, "person_kind"),
            active=_switch(cells.get("active"), "active", True),
            unit=unit,
            leadership=whole(cells.get("leadership")) or None,
            canonical=canonical(text(cells.get("identity")), self._settings.identity_pattern),
        )


def instant(value: object, zone: ZoneInfo) -> datetime:
    """A time as aware UTC; one without an offset is in `zone`. Raises `Invalid` for one that the clock there skipped."""
    shown = naive_or_aware(value)
    if shown is None:
        raise Invalid("no_time")
    if shown.tzinfo is not None:
        return shown.astimezone(UTC)
    try:
        found = shown.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise Invalid("time_out_of_range") from None
    if found.astimezone(zone).replace(tzinfo=None) != shown:
        raise Invalid("time_skipped_by_clock")
    return found


def _id(cells: Mapping[str, object], name: str, default: str | None) -> str:
    found = text(cells.get(name)) or default
    if found is None:
        raise Invalid(f"no_{name}")
    if len(found) > _LONGEST:
        raise Invalid(f"{name}_too_long")
    return found


def _one_of(known: Mapping[str, _T], value: object, name: str) -> _T:
    try:
        return known[(text(value) or "").casefold()]
    except KeyError:
        raise Invalid(f"{name}_not_known") from None


def _switch(value: object, name: str, default: _T) -> bool | _T:
    if isinstance(value, bool):
        return value
    shown = text(value)
    if shown is None:
        return default
    return _one_of(_SWITCH, shown, name)
