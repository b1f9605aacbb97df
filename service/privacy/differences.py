"""What differs between two agreements, and whether it lowers protection.

A difference counts as loosening unless it is provably none: a rule says for each place in the terms what may happen there
without taking anything from anybody, and a place without a rule may not change at all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Path = tuple[str, ...]


class Effect(StrEnum):
    LOOSENING = "loosening"
    """Protection is lowered, or it is not proven that it is not."""
    TIGHTENING = "tightening"
    NEUTRAL = "neutral"
    """Nobody is protected by it."""


class _Absent:
    """Stands where one of the two agreements says nothing."""


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """At `path` the one says `before`, the other `after`; `ABSENT` where it says nothing."""

    path: Path
    before: Any
    after: Any
    effect: Effect

    @property
    def place(self) -> str:
        return ".".join(self.path)


Rule = Callable[[Any, Any], Effect]
"""(before, after), which differ -> the effect."""


def _tightening(proven: bool) -> Effect:
    return Effect.TIGHTENING if proven else Effect.LOOSENING


def fixed(before: Any, after: Any) -> Effect:
    return Effect.LOOSENING


def neutral(before: Any, after: Any) -> Effect:
    return Effect.NEUTRAL


def permission(before: Any, after: Any) -> Effect:
    """Something that may be done: protection grows only where it goes."""
    return _tightening(after is ABSENT)


def protection(before: Any, after: Any) -> Effect:
    """Something that is done to protect: it may only come."""
    return _tightening(before is ABSENT)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def at_least(before: Any, after: Any) -> Effect:
    """A number below which nothing is shown: it may only rise, or come where there was none."""
    return _tightening(_whole(after) and (before is ABSENT or (_whole(before) and after > before)))


def at_most(before: Any, after: Any) -> Effect:
    """Days something is kept; None is for ever. They may only become fewer."""
    return _tightening(_whole(after) and (before is None or (_whole(before) and after < before)))


def narrowing(before: Any, after: Any) -> Effect:
    """A list of all that is read, where no list or an empty one may mean everything: it may become shorter, not empty."""
    lists = isinstance(before, list) and isinstance(after, list) and bool(after)
    return _tightening(lists and _within(after, before))


def _within(inner: Sequence[Any], outer: Sequence[Any]) -> bool:
    return all(one in outer for one in inner)


_PRIVACY = ("L", "M", "H")


def stricter_class(before: Any, after: Any) -> Effect:
    known = before in _PRIVACY and after in _PRIVACY
    return _tightening(known and _PRIVACY.index(after) > _PRIVACY.index(before))


ANY = "*"
RULES: tuple[tuple[Path, Rule], ...] = (
    (("purposes", ANY), permission),
    (("exclusions", ANY), protection),
    (("sources", ANY), permission),
    (("sources", ANY, "streams", ANY), permission),
    (("sources", ANY, "kinds", ANY), permission),
    (("sources", ANY, "settings", "sites"), narrowing),
    (("sources", ANY, "settings", "teams"), narrowing),
    (("sources", ANY, "settings", "groups"), narrowing),
    (("fields", ANY), permission),
    (("fields", ANY, ANY), permission),
    (("metrics", ANY), permission),
    (("metrics", ANY, "scopes", ANY), permission),
    (("metrics", ANY, "windows", ANY), permission),
    (("metrics", ANY, "categories", ANY), permission),
    (("metrics", ANY, "privacy"), stricter_class),
    (("groups", ANY), at_least),
    (("suppression", "rules", ANY), protection),
    (("suppression", "relations", ANY), protection),
    (("suppression", "rounding", ANY), at_least),
    (("retention", ANY), at_most),
    (("roles", ANY), permission),
    (("roles", ANY, ANY), permission),
    (("outputs", ANY), permission),
)
"""The first that fits. A list whose members have a rule is a set; a place without a rule is `fixed`."""

_SETS = frozenset(rule[0][:-1] for rule in RULES if rule[0][-1] == ANY)


def _fits(pattern: Path, path: Path) -> bool:
    return len(pattern) == len(path) and all(
        one in (ANY, other) for one, other in zip(pattern, path, strict=True)
    )


def rule_for(path: Path) -> Rule:
    return next((rule for pattern, rule in RULES if _fits(pattern, path)), fixed)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """All differences from one set of terms to the other, in steady order."""
    return tuple(
        Difference(path, one, other, rule_for(path)(one, other))
        for path, one, other in _walk((), before, after)
    )


def loosened(found: Sequence[Difference]) -> tuple[Difference, ...]:
    return tuple(difference for difference in found if difference.effect is Effect.LOOSENING)


def _is_set(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _walk(path: Path, before: Any, after: Any) -> Iterator[tuple[Path, Any, Any]]:
    if _is_set(before) and _is_set(after) and any(_fits(one, path) for one in _SETS):
        before, after = ({str(one): True for one in side} for side in (before, after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from _walk((*path, key), before.get(key, ABSENT), after.get(key, ABSENT))
    elif type(before) is not type(after) or before != after:
        yield path, before, after
