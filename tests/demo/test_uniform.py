"""The large site of the benchmarks has the mix it promises."""

import pytest

from service.demo.uniform import uniform


@pytest.fixture(scope="module")
def store():
    return uniform(8_000)


def test_contents_are_pages_posts_and_comments_in_the_promised_parts(store):
    types = [item.type for item in store.items.values()]
    assert len(types) == 8_000
    originals = types.count("page") + types.count("blogpost")
    assert types.count("comment") / originals == pytest.approx(0.6, abs=0.01)
    assert types.count("blogpost") / originals == pytest.approx(0.2, abs=0.01)


def test_edits_likes_and_replies_have_the_promised_shares(store):
    originals = [item for item in store.items.values() if item.type != "comment"]
    comments = [item for item in store.items.values() if item.type == "comment"]
    assert sum(len(item.versions) > 3 for item in originals) / len(originals) == pytest.approx(
        0.15, abs=0.015
    )
    assert sum(bool(item.likes) for item in originals) / len(originals) == pytest.approx(0.2, abs=0.02)
    assert sum(item.parent is not None for item in comments) / len(comments) == pytest.approx(0.33, abs=0.04)


def test_pages_stand_in_trees_within_their_space(store):
    def depth(item):
        return 0 if item.parent is None else 1 + depth(store.items[item.parent])

    pages = [item for item in store.items.values() if item.type == "page"]
    depths = {depth(page) for page in pages}
    assert depths == {0, 1, 2, 3, 4}
    assert all(store.items[page.parent].space == page.space for page in pages if page.parent)


def test_truth_counts_a_version_of_anything_and_a_like_once(store):
    versions = sum(len(item.versions) for item in store.items.values())
    likes = sum(len(item.likes) for item in store.items.values())
    assert sum(1 for _ in store.activities()) == versions + likes


def test_same_seed_gives_the_same_site():
    assert list(uniform(300, seed=3).activities()) == list(uniform(300, seed=3).activities())
    assert list(uniform(300, seed=3).activities()) != list(uniform(300, seed=4).activities())
