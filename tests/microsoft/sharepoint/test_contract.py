"""The requests of these streams are those that Microsoft describes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

SPEC = Path(__file__).parents[2] / "specs" / "msgraph.json"
STREAMS = ("site_pages", "page_comments", "files", "list_items", "analytics")


class Described:
    def __init__(self) -> None:
        if not SPEC.is_file():
            pytest.skip("the description is not here")
        self.paths = json.loads(SPEC.read_text(encoding="utf-8"))["paths"]

    def objection(self, method: str, path: str, query: dict[str, Any]) -> str | None:
        """What is wrong with a request, None if it is described."""
        found = [
            template
            for template in self.paths
            if re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)), path)
        ]
        if not found:
            return f"no such path: {path}"
        # Of `/a/{id}` and `/a/delta` the one without a variable is meant.
        operation = self.paths[min(found, key=lambda template: template.count("{"))].get(method.lower())
        if operation is None:
            return f"no {method} of {path}"
        known = {
            one["name"]: one.get("schema", {})
            for one in operation.get("parameters", ())
            if one["in"] == "query"
        }
        for name, values in query.items():
            if name not in known:
                return f"no {name} at {path}"
            if known[name].get("type") == "integer" and not all(value.isdigit() for value in values):
                return f"{name} is no number at {path}"
        return None


def test_every_request_of_a_whole_collection_is_described(world: Any, at: Any) -> None:
    described = Described()
    ada = world.person("ada")
    for number in range(3):
        site = world.tenant.add_site(f"site{number}")
        tasks = world.tenant.add_list(site.id, "Aufgaben")
        for add in (world.tenant.add_page, world.tenant.add_file):
            thing = add(site.id, ada, at(0))
            for edit in range(3):
                world.tenant.edit(thing, ada, at(edit + 1))
        item = world.tenant.add_item(tasks.id, ada, at(0))
        for edit in range(3):
            world.tenant.edit(item, ada, at(edit + 1))
        page = world.tenant.add_page(site.id, ada, at(0))
        world.tenant.comment(page, ada, at(1))
        world.tenant.like(page, ada, at(1))
    for _ in range(2):
        world.run(*STREAMS)
    seen = [*world.cloud.graph.requests, *world.cloud.graph.inner]
    assert len(seen) > 40
    objections = {described.objection(one.method, one.path.removeprefix("/v1.0"), one.query) for one in seen}
    assert objections == {None}


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/sites/a/nothing", {}),
        ("POST", "/sites/a/lists", {}),
        ("GET", "/sites/a/lists", {"limit": ["5"]}),
        ("GET", "/sites/a/lists", {"$top": ["many"]}),
    ],
)
def test_a_request_that_is_not_described_is_objected_to(
    method: str, path: str, query: dict[str, Any]
) -> None:
    assert Described().objection(method, path, query)
