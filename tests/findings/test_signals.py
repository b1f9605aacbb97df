"""Signals of potential fields: whether each shows in what is published, where, and why it can not be told."""

from datetime import UTC, date, datetime

import pytest

from service.advice.catalogue import current
from service.advice.fields.signals import sightings
from service.models import Publication, PublishedRoom, PublishedValue
from service.published import Published

SINCE, UNTIL = date(2026, 3, 2), date(2026, 3, 30)
INSTRUMENTS = current().instruments


@pytest.fixture
def run(session, acme):
    made = Publication(
        organisation_id=acme.id,
        created=datetime(2026, 4, 1, tzinfo=UTC),
        data_until=date(2026, 3, 31),
        minimum_group=10,
        digest="d" * 64,
    )
    session.add(made)
    session.flush()
    return made


def cell(run, metric, value, *, scope="organisation", key="", category="", state="published"):
    return PublishedValue(
        publication_id=run.id,
        metric=metric,
        category=category,
        scope=scope,
        scope_key=key,
        window="days28",
        since=SINCE,
        until=UNTIL,
        value=value if state == "published" else None,
        state=state,
        reason=None if state == "published" else "small_group",
    )


def room(run, key, *, archived=False):
    return PublishedRoom(publication_id=run.id, key=key, label=key.upper(), source="wiki", archived=archived)


def seen(session, acme, run, *rows):
    session.add_all(rows)
    session.flush()
    return {one.signal.key: one for one in sightings(Published(session, acme, run), INSTRUMENTS)}


def test_a_value_of_the_organisation_within_the_bounds_shows_a_signal(session, acme, run):
    found = seen(session, acme, run, cell(run, "stale_reads", 0.3), cell(run, "covered_unit_pairs", 0.3))
    assert found["stale_but_read"].shows is True
    assert found["stale_but_read"].seen[0].cell.value == 0.3
    # 0.3 is not below 0.3, and the other metrics are not known.
    assert found["missing_ties"].seen[0].shows is False
    assert found["missing_ties"].shows is None


def test_a_room_shows_it_only_where_all_its_metrics_agree(session, acme, run):
    rows = [room(run, "quiet"), room(run, "lively"), room(run, "unseen"), room(run, "old", archived=True)]
    for key, interactive, reach in (("quiet", 0.05, 0.5), ("lively", 0.4, 0.5), ("old", 0.05, 0.5)):
        rows.append(cell(run, "interactive_share", interactive, scope="room", key=key))
        rows.append(cell(run, "reach", reach, scope="room", key=key))
    rows.append(cell(run, "interactive_share", 0.05, scope="room", key="unseen"))
    rows.append(cell(run, "reach", None, scope="room", key="unseen", state="suppressed"))
    sighting = seen(session, acme, run, *rows)["read_but_silent"]
    (places,) = sighting.places
    assert list(places.where) == ["quiet"]
    assert (places.known, places.without, places.since, places.until) == (2, 1, SINCE, UNTIL)
    assert sighting.shows is True


def test_one_value_out_of_bounds_settles_a_room_of_which_the_other_is_hidden(session, acme, run):
    rows = [
        room(run, "lively"),
        cell(run, "interactive_share", 0.4, scope="room", key="lively"),
        cell(run, "reach", None, scope="room", key="lively", state="suppressed"),
    ]
    (places,) = seen(session, acme, run, *rows)["read_but_silent"].places
    assert (list(places.where), places.known, places.without) == ([], 1, 0)


def test_a_state_without_bounds_shows_where_there_is_anything_of_it(session, acme, run):
    rows = [
        room(run, "begun"),
        cell(run, "room_state", 1.0, scope="room", key="begun", category="stillborn"),
        cell(run, "reach", 0.2, scope="room", key="begun"),
        room(run, "alive"),
        cell(run, "room_state", 0.0, scope="room", key="alive", category="stillborn"),
        cell(run, "reach", 0.9, scope="room", key="alive"),
    ]
    sighting = seen(session, acme, run, *rows)["stillborn_with_readers"]
    assert list(sighting.places[0].where) == ["begun"]


def test_everything_known_and_nothing_within_the_bounds_shows_nothing(session, acme, run):
    rows = [cell(run, "rooms_on_few_authors", 0.2), cell(run, "fragility_1", 0.1)]
    assert seen(session, acme, run, *rows)["resting_on_few"].shows is False


def test_a_hidden_value_leaves_it_open_and_what_is_never_published_too(session, acme, run):
    rows = [cell(run, "rooms_on_few_authors", 0.2), cell(run, "fragility_1", 0.0, state="suppressed")]
    found = seen(session, acme, run, *rows)
    assert found["resting_on_few"].shows is None
    assert found["mailing_lists"].shows is None
    assert found["mailing_lists"].signal.not_published is not None


def test_without_a_publication_nothing_can_be_told():
    found = sightings(None, INSTRUMENTS)
    assert [one.signal.key for one in found] == [one.key for one in INSTRUMENTS.signals]
    assert {one.shows for one in found} == {None}
