"""Runs tests and counts what became of them. What did not run was not seen to pass."""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks.assurance.machine import ROOT


@dataclass(frozen=True)
class Outcome:
    """How many tests passed and failed, and why others did not run. `trouble` is why there is nothing to count."""

    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""

    @property
    def holds(self) -> bool | None:
        """None where something did not run, or nothing did."""
        if self.failed:
            return False
        return None if self.trouble or self.skipped or not self.passed else True

    def told(self) -> str:
        if self.trouble:
            return f"not run: {self.trouble}"
        parts = [f"{self.passed} passed"]
        if self.failed:
            shown = ", ".join(self.failed[:3]) + (" …" if len(self.failed) > 3 else "")
            parts.append(f"{len(self.failed)} failed ({shown})")
        parts += [f"{number} not run ({why})" for why, number in self.skipped.items()]
        return ", ".join(parts)


def run(
    nodes: Sequence[str], *, chosen: str | None = None, thorough: bool = False, root: Path = ROOT
) -> Outcome:
    """Run these files, folders or tests in a process of its own; `thorough` lets Hypothesis draw ten times as much."""
    with tempfile.TemporaryDirectory(prefix="resonanz-tests-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_logging=no"]
        command += [f"--junitxml={report}", f"--basetemp={folder}/work"]
        if chosen:
            command += ["-k", chosen]
        profile = {"HYPOTHESIS_PROFILE": "thorough"} if thorough else {}
        done = subprocess.run(
            [*command, *nodes],
            cwd=root,
            env={**os.environ, **profile},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            return Outcome(trouble=_last(done.stdout + done.stderr))
        found = read(report.read_text(encoding="utf-8"))
    if not found.failed and done.returncode not in (0, 5):
        return Outcome(trouble=_last(done.stdout + done.stderr))
    return found


def read(report: str) -> Outcome:
    """What a report in JUnit's XML says."""
    passed, failed, skipped = 0, [], Counter[str]()
    for case in ET.fromstring(report).iter("testcase"):
        name = case.get("name", "").partition("[")[0]
        reason = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif reason is not None:
            skipped[reason.get("message") or "no reason was given"] += 1
        else:
            passed += 1
    if not (passed or failed or skipped):
        return Outcome(trouble="no test was found")
    return Outcome(passed, tuple(failed), dict(skipped))


def _last(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR", "E  "))]
    return (errors or lines or ["pytest said nothing"])[-1][:200]
