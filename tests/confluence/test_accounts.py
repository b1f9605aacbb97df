"""What an account is, in the many forms in which the platforms show one."""

import pytest

from connectors.activity import PersonKind
from connectors.base import Nothing
from connectors.confluence import v1


def test_the_stable_id_is_taken_before_names_that_change():
    assert v1.account_id({"accountId": "5b10", "username": "ada"}) == "5b10"
    assert v1.account_id({"userKey": "8a7f", "username": "ada"}) == "8a7f"
    assert v1.account_id({"username": "ada"}) == "ada"


def test_nobody_is_nobody():
    assert v1.account_id(None) is None
    assert v1.account_id({}) is None
    assert v1.account_id({"type": "anonymous", "username": "ada"}) is None
    assert v1.account_id({"type": "unknown"}) is None


def test_an_account_that_was_removed_keeps_its_key():
    assert v1.account_id({"type": "unknown", "userKey": "8a7f"}) == "8a7f"


def test_deactivated_accounts_are_told_in_both_dialects():
    states = {"active": True, "current": True, "inactive": False, "closed": False, "deactivated": False}
    for state, active in states.items():
        assert v1.account({"accountId": "a", "accountStatus": state}).active is active
        assert v1.account({"userKey": "a", "status": state}).active is active
    assert v1.account({"userKey": "a"}).active


def test_apps_are_service_accounts_and_external_collaborators_guests(serve_cloud, company, bench, memory):
    directory = bench.connect(serve_cloud(company), memory)._source.directory
    kinds = {
        "app": {"accountId": "a", "accountType": "app"},
        "guest": {"accountId": "b", "isExternalCollaborator": True},
        "human": {"accountId": "c", "accountType": "atlassian"},
    }
    told = {name: directory.person(v1.account(user)).kind for name, user in kinds.items()}
    assert told == {"app": PersonKind.SERVICE, "guest": PersonKind.GUEST, "human": PersonKind.HUMAN}


ADA = {"userKey": "8a7f", "username": "ADA", "email": "Ada@Acme.example", "displayName": "Ada L."}


@pytest.mark.parametrize(
    ("settings", "shared"),
    [
        ({}, None),
        ({"identity": "username"}, "ada"),
        ({"identity": "mail"}, "ada@acme.example"),
        ({"identity": "account-id"}, "8a7f"),
        ({"identity": "mail", "identity_pattern": "^([^@]+)@"}, "ada"),
        ({"identity": "mail", "identity_pattern": "^([0-9]+)@"}, None),
    ],
)
def test_the_id_shared_across_platforms_is_the_one_the_admin_chose(
    serve_data_center, company, bench, settings, shared
):
    directory = bench.connect(serve_data_center(company), Nothing(), **settings)._source.directory
    assert directory.person(v1.account(ADA)).canonical == shared


def test_an_account_whose_address_is_hidden_has_no_shared_id(serve_cloud, company, bench, memory):
    directory = bench.connect(serve_cloud(company), memory, identity="mail")._source.directory
    assert directory.person(v1.account({"accountId": "a", "email": ""})).canonical is None
    assert directory.person(v1.account({"accountId": "a", "email": "a@b"})).canonical == "a@b"


def test_everybody_told_by_the_stream_of_people_carries_the_shared_id(
    serve_data_center, company, bench, memory
):
    connected = bench.connect(serve_data_center(company), memory, identity="account-id")
    people = [person for page in connected.read("people", None) for person in page.people]
    assert people
    assert all(person.canonical == person.id.lower() for person in people)
