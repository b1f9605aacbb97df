"""One room and one content, whichever source tells of it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from connectors.activity import Content, ContentType, CounterName, Kind, Room
from service.activity.forget import erase_people, remove_source
from service.database import transaction
from service.errors import Invalid
from service.hashes import Hasher
from service.models import Alias, Journal, PublishedCoverage, Source
from service.models import Room as RoomRow
from service.publication import publish
from service.publication.coverage import coverage_of

VIEW, CREATE, COMMENT = Kind.VIEW, Kind.CREATE, Kind.COMMENT


@pytest.fixture
def office(company, told):
    """A page that Bob answers, and one that nobody answers; both have names, and so has their room."""
    page = (
        told("hr")
        .called("site:1")
        .called("item:p", "p")
        .called("item:q", "q")
        .act(CREATE, "ada", "p")
        .act(CREATE, "ada", "q")
        .act(COMMENT, "bob", "c", thread="p", parent="p", content_type=ContentType.COMMENT)
        .page()
    )
    company.sync("office", page)
    return page


def views(told, *things, room="site-1", name="site:1", who="eve"):
    one = told(room).called(name)
    for content in things:
        one.called(f"item:{content}", f"seen:{content}").act(VIEW, who, f"seen:{content}")
    return one


def test_views_told_by_another_source_are_views_of_the_page(company, office, told):
    company.measure()
    assert company.found("interactive_share", "office/hr") == "no_view_data"
    company.sync("audit", views(told, "p", "q").page())
    company.measure()
    assert company.found("interactive_share", "office/hr") == (1, 2)
    assert company.rooms_measured() == {"office/hr"}


def test_the_order_of_collecting_does_not_matter(company, told):
    company.sync("audit", views(told, "p").page())
    company.measure()
    assert company.rooms_measured() == {"audit/site-1"}
    company.sync("office", told("hr").called("site:1").called("item:p", "p").act(CREATE, "ada", "p").page())
    company.measure()
    assert company.rooms_measured() == {"office/hr"}
    assert company.found("interactive_share", "office/hr") == (0, 1)


def test_what_has_no_known_name_stays_apart_and_is_counted(company, office, told):
    page = views(told, "p", "x", "y").act(VIEW, "eve", "seen:x")
    report = company.sync("audit", page.page())
    company.sync("audit", views(told, "z", room="site-2", name="site:2").page())
    assert report.about == "office"
    assert (report.views.views, report.views.unlinked, report.views.unlinked_contents) == (4, 3, 2)
    assert report.to_dict()["views"] == {"views": 4, "unlinked": 3, "unlinked_contents": 2}
    company.measure()
    # The room is known though the contents are not; the other room is one of its own.
    assert company.rooms_measured() == {"office/hr", "audit/site-2"}
    assert company.found("interactive_share", "office/hr") == (1, 1)


def test_the_share_linked_is_published_and_never_rounded_up(company, office, told):
    company.sync("audit", views(told, "p", "q", "x").page())
    company.measure()
    publish(company.engine, 1)
    (line,) = [line for line in company.all(PublishedCoverage) if line.kind == "views_linked"]
    assert (line.source, line.share) == ("audit", 0.66)


def test_a_name_of_two_things_links_none_of_them(company, told):
    company.sync(
        "office", told("hr").called("site:1").called("address:a", "p").act(CREATE, "ada", "p").page()
    )
    company.sync(
        "office", told("it").called("site:1").called("address:a", "q").act(CREATE, "ada", "q").page()
    )
    company.sync("audit", told("site").called("site:1").called("address:a", "s").act(VIEW, "eve", "s").page())
    company.measure()
    assert company.rooms_measured() == {"office/hr", "office/it", "audit/site"}


def test_a_room_and_a_content_of_one_name_are_not_the_same(company, told):
    company.sync("office", told("hr").called("address:a").act(CREATE, "ada", "p").page())
    company.sync("audit", told("site").called("address:a", "s").act(VIEW, "eve", "s").page())
    company.measure()
    assert company.rooms_measured() == {"office/hr", "audit/site"}


def test_the_same_id_needs_no_name(company, told, thing):
    known = Content("p", "hr", ContentType.POST, company.now, company.now)
    company.sync(
        "office", told("hr").act(CREATE, "ada", "p", content_type=ContentType.POST).page(contents=[known])
    )
    company.sync("audit", told("hr").act(VIEW, "eve", "p").total(CounterName.VIEWERS, "p", 7).page())
    mine = [row for row in company.as_one() if row[0] == "audit"]
    assert [row[1:5] for row in mine] == [
        ("office/hr", "view", "post", thing("p")),
        ("office/hr", "viewers", "post", thing("p")),
    ]


def test_a_space_is_known_by_its_key(company, told):
    page = told("space-17").act(CREATE, "ada", "p").page()
    company.sync("office", replace(page, rooms=[Room("space-17", "HR")]))
    company.sync("audit", told("HR").act(VIEW, "eve", "p").page())
    company.measure()
    assert company.rooms_measured() == {"office/space-17"}


def test_a_source_that_tells_about_none_stands_by_itself(company, office, told):
    company.about("audit", None)
    report = company.sync("audit", views(told, "p").page())
    assert (report.about, report.views) == (None, None)
    company.measure()
    assert company.rooms_measured() == {"office/hr", "audit/site-1"}
    company.about("audit", "office")
    company.measure()
    assert company.rooms_measured() == {"office/hr"}


# -- once ---------------------------------------------------------------------------------------------------------------


def test_an_act_both_tell_of_counts_once(company, office, told):
    both = (
        views(told, "p")
        .act(CREATE, "ada", "seen:p")
        .act(COMMENT, "bob", "k", thread="seen:p", parent="seen:p")
    )
    company.sync("audit", both.page())
    kinds = sorted(row[2] for row in company.as_one())
    assert kinds == ["comment", "create", "create", "view"]


def test_what_the_platform_does_not_tell_in_a_room_is_taken_from_the_other(company, told):
    company.sync("office", told("hr").called("site:1").called("item:p", "p").act(CREATE, "ada", "p").page())
    answer = told("site-1").called("site:1").called("item:p", "s")
    answer.act(COMMENT, "bob", "k", thread="s", parent="s", content_type=ContentType.COMMENT)
    company.sync("audit", answer.act(VIEW, "eve", "s").page())
    company.measure()
    # The comment hangs on the platform's own page.
    assert company.found("interactive_share", "office/hr") == (1, 1)


def test_two_sources_that_tell_of_the_same_view_tell_of_one(company, office, told):
    company.about("export", "office")
    company.sync("audit", views(told, "p", "q").page())
    again = views(told, "p", who="EVE").called("item:q", "seen:q").act(VIEW, "fay", "seen:q")
    company.sync("export", again.page())
    seen = [row[0] for row in company.as_one() if row[2] == "view"]
    # Eve's view of p is told twice. Fay looked at q in the same second as Eve.
    assert sorted(seen) == ["audit", "audit", "export"]


def test_counters_are_those_of_the_platform_where_it_has_them(company, told, thing):
    known = Content("p", "hr", ContentType.PAGE, company.now, company.now)
    mine = told("hr").called("item:p", "p").called("site:1").called("item:q", "q")
    mine.total(CounterName.VIEWS, "p", 10).total(CounterName.PERIOD_VIEWS, "hr#7", 50)
    company.sync("office", mine.page(contents=[known]))
    other = told("site-1").called("site:1").called("item:p", "s").called("item:q", "t")
    other.total(CounterName.VIEWS, "s", 11).total(CounterName.VIEWS, "t", 5)
    other.total(CounterName.PERIOD_VIEWS, "site-1#30", 90).total(CounterName.PERIOD_FILES, "site-1#30", 9)
    company.sync("audit", other.page())
    found = {(room, kind, total) for _, room, kind, _, _, total in company.as_one()}
    assert found == {
        ("office/hr", "views", 10),
        ("office/hr", "views", 5),
        ("office/hr", "period_views", 50),
        ("office/hr", "period_files", 9),
    }


ACTS = st.lists(
    st.tuples(
        st.sampled_from([CREATE, Kind.EDIT, COMMENT, VIEW]),
        st.sampled_from(["ada", "bob", "eve"]),
        st.sampled_from(["p", "q", "r"]),
    ),
    unique=True,
    max_size=8,
)


@settings(max_examples=15)
@given(ACTS, st.sets(st.sampled_from(["p", "q", "r"])), st.booleans())
def test_no_act_is_counted_twice_and_none_is_lost(new_company, told, acts, named, platform_first):
    """The platform tells everything but views, the other everything; contents without a name in common count apart."""
    company = new_company()
    office, other = told("hr").called("site:1"), told("site-1").called("site:1")
    for obj in sorted(named):
        office.called(f"item:{obj}", obj)
        other.called(f"item:{obj}", f"seen:{obj}")
    for kind, who, obj in acts:
        if kind is not VIEW:
            office.act(kind, who, obj)
        other.act(kind, who, f"seen:{obj}")
    pages = [("office", office.page()), ("audit", other.page())]
    for source, page in pages if platform_first else pages[::-1]:
        company.sync(source, page)
    found = sorted((room, kind, obj) for _, room, kind, _, obj, _ in company.as_one())
    expected = sorted(
        (
            "office/hr",
            kind.value,
            Hasher("office").object(obj)
            if kind is not VIEW or obj in named
            else Hasher("audit").object(f"seen:{obj}"),
        )
        for kind, _, obj in acts
    )
    assert found == expected


# -- erasing, repeating -------------------------------------------------------------------------------------------------


def test_removing_the_telling_source_leaves_the_platform_as_it_was(company, office, told):
    before = company.stored(), len(company.all(Alias))
    company.sync("audit", views(told, "p", "q").page())
    assert remove_source(company.engine, company.log, "audit") == 2
    assert (company.stored(), len(company.all(Alias))) == before
    company.measure()
    assert company.found("interactive_share", "office/hr") == "no_view_data"


def test_removing_the_platform_leaves_what_the_other_told(company, office, told):
    company.sync("audit", views(told, "p", "q").page())
    remove_source(company.engine, company.log, "office")
    assert {row[1] for row in company.stored()} == {"audit"}
    (audit,) = [source for source in company.all(Source) if source.key == "audit"]
    assert audit.about_id is None
    company.measure()
    assert company.rooms_measured() == {"audit/site-1"}


def test_an_erased_person_is_erased_with_what_the_other_source_told(company, office, told):
    company.sync("audit", views(told, "p", who="ADA").page())
    ada = company.pseudonymiser.person("ada", "office")
    assert erase_people(company.engine, company.log, [ada]) == 3
    assert [row[2] for row in company.as_one()] == ["comment"]


def test_telling_again_changes_nothing(company, office, told):
    company.sync("audit", views(told, "p", "q").page())
    company.measure()
    before = company.stored(), company.found("interactive_share", "office/hr")
    report = company.sync("audit", views(told, "p", "q").page())
    company.sync("office", office)
    company.measure()
    assert report.stored == 0
    assert (company.stored(), company.found("interactive_share", "office/hr")) == before
    assert company.all(Journal) == []


def test_names_are_kept_as_keyed_hashes_only(company, told):
    company.sync("office", told("hr").called("CANARY-NAME", "p").act(CREATE, "ada", "p").page())
    (alias,) = company.all(Alias)
    assert alias.name == company.pseudonymiser.alias("CANARY-NAME")
    for file in company.folder.rglob("*"):
        assert not file.is_file() or b"CANARY-NAME" not in file.read_bytes()


# -- declaring ----------------------------------------------------------------------------------------------------------


def test_a_chain_of_sources_is_refused(company):
    for source, platform in (("office", "export"), ("export", "audit"), ("audit", "audit")):
        with pytest.raises(Invalid):
            company.about(source, platform)


def test_coverage_says_nothing_of_links_where_there_are_none(company, office):
    company.about("audit", None)
    company.measure()
    with transaction(company.engine) as session:
        assert "views_linked" not in {line.kind for line in coverage_of(session, 1)}
        assert session.scalars(select(RoomRow.key)).all() == ["office/hr"]
