"""Statements as text.

SQLAlchemy's PostgreSQL dialect is the common tongue: DuckDB and PostgreSQL read it as it is, for Spark it is translated
(sqlglot knows both). Values are written into the text, since engines differ in how they take parameters; all of them are
constants of this package, none comes from data.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Executable, ExecutableDDLElement, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ClauseElement

if TYPE_CHECKING:
    from sqlglot import exp

# Named parameters, so that a percent sign in a constant is not doubled.
_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def text(statement: Executable | ExecutableDDLElement) -> str:
    """The statement in words both engines understand."""
    if not isinstance(statement, ClauseElement):
        raise TypeError(f"{statement!r} is not a statement")
    return str(statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def interval(words: str) -> ColumnElement[Any]:
    """An interval constant such as '30 minutes'; SQLAlchemy's own rendering is PostgreSQL's alone."""
    return literal_column(f"INTERVAL '{words}'")


def parsed(words: str) -> "exp.Expr":
    """A statement's text as a tree. Raises `sqlglot.errors.ParseError`."""
    import sqlglot

    return sqlglot.parse_one(words, dialect="postgres")


def spark_text(statement: "exp.Expr") -> str:
    """A statement in Spark's words; Spark must be in ANSI mode and keep its time in UTC.

    Sorting puts NULL last as PostgreSQL does. Raises `sqlglot.errors.UnsupportedError` for what Spark can not say, and for
    what it would say and mean otherwise: division (of integers), averages, exact percentiles.
    """
    from sqlglot import ErrorLevel, UnsupportedError, exp

    unequal = statement.find(exp.Div, exp.Avg, exp.PercentileCont, exp.PercentileDisc)
    if unequal is not None:
        raise UnsupportedError(f"engines differ in what this gives: {unequal.sql()}")
    return statement.transform(_for_spark).sql(
        dialect="spark", identify=True, unsupported_level=ErrorLevel.RAISE
    )


def _for_spark(node: "exp.Expr") -> "exp.Expr":
    """Seconds since 1970, which Spark's EXTRACT does not know: rounded to even where cast, as DuckDB does."""
    from sqlglot import exp

    if not isinstance(node, exp.Extract) or node.name.upper() != "EPOCH":
        return node
    micros = exp.Anonymous(this="unix_micros", expressions=[node.expression])
    seconds = exp.Paren(this=exp.Div(this=micros, expression=exp.Literal.number("1e6")))
    if isinstance(node.parent, exp.Cast):
        return exp.Anonymous(this="rint", expressions=[seconds])
    return seconds
