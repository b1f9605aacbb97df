"""What a request asks for: the query options and headers of OData that are offered, each checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from service.odata.columns import Columns
from service.odata.entities import EntitySet
from service.odata.errors import Malformed, NotOffered, Unacceptable

PAGE = 1000
"""Rows of a page unless fewer are preferred; there are never more."""
TAKEN = frozenset(
    {"$filter", "$select", "$orderby", "$top", "$skip", "$count", "$format", "$skiptoken", "organisation"}
)
NOT_TAKEN = frozenset(
    {"$expand", "$apply", "$search", "$compute", "$levels", "$deltatoken", "$id", "$index", "$schemaversion"}
)
LEVELS = ("minimal", "none", "full")
ANY_JSON = frozenset({"application/json", "application/*", "*/*"})
MOST_ORDERED = 6


@dataclass(frozen=True)
class Options:
    """`levels` is how much is told about the data: minimal, none or full."""

    filter: str | None
    select: tuple[str, ...] | None
    orderby: tuple[tuple[str, bool], ...]
    top: int | None
    skip: int
    count: bool
    skiptoken: str | None
    organisation: str | None
    level: str
    page: int
    preferred: int | None

    def order(self, columns: Columns) -> Sequence[Any]:
        """Null comes before everything else, and with `desc` after it."""
        return [
            columns[name].desc().nulls_last() if down else columns[name].asc().nulls_first()
            for name, down in self.orderby
        ]


def plain(request: Request, taken: frozenset[str]) -> Mapping[str, str]:
    """The query options by name. Raises `Malformed` for one that is unknown or given twice, `NotOffered` for one OData has."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in NOT_TAKEN:
            raise NotOffered(
                f"{name} is not offered: ask for each entity set by itself, with {', '.join(sorted(taken))}"
            )
        if name not in taken:
            hint = f": write ${name}" if f"${name}" in taken else f"; there are: {', '.join(sorted(taken))}"
            raise Malformed(f"a query option is unknown here{hint}")
        if name in found:
            raise Malformed(f"{name} was given twice")
        found[name] = value
    return found


def collection(request: Request, entity_set: EntitySet) -> Options:
    """The options of a request for rows. Raises `Malformed`, `NotOffered` or `Unacceptable`."""
    given = plain(request, TAKEN)
    preferred = _preferred(request)
    return Options(
        filter=given.get("$filter"),
        select=_selected(given.get("$select"), entity_set),
        orderby=_ordered(given.get("$orderby"), entity_set),
        top=_number(given, "$top"),
        skip=_number(given, "$skip") or 0,
        count=_truth(given.get("$count")),
        skiptoken=given.get("$skiptoken"),
        organisation=given.get("organisation"),
        level=level(request, given.get("$format")),
        page=min(PAGE, preferred or PAGE),
        preferred=preferred,
    )


def single(request: Request, entity_set: EntitySet) -> Options:
    """The options of a request for one row."""
    given = plain(request, frozenset({"$select", "$format", "organisation"}))
    return Options(
        filter=None,
        select=_selected(given.get("$select"), entity_set),
        orderby=(),
        top=None,
        skip=0,
        count=False,
        skiptoken=None,
        organisation=given.get("organisation"),
        level=level(request, given.get("$format")),
        page=1,
        preferred=None,
    )


def check_version(request: Request) -> None:
    """Raises `Malformed` for a client that speaks an older OData only."""
    for name in ("odata-version", "odata-maxversion"):
        given = request.headers.get(name)
        if given is not None and not re.fullmatch(r"\s*4\.(0|01)\s*(;.*)?", given):
            raise Malformed("this feed speaks OData 4.0: send OData-MaxVersion: 4.0, or leave it out")


def level(request: Request, form: str | None) -> str:
    """How much metadata is wanted, by `$format` or else the Accept header. Raises `Unacceptable` where JSON is not wanted."""
    if form is not None:
        if form.strip().lower() == "json":
            return LEVELS[0]
        media, found = _media(form)
        if media != "application/json":
            raise Unacceptable("the only $format is json: leave it out, or write $format=json")
        return _known(found)
    accepted = [one for one in request.headers.get("accept", "*/*").split(",") if one.strip()]
    best: tuple[float, str] | None = None
    for one in accepted:
        media, parameters = _media(one)
        weight = _weight(parameters)
        if media in ANY_JSON and weight > 0 and (best is None or weight > best[0]):
            best = (weight, _known(parameters))
    if accepted and best is None:
        raise Unacceptable("the Accept header allows no JSON: send Accept: application/json")
    return LEVELS[0] if best is None else best[1]


def _media(text: str) -> tuple[str, Mapping[str, str]]:
    media, *rest = (part.strip().lower() for part in text.split(";"))
    pairs = (part.partition("=") for part in rest)
    return media, {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def _known(parameters: Mapping[str, str]) -> str:
    found = parameters.get("odata.metadata", parameters.get("metadata", LEVELS[0]))
    if found not in LEVELS:
        raise Unacceptable(f"odata.metadata is one of {', '.join(LEVELS)}")
    return found


def _weight(parameters: Mapping[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0


def _preferred(request: Request) -> int | None:
    """Rows a page should have at most; what is no preference is no error."""
    for one in request.headers.get("prefer", "").split(","):
        name, _, value = one.strip().partition("=")
        if name.strip().lower() in {"odata.maxpagesize", "maxpagesize"}:
            number = value.strip().strip('"')
            if re.fullmatch(r"[1-9][0-9]{0,8}", number):
                return int(number)
    return None


def _selected(text: str | None, entity_set: EntitySet) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = [one.strip() for one in text.split(",")]
    if "*" in names:
        return None
    if not all(name in entity_set.properties for name in names):
        raise Malformed(
            f"$select names a property that is not there; there are: {', '.join(entity_set.properties)}"
        )
    return tuple(dict.fromkeys(names))


def _ordered(text: str | None, entity_set: EntitySet) -> tuple[tuple[str, bool], ...]:
    if text is None:
        return ()
    found = []
    for one in text.split(","):
        match = re.fullmatch(r"\s*(\w+)(?:\s+(asc|desc))?\s*", one)
        if match is None or match[1] not in entity_set.properties:
            raise Malformed(
                "$orderby takes properties, each with asc or desc: $orderby=since desc,metric; there are: "
                + ", ".join(entity_set.properties)
            )
        found.append((match[1], match[2] == "desc"))
    if len(found) > MOST_ORDERED:
        raise Malformed(f"$orderby takes at most {MOST_ORDERED} properties")
    return tuple(found)


def _number(given: Mapping[str, str], name: str) -> int | None:
    if name not in given:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", given[name], re.ASCII):
        raise Malformed(f"{name} takes a whole number of 0 or more")
    return int(given[name])


def _truth(text: str | None) -> bool:
    if text not in {None, "true", "false"}:
        raise Malformed("$count takes true or false")
    return text == "true"
