"""Does anything about a few people follow from all that is published? Attacks on random small organisations.

`python -m benchmarks attack --histories 10000` runs what the tests run on a few histories. Hard attacks are given the exact
counts of all shown cells, and may find nothing at all. Soft attacks guess what one person did from what was told, and are
compared with a blind guess and, to show that they can, with the same attack on unrounded counts that are published anew at
each correction.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import log, sqrt

import numpy as np

from benchmarks import joining
from benchmarks.assurance.figure import Figure
from benchmarks.attacker import (
    Cell,
    Published,
    Publisher,
    Reconstruction,
    bounds_tell,
    told_apart,
    too_alike,
    too_few,
)
from benchmarks.histories import ALL, JOINED, WEEKS, History, draw
from service.publication.measured import Scope

PINNED = 0.99


@dataclass(frozen=True)
class Guess:
    """One person: whether the attack, a blind guess, and the attack on unprotected counts were right."""

    attack: bool
    blind: bool
    control: bool


@dataclass
class Report:
    """What was found in some histories."""

    histories: int = 0
    violations: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    guesses: dict[str, list[Guess]] = field(default_factory=lambda: defaultdict(list))
    cells: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    errors: list[float] = field(default_factory=list)
    """How far shown shares are rounded from the true ones, in points."""
    seconds: float = 0.0

    def add(self, other: "Report") -> None:
        """Take in what was found in other histories."""
        self.histories += other.histories
        self.seconds += other.seconds
        self.errors += other.errors
        self.cells += other.cells
        self.people += other.people
        for name, found in other.violations.items():
            self.violations[name] += found
        for name, guesses in other.guesses.items():
            self.guesses[name] += guesses

    def gain(self, name: str, *, control: bool = False) -> tuple[float, float, float]:
        """Points over a blind guess, and the ends of its 95 % interval."""
        found = [(guess.control if control else guess.attack) - guess.blind for guess in self.guesses[name]]
        points = 100 * np.array(found, dtype=float)
        middle, half = float(points.mean()), 1.96 * float(points.std(ddof=1)) / sqrt(len(points))
        return middle, middle - half, middle + half


def run(histories: int, *, start: int = 0) -> Report:
    """Attack so many histories, drawn from the seeds that follow `start`."""
    report, began = Report(), time.process_time()
    for seed in range(start, start + histories):
        rng = np.random.default_rng(seed)
        history = draw(rng)
        report.histories += 1
        weeks: list[Published] = []
        for week in history.weeks:
            weeks.append(Publisher(history.k, before=weeks[-1].told() if weeks else {})(week))
        for name, what in hard(history, report, rng):
            report.violations[name].append(f"history {seed}, k = {history.k}: {what}")
        for published in weeks:
            for name, what in _single(published, history.k):
                report.violations[name].append(f"history {seed}, k = {history.k}: {what}")
            count(published, history.k, report)
        _guess_joined(history, weeks, report)
    report.seconds = time.process_time() - began
    return report


def hard(history: History, report: Report, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """What follows about few people from a week and four weeks, each published and corrected twice.

    The week is told as if the last one of the history had been told before it.
    """
    before: Mapping[Cell, float] = Publisher(history.k)(history.weeks[-1]).told()
    past: Mapping[Cell, float]
    for window, first, past in (("week", history.weeks[0], before), ("days28", history.months[0], {})):
        publisher = Publisher(history.k, before=past)
        published = [publisher(state) for state in (first, *(later[window] for later in history.corrections))]
        for one in published:
            yield from _single(one, history.k)
        for earlier, later in combinations(published, 2):
            yield from (("differences over time", what) for what in told_apart(earlier, later, history.k))
        reconstruction = Reconstruction(published, history.k)
        yield from (("linear reconstruction", what) for what in reconstruction.violations())
        width = reconstruction.narrowest(rng)
        if width is not None and width < PINNED:
            yield "intervals", f"a count of few people is known within {width:.2f}"
        again = Publisher(history.k, before=past)(first)
        if list(again.outcomes) != list(published[0].outcomes):
            yield "repeated queries", "the same counts were published in another way"
        if window == "week":
            _guess_erased(history, published, report)


def _single(published: Published, k: int) -> Iterator[tuple[str, str]]:
    yield from (("small groups", what) for what in too_few(published, k))
    yield from (("overlapping groups", what) for what in too_alike(published, k))
    yield from (("bounds", what) for what in bounds_tell(published, k))


def _odds(share: float) -> float:
    share = min(max(share, 0.01), 0.99)
    return log(share / (1 - share))


def _guess_joined(history: History, weeks: Sequence[Published], report: Report) -> None:
    """Was somebody active who joined a group, in their first week, and in most weeks since?"""
    scope, person = history.joined.scope, history.joined.person
    if scope == ALL:
        return
    groups = [week.groups()[scope] for week in history.weeks]
    sizes = [int(members.sum()) for members in groups]
    exact = {
        number: float((week.active & groups[number]).sum())
        for number, week in enumerate(history.weeks)
        if weeks[number].value("active_share", scope) is not None
    }
    # Who belongs to a group is no secret, so from a share follows a count.
    told = {
        number: sizes[number] * float(weeks[number].value("active_share", scope) or 0) for number in exact
    }
    others = history.habits[groups[0]]
    noise = 2 * float((others * (1 - others)).sum()) + 0.01
    # What is told stays until the count is k people away.
    blur = history.k**2 / 3
    active = [bool(week.active[person]) for week in history.weeks]

    def guess(
        counts: dict[int, float], before: list[int], after: list[int], rounding: float
    ) -> tuple[bool, bool]:
        prior = _odds(float(np.mean([counts[number] / sizes[number] for number in (*before, *after)])))
        change = float(np.mean([counts[n] for n in after]) - np.mean([counts[n] for n in before]))
        weight = noise * (1 / len(before) + 1 / len(after)) / 2 + rounding
        return prior + (change - 0.5) / weight > 0, prior > 0

    spans = {
        "somebody joins: the first week": ([JOINED - 1], [JOINED], active[JOINED]),
        "somebody joins: four weeks before and after": (
            list(range(JOINED)),
            list(range(JOINED, WEEKS)),
            2 * sum(active[JOINED:]) >= WEEKS - JOINED,
        ),
    }
    for name, (before, after, truth) in spans.items():
        shown = [[number for number in side if number in exact] for side in (before, after)]
        if not all(shown):
            continue
        found, blind = guess(told, shown[0], shown[1], blur / len(shown[1]))
        control, _ = guess(exact, shown[0], shown[1], 0.0)
        report.guesses[name].append(Guess(found == truth, blind == truth, control == truth))


def _guess_erased(history: History, published: Sequence[Published], report: Report) -> None:
    """Was somebody active who was erased between two publications of one week?"""
    if history.erased is None:
        return
    person, first = history.erased, history.weeks[0]
    truth = bool(first.active[person])
    prior = published[0].value("active_share", ALL)
    blind = (0.5 if prior is None else prior) > 0.5
    found = blind
    scopes: list[Scope] = [scope for scope, members in first.groups().items() if members[person]]
    for scope in scopes:
        before, after = (one.value("active_share", scope) for one in published[:2])
        if before is not None and after is not None and before != after:
            # Without somebody active the share falls.
            found = after < before
            break
    report.guesses["somebody is erased"].append(Guess(found == truth, blind == truth, control=True))


def count(published: Published, k: int, report: Report) -> None:
    """How much is shown, beside what two kinds of plain thresholding would show."""
    for row, out in zip(published.settled, published.outcomes, strict=True):
        people = row.people or 0
        sides = (row.affirming or 0, people - (row.affirming or 0) if row.metric != "response_rate" else k)
        shown = {
            "measured": True,
            "groups of k": people >= k,
            "groups of k, k on each side": people >= k and min(sides) >= k,
            "published": out.state == "published",
        }
        for name, holds in shown.items():
            report.cells[name] += holds
            report.people[name] += people * holds
        if out.value is not None and row.metric != "response_rate":
            report.errors.append(100 * abs(out.value - (row.affirming or 0) / people))


def tell(report: Report) -> None:
    """Print a report."""
    print(f"\n{report.histories} histories of 20 to 80 people, {report.seconds:.0f} s of one core")
    print(f"\n{'violations of k':44}{'found':>8}")
    for name in ("small groups", "overlapping groups", "bounds", "linear reconstruction", "intervals",
                 "differences over time", "repeated queries"):  # fmt: skip
        print(f"{name:44}{len(report.violations[name]):>8}")
    print(
        f"\n{'points over a blind guess':44}{'gain':>8}{'95 % interval':>18}{'unprotected':>14}{'guesses':>10}"
    )
    for name, guesses in report.guesses.items():
        middle, low, high = report.gain(name)
        unprotected, _, _ = report.gain(name, control=True)
        interval = f"{low:.1f} to {high:.1f}"
        print(f"{name:44}{middle:>8.1f}{interval:>18}{unprotected:>14.1f}{len(guesses):>10}")
    print(f"\n{'still shown, against':44}{'cells':>8}{'by people':>12}")
    for name in ("measured", "groups of k", "groups of k, k on each side"):
        by_cells = report.cells["published"] / report.cells[name]
        print(f"{name:44}{by_cells:>8.2f}{report.people['published'] / report.people[name]:>12.2f}")
    print(f"\nshown shares are rounded by {np.mean(report.errors):.1f} points on average")
    for name, found in report.violations.items():
        for what in found[:5]:
            print(f"VIOLATION, {name}: {what}")


PROMISED = {
    "P1": ("small groups", "overlapping groups", "bounds", "repeated queries"),
    "P2": ("differences over time",),
    "P3": ("linear reconstruction", "intervals"),
}
"""Which attacks belong to which promise."""


def figures(histories: int = 10_000, *, block: int = 500) -> Iterator[Figure]:
    """What the attacks find in so many histories, told anew after each block of them."""
    report = Report()
    while report.histories < histories:
        report.add(run(min(block, histories - report.histories), start=report.histories))
        for row, names in PROMISED.items():
            yield from (_hard(row, name, report, histories) for name in names)
        yield from (_soft(name, report, histories) for name in report.guesses)


def _hard(row: str, name: str, report: Report, wanted: int) -> Figure:
    found = report.violations[name]
    value = (
        f"{len(found)} in {report.histories:,} of {wanted:,} histories (seeds 0 to {report.histories - 1:,})"
    )
    if found:
        value += f": {found[0]}"
    holds = False if found else report.histories >= wanted or None
    return Figure(row, f"{name}: violations", "0", value, holds, 0)


def _soft(name: str, report: Report, wanted: int) -> Figure:
    number = len(report.guesses[name])
    what, target = f"points over a blind guess: {name}", f"at most {joining.ALLOWED:g}"
    if number < joining.FEW:
        return Figure(
            "P2", what, target, f"{number} guesses in {report.histories:,} histories: too few", None, 0
        )
    middle, low, high = report.gain(name)
    control, _, _ = report.gain(name, control=True)
    value = f"{middle:.1f} (95 %: {low:.1f} to {high:.1f}; {number:,} guesses); unprotected {control:.1f}"
    holds = joining.within(low, high)
    return Figure(
        "P2", what, target, value, holds if report.histories >= wanted or holds is False else None, 0
    )


def main(histories: int) -> int:
    """Attack so many histories and print what was found; the number of violations."""
    report = run(histories)
    tell(report)
    joining.tell(5 * histories)
    too_much = sum(report.gain(name)[1] > joining.ALLOWED for name in report.guesses)
    return sum(map(len, report.violations.values())) + too_much
