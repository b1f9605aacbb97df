"""Usage reports of the fake: the redirect, the file behind it, what is in it."""

import csv
import hashlib
import io

import httpx
import pytest


def _rows(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.fixture
def report(call):
    def fetch(name: str) -> list[dict[str, str]]:
        answer = call(f"/reports/{name}")
        assert answer.status_code == 302
        return _rows(httpx.get(answer.headers["location"], trust_env=False).content)

    return fetch


def test_the_file_lies_elsewhere_and_refuses_the_token(cloud, call):
    answer = call("/reports/getTeamsTeamActivityDetail(period='D7')")
    location = answer.headers["location"]
    assert location.startswith(cloud.reports.origin)
    assert cloud.reports.origin != cloud.graph.origin
    assert httpx.get(location, headers={"Authorization": "Bearer x"}, trust_env=False).status_code == 401
    assert httpx.get(location, trust_env=False).status_code == 200
    assert httpx.get(location, trust_env=False).status_code == 403


def test_a_team_is_counted(report, office):
    (row,) = report("getTeamsTeamActivityDetail(date=2026-02-28)")
    assert (row["Team Id"], row["Post Messages"]) == (office.team.id, "0")
    office.tenant.clock = lambda: office.message.created.replace(day=5)
    (row,) = report("getTeamsTeamActivityDetail(period='D7')")
    assert (row["Post Messages"], row["Reply Messages"], row["Reactions"]) == ("2", "1", "2")
    assert (row["Active Users"], row["Guests"]) == ("2", "1")
    assert row["Report Refresh Date"] == "2026-03-03"


def test_a_site_and_a_community_are_counted(report, office):
    sites = {row["Site Id"]: row for row in report("getSharePointSiteUsageDetail(period='D7')")}
    assert sites[office.news.collection]["Page View Count"] == "40"
    assert len(sites) == 3  # the personal site is none of them
    (row,) = report("getYammerGroupsActivityDetail(period='D30')")
    assert (row["Posted Count"], row["Read Count"], row["Liked Count"]) == ("3", "50", "7")
    (group,) = report("getOffice365GroupsActivityDetail(period='D30')")
    assert (group["Group Id"], group["Member Count"]) == (office.team.id, "3")


def test_concealed_names_are_hashes(report, office, call):
    office.tenant.concealed = True
    assert call("/admin/reportSettings").json() == {"displayConcealedNames": True}
    (row,) = report("getTeamsTeamActivityDetail(period='D7')")
    assert row["Team Name"] == hashlib.sha256(b"Team IT").hexdigest()[:32].upper()
    assert office.team.id not in row.values()
    sites = report("getSharePointSiteUsageDetail(period='D7')")
    assert {row["Site URL"] for row in sites} == {""}
    people = report("getTeamsUserActivityUserDetail(period='D7')")
    assert not {row["User Principal Name"] for row in people} & {office.ada.upn, office.bob.upn}


def test_reports_by_day_have_a_line_per_day(report):
    rows = report("getSharePointActivityPages(period='D7')")
    assert len({row["Report Date"] for row in rows}) == 7
    assert sum(int(row["Visited Page Count"]) for row in rows) == 1


@pytest.mark.parametrize(
    "name",
    [
        "getNothing(period='D7')",
        "getTeamsTeamActivityDetail(period='D8')",
        "getTeamsTeamActivityDetail(date=2026-01-01)",
        "getTeamsTeamActivityDetail(date=2026-03-01)",
    ],
)
def test_unknown_reports_periods_and_days_out_of_reach_are_refused(call, name):
    assert call(f"/reports/{name}").status_code == 400
