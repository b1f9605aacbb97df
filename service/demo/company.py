"""A fictitious company and its two intranets, the same for the same seed: people, groups, rooms, and what happened."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from service.demo.conversations import Conversations, Draft, Person
from service.demo.organisation import (
    NAME,
    PERSONAL_SPACES,
    PLANS,
    UNITS,
    Plan,
    Platform,
)
from service.demo.store import Expected, Permission, Space, Store, Version
from service.demo.timeline import Timeline
from service.demo.workforce import Workforce
from service.demo.working_days import BERLIN, dawn, works

EVERYBODY = "alle-mitarbeitenden"
LEADERS = "fuehrungskraefte"
UNIT_GROUPS = r"^abt-(.+)$"
_IMPORTED = 160
_GRID, _FIRST_MONDAY = 28, date(2000, 1, 3)
"""The relaunch falls on the first day of one of the windows of 28 days that are measured (`metrics.periods`)."""
_RIGHTS = (
    ("create", "page"),
    ("create", "blogpost"),
    ("create", "comment"),
)


@dataclass(frozen=True, slots=True)
class Company:
    """Everything that is true, and how much of it has happened. `plans` are the rooms by platform and key.

    `relaunch` is the day the intranet was relaunched; `members` are the people of each room with the right to write,
    by platform and room key; `until` is the first day that is not told any more. `timelines` hold what happens on each
    platform, `stores` the state they have reached.
    """

    name: str
    since: date
    relaunch: date
    until: date
    people: Sequence[Person]
    plans: dict[tuple[Platform, str], Plan]
    members: dict[tuple[Platform, str], Sequence[Person]]
    timelines: dict[Platform, Timeline] = field(repr=False)

    @classmethod
    def found(
        cls,
        seed: int,
        *,
        people: int = 640,
        until: date,
        months: int = 18,
        scale: float = 1.0,
    ) -> "Company":
        """A company at its beginning, `months` before `until`; `advance` lets time pass.

        `people` employees; `scale` multiplies what is written. The clocks of the stores are real ones until `advance`
        sets them. Raises `ValueError` for fewer than 50 people or 3 months, where no company can be told of.
        """
        if people < 50 or months < 3:
            raise ValueError("a company needs at least 50 people and 3 months of history")
        company = _Founding(seed, people, until, months, scale).company()
        company._live(dawn(company.since))
        return company

    @classmethod
    def generate(
        cls,
        seed: int,
        *,
        people: int = 640,
        until: date,
        months: int = 18,
        scale: float = 1.0,
    ) -> "Company":
        """As `found`, but at the end of its history. The clocks of the stores are real ones."""
        company = cls.found(seed, people=people, until=until, months=months, scale=scale)
        company._live(dawn(until))
        return company

    @property
    def stores(self) -> dict[Platform, Store]:
        return {platform: timeline.store for platform, timeline in self.timelines.items()}

    def activities(self, platform: Platform) -> Iterator[Expected]:
        """What a complete collection of the platform must bring by now (see `Store.activities`)."""
        return self.timelines[platform].store.activities()

    def advance(self, to: datetime) -> None:
        """Let happen what happens until the moment `to`, which the clocks of the stores then show.

        The steps make no difference to the state. Raises `ValueError` if `to` has passed.
        """
        self._live(to)
        for store in self.stores.values():
            store.clock = lambda: to

    def _live(self, to: datetime) -> None:
        for timeline in self.timelines.values():
            timeline.advance(to)


class _Founding:
    def __init__(self, seed: int, people: int, until: date, months: int, scale: float) -> None:
        self.rng = random.Random(seed)  # noqa: S311
        self.until, self.scale = until, scale
        self.since = until - timedelta(round(months * 30.44))
        about = until - timedelta(round(months * 30.44 * 4 / 18)) - _FIRST_MONDAY
        self.relaunch = _FIRST_MONDAY + timedelta(_GRID * round(about.days / _GRID))
        while not works(self.relaunch):
            self.relaunch += timedelta(1)
        self.workforce = Workforce(self.rng, people, self.since, self.relaunch, until)
        self.groups: dict[tuple[Platform, str], str] = {}
        self.members: dict[tuple[Platform, str], Sequence[Person]] = {}
        self.plans: dict[tuple[Platform, str], Plan] = {}

    def company(self) -> Company:
        timelines = {platform: self._platform(platform) for platform in _PLATFORMS}
        return Company(
            NAME,
            self.since,
            self.relaunch,
            self.until,
            self.workforce.people,
            self.plans,
            self.members,
            timelines,
        )

    # -- platforms -----------------------------------------------------------------------------------------------------

    def _platform(self, platform: Platform) -> Timeline:
        store = Store(first_id=98_304 if platform == "wiki" else 1_310_720)
        timeline = Timeline(store)
        on_platform = [person for person in self.workforce.people if platform in person.ids]
        for person in on_platform:
            id_ = person.ids[platform]
            given = (id_, person.username, person.name, person.mail, person.kind)
            timeline.plan(self._arrival(person), store.add_account, *given)
            if person.left is not None:
                timeline.plan(dawn(person.left), store.deactivate, id_)
        self._groups(timeline, platform, on_platform)
        drafts: list[Draft] = []
        for plan in PLANS:
            if plan.platform == platform:
                drafts += self._room(timeline, plan, on_platform)
        drafts += self._personal_spaces(timeline, platform, on_platform)
        drafts += self._bots_at_work(platform)
        timeline.publish(drafts, self.rng)
        return timeline

    def _arrival(self, person: Person) -> datetime:
        return dawn(max(person.hired, self.since))

    def _groups(self, timeline: Timeline, platform: Platform, people: Sequence[Person]) -> None:
        def group(name: str, members: Sequence[Person]) -> None:
            self._group(timeline, platform, name, members, dawn(self.since))

        humans = [person for person in people if person.kind == "human"]
        group(EVERYBODY, humans)
        group(LEADERS, [person for person in humans if person.leader])
        group("externe", [person for person in people if person.kind == "guest"])
        group("site-admins", [person for person in people if person.kind == "app"])
        for unit in UNITS:
            members = [person for person in humans if person.unit == unit.slug]
            if members:
                group(f"abt-{unit.slug}", members)

    def _group(
        self, timeline: Timeline, platform: Platform, name: str, members: Sequence[Person], made: datetime
    ) -> str:
        """Whoever has no account yet when the group is made joins it on arrival."""
        id_ = str(UUID(int=self.rng.getrandbits(128), version=4))
        there = [person.ids[platform] for person in members if self._arrival(person) <= made]
        timeline.plan(made, timeline.store.add_group, name, there, id_)
        for person in members:
            if self._arrival(person) > made:
                timeline.plan(self._arrival(person), timeline.store.join, id_, person.ids[platform])
        self.groups[platform, name] = id_
        return id_

    def _room(self, timeline: Timeline, plan: Plan, people: Sequence[Person]) -> list[Draft]:
        rng, platform = self.rng, plan.platform
        self.plans[platform, plan.key] = plan
        humans = [person for person in people if person.kind == "human"]
        own = [person for person in humans if plan.unit and person.unit == plan.unit]
        if plan.size:
            pool = [person for person in humans if not plan.units or person.unit in plan.units]
            members = rng.sample(pool, min(plan.size, len(pool)))
            if plan.purpose == "project":
                members += [guest for guest in self.workforce.guests if rng.random() < 0.25]
        else:
            members = own
        members = members or humans[:2]
        writers = sorted(
            (person for person in members if person.since == date.min and person.left is None),
            key=lambda person: -person.drive,
        )
        team = writers[: 5 if plan.purpose == "official" else 2] or list(members[:2])
        opened = self.until - timedelta(int((self.until - self.since).days * plan.age))
        made = dawn(opened) + timedelta(hours=9) if plan.age < 1 else dawn(self.since)
        space = Space(
            timeline.store.next_id(),
            plan.key,
            plan.name,
            author=team[0].ids[platform],
            created=made if plan.age < 1 else made - timedelta(400),
            permissions=self._permissions(timeline, plan, members, team, made),
        )
        timeline.plan(made, timeline.store.insert_space, space)
        everybody = humans if plan.open or plan.purpose == "official" else members
        taking_part = humans if plan.purpose == "official" else members
        self.members[platform, plan.key] = list(members)
        life = Conversations(
            plan, team, taking_part, everybody, opened, self.until, self.relaunch, self.scale, rng
        )
        drafts = life.run()
        if plan.fate == "closed":
            quiet = max((draft.touched for draft in drafts), default=made) + timedelta(hours=1)
            closed = max(dawn(life.end()) + timedelta(7), quiet)
            last = dawn(self.until) - timedelta(minutes=1)
            timeline.plan(min(closed, last), timeline.store.archive_space, plan.key)
        return drafts

    def _permissions(
        self,
        timeline: Timeline,
        plan: Plan,
        members: Sequence[Person],
        team: Sequence[Person],
        made: datetime,
    ) -> list[Permission]:
        platform = plan.platform
        everybody = self.groups[platform, EVERYBODY]
        unit = self.groups.get((platform, f"abt-{plan.unit}"))
        # In a small company nobody of a unit may have an account here.
        if unit is not None and plan.purpose == "team":
            writing = unit
        else:
            own = team if plan.purpose == "official" else members
            writing = self._group(timeline, platform, f"raum-{plan.key.lower()}", own, made)
        rights = [Permission("group", writing, "read", "space")]
        rights += [Permission("group", writing, *right) for right in _RIGHTS]
        if plan.open:
            rights.append(Permission("group", everybody, "read", "space"))
            rights.append(Permission("group", everybody, "create", "comment"))
        reader = self.workforce.bots["Resonanz-Leser"].ids[platform]
        rights.append(Permission("user", reader, "read", "space"))
        rights += [
            Permission("user", owner.ids[platform], "administer", "space")
            for owner in team[: self.rng.choice((1, 2, 2))]
        ]
        return rights

    def _personal_spaces(
        self, timeline: Timeline, platform: Platform, people: Sequence[Person]
    ) -> list[Draft]:
        busiest = sorted(
            (
                person
                for person in people
                if person.kind == "human" and person.hired == date.min and not person.left
            ),
            key=lambda person: -person.drive,
        )
        drafts: list[Draft] = []
        for person in busiest[: PERSONAL_SPACES[platform]]:
            id_ = person.ids[platform]
            key = "~" + (person.username if platform == "wiki" else id_.replace(":", "").replace("-", ""))
            made, store = dawn(self.since), timeline.store
            rights = [Permission("user", id_, "administer", "space")]
            space = Space(
                store.next_id(), key, person.name, "personal", author=id_, created=made, permissions=rights
            )
            timeline.plan(made, store.insert_space, space)
            drafts += [
                Draft(
                    key,
                    "page",
                    [Version(id_, self._noon(self.workforce.day_between(self.since, self.until)))],
                )
                for _ in range(self.rng.randint(1, 5))
            ]
        return drafts

    def _bots_at_work(self, platform: Platform) -> list[Draft]:
        """The import of the old pages on the weekend before the relaunch, and notices sent by machines."""
        drafts: list[Draft] = []
        if platform == "intranet":
            service = self.workforce.bots["Migrationsdienst"].ids[platform]
            moment = self._noon(self.relaunch - timedelta(2))
            for number in range(round(_IMPORTED * self.scale)):
                key = ("RICHT", "HR", "ITS", "SICHER", "COMPL", "STANDORT")[number % 6]
                drafts.append(Draft(key, "page", [Version(service, moment)], views=self.rng.randint(0, 60)))
                drafts[-1].viewers = drafts[-1].views // 2
                moment += timedelta(seconds=self.rng.randint(3, 12))
        sender, key = ("Störungsmelder", "ITS") if platform == "intranet" else ("Build-Bot", "ITDOKU")
        day = self.since
        while day < self.until:
            if works(day):
                written = Version(self.workforce.bots[sender].ids[platform], self._noon(day))
                drafts.append(Draft(key, "blogpost", [written], views=20, viewers=15))
            day += timedelta(self.rng.randint(5, 10))
        return drafts

    def _noon(self, day: date) -> datetime:
        shift = timedelta(seconds=self.rng.randrange(3600))
        return datetime.combine(day, time(12), BERLIN).astimezone(UTC) + shift


_PLATFORMS: tuple[Platform, ...] = ("intranet", "wiki")
