"""A large tenant of a typical mix, made fast: for benchmarks, where amount matters and the story does not."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from service.demo.microsoft.tenant import Tenant
from service.demo.microsoft.things import Group, Item, Message, Thread

START = datetime(2025, 1, 6, 7, tzinfo=UTC)


def uniform(contents: int, *, seed: int = 1, rooms: int = 40, people: int = 2000) -> Tenant:
    """A tenant of `contents` contents, comments and replies included, spread evenly over a year.

    Half of the rooms are sites without a group, half are groups with a team and a mailbox. Per 16 contents there are on sites
    4 pages (a third liked by 1 to 5 people, half edited once or twice) with 2 comments and a list item, in groups 3 files
    (half edited once to four times), 2 messages with 3 replies (half with 1 to 3 reactions), and a mail.
    """
    rng = random.Random(seed)  # noqa: S311
    end = START + timedelta(days=365)
    tenant = Tenant(clock=lambda: end)
    persons = [
        tenant.add_user(f"user{number:05d}", department=f"Abteilung {number % 40}").id
        for number in range(people)
    ]
    sites = [tenant.add_site(f"site{number:03d}", created=START).id for number in range(rooms // 2)]
    tasks = [tenant.add_list(site, "Aufgaben").id for site in sites]
    groups = [
        tenant.add_group(
            f"Gruppe {number:03d}",
            rng.sample(persons, min(50, people)),
            persons[:1],
            team=True,
            created=START,
        )
        for number in range(rooms - rooms // 2)
    ]
    writing = _Writing(tenant, rng, persons, sites, tasks, groups)
    step = timedelta(days=364) / max(contents, 1)
    for number in range(contents):
        writing.write(number, (START + step * number).replace(microsecond=0))
    return tenant


@dataclass
class _Writing:
    tenant: Tenant
    rng: random.Random
    persons: list[str]
    sites: list[str]
    tasks: list[str]
    groups: list[Group]
    pages: dict[str, Item] = field(default_factory=dict)
    roots: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)

    def write(self, number: int, when: datetime) -> None:
        by = self.rng.choice(self.persons)
        place = self.rng.randrange(len(self.sites))
        site, group = self.sites[place], self.rng.choice(self.groups)
        match number % 16:
            case 0 | 4 | 8 | 12:
                self._page(site, by, when, news=number % 32 == 0)
            case 1 | 9 if site in self.pages:
                self.tenant.comment(self.pages[site], by, when)
            case 2:
                self.tenant.add_item(self.tasks[place], by, when)
            case 3 | 7 | 11 if group.site is not None:
                file = self.tenant.add_file(group.site, by, when)
                self._edit(file, when, self.rng.choice((0, 0, 0, 1, 2, 4)))
            case 5 | 13:
                root = self.roots[group.id] = self.tenant.post(group.channels[0], by, when)
                if self.rng.random() < 0.5:
                    for person in self._some(3):
                        self.tenant.react(root, person, "like", when + timedelta(minutes=1))
            case 6 | 10 | 14 if group.id in self.roots:
                self.tenant.post(group.channels[0], by, when, reply_to=self.roots[group.id])
            case 15 if group.id in self.threads and self.rng.random() < 0.5:
                self.tenant.answer(self.threads[group.id], by, when)
            case _:
                self.threads[group.id] = self.tenant.add_thread(group.id, by, when)

    def _page(self, site: str, by: str, when: datetime, *, news: bool) -> None:
        page = self.pages[site] = self.tenant.add_page(site, by, when, news=news)
        self._edit(page, when, self.rng.choice((0, 0, 1, 2)))
        if self.rng.random() < 1 / 3:
            for person in self._some(5):
                self.tenant.like(page, person, when + timedelta(minutes=1))
        self.tenant.view(page, self.rng.randint(20, 80), self.rng.randint(1, 20))

    def _edit(self, item: Item, when: datetime, times: int) -> None:
        for number in range(times):
            moment = when + timedelta(minutes=1, hours=number)
            self.tenant.edit(item, self.rng.choice(self.persons), moment)

    def _some(self, most: int) -> list[str]:
        return self.rng.sample(self.persons, self.rng.randint(1, most))
