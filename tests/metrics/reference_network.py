"""The network once more, counted naively from the log: plain Python, with networkx where a statistic is not a count."""

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import combinations
from typing import Any

import networkx as nx

AUTHORED = ("create", "comment", "reply", "message")
ANSWERS = ("react", "comment", "reply", "message")


class Network:
    """Of one period; `again` is `reference.Reference`, which knows who and what counts."""

    def __init__(self, again: Any, period: Any) -> None:
        self.again, self.period = again, period
        self.middle = period.since + (period.until - period.since) // 2
        self.left_out: Counter[str | None] = Counter()
        self.arcs: set[tuple[int, int]] = set()
        authors: dict[int, Any] = {}
        for entry in sorted(again.acts, key=lambda entry: (entry.happened, entry.key)):
            if entry.kind in AUTHORED:
                authors.setdefault(entry.object, entry)
        for entry in again.acts:
            if entry.kind not in ANSWERS or not period.since <= entry.day < period.until:
                continue
            target = entry.object if entry.kind == "react" else entry.parent or entry.thread
            if entry.kind == "message" and target == entry.object:
                continue
            author = authors.get(target)
            if author is None or not again._counts(entry) or not self._human(author):
                self.left_out[again.unit(entry.person, entry.day)] += 1
            elif author.person != entry.person:
                self.arcs.add((entry.person, author.person))
        self.ties = {tuple(sorted(arc)) for arc in self.arcs}
        self.contacts: dict[int, set[int]] = defaultdict(set)
        for one, other in self.ties:
            self.contacts[one].add(other)
            self.contacts[other].add(one)
        self.people = set(self.contacts)

    def _human(self, author: Any) -> bool:
        return self.again.kind(author.person, author.day) == "human" and author.key not in self.again.bulk

    def unit(self, person: int) -> str | None:
        return self.again.unit(person, self.middle)

    @property
    def reason(self) -> str | None:
        """Why nothing can be said about ties."""
        inside = [
            (contents, waiting)
            for _, day, contents, waiting in self.again.intranet.observations
            if self.period.since <= day < self.period.until
        ]
        if sum(waiting for _, waiting in inside) * 10 > sum(contents for contents, _ in inside):
            return "reactions_not_observed"
        undecided = self._undecided() - self.people
        return "undated_reactions" if 10 * len(undecided) > len(self.people | undecided) else None

    def _undecided(self) -> set[int]:
        """Humans of whom only a reaction without its day can fall in the period, by all that was ever seen."""
        again, log = self.again, self.again.intranet.log
        return {
            entry.person
            for entry in log
            if entry.kind == "react" and entry.day >= self.period.since
            if again.kind(entry.person, entry.day) == "human" and not again._placed(entry, log)
            if (again._earliest(entry, log) or self.period.since) < self.period.until
            if again._stands(entry, log)
        }

    @property
    def unit_reason(self) -> str | None:
        """Why nothing can be said about ties between units."""
        nowhere = sum(self.unit(person) is None for person in self.people)
        if self.reason or 10 * nowhere > len(self.people):
            return self.reason or "units_unknown"
        if len({self.unit(person) for person in self.people} - {None}) < 2:
            return "one_unit"
        return None if self.known else "no_ties"

    @property
    def known(self) -> set[tuple[int, int]]:
        """Ties between people of known units."""
        return {tie for tie in self.ties if None not in map(self.unit, tie)}

    def crossing(self, tie: tuple[int, int]) -> bool:
        return self.unit(tie[0]) != self.unit(tie[1])

    @property
    def mutual(self) -> set[tuple[int, int]]:
        return {arc for arc in self.arcs if arc[::-1] in self.arcs}

    def index(self, unit: str | None = None) -> tuple[int, int]:
        """External minus internal ties, and how many there are; of the people of a unit, or all."""
        mine = [tie for tie in self.known if unit in (None, *map(self.unit, tie))]
        external = sum(map(self.crossing, mine))
        return 2 * external - len(mine), len(mine)

    def expected(self) -> Fraction:
        """By counting all pairs of people of known units."""
        placed = [person for person in self.people if self.unit(person) is not None]
        pairs = list(combinations(placed, 2))
        return Fraction(2 * sum(map(self.crossing, pairs)) - len(pairs), len(pairs))

    def rescaled(self) -> Fraction | None:
        placed = [person for person in self.people if self.unit(person) is not None]
        possible = Counter(self.crossing(pair) for pair in combinations(placed, 2))
        there = Counter(map(self.crossing, self.known))
        if not possible[False]:
            return None
        outer, inner = (Fraction(there[across], possible[across]) for across in (True, False))
        return (outer - inner) / (outer + inner)

    def covered(self) -> tuple[int, int]:
        inside = [
            entry
            for entry in self.again.acts
            if self.again._counts(entry) and self.period.since <= entry.day < self.period.until
        ]
        population = {person for _, person in self.again.entitled("organisation", self.period)}
        population |= {entry.person for entry in inside} | self.people
        units = {self.unit(person) for person in population} - {None}
        pairs = Counter(frozenset(map(self.unit, tie)) for tie in self.known if self.crossing(tie))
        return sum(number >= 3 for number in pairs.values()), len(list(combinations(units, 2)))

    def diversity(self) -> Fraction:
        shares = []
        for person in self.people:
            units = [self.unit(other) for other in self.contacts[person]]
            units = [unit for unit in units if unit is not None]
            if self.unit(person) is not None and units:
                shares.append(Fraction(sum(unit != self.unit(person) for unit in units), len(units)))
        return sum(shares, Fraction()) / len(shares)

    def modularity(self) -> float:
        graph = nx.Graph(self.known)
        groups = defaultdict(set)
        for person in graph:
            groups[self.unit(person)].add(person)
        return float(nx.community.modularity(graph, groups.values(), weight=None))

    def connection(self) -> dict[str, int] | None:
        """How many of the population are in the largest component, in others, in none; None without a population."""
        acted = {
            entry.person
            for entry in self.again.acts
            if self.again._counts(entry) and self.period.since <= entry.day < self.period.until
        }
        accounts = {person for _, person in self.again.entitled("organisation", self.period)}
        if self.again.intranet.workforce is None and not accounts:
            return None
        inside = self.people & (acted | accounts)
        graph = nx.Graph(self.ties)
        largest = min(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
        return {
            "largest": len(inside & largest),
            "smaller": len(inside - largest),
            "none": max(self.again.everybody(self.period), len(inside)) - len(inside),
        }
