"""Before and after a milestone, as a reader gets it."""

import html
import re
from datetime import date, timedelta

RELAUNCH = date(2026, 6, 22)


def told(client, language):
    text = client.get(f"/adoption?lang={language}").text
    found = re.search(r'<section id="changes".*?</section>', text, flags=re.DOTALL)
    return found and html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])))


def weeks(builder, metric, before, after, number=26):
    for week in range(-number, number + 2):
        since = RELAUNCH + timedelta(weeks=week)
        builder.value(metric, after if week >= 0 else before, since, days=7, window="week")
    builder.publish(RELAUNCH + timedelta(weeks=number + 2))


def test_a_change_is_told_with_its_range_in_percentage_points(client, builder):
    weeks(builder, "active_share", 0.3, 0.42)
    said = told(client, "de")
    assert "Vorher und nachher: Relaunch" in said
    assert "30 % 42 % höher, als die Wochen davor erwarten ließen, um 12 bis 12 Prozentpunkte" in said
    assert "Before and after: Relaunch" in told(client, "en")


def test_too_little_is_called_not_decidable(client, builder):
    for week in range(12):
        builder.value("active_share", 0.3, RELAUNCH + timedelta(weeks=week), days=7, window="week")
    builder.publish(RELAUNCH + timedelta(weeks=12))
    assert "nicht entscheidbar: zu wenige Wochen davor sind bekannt" in told(client, "de")


def test_without_weeks_after_it_nothing_is_said(client, builder):
    builder.value("active_share", 0.3, RELAUNCH - timedelta(weeks=4), days=7, window="week")
    builder.publish(RELAUNCH + timedelta(weeks=1))
    assert told(client, "en") is None
