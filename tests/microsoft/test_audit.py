"""The audit log: opt-in, read once, in whatever order it comes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.activity import Activity, Gap, Kind, Page, PersonKind
from connectors.base import Nothing, connector
from connectors.errors import BadAnswer, CursorExpired, Misconfigured
from connectors.microsoft.audit import AuditLog, read
from connectors.microsoft.transport import Transport
from connectors.office_audit import NotTaken, taken
from service.demo.microsoft.cloud import MicrosoftCloud
from service.demo.microsoft.tenant import Tenant

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SITE = "11111111-2222-3333-4444-555555555555"


class Remembered(Nothing):
    def __init__(self) -> None:
        self.open: set[tuple[str | None, str | None]] = set()

    def gaps(self, stream: str) -> Any:
        return sorted(self.open, key=str)


@dataclass
class Log:
    """An audit log of a tenant, read again and again from where the last reading ended."""

    cloud: MicrosoftCloud
    settings: dict[str, Any]
    now: datetime = START
    cursor: str | None = None
    memory: Remembered = field(default_factory=Remembered)
    sent: int = 0

    def record(self, operation: str = "PageViewed", who: str = "", **more: Any) -> str:
        return self.cloud.tenant.record(
            operation, who or self.ada, more.pop("object", "https://x/CANARY.aspx"), **more
        ).id

    def connect(self, **more: Any) -> AuditLog:
        chosen = read({**self.settings, **more})
        transport = Transport(chosen.tenant, now=lambda: self.now, sleep=lambda _: None, chance=lambda: 0.01)
        return AuditLog(chosen, self.memory, transport)

    def pages(self, stream: str = "sharepoint", **more: Any) -> list[Page]:
        log = self.connect(**more)
        pages = []
        try:
            for page in log.read(stream, self.cursor):
                pages.append(page)
                self.cursor = page.cursor
                self.memory.open |= {(gap.room, gap.object) for gap in page.gaps}
                self.memory.open -= set(page.closed)
        finally:
            self.sent = log.requests() - log._transport.tokens.sent
            log.close()
        return pages

    def activities(self, **more: Any) -> list[Activity]:
        return [activity for page in self.pages(**more) for activity in page.activities]

    def keys(self, **more: Any) -> list[str]:
        return sorted(activity.key.removeprefix("audit:") for activity in self.activities(**more))

    def gaps(self, **more: Any) -> list[Gap]:
        return [gap for page in self.pages(**more) for gap in page.gaps]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made: list[Log] = []
    tenant = Tenant(clock=lambda: made[0].now if made else START)
    ada = tenant.add_user("ada").id
    site = tenant.add_site("HR").id
    with MicrosoftCloud(tenant) as cloud:
        cloud.application.roles["management"] = {"ActivityFeed.Read"}
        settings = cloud.settings(tmp_path, proof="secret", agreement="true")
        settings.pop("connector")
        found = Log(cloud, settings)
        found.ada, found.site = ada, site
        made.append(found)
        yield found


def seen(log: Log, *hours: float, **more: Any) -> list[str]:
    """Page views so many hours ago."""
    return sorted(log.record(when=log.now - timedelta(hours=hour), site=log.site, **more) for hour in hours)


# -- opt-in -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agreement", [None, "false", False, "", "yes please"])
def test_without_an_agreement_nothing_is_read(log: Log, agreement: object) -> None:
    with pytest.raises(Misconfigured, match="works council"):
        AuditLog.connect({**log.settings, "agreement": agreement}, Nothing())
    assert log.cloud.management.enabled == set()


def test_the_connector_is_found_by_its_entry_point(log: Log) -> None:
    assert connector("microsoft-audit") is AuditLog


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"content_types": "Audit.Exchange"}, "Audit.SharePoint, Audit.General"),
        ({"kinds": "view,stare"}, "kinds"),
        ({"identity_pattern": "x"}, "one group"),
        ({"agree": True}, "unknown setting"),
    ],
)
def test_what_is_wrong_is_said_with_how_to_mend_it(log: Log, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        read({**log.settings, **wrong})


# -- reading ----------------------------------------------------------------------------------------------------------


def test_the_first_reading_subscribes_and_brings_seven_days(log: Log) -> None:
    old, within = seen(log, 24 * 7 + 1), seen(log, 1, 30, 24 * 6)
    pages = log.pages()
    assert pages[0].skipped == {"subscription_started": 1}
    found = {activity.key.removeprefix("audit:") for page in pages for activity in page.activities}
    assert found == set(within)
    assert not found & set(old)
    assert log.pages()[0].skipped == {}


def test_a_view_is_dated_and_nothing_else_is_kept(log: Log) -> None:
    seen(log, 1)
    pages = log.pages()
    (activity,) = [activity for page in pages for activity in page.activities]
    assert (activity.kind, activity.dated) == (Kind.VIEW, True)
    assert activity.happened == log.now - timedelta(hours=1)
    (person,) = [person for page in pages for person in page.people]
    assert person.canonical == "ada@auental.example"
    told = str(pages).lower()
    for canary in ("192.0.2", "canary", "https:"):
        assert canary not in told


def test_reading_again_brings_only_what_is_new_and_asks_for_no_blob_twice(log: Log) -> None:
    seen(log, 1, 2)
    log.pages()
    assert log.keys() == []
    without_news = log.sent
    log.now += timedelta(hours=1)
    assert log.keys() == []
    # The list of subscriptions, and one listing.
    assert log.sent == without_news == 2
    new = seen(log, 0.5)
    assert log.keys() == new
    assert log.sent == 3


def test_a_record_that_comes_late_is_read_when_it_comes(log: Log) -> None:
    log.pages()
    late = log.record(
        when=log.now - timedelta(hours=20), site=log.site, available=log.now + timedelta(minutes=30)
    )
    log.now += timedelta(hours=1)
    assert log.keys() == [late]


def test_a_blob_that_the_listing_showed_too_late_is_found_in_the_overlap(log: Log) -> None:
    log.pages()
    log.now += timedelta(hours=5)
    log.pages()
    hidden = log.record(
        when=log.now - timedelta(hours=3), site=log.site, available=log.now - timedelta(hours=3)
    )
    assert log.keys() == [hidden]


def test_long_listings_are_followed_and_blobs_are_read_whole(log: Log) -> None:
    log.cloud.management.blob, log.cloud.management.listed = 3, 2
    expected = seen(log, *(hour / 10 for hour in range(1, 60)))
    assert log.keys() == expected


def test_a_reading_that_broke_off_loses_nothing(log: Log) -> None:
    log.cloud.management.blob = 1
    expected = seen(log, *range(1, 60, 2))
    for cut in range(4):
        log.cursor = None
        reader = log.connect()
        first: list[str] = []
        for number, page in enumerate(reader.read("sharepoint", None)):
            first += [activity.key.removeprefix("audit:") for activity in page.activities]
            log.cursor = page.cursor
            if number == cut:
                break
        reader.close()
        assert sorted({*first, *log.keys()}) == expected


def test_after_a_long_pause_what_is_gone_is_a_gap(log: Log) -> None:
    log.pages()
    log.now += timedelta(days=10)
    gone, there = seen(log, 24 * 9), seen(log, 24 * 2)
    pages = log.pages()
    assert [gap.reason for page in pages for gap in page.gaps] == ["expired"]
    found = [activity.key.removeprefix("audit:") for page in pages for activity in page.activities]
    assert found == there
    assert gone


def test_a_blob_that_fails_is_a_gap_and_tried_again(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.cloud.management.blob = 1
    expected = seen(log, 1, 2)
    original = AuditLog._records
    calls: list[str] = []

    def records(self: AuditLog, blob: Any) -> Any:
        calls.append(blob.id)
        if len(calls) == 1:
            raise BadAnswer("cut off")
        return original(self, blob)

    monkeypatch.setattr(AuditLog, "_records", records)
    first = log.keys()
    assert len(first) == 1
    assert len(log.memory.open) == 1
    assert sorted([*first, *log.keys()]) == expected
    assert log.memory.open == set()
    assert log.keys() == []


def test_without_permission_there_is_a_gap_and_no_activity(log: Log) -> None:
    log.cloud.application.roles["management"] = set()
    (gap,) = log.gaps()
    assert (gap.room, gap.object, gap.kinds, gap.reason) == (None, None, (Kind.VIEW,), "access_denied")
    log.cloud.application.roles["management"] = {"ActivityFeed.Read"}
    expected = seen(log, 1)
    assert log.keys() == expected
    assert log.memory.open == set()


def test_a_foreign_cursor_is_expired(log: Log) -> None:
    log.cursor = '{"form":1,"delta":"x"}'
    with pytest.raises(CursorExpired):
        log.pages()


def test_only_the_kinds_agreed_upon_are_taken(log: Log) -> None:
    log.record("PageViewed", site=log.site)
    log.record("FileModified", site=log.site)
    log.now += timedelta(minutes=1)
    assert {activity.kind for activity in log.activities()} == {Kind.VIEW}
    log.cursor = None
    assert {activity.kind for activity in log.activities(kinds="view,edit")} == {Kind.VIEW, Kind.EDIT}


def test_the_check_names_the_missing_permission_and_starts_nothing(log: Log) -> None:
    checked = log.connect()
    assert checked.check().ok
    assert log.cloud.management.enabled == set()
    checked.close()
    log.cloud.application.roles["management"] = set()
    checked = log.connect()
    (missing,) = [finding for finding in checked.check().findings if not finding.ok]
    checked.close()
    assert "ActivityFeed.Read" in (missing.remedy or "")


# -- records ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    def build(**more: Any) -> dict[str, Any]:
        return {
            "Id": "3f2b1c00-1111-2222-3333-444444444444",
            "CreationTime": "2026-03-02T10:11:12",
            "Operation": "PageViewed",
            "Workload": "SharePoint",
            "UserType": 0,
            "UserId": "Ada@Contoso.example",
            "SiteUrl": "https://contoso.sharepoint.com/sites/hr/",
            "Site": SITE,
            "ListItemUniqueId": "99999999-2222-3333-4444-555555555555",
            **more,
        }

    return build


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, PersonKind.HUMAN),
        ({"UserType": "Regular"}, PersonKind.HUMAN),
        ({"UserType": 2}, PersonKind.HUMAN),
        ({"UserType": 10}, PersonKind.GUEST),
        ({"UserId": "eve_x.example#EXT#@contoso.example"}, PersonKind.GUEST),
        ({"UserId": "app@sharepoint"}, PersonKind.SERVICE),
        ({"UserId": "SHAREPOINT\\system"}, PersonKind.SERVICE),
        ({"UserType": 5}, PersonKind.SERVICE),
        ({"UserType": "System"}, PersonKind.SERVICE),
    ],
)
def test_people_guests_and_programs_are_told_apart(
    record: Callable[..., dict[str, Any]], more: dict[str, Any], kind: PersonKind
) -> None:
    person = taken(record(**more), frozenset(Kind)).person
    assert person.kind is kind
    assert (person.canonical is None) == (kind is PersonKind.SERVICE)


@pytest.mark.parametrize(
    ("more", "reason", "broken"),
    [
        ({"Operation": "FileAccessedExtended"}, "other_operation", False),
        ({"Operation": "ClientViewSignaled"}, "other_operation", False),
        ({"Workload": "Exchange"}, "other_operation", False),
        ({"SiteUrl": "https://contoso-my.sharepoint.com/personal/ada/"}, "personal_site", False),
        ({"Workload": "OneDrive"}, "personal_site", False),
        ({"Workload": "MicrosoftTeams", "Operation": "MessageSent", "MessageId": "1"}, "private_chat", False),
        ({"Id": None}, "no_id", True),
        ({"Id": "x' OR 1=1"}, "no_id", True),
        ({"CreationTime": "yesterday"}, "no_time", True),
        ({"Site": None}, "no_place", True),
    ],
)
def test_what_is_not_taken_has_a_reason(
    record: Callable[..., dict[str, Any]], more: dict[str, Any], reason: str, broken: bool
) -> None:
    with pytest.raises(NotTaken) as told:
        taken(record(**more), frozenset(Kind))
    assert (told.value.reason, told.value.broken) == (reason, broken)


def test_a_channel_message_belongs_to_the_group_of_its_team(record: Callable[..., dict[str, Any]]) -> None:
    one = taken(
        record(
            Workload="MicrosoftTeams",
            Operation="MessageSent",
            TeamGuid="19:x@thread.tacv2",
            AADGroupId=SITE,
            MessageId="17",
        ),
        frozenset(Kind),
    ).activity
    assert (one.kind, one.room, one.object) == (Kind.MESSAGE, f"group:{SITE}", f"post:group:{SITE}:17")


def test_a_comment_hangs_on_its_page(record: Callable[..., dict[str, Any]]) -> None:
    page = taken(record(ItemType="Page"), frozenset(Kind)).activity
    comment = taken(record(ItemType="Page", Operation="CommentCreated"), frozenset(Kind)).activity
    assert (comment.kind, comment.thread, comment.parent) == (Kind.COMMENT, page.object, page.object)
    assert comment.object != page.object
