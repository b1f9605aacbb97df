"""One request and its fate: what fails, what a listing leads to, what is asked side by side, and what is told of it."""

import logging
import threading
from collections import deque

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotThere,
    SourceUnreachable,
)
from connectors.microsoft.answers import ServerFailed, Unsupported, place
from connectors.microsoft.credentials import Secret
from connectors.microsoft.patience import TRIES
from connectors.microsoft.settings import Settings
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Transport
from tests.microsoft.wire import GRAPH, LOGIN, TENANT, V1, Batches, Wire, busy, failing, get, good

# -- what goes wrong -----------------------------------------------------------------------------------------------------


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


# -- listings ------------------------------------------------------------------------------------------------------------


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


# -- side by side --------------------------------------------------------------------------------------------------------


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


# -- what is told --------------------------------------------------------------------------------------------------------


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


# -- against the fake cloud ----------------------------------------------------------------------------------------------


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
