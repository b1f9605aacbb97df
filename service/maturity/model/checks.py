"""What has to hold across a whole model, beyond the form of each part."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from metrics.catalog import CATALOG
from metrics.metric import Direction, Mark, Scope
from service.datafiles import series_faults
from service.maturity.model.parts import LEVELS, Dimension, Group, Indicator, Model, ScaleKey

QUESTIONS = 5
"""Fewest questions of a dimension that everyone is asked."""
SHORT = 2
"""Questions of a dimension in the short form."""
INDICATORS = 2
"""Fewest indicators of a dimension that can be observed."""
LOW = (1, 2)
"""The levels that are divided into steps."""


def faults(model: Model, order: Sequence[str]) -> list[str]:
    """Every fault of the model, with its file, its key and how to mend it."""
    return [
        *_general(model, order),
        *(f"{one.key}.toml, {fault}" for one in model.dimensions for fault in _dimension(one, model)),
    ]


def _general(model: Model, order: Sequence[str]) -> Iterator[str]:
    for expected, dimension in zip(order, model.dimensions, strict=True):
        if dimension.key != expected:
            yield f"{expected}.toml, key: is {dimension.key!r}: write key = {expected!r} or rename the file"
    for key, number in Counter(_keys(model)).items():
        if number > 1:
            yield f"{key.partition('.')[0]}.toml, {key}: the key is used {number} times: give each part its own"
    steps = {step.key for dimension in model.dimensions for step in dimension.steps()}
    for key in sorted(steps - set(model.steps)):
        yield f"model.toml, steps: step {key} has no name: add {key} = …"
    yield from _profiles(model)
    for scale in ScaleKey:
        if [one.key for one in model.scales].count(scale) != 1:
            yield f"model.toml, scales: the scale {scale.value!r} must stand there once"
    for group in Group:
        if group not in model.wording.groups:
            yield f"model.toml, wording, groups: {group.value!r} has no name: add {group.value} = …"


def _keys(model: Model) -> Iterator[str]:
    for dimension in model.dimensions:
        yield dimension.key
        for parts in (dimension.questions, dimension.indicators, dimension.facts):
            yield from (one.key for one in parts)


def _profiles(model: Model) -> Iterator[str]:
    keys = [dimension.key for dimension in model.dimensions]
    if model.focus not in [profile.key for profile in model.profiles]:
        yield f"model.toml, focus: {model.focus!r} is no profile: name one of the profiles"
    for profile in model.profiles:
        where = f"model.toml, {profile.key}, weights"
        for key in keys:
            if key not in profile.weights:
                yield f"{where}: {key!r} is missing: add its weight"
        for key in profile.weights:
            if key not in keys:
                yield f"{where}: {key!r} is no dimension: remove it"
        if abs(sum(profile.weights.values()) - 1) > 1e-9:
            yield f"{where}: they add up to {sum(profile.weights.values()):.4g}: make it 1"


def _dimension(dimension: Dimension, model: Model) -> Iterator[str]:
    for parts in (dimension.questions, dimension.indicators, dimension.facts):
        for one in parts:
            if not one.key.startswith(f"{dimension.key}."):
                yield f"{one.key}: a key begins with its dimension: write {dimension.key}.…"
    yield from _levels(dimension)
    yield from _questions(dimension)
    yield from _facts(dimension)
    yield from _indicators(dimension)


def _levels(dimension: Dimension) -> Iterator[str]:
    if [level.number for level in dimension.levels] != list(LEVELS):
        yield f"levels: are {[level.number for level in dimension.levels]}: describe 1 to 5 in order"
        return
    for level in dimension.levels:
        starts = [step.at for step in level.steps]
        if level.number in LOW and len(starts) < 2:
            yield f"level {level.number}: most organisations start here: divide it into at least two steps"
        if starts and starts[0] != level.number:
            yield f"level {level.number}: its first step begins at {starts[0]}: let it begin at {level.number}"
        if any(later <= earlier for earlier, later in pairwise(starts)):
            yield f"level {level.number}: steps begin at {starts}: put them in rising order"
        if any(not level.number <= start < level.number + 1 for start in starts):
            yield f"level {level.number}: steps begin at {starts}: keep them inside the level"


def _questions(dimension: Dimension) -> Iterator[str]:
    everyone, short = dimension.asked(Group.EVERYONE), dimension.asked(Group.EVERYONE, short=True)
    if len(everyone) < QUESTIONS:
        yield f"questions: {len(everyone)} for everyone: there must be at least {QUESTIONS}"
    if len(short) != SHORT:
        yield f"questions: {len(short)} in the short form: mark exactly {SHORT} with short = true"
    for question in dimension.questions:
        if question.short and question.group is not Group.EVERYONE:
            yield f"{question.key}: the short form is for everyone: remove short or change its group"
    for group in (Group.LEADERS, Group.COMMUNICATION_IT):
        if not dimension.asked(group):
            yield f"questions: none for the group {group.value!r}: add one"


def _facts(dimension: Dimension) -> Iterator[str]:
    for fact in dimension.facts:
        if fact.level not in LEVELS[1:]:
            yield f"{fact.key}: level is {fact.level}: it must be 2 to 5, since level 1 demands nothing"
        if fact.valid_months is not None and fact.valid_months < 1:
            yield f"{fact.key}: valid_months is {fact.valid_months}: make it at least 1, or leave it out if a proof counts without end"
    for level in LEVELS[1:]:
        if level not in [fact.level for fact in dimension.facts]:
            yield f"facts: none for level {level}: add one, or the level could be reached without proof"


def _indicators(dimension: Dimension) -> Iterator[str]:
    indicators = dimension.indicators
    if dimension.no_observation is not None:
        if indicators:
            yield "no_observation: there are indicators: remove it or them"
        return
    if len(indicators) < INDICATORS:
        yield f"indicators: {len(indicators)}: there must be at least {INDICATORS}, or no_observation with the reason"
    total = sum(one.weight for one in indicators)
    if indicators and abs(total - 1) > 1e-9:
        yield f"indicators: their weights add up to {total:.4g}: make it 1"
    for one in indicators:
        yield from (f"{one.key}: {fault}" for fault in _indicator(one))


def _indicator(one: Indicator) -> Iterator[str]:
    steps = [later - earlier for earlier, later in pairwise(one.anchors)]
    rising = one.direction is Direction.UP
    if not all(step > 0 if rising else step < 0 for step in steps):
        yield f"anchors {list(one.anchors)} must {'rise' if rising else 'fall'} strictly, since direction is {one.direction.value!r}"
    if one.mark is not Mark.OWN and not one.citation:
        yield f"mark is {one.mark.value!r}: name the publication as citation, or mark it 'D'"
    yield from series_faults(one.metric, one.category, one.scope, one.window)
    if one.scope is not Scope.ORGANISATION:
        yield f"scope is {one.scope.value!r}: the model is about the organisation: write scope = 'organisation'"
    metric = CATALOG.get(one.metric)
    if metric and metric.direction is not Direction.NEUTRAL and metric.direction is not one.direction:
        better = "more" if metric.direction is Direction.UP else "less"
        yield f"direction is {one.direction.value!r}, but of metric {one.metric!r} {better} is better"
