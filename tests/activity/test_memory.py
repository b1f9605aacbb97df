from datetime import timedelta

import pytest

from connectors.activity import Gap, Kind, Page
from connectors.errors import AccessDenied
from service.activity.memory import SourceMemory


@pytest.fixture
def memory(any_world):
    return SourceMemory(any_world.engine, 1, "wiki", clock=lambda: any_world.now)


@pytest.fixture
def remember(any_world):
    def store(*contents):
        cursor = store.pages = getattr(store, "pages", 0) + 1
        any_world.sync(Page(str(cursor), contents=contents))

    return store


def test_a_first_run_remembers_nothing(memory):
    assert (memory.versions(["p1"]), memory.contents(["p1"]), memory.due(9), memory.count()) == (
        {},
        {},
        [],
        0,
    )
    assert (list(memory.present()), memory.gaps("content")) == ([], [])


def test_contents_come_back_as_they_were_given(memory, remember, content, any_world):
    given = content("p1", version=4, answerable=True, thread="p0", reactions=2, observed=any_world.now)
    remember(given, content("p2", deleted=True))
    assert memory.contents(["p1", "p9"]) == {"p1": given}
    assert memory.versions(["p1", "p2", "p9"]) == {"p1": 4, "p2": 1}
    assert memory.count() == 1


def test_more_ids_than_a_statement_takes_are_looked_up(memory, remember, content):
    ids = [f"p{number:05}" for number in range(1_201)]
    remember(*(content(identity) for identity in ids))
    assert set(memory.versions(ids)) == set(memory.contents(ids)) == set(ids)
    assert [item.id for item in memory.present()] == ids


def test_never_observed_contents_come_first_and_recent_before_old(memory, remember, content, any_world):
    now = any_world.now
    old, recent = now - timedelta(days=300), now - timedelta(days=2)
    remember(
        content("old never", changed=old),
        content("recent never", changed=recent),
        content("recent seen", changed=recent, observed=now - timedelta(days=1)),
        content("old seen", changed=old, observed=now - timedelta(days=100)),
        content("gone", changed=recent, deleted=True),
    )
    order = ["recent never", "old never", "recent seen", "old seen"]
    assert [item.id for item in memory.due(10)] == order
    assert [item.id for item in memory.due(3)] == order[:3]


@pytest.mark.parametrize(
    ("age_days", "looked_hours_ago", "due"),
    [
        (1, 19.9, False),  # at most about daily
        (1, 20, True),
        (6, 20, True),  # an eighth of six days is 18 hours
        (16, 47, False),  # an eighth of 16 days is two
        (16, 48, True),
        (400, 49 * 24, False),
        (400, 50 * 24, True),
    ],
)
def test_a_look_is_due_after_twenty_hours_and_an_eighth_of_the_age(
    any_world, content, age_days, looked_hours_ago, due
):
    now = any_world.now
    changed, observed = now - timedelta(days=age_days), now - timedelta(hours=looked_hours_ago)
    any_world.sync(Page("1", contents=[content("p1", changed=changed, observed=observed)]))
    memory = SourceMemory(any_world.engine, 1, "wiki", clock=lambda: now)
    assert [item.id for item in memory.due(10)] == (["p1"] if due else [])


def test_gaps_come_back_by_stream_with_the_platforms_ids_and_without_the_services_own(
    memory, any_world, script
):
    gaps = [
        Gap("HR", None, (Kind.CREATE,), "access_denied"),
        Gap("HR", "p1", (), "broken"),
        Gap(None, None, (), "unsupported"),
    ]
    any_world.run(script({"content": [Page("1", gaps=gaps)], "likes": [AccessDenied("no")]}))
    assert memory.gaps("content") == [("HR", None), ("HR", "p1"), (None, None)]
    assert memory.gaps("likes") == []
