"""Time passes in the company: step by step or at once, it comes to the same; and nobody sees the future."""

import random
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.demo.company import Company
from service.demo.conversations import Draft
from service.demo.store import Store, Version
from service.demo.timeline import Readership, Timeline
from service.demo.working_days import dawn

UNTIL = date(2026, 11, 20)
NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def found() -> Company:
    return Company.found(5, people=60, until=UNTIL, months=6, scale=0.1)


def state(company: Company) -> list[Any]:
    return [
        deepcopy((store.accounts, store.groups, store.spaces, store.items, store.comments))
        for store in company.stores.values()
    ]


@pytest.fixture(scope="module")
def at_the_end() -> list[Any]:
    return state(Company.generate(5, people=60, until=UNTIL, months=6, scale=0.1))


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 182 * 24 * 60), max_size=8))
def test_any_number_of_steps_leads_to_the_same_end(at_the_end, cuts):
    company = found()
    for minutes in sorted(cuts):
        company.advance(dawn(company.since) + timedelta(minutes=minutes))
    company.advance(dawn(UNTIL))
    assert state(company) == at_the_end


@settings(max_examples=15, deadline=None)
@given(minutes=st.integers(0, 182 * 24 * 60))
def test_nothing_in_the_stores_is_later_than_the_moment(minutes):
    company = found()
    moment = dawn(company.since) + timedelta(minutes=minutes)
    company.advance(moment)
    for store in company.stores.values():
        assert store.clock() == moment
        assert all(space.created <= moment for space in store.spaces.values())
        for item in store.items.values():
            assert item.space in store.spaces
            assert item.modified <= moment
            assert all(when <= moment for when in item.likes.values())
            assert {version.by for version in item.versions} | set(item.likes) <= set(store.accounts)
            assert len(item.likes) <= item.viewers <= item.views or item.type == "comment"
        for group in store.groups.values():
            assert set(group.members) <= set(store.accounts)


def test_totals_of_views_never_fall_and_everything_happens_somewhere():
    company = found()
    before: dict[tuple[str, int], tuple[int, int]] = {}
    seen = {"rooms": set(), "accounts": set(), "trashed": set(), "inactive": set(), "archived": set()}
    for week in range(27):
        company.advance(dawn(company.since) + week * 7 * DAY)
        for platform, store in company.stores.items():
            now = {(platform, item.id): (item.views, item.viewers) for item in store.items.values()}
            assert all(
                now[key][0] >= views and now[key][1] >= viewers
                for key, (views, viewers) in before.items()
                if key in now
            )
            before |= now
            seen["rooms"].add((platform, len(store.spaces)))
            seen["accounts"].add((platform, len(store.accounts)))
            seen["trashed"].add((platform, sum(item.status == "trashed" for item in store.items.values())))
            seen["inactive"].add((platform, sum(not account.active for account in store.accounts.values())))
            seen["archived"].add(
                (platform, sum(space.status == "archived" for space in store.spaces.values()))
            )
    for what, counts in seen.items():
        assert len(counts) > len(company.stores), what


def test_time_does_not_run_backwards():
    company = found()
    company.advance(dawn(UNTIL))
    with pytest.raises(ValueError, match="has passed"):
        company.advance(dawn(UNTIL) - DAY)


def test_the_clock_is_a_real_one_until_time_is_set():
    company = Company.generate(5, people=60, until=UNTIL, months=3, scale=0.1)
    for store in company.stores.values():
        assert abs(store.clock() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_page_appears_is_edited_liked_answered_and_trashed_in_its_time():
    store = Store()
    store.add_space("HR", created=NINE)
    page = Draft("HR", "page", [Version("ada", NINE), Version("bob", NINE + 2 * DAY)], views=50, viewers=20)
    page.likes = {"cem": NINE + DAY}
    page.trashed = NINE + 5 * DAY
    comment = Draft("HR", "comment", [Version("bob", NINE + 3 * DAY)], container=page, location="footer")
    timeline = Timeline(store)
    timeline.publish([comment, page], random.Random(1))
    timeline.advance(NINE - timedelta(seconds=1))
    assert store.items == {}
    timeline.advance(NINE)
    (item,) = store.items.values()
    assert (len(item.versions), item.likes, item.views) == (1, {}, 0)
    timeline.advance(NINE + DAY)
    assert item.likes == {"cem": NINE + DAY}
    assert item.viewers >= 1
    timeline.advance(NINE + 4 * DAY)
    assert [version.by for version in item.versions] == ["ada", "bob"]
    assert len(store.comments[item.id]) == 1
    assert item.status == "current"
    timeline.advance(NINE + 5 * DAY)
    assert item.status == "trashed"
    views = item.views
    timeline.advance(NINE + 300 * DAY)
    assert item.views == views


def test_half_of_the_reading_of_news_is_over_after_a_fortnight_and_all_of_it_after_400_days():
    news = Readership(1, NINE, 1000, 400, 0.3, ())
    assert news.by(NINE - DAY) == (0, 0)
    # ln(1 + 14 / 0.3) / ln(1 + 400 / 0.3) = 3.8642 / 7.1962
    assert news.by(NINE + 14 * DAY) == (536, 214)
    assert news.by(NINE + 400 * DAY) == news.by(NINE + 999 * DAY) == (1000, 400)


def test_conversations_are_read_longer_than_news():
    news, talk = (Readership(1, NINE, 1000, 400, pace, ()) for pace in (0.3, 1.2))
    assert news.by(NINE + DAY) > talk.by(NINE + DAY)
    late = [one.by(NINE + 90 * DAY)[0] - one.by(NINE + 30 * DAY)[0] for one in (news, talk)]
    assert late[0] < late[1]


def test_whoever_likes_a_page_has_read_it():
    page = Readership(1, NINE, 10, 5, 0.3, tuple(NINE + n * timedelta(hours=1) for n in range(4)))
    assert page.by(NINE + timedelta(hours=4)) == (4, 4)


def test_what_has_passed_can_not_be_planned():
    timeline = Timeline(Store())
    timeline.advance(NINE)
    with pytest.raises(ValueError, match="has passed"):
        timeline.plan(NINE, print)
