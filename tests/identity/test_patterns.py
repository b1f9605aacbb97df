"""The part of an id that counts on all platforms."""

import pytest

from connectors.errors import Misconfigured
from connectors.identity import canonical, identity_pattern
from connectors.microsoft.people import person
from connectors.microsoft.settings import read


@pytest.mark.parametrize(
    ("shown", "pattern", "shared"),
    [
        ("Ada@Acme.example", None, "ada@acme.example"),
        (" Ada@Acme.example ", "^([^@]+)@", "ada"),
        ("ada", "^([^@]+)@", None),
        ("", None, None),
        (None, "^([^@]+)@", None),
        ("x-0042", "^x-0*([0-9]*)$", "42"),
        ("x-", "^x-0*([0-9]*)$", None),
    ],
)
def test_the_first_group_is_what_counts(shown, pattern, shared):
    assert canonical(shown, identity_pattern(pattern)) == shared


@pytest.mark.parametrize("wrong", ["(", "^[^@]+@"])
def test_a_pattern_without_a_group_is_refused(wrong):
    with pytest.raises(Misconfigured, match="identity_pattern"):
        identity_pattern(wrong)


def test_microsoft_365_takes_the_pattern_too(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    settings = read(
        {
            "tenant": "contoso.example",
            "client_id": "11111111-2222-3333-4444-555555555555",
            "secret_file": str(secret),
            "identity": "userPrincipalName",
            "identity_pattern": "^([^@]+)@",
        }
    )
    row = {"id": "1", "userPrincipalName": "Ada@contoso.example", "mail": "someone@else.example"}
    assert person(row, settings).canonical == "ada"
