"""One request and its fate: waiting as asked, renewing the token, giving up, and never telling the token to strangers."""

import base64
import json
import logging
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

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
from connectors.microsoft.answers import ServerFailed, Unsupported, place
from connectors.microsoft.credentials import Certificate, Secret
from connectors.microsoft.patience import LONGEST_WAIT, TRIES
from connectors.microsoft.settings import USER_AGENT, Settings
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Transport

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GRAPH = "https://graph.example"
V1 = GRAPH + "/v1.0"
TENANT = "99999999-8888-7777-6666-555555555555"
LOGIN = "https://login.example"


class Clock:
    """Seconds that only sleeping moves on."""

    def __init__(self):
        self.seconds = 0.0
        self.slept = []
        self.lock = threading.Lock()

    def __call__(self):
        return self.seconds

    def sleep(self, seconds):
        with self.lock:
            self.slept.append(seconds)
            self.seconds += seconds


class Wire:
    """Answers the sign-in by itself, everything else from a script whose last line repeats, or by a function."""

    def __init__(self, *lines):
        self.lines = list(lines)
        self.sent = []
        self.tokens = 0
        self.claims = []
        self.scopes = []
        self.lock = threading.Lock()

    def __call__(self, request):
        with self.lock:
            if str(request.url).startswith(LOGIN):
                return self.sign_in(request)
            self.sent.append(request)
            line = self.lines[0] if len(self.lines) == 1 else self.lines.pop(0)
        if isinstance(line, Exception):
            raise line
        return line(request) if callable(line) else line

    def sign_in(self, request):
        assert request.headers["User-Agent"] == USER_AGENT
        if request.method == "GET":
            base = f"{LOGIN}/{TENANT}/oauth2/v2.0"
            answer = {"token_endpoint": base + "/token", "authorization_endpoint": base + "/authorize"}
            return httpx.Response(200, json=answer)
        self.tokens += 1
        form = httpx.QueryParams(request.content.decode())
        self.scopes.append(form["scope"])
        self.claims.append(json.loads(form["claims"])["access_token"])
        body = {"access_token": f"token{self.tokens}", "expires_in": 3600, "token_type": "Bearer"}
        return httpx.Response(200, json=body)

    @property
    def authorisations(self):
        return [request.headers.get("Authorization") for request in self.sent]


def good(**body):
    return httpx.Response(200, json=body or {"value": []})


def busy(after=None, status=429, reset=None):
    headers = {"Retry-After": after, "RateLimit-Reset": reset}
    return httpx.Response(
        status, headers={name: value for name, value in headers.items() if value is not None}, json={}
    )


def failing(status, code=None, inner=None, **headers):
    error = {"code": code or "x", "message": "Ada Lovelace may not", "innerError": {"code": inner}}
    return httpx.Response(status, json={"error": error}, headers=headers)


@pytest.fixture
def line():
    """Builds a transport over a script; gives transport, wire and clock."""
    made = []

    def build(*lines, chance=0.5, **more):
        wire, clock = Wire(*lines), Clock()
        common = {
            "tenant": TENANT,
            "client_id": "app",
            "credential": Secret("s3cret"),
            "authority": LOGIN,
            "graph_url": GRAPH,
        }
        transport = Transport(
            Settings(**(common | more)),
            http=httpx.MockTransport(wire),
            clock=clock,
            sleep=clock.sleep,
            now=lambda: NOW + timedelta(seconds=clock()),
            chance=lambda: chance,
        )
        made.append(transport)
        return transport, wire, clock

    yield build
    for transport in made:
        transport.close()


def get(transport, path="/users", **more):
    return transport.get(Resource.GRAPH, path, **more)


# -- waiting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "reset", "seconds"),
    [
        ("7", None, 7),
        ("7", "31", 31),
        ("31", "7", 31),
        (None, "12", 12),
        ("2.5", None, 2.5),
        (format_datetime(NOW + timedelta(seconds=12), usegmt=True), "3", 12),
        ("0", None, 0.5),
        (format_datetime(NOW - timedelta(seconds=12), usegmt=True), None, 0.5),
        (None, None, 0.5),
        ("soon", "nan", 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_is_the_larger_of_what_the_platform_asks_else_backed_off(
    line, after, reset, seconds, status
):
    transport, wire, clock = line(busy(after, status, reset), good())
    assert get(transport) == {"value": []}
    assert clock.slept == [seconds]
    assert len(wire.sent) == 2


def test_back_off_doubles_and_is_jittered(line):
    transport, _, clock = line(*[failing(502)] * (TRIES - 1), good(), chance=1.0)
    get(transport)
    assert clock.slept == [1, 2, 4, 8, 16]
    transport, _, clock = line(*[failing(502)] * (TRIES - 1), good(), chance=0.0)
    get(transport)
    assert clock.slept == [0.05] * 5


def test_a_pause_holds_for_every_worker_of_the_resource_and_for_no_other(line):
    transport, wire, clock = line(busy("30"), good())
    get(transport)
    assert clock.slept == [30]
    transport.throttles[Resource.GRAPH].refused(clock(), 10)
    transport.ask("GET", Resource.MANAGEMENT, "/x")
    assert clock.slept == [30]
    get(transport)
    assert clock.slept == [30, 10]
    assert len(wire.sent) == 4


def test_a_pause_beyond_the_cap_ends_the_request_and_those_behind_it(line):
    transport, wire, clock = line(busy(str(LONGEST_WAIT + 1)))
    for _ in range(2):
        with pytest.raises(SourceBusy) as caught:
            get(transport)
        assert caught.value.seconds == LONGEST_WAIT + 1
    assert clock.slept == []
    assert len(wire.sent) == 1


def test_waiting_in_all_never_exceeds_the_cap(line):
    transport, _, clock = line(busy("400"))
    with pytest.raises(SourceBusy):
        get(transport)
    assert sum(clock.slept) <= LONGEST_WAIT


def test_a_platform_that_refuses_for_ever_is_left_with_its_own_pause(line):
    transport, wire, _ = line(busy("9"))
    with pytest.raises(SourceBusy) as caught:
        get(transport)
    assert caught.value.seconds == 9
    assert len(wire.sent) == TRIES


@pytest.mark.parametrize(
    ("remaining", "reset", "seconds"), [("0", "15", [15]), ("3", "15", []), ("0", "5000", [])]
)
def test_a_used_up_quota_is_rested_before_the_next_request(line, remaining, reset, seconds):
    spent = httpx.Response(200, json={}, headers={"RateLimit-Remaining": remaining, "RateLimit-Reset": reset})
    transport, _, clock = line(spent, good())
    get(transport)
    assert clock.slept == []
    get(transport)
    assert clock.slept == seconds


@given(
    answers=st.lists(
        st.tuples(st.sampled_from([429, 500, 502, 503, 504]), st.none() | st.integers(0, 2000)), max_size=8
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_refused_sleeping_stays_within_the_cap(answers):
    wire = Wire(*[busy(None if after is None else str(after), status) for status, after in answers], good())
    clock = Clock()
    transport = Transport(
        Settings(TENANT, "app", Secret("s"), authority=LOGIN, graph_url=GRAPH),
        http=httpx.MockTransport(wire),
        clock=clock,
        sleep=clock.sleep,
        now=lambda: NOW,
        chance=lambda: 1.0,
    )
    try:
        assert get(transport) == {"value": []}
        assert len(wire.sent) == len(answers) + 1
    except (SourceBusy, SourceUnreachable):
        assert len(wire.sent) <= TRIES
    finally:
        transport.close()
    assert sum(clock.slept) <= LONGEST_WAIT


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error", "tries"),
    [
        (failing(403), AccessDenied, 1),
        (failing(402), AccessDenied, 1),
        (failing(423), AccessDenied, 1),
        (failing(404), NotThere, 1),
        (failing(405), Unsupported, 1),
        (failing(501), Unsupported, 1),
        (failing(400), BadAnswer, 1),
        (failing(409), BadAnswer, 1),
        (failing(410), CursorExpired, 1),
        (failing(404, "syncStateNotFound"), CursorExpired, 1),
        (failing(400, "badRequest", "resyncChangesApplyDifferences"), CursorExpired, 1),
        (failing(403, "accessDenied", "resyncRequired"), CursorExpired, 1),
        (failing(400, "Directory_ExpiredPageToken"), CursorExpired, 1),
        (failing(500), ServerFailed, TRIES),
        (failing(502), SourceUnreachable, TRIES),
        (failing(503), SourceUnreachable, TRIES),
        (failing(408), SourceUnreachable, TRIES),
        (httpx.ConnectTimeout("x"), SourceUnreachable, TRIES),
        (httpx.RemoteProtocolError("peer closed"), SourceUnreachable, TRIES),
        (httpx.ReadTimeout("x"), SourceUnreachable, TRIES),
        (httpx.Response(200, html="<html>Ada's proxy</html>"), BadAnswer, TRIES),
        (httpx.Response(200, text='{"value": ['), BadAnswer, TRIES),
        (httpx.Response(200, text=" "), BadAnswer, TRIES),
        (httpx.Response(200, text="7"), BadAnswer, TRIES),
        (httpx.Response(200, json=[1]), BadAnswer, 1),
        (httpx.Response(302, headers={"Location": "https://evil.example/x"}), Misconfigured, 1),
        (httpx.Response(302, headers={"Location": LOGIN + "/sign"}), AccessDenied, 1),
    ],
)
def test_every_failure_has_its_error_and_number_of_tries(line, answer, error, tries):
    transport, wire, _ = line(answer)
    with pytest.raises(error) as caught:
        get(transport, "/users/ada@contoso.example/manager")
    assert type(caught.value) is error
    assert len(wire.sent) == tries
    message = str(caught.value)
    assert "/users/…/manager" in message
    for personal in ("ada", "Ada", "contoso"):
        assert personal not in message


def test_failing_answers_can_be_given_up_sooner(line):
    transport, wire, _ = line(failing(500))
    with pytest.raises(ServerFailed):
        get(transport, tries=2)
    assert len(wire.sent) == 2


def test_an_expired_link_tells_where_to_read_on(line):
    fresh = V1 + "/drives/d/root/delta?token=fresh"
    transport, _, _ = line(failing(410, inner="resyncChangesUploadDifferences", Location=fresh))
    with pytest.raises(CursorExpired) as caught:
        get(transport, "/drives/d/root/delta?token=old")
    assert caught.value.location == fresh


def test_an_expired_link_does_not_lead_to_other_hosts(line):
    transport, _, _ = line(failing(410, Location="https://evil.example/delta"))
    with pytest.raises(CursorExpired) as caught:
        get(transport)
    assert caught.value.location is None
    gone = Batches(lambda *_: (410, {"Location": "https://evil.example/delta"}, {}))
    transport, _, _ = line(gone)
    assert transport.batch([("a", "/users/delta")])["a"].location is None


def test_a_server_whose_certificate_is_not_trusted_is_told_at_once(line):
    import ssl

    untrusted = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")
    untrusted.__cause__ = ssl.SSLCertVerificationError("self-signed")
    transport, wire, _ = line(untrusted)
    with pytest.raises(Misconfigured, match="ca_file"):
        get(transport)
    assert len(wire.sent) == 1


def test_an_answer_without_content_is_no_failure(line):
    transport, _, _ = line(httpx.Response(204))
    answer = transport.ask("POST", Resource.MANAGEMENT, "/subscriptions/start", json={})
    assert (answer.status, answer.body) == (204, None)


def test_closing_ends_a_pause(line):
    wire = Wire(busy("600"))
    transport = Transport(
        Settings(TENANT, "app", Secret("s"), authority=LOGIN, graph_url=GRAPH),
        http=httpx.MockTransport(wire),
    )
    started = transport.submit(lambda: get(transport))
    while not wire.sent:
        pass
    transport.close()
    with pytest.raises(SourceUnreachable, match="closed"):
        started.result(5)


# -- tokens ------------------------------------------------------------------------------------------------------------


def challenge(claims, **more):
    coded = base64.b64encode(json.dumps(claims).encode()).decode()
    header = f'Bearer realm="", authorization_uri="x", error="insufficient_claims", claims="{coded}"'
    return httpx.Response(401, json={}, headers={"WWW-Authenticate": header} | more)


def test_a_token_that_was_refused_is_renewed_once(line):
    transport, wire, clock = line(failing(401), good())
    get(transport)
    assert wire.authorisations == ["Bearer token1", "Bearer token2"]
    assert clock.slept == []


def test_a_token_that_is_refused_again_is_an_error_with_a_remedy(line):
    transport, wire, _ = line(failing(401))
    with pytest.raises(AccessDenied, match="enabled"):
        get(transport)
    assert wire.tokens == 2
    assert len(wire.sent) == 2


def test_claims_of_a_challenge_go_into_the_new_token(line):
    wanted = {"access_token": {"nbf": {"essential": True, "value": "1604106651"}}}
    transport, wire, _ = line(challenge(wanted), good())
    get(transport)
    assert wire.authorisations == ["Bearer token1", "Bearer token2"]
    assert wire.claims[1]["nbf"] == wanted["access_token"]["nbf"]
    assert "nbf" not in wire.claims[0]


def test_an_expired_token_may_be_followed_by_a_challenge(line):
    wanted = {"access_token": {"nbf": {"value": "7"}}}
    transport, wire, _ = line(failing(401), challenge(wanted), good())
    get(transport)
    assert wire.tokens == 3


def test_a_challenge_that_is_never_content_ends(line):
    transport, wire, _ = line(challenge({"access_token": {}}))
    with pytest.raises(AccessDenied):
        get(transport)
    assert wire.tokens == 2


@pytest.mark.parametrize(
    "header",
    [
        'Bearer claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7InZhbHVlIjoiPz8_In19fQ"',
        'Bearer claims="{\\"access_token\\":{\\"nbf\\":{\\"value\\":\\"???\\"}}}"',
    ],
)
def test_claims_are_read_in_each_way_they_are_written(line, header):
    transport, wire, _ = line(httpx.Response(401, json={}, headers={"WWW-Authenticate": header}), good())
    get(transport)
    assert wire.claims[1]["nbf"]["value"] == "???"


@pytest.mark.parametrize("header", ['Bearer claims="%%%"', 'Bearer claims="bm8="', "Bearer", ""])
def test_claims_that_cannot_be_read_are_none(line, header):
    transport, wire, _ = line(httpx.Response(401, json={}, headers={"WWW-Authenticate": header}), good())
    get(transport)
    assert wire.tokens == 2
    assert set(wire.claims[1]) == {"xms_cc"}


def test_a_revocation_costs_one_new_token_however_many_are_under_way(line):
    def only_second(request):
        return good() if request.headers["Authorization"] == "Bearer token2" else failing(401)

    transport, wire, _ = line(only_second)
    list(transport.each(lambda n: get(transport, f"/groups/{n}"), range(20)))
    assert wire.tokens == 2


def test_every_request_names_itself_as_sharepoint_asks(line):
    transport, wire, _ = line(good(), good(responses=[]))
    get(transport, headers={"Prefer": "odata.maxpagesize=5"})
    assert wire.sent[0].headers["User-Agent"] == USER_AGENT == "NONISV|Resonanz|Resonanz/0.1"
    assert wire.sent[0].headers["Prefer"] == "odata.maxpagesize=5"
    assert wire.sent[0].headers["Accept"] == "application/json"


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_parameters_are_added_to_what_a_path_carries(line):
    transport, wire, _ = line(good())
    get(transport, "/users/delta?$select=id", params={"$top": "5", "$filter": "a eq 'b c'"})
    assert wire.sent[0].url.raw_path == b"/v1.0/users/delta?$select=id&$top=5&$filter=a%20eq%20'b%20c'"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1.0/users",
        "http://graph.example/v1.0/users",
        "https://graph.example:444/v1.0/users",
        "https://graph.example@evil.example/v1.0/users",
    ],
)
def test_a_token_never_travels_to_another_host(line, url):
    transport, wire, _ = line(good())
    with pytest.raises(BadAnswer, match="another host"):
        get(transport, url)
    assert wire.sent == []


def test_sharepoint_is_found_by_the_root_site_and_asked_there(line, tmp_path):
    transport, wire, _ = line(good(webUrl="https://Contoso.sharepoint.com/"))
    assert transport.sharepoint_url() == "https://contoso.sharepoint.com"
    assert wire.sent[0].url.path == "/v1.0/sites/root"
    assert transport.sharepoint_url() == "https://contoso.sharepoint.com"
    assert len(wire.sent) == 1


@pytest.mark.parametrize("site", ["contoso.sharepoint.com,1,2", "https://contoso.sharepoint.com/sites/hr"])
def test_sharepoint_is_found_by_a_chosen_site_without_asking(line, site):
    transport, wire, _ = line(good(), sites=(site,))
    assert transport.sharepoint_url() == "https://contoso.sharepoint.com"
    assert wire.sent == []


def test_a_secret_does_not_reach_sharepoint(line):
    transport, wire, _ = line(good(), sharepoint_url="https://contoso.sharepoint.com")
    with pytest.raises(AccessDenied, match="certificate"):
        transport.get(Resource.SHAREPOINT, "/sites/hr/_api/web")
    assert wire.sent == []


@pytest.fixture(scope="module")
def certificate():
    from service.demo.microsoft.certificates import self_signed

    key, public = self_signed("resonanz")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = public.public_bytes(serialization.Encoding.PEM)
    return Certificate(private.decode(), pem.decode(), public.not_valid_after_utc)


def test_sharepoint_in_another_region_has_a_token_of_its_own(line, certificate):
    home, away = "https://contoso.sharepoint.com/sites/a", "https://contosoeur.sharepoint.com/sites/b"
    elsewhere = {"value": [], "odata.nextLink": home + "/_api/more"}
    transport, wire, _ = line(
        good(),
        good(),
        failing(401),
        good(),
        good(**elsewhere),
        sharepoint_url=home[:30],
        credential=certificate,
    )
    for url in (home, away, away):
        transport.get(Resource.SHAREPOINT, url + "/_api/web")
    assert wire.authorisations == ["Bearer token1", "Bearer token2", "Bearer token2", "Bearer token3"]
    assert wire.scopes[:3] == [
        "https://contoso.sharepoint.com/.default",
        "https://contosoeur.sharepoint.com/.default",
        "https://contosoeur.sharepoint.com/.default",
    ]
    with pytest.raises(BadAnswer, match="another host"):
        list(transport.pages(Resource.SHAREPOINT, away + "/_api/list"))


@pytest.mark.parametrize(
    "url",
    [
        "https://fabrikam.sharepoint.com/sites/a",
        "https://contoso-evil.sharepoint.com/",
        "http://contosoeur.sharepoint.com/",
        "https://contosoeur.sharepoint.com:8443/",
        "https://contosoeur.sharepoint.com.evil.example/",
        "https://contosoeur.example/",
    ],
)
def test_other_hosts_are_no_regions(line, certificate, url):
    transport, wire, _ = line(good(), sharepoint_url="https://contoso.sharepoint.com", credential=certificate)
    with pytest.raises(BadAnswer, match="another host"):
        transport.get(Resource.SHAREPOINT, url)
    assert wire.sent == []


# -- listings ----------------------------------------------------------------------------------------------------------


def test_a_listing_is_followed_by_its_own_links_as_they_are(line):
    def answer(request):
        token = request.url.params.get("$skiptoken")
        if token is None:
            assert request.url.params["$top"] == "2"
            return good(value=[{"id": 1}], **{"@odata.nextLink": V1 + "/users/delta?$skiptoken=a%2Bb%3D%3D"})
        assert request.url.raw_path == b"/v1.0/users/delta?$skiptoken=a%2Bb%3D%3D"
        return good(value=[{"id": 2}], **{"@odata.deltaLink": V1 + "/users/delta?$deltatoken=z"})

    transport, _, _ = line(answer)
    first, last = transport.pages(Resource.GRAPH, "/users/delta", {"$top": "2"})
    assert [item["id"] for page in (first, last) for item in page.items] == [1, 2]
    assert first.next == last.url == V1 + "/users/delta?$skiptoken=a%2Bb%3D%3D"
    assert (first.delta, last.next) == (None, None)
    assert last.delta == V1 + "/users/delta?$deltatoken=z"


def test_a_listing_of_sharepoint_names_its_link_otherwise(line):
    page = {"value": [{"id": 1}], "odata.nextLink": "comments?$skip=1"}
    transport, _, _ = line(good(**page), good(value=[{"id": 2}]))
    pages = list(transport.pages(Resource.GRAPH, "/web/comments"))
    assert [page.url for page in pages] == [V1 + "/web/comments", V1 + "/web/comments?$skip=1"]


def test_a_listing_that_leads_in_a_circle_ends(line):
    transport, wire, _ = line(good(value=[], **{"@odata.nextLink": V1 + "/groups?$skiptoken=a"}))
    with pytest.raises(BadAnswer, match="circle"):
        list(transport.pages(Resource.GRAPH, "/groups"))
    assert len(wire.sent) == 2


def test_a_listing_that_leads_elsewhere_ends_before_it_is_followed(line):
    transport, wire, _ = line(good(value=[{}], **{"@odata.nextLink": "https://evil.example/groups"}))
    with pytest.raises(BadAnswer, match="another host"):
        list(transport.pages(Resource.GRAPH, "/groups"))
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", [{"values": []}, {"value": None}, {"value": [7]}, {"value": "x"}])
def test_a_listing_without_items_is_no_empty_listing(line, body):
    transport, _, _ = line(good(**body))
    with pytest.raises(BadAnswer, match="without its items"):
        list(transport.pages(Resource.GRAPH, "/groups"))


# -- batches -----------------------------------------------------------------------------------------------------------


class Batches:
    """Answers what a `$batch` asks by a rule from (path, how often it was asked) to (status, headers, body)."""

    def __init__(self, rule):
        self.rule = rule
        self.rounds = []
        self.asked = {}

    def __call__(self, request):
        assert (request.method, request.url.path) == ("POST", "/v1.0/$batch")
        requests = json.loads(request.content)["requests"]
        self.rounds.append([one["url"] for one in requests])
        answers = []
        for one in requests:
            assert one["method"] == "GET"
            self.asked[one["url"]] = self.asked.get(one["url"], 0) + 1
            given = self.rule(one["url"], self.asked[one["url"]])
            if given is not None:
                status, headers, body = given
                answers.append({"id": one["id"], "status": status, "headers": headers, "body": body})
        return httpx.Response(200, json={"responses": answers[::-1]})


def sites(number):
    return [(str(n), f"/groups/{n}/sites/root") for n in range(number)]


def test_a_batch_asks_twenty_at_a_time(line):
    batches = Batches(lambda url, _: (200, {}, {"url": url}))
    transport, _, _ = line(batches)
    answers = transport.batch(sites(45))
    assert [len(urls) for urls in batches.rounds] == [20, 20, 5]
    assert answers == {str(n): {"url": f"/groups/{n}/sites/root"} for n in range(45)}


def test_only_what_was_refused_is_sent_again_after_the_longest_pause(line):
    def rule(url, asked):
        if asked == 1 and "/1/" in url:
            return 429, {"Retry-After": "4"}, {}
        if asked == 1 and "/3/" in url:
            return 503, {"retry-after": "9", "RateLimit-Reset": "2"}, {}
        return 200, {}, {"ok": url}

    batches = Batches(rule)
    transport, _, clock = line(batches)
    answers = transport.batch(sites(5))
    assert batches.rounds[1] == ["/groups/1/sites/root", "/groups/3/sites/root"]
    assert clock.slept == [9]
    assert all("ok" in answer for answer in answers.values())


def test_a_refusal_inside_a_batch_holds_for_every_worker(line):
    batches = Batches(lambda _, asked: (429, {"Retry-After": "30"}, {}) if asked == 1 else (200, {}, {}))
    transport, _, _ = line(batches, concurrency=8)
    transport.batch(sites(2))
    assert transport.throttles[Resource.GRAPH].width == 4


def test_an_answer_inside_a_batch_that_is_no_object_is_asked_for_again(line):
    batches = Batches(lambda url, asked: (200, {}, "PGh0bWw+" if asked == 1 and "/1/" in url else {"ok": 1}))
    transport, _, _ = line(batches)
    assert transport.batch(sites(3)) == {str(number): {"ok": 1} for number in range(3)}
    assert [len(urls) for urls in batches.rounds] == [3, 1]


def test_what_cannot_be_had_comes_as_its_error(line):
    statuses = {"/0/": 403, "/1/": 404, "/2/": 410, "/3/": 200}
    transport, _, _ = line(
        Batches(lambda url, _: next((status, {}, {}) for part, status in statuses.items() if part in url))
    )
    answers = transport.batch(sites(4))
    assert [type(answers[str(n)]) for n in range(4)] == [AccessDenied, NotThere, CursorExpired, dict]


def test_what_is_missing_or_fails_for_ever_is_an_error_and_the_rest_is_there(line):
    def rule(url, asked):
        if "/0/" in url:
            return None
        return (500, {}, {}) if "/1/" in url else (200, {}, {})

    batches = Batches(rule)
    transport, _, _ = line(batches)
    answers = transport.batch(sites(3))
    assert type(answers["0"]) is BadAnswer
    assert type(answers["1"]) is ServerFailed
    assert answers["2"] == {}
    assert len(batches.rounds) == TRIES


def test_a_batch_that_is_refused_for_ever_concerns_the_whole_source(line):
    transport, _, _ = line(Batches(lambda *_: (429, {"Retry-After": "2"}, {})))
    with pytest.raises(SourceBusy):
        transport.batch(sites(2))


def test_a_token_refused_inside_a_batch_is_renewed_once(line):
    batches = Batches(lambda url, asked: (401, {}, {}) if asked == 1 and "/0/" in url else (200, {}, {}))
    transport, wire, _ = line(batches)
    assert transport.batch(sites(2)) == {"0": {}, "1": {}}
    assert wire.tokens == 2
    transport, wire, _ = line(Batches(lambda *_: (401, {}, {})))
    with pytest.raises(AccessDenied):
        transport.batch(sites(2))


def test_an_absolute_link_can_be_batched(line):
    batches = Batches(lambda url, _: (200, {}, {"url": url}))
    transport, _, _ = line(batches)
    assert transport.batch([("a", V1 + "/groups?$skiptoken=x")]) == {"a": {"url": "/groups?$skiptoken=x"}}


# -- reports -----------------------------------------------------------------------------------------------------------

STORE = "https://reports.example/file?sig=abc"
CSV = '\ufeffReport Refresh Date,Site Id,Page View Count\r\n2026-03-01,s1,12\r\n2026-03-01,"s,2",\r\n'


def report(*answers):
    """Graph sends to the store; the store gives one answer after the other."""
    rest = list(answers)

    def answer(request):
        if request.url.host == "graph.example":
            return httpx.Response(302, headers={"Location": STORE})
        return rest[0] if len(rest) == 1 else rest.pop(0)

    return answer


def test_a_report_is_fetched_from_its_store_without_the_token(line):
    transport, wire, _ = line(report(httpx.Response(200, content=CSV.encode())))
    rows = list(transport.csv("/reports/getSharePointSiteUsageDetail(period='D7')"))
    assert [row["Site Id"] for row in rows] == ["s1", "s,2"]
    assert rows[0] == {"Report Refresh Date": "2026-03-01", "Site Id": "s1", "Page View Count": "12"}
    assert wire.authorisations == ["Bearer token1", None]
    assert str(wire.sent[1].url) == STORE
    assert wire.sent[1].headers["User-Agent"] == USER_AGENT


def test_a_report_that_comes_directly_is_read_as_well(line):
    transport, _, _ = line(httpx.Response(200, content=CSV.encode()))
    assert len(list(transport.csv("/reports/x"))) == 2


@pytest.mark.parametrize(
    "failure", [httpx.Response(403), httpx.Response(500), httpx.Response(200, html="<html>")]
)
def test_a_download_that_fails_is_begun_again_at_graph(line, failure):
    transport, wire, _ = line(report(failure, httpx.Response(200, content=CSV.encode())))
    assert len(list(transport.csv("/reports/x"))) == 2
    assert [request.url.host for request in wire.sent] == ["graph.example", "reports.example"] * 2


def test_an_empty_report_has_no_rows(line):
    transport, _, _ = line(report(httpx.Response(200, content="\ufeffSite Id\r\n".encode())))
    assert list(transport.csv("/reports/x")) == []


@pytest.mark.parametrize(
    "content",
    [b"", CSV.encode()[:-12], b'{"error": 1}', b"Site Id\n\xff\xfe", b"a,b\n1,2,3\n"],
)
def test_a_file_that_is_cut_off_or_no_csv_is_told(line, content):
    transport, _, _ = line(report(httpx.Response(200, content=content)))
    with pytest.raises(BadAnswer):
        list(transport.csv("/reports/x"))


@pytest.mark.parametrize("target", ["http://reports.example/file", "http://127.0.0.1/file", "ftp://x/y"])
def test_a_report_is_not_fetched_in_clear(line, target):
    transport, wire, _ = line(httpx.Response(302, headers={"Location": target}))
    with pytest.raises(BadAnswer, match="https"):
        list(transport.csv("/reports/x"))
    assert len(wire.sent) == 1


# -- side by side ------------------------------------------------------------------------------------------------------


def test_things_are_asked_side_by_side_and_come_in_order(line):
    gate = threading.Barrier(4, timeout=5)

    def answer(request):
        gate.wait()
        return good(path=request.url.path)

    transport, _, _ = line(answer, concurrency=4)
    found = list(transport.each(lambda n: get(transport, f"/groups/{n}"), range(8)))
    assert [(n, answer["path"]) for n, answer in found] == [(n, f"/v1.0/groups/{n}") for n in range(8)]


def test_what_goes_on_is_asked_for_behind_the_rest_until_nothing_is_left(line):
    transport, _, _ = line(lambda _: good(), concurrency=2)
    again = deque()
    asked = []
    for n, _ in transport.each(lambda n: get(transport, f"/groups/{n}"), range(6), again):
        asked.append(n)
        if n in (0, 5, 10):
            again.append(n + 10)
    assert asked == [0, 1, 2, 3, 4, 5, 10, 15, 20]


def test_what_can_be_skipped_comes_as_a_value_and_the_rest_is_raised(line):
    statuses = {"0": 403, "1": 404, "2": 400}

    def answer(request):
        status = statuses.get(request.url.path.rpartition("/")[2])
        return failing(status) if status else good()

    transport, _, _ = line(answer)
    found = [answer for _, answer in transport.each(lambda n: get(transport, f"/groups/{n}"), range(4))]
    assert [type(answer) for answer in found] == [AccessDenied, NotThere, BadAnswer, dict]
    statuses["3"] = 410
    with pytest.raises(CursorExpired):
        list(transport.each(lambda n: get(transport, f"/groups/{n}"), range(4)))


def test_leaving_early_begins_nothing_more(line):
    transport, wire, _ = line(lambda _: good(), concurrency=2)
    things = iter(range(1000))
    for _ in transport.each(lambda n: get(transport, f"/groups/{n}"), things):
        break
    transport.close()
    assert next(things) <= 6
    assert len(wire.sent) <= 6


def test_requests_are_counted_with_retries_and_sign_in(line):
    transport, wire, _ = line(failing(500), good())
    get(transport)
    assert len(wire.sent) == 2
    assert transport.sent == 4


# -- what is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/sites/getAllSites?$select=id", "/sites/getAllSites"),
        ("/users/ada.lovelace@contoso.example", "/users/…"),
        ("/users/ada/manager", "/users/…/manager"),
        ("https://contoso.sharepoint.com/sites/hr/a/b/_api/web", "/sites/…/_api/web"),
        (
            "https://c/sites/hr/_api/web/lists(guid'12')/GetItemById(3)/Comments",
            "/sites/…/_api/web/lists/GetItemById/Comments",
        ),
        ("/drives/b!x/items/01ABC/versions", "/drives/…/items/…/versions"),
        ("/reports/getSharePointSiteUsageDetail(period='D7')", "/reports/getSharePointSiteUsageDetail"),
    ],
)
def test_errors_name_the_kind_of_endpoint_and_nothing_else(path, told):
    assert place(path) == told


def test_nothing_personal_and_no_token_reaches_the_log(line, caplog):
    transport, _, _ = line(failing(500), failing(404))
    with caplog.at_level(logging.DEBUG), pytest.raises(ConnectorError):
        get(transport, "/users/ada.lovelace@contoso.example")
    for text in ("ada", "contoso", "token1", "s3cret"):
        assert text not in caplog.text


# -- against the fake cloud --------------------------------------------------------------------------------------------


def people(connector):
    return sum(len(page.people) for page in connector.read("people", None))


def test_tokens_that_expire_in_mid_run_are_replaced_unnoticed(bench, memory):
    bench.cloud.login.lifetime = 1
    connector = bench.connect(memory)
    seen = people(connector)
    bench.clock.seconds += 0.6
    assert people(connector) == seen > 0
    assert len(bench.cloud.login.issued) == 2


def test_tokens_that_are_revoked_in_mid_run_are_replaced(bench, memory):
    connector = bench.connect(memory)
    seen = people(connector)
    bench.cloud.login.revoke()
    assert people(connector) == seen
    assert len(bench.cloud.login.issued) == 2


def test_a_challenge_in_mid_run_is_answered_with_its_claims(bench, memory):
    connector = bench.connect(memory)
    seen = people(connector)
    bench.cloud.graph.demand_claims()
    assert people(connector) == seen
    assert bench.cloud.login.issued[-1].claims is not None


@pytest.mark.parametrize(
    "fault",
    [
        "reset(0.3)",
        "truncated()",
        "empty()",
        "login_page()",
        "failure(500)",
        "failure(502)",
        "throttled(0.1)",
    ],
)
def test_what_goes_wrong_on_the_way_is_made_good(bench, memory, fault):
    kind, _, argument = fault.partition("(")
    given = [float(argument[:-1]) if "." in argument else int(argument[:-1])] if argument[:-1] else []
    healthy = people(bench.connect(memory))
    bench.cloud.graph.faults.add(getattr(bench.faults, kind)(*given, times=3))
    assert people(bench.connect(memory)) == healthy
    assert all(fault.struck == 3 for fault in bench.cloud.graph.faults.faults)


def test_a_company_certificate_authority_is_trusted_besides_the_public_ones(tmp_path):
    from connectors.microsoft.connections import client
    from service.demo.microsoft.certificates import self_signed

    authority = tmp_path / "ca.pem"
    authority.write_bytes(self_signed("company")[1].public_bytes(serialization.Encoding.PEM))
    trusting = Settings(TENANT, "app", Secret("s"), ca_file=str(authority))
    client(trusting).close()
    authority.write_text("no certificate")
    with pytest.raises(Misconfigured, match="PEM"):
        client(trusting)
