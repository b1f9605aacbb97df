"""Reads a version of the maturity model from its data files, and refuses one that is damaged.

A version is a folder: `model.toml` with what holds for all dimensions, and `<dimension>.toml` for each. `changes.toml` beside the
folders lists the versions with the digest of their data.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from service.datafiles import Damaged, digest, toml, unlisted, validated
from service.errors import NotFound
from service.maturity.model.checks import faults
from service.maturity.model.parts import (
    Dimension,
    Model,
    Names,
    Part,
    Profile,
    Release,
    Scale,
    Share,
    Text,
    Version,
    Wording,
)

FOLDER = Path(__file__).parent
CHANGES = "changes.toml"
MODEL = "model.toml"
SUBJECT = "the maturity model"


class _Log(Part):
    releases: tuple[Release, ...]


class _General(Part):
    """What `model.toml` holds: the model without its dimensions, and their order."""

    version: Version
    released: date
    name: Text
    description: Text
    focus: str
    minimum_weight: Share
    order: tuple[str, ...]
    levels: Names
    steps: Mapping[str, Text]
    profiles: tuple[Profile, ...]
    scales: tuple[Scale, ...]
    wording: Wording


def versions(folder: Path = FOLDER) -> tuple[str, ...]:
    """The versions there are, from the oldest. Raises `Damaged`."""
    return tuple(release.version for release in releases(folder))


def releases(folder: Path = FOLDER) -> tuple[Release, ...]:
    """The change log, from the oldest version. Raises `Damaged`, also where it does not list exactly the folders there are."""
    found = validated(_Log, toml(folder / CHANGES, SUBJECT), CHANGES, SUBJECT).releases
    listed = [release.version for release in found]
    wrong = unlisted(folder, MODEL, CHANGES, listed)
    if not listed or sorted(set(listed), key=_numbers) != listed:
        told = ", ".join(listed) or "nothing"
        wrong.append(f"{CHANGES}: lists {told}: put each version in once, the oldest first")
    if wrong:
        raise Damaged(SUBJECT, wrong)
    return found


def current() -> Model:
    """The newest version. Raises `Damaged`."""
    return load(versions()[-1])


@cache
def load(version: str, folder: Path = FOLDER) -> Model:
    """One version. Raises `NotFound` for one there is not, `Damaged` for one whose files are wrong."""
    known = versions(folder)
    if version not in known:
        raise NotFound(f"no maturity model {version}; there are {', '.join(known)}")
    return read(folder / version)


def read(folder: Path) -> Model:
    """The model in a folder. Raises `Damaged`."""
    content = {MODEL: toml(folder / MODEL, SUBJECT)}
    general = validated(_General, content[MODEL], MODEL, SUBJECT)
    files = [f"{key}.toml" for key in general.order]
    astray = sorted({path.name for path in folder.glob("*.toml")} - {MODEL, *files})
    if astray:
        raise Damaged(
            SUBJECT,
            [f"{name}: not in the order of {MODEL}: add it there or remove the file" for name in astray],
        )
    dimensions: list[Dimension] = []
    wrong: list[str] = []
    for file in files:
        try:
            content[file] = toml(folder / file, SUBJECT)
            dimensions.append(validated(Dimension, content[file], file, SUBJECT))
        except Damaged as damage:
            wrong += damage.faults
    if wrong:
        raise Damaged(SUBJECT, wrong)
    parts = {name: getattr(general, name) for name in _General.model_fields if name != "order"}
    model = Model(**parts, dimensions=tuple(dimensions), digest=digest(content))
    if wrong := faults(model, general.order):
        raise Damaged(SUBJECT, wrong)
    return model


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
