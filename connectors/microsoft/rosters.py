"""Who is shown as a member or owner, of a group or of a conversation."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Roster:
    people: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    skipped: Tally[str] = field(default_factory=Tally)

    def add(self, rows: Iterable[Mapping[str, Any]], to: set[str]) -> bool:
        """Take in people of a group; tells whether a group is among the members."""
        nested = False
        for row in rows:
            kind = str(row.get("@odata.type") or "#microsoft.graph.user").rpartition(".")[2]
            if kind == "user" and isinstance(row.get("id"), str):
                to.add(row["id"])
            elif kind == "group":
                nested = True
            else:
                self.skipped["member_not_person"] += 1
        return nested

    def converse(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take in people of a team or channel; roles are written small or large."""
        for row in rows:
            id_ = row.get("userId")
            if not isinstance(id_, str):
                self.skipped["member_not_person"] += 1
                continue
            self.people.add(id_)
            if "owner" in (str(role).lower() for role in row.get("roles") or ()):
                self.owners.add(id_)
