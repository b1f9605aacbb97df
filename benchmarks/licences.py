"""Writes docs/licences.md, the licence of every package the program needs: `python -m benchmarks.licences > docs/licences.md`.

What is needed stands in requirements-runtime.lock; the licence is what the installed distribution says of itself.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-runtime.lock"

ALLOWED = frozenset(
    ("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib")
)  # fmt: skip
LOADED = {
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
}
"""Allowed since it is only loaded at run time, unchanged, and can be replaced: with these packages alone."""
SPOKEN = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""What packages say that do not know the identifiers of SPDX."""
READ = {"colorama": "BSD-3-Clause"}
"""Needed on other systems than this one, so never installed here: read in their source."""

INTRODUCTION = """\
# Licences of what the program needs

Written from `requirements-runtime.lock` and from what each installed package says of itself (`python -m benchmarks.licences > docs/licences.md`); a
test compares. Resonanz itself is under Apache-2.0. Allowed are Apache-2.0, MIT, BSD, ISC, MPL-2.0, PSF-2.0 and what is as free, and LGPL where it is only
loaded at run time; GPL and AGPL never, and a package that says nothing is not taken. “BSD” is a package that does not say which of the BSD licences.
"""


@dataclass(frozen=True)
class Package:
    """One name of the lock with its versions (several where Python's version decides) and its licence; None if nothing tells it."""

    name: str
    versions: tuple[str, ...]
    licence: str | None

    @property
    def allowed(self) -> bool:
        if self.licence is None:
            return False
        if LOADED.get(self.name) == self.licence:
            return True
        # With OR one of them is enough, with AND all are needed.
        return any(
            all(one.strip() in ALLOWED for one in way.split(" AND "))
            for way in self.licence.strip("()").split(" OR ")
        )


def packages(lock: Path = LOCK) -> list[Package]:
    """What a lock pins, by name."""
    versions: dict[str, list[str]] = defaultdict(list)
    for name, version in re.findall(
        r"^([a-z0-9._-]+)(?:\[[a-z0-9,-]+\])?==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE
    ):
        versions[name].append(version)
    return [Package(name, tuple(found), licence(name)) for name, found in sorted(versions.items())]


def licence(name: str) -> str | None:
    """What an installed distribution says its licence is, as an expression of SPDX where it can be told."""
    try:
        return stated(metadata(name))
    except PackageNotFoundError:
        return READ.get(name)


def stated(told: PackageMetadata) -> str | None:
    """The expression, else a short word for it, else the classifiers: newer ways of saying it come first."""
    if "License-Expression" in told:
        return told["License-Expression"]
    classified = [
        one.rpartition("::")[2].strip()
        for one in told.get_all("Classifier") or []
        if one.startswith("License ::")
    ]
    word = told["License"].strip() if "License" in told else ""
    if word and (known := SPOKEN.get(word, word)) in ALLOWED | set(LOADED.values()):
        return known
    return " OR ".join(sorted(SPOKEN.get(one, one) for one in classified)) or word.partition("\n")[0] or None


def page(found: Sequence[Package] | None = None) -> str:
    """The whole page."""
    return "\n".join(_lines(packages() if found is None else found))


def _lines(found: Sequence[Package]) -> Iterator[str]:
    yield INTRODUCTION
    refused = [one for one in found if not one.allowed]
    yield f"{len(found)} packages, {sum(one.licence is None for one in found)} without a licence that could be read, {len(refused)} that are not allowed.\n"
    yield "| package | version | licence |\n|---|---|---|"
    for one in found:
        note = "" if one.allowed else " (**not allowed**)"
        if one.name in LOADED:
            note = " (loaded at run time)"
        elif one.name in READ:
            note = " (not needed on Linux)"
        yield f"| `{one.name}` | {', '.join(one.versions)} | {one.licence or 'unknown'}{note} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
