"""Organisations with a half-year and an assessment of their own, and benchmark files of others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.comparison.benchmark import Benchmark, Classed, HalfYear, Level, Value
from service.comparison.files import take
from service.comparison.profile import declare
from service.comparison.signed import signed
from service.maturity.model import current
from service.maturity.result import Agreement, Assessed, Kind, Result, Strand
from service.models import (
    Assessment,
    Milestone,
    Organisation,
    Publication,
    PublishedCoverage,
    PublishedValue,
)
from service.privacy import keys

SINCE, UNTIL = date(2025, 12, 1), date(2026, 6, 1)
NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
PASSPHRASE = "eine lange Losung 7"
METRIC = "contributor_share"
HALF = timedelta(days=182)


def result(key: str, level: float, created: datetime, version: str = "1.0", spread: float = 0.2) -> Result:
    """Communication told and observed at that level, governance documented; nothing of the rest."""

    def strand(kind: Kind, dimension: str) -> Strand:
        if dimension == "governance" and kind is Kind.DOCUMENTED:
            return Strand(kind=kind, coverage=1.0, level=level)
        if dimension == "communication" and kind is not Kind.DOCUMENTED:
            drawn = tuple(round(level + spread * (n - 100) / 100, 3) for n in range(201))
            return Strand(
                kind=kind, coverage=1.0, level=level, low=level - spread, high=level + spread, quantiles=drawn
            )
        return Strand(kind=kind, coverage=0.0, insufficient="coverage")

    nothing = dict.fromkeys(
        ("staged", "difference", "difference_low", "difference_high", "lowest", "highest")
    )
    dimensions = tuple(
        Assessed(
            dimension=one.key,
            weight=1 / 7,
            strands=tuple(strand(kind, one.key) for kind in Kind),
            agreement=Agreement.NOT_DECIDABLE,
            **nothing,
        )
        for one in current().dimensions
    )
    return Result(
        organisation=key,
        model_version=version,
        profile="communication",
        created=created,
        publication=None,
        data_until=None,
        round=None,
        dimensions=dimensions,
        coverage=(),
    )


@dataclass
class World:
    """An installation; every company is made with one value of one metric and one level."""

    session: Session
    folder: Path
    moment: datetime = NOW

    def company(
        self,
        key: str,
        value: float | None = 0.25,
        level: float | None = 3.0,
        *,
        share: bool = False,
        industry: str | None = "L",
        size: str | None = "1000_4999",
        country: str | None = "DE",
        synthetic: bool = False,
        coverage: float | None = 1.0,
        version: str = "1.0",
    ) -> Organisation:
        made = Organisation(key=key, name=f"{key.title()} AG", synthetic=synthetic)
        self.session.add(made)
        self.session.flush()
        declare(self.session, made, industry=industry, size=size, country=country, shares=share)
        if value is not None:
            self.publish(made, {SINCE: value}, coverage=coverage)
        if level is not None:
            self.assess(made, level, version=version)
        return made

    def publish(
        self,
        organisation: Organisation,
        values: dict[date, float | None],
        *,
        metric: str = METRIC,
        spread: float | None = 0.02,
        coverage: float | None = 1.0,
    ) -> None:
        run = Publication(
            organisation_id=organisation.id,
            created=self.moment,
            data_until=UNTIL,
            minimum_group=10,
            digest="0" * 64,
        )
        self.session.add(run)
        self.session.flush()
        self.session.add(
            PublishedCoverage(
                publication_id=run.id, source="wiki", kind="create", share=coverage, rooms_missing=0
            )
        )
        for since, value in values.items():
            apart = None if spread is None or value is None else spread
            self.session.add(
                PublishedValue(
                    publication_id=run.id,
                    metric=metric,
                    scope="organisation",
                    window="weeks26",
                    since=since,
                    until=since + HALF,
                    value=value,
                    low=None if apart is None or value is None else round(value - apart, 3),
                    high=None if apart is None or value is None else round(value + apart, 3),
                    people=600,
                    state="unknown" if value is None else "published",
                    reason="no_data" if value is None else None,
                )
            )
        self.session.flush()

    def assess(
        self,
        organisation: Organisation,
        level: float,
        *,
        created: datetime | None = None,
        version: str = "1.0",
        spread: float = 0.2,
    ) -> None:
        found = result(organisation.key, level, created or self.moment, version, spread)
        self.session.add(
            Assessment(
                organisation_id=organisation.id,
                created=found.created,
                model_version=version,
                profile="communication",
                digest="0" * 64,
                content=found.model_dump(mode="json"),
            )
        )
        self.session.flush()

    def milestone(self, organisation: Organisation) -> None:
        self.session.add(
            Milestone(
                organisation_id=organisation.id,
                key="relaunch",
                day=date(2026, 3, 2),
                label_de="Neustart",
                label_en="Relaunch",
            )
        )
        self.session.flush()

    @property
    def public_key(self) -> str:
        return keys.read_public(self.folder / "sender.pub")

    def file(self, benchmark: Benchmark, key: str = "sender") -> bytes:
        """The content of a file with it, signed with that key."""
        if not (self.folder / key).exists():
            keys.create(self.folder / key, PASSPHRASE)
        return signed(benchmark, self.folder / key, PASSPHRASE).encode()

    def give(self, organisation: Organisation, *benchmarks: Benchmark) -> None:
        """Benchmark files the organisation takes over."""
        for one in benchmarks:
            content = self.file(one)
            take(self.session, organisation, content, self.public_key, now=self.moment)


def given(
    number: int,
    value: int = 250,
    level: int = 3000,
    *,
    industry: str = "L",
    size: str = "1000_4999",
    country: str = "DE",
    created: date = date(2026, 6, 20),
    **changed: object,
) -> Benchmark:
    """What the peer of that number gives; values and levels in thousandths."""
    fields = {
        "format": "resonanz-benchmark/1",
        "organisation": f"{number:032x}",
        "created": created,
        "synthetic": False,
        "profile": Classed(industry=industry, size=size, country=country, desk=None),
        "minimum_group": 10,
        "coverage": 950,
        "period": HalfYear(window="weeks26", since=SINCE, until=UNTIL),
        "values": (Value(metric=METRIC, category="", value=value, low=None, high=None),),
        "model": "1.0",
        "assessed": date(2026, 6, 15),
        "levels": (Level(dimension="communication", kind=Kind.TOLD, level=level, low=None, high=None),),
    }
    return Benchmark.model_validate(fields | changed)


@pytest.fixture(scope="session")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the key of a sender, which takes long to make."""
    folder = tmp_path_factory.mktemp("keys")
    keys.create(folder / "sender", PASSPHRASE)
    return folder


@pytest.fixture
def peer() -> Callable[..., Benchmark]:
    return given


@pytest.fixture
def database(tmp_path: Path, new_database: Callable[[Path], Engine]) -> Iterator[Engine]:
    made = new_database(tmp_path / "resonanz.db")
    yield made
    made.dispose()


@pytest.fixture
def world(database: Engine, sender: Path) -> Iterator[World]:
    with Session(database) as session:
        yield World(session, sender)


@pytest.fixture
def real_world(engine: Engine, sender: Path) -> Iterator[World]:
    """The same on both databases, migrated."""
    with Session(engine) as session:
        yield World(session, sender)
