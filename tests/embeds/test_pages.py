"""The page and the console on which embeds are made and ended, and who may."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from service.cards import Choices, Kind
from service.cli import app as console
from service.database import transaction
from service.models import AuditEntry, Embed

FORM = {
    "kind": "figure",
    "metric": "active_share",
    "locale": "en",
    "host": ["https://intranet.example"],
    "days": "90",
}


def form_of(client) -> str:
    return re.findall(r'name="form" value="([0-9a-f]{64})"', client.get("/embeds").text)[0]


def entries(house) -> list[AuditEntry]:
    with transaction(house.engine) as db:
        wanted = select(AuditEntry).where(AuditEntry.action.startswith("embed")).order_by(AuditEntry.number)
        return list(db.scalars(wanted))


@pytest.mark.parametrize("role", ["comms_admin", "it_admin"])
def test_an_embed_is_made_shown_copied_and_ended_and_the_log_tells_of_both(house, role):
    client = house.signed_in(role)
    answer = client.post("/embeds?organisation=werra", data={**FORM, "form": form_of(client)})
    assert answer.status_code == 303
    handle = answer.headers["location"].split("/")[2].split("?")[0]
    page = client.get(f"{answer.headers['location']}&lang=de").text
    fields = {
        key: unescape(text)
        for key, text in re.findall(r'<textarea id="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    }
    assert fields["header"] == (
        "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors https://intranet.example"
    )
    path = fields["link"].removeprefix("http://testserver")
    shown = house.visit().get(path)
    assert f"Content-Security-Policy: {shown.headers['content-security-policy']}" == fields["header"]
    assert "25%" in shown.text
    for name in ("confluence", "center", "sharepoint", "portal"):
        assert fields["link"] in unescape(fields[name]), name
    assert 'sandbox="allow-popups allow-top-navigation-by-user-activation"' in fields["center"]
    tab = json.loads(fields["teams"])
    assert tab["staticTabs"][0]["contentUrl"] == fields["link"]
    assert tab["validDomains"] == ["testserver"]
    assert "25%" in page  # the preview, in the language of the card
    assert "Einbettungen von Werra Versicherung AG" in page
    assert handle in client.get("/embeds").text
    council = house.signed_in("auditor").get("/council?lang=en").text.partition("Cards in other pages")[2]
    assert f"<td>{role}</td>" in council.partition("</table>")[0]
    assert client.post(f"/embeds/{handle}/revoke", data={"form": form_of(client)}).status_code == 303
    assert house.visit().get(path).status_code == 410
    assert path not in unescape(client.get(f"/embeds/{handle}").text)
    made, ended = entries(house)[-2:]
    facts = {
        "card": "figure",
        "embed": handle,
        "hosts": ["https://intranet.example"],
        "metric": "active_share",
        "window": "days28",
    }
    assert (made.action, made.account, made.organisation, json.loads(made.detail)) == (
        "embed created",
        role,
        "werra",
        facts,
    )
    assert (ended.action, ended.account, json.loads(ended.detail)) == ("embed revoked", role, facts)
    assert not any(path.split("=")[1] in entry.detail for entry in (made, ended))


@pytest.mark.parametrize("role", ["viewer", "analyst", "auditor"])
def test_others_make_none_and_see_none(house, role):
    client = house.signed_in(role)
    before = len(entries(house))
    assert client.get("/embeds").status_code == 403
    assert client.post("/embeds", data=FORM).status_code == 403
    assert client.post(f"/embeds/{house.row(house.embed()).handle}/revoke").status_code == 403
    assert len(entries(house)) == before + 1
    assert "/embeds" not in client.get("/").text


def test_another_organisation_sees_and_ends_none(house):
    path = house.embed()
    handle, client = house.row(path).handle, house.signed_in("fulda")
    assert handle not in client.get("/embeds").text
    assert client.get(f"/embeds/{handle}").status_code == 404
    assert client.post(f"/embeds/{handle}/revoke", data={"form": form_of(client)}).status_code == 404
    assert (
        client.post("/embeds?organisation=werra", data={**FORM, "form": form_of(client)}).status_code == 404
    )
    assert (
        client.post("/embeds", data={**FORM, "room": "werra/all", "form": form_of(client)}).status_code == 422
    )
    assert house.visit().get(path).status_code == 200


def test_a_form_of_another_session_or_site_makes_nothing(house):
    client, other = house.signed_in("comms_admin"), house.signed_in("it_admin")
    with transaction(house.engine) as db:
        before = len(db.scalars(select(Embed.id)).all())
    assert client.post("/embeds", data=FORM).status_code == 403
    assert client.post("/embeds", data={**FORM, "form": form_of(other)}).status_code == 403
    crossing = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/embeds", data={**FORM, "form": form_of(client)}, headers=crossing).status_code == 403
    with transaction(house.engine) as db:
        assert len(db.scalars(select(Embed.id)).all()) == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"host": []}, "Wählen Sie mindestens einen Host"),
        ({"metric": "spread", "kind": "trend", "room": "werra/all"}, "nicht je Raum gemessen"),
        ({"host": ["https://evil.example"]}, "not among them"),
        ({"kind": "nothing"}, "there are: figure"),
        ({"days": "91"}, None),
        ({"days": "-1"}, None),
    ],
)
def test_a_wrong_form_says_how_to_mend_it(house, more, said):
    client = house.signed_in("comms_admin")
    answer = client.post("/embeds?lang=de", data={**FORM, **more, "form": form_of(client)})
    assert answer.status_code == 422
    if said:
        assert said in unescape(answer.text)
        assert 'role="alert"' in answer.text


def test_without_a_listed_host_the_page_says_whose_turn_it_is(house):
    before = house.settings.embed_hosts
    try:
        house.settings.embed_hosts = ""
        page = house.signed_in("comms_admin").get("/embeds?lang=en").text
        assert "RESONANZ_EMBED_HOSTS" in page
        assert "Create embed" not in page
    finally:
        house.settings.embed_hosts = before


@pytest.mark.parametrize("kind", list(Kind))
def test_each_card_asks_only_for_what_can_be_chosen(house, kind):
    page = house.signed_in("comms_admin").get(f"/embeds?kind={kind}&lang=en").text
    fields = set(re.findall(r'<select id="(\w+)"', page))
    of_metric = {"metric", "room", "window"} if kind in {"figure", "trend"} else set()
    assert fields - {"organisation"} == {"kind", "locale", "days"} | of_metric
    assert ('value="week"' in page) == (kind == "trend")


def test_an_embed_whose_key_is_gone_says_so_and_can_be_ended(house):
    path = house.embed()
    handle, client = house.row(path).handle, house.signed_in("it_admin")
    with transaction(house.engine) as db:
        db.scalars(select(Embed).where(Embed.handle == handle)).one().key_id = "00000000"
    page = client.get(f"/embeds/{handle}?lang=en").text
    assert "The key that signed this link is gone" in page
    assert "<textarea" not in page
    assert client.post(f"/embeds/{handle}/revoke", data={"form": form_of(client)}).status_code == 303


def test_the_console_makes_lists_and_ends_embeds(house, monkeypatch):
    monkeypatch.setenv("RESONANZ_DATA", str(house.settings.data))
    monkeypatch.setenv("RESONANZ_EMBED_HOSTS", house.settings.embed_hosts)
    monkeypatch.setenv("RESONANZ_PUBLIC_URL", "https://resonanz.example/")
    run = CliRunner()

    def command(*arguments: str):
        return run.invoke(console, ["embed", *arguments], catch_exceptions=True)

    made = command(
        *(
            "add",
            "trend",
            "--metric",
            "active_share",
            "--room",
            "werra/all",
            "--host",
            "https://intranet.example",
        ),
        *("--days", "7", "--locale", "en", "--organisation", "werra"),
    )
    assert made.exit_code == 0, made.output
    url = made.stdout.strip()
    assert url.startswith("https://resonanz.example/embed/trend?t=emb1.")
    path = url.removeprefix("https://resonanz.example")
    assert "Active people" in house.visit().get(path).text or house.visit().get(path).status_code == 200
    handle = house.row(path).handle
    listed = json.loads(command("list", "--organisation", "werra", "--json").stdout)
    (row,) = [one for one in listed if one["handle"] == handle]
    assert row["choices"] == "metric=active_share room=werra/all window=days28"
    assert row["by"] == "console"
    assert "emb1." not in json.dumps(listed)
    assert command("revoke", handle).exit_code == 0
    assert house.visit().get(path).status_code == 410
    assert [entry.action for entry in entries(house)[-2:]] == ["embed created", "embed revoked"]
    assert command("revoke", "nothing").exit_code != 0
    refused = command(
        "add",
        "figure",
        "--host",
        "https://evil.example",
        "--metric",
        "active_share",
        "--organisation",
        "werra",
    )
    assert "not among them" in str(refused.exception)


def test_of_a_link_nothing_is_stored_with_which_it_could_be_made(house):
    path = house.embed(choices=Choices("active_share", "werra/all"))
    signature = path.rpartition(".")[2]
    stored = b"".join(one.read_bytes() for one in house.settings.data.glob("resonanz.db*"))
    assert house.row(path).handle.encode() in stored
    for secret in (
        signature.encode(),
        *house.keys.values(),
        *(key.hex().encode() for key in house.keys.values()),
    ):
        assert secret not in stored
