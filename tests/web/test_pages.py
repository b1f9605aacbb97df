"""The pages as a reader gets them."""

import html
import re
from datetime import date, timedelta

import httpx
import pytest

from service.database import transaction
from service.models import Organisation
from service.published import latest, organisations
from service.web.dashboard import OLD_AFTER_DAYS, freshness

FIRST = date(2026, 10, 5)
DAYS28 = timedelta(days=28)


def words(answer: httpx.Response) -> str:
    """What stands on the page, without tags and with single spaces."""
    body = re.sub(r"<svg.*?</svg>", " ", answer.text, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def section(answer: httpx.Response, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', answer.text, flags=re.DOTALL)
    assert found
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])))


def test_before_anything_is_configured_the_page_says_what_to_do(client):
    answer = client.get("/", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert "What to do next" in answer.text
    assert "resonanz source add" in answer.text


def test_an_organisation_without_publication_is_named_on_that_page(client, engine):
    with transaction(engine) as db:
        db.add(Organisation(key="werra", name="Werra AG"))
    assert "Werra AG" in client.get("/").text


def test_a_synthetic_organisation_is_called_synthetic_and_a_real_one_is_not(client, builder):
    builder.synthetic = False
    builder.value("active_share", 0.3, FIRST)
    builder.publish(FIRST + DAYS28)
    assert "Synthetische Daten" not in client.get("/").text


def test_the_synthetic_organisation_says_so(werra):
    assert "Synthetische Daten" in httpx.get(f"{werra}/?lang=de").text
    assert "Synthetic data" in httpx.get(f"{werra}/?lang=en").text


def test_a_suppressed_figure_is_named_and_never_shown_as_zero(client, builder):
    builder.value("active_share", 0.99, FIRST, reason="small_group")
    builder.publish(FIRST + DAYS28)
    shown = section(client.get("/?lang=de"), "figures")
    assert "Gruppe zu klein" in shown
    assert "0 %" not in shown.replace("\u00a0", " ")


def test_an_unknown_figure_says_that_it_is_not_known_and_why(client, builder):
    builder.value("interactive_share", None, FIRST, reason="no_view_data")
    builder.publish(FIRST + DAYS28)
    shown = section(client.get("/?lang=de"), "figures")
    assert "nicht bekannt: keine Angaben zu Aufrufen" in shown


def test_a_hidden_share_with_a_coarse_bound_tells_the_bound(client, builder):
    builder.value("contributor_share", None, FIRST, reason="homogeneity", bound=(0.0, 0.02))
    builder.publish(FIRST + DAYS28)
    shown = section(client.get("/?lang=de"), "figures").replace("\u00a0", " ")
    assert "höchstens 2 %" in shown
    assert "verdeckt" in shown


def test_a_real_zero_is_shown_as_zero(client, builder):
    builder.value("active_share", 0.0, FIRST)
    builder.publish(FIRST + DAYS28)
    assert "0 %" in section(client.get("/?lang=de"), "figures").replace("\u00a0", " ")


def test_metrics_that_were_not_published_are_named(client, builder):
    builder.value("active_share", 0.3, FIRST)
    builder.publish(FIRST + DAYS28)
    assert "Noch nicht gemessen: Anteil Beitragende, Antwortquote" in words(client.get("/?lang=de"))


def test_a_publication_without_any_value_is_a_calm_page(client, builder):
    builder.publish(FIRST)
    answer = client.get("/?lang=de")
    assert answer.status_code == 200
    assert "Noch ist kein voller Zeitraum von 28 Tagen veröffentlicht" in answer.text


def test_the_trend_shows_the_metric_and_window_asked_for(werra):
    trend = section(httpx.get(f"{werra}/?lang=en&metric=response_rate&window=week"), "trend")
    assert "Response rate" in trend
    assert "26 Oct 2026 – 1 Nov 2026" in trend


@pytest.mark.parametrize("query", ["metric=nonsense", "window=nonsense", "metric=role_share", "window=days7"])
def test_a_choice_that_was_not_published_falls_back_to_one_that_was(werra, query):
    answer = httpx.get(f"{werra}/?lang=en&{query}")
    assert answer.status_code == 200
    assert '<option value="active_share" selected>' in answer.text
    assert '<option value="days28" selected>' in answer.text


def test_the_picker_offers_only_windows_the_metric_has(werra):
    answer = httpx.get(f"{werra}/?metric=contributor_share")
    assert 'value="days28"' in answer.text
    assert 'value="week"' not in answer.text


def test_the_table_beside_a_chart_names_hidden_periods(werra):
    trend = section(httpx.get(f"{werra}/?lang=de&window=week"), "trend")
    assert "2 Zeiträume ohne Wert – Gruppe zu klein." in trend
    assert "24.11.2025 – 30.11.2025 Gruppe zu klein" in trend


def test_hidden_units_are_named_as_hidden(werra):
    units = section(httpx.get(f"{werra}/?lang=de"), "units").replace("\u00a0", " ")
    assert "Vorstandsbüro Gruppe zu klein" in units
    assert "Revision verdeckt, um eine andere Gruppe zu schützen" in units
    assert "1 Einheit ohne Wert – Gruppe zu klein." in units
    assert "Druckerei höchstens 10 % (verdeckt" in units


def test_coverage_tells_what_is_missing_and_why(werra):
    coverage = section(httpx.get(f"{werra}/?lang=de"), "coverage").replace("\u00a0", " ")
    assert "97 %" in coverage
    assert "1 Raum fehlt; das Konto darf es nicht lesen (1)" in coverage
    assert "nicht bekannt die Plattform gibt es nicht her (1)" in coverage


def test_rooms_come_in_pages_and_can_be_chosen_by_state_and_purpose(werra):
    first, second = (httpx.get(f"{werra}/?lang=de&page={page}") for page in (1, 2))
    assert "34 von 34 Räumen · Seite 1 von 2" in words(first)
    assert first.text.count('<th scope="row"><a href="/rooms/') == 25
    assert second.text.count('<th scope="row"><a href="/rooms/') == 9
    chosen = httpx.get(f"{werra}/?lang=de&state=stirring&purpose=team")
    assert "4 von 34 Räumen" in words(chosen)
    assert "IT-Service" in chosen.text
    assert ">Nachhaltigkeit<" not in chosen.text


@pytest.mark.parametrize("page", ["0", "-3", "99999999999999999999", "²", "x"])
def test_a_page_that_does_not_exist_is_answered_with_one_that_does(werra, page):
    assert httpx.get(f"{werra}/", params={"page": page}).status_code == 200


def test_a_choice_without_rooms_offers_the_way_back(werra):
    answer = httpx.get(f"{werra}/?lang=de&state=born&purpose=official")
    assert "Kein Raum passt zur Auswahl." in answer.text


def test_a_room_shows_its_state_and_history(werra):
    answer = httpx.get(f"{werra}/rooms/wiki/98306?lang=de")
    assert answer.status_code == 200
    assert "Zustand regt sich" in words(answer)
    assert answer.text.count("regt sich") >= 5


def test_a_room_says_what_it_is_used_for_and_why(werra):
    said = words(httpx.get(f"{werra}/rooms/wiki/98306?lang=de"))
    assert "Nutzung Verkündung" in said
    assert "Warum diese Nutzung: keine Nutzung als Projektteam: " in said
    small = words(httpx.get(f"{werra}/rooms/wiki/98310?lang=de"))
    assert "Warum diese Nutzung" not in small


def test_a_room_of_a_small_group_shows_its_state_and_no_figure(werra):
    answer = httpx.get(f"{werra}/rooms/wiki/98310?lang=de")
    assert "verlassen" in answer.text
    assert "Gruppe zu klein" in answer.text
    assert '<p class="value">' not in answer.text


@pytest.mark.parametrize("path", ["/rooms/wiki/1", "/rooms/", "/rooms/..%2F..%2Fetc", "/?organisation=other"])
def test_what_is_not_published_is_not_found(werra, path):
    answer = httpx.get(f"{werra}{path}")
    assert answer.status_code == 404


def test_names_are_escaped_wherever_they_stand(client, builder):
    hostile = "<script>alert('x')</script>"
    builder.name = hostile
    builder.room("wiki/1", hostile, None)
    builder.value("active_share", 0.3, FIRST)
    builder.value("active_share", 0.3, FIRST, scope="unit", scope_key=hostile)
    builder.value("room_state", 1.0, FIRST, scope="room", scope_key="wiki/1", category="active")
    builder.publish(FIRST + DAYS28)
    for path in ("/", "/rooms/wiki/1"):
        assert "<script" not in client.get(path).text


def test_several_organisations_can_be_chosen(client, builder, engine):
    builder.value("active_share", 0.3, FIRST)
    builder.publish(FIRST + DAYS28)
    with transaction(engine) as db:
        db.add(Organisation(key="aller", name="Aller GmbH"))
    first = client.get("/?lang=de")
    assert "Noch nichts veröffentlicht" in first.text
    assert '<option value="werra">' in first.text
    assert "30\u00a0%" in client.get("/?lang=de&organisation=werra").text


def test_the_glossary_holds_the_metrics_shown_and_no_others(client, builder):
    builder.value("active_share", 0.3, FIRST)
    builder.publish(FIRST + DAYS28)
    glossary = section(client.get("/?lang=en"), "glossary")
    assert "Active share" in glossary
    assert "Response rate" not in glossary


def test_a_page_is_light_and_drawn_once(werra):
    answers = [httpx.get(f"{werra}/?lang=de&window=week") for _ in range(2)]
    assert answers[0].text == answers[1].text
    assert len(answers[0].content) < 300_000
    assert answers[1].elapsed < timedelta(seconds=1)


def test_data_are_called_old_only_after_a_week(builder, engine):
    builder.publish(FIRST)
    with transaction(engine) as db:
        published = latest(db, organisations(db)[0])
        assert published is not None
        assert not freshness(published, FIRST + timedelta(days=OLD_AFTER_DAYS)).old
        assert freshness(published, FIRST + timedelta(days=OLD_AFTER_DAYS + 1)).old
        assert freshness(published, FIRST - timedelta(days=1)).days == 0


def test_only_who_is_signed_in_is_offered_to_sign_out(client, ada):
    assert 'action="/logout"' not in client.get("/").text
    assert 'action="/logout"' in httpx.get(ada).text


def test_what_an_older_version_published_does_not_break_the_page(client, builder):
    builder.value("forgotten_metric", 0.3, FIRST)
    builder.room("wiki/1", "Kantine", "playground")
    builder.value("room_state", 1.0, FIRST, scope="room", scope_key="wiki/1", category="asleep")
    builder.publish(FIRST + DAYS28)
    answer = client.get("/?lang=en")
    assert answer.status_code == 200
    assert "forgotten_metric" not in answer.text
    assert "Kantine playground asleep" in section(answer, "rooms")


def test_the_table_of_rooms_is_brief_in_its_cells_and_full_beneath(werra):
    rooms = section(httpx.get(f"{werra}/?lang=de&state=dormant"), "rooms")
    assert "Betriebssport Community schläft" in rooms
    assert "nicht bekannt Betriebssport 2" in rooms
    assert "Warum Zellen keinen Wert zeigen: nicht bekannt: keine Beiträge im Zeitraum." in rooms


def test_a_partly_hidden_partition_says_so(client, builder):
    builder.value("role_share", 0.2, FIRST, category="contributing")
    builder.value("role_share", None, FIRST, category="creating", reason="homogeneity", bound=(0.0, 0.01))
    for category in ("reacting", "reading_or_absent"):
        builder.value("role_share", None, FIRST, category=category, reason="complementary")
    builder.publish(FIRST + DAYS28)
    roles = section(client.get("/?lang=de"), "roles").replace("\u00a0", " ")
    assert "Schaffende höchstens 1 %; 20 % Beitragende; Reagierende verdeckt" in roles
    assert "1 Zeitraum nicht vollständig gezeigt" in roles
