"""The longest chain of requests, counted by hand."""

import json

from benchmarks.chains import Exchange, longest

GRAPH = "https://graph.example/v1.0"
LIST = "11111111-2222-3333-4444-555555555555"


def exchange(began, url, told, asked=None):
    return Exchange(began, began + 1, url, json.dumps(asked).encode(), json.dumps(told).encode())


def test_pages_that_link_to_each_other_are_a_chain_however_much_goes_on_beside_them():
    pages = [
        exchange(0, f"{GRAPH}/users/delta", {"@odata.nextLink": f"{GRAPH}/users/delta?t=1"}),
        exchange(2, f"{GRAPH}/users/delta?t=1", {"@odata.nextLink": f"{GRAPH}/users/delta?t=2"}),
        exchange(4, f"{GRAPH}/users/delta?t=2", {"value": []}),
    ]
    beside = [exchange(number, f"{GRAPH}/groups/{number}", {}) for number in range(9)]
    assert longest(pages) == longest([*pages, *beside]) == 3


def test_requests_that_only_follow_one_another_are_no_chain():
    assert (
        longest([exchange(number * 2, f"{GRAPH}/groups/{number}", {"id": "x"}) for number in range(5)]) == 1
    )


def test_what_a_batch_told_an_item_of_a_list_and_its_versions_are_a_chain_of_three():
    asked = {"requests": [{"id": "1", "url": "/sites/a/lists"}]}
    told = {"responses": [{"id": "1", "body": {"value": [{"id": LIST}]}}]}
    found = [
        exchange(0, f"{GRAPH}/$batch", told, asked),
        exchange(2, f"{GRAPH}/sites/a/lists/{LIST}/items/delta", {"value": [{"id": "12"}]}),
        exchange(4, f"{GRAPH}/sites/a/lists/{LIST}/items/12/versions", {"value": []}),
    ]
    assert longest(found) == 3
    # Of another list the number says nothing.
    other = exchange(4, f"{GRAPH}/sites/a/lists/{LIST[::-1]}/items/12/versions", {})
    assert longest([*found[:2], other]) == 2


def test_signing_in_comes_before_everything_else():
    found = [
        exchange(0, "https://login.example/t/v2.0/.well-known/openid-configuration", {}),
        exchange(2, "https://login.example/t/oauth2/v2.0/token", {}),
        exchange(4, f"{GRAPH}/groups", {}),
    ]
    assert longest(found) == 3
