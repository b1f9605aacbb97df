"""Openness, top-down and bottom-up, types and lives of rooms once more, counted naively on top of the naive reading of the log."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

DAY = timedelta(days=1)
SPOKEN = {"create", "comment", "reply", "message"}


class Dialogue:
    """What holds in one period. `again` is `reference.Reference`."""

    def __init__(self, again: Any, period: Any) -> None:
        self.again, self.period, self.intranet = again, period, again.intranet
        self.counted = [entry for entry in again.acts if again._counts(entry)]
        self.inside = [entry for entry in self.counted if self.within(entry.day)]
        self.middle = period.since + (period.until - period.since) // 2

    def within(self, day: date) -> bool:
        return bool(self.period.since <= day < self.period.until)

    # Openness

    def viewed(self) -> list[tuple[Any, int]]:
        seen: Counter[int] = Counter()
        for (thing, day), views in self.again.views().items():
            if self.within(day):
                seen[thing] += views
        return [(content, seen[content.object]) for content in self.again.contents() if seen[content.object]]

    def human(self, content: Any) -> bool:
        return bool(self.again.kind(content.person, content.day) != "service")

    def open_surface(self, room: str | None = None) -> Any:
        contents = [content for content, _ in self.viewed() if room in (None, content.room)]
        if not contents:
            return None
        told = [c for c in contents if c.object in self.intranet.answerable]
        counted = [c for c in told if c.person is not None]
        excluded = len(contents) - len(counted)
        if len(contents) - len(told) > (len(counted) + len(contents) - len(told)) / 10:
            return "answerability_unknown", excluded
        if not counted:
            return "nothing_viewed", excluded
        open_ = [c for c in counted if self.intranet.answerable[c.object]]
        people = [{c.person for c in some if self.human(c)} for some in (counted, open_)]
        return len(open_), len(counted), len(people[0]), len(people[1]), excluded

    def weighted(self) -> Any:
        contents = [(c, n) for c, n in self.viewed() if self.intranet.answerable.get(c.object) is not False]
        if not contents:
            return None
        counted = [(c, n) for c, n in contents if c.person is not None]
        excluded = len(contents) - len(counted)
        if not counted:
            return "nothing_viewed", excluded
        returned = [(c, n) for c, n in counted if any(self.within(a.day) for a in self.again.answers(c))]
        people = [{c.person for c, _ in some if self.human(c)} for some in (counted, returned)]
        views = [sum(n for _, n in some) for some in (returned, counted)]
        return *views, len(people[0]), len(people[1]), excluded

    # Writing together

    def co_authored(self, room: str | None = None) -> Any:
        begin = self.period.until - 364 * DAY
        writing = [
            entry
            for entry in self.again.acts
            if entry.kind in ("create", "edit")
            and entry.content_type == "page"
            and begin <= entry.day < self.period.until
            and room in (None, entry.room)
        ]
        pages: dict[int, set[int]] = defaultdict(set)
        nameless = {entry.object for entry in writing if entry.person is None}
        for entry in writing:
            pages[entry.object] |= {entry.person} if self.again._counts(entry) else set()
        if not pages:
            return None
        counted = {
            page: editors
            for page, editors in pages.items()
            if len(editors) > 1 or (editors and page not in nameless)
        }
        excluded = len(pages) - len(counted)
        if not any(entry.day <= begin for entry in self.counted):
            return "not_enough_history", excluded
        undecided = len([page for page in nameless if len(pages[page]) < 2])
        if undecided > (len(counted) + undecided) / 10:
            return "editors_unknown", excluded
        if not counted:
            return "no_pages", excluded
        together = [editors for editors in counted.values() if len(editors) > 1]
        people = [set().union(*some) for some in (counted.values(), together)]
        return len(together), len(counted), len(people[0]), len(people[1]), excluded

    # Officials

    def declared(self) -> bool:
        return bool(self.intranet.officials) or "official" in self.listed_purposes().values()

    def listed_purposes(self) -> dict[str, str]:
        return {room: why for room, why in self.intranet.purposes.items() if room in self.intranet.rooms}

    def speaks(self, person: int | None, day: date) -> bool | None:
        """Whether somebody speaks for the organisation; None where nobody knows."""
        units = {unit for unit, _ in self.intranet.officials if unit}
        level = max((level for _, level in self.intranet.officials if level), default=None)
        held = self.again.held(person, day)
        if held is None:
            return None if units or level else False
        unit, kind, _ = held
        if kind != "human":
            return bool(kind == "service")
        leads = self.intranet.leaders.get(person)
        if unit in units or (level is not None and leads is not None and leads <= level):
            return True
        listed = any(who in self.intranet.people for who in self.intranet.leaders)
        return None if (units and unit is None) or (level and not listed) else False

    def official(self, post: Any) -> bool | None:
        if self.listed_purposes().get(post.room) == "official":
            return True
        return self.speaks(post.person, post.day)

    def posts(self) -> list[Any]:
        return [c for c in self.again.contents() if c.content_type == "post" and self.within(c.day)]

    def bottom_up(self) -> Any:
        posts = self.posts()
        if not posts:
            return None
        kept = [
            p for p in posts if p.person is not None and (p.key not in self.again.bulk or not self.human(p))
        ]
        sides = [(p, self.official(p)) for p in kept]
        counted = [(p, official) for p, official in sides if official is not None]
        undecided, excluded = len(sides) - len(counted), len(posts) - len(counted)
        if not self.declared():
            return "officials_not_declared", excluded
        if undecided > (len(counted) + undecided) / 10:
            return "officials_unknown", excluded
        if not counted:
            return "no_posts", excluded
        people = [
            {p.person for p, official in counted if official in some and self.human(p)}
            for some in ((True, False), (True,), (False,))
        ]
        below = sum(not official for _, official in counted)
        return below, len(counted), len(people[0]), min(map(len, people[1:])), excluded

    def rates(self) -> Any:
        """(official answered, posts, staff answered, posts, excluded), or why there is nothing to be said."""
        posts = self.posts()
        if not posts:
            return None
        pending: Counter[Any] = Counter()
        number: Counter[Any] = Counter()
        for post in posts:
            gone = self.again.deleted(post)
            early = gone is not None and self.again.working(post.day, gone.day, post.person) <= 7
            official = self.official(post)
            if self.again.left_out(post) or early:
                number["out"] += 1
            elif self.again.working(post.day, self.intranet.until, post.person) <= 7:
                pending[official] += 1
            elif official is None:
                number["undecided"] += 1
            else:
                answers = self.again.answers(post)
                in_time = any(self.again.working(post.day, a.day, post.person) <= 7 for a in answers)
                number[official] += 1
                number[official, "answered"] += in_time
        excluded = number["out"] + number["undecided"]
        if not self.declared():
            return "officials_not_declared", excluded
        if number["undecided"] > (number[True] + number[False] + number["undecided"]) / 10:
            return "officials_unknown", excluded
        for side, none in ((True, "no_official_posts"), (False, "no_staff_posts")):
            if not number[side]:
                return "not_old_enough" if pending[side] else none, excluded
        return number[True, "answered"], number[True], number[False, "answered"], number[False], excluded

    def echo(self) -> Any:
        official = {
            c.object: c
            for c in self.again.contents()
            if c.content_type == "post" and self.official(c) is True
        }
        talk = [
            entry
            for entry in self.again.acts
            if entry.kind in ("comment", "reply") and entry.thread in official and entry.person is not None
        ]

        def side(entry: Any) -> bool | None:
            return entry.person == official[entry.thread].person or self.speaks(entry.person, entry.day)

        found: Counter[str] = Counter()
        for said in talk:
            if not self.within(said.day) or side(said) is True:
                continue
            answers = [
                side(other)
                for other in talk
                if other.thread == said.thread
                and other.person != said.person
                and other.happened > said.happened
                and (other.parent == said.object or other.parent in (None, said.thread))
                and self.again._counts(other)
                and self.again.working(said.day, other.day, said.person) <= 5
            ]
            gone = [e.day for e in self.again.done if e.kind == "delete" and e.object == said.object]
            early = gone and self.again.working(said.day, min(gone), said.person) <= 5
            if not self.again._counts(said) or (early and True not in answers):
                found["out"] += 1
            elif self.again.working(said.day, self.intranet.until, said.person) <= 5:
                found["pending"] += 1
            elif side(said) is None or (True not in answers and None in answers):
                found["undecided"] += 1
            else:
                found["answered" if True in answers else "open"] += 1
        if not found:
            return None
        counted, excluded = found["answered"] + found["open"], found["out"] + found["undecided"]
        if not self.declared():
            return "officials_not_declared", excluded
        if found["undecided"] > (counted + found["undecided"]) / 10:
            return "officials_unknown", excluded
        if not counted:
            return "not_old_enough" if found["pending"] else "nothing_said", excluded
        return found["answered"], counted, excluded

    # Rooms

    def start(self, room: str) -> date:
        days = [entry.day for entry in self.counted if entry.room == room]
        created = self.intranet.rooms[room][0]
        return min([*days, created] if created else days or [self.intranet.since])

    def exists(self, room: str) -> bool:
        gone = self.intranet.rooms[room][2]
        return self.start(room) < self.period.until and (gone is None or gone > self.period.since)

    def types(self, participation: Any) -> dict[str, str]:
        found = {}
        for room in filter(self.exists, self.intranet.rooms):
            number = Counter(entry.kind for entry in self.inside if entry.room == room)
            starts, answers = number["create"], number["comment"] + number["reply"] + number["message"]
            people = participation.get((room, self.period.window.value, self.period.since), ("no_members", 0))
            if starts + answers + number["edit"] < 4:
                found[room] = "too_quiet"
            elif len(people) == 2:
                found[room] = people[0]
            elif people[3] < 5:
                found[room] = "too_few_people"
            else:
                _, contributing, creating, size = people[:4]
                if size <= 50 and contributing / size >= 0.5:
                    found[room] = "project_team"
                elif Fraction(creating, size) <= Fraction(1, 5) and answers <= starts / 2:
                    found[room] = "broadcast"
                elif Fraction(contributing, size) >= Fraction(1, 5) and answers >= starts:
                    found[room] = "community"
                else:
                    found[room] = "forum"
        return found

    def second_voice(self, room: str) -> date | None:
        voices = sorted(
            (entry for entry in self.counted if entry.room == room and entry.kind in SPOKEN),
            key=lambda entry: (entry.happened, entry.key),
        )
        return min((entry.day for entry in voices if entry.person != voices[0].person), default=None)

    def sure(self, room: str) -> bool:
        """Whether the room is known from its first day on, log and all."""
        return self.known(room) and self.observed() <= self.start(room)

    def known(self, room: str) -> bool:
        created = self.intranet.rooms[room][0]
        return created is not None and created not in self.intranet.brought

    def observed(self) -> date:
        return min((entry.day for entry in self.again.log), default=self.period.until)

    def births(self) -> Any:
        rooms = [room for room in self.intranet.rooms if self.start(room) < self.period.until]
        if not rooms:
            return None
        born = [room for room in rooms if (day := self.second_voice(room)) and self.within(day)]
        sure = [room for room in born if self.sure(room)]
        excluded = len(born) - len(sure)
        if not any(map(self.sure, rooms)):
            return "births_unknown", excluded
        return len(sure), 1, excluded

    def closures(self) -> Any:
        rooms = [room for room in self.intranet.rooms if self.start(room) < self.period.until]
        latest = {
            room: max((entry.day for entry in self.counted if entry.room == room), default=self.start(room))
            for room in rooms
        }
        closed = [room for room in rooms if self.intranet.rooms[room][1] and self.within(latest[room])]
        return (len(closed), 1, 0) if rooms else None

    def lives(self) -> tuple[list[tuple[int, int, bool]], int]:
        """(entered at, ended at, died) in days of age, and how many rooms are left out."""
        found, out = [], 0
        for room, (_, archived, gone, _) in self.intranet.rooms.items():
            start = self.start(room)
            if start >= self.period.until:
                continue
            days = [e.day for e in self.counted if e.room == room and e.day < self.period.until]
            latest = max([*days, start])
            left = gone is not None and gone < self.period.until
            last_day = self.period.until - DAY
            first = min([e.day for e in self.intranet.log] + [self.intranet.since]) - 8 * DAY
            silent = sum(
                (first + DAY * n).weekday() < 5 and first + DAY * n > latest
                for n in range((last_day - first).days + 1)
            )
            died = silent >= 60 and not archived and not left
            end = latest if died or archived or left else self.period.until
            entered = max(start, self.observed())
            if not self.known(room) or (entered > start and entered >= end):
                out += 1
            else:
                found.append(((entered - start).days, (end - start).days, died))
        return found, out

    def survival(self, age: int) -> Any:
        lives, out = self.lives()
        if not lives:
            return ("births_unknown", out) if out else None
        if not any(entered == 0 for entered, _, _ in lives):
            return "few_rooms", out
        if max(end for _, end, _ in lives) < age:
            return "not_enough_history", out
        share = 1.0
        for day in range(age + 1):
            risk = [life for life in lives if life[1] >= day and (life[0] == 0 or life[0] < day)]
            died = [life for life in risk if life[2] and life[1] == day]
            share *= 1 - len(died) / len(risk) if risk else 1
        return share, out

    def owners(self) -> Any:
        rooms = [r for r in self.intranet.rooms if self.exists(r) and not self.intranet.rooms[r][1]]
        if not rooms:
            return None
        number = {}
        for room, person in self.members():
            if (room, person) in self.intranet.owners:
                number[room] = number.get(room, set()) | ({person} if self.belongs(person) else set())
        known = [room for room in rooms if room in number]
        excluded = len(rooms) - len(known)
        if not known:
            return "owners_unknown", excluded
        return sum(len(number[room]) > 1 for room in known), len(known), excluded

    def members(self) -> list[tuple[str, int]]:
        return [
            (room, person)
            for room, person, since, until in self.intranet.members
            if (since is None or since <= self.middle) and (until is None or until > self.middle)
        ]

    def belongs(self, person: int) -> bool:
        held = self.again.held(person, self.middle)
        return held is None or held[1:] == ("human", True)

    def in_rooms(self) -> set[tuple[str, int]]:
        return {
            (room, person)
            for room, person in self.members()
            if self.belongs(person) and room in self.intranet.rooms
            if not self.intranet.rooms[room][1] and not self.intranet.rooms[room][3]
        }

    def memberships(self) -> Any:
        done = {(entry.room, entry.person) for entry in self.inside if entry.kind != "react"}
        return self.parted(self.in_rooms(), done, 0) if self.in_rooms() else None

    def reading(self) -> Any:
        views = [e for e in self.again.done if e.kind == "view" and self.within(e.day)]
        done = {(entry.room, entry.person) for entry in views if self.again._counts(entry)}
        rooms = {room for room, _ in done}
        watched = {pair for pair in self.in_rooms() if pair[0] in rooms}
        excluded = len(self.in_rooms() - watched)
        if not watched:
            return ("no_viewer_data", excluded) if excluded else None
        return self.parted(watched, done, excluded)

    def parted(self, counted: set[Any], done: set[Any], excluded: int) -> tuple[int, ...]:
        people = [{person for _, person in some} for some in (counted, counted & done)]
        return len(counted & done), len(counted), len(people[0]), len(people[1]), excluded

    def on_few(self) -> Any:
        made: dict[str, Counter[int]] = defaultdict(Counter)
        for entry in self.inside:
            if entry.kind != "react":
                made[entry.room][entry.person] += 1
        busy = [list(people.values()) for people in made.values() if people.total() >= 4]
        excluded = len(made) - len(busy)
        if not made:
            return None
        if not busy:
            return "no_busy_rooms", excluded
        few = [counts for counts in busy if Fraction(sum(counts) ** 2, sum(c * c for c in counts)) < 3]
        return len(few), len(busy), excluded
