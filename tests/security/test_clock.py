"""A clock that was set a day ahead or back, under sessions, tokens and the wait after failed sign-ins."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session as Database

from service.errors import TooManyAttempts
from service.models import ApiToken, Session
from service.security import sessions, tokens
from service.security.throttle import FREE, Throttle
from tests.security.rows import NOW, account

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)


class TestSessions:
    def test_a_day_ahead_everybody_signs_in_again_and_once_only(self, db: Database) -> None:
        one = account(db)
        old = sessions.open_session(db, one, NOW)
        assert sessions.signed_in(db, old, NOW + DAY) is None
        new = sessions.open_session(db, one, NOW + DAY)
        assert sessions.signed_in(db, new, NOW + DAY + timedelta(minutes=1)) is one

    def test_back_again_what_was_opened_meanwhile_ends_at_once(self, db: Database) -> None:
        """Else it would be good for a day and eight hours."""
        one = account(db)
        ahead = sessions.open_session(db, one, NOW + DAY)
        assert sessions.signed_in(db, ahead, NOW) is None
        sessions.open_session(db, one, NOW)
        assert db.query(Session).count() == 1

    def test_clocks_of_two_processes_may_differ_by_a_minute(self, db: Database) -> None:
        one = account(db)
        secret = sessions.open_session(db, one, NOW + sessions.NOTED)
        assert sessions.signed_in(db, secret, NOW) is one
        assert sessions.signed_in(db, secret, NOW - MOMENT) is None

    def test_used_meanwhile_it_ends_when_nobody_uses_it_for_half_an_hour(self, db: Database) -> None:
        one = account(db)
        secret = sessions.open_session(db, one, NOW)
        db.scalars(select(Session)).one().used = NOW + DAY
        assert sessions.signed_in(db, secret, NOW + timedelta(minutes=5)) is one
        assert sessions.signed_in(db, secret, NOW + timedelta(minutes=5) + sessions.IDLE) is None

    def test_a_day_back_what_was_opened_before_waits_for_its_time(self, db: Database) -> None:
        one = account(db)
        secret = sessions.open_session(db, one, NOW)
        assert sessions.signed_in(db, secret, NOW - DAY) is None
        assert sessions.signed_in(db, secret, NOW + timedelta(minutes=1)) is one


def test_the_last_use_of_a_token_is_told_right_again_once_the_clock_is(db: Database) -> None:
    one = account(db, role="analyst")
    text = tokens.create_token(db, one, "BI", ["read:measurements"], expires=NOW + 2 * DAY, now=NOW)
    for moment in (NOW + DAY, NOW):
        assert tokens.valid_token(db, text, moment)
        assert db.scalars(select(ApiToken.used)).one() == moment
    assert tokens.valid_token(db, text, NOW + tokens.NOTED - MOMENT)
    assert db.scalars(select(ApiToken.used)).one() == NOW


class TestWaiting:
    """After so many failures there is a wait of seconds; a clock makes it neither a day nor nothing."""

    def failed(self, engine: Engine, time: list[datetime]) -> Throttle:
        throttle = Throttle(engine, b"k" * 32, lambda: time[0])
        for _ in range(FREE):
            throttle.begin("anna", "192.0.2.1")
        with pytest.raises(TooManyAttempts):
            throttle.begin("anna", "192.0.2.1")
        return throttle

    def test_a_day_back_nobody_is_locked_out_for_a_day(self, engine: Engine) -> None:
        time = [NOW + DAY]
        throttle = self.failed(engine, time)
        time[0] = NOW
        throttle.begin("anna", "192.0.2.1")
        with pytest.raises(TooManyAttempts) as refused:
            throttle.begin("anna", "192.0.2.1")
        assert 0 < refused.value.seconds <= 4

    def test_a_day_ahead_the_wait_is_over(self, engine: Engine) -> None:
        time = [NOW]
        throttle = self.failed(engine, time)
        time[0] = NOW + DAY
        throttle.begin("anna", "192.0.2.1")
