"""Connections: whom they trust, and which way they take."""

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from connectors.deadline import TimedStream, within
from connectors.errors import Misconfigured
from connectors.microsoft.connections import client
from connectors.microsoft.credentials import Secret
from connectors.microsoft.settings import Settings
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Transport

TENANT = "contoso.example"


class Service(BaseHTTPRequestHandler):
    """Sign-in and Graph in one; tells how many connections it was given."""

    protocol_version = "HTTP/1.1"
    connections = 0

    def setup(self):
        super().setup()
        type(self).connections += 1

    def do_GET(self):
        base = f"https://127.0.0.1:{self.server.server_port}/{TENANT}/oauth2/v2.0"
        self.answer(
            f'{{"token_endpoint": "{base}/token", "authorization_endpoint": "{base}/authorize", "value": []}}'
        )

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer('{"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}')

    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The certificate file of a company's own authority and its server's key and certificate."""
    folder = tmp_path_factory.mktemp("authority")
    now = datetime.now(UTC)

    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def key():
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def builder(subject, public):
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(named("company"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
        )

    signer, server = key(), key()
    root = (
        builder(named("company"), signer.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(signer.public_key()), False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
        )
        .sign(signer, hashes.SHA256())
    )
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = (
        builder(named("server"), server.public_key()).add_extension(here, False).sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(root.public_bytes(pem))
    private = server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(private + leaf.public_bytes(pem))
    return folder


@pytest.fixture
def served(authority):
    """The address of a server whose certificate the company's authority has signed."""

    class Own(Service):
        connections = 0

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        server.daemon_threads = False
        server.block_on_close = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}", Own
        finally:
            server.shutdown()
            thread.join()


def settings(origin, **more):
    return Settings(TENANT, "app", Secret("s"), authority=origin, graph_url=origin, **more)


@pytest.fixture
def connect():
    made = []

    def connect(given):
        made.append(Transport(given, sleep=lambda _: None))
        return made[-1]

    yield connect
    for transport in made:
        transport.close()


def test_the_companys_own_authority_is_trusted_where_it_is_given(connect, served, authority):
    origin, _ = served
    transport = connect(settings(origin, ca_file=str(authority / "ca.pem")))
    assert transport.get(Resource.GRAPH, "/users")["value"] == []
    transport.close()


def test_an_authority_that_is_not_given_is_not_trusted(connect, served):
    origin, _ = served
    transport = connect(settings(origin))
    with pytest.raises(Misconfigured, match="ca_file"):
        transport.get(Resource.GRAPH, "/users")


def test_public_authorities_stay_trusted_beside_the_companys(authority):
    with client(settings("https://login.example", ca_file=str(authority / "ca.pem"))) as http:
        trusted = http._transport._pool._ssl_context.cert_store_stats()["x509_ca"]
    with client(settings("https://login.example")) as http:
        public = http._transport._pool._ssl_context.cert_store_stats()["x509_ca"]
    assert trusted == public + 1 > 20


def test_connections_are_kept_for_the_next_request(connect, served, authority):
    origin, service = served
    transport = connect(settings(origin, ca_file=str(authority / "ca.pem")))
    for _ in range(20):
        transport.get(Resource.GRAPH, "/users")
    assert service.connections == 1
    transport.close()


def test_loopback_is_never_reached_through_a_proxy(connect, monkeypatch, served, authority):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    origin, _ = served
    transport = connect(settings(origin, ca_file=str(authority / "ca.pem")))
    assert transport.get(Resource.GRAPH, "/users")["value"] == []
    transport.close()


def test_a_call_whose_time_is_over_before_tls_leaves_no_connection_open():
    class Connected(httpcore.NetworkStream):
        closed = False

        def close(self):
            self.closed = True

    connected = Connected()
    with within(-1), pytest.raises(httpcore.ConnectTimeout):
        TimedStream(connected).start_tls(ssl.create_default_context(), "contoso.example")
    assert connected.closed
