"""Which hosts can be listed, and what browsers make of the header."""

import pytest
from pydantic import ValidationError

from service.app import create_app
from service.embeds.hosts import allowed, ancestors, checked, is_of
from service.errors import Invalid
from service.settings import Settings

LISTED = (
    "https://beispiel.atlassian.net https://*.sharepoint.com, https://teams.microsoft.com\n https://*.teams.microsoft.com "
    "https://*.cloud.microsoft https://Intranet.Beispiel.de:8443/ http://localhost:3000 http://127.0.0.1 https://xn--mller-kva.de"
)


def test_hosts_are_listed_once_in_the_form_browsers_compare():
    found = allowed(f"{LISTED} {LISTED}")
    assert len(found) == 9
    assert found[5] == "https://intranet.beispiel.de:8443"
    assert allowed("  ") == ()
    assert ancestors(found[:2]) == "frame-ancestors https://beispiel.atlassian.net https://*.sharepoint.com"
    assert ancestors(()) == "frame-ancestors 'none'"


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            "*",
            "https:",
            "https://",
            "https://*",
            "https://*.",
            "https://*.com",
            "https://*.localhost",
            "https://*.10.0.0",
        ),
        *(
            "http://intranet.example",
            "ftp://intranet.example",
            "intranet.example",
            "//intranet.example",
            "'self'",
            "'none'",
        ),
        *(
            "https://intranet.example/wiki",
            "https://intranet.example?x",
            "https://a@intranet.example",
            "https://in*.example.com",
        ),
        *(
            "https://intranet.example:0",
            "https://intranet.example:99999",
            "https://intranet.example:x",
            "data:",
            "blob:",
        ),
        *(
            "https://müller.de",
            "https://a;script-src",
            "https://-a.example",
            "https://a..example",
            f"https://{'a' * 64}.example",
        ),
    ],
)
def test_what_is_no_host_is_refused_with_how_to_write_it(wrong, tmp_path):
    with pytest.raises(Invalid, match="RESONANZ_EMBED_HOSTS") as refused:
        checked(wrong)
    assert "https://" in str(refused.value) or "port" in str(refused.value)
    with pytest.raises((Invalid, ValidationError)):
        create_app(Settings(data=tmp_path, embed_hosts=f"https://fine.example {wrong}"))


@pytest.mark.parametrize(
    ("origin", "host", "fits"),
    [
        ("https://a.example", "https://a.example", True),
        ("https://A.example:443", "https://a.example", True),
        ("https://x.a.example", "https://*.a.example", True),
        ("https://a.example", "https://*.a.example", False),
        ("https://x.a.example:8443", "https://*.a.example", False),
        ("http://127.0.0.1", "http://127.0.0.1:80", True),
        ("https://[::1", "https://a.example", False),
        ("https://a.example:x", "https://a.example", False),
        ("https://a.example/", "https://a.example", False),
    ],
)
def test_an_origin_is_compared_as_browsers_compare_it(origin, host, fits):
    assert is_of(origin, [host]) is fits
