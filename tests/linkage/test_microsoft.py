"""A tenant read by its own connector, its audit log, and its reports: one room, one content."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.files import Files
from connectors.files.settings import read as read_files
from connectors.microsoft import Microsoft365
from connectors.microsoft.audit import AuditLog
from connectors.microsoft.audit import read as read_audit
from connectors.microsoft.settings import read
from connectors.microsoft.transport import Transport
from service.demo.microsoft.cloud import MicrosoftCloud
from service.demo.microsoft.state import HOST
from service.demo.microsoft.tenant import Tenant
from service.demo.microsoft.things import Item

STREAMS = [
    "rooms",
    "people",
    "site_pages",
    "page_comments",
    "files",
    "list_items",
    "communities",
]


@dataclass
class Office:
    """A tenant whose group `hr` has a page Bob answers (`talk`), one nobody answers (`notice`), and a file."""

    tenant: Tenant
    cloud: MicrosoftCloud
    company: Any
    folder: Path
    people: dict[str, str]
    group: str
    site: str
    talk: Item
    notice: Item
    file: Item

    @property
    def room(self) -> str:
        return f"office/group:{self.group}"

    def sync(self, *streams: str) -> Any:
        given = self.cloud.settings(self.folder, streams=list(streams or STREAMS))
        given.pop("connector")
        settings = read(given)
        connector = Microsoft365(settings, self.company.memory("office"), self._transport(settings))
        return self._run("office", connector)

    def sync_audit(self, **more: Any) -> Any:
        given = self.cloud.settings(self.folder, proof="secret", agreement="true", **more)
        given.pop("connector")
        settings = read_audit(given)
        connector = AuditLog(settings, self.company.memory("audit"), self._transport(settings.tenant))
        return self._run("audit", connector)

    def sync_files(self, name: str, content: str, **settings: Any) -> Any:
        folder = self.folder / "exports"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
        chosen = read_files({"path": str(folder), **settings})
        return self._run("export", Files(chosen, self.company.memory("export"), self.company.now))

    def view(self, who: str, item: Item | None = None, operation: str = "PageViewed", **more: Any) -> None:
        seen = {"site": self.site, "when": self.company.now - timedelta(days=5), **more}
        if item is not None:
            seen["item"] = item.uid
        address = seen.pop("object", f"https://{HOST}/x/CANARY.aspx")
        self.tenant.record(operation, self.people[who], address, **seen)

    def _transport(self, settings: Any) -> Transport:
        return Transport(settings, sleep=lambda _: None, now=lambda: self.company.now)

    def _run(self, source: str, connector: Any) -> Any:
        try:
            return self.company.run(source, connector)
        finally:
            connector.close()


@pytest.fixture
def office(company: Any, tmp_path: Path) -> Iterator[Office]:
    now = company.now
    tenant = Tenant(clock=lambda: now)
    people = {name: tenant.add_user(name).id for name in ("ada", "bob", "eve")}
    group = tenant.add_group("HR", list(people.values()), [people["ada"]], created=now - timedelta(days=30))
    assert group.site is not None
    made = now - timedelta(days=6)
    talk = tenant.add_page(group.site, people["ada"], made)
    notice = tenant.add_page(group.site, people["ada"], made)
    file = tenant.add_file(group.site, people["ada"], made)
    tenant.comment(talk, people["bob"], made + timedelta(hours=3))
    with MicrosoftCloud(tenant) as cloud:
        cloud.application.roles["management"] = frozenset({"ActivityFeed.Read"})
        yield Office(tenant, cloud, company, tmp_path, people, group.id, group.site, talk, notice, file)


def test_the_audit_log_tells_of_the_pages_the_tenant_shows(office: Office) -> None:
    office.sync()
    company = office.company
    company.measure()
    assert company.found("interactive_share", office.room) == "no_view_data"
    humans = company.humans()
    for item in (office.talk, office.notice):
        office.view("eve", item)
    office.view("bob", office.file, "FileAccessed")
    report = office.sync_audit()
    assert (report.about, report.views.views, report.views.unlinked) == ("office", 3, 0)
    company.measure()
    assert company.found("interactive_share", office.room) == (1, 2)
    assert company.rooms_measured() == {office.room}
    # Whoever looks at a page is no second person either.
    assert company.humans() == humans
    types = {row[3] for row in company.as_one() if row[0] == "audit"}
    assert types == {"page", "file"}


def test_the_audit_log_may_come_first(office: Office) -> None:
    office.view("eve", office.talk)
    report = office.sync_audit()
    assert (report.views.unlinked, report.views.unlinked_contents) == (1, 1)
    office.sync()
    office.company.measure()
    assert office.company.found("interactive_share", office.room) == (1, 1)
    assert office.company.rooms_measured() == {office.room}


def test_a_page_told_by_its_address_alone_is_found(office: Office) -> None:
    office.sync()
    address = office.cloud.graph.shapes.item(office.talk)["webUrl"]
    office.view("eve", object=address.upper().replace("HTTP", "http") + "?web=1")
    office.view("bob", object=address.replace("Beitrag", "Nichts"))
    report = office.sync_audit()
    assert (report.views.views, report.views.unlinked) == (2, 1)
    office.company.measure()
    assert office.company.found("interactive_share", office.room) == (1, 1)
    assert office.company.rooms_measured() == {office.room}


def test_what_was_made_and_said_counts_once(office: Office) -> None:
    office.sync()
    before = [row[1:5] for row in office.company.as_one()]
    for operation in ("FileUploaded", "FileModified", "CommentCreated"):
        office.view("ada", office.talk, operation)
    office.sync_audit(kinds="view,create,edit,comment")
    # The tenant shows no edit of anything in this room, so that the audit log is believed.
    after = [row[1:5] for row in office.company.as_one()]
    assert sorted(row[1] for row in after if row not in before) == ["edit"]
    assert len(after) == len(before) + 1


def test_a_site_that_is_not_read_stays_a_room_of_its_own(office: Office) -> None:
    office.sync()
    elsewhere = office.tenant.add_site("other")
    page = office.tenant.add_page(elsewhere.id, office.people["ada"])
    office.view("eve", page, site=elsewhere.id)
    office.sync_audit()
    office.company.measure()
    room = f"audit/site:{elsewhere.collection},{elsewhere.web}"
    assert office.company.rooms_measured() == {office.room, room}


def test_removing_the_audit_log_leaves_the_tenant(office: Office) -> None:
    from service.activity.forget import remove_source

    office.sync()
    before = office.company.stored()
    office.view("eve", office.talk)
    office.sync_audit()
    assert remove_source(office.company.engine, office.company.log, "audit") == 1
    assert office.company.stored() == before


REPORT = "Report Refresh Date,Site Id,Site URL,Is Deleted,Active File Count,Page View Count,Report Period\n"


@pytest.mark.parametrize("concealed", [False, True], ids=["by id", "by address"])
def test_a_usage_report_is_about_the_same_room(office: Office, concealed: bool) -> None:
    office.company.about("export", "office")
    office.sync()
    site = office.tenant.sites[office.site]
    id_ = "00000000-0000-0000-0000-000000000000" if concealed else site.collection
    address = office.cloud.graph.shapes.address(site)
    office.sync_files("sites.csv", f"{REPORT}2026-03-05,{id_},{address},False,5,120,30\n", format="reports")
    told = {row[1:3] for row in office.company.as_one() if row[0] == "export"}
    assert told == {(office.room, "period_views"), (office.room, "period_files")}
    office.sync("usage_reports")
    # What the tenant's own report tells of that room is not told again.
    counters = {row[:3] for row in office.company.as_one() if row[5] is not None}
    assert {source for source, room, _ in counters if room == office.room} == {"office"}


def test_an_export_of_the_same_records_tells_of_the_same_views(
    office: Office, quoted: Callable[[Any], str]
) -> None:
    office.company.about("export", "office")
    office.sync()
    office.view("eve", office.talk)
    office.sync_audit()
    (record,) = office.tenant.records
    told = office.cloud.management._record(record)
    office.sync_files("audit.csv", f"AuditData\n{quoted(told)}\n", format="audit", agreement="true")
    assert [row[0] for row in office.company.as_one() if row[2] == "view"] == ["audit"]


@pytest.fixture
def quoted() -> Callable[[Any], str]:
    """A record as a cell of CSV."""

    def build(record: Any) -> str:
        return '"' + json.dumps(record).replace('"', '""') + '"'

    return build
