"""The part of the Confluence Query Language a collector uses: type, space, id, dates, and/or/not, order by."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from service.demo.store import Item, Store

Predicate = Callable[[Item], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<operator>>=|<=|!=|!~|=|>|<|~)"""
    r"""|(?P<mark>[(),])|(?P<word>[^\s"'(),=<>!~]+))"""
)
_DATE = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})(?: (\d{2}):(\d{2}))?$")
_DATES: dict[str, Callable[[Item], datetime]] = {
    "created": lambda item: item.created,
    "lastmodified": lambda item: item.modified,
}
_FIELDS: dict[str, Callable[[Store, Item], tuple[str, ...]]] = {
    "type": lambda store, item: (item.type,),
    "space": lambda store, item: (item.space.casefold(),),
    "space.key": lambda store, item: (item.space.casefold(),),
    "space.type": lambda store, item: (store.spaces[item.space].type,),
    "id": lambda store, item: (str(item.id),),
    "content": lambda store, item: (str(item.id),),
    "container": lambda store, item: (str(item.container),),
    "creator": lambda store, item: (str(item.versions[0].by),),
    "contributor": lambda store, item: tuple(str(version.by) for version in item.versions),
}
_NOW = re.compile(r'["\']?([-+]?)(\d+)([mhdwy])["\']?$')
_STEP = {"m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


class Unparsable(ValueError):
    """The query is not understood; the server answers 400."""


@dataclass(frozen=True, slots=True)
class Query:
    matches: Predicate
    order: tuple[str, bool]
    """Field to sort by (`id`, `created`, `lastmodified`) and whether it descends."""

    def sort_key(self, item: Item) -> tuple[float, int]:
        field, _ = self.order
        return (_DATES[field](item).timestamp() if field in _DATES else 0.0, item.id)


def parse(text: str, store: Store, zone: ZoneInfo) -> Query:
    """Compile a query. Date literals have minute precision and are read in `zone`. Raises `Unparsable`."""
    return _Parser(text, store, zone).query()


class _Parser:
    def __init__(self, text: str, store: Store, zone: ZoneInfo) -> None:
        self.store, self.zone = store, zone
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise Unparsable(f"cannot read the query at position {position}")
            kind = match.lastgroup or "word"
            value = match.group(kind)
            self.tokens.append((kind, value[1:-1] if kind == "string" else value))
            position = match.end()

    def query(self) -> Query:
        matches = self._or() if not self._at("order") else (lambda item: True)
        order = ("id", False)
        if self._at("order"):
            self._take()
            self._expect("by")
            field = self._take()[1].lower()
            if field not in (*_DATES, "id"):
                raise Unparsable(f"cannot order by {field}")
            descends = self._at("desc")
            if descends or self._at("asc"):
                self._take()
            order = (field, descends)
        if self.tokens:
            raise Unparsable(f"unexpected {self.tokens[0][1]!r}")
        return Query(matches, order)

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._at("or"):
            self._take()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)

    def _and(self) -> Predicate:
        parts = [self._clause()]
        while self._at("and"):
            self._take()
            parts.append(self._clause())
        return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)

    def _clause(self) -> Predicate:
        if self._at("not"):
            self._take()
            inner = self._clause()
            return lambda item: not inner(item)
        if self._at("("):
            self._take()
            inner = self._or()
            self._expect(")")
            return inner
        field = self._take()[1].lower()
        operator = self._take()[1].lower()
        if operator == "not":
            self._expect("in")
            operator = "not in"
        if field in _DATES:
            return self._date(_DATES[field], operator)
        values = self._values() if operator in ("in", "not in") else {self._take()[1]}
        return self._membership(field, operator, values)

    def _date(self, read: Callable[[Item], datetime], operator: str) -> Predicate:
        bound = self._moment()
        match operator:
            case ">=":
                return lambda item: read(item) >= bound
            case ">":
                # A literal stands for its whole minute, so later means after that minute.
                return lambda item: read(item) >= bound + timedelta(minutes=1)
            case "<=":
                return lambda item: read(item) < bound + timedelta(minutes=1)
            case "<":
                return lambda item: read(item) < bound
            case "=":
                return lambda item: bound <= read(item) < bound + timedelta(minutes=1)
        raise Unparsable(f"operator {operator} does not fit a date")

    def _moment(self) -> datetime:
        kind, text = self._take()
        if kind == "word" and text.lower() == "now":
            self._expect("(")
            shift = timedelta()
            if not self._at(")"):
                found = _NOW.match(self._take()[1])
                if found is None:
                    raise Unparsable("now() takes a shift such as -1d")
                sign, amount, unit = found.groups()
                shift = timedelta(seconds=int(amount) * _STEP[unit]) * (-1 if sign == "-" else 1)
            self._expect(")")
            return self.store.clock() + shift
        found = _DATE.match(text)
        if found is None:
            raise Unparsable(f"{text!r} is not a date such as yyyy-MM-dd HH:mm")
        year, month, day, hour, minute = (int(part or 0) for part in found.groups())
        try:
            return datetime(year, month, day, hour, minute, tzinfo=self.zone).astimezone(UTC)
        except ValueError as error:
            raise Unparsable(f"{text!r} is not a date") from error

    def _membership(self, field: str, operator: str, values: set[str]) -> Predicate:
        if operator not in ("=", "!=", "in", "not in"):
            raise Unparsable(f"operator {operator} does not fit {field}")
        if field not in _FIELDS:
            raise Unparsable(f"field {field} is not known")
        read, store = _FIELDS[field], self.store
        folded = {value.casefold() for value in values}
        wanted = operator in ("=", "in")
        return lambda item: (not folded.isdisjoint(read(store, item))) is wanted

    def _values(self) -> set[str]:
        self._expect("(")
        values = {self._take()[1]}
        while self._at(","):
            self._take()
            values.add(self._take()[1])
        self._expect(")")
        return values

    def _at(self, word: str) -> bool:
        return bool(self.tokens) and self.tokens[0][0] != "string" and self.tokens[0][1].lower() == word

    def _take(self) -> tuple[str, str]:
        if not self.tokens:
            raise Unparsable("the query ends too early")
        return self.tokens.pop(0)

    def _expect(self, word: str) -> None:
        if not self._at(word):
            raise Unparsable(f"expected {word!r}")
        self._take()
