"""A key server of our own over real HTTP, and tokens as other systems sign them, well and badly."""

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from service.security.jwks import SigningKeys

Claims = dict[str, Any]


class KeyServer:
    """Publishes `published`; answers with `status`, and with `body` where one is set."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
        self.published: list[Claims] = [public(self.key)]
        self.status, self.body = 200, None
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                outer.asked += 1
                content = outer.body or json.dumps({"keys": outer.published}).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/keys"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def signed(self, claims: Claims, **header: Any) -> str:
        return jwt.encode(
            {"alg": "RS256", "kid": "k1", "typ": "JWT"} | header,
            claims,
            self.key,
            algorithms=["RS256", "PS256", "RS512"],
        )

    def by(self, key: RSAKey, claims: Claims, kid: str = "k1") -> str:
        return jwt.encode({"alg": "RS256", "kid": kid}, claims, key)

    def unsigned(self, claims: Claims, alg: str = "none") -> str:
        return f"{part({'alg': alg, 'kid': 'k1'})}.{part(claims)}."

    def with_public_key_as_secret(self, claims: Claims) -> str:
        """The classic confusion: HMAC with the public key as its secret."""
        text = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(claims)}"
        mac = hmac.digest(self.key.as_pem(private=False), text.encode(), sha256)
        return f"{text}.{encoded(mac)}"

    def with_published_secret(self, claims: Claims) -> str:
        """HMAC with a shared secret that stands among the published keys."""
        key = OctKey.generate_key(256, {"kid": "shared", "use": "sig"})
        self.published.append(key.as_dict(private=True))
        return jwt.encode({"alg": "HS256", "kid": "shared"}, claims, key, algorithms=["HS256"])

    def changed(self, claims: Claims, **new: Any) -> str:
        """Signed, and then given other claims under the old signature."""
        head, _, signature = self.signed(claims).split(".")
        return f"{head}.{part(claims | new)}.{signature}"


class Published:
    """A place where keys are published, without a server, and a clock beside it."""

    def __init__(self, *keys: Any) -> None:
        self.body: Any = {"keys": list(keys)}
        self.status, self.asked, self.now = 200, 0, 1000.0
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.keys = SigningKeys("https://keys.example/jwks", self.http, clock=lambda: self.now)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(self.status, json=self.body)


def public(key: RSAKey, **more: Any) -> Claims:
    return {**key.as_dict(private=False), **more}


def published(key: RSAKey, **changed: Any) -> Claims:
    """The same, without what is changed to `...`."""
    return {name: value for name, value in public(key, **changed).items() if value is not ...}


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def part(value: Any) -> str:
    return encoded(json.dumps(value).encode())
