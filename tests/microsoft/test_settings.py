"""What an admin may say about a tenant, and what is said back when it cannot be."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from connectors.errors import Misconfigured
from connectors.microsoft.credentials import Assertion, Certificate, Secret
from connectors.microsoft.settings import STREAMS, USER_AGENT, read, site_path
from connectors.settings import OBSERVE_ALL

APP = "11111111-2222-3333-4444-555555555555"
SITE_ID = f"contoso.sharepoint.com,{APP},{APP}"
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "resonanz")])
CURVE = ec.generate_private_key(ec.SECP256R1())
ENDS = datetime(2030, 1, 31, tzinfo=UTC)


def certificate(key):
    return (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(ENDS - timedelta(days=3650))
        .not_valid_after(ENDS)
        .sign(key, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key, passphrase=None):
    encryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def public(key):
    return certificate(key).public_bytes(serialization.Encoding.PEM)


def pfx(key, passphrase=None):
    encryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return pkcs12.serialize_key_and_certificates(b"resonanz", key, certificate(key), None, encryption)


@pytest.fixture
def given(tmp_path):
    """Settings that are complete but for what a test changes; `keep` writes a file and gives its path."""

    class Given:
        def keep(self, name, content):
            path = tmp_path / name
            path.write_bytes(content)
            return str(path)

        def __call__(self, **changes):
            base = {"tenant": "contoso.onmicrosoft.com", "client_id": APP}
            if not {"certificate_file", "assertion_file", "secret_file"} & set(changes):
                base["secret_file"] = self.keep("secret", b"s3cret\n")
            return {name: value for name, value in (base | changes).items() if value is not None}

    return Given()


def refusal(settings):
    with pytest.raises(Misconfigured) as caught:
        read(settings)
    return str(caught.value)


def test_three_settings_are_enough(given):
    settings = read(given())
    assert (settings.tenant, settings.client_id) == ("contoso.onmicrosoft.com", APP)
    assert settings.credential == Secret("s3cret")
    assert settings.authority == "https://login.microsoftonline.com"
    assert settings.graph_url == "https://graph.microsoft.com"
    assert settings.management_url == "https://manage.office.com"
    assert settings.sharepoint_url is None
    assert settings.user_agent == USER_AGENT
    assert settings.streams == STREAMS
    assert (settings.concurrency, settings.observe, settings.guests) == (8, None, "count")
    assert (settings.unit_from, settings.identity, settings.user_token) == ("department", "mail", None)


@pytest.mark.parametrize(
    ("cloud", "authority", "graph", "management"),
    [
        ("us-gov", "login.microsoftonline.us", "graph.microsoft.us", "manage.office365.us"),
        ("us-dod", "login.microsoftonline.us", "dod-graph.microsoft.us", "manage.protection.apps.mil"),
        (
            "china",
            "login.partner.microsoftonline.cn",
            "microsoftgraph.chinacloudapi.cn",
            "manage.office365.cn",
        ),
    ],
)
def test_a_national_cloud_sets_three_addresses(given, cloud, authority, graph, management):
    settings = read(given(cloud=cloud))
    found = (settings.authority, settings.graph_url, settings.management_url)
    assert found == (f"https://{authority}", f"https://{graph}", f"https://{management}")


def test_a_single_address_can_be_replaced(given):
    settings = read(
        given(graph_url="http://127.0.0.1:8080/", sharepoint_url="https://Contoso.sharepoint.com")
    )
    assert settings.graph_url == "http://127.0.0.1:8080"
    assert settings.sharepoint_url == "https://contoso.sharepoint.com"
    assert settings.authority == "https://login.microsoftonline.com"


@pytest.mark.parametrize("passphrase", [None, b"pass phrase"])
@pytest.mark.parametrize("form", ["pem", "reversed", "pfx"])
def test_a_certificate_is_read_from_pem_and_pfx(given, key, form, passphrase):
    content = {
        "pem": pem(key, passphrase) + public(key),
        "reversed": public(key) + pem(key, passphrase),
        "pfx": pfx(key, passphrase),
    }[form]
    changes = {"certificate_file": given.keep("app", content)}
    if passphrase:
        changes["passphrase_file"] = given.keep("passphrase", passphrase + b"\n")
    credential = read(given(**changes)).credential
    assert isinstance(credential, Certificate)
    assert credential.ends == ENDS
    assert x509.load_pem_x509_certificate(credential.public.encode()) == certificate(key)
    loaded = serialization.load_pem_private_key(credential.private_key.encode(), None)
    assert loaded.public_key() == key.public_key()


def test_a_superfluous_passphrase_does_no_harm(given, key):
    path = given.keep("app.pem", pem(key) + public(key))
    passphrase = given.keep("passphrase", b"whatever")
    assert isinstance(read(given(certificate_file=path, passphrase_file=passphrase)).credential, Certificate)


def test_the_certificate_that_belongs_to_the_key_is_taken_from_a_chain(given, key):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = given.keep("app.pem", pem(key) + public(other) + public(key))
    credential = read(given(certificate_file=path)).credential
    assert x509.load_pem_x509_certificate(credential.public.encode()).public_key() == key.public_key()


def test_neither_key_nor_secret_nor_token_is_shown(given, key):
    path = given.keep("app.pem", pem(key) + public(key))
    with_certificate = read(given(certificate_file=path, token_file=given.keep("t", b"delegated")))
    for shown in (repr(with_certificate), repr(with_certificate.credential), repr(read(given()))):
        assert "PRIVATE" not in shown
        assert "s3cret" not in shown
        assert "delegated" not in shown


def test_an_assertion_is_read_anew_each_time(given):
    path = given.keep("assertion", b"first.token.x")
    credential = read(given(assertion_file=path)).credential
    assert isinstance(credential, Assertion)
    given.keep("assertion", b"second.token.x")
    assert credential.read() == "second.token.x"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda key: b"", "neither PEM with key and certificate nor PFX"),
        (pem, "no certificate that belongs to its key"),
        (public, "neither PEM with key and certificate nor PFX"),
        (lambda key: pem(key, b"locked") + public(key), "passphrase_file"),
        (lambda key: pfx(key, b"locked"), "passphrase_file"),
        (
            lambda key: pem(key) + public(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
            "no certificate that belongs to its key",
        ),
        (
            lambda _: pem(CURVE) + public(CURVE),
            "RSA",
        ),
    ],
    ids=["empty", "key alone", "certificate alone", "locked", "locked pfx", "strangers", "other algorithm"],
)
def test_a_certificate_that_cannot_serve_is_told(given, key, content, told):
    message = refusal(given(certificate_file=given.keep("app", content(key))))
    assert told in message


def test_a_wrong_passphrase_is_told(given, key):
    path = given.keep("app.pem", pem(key, b"right") + public(key))
    message = refusal(given(certificate_file=path, passphrase_file=given.keep("p", b"wrong")))
    assert "the passphrase is wrong" in message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tenant": None}, "`tenant`"),
        ({"tenant": "common"}, "no single tenant"),
        ({"tenant": "contoso/../other"}, "no single tenant"),
        ({"client_id": None}, "`client_id`"),
        ({"client_id": "Resonanz"}, "GUID"),
        ({"secret_file": None}, "certificate_file"),
        ({"secret_file": "/nowhere/secret"}, "no file /nowhere/secret"),
        ({"passphrase_file": "p"}, "belongs to `certificate_file`"),
        ({"cloud": "mars"}, "known are: global, us-gov, us-dod, china"),
        ({"graph_url": "http://graph.example"}, "https://"),
        ({"graph_url": "graph.example"}, "https://host"),
        ({"graph_url": "https://graph.example/v1.0"}, "without a path"),
        ({"authority": "https://me:pw@login.example"}, "user or password"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file"),
        ({"user_agent": "Müller"}, "ASCII"),
        ({"user_agent": "a\r\nb"}, "ASCII"),
        ({"concurrency": 0}, "1 to 64"),
        ({"concurrency": True}, "1 to 64"),
        ({"sites": ["hr"]}, "is no site"),
        ({"sites": ["http://contoso.sharepoint.com/sites/hr"]}, "is no site"),
        ({"sites": [7]}, "list of texts"),
        ({"unit_from": "city"}, "department"),
        ({"identity": "phone"}, "mail"),
        ({"guests": "maybe"}, "count, skip"),
        ({"leadership": ["("]}, "regular expression"),
        ({"observe": "some"}, "observe"),
        ({"streams": ["pages"]}, "site_pages"),
        ({"tenat": "x"}, "unknown setting 'tenat'"),
    ],
)
def test_what_is_wrong_and_how_to_mend_it_is_told(given, changes, told):
    assert told in refusal(given(**changes))


def test_two_credentials_are_one_too_many(given):
    both = given() | {"certificate_file": "app.pem"}
    assert "not both" in refusal(both)


@pytest.mark.parametrize("content", [b"", b"  \n", b"two words", b"a\nb", "schlüssel".encode()])
def test_a_secret_file_holds_one_word(given, content):
    message = refusal(given(secret_file=given.keep("own", content)))
    assert "secret_file" in message
    assert "two words" not in message


def test_an_unreadable_file_is_told(given, tmp_path):
    assert "cannot be read" in refusal(given(secret_file=str(tmp_path)))


def test_a_single_text_is_a_list_of_one(given):
    settings = read(given(sites=SITE_ID, streams="rooms", service_accounts="SVC-*", leadership="head of"))
    assert settings.sites == (SITE_ID,)
    assert settings.streams == ("rooms",)
    assert settings.service_accounts == ("svc-*",)
    assert settings.leadership_level("Head of HR") == 1


def test_streams_are_read_in_their_own_order(given):
    assert read(given(streams=["files", "rooms"])).streams == ("rooms", "files")


def test_the_first_pattern_found_in_a_title_is_the_level(given):
    settings = read(given(leadership=[r"\b(CEO|director)\b", r"head of|leitung"]))
    titles = ["Managing Director", "Teamleitung", "Head of Director Relations", "Engineer", "", None]
    assert [settings.leadership_level(title) for title in titles] == [1, 2, 1, None, None, None]


@pytest.mark.parametrize(("text", "budget"), [("all", OBSERVE_ALL), ("12", 12), (0, 0), ("", None)])
def test_the_budget_of_looks(given, text, budget):
    assert read(given(observe=text)).observe == budget


@pytest.mark.parametrize(
    ("site", "path"),
    [
        (SITE_ID, f"/sites/{SITE_ID}"),
        ("https://contoso.sharepoint.com/sites/hr/", "/sites/contoso.sharepoint.com:/sites/hr"),
        ("https://contoso.sharepoint.com", "/sites/contoso.sharepoint.com"),
        ("https://contoso.sharepoint.com/sites/a b", "/sites/contoso.sharepoint.com:/sites/a%20b"),
        ("http://127.0.0.1:81/sites/hr", "/sites/127.0.0.1:/sites/hr"),
    ],
)
def test_a_site_becomes_a_path_of_graph(given, site, path):
    (chosen,) = read(given(sites=[site])).sites
    assert site_path(chosen) == path


def test_files_stay_where_they_are(given, tmp_path):
    path = tmp_path / "secret"
    settings = given()
    path.chmod(0o400)
    read(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert path.read_bytes() == b"s3cret\n"
