"""The people of the fictitious company: employees of every unit, guests, and the accounts of machines."""

import random
import unicodedata
from datetime import date, timedelta
from uuid import UUID

from service.demo.conversations import Person
from service.demo.organisation import FIRST_NAMES, LAST_NAMES, MAIL_DOMAIN, SITES, UNITS

_WIKI_UNITS = frozenset(
    ("it", "netzbetrieb", "erzeugung", "finanzen", "einkauf", "handel", "recht", "sicherheit", "vertrieb")
)
_LICENSED = {"it": 1.0, "handel": 1.0}
"""Part of a unit with access to the old wiki, where it is not `_SOME`."""
_SOME = 0.4


class Workforce:
    """`size` employees over the units; some of them come or leave during the history."""

    def __init__(self, rng: random.Random, size: int, since: date, relaunch: date, until: date) -> None:
        self.rng, self.since, self.relaunch, self.until = rng, since, relaunch, until
        self.taken: set[str] = set()
        self.employees = [self._employee(number, unit) for number, unit in enumerate(self._assignments(size))]
        self.guests = [self._person("guest", 900_000 + number, None) for number in range(size // 80)]
        self.bots = {
            name: self._bot(number, name)
            for number, name in enumerate(
                ("Migrationsdienst", "Störungsmelder", "Build-Bot", "Resonanz-Leser")
            )
        }
        self.people = [*self.employees, *self.guests, *self.bots.values()]

    def _assignments(self, people: int) -> list[str]:
        """The unit of each employee: about its share, and nobody left out."""
        sizes = {unit.slug: max(1, round(unit.share * people)) for unit in UNITS}
        while (surplus := sum(sizes.values()) - people) != 0:
            largest = max(sizes, key=lambda slug: sizes[slug])
            sizes[largest] -= 1 if surplus > 0 else surplus
        return [slug for slug, size in sizes.items() for _ in range(size)]

    def _employee(self, number: int, unit: str) -> Person:
        rng = self.rng
        person = self._person("human", number, unit)
        person.leader = unit == "vorstand" or rng.random() < 0.08
        person.drive = 0.0 if rng.random() < 0.68 else min(rng.paretovariate(0.95), 90.0)
        if unit == "kommunikation":
            person.drive = max(person.drive, 2.0)
        draw = rng.random()
        if draw < 0.58:
            person.since = date.min
        elif draw < 0.88:
            person.since = self.relaunch + timedelta(int(rng.expovariate(1 / 20)))
        else:
            person.since = self.day_between(self.since, self.until)
            if rng.random() < 0.5:
                person.hired = person.since
        if rng.random() < 0.06:
            person.left = self.day_between(max(person.since, self.since) + timedelta(1), self.until)
        return person

    def _person(self, kind: str, number: int, unit: str | None) -> Person:
        rng = self.rng
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        plain = username = f"{_plain(first)}.{_plain(last)}"
        namesake = 1
        while username in self.taken:
            namesake += 1
            username = f"{plain}{namesake}"
        self.taken.add(username)
        guest = kind == "guest"
        mail = f"{username}@{'partner.example' if guest else MAIL_DOMAIN}"
        person = Person(number, f"{first} {last}", username, mail, unit, rng.choice(SITES))
        if guest:
            person.kind, person.drive = "guest", rng.paretovariate(1.2)
        return self._identified(person)

    def _bot(self, number: int, name: str) -> Person:
        username = _plain(name)
        bot = Person(950_000 + number, name, username, f"{username}@{MAIL_DOMAIN}", None, None, "app")
        return self._identified(bot)

    def _identified(self, person: Person) -> Person:
        bits = self.rng.getrandbits(128)
        person.ids["intranet"] = f"712020:{UUID(int=bits, version=4)}"
        licensed = _LICENSED.get(person.unit, _SOME) if person.unit in _WIKI_UNITS else 0.0
        if person.unit is None or self.rng.random() < licensed:
            person.ids["wiki"] = f"8a7f8{self.rng.getrandbits(108):027x}"
        return person

    def day_between(self, first: date, last: date) -> date:
        return first + timedelta(self.rng.randrange(max(1, (last - first).days)))


def _plain(name: str) -> str:
    """A name as it stands in a user name: lower case ASCII, umlauts written out."""
    for letter, written in (
        ("ä", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("ß", "ss"),
        ("ı", "i"),
        ("Ö", "oe"),
        ("Ü", "ue"),
    ):
        name = name.replace(letter, written)
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return bare.lower().replace(" ", "-")
