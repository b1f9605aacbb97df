"""Data files that come with the service: read as TOML, checked strictly, and identified by what they say.

A fault is told with its file, its key and how to mend it, so that whoever edits a file needs no knowledge of the code.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from metrics.catalog import CATALOG
from metrics.metric import Scope, Window

_MENDS = {
    "missing": "is missing: add it",
    "extra_forbidden": "is not known here: correct its spelling or remove it",
}
_ENUM = re.compile(r"<[\w.]+: ('[^']*')>")
"""How pydantic tells a member of an enum among the values that are possible; in the file it is its text."""
NEVER = frozenset({"answered_questions"})
"""Metrics for which no platform that can be connected tells what they need."""
Read = TypeVar("Read", bound=BaseModel)


class Damaged(Exception):
    """A data file is wrong. `faults` has every fault found, each with its file, its key and how to mend it."""

    def __init__(self, subject: str, faults: list[str]) -> None:
        super().__init__(f"{subject} can not be used:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = faults


def toml(path: Path, subject: str) -> dict[str, Any]:
    """What a TOML file says. Raises `Damaged` where there is none, or it is no TOML in UTF-8."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Damaged(subject, [f"{path.name}: there is no such file: add it"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Damaged(subject, [f"{path.name}: is no TOML file in UTF-8: {error}"]) from None


def validated(form: type[Read], content: Mapping[str, Any], file: str, subject: str) -> Read:
    """The content of a file in its form. Raises `Damaged` with everything that does not fit."""
    try:
        return form.model_validate_json(_json(content))
    except ValidationError as error:
        raise Damaged(subject, _told(error, content, file)) from None


def unlisted(folder: Path, general: str, log: str, versions: Iterable[str]) -> list[str]:
    """What is wrong where a change log does not list exactly the folders of versions there are, each of which has a file `general`."""
    listed = list(versions)
    folders = {path.parent.name for path in folder.glob(f"*/{general}")}
    wrong = [
        f"{log}, {version}: there is no folder {version} with a {general}: add it or remove the entry"
        for version in listed
        if version not in folders
    ]
    return wrong + [
        f"{log}: the folder {version} is not listed: add an entry that tells what is new in it"
        for version in sorted(folders - set(listed))
    ]


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of what data files say, by name; how they are laid out makes no difference."""
    return hashlib.sha256(_json(content, sort_keys=True).encode()).hexdigest()


def series_faults(metric: str, category: str, scope: Scope, window: Window) -> Iterator[str]:
    """Why a data file can not refer to this metric, category, scope and window: no value of them is ever published."""
    declared = CATALOG.get(metric)
    if declared is None:
        yield f"there is no metric {metric!r}: choose a key that `resonanz metrics list` shows"
        return
    if metric in NEVER:
        yield f"metric {metric!r} is never known, since no platform tells what it needs: choose another"
    if scope not in declared.scopes:
        yield f"metric {metric!r} is not measured for scope {scope.value!r}: choose {_listed(declared.scopes)}"
    if window not in declared.windows:
        yield f"metric {metric!r} is not measured for window {window.value!r}: choose {_listed(declared.windows)}"
    if declared.categories and category not in declared.categories:
        yield f"category {category!r}: metric {metric!r} has {_listed(declared.categories)}"
    if not declared.categories and category:
        yield f"metric {metric!r} has no categories: remove category"


def _listed(possible: Iterable[str]) -> str:
    return ", ".join(sorted(possible))


def _json(content: Mapping[str, Any], *, sort_keys: bool = False) -> str:
    return json.dumps(_plain(content), sort_keys=sort_keys, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    """The value with every text on one line."""
    match value:
        case str():
            return " ".join(value.split())
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {key: _plain(one) for key, one in value.items()}
    return value


def _told(error: ValidationError, content: Mapping[str, Any], file: str) -> list[str]:
    told = []
    for fault in error.errors():
        names: list[str] = []
        value: Any = content
        for step in fault["loc"]:
            inside = _inside(value, step)
            if (
                isinstance(value, dict)
                and inside is None
                and fault["type"] != "missing"
                and step not in value
            ):
                continue  # the name of a form among several, no key of the file
            value = inside
            named = value.get("key") if isinstance(step, int) and isinstance(value, dict) else None
            names.append(str(step if named is None else named))
        mend = _MENDS.get(fault["type"]) or _ENUM.sub(r"\1", fault["msg"])
        told.append(f"{file}, {', '.join(names)}: {mend}" if names else f"{file}: {mend}")
    return told


def _inside(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None
