"""Stopped after any page, losing whatever was not committed, and continued by a fresh connector: the same log."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

STREAMS = ("rooms", "people", "contents", "comments", "deletions")


@dataclass
class Committer:
    """Stores pages in lots; a crash loses the lot that is not yet full."""

    memory: object
    stream: str
    size: int
    lot: list = field(default_factory=list)

    def add(self, page):
        self.lot.append(page)
        if len(self.lot) >= self.size:
            self.commit()

    def commit(self):
        for page in self.lot:
            self.memory.store(self.stream, page)
        self.lot.clear()


def run(bench, server, memory, stream, plan):
    """Reads a stream to its end, crashing after as many pages as the plan says; what a lot holds is in the plan too."""
    stops, size = plan
    for stop in [*stops, None]:
        connector = bench.connect(server, memory)
        committer = Committer(memory, stream, size)
        pages = connector.read(stream, memory.cursors.get(stream))
        for number, page in enumerate(pages, start=1):
            committer.add(page)
            if number == stop:
                pages.close()
                break
        else:
            committer.commit()
        connector.close()


@pytest.mark.usefixtures("small_pages")
def test_stopping_after_any_page_and_continuing_gives_the_same_activities(serve, bench):
    store = bench.intranet()
    for number in range(5):
        page = store.add_page("NEWS", "ada", bench.day(20 + number))
        store.add_comment(page.id, "eve", bench.day(21 + number), location="inline")
    server = serve(store, **({} if serve.cloud else {"cap_expanded": 2}))
    whole = bench.new_memory()
    bench.collect(server, whole, *STREAMS)
    for stream in STREAMS:
        for stop in range(1, 9 if stream in ("contents", "comments") else 3):
            memory = bench.new_memory()
            before = STREAMS[: STREAMS.index(stream)]
            bench.collect(server, memory, *before)
            run(bench, server, memory, stream, ([stop], 1))
            assert memory.repeated == 0
            bench.collect(server, memory, *STREAMS)
            assert memory.activities == whole.activities


@pytest.mark.usefixtures("small_pages")
@settings(max_examples=12)
@given(
    stops=st.lists(st.integers(1, 6), max_size=4),
    size=st.integers(1, 4),
    events=st.lists(
        st.tuples(st.sampled_from(["page", "post", "edit", "comment", "reply", "like"]), st.integers(0, 99))
    ),
)
def test_crashes_lost_lots_and_changes_in_between_lose_and_double_nothing(serve, bench, stops, size, events):
    store = bench.intranet()
    server = serve(store, **({} if serve.cloud else {"cap_expanded": 2}))
    memory = bench.new_memory()
    pending = list(events)
    moment = 60.0
    for _ in range(2):
        for stream in STREAMS:
            run(bench, server, memory, stream, (stops, size))
            for event, place in pending[: len(pending) // 2 + 1]:
                moment += 0.25
                happen(store, event, place, bench.day(moment))
            pending = pending[len(pending) // 2 + 1 :]
    bench.collect(server, memory, *STREAMS)
    assert bench.complete(memory, store)
    server.stop()


def happen(store, event, place, when):
    items = [item for item in store.items.values() if store.spaces[item.space].type == "global"]
    pages = [item for item in items if item.type != "comment"]
    comments = [item for item in items if item.type == "comment"]
    match event:
        case "page":
            store.add_page("SALES", "kim", when)
        case "post":
            store.add_post("NEWS", "eve", when)
        case "edit":
            store.edit(items[place % len(items)].id, "bob", when)
        case "comment":
            store.add_comment(
                pages[place % len(pages)].id, "ada", when, location="inline" if place % 2 else "footer"
            )
        case "reply":
            store.add_comment(comments[place % len(comments)].id, "kim", when)
        case "like":
            store.like(items[place % len(items)].id, "kim")
