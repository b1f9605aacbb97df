"""The store is the truth: it says what a complete collection must bring."""

from datetime import UTC, datetime, timedelta

from connectors.activity import ContentType, Kind

NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def kinds(store):
    return sorted((a.kind.value, a.room, a.person) for a in store.activities())


def test_truth_names_every_activity_of_a_small_site(site):
    expected = {
        (Kind.CREATE, str(site.page), 1, "ada", NINE, None, str(site.page)),
        (Kind.EDIT, str(site.page), 2, "bob", NINE + timedelta(hours=5), None, str(site.page)),
        (Kind.REACT, str(site.page), 1, "bob", None, None, str(site.page)),
        (Kind.REACT, str(site.page), 1, "cem", None, None, str(site.page)),
        (
            Kind.COMMENT,
            str(site.comment),
            1,
            "bob",
            NINE + timedelta(hours=1),
            str(site.page),
            str(site.page),
        ),
        (Kind.REPLY, str(site.reply), 1, "ada", NINE + timedelta(hours=2), str(site.comment), str(site.page)),
        (Kind.COMMENT, str(site.inline), 1, "cem", NINE + timedelta(hours=3), str(site.page), str(site.page)),
        (Kind.CREATE, str(site.post), 1, "cem", NINE + timedelta(days=1), None, str(site.post)),
        (Kind.CREATE, str(site.other), 1, None, NINE + timedelta(days=2), None, str(site.other)),
    }
    found = {
        (a.kind, a.object, a.number, a.person, a.happened, a.parent, a.thread)
        for a in site.store.activities()
    }
    assert found == expected
    types = {a.object: a.content_type for a in site.store.activities()}
    assert types[str(site.post)] is ContentType.POST
    assert types[str(site.reply)] is ContentType.COMMENT


def test_a_trashed_page_takes_its_comments_along_and_brings_them_back(site):
    before = kinds(site.store)
    site.store.trash(site.page)
    assert kinds(site.store) == sorted([("create", "HR", "cem"), ("create", "IT", None)], key=str)
    site.store.restore(site.page)
    assert kinds(site.store) == before


def test_a_trashed_comment_takes_only_its_replies_along(site):
    site.store.trash(site.comment)
    assert site.store.standing(site.store.items[site.reply]) == "trashed"
    assert site.store.standing(site.store.items[site.inline]) == "current"


def test_a_purged_page_leaves_nothing_behind(site):
    site.store.purge(site.page)
    assert set(site.store.items) == {site.post, site.other}
    assert site.page not in site.store.comments


def test_a_purged_comment_takes_its_replies_along(site):
    site.store.purge(site.comment)
    assert site.store.comments[site.page] == [site.inline]
    assert site.reply not in site.store.items


def test_a_move_takes_the_comments_along_and_writes_no_version(site):
    site.store.move(site.page, "IT")
    moved = [a for a in site.store.activities() if a.thread == str(site.page)]
    assert {a.room for a in moved} == {"IT"}
    assert len(site.store.items[site.page].versions) == 2


def test_a_like_taken_back_is_not_expected_any_more(site):
    site.store.unlike(site.page, "bob")
    assert [a.person for a in site.store.activities() if a.kind is Kind.REACT] == ["cem"]


def test_a_hidden_space_is_not_expected(site):
    site.store.hide_space("HR")
    assert {a.room for a in site.store.activities()} == {"IT"}
    site.store.show_space("HR")
    assert {a.room for a in site.store.activities()} == {"HR", "IT"}
