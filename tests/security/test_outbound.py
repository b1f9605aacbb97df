"""Calls to entered addresses: none reaches where it must not, whatever the address is dressed as."""

import socket
import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
import requests

from connectors.microsoft.connections import client
from connectors.microsoft.credentials import Secret
from connectors.microsoft.settings import Settings
from connectors.outbound import HERE, CheckedAdapter, CheckedTransport, Reach, may_call
from connectors.outbound import CallRefused as CallRefusedByConnector
from service.security.outbound import LARGEST, CallRefused, checked_client

NONE: frozenset[str] = frozenset()
LISTED = frozenset({"wiki.example"})

NEVER = [
    *(
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "169.254.169.254",
        "169.254.1.1",
        "168.63.129.16",
        "100.100.100.200",
    ),
    *("192.0.0.192", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.5"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "ff02::1", "fd00:ec2::254", "2001:db8::1", "::ffff:127.0.0.1"),
    *("::ffff:a9fe:a9fe", "::ffff:0.0.0.0", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
    *("2002:a9fe:a9fe::", "::127.0.0.1", "::a9fe:a9fe", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
    *("::ffff:168.63.129.16", "64:ff9b::6464:64c8", "fec0::1"),
]
INSIDE = [
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.1", "192.168.1.1", "100.64.0.1", "fc00::1"),
    *("fd12:3456::1", "::ffff:10.0.0.1", "::ffff:192.168.0.1"),
]
PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", NEVER)
def test_this_machine_and_metadata_are_never_called_also_not_for_a_listed_host(address: str) -> None:
    assert not may_call("wiki.example", address, NONE)
    assert not may_call("wiki.example", address, LISTED)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_the_house_are_for_listed_hosts_only(address: str) -> None:
    assert not may_call("other.example", address, LISTED)
    assert may_call("WIKI.example.", address, LISTED)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_free(address: str) -> None:
    assert may_call("other.example", address, NONE)


def test_metadata_is_not_called_even_if_listed_by_its_address() -> None:
    assert not may_call("169.254.169.254", "169.254.169.254", frozenset({"169.254.169.254"}))


Serve = tuple[str, list[tuple[str, str]]]


@pytest.fixture
def server() -> Iterator[Serve]:
    seen: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            seen.append((self.path, self.headers["Host"]))
            self.send_response(302 if self.path == "/away" else 200)
            if self.path == "/away":
                self.send_header("Location", "http://127.0.0.1:1/")
            if self.path == "/packed":
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(b"x" * (LARGEST + 1 if self.path == "/large" else 5))

    running = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f":{running.server_address[1]}", seen
    running.shutdown()
    running.server_close()
    thread.join()


def answers(*each: list[str]) -> Callable[[str, int], list[str]]:
    remaining = iter(each)
    return lambda host, port: next(remaining)


def test_a_name_is_resolved_once_and_the_checked_address_is_called_under_it(server: Serve) -> None:
    port, seen = server
    resolver = answers(["127.0.0.1"])  # a second question would end the test
    with checked_client("127.0.0.1", resolver=resolver) as client:
        assert client.get(f"http://wiki.example{port}/a").text == "xxxxx"
    assert seen == [("/a", f"wiki.example{port}")]


def test_a_name_that_changes_its_address_is_checked_each_time(server: Serve) -> None:
    port, seen = server
    resolver = answers(["93.184.215.14", "127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"], [])
    with checked_client("", resolver=resolver) as client:
        for _ in range(3):
            with pytest.raises(CallRefused):
                client.get(f"http://evil.example{port}/")
        with pytest.raises(httpx.ConnectError, match="has no address"):
            client.get(f"http://evil.example{port}/")
    assert seen == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_odd_spellings_of_this_machine_open_no_connection(
    host: str, monkeypatch: pytest.MonkeyPatch, server: Serve
) -> None:
    port, seen = server
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *given, **_: connected.append(given))
    with checked_client("") as client, pytest.raises((httpx.RequestError, httpx.InvalidURL)):
        client.get(f"http://{host}{port}/")
    assert (connected, seen) == ([], [])


@pytest.mark.parametrize("path", ["/large", "/packed"])
def test_answers_that_are_too_large_or_compressed_are_refused(server: Serve, path: str) -> None:
    port, _ = server
    with checked_client("127.0.0.1") as client, pytest.raises(httpx.RequestError):
        client.get(f"http://127.0.0.1{port}{path}")


def test_redirects_are_not_followed(server: Serve) -> None:
    port, seen = server
    with checked_client("127.0.0.1") as client:
        assert client.get(f"http://127.0.0.1{port}/away").status_code == 302
    assert len(seen) == 1


def corpus() -> list[str]:
    """Addresses of this machine, of metadata services and of nothing, dressed up in every way we know."""
    bare = [f"http://{f'[{one}]' if ':' in one else one}/" for one in NEVER if "%" not in one]
    spelled = [
        *(
            "2130706433",
            "017700000001",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "127.1",
            "127.0.1",
            "0",
            "0.0",
        ),
        *(
            "localhost",
            "LOCALHOST",
            "localhost.",
            "127.0.0.1.",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:7f00:1]",
        ),
        *("2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "[::ffff:169.254.169.254]"),
        *("user@127.0.0.1", "wiki.example@127.0.0.1", "127.0.0.1:25", "127.0.0.1:6379", "[::]:80"),
        *("①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"),
    ]
    return [
        *bare,
        *(f"http://{one}/" for one in spelled),
        *(f"https://{one}/latest/meta-data/" for one in spelled[:6]),
        "http://127.0.0.1#@wiki.example/",
        "http://127.0.0.1?@wiki.example/",
        "http:\\\\127.0.0.1\\",
        "http:///127.0.0.1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:6379/_INFO",
        "dict://127.0.0.1:11211/",
        "//127.0.0.1/",
        "127.0.0.1",
    ]


def test_of_all_these_addresses_none_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    urls = corpus()
    assert len(urls) >= 60
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *given, **_: connected.append(given))
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: connected.append(address))
    for url in urls:
        with (
            checked_client("wiki.example") as client,
            pytest.raises((httpx.RequestError, httpx.InvalidURL, UnicodeError)),
        ):
            client.get(url)
    assert connected == []


def watched(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *given, **_: connected.append(given))
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: connected.append(address))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return connected


def test_no_link_that_microsoft_tells_leads_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = watched(monkeypatch)
    with client(Settings("contoso.example", "app", Secret("s"))) as http:
        for url in (*corpus(), "http://10.0.0.1/", "https://192.168.1.1/"):
            with pytest.raises((CallRefusedByConnector, httpx.RequestError, httpx.InvalidURL, UnicodeError)):
                http.get(url)
    assert connected == []


def test_no_address_that_confluence_tells_leads_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = watched(monkeypatch)
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, CheckedAdapter(Reach.of("https://beispiel.atlassian.net/wiki")))
    with session:
        for url in (*corpus(), "http://10.0.0.1/", "https://192.168.1.1/"):
            with pytest.raises((CallRefusedByConnector, requests.RequestException, UnicodeError)):
                session.get(url, allow_redirects=False, timeout=2)
    assert connected == []


@pytest.mark.parametrize("host", ["127.0.0.1", "wiki.example"])
def test_what_the_settings_of_a_source_name_is_called_also_inside(server: Serve, host: str) -> None:
    port, seen = server
    own = Reach([host, *HERE], lambda *_: ["127.0.0.1"])
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", CheckedAdapter(own))
    context = ssl.create_default_context()
    with session, httpx.Client(transport=CheckedTransport(own, context, httpx.Limits())) as http:
        assert http.get(f"http://{host}{port}/a").text == "xxxxx"
        assert session.get(f"http://{host}{port}/b").text == "xxxxx"
    assert seen == [("/a", f"{host}{port}"), ("/b", f"{host}{port}")]


def test_a_name_of_the_settings_that_turns_to_this_machine_is_not_called(server: Serve) -> None:
    port, seen = server
    own = Reach.of("https://wiki.example")
    own = Reach(own.allowed, answers(["10.1.2.3", "127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]))
    with httpx.Client(transport=CheckedTransport(own, ssl.create_default_context(), httpx.Limits())) as http:
        for _ in range(3):
            with pytest.raises(CallRefusedByConnector, match=r"wiki\.example"):
                http.get(f"http://wiki.example{port}/")
    assert seen == []
