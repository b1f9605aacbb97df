"""What happens in a room: who writes when, who answers, who likes, who edits, how often it is read."""

import math
import random
from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Literal

from service.demo.organisation import Fate, Plan
from service.demo.store import ContentKind, Location, Version
from service.demo.working_days import BERLIN, office_hour, presence, reaction_time, works


@dataclass(slots=True, eq=False)
class Person:
    """An employee, a guest or a bot. `drive` is how much somebody writes compared with others; many write nothing."""

    number: int
    name: str
    username: str
    mail: str
    unit: str | None
    site: str | None
    kind: Literal["human", "guest", "app"] = "human"
    leader: bool = False
    drive: float = 0.0
    since: date = date.min
    """The day of the first own step; readers come later or never."""
    hired: date = date.min
    """The first day with an account; before the history for most."""
    left: date | None = None
    ids: dict[str, str] = field(default_factory=dict)
    """The account id on each platform."""

    def there(self, day: date) -> bool:
        return self.since <= day and (self.left is None or day < self.left)


@dataclass(slots=True, eq=False)
class Draft:
    """A page, post or comment before it has an id."""

    room: str
    type: ContentKind
    versions: list[Version]
    container: "Draft | None" = None
    parent: "Draft | None" = None
    location: Location | None = None
    resolved: bool = False
    trashed: datetime | None = None
    likes: dict[str, datetime] = field(default_factory=dict)
    views: int = 0
    """In all, as are `viewers`; when they come: `service.demo.timeline`."""
    viewers: int = 0
    pace: float = 0.5
    """The age in days after which the reading slows down."""

    @property
    def created(self) -> datetime:
        return self.versions[0].when

    @property
    def touched(self) -> datetime:
        """When something was last done to it, trashing apart."""
        return max(self.versions[-1].when, *self.likes.values(), self.created)


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of room behaves. Chances are per original, delays are medians in hours."""

    answered: float
    further: float
    """Chance of one more comment after each."""
    returned: float
    """Chance that a comment is replied to, mostly by the author."""
    likes: float
    edits: float
    shared: float
    """Chance that an edit is made by somebody other than the author."""
    posts: float
    """Part of the originals that are posts rather than pages."""
    inline: float
    hours: float
    read: float
    """Part of the readers an original reaches."""
    pace: float = 0.3
    """Days after which the reading slows down: news are old the next day, conversations draw people back."""


HABITS: dict[Fate, Habit] = {
    "broadcast": Habit(0.16, 0.35, 0.15, 1.7, 0.6, 0.3, 0.6, 0.05, 9.0, 0.35),
    "steady": Habit(0.36, 0.42, 0.36, 0.9, 1.5, 0.4, 0.2, 0.3, 5.0, 0.4, 0.5),
    "living": Habit(0.72, 0.56, 0.48, 1.9, 1.1, 0.35, 0.45, 0.15, 2.5, 0.45, 1.2),
    "stirring": Habit(0.28, 0.3, 0.3, 0.6, 0.8, 0.3, 0.3, 0.1, 8.0, 0.3, 0.5),
    "stillborn": Habit(0.0, 0.0, 0.0, 0.2, 0.3, 0.0, 0.2, 0.0, 20.0, 0.15),
    "dead": Habit(0.3, 0.35, 0.3, 0.8, 1.0, 0.3, 0.2, 0.2, 8.0, 0.25),
    "closed": Habit(0.4, 0.45, 0.4, 0.9, 1.6, 0.45, 0.2, 0.3, 5.0, 0.4, 0.5),
}


class Crowd:
    """People one of whom does something: picked by weight among those who are there that day."""

    def __init__(self, people: Sequence[Person], weigh: Callable[[Person], float]) -> None:
        self.people = [person for person in people if weigh(person) > 0]
        self._sums = list(accumulate(map(weigh, self.people)))

    def pick(self, moment: datetime, rng: random.Random, besides: Person | None = None) -> Person | None:
        if not self.people:
            return None
        for _ in range(12):
            person = self.people[min(bisect(self._sums, rng.random() * self._sums[-1]), len(self.people) - 1)]
            if person is not besides and person.there(moment.date()):
                return person
        return None


def mood(day: date, relaunch: date, plan: Plan) -> float:
    """Activity compared with a usual week: a rise at the relaunch of the intranet that partly fades away again."""
    if plan.platform == "wiki":
        return 1.0 if day < relaunch else 0.85
    if day < relaunch:
        return 0.7
    return 0.9 + 1.5 * math.exp(-(day - relaunch).days / 40)


_ECHO = timedelta(days=21)


@dataclass(slots=True)
class Conversations:
    """The life of one room from `opened` to `until`. `team` runs the room, `members` take part, `readers` may read."""

    plan: Plan
    team: Sequence[Person]
    members: Sequence[Person]
    readers: Sequence[Person]
    opened: date
    until: date
    relaunch: date
    scale: float
    rng: random.Random
    drafts: list[Draft] = field(default_factory=list)

    def run(self) -> list[Draft]:
        habit = HABITS[self.plan.fate]
        leading = Crowd(self.team, lambda person: person.drive + 0.5)
        writing = Crowd(self.members, lambda person: person.drive)
        answering = Crowd(self.members, lambda person: person.drive**0.75)
        liking = Crowd(self.members, lambda person: person.drive**0.7 + 0.12)
        if self.plan.fate == "stillborn":
            self._stillborn(leading, liking, habit)
            return self.drafts
        day, end = self.opened, self.end()
        while day < end:
            pace = self.plan.pace * self.scale / 5 * presence(day) * mood(day, self.relaunch, self.plan)
            for _ in range(_poisson(pace, self.rng)):
                when = office_hour(day, self.rng)
                top_down = self.plan.fate == "broadcast" and self.rng.random() < 0.95
                author = (leading if top_down else writing).pick(when, self.rng)
                if author is not None:
                    self._original(author, when, habit, answering, liking)
            day += timedelta(1)
        return self.drafts

    def end(self) -> date:
        """The day from which nothing new is begun."""
        span = (self.until - self.opened).days
        if self.plan.fate == "dead":
            return min(self.opened + timedelta(int(span * 0.45)), self.until - timedelta(190))
        return self.opened + timedelta(int(span * 0.6)) if self.plan.fate == "closed" else self.until

    def _stillborn(self, leading: Crowd, liking: Crowd, habit: Habit) -> None:
        founder = leading.pick(datetime.combine(self.opened, datetime.min.time(), UTC), self.rng)
        if founder is None:
            return
        day = self.opened
        for _ in range(3):
            while not works(day):
                day += timedelta(1)
            self._original(founder, office_hour(day, self.rng), habit, liking, liking)
            day += timedelta(self.rng.randint(1, 6))

    def _original(
        self, author: Person, when: datetime, habit: Habit, answering: Crowd, liking: Crowd
    ) -> None:
        rng = self.rng
        kind: ContentKind = "blogpost" if rng.random() < habit.posts else "page"
        begun = len(self.drafts)
        original = self._write(Draft(self.plan.key, kind, [self._version(author, when)], pace=habit.pace))
        if original is None:
            return
        self._edit(original, author, habit, answering)
        chance = habit.answered
        while rng.random() < chance:
            self._comment(original, author, habit, answering, liking)
            chance = habit.further
        self._like(original, author, liking, habit.likes * (1.5 if kind == "blogpost" else 0.6))
        reach = habit.read * rng.lognormvariate(0.0, 0.6) * (1.3 if kind == "blogpost" else 0.8)
        original.viewers = max(
            len(original.likes) + 1, min(len(self.readers), int(reach * len(self.readers)))
        )
        original.views = int(original.viewers * rng.uniform(1.1, 2.6))
        if rng.random() < 0.008:
            last = max(draft.touched for draft in self.drafts[begun:])
            moment = last + timedelta(seconds=int(rng.expovariate(1 / 15) * 86_400) + 60)
            original.trashed = moment if self._past(moment) else None

    def _comment(
        self, original: Draft, author: Person, habit: Habit, answering: Crowd, liking: Crowd
    ) -> None:
        rng = self.rng
        when = reaction_time(original.created, habit.hours, 1.3, rng)
        commenter = answering.pick(when, rng, author if rng.random() < 0.97 else None)
        if commenter is None:
            return
        location: Location = "inline" if rng.random() < habit.inline else "footer"
        comment = self._write(
            Draft(
                self.plan.key,
                "comment",
                [self._version(commenter, when)],
                container=original,
                location=location,
                resolved=location == "inline" and rng.random() < 0.5,
            )
        )
        last, speaker, other = comment, commenter, author
        while last is not None and rng.random() < habit.returned:
            self._like(last, speaker, liking, habit.likes * 0.25)
            when = reaction_time(last.created, habit.hours, 1.2, rng)
            answerer: Person | None = other
            if rng.random() < 0.3 or not other.there(when.date()):
                answerer = answering.pick(when, rng, speaker)
            if answerer is None:
                return
            reply = Draft(
                self.plan.key,
                "comment",
                [self._version(answerer, when)],
                container=original,
                parent=last,
                location=location,
            )
            last, speaker, other = self._write(reply), answerer, speaker
        if last is not None and rng.random() < 0.02:
            when = last.created + timedelta(minutes=rng.randint(1, 90))
            if self._past(when):
                last.versions.append(self._version(speaker, when))

    def _edit(self, original: Draft, author: Person, habit: Habit, editing: Crowd) -> None:
        rng = self.rng
        count = _poisson(
            habit.edits * rng.expovariate(1.0) * (0.3 if original.type == "blogpost" else 1.2), rng
        )
        when = original.created
        for number in range(count):
            when = reaction_time(when, 0.2 if number == 0 else 60.0, 1.6, rng)
            editor = editing.pick(when, rng, author) if rng.random() < habit.shared else author
            if editor is None or not editor.there(when.date()) or not self._past(when):
                return
            original.versions.append(self._version(editor, when, minor=rng.random() < 0.15))

    def _like(self, item: Draft, author: Person, liking: Crowd, mean: float) -> None:
        for _ in range(_poisson(mean * self.rng.expovariate(1.0), self.rng)):
            when = reaction_time(item.created, 6.0, 1.4, self.rng)
            person = liking.pick(when, self.rng, author)
            if person is not None and self._past(when):
                item.likes.setdefault(person.ids[self.plan.platform], when)

    def _write(self, draft: Draft) -> Draft | None:
        if not self._past(draft.created):
            return None
        self.drafts.append(draft)
        return draft

    def _version(self, person: Person, when: datetime, *, minor: bool = False) -> Version:
        return Version(person.ids[self.plan.platform], when, minor)

    def _past(self, when: datetime) -> bool:
        """Whether it still happens: within the history, and soon after the end in a room that has ended."""
        last = self.until
        if self.plan.fate in ("dead", "closed"):
            last = min(last, self.end() + _ECHO)
        return when.astimezone(BERLIN).date() < last


def _poisson(mean: float, rng: random.Random) -> int:
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
