"""Slows down guessing: tries to sign in are counted per name and address, and per address, by all processes together."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.database import transaction
from service.errors import TooManyAttempts
from service.models import SignInTries

FREE = 5
"""Failures of one name from one address before the first wait."""
FREE_PER_ADDRESS = 30
FIRST_WAIT, LONGEST_WAIT = 2.0, 900.0
FORGOTTEN = timedelta(hours=1)
APART = timedelta(minutes=1)
"""So far the clocks of processes may differ."""


class Throttle:
    """Waits double with each further failure; a success clears the name.

    Kept in the database, under hashes keyed with `key`: neither names nor addresses are stored. A try counts before the password is
    looked at, so that many at once gain nothing.
    """

    def __init__(
        self, engine: Engine, key: bytes, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._key, self._clock = engine, key, clock

    def begin(self, name: str, address: str) -> None:
        """Count a try; it counts as failed until `succeeded`. Raises `TooManyAttempts` while a wait lasts, and then counts nothing."""
        now = self._clock()
        free = {self._digest(name, address): FREE, self._digest("", address): FREE_PER_ADDRESS}
        with transaction(self._engine) as session:
            self._make(session, sorted(free), now)
            known = session.scalars(
                select(SignInTries)
                .where(SignInTries.digest.in_(free))
                .order_by(SignInTries.digest)
                .with_for_update()
            ).all()
            left = max(_left(tries, free[tries.digest], now) for tries in known).total_seconds()
            if left > 0:
                raise TooManyAttempts("too many failed sign-ins: wait before trying again", ceil(left))
            for tries in known:
                tries.number = 1 if now - tries.latest > FORGOTTEN else tries.number + 1
                tries.latest = now

    def succeeded(self, name: str, address: str) -> None:
        """The try that was counted last was none of guessing."""
        with transaction(self._engine) as session:
            session.execute(delete(SignInTries).where(SignInTries.digest == self._digest(name, address)))
            session.execute(
                update(SignInTries)
                .where(SignInTries.digest == self._digest("", address), SignInTries.number > 0)
                .values(number=SignInTries.number - 1)
            )
            session.execute(delete(SignInTries).where(SignInTries.latest < self._clock() - FORGOTTEN))

    def _make(self, session: Session, digests: list[str], now: datetime) -> None:
        """Rows to count in. Writing first makes others wait here, and not between looking and counting."""
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(
            dialect.insert(SignInTries).on_conflict_do_nothing(index_elements=("digest",)),
            [{"digest": digest, "number": 0, "latest": now} for digest in digests],
        )

    def _digest(self, name: str, address: str) -> str:
        text = b"\0".join(part.encode("utf-8", "surrogatepass") for part in (name, address))
        return hmac.digest(self._key, b"sign-in tries\0" + text, "sha256").hex()


def _left(tries: SignInTries, free: int, now: datetime) -> timedelta:
    """How long until the next try may be made. None after the clock was set back: nobody is locked out until it is later than that again."""
    if tries.number < free or tries.latest > now + APART:
        return timedelta()
    wait = FIRST_WAIT * 2 ** min(tries.number - free, 20)
    return tries.latest + timedelta(seconds=min(LONGEST_WAIT, wait)) - now
