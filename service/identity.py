"""Which accounts belong to the same human: what is stored per account, seen per person.

An account is stored under the pseudonym of its own platform. Where its connector gives an id that is shared across platforms
the account also has an identity, the pseudonym of that id. Accounts with the same identity are one person, from the next
reading of these tables on, however long ago their activities were stored. Service accounts are nobody's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.activity import PersonKind
from service.models import Person, Source

_KINDS = (PersonKind.HUMAN.value, PersonKind.GUEST.value)
"""The kinds that can be one person, the one that prevails first."""


@dataclass(frozen=True, slots=True)
class Human:
    """A person with all accounts; `number` is the identity, or the pseudonym of the only account.

    Where accounts disagree: those in use speak before those that are not, members of the company before guests, older before
    newer. The first tells the kind, the first that tells a unit tells the unit; the highest level of leadership holds; a
    person is active while one account is.
    """

    number: int
    unit: int | None
    kind: str
    leadership: int | None
    active: bool


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
            Person.first_seen,
        ).where(Person.organisation_id == organisation_id)
    ).all()
    numbers: dict[int, int] = {
        row.pseudonym: row.identity for row in rows if row.identity is not None and row.kind in _KINDS
    }

    def number(row: Any) -> int:
        pseudonym: int = row.pseudonym
        return numbers.get(pseudonym, pseudonym)

    accounts = sorted(
        rows,
        key=lambda row: (
            number(row),
            not row.active,
            _KINDS.index(row.kind) if row.kind in _KINDS else len(_KINDS),
            row.first_seen,
            row.pseudonym,
        ),
    )
    return People(tuple(_human(one, list(own)) for one, own in groupby(accounts, key=number)), numbers)


def _human(number: int, accounts: Sequence[Any]) -> Human:
    levels = [account.leadership for account in accounts if account.leadership is not None]
    units = (account.unit_id for account in accounts if account.unit_id is not None)
    return Human(number, next(units, None), accounts[0].kind, min(levels, default=None), accounts[0].active)


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
