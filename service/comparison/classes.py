"""By what organisations are compared: industries, sizes, countries, and how many work at a desk."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

from babel import Locale

from metrics.metric import Label
from service.datafiles import Damaged, toml, validated
from service.errors import Invalid
from service.maturity.model.parts import Part, Text

FILE = Path(__file__).parent / "classes.toml"
SUBJECT = "the list of classes for comparison"
_NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)
"""Two-letter codes among the territories of CLDR that ISO 3166-1 gives to no country. Kosovo's, XK, is left to users by the standard
and used everywhere."""


class Industry(Part):
    """A section of NACE Rev. 2.1, with its divisions as runs from first to last."""

    key: str
    divisions: tuple[tuple[int, int], ...]
    name: Text


class Size(Part):
    """Organisations of at least that many people, up to the next class."""

    key: str
    least: int
    name: Text


class Desk(Part):
    key: str
    name: Text


Kind = TypeVar("Kind", Size, Desk)


class Classes(Part):
    industries: tuple[Industry, ...]
    sizes: tuple[Size, ...]
    desks: tuple[Desk, ...]


@cache
def classes(path: Path = FILE) -> Classes:
    """The classes there are. Raises `Damaged`."""
    found = validated(Classes, toml(path, SUBJECT), path.name, SUBJECT)
    if wrong := [f"{path.name}, {fault}" for fault in _faults(found)]:
        raise Damaged(SUBJECT, wrong)
    return found


def _faults(found: Classes) -> Iterator[str]:
    for name in ("industries", "sizes", "desks"):
        keys = [one.key for one in getattr(found, name)]
        yield from (f"{name}: the key {key!r} is used twice" for key in set(keys) if keys.count(key) > 1)
    least = [one.least for one in found.sizes]
    if least != sorted(set(least)):
        yield "sizes: put them in order, the smallest first, each with another `least`"
    covered = [
        number
        for one in found.industries
        for first, last in one.divisions
        for number in range(first, last + 1)
    ]
    yield from (
        f"industries: division {number} is in two of them"
        for number in set(covered)
        if covered.count(number) > 1
    )


def industry(given: str) -> Industry:
    """The section with that letter, or that holds the division (two digits). Raises `Invalid`."""
    text = given.strip().upper()
    for one in classes().industries:
        if text == one.key:
            return one
        if text.isdecimal() and any(first <= int(text) <= last for first, last in one.divisions):
            return one
    known = ", ".join(f"{one.key} {one.name.en}" for one in classes().industries)
    raise Invalid(
        f"{given!r} is neither a section nor a division of NACE Rev. 2.1 (which are not those of Rev. 2); the sections are: {known}"
    )


def size(given: str) -> Size:
    """The class with that key. Raises `Invalid`."""
    return _one(classes().sizes, given, "size class")


def size_of(people: int) -> Size:
    """The class of an organisation of that many people (at least 1)."""
    return [one for one in classes().sizes if one.least <= max(1, people)][-1]


def desk(given: str) -> Desk:
    """Raises `Invalid`."""
    return _one(classes().desks, given, "class of desk work")


def country(given: str) -> str:
    """The code of a country in ISO 3166-1 alpha-2. Raises `Invalid`."""
    code = given.strip().upper()
    if code not in countries():
        raise Invalid(f"{given!r} is no country: give its two letters of ISO 3166, such as DE, AT or CH")
    return code


@cache
def countries() -> frozenset[str]:
    """The codes of all countries."""
    codes = {str(code) for code in Locale("en").territories}
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


def country_name(code: str) -> Label:
    return Label(*(str(Locale(language).territories.get(code, code)) for language in ("de", "en")))


def _one(kinds: tuple[Kind, ...], given: str, what: str) -> Kind:
    for one in kinds:
        if one.key == given.strip():
            return one
    raise Invalid(f"{given!r} is no {what}; there are: {', '.join(one.key for one in kinds)}")
