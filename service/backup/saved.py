"""What of the saved rows comes back: of which organisation each is, and of whom."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from service.activity.epochs import COLLECTED
from service.activity.log import ActivityLog
from service.activity.rights import known_by, logged_people
from service.backup import tables
from service.backup.archive import Manifest
from service.models import Base, Measuring, Organisation, Room, Source
from service.privacy.people import PEOPLE
from service.privacy.register import Register


class Saved:
    """The saved tables in `folder`; of the organisations in `without` nothing that was collected comes back."""

    def __init__(self, folder: Path, without: Collection[str] = ()) -> None:
        self.folder = folder
        self.without = frozenset(without)
        self.gone: dict[str, set[int]] = {}
        self._collected = {table.__tablename__ for table in (*COLLECTED, Measuring)}
        self._keys: dict[int, str] = {row["id"]: row["key"] for row in self._rows(Organisation)}
        self._owners: dict[str, dict[int, int]] = {
            "source_id": {row["id"]: row["organisation_id"] for row in self._rows(Source)},
            "room_id": {row["id"]: row["organisation_id"] for row in self._rows(Room)},
        }

    def owner(self, row: Mapping[str, Any]) -> str:
        """The key of the organisation whose people or contents a row tells of."""
        if "organisation_id" in row:
            return self._keys[row["organisation_id"]]
        name = next(name for name in self._owners if name in row)
        return self._keys[self._owners[name][row[name]]]

    def leave_out(
        self, registers: Mapping[str, Register], manifest: Manifest, logs: Mapping[str, ActivityLog]
    ) -> None:
        """Find those who must not come back, with all accounts the backup knows of; from then on `gone`, by organisation."""
        stored: dict[str, set[int]] = {one: set() for one in registers}
        identities: dict[str, list[tuple[int, int]]] = {one: [] for one in registers}
        for name, columns in PEOPLE.items():
            for rows in tables.read(self.folder, Base.metadata.tables[name]):
                for row in rows:
                    owner = self.owner(row)
                    if owner not in registers:
                        continue
                    stored[owner].update(row[column] for column in columns if row[column] is not None)
                    if name == "person" and row["identity"] is not None:
                        identities[owner].append((row["pseudonym"], row["identity"]))
        for one, register in registers.items():
            people = stored[one] | (logged_people(logs[one]) if one in logs else set())
            named = known_by(register, register.to_erase(manifest.registers[one]["lines"]), people)
            named |= {identity for pseudonym, identity in identities[one] if pseudonym in named}
            self.gone[one] = named | {
                pseudonym for pseudonym, identity in identities[one] if identity in named
            }

    def keeps(self, table: str, row: dict[str, Any]) -> bool:
        """Whether a row of a table comes back."""
        if table in self._collected and self.owner(row) in self.without:
            return False
        columns = PEOPLE.get(table, ())
        return not columns or all(row[column] not in self.gone[self.owner(row)] for column in columns)

    def _rows(self, model: type[Base]) -> list[dict[str, Any]]:
        saved = tables.read(self.folder, Base.metadata.tables[model.__tablename__])
        return [row for rows in saved for row in rows]
