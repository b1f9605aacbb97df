"""Where a request goes: the token never to strangers, and to SharePoint only where it is found."""

import pytest
from cryptography.hazmat.primitives import serialization

from connectors.errors import (
    AccessDenied,
    BadAnswer,
)
from connectors.microsoft.credentials import Certificate
from connectors.microsoft.tokens import Resource
from tests.microsoft.wire import failing, get, good


def test_parameters_are_added_to_what_a_path_carries(line):
    transport, wire, _ = line(good())
    get(transport, "/users/delta?$select=id", params={"$top": "5", "$filter": "a eq 'b c'"})
    assert wire.sent[0].url.raw_path == b"/v1.0/users/delta?$select=id&$top=5&$filter=a%20eq%20'b%20c'"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1.0/users",
        "http://graph.example/v1.0/users",
        "https://graph.example:444/v1.0/users",
        "https://graph.example@evil.example/v1.0/users",
    ],
)
def test_a_token_never_travels_to_another_host(line, url):
    transport, wire, _ = line(good())
    with pytest.raises(BadAnswer, match="another host"):
        get(transport, url)
    assert wire.sent == []


def test_sharepoint_is_found_by_the_root_site_and_asked_there(line, tmp_path):
    transport, wire, _ = line(good(webUrl="https://Contoso.sharepoint.com/"))
    assert transport.sharepoint_url() == "https://contoso.sharepoint.com"
    assert wire.sent[0].url.path == "/v1.0/sites/root"
    assert transport.sharepoint_url() == "https://contoso.sharepoint.com"
    assert len(wire.sent) == 1


@pytest.mark.parametrize("site", ["contoso.sharepoint.com,1,2", "https://contoso.sharepoint.com/sites/hr"])
def test_sharepoint_is_found_by_a_chosen_site_without_asking(line, site):
    transport, wire, _ = line(good(), sites=(site,))
    assert transport.sharepoint_url() == "https://contoso.sharepoint.com"
    assert wire.sent == []


def test_a_secret_does_not_reach_sharepoint(line):
    transport, wire, _ = line(good(), sharepoint_url="https://contoso.sharepoint.com")
    with pytest.raises(AccessDenied, match="certificate"):
        transport.get(Resource.SHAREPOINT, "/sites/hr/_api/web")
    assert wire.sent == []


@pytest.fixture(scope="module")
def certificate():
    from service.demo.microsoft.certificates import self_signed

    key, public = self_signed("resonanz")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = public.public_bytes(serialization.Encoding.PEM)
    return Certificate(private.decode(), pem.decode(), public.not_valid_after_utc)


def test_sharepoint_in_another_region_has_a_token_of_its_own(line, certificate):
    home, away = "https://contoso.sharepoint.com/sites/a", "https://contosoeur.sharepoint.com/sites/b"
    elsewhere = {"value": [], "odata.nextLink": home + "/_api/more"}
    transport, wire, _ = line(
        good(),
        good(),
        failing(401),
        good(),
        good(**elsewhere),
        sharepoint_url=home[:30],
        credential=certificate,
    )
    for url in (home, away, away):
        transport.get(Resource.SHAREPOINT, url + "/_api/web")
    assert wire.authorisations == ["Bearer token1", "Bearer token2", "Bearer token2", "Bearer token3"]
    assert wire.scopes[:3] == [
        "https://contoso.sharepoint.com/.default",
        "https://contosoeur.sharepoint.com/.default",
        "https://contosoeur.sharepoint.com/.default",
    ]
    with pytest.raises(BadAnswer, match="another host"):
        list(transport.pages(Resource.SHAREPOINT, away + "/_api/list"))


@pytest.mark.parametrize(
    "url",
    [
        "https://fabrikam.sharepoint.com/sites/a",
        "https://contoso-evil.sharepoint.com/",
        "http://contosoeur.sharepoint.com/",
        "https://contosoeur.sharepoint.com:8443/",
        "https://contosoeur.sharepoint.com.evil.example/",
        "https://contosoeur.example/",
    ],
)
def test_other_hosts_are_no_regions(line, certificate, url):
    transport, wire, _ = line(good(), sharepoint_url="https://contoso.sharepoint.com", credential=certificate)
    with pytest.raises(BadAnswer, match="another host"):
        transport.get(Resource.SHAREPOINT, url)
    assert wire.sent == []
