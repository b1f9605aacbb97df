"""The attacks of `python -m benchmarks attack` on a few random organisations; and that they find what is not protected."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import attack, joining
from benchmarks.attacker import (
    Publisher,
    Reconstruction,
    bounds_tell,
    place,
    told_apart,
    too_alike,
    too_few,
)
from benchmarks.histories import History, Period, draw
from service.publication.measured import Outcome
from service.publication.protect import System
from service.publication.rounding import told_alike, told_share

HISTORIES = 8


def history(seed: int) -> History:
    return draw(np.random.default_rng(seed))


@pytest.fixture(scope="module")
def report() -> attack.Report:
    return attack.run(HISTORIES)


@pytest.mark.parametrize(
    "kind",
    [
        "small groups", "overlapping groups", "bounds", "linear reconstruction", "intervals",
        "differences over time", "repeated queries",
    ],
)  # fmt: skip
def test_nothing_about_a_few_people_follows_from_all_that_is_published(
    report: attack.Report, kind: str
) -> None:
    assert report.histories == HISTORIES
    assert report.violations[kind] == []


@pytest.mark.parametrize("seed", [6807, 9326, 9957])
def test_what_a_long_run_once_found_is_found_no_more(seed: int) -> None:
    assert list(attack.hard(history(seed), attack.Report(), np.random.default_rng(seed))) == []


def test_enough_is_published_to_attack_at_all(report: attack.Report) -> None:
    assert report.cells["published"] > 300
    assert report.cells["published"] > 0.3 * report.cells["groups of k, k on each side"]


def test_erasing_somebody_tells_nothing_of_what_they_did() -> None:
    guesses = [guess for seed in range(100, 130) for guess in _erased(seed)]
    assert len(guesses) >= 3
    assert all(guess.attack == guess.blind for guess in guesses)
    assert not all(guess.blind for guess in guesses)


def _erased(seed: int) -> list[attack.Guess]:
    found, report = history(seed), attack.Report()
    if found.erased is None:
        return []
    publisher = Publisher(found.k)
    states = [found.weeks[0], found.corrections[0]["week"]]
    attack._guess_erased(found, [publisher(state) for state in states], report)
    return report.guesses["somebody is erased"]


def corrected(seed: int, *, remembers: bool) -> tuple[History, list[str], list[str]]:
    """A history, its differences over time and its linear reconstructions."""
    found = history(seed)
    publisher = Publisher(found.k, remembers)
    published = [publisher(state) for state in (found.weeks[0], *(one["week"] for one in found.corrections))]
    apart = [*told_apart(*published[:2], found.k), *told_apart(*published[1:], found.k)]
    return found, apart, Reconstruction(published, found.k).violations()


def test_a_publisher_that_forgets_what_it_published_is_caught_by_differences_over_time() -> None:
    caught = [corrected(seed, remembers=False) for seed in range(6)]
    assert sum(bool(apart) for _, apart, _ in caught) >= 2
    assert sum(bool(linear) for _, _, linear in caught) >= 2
    assert not any(apart or linear for _, apart, linear in (corrected(n, remembers=True) for n in range(6)))


def test_a_publisher_that_hides_only_what_is_small_is_caught_by_linear_reconstruction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(System, "protect", lambda self: None)
    monkeypatch.setattr(System, "verify", lambda self: None)
    found = [corrected(seed, remembers=True)[2] for seed in range(8)]
    assert sum(map(bool, found)) >= 6


def everything(period: Period, k: int) -> attack.Published:
    """What somebody would see who is shown all there is."""
    published = Publisher(k)(period)
    told = [
        Outcome("published", value=(row.numerator or 0) / (row.denominator or 1)) for row in published.settled
    ]
    return replace(published, outcomes=told)


def test_showing_everything_is_caught_by_every_attack_on_one_publication() -> None:
    drawn = [history(seed) for seed in range(6)]
    shown = [(everything(one.weeks[0], one.k), one.k) for one in drawn]
    assert all(too_few(published, k) for published, k in shown)
    assert any(too_alike(published, k) for published, k in shown)
    assert all(Reconstruction([published], k).violations() for published, k in shown)


def test_a_bound_that_depends_on_the_count_is_caught() -> None:
    found = history(1)
    published = Publisher(found.k)(found.weeks[0])
    hidden = [
        replace(out, high=1 / row.people)
        if out.reason == "homogeneity" and out.low == 0 and row.people
        else out
        for row, out in zip(published.settled, published.outcomes, strict=True)
    ]
    assert bounds_tell(published, found.k) == []
    assert bounds_tell(replace(published, outcomes=hidden), found.k)


def test_a_share_of_a_joined_group_moves_in_steps_of_k_people() -> None:
    """Two neighbouring weeks tell of nobody or of k people, however few came or were active in between."""
    moved = 0
    for seed in range(7, 12):
        found, before = history(seed), {}
        for week in found.weeks:
            published = Publisher(found.k, before=before)(week)
            for row, out in published.shown():
                told = before.get(place(row), -1.0)
                if row.metric == "active_share" and 0 <= told <= 1 and out.value != told:
                    people = row.people or 0
                    assert abs((row.affirming or 0) - told * people) >= found.k
                    moved += 1
            before = published.told()
    assert moved


def test_who_joins_a_group_is_hardly_better_known_than_by_a_blind_guess() -> None:
    steady = joining.gain(4, 2500)
    assert steady.guesses > 1000
    assert steady.told.gain <= joining.ALLOWED
    assert steady.full.gain <= joining.ALLOWED
    # The same attack on exact shares: rounding is what protects here.
    assert steady.exact.gain > steady.told.gain + 3


def test_a_year_of_weeks_tells_hardly_more_and_would_if_each_were_told_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What tells is a border that a group crosses again and again (`docs/decisions/0010`)."""
    published = joining.gain(52, 1500)
    assert published.guesses > 700
    assert published.full.gain <= joining.ALLOWED
    monkeypatch.setattr(
        joining, "told_share", lambda count, people, k, step, _: told_share(count, people, k, step)
    )
    monkeypatch.setattr(
        joining, "told_alike", lambda count, people, k, step, _: told_alike(count, people, k, step)
    )
    each = joining.gain(52, 1500)
    assert each.full.gain > joining.ALLOWED
    assert each.full.low > published.full.gain
