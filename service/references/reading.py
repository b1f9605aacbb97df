"""Reads the published reference values, and refuses damaged ones."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from metrics.catalog import CATALOG
from service.datafiles import Damaged, digest, series_faults, toml, validated
from service.references.parts import Certainty, Reference, References, Use

FILE = Path(__file__).parent / "references.toml"
SUBJECT = "the collection of reference values"


def references() -> References:
    """All published reference values. Raises `Damaged`."""
    return load(FILE)


@cache
def load(path: Path) -> References:
    """The reference values of a file. Raises `Damaged` with every fault, its key and how to mend it."""
    content = toml(path, SUBJECT)
    read = validated(References, {**content, "digest": digest({path.name: content})}, path.name, SUBJECT)
    found = [f"{path.name}, {fault}" for fault in _faults(read)]
    if found:
        raise Damaged(SUBJECT, found)
    return read


def _faults(read: References) -> Iterator[str]:
    for key, number in Counter(one.key for one in read.references).items():
        if number > 1:
            yield f"references: the key {key!r} is used {number} times: give each its own"
    yield from (
        f"uses: {one.value!r} has no name: add {one.value} = …" for one in Use if one not in read.uses
    )
    for certainty in Certainty:
        if certainty not in read.certainties:
            yield f"certainties: {certainty.value!r} has no name: add {certainty.value} = …"
    for one in read.references:
        yield from (f"{one.key}, {fault}" for fault in _reference(one))
    for gap in read.missing:
        yield from (f"missing: {fault}" for fault in _metrics(gap.metrics))


def _reference(one: Reference) -> Iterator[str]:
    yield from (f"near: {fault}" for fault in _metrics(one.near))
    if one.comparable is None:
        return
    found = one.comparable
    for fault in series_faults(found.metric, found.category, found.scope, found.window):
        yield f"comparable: {fault}"
    for place in found.figures:
        if not 0 <= place < len(one.figures):
            yield f"comparable, figures: there is no figure {place}: count from 0"
    if one.use is not Use.ORIENTATION:
        yield "use: what is comparable is for orientation: write use = 'orientation'"


def _metrics(keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        if key not in CATALOG:
            yield f"there is no metric {key!r}: choose a key that `resonanz metrics list` shows"
