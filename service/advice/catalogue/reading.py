"""Reads a version of the catalogue of measures from its data files, and refuses one that is damaged.

A version is a folder: `catalogue.toml` with what holds for all measures, `<dimension>.toml` with the measures of each dimension,
and the instruments in `needs.toml`, `use_cases.toml`, `fit.toml` and `signals.toml`. `changes.toml` beside the folders lists the
versions with the digest of their data.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from service.advice.catalogue.checks import faults
from service.advice.catalogue.instruments import (
    Criterion,
    Fit,
    FitQuestion,
    NeedMatrix,
    Signal,
    UseCase,
)
from service.advice.catalogue.parts import Audience, Catalogue, Driver, Measure, Release, Role
from service.datafiles import Damaged, digest, toml, unlisted, validated
from service.errors import NotFound
from service.maturity.model.parts import Part, Text

FOLDER = Path(__file__).parent
CHANGES = "changes.toml"
SUBJECT = "the catalogue of measures"


class _Log(Part):
    releases: tuple[Release, ...]


class _General(Part):
    version: str
    released: date
    name: Text
    description: Text
    estimates: Text
    order: tuple[str, ...]
    roles: Mapping[Role, Text]
    audiences: Mapping[Audience, Text]
    drivers: Mapping[Driver, Text]


class _Measures(Part):
    measures: tuple[Measure, ...]


class _UseCases(Part):
    use_cases: tuple[UseCase, ...]


class _Fit(Part):
    fits: Mapping[Fit, Text]
    fit_questions: tuple[FitQuestion, ...]
    criteria: tuple[Criterion, ...]


class _Signals(Part):
    signals: tuple[Signal, ...]


INSTRUMENTS: Mapping[str, type[BaseModel]] = {
    "needs.toml": NeedMatrix,
    "use_cases.toml": _UseCases,
    "fit.toml": _Fit,
    "signals.toml": _Signals,
}
GENERAL = "catalogue.toml"


def versions(folder: Path = FOLDER) -> tuple[str, ...]:
    """The versions there are, from the oldest. Raises `Damaged`."""
    return tuple(release.version for release in releases(folder))


def releases(folder: Path = FOLDER) -> tuple[Release, ...]:
    """The change log, from the oldest version. Raises `Damaged`, also where it does not list exactly the folders there are."""
    found = validated(_Log, toml(folder / CHANGES, SUBJECT), CHANGES, SUBJECT).releases
    listed = [release.version for release in found]
    wrong = unlisted(folder, GENERAL, CHANGES, listed)
    if len(set(listed)) != len(listed) or not listed:
        wrong.append(f"{CHANGES}: lists {listed}: list every version once, from the oldest")
    if wrong:
        raise Damaged(SUBJECT, wrong)
    return found


def current() -> Catalogue:
    """The newest version. Raises `Damaged`."""
    return load(versions()[-1])


@cache
def load(version: str, folder: Path = FOLDER) -> Catalogue:
    """One version. Raises `NotFound` for one there is not, `Damaged` for one whose files are wrong."""
    known = versions(folder)
    if version not in known:
        raise NotFound(f"no catalogue of measures {version}; there are {', '.join(known)}")
    return read(folder / version)


def read(folder: Path) -> Catalogue:
    """The catalogue in a folder. Raises `Damaged` with every fault of every file."""
    general = toml(folder / GENERAL, SUBJECT)
    order = validated(_General, general, GENERAL, SUBJECT).order
    forms: dict[str, type[BaseModel]] = {f"{key}.toml": _Measures for key in order}
    forms |= INSTRUMENTS
    strangers = sorted({path.name for path in folder.glob("*.toml")} - {GENERAL, *forms})
    found = [f"{name}: not in the order of {GENERAL}: add it there or remove the file" for name in strangers]
    parts: dict[str, dict[str, Any]] = {}
    for name, form in forms.items():
        try:
            parts[name] = toml(folder / name, SUBJECT)
            validated(form, parts[name], name, SUBJECT)
        except Damaged as damaged:
            found += damaged.faults
    if found:
        raise Damaged(SUBJECT, found)
    content = {
        **{key: value for key, value in general.items() if key != "order"},
        "measures": [measure for key in order for measure in parts[f"{key}.toml"]["measures"]],
        "instruments": {
            "matrix": parts["needs.toml"],
            **parts["use_cases.toml"],
            **parts["fit.toml"],
            **parts["signals.toml"],
        },
        "digest": digest({GENERAL: general, **parts}),
    }
    catalogue = validated(Catalogue, content, GENERAL, SUBJECT)
    found = faults(catalogue, order)
    if found:
        raise Damaged(SUBJECT, found)
    return catalogue
