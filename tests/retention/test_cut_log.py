"""What is counted from a log whose older part is gone is what would be counted from the whole, or it is unknown."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from metrics import facts
from metrics.catalog import CATALOG
from metrics.dialect import text
from metrics.history import FARTHEST, needed_from
from metrics.metric import SO_FAR, WITHIN, Reach
from service.database import connect, migrate
from service.measure.inputs import tables_of
from service.models import Measurement, Retention
from tests.measure.conftest import Company
from tests.measure.test_incremental import World

CUT, UNTIL = date(2025, 10, 6), date(2025, 12, 29)
_SHOWN = ("metric", "category", "scope", "scope_key", "window", "since")
_TOLD = ("numerator", "denominator", "people", "affirming", "excluded", "low", "high", "largest", "reason")


def counted(folder: Path, change: Callable[[Company], None]) -> dict[tuple[Any, ...], Any]:
    """The measurements of a company in which things happened at random, after a change to what is known of it."""
    folder.mkdir()
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    migrate(engine)
    company = Company(engine)
    world = World(company, 1)
    for happening in (world.withdrawn_and_deleted, world.moved, world.led, world.left, world.late_data):
        happening()
    world.acts(160, CUT, UNTIL)
    change(company)
    company.measure(since=CUT, until=UNTIL)
    columns = [column.name for column in Measurement.__table__.columns]
    rows = [dict(zip([c for c in columns if c != "id"], row, strict=True)) for row in company.rows_measured()]
    engine.dispose()
    return {tuple(row[name] for name in _SHOWN): tuple(row[name] for name in _TOLD) for row in rows}


def cut(company: Company) -> None:
    company.rows = [row for row in company.rows if row[7] >= CUT]
    company.add(Retention(organisation_id=company.id, activities_from=CUT))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Any, ...], Any]:
    return counted(tmp_path_factory.mktemp("whole") / "company", lambda _: None)


def test_no_value_is_another_one_because_older_data_are_gone(
    tmp_path: Path, whole: dict[tuple[Any, ...], Any]
) -> None:
    kept = counted(tmp_path / "kept", cut)
    told = {place: value for place, value in kept.items() if value[-1] != "retention"}
    assert told == {place: whole[place] for place in told}
    assert {(place[0], *place[2:]) for place in kept} == {(place[0], *place[2:]) for place in whole}
    # It is no comparison of nothing with nothing.
    known = Counter(place[0] for place, value in told.items() if value[-1] is None)
    for metric in ("active_share", "contributor_share", "response_rate", "thread_depth"):
        assert known[metric], metric
    lost = {place[0] for place, value in kept.items() if value[-1] == "retention"}
    assert lost & {place[0] for place, value in whole.items() if value[-1] is None} >= {
        "mean_degree",
        "room_state",
    }


def test_numbers_would_be_wrong_if_nothing_were_known_of_the_cut(
    tmp_path: Path, whole: dict[tuple[Any, ...], Any]
) -> None:
    """The test above can fail."""

    def forget(company: Company) -> None:
        company.rows = [row for row in company.rows if row[7] >= CUT]

    wrong = counted(tmp_path / "wrong", forget)
    differing = {place[0] for place in whole if wrong.get(place) not in (None, whole[place])}
    assert {"room_state", "mean_degree"} & differing


def test_of_every_fact_it_is_known_how_far_back_it_goes() -> None:
    assert FARTHEST.keys() == facts.facts.tables.keys()


def test_every_metric_says_what_it_needs() -> None:
    needed: dict[str, set[date | None]] = {}
    for metric in CATALOG.values():
        for scope in metric.scopes:
            statement = text(metric.statement(scope))
            found = needed_from(statement, tables_of(statement), metric.reach, CUT)
            assert found is None or found <= CUT
            needed.setdefault(metric.key, set()).add(found)
    assert needed["contributor_share"] == {date(2025, 9, 29)}
    assert needed["daily_stickiness"] == {date(2025, 9, 22)}
    assert needed["engagement_of_reach"] == needed["mean_degree"] == needed["new_voices"] == {None}


def test_what_is_needed_is_the_longest_of_table_and_metric() -> None:
    assert needed_from("", {"home"}, WITHIN, CUT) == CUT
    assert needed_from("", {"home", "viewing"}, replace(WITHIN, before=7), CUT) == date(2025, 9, 1)
    assert needed_from("", {"home", "tie"}, WITHIN, CUT) is None
    assert needed_from("", {"home"}, SO_FAR, CUT) is None
    assert needed_from("", {"home"}, Reach(), CUT) is None
    assert needed_from("SELECT thread.watched", {"thread"}, WITHIN, CUT) is None
    with pytest.raises(KeyError):
        needed_from("", {"elsewhere"}, WITHIN, CUT)
