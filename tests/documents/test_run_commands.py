"""The commands in the blocks of README and docs are run, in their order, against a small company behind real HTTP servers.

What cannot be the same here is put in place of what is shown: addresses, credentials and folders, and ids that a command before has
told. Nothing else is changed.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import certifi
import httpx
import pytest
from typer.testing import CliRunner

import service.app
from service.app import create_app
from service.cli import app
from service.database import connect
from service.demo.company import Company
from service.demo.intranet import Intranet
from service.jobs.serving import working
from service.settings import Settings

pytestmark = pytest.mark.xdist_group("documents")

DOCS = Path(__file__).parent.parent.parent / "docs"
PHRASE = "a long phrase for the tests alone"
HOSTS = "https://beispiel.sharepoint.com https://beispiel.atlassian.net"
CURL = re.compile(r"^curl (.+)$", re.MULTILINE)
SERVED: list[int] = []
NOT_RUN = {
    "audit.md": "tests/microsoft reads the audit log of a tenant that speaks Microsoft's interface",
    "identity.md": "tests/linkage/test_console.py says of sources what they are about",
    "push.md": "tests/microsoft runs it against a tenant",
    "spark.md": "tests/measure/test_engines.py runs Spark, where there is a Java",
    "survey.md": "tests/surveys imports all forms of files, and from a server",
}
"""Pages whose commands are run by other tests."""


@pytest.fixture(scope="module")
def intranet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intranet]:
    # Until yesterday: what is measured reaches to today, so an older company would take longer from week to week.
    yesterday = datetime.now(UTC).date() - timedelta(1)
    company = Company.generate(3, people=60, until=yesterday, months=3, scale=0.15)
    with Intranet(tmp_path_factory.mktemp("platforms"), company=company) as running:
        yield running


class Admin:
    """Types what a page shows, in a folder and an installation of its own."""

    def __init__(self, place: Path, intranet: Intranet, blocks: dict[str, list[Any]]) -> None:
        place.mkdir(exist_ok=True)
        self.place, self.intranet, self.blocks = place, intranet, blocks
        self.platforms = {one.settings["flavour"]: one.settings for one in intranet.connections}
        self.data = place / "data"

    @property
    def environment(self) -> dict[str, str]:
        return {"RESONANZ_DATA": str(self.data), "RESONANZ_EMBED_HOSTS": HOSTS}

    @property
    def settings(self) -> Settings:
        return Settings(data=self.data, database=None, log=None, key_file=None, embed_hosts=HOSTS)

    def other(self, name: str) -> "Admin":
        """At another installation."""
        other = Admin(self.place, self.intranet, self.blocks)
        other.data = self.place / name
        return other

    def types(self, words: list[str], *, answers: str = "") -> Any:
        """The outcome of a command. Raises `AssertionError` with what it said if it failed."""
        before = Path.cwd()
        os.chdir(self.place)
        try:
            done = CliRunner(env=self.environment).invoke(app, words, input=answers, catch_exceptions=True)
        finally:
            os.chdir(before)
        assert done.exit_code == 0, (" ".join(words), done.exception, done.output)
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self.types([*words, "--json"]).stdout)

    def page(self, shown: list[Any]) -> None:
        """Types all commands of a page."""
        for one in shown:
            if not one.sketch:
                self.types(self.here(one.words[1:]))

    def here(self, words: list[str]) -> list[str]:
        """With the addresses, credentials and folders there are here."""
        if words[:3] == ["source", "add", "confluence"]:
            words = self._reachable(words)
        return [self._below(word) for word in words]

    def _reachable(self, words: list[str]) -> list[str]:
        platform = self.platforms["data-center" if "data-center" in words else "cloud"]
        given = {"--url": platform["url"], "--token-file": platform["token_file"]}
        changed = [given.get(before, word) for before, word in zip(["", *words], words, strict=False)]
        account = ["--user", "reader@beispiel.example"] if platform["flavour"] == "cloud" else []
        return [*changed, "--unit-groups", platform["unit_groups"], *account]

    def _below(self, word: str) -> str:
        option, sep, path = word.rpartition("=")
        if not path.startswith("/") or path in {one["token_file"] for one in self.platforms.values()}:
            return word
        place = self.place / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        return f"{option}{sep}{place}"


async def asked(served: Any, *paths: str, **more: Any) -> list[httpx.Response]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://here") as client:
        return [await client.get(path, **more) for path in paths]


@pytest.fixture(autouse=True, scope="module")
def alone() -> Iterator[None]:
    """Pass phrases are typed, and a service that is started answers once and ends."""

    def run(settings: Settings, engine: Any = None) -> None:
        (ready,) = asyncio.run(asked(create_app(settings, engine), "/readyz"))
        SERVED.append(ready.status_code)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("getpass.getpass", lambda _: PHRASE)
        patch.setattr(service.app, "run", run)
        yield


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory, intranet: Intranet, blocks: Any) -> Admin:
    """Somebody who followed the README."""
    admin = Admin(tmp_path_factory.mktemp("readme"), intranet, blocks)
    admin.page(blocks["README.md"])
    return admin


def test_the_readme_leads_to_a_running_service(admin: Admin) -> None:
    assert SERVED == [200]
    assert (admin.place / "concept.docx").stat().st_size > 10_000
    assert admin.json("doctor")["ok"]


def test_operation(intranet: Intranet, blocks: Any, tmp_path: Path) -> None:
    admin = Admin(tmp_path, intranet, blocks)
    admin.page(blocks["operation.md"])
    assert admin.json("organisation", "show")[0]["workforce"] == 1200


@dataclass(frozen=True)
class Followed:
    """How a page is followed: what is done before and meanwhile, what stands in place of a word, the answers to what is asked, and the
    commands that belong to another installation.
    """

    before: Callable[[Admin], Any] = lambda _: None
    meanwhile: Callable[[Admin], AbstractContextManager[Any]] = lambda _: nullcontext()
    put: Mapping[str, Callable[[Admin], str]] = field(default_factory=dict)
    answers: str = ""
    elsewhere: tuple[str, tuple[str, ...]] | None = None


def exports(admin: Admin) -> None:
    folder = admin.place / "srv/exports"
    folder.mkdir(parents=True, exist_ok=True)
    rows = "id,kind,time,room,person,object\n1,create,2026-08-03T10:00:00Z,HR,ada,p1\n"
    (folder / "august.csv").write_text(rows, encoding="ascii")


def both(admin: Admin) -> None:
    """The sender has a level to tell, of its documents, since three months make no half-year; the receiver is there."""

    def missing(column: str) -> list[Any]:
        register = admin.json("evidence", "list")
        return [row for row in register if row["fact"].startswith("governance.") and not row[column]]

    for row in missing("number"):
        told = ["--title", "Written down", "--owner", "Communication", "--dated", "2026-03-01"]
        admin.types(["evidence", "record", row["fact"], *told])
    for row in missing("assessors"):
        admin.types(["evidence", "rate", str(row["number"]), "met", "--assessor", "Revision"])
    admin.types(["assess"])
    admin.other("receiver").types(["organisation", "set", "--name", "Receiver"])


def agreed(admin: Admin) -> None:
    """An agreement is in force; on its own page its file is called `agreement.json`, as it is when it was given to both."""
    if not (admin.place / "council.pub").exists():
        follow(admin, "agreement.md")
    admin.types(["privacy", "agreement", "export", "agreement.json"])


@contextmanager
def at_work(admin: Admin) -> Iterator[None]:
    """The service that a page has started runs on while the admin types."""
    engine = connect(admin.settings.database_url)
    with working(admin.settings, engine, Event()):
        yield
    engine.dispose()


def noted(admin: Admin) -> str:
    found = admin.json("audit", "verify")
    return f"{found['entries']}:{found['head']}"


COUNCIL = Followed(agreed, put={"NUMBER:HASH": noted})
PAGES: dict[str, Followed] = {
    "assessment.md": Followed(),
    "roadmap.md": Followed(),
    "concept-document.md": Followed(lambda admin: (admin.place / "concept.docx").unlink(missing_ok=True)),
    "bi.md": Followed(lambda admin: admin.types(["admin", "create", "kommunikation", "--role", "analyst"])),
    "embeds.md": Followed(
        put={
            "wiki/HR": lambda admin: str(admin.json("room", "list")[0]["key"]),
            "HANDLE": lambda admin: str(admin.json("embed", "list")[0]["handle"]),
        }
    ),
    "comparison.md": Followed(
        both,
        put={"PEER": lambda admin: str(admin.other("receiver").json("benchmark", "list")[0]["peer"])},
        elsewhere=("receiver", ("benchmark import", "benchmark list", "benchmark remove")),
    ),
    "files.md": Followed(exports),
    "jobs.md": Followed(meanwhile=at_work),
    "backup.md": Followed(
        lambda admin: shutil.copytree(admin.place / "data/key", admin.other("restored").data / "key"),
        elsewhere=("restored", ("restore",)),
    ),
    # The README calls its source `confluence`, this page `wiki`.
    "privacy.md": Followed(put={"wiki": lambda _: "confluence"}, answers="ada\ny\n"),
    "agreement.md": Followed(),
    "council.md": COUNCIL,
    "betriebsrat.md": COUNCIL,
}
"""In the order in which they are followed, by the one who followed the README."""


def follow(admin: Admin, page: str) -> int:
    """Types all commands of a page; how many they were."""
    way, shown = PAGES[page], [one for one in admin.blocks[page] if not one.sketch]
    way.before(admin)
    with way.meanwhile(admin):
        for one in shown:
            words = [way.put[word](admin) if word in way.put else word for word in one.words[1:]]
            who = admin
            if way.elsewhere and " ".join(words).startswith(way.elsewhere[1]):
                who = admin.other(way.elsewhere[0])
            who.types(admin.here(words), answers=way.answers)
    return len(shown)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_followed(admin: Admin, page: str) -> None:
    assert follow(admin, page) > 0


def test_each_way_to_connect_a_confluence(intranet: Intranet, blocks: Any, tmp_path: Path) -> None:
    for number, one in enumerate(blocks["confluence.md"]):
        admin = Admin(tmp_path / str(number), intranet, blocks)
        admin.types(["organisation", "set", "--name", "Beispiel AG"])
        Path(admin.here(["/etc/ssl/beispiel.pem"])[0]).write_bytes(Path(certifi.where()).read_bytes())
        admin.page([one])
        assert len(admin.json("source", "list")) == 1


def test_what_is_asked_of_the_api(admin: Admin) -> None:
    """With a token everywhere: only the demonstration answers without."""
    words = (
        "token create anna --label Test --scope read:measurements --scope read:catalogue --scope read:advice"
    )
    (token,) = re.findall(r"rsz_\w+", admin.types(words.split()).stdout)
    engine = connect(admin.settings.database_url)
    served = create_app(admin.settings, engine)
    for asks in CURL.findall((DOCS / "api.md").read_text(encoding="utf-8")):
        *_, address = given = shlex.split(asks)
        headers = dict(given[given.index("-H") + 1].split(": ") for _ in range(given.count("-H")))
        assert set(headers.items()) <= {("Authorization", "Bearer $TOKEN")}
        path = address.removeprefix("$RESONANZ")
        (answer,) = asyncio.run(asked(served, path, headers={"Authorization": f"Bearer {token}"}))
        assert answer.status_code == 200, (asks, answer.text)
        if "-o" in given:
            assert Path(given[given.index("-o") + 1]).suffix[1:] in answer.headers["Content-Disposition"]
    engine.dispose()


def test_no_page_is_left_out(blocks: Any) -> None:
    """A page that shows a command that can be run is run here, or it is said where."""
    shown = {page for page, found in blocks.items() if any(not one.sketch for one in found)}
    run = PAGES.keys() | {"README.md", "operation.md", "confluence.md"}
    assert shown == run | NOT_RUN.keys()
    assert run & NOT_RUN.keys() == set()
    assert all((DOCS.parent / re.findall(r"tests/[\w/.]+", why)[0]).exists() for why in NOT_RUN.values())
