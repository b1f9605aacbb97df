"""What `$filter` asks for, as a condition of SQL: the one place that knows the library which reads the expressions.

odata-query splits the text and finds its structure. What an expression may hold, and of what type each part is, is checked here, so that
nothing reaches the database that it would stumble over: no arithmetic, no patterns, no text compared with a number. Comparisons are true
or false and never null, as OData wants it: `value ne 0.3` also finds rows without a value.
"""

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC
from enum import StrEnum
from math import isfinite
from typing import Any

from odata_query import ast
from odata_query.exceptions import FunctionCallException, ODataException
from odata_query.grammar import ODataLexer, ODataParser
from odata_query.visitor import NodeVisitor
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    String,
    and_,
    extract,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from service.models.base import Instant
from service.odata.columns import Columns
from service.odata.entities import Property
from service.odata.errors import Malformed, NotOffered

LONGEST, DEEPEST, LARGEST = 8000, 40, 2000
"""Letters, levels of nesting, and parts of an expression; power users stay far below."""
UNREADABLE = "the expression in $filter can not be read: write it like metric eq 'active_share' and since ge 2026-01-01"
FUNCTIONS = "contains, startswith, endswith, tolower, toupper, trim, length, year, month, day"


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    TRUTH = "true or false"
    DAY = "date"
    INSTANT = "point in time"
    NULL = "null"


KINDS: Mapping[str, Kind] = {
    "Edm.String": Kind.TEXT,
    "Edm.Int32": Kind.NUMBER,
    "Edm.Double": Kind.NUMBER,
    "Edm.Boolean": Kind.TRUTH,
    "Edm.Date": Kind.DAY,
    "Edm.DateTimeOffset": Kind.INSTANT,
}


@dataclass(frozen=True)
class Term:
    """A part of an expression: its type, and whether it can be null. `given` is the value of a literal text."""

    kind: Kind
    sql: ColumnElement[Any]
    nullable: bool = False
    given: str | None = None


def condition(text: str, properties: Mapping[str, Property], columns: Columns) -> ColumnElement[bool]:
    """The condition. Raises `Malformed` for what is no expression over these properties, `NotOffered` for what OData has and we have not."""
    found = _Condition(properties, columns).visit(_read(text))
    return _truth(found).sql


def _read(text: str) -> ast._Node:
    if len(text) > LONGEST:
        raise Malformed(f"$filter is longer than {LONGEST} letters: filter in the program instead")
    if "\0" in text:
        raise Malformed(UNREADABLE)
    try:
        tokens = list(ODataLexer().tokenize(text.strip()))
    except ODataException:
        raise Malformed(UNREADABLE) from None
    with_commas = list(_lists(tokens))
    try:
        tree = ODataParser().parse(iter(with_commas))
    except FunctionCallException:
        raise NotOffered(
            f"a function in $filter is not offered, or has another number of arguments; there are: {FUNCTIONS}"
        ) from None
    except (ODataException, AttributeError):  # the latter for three and more named arguments
        raise Malformed(UNREADABLE) from None
    if not isinstance(tree, ast._Node):
        raise Malformed(UNREADABLE)
    _measure(tree)
    return tree


def _lists(tokens: Sequence[Any]) -> Iterator[Any]:
    """A list of one value after `in` gets the comma that the library wants and the standard does not."""
    for place, token in enumerate(tokens):
        yield token
        opened = place >= 2 and tokens[place - 1].type == "(" and tokens[place - 2].type == "IN"
        if opened and place + 1 < len(tokens) and tokens[place + 1].type == ")":
            comma = type(token)()
            comma.type = comma.value = ","
            comma.lineno, comma.index = token.lineno, token.index
            yield comma


def _measure(tree: ast._Node) -> None:
    """Without recursion, since it is there to find what is nested too deeply. Chains of `and` and `or` count as one level."""
    left: list[tuple[Any, int]] = [(tree, 0)]
    seen = 0
    while left:
        node, depth = left.pop()
        seen += 1
        if depth > DEEPEST or seen > LARGEST:
            raise Malformed("$filter is too large or nested too deeply: filter in the program instead")
        for field in fields(node):
            value = getattr(node, field.name)
            left += [
                (part, depth if _chained(node, part) else depth + 1)
                for part in (value if isinstance(value, list) else [value])
                if isinstance(part, ast._Node)
            ]


def _chained(node: ast._Node, part: ast._Node) -> bool:
    return isinstance(node, ast.BoolOp) and isinstance(part, ast.BoolOp) and type(part.op) is type(node.op)


def _truth(term: Term) -> Term:
    if term.kind is not Kind.TRUTH:
        raise Malformed(
            f"$filter asks for something that is a {term.kind}, not true or false: compare it with eq, ne, gt, ge, lt or le"
        )
    return term


class _Condition(NodeVisitor):
    """Makes a term of each node; what has no method is not offered."""

    def __init__(self, properties: Mapping[str, Property], columns: Columns) -> None:
        self.properties, self.columns = properties, columns

    def generic_visit(self, node: ast._Node) -> Term:
        raise NotOffered(
            "$filter compares properties with values by eq, ne, gt, ge, lt, le, in, and, or, not and the functions "
            f"{FUNCTIONS}; arithmetic, paths, lambdas, durations and times of day are not offered"
        )

    def visit_Identifier(self, node: ast.Identifier) -> Term:
        if node.namespace or node.name not in self.columns:
            raise Malformed(
                f"$filter names a property that is not there; there are: {', '.join(self.properties)}"
            )
        found = self.properties[node.name]
        return Term(KINDS[found.edm], self.columns[node.name], found.nullable)

    def visit_Null(self, node: ast.Null) -> Term:
        return Term(Kind.NULL, literal(None), nullable=True)

    def visit_String(self, node: ast.String) -> Term:
        return Term(Kind.TEXT, literal(node.val, String()), given=node.val)

    def visit_Integer(self, node: ast.Integer) -> Term:
        if len(node.val) > 15:
            raise Malformed("a number in $filter is too large")
        return Term(Kind.NUMBER, literal(int(node.val), Integer()))

    def visit_Float(self, node: ast.Float) -> Term:
        if not isfinite(found := float(node.val)):
            raise Malformed("a number in $filter is too large")
        return Term(Kind.NUMBER, literal(found, Float()))

    def visit_Boolean(self, node: ast.Boolean) -> Term:
        return Term(Kind.TRUTH, literal(node.py_val, Boolean()))

    def visit_Date(self, node: ast.Date) -> Term:
        try:
            return Term(Kind.DAY, literal(node.py_val, Date()))
        except ValueError:
            raise Malformed("a date in $filter does not exist: write it like 2026-01-31") from None

    def visit_DateTime(self, node: ast.DateTime) -> Term:
        try:
            moment = node.py_val
            if moment.tzinfo is None:
                raise Malformed(
                    "a point in time in $filter needs its offset: write it like 2026-01-31T06:00:00Z"
                )
            return Term(Kind.INSTANT, literal(moment.astimezone(UTC), Instant()))
        except (ValueError, OverflowError):
            raise Malformed(
                "a point in time in $filter does not exist: write it like 2026-01-31T06:00:00Z"
            ) from None

    def visit_BoolOp(self, node: ast.BoolOp) -> Term:
        parts: list[ast._Node] = []
        left: list[ast._Node] = [node]
        while left:
            one = left.pop()
            if isinstance(one, ast.BoolOp) and type(one.op) is type(node.op):
                left += [one.right, one.left]
            else:
                parts.append(one)
        terms = [_truth(self.visit(part)) for part in parts]
        join = and_ if isinstance(node.op, ast.And) else or_
        return Term(Kind.TRUTH, join(*(term.sql for term in terms)), any(term.nullable for term in terms))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Term:
        if not isinstance(node.op, ast.Not):
            return self.generic_visit(node)
        inner = _truth(self.visit(node.operand))
        return Term(Kind.TRUTH, not_(inner.sql), inner.nullable)

    def visit_Compare(self, node: ast.Compare) -> Term:
        left = self.visit(node.left)
        if isinstance(node.comparator, ast.In):
            return self._within(left, node.right)
        right = self.visit(node.right)
        if Kind.NULL in {left.kind, right.kind}:
            return _with_null(node.comparator, left, right)
        if left.kind is not right.kind:
            raise Malformed(f"$filter compares a {left.kind} with a {right.kind}: {WRITTEN}")
        return Term(Kind.TRUTH, _compared(node.comparator, left, right))

    def _within(self, left: Term, choices: ast._Node) -> Term:
        found = [self.visit(one) for one in choices.val] if isinstance(choices, ast.List) else []
        if not found or any(one.kind is not left.kind for one in found):
            raise Malformed(f"$filter asks whether something is in a list of another type: {WRITTEN}")
        chosen = left.sql.in_([one.sql for one in found])
        return Term(Kind.TRUTH, and_(left.sql.is_not(None), chosen) if left.nullable else chosen)

    def visit_Call(self, node: ast.Call) -> Term:
        name = ".".join((*node.func.namespace, node.func.name))
        if name in {"contains", "startswith", "endswith"}:
            return self._part(name, *node.args)
        if name in {"tolower", "toupper", "trim", "length"}:
            inner = self._argument(node.args[0], Kind.TEXT, name)
            call = {"tolower": func.lower, "toupper": func.upper, "trim": func.trim, "length": func.length}[
                name
            ]
            return Term(Kind.NUMBER if name == "length" else Kind.TEXT, call(inner.sql), inner.nullable)
        if name in {"year", "month", "day"}:
            inner = self._argument(node.args[0], Kind.DAY, name)
            return Term(Kind.NUMBER, extract(name, inner.sql), inner.nullable)
        raise NotOffered(f"a function in $filter is not offered; there are: {FUNCTIONS}")

    def _argument(self, node: ast._Node, kind: Kind, name: str) -> Term:
        found: Term = self.visit(node)
        if found.kind is not kind:
            raise Malformed(f"{name} in $filter needs a {kind}, not a {found.kind}: {WRITTEN}")
        return found

    def _part(self, name: str, whole: ast._Node, part: ast._Node) -> Term:
        """By functions that both databases have and that tell capitals from small letters; LIKE does so in one of them only."""
        text, sought = self._argument(whole, Kind.TEXT, name), self._argument(part, Kind.TEXT, name).given
        if sought is None:
            raise Malformed(f"{name} in $filter looks for a text in quotes: {WRITTEN}")
        wanted, length = literal(sought, String()), len(sought)
        if not sought:
            return Term(Kind.TRUTH, text.sql.is_not(None))
        if name == "contains":
            found = func.replace(text.sql, wanted, "") != text.sql
        elif name == "startswith":
            found = func.substr(text.sql, 1, length) == wanted
        else:
            found = and_(
                func.length(text.sql) >= length,
                func.substr(text.sql, func.length(text.sql) - (length - 1)) == wanted,
            )
        return Term(Kind.TRUTH, found, text.nullable)


COMPARED: Mapping[type[ast._Comparator], Any] = {
    ast.Eq: operator.eq,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
WRITTEN = "texts are written 'like this', dates 2026-01-31, points in time 2026-01-31T06:00:00Z, numbers 0.3, and true or false"


def _with_null(comparator: ast._Comparator, left: Term, right: Term) -> Term:
    """Null equals nothing but null, and is neither more nor less than anything."""
    if not isinstance(comparator, ast.Eq | ast.NotEq):
        return Term(Kind.TRUTH, false())
    if left.kind is right.kind:
        return Term(Kind.TRUTH, true() if isinstance(comparator, ast.Eq) else false())
    sql = right.sql if left.kind is Kind.NULL else left.sql
    return Term(Kind.TRUTH, sql.is_(None) if isinstance(comparator, ast.Eq) else sql.is_not(None))


def _compared(comparator: ast._Comparator, left: Term, right: Term) -> ColumnElement[bool]:
    a, b = left.sql, right.sql
    nullable = [term.sql.is_not(None) for term in (left, right) if term.nullable]
    if isinstance(comparator, ast.NotEq):
        return a.is_distinct_from(b) if nullable else a != b
    found: ColumnElement[bool] = COMPARED[type(comparator)](a, b)
    return and_(*nullable, found) if nullable else found
