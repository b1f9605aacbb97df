"""Mistakes put into a small program are noticed by good tests, and those that nobody notices are named."""

import ast
from pathlib import Path

import pytest

from benchmarks import mutation
from benchmarks.mutants import mutants, mutated
from benchmarks.mutated import KILLED, SURVIVED, Tried
from benchmarks.mutation import Area

RULES = '''
"""Who may see a number."""

LEAST = 5


def shown(people: int, unit: int = 5) -> int | None:
    if people < LEAST:
        return None
    return people - people % unit
'''
GOOD = """
from made.rules import shown


def test_nobody_sees_a_few():
    assert [shown(n) for n in (0, 4, 5, 6, 12)] == [None, None, 5, 5, 10]
"""
BAD = """
from made.rules import shown


def test_something_is_shown():
    assert shown(10)
"""

NAMED = """
import pytest

from made.rules import LEAST, MOST


@pytest.mark.parametrize("border", [LEAST, MOST])
def test_borders_are_five(border):
    assert abs(border) == 5
    assert LEAST > 0 > MOST
"""
FREEZING = """
import gc


def pytest_collection_finish():
    gc.freeze()
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # none is needed, and they take long to import
    (tmp_path / "made").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "made" / "__init__.py").touch()
    (tmp_path / "made" / "rules.py").write_text(RULES)
    (tmp_path / "tests" / "conftest.py").write_text(FREEZING)  # as our own does
    (tmp_path / "tests" / "test_good.py").write_text(GOOD)
    (tmp_path / "tests" / "test_bad.py").write_text(BAD)
    return tmp_path


def area(tests: str, files: str = "made/rules.py") -> Area:
    return Area("rules", (files,), (tests,), chosen="")


def changes(source: str) -> list[str]:
    return [one.change for one in mutants(source, "some.py")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A = 2", []),
        ("A = {2: b}", ["2 → 3", "2 → 1"]),
        ("def f(a=2): ...", ["2 → 3", "2 → 1"]),
        ("class A:\n  a = b < c", ["b < c → b <= c", "b < c → b >= c"]),
        ("g(b == c)", ["b == c → b != c"]),
        ("g(b + c)", ["b + c → b - c"]),
        ("g('x' + b)", []),
        ("g(b and c)", ["b and c → b or c"]),
        ("g(not b)", ["not b → b"]),
        ("g(True)", ["True → False"]),
        ("g(2)", ["2 → 3", "2 → 1"]),
        ("def f(a: Literal[2]): ...", []),
        ("g([b for c in d if c])", ["if c → if not (c)"]),
        ("g(b if c else d)", ["if c → if not (c)"]),
        ("def f():\n  return a", ["return a → return None"]),
        ("def f():\n  return None", []),
        ("def f():\n  a.b = c", ["without: a.b = c"]),
        ("def f():\n  g(a)", ["without: g(a)"]),
        ("def f():\n  log.info(2)", []),
        ("def f():\n  raise E(2)", ["without: raise E(2)"]),
        ("def f():\n  assert a < 2", []),
        ("g(zip(a, b, strict=True))", []),
        ("@d(2)\ndef f(a: int = 3): ...", ["3 → 4", "3 → 2"]),
        ("if TYPE_CHECKING:\n  a = 2", []),
    ],
)
def test_what_is_changed(source: str, expected: list[str]) -> None:
    assert changes(source) == expected


def test_a_changed_source_keeps_its_lines_and_changes_once() -> None:
    for mutant in mutants(RULES, "rules.py"):
        text, tree = ast.unparse(ast.parse(RULES)), mutated(RULES, mutant)
        assert ast.unparse(tree) != text
        compile(tree, "rules.py", "exec")
    inside = [one for one in mutants(RULES, "rules.py") if one.function is not None]
    assert {(one.function.name, one.function.line) for one in inside if one.function} == {("shown", 7)}
    assert [one.line for one in inside] == [8, 8, 10, 10, 10]


def test_good_tests_notice_every_mutant_and_bad_ones_do_not(tree: Path) -> None:
    (good,) = mutation.figures(
        None, areas=[area("tests/test_good.py")], root=tree, listed=tree / "none", branches=False
    )
    assert (good.row, good.holds, good.value) == ("Q1", True, "100.0% (7 of 7, all there are)")
    (bad,) = mutation.figures(
        None, areas=[area("tests/test_bad.py")], root=tree, listed=tree / "none", branches=False
    )
    assert bad.holds is False
    assert bad.value.endswith("(2 of 7, all there are); not noticed: 5 in rules.py")
    survivors = (tree / "build" / "survivors-rules.txt").read_text().splitlines()
    assert survivors == [
        "made/rules.py:7 shown: 5 → 6",
        "made/rules.py:7 shown: 5 → 4",
        "made/rules.py:8 shown: people < LEAST → people <= LEAST",
        "made/rules.py:10 shown: people - people % unit → people + people % unit",
        "made/rules.py:10 shown: people % unit → people * unit",
    ]
    assert (tree / "made" / "rules.py").read_text() == RULES


def found(killed: int, survived: int, of: int = 1000) -> mutation.Found:
    drawn = mutants(RULES, "rules.py")[:1] * (killed + survived)
    outcomes = {n: Tried(n, KILLED if n < killed else SURVIVED, 1, 0.1) for n in range(len(drawn))}
    return mutation.Found(drawn, of, 0, outcomes)


@pytest.mark.parametrize(
    ("killed", "survived", "of", "holds"),
    [
        (190, 10, 1000, True),
        (90, 10, 1000, None),
        (150, 50, 1000, False),
        (90, 10, 100, True),
        (84, 16, 100, False),
    ],
)
def test_a_sample_decides_what_its_interval_decides(
    tmp_path: Path, killed: int, survived: int, of: int, holds: bool | None
) -> None:
    figure = mutation.judged(area("tests"), found(killed, survived, of), root=tmp_path)
    assert figure.holds is holds
    assert figure.value.startswith(f"{killed / (killed + survived):.1%} ({killed} of {killed + survived}")


def test_what_did_not_come_to_its_end_is_no_pass(tmp_path: Path) -> None:
    broken = found(200, 0)
    broken.trouble = "the tests could not be read"
    figure = mutation.judged(area("tests"), broken, root=tmp_path)
    assert (figure.holds, figure.value) == (None, "not measured: the tests could not be read")


def test_a_change_on_import_may_change_what_tests_are_called(tree: Path) -> None:
    (tree / "made" / "rules.py").write_text("LEAST, MOST = 5, -1 * 5\n")
    (tree / "tests" / "test_named.py").write_text(NAMED)
    (figure,) = mutation.figures(
        2, areas=[area("tests/test_named.py")], root=tree, listed=tree / "none", branches=False
    )
    assert figure.value.startswith("100.0% (2 of 2 drawn from 7"), figure.value


def test_who_could_not_be_given_a_change_did_not_notice_it(tree: Path) -> None:
    forgetting = 'import sys\n\nsys.modules["__main__"].functions = lambda files: {}\n'
    (tree / "tests" / "conftest.py").write_text(forgetting)
    (figure,) = mutation.figures(
        4, areas=[area("tests")], root=tree, listed=tree / "none", minutes=1.0, branches=False
    )
    assert figure.holds is None
    assert figure.value.startswith("not measured: ")
    assert "nobody refers to shown of made/rules.py" in figure.value


def test_a_larger_sample_holds_the_smaller_one_and_nothing_that_changes_nothing(tree: Path) -> None:
    listed = tree / "equivalent.toml"
    entry = {"file": "made/rules.py", "inside": "shown", "change": "5 → 6", "why": "made up"}
    listed.write_text("[[equivalent]]\n" + "".join(f'{key} = "{value}"\n' for key, value in entry.items()))
    few, more = (mutation.drawn(area("tests"), n, root=tree, listed=listed) for n in (3, 5))
    assert (few.of, few.equivalent, len(few.drawn)) == (6, 1, 3)
    assert {one.number for one in few.drawn} < {one.number for one in more.drawn}


def test_every_change_that_is_said_to_change_nothing_is_one_that_can_be_made() -> None:
    made = {
        file: mutants((mutation.ROOT / file).read_text(encoding="utf-8"), file)
        for file in {one.file for one in mutation.equivalents()}
    }
    stale = [one for one in mutation.equivalents() if not any(map(one.meant, made[one.file]))]
    assert stale == [], "take them out of benchmarks/equivalent.toml, or mend what they say"


@pytest.mark.parametrize(
    ("taken", "failed", "holds"), [(90, False, True), (89, False, False), (90, True, True)]
)
def test_branches_are_a_share_of_branches(taken: int, failed: bool, holds: bool) -> None:
    totals = {"covered_branches": taken, "num_branches": 100, "covered_lines": 190, "num_statements": 200}
    figure = mutation.branched({"totals": totals}, failed=failed)
    assert figure.holds is holds
    assert figure.value.startswith(f"{taken}.0% ({taken} of 100), and 95.0% of statements")
    assert ("tests failed" in figure.value) is failed
