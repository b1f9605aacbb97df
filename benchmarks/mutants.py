"""Small mistakes put into a program on purpose, one at a time: what can be changed in a source, and how it reads afterwards.

Comparisons, arithmetic, conditions, numbers and truths are changed, a result becomes None, a statement is left out (operators after
DeMillo, Lipton and Sayward 1978, “Hints on Test Data Selection”, and Offutt and others 1996, “An Experimental Determination of
Sufficient Mutant Operators”). Left alone are texts (nobody's promise), types, what is logged, assertions, decorators, what errors say, and
numbers that a module gives a name to (a test would do no more than repeat them).
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

ORDERED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
LOGGING = {"log", "logger", "logging"}
TYPES = {"annotation", "returns", "decorator_list", "type_params", "type_comment"}


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a module, or a method, with all that is nested in it. `line` is where its first decorator or its `def` stands."""

    name: str
    line: int
    cached: bool = False
    """Whether it runs once for many callers, so that who runs it does not tell who depends on it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change to one file. `number` tells it apart; `function` is None where it takes effect on import only."""

    file: str
    number: int
    line: int
    text: str
    """That line."""
    lines: tuple[int, int]
    """First and last line of the statement around it: who runs one of them runs the change."""
    function: Function | None
    inside: str
    """The class or function it is in, dotted; empty for the module itself."""
    change: str

    def told(self) -> str:
        return f"{self.file}:{self.line} {self.inside or 'on import'}: {self.change}"


@dataclass(frozen=True, slots=True)
class _Site:
    node: ast.AST
    where: "_Where"
    change: str
    make: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Where:
    """`statement` is the simple statement around a node."""

    names: tuple[str, ...] = ()
    function: Function | None = None
    statement: ast.stmt | None = None


def mutants(source: str, file: str) -> list[Mutant]:
    """All changes to a source, in the order of the text. Raises `SyntaxError` where it is no Python."""
    found, written = [], source.splitlines()
    for number, site in enumerate(_sites(ast.parse(source))):
        node: Any = site.node
        match node:  # neither of these has a place of its own
            case ast.comprehension():
                node = node.target
            case ast.match_case():
                node = node.guard
        around: Any = site.where.statement or node
        found.append(
            Mutant(
                file,
                number,
                node.lineno,
                written[node.lineno - 1].strip(),
                (around.lineno, around.end_lineno or around.lineno),
                site.where.function,
                ".".join(site.where.names),
                site.change,
            )
        )
    return found


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The source with that change, ready to be compiled; lines keep their numbers."""
    tree = ast.parse(source)
    next(site for number, site in enumerate(_sites(tree)) if number == mutant.number).make()
    return ast.fix_missing_locations(tree)


def _sites(tree: ast.Module) -> Iterator[_Site]:
    return _below(tree, _Where())


def _below(node: ast.AST, where: _Where) -> Iterator[_Site]:
    """The changes to what a node holds. A node is replaced in its parent, which is why its parent is asked."""
    for name, value in ast.iter_fields(node):
        if name in TYPES:
            continue
        inside = where if name == "body" or not _is_function(node) else _Where(where.names)
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _left_alone(child, node):
                put = partial(setattr, node, name) if index is None else partial(value.__setitem__, index)
                yield from _at(child, put, _step(child, inside))


def _step(child: ast.AST, where: _Where) -> _Where:
    if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        names = (*where.names, child.name)
        if where.function is not None or isinstance(child, ast.ClassDef):
            return _Where(names, where.function)
        cached = any("cache" in ast.unparse(one) for one in child.decorator_list)
        first = min([child.lineno, *(one.lineno for one in child.decorator_list)])
        return _Where(names, Function(".".join(names), first, cached))
    if isinstance(child, ast.stmt):
        return _Where(where.names, where.function, None if hasattr(child, "body") else child)
    return where


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _left_alone(child: ast.AST, parent: ast.AST) -> bool:
    if isinstance(child, ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.MatchValue):
        return True
    if isinstance(parent, ast.Raise) or (isinstance(parent, ast.Module) and _is_named(child)):
        return True
    if isinstance(child, ast.keyword) and child.arg == "strict":
        return True  # an assertion about two lists of our own
    if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
        return True
    return isinstance(child, ast.Expr) and _is_log(child.value)


def _is_named(node: ast.AST) -> bool:
    """Whether something is given a name that is no table of several."""
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    if isinstance(node.value, ast.Tuple):
        return all(isinstance(one, ast.Constant) for one in node.value.elts)
    return not isinstance(node.value, ast.Dict | ast.List | ast.Set)


def _is_log(node: ast.AST) -> bool:
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in LOGGING


def _at(node: ast.AST, put: Callable[[Any], None], where: _Where) -> Iterator[_Site]:
    """The changes to a node, then those below it."""
    for change, make in _changes(node, put, where):
        yield _Site(node, where, change, make)
    yield from _below(node, where)


def _changes(
    node: ast.AST, put: Callable[[Any], None], where: _Where
) -> Iterator[tuple[str, Callable[[], None]]]:
    def replaced(new: ast.AST) -> tuple[str, Callable[[], None]]:
        ast.copy_location(new, node)
        return f"{ast.unparse(node)} → {ast.unparse(new)}", partial(put, new)

    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in ORDERED[type(operator)]:
                    ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                    yield replaced(ast.Compare(node.left, ops, node.comparators))
        case ast.BinOp() if not _is_text(node.left) and not _is_text(node.right) and type(node.op) in COUNTED:
            yield replaced(ast.BinOp(node.left, COUNTED[type(node.op)](), node.right))
        case ast.BoolOp():
            yield replaced(ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield replaced(node.operand)
        case ast.Constant(value=int() | float() as value):
            others = (not value,) if isinstance(value, bool) else (value + 1, value - 1)
            yield from map(replaced, map(ast.Constant, others))
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield replaced(ast.Return(ast.Constant(None)))
        case ast.AugAssign() if not _is_text(node.value) and type(node.op) in COUNTED:
            yield replaced(ast.AugAssign(node.target, COUNTED[type(node.op)](), node.value))
        case _:
            yield from _conditions(node)
    if where.function is not None and _removable(node):
        yield f"without: {ast.unparse(node)}", partial(put, ast.copy_location(ast.Pass(), node))


def _conditions(node: Any) -> Iterator[tuple[str, Callable[[], None]]]:
    """Conditions turned round. One comparison alone, or a `not`, is turned round by itself already."""
    tests: list[tuple[Any, Callable[[Any], None]]]
    match node:
        case ast.If() | ast.While() | ast.IfExp():
            tests = [(node.test, partial(setattr, node, "test"))]
        case ast.match_case(guard=ast.expr()):
            tests = [(node.guard, partial(setattr, node, "guard"))]
        case ast.comprehension():
            tests = [(test, partial(node.ifs.__setitem__, index)) for index, test in enumerate(node.ifs)]
        case _:
            return
    for test, put in tests:
        if not isinstance(test, ast.Compare | ast.UnaryOp | ast.Constant):
            told, turned = ast.unparse(test), ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
            yield f"if {told} → if not ({told})", partial(put, turned)


def _removable(node: ast.AST) -> bool:
    match node:
        case ast.Raise() | ast.AugAssign() | ast.Delete() | ast.Continue() | ast.Break():
            return True
        case ast.Expr():
            return isinstance(node.value, ast.Call | ast.Await)
        case ast.Assign():
            return all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
    return False


def _is_text(node: ast.AST) -> bool:
    """Whether it is a text, or None in what can only be a type: no number to count with."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str | bytes))
    )
