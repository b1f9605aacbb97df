"""The metrics of taking part once more, from the entries that count: plain sets of people and days."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

DAY = timedelta(days=1)
WORDS = ("create", "comment", "reply", "edit", "message")


class Participation:
    """`again` is the naive reading of the same intranet: who counts, who is entitled, who can have reacted."""

    def __init__(self, again: Any) -> None:
        self.again = again
        self.organisation = again.participation("organisation")
        self.periods = [period for period in again.periods if period.window.value == "days28"]
        self.counted = [entry for entry in again.acts if again._counts(entry)]
        self.seen = [entry for entry in again.done if entry.kind == "view" and again._counts(entry)]
        self.first = min((entry.day for entry in self.counted), default=None)

    def peopled(self) -> list[Any]:
        """The periods in which there is anybody."""
        return [period for period in self.periods if ("", "days28", period.since) in self.organisation]

    def active(self, since: date, until: date) -> dict[int, set[date]]:
        """Each person who did something in the days, and when."""
        found: dict[int, set[date]] = defaultdict(set)
        for entry in self.counted:
            if since <= entry.day < until:
                found[entry.person].add(entry.day)
        return found

    def doubt(self, since: date, until: date, sure: set[int]) -> str | None:
        made = [o for o in self.again.intranet.observations if since <= o[1] < until]
        if 10 * sum(o[3] for o in made) > sum(o[2] for o in made):
            return "reactions_not_observed"
        undecided = self.undecided(since, until) - sure
        return "undated_reactions" if 10 * len(undecided) > len(sure | undecided) else None

    def undecided(self, since: date, until: date) -> set[int]:
        return self.again.undecided("organisation", SimpleNamespace(since=since, until=until), {})[""]

    def excluded(self, since: date, until: date) -> int:
        return sum(since <= e.day < until and not self.again._counts(e) for e in self.again.acts)

    def whole(self, period: Any) -> tuple[Any, ...] | None:
        return self.organisation["", "days28", period.since]

    def stickiness(self, weekly: bool) -> dict[date, Any]:
        found = {}
        for period in self.peopled():
            days = self.active(period.since, period.until)
            excluded = self.excluded(period.since, period.until)
            doubt = self.doubt(period.since, period.until, set(days))
            span = [period.since + DAY * n for n in range(28)]
            working = [day for day in span if self.again.working(day - DAY, day)]
            if weekly:
                times = [len({(day - period.since).days // 7 for day in mine}) for mine in days.values()]
            else:
                times = [len(mine & set(working)) for mine in days.values()]
            length = 4 if weekly else len(working)
            why = doubt or (None if days else "nobody_active")
            present = sum(time > 0 for time in times)
            found[period.since] = (
                (why, excluded) if why else (sum(times), length * len(days), len(days), present, excluded)
            )
        return found

    def regularity(self) -> dict[date, Any]:
        found = {}
        for period in self.peopled():
            since = period.until - 84 * DAY
            days = self.active(since, period.until)
            habit = {who for who, mine in days.items() if len({(day - since).days // 7 for day in mine}) >= 9}
            excluded, whole = self.excluded(since, period.until), self.whole(period)
            if self.first is None or self.first > since:
                found[period.since] = ("not_enough_history", excluded)
            elif len(whole) == 2:
                found[period.since] = (whole[0], excluded)
            elif doubt := self.doubt(since, period.until, habit):
                found[period.since] = (doubt, excluded)
            else:
                found[period.since] = (len(habit), whole[3], whole[3], len(habit), excluded)
        return found

    def health(self) -> dict[date, Any]:
        found = {}
        for period in self.peopled():
            since = period.until - 364 * DAY
            year, now = set(self.active(since, period.until)), set(self.active(period.since, period.until))
            excluded = self.excluded(since, period.until)
            why = self.doubt(period.since, period.until, now) or self.doubt(since, period.until, year)
            if self.first is None or self.first > since:
                why = "not_enough_history"
            elif why is None and not year:
                why = "nobody_active"
            found[period.since] = (
                (why, excluded) if why else (len(now), len(year), len(year), len(now), excluded)
            )
        return found

    def new_voices(self) -> dict[date, Any]:
        found, first = {}, {}
        words = [entry for entry in self.counted if entry.kind in WORDS]
        for entry in words:
            first[entry.person] = min(entry.day, first.get(entry.person, entry.day))
        for period in self.peopled():
            inside = {entry.person for entry in words if period.since <= entry.day < period.until}
            new = {who for who in inside if first[who] >= period.since}
            excluded = self.excluded(period.since, period.until)
            if self.first is None or self.first > period.since - 84 * DAY:
                found[period.since] = ("not_enough_history", excluded)
            elif not inside:
                found[period.since] = ("no_contributors", excluded)
            else:
                found[period.since] = (len(new), len(inside), len(inside), len(new), excluded)
        return found

    def starts(self) -> dict[int, tuple[date, date]]:
        """Each person: the day by which they had started, and the first on which they can have."""
        found: dict[int, tuple[date, date]] = {}

        def widen(who: int, day: date, earliest: date) -> None:
            before = found.get(who, (day, earliest))
            found[who] = (min(before[0], day), min(before[1], earliest))

        for entry in self.counted:
            widen(entry.person, entry.day, entry.day)
        log = self.again.everything
        for entry in log:
            unplaced = entry.kind == "react" and not self.again._placed(entry, log)
            if (
                unplaced
                and self.again.kind(entry.person, entry.day) == "human"
                and self.again._stands(entry, log)
            ):
                widen(entry.person, entry.day, self.again._earliest(entry, log) or date.min)
        return found

    def retention(self, windows: int) -> dict[date, Any]:
        found = {}
        for period in self.periods:
            begin, end = period.since - 28 * windows * DAY, period.since - 28 * (windows - 1) * DAY
            now = set(self.active(period.since, period.until))
            open_ = self.undecided(period.since, period.until)
            population = now | self.again.accounts(period)
            population |= {e.person for e in self.seen if period.since <= e.day < period.until}
            maybe = {who for who, (day, early) in self.starts().items() if day >= begin and early < end}
            sure = {who for who in maybe if self.starts()[who][0] < end and self.starts()[who][1] >= begin}
            there = {who for who in sure if who in population or who not in self.again.intranet.people}
            unplaced, unseen = maybe - sure, (there - now) & open_
            excluded = len(sure - there) + len(unplaced)
            if self.first is None or self.first > begin - 84 * DAY:
                found[period.since] = ("not_enough_history", excluded)
            elif 10 * len(unplaced | unseen) > len(there) + len(unplaced):
                found[period.since] = ("undated_reactions", excluded)
            elif not there:
                found[period.since] = ("no_starters", excluded)
            else:
                back = len(there & now)
                found[period.since] = (back, len(there), len(there), back, excluded)
        return found

    def presence(self, scope: str) -> dict[Any, Any]:
        """Taking part, only reading, and neither; with why the second and third, and the first two, are not known."""
        found = {}
        rooms = {entry.object: entry.room for entry in self.again.log}
        first: dict[str, date] = {}
        for entry in self.seen:
            first[entry.room] = min(entry.day, first.get(entry.room, entry.day))
        views = self.again.views()
        for period in self.periods:
            inside = [e for e in self.counted if period.since <= e.day < period.until]
            looks = [e for e in self.seen if period.since <= e.day < period.until]
            known = {room for room, day in first.items() if day < period.until}
            begun = bool(looks) and min(first.values()) <= period.since
            shown = [(rooms[o], n) for (o, day), n in views.items() if period.since <= day < period.until]
            covered = 10 * sum(e.room not in known for e in inside) <= len(inside) and 10 * sum(
                n for room, n in shown if room not in known
            ) <= sum(n for _, n in shown)
            for (key, _, since), said in self.again.participation(scope).items():
                if since != period.since or len(said) == 2:
                    continue
                watched = begun and (key in known if scope == "room" else covered)
                where = [
                    e for e in [*inside, *looks] if key in self.again.keys(scope, e.room, e.person, e.day)
                ]
                reached = len({e.person for e in where})
                nobody = [
                    e
                    for e in self.again.done
                    if e.kind == "view" and not self.again._counts(e) and period.since <= e.day < period.until
                    if key in self.again.keys(scope, e.room, e.person, e.day)
                ]
                active, population, excluded, unsure = said[0], said[3], said[4] + len(nobody), said[5]
                unseen = None if watched else "no_viewer_data"
                parts = (
                    (active, unseen or unsure),
                    (reached - active, unseen or unsure),
                    (population - reached, unseen),
                )
                found[key, since] = [
                    (why, excluded) if why else (number, population, population, number, excluded)
                    for number, why in (*parts, (reached, unseen))
                ]
        return found

    def amounts(self, period: Any) -> list[int]:
        """How much each contributor wrote."""
        inside = [e for e in self.counted if e.kind in WORDS and period.since <= e.day < period.until]
        return sorted(Counter(entry.person for entry in inside).values(), reverse=True)
