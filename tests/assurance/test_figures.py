"""Benchmarks that measured before there was a record give their figures, here of small amounts."""

from benchmarks import attack, effects, joining, utility
from benchmarks.assurance.figure import Figure


def test_attacks_tell_what_they_found_after_each_block() -> None:
    found = list(attack.figures(2, block=1))
    assert {one.row for one in found} == {"P1", "P2", "P3"}
    hard = [one for one in found if one.what.endswith(": violations")]
    assert [one.holds for one in hard] == [None] * 7 + [True] * 7
    assert hard[0].value == "0 in 1 of 2 histories (seeds 0 to 0)"
    assert hard[-1].value == "0 in 2 of 2 histories (seeds 0 to 1)"


def test_few_guesses_decide_nothing_and_violations_are_told() -> None:
    report = attack.Report(histories=10)
    report.guesses["somebody joins"] = [attack.Guess(attack=True, blind=True, control=True)] * 99
    assert attack._soft("somebody joins", report, 10).holds is None
    report.guesses["somebody joins"] *= 2
    assert attack._soft("somebody joins", report, 10).holds is True
    report.violations["bounds"] = ["history 3, k = 5: told"]
    figure = attack._hard("P1", "bounds", report, 10)
    assert (figure.holds, figure.value.endswith("history 3, k = 5: told")) == (False, True)


def test_utility_and_effects_tell_shares() -> None:
    (shown,) = utility.figures({(20, 30): 1})
    assert shown == Figure("C5", "20 to 30 people (1 organisations)", "", shown.value, True, 0)
    assert " % of groups of k; " in shown.value
    (held,) = effects.figures(1, effects.SCENARIOS[:1])
    assert (held.row, held.target) == ("C6", "")
    assert held.holds is None or "the 95 % interval holds the effect in" in held.value


def test_what_joining_tells_is_a_figure_of_each_attack_and_the_full_one_gains_most() -> None:
    found = list(joining.figures(150))
    assert len(found) == 20
    assert {one.row for one in found} == {"P2"}
    assert all("exact shares" in one.value for one in found)
    assert joining.within(5.2, 5.6) is False
    assert joining.within(4.8, 5.6) is None
    assert joining.within(4.2, 4.9) is True
