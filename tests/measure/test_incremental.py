"""Computing only what changed gives what computing everything gives, whatever happened in between."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from deltalake import write_deltalake
from sqlalchemy import Engine, select, update

from connectors.activity import CounterName
from metrics import facts
from metrics.catalog import CATALOG
from metrics.metric import Reach
from metrics.periods import complete_periods
from service.activity.log import ActivityLog
from service.database import transaction
from service.engines.duck import DuckDB
from service.engines.relations import to_arrow
from service.measure import Work, measure
from service.models import (
    Fingerprint,
    Measurement,
    Membership,
    Milestone,
    OfficialUnit,
    Organisation,
    Person,
    Room,
    Spell,
)

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
START, HORIZON = date(2025, 6, 2), date(2026, 2, 2)
NAMES = ("ada", "bob", "cyd", "dan", "eve", "fay", "gus", "hal", "ida", "jon", "kim", "leo", "mia", "ned")
ROOMS = ("hr", "it")
UNITS = ("sales", "legal")


class World:
    """A company in which things happen at random; `until` is how far it has been read."""

    def __init__(self, company: Any, seed: int) -> None:
        self.company, self.chance, self.until = company, Random(seed), HORIZON
        self.things = 0
        for place, name in enumerate(NAMES):
            company.person(name, UNITS[place % 2])
        for room in ROOMS:
            company.room(room, *NAMES[:8], created=datetime(2025, 6, 3, tzinfo=UTC))
        self.acts(160, START, HORIZON)

    def acts(self, number: int, first: date, end: date) -> None:
        """New contents and what came back on them, views and counters, some of it undated."""
        chance = self.chance
        for _ in range(number // 4):
            self.things += 1
            room, kind = chance.choice(ROOMS), chance.choice(("post", "page"))
            day = first + timedelta(days=chance.randrange(max(1, (end - first).days)))
            thing = f"t{self.things}"
            self._act("create", day, thing, room, content_type=kind)
            for step in range(3):
                later = min(day + timedelta(days=chance.choice((0, 1, 3, 20, 45))), end - timedelta(days=1))
                what = chance.choice(("comment", "react", "view", "edit", "counter"))
                if what == "comment":
                    self._act(what, later, f"{thing}c{step}", room, on=thing)
                elif what == "counter":
                    self._counter(later, thing, room)
                else:
                    self._act(what, later, thing, room, content_type=kind)

    def _act(self, kind: str, day: date, thing: str, room: str, **more: Any) -> None:
        hour = self.chance.randrange(8, 18)
        self.company.act(kind, self.chance.choice(NAMES), f"{day} {hour:02}:15", thing, room=room, **more)
        if kind == "react" and self.chance.random() < 0.2:
            *row, _, minor, total = self.company.rows[-1]
            self.company.rows[-1] = (*row, False, minor, total)

    def _counter(self, day: date, thing: str, room: str) -> None:
        self._act("view", day, thing, room)
        key, source, place, _, content_type, _, *row, _, minor, _ = self.company.rows[-1]
        name = CounterName.VIEWS.value
        total = (day - START).days + self.chance.randrange(9)
        self.company.rows[-1] = (key, source, place, name, content_type, None, *row, True, minor, total)

    def new_data(self) -> None:
        end = self.until + timedelta(days=self.chance.choice((1, 7, 9)))
        self.acts(12, self.until, end)
        self.until = end

    def nothing_but_time(self) -> None:
        self.until += timedelta(days=self.chance.choice((1, 30)))

    def late_data(self) -> None:
        day = self.until - timedelta(weeks=20, days=self.chance.randrange(7))
        self.acts(4, day, day + timedelta(days=1))

    def withdrawn_and_deleted(self) -> None:
        day = self.until - timedelta(days=1)
        old = self.chance.choice([row for row in self.company.rows if row[3] == "react"])
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        key = next(self.company.keys)
        self.company.rows.append((key, *old[1:3], "withdraw", *old[4:6], noon, day, *old[8:]))
        made = self.chance.choice([row for row in self.company.rows if row[3] == "create"])
        key = next(self.company.keys)
        self.company.rows.append((key, *made[1:3], "delete", *made[4:6], noon, day, *made[8:]))

    def erased(self) -> None:
        number = self.company.number(self.chance.choice(NAMES))
        self.company.rows = [row for row in self.company.rows if row[5] != number]
        with transaction(self.company.engine) as session:
            for table in (Person, Spell, Membership):
                for found in session.scalars(select(table).where(table.pseudonym == number)):
                    session.delete(found)

    def corrected_kind(self) -> None:
        self._people(kind=self.chance.choice(("guest", "service", "human")))

    def left(self) -> None:
        self._people(active=False)

    def led(self) -> None:
        self._people(leadership=self.chance.choice((1, 2, 3)))

    def _people(self, **values: Any) -> None:
        number = self.company.number(self.chance.choice(NAMES))
        with transaction(self.company.engine) as session:
            session.execute(update(Person).where(Person.pseudonym == number).values(**values))

    def moved(self) -> None:
        """From one unit to another on a day long ago, which is learnt only now."""
        number = self.company.number(self.chance.choice(NAMES))
        day = self.until - timedelta(days=self.chance.randrange(5, 150))
        with transaction(self.company.engine) as session:
            person = session.scalar(select(Person).where(Person.pseudonym == number))
            if person is None:
                return
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            for spell in session.scalars(select(Spell).where(Spell.pseudonym == number)):
                session.delete(spell)
            session.add(
                Spell(
                    organisation_id=self.company.id,
                    pseudonym=number,
                    unit_id=None,
                    kind="human",
                    active=True,
                    since=noon - timedelta(days=300),
                    until=noon,
                )
            )

    def joined_a_room(self) -> None:
        with transaction(self.company.engine) as session:
            room = session.scalars(select(Room.id)).first()
            since = datetime(2025, 12, self.chance.randrange(1, 28), 8, tzinfo=UTC)
            session.add(Membership(room_id=room, pseudonym=self.company.number("newcomer"), since=since))

    def rooms_changed(self) -> None:
        with transaction(self.company.engine) as session:
            room = self.chance.choice(session.scalars(select(Room).order_by(Room.id)).all())
            match self.chance.randrange(4):
                case 0:
                    room.archived = not room.archived
                case 1:
                    room.purpose = self.chance.choice(("official", "community"))
                case 2:
                    room.open = not room.open
                case _:
                    room.excluded = not room.excluded

    def migrated(self) -> None:
        day = self.chance.choice(self.company.rows)[7]
        key = f"m{self.chance.random()}"
        self.company.add(
            Milestone(
                organisation_id=self.company.id,
                key=key,
                day=day,
                kind="migration",
                label_de=key,
                label_en=key,
            )
        )

    def declared(self) -> None:
        with transaction(self.company.engine) as session:
            organisation = session.get_one(Organisation, self.company.id)
            match self.chance.randrange(3):
                case 0:
                    organisation.region = self.chance.choice(("DE-BY", "DE-BE"))
                case 1:
                    organisation.workforce = self.chance.choice((None, 20, 25))
                case _:
                    if session.scalar(select(OfficialUnit).where(OfficialUnit.key == "legal")) is None:
                        session.add(OfficialUnit(organisation_id=self.company.id, key="legal"))


HAPPENINGS = [
    World.new_data,
    World.nothing_but_time,
    World.late_data,
    World.withdrawn_and_deleted,
    World.erased,
    World.corrected_kind,
    World.left,
    World.led,
    World.moved,
    World.joined_a_room,
    World.rooms_changed,
    World.migrated,
    World.declared,
]


def stored(company: Any) -> list[tuple[Any, ...]]:
    columns = [c for c in Measurement.__table__.columns if c.name not in {"id", "measured"}]
    with company.engine.connect() as connection:
        return sorted(map(tuple, connection.execute(select(*columns))), key=repr)


def compare(world: World, what: str) -> Any:
    """Measure what changed, then everything; both must have stored the same."""
    since = world.until - timedelta(days=world.until.weekday(), weeks=34)
    summary = world.company.measure(since=since, until=world.until)
    found = stored(world.company)
    world.company.measure(since=since, until=world.until, full=True)
    different = sorted({*found} ^ {*stored(world.company)}, key=repr)
    assert not different, (what, different[:6])
    return summary


@pytest.mark.parametrize("seed", [0])
def test_whatever_happens_computing_what_changed_equals_computing_everything(
    engine: Engine, make_company: Callable[..., Any], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine.dialect.name == "postgresql":
        few(monkeypatch)  # what is counted does not depend on where it is stored
    world = World(make_company(engine), seed)
    world.company.measure(since=START, until=HORIZON)
    happenings = world.chance.sample(HAPPENINGS, len(HAPPENINGS))
    for together in (happenings[:5], happenings[5:9], happenings[9:]):
        for happening in together:
            happening(world)
        compare(world, " ".join(happening.__name__ for happening in together))


SOME = ("active_share", "response_rate", "contribution_gini", "regularity", "dialogue_share")


def few(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setattr("service.measure.run.CATALOG", {key: CATALOG[key] for key in keys or SOME})


def test_each_thing_that_happens_is_noticed_by_itself(
    company: Any, monkeypatch: pytest.MonkeyPatch, thorough: bool
) -> None:
    few(monkeypatch, *(SOME if thorough else SOME[:3]))
    world = World(company, 1)
    compare(world, "the beginning")
    for happening in HAPPENINGS:
        happening(world)
        compare(world, happening.__name__)


def test_late_data_recompute_only_the_windows_over_their_week(
    company: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "active_share", "response_rate")
    world = World(company, 0)
    compare(world, "the beginning")
    day = date(2025, 9, 17)
    world.acts(4, day, day + timedelta(days=1))
    before = fingerprints(company)
    summary = compare(world, "late data")
    changed = {place[-1] for place, _ in fingerprints(company).items() ^ before.items()}
    assert summary.work.metrics == 2
    over = {one.since for one in complete_periods(START, HORIZON) if one.since <= day < one.until}
    assert date(2025, 9, 15) in changed
    assert changed <= over
    assert summary.work.metrics == 2
    assert summary.work.periods == len(changed)


def fingerprints(company: Any) -> dict[tuple[Any, ...], str]:
    f = Fingerprint
    with company.engine.connect() as connection:
        rows = connection.execute(select(f.metric, f.scope, f.window, f.since, f.digest))
        return {tuple(place): digest for *place, digest in rows}


def test_a_reach_that_is_too_short_is_found_out(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    blind = replace(CATALOG["response_rate"], reach=Reach(-7, 0))
    monkeypatch.setattr("service.measure.run.CATALOG", {"response_rate": blind})
    world = World(company, 0)
    compare(world, "the beginning")
    for _ in range(4):
        world.late_data()
    with pytest.raises(AssertionError, match="late data"):
        compare(world, "late data")


def test_what_is_no_longer_counted_is_removed(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch, "active_share", "regularity")
    world = World(company, 0)
    compare(world, "the beginning")
    few(monkeypatch, "regularity")
    compare(world, "a metric less")
    assert {row[0] for row in metrics_stored(company)} == {"regularity"}


def metrics_stored(company: Any) -> Any:
    with company.engine.connect() as connection:
        return connection.execute(select(Measurement.metric).distinct()).all()


def test_where_nothing_is_new_the_log_is_not_even_opened(
    company: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "active_share")
    company.numbers["ada"] = 987_654_321_987  # so that no other number is taken for hers
    world = World(company, 0)
    log = ActivityLog(tmp_path / "log", "acme")
    statistics = {"delta.dataSkippingStatsColumns": "source,day"}
    rows = to_arrow(facts.log, company.rows)
    write_deltalake(log.url, rows, name="activity log of acme", configuration=statistics)

    def run(**more: Any) -> Any:
        return measure(company.engine, log, company.id, since=START, until=HORIZON, clock=lambda: NOW, **more)

    first = run()
    assert first.work.why == ("first",)
    opened: list[Any] = []
    monkeypatch.setattr(DuckDB, "open", lambda *given: opened.append(given))
    again = run()
    assert (again, again.work, opened) == (first, Work(), [])
    monkeypatch.undo()
    few(monkeypatch, "active_share")
    log.compact()
    assert run().work == Work()
    assert log.erase({company.number("ada")}) > 0
    erased = run()
    assert erased.work.why == ("activities",)
    assert erased.work.weeks
    assert erased.work.values > 0
    world.corrected_kind()
    assert run().work.why == ("given",)
    assert run(full=True).work.why == ("full",)
