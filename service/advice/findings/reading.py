"""Reads a version of the rules for findings from its data files, and refuses one that is damaged.

A version is a folder: `findings.toml` with what holds for all, and a file for each of the seven dimensions and for the register of
chances and risks. `changes.toml` beside the folders lists the versions with the digest of their data.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from service.advice import catalogue as measures
from service.advice.catalogue.checks import DIMENSIONS
from service.advice.catalogue.triggers import (
    AgreementCondition,
    DontKnowCondition,
    FactCondition,
    LevelCondition,
    MetricCondition,
    TrendCondition,
    leaves,
)
from service.advice.findings.parts import REGISTERED, General, Kind, Log, Release, Rule, Rules, Written
from service.datafiles import Damaged, digest, series_faults, toml, validated
from service.errors import NotFound
from service.maturity import model as maturity

FOLDER = Path(__file__).parent
CHANGES, GENERAL, REGISTER = "changes.toml", "findings.toml", "register"
SUBJECT = "the rules for findings"


def releases(folder: Path = FOLDER) -> tuple[Release, ...]:
    """The change log, from the oldest version. Raises `Damaged`, also where it does not list exactly the folders there are."""
    found = validated(Log, toml(folder / CHANGES, SUBJECT), CHANGES, SUBJECT).releases
    listed = [release.version for release in found]
    folders = {path.parent.name for path in folder.glob(f"*/{GENERAL}")}
    if not listed or len(set(listed)) != len(listed) or set(listed) != folders:
        raise Damaged(
            SUBJECT, [f"{CHANGES}: lists {listed}: list each of the folders {sorted(folders)} once"]
        )
    return found


def current() -> Rules:
    """The newest version. Raises `Damaged`."""
    return load(releases()[-1].version)


@cache
def load(version: str, folder: Path = FOLDER) -> Rules:
    """One version. Raises `NotFound` for one there is not, `Damaged` for one whose files are wrong."""
    known = [release.version for release in releases(folder)]
    if version not in known:
        raise NotFound(f"no rules for findings {version}; there are {', '.join(known)}")
    return read(folder / version)


def read(folder: Path) -> Rules:
    """The rules in a folder. Raises `Damaged` with every fault of every file."""
    general = toml(folder / GENERAL, SUBJECT)
    order = validated(General, general, GENERAL, SUBJECT).order
    if sorted(order) != sorted([*DIMENSIONS, REGISTER]):
        raise Damaged(SUBJECT, [f"{GENERAL}, order: list each of {', '.join([*DIMENSIONS, REGISTER])} once"])
    parts: dict[str, dict[str, Any]] = {}
    found: list[str] = []
    for name in order:
        file = f"{name}.toml"
        try:
            parts[file] = toml(folder / file, SUBJECT)
            written = validated(Written, parts[file], file, SUBJECT).findings
            found += [f"{file}, {one.key}, {fault}" for one in written for fault in _misplaced(one, name)]
        except Damaged as damaged:
            found += damaged.faults
    if found:
        raise Damaged(SUBJECT, found)
    content = {
        **{key: value for key, value in general.items() if key != "order"},
        "findings": [one for name in order for one in parts[f"{name}.toml"]["findings"]],
        "digest": digest({GENERAL: general, **parts}),
    }
    rules = validated(Rules, content, GENERAL, SUBJECT)
    if wrong := list(faults(rules)):
        raise Damaged(SUBJECT, wrong)
    return rules


def faults(rules: Rules) -> Iterator[str]:
    """What does not hold across the rules, beyond the form of each."""
    known = {one.key for one in measures.current().measures}
    facts = {one.key for one in maturity.current().facts()}
    for key, number in Counter(one.key for one in rules.findings).items():
        if number > 1:
            yield f"{key}: the key is used {number} times: give each finding its own"
    for one in rules.findings:
        for measure in one.measures:
            if measure not in known:
                yield f"{one.key}, measures: there is no measure {measure!r}: correct the key"
        yield from (f"{one.key}, condition: {fault}" for fault in _condition(one, facts))
    for dimension in DIMENSIONS:
        for kind in (Kind.STRENGTH, Kind.GAP, Kind.DISAGREEMENT):
            if not any(one.dimension == dimension and one.kind is kind for one in rules.findings):
                yield f"{dimension}.toml: no {kind.value}: add one"


def _misplaced(rule: Rule, file: str) -> Iterator[str]:
    wanted = rule.kind.value if file == REGISTER else file
    if (rule.kind in REGISTERED) is not (file == REGISTER):
        yield f"kind: risks and chances stand in {REGISTER}.toml, and nothing else does"
    elif not rule.key.startswith(f"{wanted}."):
        yield f"key: write {wanted}.…"
    if rule.dimension not in DIMENSIONS or file not in (REGISTER, rule.dimension):
        yield f"dimension: {rule.dimension!r}: write one of {', '.join(DIMENSIONS)}, that of the file"


def _condition(rule: Rule, facts: set[str]) -> Iterator[str]:
    for leaf in leaves(rule.condition):
        match leaf:
            case LevelCondition() | AgreementCondition():
                known = leaf.dimension
            case DontKnowCondition():
                known = leaf.dont_know
            case _:
                known = DIMENSIONS[0]
        if known not in DIMENSIONS:
            yield f"{known!r} is no dimension: write one of {', '.join(DIMENSIONS)}"
        if isinstance(leaf, MetricCondition | TrendCondition):
            yield from series_faults(leaf.metric, leaf.category, leaf.scope, leaf.window)
        if isinstance(leaf, FactCondition) and leaf.fact not in facts:
            yield f"there is no fact {leaf.fact!r} in the maturity model: correct the key"
