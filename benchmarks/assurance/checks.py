"""The two ways of looking whether a promise holds: a benchmark that measures, or tests that try."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from benchmarks.assurance import suite
from benchmarks.assurance.figure import Figure


class Check(Protocol):
    """`name` tells figures of different checks of a row apart; `minutes` is about how long it takes, where nothing else runs."""

    @property
    def name(self) -> str: ...

    @property
    def minutes(self) -> float: ...

    def run(self, row: str) -> Iterator[Figure]:
        """The figures, each as soon as it is measured."""


@dataclass(frozen=True)
class Measured:
    """A function of a benchmark, imported when it is run. It may measure several rows, and is then run once for all of them."""

    module: str
    minutes: float
    function: str = "figures"
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.module}.{self.function}({given})"

    def load(self) -> Callable[..., Iterator[Figure]]:
        """Raises `ImportError` or `AttributeError` where there is no such function."""
        found: Callable[..., Iterator[Figure]] = getattr(import_module(self.module), self.function)
        return found

    def run(self, row: str) -> Iterator[Figure]:
        return self.load()(**self.options)


@dataclass(frozen=True)
class Tried:
    """Tests of the repository; all of them have to run and to pass. `examples` are of Hypothesis, where it draws any."""

    what: str
    nodes: tuple[str, ...]
    minutes: float
    target: str = "all pass, none is skipped"
    thorough: bool = False
    chosen: str | None = None
    """An expression of names (pytest's `-k`); what it leaves out is no part of the promise."""

    @property
    def name(self) -> str:
        return f"tests: {self.what}"

    def run(self, row: str) -> Iterator[Figure]:
        outcome = suite.run(self.nodes, chosen=self.chosen, thorough=self.thorough)
        yield Figure(row, self.what, self.target, outcome.told(), outcome.holds)


@dataclass(frozen=True)
class Row:
    """A promise. `lacking` says which part of it nothing here looks at, and why."""

    key: str
    area: str
    promise: str
    target: str
    checks: tuple[Check, ...] = ()
    lacking: str = ""
