"""What has to hold across a whole catalogue, beyond the form of each part."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from metrics.catalog import CATALOG
from metrics.metric import Direction, Window
from service.advice.catalogue.instruments import Instruments
from service.advice.catalogue.parts import Audience, Catalogue, Driver, Kind, Measure, Proof, Role
from service.advice.catalogue.triggers import (
    AgreementCondition,
    DontKnowCondition,
    FactCondition,
    LevelCondition,
    MetricCondition,
    TrendCondition,
    leaves,
)
from service.datafiles import series_faults

DIMENSIONS = ("strategy", "business", "organisation", "communication", "culture", "technology", "governance")
BEGUN = 2.0
"""The level from which on a dimension has been begun: below it measures start, from it on they adjust."""
COVERED = 4.0
"""Up to this level every dimension has to have measures; the highest level is not the goal of everyone."""


def faults(catalogue: Catalogue, order: Sequence[str]) -> list[str]:
    """Every fault of the catalogue, with its file, its key and how to mend it."""
    return [
        *_general(catalogue, order),
        *(
            f"{one.dimension}.toml, {one.key}, {fault}"
            for one in catalogue.measures
            for fault in _measure(one, catalogue)
        ),
        *_prerequisites(catalogue),
        *_instruments(catalogue.instruments, {one.key for one in catalogue.measures}),
    ]


def _general(catalogue: Catalogue, order: Sequence[str]) -> Iterator[str]:
    if sorted(order) != sorted(DIMENSIONS):
        yield f"catalogue.toml, order: list each of {', '.join(DIMENSIONS)} once"
    for name, kinds, named in (
        ("roles", Role, catalogue.roles),
        ("audiences", Audience, catalogue.audiences),
        ("drivers", Driver, catalogue.drivers),
    ):
        for one in kinds:
            if one not in named:
                yield f"catalogue.toml, {name}: {one.value!r} has no name: add {one.value} = …"
    for key, number in Counter(one.key for one in catalogue.measures).items():
        if number > 1:
            yield f"{key.partition('.')[0]}.toml, {key}: the key is used {number} times: give each measure its own"
    for dimension in DIMENSIONS:
        for kind in Kind:
            if not catalogue.of(dimension, kind):
                yield f"{dimension}.toml: no measure of the kind {kind.value!r}: add one"
        yield from _steps(catalogue, dimension)


def _steps(catalogue: Catalogue, dimension: str) -> Iterator[str]:
    """Every stretch of the way has to be covered."""
    reached = 1.0
    for one in sorted(catalogue.of(dimension), key=lambda one: one.from_level):
        if one.from_level > min(reached, COVERED):
            break
        reached = max(reached, one.to_level)
    if reached < COVERED:
        yield f"{dimension}.toml: no measure leads on from level {reached:g}: add one"


def _measure(one: Measure, catalogue: Catalogue) -> Iterator[str]:
    if not one.key.startswith(f"{one.dimension}."):
        yield f"key: a key begins with its dimension: write {one.dimension}.…"
    if (one.kind is Kind.START) is not (one.from_level < BEGUN):
        yield f"kind: is {one.kind.value!r} from level {one.from_level:g}: 'start' is below {BEGUN:g}, 'adjust' from there"
    for key in one.also:
        if key not in DIMENSIONS or key == one.dimension:
            yield f"also: {key!r} is no other dimension: remove it"
    yield from (f"trigger: {fault}" for fault in _trigger(one))
    for proof in one.proofs:
        yield from (f"proofs: {fault}" for fault in _proof(proof))
    for name, efforts in (("effort", one.effort), ("running", one.running)):
        roles = [(effort.role, effort.per) for effort in efforts]
        for (role, per), number in Counter(roles).items():
            if number > 1:
                yield f"{name}: {role.value} per {per.value} stands there {number} times: add it up"
        for effort in efforts:
            if effort.per is Driver.ORGANISATION and effort.amount != 1:
                yield f"{name}: {effort.role.value}: amount counts rooms, pages, … : name them by per = …"


def _trigger(one: Measure) -> Iterator[str]:
    for leaf in leaves(one.trigger):
        match leaf:
            case LevelCondition() | AgreementCondition():
                yield from _known_dimension(leaf.dimension)
            case DontKnowCondition():
                yield from _known_dimension(leaf.dont_know)
            case MetricCondition() | TrendCondition():
                yield from series_faults(leaf.metric, leaf.category, leaf.scope, leaf.window)
            case FactCondition():
                yield from _known_dimension(leaf.fact.partition(".")[0])


def _known_dimension(key: str) -> Iterator[str]:
    if key not in DIMENSIONS:
        yield f"{key!r} is no dimension: write one of {', '.join(DIMENSIONS)}"


def _proof(proof: Proof) -> Iterator[str]:
    if proof.told is not None:
        yield from _known_dimension(proof.told)
    if proof.fact is not None:
        yield from _known_dimension(proof.fact.partition(".")[0])
    if proof.metric is None or proof.scope is None or proof.window is None:
        return
    found = list(series_faults(proof.metric, proof.category, proof.scope, proof.window))
    yield from found
    if found:
        return
    better = CATALOG[proof.metric].direction
    if better is not Direction.NEUTRAL and better is not proof.direction:
        yield f"direction is {proof.direction!s}, but of metric {proof.metric!r} {better.value} is better"
    if proof.shows.latest * 7 < DAYS[proof.window]:
        yield f"{proof.metric!r}: no window of {DAYS[proof.window]} days ends within {proof.shows.latest} weeks: make latest greater"


DAYS: Mapping[Window, int] = {Window.WEEK: 7, Window.DAYS28: 28, Window.WEEKS26: 182}


def _prerequisites(catalogue: Catalogue) -> Iterator[str]:
    known = {one.key for one in catalogue.measures}
    graph: dict[str, set[str]] = {}
    for one in catalogue.measures:
        needed = [prerequisite.measure for prerequisite in one.prerequisites if prerequisite.measure]
        for key in needed:
            if key not in known:
                yield f"{one.dimension}.toml, {one.key}, prerequisites: there is no measure {key!r}: correct the key"
        for prerequisite in one.prerequisites:
            if prerequisite.fact:
                for fault in _known_dimension(prerequisite.fact.partition(".")[0]):
                    yield f"{one.dimension}.toml, {one.key}, prerequisites: {fault}"
        graph[one.key] = set(needed) & known
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"prerequisites go round in a circle: {' → '.join(error.args[1])}: take one out"


def _instruments(instruments: Instruments, measures: set[str]) -> Iterator[str]:
    matrix = instruments.matrix
    groups, purposes = [one.key for one in matrix.groups], [one.key for one in matrix.purposes]
    yield from (f"needs.toml: {fault}" for fault in _unique("groups", groups))
    yield from (f"needs.toml: {fault}" for fault in _unique("purposes", purposes))
    cells = Counter((one.group, one.purpose) for one in matrix.needs)
    expected = {(group, purpose) for group in groups for purpose in purposes}
    for group, purpose in sorted(expected - set(cells)):
        yield f"needs.toml: no need for {group} × {purpose}: add it"
    for (group, purpose), number in cells.items():
        if (group, purpose) not in expected:
            yield f"needs.toml: {group} × {purpose}: no such group or purpose: correct it"
        if number > 1:
            yield f"needs.toml: {group} × {purpose} stands there {number} times: keep one"
    for case in instruments.use_cases:
        where = f"use_cases.toml, {case.key}"
        for name, chosen, known in (
            ("purposes", case.purposes, purposes),
            ("groups", case.groups, groups),
            ("measures", case.measures, measures),
        ):
            yield from (f"{where}, {name}: there is no {key!r}" for key in chosen if key not in known)
    for file, name, parts in (
        ("use_cases.toml", "use_cases", instruments.use_cases),
        ("fit.toml", "fit_questions", instruments.fit_questions),
        ("fit.toml", "criteria", instruments.criteria),
        ("signals.toml", "signals", instruments.signals),
    ):
        yield from (f"{file}: {fault}" for fault in _unique(name, [one.key for one in parts]))
    for signal in instruments.signals:
        for shown in signal.shown_by:
            for fault in series_faults(shown.metric, shown.category, shown.scope, shown.window):
                yield f"signals.toml, {signal.key}, shown_by: {fault}"
        for key in signal.measures:
            if key not in measures:
                yield f"signals.toml, {signal.key}, measures: there is no measure {key!r}"


def _unique(name: str, keys: Iterable[str]) -> Iterator[str]:
    for key, number in Counter(keys).items():
        if number > 1:
            yield f"{name}: the key {key!r} is used {number} times: give each its own"
