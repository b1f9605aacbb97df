"""Tokens: how the app proves itself, when a token is renewed, and what a refused sign-in says."""

import base64
import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    SourceBusy,
    SourceUnreachable,
)
from connectors.microsoft.credentials import Assertion, Certificate, Secret
from connectors.microsoft.settings import CLOUDS, Cloud, Settings
from connectors.microsoft.tokens import TRIES, Resource, Tokens
from tests.microsoft.wire import LOGIN, TENANT, Clock

APP = "11111111-2222-3333-4444-555555555555"
TOKEN_PATH = f"/{TENANT}/oauth2/v2.0/token"
DISCOVERY = f"/{TENANT}/v2.0/.well-known/openid-configuration"


class Login:
    """A sign-in that numbers its tokens; `script` answers the next requests instead."""

    def __init__(self, life=3600, origin=LOGIN):
        self.life, self.origin = life, origin
        self.asked = []
        self.paths = []
        self.script = []
        self.roles = ["User.Read.All"]
        self.lock = threading.Lock()

    def __call__(self, request):
        with self.lock:
            self.paths.append((request.method, str(request.url)))
            if request.url.path.endswith("openid-configuration"):
                return self.discovery(request)
            form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
            self.asked.append(form)
            number = len(self.asked)
            if self.script:
                line = self.script.pop(0)
                if isinstance(line, Exception):
                    raise line
                return line
        token = jwt.encode({"roles": self.roles, "n": number}, "k" * 32, "HS256")
        body = {"token_type": "Bearer", "expires_in": self.life, "access_token": token}
        return httpx.Response(200, json=body)

    def discovery(self, request):
        if request.url.path != DISCOVERY:
            return httpx.Response(400, json={"error": "invalid_tenant"})
        base = f"{self.origin}/{TENANT}"
        return httpx.Response(
            200,
            json={
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            },
        )


def settings(credential=None, **more):
    common = {"tenant": TENANT, "client_id": APP, "authority": LOGIN} | more
    return Settings(credential=credential or Secret("s3cret"), **common)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sign_in(clock):
    """Builds tokens over a login; both share the clock."""
    opened = []

    def build(login, given=None, **more):
        http = httpx.Client(transport=httpx.MockTransport(login))
        opened.append(http)
        return Tokens(given or settings(), http, clock=clock, sleep=clock.sleep, chance=lambda: 0.5, **more)

    yield build
    for http in opened:
        http.close()


@pytest.fixture(scope="module")
def pair():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "resonanz")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def as_credential(key, certificate):
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return Certificate(private.decode(), public.decode(), certificate.not_valid_after_utc)


def refused(number, error="invalid_client", status=401):
    text = f"AADSTS{number}: Something about tenant {TENANT} and app {APP}. Trace ID: 77"
    return httpx.Response(status, json={"error": error, "error_description": text, "error_codes": [number]})


# -- proofs ------------------------------------------------------------------------------------------------------------


def test_a_secret_is_sent_as_it_is(sign_in):
    login = Login()
    sign_in(login).token(Resource.GRAPH)
    (form,) = login.asked
    assert form["client_secret"] == "s3cret"
    assert form["client_id"] == APP
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == "https://graph.microsoft.com/.default"


def test_a_certificate_signs_for_this_app_and_this_endpoint(sign_in, pair):
    key, certificate = pair
    login = Login()
    sign_in(login, settings(as_credential(key, certificate))).token(Resource.GRAPH)
    (form,) = login.asked
    claims = jwt.decode(
        form["client_assertion"], key.public_key(), ["PS256"], audience=LOGIN + TOKEN_PATH, issuer=APP
    )
    assert claims["sub"] == APP
    marked = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
    assert jwt.get_unverified_header(form["client_assertion"])["x5t#S256"].rstrip("=") == marked
    assert "client_secret" not in form


def test_an_assertion_is_taken_from_its_file_for_every_token(sign_in, tmp_path):
    file = tmp_path / "token"
    file.write_text("first.of.all")
    login = Login()
    tokens = sign_in(login, settings(Assertion(file)))
    tokens.token(Resource.GRAPH)
    file.write_text("second.of.all")
    tokens.token(Resource.MANAGEMENT)
    assert [form["client_assertion"] for form in login.asked] == ["first.of.all", "second.of.all"]


def test_an_assertion_file_that_has_gone_is_told(sign_in, tmp_path):
    file = tmp_path / "token"
    file.write_text("first.of.all")
    tokens = sign_in(Login(), settings(Assertion(file)))
    file.unlink()
    with pytest.raises(Misconfigured, match="assertion_file"):
        tokens.token(Resource.GRAPH)


@pytest.mark.parametrize("suffix", ["pem", "pfx"])
def test_the_fake_cloud_verifies_a_certificate(tmp_path, suffix):
    from connectors.microsoft.settings import read
    from service.demo.microsoft import MicrosoftCloud, Tenant
    from service.demo.microsoft.login import write_certificate

    with MicrosoftCloud(Tenant()) as cloud:
        given = cloud.settings(tmp_path)
        file = tmp_path / f"app.{suffix}"
        write_certificate(cloud.application, file, b"locked")
        (tmp_path / "passphrase").write_bytes(b"locked\n")
        given |= {"certificate_file": str(file), "passphrase_file": str(tmp_path / "passphrase")}
        given.pop("connector", None)
        with httpx.Client() as http:
            tokens = Tokens(read(given), http)
            for resource in (Resource.GRAPH, Resource.SHAREPOINT, Resource.MANAGEMENT):
                assert cloud.login.worth(tokens.token(resource)).resource == resource.value
        assert {token.proof for token in cloud.login.issued} == {"certificate"}


# -- one token per resource --------------------------------------------------------------------------------------------


def test_each_resource_has_a_token_of_its_own_and_keeps_it(sign_in):
    login = Login()
    certain = settings(Secret("s"), cloud=Cloud.US_GOV)
    tokens = sign_in(login, certain)
    first = [tokens.token(resource) for resource in (Resource.GRAPH, Resource.MANAGEMENT)]
    again = [tokens.token(resource) for resource in (Resource.GRAPH, Resource.MANAGEMENT)]
    assert first == again
    assert first[0] != first[1]
    assert [form["scope"] for form in login.asked] == [
        "https://graph.microsoft.us/.default",
        "https://manage.office365.us/.default",
    ]
    assert tokens.sent == len(login.paths) == 3


def test_a_gateway_changes_the_address_but_not_what_a_token_is_for(sign_in):
    login = Login()
    sign_in(login, settings(graph_url="http://127.0.0.1:9")).token(Resource.GRAPH)
    assert login.asked[0]["scope"] == "https://graph.microsoft.com/.default"


def test_sharepoint_is_asked_for_by_its_address(sign_in, pair):
    login = Login()
    given = settings(as_credential(*pair))
    sign_in(login, given, sharepoint=lambda: "https://contoso.sharepoint.com").token(Resource.SHAREPOINT)
    assert login.asked[0]["scope"] == "https://contoso.sharepoint.com/.default"


def test_a_secret_is_no_key_to_sharepoint_and_nothing_is_asked(sign_in):
    login = Login()
    with pytest.raises(AccessDenied, match="certificate"):
        sign_in(login).token(Resource.SHAREPOINT)
    assert login.paths == []


def test_viva_engage_takes_the_token_of_a_user_only(sign_in):
    login = Login()
    assert sign_in(login, settings(user_token="hers")).token(Resource.ENGAGE) == "hers"
    with pytest.raises(AccessDenied, match="token_file"):
        sign_in(login).token(Resource.ENGAGE)
    assert login.paths == []


def test_many_workers_cause_one_request(sign_in):
    login = Login()
    tokens = sign_in(login)
    got = []
    workers = [threading.Thread(target=lambda: got.append(tokens.token(Resource.GRAPH))) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(got) == 8
    assert len(set(got)) == len(login.asked) == 1


# -- renewal -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("life", "held", "renewed"), [(3600, 3299, 3301), (10, 4.9, 5.1)])
def test_a_token_is_renewed_a_little_before_its_end(sign_in, clock, life, held, renewed):
    tokens = sign_in(Login(life=life))
    first = tokens.token(Resource.GRAPH)
    clock.seconds = held
    assert tokens.token(Resource.GRAPH) == first
    clock.seconds = renewed
    assert tokens.token(Resource.GRAPH) != first


def test_a_token_that_still_holds_bridges_a_sign_in_that_is_down(sign_in, clock):
    login = Login()
    tokens = sign_in(login)
    first = tokens.token(Resource.GRAPH)
    clock.seconds = 3400
    login.script = [httpx.Response(503)] * TRIES
    assert tokens.token(Resource.GRAPH) == first
    asked = len(login.asked)
    assert tokens.token(Resource.GRAPH) == first
    assert len(login.asked) == asked
    clock.seconds = 3700
    login.script = [httpx.Response(503)] * TRIES
    with pytest.raises(SourceUnreachable):
        tokens.token(Resource.GRAPH)


def test_a_refused_token_is_renewed_once_for_all_workers(sign_in):
    login = Login()
    tokens = sign_in(login)
    old = tokens.token(Resource.GRAPH)
    new = tokens.renew(Resource.GRAPH, old)
    assert tokens.renew(Resource.GRAPH, old) == new == tokens.token(Resource.GRAPH)
    assert len(login.asked) == 2


def test_claims_are_passed_on_even_if_somebody_renewed_without_them(sign_in):
    login = Login()
    tokens = sign_in(login)
    claims = json.dumps({"access_token": {"nbf": {"essential": True, "value": "1"}}})
    old = tokens.token(Resource.GRAPH)
    tokens.renew(Resource.GRAPH, old)
    challenged = tokens.renew(Resource.GRAPH, old, claims)
    assert tokens.renew(Resource.GRAPH, old, claims) == challenged
    assert json.loads(login.asked[-1]["claims"])["access_token"]["nbf"]["value"] == "1"
    assert len(login.asked) == 3


def test_the_app_says_that_it_understands_challenges(sign_in):
    login = Login()
    sign_in(login).token(Resource.GRAPH)
    assert json.loads(login.asked[0]["claims"])["access_token"]["xms_cc"] == {"values": ["CP1"]}


# -- what a token says -------------------------------------------------------------------------------------------------


def test_roles_are_those_in_the_token(sign_in):
    login = Login()
    login.roles = ["User.Read.All", "Sites.Selected"]
    assert sign_in(login).roles(Resource.GRAPH) == {"User.Read.All", "Sites.Selected"}


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.bm8.c", "e30.W10.x"])
def test_a_token_that_cannot_be_read_grants_nothing_that_is_known(sign_in, token):
    login = Login()
    login.script = [httpx.Response(200, json={"access_token": token, "expires_in": 3600})]
    assert sign_in(login).roles(Resource.GRAPH) == frozenset()


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "error", "told"),
    [
        (7000215, Misconfigured, "value, not its id"),
        (7000222, Misconfigured, "expired"),
        (700027, Misconfigured, "upload"),
        (700024, Misconfigured, "clock"),
        (700016, Misconfigured, "client_id"),
        (700213, Misconfigured, "federated"),
        (500011, Misconfigured, "sharepoint_url"),
        (7000112, AccessDenied, "enable"),
        (53003, AccessDenied, "conditional access"),
        (90094, AccessDenied, "consent"),
        (90033, SourceUnreachable, "for the moment"),
        (999999, Misconfigured, "secret"),
    ],
)
def test_a_refusal_says_what_to_do_and_nothing_of_tenant_or_app(sign_in, number, error, told):
    login = Login()
    login.script = [refused(number)]
    with pytest.raises(error) as caught:
        sign_in(login).token(Resource.GRAPH)
    message = str(caught.value)
    assert told in message
    assert f"AADSTS{number}" in message
    for secret in (TENANT, APP, "s3cret", "Trace"):
        assert secret not in message


def test_an_unlisted_refusal_says_what_to_check_of_the_proof_that_was_used(sign_in, pair, tmp_path):
    (tmp_path / "token").write_text("a.b.c")
    for proof, told in ((as_credential(*pair), "public part"), (Assertion(tmp_path / "token"), "federated")):
        login = Login()
        login.script = [refused(999999)]
        with pytest.raises(Misconfigured, match=told):
            sign_in(login, settings(proof)).token(Resource.GRAPH)


def test_the_number_is_found_in_the_description_too(sign_in):
    login = Login()
    login.script = [
        httpx.Response(400, json={"error": "invalid_request", "error_description": "AADSTS90002: gone"})
    ]
    with pytest.raises(Misconfigured, match="tenant"):
        sign_in(login).token(Resource.GRAPH)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": "invalid_client"}, Misconfigured),
        ({"error": "temporarily_unavailable"}, SourceUnreachable),
        ({"error": "access_denied"}, AccessDenied),
        ({"error": "<b>Ada Lovelace</b>"}, AccessDenied),
        ({}, AccessDenied),
    ],
)
def test_a_refusal_without_a_number_is_told_by_its_word(sign_in, body, error):
    login = Login()
    login.script = [httpx.Response(400, json=body)]
    with pytest.raises(error) as caught:
        sign_in(login).token(Resource.GRAPH)
    assert "Ada" not in str(caught.value)


def test_an_unknown_tenant_is_told(sign_in):
    with pytest.raises(Misconfigured, match="`tenant`") as caught:
        sign_in(Login(), settings(tenant="nobody.example")).token(Resource.GRAPH)
    assert "nobody" not in str(caught.value)


# -- the way there -----------------------------------------------------------------------------------------------------


def test_a_busy_sign_in_is_asked_again_after_the_time_it_names(sign_in, clock):
    login = Login()
    login.script = [httpx.Response(429, headers={"Retry-After": "7"}), httpx.ConnectError("no")]
    sign_in(login).token(Resource.GRAPH)
    assert clock.slept == [7, 1.0]


def test_a_sign_in_that_asks_for_too_long_a_pause_is_left(sign_in, clock):
    login = Login()
    login.script = [httpx.Response(429, headers={"Retry-After": "3600"})]
    with pytest.raises(SourceBusy) as caught:
        sign_in(login).token(Resource.GRAPH)
    assert caught.value.seconds == 3600
    assert clock.slept == []


def test_a_sign_in_that_stays_away_is_given_up(sign_in):
    login = Login()
    login.script = [httpx.ConnectError("no route to 10.1.2.3")] * TRIES
    with pytest.raises(SourceUnreachable) as caught:
        sign_in(login).token(Resource.GRAPH)
    assert "10.1.2.3" not in str(caught.value)
    assert len(login.asked) == TRIES


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>Ada's proxy</html>"),
        httpx.Response(200, text='{"access_token": "tor'),
    ],
)
def test_an_answer_that_is_no_json_is_neither_logged_nor_shown(sign_in, caplog, answer):
    login = Login()
    login.script = [answer] * 6
    with caplog.at_level(logging.DEBUG), pytest.raises(BadAnswer) as caught:
        sign_in(login).token(Resource.GRAPH)
    assert "authority" in str(caught.value)
    for text in (str(caught.value), caplog.text):
        assert "Ada" not in text
        assert "tor" not in text.replace("authority", "").replace("Authority", "").replace("factor", "")


def test_an_answer_cut_off_once_is_asked_for_again(sign_in):
    login = Login()
    login.script = [httpx.Response(200, text='{"access_token": "tor')]
    assert sign_in(login).token(Resource.GRAPH)


def test_a_redirecting_sign_in_is_not_followed(sign_in):
    login = Login()
    login.script = [httpx.Response(302, headers={"Location": "https://evil.example"})]
    with pytest.raises(Misconfigured, match="authority"):
        sign_in(login).token(Resource.GRAPH)
    assert all("evil" not in url for _, url in login.paths)


def test_an_emulator_on_loopback_is_asked_over_http(sign_in):
    origin = "http://127.0.0.1:8123"
    login = Login(origin=origin)
    sign_in(login, settings(authority=origin)).token(Resource.GRAPH)
    assert [url for _, url in login.paths] == [origin + DISCOVERY, origin + TOKEN_PATH]


def test_microsofts_own_address_is_asked_directly_for_the_tenant(sign_in):
    authority = CLOUDS[Cloud.GLOBAL].authority
    login = Login(origin=authority)
    sign_in(login, settings(authority=authority)).token(Resource.GRAPH)
    assert [url for _, url in login.paths] == [authority + DISCOVERY, authority + TOKEN_PATH]


def test_every_failure_is_one_of_ours(sign_in):
    login = Login()
    for answer in (httpx.Response(200, json=[]), httpx.Response(200, json={"access_token": 5})):
        login.script = [answer]
        with pytest.raises(ConnectorError):
            sign_in(login).token(Resource.GRAPH)
