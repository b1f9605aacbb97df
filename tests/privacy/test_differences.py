"""Every kind of difference is classified, and nothing that allows more passes for tightening."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.privacy.differences import Effect, differences, loosened

LOOSER, TIGHTER = Effect.LOOSENING, Effect.TIGHTENING


def small() -> dict[str, Any]:
    return {
        "purposes": ["understand_use"],
        "exclusions": ["no_person", "no_text"],
        "sources": {
            "wiki": {
                "connector": "confluence",
                "streams": ["pages", "people"],
                "kinds": ["create", "edit"],
                "settings": {"url": "https://wiki.example.com", "sites": ["a", "b"]},
                "opt_in": False,
            }
        },
        "fields": {"room": ["key", "name"]},
        "metrics": {
            "active_share": {
                "scopes": ["organisation", "unit"],
                "windows": ["days28"],
                "categories": [],
                "privacy": "M",
                "subject": "people",
                "unit": "share",
            }
        },
        "groups": {"observed": 10, "floor": 5},
        "suppression": {
            "rules": ["complementary", "small_group"],
            "relations": ["link a b"],
            "rounding": {"share": 10},
        },
        "retention": {"activities": 90, "measurements": None},
        "roles": {"admin": ["api", "pages"]},
        "outputs": ["api", "pages"],
    }


def put(terms: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """A copy in which one place holds another value; "gone" takes it away."""
    changed = copy.deepcopy(terms)
    *way, last = place.split(".")
    inside = changed
    for step in way:
        inside = inside[step]
    if value == "gone":
        del inside[last]
    else:
        inside[last] = value
    return changed


@pytest.mark.parametrize(
    ("place", "value", "effect"),
    [
        ("purposes", ["understand_use", "plan_measures"], LOOSER),
        ("purposes", [], TIGHTER),
        ("exclusions", ["no_person"], LOOSER),
        ("exclusions", ["no_person", "no_text", "no_place"], TIGHTER),
        ("sources.files", {"connector": "files"}, LOOSER),
        ("sources.wiki", "gone", TIGHTER),
        ("sources.wiki.connector", "files", LOOSER),
        ("sources.wiki.streams", ["pages"], TIGHTER),
        ("sources.wiki.streams", ["pages", "people", "views"], LOOSER),
        ("sources.wiki.streams", "gone", LOOSER),
        ("sources.wiki.kinds", ["create", "edit", "view"], LOOSER),
        ("sources.wiki.kinds", ["create"], TIGHTER),
        ("sources.wiki.settings.url", "https://other.example.com", LOOSER),
        ("sources.wiki.settings.unit_groups", "(.*)", LOOSER),
        ("sources.wiki.settings.sites", ["a"], TIGHTER),
        ("sources.wiki.settings.sites", ["a", "c"], LOOSER),
        ("sources.wiki.settings.sites", [], LOOSER),
        ("sources.wiki.settings.sites", "gone", LOOSER),
        ("sources.wiki.opt_in", True, LOOSER),
        ("fields.room", ["key", "name", "title"], LOOSER),
        ("fields.room", ["key"], TIGHTER),
        ("fields.mood", ["person"], LOOSER),
        ("metrics.active_share", "gone", TIGHTER),
        ("metrics.gossip", {"scopes": []}, LOOSER),
        ("metrics.active_share.scopes", ["organisation", "room", "unit"], LOOSER),
        ("metrics.active_share.scopes", ["organisation"], TIGHTER),
        ("metrics.active_share.windows", ["days28", "week"], LOOSER),
        ("metrics.active_share.categories", ["silent"], LOOSER),
        ("metrics.active_share.privacy", "H", TIGHTER),
        ("metrics.active_share.privacy", "L", LOOSER),
        ("metrics.active_share.subject", "posts", LOOSER),
        ("groups.observed", 9, LOOSER),
        ("groups.observed", 11, TIGHTER),
        ("groups.observed", "gone", LOOSER),
        ("groups.survey", 5, TIGHTER),
        ("suppression.rules", ["small_group"], LOOSER),
        ("suppression.rules", ["complementary", "dominance", "small_group"], TIGHTER),
        ("suppression.relations", [], LOOSER),
        ("suppression.rounding.share", 5, LOOSER),
        ("suppression.rounding.share", 20, TIGHTER),
        ("retention.activities", 91, LOOSER),
        ("retention.activities", None, LOOSER),
        ("retention.activities", 60, TIGHTER),
        ("retention.measurements", 400, TIGHTER),
        ("retention.activities", "gone", LOOSER),
        ("roles.admin", ["api"], TIGHTER),
        ("roles.guest", ["pages"], LOOSER),
        ("outputs", ["api", "odata", "pages"], LOOSER),
        ("outputs", ["api"], TIGHTER),
        ("outputs", "gone", LOOSER),
        ("something", "new", LOOSER),
    ],
)
def test_a_difference_has_this_effect(place: str, value: Any, effect: Effect) -> None:
    found = differences(small(), put(small(), place, value))
    assert [difference.effect for difference in found] == [effect]
    assert found[0].place.startswith(place)


def test_the_order_of_what_is_listed_changes_nothing() -> None:
    assert differences(small(), put(small(), "outputs", ["pages", "api"])) == ()


NAMES = ("a", "b", "c")
SETS = st.lists(st.sampled_from(NAMES), unique=True).map(sorted)
SOURCE = st.fixed_dictionaries(
    {
        "streams": SETS,
        "kinds": SETS,
        "settings": st.fixed_dictionaries(
            {"url": st.sampled_from(NAMES)}, optional={"sites": st.lists(st.sampled_from(NAMES), unique=True)}
        ),
    }
)
METRIC = st.fixed_dictionaries({"scopes": SETS, "windows": SETS, "privacy": st.sampled_from("LMH")})
TERMS = st.fixed_dictionaries(
    {
        "exclusions": SETS,
        "sources": st.dictionaries(st.sampled_from(NAMES), SOURCE),
        "fields": st.dictionaries(st.sampled_from(NAMES), SETS),
        "metrics": st.dictionaries(st.sampled_from(NAMES), METRIC),
        "groups": st.fixed_dictionaries({}, optional={"observed": st.integers(5, 8)}),
        "suppression": st.fixed_dictionaries(
            {"rules": SETS, "rounding": st.fixed_dictionaries({"share": st.integers(1, 3)})}
        ),
        "retention": st.fixed_dictionaries({"activities": st.none() | st.integers(1, 4)}),
        "roles": st.dictionaries(st.sampled_from(NAMES), SETS),
        "outputs": SETS,
    }
)


def allowed(terms: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Everything the terms allow, counted out act by act: an account of its own of what an agreement means."""
    acts: set[tuple[Any, ...]] = set()
    for key, source in terms["sources"].items():
        # No list of sites means every site.
        for site in source["settings"].get("sites") or (*NAMES, "elsewhere"):
            for stream in source["streams"]:
                for kind in source["kinds"]:
                    acts.add(("read", key, source["settings"]["url"], site, stream, kind))
    acts |= {("store", table, column) for table, columns in terms["fields"].items() for column in columns}
    acts |= {("keep", days) for days in range(1, 10) if days <= (terms["retention"]["activities"] or 99)}
    for key, metric in terms["metrics"].items():
        for scope in metric["scopes"]:
            for window in metric["windows"]:
                # A stricter class guards more, so it allows less.
                for guard in "HML"[: "HML".index(metric["privacy"]) + 1]:
                    acts.add(("compute", key, scope, window, guard))
    acts |= {("group of", people) for people in range(1, 12) if people >= terms["groups"].get("observed", 0)}
    acts |= {("round to", step) for step in range(1, 5) if step >= terms["suppression"]["rounding"]["share"]}
    acts |= {("without rule", rule) for rule in NAMES if rule not in terms["suppression"]["rules"]}
    acts |= {("although excluded", one) for one in NAMES if one not in terms["exclusions"]}
    acts |= {("role", role, output) for role, outputs in terms["roles"].items() for output in outputs}
    return acts | {("output", output) for output in terms["outputs"]}


@given(TERMS, TERMS)
def test_without_a_loosening_nothing_is_allowed_that_was_not(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    if not loosened(differences(before, after)):
        assert allowed(after) <= allowed(before)


def leaves(inside: Any, way: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every place of the terms that holds a value, with the value."""
    if not isinstance(inside, dict):
        return [(way, inside)]
    return [leaf for key, value in inside.items() for leaf in leaves(value, (*way, key))]


def another(place: tuple[str, ...], value: Any) -> st.SearchStrategy[Any]:
    match value:
        case list():
            return SETS
        case str():
            return st.sampled_from("LMH" if place[-1] == "privacy" else NAMES)
        case _:
            return st.integers(1, 8) | st.none() if place[0] == "retention" else st.integers(1, 8)


@settings(max_examples=400)
@given(TERMS, st.data())
def test_one_value_that_allows_more_is_a_loosening(before: dict[str, Any], data: st.DataObject) -> None:
    place, value = data.draw(st.sampled_from(leaves(before)))
    after = put(before, ".".join(place), data.draw(another(place, value)))
    if allowed(after) - allowed(before):
        assert loosened(differences(before, after))


@given(TERMS, TERMS)
def test_what_only_tightens_only_loosens_on_the_way_back(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    there, back = differences(before, after), differences(after, before)
    assert [difference.path for difference in there] == [difference.path for difference in back]
    if not loosened(there):
        assert loosened(back) == back
