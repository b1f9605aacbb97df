"""The check names what is missing before anybody wonders about empty figures."""

import pytest

from connectors.activity import Kind


def by_subject(check):
    return {finding.subject: finding for finding in check.findings}


def test_a_healthy_platform_passes_every_line(serve, company, bench, memory):
    check = bench.connect(serve(company), memory).check(expected_rooms=2)
    assert check.ok
    assert (check.visible_rooms, check.expected_rooms) == (2, 2)
    kinds = {kind for finding in check.findings for kind in finding.kinds}
    assert kinds >= {Kind.CREATE, Kind.EDIT, Kind.COMMENT, Kind.REPLY, Kind.REACT, Kind.VIEW, Kind.JOIN}


def test_fewer_rooms_than_expected_are_told(serve, company, bench, memory):
    check = bench.connect(serve(company), memory).check(expected_rooms=5)
    finding = by_subject(check)["visible rooms"]
    assert not check.ok
    assert "2 rooms" in finding.detail
    assert "5" in finding.detail
    assert finding.remedy


def test_an_account_that_sees_nothing_is_not_a_success(serve, company, bench, memory):
    for key in list(company.spaces):
        company.hide_space(key)
    check = bench.connect(serve(company), memory).check()
    assert not check.ok
    assert check.visible_rooms == 0
    assert "sees no room" in by_subject(check)["visible rooms"].detail


def test_a_wrong_token_is_told_at_once(serve, company, bench, memory):
    server = serve(company)
    connector = bench.connect(server, memory)
    server.token = "another"
    check = connector.check()
    assert not check.ok
    assert check.visible_rooms is None
    assert "401" in check.findings[0].detail
    assert "token" in check.findings[0].remedy


def test_a_sign_in_page_is_told_as_such(serve, company, bench, memory):
    server = serve(company)
    server.faults.add(bench.faults.login_page(times=None))
    check = bench.connect(server, memory).check()
    assert not check.ok
    assert "sign-in" in check.findings[0].detail


def test_a_wrong_context_path_is_told(serve_data_center, company, bench, memory):
    server = serve_data_center(company)
    server.prefix = "/other"
    check = bench.connect(server, memory).check()
    assert not check.ok
    assert "context path" in check.findings[0].remedy


@pytest.mark.parametrize(
    "missing",
    [
        ("/api/v2/pages$", "pages", "read:page:confluence", Kind.EDIT),
        ("/api/v2/footer-comments$", "comments", "read:comment:confluence", Kind.COMMENT),
        ("/permissions$", "permissions", "read:space.permission:confluence", Kind.JOIN),
        ("/rest/api/group$", "groups", "read:group:confluence", Kind.JOIN),
        ("/analytics/", "views", "read:confluence-content.summary", Kind.VIEW),
        ("/likes/users$", "likes", "read:page:confluence", Kind.REACT),
    ],
)
def test_a_missing_scope_is_named_with_what_it_costs(serve_cloud, company, bench, memory, missing):
    path, subject, scope, kind = missing
    server = serve_cloud(company)
    server.faults.add(bench.faults.failure(403, path=path, times=None))
    check = bench.connect(server, memory).check()
    finding = by_subject(check)[subject]
    assert not finding.ok
    assert scope in finding.remedy
    assert kind in finding.kinds
    assert sum(not finding.ok for finding in check.findings) == 1


def test_a_missing_app_of_data_center_is_named(serve_data_center, company, bench, memory):
    check = bench.connect(serve_data_center(company, analytics=False, likes=False), memory).check()
    assert {finding.subject for finding in check.findings if not finding.ok} == {"likes", "views"}


def test_a_platform_that_cannot_be_reached_is_told(serve, company, bench, memory):
    server = serve(company)
    connector = bench.connect(server, memory)
    server.stop()
    check = connector.check()
    assert not check.ok
    assert "reached" in check.findings[0].remedy


def test_an_empty_wiki_leaves_some_lines_untried(serve, bench, memory, company):
    empty = type(company)()
    empty.add_account("bot")
    empty.add_space("NEWS")
    check = bench.connect(serve(empty), memory).check()
    assert "not tried" in by_subject(check)["likes"].detail
