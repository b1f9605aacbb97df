"""What an admin writes, and what is said when it is wrong."""

import pytest

from connectors.base import Nothing, connector
from connectors.confluence import Confluence
from connectors.confluence.settings import read
from connectors.errors import Misconfigured


@pytest.fixture
def given(tmp_path):
    token = tmp_path / "token"
    token.write_text("secret\n")

    def settings(**more):
        return {"url": "https://acme.atlassian.net", "flavour": "cloud", "token_file": str(token), **more}

    return settings


@pytest.mark.parametrize(
    ("flavour", "url", "base"),
    [
        ("cloud", "https://acme.atlassian.net", "https://acme.atlassian.net/wiki"),
        ("cloud", "https://acme.atlassian.net/", "https://acme.atlassian.net/wiki"),
        ("cloud", "https://acme.atlassian.net/wiki/", "https://acme.atlassian.net/wiki"),
        ("cloud", "https://acme.atlassian.net/wiki/spaces/HR/overview", "https://acme.atlassian.net/wiki"),
        ("cloud", "http://127.0.0.1:8000", "http://127.0.0.1:8000/wiki"),
        ("cloud", "http://127.0.0.1:8000/wiki", "http://127.0.0.1:8000/wiki"),
        (
            "cloud",
            "https://api.atlassian.com/ex/confluence/1-2/wiki",
            "https://api.atlassian.com/ex/confluence/1-2/wiki",
        ),
        ("data-center", "https://wiki.corp/confluence/", "https://wiki.corp/confluence"),
        ("data-center", "https://wiki.corp/confluence/rest/api", "https://wiki.corp/confluence"),
        ("data-center", "https://wiki.corp/dashboard.action", "https://wiki.corp"),
        ("data-center", "https://wiki.corp:8443", "https://wiki.corp:8443"),
        ("data-center", " https://wiki.corp/display/HR/Seite ", "https://wiki.corp"),
    ],
)
def test_the_base_is_found_for_every_kind_of_address(given, flavour, url, base):
    assert read(given(flavour=flavour, url=url)).base == base


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"url": ""}, "address is missing"),
        ({"url": "acme.atlassian.net"}, "https://"),
        ({"url": "ftp://acme"}, "ftp"),
        ({"url": "https://"}, "host"),
        ({"url": "https://ada:secret@acme.atlassian.net"}, "token_file"),
        ({"url": "http://acme.atlassian.net"}, "https:// only"),
        ({"url": "https://api.atlassian.com/ex/confluence/1-2"}, "/wiki"),
        ({"url": "https://api.atlassian.com/wiki"}, "cloudId"),
        ({"flavour": "data-center"}, "flavour `cloud`"),
        ({"flavour": "server"}, "data-center"),
        ({"flavour": None}, "flavour"),
        ({"token_file": None}, "token_file"),
        ({"token_file": "/nowhere/token"}, "no token file"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": True}, "concurrency"),
        ({"observe": "some"}, "observe"),
        ({"observe": -3}, "observe"),
        ({"history": "yes"}, "history"),
        ({"include_personal": 1}, "include_personal"),
        ({"unit_groups": "dept-("}, "regular expression"),
        ({"unit_groups": "dept-.*"}, "one group"),
        ({"service_accounts": "svc-*"}, "list of patterns"),
        ({"user": 7}, "user"),
        ({"ca_file": "/nowhere/ca.pem"}, "certificate"),
        ({"uri": "https://x"}, "unknown setting"),
        ({"identity": "name"}, "username, mail, account-id"),
        ({"identity": "username"}, "no user names"),
        ({"identity_pattern": "^([^@]+)@"}, "give also `identity`"),
        ({"identity": "mail", "identity_pattern": "^[^@]+@"}, "one group"),
        ({"identity": "mail", "identity_pattern": "("}, "regular expression"),
    ],
)
def test_what_is_wrong_is_said_with_how_to_mend_it(given, wrong, told):
    with pytest.raises(Misconfigured, match=told):
        read(given(**wrong))


@pytest.mark.parametrize("text", ["", "  \n", "two words", "one\ntwo\n", "tökén"])
def test_a_token_file_holds_the_token_and_nothing_else(given, tmp_path, text):
    (tmp_path / "token").write_text(text)
    with pytest.raises(Misconfigured, match="token file"):
        read(given())


def test_the_token_is_read_anew_and_never_shown(given, tmp_path):
    assert read(given()).token == "secret"
    (tmp_path / "token").write_text("renewed")
    settings = read(given())
    assert settings.token == "renewed"
    assert "renewed" not in repr(settings)


def test_the_token_is_in_no_message(given, tmp_path):
    (tmp_path / "token").write_text("hidden hidden")
    with pytest.raises(Misconfigured) as told:
        read(given())
    assert "hidden" not in str(told.value)


def test_the_connector_is_found_by_its_entry_point(given):
    assert connector("confluence") is Confluence
    connected = Confluence.connect(given(), Nothing())
    assert connected.requests() == 0
    connected.close()
