"""Rows as OData JSON 4.0."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from service.odata.csdl import NAMESPACE
from service.odata.entities import SETS, Entity, EntitySet
from service.odata.keys import address
from service.odata.options import Options


def written(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def service_document(base: str, level: str) -> dict[str, Any]:
    context = {} if level == "none" else {"@odata.context": f"{base}$metadata"}
    sets = [{"name": one, "kind": "EntitySet", "url": one} for one in SETS]
    return {**context, "value": sets}


def page(
    base: str,
    entity_set: EntitySet,
    options: Options,
    rows: Sequence[Entity],
    *,
    count: int | None,
    following: str | None,
) -> dict[str, Any]:
    """A page of rows; `count` is that of all rows that fit, `following` the address of the next page."""
    content = _context(base, entity_set, options, "")
    if count is not None:
        content["@odata.count"] = count
    content["value"] = [_row(base, entity_set, options, row) for row in rows]
    if following is not None:
        content["@odata.nextLink"] = following
    return content


def one(base: str, entity_set: EntitySet, options: Options, row: Entity) -> dict[str, Any]:
    return _context(base, entity_set, options, "/$entity") | _row(base, entity_set, options, row)


def _context(base: str, entity_set: EntitySet, options: Options, end: str) -> dict[str, Any]:
    if options.level == "none":
        return {}
    selected = f"({','.join(options.select)})" if options.select else ""
    return {"@odata.context": f"{base}$metadata#{entity_set.name}{selected}{end}"}


def _row(base: str, entity_set: EntitySet, options: Options, row: Entity) -> dict[str, Any]:
    names = options.select or tuple(entity_set.properties)
    values = row.model_dump(mode="json", include=set(names))
    if options.level != "full":
        return {name: values[name] for name in names}
    found = address(entity_set, row)
    told: dict[str, Any] = {
        "@odata.type": f"#{NAMESPACE}.{entity_set.type_name}",
        "@odata.id": base + found,
    }
    for name in names:
        edm = entity_set.properties[name].edm
        if edm not in {"Edm.String", "Edm.Boolean", "Edm.Double"} and values[name] is not None:
            told[f"{name}@odata.type"] = f"#{edm.removeprefix('Edm.')}"
        told[name] = values[name]
    return told
