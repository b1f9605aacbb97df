"""One request and its fate: waiting as asked, trying again, giving up, and never telling the token to strangers."""

import json
import logging
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import MaxRetryError, SSLError
from urllib3.response import HTTPResponse

from connectors.confluence.settings import Flavour, Settings
from connectors.confluence.transport import LONGEST_WAIT, TIMEOUT, TRIES, TimeoutAdapter, Transport
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotThere,
    SourceBusy,
    SourceUnreachable,
)
from connectors.outbound import Reach
from connectors.throttle import Throttle

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
JSON = {"Content-Type": "application/json"}


class Script(BaseAdapter):
    """Answers from a script; the last line repeats."""

    def __init__(self, *lines):
        super().__init__()
        self.lines = list(lines)
        self.sent = []
        self.lock = threading.Lock()

    def send(self, request, **kwargs):
        with self.lock:
            self.sent.append(request)
            line = self.lines[0] if len(self.lines) == 1 else self.lines.pop(0)
        if isinstance(line, Exception):
            raise line
        status, headers, body = line
        raw = HTTPResponse(body=body, status=status, headers=headers, preload_content=False)
        response = requests.Response()
        response.status_code, response.headers, response.raw = (
            status,
            requests.structures.CaseInsensitiveDict(headers),
            raw,
        )
        response._content, response.url, response.request = body, request.url, request
        return response

    def close(self):
        pass


def good(body=b'{"results":[]}'):
    return (200, JSON, body)


def busy(after=None, status=429):
    return (status, JSON | ({"Retry-After": after} if after is not None else {}), b"{}")


@pytest.fixture
def line(bench):
    """Builds a transport over a script; gives transport, script and clock."""
    made = []

    def build(
        *lines, base="https://wiki.example/confluence", flavour=Flavour.DATA_CENTER, chance=0.5, **more
    ):
        script, clock = Script(*lines), bench.clock()
        settings = Settings(base=base, flavour=flavour, token="secret", **more)
        transport = Transport(
            settings,
            adapter=lambda: script,
            clock=clock,
            sleep=clock.sleep,
            now=lambda: NOW + timedelta(seconds=clock()),
            chance=lambda: chance,
        )
        made.append(transport)
        return transport, script, clock

    yield build
    for transport in made:
        transport.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("2.5", 2.5),
        (format_datetime(NOW + timedelta(seconds=12), usegmt=True), 12),
        ("0", 0.5),
        (format_datetime(NOW - timedelta(seconds=12), usegmt=True), 0.5),
        (None, 0.5),
        ("soon", 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_is_what_the_platform_asks_else_backed_off(line, header, seconds, status):
    transport, script, clock = line(busy(header, status), good())
    transport.get("rest/api/space")
    assert sum(clock.slept) == pytest.approx(seconds)
    assert len(script.sent) == transport.sent == 2


def test_back_off_grows_with_full_jitter_up_to_a_cap(line):
    for chance, pauses in ((1.0, [1, 2, 4, 8, 16]), (0.5, [0.5, 1, 2, 4, 8])):
        transport, _, clock = line((502, {}, b""), chance=chance)
        with pytest.raises(SourceUnreachable):
            transport.get("rest/api/space")
        assert clock.slept == pauses


def test_a_pause_longer_than_the_longest_wait_is_handed_to_the_caller(line):
    transport, script, clock = line(busy(str(LONGEST_WAIT + 1)))
    with pytest.raises(SourceBusy) as told:
        transport.get("rest/api/space")
    assert told.value.seconds == LONGEST_WAIT + 1
    assert len(script.sent) == 1
    assert clock.slept == []


def test_tries_are_bounded_and_the_last_pause_is_told(line):
    transport, script, _ = line(busy("5"))
    with pytest.raises(SourceBusy) as told:
        transport.get("rest/api/space")
    assert (len(script.sent), told.value.seconds) == (TRIES, 5)


def test_nobody_asks_while_the_platform_wants_a_pause(line):
    """Eight workers, one of them refused: until the pause is over no request is sent by any."""
    transport, _, clock = line(good())
    times = []

    def ask(_):
        transport.get("rest/api/space")
        times.append(clock())

    with transport.throttle.turn() as began:
        transport.throttle.refused(began, 10)
    list(transport.each(ask, range(8)))
    assert len(times) == 8
    assert min(times) >= 10


def test_the_width_narrows_on_refusals_and_widens_on_answers():
    throttle = Throttle(8, clock=iter(range(1000)).__next__, sleep=lambda _: None)
    for width in (4, 2, 1, 1):
        with throttle.turn() as began:
            throttle.refused(began, 0)
        assert throttle.width == width
    for _ in range(20):
        throttle.answered()
    assert throttle.width == 2


def test_refusals_of_requests_already_under_way_narrow_once():
    throttle = Throttle(8, clock=iter(range(1000)).__next__, sleep=lambda _: None)
    with throttle.turn() as first, throttle.turn() as second:
        throttle.refused(first, 0)
        throttle.refused(second, 0)
    assert throttle.width == 4


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((401, JSON, b"{}"), AccessDenied),
        ((403, JSON, b"{}"), AccessDenied),
        ((404, JSON, b"{}"), NotThere),
        ((501, JSON, b"{}"), NotThere),
        ((410, JSON, b"{}"), CursorExpired),
        ((418, JSON, b"{}"), BadAnswer),
        ((400, JSON, b"{}"), BadAnswer),
        ((302, {"Location": "https://evil.example/"}, b""), Misconfigured),
        ((302, {"Location": "/login.action?os_destination=x"}, b""), AccessDenied),
    ],
)
def test_an_answer_that_will_not_change_is_not_asked_for_again(line, answer, error):
    transport, script, _ = line(answer)
    with pytest.raises(error):
        transport.get("rest/api/space")
    assert len(script.sent) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (good(b""), BadAnswer),
        (good(b'{"results":['), BadAnswer),
        (good(b'"text"'), BadAnswer),
        ((200, {"Content-Type": "text/html"}, b"<html>private</html>"), BadAnswer),
        ((500, JSON, b"{}"), SourceUnreachable),
        ((502, {"Content-Type": "text/html"}, b"<html>private</html>"), SourceUnreachable),
        ((504, {}, b""), SourceUnreachable),
        (requests.exceptions.ConnectionError("private"), SourceUnreachable),
        (requests.exceptions.ChunkedEncodingError("private"), SourceUnreachable),
        (requests.exceptions.ReadTimeout("private"), SourceUnreachable),
    ],
)
def test_an_answer_that_may_change_is_asked_for_again_and_then_told_without_its_text(line, answer, error):
    transport, script, _ = line(answer)
    with pytest.raises(error) as told:
        transport.get("rest/api/space")
    assert len(script.sent) == TRIES
    assert "private" not in str(told.value)
    transport, script, _ = line(answer, answer, good())
    assert transport.get("rest/api/space") == {"results": []}


def test_a_400_is_an_expired_cursor_only_where_a_cursor_was_sent(line):
    transport, *_ = line((400, JSON, b"{}"))
    with pytest.raises(CursorExpired):
        transport.get("api/v2/pages", {"cursor": "old"})
    with pytest.raises(BadAnswer):
        transport.get("api/v2/pages", {"limit": 5})


def test_json_of_another_content_type_is_still_json(line):
    transport, *_ = line((200, {"Content-Type": "text/plain"}, b"[1]"))
    assert transport.get("rest/api/space") == [1]


def test_an_untrusted_certificate_says_how_to_mend_it(line):
    refused = ssl.SSLCertVerificationError("private")
    transport, script, _ = line(requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(refused))))
    with pytest.raises(Misconfigured, match="ca_file"):
        transport.get("rest/api/space")
    assert len(script.sent) == 1


def test_a_connection_cut_off_under_tls_is_no_matter_of_certificates(line):
    cut = ssl.SSLEOFError("private")
    transport, script, _ = line(requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(cut))), good())
    assert transport.get("rest/api/space") == {"results": []}
    assert len(script.sent) == 2


def test_a_pause_told_to_somebody_else_is_not_sat_out_for_ever(line):
    transport, script, clock = line(good())
    with transport.throttle.turn() as began:
        transport.throttle.refused(began, 10 * LONGEST_WAIT)
    with pytest.raises(SourceBusy) as told:
        transport.get("rest/api/space")
    assert (script.sent, clock.slept) == ([], [])
    assert told.value.seconds == 10 * LONGEST_WAIT


def test_a_redirect_is_never_followed(line):
    transport, script, _ = line((307, {"Location": "https://evil.example/rest"}, b""), good())
    with pytest.raises(Misconfigured, match=r"evil\.example"):
        transport.get("rest/api/space")
    assert [request.url for request in script.sent] == ["https://wiki.example/confluence/rest/api/space"]


@pytest.mark.parametrize(
    ("flavour", "base", "path", "url"),
    [
        (
            Flavour.CLOUD,
            "https://acme.atlassian.net/wiki",
            "api/v2/pages",
            "https://acme.atlassian.net/wiki/api/v2/pages",
        ),
        (
            Flavour.CLOUD,
            "http://127.0.0.1:9/wiki",
            "rest/api/search",
            "http://127.0.0.1:9/wiki/rest/api/search",
        ),
        (
            Flavour.CLOUD,
            "https://api.atlassian.com/ex/confluence/1-2/wiki",
            "api/v2/pages",
            "https://api.atlassian.com/ex/confluence/1-2/wiki/api/v2/pages",
        ),
        (
            Flavour.DATA_CENTER,
            "https://host/confluence",
            "rest/api/space",
            "https://host/confluence/rest/api/space",
        ),
        (
            Flavour.DATA_CENTER,
            "https://host:8443",
            "rest/likes/1.0/content/1/likes",
            "https://host:8443/rest/likes/1.0/content/1/likes",
        ),
    ],
)
def test_paths_hang_on_the_base_whatever_the_library_makes_of_addresses(line, flavour, base, path, url):
    transport, script, _ = line(good(), base=base, flavour=flavour)
    transport.get(path)
    assert script.sent[0].url == url


@pytest.mark.parametrize("flavour", list(Flavour))
def test_a_token_travels_as_bearer_and_with_a_user_as_basic(line, flavour):
    transport, script, _ = line(good(), flavour=flavour)
    transport.get("rest/api/space")
    assert script.sent[0].headers["Authorization"] == "Bearer secret"
    transport, script, _ = line(good(), flavour=flavour, user="ada@example.org")
    transport.get("rest/api/space")
    assert script.sent[0].headers["Authorization"].startswith("Basic ")


def test_every_worker_has_a_session_of_its_own(line):
    transport, *_ = line(good())
    gate = threading.Barrier(4, timeout=10)

    def ask(_):
        transport.get("rest/api/space")
        gate.wait()
        return id(transport._own.client._session)

    assert len({session for _, session in transport.each(ask, range(4))}) == 4


def test_answers_come_in_the_order_of_the_questions_and_errors_as_values(line):
    transport, *_ = line(good())

    def ask(number):
        if number % 3 == 0:
            raise NotThere(str(number))
        return number

    told = list(transport.each(ask, range(50)))
    assert [thing for thing, _ in told] == list(range(50))
    assert all(isinstance(answer, ConnectorError) is (thing % 3 == 0) for thing, answer in told)


def test_what_concerns_the_whole_source_is_raised(line):
    transport, *_ = line(requests.exceptions.ConnectionError())
    with pytest.raises(SourceUnreachable):
        list(transport.each(lambda _: transport.get("rest/api/space"), range(3)))


def test_timeouts_are_enforced_whatever_the_library_passes(monkeypatch):
    passed = {}
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter, "send", lambda self, request, **more: passed.update(more)
    )
    TimeoutAdapter(Reach([])).send(requests.Request("GET", "https://x/").prepare(), timeout=75)
    assert passed["timeout"] == TIMEOUT


@pytest.mark.parametrize("level", [logging.NOTSET, logging.DEBUG])
def test_the_library_never_logs_answers(line, caplog, level):
    for name in ("atlassian", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(level)
    transport, *_ = line(good(json.dumps({"results": [{"displayName": "Ada"}]}).encode()))
    with caplog.at_level(logging.DEBUG):
        transport.get("rest/api/space")
    assert "Ada" not in caplog.text
    assert "Bearer" not in caplog.text
    assert logging.getLogger("urllib3.connectionpool").level == logging.INFO


def test_closing_ends_a_pause_at_once(bench):
    script = Script(busy("600"))
    transport = Transport(
        Settings(base="https://x", flavour=Flavour.CLOUD, token="secret"), adapter=lambda: script
    )
    asked = transport.ahead(lambda: transport.get("api/v2/pages"))
    while not script.sent:
        pass
    transport.close()
    assert isinstance(asked.exception(timeout=5), SourceUnreachable)
