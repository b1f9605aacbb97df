"""What the proxy does to the bytes of an answer, seen from a bare socket."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from benchmarks.fault_proxy import FaultProxy, Script, Trouble, Way

BODY = b"0123456789" * 20
ASK = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *given: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(BODY)

        def do_POST(self) -> None:
            given = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Length", str(len(given)))
            self.end_headers()
            self.wfile.write(given)

    running = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()
    thread.join()


def connect(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(proxy.origin.rpartition(":")[2])), timeout=5)


def until_end(sock: socket.socket) -> bytes:
    parts = []
    while part := sock.recv(4096):
        parts.append(part)
    return b"".join(parts)


def whole(sock: socket.socket, body: bytes = BODY) -> bytes:
    found = b""
    while not found.endswith(body):
        part = sock.recv(4096)
        assert part, found
        found += part
    return found


def always(way: Way, amount: float = 0.0) -> Script:
    return Script([Trouble(way, amount)], chance=1.0)


def test_an_unspoilt_connection_carries_one_request_after_the_other(origin: str) -> None:
    with FaultProxy(origin) as proxy, connect(proxy) as sock:
        for _ in range(2):
            sock.sendall(ASK)
            assert b"connection: close" not in whole(sock).lower()
        sock.sendall(b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
        assert whole(sock, b"abc").startswith(b"HTTP/1.1 201")
    assert [call.line for call in proxy.calls] == ["GET /a HTTP/1.1"] * 2 + ["POST /b HTTP/1.1"]
    assert [(call.status, call.retry_after) for call in proxy.calls] == [(200, "7")] * 2 + [(201, None)]


def test_a_reset_before_the_answer_gives_no_byte(origin: str) -> None:
    with FaultProxy(origin, always(Way.RESET)) as proxy, connect(proxy) as sock:
        sock.sendall(ASK)
        with pytest.raises(ConnectionResetError):
            sock.recv(4096)
    assert [call.status for call in proxy.calls] == [0]


def test_a_reset_within_the_answer_comes_after_its_first_half(origin: str) -> None:
    with FaultProxy(origin, always(Way.RESET_WITHIN, 0.5)) as proxy, connect(proxy) as sock:
        sock.sendall(ASK)
        found = sock.recv(4096)
        assert found.startswith(b"HTTP/1.1 200")
        assert not found.endswith(BODY)
        with pytest.raises(ConnectionResetError):
            until_end(sock)


def test_a_truncated_answer_ends_in_order(origin: str) -> None:
    with FaultProxy(origin, always(Way.TRUNCATION, 0.9)) as proxy, connect(proxy) as sock:
        sock.sendall(ASK)
        found = until_end(sock)
    assert found.startswith(b"HTTP/1.1 200")
    assert BODY[:50] in found
    assert not found.endswith(BODY)


def test_a_slow_drip_gives_single_bytes(origin: str) -> None:
    with FaultProxy(origin, always(Way.DRIP, 0.01)) as proxy, connect(proxy) as sock:
        sock.sendall(ASK)
        assert [len(sock.recv(4096)) for _ in range(5)] == [1] * 5


def test_half_open_is_silent_until_the_client_gives_up(origin: str) -> None:
    with FaultProxy(origin, always(Way.HALF_OPEN)) as proxy, connect(proxy) as sock:
        sock.sendall(ASK)
        sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            sock.recv(1)


@pytest.mark.parametrize(("way", "amount"), [(Way.LATENCY, 0.1), (Way.BANDWIDTH, 2000.0)])
def test_latency_and_bandwidth_slow_a_whole_answer_down(origin: str, way: Way, amount: float) -> None:
    with FaultProxy(origin, always(way, amount)) as proxy, connect(proxy) as sock:
        started = time.monotonic()
        sock.sendall(ASK)
        assert whole(sock).endswith(BODY)
        assert time.monotonic() - started >= 0.1


def test_the_same_seed_spoils_the_same_answers_and_as_many_as_said() -> None:
    def drawn(seed: int) -> list[Trouble | None]:
        script = Script([Trouble(Way.RESET), Trouble(Way.DRIP)], seed=seed, spared=3)
        return [script.draw() for _ in range(1003)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn(1)[:3] == [None] * 3
    assert 250 <= sum(one is not None for one in drawn(1)) <= 350


def test_stopping_ends_connections_and_leaves_no_socket_or_thread(origin: str) -> None:
    proxy = FaultProxy(origin, always(Way.HALF_OPEN)).start()
    with connect(proxy) as sock:
        sock.sendall(ASK)
        while not proxy.calls:
            time.sleep(0.005)
        proxy.stop()
        proxy.stop()
        assert sock.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    assert not [one for one in threading.enumerate() if one.name == "fault-proxy"]


def test_a_connection_that_was_just_accepted_is_closed_with_the_others(origin: str) -> None:
    def ended(sock: socket.socket) -> bool:
        try:
            return sock.recv(1) == b""
        except ConnectionResetError:
            return True

    with ExitStack() as opened:
        proxy = FaultProxy(origin).start()
        connected = [opened.enter_context(connect(proxy)) for _ in range(6)]
        proxy.stop()
        assert all(map(ended, connected))
