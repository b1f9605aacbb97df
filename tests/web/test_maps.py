"""The field of units and the map of rooms."""

from datetime import date, timedelta

import pytest

from metrics.catalog import CATALOG
from service.language import language
from service.models import PublishedRoom, PublishedValue
from service.web import map_charts, palette
from service.web.charts import NARROW, WIDE
from service.web.maps import RoomSeen, heat, room_map
from service.web.pictures import Gallery, Painter

START = date(2026, 1, 5)
DAYS28 = timedelta(days=28)
SHARE, INDEX = CATALOG["active_share"], CATALOG["ei_index"]


@pytest.fixture
def painter():
    return Painter(Gallery(), "digest", language("en"))


def cell(unit, number, value, reason=None):
    since = START + number * DAYS28
    state = "published" if reason is None else "suppressed" if reason == "small_group" else "unknown"
    return PublishedValue(
        scope_key=unit, since=since, until=since + DAYS28, window="days28", value=value, state=state, reason=reason
    )  # fmt: skip


def seen(name, value, people, state="active"):
    return RoomSeen(PublishedRoom(key=name, label=name), PublishedValue(value=value, people=people), state)


def test_every_value_has_the_colour_of_its_range_and_every_gap_its_sign(painter):
    cells = [cell("IT", n, 0.1 + 0.1 * n) for n in range(6)]
    cells += [cell("Rat", 0, None, "small_group"), cell("Rat", 1, None, "no_posts")]
    shown = heat(painter, "field", SHARE, cells, "Unit")
    wide, narrow = shown.drawings
    for colour in palette.HEAT:
        assert f'fill="{colour}"' in wide
    assert wide.count(f'fill="{palette.HIDDEN}"') == 1
    assert f'stroke="{palette.HATCH}"' in wide
    assert "Rat, 5 Jan 2026 – 1 Feb 2026: group too small" in wide
    assert "Rat, 2 Feb 2026 – 1 Mar 2026: not known<" in narrow
    assert list(shown.notes) == [
        "Hatched, 1 field: group too small.",
        "With a point, 1 field: not known: no posts in the period.",
    ]
    assert shown.table.rows[0][:2] == ["IT", "60%"]
    assert shown.table.rows[1][-1] == "group too small"
    assert shown.table.rows[1][1] == "not measured"


def test_values_that_are_all_alike_are_one_range_and_none_at_all_is_no_chart(painter):
    alike = heat(painter, "field", SHARE, [cell("IT", n, 0.3) for n in range(2)], "Unit")
    assert palette.HEAT[0] in alike.drawings[0]
    assert palette.HEAT[4] not in alike.drawings[0]
    nothing = heat(painter, "field", SHARE, [cell("IT", 0, None, "small_group")], "Unit")
    assert (nothing.drawings, list(nothing.notes)) == ((), ["Hatched, 1 field: group too small."])


def test_an_index_is_written_with_its_sign(painter):
    shown = heat(painter, "field", INDEX, [cell("IT", 0, -0.4), cell("IT", 1, 0.4)], "Unit")
    assert "−0.40 to −0.24" in shown.drawings[0]


def test_rooms_are_numbered_as_in_the_table_and_neighbours_named_together(painter):
    rooms = [seen("A", 0.5, 40), seen("B", 0.5, 40), seen("C", 0.1, 600, "dormant"), seen("D", 0.4999, 40)]
    shown = room_map(painter, SHARE, rooms, {"group too small": 7})
    assert [row[0] for row in shown.table.rows] == ["1. A", "2. B", "3. D", "4. C"]
    assert ">1–3</text>" in shown.drawings[0]
    assert ">4</text>" in shown.drawings[0]
    assert "C: 10%, 600 people, dormant" in shown.drawings[1]
    assert list(shown.notes) == ["7 rooms are not on the map – group too small."]


def test_more_states_than_shapes_are_drawn_as_others(painter):
    rooms = [seen(str(n), 0.1 * n, 10 * (n + 1), f"state {n}") for n in range(8)]
    shown = room_map(painter, SHARE, rooms, {})
    assert ">other</text>" in shown.drawings[0]
    assert {row[3] for row in shown.table.rows} == {f"state {n}" for n in range(8)}


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_map_of_one_room_can_be_drawn(size):
    spec = map_charts.room_map([map_charts.Spot(1, 0, 0.0, "a", "x")], SHARE.unit, ["a"], size=size)
    assert spec["width"]


def test_of_very_many_places_those_that_tell_most_are_drawn_and_the_others_counted(painter):
    cells = [
        cell(f"unit {n:03}", 0, 0.1 if n % 2 else None, None if n % 2 else "small_group") for n in range(70)
    ]
    shown = heat(painter, "field", SHARE, cells, "Unit")
    assert [row[0] for row in shown.table.rows] == [f"unit {n:03}" for n in range(1, 60, 2)]
    assert shown.notes[-1] == "40 places with fewer values are left out."
    rooms = [seen(f"{n}", 0.001 * n, 20 + n) for n in range(130)]
    crowded = room_map(painter, SHARE, rooms, {})
    assert len(crowded.table.rows) == 100
    assert crowded.notes[-1] == "30 smaller rooms are on the list only."
