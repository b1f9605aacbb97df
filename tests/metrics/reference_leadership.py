"""What leaders do, counted a second time over a plain list of acts, one leader after the other."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

WRITTEN = ("create", "comment", "reply", "edit", "message")
ANSWERS = ("comment", "reply")
FEWEST = 5
DAY = timedelta(days=1)


class Leadership:
    """`again` is the naive hygiene of `reference.Reference`; `fewest` as in the metrics."""

    def __init__(self, again: Any, fewest: int = FEWEST) -> None:
        self.again, self.intranet, self.fewest = again, again.intranet, fewest

    def leaders(self, period: Any) -> set[int]:
        middle = period.since + (period.until - period.since) // 2
        found = set()
        acting = {
            entry.person
            for entry in [*self.again.acts, *(e for e in self.again.done if e.kind == "view")]
            if period.since <= entry.day < period.until and self.again._counts(entry)
        }
        for person, level in self.intranet.leaders.items():
            if person not in self.intranet.people or level > 2:
                continue
            _, kind, active = self.again.held(person, middle)
            if kind == "human" and (active or person in acting):
                found.add(person)
        return found

    def inside(self, period: Any, leaders: set[int], counting: bool = True) -> list[Any]:
        return [
            entry
            for entry in self.again.acts
            if period.since <= entry.day < period.until
            and entry.person in leaders
            and self.again._counts(entry) == counting
        ]

    def parts(self, period: Any) -> dict[str, Any] | None:
        leaders = self.leaders(period)
        if not leaders:
            return None
        acts = self.inside(period, leaders)
        excluded = len(self.inside(period, leaders, counting=False))
        answering = {entry.person for entry in acts if entry.kind in ANSWERS}
        writing = {entry.person for entry in acts if entry.kind in WRITTEN}
        sizes = {
            "": len(writing),
            "answering": len(answering),
            "publishing": len(writing - answering),
            "silent": len(leaders - writing),
        }
        return {name: (size, len(leaders), len(leaders), size, excluded) for name, size in sizes.items()}

    def units(self, period: Any) -> Any:
        leaders = self.leaders(period)
        if not leaders:
            return None
        middle = period.since + (period.until - period.since) // 2
        writing = {entry.person for entry in self.inside(period, leaders) if entry.kind in WRITTEN}
        units: dict[str, bool] = {}
        for leader in leaders:
            unit = self.again.unit(leader, middle)
            if unit is not None:
                units[unit] = units.get(unit, False) or leader in writing
        homeless = sum(self.again.unit(leader, middle) is None for leader in leaders)
        if not units:
            return "units_unknown", homeless
        active = sum(units.values())
        return active, len(units), len(units), active, homeless

    def replies(self, period: Any) -> Any:
        leaders = self.leaders(period)
        if not leaders:
            return None
        said = [
            entry
            for counting in (True, False)
            for entry in self.inside(period, leaders, counting)
            if entry.kind in ANSWERS or (entry.kind == "create" and entry.content_type == "post")
        ]
        counted = [entry for entry in said if self.again._counts(entry)]
        excluded = len(said) - len(counted)
        by_leader: dict[int, list[bool]] = defaultdict(list)
        for entry in counted:
            by_leader[entry.person].append(entry.kind in ANSWERS)
        if len(by_leader) < self.fewest:
            return "few_leaders_wrote", excluded
        replying = sum(any(acts) for acts in by_leader.values())
        posting = sum(not all(acts) for acts in by_leader.values())
        return (
            sum(map(sum, by_leader.values())),
            len(counted),
            len(by_leader),
            min(replying, posting),
            excluded,
        )

    def working(self, first: date, last: date) -> int:
        """Working days of the organisation after `first` up to and with `last`."""
        return self.again.working(first, last)  # type: ignore[no-any-return]

    def posts(self, period: Any) -> tuple[list[Any], int, int]:
        """Posts of a period whose time is up, how many are too young, and how many are left out."""
        posts, young, out = [], 0, 0
        for post in self.again.contents():
            if post.content_type != "post" or not period.since <= post.day < period.until:
                continue
            gone = self.again.deleted(post)
            if self.again.left_out(post) or (
                gone is not None and self.again.working(post.day, gone.day, post.person) <= 7
            ):
                out += 1
            elif self.working(post.day, self.intranet.until) <= 7:
                young += 1
            else:
                posts.append(post)
        return posts, young, out

    def lift(self, period: Any) -> Any:
        leaders = self.leaders(period)
        if not leaders:
            return None
        posts, young, out = self.posts(period)
        strata: dict[tuple[str, int, int], list[tuple[set[int], bool]]] = defaultdict(list)
        for post in posts:
            voices = {
                entry.person for entry in self.again.answers(post) if self.working(post.day, entry.day) <= 7
            }
            led = (voices | {post.person}) & leaders
            strata[post.room, post.day.year, post.day.month].append((led, bool(voices - leaders)))
        if not posts:
            return ("not_old_enough" if young else "no_posts"), out
        if len({leader for stratum in strata.values() for led, _ in stratum for leader in led}) < self.fewest:
            return "few_leaders_wrote", out
        compared = [
            stratum
            for stratum in strata.values()
            if any(led for led, _ in stratum) and not all(led for led, _ in stratum)
        ]
        if not compared:
            return "nothing_to_compare", out
        above = weight = Fraction()
        for stratum in compared:
            with_leader = [answered for led, answered in stratum if led]
            without = [answered for led, answered in stratum if not led]
            difference = Fraction(sum(with_leader), len(with_leader)) - Fraction(sum(without), len(without))
            share = Fraction(len(with_leader) * len(without), len(stratum))
            above, weight = above + difference * share, weight + share
        people = {leader for stratum in compared for led, _ in stratum for leader in led}
        return above / weight, len(people), out
