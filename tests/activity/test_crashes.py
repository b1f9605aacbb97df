import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.forked import Zygote
from connectors.activity import (
    Activity,
    Content,
    ContentType,
    Counter,
    CounterName,
    Gap,
    Kind,
    Members,
    Page,
    Person,
    Reactors,
    Room,
)
from connectors.errors import CursorExpired
from service.activity import journal
from service.activity.log import ActivityLog

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
KILLS = int(os.environ.get("RESONANZ_TEST_KILLS", "5"))

SETTINGS = settings(
    max_examples=int(os.environ.get("RESONANZ_TEST_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # an example takes a second: shrinking would take many minutes
)

names = st.sampled_from(["ada", "bob", "cid"])
several = st.frozensets(names)
ids = st.sampled_from(["p1", "p2", "p3"])
kinds = st.sampled_from([Kind.CREATE, Kind.EDIT, Kind.COMMENT])
events = st.one_of(
    st.tuples(st.just("activity"), ids, kinds),
    st.tuples(st.just("likes"), ids, several),
    st.tuples(st.just("views"), ids, st.integers(0, 9)),
    st.tuples(st.just("content"), ids, st.integers(1, 4)),
    st.tuples(st.just("person"), names, st.booleans()),
    st.tuples(st.just("room"), ids, st.booleans()),
    st.tuples(st.just("gap"), ids, st.booleans()),
)
members = st.tuples(st.just("members"), several, st.booleans())


def page(number: int, happenings: list[tuple]) -> Page:
    """A page of what happened, read `number` hours after the beginning. The same id always means the same thing."""
    now = BEGIN + timedelta(hours=number)
    made: dict[str, list] = {name: [] for name in Page.__slots__ if name not in ("cursor", "skipped")}
    for what, which, how in happenings:
        match what:
            case "activity":
                first = BEGIN - timedelta(days=int(which[1]))
                key = f"{which}#{how}"
                made["activities"].append(Activity(key, how, "HR", "ada", first, which, ContentType.PAGE))
            case "likes":
                made["reactors"].append(Reactors(which, "HR", ContentType.PAGE, which, how, now))
            case "views":
                made["counters"].append(Counter(CounterName.VIEWS, "HR", which, how, now))
            case "content":
                seen = now if how % 2 else None
                made["contents"].append(
                    Content(
                        which,
                        "HR",
                        ContentType.PAGE,
                        BEGIN,
                        now,
                        how,
                        reactions=how if seen else None,
                        observed=seen,
                    )
                )
            case "person":
                made["people"].append(Person(which, active=how, unit=f"unit {which}"))
            case "room":
                made["rooms"].append(Room(which, which.upper(), archived=how))
            case "gap" if how:
                made["gaps"].append(Gap("HR", which, (Kind.COMMENT,), "broken"))
            case "gap":
                made["closed"].append(("HR", which))
            case "members":
                made["members"].append(Members("HR", which, complete=how))
    return Page(str(number), **made)


class Crash(BaseException):
    """The process is gone: nothing it would still do happens."""


@contextmanager
def dying_after(steps: int | None):
    """Everything that writes dies before or after its `steps`-th doing, and stays dead."""
    left = [steps]

    def step() -> None:
        if left[0] is not None:
            left[0] -= 1
            if left[0] < 0:
                raise Crash

    def mortal(work: Callable) -> Callable:
        def doing(*given, **named):
            step()
            done = work(*given, **named)
            step()
            return done

        return doing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "write", mortal(journal.write))
        patch.setattr(ActivityLog, "append", mortal(ActivityLog.append))
        patch.setattr(journal, "settle", mortal(journal.settle))
        yield


def play(world, script, pages, *, flush_rows=10_000, steps=None, expired=False) -> None:
    """Collect once, with a clock that shows each page's time; `expired` makes the source forget its cursors."""

    class Timed(script):
        def read(self, stream, cursor):
            if expired and cursor is not None:
                raise CursorExpired("too old")
            for page in super().read(stream, cursor):
                world.now = BEGIN + timedelta(hours=int(page.cursor))
                yield page

    try:
        with dying_after(steps):
            world.run(Timed({"content": pages}), flush_rows=flush_rows)
    except Crash:
        pass


@SETTINGS
@given(
    history=st.lists(st.lists(st.one_of(events, members), max_size=4), min_size=1, max_size=8),
    lives=st.lists(st.integers(0, 14), max_size=6),
    flush_rows=st.integers(1, 6),
)
def test_wherever_a_collection_dies_the_end_is_the_same(make_world, script, history, lives, flush_rows):
    pages = [page(number, happenings) for number, happenings in enumerate(history, 1)]
    calm, troubled = make_world(), make_world()
    troubled.pseudonymiser = calm.pseudonymiser
    play(calm, script, pages)
    for steps in lives:
        play(troubled, script, pages, flush_rows=flush_rows, steps=steps)
    play(troubled, script, pages, flush_rows=flush_rows)
    assert troubled.everything() == calm.everything()
    assert troubled.everything()["journal"] == []


@SETTINGS
@given(
    history=st.lists(st.lists(events, max_size=4), min_size=1, max_size=8),
    lives=st.lists(st.tuples(st.integers(0, 14) | st.none(), st.booleans()), max_size=5),
    flush_rows=st.integers(1, 6),
)
def test_however_often_pages_are_repeated_nothing_doubles(make_world, script, history, lives, flush_rows):
    # People are listed as they are when they are read; pages that tell anew how they once were do not come.
    history = [
        [(what, which, True if what == "person" else how) for what, which, how in told] for told in history
    ]
    pages = [page(number, happenings) for number, happenings in enumerate(history, 1)]
    calm, troubled = make_world(), make_world()
    troubled.pseudonymiser = calm.pseudonymiser
    play(calm, script, pages)
    for steps, expired in lives:
        play(troubled, script, pages, flush_rows=flush_rows, steps=steps, expired=expired)
    play(troubled, script, pages, flush_rows=flush_rows)
    assert troubled.everything() == calm.everything()


@pytest.mark.parametrize("step", range(6))
def test_each_step_of_a_batch_may_be_the_last(any_world, script, step):
    """Steps 0 to 2 come before the commit: the batch is read again; 3 to 5 after it: the journal brings the rest."""
    world = any_world
    pages = [page(1, [("activity", "p1", Kind.CREATE), ("content", "p1", 1), ("person", "ada", True)])]
    play(world, script, pages, steps=step)
    landed = world.log.position("wiki", "content").sequence
    assert landed == (1 if step >= 3 else 0)
    assert len(world.everything()["journal"]) == (1 if 1 <= step <= 4 else 0)
    assert len(world.everything()["content"]) == (1 if step == 5 else 0)
    asked = []

    class Asked(script):
        def read(self, stream, cursor):
            asked.append(cursor)
            return super().read(stream, cursor)

    world.run(Asked({"content": pages}))
    assert asked == ["1" if landed else None]
    found = world.everything()
    assert [len(found[name]) for name in ("log", "content", "person", "journal")] == [1, 1, 1, 0]


VICTIM = Path(__file__).with_name("victim.py")


def zygote(world) -> Zygote:
    """Its children collect the story into this world."""
    return Zygote([str(VICTIM), world.engine.url.render_as_string(False), str(world.folder)])


def test_a_process_killed_again_and_again_ends_like_one_that_was_not(any_world, make_world):
    world, calm = any_world, make_world()
    key = calm.folder / "key" / "pseudonym.key"
    key.write_bytes((world.folder / "key" / "pseudonym.key").read_bytes())
    with zygote(calm) as starting:
        began = time.monotonic()
        assert starting.run() == 0
        whole = time.monotonic() - began
    chance, killed = random.Random(1), 0
    with zygote(world) as starting:
        while killed < KILLS:
            code = starting.run(kill_after=chance.uniform(0, whole / KILLS))
            if code == 0:
                break
            assert code == -signal.SIGKILL
            killed += 1
        assert starting.run() == 0
    assert killed >= min(KILLS, 3)
    found, expected = world.everything(), calm.everything()
    for name, rows in expected.items():
        assert found[name] == rows, name
    assert len(expected["log"]) > 150
    assert expected["journal"] == []
