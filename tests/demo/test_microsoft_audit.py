"""The fake Management Activity API: subscriptions, windows, blobs."""

from datetime import timedelta

import pytest


@pytest.fixture
def feed(cloud, call):
    def ask(path: str, method: str = "GET"):
        return call(f"/{cloud.tenant.id}/activity/feed{path}", cloud.management, method=method)

    return ask


def _started(feed) -> None:
    assert feed("/subscriptions/start?contentType=Audit.SharePoint", "POST").status_code == 200


def test_nothing_is_told_before_a_subscription(feed):
    answer = feed("/subscriptions/content?contentType=Audit.SharePoint")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "AF20022")


def test_a_subscription_is_started_once_listed_and_stopped(feed):
    _started(feed)
    again = feed("/subscriptions/start?contentType=Audit.SharePoint", "POST")
    assert again.json()["error"]["code"] == "AF20024"
    assert [one["contentType"] for one in feed("/subscriptions/list").json()] == ["Audit.SharePoint"]
    feed("/subscriptions/stop?contentType=Audit.SharePoint", "POST")
    assert feed("/subscriptions/list").json() == []
    assert feed("/subscriptions/start?contentType=Audit.Nothing", "POST").status_code == 400


def test_a_blob_holds_the_records_with_what_must_be_dropped(feed, call, cloud, office):
    _started(feed)
    (blob,) = feed("/subscriptions/content?contentType=Audit.SharePoint").json()
    (record,) = call(blob["contentUri"], cloud.management).json()
    assert record["Operation"] == "PageViewed"
    assert record["UserId"] == office.bob.upn
    assert record["CreationTime"] == "2026-03-02T07:00:00"
    assert "ClientIP" in record


def test_records_come_by_the_hour_when_available_not_in_order_of_time(feed, call, cloud, office):
    _started(feed)
    now = office.tenant.clock()
    for minutes in range(40):
        when = now - timedelta(hours=3) + timedelta(minutes=minutes)
        office.tenant.record("FileAccessed", office.ada.id, "x", when, available=now - timedelta(minutes=30))
    late = office.tenant.record("FileAccessed", office.ada.id, "y", now, available=now + timedelta(hours=1))
    blobs = feed("/subscriptions/content?contentType=Audit.SharePoint").json()
    records = [call(blob["contentUri"], cloud.management).json() for blob in blobs]
    flat = [record for blob in records for record in blob]
    assert len(flat) == 41
    assert late.id not in {record["Id"] for record in flat}
    times = [record["CreationTime"] for record in max(records, key=len)]
    assert times != sorted(times)


def test_a_long_list_of_blobs_is_continued_by_a_header(feed, call, cloud, office):
    _started(feed)
    cloud.management.blob, cloud.management.listed = 1, 2
    for minutes in range(4):
        office.tenant.record(
            "PageViewed", office.ada.id, "x", office.tenant.clock() - timedelta(minutes=minutes + 1)
        )
    answer = feed("/subscriptions/content?contentType=Audit.SharePoint")
    ids = []
    while True:
        ids += [blob["contentId"] for blob in answer.json()]
        following = answer.headers.get("NextPageUri")
        if following is None:
            break
        answer = call(following, cloud.management)
    assert len(ids) == len(set(ids)) == 5


@pytest.mark.parametrize(
    "window",
    [
        "startTime=2026-03-01T00:00:00&endTime=2026-03-02T01:00:00",  # more than a day
        "startTime=2026-02-20T00:00:00&endTime=2026-02-20T10:00:00",  # more than a week ago
        "startTime=2026-03-02T05:00:00&endTime=2026-03-02T04:00:00",  # backwards
        "startTime=2026-03-02T05:00:00",  # without end
        "startTime=gestern&endTime=heute",
    ],
)
def test_windows_have_limits(feed, window):
    _started(feed)
    answer = feed(f"/subscriptions/content?contentType=Audit.SharePoint&{window}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "AF20030")


def test_a_window_ends_before_its_end(feed, office):
    _started(feed)
    path = "/subscriptions/content?contentType=Audit.SharePoint&startTime=2026-03-02T06:00:00"
    assert feed(f"{path}&endTime=2026-03-02T07:00:00").json() == []
    assert len(feed(f"{path}&endTime=2026-03-02T07:00:01").json()) == 1


def test_an_unknown_blob_another_tenant_and_a_missing_role_are_refused(feed, call, cloud):
    _started(feed)
    assert feed("/audit/nothing").status_code == 404
    assert call("/other/activity/feed/subscriptions/list", cloud.management).status_code == 403
    cloud.application.grant("management", [])
    call.forget()
    assert feed("/subscriptions/list").status_code in {401, 403}
