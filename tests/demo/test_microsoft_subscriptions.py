"""Change notifications of the fake: handshake, life, deliveries."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest


class Receiver:
    """A notification endpoint. `echo` says what it makes of the validation token."""

    def __init__(self) -> None:
        self.told: list[dict] = []
        self.echo = lambda token: token
        self.kind = "text/plain"
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                token = parse_qs(urlsplit(self.path).query).get("validationToken")
                if token:
                    answer = receiver.echo(token[0]).encode()
                    self.send_response(200)
                    self.send_header("content-type", receiver.kind)
                else:
                    receiver.told += json.loads(body)["value"]
                    answer = b""
                    self.send_response(202)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hints"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


@pytest.fixture
def subscribe(call, office, receiver):
    def post(**changes):
        body = {
            "changeType": "created,updated",
            "notificationUrl": receiver.url,
            "lifecycleNotificationUrl": receiver.url,
            "resource": f"/drives/{office.documents.drive}/root",
            "expirationDateTime": _in(office, timedelta(days=2)),
            "clientState": "geheim",
            **changes,
        }
        return call("/subscriptions", method="POST", json=body)

    return post


def _in(office, life: timedelta) -> str:
    return (office.tenant.clock() + life).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_receiver_that_echoes_the_token_is_subscribed(call, subscribe, description):
    answer = subscribe()
    assert answer.status_code == 201
    assert description.objections("POST", "/subscriptions", (), answer) == []
    listed = call("/subscriptions").json()["value"]
    assert [one["id"] for one in listed] == [answer.json()["id"]]


@pytest.mark.parametrize("fault", ["wrong echo", "wrong type", "nobody there"])
def test_a_receiver_that_does_not_answer_properly_is_not(call, subscribe, receiver, fault):
    changes = {}
    if fault == "wrong echo":
        receiver.echo = lambda token: token.replace(" ", "+")
    elif fault == "wrong type":
        receiver.kind = "text/html"
    else:
        changes["notificationUrl"] = "http://127.0.0.1:9/"
    answer = subscribe(**changes)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ValidationError")
    assert call("/subscriptions").json()["value"] == []


def test_a_subscription_cannot_outlive_its_kind(subscribe, office):
    resource = f"/teams/{office.team.id}/channels/{office.channel}/messages"
    longest = timedelta(minutes=4320)
    assert subscribe(resource=resource, expirationDateTime=_in(office, longest)).status_code == 201
    longer = _in(office, longest + timedelta(minutes=1))
    assert subscribe(resource=resource, expirationDateTime=longer).status_code == 400
    assert subscribe(resource=resource, lifecycleNotificationUrl=None).status_code == 400
    assert subscribe(expirationDateTime=_in(office, timedelta(minutes=-1))).status_code == 400


def test_a_subscription_is_renewed_ends_and_is_deleted(call, subscribe, office, description):
    id_ = subscribe().json()["id"]
    body = {"expirationDateTime": _in(office, timedelta(days=20))}
    renewed = call(f"/subscriptions/{id_}", method="PATCH", json=body)
    assert renewed.json()["expirationDateTime"].startswith("2026-03-22")
    assert description.objections("PATCH", f"/subscriptions/{id_}", (), renewed) == []
    reauthorised = call(f"/subscriptions/{id_}/reauthorize", method="POST")
    assert reauthorised.status_code == 204
    now = office.tenant.clock()
    office.tenant.clock = lambda: now + timedelta(days=21)
    assert call(f"/subscriptions/{id_}").status_code == 404
    assert call(f"/subscriptions/{id_}", method="DELETE").status_code == 204
    assert call(f"/subscriptions/{id_}", method="DELETE").status_code == 404


def test_a_hint_names_the_resource_and_nothing_of_its_content(cloud, subscribe, office, receiver):
    id_ = subscribe().json()["id"]
    resource = f"drives/{office.documents.drive}/root"
    assert cloud.graph.subscriptions.deliver(resource) == [202]
    assert cloud.graph.subscriptions.deliver("drives/other/root") == []
    (hint,) = receiver.told
    assert (hint["subscriptionId"], hint["clientState"]) == (id_, "geheim")
    assert cloud.graph.subscriptions.deliver(resource, state="geraten") == [202]
    assert receiver.told[-1]["clientState"] == "geraten"


def test_lifecycle_events_arrive_and_a_removed_subscription_is_gone(cloud, call, subscribe, receiver):
    id_ = subscribe().json()["id"]
    for event in ("reauthorizationRequired", "missed", "subscriptionRemoved"):
        assert cloud.graph.subscriptions.lifecycle(event, id_) == 202
    assert [hint["lifecycleEvent"] for hint in receiver.told][-1] == "subscriptionRemoved"
    assert call(f"/subscriptions/{id_}").status_code == 404
