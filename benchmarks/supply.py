"""The supply chain: locks, bill of materials (CycloneDX), licences, known weaknesses, and mistakes a machine finds in the source.

The tools are the dependency group `assurance`. The bill of materials is written to build/sbom.json.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.assurance.figure import Figure
from benchmarks.licences import LOCK, ROOT, Package, packages

ROW = "S6"
LOCKS = ("requirements.lock", "requirements-runtime.lock", "requirements-assurance.lock")
BILL = ROOT / "build" / "sbom.json"
SPECIFICATION = "1.6"
SOURCES = ("service", "connectors", "metrics")
NO_TOOL = "not measured: the tools of the group `assurance` are not installed"


def figures(*, bill: Path = BILL, lock: Path = LOCK) -> Iterator[Figure]:
    """What is pinned, listed, licensed, known to be weak, and suspicious in the source."""
    for name in LOCKS:
        yield pinned(ROOT / name)
    found = packages(lock)
    yield licensed(found)
    yield listed(found, bill, lock)
    yield audited(lock)
    yield suspicious()


def pinned(lock: Path) -> Figure:
    """Whether each requirement of a lock is one version with at least one SHA-256."""
    blocks = re.split(r"^(?=[a-z0-9])", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    loose = [
        block.split()[0]
        for block in blocks
        if not re.match(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+", block) or "--hash=sha256:" not in block
    ]
    value = f"{len(blocks) - len(loose)} of {len(blocks)} pinned to a version with SHA-256"
    if loose:
        value += f"; not {', '.join(loose[:5])}"
    return Figure(ROW, f"requirements of {lock.name}", "every one", value, bool(blocks) and not loose)


def licensed(found: list[Package]) -> Figure:
    """Whether each package is under a licence of the list of allowed ones."""
    unknown = [one.name for one in found if one.licence is None]
    refused = [f"{one.name} ({one.licence})" for one in found if one.licence and not one.allowed]
    value = f"{len(found)} packages, {len(unknown)} unknown, {len(refused)} not allowed"
    if unknown or refused:
        value += ": " + ", ".join((unknown + refused)[:5])
    return Figure(
        ROW,
        "licences of what the program needs",
        "none unknown, none not allowed",
        value,
        not (unknown or refused),
    )


def listed(found: list[Package], bill: Path, lock: Path = LOCK) -> Figure:
    """Writes the bill of materials, with licences, and checks it against its specification and the lock."""
    what, target = (
        f"bill of materials, CycloneDX {SPECIFICATION}",
        "valid; the packages of the lock, each with hash and licence",
    )
    if find_spec("cyclonedx_py") is None:
        return Figure(ROW, what, target, NO_TOOL, None)
    bill.parent.mkdir(parents=True, exist_ok=True)
    command = [
        "-m",
        "cyclonedx_py",
        "requirements",
        "--sv",
        SPECIFICATION,
        "--of",
        "JSON",
        "--output-reproducible",
    ]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "-o", str(bill), str(lock)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        return Figure(ROW, what, target, f"not measured: {_last(done.stderr)}", None)
    told = json.loads(bill.read_text(encoding="utf-8"))
    licences = {one.name: one.licence for one in found}
    for component in told["components"]:
        if licence := licences.get(component["name"]):
            # Names that are no identifier of SPDX ("BSD") are names to the specification as well.
            component["licenses"] = [
                {"expression": licence} if licence != "BSD" else {"license": {"name": licence}}
            ]
    bill.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    faults = list(_faults(told, found))
    value = f"{len(told['components'])} components, {len(faults)} faults" + (
        f": {'; '.join(faults[:3])}" if faults else ""
    )
    return Figure(ROW, what, target, value, not faults)


def _faults(told: dict[str, Any], found: list[Package]) -> Iterator[str]:
    """What is wrong with a bill of materials."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    broken = JsonStrictValidator(SchemaVersion.from_version(SPECIFICATION)).validate_str(json.dumps(told))
    if broken is not None:
        yield f"against the specification: {str(broken)[:150]}"
    there = {(one["name"], one.get("version")) for one in told["components"]}
    needed = {(one.name, version) for one in found for version in one.versions}
    yield from (f"{name} {version} is missing" for name, version in sorted(needed - there))
    yield from (f"{name} {version} is not in the lock" for name, version in sorted(there - needed, key=str))
    for one in told["components"]:
        if not one.get("licenses"):
            yield f"{one['name']} has no licence"
        if not any(link.get("hashes") for link in one.get("externalReferences", [])):
            yield f"{one['name']} has no hash"


def audited(lock: Path = LOCK) -> Figure:
    """What pip-audit knows of the lock. Where no source of advisories answers for every package, nothing is known: never “clean”."""
    what, target = "known weaknesses of what the program needs (pip-audit --strict)", "none"
    if find_spec("pip_audit") is None:
        return Figure(ROW, what, target, NO_TOOL, None)
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--strict",
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner",
        "off",
        "-f",
        "json",
    ]
    try:
        done = subprocess.run(
            [*command, "-r", str(lock)], capture_output=True, text=True, check=False, timeout=300
        )
    except subprocess.TimeoutExpired:
        return judged(what, target, "", "the source of advisories did not answer within 5 min")
    return judged(what, target, done.stdout, _last(done.stderr))


def judged(what: str, target: str, printed: str, error: str) -> Figure:
    """The figure for what pip-audit printed; `error` is its last word where it gave up."""
    today = datetime.now(UTC).date().isoformat()
    try:
        told = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Figure(ROW, what, target, f"not audited on {today}: {error}", None)
    left_out = [one["name"] for one in told if "skip_reason" in one]
    weak = [
        f"{one['name']} {one['version']} ({', '.join(v['id'] for v in one['vulns'])})"
        for one in told
        if one.get("vulns")
    ]
    if weak:
        return Figure(
            ROW, what, target, f"{len(weak)} on {today}, advisories of PyPI: {', '.join(weak[:5])}", False
        )
    if left_out or not told:
        return Figure(
            ROW,
            what,
            target,
            f"not audited on {today}: no advisories for {', '.join(left_out[:3]) or 'anything'}",
            None,
        )
    return Figure(ROW, what, target, f"none in {len(told)} packages on {today}, advisories of PyPI", True)


def suspicious(root: Path = ROOT, sources: tuple[str, ...] = SOURCES) -> Figure:
    """What bandit finds at medium or high severity and nobody explained in place (`noqa: S…` with the reason)."""
    what, target = "findings of bandit, medium and high", "each explained in its place"
    if find_spec("bandit") is None:
        return Figure(ROW, what, target, NO_TOOL, None)
    command = [sys.executable, "-m", "bandit", "-q", "-ll", "-r", "-f", "json", *sources]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return Figure(ROW, what, target, f"not measured: {_last(done.stderr)}", None)
    if told["errors"]:
        return Figure(ROW, what, target, f"not measured: {len(told['errors'])} files could not be read", None)
    for one in told["results"]:
        one["filename"] = one["filename"].removeprefix("./")
    bare = [one for one in told["results"] if not _explained(root, one)]
    value = f"{len(told['results'])} findings, {len(bare)} not explained"
    if bare:
        value += ": " + ", ".join(
            f"{one['filename']}:{one['line_number']} {one['test_id']}" for one in bare[:5]
        )
    return Figure(ROW, what, target, value, not bare)


def _explained(root: Path, one: dict[str, Any]) -> bool:
    """Whether ruff, which knows the same rules under the letter S, was told why: at one of its lines, or for its folder."""
    rule, file = one["test_id"].replace("B", "S"), one["filename"]
    lint = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    if any(rule in rules for where, rules in lint["per-file-ignores"].items() if fnmatch(file, where)):
        return True
    lines = (root / file).read_text(encoding="utf-8").splitlines()
    places = [*one["line_range"], one["line_number"]]
    return any(f"noqa: {rule}" in line for line in lines[min(places) - 1 : max(places)])


def _last(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return (lines or ["nothing was said"])[-1].removeprefix("ERROR:pip_audit._cli:")[:200]


if __name__ == "__main__":
    for figure in figures():
        print(figure)
