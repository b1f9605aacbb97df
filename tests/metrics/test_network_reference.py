"""The network metrics counted twice: by statement and by a naive program, over random small organisations."""

import importlib.util
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metrics.metric import Cell
from metrics.periods import complete_periods

SINCE, UNTIL = date(2025, 7, 21), date(2026, 2, 2)
BEGIN = datetime(2025, 7, 21, tzinfo=UTC)
NAMES = tuple(f"p{number}" for number in range(9))
EVERYBODY = (*NAMES, *NAMES, "bot", "visitor", None)
THINGS = ("news", "question", "handbook", "plan", "idea")


@pytest.fixture(scope="session")
def reference_network() -> Any:
    path = Path(__file__).with_name("reference_network.py")
    spec = importlib.util.spec_from_file_location("reference_network", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


moments = st.builds(
    lambda days, minutes: BEGIN + timedelta(days=days, minutes=minutes),
    st.one_of(st.integers(0, 200), st.integers(80, 100)),
    st.sampled_from((0, 1, 600, 1319, 1320, 1439)),
)


@st.composite
def organisations(draw: st.DrawFn) -> Callable[[Callable[..., Any]], Any]:
    """A recipe that fills an intranet with people of units who answer each other."""
    # Mostly all have a unit, so that most examples say something about units.
    units = st.sampled_from(("sales", "legal", "it") * 9 + (None,))
    accounts = [
        (name, draw(units), draw(st.integers(0, 9)) > 0) for name in NAMES if draw(st.integers(0, 19))
    ]
    moved = draw(st.none() | st.tuples(st.sampled_from(NAMES), st.dates(SINCE, UNTIL), units))
    workforce = draw(st.sampled_from((None, None, None, 2, 40)))
    contents = [(thing, draw(st.sampled_from(EVERYBODY)), draw(moments)) for thing in THINGS]
    acts = draw(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ("comment", "comment", "reply", "reply", "react", "react", "message", "withdraw")
                ),
                st.sampled_from(EVERYBODY),
                moments,
                st.integers(0, 40),
                st.integers(0, 9),
            ),
            min_size=3,
            max_size=45,
        )
    )
    imports = draw(st.none() | st.tuples(moments, st.integers(19, 22)))
    waiting = draw(st.lists(st.tuples(st.dates(SINCE, UNTIL), st.sampled_from((0, 1, 2))), max_size=2))

    def fill(make: Callable[..., Any]) -> Any:
        intranet = make(since=SINCE, until=UNTIL, workforce=workforce)
        for name, unit, active in accounts:
            intranet.person(name, unit, active=active)
            if moved and moved[0] == name:
                intranet.stay(name, unit, until=moved[1], active=active)
                intranet.stay(name, moved[2], since=moved[1], active=active)
        intranet.person("bot", "it", kind="service")
        intranet.person("visitor", kind="guest")
        there = list(THINGS)
        for thing, name, when in contents:
            intranet.post(name, when, thing)
        if imports:
            for number in range(imports[1]):
                intranet.post("p0", imports[0] + timedelta(seconds=30 * number), f"import {number}")
            there.append("import 3")
        for kind, name, when, chosen, dated in acts:
            thing = there[chosen % len(there)]
            if kind in ("react", "withdraw"):
                intranet.act(kind, name, when, thing, dated=dated > 0 or kind == "withdraw")
            else:
                there.append(f"{kind} {len(there)}")
                begins = kind == "message" and chosen % 2
                on = None if begins else thing
                intranet.act(kind, name, when, there[-1], on=on, content_type="comment")
        intranet.observations += [("hr", day, 10, number) for day, number in waiting]
        return intranet

    return fill


def share(cell: Cell) -> Any:
    return cell.reason or Fraction(cell.numerator or 0, cell.denominator or 1)


@settings(
    max_examples=settings.default.max_examples * 11 // 100,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(fill=organisations())
def test_statements_and_naive_counting_agree_about_the_network(
    make_intranet: Callable[..., Any], reference: Any, reference_network: Any, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    periods = [one for one in complete_periods(SINCE, UNTIL) if one.window.value != "week"]
    again = reference.Reference(intranet, periods)
    networks = {(p.window.value, p.since): reference_network.Network(again, p) for p in periods}
    with intranet.database() as connection:

        def said(metric: str, key: str = "", scope: str = "organisation") -> dict[Any, Cell]:
            cells = intranet.cells(metric, scope, connection)
            return {place[1:]: cell for place, cell in cells.items() if place[0] == key}

        def compare(metric: str, value: Callable[[Any], Any], why: str = "reason") -> None:
            expected = {
                (*place, ""): getattr(net, why) or value(net) for place, net in networks.items() if net.ties
            }
            found = said(metric)
            assert {place: share(cell) for place, cell in found.items()} == expected, metric
            for place, cell in found.items():
                assert cell.excluded == networks[place[:2]].left_out.total()

        compare("mean_degree", lambda net: Fraction(2 * len(net.ties), len(net.people)))
        compare(
            "network_density",
            lambda net: Fraction(2 * len(net.ties), len(net.people) * (len(net.people) - 1)),
        )
        compare("reciprocity_dyads", lambda net: Fraction(len(net.mutual), 2 * len(net.ties)))
        compare("reciprocity_arcs", lambda net: Fraction(len(net.mutual), len(net.arcs)))
        by_unit = "unit_reason"
        compare(
            "cross_unit_share",
            lambda net: Fraction(sum(map(net.crossing, net.known)), len(net.known)),
            by_unit,
        )
        compare("covered_unit_pairs", lambda net: Fraction(*net.covered()), by_unit)
        compare("ei_index", lambda net: few(net.index()), by_unit)
        compare("ei_expected", lambda net: net.expected(), by_unit)
        compare("ei_rescaled", lambda net: "few_ties" if net.rescaled() is None else net.rescaled(), by_unit)
        compare("contact_diversity", lambda net: Fraction(round(10_000 * net.diversity()), 10_000), by_unit)
        for place, cell in said("unit_modularity").items():
            if cell.reason is None:
                assert float(share(cell)) == pytest.approx(networks[place[:2]].modularity(), abs=1e-12)
        for unit in ("sales", "legal", "it"):
            for place, cell in said("ei_index", unit, "unit").items():
                net = networks[place[:2]]
                assert share(cell) == (net.unit_reason or few(net.index(unit)))
                assert cell.excluded == net.left_out[unit]
        found = said("connection")
        for place, net in networks.items():
            parts = net.connection() if net.ties else None
            for category in ("largest", "smaller", "none"):
                cell = found.get((*place, category))
                if cell is None:
                    # A part nobody's tie is asked for is not given without ties.
                    assert not net.ties
                elif parts is None or net.reason:
                    assert cell.reason == ("no_members" if parts is None else net.reason)
                else:
                    assert (cell.numerator, cell.denominator) == (parts[category], sum(parts.values()))


def few(index: tuple[int, int]) -> Any:
    return Fraction(*index) if index[1] >= 10 else "few_ties"
