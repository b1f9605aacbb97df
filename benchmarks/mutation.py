"""Do the tests notice small mistakes where a mistake would be dear? `python -m benchmarks.mutation [area …] [--sample 200]`.

Four areas are mutated (`benchmarks.mutants` says how): scoring, suppression, verifiers of tokens and signatures, leases. A mutant is
noticed if a test fails, or if it hangs. What nobody can notice stands in equivalent.toml with the reason, and is not drawn.
Survivors are listed in build/survivors-….txt. Beside it the share of branches that the whole suite takes is measured.
"""

import argparse
import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.assurance.figure import Figure
from benchmarks.assurance.machine import ROOT
from benchmarks.mutants import Mutant, mutants
from benchmarks.mutated import HANGS, KILLED, SURVIVED, UNREACHED, Plan, Tried
from metrics.intervals import wilson

ROW = "Q1"
SCORE, BRANCHES = 0.85, 0.90
SAMPLE, SEED = 200, 2026
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
NOT_COPIED = (
    ".git", ".venv", ".ci", "build", "dist", "node_modules", "__pycache__", ".hypothesis", ".pytest_cache", ".mypy_cache",
    ".ruff_cache", ".coverage*",
)  # fmt: skip


@dataclass(frozen=True)
class Area:
    """Files that are mutated, and the tests that may notice it; which of these run a line is learned. `most`: see `mutated.Plan`."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    chosen: str = "not browser and not postgres"
    most: float = 20.0


def _of(folder: str, names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names.split())


AREAS = (
    Area(
        "scoring",
        _of("service/maturity", "assess.py documented.py draws.py heard.py observed.py result.py told.py"),
        (*_of("tests/maturity", "test_assess.py test_draws.py test_strands.py test_made.py"),),
    ),
    Area(
        "verifiers",
        (
            *_of("service/security", "bearers.py company.py entra.py forge.py formtoken.py jwks.py links.py"),
            *_of("service/security", "oidc.py sessions.py tokens.py"),
            *_of("service/privacy", "agreement.py keys.py ledger.py"),
            "service/api/cursor.py",
            "service/embeds/token.py",
            "service/hints/receive.py",
        ),
        (
            *_of("tests/security", "test_limits.py test_bearer_limits.py test_reader_limits.py test_company_limits.py test_company_accounts.py test_link_limits.py test_clock.py test_tokens.py test_links.py test_forge.py test_entra.py test_company.py"),
            *_of("tests", "privacy/test_agreement.py privacy/test_ledger.py embeds/test_links.py hints/test_hooks.py"),
        ),
    ),
    Area(
        "leases",
        _of("service/jobs", "leases.py queue.py"),
        _of("tests/jobs", "test_leases.py test_claims.py test_work.py"),
        chosen="not browser",
    ),
    # All of its tests take 25 seconds, and on a busy machine longer: none is left out for what is dear to test.
    Area("suppression", ("service/publication/*.py",), ("tests/publication",), most=60.0),
)  # fmt: skip


@dataclass(frozen=True)
class Equivalent:
    """A change that nobody can notice, and why. `inside` is the function or class, dotted; `text` a part of the line, where
    the same change could be made to several."""

    file: str
    inside: str
    change: str
    why: str
    text: str = ""

    def meant(self, mutant: Mutant) -> bool:
        same = (self.file, self.inside, self.change) == (mutant.file, mutant.inside, mutant.change)
        return same and self.text in mutant.text


@dataclass
class Found:
    """What became of the mutants of an area. `left_out` are tests that fail, or do not run, without any change."""

    drawn: list[Mutant]
    of: int
    equivalent: int
    outcomes: dict[int, Tried] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    trouble: str = ""

    def number(self, *outcomes: str) -> int:
        return sum(tried.outcome in outcomes for tried in self.outcomes.values())

    @property
    def survivors(self) -> list[str]:
        """In the order of the text."""
        left = [(self.drawn[one.index], one.outcome) for one in self.outcomes.values()]
        left = [(one, outcome) for one, outcome in left if outcome in (SURVIVED, UNREACHED)]
        left.sort(key=lambda each: (each[0].file, each[0].number))
        return [
            one.told() + (" (no test reaches it)" if outcome == UNREACHED else "") for one, outcome in left
        ]


def figures(
    sample: int | None = SAMPLE,
    *,
    areas: Sequence[Area] = AREAS,
    seed: int = SEED,
    root: Path = ROOT,
    listed: Path = EQUIVALENT,
    minutes: float | None = None,
    branches: bool = True,
) -> Iterator[Figure]:
    """One figure for each area, over so many mutants drawn from all of its files (all of them for None), then one for branches.

    After so many `minutes` of an area no further mutant is begun.
    """
    for area in areas:
        found = tried(area, sample, seed=seed, root=root, listed=listed, minutes=minutes)
        yield judged(area, found, seed=seed, root=root)
    if branches:
        yield covered(root)


def drawn(
    area: Area, sample: int | None, *, seed: int = SEED, root: Path = ROOT, listed: Path = EQUIVALENT
) -> Found:
    """The mutants to be tried: the beginning of one shuffled list. A larger sample holds a smaller one, and one that is broken off is one."""
    known = equivalents(listed)
    files = sorted({path for pattern in area.files for path in root.glob(pattern)})
    made = [
        mutant
        for path in files
        for mutant in mutants(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    ]
    wanted = [mutant for mutant in made if not any(one.meant(mutant) for one in known)]
    random.Random(seed).shuffle(wanted)
    chosen = wanted if sample is None else wanted[:sample]
    return Found(chosen, len(wanted), len(made) - len(wanted))


def equivalents(file: Path = EQUIVALENT) -> list[Equivalent]:
    """The list of changes nobody can notice. Raises `TypeError` where an entry lacks something."""
    told = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return [Equivalent(**entry) for entry in told.get("equivalent", [])]


def tried(
    area: Area,
    sample: int | None,
    *,
    seed: int = SEED,
    root: Path = ROOT,
    listed: Path = EQUIVALENT,
    minutes: float | None = None,
) -> Found:
    """Tries mutants of an area, one after another, in a copy of the tree."""
    found = drawn(area, sample, seed=seed, root=root, listed=listed)
    if not found.drawn:
        found.trouble = "there is nothing to mutate"
        return found
    with _copy(root) as copy:
        report = copy.parent / "found.jsonl"
        plan = Plan(found.drawn, list(area.tests), area.chosen, area.most, minutes)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.mutated", str(report), f"--basetemp={copy.parent / 'work'}"],
            input=pickle.dumps(plan),
            cwd=copy,
            env=_environment(copy),
            stdout=subprocess.PIPE,
            check=False,
        )
        lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
        for line in map(json.loads, lines):
            if "index" in line:
                found.outcomes[line["index"]] = Tried(**line)
            else:
                found.left_out = line["failed"]
        short = minutes is None and len(found.outcomes) < len(found.drawn)
        if done.returncode or short or not found.outcomes:
            said = done.stdout.decode(errors="replace").strip().splitlines()
            errors = [line for line in said if line.startswith(("INTERNALERROR>", "ERROR", "E  "))]
            found.trouble = (errors or said or [f"it ended with {done.returncode}"])[-1][:200]
    return found


def _environment(copy: Path) -> dict[str, str]:
    """The copy comes before the tree that is installed; benchmarks are those that are running."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    paths = os.pathsep.join([str(copy), str(ROOT)])
    compiled = str(copy.parent / "compiled")
    return {**given, "PYTHONPATH": paths, "PYTHONPYCACHEPREFIX": compiled, "OMP_NUM_THREADS": "1"}


@contextmanager
def _copy(root: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="resonanz-mutants-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder).resolve() / "tree"
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
        yield copy


def judged(area: Area, found: Found, *, seed: int = SEED, root: Path = ROOT) -> Figure:
    """The figure of an area. A sample decides only what its 95 % interval (Wilson 1927) lies on one side of."""
    what, target = f"mutants of {area.name} that tests notice", f"at least {SCORE:.0%}"
    tried_of, noticed = len(found.outcomes), found.number(KILLED, HANGS)
    if found.trouble or not tried_of:
        return Figure(ROW, what, target, f"not measured: {found.trouble or 'nothing was tried'}", None, seed)
    share, whole = noticed / tried_of, tried_of == found.of
    low, high = wilson(noticed, tried_of)
    value = f"{share:.1%} ({noticed} of {tried_of}"
    value += ", all there are)" if whole else f" drawn from {found.of:,}; 95 %: {low:.0%} to {high:.0%})"
    details = [
        (found.number(HANGS), "by hanging"),
        (found.number(UNREACHED), "that no test runs"),
        (found.equivalent, "further ones change nothing"),
        (len(found.left_out), "tests left out, which fail unchanged"),
    ]
    value += "".join(f", {number} {told}" for number, told in details if number)
    if found.survivors:
        listing = root / "build" / f"survivors-{area.name}.txt"
        listing.parent.mkdir(exist_ok=True)
        listing.write_text("\n".join(found.survivors) + "\n", encoding="utf-8")
        files = Counter(line.partition(":")[0].rpartition("/")[2] for line in found.survivors)
        value += "; not noticed: " + ", ".join(f"{number} in {file}" for file, number in files.most_common(4))
    holds = share >= SCORE if whole else True if low >= SCORE else False if high < SCORE else None
    return Figure(ROW, what, target, value, holds, seed)


def covered(root: Path = ROOT, tests: Sequence[str] = ()) -> Figure:
    """The share of branches of our packages that the tests take, all of them unless some are named."""
    what, target = "branches that the whole suite takes", f"at least {BRANCHES:.0%}"
    with tempfile.TemporaryDirectory(prefix="resonanz-coverage-") as folder:
        report = Path(folder) / "coverage.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "2",
            "--dist",
            "loadgroup",
            "-p",
            "no:cacheprovider",
        ]
        command += [f"--basetemp={folder}/work", "--cov", "--cov-branch", f"--cov-report=json:{report}"]
        done = subprocess.run(
            [*command, *tests],
            cwd=root,
            env={**os.environ, "COVERAGE_FILE": f"{folder}/coverage"},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            said = (done.stdout + done.stderr).strip().splitlines()
            return Figure(
                ROW, what, target, f"not measured: {(said or ['pytest said nothing'])[-1][:200]}", None
            )
        told = json.loads(report.read_text(encoding="utf-8"))
    return branched(told, failed=done.returncode != 0)


def branched(told: dict[str, object], *, failed: bool) -> Figure:
    """The figure for a report of coverage.py in JSON. Where a test failed, what it would have taken is missing."""
    what, target = "branches that the whole suite takes", f"at least {BRANCHES:.0%}"
    totals: dict[str, int] = told["totals"]  # type: ignore[assignment]
    taken, of = totals["covered_branches"], totals["num_branches"]
    if not of:
        return Figure(ROW, what, target, "not measured: there are no branches", None)
    lines = totals["covered_lines"] / max(totals["num_statements"], 1)
    value = f"{taken / of:.1%} ({taken:,} of {of:,}), and {lines:.1%} of statements"
    if failed:
        value += "; tests failed in that run"
    return Figure(ROW, what, target, value, taken / of >= BRANCHES)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 unless a figure lies beside its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("areas", nargs="*", help=f"{', '.join(area.name for area in AREAS)}, branches (all)")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of an area; 0 for all")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, help="begin no further mutant of an area after so many")
    parser.add_argument("--files", default="*", help="only files whose path matches this pattern")
    given = parser.parse_args(arguments)
    wanted = given.areas or [*(area.name for area in AREAS), "branches"]
    worst = 0
    for area in (area for area in AREAS if area.name in wanted):
        chosen = tuple(
            path.relative_to(ROOT).as_posix()
            for pattern in area.files
            for path in sorted(ROOT.glob(pattern))
            if fnmatch(path.as_posix(), f"*{given.files}")
        )
        some = Area(area.name, chosen, area.tests, area.chosen, area.most)
        found = tried(some, given.sample or None, seed=given.seed, minutes=given.minutes)
        figure = judged(some, found, seed=given.seed)
        print(
            figure, *found.survivors, *(f"left out: {test}" for test in found.left_out), sep="\n", flush=True
        )
        worst = max(worst, int(figure.holds is False))
    if "branches" in wanted:
        print(covered())
    return worst


if __name__ == "__main__":
    sys.exit(main())
