"""The metrics once more, counted naively from the log: slow, plain, and without a line of the code it checks."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ACTS = {"react", "comment", "reply", "create", "edit", "message"}
BIRTHS = {"create", "comment", "reply"}


class Reference:
    def __init__(self, intranet: Any, periods: list[Any]) -> None:
        self.intranet, self.periods = intranet, periods
        # As it is in the log, later withdrawals included; what happened in a sandbox counts nowhere.
        self.everything = [entry for entry in intranet.log if entry.room not in intranet.sandboxes]
        self.log = [entry for entry in self.everything if entry.day < intranet.until]
        self.done = [entry for entry in self.log if entry.total is None]
        self.bulk = self._bulk()
        self.acts = [entry for entry in self.done if entry.kind in ACTS and self._stands(entry)]

    def held(self, person: int | None, day: date) -> tuple[str | None, str, bool] | None:
        """Unit, kind and whether active on a day; None where nobody listed the person."""
        if person not in self.intranet.people:
            return None
        stays = self.intranet.history.get(person, [(None, None, *self.intranet.people[person])])
        (now,) = [
            stay for stay in stays if (stay[0] or date.min) <= day < (stay[1] or date.max)
        ]  # exactly one
        return now[2:]

    def kind(self, person: int | None, day: date) -> str:
        if person is None:
            return "unknown"
        held = self.held(person, day)
        return held[1] if held else "human"

    def unit(self, person: int | None, day: date) -> str | None:
        held = self.held(person, day)
        return held[0] if held else None

    def times(self, person: int | None) -> Any:
        """The working time of where a person works."""
        region = self.intranet.regions.get(person, "") if person in self.intranet.people else ""
        (found,) = [one for one in self.intranet.times if one.region == region]
        return found

    def working(self, first: date, last: date, person: int | None = None) -> int:
        """Working days after `first` up to and with `last`, where the person works."""
        times = self.times(person)
        days = [first + DAY * n for n in range(1, (last - first).days + 1)]
        return sum(bool(times.week & 1 << day.weekday()) and day not in times.free for day in days)

    def worked(self, since: datetime, until: datetime, person: int | None) -> timedelta:
        """Working time between two moments, day by day."""
        times, total = self.times(person), timedelta()
        day = since.astimezone(times.zone).date()
        while day <= until.astimezone(times.zone).date():
            if times.week & 1 << day.weekday() and day not in times.free:
                opens, closes = (
                    datetime.combine(day, clock, times.zone).astimezone(UTC)
                    for clock in (times.opens, times.closes)
                )
                total += max(timedelta(), min(until, closes) - max(since, opens))
            day += DAY
        return total

    def _bulk(self) -> set[int]:
        births = [entry for entry in self.done if entry.kind in BIRTHS and entry.content_type != "room"]
        flagged = {entry.key for entry in births if entry.day in self.intranet.brought}
        births = [entry for entry in births if entry.person is not None]
        for first in births:
            together = [
                other
                for other in births
                if other.person == first.person
                and timedelta() <= other.happened - first.happened <= 10 * MINUTE
            ]
            if len(together) > 20:
                flagged |= {entry.key for entry in together}
        return flagged

    def _stands(self, entry: Any, log: list[Any] | None = None) -> bool:
        """Neither withdrawn nor the repetition of an edit, nor the making of a room."""
        if entry.kind == "create" and entry.content_type == "room":
            return False
        # Who is unknown may be anybody: their reaction is not the one that somebody unknown withdrew.
        if entry.kind == "react" and entry.person is not None:
            return not any(
                other.kind == "withdraw"
                and (other.person, other.object) == (entry.person, entry.object)
                and other.happened >= entry.happened
                for other in log or self.done
            )
        if entry.kind == "edit" and entry.person is not None:
            return not any(
                other.kind in ("create", "edit")
                and (other.person, other.object) == (entry.person, entry.object)
                and (other.happened, other.key) < (entry.happened, entry.key)
                and entry.happened - other.happened <= 30 * MINUTE
                for other in self.done
            )
        return True

    def _earliest(self, entry: Any, log: list[Any]) -> date | None:
        """The first day on which what was seen without its date can have happened, as far as a log tells."""
        same = [other for other in log if other.object == entry.object]
        births = [other.day for other in same if other.kind in BIRTHS and other.total is None]
        looks = [o.day for o in same if o.day < entry.day and (o.total is not None or not o.dated)]
        return max([*looks, *([min(births)] if births else [])], default=None)

    def _placed(self, entry: Any, log: list[Any]) -> bool:
        earliest = self._earliest(entry, log)
        return entry.dated or (earliest is not None and entry.day - earliest <= 7 * DAY)

    def _counts(self, entry: Any) -> bool:
        return (
            self.kind(entry.person, entry.day) == "human"
            and entry.key not in self.bulk
            and self._placed(entry, self.log)
        )

    def keys(self, scope: str, room: str, person: int | None, day: date) -> list[str]:
        key = {"organisation": "", "room": room, "unit": self.unit(person, day)}[scope]
        return [] if key is None else [key]

    def accounts(self, period: Any) -> set[int]:
        """Who is entitled in the middle of a period."""
        middle = period.since + (period.until - period.since) // 2
        return {person for person in self.intranet.people if self.held(person, middle)[1:] == ("human", True)}

    def entitled(self, scope: str, period: Any) -> list[tuple[str, int]]:
        """Who belongs to which scope key without having done anything."""
        middle = period.since + (period.until - period.since) // 2
        if scope == "room":
            return [
                (room, person)
                for room, person, since, until in self.intranet.members
                if (since is None or since <= middle) and (until is None or until > middle)
                if person in self.accounts(period) or person not in self.intranet.people
            ]
        people = self.accounts(period)
        return [(key, person) for person in people for key in self.keys(scope, "", person, middle)]

    def everybody(self, period: Any) -> int:
        """The people of the organisation in a period: as stated, or its accounts and those who did or viewed something."""
        inside = [
            entry
            for entry in [*self.acts, *(entry for entry in self.done if entry.kind == "view")]
            if period.since <= entry.day < period.until and self._counts(entry)
        ]
        acted = {entry.person for entry in inside if entry.kind != "view"}
        known = len(self.accounts(period) | {entry.person for entry in inside})
        return max(known if self.intranet.workforce is None else self.intranet.workforce, len(acted))

    def undecided(self, scope: str, period: Any, population: dict[str, Any]) -> dict[str, set[int]]:
        """Who can have reacted in a period, by all that was ever seen."""
        log = self.everything
        middle = period.since + (period.until - period.since) // 2
        found: dict[str, set[int]] = defaultdict(set)
        for entry in log:
            if (
                entry.kind != "react"
                or self.kind(entry.person, entry.day) != "human"
                or self._placed(entry, log)
            ):
                continue
            earliest = self._earliest(entry, log)
            inside = (earliest is None or earliest < period.until) and period.since <= entry.day
            if inside and self._stands(entry, log):
                belongs = any(entry.person in levels for levels in population.values())
                day = middle if scope == "unit" and belongs else entry.day
                for key in self.keys(scope, entry.room, entry.person, day):
                    found[key].add(entry.person)
        return found

    def unsure(self, scope: str, key: str, period: Any, population: dict[str, Any]) -> str | None:
        """Why it can not be told who reacted."""
        made = [
            (contents, waiting)
            for room, day, contents, waiting in self.intranet.observations
            if period.since <= day < period.until and (scope != "room" or room == key)
        ]
        if sum(waiting for _, waiting in made) > sum(contents for contents, _ in made) / 10:
            return "reactions_not_observed"
        active = {person for person, value in population[key].items() if value}
        undecided = self.undecided(scope, period, population)[key] - active
        return "undated_reactions" if len(undecided) > len(active | undecided) / 10 else None

    def participation(self, scope: str) -> dict[Any, tuple[Any, ...]]:
        """Active, contributing, creating, population, excluded and why it is unsure, per scope key and period."""
        found = {}
        for period in self.periods:
            level: dict[str, dict[int, int]] = defaultdict(dict)
            excluded: dict[str, int] = defaultdict(int)
            if scope == "organisation":
                excluded[""] += sum(
                    entry.room in self.intranet.sandboxes and entry.kind in ACTS and entry.total is None
                    for entry in self.intranet.log
                    if period.since <= entry.day < min(period.until, self.intranet.until)
                )
            for key, person in self.entitled(scope, period):
                level[key][person] = 0
            for entry in [*self.acts, *(entry for entry in self.done if entry.kind == "view")]:
                if not period.since <= entry.day < period.until:
                    continue
                counts = self._counts(entry)
                middle = period.since + (period.until - period.since) // 2
                # Who moved counts where they were in the middle; what is left out counts where it was done.
                for key in self.keys(scope, entry.room, entry.person, middle if counts else entry.day):
                    if counts:
                        mine = {"create": 3, "react": 1, "view": 0}.get(entry.kind, 2)
                        level[key][entry.person] = max(mine, level[key].get(entry.person, 0))
                    elif entry.kind != "view":
                        excluded[key] += 1
            for key, levels in level.items():
                reached = [sum(value >= bound for value in levels.values()) for bound in (1, 2, 3)]
                population, listed = len(levels), bool(self.accounts(period)) or scope == "unit"
                if scope == "organisation":
                    population, listed = self.everybody(period), listed or self.intranet.workforce is not None
                if scope == "room":
                    listed = any(room == key for room, *_ in self.intranet.members)
                    if key in self.intranet.rooms and self.intranet.rooms[key][3]:
                        population = self.everybody(period)
                        listed = population > 0
                found[key, period.window.value, period.since] = (
                    (*reached, population, excluded[key], self.unsure(scope, key, period, level))
                    if listed
                    else ("no_members", excluded[key])
                )
        return found

    def contents(self) -> list[Any]:
        first: dict[int, Any] = {}
        for entry in sorted(self.acts, key=lambda entry: (entry.happened, entry.key)):
            if entry.kind == "create" and entry.content_type in ("page", "post"):
                first.setdefault(entry.object, entry)
        return list(first.values())

    def left_out(self, content: Any) -> bool:
        return self.kind(content.person, content.day) in ("unknown", "service") or content.key in self.bulk

    def answers(self, content: Any, kinds: tuple[str, ...] = ("comment", "reply")) -> list[Any]:
        return [
            entry
            for entry in self.acts
            if entry.kind in kinds
            and (entry.object if entry.kind == "react" else entry.thread) == content.object
            and entry.person not in (None, content.person)
            and content.person is not None
            and self.kind(entry.person, entry.day) in ("human", "guest")
            and entry.key not in self.bulk
        ]

    def deleted(self, content: Any) -> Any:
        moments = [e for e in self.done if e.kind == "delete" and e.object == content.object]
        moments = [entry for entry in moments if entry.happened >= content.happened]
        return min(moments, key=lambda entry: entry.happened, default=None)

    def rate(self, scope: str, verdict: Any) -> dict[Any, tuple[Any, ...]]:
        """A share of contents; the verdict on one is answered, open, undecided, young, out or None (irrelevant)."""
        found = {}
        grouped: dict[Any, list[Any]] = defaultdict(list)
        for content in self.contents():
            said = verdict(content)
            for period in self.periods:
                if period.since <= content.day < period.until:
                    for key in self.keys(scope, content.room, content.person, content.day):
                        # A content without any verdict still makes the period one that was looked at.
                        grouped[key, period.window.value, period.since] += (
                            [(said, content.person)] if said else []
                        )
        for place, verdicts in grouped.items():
            authors: dict[str, set[Any]] = defaultdict(set)
            number: dict[str, int] = defaultdict(int)
            for said, author in verdicts:
                number[said] += 1
                authors[said].add(author)
            excluded = number["out"] + number["undecided"]
            decided = number["answered"] + number["open"]
            if number["undecided"] > (decided + number["undecided"]) / 10:
                found[place] = ("undated_reactions", excluded)
            elif decided == 0:
                found[place] = ("not_old_enough" if number["young"] else "no_posts", excluded)
            else:
                people = len(authors["answered"] | authors["open"])
                found[place] = (number["answered"], decided, people, len(authors["answered"]), excluded)
        return found

    def response_rate(self, scope: str, lax: bool = False) -> dict[Any, tuple[Any, ...]]:
        def verdict(post: Any) -> str | None:
            if post.content_type != "post":
                return None
            gone = self.deleted(post)
            if self.left_out(post) or (
                gone is not None and self.working(post.day, gone.day, post.person) <= 7
            ):
                return "out"
            if self.working(post.day, self.intranet.until, post.person) <= 7:
                return "young"
            kinds = ("comment", "reply", "react") if lax else ("comment", "reply")
            answers = self.answers(post, kinds)
            if any(self.working(post.day, answer.day, post.person) <= 7 for answer in answers):
                return "answered"
            return "undecided" if any(not answer.dated for answer in answers) else "open"

        return self.rate(scope, verdict)

    def interactive_share_created(self, scope: str) -> dict[Any, tuple[Any, ...]]:
        horizon = self.intranet.horizon

        def verdict(content: Any) -> str | None:
            if self.intranet.answerable.get(content.object) is False:
                return None
            end = content.happened + 28 * DAY
            gone = self.deleted(content)
            if self.left_out(content) or (gone is not None and gone.happened < end):
                return "out"
            if horizon < end and gone is None:
                return "young"
            return "answered" if any(answer.happened <= end for answer in self.answers(content)) else "open"

        return self.rate(scope, verdict)

    def first_response(self, scope: str) -> dict[Any, tuple[Any, ...]]:
        """The median as the first time at which the survivors, counted one by one, are half or fewer."""
        found = {}
        grouped: dict[Any, list[Any]] = defaultdict(list)
        for post in self.contents():
            for period in self.periods:
                if period.since <= post.day < period.until:
                    for key in self.keys(scope, post.room, post.person, post.day):
                        grouped[key, period.window.value, period.since].append(post)
        for place, contents in grouped.items():
            posts = [content for content in contents if content.content_type == "post"]
            kept = [post for post in posts if not self.left_out(post)]
            excluded = len(posts) - len(kept)
            waits = []
            for post in kept:
                gone = self.deleted(post)
                followed = gone.happened if gone else self.intranet.horizon
                limit = datetime.combine(post.day + 28 * DAY, time(), self.intranet.zone).astimezone(UTC)
                first = min(self.answers(post), key=lambda answer: answer.happened, default=None)
                answered = (
                    first is not None
                    and max(first.happened, post.happened) <= followed
                    and first.happened < limit
                )
                end = first.happened if answered else min(followed, limit)
                waits.append(
                    (self.worked(post.happened, end.astimezone(UTC), post.person), answered, post.person)
                )
            if not waits:
                found[place] = ("no_posts", excluded)
                continue
            share, median = 1.0, None
            for wait in sorted({wait for wait, answered, _ in waits if answered}):
                at_risk = sum(other >= wait for other, _, _ in waits)
                share *= 1 - sum(other == wait for other, answered, _ in waits if answered) / at_risk
                if share <= 0.5 + 1e-9:
                    median = wait
                    break
            if median is None:
                found[place] = ("not_reached", excluded)
            else:
                people = {person for *_, person in waits}
                affirming = {person for _, answered, person in waits if answered}
                found[place] = (median // MINUTE, 60, len(people), len(affirming), excluded)
        return found

    def views(self) -> dict[tuple[int, date], int]:
        seen: dict[tuple[int, date], int] = defaultdict(int)
        for entry in self.done:
            if entry.kind == "view" and self.kind(entry.person, entry.day) != "service":
                seen[entry.object, entry.day] += 1
        totals = sorted(
            (e for e in self.log if e.total is not None and e.kind == "views"),
            key=lambda entry: (entry.object, entry.happened, entry.key),
        )
        for before, after in pairwise(totals):
            same = before.object == after.object
            if same and after.total >= before.total and after.day - before.day <= 28 * DAY:
                seen[after.object, after.day] += after.total - before.total
        return seen

    def interactive_share(self, scope: str) -> dict[Any, tuple[Any, ...]]:
        found, seen = {}, self.views()
        for period in self.periods:
            grouped: dict[str, list[Any]] = defaultdict(list)
            for content in self.contents():
                views = [
                    count
                    for (thing, day), count in seen.items()
                    if thing == content.object and period.since <= day < period.until
                ]
                if views and self.intranet.answerable.get(content.object) is not False:
                    for key in self.keys(scope, content.room, content.person, content.day):
                        grouped[key].append((content, sum(views)))
            for key, contents in grouped.items():
                viewed = [content for content, views in contents if views]
                counted = [content for content in viewed if content.person is not None]
                returned = [
                    content
                    for content in counted
                    if any(period.until - 28 * DAY <= a.day < period.until for a in self.answers(content))
                ]
                excluded = len(viewed) - len(counted)
                found[key, period.window.value, period.since] = (
                    (
                        len(returned),
                        len(counted),
                        len({content.person for content in counted}),
                        len({content.person for content in returned}),
                        excluded,
                    )
                    if counted
                    else ("nothing_viewed", excluded)
                )
        return found

    def room_states(self) -> dict[tuple[str, date], str]:
        found = {}
        seen = self.views()
        rooms = {entry.object: entry.room for entry in self.log}
        for room, (created, archived, gone, _) in self.intranet.rooms.items():
            acts = [entry for entry in self.acts if entry.room == room and self._counts(entry)]
            voices = [entry for entry in acts if entry.kind in (*BIRTHS, "message")]
            voices.sort(key=lambda entry: (entry.happened, entry.key))
            others = [entry.day for entry in voices if entry.person != voices[0].person]
            days = [entry.day for entry in acts]
            start = min([*days, created] if created else days, default=self.intranet.since)
            for period in self.periods:
                here = start < period.until and (gone is None or gone > period.since)
                if period.window.value != "days28" or not here:
                    continue
                before = [day for day in days if day < period.until]
                now = [entry for entry in voices if period.since <= entry.day < period.until]
                last = period.until - DAY
                views = [
                    count
                    for (thing, day), count in seen.items()
                    if rooms[thing] == room and day < period.until and self.working(day, last) < 120
                ]
                if archived and (not days or max(days) < period.since):
                    state = "closed"
                elif others and period.since <= min(others) < period.until:
                    state = "born"
                elif len({entry.person for entry in now}) >= 3 and len(now) >= 4:
                    state = "active"
                elif before and max(before) >= period.since:
                    state = "stirring"
                elif not (others and min(others) < period.until) and start + 60 * DAY <= period.until:
                    state = "stillborn"
                elif not before:
                    state = "too_young"
                elif self.working(max(before), last) < 60:
                    state = "stirring"
                elif self.working(max(before), last) >= 120 and views and sum(views) == 0:
                    state = "dead"
                else:
                    state = "dormant"
                found[room, period.since] = state
        return found
