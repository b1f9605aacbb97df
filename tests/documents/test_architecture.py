"""The drawing of docs/architecture.md is what the code imports."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import grimp
import networkx as nx
import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "architecture.md"
OURS = ("service", "metrics", "connectors")
STARTED = "__main__"
"""Modules that are started: nothing imports them, so they belong to the composition, wherever they lie."""
_BLOCK = re.compile(r"^```mermaid\n(.*?)^```", re.MULTILINE | re.DOTALL)
_GROUP = re.compile(r'^ *(\w+)\["(.+)"\]$', re.MULTILINE)
_ARROW = re.compile(r"^ *(\w+) --> (\w+)$", re.MULTILINE)
_NAME = re.compile(r"(?<![\w.])(?:service\.\w+|metrics|connectors(?:\.\w+)?|alembic)(?![\w.])")


@dataclass(frozen=True)
class Drawing:
    """Groups of packages by their names, and who uses whom."""

    groups: dict[str, str]
    arrows: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, page: str) -> "Drawing":
        (block,) = _BLOCK.findall(page)
        groups: dict[str, str] = {}
        for group, label in _GROUP.findall(block):
            for name in _NAME.findall(label.partition("<br/>")[2]):
                assert groups.setdefault(name, group) == group, f"{name} is drawn twice"
        return cls(groups, frozenset(_ARROW.findall(block)))

    def group(self, module: str) -> str:
        parts = module.split(".")
        if parts[0] == "service" and parts[-1] == STARTED:
            return self.groups["service.__main__"]
        name = ".".join(parts[:2])
        group = self.groups.get(name) or self.groups.get(parts[0])
        assert group, f"{name} is in no group of the drawing: add it to one"
        return group


def faults(drawing: Drawing, imports: set[tuple[str, str]]) -> list[str]:
    """What the drawing says that is not so, and what it does not say."""
    real = {(drawing.group(one), drawing.group(other)) for one, other in imports}
    real = {(one, other) for one, other in real if one != other}
    drawn = nx.DiGraph(drawing.arrows)
    drawn.add_nodes_from(drawing.groups.values())
    found = [f"drawn, but nothing imports it: {one} --> {other}" for one, other in drawing.arrows - real]
    found += [
        f"imported, but not drawn: {one} --> {other}"
        for one, other in real
        if not nx.has_path(drawn, one, other)
    ]
    if not nx.is_directed_acyclic_graph(drawn):
        return [*found, f"a circle is drawn: {nx.find_cycle(drawn)}"]
    shortest = set(nx.transitive_reduction(drawn).edges)
    return found + [
        f"said by other arrows already: {one} --> {other}" for one, other in drawing.arrows - shortest
    ]


@pytest.fixture(scope="module")
def imports() -> set[tuple[str, str]]:
    """Who imports whom, module by module, also inside functions and for types only."""
    graph = grimp.build_graph(*OURS, cache_dir=None)
    found = {(one, other) for one in graph.modules for other in graph.find_modules_directly_imported_by(one)}
    for path in sorted((ROOT / "alembic").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
                found.add(("alembic", node.module))
    return found


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return Drawing.read(PAGE.read_text(encoding="utf-8"))


def test_every_package_is_drawn_and_everything_drawn_is_there(
    drawing: Drawing, imports: set[tuple[str, str]]
) -> None:
    beside = {
        f"service.{one.name.removesuffix('.py')}" for one in (ROOT / "service").iterdir() if holds_code(one)
    }
    named = {name for name in drawing.groups if name.startswith("service.")}
    assert named == beside - {"service.__init__"}
    assert drawing.groups.keys() - named == {"metrics", "connectors", "connectors.activity", "alembic"}
    assert {"alembic", "metrics.catalog", "service.app"} <= {one for one, _ in imports}


def test_the_arrows_are_the_imports(drawing: Drawing, imports: set[tuple[str, str]]) -> None:
    assert faults(drawing, imports) == []


def test_no_two_packages_need_each_other(imports: set[tuple[str, str]]) -> None:
    def package(module: str) -> str:
        return ".".join(module.split(".")[:2])

    graph = nx.DiGraph(
        (package(one), package(other))
        for one, other in imports
        if package(one) != package(other) and not one.endswith(STARTED)
    )
    assert [sorted(one) for one in nx.strongly_connected_components(graph) if len(one) > 1] == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("    measuring --> log\n", "", "imported, but not drawn: measuring --> log"),
        (
            "    store --> counting\n",
            "    store --> counting\n    counting --> reading\n",
            "drawn, but nothing imports it: counting --> reading",
        ),
        (
            "    store --> counting\n",
            "    store --> counting\n    entry --> answers\n",
            "said by other arrows already: entry --> answers",
        ),
        ("    store --> counting\n", "    store --> counting\n    counting --> store\n", "a circle is drawn"),
    ],
)
def test_a_wrong_drawing_is_found(imports: set[tuple[str, str]], before: str, after: str, told: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(before) == 1
    found = faults(Drawing.read(page.replace(before, after)), imports)
    assert any(one.startswith(told) for one in found), found


def holds_code(path: Path) -> bool:
    return path.suffix == ".py" or (path / "__init__.py").is_file()
