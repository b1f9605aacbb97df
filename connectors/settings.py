"""Settings that several connectors share, checked one by one. All raise `Misconfigured` with what is wrong and how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.errors import Misconfigured

OBSERVE_ALL = -1
"""Likes and views of every content are looked at, whatever it costs."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a connector may be told. Without one that is `needed` it can not be made; `secret`: it names the file that holds one."""

    meaning: str
    needed: bool = False
    secret: bool = False


def refuse_unknown(settings: Mapping[str, Any], known: Mapping[str, Setting]) -> None:
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise Misconfigured(f"unknown setting {unknown[0]!r}; known are: {', '.join(sorted(known))}")


def text(settings: Mapping[str, Any], name: str) -> str | None:
    """A text; None where it is missing or empty."""
    given = settings.get(name)
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise Misconfigured(f"`{name}` is a text, not {given!r}")
    return given


def whole(settings: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """A whole number between two bounds, which are allowed too."""
    given = settings.get(name, default)
    if isinstance(given, bool) or not str(given).isdigit() or not least <= int(given) <= most:
        raise Misconfigured(f"`{name}` is a whole number from {least} to {most}, not {given!r}")
    return int(given)


def observe(settings: Mapping[str, Any]) -> int | None:
    """The budget of requests for likes and views: None where the built-in one holds, or `OBSERVE_ALL`."""
    given = settings.get("observe")
    match given:
        case None | "":
            return None
        case "all":
            return OBSERVE_ALL
        case bool():
            pass
        case int() | str() if str(given).isdigit():
            return int(given)
    raise Misconfigured(f'`observe` is "all" or a number of requests, not {given!r}')


def ca_file(settings: Mapping[str, Any]) -> str | None:
    """The path of an existing file with the certificates of authorities."""
    given = text(settings, "ca_file")
    if given is not None and not Path(given).is_file():
        raise Misconfigured(f"there is no certificate file {given} (`ca_file`)")
    return given
