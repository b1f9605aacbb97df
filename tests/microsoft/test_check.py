"""The check names the least permission that is missing, before anybody wonders about empty figures."""

from datetime import timedelta

import pytest

from connectors.activity import Kind
from connectors.microsoft import Microsoft365
from connectors.microsoft.settings import read
from connectors.microsoft.transport import Transport
from service.demo.microsoft.login import GRAPH_ROLES


@pytest.fixture
def full(bench):
    """A tenant in which there is something of everything."""
    tenant = bench.tenant
    sales = next(group for group in tenant.groups.values() if group.team)
    ada = sales.members[0]
    for site in [site for site in tenant.sites.values() if not site.personal]:
        tenant.comment(tenant.add_page(site.id, ada), ada)
        tenant.add_file(site.id, ada)
    tenant.add_thread(sales.id, ada)
    tenant.add_community("Sales talk", sales.id)
    return bench


@pytest.fixture
def examine(full):
    """Checks with a certificate, or another `proof`; gives the whole and its findings by subject."""

    def examine(expected=None, proof="certificate", *, registered=True, now=None, **more):
        given = full.cloud.settings(full.folder, proof, **more)
        given.pop("connector", None)
        if not registered:
            full.cloud.application.certificate = None
        settings = read({name: value for name, value in given.items() if value is not None})
        clock = full.clock
        transport = Transport(
            settings,
            clock=clock,
            sleep=clock.sleep,
            now=now or (lambda: full.time),
            chance=lambda: 0.01,
        )
        connector = Microsoft365(settings, None, transport)
        full.made.append(connector)
        check = connector.check(expected)
        return check, {finding.subject: finding for finding in check.findings}

    examine.cloud = full.cloud
    return examine


def without(cloud, *roles):
    cloud.application.grant("graph", GRAPH_ROLES - set(roles))


def site_of(cloud, path):
    return next(site for site in cloud.tenant.sites.values() if site.path == path)


def test_a_healthy_tenant_passes_every_line(examine):
    check, found = examine(expected=3)
    assert check.ok, [finding for finding in check.findings if not finding.ok]
    assert (check.visible_rooms, check.expected_rooms) == (3, 3)
    kinds = {kind for finding in check.findings for kind in finding.kinds}
    assert kinds >= {Kind.CREATE, Kind.EDIT, Kind.COMMENT, Kind.REPLY, Kind.REACT, Kind.VIEW, Kind.JOIN}
    assert [finding.subject for finding in check.findings if finding.remedy] == ["community posts"]
    tried = [finding for finding in check.findings if finding.detail == "answers"]
    assert len(tried) == len(found) - 4


@pytest.mark.parametrize(
    ("role", "subject", "kind"),
    [
        ("User.Read.All", "people", None),
        ("ChannelMessage.Read.All", "channel messages", Kind.REACT),
        ("Community.Read.All", "communities", None),
        ("Reports.Read.All", "usage reports", Kind.VIEW),
        ("ReportSettings.Read.All", "names in reports", Kind.VIEW),
    ],
)
def test_a_missing_permission_is_named_with_what_it_is_for(examine, role, subject, kind):
    without(examine.cloud, role)
    check, found = examine()
    assert not check.ok
    assert [finding.subject for finding in check.findings if not finding.ok] == [subject]
    assert "missing" in found[subject].detail
    assert f"grant {role}, an application permission of Microsoft Graph" in found[subject].remedy
    assert kind is None or kind in found[subject].kinds


def test_the_least_permission_is_named_where_several_would_do(examine):
    without(examine.cloud, "GroupMember.Read.All", "Group.Read.All")
    _, found = examine()
    assert "grant GroupMember.Read.All" in found["groups"].remedy
    assert "grant Group-Conversation.Read.All" in found["group conversations"].remedy
    assert "Group.Read.All" not in found["group conversations"].remedy


def test_only_what_is_to_be_read_is_tried(examine):
    without(examine.cloud, "Community.Read.All", "Reports.Read.All", "ReportSettings.Read.All")
    check, found = examine(streams=["rooms", "people", "files"])
    assert check.ok
    assert {"files", "people", "all sites"} <= set(found)
    assert not {"communities", "usage reports", "channel messages", "page comments and likes"} & set(found)


def test_permissions_of_sharepoint_are_not_those_of_graph(examine):
    examine.cloud.application.grant("sharepoint", [])
    check, found = examine()
    finding = found["page comments and likes"]
    assert not check.ok
    assert not finding.ok
    assert "an application permission of SharePoint" in finding.remedy
    assert found["pages"].ok


def test_a_secret_is_told_where_a_certificate_is_needed(examine):
    check, found = examine(proof="secret")
    finding = found["page comments and likes"]
    assert not check.ok
    assert "certificate_file" in finding.remedy
    assert {Kind.COMMENT, Kind.REACT} <= set(finding.kinds)
    assert examine(proof="secret", streams=["rooms", "files"])[0].ok


def test_sites_selected_cannot_list_and_needs_the_sites(examine):
    without(examine.cloud, "Sites.Read.All", "Files.Read.All")
    examine.cloud.application.grant(
        "graph", (GRAPH_ROLES - {"Sites.Read.All", "Files.Read.All"}) | {"Sites.Selected"}
    )
    _, found = examine()
    assert not found["all sites"].ok
    assert "`sites`" in found["all sites"].remedy


def test_reading_everything_is_more_than_chosen_sites_need(examine):
    site = site_of(examine.cloud, "hr")
    check, found = examine(sites=[site.id])
    assert check.ok
    assert found["chosen sites"].detail == "answers"
    assert "all sites" not in found
    assert "Sites.Selected" in found["more than needed"].remedy


def test_a_permission_to_write_is_more_than_needed(examine):
    examine.cloud.application.grant("graph", GRAPH_ROLES | {"Sites.FullControl.All", "Mail.Send"})
    check, found = examine()
    assert check.ok
    assert "Mail.Send, Sites.FullControl.All" in found["more than needed"].detail


def test_concealed_names_are_told(examine):
    examine.cloud.tenant.concealed = True
    check, found = examine()
    assert not check.ok
    assert found["names in reports"].detail == "concealed"
    assert "Org settings" in found["names in reports"].remedy


def test_fewer_rooms_than_expected_are_told(examine):
    check, found = examine(expected=9)
    assert not check.ok
    assert found["visible rooms"].detail == "3 rooms are visible, 9 are expected"
    assert found["visible rooms"].remedy


def test_an_app_that_sees_nothing_is_not_a_success(examine):
    examine.cloud.application.grant("graph", ["User.Read.All"])
    check, found = examine()
    assert not check.ok
    assert "no room" in found["visible rooms"].detail
    assert found["people"].ok
    assert "missing" in found["channels"].detail


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, "client_id"),
        ({"tenant": "nobody.example"}, "tenant"),
    ],
)
def test_a_wrong_registration_ends_the_check_at_once(examine, change, told):
    check, found = examine(**change)
    assert not check.ok
    assert check.visible_rooms is None
    assert told in found["sign-in"].detail
    assert set(found) == {"certificate", "sign-in"}


def test_a_certificate_that_is_not_registered_is_told(examine):
    _, found = examine(registered=False)
    assert not found["sign-in"].ok
    assert "upload" in found["sign-in"].detail


@pytest.mark.parametrize(
    ("left", "ok", "told"), [(100, True, "expires on"), (12, True, "in 12 days"), (-1, False, "has expired")]
)
def test_a_certificate_that_ends_is_told_in_time(examine, left, ok, told):
    examine()
    ends = examine.cloud.application.certificate.not_valid_after_utc
    _, found = examine(now=lambda: ends - timedelta(days=left))
    assert found["certificate"].ok is ok
    assert told in found["certificate"].detail
    assert bool(found["certificate"].remedy) is (left < 30)


def test_posts_of_viva_engage_are_plainly_said_to_be_out_of_reach(examine):
    _, found = examine()
    finding = found["community posts"]
    assert finding.ok
    assert "never to an app" in finding.detail
    assert Kind.CREATE in finding.kinds


def test_the_token_of_a_user_is_tried_where_there_is_one(examine, tmp_path):
    (tmp_path / "hers").write_text("hers")
    check, found = examine(token_file=str(tmp_path / "hers"), engage_url=examine.cloud.graph.origin)
    assert not check.ok
    assert "renew the one in `token_file`" in found["community posts"].remedy
    assert not found["community posts"].ok


def test_a_refusal_in_spite_of_the_permission_says_what_else_it_takes(examine):
    from service.demo import faults

    examine.cloud.graph.faults.add(faults.failure(403, path="/messages", times=None))
    _, found = examine()
    finding = found["channel messages"]
    assert not finding.ok
    assert "granted, and yet" in finding.detail
    assert "ChannelMessage.Read.Group" in finding.remedy


def test_rooms_that_cannot_be_listed_are_unknown_and_the_rest_is_tried(examine):
    from service.demo import faults

    examine.cloud.graph.faults.add(faults.failure(500, path="/getAllSites", times=6))
    check, found = examine()
    assert check.visible_rooms is None
    assert not found["visible rooms"].ok
    assert "500" in found["visible rooms"].detail
    assert found["people"].ok


def test_the_check_asks_each_kind_of_endpoint_once(examine):
    before = len(examine.cloud.graph.requests)
    examine()
    paths = [seen.path.partition("?")[0] for seen in examine.cloud.graph.requests[before:]]
    assert len(paths) < 30
    assert paths.count("/v1.0/users") == 1


def test_nothing_of_the_tenant_is_in_the_findings(examine):
    examine.cloud.application.grant("graph", ["Sites.Read.All"])
    check, _ = examine()
    shown = " ".join(f"{finding.subject} {finding.detail} {finding.remedy}" for finding in check.findings)
    tenant = examine.cloud.tenant
    for secret in (tenant.id, tenant.name, examine.cloud.application.id, *tenant.users, *tenant.groups):
        assert secret not in shown
