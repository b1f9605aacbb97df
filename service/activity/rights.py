"""What a single person may demand: to be erased, not to be collected any more, and to be collected again."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.activity.erasure import ErasureIncomplete, verify
from service.activity.forget import alone, erase_people, identified
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser
from service.database import transaction
from service.errors import Conflict, Invalid, NotFound
from service.models import Organisation, Source
from service.privacy.people import stored_people, traces
from service.privacy.record import audited
from service.privacy.register import ERASED, OPTED_IN, OPTED_OUT, Marks, Register, RegisterUnusable

EVENT = "person.right-exercised"
"""One name for all of them: the audit log must not tell how many have opted out, while they are few."""


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody by an id: that of an account at `source`, or without one an id shared across platforms."""

    id: str
    source: str | None = None

    def __repr__(self) -> str:
        return f"Named(source={self.source!r})"


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of the people of the log's organisation. The `pseudonymiser` must know who has opted out."""

    engine: Engine
    log: ActivityLog
    pseudonymiser: Pseudonymiser

    @property
    def register(self) -> Register:
        if self.pseudonymiser.opted_out is None:
            raise RegisterUnusable("the pseudonymiser was made without the register")
        return self.pseudonymiser.opted_out.register

    def erase(self, named: Named) -> bool:
        """Erase a person with all accounts from everything stored; returns whether anything was stored of them.

        The register remembers it, so that a restored backup does not bring them back. Whoever still has an account is collected again
        from the next sync on: who does not want that opts out. Raises `Invalid`, `Conflict` and `ErasureIncomplete`.
        """
        found = self._pseudonym(named) in everybody(self.engine, self.log)
        self._erase(named, ERASED)
        self._audit()
        return found

    def opt_out(self, named: Named) -> None:
        """Erase a person and collect nothing of them any more, whichever account they use.

        They count neither among those who do something nor among those who could. Accounts of theirs that were never told with a shared
        id are not known to be theirs: each is to be named. Raises as `erase` does.
        """
        self._erase(named, OPTED_OUT)
        _count(self.engine, self.register)
        self._audit()

    def opt_in(self, named: Named) -> None:
        """Collect a person again, from the next sync on.

        Raises `Invalid` for somebody who has not opted out, `Conflict` while somebody collects.
        """
        self._pseudonym(named)
        marks = self.pseudonymiser.marks(self.register, named.id, named.source)
        with alone(self.engine, self.log.organisation):
            if all(group.isdisjoint(marks.all) for group in self.register.opted_out()):
                raise Invalid("this person has not opted out; nothing was changed")
            self.register.append(OPTED_IN, marks)
            _count(self.engine, self.register)
            self._audit()

    def traces(self, named: Named) -> list[str]:
        """The places where something of a person is stored, by a search that knows nothing of how erasing works."""
        pseudonym = self._pseudonym(named)
        found = traces(self.engine, [pseudonym])
        try:
            verify(self.log.url, self.log._options, [pseudonym])
        except ErasureIncomplete:
            found.append("the activity log")
        return found

    def _pseudonym(self, named: Named) -> int:
        if not named.id.strip():
            raise Invalid("nobody is named: give the id of an account, or an id shared across platforms")
        return self.pseudonymiser.person(named.id, named.source)

    def _erase(self, named: Named, act: str) -> None:
        pseudonym = self._pseudonym(named)
        own = self.pseudonymiser.marks(self.register, named.id, named.source)

        def remember(accounts: Collection[int]) -> None:
            people = frozenset(self.register.of(account) for account in accounts)
            self.register.append(act, own | Marks(people=people))

        erase_people(self.engine, self.log, [pseudonym], first=remember)

    def _audit(self) -> None:
        with transaction(self.engine) as session:
            audited(session, EVENT, {"organisation": self.log.organisation})


def opted_out(register: Register, minimum_group: int) -> int | None:
    """How many have opted out; None while they are fewer than the minimum group."""
    number = len(register.opted_out())
    return number if number >= minimum_group else None


def require_register(engine: Engine, organisation_id: int, pseudonymiser: Pseudonymiser) -> None:
    """Read anew who has opted out, before anything is collected. Raises `RegisterUnusable` where people have and nobody knows who."""
    if pseudonymiser.opted_out is not None:
        pseudonymiser.opted_out.refresh()
    with Session(engine) as session:
        number = session.scalar(select(Organisation.opted_out).where(Organisation.id == organisation_id))
    if number and (pseudonymiser.opted_out is None or not pseudonymiser.opted_out.register.acts()):
        raise RegisterUnusable(
            "people have opted out, and the register that tells who is missing: restore the file `rights` and its key "
            "`rights.key` from their copies, beside the pseudonym key"
        )


def sweep(engine: Engine, log: ActivityLog, pseudonymiser: Pseudonymiser) -> None:
    """Erase what is stored of people who turned out to have opted out, when it was learnt only now that an account is theirs.

    While somebody else collects, it is left to the end of their collection.
    """
    if pseudonymiser.opted_out is None or not pseudonymiser.opted_out.marks:
        return
    register = pseudonymiser.opted_out.register
    meant = known_by(register, register.all_opted_out(), everybody(engine, log))
    if meant:
        try:
            erase_people(engine, log, meant)
        except Conflict:
            return
    _count(engine, register)


def everybody(engine: Engine, log: ActivityLog) -> set[int]:
    """Every pseudonym of the log's organisation in either store."""
    with Session(engine) as session:
        organisation = identified(session, log.organisation)
        return stored_people(session.connection(), organisation) | logged_people(log)


def logged_people(log: ActivityLog) -> set[int]:
    import duckdb

    with duckdb.connect() as connection:
        log.register(connection)
        rows = connection.execute("SELECT DISTINCT person FROM log WHERE person IS NOT NULL").fetchall()
    return {person for (person,) in rows}


def known_by(register: Register, marks: Collection[str], pseudonyms: Collection[int]) -> set[int]:
    """Those of the pseudonyms whose mark is among `marks`."""
    return {one for one in pseudonyms if register.of(one) in marks} if marks else set()


def tell(session: Session, register: Register) -> None:
    """Let the database know how many have opted out: they are not among those who may be counted."""
    for organisation in session.scalars(
        select(Organisation).where(Organisation.key == register.organisation)
    ):
        organisation.opted_out = len(register.opted_out())


def _count(engine: Engine, register: Register) -> None:
    with transaction(engine) as session:
        tell(session, register)


def require_source(session: Session, organisation_id: int, key: str) -> None:
    """Raises `NotFound` for a source the organisation does not have."""
    query = select(func.count()).where(Source.key == key, Source.organisation_id == organisation_id)
    if not session.scalar(query):
        raise NotFound(f"there is no source {key!r}: `resonanz source list` shows those there are")
