from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from metrics.catalog import CATALOG
from metrics.metric import REASONS, Subject
from service.errors import Conflict, NotFound
from service.measure import measure
from service.models import Measurement, Organisation, Room, Source

MONDAY = date(2026, 3, 2)


ASKED = (
    *("active_share", "contributor_share", "interactive_share_created", "response_rate", "role_share"),
    *("room_state", "time_to_first_response"),
)


@pytest.fixture
def every_metric() -> None:
    """For tests that need all of them."""


@pytest.fixture(autouse=True)
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the tests ask for is measured: each metric takes its time for each of them."""
    if "every_metric" not in request.fixturenames:
        monkeypatch.setattr("service.measure.run.CATALOG", {key: CATALOG[key] for key in ASKED})


def small(company: Any) -> Any:
    """Three people of two units in one room: a post on Tuesday, answered by a colleague the next day."""
    company.person("ada", "sales")
    company.person("bob", "sales")
    company.person("cyd", "legal")
    company.room("hr", "ada", "bob", created=datetime(2026, 1, 15, tzinfo=UTC))
    company.act("create", "ada", "2026-03-03 09:00", "news")
    company.act("comment", "bob", "2026-03-04 10:30", "c1", on="news")
    return company


def test_measurements_are_stored_per_organisation_room_and_unit(
    engine: Engine, make_company: Callable[..., Any]
) -> None:
    company = small(make_company(engine))
    summary = company.measure(since=MONDAY)
    assert company.found("active_share", MONDAY) == {"": (2, 3)}
    assert company.found("active_share", MONDAY, "room", "wiki/hr") == {"": (2, 2)}
    assert company.found("active_share", MONDAY, "unit", "sales") == {"": (2, 2)}
    assert company.found("active_share", MONDAY, "unit", "legal") == {"": (0, 1)}
    assert company.found("response_rate", MONDAY) == {"": (1, 1)}
    assert company.found("time_to_first_response", MONDAY) == {"": (10 * 60 + 30, 60)}  # 9 to 17, 8 to 10:30
    assert company.found("role_share", MONDAY) == {
        "creating": (1, 3),
        "contributing": (1, 3),
        "reacting": (0, 3),
        "reading_or_absent": (1, 3),
    }
    assert summary.known + summary.unknown == len(company.rows_measured())


def test_measuring_twice_gives_equal_rows(engine: Engine, make_company: Callable[..., Any]) -> None:
    company = small(make_company(engine))
    first = company.measure()
    once = company.rows_measured()
    assert company.measure() == first
    assert company.rows_measured() == once


def test_what_changed_is_replaced_and_other_periods_stay(company: Any) -> None:
    small(company).measure()
    before = {row for row in company.rows_measured() if str(MONDAY) not in map(str, row)}
    company.act("react", "cyd", "2026-03-03 12:00", "news")
    company.measure(since=MONDAY, until=date(2026, 3, 9))
    assert company.found("active_share", MONDAY) == {"": (3, 3)}
    after = {row for row in company.rows_measured() if str(MONDAY) not in map(str, row)}
    assert before == after


def test_weeks_before_the_first_activity_are_unknown_and_silent_weeks_after_it_are_zero(company: Any) -> None:
    small(company).measure()
    assert company.found("active_share", date(2026, 2, 23)) == {"": "before_first_activity"}
    assert company.found("active_share", date(2026, 3, 9)) == {"": (0, 3)}
    assert company.found("response_rate", date(2026, 3, 9)) == {"": "no_posts"}
    assert set(company.found("role_share", date(2026, 2, 23)).values()) == {"before_first_activity"}


def test_every_metric_says_something_for_every_place_and_period(company: Any, every_metric: None) -> None:
    company = small(company)
    company.measure()
    scopes = {"organisation": 1, "room": 1, "unit": 2}
    with company.engine.connect() as connection:
        counted = connection.execute(
            select(Measurement.metric, Measurement.scope, Measurement.window, func.count()).group_by(
                Measurement.metric, Measurement.scope, Measurement.window
            )
        ).all()
        places = Counter(
            connection.scalars(select(Measurement.window).group_by(Measurement.window, Measurement.since))
        )
        reasons = set(connection.scalars(select(Measurement.reason).distinct()))
    found = {(metric, scope, window): rows for metric, scope, window, rows in counted}
    for metric in CATALOG.values():
        for scope in metric.scopes:
            for window in metric.windows:
                periods = 60 if window == "week" else places[window]
                assert periods
                parts = 1 if scope in metric.single else max(1, len(metric.categories))
                assert found[metric.key, scope, window] == periods * parts * scopes[scope]
    assert reasons - {None} <= set(REASONS)


def test_an_unknown_value_has_no_numbers(company: Any, every_metric: None) -> None:
    small(company).measure()
    with company.engine.connect() as connection:
        rows = connection.execute(
            select(
                Measurement.metric,
                Measurement.state,
                Measurement.reason,
                Measurement.numerator,
                Measurement.denominator,
                Measurement.people,
                Measurement.affirming,
            )
        ).all()
    assert {state for _, state, *_ in rows} == {"known", "unknown"}
    for metric, state, reason, *numbers in rows:
        if state == "unknown":
            assert reason is not None
            assert numbers == [None] * 4
        else:
            assert reason is None
            # Some values count rooms and concern nobody.
            told = numbers[:2] if CATALOG[metric].subject is Subject.ROOMS else numbers
            assert None not in told
            assert numbers[1] > 0


def test_an_organisation_without_any_data_is_unknown_throughout(company: Any) -> None:
    summary = company.measure()
    assert summary.known == 0
    assert company.found("active_share", MONDAY) == {"": "before_first_activity"}
    assert set(company.found("room_state", date(2026, 2, 23), window="days28").values()) == {
        "before_first_activity"
    }


def test_nothing_is_measured_after_the_day_all_sources_were_read(company: Any) -> None:
    small(company)
    company.synced("2026-03-20 03:00")
    company.synced("2026-03-28 03:00", state="failed")
    company.add(
        source := Source(
            organisation_id=company.id,
            key="second",
            connector="confluence",
            settings={},
            created=datetime(2026, 1, 1, tzinfo=UTC),
        )
    )
    company.synced("2026-03-31 03:00", source_id=source.id)
    summary = company.measure()
    assert summary.until == date(2026, 3, 20)
    assert company.found("active_share", date(2026, 3, 9)) == {"": (0, 3)}
    assert company.found("active_share", date(2026, 3, 16)) == {}


def test_without_a_sync_everything_up_to_today_is_measured(company: Any) -> None:
    summary = small(company).measure()
    assert (summary.since, summary.until) == (date(2025, 2, 3), date(2026, 4, 1))


def test_organisations_of_one_installation_are_kept_apart(
    company: Any, make_company: Callable[..., Any]
) -> None:
    small(company)
    other = make_company(company.engine, key="other", source="other")
    other.person("eve")
    other.act("create", "eve", "2026-03-03 09:00", "elsewhere")
    company.rows += other.rows
    other.rows = company.rows
    company.measure()
    other.measure()
    assert company.found("active_share", MONDAY) == {"": (2, 3)}
    assert other.found("active_share", MONDAY) == {"": (1, 1)}


def test_members_seen_when_a_room_was_first_read_belong_to_it_before_and_later_ones_do_not(
    company: Any,
) -> None:
    small(company)
    with company.engine.connect() as connection:
        room = connection.scalar(select(Room.id))
    from service.models import Membership

    company.add(
        Membership(room_id=room, pseudonym=company.number("cyd"), since=datetime(2026, 3, 31, tzinfo=UTC))
    )
    company.measure()
    assert company.found("active_share", MONDAY, "room", "wiki/hr") == {"": (2, 2)}


def test_contents_that_can_not_be_answered_are_recognised_in_the_log(company: Any) -> None:
    small(company)
    for thing, answerable in (("open", True), ("closed", False), ("unclear", None)):
        company.content(thing, answerable)
        company.act("create", "ada", "2026-02-10 09:00", thing, content_type="page")
    company.measure()
    assert company.found("interactive_share_created", date(2026, 2, 9)) == {"": (0, 2)}


def test_a_room_that_is_gone_says_so(company: Any) -> None:
    small(company)
    company.room("old", created=datetime(2026, 1, 1, tzinfo=UTC), gone=datetime(2026, 3, 8, tzinfo=UTC))
    company.measure()
    assert company.found("response_rate", MONDAY, "room", "wiki/old") == {"": "no_posts"}
    assert company.found("response_rate", date(2026, 3, 9), "room", "wiki/old") == {"": "gone"}


def test_a_stated_workforce_is_the_denominator(company: Any) -> None:
    small(company)
    with company.engine.begin() as connection:
        connection.execute(Organisation.__table__.update().values(workforce=200))
    company.measure()
    assert company.found("active_share", MONDAY) == {"": (2, 200)}


def test_an_unknown_organisation_is_not_found(company: Any) -> None:
    with pytest.raises(NotFound, match="no organisation 99"):
        measure(company.engine, company, 99)


@pytest.mark.parametrize(
    ("kinds", "why", "expected"),
    [
        ("react,view", "not_due", "reactions_not_observed"),
        ("view", "not_due", (2, 3)),
        ("react", "unsupported", (2, 3)),
    ],
)
def test_while_a_source_has_yet_to_read_the_reactions_to_new_contents_silence_is_unknown(
    company: Any, kinds: str, why: str, expected: Any
) -> None:
    small(company)
    company.content("news", True, made="2026-03-03 09:00")
    company.content("seen", True, made="2026-03-09 00:00", observed=True)
    company.gap(kinds, why)
    company.measure()
    assert company.found("active_share", MONDAY) == {"": expected}
    assert company.found("active_share", date(2026, 3, 9)) == {"": (0, 3)}
    assert company.found("contributor_share", MONDAY) == {"": (2, 3)}


class Meanwhile:
    """A log that does something else while it is being measured."""

    def __init__(self, company: Any, act: Callable[[], object]) -> None:
        self.company, self.act = company, act

    def register(self, connection: Any) -> None:
        self.act()
        self.company.register(connection)


def test_an_organisation_is_measured_once_at_a_time_and_others_beside_it(
    engine: Engine, make_company: Callable[..., Any]
) -> None:
    company, other = small(make_company(engine)), make_company(engine, key="other", source="other")
    with pytest.raises(Conflict, match="being measured"):
        measure(engine, Meanwhile(company, company.measure), company.id)
    measure(engine, Meanwhile(company, other.measure), company.id)
    assert company.measure().known > 0
