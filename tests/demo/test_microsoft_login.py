"""The fake login: which proof gains which token, and what the servers make of it."""

import base64
import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import msal
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from service.demo.microsoft.certificates import self_signed, thumbprint
from service.demo.microsoft.login import write_certificate


@pytest.fixture
def assertion(cloud, tmp_path):
    """A client assertion as msal makes it, signed with the registered certificate; claims can be replaced."""
    write_certificate(cloud.application, tmp_path / "app.pem")

    def make(key: rsa.RSAPrivateKey | None = None, algorithm: str = "PS256", **claims: Any) -> dict[str, str]:
        own, certificate = self_signed(cloud.application.id)
        held = {
            "aud": f"{cloud.login.authority}/oauth2/v2.0/token",
            "iss": cloud.application.id,
            "sub": cloud.application.id,
            "exp": time.time() + 600,
            "jti": "1",
            **claims,
        }
        headers = {"x5t#S256": thumbprint(certificate, hashes.SHA256())}
        return {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(held, key or own, algorithm, headers=headers),
        }

    return make


def test_a_secret_gains_a_token_that_names_the_granted_roles(cloud, call):
    token = call.token(cloud.graph)
    held = jwt.decode(token, options={"verify_signature": False})
    assert held["aud"] == cloud.graph.origin
    assert held["roles"] == sorted(cloud.application.roles["graph"])


def test_a_wrong_secret_gains_nothing(cloud, call):
    answer = call.gain(cloud.graph.origin, client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
def test_the_registered_certificate_gains_a_token(cloud, call, assertion, algorithm):
    assert call.gain(cloud.graph.origin, **assertion(algorithm=algorithm)).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://login.microsoftonline.com/other/oauth2/v2.0/token"},
        {"iss": "another app"},
        {"sub": "another app"},
        {"exp": 1.0},
    ],
)
def test_an_assertion_about_something_else_gains_nothing(cloud, call, assertion, claims):
    answer = call.gain(cloud.graph.origin, **assertion(**claims))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_an_assertion_signed_by_another_key_gains_nothing(cloud, call, assertion):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert call.gain(cloud.graph.origin, **assertion(key=stranger)).status_code == 401


def test_a_trusted_workload_gains_a_token_without_a_certificate(cloud, call):
    key, _ = self_signed("workload")
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    held = {
        "aud": "api://AzureADTokenExchange",
        "iss": "https://cluster.example",
        "sub": "system:serviceaccount:resonanz",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
    }
    form = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(held, key, "RS256"),
    }
    assert call.gain(cloud.graph.origin, **form).status_code == 401
    cloud.application.federated = public.decode()
    assert call.gain(cloud.graph.origin, **form).status_code == 200


@pytest.mark.parametrize("proof", ["certificate", "secret"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_library_of_the_vendor_signs_in(cloud, tmp_path: Path, proof):
    settings = cloud.settings(tmp_path, proof)
    credential: Any = "synthetic-secret"
    if proof == "certificate":
        text = Path(settings["certificate_file"]).read_text()
        cut = text.index("-----BEGIN CERTIFICATE")
        credential = {"private_key": text[:cut], "public_certificate": text[cut:]}
    with httpx.Client(trust_env=False) as client:
        app = msal.ConfidentialClientApplication(
            settings["client_id"],
            authority=f"{settings['authority'].replace('http:', 'https:')}/{settings['tenant']}",
            client_credential=credential,
            instance_discovery=False,
            http_client=Plain(client),
        )
        for audience in (settings["graph_url"], settings["sharepoint_url"], settings["management_url"]):
            assert "access_token" in app.acquire_token_for_client([f"{audience}/.default"])


class Plain:
    """The library insists on https; on the loopback interface there is none."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self._client.get(self._plain(url), headers=options.get("headers"))

    def post(self, url: str, data: dict[str, Any], **options: Any) -> httpx.Response:
        sent = {name: value.decode() if isinstance(value, bytes) else value for name, value in data.items()}
        return self._client.post(self._plain(url), data=sent, headers=options.get("headers"))

    def close(self) -> None:
        pass

    @staticmethod
    def _plain(url: str) -> str:
        return url.replace("https://127.0.0.1", "http://127.0.0.1")


def test_a_token_opens_one_resource_only(cloud, call):
    token = call.token(cloud.graph)
    assert call("/users", token=token).status_code == 200
    answer = call("/users", token=call.token(cloud.management))
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_a_token_for_the_public_address_opens_the_fake(cloud, call):
    token = call.gain("https://graph.microsoft.com").json()["access_token"]
    assert call("/users", token=token).status_code == 200


def test_an_expired_and_a_revoked_token_are_refused(cloud, call):
    cloud.login.lifetime = 0.05
    brief = call.token(cloud.graph)
    cloud.login.lifetime = 3600
    long = call.token(cloud.graph)
    time.sleep(0.06)
    assert call("/users", token=brief).status_code == 401
    assert call("/users", token=long).status_code == 200
    cloud.login.revoke()
    assert call("/users", token=long).status_code == 401


def test_a_claims_challenge_is_met_only_by_a_token_gained_for_it(cloud, call):
    old = call.token(cloud.graph)
    cloud.graph.demand_claims()
    refusal = call("/users", token=old)
    assert refusal.status_code == 401
    challenge = re.search(r'claims="([^"]+)"', refusal.headers["www-authenticate"])
    assert challenge
    claims = base64.b64decode(challenge[1]).decode()
    assert json.loads(claims)["access_token"]["nbf"]["essential"] is True
    assert call("/users", token=call.token(cloud.graph)).status_code == 401
    assert call("/users", token=call.token(cloud.graph, claims=claims)).status_code == 200


def test_what_was_not_granted_is_refused(cloud, call):
    cloud.application.grant("graph", ["User.Read.All"])
    assert call("/users").status_code == 200
    answer = call("/groups")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "Authorization_RequestDenied"


def test_who_holds_grants_for_sites_cannot_list_them(cloud, call, office):
    cloud.application.grant("graph", ["Sites.Selected"])
    office.news.granted = False
    assert call("/sites/getAllSites").status_code == 403
    assert call(f"/sites/{office.news.id}").status_code == 403
    assert call(f"/sites/{office.team.site}").status_code == 200
