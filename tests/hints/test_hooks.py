"""Platforms call; what they say is checked, and only a hint is kept."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from service.database import transaction
from service.hints.receive import LARGEST
from service.models import Hint, Room, Source

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = b"a webhook secret of the admin"

# -- Graph --------------------------------------------------------------------------------------------------------------


def test_the_handshake_gives_the_token_back_decoded_as_plain_text(platform):
    answer = platform.client.post("/hooks/graph/m365?validationToken=Validation%3A+Test+%3Cb%3E%2B1")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text == "Validation: Test <b>+1"


@pytest.mark.parametrize("source", ["nowhere", "wiki"])
def test_a_source_that_is_not_graphs_does_not_answer(platform, notification, source):
    assert platform.client.post(f"/hooks/graph/{source}?validationToken=x").status_code == 404
    assert platform.graph(notification("s-users"), source=source).status_code == 404
    assert platform.hints() == []


def test_notifications_of_several_subscriptions_become_hints_of_their_streams(platform, notification):
    answer = platform.graph(notification("s-users"), notification("s-team"), notification("s-users"))
    assert (answer.status_code, answer.content) == (202, b"")
    assert platform.hints() == [(1, "people", ""), (1, "team_messages", "m365/group:1")]


@pytest.mark.parametrize("state", ["guessed", "", None, 7, ["a state nobody can guess"]])
def test_whoever_does_not_know_the_secret_brings_about_nothing(platform, notification, state):
    assert platform.graph(notification("s-users", clientState=state)).status_code == 202
    assert platform.graph(notification("s-unknown")).status_code == 202
    assert platform.hints() == []


def test_a_forged_notification_among_good_ones_is_passed_over(platform, notification):
    platform.graph(notification("s-users", clientState="guessed"), notification("s-team"))
    assert platform.hints() == [(1, "team_messages", "m365/group:1")]


def test_an_unknown_subscription_does_not_match_an_empty_state(platform, notification):
    platform.graph(notification("s-unknown", clientState=""))
    assert platform.hints() == []


@pytest.mark.parametrize("event", ["missed", "subscriptionRemoved", "reauthorizationRequired"])
def test_whatever_happens_to_a_subscription_its_stream_is_read_again(platform, notification, event):
    before = platform.subscriptions()
    assert platform.graph(notification("s-users", lifecycleEvent=event)).status_code == 202
    assert platform.hints() == [(1, "people", "")]
    after = platform.subscriptions()
    if event == "subscriptionRemoved":
        assert "s-users" not in after
    elif event == "reauthorizationRequired":
        assert after["s-users"] != before["s-users"]
    else:
        assert after == before


def test_a_forged_end_of_a_subscription_does_not_end_it(platform, notification):
    platform.graph(notification("s-users", lifecycleEvent="subscriptionRemoved", clientState="guessed"))
    assert "s-users" in platform.subscriptions()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"{}",
        b'{"value":{}}',
        b'{"value":[1]}',
        b'{"value":[' + b"{}," * 1000 + b"{}]}",
        b"[" * 100_000,
    ],
)
def test_what_are_no_notifications_is_refused(platform, body):
    answer = platform.client.post("/hooks/graph/m365", content=body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert platform.hints() == []


def test_a_call_tells_of_a_thousand_things_at_most(platform, notification):
    assert platform.graph(*[notification("s-users")] * 1000).status_code == 202
    assert platform.hints() == [(1, "people", "")]


def test_a_subscription_is_of_one_source(platform, notification):
    with transaction(platform.engine) as session:
        session.add(
            Source(id=9, organisation_id=1, key="other", connector="microsoft-365", settings={}, created=NOW)
        )
    assert platform.graph(notification("s-users"), source="other").status_code == 202
    assert platform.hints() == []
    platform.graph(notification("s-users", lifecycleEvent="subscriptionRemoved"), source="other")
    assert set(platform.subscriptions()) == {"s-users", "s-team"}


def test_what_happens_to_one_subscription_happens_to_no_other(platform, notification):
    before = platform.subscriptions()
    platform.graph(notification("s-users", lifecycleEvent="reauthorizationRequired"))
    after = platform.subscriptions()
    assert after["s-team"] == before["s-team"]
    assert abs(after["s-users"] - datetime.now(UTC)) < timedelta(minutes=1)
    platform.graph(notification("s-users", lifecycleEvent="subscriptionRemoved"))
    assert platform.subscriptions() == {"s-team": before["s-team"]}


def test_hints_do_not_pile_up(platform, notification):
    for _ in range(5):
        platform.graph(notification("s-users"))
    assert platform.hints() == [(1, "people", "")]


def test_nothing_of_the_payload_and_no_secret_reaches_the_disk(platform, notification, tmp_path):
    platform.graph(notification("s-users"))
    platform.confluence(
        {
            "event": "page_created",
            "userKey": "CANARY-4711",
            "page": {"title": "CANARY-4711", "spaceKey": "HR"},
        }
    )
    assert len(platform.hints()) == 2
    for file in tmp_path.rglob("resonanz.db*"):
        content = file.read_bytes()
        assert b"CANARY-4711" not in content, file.name
        assert b"a state nobody can guess" not in content, file.name


# -- Confluence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "hints"),
    [
        ({"event": "page_created", "page": {"id": 7, "spaceKey": "HR"}}, [(2, "contents", "wiki/77")]),
        ({"event": "blog_updated", "blog": {"id": 7, "spaceKey": "GF"}}, [(2, "contents", "")]),
        ({"event": "comment_created", "comment": {"id": 7}}, [(2, "comments", "")]),
        ({"event": "page_trashed", "page": {"id": 7, "spaceKey": "HR"}}, [(2, "deletions", "wiki/77")]),
        ({"event": "comment_removed"}, [(2, "deletions", "")]),
        ({"event": "space_created", "space": {"key": "HR"}}, [(2, "rooms", "wiki/77")]),
        ({"event": "user_deactivated"}, [(2, "people", "")]),
        ({"event": "label_added"}, []),
        ({"test": True}, []),
    ],
)
def test_a_signed_event_becomes_a_hint_of_the_stream_that_will_show_it(platform, event, hints):
    assert platform.confluence(event).status_code == 202
    assert platform.hints() == hints


def test_an_event_with_a_wrong_signature_is_refused(platform):
    event = {"event": "page_created"}
    assert platform.confluence(event, secret=b"guessed").status_code == 403
    assert platform.confluence(event, **{"X-Hub-Signature": ""}).status_code == 403
    assert platform.confluence(event, **{"X-Hub-Signature": "sha1=abc"}).status_code == 403
    assert platform.client.post("/hooks/confluence/wiki", json=event).status_code == 403
    assert platform.hints() == []


def test_the_signature_is_over_the_raw_body(platform):
    event = {"event": "page_created"}
    good = platform.confluence(event).request
    changed = good.content.replace(b"page", b"blog")
    answer = platform.client.post(
        "/hooks/confluence/wiki",
        content=changed,
        headers={"X-Hub-Signature": good.headers["X-Hub-Signature"]},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("source", ["plain", "nowhere", "m365"])
def test_a_source_without_secret_has_no_hook(platform, source):
    assert platform.confluence({"event": "page_created"}, source=source).status_code == 404


def test_a_secret_that_is_short_or_can_not_be_read_is_none(platform, tmp_path):
    file = tmp_path / "secret"
    for letters, status in ((0, 404), (15, 404), (16, 202), (17, 202)):
        secret = b"s" * letters
        file.write_bytes(b" " + secret + b"\n")
        assert platform.confluence({"event": "page_created"}, secret=secret).status_code == status
    file.unlink()
    for secret in (SECRET, b""):
        assert platform.confluence({"event": "page_created"}, secret=secret).status_code == 404


def test_a_room_is_of_the_source_that_tells_of_it(platform):
    with transaction(platform.engine) as session:
        session.add(Room(organisation_id=1, source_id=1, key="m365/group:1", handle="GF", first_seen=NOW))
    platform.confluence({"event": "page_created", "page": {"spaceKey": "GF"}})
    assert platform.hints() == [(2, "contents", "")]
    platform.confluence({"event": "page_created", "page": "HR", "space": {"key": "HR"}})
    assert platform.hints() == [(2, "contents", ""), (2, "contents", "wiki/77")]


# -- both ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/hooks/graph/m365", "/hooks/confluence/wiki"])
def test_a_call_beyond_the_largest_size_is_refused_before_it_is_held(platform, path):
    def endless():
        for _ in range(3):
            yield b" " * (LARGEST // 2)

    assert platform.client.post(path, content=endless()).status_code == 413
    assert platform.client.post(path, content=json.dumps({"event": "x"}).encode()).status_code in (403, 422)


def test_hooks_need_no_origin_and_open_nothing_else(platform):
    assert platform.client.post("/hooks/graph/m365?validationToken=x").status_code == 200
    assert platform.client.get("/hooks/graph/m365").status_code == 405
    assert platform.client.post("/login", data={"name": "x", "password": "y"}).status_code == 403
    assert platform.client.get("/api/v1/rooms").status_code == 401


def test_hints_go_with_their_source(platform, notification):
    platform.graph(notification("s-users"))
    with transaction(platform.engine) as session:
        session.delete(session.get_one(Source, 1))
    with transaction(platform.engine) as session:
        assert session.query(Hint).count() == 0
