"""Cursors of many lists, logins of people, and which gaps a run leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.activity import Gap, Kind
from connectors.errors import CursorExpired
from connectors.microsoft.accounts import login
from connectors.microsoft.brought import Rooms
from connectors.microsoft.counted import Counts, Progress
from connectors.microsoft.links import Links, Place

PLACES = st.dictionaries(
    st.text(max_size=40),
    st.builds(Place, st.none() | st.text(min_size=1, max_size=400), st.booleans()),
    max_size=8,
)
COUNTS = st.builds(
    Counts, st.none() | st.integers(0, 99), st.none() | st.integers(0, 99), st.integers(0, 10**6)
)


@given(
    sites=st.dictionaries(st.text(max_size=40), PLACES, max_size=8), listed=st.none() | st.text(max_size=20)
)
def test_a_cursor_of_links_says_again_what_was_put_into_it(
    sites: dict[str, dict[str, Place]], listed: str | None
) -> None:
    links = Links(sites, listed)
    assert Links.parse(links.dump()) == links
    assert Links.parse(links.dump()).dump() == links.dump()


@given(
    counts=st.dictionaries(
        st.text(min_size=1), st.dictionaries(st.text(), COUNTS, min_size=1, max_size=4), max_size=4
    )
)
def test_a_cursor_of_counts_says_again_what_was_put_into_it(counts: dict[str, dict[str, Counts]]) -> None:
    progress = Progress(Links({"a": {"b": Place("c")}}, "d"), counts)
    assert Progress.parse(progress.dump()) == progress


def test_the_link_of_a_list_is_kept_as_it_came() -> None:
    link = "https://graph.microsoft.com/v1.0/drives/b!x/root/delta?token='%3B%C3%A4%2F+ü"
    links = Links({"s": {"d": Place(link)}})
    (_, _, place), *_ = Links.parse(links.dump()).places()
    assert place.link == link


@pytest.mark.parametrize(
    "cursor", ["", "z", "zz!", "[]", '{"form":1}', '{"form":1,"sites":[],"listed":null}']
)
def test_what_is_no_cursor_is_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        Links.parse(cursor)
    with pytest.raises(CursorExpired):
        Progress.parse(cursor)


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ({"loginName": "i:0#.f|membership|Ada@contoso.com"}, "ada@contoso.com"),
        ({"loginName": "i:0#.f|membership|gast_a.b#ext#@contoso.com"}, "gast_a.b#ext#@contoso.com"),
        ({"userPrincipalName": "bob@contoso.com", "loginName": "i:0#.f|membership|x"}, "bob@contoso.com"),
        ({"loginName": "c:0o.c|federateddirectoryclaimprovider|1f3d"}, None),
        ({"loginName": "SHAREPOINT\\system"}, None),
        ({}, None),
        (None, None),
        ("ada@contoso.com", None),
    ],
)
def test_a_login_is_the_last_part_of_a_claim(author: object, found: str | None) -> None:
    assert login(author) == found


KINDS = (Kind.CREATE,)


def test_a_room_that_fails_is_a_gap_and_one_that_answers_closes_its_own() -> None:
    rooms = Rooms(KINDS, frozenset({("a", None), ("b", None), (None, None), ("a", "page")}))
    rooms.answered |= {"a", "b"}
    rooms.failed["b"] = "access_denied"
    assert rooms.gaps() == [Gap("b", None, KINDS, "access_denied")]
    assert rooms.closed() == [("a", None), (None, None)]


def test_where_every_room_of_several_is_refused_one_gap_of_the_source_is_left() -> None:
    rooms = Rooms(KINDS, frozenset())
    rooms.failed = dict.fromkeys("abc", "access_denied")
    assert rooms.gaps() == [Gap(None, None, KINDS, "access_denied")]
    rooms.failed["c"] = "broken"
    assert [gap.room for gap in rooms.gaps()] == ["a", "b", "c"]
    rooms.failed["c"] = "access_denied"
    rooms.answered.add("d")
    assert [gap.room for gap in rooms.gaps()] == ["a", "b", "c"]
