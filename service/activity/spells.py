"""The history of people: which unit, site, kind and level held from when to when, and when an account was active.

What a sync observes holds from then on, so that a period that is over stays as it was when somebody joins, moves or leaves. Three
things hold for all times instead: what was known when the people of a source were first read, since nothing earlier was observed; a
unit or site that was never told before; and whether an account is a service account, since it always was or never was one.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from connectors.activity import PersonKind
from service.models import Person, Source, Spell, Sync

_STATE = ("unit_id", "site", "kind", "leadership", "active")
_FILLED = ("unit_id", "site")
"""What is taken to have held ever since once it is told for the first time."""
_SLICE = 500


def record(connection: Connection, source: Source, observed: Mapping[int, datetime]) -> None:
    """Bring the history of accounts to what is now stored of them, each with the moment it was observed."""
    accounts = sorted(observed)
    for start in range(0, len(accounts), _SLICE):
        some = accounts[start : start + _SLICE]
        mine = Person.organisation_id == source.organisation_id, Person.pseudonym.in_(some)
        told = [Spell.organisation_id == source.organisation_id, Spell.pseudonym.in_(some)]
        now = connection.execute(
            select(Person.pseudonym, *(getattr(Person, name) for name in _STATE)).where(*mine)
        )
        history: dict[int, list[Any]] = {}
        for spell in connection.execute(select(*Spell.__table__.c).where(*told).order_by(Spell.id)):
            history.setdefault(spell.pseudonym, []).append(spell)
        fresh = []
        for person in now:
            spells, moment = history.get(person.pseudonym, []), observed[person.pseudonym]
            if not _holds(connection, source, person, spells, moment):
                joined = bool(spells) or source.people_observed is not None
                fresh.append(_begin(source, person, moment if joined else None))
        if fresh:
            connection.execute(insert(Spell), fresh)


def complete(connection: Connection, source_id: int, sync: int, moment: datetime) -> None:
    """A sync read the source: who appears from now on has joined.

    `moment` is when it ended. What a first sync left out, since it broke off, is still taken for a first observation.
    """
    state = connection.scalar(select(Sync.state).where(Sync.id == sync))
    finished = select(Sync.id).where(
        Sync.source_id == source_id, Sync.id != sync, Sync.state.in_(["done", "partial"])
    )
    if state != "done" and (state != "partial" or connection.scalar(finished.limit(1)) is None):
        return
    connection.execute(
        update(Source)
        .where(Source.id == source_id, Source.people_observed.is_(None))
        .where(exists().where(Spell.source_id == source_id))
        .values(people_observed=moment)
    )


def _begin(source: Source, person: Any, since: datetime | None) -> dict[str, Any]:
    return {
        "organisation_id": source.organisation_id,
        "source_id": source.id,
        "pseudonym": person.pseudonym,
        "since": since,
        "until": None,
        **{name: getattr(person, name) for name in _STATE},
    }


def _holds(
    connection: Connection, source: Source, person: Any, spells: Collection[Any], moment: datetime
) -> bool:
    """Correct and close what is stored; False where a new spell has to begin."""
    if not spells:
        return False
    (last,) = (spell for spell in spells if spell.until is None)
    differing = {name for name in _STATE if getattr(last, name) != getattr(person, name)}
    corrected = {
        name for name in differing & set(_FILLED) if all(getattr(spell, name) is None for spell in spells)
    }
    if PersonKind.SERVICE.value in (last.kind, person.kind):
        corrected |= differing & {"kind"}
    if source.people_observed is None and all(spell.source_id == source.id for spell in spells):
        # Levels are told after the people they are derived from, perhaps in a later commit: still of the first reading.
        corrected |= differing & {"leadership"}
    if corrected:
        everywhere = Spell.organisation_id == source.organisation_id, Spell.pseudonym == person.pseudonym
        values = {name: getattr(person, name) for name in sorted(corrected)}
        connection.execute(update(Spell).where(*everywhere).values(values))
    if differing == corrected:
        return True
    connection.execute(update(Spell).where(Spell.id == last.id).values(until=moment))
    return False
