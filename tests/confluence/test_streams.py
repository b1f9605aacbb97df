"""What a small intranet yields, counted by hand, from both flavours."""

from dataclasses import fields

import pytest

from connectors.activity import ContentType, CounterName, Kind, PersonKind


def test_streams_come_in_an_order_in_which_each_can_use_the_ones_before(serve, company, bench, memory):
    connector = bench.connect(serve(company), memory)
    assert connector.streams() == ("rooms", "people", "contents", "comments", "deletions", "observations")


def test_every_activity_is_collected_exactly_once(serve, company, bench, memory):
    bench.collect(serve(company), memory)
    assert bench.complete(memory, company)
    assert memory.repeated == 0
    # 1 post, 2 pages; 2 + 1 edits of pages and 1 of a comment; 2 comments; 3 replies
    assert {kind: len(memory.of(kind)) for kind in Kind if memory.of(kind)} == {
        Kind.CREATE: 3,
        Kind.EDIT: 4,
        Kind.COMMENT: 2,
        Kind.REPLY: 3,
    }


def test_a_comment_answers_its_page_and_a_reply_the_comment_above_it(serve, company, bench, memory):
    bench.collect(serve(company), memory)
    post = next(a for a in memory.of(Kind.CREATE) if a.content_type is ContentType.POST)
    question = next(a for a in memory.of(Kind.COMMENT) if a.thread == post.object)
    first = next(a for a in memory.of(Kind.REPLY) if a.parent == question.object)
    second = next(a for a in memory.of(Kind.REPLY) if a.parent == first.object)
    assert (question.parent, question.person) == (post.object, "bob")
    assert (first.thread, first.person) == (post.object, "ada")
    assert (second.thread, second.person) == (post.object, "eve")


def test_minor_edits_are_marked(serve, company, bench, memory):
    bench.collect(serve(company), memory)
    assert [(a.person, a.minor) for a in memory.of(Kind.EDIT) if a.content_type is ContentType.PAGE] == [
        ("ada", True),
        ("eve", False),
        ("bob", False),
    ]


def test_an_edited_comment_keeps_its_first_author_and_time(serve, company, bench, memory):
    item = company.add_comment(next(iter(company.items)), "eve", bench.day(20))
    company.edit(item.id, "kim", bench.day(21))
    bench.collect(serve(company), memory)
    first, second = (memory.activities[f"{item.id}/{number}"] for number in (1, 2))
    assert (first.person, first.happened, first.kind) == ("eve", bench.day(20), Kind.COMMENT)
    assert (second.person, second.happened, second.kind) == ("kim", bench.day(21), Kind.EDIT)


def test_personal_spaces_are_left_out_and_counted(serve, company, bench, memory):
    bench.collect(serve(company), memory)
    assert sorted(room.handle for room in memory.rooms.values()) == ["NEWS", "SALES"]
    assert memory.skipped["personal_space"] == 3  # the space, its page, and the comment there


def test_personal_spaces_are_read_on_request(serve, company, bench, memory):
    bench.collect(serve(company), memory, include_personal=True)
    assert len(memory.rooms) == 3
    assert len(memory.of(Kind.CREATE)) == 4


def test_a_room_that_everybody_may_read_is_open_and_keeps_its_name(serve, company, bench, memory):
    company.add_group("half", ["ada", "bob"])
    small = company.add_group("few", ["kim"])
    company.spaces["SALES"].permissions[:] = [
        type(company.spaces["NEWS"].permissions[0])("group", small.id, "read", "space")
    ]
    bench.collect(serve(company), memory)
    rooms = {room.handle: room for room in memory.rooms.values()}
    assert (rooms["NEWS"].open, rooms["NEWS"].name) == (True, "Raum NEWS")
    assert (rooms["SALES"].open, rooms["SALES"].name) == (False, None)


def test_a_group_of_half_of_all_people_makes_a_room_open(serve, company, bench, memory):
    company.groups["group-dept-sales"].members = ["ada", "bob", "kim"]
    bench.collect(serve(company), memory)
    assert {room.handle: room.open for room in memory.rooms.values()}["SALES"] is True


def test_members_are_expanded_from_groups_and_owners_are_those_who_administer(serve, company, bench, memory):
    bench.collect(serve(company), memory)
    rooms = {room.handle: room.key for room in memory.rooms.values()}
    news, sales = memory.members[rooms["NEWS"]], memory.members[rooms["SALES"]]
    assert news.people == {"ada", "bob", "eve", "kim", "bot"}
    assert news.owners == {"ada"}
    assert sales.people == {"ada", "bob", "eve"}
    assert sales.complete


def test_units_come_from_group_names(serve, company, bench, memory):
    bench.collect(serve(company), memory, unit_groups="^dept-(.+)$")
    assert {person.id: person.unit for person in memory.people.values()} == {
        "ada": "sales",
        "bob": "sales",
        "eve": None,
        "kim": None,
        "bot": None,
    }


@pytest.mark.parametrize("pattern", ["bot", "B*", "?ot"])
def test_service_accounts_are_told_by_pattern(serve, company, bench, memory, pattern):
    bench.collect(serve(company), memory, service_accounts=[pattern])
    kinds = {person.id: person.kind for person in memory.people.values()}
    assert kinds.pop("bot") is PersonKind.SERVICE
    assert kinds.pop("bob") is (PersonKind.SERVICE if pattern == "B*" else PersonKind.HUMAN)
    assert set(kinds.values()) == {PersonKind.HUMAN}


def test_apps_and_guests_of_cloud_are_no_employees(serve_cloud, company, bench, memory):
    company.accounts["kim"].kind = "guest"
    bench.collect(serve_cloud(company), memory)
    kinds = {person.id: person.kind for person in memory.people.values()}
    assert (kinds["bot"], kinds["kim"], kinds["ada"]) == (
        PersonKind.SERVICE,
        PersonKind.GUEST,
        PersonKind.HUMAN,
    )


def test_authors_outside_every_group_are_told_as_people(serve, company, bench, memory):
    company.add_account("max")
    company.add_page("NEWS", "max", bench.day(30))
    bench.collect(serve(company), memory)
    assert memory.people["max"].kind is PersonKind.HUMAN


def test_a_deleted_author_is_nobody(serve, company, bench, memory):
    page = company.add_page("NEWS", None, bench.day(30))
    bench.collect(serve(company), memory)
    assert memory.activities[f"{page.id}/1"].person is None


def test_likes_are_who_likes_now_and_views_are_totals(serve, company, bench, memory):
    bench.collect(serve(company), memory)
    likes = {item: reactors.people for item, reactors in memory.reactors.items() if reactors.people}
    post, question = sorted(likes, key=int)
    assert likes[post] == {"bob", "eve"}
    assert likes[question] == {"ada"}
    assert memory.counters[CounterName.VIEWS, post].total == 40


def test_viewers_are_told_by_cloud_only(serve, company, bench, memory):
    bench.collect(serve(company), memory)
    told = [counter.total for (name, _), counter in memory.counters.items() if name is CounterName.VIEWERS]
    assert sum(told) == (4 if serve.cloud else 0)


def test_no_text_title_name_or_mail_is_in_any_record(serve, company, bench, memory):
    connector = bench.connect(serve(company), memory, service_accounts=["bot"])
    told = []
    for stream in connector.streams():
        for page in connector.read(stream, None):
            memory.store(stream, page)
            told.append(repr([getattr(page, field.name) for field in fields(page) if field.name != "rooms"]))
    whole = " ".join(told)
    secrets = [account.mail for account in company.accounts.values()]
    secrets += [account.name for account in company.accounts.values()]
    secrets += [item.title for item in company.items.values()] + ["Synthetischer", "Raum"]
    assert [secret for secret in secrets if secret in whole] == []


def test_replies_that_the_lists_of_cloud_do_not_show_are_found_by_search(serve_cloud, company, bench, memory):
    bench.collect(serve_cloud(company, replies_listed=False), memory)
    assert bench.complete(memory, company)


def test_a_first_reply_is_found_later_though_lists_do_not_show_it(serve_cloud, bench, memory):
    store = bench.intranet()
    for item in [item for item in store.items.values() if item.parent]:
        if item.id in store.items:
            store.purge(item.id)
    server = serve_cloud(store, replies_listed=False)
    bench.collect(server, memory)
    question = next(item for item in store.items.values() if item.type == "comment")
    store.add_comment(question.id, "kim", bench.day(50))
    bench.collect(server, memory)
    assert bench.complete(memory, store)


def test_a_release_that_lists_versions_elsewhere_is_understood(serve_data_center, company, bench, memory):
    bench.collect(serve_data_center(company, versions=("experimental",)), memory)
    assert bench.complete(memory, company)


@pytest.mark.parametrize("context", ["", "/confluence", "/wiki/intern"])
@pytest.mark.usefixtures("small_pages")
def test_a_context_path_is_kept_on_every_page(serve_data_center, company, bench, memory, context):
    server = serve_data_center(company, context=context, cap_expanded=2)
    bench.collect(server, memory)
    assert bench.complete(memory, company)
    assert {seen.status for seen in server.requests} == {200}


@pytest.mark.usefixtures("small_pages")
def test_the_gateway_of_scoped_tokens_is_kept_on_every_page(serve_cloud, company, bench, memory):
    server = serve_cloud(company, cloud_id="11aa-22bb")
    bench.collect(server, memory)
    assert bench.complete(memory, company)
    assert all(seen.path.startswith("/ex/confluence/11aa-22bb/wiki/") for seen in server.requests)


def test_a_server_that_puts_less_on_a_page_than_asked_is_read_to_the_end(
    serve_data_center, company, bench, memory
):
    bench.collect(serve_data_center(company, cap=3, cap_expanded=1), memory)
    assert bench.complete(memory, company)
    assert len(memory.people) == 5
