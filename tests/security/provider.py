"""A sign-in service of our own over real HTTP, which misbehaves as a test asks it to."""

import hmac
import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT, SECRET = "resonanz", "geheim:ä%&"
Claims = dict[str, Any]


@dataclass
class FakeProvider:
    """`change` may alter the claims, `sign` replaces how they are signed, `describe` alters the description."""

    change: Callable[[Claims], None] = lambda claims: None
    describe: Callable[[Claims], None] = lambda body: None
    sign: Callable[[Claims], str] | None = None
    published: list[RSAKey | ECKey | OctKey] = field(default_factory=list)
    status: int = 200
    person: Claims = field(
        default_factory=lambda: {"sub": "u1", "preferred_username": "Anna", "roles": ["Resonanz.Analyst"]}
    )
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Claims] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
        self.published = [self.key]
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def answer(self, body: Claims, status: int = 200) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                provider.asked.append(self.path)
                if provider.status != 200:
                    self.answer({}, provider.status)
                elif self.path == "/realm/.well-known/openid-configuration":
                    self.answer(provider.description())
                elif self.path == "/realm/keys":
                    self.answer(
                        {"keys": [key.as_dict(private=isinstance(key, OctKey)) for key in provider.published]}
                    )
                else:
                    self.answer({}, 404)

            def do_POST(self) -> None:
                provider.asked.append(self.path)
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                given = {name: values[0] for name, values in parse_qs(form).items()}
                body = provider.redeem(given, self.headers.get("Authorization", ""))
                self.answer(body, 400 if "error" in body else 200)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def issuer(self) -> str:
        return f"{self.base}/realm"

    def description(self) -> Claims:
        body: Claims = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        self.describe(body)
        return body

    def authorize(self, location: str) -> tuple[str, str]:
        """What a person's browser would be sent back with: (code, state)."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return code, asked["state"]

    def redeem(self, given: Claims, authorization: str) -> Claims:
        name, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote(name), unquote(secret)) != (CLIENT, SECRET):
            return {"error": "invalid_client"}
        asked = self.codes.pop(given.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != given.get("redirect_uri"):
            return {"error": "invalid_grant"}
        challenge = urlsafe_b64encode(sha256(given.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if challenge.decode() != asked["code_challenge"]:
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims: Claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
        }
        self.change(claims)
        text = self.sign(claims) if self.sign else self.signed(claims)
        return {"access_token": "x", "token_type": "Bearer", "id_token": text}

    def signed(self, claims: Claims, key: RSAKey | None = None, kid: str = "k1") -> str:
        return jwt.encode({"alg": "RS256", "kid": kid}, claims, key or self.key)

    def unsigned(self, claims: Claims) -> str:
        return f"{_part({'alg': 'none', 'kid': 'k1'})}.{_part(claims)}."

    def signed_with_public_key(self, claims: Claims) -> str:
        """The classic confusion: HMAC with the public key as its secret."""
        signed = ".".join(_part(one) for one in ({"alg": "HS256", "kid": "k1"}, claims))
        mac = hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    def signed_with_shared_key(self, claims: Claims) -> str:
        """HMAC with a key that the service itself publishes."""
        key = OctKey.generate_key(256, {"kid": "shared", "use": "sig"})
        self.published = [self.key, key]
        return jws.serialize_compact(
            {"alg": "HS256", "kid": "shared"}, json.dumps(claims).encode(), key, algorithms=["HS256"]
        )


def _part(value: Claims) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
