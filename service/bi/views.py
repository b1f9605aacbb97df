"""The views: the sets of the OData feed as SQL, with the same names, the same columns, and the same cells hidden.

Each view reads tables of publications only, and of each organisation the newest one. Whose rows a role sees stands in the table `reader`
of the schema: of no organisation, unless it was granted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from metrics.catalog import CATALOG
from service.maturity.model import load, versions
from service.models import (
    Organisation,
    Publication,
    PublishedAnswer,
    PublishedRoom,
    PublishedValue,
    SurveyPublication,
    SurveyRound,
)
from service.odata import columns
from service.odata.entities import SETS, EntitySet, Property
from service.odata.sets import declared

SCHEMA = "resonanz_bi"
READER = f"{SCHEMA}.reader"
VERSION = "1.0.0"
"""Of the views, as https://semver.org has it: the first number changes when a view or column goes or means something else, the second
when one comes."""
SEES = f"""EXISTS (
    SELECT FROM {READER} JOIN pg_catalog.pg_roles ON pg_roles.rolname = reader.role
    WHERE (reader.organisation_id IS NULL OR reader.organisation_id = organisation.id)
      AND pg_catalog.pg_has_role(pg_roles.oid, 'USAGE')
  )"""
"""Within a view `pg_has_role` asks about whoever reads it, not about its owner."""
LATEST = "publication.id = (SELECT max(p.id) FROM publication p WHERE p.organisation_id = organisation.id)"
_FORM: Any = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class View:
    """`sql` selects the columns of `properties`, in that order."""

    name: str
    meaning: str
    properties: Mapping[str, Property]
    sql: str


def views() -> tuple[View, ...]:
    """All of them, ready to be made in a database whose search path leads to the tables."""
    return (
        _version(),
        *(
            View(name, SETS[of].meaning, _without(SETS[of], left_out), statement())
            for name, of, statement, left_out in _MADE
        ),
    )


def _without(entity_set: EntitySet, left_out: frozenset[str]) -> Mapping[str, Property]:
    return {name: one for name, one in entity_set.properties.items() if name not in left_out}


def _version() -> View:
    properties = {
        "version": Property("version", str, False, "version of the views, as semver.org has it"),
        "major": Property(
            "major", int, False, "its first number: reports built on another one must be looked at"
        ),
    }
    sql = f"SELECT '{VERSION}'::text AS version, {VERSION.partition('.')[0]}::integer AS major"
    return View("version", "Which state of these views is installed.", properties, sql)


def _written(statement: Select[Any]) -> str:
    return str(statement.compile(dialect=_FORM, compile_kwargs={"literal_binds": True}))


def _labelled(found: columns.Columns) -> list[ColumnElement[Any]]:
    return [column.label(name) for name, column in found.items()]


def _latest() -> ColumnElement[bool]:
    other = aliased(Publication)
    newest = select(func.max(other.id)).where(other.organisation_id == Organisation.id).scalar_subquery()
    return Publication.id == newest


def _sees() -> ColumnElement[bool]:
    return literal_column(SEES)


def _measurement() -> str:
    asked = select(*_labelled(columns.measurements(Organisation.key)))
    of = asked.select_from(PublishedValue).join(Publication).join(Organisation)
    return _written(of.where(_latest(), _sees()))


def _room() -> str:
    asked = select(*_labelled(columns.rooms(Organisation.key)))
    of = asked.select_from(PublishedRoom).join(Publication).join(Organisation)
    return _written(of.where(_latest(), _sees()))


def _survey_result() -> str:
    asked = select(*_labelled(columns.survey_results(Organisation.key, SurveyRound.key)))
    of = asked.select_from(PublishedAnswer).join(SurveyPublication).join(SurveyRound).join(Organisation)
    return _written(of.where(_sees()))


def quoted(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def _rows(rows: Sequence[tuple[str, ...]]) -> str:
    return ",\n    ".join(f"({', '.join(map(quoted, row))})" for row in rows)


def _metric() -> str:
    names = [name for name in SETS["Metrics"].properties if name != "organisation"]
    rows = [tuple(getattr(one, name) for name in names) for one in declared("")]
    assert len(rows) == len(CATALOG)  # noqa: S101 - each metric has its row
    told = ", ".join(
        "organisation.key AS organisation" if name == "organisation" else f"m.{name}"
        for name in SETS["Metrics"].properties
    )
    return f"""SELECT {told}
FROM organisation CROSS JOIN (VALUES
    {_rows(rows)}
) AS m ({", ".join(names)})
WHERE {SEES}"""


def _coverage() -> str:
    return f"""SELECT c.source, c.kind, organisation.key AS organisation,
  CASE WHEN c.share IS NULL THEN 'unknown' ELSE 'published' END AS state,
  false AS suppressed, c.share IS NULL AS unknown,
  (SELECT string_agg(found, ', ' ORDER BY found COLLATE "C") FROM json_object_keys(c.reasons) found) AS reason,
  c.share, c.rooms_missing, c.data_until
FROM published_coverage c JOIN publication ON publication.id = c.publication_id
  JOIN organisation ON organisation.id = publication.organisation_id
WHERE {LATEST} AND {SEES}"""


def _dimension_result() -> str:
    names = [
        (version, dimension.key, dimension.name.de, dimension.name.en)
        for version in versions()
        for dimension in load(version).dimensions
    ]
    chances = ",\n  ".join(
        f"(strand -> 'probability' ->> '{level}')::float8 AS probability_{level}" for level in range(1, 6)
    )
    return f"""SELECT one ->> 'dimension' AS dimension, strand ->> 'kind' AS kind, organisation.key AS organisation,
  CASE WHEN strand ->> 'level' IS NULL THEN 'unknown' ELSE 'published' END AS state,
  false AS suppressed, strand ->> 'level' IS NULL AS unknown, strand ->> 'insufficient' AS reason,
  named.de AS dimension_de, named.en AS dimension_en,
  (strand ->> 'level')::float8 AS level, (strand ->> 'low')::float8 AS low, (strand ->> 'high')::float8 AS high,
  {chances},
  (strand ->> 'coverage')::float8 AS coverage, (strand ->> 'people')::integer AS people,
  (one ->> 'weight')::float8 AS weight, (one ->> 'staged')::integer AS staged, one ->> 'agreement' AS agreement,
  (one ->> 'difference')::float8 AS difference, (one ->> 'difference_low')::float8 AS difference_low,
  (one ->> 'difference_high')::float8 AS difference_high,
  made.content ->> 'model_version' AS model_version, made.content ->> 'profile' AS profile,
  (made.content ->> 'created')::timestamptz AS assessed, (made.content ->> 'data_until')::date AS data_until,
  made.content ->> 'round' AS round
FROM organisation
  CROSS JOIN LATERAL (
    SELECT a.content FROM assessment a WHERE a.organisation_id = organisation.id
    ORDER BY a.created DESC, a.id DESC LIMIT 1
  ) made
  CROSS JOIN LATERAL json_array_elements(made.content -> 'dimensions') one
  CROSS JOIN LATERAL json_array_elements(one -> 'strands') strand
  JOIN (VALUES
    {_rows(names)}
  ) AS named (version, key, de, en)
    ON named.version = made.content ->> 'model_version' AND named.key = one ->> 'dimension'
WHERE {SEES}"""


def _survey_round() -> str:
    return f"""SELECT survey_round.key, organisation.key AS organisation,
  survey_round.title_de AS label_de, survey_round.title_en AS label_en, run.created AS published, run.minimum_group,
  run.summary ->> 'model_version' AS model_version, run.summary ->> 'form' AS form,
  (run.summary ->> 'invited')::integer AS invited, (run.summary ->> 'answered')::integer AS answered,
  (run.summary ->> 'rate')::float8 AS rate
FROM survey_publication run JOIN survey_round ON survey_round.id = run.round_id
  JOIN organisation ON organisation.id = survey_round.organisation_id
WHERE {SEES}"""


def _milestone() -> str:
    return f"""SELECT m.key, organisation.key AS organisation, m.day, m.kind, m.label_de, m.label_en
FROM milestone m JOIN organisation ON organisation.id = m.organisation_id
WHERE {SEES}"""


def _publication() -> str:
    return f"""SELECT publication.id, organisation.key AS organisation, publication.created, publication.data_until,
  publication.minimum_group, organisation.synthetic,
  (publication.summary ->> 'published')::integer AS cells_published,
  (publication.summary ->> 'suppressed')::integer AS cells_suppressed,
  (publication.summary ->> 'unknown')::integer AS cells_unknown
FROM publication JOIN organisation ON organisation.id = publication.organisation_id
WHERE {LATEST} AND {SEES}"""


_ALL: frozenset[str] = frozenset()
_MADE: tuple[tuple[str, str, Callable[[], str], frozenset[str]], ...] = (
    ("measurement", "Measurements", _measurement, _ALL),
    ("room", "Rooms", _room, _ALL),
    ("metric", "Metrics", _metric, _ALL),
    ("coverage", "Coverage", _coverage, _ALL),
    ("dimension_result", "DimensionResults", _dimension_result, _ALL),
    ("survey_round", "SurveyRounds", _survey_round, _ALL),
    ("survey_result", "SurveyResults", _survey_result, _ALL),
    ("milestone", "Milestones", _milestone, _ALL),
    # The mean over all sources is rounded by Python's rule for halves, which SQL does not have: the view `coverage` has the lines.
    ("publication", "Publications", _publication, frozenset({"coverage"})),
)
"""A name, the set of the feed it is, its statement, and what of the set it has not."""
