"""Microsoft 365 over a small tenant with something of everything, and its audit log."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors import names
from connectors.activity import Activity
from connectors.microsoft.transport import Transport
from service.demo.microsoft.cloud import SECRET, MicrosoftCloud
from service.demo.microsoft.tenant import Tenant
from tests.connectors.bench import Bench, Wrong, activity, timed, view
from tests.microsoft.conftest import day, office


class _Microsoft(Bench):
    now = day(30)
    proof: ClassVar[Any]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.tenant = self.people()
        self.cloud = MicrosoftCloud(self.tenant)
        (folder / "other").write_text("another-secret-nobody-sees")

    def people(self) -> Tenant:
        return office(lambda: self.now)

    def start(self) -> None:
        self.cloud.start()
        self.given = self.cloud.settings(self.folder, self.proof)
        del self.given["connector"]

    def stop(self) -> None:
        self.cloud.stop()

    def arrange(self, patch: pytest.MonkeyPatch) -> None:
        timed(patch, Transport, self)

    def settings(self) -> dict[str, Any]:
        return dict(self.given)

    def user(self, login: str) -> str:
        return next(user.id for user in self.tenant.users.values() if user.upn.startswith(f"{login}@"))

    def wrong(self) -> Sequence[Wrong]:
        proof = "certificate_file" if self.proof == "certificate" else "secret_file"
        return (
            Wrong({"tenant": None}, "`tenant`"),
            Wrong({"tenant": "common"}, "single tenant"),
            Wrong({"client_id": None}, "`client_id`"),
            Wrong({"client_id": "resonanz"}, "`client_id`.*GUID"),
            Wrong({proof: None}, "`certificate_file`"),
            Wrong({proof: str(self.folder / "nowhere")}, f"no file .*`{proof}`"),
            Wrong({"certificate_file": "a", "secret_file": "b"}, "not both"),
            Wrong({"graph_url": "http://graph.example.org"}, "`graph_url`"),
            Wrong({"authority": "login.example.org"}, "`authority`"),
            Wrong({"ca_file": str(self.folder / "nowhere")}, "`ca_file`"),
        )

    def disturbed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "secret", {"certificate_file": None, "secret_file": str(self.folder / "other")}
        yield "`client_id`", {"client_id": "11111111-2222-3333-4444-555555555555"}
        yield "tenant", {"tenant": "elsewhere.example"}
        yield "reached", {"authority": "http://127.0.0.1:9"}
        yield "reached|found", {"authority": "https://login.invalid"}


class Microsoft365(_Microsoft):
    key = connector = "microsoft-365"
    few = 60
    proof = "certificate"
    unread: ClassVar[Mapping[str, Sequence[str]]] = {"communities": ("unsupported",)}
    without: ClassVar[Mapping[str, str]] = {
        "rooms": "rooms",
        "people": "people",
        "communities": "aliases",
        "analytics": "counters",
        "usage_reports": "counters",
    }

    def people(self) -> Tenant:
        tenant = super().people()
        who = {user.upn.partition("@")[0]: user.id for user in tenant.users.values()}
        ada, bob, eve, kim = (who[name] for name in ("ada", "bob", "eve", "kim"))
        groups = {group.nickname: group for group in tenant.groups.values()}
        hr = next(site.id for site in tenant.sites.values() if site.path.endswith("hr"))
        news = tenant.add_page(hr, kim, day(1), news=True)
        tenant.edit(news, eve, day(2))
        remark = tenant.comment(news, ada, day(3))
        tenant.comment(news, kim, day(4), parent=remark)
        tenant.like(news, bob, day(4))
        tenant.view(news, 40, 4)
        tasks = tenant.add_list(hr, "Tasks", when=day(0))
        tenant.add_item(tasks.id, eve, day(5))
        sales = groups["sales"]
        file = tenant.add_file(str(sales.site), ada, day(6))
        tenant.edit(file, bob, day(7))
        post = tenant.post(sales.channels[0], ada, day(8))
        reply = tenant.post(sales.channels[0], bob, day(9), reply_to=post)
        tenant.react(reply, ada, "heart", day(10))
        thread = tenant.add_thread(groups["board"].id, kim, day(11))
        tenant.answer(thread, eve, day(12))
        tenant.add_community("Sales talk", sales.id, posted=4, read=30, liked=7)
        return tenant

    def truth(self) -> Iterator[Activity]:
        return (activity(one, one.room) for one in self.tenant.activities())

    def happen(self) -> None:
        tenant, ada, bob = self.tenant, self.user("ada"), self.user("bob")
        sales = next(group for group in tenant.groups.values() if group.nickname == "sales")
        hr = next(site.id for site in tenant.sites.values() if site.path.endswith("hr"))
        items = [item for list_ in tenant.lists.values() for item in list_.items.values()]
        self.now += timedelta(hours=6)
        when = self.now - timedelta(hours=1)
        tenant.add_page(hr, bob, when)
        for item in items:
            tenant.edit(item, ada, when)
        tenant.comment(next(item for item in items if item.promoted), bob, when)
        tenant.post(sales.channels[0], ada, when)
        (thread,) = tenant.threads.values()
        tenant.answer(thread, self.user("kim"), when)


class AuditLog(_Microsoft):
    key = connector = "microsoft-audit"
    few = 5
    proof = "secret"
    secrets: ClassVar[Mapping[str, str]] = {"secret_file": SECRET}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cloud.application.roles["management"] = {"ActivityFeed.Read"}
        self.cloud.management.blob = 2
        self.sites = [site for site in self.tenant.sites.values() if not site.personal]
        for number in range(1, 20):
            self.view(("ada", "bob", "eve")[number % 3], hours=7 * number, site=number)

    def view(self, login: str, hours: float, site: int = 0, late: float = 0) -> None:
        when = self.now - timedelta(hours=hours)
        self.tenant.record(
            "PageViewed",
            self.user(login),
            "https://auental.sharepoint.example/a-page.aspx",
            when,
            site=self.sites[site % len(self.sites)].id,
            item=self.tenant.guid("page", site % 5),
            available=when + timedelta(hours=late),
        )

    def settings(self) -> dict[str, Any]:
        return super().settings() | {"agreement": "true"}

    def wrong(self) -> Sequence[Wrong]:
        return (
            *super().wrong(),
            Wrong({"agreement": None}, "`agreement`|works council"),
            Wrong({"content_types": "Audit.Exchange"}, "Audit.General"),
            Wrong({"kinds": "view,stare"}, "`kinds`"),
        )

    def truth(self) -> Iterator[Activity]:
        for record in self.tenant.records:
            if record.available <= self.now:
                site = self.tenant.sites[str(record.site)]
                room = names.site(site.collection, site.web)
                page = f"page:{site.collection}:{record.item}"
                yield view(room, self.tenant.users[record.by].upn.lower(), record.when, page)

    def happen(self) -> None:
        """Records never change; one that comes late is the nearest to it."""
        self.now += timedelta(hours=6)
        self.view("eve", hours=0.5)
        self.view("ada", hours=12, late=10)
