"""Usage reports as counters of rooms."""

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.activity import CounterName, Kind
from connectors.errors import BadAnswer, CursorExpired
from connectors.microsoft import reports
from connectors.microsoft.reports import Concealed

STREAM = "usage_reports"
VIEWS, PEOPLE, MESSAGES = CounterName.PERIOD_VIEWS, CounterName.PERIOD_PEOPLE, CounterName.PERIOD_MESSAGES


def ids(tenant):
    return {user.upn.partition("@")[0]: user.id for user in tenant.users.values()}


def group(tenant, name="sales"):
    return next(group for group in tenant.groups.values() if group.nickname == name)


def totals(memory):
    return {(name, obj): counter.total for (name, obj), counter in memory.counters.items()}


@pytest.fixture
def week(bench, tenant):
    """In the last seven days told: two posts and a reply of two people, a reaction; forty views of a page of the team's site."""
    who, channel = ids(tenant), group(tenant).channels[0]
    post = tenant.post(channel, who["ada"], bench.day(25))
    tenant.post(channel, who["ada"], bench.day(26))
    tenant.post(channel, who["bob"], bench.day(26), reply_to=post)
    tenant.react(post, who["eve"], when=bench.day(27))
    page = tenant.add_page(group(tenant).site, who["ada"], bench.day(20))
    page.views, page.viewers = 40, 9
    hr = next(site for site in tenant.sites.values() if site.path == "hr")
    tenant.add_page(hr.id, who["eve"], bench.day(20)).views = 5


def test_every_room_has_its_counters_of_seven_days(bench, memory, tenant, week):
    bench.collect(memory, STREAM)
    sales = f"group:{group(tenant).id}"
    (hr,) = (f"site:{site.id}" for site in tenant.sites.values() if site.path == "hr")
    told = totals(memory)
    assert told[VIEWS, f"{sales}#7"] == 40
    assert told[VIEWS, f"{hr}#7"] == 5
    assert told[PEOPLE, f"{sales}#7"] == 2
    assert told[MESSAGES, f"{sales}#7"] == 2
    assert told[CounterName.PERIOD_REPLIES, f"{sales}#7"] == 1
    assert told[CounterName.PERIOD_REACTIONS, f"{sales}#7"] == 1
    assert {counter.room for counter in memory.counters.values()} <= {
        sales,
        hr,
        f"group:{group(tenant, 'board').id}",
    }


def test_counters_are_as_old_as_the_report(bench, memory, week):
    bench.collect(memory, STREAM)
    two_days_ago = datetime.combine(bench.day(28).date(), datetime.min.time(), UTC) + timedelta(hours=12)
    assert {counter.observed for counter in memory.counters.values()} == {two_days_ago}


def test_what_teams_and_viva_engage_count_for_one_room_is_added_up(bench, memory, tenant, week):
    tenant.add_community("Sales talk", group(tenant).id, posted=4, read=30, liked=7)
    bench.collect(memory, STREAM)
    room = f"group:{group(tenant).id}#7"
    told = totals(memory)
    assert (told[MESSAGES, room], told[VIEWS, room], told[CounterName.PERIOD_REACTIONS, room]) == (6, 70, 8)


def test_no_report_with_a_line_per_person_is_asked_for(bench, memory, week):
    bench.collect(memory, STREAM)
    called = {
        seen.path.rpartition("/")[2].partition("(")[0]
        for seen in bench.cloud.graph.requests
        if "reports/" in seen.path
    }
    assert called == {
        "getSharePointSiteUsageDetail",
        "getTeamsTeamActivityDetail",
        "getOffice365GroupsActivityDetail",
    }


def test_reports_are_asked_for_at_most_twice_a_day(bench, memory, week):
    bench.collect(memory, STREAM)
    bench.forget_requests()
    bench.time += timedelta(hours=11)
    bench.collect(memory, STREAM)
    assert bench.asked() == 0
    bench.time += timedelta(hours=1)
    bench.collect(memory, STREAM)
    assert bench.asked("/reports/") == 3


def test_concealed_names_are_one_gap_and_nothing_is_matched(bench, memory, tenant, week):
    tenant.concealed = True
    bench.collect(memory, STREAM)
    assert memory.counters == {}
    assert memory.reasons() == {(STREAM, None, None): "concealed"}
    assert bench.asked("/reports/") == 0
    tenant.concealed = False
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}
    assert memory.counters


def test_concealed_names_are_noticed_without_permission_for_the_setting(bench, memory, tenant, week):
    tenant.concealed = True
    roles = bench.cloud.application.roles["graph"]
    bench.cloud.application.grant("graph", roles - {"ReportSettings.Read.All"})
    bench.collect(memory, STREAM)
    assert memory.counters == {}
    assert memory.reasons() == {(STREAM, None, None): "concealed"}


def test_the_recorded_setting_is_understood(bench, memory, recorded, week):
    body = (recorded.folder / "admin-reportSettings.json").read_bytes()
    bench.cloud.graph.faults.add(bench.faults.failure(200, body, path="reportSettings"))
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, None, None): "concealed"}


def test_without_permission_there_is_one_gap(bench, memory, week):
    roles = bench.cloud.application.roles["graph"]
    bench.cloud.application.grant("graph", roles - {"Reports.Read.All"})
    bench.collect(memory, STREAM)
    (gap,) = memory.open_gaps.values()
    assert (gap.room, gap.kinds, gap.reason) == (None, (Kind.VIEW,), "access_denied")


def test_where_the_report_of_groups_is_refused_communities_are_found_by_name(bench, memory, tenant):
    tenant.add_community("Sales talk", group(tenant).id, posted=4, read=30, liked=7)
    tenant.add_community("Board talk", group(tenant, "board").id, posted=1, read=2, liked=3)
    bench.cloud.graph.faults.add(bench.faults.failure(403, path="getOffice365Groups", times=None))
    bench.collect(memory, STREAM)
    told = totals(memory)
    assert told[VIEWS, f"group:{group(tenant).id}#7"] == 30
    assert told[VIEWS, f"group:{group(tenant, 'board').id}#7"] == 2


def test_a_name_that_two_communities_share_matches_neither(bench, memory, tenant):
    tenant.add_community("Talk", group(tenant).id, posted=4)
    tenant.add_community("talk", group(tenant, "board").id, posted=1)
    bench.cloud.graph.faults.add(bench.faults.failure(403, path="getOffice365Groups", times=None))
    bench.collect(memory, STREAM)
    assert not totals(memory).get((MESSAGES, f"group:{group(tenant, 'board').id}#7"))
    assert memory.skipped["not_a_room"] >= 2


def test_a_site_whose_id_is_zeros_is_found_by_its_address(bench, memory, week):
    found = bench.connect(memory)._source.directory()
    site = next(site for site in found.sites.values() if site.room.startswith("site:"))
    report = reports._sites(found)
    row = {"Site Id": "00000000-0000-0000-0000-000000000000", "Site URL": site.url + "/"}
    assert report.room(row) == site.room
    with pytest.raises(Concealed):
        report.room({**row, "Site URL": ""})
    with pytest.raises(Concealed):
        report.room({"Site Id": "8A2B", "Site URL": "0F3C"})


def test_of_a_site_collection_the_shortest_address_is_meant(bench, memory):
    found = bench.connect(memory)._source.directory()
    site = next(site for site in found.sites.values() if site.room.startswith("site:"))
    host, collection, _ = site.id.split(",")
    found.sites["sub"] = replace(site, id=f"{host},{collection},f", url=site.url + "/sub", room="site:sub")
    assert reports._sites(found).room({"Site Id": collection.upper()}) == site.room


def test_a_deleted_team_is_left_out(bench, memory, week):
    line = (
        "\ufeffReport Refresh Date,Site Id,Site URL,Is Deleted,Active File Count,Page View Count\r\n"
        "2026-03-30,11111111-2222-3333-4444-555555555555,https://x,True,1,2\r\n"
    )
    bench.cloud.reports.faults.add(bench.faults.failure(200, line.encode(), path="getSharePointSite"))
    bench.collect(memory, STREAM)
    assert memory.skipped["deleted"] == 1


def test_a_broken_report_counts_as_a_whole_or_not_at_all(bench, memory, tenant, week):
    id_ = group(tenant).id
    line = f"\ufeffReport Refresh Date,Team Id,Active Users,Post Messages\r\n2026-03-30,{id_},2,3\r\n2026-03-30,{id_},2,many\r\n"
    bench.cloud.reports.faults.add(bench.faults.failure(200, line.encode(), path="getTeams"))
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, None, None): "broken"}
    assert {name for name, _ in totals(memory)} == {
        VIEWS,
        CounterName.PERIOD_FILES,
        MESSAGES,
        CounterName.PERIOD_REACTIONS,
    }
    assert totals(memory)[MESSAGES, f"group:{id_}#7"] == 0


@pytest.mark.parametrize("cell", ["", "yesterday", "30.03.2026"])
def test_a_line_without_its_date_is_no_line(cell):
    report = reports.Report("any", {"Total": VIEWS}, lambda row: "group:g")
    with pytest.raises(BadAnswer):
        reports._line({"Report Refresh Date": cell, "Total": "1"}, report, reports._Sums())


def test_of_reports_of_different_days_the_older_tells_the_age():
    sums = reports._Sums()
    sums.add("group:g", VIEWS, 1, date(2026, 3, 2))
    sums.add("group:g", VIEWS, 2, date(2026, 3, 1))
    (counter,) = sums.counters()
    assert (counter.total, counter.observed) == (3, datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        (
            "reports-getSharePointSiteUsageDetail-period-x.csv",
            {"Site Id", "Site URL", "Page View Count", "Active File Count"},
        ),
        (
            "reports-getTeamsTeamActivityDetail-period-x.csv",
            {"Team Id", "Active Users", "Post Messages", "Reply Messages", "Reactions"},
        ),
        (
            "reports-getYammerGroupsActivityDetail-date-x.csv",
            {"Group Display Name", "Posted Count", "Read Count", "Liked Count"},
        ),
    ],
)
def test_the_columns_are_those_of_the_recorded_reports(recorded, file, columns):
    with (recorded.folder / file).open(encoding="utf-8-sig", newline="") as lines:
        assert columns | {"Report Refresh Date"} <= set(next(csv.reader(lines)))


def test_a_foreign_cursor_is_refused(bench, memory):
    with pytest.raises(CursorExpired):
        list(bench.connect(memory).read(STREAM, "7"))
