"""Statements as text.

SQLAlchemy's PostgreSQL dialect is the common tongue: DuckDB and PostgreSQL read it as it is. Values are written into the
text, since engines differ in how they take parameters; all of them are constants of this package, none comes from data.
"""

from typing import Any

from sqlalchemy import ColumnElement, Executable, ExecutableDDLElement, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ClauseElement

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
