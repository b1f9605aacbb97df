"""Which accounts belong to the same human: what is stored per account, seen per person.

An account is stored under the pseudonym of its own platform. Where its connector gives an id that is shared across platforms
the account also has an identity, the pseudonym of that id. Accounts with the same identity are one person, from the next
reading of these tables on, however long ago their activities were stored. Service accounts are nobody's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.activity import PersonKind
from service.models import Person, Source, Spell

_KINDS = (PersonKind.HUMAN.value, PersonKind.GUEST.value)
"""The kinds that can be one person, the one that prevails first."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a person at a time."""

    unit: int | None
    kind: str
    leadership: int | None
    site: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """What held of a person from `since` (None: ever since) until `until` (None: still)."""

    since: datetime | None
    until: datetime | None
    state: State


@dataclass(frozen=True, slots=True)
class Human:
    """A person with all accounts; `number` is the identity, or the pseudonym of the only account.

    Where accounts disagree: those in use speak before those that are not, members of the company before guests, older before
    newer. The first tells the kind, the first that tells a unit tells the unit, and so with the site; the highest level of
    leadership holds; a person is active while one account is. `stays` is the history: one follows the other from ever since until
    still, and before any account was there the person was not active.
    """

    number: int
    now: State
    stays: tuple[Stay, ...]

    @property
    def unit(self) -> int | None:
        return self.now.unit

    @property
    def kind(self) -> str:
        return self.now.kind

    @property
    def leadership(self) -> int | None:
        return self.now.leadership

    @property
    def active(self) -> bool:
        return self.now.active

    def at(self, moment: datetime) -> State:
        """What held right before a moment."""
        return next(
            stay.state
            for stay in self.stays
            if (stay.since is None or stay.since < moment) and (stay.until is None or stay.until >= moment)
        )


@dataclass(frozen=True, slots=True)
class People:
    """The people of an organisation, and the number each account with an identity counts under."""

    humans: tuple[Human, ...]
    numbers: Mapping[int, int]

    def of(self, pseudonym: int) -> int:
        return self.numbers.get(pseudonym, pseudonym)


@dataclass(frozen=True, slots=True)
class Matching:
    """How many active human accounts there are, and how many of them can be recognised on other platforms."""

    accounts: int
    matched: int

    @property
    def share(self) -> float | None:
        """Rounded down to hundredths, so that 1 means all; None without accounts."""
        return None if not self.accounts else 100 * self.matched // self.accounts / 100


def people(session: Session, organisation_id: int) -> People:
    """All accounts of an organisation, those of one human together."""
    rows = session.execute(
        select(
            Person.pseudonym,
            Person.identity,
            Person.unit_id,
            Person.kind,
            Person.leadership,
            Person.active,
            Person.site,
            Person.first_seen,
        ).where(Person.organisation_id == organisation_id)
    ).all()
    numbers: dict[int, int] = {
        row.pseudonym: row.identity for row in rows if row.identity is not None and row.kind in _KINDS
    }

    def number(row: Any) -> int:
        pseudonym: int = row.pseudonym
        return numbers.get(pseudonym, pseudonym)

    told: dict[int, list[Any]] = defaultdict(list)
    for spell in session.execute(
        select(
            Spell.pseudonym,
            Spell.since,
            Spell.until,
            Spell.unit_id,
            Spell.kind,
            Spell.leadership,
            Spell.site,
            Spell.active,
        )
        .where(Spell.organisation_id == organisation_id)
        .order_by(Spell.id)
    ):
        told[spell.pseudonym].append(spell)
    own: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        own[number(row)].append(row)
    return People(tuple(_human(one, own[one], told) for one in sorted(own)), numbers)


def _human(number: int, accounts: Sequence[Any], told: Mapping[int, Sequence[Any]]) -> Human:
    now = _merged([(account, account) for account in accounts])
    edges = {
        edge
        for account in accounts
        for spell in told.get(account.pseudonym, ())
        for edge in (spell.since, spell.until)
        if edge is not None
    }
    cuts = [None, *sorted(edges), None]
    stays = tuple(Stay(since, until, _between(accounts, told, since)) for since, until in pairwise(cuts))
    return Human(number, now, stays)


def _between(accounts: Sequence[Any], told: Mapping[int, Sequence[Any]], since: datetime | None) -> State:
    """What held from a cut to the next one; an account nothing is told of was ever what it is."""
    there, first = [], []
    for account in accounts:
        spells = told.get(account.pseudonym) or [account]
        holding = [spell for spell in spells if spell is account or _holds(spell, since)]
        there += [(account, spell) for spell in holding]
        first.append((account, spells[0]))
    if there:
        return _merged(there)
    # Nobody was there yet: the person is of the unit they came to, and not active.
    return replace(_merged(first), active=False)


def _holds(spell: Any, since: datetime | None) -> bool:
    began = spell.since is None or (since is not None and spell.since <= since)
    return began and (spell.until is None or since is None or spell.until > since)


def _merged(accounts: Sequence[tuple[Any, Any]]) -> State:
    """Of several accounts, each with what held of it."""
    told = [
        state
        for account, state in sorted(
            accounts,
            key=lambda pair: (
                not pair[1].active,
                _KINDS.index(pair[1].kind) if pair[1].kind in _KINDS else len(_KINDS),
                pair[0].first_seen,
                pair[0].pseudonym,
            ),
        )
    ]
    return State(
        unit=next((state.unit_id for state in told if state.unit_id is not None), None),
        kind=told[0].kind,
        leadership=min((state.leadership for state in told if state.leadership is not None), default=None),
        site=next((state.site for state in told if state.site is not None), None),
        active=told[0].active,
    )


def matching(session: Session, organisation_id: int) -> Matching | None:
    """How far people can be recognised; None with a single source, where nothing has to be matched."""
    sources = session.scalar(
        select(func.count()).select_from(Source).where(Source.organisation_id == organisation_id)
    )
    if (sources or 0) < 2:
        return None
    accounts, matched = session.execute(
        select(func.count(), func.count(Person.identity)).where(
            Person.organisation_id == organisation_id,
            Person.active,
            Person.kind == PersonKind.HUMAN.value,
        )
    ).one()
    return Matching(accounts, matched)
