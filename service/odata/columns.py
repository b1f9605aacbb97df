"""Where the properties of the large sets stand in the published tables, as SQL: to filter and order by, and for the SQL views.

What is not published is masked here as well, so that no filter tells of a value that is not shown.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, literal

from metrics.catalog import CATALOG
from service.answered import Shown
from service.models import PublishedAnswer, PublishedRoom, PublishedValue
from service.odata.entities import SETS

Columns = Mapping[str, Any]
"""An expression of SQL by the name of the property."""
PUBLISHED, SUPPRESSED, UNKNOWN = "published", "suppressed", "unknown"


def measurements(organisation: Any) -> Columns:
    """Of a published value: what `service.api.routes.measurement_row` makes of it."""
    v = PublishedValue
    shown = v.state == PUBLISHED
    unit = case({key: metric.unit.value for key, metric in CATALOG.items()}, value=v.metric, else_="")
    return {
        "metric": v.metric,
        "category": v.category,
        "scope": v.scope,
        "scope_key": v.scope_key,
        "window": v.window,
        "since": v.since,
        "organisation": organisation,
        **_judged(v.state, v.reason),
        "until": v.until,
        "unit": cast(unit, String(16)),
        "value": case((shown, v.value)),
        "low": v.low,
        "high": v.high,
        "people": case((shown, v.people)),
    }


def rooms(organisation: Any) -> Columns:
    r = PublishedRoom
    return {
        "key": r.key,
        "organisation": organisation,
        "label": r.label,
        "source": r.source,
        "purpose": r.purpose,
        "archived": r.archived,
    }


def survey_results(organisation: Any, round_key: Any) -> Columns:
    """Of a cell of a survey's publication; its figures stand in one JSON column."""
    a = PublishedAnswer
    return {
        "round": round_key,
        "group": a.group_key,
        "dimension": a.dimension,
        "question": a.question,
        "organisation": organisation,
        **_judged(a.state, a.reason),
        "people": a.people,
        **{name: _figure(name) for name in Shown.model_fields},
    }


def _judged(state: Any, reason: Any) -> Columns:
    return {
        "state": state,
        "suppressed": state == SUPPRESSED,
        "unknown": state == UNKNOWN,
        "reason": reason,
    }


def _figure(name: str) -> Any:
    """A figure out of the JSON. Raises `TypeError` for a type nobody wrote down here."""
    found = PublishedAnswer.figures[name]
    kind = SETS["SurveyResults"].properties[name].type
    read = {float: found.as_float, int: found.as_integer, bool: found.as_boolean, str: found.as_string}
    if kind not in read:
        raise TypeError(f"the figure {name} is a {kind}: say here how it is read from JSON")
    return read[kind]()


def text(value: str) -> ColumnElement[Any]:
    return literal(value, String())
