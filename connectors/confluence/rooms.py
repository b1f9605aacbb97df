"""Rooms and people as they are now: read in full every time, for neither platform tells what has changed."""

from collections.abc import Iterator
from itertools import islice

from connectors.activity import Gap, Kind, Members, Page
from connectors.base import Memory
from connectors.confluence.directory import Directory

_NOW = '{"form":1}'
"""The cursor of a stream without a past."""
_ROOMS, _PEOPLE, _MEMBERS = 100, 500, 20


class Rooms:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def read(self, cursor: str | None) -> Iterator[Page]:
        rooms = self._directory.rooms()
        personal = len(self._directory.spaces()) - len(rooms)
        skipped = {"personal_space": personal} if personal else {}
        spaces = iter(rooms.values())
        while chunk := list(islice(spaces, _ROOMS)):
            yield Page(cursor=_NOW, rooms=[self._directory.room(space) for space in chunk], skipped=skipped)
            skipped = {}
        if skipped:
            yield Page(cursor=_NOW, skipped=skipped)


class People:
    """Everybody in a readable group, then who may read each room."""

    def __init__(self, directory: Directory, memory: Memory) -> None:
        self._directory, self._memory = directory, memory

    def read(self, cursor: str | None) -> Iterator[Page]:
        people = iter(list(self._directory.people().values()))
        while chunk := list(islice(people, _PEOPLE)):
            yield Page(cursor=_NOW, people=chunk)
        gaps = self._groups()
        members: list[Members] = []
        closed: list[tuple[str | None, str | None]] = []
        before = set(self._memory.gaps("people"))
        for space in self._directory.rooms().values():
            found = self._directory.members(space)
            if found is None:
                why = self._directory.unread_grants.get(space.id, "access_denied")
                gaps.append(Gap(space.id, None, (Kind.JOIN, Kind.LEAVE), why))
                continue
            members.append(found)
            if (space.id, None) in before:
                closed.append((space.id, None))
            if len(members) == _MEMBERS:
                yield Page(cursor=_NOW, members=members)
                members = []
        if (None, None) in before and not any(gap.room is None for gap in gaps):
            closed.append((None, None))
        yield Page(cursor=_NOW, members=members, gaps=gaps, closed=closed)

    def _groups(self) -> list[Gap]:
        why = self._directory.unread_groups
        return [Gap(None, None, (Kind.JOIN, Kind.LEAVE), why)] if why else []
