"""A transport over a script instead of a platform, and a clock that only sleeping moves on."""

import json
import threading
from datetime import UTC, datetime

import httpx

from connectors.microsoft.settings import USER_AGENT
from connectors.microsoft.tokens import Resource

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


def get(transport, path="/users", **more):
    return transport.get(Resource.GRAPH, path, **more)
