"""Every request to Graph is one that Microsoft's description allows, and costs what it should."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

STREAMS = ("rooms", "people", "group_conversations", "team_messages", "communities", "usage_reports")
SPEC = Path(__file__).parents[1] / "specs" / "msgraph.json"

pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="the description of Graph is not there")


class Contract:
    def __init__(self):
        self.paths = json.loads(SPEC.read_text(encoding="utf-8"))["paths"]
        self.routes = [
            (re.compile(re.sub(r"\\{[^/']+\\}", "[^/']+", re.escape(path)) + "$"), operations)
            for path, operations in self.paths.items()
        ]

    def objections(self, seen):
        path = seen.path.removeprefix("/v1.0")
        operation = next(
            (
                found[seen.method.lower()]
                for route, found in self.routes
                if route.match(path) and seen.method.lower() in found
            ),
            None,
        )
        if operation is None:
            return [f"{seen.method} {path} is not described"]
        known = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "query"}
        wrong = [f"{path}: {name} is not described" for name in seen.query if name not in known]
        for name in known.keys() & seen.query.keys():
            schema = known[name]["schema"]
            value = seen.query[name][-1]
            typed = int(value) if schema.get("type") == "integer" and value.isdigit() else value
            wrong += [
                f"{path}: {name}: {error.message}" for error in Draft7Validator(schema).iter_errors(typed)
            ]
        return wrong


@pytest.fixture
def busy(bench, tenant):
    """Something of everything that these streams read."""
    who = [user.id for user in tenant.users.values()]
    sales = next(group for group in tenant.groups.values() if group.team)
    for number in range(12):
        thread = tenant.add_thread(sales.id, who[0], bench.day(number))
        tenant.answer(thread, "somebody@customer.example", bench.day(number))
        post = tenant.post(sales.channels[0], who[1], bench.day(number))
        tenant.react(tenant.post(sales.channels[0], who[2], bench.day(number), reply_to=post), who[3])
    tenant.add_channel(sales.id, "Deals", membership="private")
    tenant.add_community("Sales talk", sales.id, posted=4, read=30, liked=7)
    return sales


def requests(bench):
    return [*bench.cloud.graph.requests, *bench.cloud.graph.inner]


def test_the_requests_of_a_first_and_of_a_later_run_are_described(bench, memory, tenant, busy):
    contract = Contract()
    bench.cloud.graph.channels.embedded = 0
    bench.collect(memory, *STREAMS)
    tenant.add_thread(busy.id, busy.members[0], bench.day(31))
    tenant.post(busy.channels[0], busy.members[0], bench.day(31))
    tenant.delete_group(next(group.id for group in tenant.groups.values() if not group.team))
    bench.time += timedelta(days=8)
    bench.collect(memory, *STREAMS)
    assert len(requests(bench)) > 30
    assert bench.asked("/replies") > 0
    assert [line for seen in requests(bench) for line in contract.objections(seen)] == []


def test_the_requests_for_chosen_rooms_are_described(bench, memory, tenant, busy):
    contract = Contract()
    site = next(site for site in tenant.sites.values() if site.path == "hr")
    bench.collect(memory, *STREAMS, groups=[busy.id], teams=[busy.id], sites=[site.id])
    assert [line for seen in requests(bench) for line in contract.objections(seen)] == []


def test_the_check_objects_to_what_is_not_described(bench, memory, busy):
    contract = Contract()
    bench.collect(memory, "people")
    (seen, *_) = (seen for seen in requests(bench) if seen.path.endswith("users/delta"))
    seen.query["$expand"] = ["manager"]
    assert contract.objections(seen) == ["/users/delta: $expand is not described"]
    seen.path = "/v1.0/users/deltas/x/y"
    assert contract.objections(seen) == ["GET /users/deltas/x/y is not described"]


def test_every_request_says_who_asks(bench, memory, busy):
    bench.collect(memory, *STREAMS)
    assert bench.cloud.graph.agents == {"NONISV|Resonanz|Resonanz/0.1"}


def test_a_later_run_without_news_tells_nothing_twice(bench, memory, busy):
    bench.collect(memory, *STREAMS)
    before, told = dict(memory.activities), memory.repeated
    bench.forget_requests()
    bench.time += timedelta(hours=1)
    bench.collect(memory, *STREAMS)
    assert memory.activities == before
    assert memory.repeated == told
    # One for each delta: people, groups, two channels; one for the threads of each of two mailboxes.
    deltas = [seen for seen in requests(bench) if seen.path.endswith("/delta")]
    assert len(deltas) == 4
    assert bench.asked("/threads") == 2
    assert bench.asked("/posts") == 0
    # Of groups a delta tells, of the private channel nothing does.
    assert bench.asked("/members") == 1


def test_nothing_personal_is_in_any_cursor(bench, memory, tenant, busy):
    bench.collect(memory, *STREAMS)
    text = json.dumps(memory.cursors)
    for user in tenant.users.values():
        assert user.id not in text
        assert user.upn not in text
        assert user.name not in set(text.split('"'))
