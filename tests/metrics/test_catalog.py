from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import literal, select
from sqlalchemy.dialects import postgresql

from metrics.catalog import CATALOG
from metrics.dialect import text
from metrics.metric import REASONS, Label, Metric, Scope
from metrics.page import page

METRICS = list(CATALOG.values())
SCOPED = [pytest.param(m, scope, id=f"{m.key}-{scope}") for m in METRICS for scope in sorted(m.scopes)]


def labels(metric: Metric) -> list[Label]:
    return [metric.label, metric.meaning, metric.formula, *metric.limits, *metric.categories.values()]


def test_every_key_and_every_label_is_unique_in_both_languages() -> None:
    assert all(key == metric.key for key, metric in CATALOG.items())
    for language in ("de", "en"):
        names = [getattr(metric.label, language) for metric in METRICS]
        assert len(set(names)) == len(names)
        for metric in METRICS:
            parts = [getattr(label, language) for label in metric.categories.values()]
            assert len(set(parts)) == len(parts)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_every_metric_says_what_it_means_in_german_and_english_and_what_it_can_not_say(
    metric: Metric,
) -> None:
    for label in labels(metric):
        assert label.de.strip() == label.de != ""
        assert label.en.strip() == label.en != ""
        assert label.de != label.en
    assert metric.limits
    assert metric.sources
    assert metric.scopes
    assert metric.windows
    assert metric.absent in REASONS
    assert metric.single <= metric.scopes
    assert len(metric.key) <= 64
    assert all(len(part) <= 32 for part in metric.categories)


def test_every_reason_is_explained_in_both_languages() -> None:
    for key, label in REASONS.items():
        assert len(key) <= 64
        assert label.de != label.en


@pytest.mark.parametrize(("metric", "scope"), SCOPED)
def test_a_statement_gives_the_columns_a_cell_is_made_of(intranet: Any, metric: Metric, scope: Scope) -> None:
    cursor = intranet.rolled_up().execute(text(metric.statement(scope)))
    names = {column[0] for column in cursor.description}
    assert {"scope_key", "window", "since", "category", "people", "affirming", "excluded"} <= names


@pytest.mark.parametrize(("metric", "scope"), SCOPED)
def test_a_statement_reads_declared_columns_only(metric: Metric, scope: Scope) -> None:
    statement = str(metric.statement(scope).compile(dialect=postgresql.dialect()))
    assert statement.startswith(("SELECT", "WITH"))
    assert '"window"' in statement


def test_a_constant_with_a_percent_sign_or_a_quote_survives_as_it_is() -> None:
    assert text(select(literal("10 % of 'it'"))).startswith("SELECT '10 % of ''it'''")


def test_the_page_of_the_documentation_is_current() -> None:
    committed = Path(__file__).parents[2] / "docs" / "metrics.md"
    assert committed.read_text() == page()
