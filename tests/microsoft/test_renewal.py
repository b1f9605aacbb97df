"""A token that is refused, revoked or challenged is renewed, once, however many requests are under way."""

import base64
import json

import httpx
import pytest

from connectors.errors import (
    AccessDenied,
)
from connectors.microsoft.settings import USER_AGENT
from tests.microsoft.wire import failing, get, good


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
