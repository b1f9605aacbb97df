"""What the feed does not do, who may not read it, and what is kept of who did."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from service.database import transaction
from service.models import AuditEntry
from service.odata.entities import SETS
from service.security.roles import RULES


def code(answer: httpx.Response) -> str:
    """The code of an OData error, whose form is checked on the way."""
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["OData-Version"] == "4.0"
    error = answer.json()["error"]
    assert set(error) == {"code", "message"}
    assert len(error["message"]) > 10
    return str(error["code"])


@pytest.mark.parametrize(
    ("path", "status", "wanted"),
    [
        ("Measurements?$expand=Rooms", 501, "not-offered"),
        ("Measurements?$apply=aggregate($count as n)", 501, "not-offered"),
        ("Measurements?$search=Mueller", 501, "not-offered"),
        ("Measurements?$compute=value mul 2 as twice", 501, "not-offered"),
        ("$batch", 501, "not-offered"),
        ("$crossjoin(Rooms,Metrics)", 501, "not-offered"),
        ("$all", 501, "not-offered"),
        ("Measurements?$filter=value mul 2 gt 1", 501, "not-offered"),
        ("Measurements?$filter=value gt 'x'", 400, "malformed"),
        ("Measurements?$select=numerator", 400, "malformed"),
        ("Measurements?$select=metric,draws", 400, "malformed"),
        ("Measurements?$orderby=value descending", 400, "malformed"),
        ("Measurements?$orderby=id", 400, "malformed"),
        ("Measurements?$orderby=since,value,low,high,people,metric,scope", 400, "malformed"),
        ("Measurements?$top=-1", 400, "malformed"),
        ("Measurements?$top=ten", 400, "malformed"),
        ("Measurements?$skip=1.5", 400, "malformed"),
        ("Measurements?$count=yes", 400, "malformed"),
        ("Measurements?$top=1&$top=2", 400, "malformed"),
        ("Measurements?top=1", 400, "malformed"),
        ("Measurements?$inlinecount=allpages", 400, "malformed"),
        ("Measurements?metric=active_share", 400, "malformed"),
        ("Measurements?$skiptoken=AAAA", 400, None),
        ("Measurements?$format=atom", 406, "not-acceptable"),
        ("$metadata?$format=json", 406, "not-acceptable"),
        ("Measurements/$count?$top=1", 400, "malformed"),
        ("Rooms('wiki%2FALL')?$filter=archived", 400, "malformed"),
        ("Rooms('nowhere')", 404, "not-found"),
        ("Rooms(1)", 404, "not-found"),
        ("Rooms(key='wiki%2FALL',key='wiki%2FHR')", 404, "not-found"),
        ("Rooms()", 404, "not-found"),
        ("Measurements('active_share')", 404, "not-found"),
        ("Coverage(source='wiki')", 404, "not-found"),
        ("Publications(1 or 1 eq 1)", 404, "not-found"),
        ("Rooms('wiki%2FALL')/label", 404, "not-found"),
        ("People", 404, "not-found"),
        ("Measurements?organisation=fulda", 404, "not-found"),
    ],
)
def test_what_is_refused_says_so_as_odata_has_it(
    served: Any, path: str, status: int, wanted: str | None
) -> None:
    answer = served.get(path)
    assert answer.status_code == status, answer.text
    found = code(answer)
    assert wanted in {None, found}
    assert "Mueller" not in answer.text


def test_nothing_can_be_changed(served: Any) -> None:
    with served.client() as client:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for path in ("Rooms", "Rooms('wiki%2FALL')", "Measurements/$count", "", "$metadata"):
                answer = client.request(method, f"/odata/v1/{path}", json={})
                assert (answer.status_code, code(answer)) == (405, "method-not-allowed"), (method, path)
        batch = client.post(
            "/odata/v1/$batch", content=b"--b--", headers={"Content-Type": "multipart/mixed; boundary=b"}
        )
        assert (batch.status_code, code(batch)) == (501, "not-offered")
        assert "$batch" in batch.json()["error"]["message"]
    assert {method for method, path in RULES if path.startswith("/odata/")} == {"GET"}


@pytest.mark.parametrize(
    "headers",
    [
        {"OData-MaxVersion": "3.0"},
        {"OData-Version": "3.0"},
        {"OData-MaxVersion": "four"},
    ],
)
def test_clients_of_older_versions_are_told(served: Any, headers: dict[str, str]) -> None:
    for path in ("", "$metadata", "Rooms", "Rooms/$count", "Rooms('wiki%2FALL')"):
        answer = served.get(path, **headers)
        assert (answer.status_code, code(answer)) == (400, "malformed")


def test_json_is_the_only_form_of_rows(served: Any) -> None:
    for accept in (
        "text/html",
        "application/atom+xml",
        "application/json;q=0",
        "application/json;odata.metadata=most",
    ):
        answer = served.get("Rooms", Accept=accept)
        assert (answer.status_code, code(answer)) == (406, "not-acceptable"), accept
    for accept in (
        "*/*",
        "application/json;q=0.1, text/html",
        "application/*",
        "APPLICATION/JSON; OData.Metadata=None",
    ):
        assert served.get("Rooms", Accept=accept).status_code == 200, accept


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "code", "$filter"])
def test_a_token_in_the_address_is_refused_even_if_it_would_be_good(served: Any, name: str) -> None:
    answer = httpx.get(f"{served.url}/odata/v1/Rooms", timeout=60, params={name: served.tokens["werra"]})
    assert answer.status_code == 400
    assert code(answer) == "token-in-address"
    assert served.tokens["werra"] not in answer.text
    assert served.get(f"Rooms?{name}={served.tokens['werra']}").status_code == 400


def test_a_token_is_a_bearer_or_a_password_and_needs_its_scope(served: Any) -> None:
    token = served.tokens["werra"]
    url = f"{served.url}/odata/v1/Rooms"
    assert httpx.get(url, timeout=60, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert httpx.get(url, timeout=60, auth=("", token)).status_code == 200
    assert httpx.get(url, timeout=60, auth=("werra", "ein langes Passwort 7")).status_code == 200
    for wrong in (token[:-1], token + "x", "rsz_" + "0" * 60):
        answer = httpx.get(url, timeout=60, auth=("x", wrong))
        assert (answer.status_code, code(answer)) == (401, "not-signed-in")
    assert all(rule.scope is not None for (_, path), rule in RULES.items() if path.startswith("/odata/"))


def test_an_organisation_sees_nothing_of_another(served: Any) -> None:
    for name in SETS:
        own = served.rows(name)
        assert own
        assert {row["organisation"] for row in own} == {"werra"}, name
        assert "fulda" not in json.dumps(own)
        answer = served.get(f"{name}?organisation=fulda")
        assert (answer.status_code, code(answer)) == (404, "not-found")
    assert served.get("Rooms('fulda%2F1')").status_code == 404
    assert served.get("Rooms('fulda%2F1')", "fulda").status_code == 200
    assert served.get("Measurements/$count?$filter=startswith(scope_key,'fulda')").text == "0"
    theirs = served.get("Measurements", "fulda").json()["@odata.nextLink"]
    with served.client() as client:
        assert client.get(theirs).status_code == 400


def test_who_sees_several_organisations_names_one(served: Any) -> None:
    answer = served.get("Rooms", "consultant")
    assert (answer.status_code, code(answer)) == (400, "invalid")
    assert "organisation" in answer.json()["error"]["message"]
    for key in ("werra", "fulda"):
        rows = served.rows(f"Measurements?organisation={key}&$top=1100", "consultant")
        assert {row["organisation"] for row in rows} == {key}
        assert len(rows) == {"werra": 17, "fulda": 1100}[key]


def test_a_page_token_fits_only_the_question_it_was_given_for(served: Any) -> None:
    first = served.get("Measurements?$filter=scope eq 'room'&$top=9", Prefer="odata.maxpagesize=2").json()[
        "@odata.nextLink"
    ]
    token = first.partition("$skiptoken=")[2]
    with served.client() as client:
        assert client.get(first).status_code == 200
        for question in ("", "$filter=scope eq 'unit'&", "$filter=scope eq 'room'&$orderby=value&"):
            answer = client.get(f"/odata/v1/Measurements?{question}$skiptoken={token}")
            assert answer.status_code == 400, question
            code(answer)
        assert client.get(f"/odata/v1/Rooms?$filter=scope eq 'room'&$skiptoken={token}").status_code == 400
        for made_up in (token[:-2] + "AA", token[2:], "", "\u00e4", token + "A"):
            answer = client.get(
                "/odata/v1/Measurements", params={"$filter": "scope eq 'room'", "$skiptoken": made_up}
            )
            assert answer.status_code == 400, made_up


def test_what_was_asked_is_noted_without_what_could_be_a_name(served: Any) -> None:
    served.get(
        "Measurements?$filter=metric eq 'active_share' and scope_key eq 'Anna Mueller' and since ge 2026-03-02&$top=5"
    )
    served.get("Measurements?$filter=scope_key eq 'wiki/ALL' or Anna eq 'Mueller'&$select=metric,Mueller")
    served.get("Rooms('wiki%2FALL')")
    served.get("Rooms('Mueller')")
    with transaction(served.engine) as session:
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(4)).all()
    assert {(one.account, one.organisation) for one in newest} == {("werra", "werra")}
    assert [json.loads(one.detail) for one in reversed(newest)] == [
        {
            "route": "GET /odata/v1/Measurements",
            "$filter": "metric eq 'active_share' and scope_key eq (other) and since ge 2026-03-02",
            "$top": "5",
        },
        {
            "route": "GET /odata/v1/Measurements",
            "$filter": "scope_key eq 'wiki/ALL' or (other) eq (other)",
            "$select": "metric , (other)",
        },
        {"route": "GET /odata/v1/Rooms({entity_key:path})", "entity_key": "'wiki/ALL'"},
        {"route": "GET /odata/v1/Rooms({entity_key:path})", "entity_key": "(other)"},
    ]
