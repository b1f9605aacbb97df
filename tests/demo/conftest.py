"""Small worlds that can be counted by hand, and ways to ask the fake servers."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator

from service.demo.microsoft import MicrosoftCloud, Tenant
from service.demo.microsoft.cloud import SECRET
from service.demo.microsoft.protected import Protected
from service.demo.microsoft.things import Comment, Group, Item, ListOf, Message, Site, Thread, User
from service.demo.serving import Server
from service.demo.store import Permission, Store

NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday, nine o'clock in Berlin


@dataclass
class Wiki:
    """Two spaces; in HR a page with one edit, a comment, a reply, an inline comment, two likes; a post; a lone page in IT."""

    store: Store
    page: int
    comment: int
    reply: int
    inline: int
    post: int
    other: int


@pytest.fixture
def site() -> Wiki:
    store = Store(clock=lambda: NINE + timedelta(days=30))
    for name in ("ada", "bob", "cem"):
        store.add_account(name)
    store.add_account("reader", kind="app")
    staff = store.add_group("alle", ["ada", "bob", "cem"])
    rights = [
        Permission("group", staff.id, "read", "space"),
        Permission("user", "ada", "administer", "space"),
    ]
    store.add_space("HR", author="ada", created=NINE, permissions=rights)
    store.add_space("IT", author="bob", created=NINE)
    page = store.add_page("HR", "ada", NINE).id
    store.edit(page, "bob", NINE + timedelta(hours=5), minor=True)
    comment = store.add_comment(page, "bob", NINE + timedelta(hours=1)).id
    reply = store.add_comment(comment, "ada", NINE + timedelta(hours=2)).id
    inline = store.add_comment(page, "cem", NINE + timedelta(hours=3), location="inline", resolved=True).id
    store.like(page, "bob", NINE + timedelta(hours=1))
    store.like(page, "cem", NINE + timedelta(hours=2))
    store.view(page, 40, 12)
    post = store.add_post("HR", "cem", NINE + timedelta(days=1)).id
    other = store.add_page("IT", None, NINE + timedelta(days=2)).id
    return Wiki(store, page, comment, reply, inline, post, other)


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Ask a server for a path with the right credential; parameters as keywords, dashes written as underscores twice."""
    with httpx.Client(trust_env=False, timeout=5) as client:

        def get(server: Server, path: str, **params: Any) -> httpx.Response:
            named = {name.replace("__", "-"): value for name, value in params.items()}
            headers = {"Authorization": f"Bearer {server.token}"}
            return client.get(server.url + path, params=named or None, headers=headers)

        yield get


@pytest.fixture
def walk(ask: Ask) -> Callable[..., list[dict[str, Any]]]:
    """All results of a list, page after page by its next links."""

    def all_results(server: Server, path: str, **params: Any) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        while True:
            answer = ask(server, path, **params).json()
            results += answer["results"]
            following = answer["_links"].get("next")
            if following is None:
                return results
            path, params = following.removeprefix("/wiki"), {}

    return all_results


@dataclass
class Office:
    """A tenant with four people, a public team with its site, a news site, a personal site; all at nine on a Monday."""

    tenant: Tenant
    ada: User
    bob: User
    cem: User
    eve: User
    team: Group
    news: Site
    post: Item
    page: Item
    file: Item
    task: Item
    tasks: ListOf
    comment: Comment
    message: Message
    reply: Message
    thread: Thread

    @property
    def channel(self) -> str:
        return self.team.channels[0]

    @property
    def pages(self) -> ListOf:
        return self.tenant.list_of(self.news.id, "webPageLibrary")

    @property
    def documents(self) -> ListOf:
        return self.tenant.list_of(self.team.site or "", "documentLibrary")


@pytest.fixture
def office() -> Office:
    tenant = Tenant(clock=lambda: NINE)
    ada = tenant.add_user("ada", department="HR", job_title="Leiterin", employee_id="1")
    bob = tenant.add_user("bob", department="IT", manager=ada.id, employee_id="2")
    cem = tenant.add_user("cem", department="IT", manager=ada.id, enabled=False)
    eve = tenant.add_user("eve", mail="eve@partner.example", guest=True)
    tenant.add_site("", "Start")
    tenant.add_site("ada_auental_example", "Ada", personal=True)
    news = tenant.add_site("aktuelles", "Aktuelles")
    team = tenant.add_group("Team IT", [ada.id, bob.id, eve.id], [ada.id], team=True, public=True)
    post = tenant.add_page(news.id, ada.id, NINE - timedelta(hours=9), news=True, draft=True)
    tenant.edit(post, bob.id, NINE - timedelta(hours=8))
    comment = tenant.comment(post, bob.id, NINE - timedelta(hours=7))
    tenant.comment(post, ada.id, NINE - timedelta(hours=6), parent=comment)
    tenant.like(post, cem.id, NINE - timedelta(hours=5))
    tenant.like(comment, ada.id, NINE - timedelta(hours=5))
    tenant.view(post, 40, 3)
    page = tenant.add_page(news.id, None, NINE - timedelta(hours=4))
    assert team.site is not None
    tenant.add_folder(team.site, bob.id, NINE - timedelta(hours=4))
    file = tenant.add_file(team.site, bob.id, NINE - timedelta(hours=3), folder=1)
    tenant.edit(file, eve.id, NINE - timedelta(hours=2))
    tasks = tenant.add_list(team.site, "Aufgaben")
    task = tenant.add_item(tasks.id, bob.id, NINE - timedelta(hours=2))
    channel = team.channels[0]
    message = tenant.post(channel, ada.id, NINE - timedelta(hours=3))
    reply = tenant.post(channel, bob.id, NINE - timedelta(hours=2), reply_to=message)
    tenant.react(message, bob.id, "heart", NINE - timedelta(hours=1))
    tenant.react(message, bob.id, "like", NINE - timedelta(hours=1))
    tenant.post(channel, None, NINE - timedelta(hours=1), type="systemEventMessage")
    tenant.post(channel, None, NINE - timedelta(minutes=30), app="bot-1")
    thread = tenant.add_thread(team.id, ada.id, NINE - timedelta(hours=3))
    tenant.answer(thread, "kunde@outside.example", NINE - timedelta(hours=2))
    tenant.add_community("Alle", team.id, posted=3, read=50, liked=7)
    tenant.record("PageViewed", bob.id, "https://auental.sharepoint.example/x", NINE - timedelta(hours=1))
    return Office(
        tenant, ada, bob, cem, eve, team, news, post, page, file, task, tasks, comment, message, reply, thread
    )


class Caller:
    """Asks a fake cloud with tokens gained by the app's secret or certificate."""

    def __init__(self, cloud: MicrosoftCloud, client: httpx.Client) -> None:
        self.cloud, self.client = cloud, client
        self._tokens: dict[tuple[str, str], str] = {}

    def gain(self, audience: str, **form: str) -> httpx.Response:
        login = self.cloud.login
        sent = {
            "grant_type": "client_credentials",
            "client_id": self.cloud.application.id,
            "scope": f"{audience}/.default",
            **({"client_secret": SECRET} if "client_assertion" not in form else {}),
            **form,
        }
        return self.client.post(f"{login.authority}/oauth2/v2.0/token", data=sent)

    def token(self, server: Protected, **form: str) -> str:
        answer = self.gain(server.origin, **form)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def __call__(self, path: str, server: Protected | None = None, **options: Any) -> httpx.Response:
        """GET, or what `method` says; `path` may be a whole address."""
        server = server or self.cloud.graph
        token = options.pop("token", None) or self._token(server)
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        url = path if path.startswith("http") else server.url + path
        return self.client.request(options.pop("method", "GET"), url, headers=headers, **options)

    def walk(self, path: str) -> tuple[list[dict[str, Any]], str | None]:
        """All rows of a list or delta, page after page, and the link to go on with."""
        rows: list[dict[str, Any]] = []
        while True:
            answer = self(path)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            rows += body["value"]
            if "@odata.nextLink" not in body:
                return rows, body.get("@odata.deltaLink")
            path = body["@odata.nextLink"]

    def forget(self) -> None:
        self._tokens.clear()

    def _token(self, server: Protected) -> str:
        key = (server.resource, server.origin)
        if key not in self._tokens:
            self._tokens[key] = self.token(server)
        return self._tokens[key]


@pytest.fixture
def cloud(office: Office) -> Iterator[MicrosoftCloud]:
    with MicrosoftCloud(office.tenant) as running:
        yield running


@pytest.fixture
def call(cloud: MicrosoftCloud) -> Iterator[Caller]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield Caller(cloud, client)


class Description:
    """Microsoft's description of Graph: what it says about requests and answers."""

    def __init__(self) -> None:
        path = Path(__file__).parents[1] / "specs" / "msgraph.json"
        self._spec = json.loads(path.read_text(encoding="utf-8"))
        self.paths: dict[str, dict[str, Any]] = self._spec["paths"]
        # A path without parameters wins over one with.
        self._routes = [
            (re.compile(re.sub(r"\\{[^/]+?\\}", "[^/]+?", re.escape(template)) + "$"), template)
            for template in sorted(self.paths, key=lambda template: template.count("{"))
        ]
        self._definitions = _nullable(self._spec["components"]["schemas"])

    def template(self, path: str) -> str | None:
        return next((template for route, template in self._routes if route.match(path)), None)

    def objections(self, method: str, path: str, query: Any, answer: httpx.Response) -> list[str]:
        """What the description has against a request and its answer; `path` without the version."""
        template = self.template(path)
        operation = self.paths.get(template or "", {}).get(method.lower())
        if operation is None:
            return [f"{method} {path} is not described"]
        known = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
        wrong = [f"{template}: {name} is not described" for name in query if name not in known]
        told = operation["responses"].get(str(answer.status_code))
        if told is None:
            return [*wrong, f"{template}: {answer.status_code} is not described"]
        content = told.get("content", {}).get("application/json")
        if content is None:
            return wrong
        schema = {**_nullable(content["schema"]), "components": {"schemas": self._definitions}}
        errors = Draft7Validator(schema).iter_errors(answer.json())
        return wrong + [f"{template}: {list(error.path)}: {error.message[:200]}" for error in errors]


def _nullable(schema: Any) -> Any:
    """JSON Schema instead of OpenAPI's `nullable`."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    turned = {name: _nullable(one) for name, one in schema.items() if name != "nullable"}
    return {"anyOf": [turned, {"type": "null"}]} if schema.get("nullable") is True else turned


@pytest.fixture(scope="session")
def description() -> Description:
    return Description()
