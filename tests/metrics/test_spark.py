"""The same statements on Spark, over the same Delta table, give the same facts and the same numbers, bit for bit."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import write_deltalake
from sqlalchemy import column, func, select, table
from sqlglot.errors import UnsupportedError

from metrics import facts
from metrics.catalog import CATALOG
from metrics.dialect import parsed, spark_text, text
from metrics.rollup import ROLLUPS, build
from service.activity.log import ActivityLog
from service.engines.spark import Rows, Spark, SparkConnection

pytestmark = pytest.mark.xdist_group("spark")
MADE = {made.name for made, _ in ROLLUPS}


@pytest.fixture
def crowded(busy: Any) -> Any:
    """Something of everything, and much of it by chance."""
    busy.until = date(2026, 7, 13)  # half a year
    chance = random.Random(20260303)
    people = [f"person {number}" for number in range(40)]
    for number, name in enumerate(people[:36]):
        kind = "guest" if number % 12 == 5 else "human"
        busy.person(name, (None, "sales", "legal")[number % 3], kind, active=number % 9 != 8)
    for room in ("team", "project", "old", "open"):
        busy.room(room, date(2026, 1, 2), archived=room == "old", open_=room == "open")
        for name in chance.sample(people, 12):
            busy.member(room, name, None if chance.random() < 0.5 else date(2026, 2, 1))
    things: list[tuple[str, str]] = []
    for number in range(700):
        when = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=chance.randrange(145 * 86_400))
        who = chance.choice([*people, "bot", None])
        if not things or chance.random() < 0.2:
            thing, room = f"thing {number}", chance.choice(["hr", "team", "project", "old", "open"])
            things.append((thing, room))
            busy.post(who, when, thing, room=room)
            continue
        thing, room = chance.choice(things)
        act = chance.choice(["comment", "react", "undated", "edit", "view", "views", "message", "delete"])
        if act == "comment":
            busy.comment(who, when, thing, room=room)
        elif act in {"react", "undated"}:
            busy.react(who, when, thing, room=room, dated=act == "react")
        elif act == "views":
            busy.views(number, when, thing, room=room)
        elif act != "delete" or chance.random() < 0.1:
            busy.act(act, who, when, thing, room=room)
    return busy


@pytest.fixture
def duck(crowded: Any) -> Iterator[Any]:
    with crowded.database() as connection:
        yield connection


@pytest.fixture
def cluster(duck: Any, spark: Any, tmp_path: Path) -> Iterator[SparkConnection]:
    """What DuckDB was given, and the log in a Delta table."""
    rows = duck.sql(text(select(facts.log))).to_arrow_table()
    write_deltalake(tmp_path / "log", rows, name="activity log of acme")
    with Spark().open(ActivityLog(tmp_path / "log", "acme")) as connection:
        for given in facts.facts.tables.values():
            if given.name not in MADE and given is not facts.log:
                connection.register(given.name, duck.sql(text(select(given))).to_arrow_table())
        yield connection


def here(duck: Any, query: str) -> Rows:
    return Rows(duck.sql(query).to_arrow_table())


def in_order(rows: Rows) -> list[str]:
    return sorted(map(repr, rows.fetchall()))


def test_spark_makes_the_same_facts_and_counts_the_same(
    duck: Any, cluster: SparkConnection, thorough: bool
) -> None:
    build(cluster.execute)
    for made, _ in ROLLUPS:
        query = text(select(made))
        rows = in_order(here(duck, query))
        assert rows, f"nothing in {made.name}: the example proves nothing"
        assert rows == in_order(cluster.execute(query)), made.name
    families = list({metric.statement.__module__: metric for metric in CATALOG.values()}.values())
    for number, metric in enumerate(CATALOG.values() if thorough else families[::3]):
        one_of_them = sorted(metric.scopes)[number % len(metric.scopes)]
        for scope in metric.scopes if thorough else (one_of_them,):
            query = text(metric.statement(scope))
            one, other = here(duck, query), cluster.execute(query)
            assert one.description == other.description
            assert in_order(one) == in_order(other), (metric.key, scope)


def test_engines_agree_on_null_order_rounding_and_greatest(duck: Any, cluster: SparkConnection) -> None:
    query = (
        "SELECT n, row_number() OVER (ORDER BY n) AS rank, greatest(n, NULL, 1) AS most, least(n, 2) AS least, "
        "CAST(EXTRACT(epoch FROM m) AS BIGINT) AS seconds, d + INTERVAL '7 days' >= DATE '2026-01-08' AS later, "
        "'it''s \\n' AS words, lag(n, 2) OVER (ORDER BY n) AS before FROM (VALUES "
        "(3, TIMESTAMPTZ '2026-01-01 00:00:00.5+00', DATE '2026-01-01'), (NULL, TIMESTAMPTZ '2026-01-01 00:00:01.5+00', NULL), "
        "(1, TIMESTAMPTZ '1969-12-31 23:59:58.7+00', DATE '2025-01-01')) AS \"window\"(n, m, d) ORDER BY n"
    )
    assert duck.execute(query).fetchall() == cluster.execute(query).fetchall()


@pytest.mark.parametrize("expression", ["a / b", "avg(a)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)"])
def test_what_engines_mean_differently_is_refused(expression: str) -> None:
    with pytest.raises(UnsupportedError, match="differ"):
        spark_text(parsed(f"SELECT {expression} FROM t"))


def test_names_are_quoted_and_null_sorts_last_in_sparks_words() -> None:
    window = table("period", column("window"))
    query = text(select(window.c.window, func.count()).group_by(window.c.window).order_by(window.c.window))
    assert spark_text(parsed(query)) == (
        "SELECT `period`.`window`, COUNT(*) AS `count_1` FROM `period` GROUP BY `period`.`window` "
        "ORDER BY `period`.`window` NULLS LAST"
    )
