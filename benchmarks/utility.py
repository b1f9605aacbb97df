"""How much is shown of what plain thresholding would show, and which rule hides the rest, by size of the organisation.

Random organisations of office workers: sizes of rooms and units are log-normal, many people of a room come from one unit, few
write and most read. A week and four weeks of each are published, by the code that publishes.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from unittest.mock import patch

import numpy as np

from benchmarks.assurance.figure import Figure
from benchmarks.attacker import Publisher
from benchmarks.histories import MONDAY, Bools, Ints, Period, month
from service.publication import protect
from service.publication.measured import Measured
from service.publication.protect import COMPLEMENTARY, DIFFERENCE, System

K = 10
SIZES = {(20, 80): 40, (200, 200): 15, (500, 500): 8, (2000, 2000): 4, (10_000, 10_000): 1}
"""Least and most people of an organisation, and how many such organisations are drawn."""
PEOPLE_PER_UNIT = 40
PEOPLE_PER_ROOM = 20
"""So many people there are for each room; most belong to several."""
ROOM = 25
"""The median size of a room, in an organisation of enough people."""
SPREAD = {"unit": 0.7, "room": 1.0}
"""Standard deviations of the logarithms of sizes."""
NO_UNIT = 0.03
LEADERS = 0.1
ROLES = np.array([0.08, 0.17, 0.25, 0.5])
"""How many of all create, contribute, react, and do none of these in a week; organisations vary about it."""
PLAIN = ("groups of k", "groups of k, k on each side")
WHY = {
    "audit": "another cell would follow",
    "overlap": "rooms overlap by few",
    "second": "beside a small unit",
    "outside": "a room leaves few outside",
    "other": "one person's, and the like",
}


def organisation(rng: np.random.Generator, people: int) -> tuple[Period, Period]:
    """A week and four weeks of a random organisation."""
    number = max(2, round(people / PEOPLE_PER_UNIT))
    sizes = rng.lognormal(0, SPREAD["unit"], number)
    unit = rng.choice(number, size=people, p=sizes / sizes.sum())
    unit[rng.random(people) < NO_UNIT] = -1
    few = min(max(round(people / PEOPLE_PER_ROOM), 3), 300)
    rooms, leader = rooms_of(rng, unit, few), rng.random(people) < LEADERS
    bent = rng.normal(0, 1, people) + rng.normal(0, 0.5, number + 1)[unit]
    odds = rng.dirichlet(8 * ROLES) * np.exp(np.outer(bent, [1, 1, 1, 0]))
    reached = (odds / odds.sum(axis=1, keepdims=True)).cumsum(axis=1)
    weeks = []
    for number in range(4):
        roles = np.minimum((rng.random((people, 1)) > reached).sum(axis=1), 3)
        posts = np.where(roles < 2, rng.geometric(0.4, people), 0)
        answered = rng.binomial(posts, 0.5)
        since = MONDAY + timedelta(7 * number)
        weeks.append(
            Period("week", since, np.ones(people, bool), roles, posts, answered, unit, rooms, leader)
        )
    return weeks[0], month(weeks)


def rooms_of(rng: np.random.Generator, unit: Ints, number: int) -> Bools:
    """So many rooms of people of these units: person by room."""
    people = len(unit)
    rooms = np.zeros((people, number), bool)
    for room, size in enumerate(rng.lognormal(np.log(min(ROOM, people / 3)), SPREAD["room"], number)):
        home = unit == unit[rng.integers(people)]
        near = rng.beta(2, 2)
        likely = np.where(home, near / home.sum(), (1 - near) / max(1, (~home).sum()))
        members = min(max(round(size), 2), round(0.9 * people), np.count_nonzero(likely))
        rooms[rng.choice(people, members, replace=False, p=likely / likely.sum()), room] = True
    return rooms


@dataclass
class Utility:
    """Cells, and people behind them, of some organisations; shares are of cells and of people."""

    organisations: int = 0
    cells: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Of one core, per period."""

    def add(self, name: str, row: Measured) -> None:
        self.cells[name] += 1
        self.people[name] += row.people or 0

    def share(self, name: str, of: str) -> tuple[float, float]:
        return self.cells[name] / self.cells[of], self.people[name] / self.people[of]


def plain(row: Measured) -> Iterator[str]:
    """Which kinds of plain thresholding would show a cell."""
    people, count = row.people or 0, row.affirming or 0
    if people >= K:
        yield PLAIN[0]
        others = K if row.metric == "response_rate" else people - count
        if min(count, others) >= K:
            yield PLAIN[1]


def measure(least: int, most: int, organisations: int) -> Utility:
    """What is published of organisations of a size, drawn from the seeds 0, 1, 2 ..."""
    found = Utility(organisations)
    for seed in range(organisations):
        rng = np.random.default_rng(seed)
        for period in organisation(rng, int(rng.integers(least, most + 1))):
            _compare(period, found)
    return found


def _compare(period: Period, found: Utility) -> None:
    began = time.process_time()
    published = Publisher(K)(period)
    found.seconds["fewest"].append(time.process_time() - began)
    with patch.object(protect, "fewest", lambda *cells, **bounded: ()):
        began = time.process_time()
        one_by_one = Publisher(K)(period)
        found.seconds["one by one"].append(time.process_time() - began)
    with (
        patch.object(System, "protect", lambda self: None),
        patch.object(System, "verify", lambda self: None),
    ):
        unaudited = Publisher(K)(period)
    outcomes = (published.outcomes, one_by_one.outcomes, unaudited.outcomes)
    for row, out, other, before in zip(published.settled, *outcomes, strict=True):
        thresholds = list(plain(row))
        for name in ("measured", *thresholds):
            found.add(name, row)
        if out.state == "published":
            found.add("published", row)
        elif PLAIN[1] in thresholds:
            found.add("audit" if before.state == "published" else _why(out.reason, row.scope), row)
        if other.state == "published":
            found.add("one by one", row)


def _why(reason: str | None, scope: str) -> str:
    if reason == DIFFERENCE:
        return "overlap"
    if reason == COMPLEMENTARY:
        return "outside" if scope == "room" else "second"
    return "other"


def tell(found: Utility, people: str) -> None:
    """Print the figures of one size."""
    print(
        f"\n{people} people, k = {K}, seeds 0 to {found.organisations - 1}{'':14}{'cells':>8}{'by people':>12}"
    )
    for name in PLAIN:
        print(_line(f"shown, against {name}", *found.share("published", name)))
    print(_line(f"one by one, against {PLAIN[1]}", *found.share("one by one", PLAIN[1])))
    for name, words in WHY.items():
        if found.cells[name]:
            print(_line(f"hidden since {words}", *found.share(name, PLAIN[1])))
    for name, seconds in found.seconds.items():
        print(f"seconds per period, {name:28}{np.mean(seconds):>8.2f}, at most {max(seconds):.2f}")


def _line(name: str, cells: float, people: float) -> str:
    return f"{name:52}{cells:>8.3f}{people:>12.3f}"


def figures(sizes: Mapping[tuple[int, int], int] = SIZES) -> Iterator[Figure]:
    """The shares of each size of organisation; `sizes` tells how many are drawn from the least to the most people."""
    for (least, most), organisations in sizes.items():
        people = f"{least:,}" if least == most else f"{least} to {most}"
        found = measure(least, most, organisations)
        shown = [_both(*found.share("published", name)) for name in PLAIN]
        before = _both(*found.share("one by one", PLAIN[1]))
        why = ", ".join(
            f"{words} {found.share(name, PLAIN[1])[0]:.0%}"
            for name, words in WHY.items()
            if found.cells[name]
        )
        seconds = {name: float(np.mean(each)) for name, each in found.seconds.items()}
        yield Figure(
            "C5",
            f"{people} people ({organisations} organisations)",
            "",
            f"of cells and of people behind them: {shown[0]} of groups of k; {shown[1]} of k on each side ({before} where hidden one by one); "
            f"hidden since {why}; {seconds['fewest']:.2g} s per period ({seconds['one by one']:.2g} one by one)",
            True,
            0,
        )


def _both(cells: float, people: float) -> str:
    return f"{100 * cells:.0f} %, {100 * people:.0f} %"


def main(*, quick: bool) -> None:
    """Print the table of all sizes, or of few small organisations."""
    for (least, most), organisations in SIZES.items():
        if quick and most > 500:
            continue
        people = f"{least}" if least == most else f"{least} to {most}"
        tell(measure(least, most, max(2, organisations // 4) if quick else organisations), people)
