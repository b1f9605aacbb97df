"""An organisation whose activities are collected into a real log, measured, and grow old.

Sixteen weeks up to Monday, 30 March 2026. In week `n`, counted from 1, the people `a1` to `an` (at most `a12`) make a page each in the
room HR; `old` also makes one, in the first week only, and left that week. With 60 days the weeks from 2 February on are kept: the last
eight.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest
from sqlalchemy import Engine, select

from connectors.activity import Activity, Content, ContentType, Kind, Members, Page, Person, Room
from connectors.base import Check, Memory
from service.activity.collect import collect
from service.activity.report import Report
from service.activity.retention import Purge, purge
from service.database import connect, migrate, transaction
from service.measure import Summary, measure
from service.models import (
    AuditEntry,
    Base,
    Measurement,
    Membership,
    Organisation,
    PublishedValue,
    Source,
    Spell,
)
from service.models import Person as Account
from service.places import Places
from service.privacy.limits import Limits, declare
from service.publication import publish

NOW = datetime(2026, 3, 30, 10, tzinfo=UTC)
FIRST = date(2025, 12, 8)
WEEKS = 16
CUT = date(2026, 2, 2)
PEOPLE = tuple(f"a{number}" for number in range(1, 13))


def week(number: int) -> date:
    """The Monday of the week counted from 1."""
    return FIRST + timedelta(weeks=number - 1)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def makes(person: str, day: date, thing: str | None = None) -> Activity:
    thing = thing or f"{person}-{day}"
    return Activity(thing, Kind.CREATE, "HR", person, noon(day), thing, ContentType.PAGE)


def known(thing: str, day: date) -> Content:
    return Content(thing, "HR", ContentType.PAGE, noon(day), noon(day))


@dataclass
class Script:
    """A connector that yields given pages; an exception in place of a page is raised. Cursors are page numbers."""

    name: ClassVar[str] = "script"
    pages: Sequence[Page | BaseException]

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Script":
        raise NotImplementedError

    def check(self, expected_rooms: int | None = None) -> Check:
        return Check(())

    def streams(self) -> Sequence[str]:
        return ["content"]

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        for page in self.pages:
            if isinstance(page, BaseException):
                if cursor is not None:
                    raise page
            elif cursor is None or int(page.cursor) > int(cursor):
                yield page

    def requests(self) -> int:
        return 0

    def close(self) -> None:
        pass


def story() -> list[Page]:
    """What the platform tells, week by week."""
    everybody = [Person(one, unit="sales") for one in PEOPLE]
    pages = [Page("0", rooms=[Room("HR", "HR", open=True, created=noon(FIRST))], people=everybody)]
    for number in range(1, WEEKS + 1):
        authors = [*PEOPLE[:number], *(["old"] if number == 1 else [])]
        acts = [makes(author, week(number)) for author in authors]
        contents = [known(act.object, week(number)) for act in acts]
        pages.append(Page(str(number), acts, contents=contents))
    return pages


ACTS = sum(min(number, 12) for number in range(1, WEEKS + 1)) + 1
OLD = sum(range(1, 9)) + 1
"""Pages made before `CUT`."""


@dataclass
class Company:
    """An organisation with one source, in a folder with log and key; made in the database where it is not there yet."""

    engine: Engine
    folder: Path
    key: str = "acme"
    source: str = "wiki"
    now: datetime = NOW
    before: dict[Any, Any] = field(default_factory=dict)
    """What was measured before anything was deleted."""

    def __post_init__(self) -> None:
        with transaction(self.engine) as session:
            found = session.scalar(select(Organisation).where(Organisation.key == self.key))
            if found is None:
                found = Organisation(key=self.key, name=self.key)
                session.add(found)
                session.flush()
                own = {"connector": "script", "settings": {}, "created": self.now}
                session.add(Source(organisation_id=found.id, key=self.source, **own))
            self.id = found.id
        places = Places(self.folder / "key" / "pseudonym.key", str(self.folder / "activity"))
        self.log, self.people = places.log(self.key), places.pseudonymiser(self.key)

    def other(self) -> "Company":
        """Another organisation in the same database."""
        return Company(self.engine, self.folder, "other", "news")

    def add(self, *things: Base) -> None:
        with transaction(self.engine) as session:
            session.add_all(things)

    def sync(self, *pages: Page | BaseException) -> Report:
        return collect(
            self.engine, self.log, self.people, self.source, connector=Script(pages), clock=lambda: self.now
        )

    def keep(
        self, activities: int | None = None, people: int | None = None, values: int | None = None
    ) -> None:
        with transaction(self.engine) as session:
            declare(session, self.id, Limits(activities, people, values))

    def measure(self, **more: Any) -> Summary:
        return measure(self.engine, self.log, self.id, clock=lambda: self.now, **{"since": FIRST, **more})

    def purge(self) -> Purge:
        return purge(self.engine, self.log, self.id, clock=lambda: self.now)

    def all(self, table: type[Base]) -> list[Any]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(table)))

    def events(self) -> list[str]:
        return [entry.action for entry in self.all(AuditEntry)]

    def days(self) -> list[date]:
        """The day of every row of the log."""
        with duckdb.connect() as connection:
            self.log.register(connection)
            return [day for (day,) in connection.execute("SELECT day FROM log ORDER BY 1").fetchall()]

    def days_on_disk(self) -> set[date]:
        """The days in every Parquet file there is, whether the log refers to it or not."""
        files = [str(file) for file in Path(self.log.url).rglob("*.parquet")]
        found = duckdb.execute("SELECT DISTINCT day FROM read_parquet(?)", [files]).fetchall()
        return {day for (day,) in found}

    def values(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Every measurement but when it was measured, by its place."""
        place = ("metric", "category", "scope", "scope_key", "window", "since", "until")
        hidden = {"id", "organisation_id", "measured", *place}
        told = [column.name for column in Measurement.__table__.columns if column.name not in hidden]
        return {
            tuple(getattr(row, name) for name in place): tuple(getattr(row, name) for name in told)
            for row in self.all(Measurement)
        }

    def everything(self) -> dict[str, Any]:
        """All there is, but the numbers the database hands out."""
        members = (Membership.pseudonym, Membership.since, Membership.until)
        accounts = (Spell.pseudonym, Spell.since, Spell.until, Spell.unit_id)
        shown = (
            "metric",
            "category",
            "scope",
            "scope_key",
            "window",
            "since",
            "until",
            "value",
            "state",
            "reason",
        )
        with transaction(self.engine) as session:
            return {
                "days": self.days(),
                "accounts": sorted(session.scalars(select(Account.pseudonym))),
                "memberships": sorted(map(tuple, session.execute(select(*members))), key=repr),
                "spells": sorted(map(tuple, session.execute(select(*accounts))), key=repr),
                "values": self.values(),
                "published": sorted(
                    map(tuple, session.execute(select(*(getattr(PublishedValue, one) for one in shown)))),
                    key=repr,
                ),
            }

    def value(self, metric: str, since: date, window: str = "week", category: str = "") -> Any:
        """(numerator, denominator) of the organisation, or the reason why not."""
        (found,) = [
            row.reason or (row.numerator, row.denominator)
            for row in self.all(Measurement)
            if (row.metric, row.since, row.scope, row.window, row.category)
            == (metric, since, "organisation", window, category)
        ]
        return found


def left_of(company: Company) -> dict[str, Any]:
    """What a purge is to leave of `aged`, by hand."""
    there, gone = company.everything(), company.people.person("gone", "wiki")
    people, values = date(2026, 1, 19), date(2025, 12, 30)
    day = noon(date(2025, 12, 20))

    def lasting(rows: list[Any]) -> list[Any]:
        return [row for row in rows if row[0] != gone and (row[2] is None or row[2] > day)]

    def told(place: tuple[Any, ...], value: tuple[Any, ...]) -> tuple[Any, ...]:
        if place[2] != "room" or place[5] >= people or "known" not in value:
            return value
        return (None, None, None, None, value[4], None, None, None, "unknown", "retention")

    first = min(since for _, since, _ in there["memberships"])
    return {
        "days": [one for one in there["days"] if one >= CUT],
        "accounts": [one for one in there["accounts"] if one != gone],
        "memberships": sorted([*lasting(there["memberships"]), (0, first, day)], key=repr),
        "spells": lasting(there["spells"]),
        "values": {
            place: told(place, value) for place, value in there["values"].items() if place[6] > values
        },
        "published": [row for row in there["published"] if row[6] > values],
    }


@pytest.fixture
def company(engine: Engine, tmp_path: Path) -> Company:
    """With everything collected, and nothing measured; on both databases."""
    made = Company(engine, tmp_path)
    assert made.sync(*story()).stored == ACTS
    return made


def measured_then_purged(company: Company) -> Company:
    company.measure()
    company.before = company.values()
    company.keep(activities=60)
    company.purge()
    return company


def aged(company: Company) -> Company:
    """Of every class something is too old, and all is measured and published.

    Besides the story: on 20 December `a1` went from sales to legal, `gone` left the company, and both `gone` and `a11` left the room
    TEAM; `a12` came to it on 10 February. Activities are kept for 60 days, people for 75 (from 19 January), values for 90.
    """
    everybody = [Person(one, unit="sales") for one in (*PEOPLE[:11], "gone")]
    team = frozenset(PEOPLE[:11])
    moved, left = Person("a1", unit="legal"), Person("gone", unit="sales", active=False)
    for cursor, day, people, members in (
        ("-3", date(2025, 12, 15), everybody, team | {"gone"}),
        ("-2", date(2025, 12, 20), [moved, left], team - {"a11"}),
        ("-1", date(2026, 2, 10), [Person("a12", unit="sales")], team - {"a11"} | {"a12"}),
    ):
        company.now = noon(day)
        company.sync(
            Page(cursor, rooms=[Room("TEAM", "TEAM")], people=people, members=[Members("TEAM", members)])
        )
    company.now = NOW
    company.sync(*story())
    company.measure()
    publish(company.engine, company.id, minimum_group=5, clock=lambda: NOW)
    company.before = company.values()
    company.keep(activities=60, people=75, values=90)
    return company


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, Path], Company]]:
    """Copies of companies that are made once, on SQLite: measuring takes long."""
    made: dict[str, tuple[Path, dict[Any, Any]]] = {}
    engines: list[Engine] = []

    def opened(folder: Path) -> Engine:
        engines.append(connect(f"sqlite:///{folder / 'resonanz.db'}"))
        return engines[-1]

    def copy(name: str, folder: Path) -> Company:
        if name not in made:
            place = tmp_path_factory.mktemp(name)
            engine = opened(place)
            migrate(engine)
            company = Company(engine, place)
            if name == "measured":
                company.sync(*story())
            ready = {"measured": measured_then_purged, "aging": aged}[name](company)
            made[name] = place, ready.before
            engine.dispose()
        place, before = made[name]
        shutil.copytree(place, folder)
        return Company(opened(folder), folder, before=dict(before))

    yield copy
    for engine in engines:
        engine.dispose()


@pytest.fixture
def measured(kept: Callable[[str, Path], Company], tmp_path: Path) -> Company:
    """Measured, then purged."""
    return kept("measured", tmp_path / "company")


@pytest.fixture
def aging(kept: Callable[[str, Path], Company], tmp_path: Path) -> Company:
    """As `aged`."""
    return kept("aging", tmp_path / "company")
