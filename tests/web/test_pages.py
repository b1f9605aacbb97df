"""The pages as a reader gets them."""

import html
import re
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from urllib.parse import quote

import httpx
import pytest

from metrics.catalog import CATALOG
from service.database import transaction
from service.models import Organisation
from service.published import latest, organisations
from service.web.coverage import OLD_AFTER_DAYS, freshness
from service.web.glossary import GROUPS
from service.web.rendering import STATIC, USE

PATHS = tuple(USE)
FIRST = date(2026, 10, 5)
DAYS28 = timedelta(days=28)


@cache
def read(url: str) -> httpx.Response:
    """A page that no test changes, read once."""
    return httpx.get(url, timeout=60)


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
    assert "Synthetische Daten" in read(f"{werra}/?lang=de").text
    assert "Synthetic data" in read(f"{werra}/?lang=en").text


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
    assert "Noch ist kein voller Zeitraum von 28 Tagen veröffentlicht" in answer.text
    assert {client.get(path).status_code for path in PATHS} == {200}


def test_the_trend_shows_the_metric_and_window_asked_for(werra):
    trend = section(read(f"{werra}/adoption?lang=en&metric=response_rate&window=week"), "trend")
    assert "Response rate" in trend
    assert "26 Oct 2026 – 1 Nov 2026" in trend


@pytest.mark.parametrize("query", ["metric=nonsense", "window=nonsense", "metric=role_share", "window=days7"])
def test_a_choice_that_was_not_published_falls_back_to_one_that_was(werra, query):
    answer = read(f"{werra}/adoption?lang=en&{query}")
    assert answer.status_code == 200
    assert '<option value="active_share" selected>' in answer.text
    assert '<option value="days28" selected>' in answer.text


def test_the_picker_offers_only_windows_the_metric_has(werra):
    answer = read(f"{werra}/adoption?metric=contributor_share")
    assert 'value="days28"' in answer.text
    assert 'value="week"' not in answer.text


def test_the_table_beside_a_chart_names_hidden_periods(werra):
    trend = section(read(f"{werra}/adoption?lang=de&window=week"), "trend")
    assert "2 Zeiträume ohne Wert – Gruppe zu klein." in trend
    assert "24.11.2025 – 30.11.2025 Gruppe zu klein" in trend


def test_hidden_units_are_named_as_hidden(werra):
    units = section(read(f"{werra}/network?lang=de"), "units").replace("\u00a0", " ")
    assert "Vorstandsbüro Gruppe zu klein" in units
    assert "Revision verdeckt, um eine andere Gruppe zu schützen" in units
    assert "1 Einheit ohne Wert – Gruppe zu klein." in units
    assert "Druckerei höchstens 10 % (verdeckt" in units


def test_coverage_tells_what_is_missing_and_why(werra):
    coverage = section(read(f"{werra}/data?lang=de"), "coverage").replace("\u00a0", " ")
    assert "97 %" in coverage
    assert "1 Raum fehlt; das Konto darf es nicht lesen (1)" in coverage
    assert "nicht bekannt die Plattform gibt es nicht her (1)" in coverage


def test_rooms_come_in_pages_and_can_be_chosen_by_state_and_purpose(werra):
    first, second = (read(f"{werra}/rooms?lang=de&page={page}") for page in (1, 2))
    assert "34 von 34 Räumen · Seite 1 von 2" in words(first)
    assert first.text.count('<th scope="row"><a href="/rooms/') == 25
    assert second.text.count('<th scope="row"><a href="/rooms/') == 9
    chosen = read(f"{werra}/rooms?lang=de&state=stirring&purpose=team")
    assert "4 von 34 Räumen" in words(chosen)
    assert "IT-Service" in chosen.text
    assert ">Nachhaltigkeit<" not in chosen.text


@pytest.mark.parametrize("page", ["0", "-3", "99999999999999999999", "²", "x"])
def test_a_page_that_does_not_exist_is_answered_with_one_that_does(werra, page):
    assert read(f"{werra}/rooms?page={quote(page)}").status_code == 200


def test_a_choice_without_rooms_offers_the_way_back(werra):
    answer = read(f"{werra}/rooms?lang=de&state=born&purpose=official")
    assert "Kein Raum passt zur Auswahl." in answer.text


def test_a_room_shows_its_state_and_history(werra):
    answer = read(f"{werra}/rooms/wiki/98306?lang=de")
    assert answer.status_code == 200
    assert "Zustand regt sich" in words(answer)
    assert answer.text.count("regt sich") >= 5


def test_a_room_says_what_it_is_used_for_and_why(werra):
    said = words(read(f"{werra}/rooms/wiki/98306?lang=de"))
    assert "Nutzung Verkündung" in said
    assert "Warum diese Nutzung: keine Nutzung als Projektteam: " in said
    small = words(read(f"{werra}/rooms/wiki/98310?lang=de"))
    assert "Warum diese Nutzung" not in small


def test_a_room_of_a_small_group_shows_its_state_and_no_figure(werra):
    answer = read(f"{werra}/rooms/wiki/98310?lang=de")
    assert "verlassen" in answer.text
    assert "Gruppe zu klein" in answer.text
    assert '<p class="value">' not in answer.text


@pytest.mark.parametrize("path", ["/rooms/wiki/1", "/rooms/", "/rooms/..%2F..%2Fetc", "/?organisation=other"])
def test_what_is_not_published_is_not_found(werra, path):
    answer = read(f"{werra}{path}")
    assert answer.status_code == 404


def test_names_are_escaped_wherever_they_stand(client, builder):
    hostile = "<script>alert('x')</script>"
    builder.name = hostile
    builder.room("wiki/1", hostile, None)
    builder.value("active_share", 0.3, FIRST)
    builder.value("active_share", 0.3, FIRST, scope="unit", scope_key=hostile)
    builder.value("room_state", 1.0, FIRST, scope="room", scope_key="wiki/1", category="active")
    builder.publish(FIRST + DAYS28)
    for path in (*PATHS, "/rooms/wiki/1", "/rooms?name=%22%3E%3Cscript%3E"):
        told = client.get(path).text
        assert "<script>" not in told.replace("&lt;script&gt;", "")
        assert told.count("<script") <= told.count('<script src="/static/')


def test_several_organisations_can_be_chosen(client, builder, engine):
    builder.value("active_share", 0.3, FIRST)
    builder.publish(FIRST + DAYS28)
    with transaction(engine) as db:
        db.add(Organisation(key="aller", name="Aller GmbH"))
    first = client.get("/?lang=de")
    assert "Noch nichts veröffentlicht" in first.text
    assert '<option value="werra">' in first.text
    assert "30\u00a0%" in client.get("/?lang=de&organisation=werra").text


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
    assert 'action="/logout"' in read(ada).text


def test_what_an_older_version_published_does_not_break_the_page(client, builder):
    builder.value("forgotten_metric", 0.3, FIRST)
    builder.room("wiki/1", "Kantine", "playground")
    builder.value("room_state", 1.0, FIRST, scope="room", scope_key="wiki/1", category="asleep")
    builder.publish(FIRST + DAYS28)
    answer = client.get("/rooms?lang=en")
    assert answer.status_code == 200
    assert "Kantine playground – asleep" in section(answer, "rooms")
    assert all("forgotten_metric" not in client.get(path).text for path in PATHS)


def test_the_table_of_rooms_is_brief_in_its_cells_and_full_beneath(werra):
    rooms = section(read(f"{werra}/rooms?lang=de&state=dormant"), "rooms")
    assert "Betriebssport Community Verkündung schläft" in rooms
    assert "nicht bekannt Betriebssport 2" in rooms
    assert "Warum Zellen keinen Wert zeigen: nicht bekannt: keine Beiträge im Zeitraum." in rooms


def test_a_partly_hidden_partition_says_so(client, builder):
    builder.value("role_share", 0.2, FIRST, category="contributing")
    builder.value("role_share", None, FIRST, category="creating", reason="homogeneity", bound=(0.0, 0.01))
    for category in ("reacting", "reading_or_absent"):
        builder.value("role_share", None, FIRST, category=category, reason="complementary")
    builder.publish(FIRST + DAYS28)
    roles = section(client.get("/adoption?lang=de"), "roles").replace("\u00a0", " ")
    assert "Schaffende höchstens 1 %; 20 % Beitragende; Reagierende verdeckt" in roles
    assert "1 Zeitraum nicht vollständig gezeigt" in roles


def test_what_was_once_on_one_page_is_still_reached_by_its_old_address(werra):
    for query, path in (("metric=response_rate&lang=en", "/adoption"), ("state=dormant&page=1", "/rooms")):
        answer = read(f"{werra}/?{query}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"{path}?{query}")
    front = read(werra).text
    for name in (
        "figures",
        "trend",
        "roles",
        "dialogue",
        "changes",
        "rooms",
        "units",
        "coverage",
        "glossary",
    ):
        assert front.count(f'id="{name}"') == 1


def test_the_trend_of_one_unit_can_be_asked_for_where_it_shows_a_value(werra):
    answer = read(f"{werra}/adoption?lang=en&metric=active_share&unit=IT")
    assert "52%" in section(answer, "trend")
    for hidden in ("Revision", "nowhere"):
        assert f'value="{hidden}"' not in read(f"{werra}/adoption?lang=en&unit={hidden}").text


def test_rooms_are_found_by_name_and_use_and_come_in_the_order_asked_for(werra):
    answer = read(f"{werra}/rooms?lang=de&name=it-SERV&order=active_share")
    assert "4 von 34 Räumen" in words(answer)
    assert re.findall(r'href="/rooms/wiki/\d+">([^<]+)', answer.text)[0] == "IT-Service 3"
    shares = [
        float(one.replace(",", ".")) for one in re.findall(r'<td class="figure">([\d,]+)\xa0%', answer.text)
    ]
    assert len(shares) == 12  # three figures of each
    assert shares[::3] == sorted(shares[::3], reverse=True)
    last = read(f"{werra}/rooms?lang=de&order=response_rate&page=2")
    assert "Gruppe zu klein" in section(last, "rooms")
    assert "6 von 34 Räumen" in words(read(f"{werra}/rooms?lang=de&use=none"))
    assert "34 von 34 Räumen" in words(read(f"{werra}/rooms?lang=de&order=nonsense"))


def test_the_map_of_rooms_leaves_out_what_is_hidden_and_says_so(werra):
    answer = read(f"{werra}/rooms?lang=en&up=response_rate")
    shown = section(answer, "map")
    assert "6 rooms are not on the map – group too small." in shown
    assert "3 rooms are not on the map – not known: no posts in the period." in shown
    numbered = re.findall(r'<th scope="row">(\d+)\. ', answer.text)
    assert numbered == [str(number) for number in range(1, 26)]


def test_rooms_are_told_by_what_they_are_meant_for_and_used_for(werra):
    uses = section(read(f"{werra}/dialogue?lang=en"), "uses")
    assert "Official information 0 11 0 0 0" in uses
    assert "Project 0 0 0 0 3" in uses


def test_the_list_of_places_shows_what_was_asked_for_or_the_nearest_that_was_published(werra):
    rooms = section(read(f"{werra}/dialogue?lang=en&place=room&metric=response_rate"), "places")
    assert "6 places without a value – group too small." in rooms
    assert "Vorstand aktuell" in rooms
    odd = section(read(f"{werra}/dialogue?lang=en&place=moon&metric=active_share&window=week"), "places")
    assert odd == section(read(f"{werra}/dialogue?lang=en"), "places")


def test_the_field_of_units_tells_hidden_from_unknown_and_says_what_is_not_measured(werra):
    field = section(read(f"{werra}/network?lang=en&metric=active_share"), "field")
    assert "Hatched, 1 field: group too small." in field
    assert "Which unit talks with which other is not measured" in field
    first = section(read(f"{werra}/network?lang=en"), "field")
    assert "With a point" not in first  # the period in which nothing was known is left out
    assert "1 earlier period is left out" in first


def test_leaders_and_freshness_show_what_is_known_and_why_the_rest_is_not(werra):
    answer = read(f"{werra}/leadership?lang=en")
    leaders = section(answer, "leaders")
    assert "Leader reply share" in leaders
    assert "group too small" in leaders
    assert "Not measured yet: Units with an active leader" in leaders
    assert "Stale official pages" in section(answer, "freshness")


def test_the_data_page_counts_what_is_shown_hidden_and_unknown(werra):
    told = section(read(f"{werra}/data?lang=en"), "told").replace(",", "")
    numbers = dict(re.findall(r"(shown|group too small|not known each with its reason) (\d+)", told))
    assert len(numbers) == 3
    assert (
        int(numbers["shown"])
        > int(numbers["group too small"])
        > int(numbers["not known each with its reason"])
    )


def test_the_glossary_explains_every_metric_once_and_every_figure_leads_to_it(werra):
    answer = read(f"{werra}/glossary?lang=en")
    anchors = re.findall(r'id="(metric-[a-z_0-9]+)"', answer.text)
    assert sorted(anchors) == sorted(f"metric-{key}" for key in CATALOG)
    assert all(f'<section id="{key}"' in answer.text for key in GROUPS)
    assert len(set(anchors) & {f"metric-{first}" for _, first in GROUPS.values()}) == len(GROUPS)
    shown = html.unescape(answer.text)
    for metric in CATALOG.values():
        assert f"How it is counted: {metric.formula.en}." in shown
        assert all(f"<li>{limit.en}</li>" in shown for limit in metric.limits)
    for path in (*PATHS, "/rooms/wiki/98304"):
        text = read(f"{werra}{path}").text
        assert {link[1:] for link in re.findall(r"/glossary(#metric-[a-z_0-9]+)", text)} <= set(anchors)
        for card in re.findall(r'<li class="card">\n<h3>(.*)</h3>', text):
            assert card.startswith('<a href="/glossary#metric-')


def test_pages_keep_the_organisation_that_was_chosen(client, builder, engine):
    builder.value("active_share", 0.3, FIRST)
    builder.publish(FIRST + DAYS28)
    with transaction(engine) as db:
        db.add(Organisation(key="aller", name="Aller GmbH"))
    for path in PATHS:
        shown = client.get(path, params={"organisation": "werra"}).text
        inner = re.findall(r'<nav class="(?:within|areas)".*?</nav>', shown, flags=re.DOTALL)
        assert all(
            link.endswith("?organisation=werra")
            for part in inner
            for link in re.findall('href="([^"]*)"', part)
        )
        assert "Noch nichts veröffentlicht" in client.get(path, params={"organisation": "aller"}).text


def test_what_is_from_others_is_as_they_published_it():
    """And nothing lies there that is not listed with its licence."""
    folder = STATIC / "vendor"
    listed = [line.split() for line in (folder / "MANIFEST").read_text().splitlines() if line[0] != "#"]
    assert {name for name, *_ in listed} | {"MANIFEST"} == {path.name for path in folder.iterdir()}
    for name, digest, _, licence in listed:
        assert sha256((folder / name).read_bytes()).hexdigest() == digest
        assert licence == "0BSD"
