"""The synthetic company at work in Microsoft 365: official sites, rooms of teams and projects, group mail, a network.

The same people as on the company's other platforms, with the same mail addresses and employee numbers, so that identities match.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast

from service.demo.company import Company
from service.demo.conversations import Conversations, Draft, Person
from service.demo.microsoft.forms import AsFile, AsMail, AsMessage, AsPage, Form, Stage
from service.demo.microsoft.tenant import Tenant
from service.demo.organisation import MAIL_DOMAIN, UNITS, Plan, Purpose
from service.demo.store import Expected
from service.demo.timeline import Timeline
from service.demo.working_days import dawn, works

PLANS = (
    Plan("office", "mein-auental", "Mein Auental", "official", "broadcast", 2.2, unit="kommunikation"),
    Plan("office", "netz-aktuell", "Netz aktuell", "official", "broadcast", 1.0, unit="netzbetrieb"),
    Plan("office", "sicher-unterwegs", "Sicher unterwegs", "official", "broadcast", 0.6, unit="sicherheit"),
    Plan(
        "office", "aussendienst", "Vertrieb Außendienst", "team", "living", 1.8, unit="vertrieb", open=False
    ),
    Plan("office", "schicht", "Schichtplanung", "team", "steady", 1.5, unit="kundenservice", open=False),
    Plan("office", "bauleitung", "Bauleitung", "team", "steady", 1.0, unit="erneuerbare", open=False),
    Plan(
        "office",
        "waermepumpe",
        "Projekt Wärmepumpe",
        "project",
        "living",
        2.0,
        units=("vertrieb", "kundenservice", "it"),
        size=40,
        open=False,
        age=0.55,
    ),
    Plan(
        "office",
        "leitsystem",
        "Projekt Netzleitsystem",
        "project",
        "steady",
        1.4,
        units=("netzbetrieb", "it"),
        size=34,
        open=False,
    ),
    Plan(
        "office",
        "speicher",
        "Projekt Batteriespeicher",
        "project",
        "stirring",
        0.7,
        units=("erneuerbare", "erzeugung", "finanzen"),
        size=22,
        open=False,
        age=0.35,
    ),
    Plan(
        "office",
        "messe",
        "Projekt Messeauftritt",
        "project",
        "closed",
        1.4,
        units=("kommunikation", "vertrieb"),
        size=16,
        open=False,
        age=0.6,
    ),
    Plan("office", "copilot", "Copilot-Runde", "community", "living", 2.2, size=120, age=0.32),
    Plan("office", "betriebssport", "Betriebssport", "community", "stirring", 0.7, size=60),
)
_BY_MAIL = frozenset(("betriebssport",))
"""Groups that write mail and have no team."""
NETWORK = Plan("office", "auental-gemeinsam", "Auental gemeinsam", "community", "living")
"""The community of everybody, of which only counts can be had."""


@dataclass(slots=True)
class Workplace:
    """The tenant, which lives through time as the company does. `seed` makes the same conversations."""

    company: Company
    seed: int = 7
    scale: float = 1.0
    tenant: Tenant = field(init=False)
    _stage: Stage = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.tenant = Tenant(name=MAIL_DOMAIN)
        rng = random.Random(f"{self.seed} office")  # noqa: S311
        # A timeline needs of its store only the lock, as long as it publishes nothing by itself.
        self._stage = Stage(self.tenant, Timeline(cast(Any, self.tenant)), rng)
        humans = [person for person in self.company.people if person.kind == "human"]
        guests = [person for person in self.company.people if person.kind == "guest"]
        for person in (*humans, *guests):
            self._account(person)
        for plan in PLANS:
            self._room(plan, humans, guests)
        self._network(humans)

    @property
    def purposes(self) -> dict[str, Purpose]:
        """The declared purpose of each room that exists, by the handle a collector shows it under."""
        handles: dict[str, Purpose] = {}
        for plan in (*PLANS, NETWORK):
            group = self.tenant.groups.get(self.tenant.guid("group", plan.key))
            if group is not None:
                handles[group.nickname if group.public else group.id.split("-")[0]] = plan.purpose
            elif plan.key in self._stage.sites:
                handles[self._stage.sites[plan.key].split(",")[1].split("-")[0]] = plan.purpose
        return handles

    @property
    def rooms(self) -> int:
        """How many rooms there are: groups, and sites without one."""
        sites = sum(site.group is None and not site.personal for site in self.tenant.sites.values())
        return sites + sum(group.unified and not group.deleted for group in self.tenant.groups.values())

    def activities(self) -> Iterator[Expected]:
        """What a complete collection must bring by now (see `Tenant.activities`)."""
        return self.tenant.activities()

    def advance(self, to: datetime) -> None:
        """Let happen what happens until `to`, which the clock of the tenant then shows. Raises `ValueError` if `to` has passed."""
        self._stage.timeline.advance(to)
        self.tenant.clock = lambda: to

    # -- people and rooms ------------------------------------------------------------------------------------------------

    def _account(self, person: Person) -> None:
        person.ids["office"] = id_ = self.tenant.guid("user", person.username)
        units = {unit.slug: unit.name for unit in UNITS}
        self._stage.plan(
            self._arrival(person),
            self.tenant.add_user,
            person.username,
            person.name,
            mail=person.mail,
            department=units.get(person.unit or ""),
            office=person.site,
            job_title=_title(person),
            employee_id=None if person.kind == "guest" else str(person.number),
            guest=person.kind == "guest",
        )
        if person.left is not None:
            self._stage.plan(dawn(person.left), self.tenant.change_user, id_, enabled=False)

    def _arrival(self, person: Person) -> datetime:
        return dawn(max(person.hired, self.company.since))

    def _room(self, plan: Plan, humans: Sequence[Person], guests: Sequence[Person]) -> None:
        members = self._members(plan, humans, guests)
        writers = sorted(
            (person for person in members if person.since == date.min and person.left is None),
            key=lambda person: -person.drive,
        )
        team = writers[: 4 if plan.purpose == "official" else 2] or members[:2]
        since, until = self.company.since, self.company.until
        opened = until - timedelta(int((until - since).days * plan.age))
        made = dawn(opened) + timedelta(hours=9)
        if plan.purpose == "official":
            self._stage.plan(made, self._open_site, plan, made)
        else:
            self._open_group(plan, members, team, made)
        readers = humans if plan.open or plan.purpose == "official" else members
        taking_part = humans if plan.purpose == "official" else members
        life = Conversations(
            plan,
            team,
            taking_part,
            readers,
            opened,
            until,
            self.company.relaunch,
            self.scale,
            self._stage.rng,
        )
        drafts = sorted(life.run(), key=lambda draft: draft.created)
        self._publish(plan, [draft for draft in drafts if draft.created > made])
        if plan.fate == "closed":
            quiet = max((draft.touched for draft in drafts), default=made) + timedelta(hours=1)
            last = dawn(until) - timedelta(minutes=1)
            group = self.tenant.guid("group", plan.key)
            closed = min(max(dawn(life.end()) + timedelta(7), quiet), last)
            self._stage.plan(closed, self.tenant.archive, group)

    def _members(self, plan: Plan, humans: Sequence[Person], guests: Sequence[Person]) -> list[Person]:
        if not plan.size:
            return [person for person in humans if person.unit == plan.unit] or list(humans[:2])
        pool = [person for person in humans if not plan.units or person.unit in plan.units]
        members = self._stage.rng.sample(pool, min(plan.size, len(pool)))
        if plan.purpose == "project":
            members += [guest for guest in guests if self._stage.rng.random() < 0.25]
        return members or list(humans[:2])

    def _open_site(self, plan: Plan, made: datetime) -> None:
        self._stage.sites[plan.key] = self.tenant.add_site(plan.key, plan.name, created=made).id

    def _open_group(
        self, plan: Plan, members: Sequence[Person], team: Sequence[Person], made: datetime
    ) -> None:
        """Whoever has no account yet when the group is made joins it on arrival."""
        self._stage.plan(
            made,
            self.tenant.add_group,
            plan.name,
            [person.ids["office"] for person in members if self._arrival(person) <= made],
            [person.ids["office"] for person in team if self._arrival(person) <= made],
            nickname=plan.key,
            public=plan.open,
            team=plan.key not in _BY_MAIL,
            created=made,
        )
        group = self.tenant.guid("group", plan.key)
        for person in members:
            if self._arrival(person) > made:
                self._stage.plan(self._arrival(person), self.tenant.join, group, person.ids["office"])

    def _network(self, humans: Sequence[Person]) -> None:
        made = dawn(self.company.relaunch) + timedelta(hours=9)
        self._open_group(NETWORK, humans, humans[:2], made)
        group = self.tenant.guid("group", NETWORK.key)
        self._stage.plan(made, self.tenant.add_community, NETWORK.name, group)
        day = self.company.relaunch + timedelta(1)
        while day < self.company.until:
            if works(day):
                counts = {
                    "posted": self._stage.rng.randint(0, 3),
                    "read": self._stage.rng.randint(20, 90),
                    "liked": self._stage.rng.randint(0, 12),
                }
                self._stage.plan(dawn(day) + timedelta(hours=18), self.tenant.converse, group, **counts)
            day += timedelta(1)

    # -- what is written ---------------------------------------------------------------------------------------------------

    def _publish(self, plan: Plan, drafts: list[Draft]) -> None:
        """Plan contents with all that is done to them, in the form the kind of room has for them."""
        answered = {id(draft.container) for draft in drafts}
        forms: dict[int, Form] = {}
        for draft in drafts:
            if draft.container is not None:
                form = forms.get(id(draft.container))
                if form is not None:
                    forms[id(draft)] = form
                    form.answer(draft)
                continue
            if plan.purpose == "official":
                form = AsPage(self._stage, plan)
            elif plan.key in _BY_MAIL:
                form = AsMail(self._stage, plan)
            elif draft.type == "blogpost" or id(draft) in answered:
                form = AsMessage(self._stage, plan)
            else:
                form = AsFile(self._stage, plan)
            forms[id(draft)] = form
            form.begin(draft)


def _title(person: Person) -> str | None:
    if person.kind == "guest":
        return None
    if person.unit == "vorstand":
        return "Vorstand"
    return "Leitung" if person.leader else "Fachkraft"
