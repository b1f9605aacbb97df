"""What cards show: what the API publishes, hidden where it is hidden there, in both languages, as page, JSON and image."""

from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update

from service.cards import OF_A_METRIC, Choices, Kind, metrics_of
from service.database import transaction
from service.embeds.cards import TOP, Maker
from service.embeds.register import Wanted, create
from service.errors import Invalid
from service.language import language
from service.maturity.assess import newest
from service.maturity.model import load
from service.maturity.result import Result
from service.models import Organisation
from service.web.pictures import Gallery
from service.web.profile import profile

CASES = {
    "shown": (Kind.FIGURE, Choices("active_share"), "shown"),
    "of a room": (Kind.FIGURE, Choices("active_share", "werra/all"), "shown"),
    "of a room too small": (Kind.FIGURE, Choices("active_share", "werra/small"), "withheld"),
    "suppressed": (Kind.FIGURE, Choices("contributor_share"), "withheld"),
    "unknown": (Kind.FIGURE, Choices("time_to_first_response"), "unknown"),
    "never measured": (Kind.FIGURE, Choices("reach"), "unknown"),
    "trend": (Kind.TREND, Choices("response_rate"), "shown"),
    "trend, all suppressed": (Kind.TREND, Choices("active_share", "werra/small"), "withheld"),
    "trend in a window not published": (Kind.TREND, Choices("active_share", "", "week"), "unknown"),
}


def card_of(house, kind, choices=None, *, organisation=1, code="de"):
    with transaction(house.engine) as db:
        return Maker(db, db.get_one(Organisation, organisation), language(code)).card(
            kind, choices or Choices()
        )


def told(house, path):
    return house.visit().get(path.replace("?", ".json?")).json()


@pytest.mark.parametrize("name", list(CASES))
def test_a_card_says_what_the_api_says_and_why_not(house, name):
    kind, choices, state = CASES[name]
    path = house.embed(kind, choices=choices)
    card = told(house, path)
    assert (card["format"], card["kind"], card["state"]) == (1, kind, state)
    scope = {"scope": "room", "scope_key": choices.room} if choices.room else {"scope": "organisation"}
    asked = {"metric": choices.metric, "window": choices.window or "days28", **scope}
    published = house.signed_in("analyst").get("/api/v1/measurements", params=asked).json()["rows"]
    if not published:
        assert card["values"] == []
        assert card["missing"] == "In der aktuellen Veröffentlichung gibt es dazu keinen Wert."
        return
    (value,) = card["values"]
    assert (value["number"], value["state"], value["reason"], value["unit"]) == (
        published[-1]["value"],
        published[-1]["state"],
        published[-1]["reason"],
        published[-1]["unit"],
    )
    assert (value["shown"] is None) == (published[-1]["value"] is None) == bool(value["words"])
    page = house.visit().get(path).text
    assert (value["shown"] or value["words"]) in page


def test_a_trend_hides_the_periods_the_api_hides(house):
    path = house.embed(Kind.TREND)
    asked = {"metric": "response_rate", "window": "days28", "scope": "organisation"}
    rows = house.signed_in("analyst").get("/api/v1/measurements", params=asked).json()["rows"]
    table = told(house, path)["table"]["rows"]
    assert [row[1] for row in table] == [
        "30\u00a0%" if row["value"] else "Gruppe zu klein" for row in reversed(rows)
    ]
    page = house.visit().get(path).text
    assert "Relaunch" in page
    assert 'class="wide"' in page
    assert 'class="narrow"' in page
    assert "1 Zeitraum ohne Wert – Gruppe zu klein." in page


def test_a_card_is_fresh_without_a_new_link_and_says_how_old_it_is(house, published):
    path = house.embed(Kind.FIGURE, organisation=2)
    before = told(house, path)
    assert before["values"][0]["number"] == 0.45
    assert before["data"]["words"].endswith("(vor 3 Tagen)")
    assert not before["data"]["old"]
    published(2, 0.3, age=10)
    after = told(house, path)
    assert after["values"][0]["number"] == 0.55
    assert after["data"] | {"until": ""} == {
        "until": "", "days": 10, "old": True, "words": after["data"]["words"],
    }  # fmt: skip
    assert "Diese Daten sind nicht aktuell." in after["notices"]
    assert "vor 10 Tagen" in house.visit().get(path).text


def test_a_room_that_is_gone_from_the_publication_shows_no_old_value(house, published):
    path = house.embed(Kind.FIGURE, organisation=2, choices=Choices("active_share", "fulda/all"))
    published(2, 0.3, rooms=False)
    card = told(house, path)
    assert (card["state"], card["values"], card["room"]) == ("unknown", [], "")
    assert card["missing"] == "Diesen Raum gibt es in der aktuellen Veröffentlichung nicht."


def test_before_the_first_publication_every_card_says_so(house):
    with transaction(house.engine) as db:
        db.add(Organisation(id=3, key="eder", name="Eder GmbH"))
    for kind in Kind:
        card = card_of(
            house,
            kind,
            Choices("active_share", "", "days28") if kind in OF_A_METRIC else None,
            organisation=3,
        )
        assert card.state == "unknown"
        assert card.missing
        assert card.until is None


def test_dialogue_shows_what_is_known_and_names_what_is_not(house):
    card = card_of(house, Kind.DIALOGUE)
    assert [(one.label, one.state) for one in card.values] == [
        ("Antwortquote", "published"),
        ("Zeit bis zur ersten Antwort", "unknown"),
    ]
    assert card.values[1].words.startswith("nicht bekannt")


def test_rooms_are_shown_by_state_and_never_by_name(house):
    path = house.embed(Kind.ROOMS)
    page = house.visit().get(path).text
    assert "lebendig" in page
    assert "30\u00a0%" in page
    assert "Alle reden mit" not in page
    assert "Kleiner Kreis" not in page


def test_the_profile_is_that_of_the_newest_assessment(house):
    with transaction(house.engine) as db:
        made = newest(db, db.get_one(Organisation, 1))
        result = Result.model_validate(made.content)
    card = card_of(house, Kind.MATURITY)
    expected = profile(result, load(result.model_version), "x", Gallery(), language("de"))
    assert [list(row) for row in card.table.rows] == [list(row) for row in expected.picture.table.rows]
    assert card.age.startswith("Standortbestimmung vom")
    assert card.state == "shown"
    assert "1,50 (1,20 bis 3,90)" in str(card.drawings[0])


def test_findings_are_the_weightiest_that_hold(house):
    card = card_of(house, Kind.FINDINGS)
    assert len(card.items) <= TOP
    page = house.signed_in("viewer").get("/findings?lang=de").text
    assert all(one.title.split(" ")[0] in page for one in card.items)
    assert card.items or card.missing == "Nach den Regeln fällt zurzeit nichts auf."


@pytest.mark.parametrize("code", ["de", "en"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_card_stands_on_its_own_in_both_languages(house, kind, code):
    path = house.embed(kind, locale=code)
    page = house.visit(**{"Accept-Language": "fr"}).get(path)
    assert f'<html lang="{code}">' in page.text
    assert page.headers["content-language"] == code
    for absent in ("<script", " style=", "<style", "onclick", "http://", "<img", "<form"):
        assert absent not in page.text.replace("http://www.w3.org/2000/svg", "")
    assert 'target="_top" rel="noopener"' in page.text
    assert ("In Resonanz öffnen" if code == "de" else "Open in Resonanz") in page.text
    picture = house.visit().get(path.replace("?", ".svg?"))
    root = ET.fromstring(picture.text)
    assert root.get("role") == "img"
    assert all(root.find(f"{{*}}{name}").text for name in ("title", "desc"))
    wide = house.visit().get(path.replace("?", ".svg?") + "&size=wide").text
    assert ET.fromstring(wide).get("width") == ("760" if 'width="760"' in page.text else "300")
    json = told(house, path)
    assert json["language"] == code
    assert json["drawing"] == ("<svg" in page.text)
    if code == "de":
        assert house.signed_in("viewer").get(json["link"]["path"]).status_code == 200


def test_what_a_platform_named_stays_text(house):
    """Names come from outside: in page, image and JSON they are text, whatever is in them."""
    evil = '</title><script>alert(1)</script><svg onload="x">\x07'
    with transaction(house.engine) as db:
        before = db.get_one(Organisation, 1).name
        db.execute(update(Organisation).where(Organisation.id == 1).values(name=evil))
    try:
        for kind in Kind:
            path = house.embed(kind)
            page = house.visit().get(path).text
            assert "<script" not in page
            assert "onload=&#34;" in page
            ET.fromstring(house.visit().get(path.replace("?", ".svg?")).text)
            assert told(house, path)["organisation"] == evil
    finally:
        with transaction(house.engine) as db:
            db.execute(update(Organisation).where(Organisation.id == 1).values(name=before))


def test_what_a_card_can_not_show_is_refused_with_what_it_can(house):
    def wanted(kind, choices=Choices(), locale="de", hosts=("https://intranet.example",), days=30):
        with transaction(house.engine) as db:
            create(
                db,
                db.get_one(Organisation, 1),
                Wanted(kind, choices, locale, hosts, days),
                allowed=house.settings_hosts,
                keys=house.keys,
                by="x",
                now=house.clock(),
            )

    for words, arguments in {
        "there are: figure, trend": ("picture",),
        "it can show: active_share": ("figure", Choices("nothing")),
        "can not show the metric 'role_share'": ("trend", Choices("role_share")),
        "can not show the metric 'spread'": ("trend", Choices("spread", "werra/all")),
        "no such room": ("trend", Choices("active_share", "fulda/all")),
        "can show: days28$": ("figure", Choices("active_share", "", "week")),
        "nothing to choose": ("rooms", Choices("active_share")),
        "there are: de, en": ("rooms", Choices(), "fr"),
        "choose at least one": ("rooms", Choices(), "de", ()),
        "'https://evil.example' is not among them": ("rooms", Choices(), "de", ("https://evil.example",)),
        "1 to 90 days": ("rooms", Choices(), "de", ("https://intranet.example",), 91),
    }.items():
        with pytest.raises(Invalid, match=words):
            wanted(*arguments)
    assert {metric.key for metric in metrics_of(Kind.FIGURE, room=False)} >= {"active_share", "response_rate"}


def test_a_host_taken_out_of_the_setting_shows_nothing_any_more(house):
    path = house.embed(Kind.FIGURE)
    before = house.settings.embed_hosts
    try:
        house.settings.embed_hosts = "https://*.sharepoint.example"
        policy = house.visit().get(path).headers["content-security-policy"]
        assert policy.endswith("frame-ancestors https://*.sharepoint.example")
        asked = house.visit(Origin="https://intranet.example").get(path.replace("?", ".json?"))
        assert asked.status_code == 403
        house.settings.embed_hosts = ""
        assert house.visit().get(path).headers["content-security-policy"].endswith("frame-ancestors 'none'")
    finally:
        house.settings.embed_hosts = before


def test_the_page_is_small_and_says_nothing_of_the_service(house):
    answer = house.visit().get(house.embed(Kind.FIGURE))
    assert len(answer.content) < 4000
    assert "x-frame-options" not in answer.headers
    assert answer.headers["cache-control"] == "private, max-age=60"
