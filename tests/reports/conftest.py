"""A company with a publication, a survey round, a register and agreed measures, stored as a real one is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from alembic import command
from service.advice import catalogue as measures
from service.advice.decisions import decide
from service.advice.proposals import proposals
from service.advice.situation import situation
from service.comparison.comparable import Step
from service.comparison.draw import Placed, Subject, Withheld
from service.comparison.quartiles import Position, Quartiles, Told
from service.database import alembic_config, connect, transaction
from service.demo.questioned import file_papers
from service.maturity import told
from service.maturity.assess import Given as Evidence
from service.maturity.assess import assess, newest
from service.maturity.model import current
from service.maturity.register import register
from service.maturity.result import Kind, Result
from service.models import (
    Assessment,
    Base,
    Organisation,
    Publication,
    PublishedCoverage,
    PublishedValue,
    SurveyRound,
)
from service.published import latest
from service.references import references
from service.reports.content import written
from service.reports.document import Document
from service.reports.given import Given, gathered

MOMENT = datetime(2026, 6, 15, 8, tzinfo=UTC)
TODAY = MOMENT.date()
NEWEST = (date(2026, 5, 18), date(2026, 6, 15))
BEFORE = (date(2026, 4, 20), date(2026, 5, 18))
SECRET = 0.7777
"""Stored in a hidden cell, against all rules, to see that it does not get out."""
HIDDEN = {"communication.upward_echo": "homogeneity", "culture.leader_reply_share": "small_group"}
PLACES = {"business": 4, "communication": 1, "organisation": 3}
"""Which anchor the observed values of a dimension stand at (0 to 4); others at the second."""
TOLD = {"business": 2.2, "communication": 4.1, "organisation": 3.9, "strategy": 2.4}


PEERS = (
    Placed(
        Subject(metric="response_rate"),
        date(2026, 6, 2),
        Step.INDUSTRY,
        7,
        Quartiles(0.35, 0.5, 0.6),
        Told(0.7, 0.68, 0.72),
        date(2026, 6, 1),
        Position(0.9, 0.8, 0.95),
    ),
    Placed(
        Subject(dimension="culture", kind=Kind.TOLD),
        date(2026, 6, 2),
        Step.ALL,
        9,
        Quartiles(2.1, 2.6, 3.2),
        Told(1.9),
        date(2026, 6, 1),
        Position(0.2, 0.05, 0.45),
    ),
    Placed(Subject(metric="reach"), own=Told(SECRET), withheld=Withheld.FEW_PEERS),
)
"""Two values with quartiles, and one of which there are too few peers."""


def shown_series() -> Iterator[tuple[str, tuple[str, str, str], float]]:
    """Key, series and value of everything published: the indicators, then what stands beside a reference, well below it."""
    added = set()
    for one in current().indicators():
        series = (one.metric, one.category, one.window.value)
        if series not in added:
            added.add(series)
            yield one.key, series, one.anchors[PLACES.get(one.key.partition(".")[0], 1)]
    for reference in references().references:
        known = reference.comparable
        series = (known.metric, known.category, known.window.value) if known else None
        if known and series and series not in added:
            added.add(series)
            yield reference.key, series, reference.figures[known.figures[0]].value * 0.7


def publish(session: Session, organisation: Organisation) -> None:
    run = Publication(
        organisation_id=organisation.id,
        created=MOMENT,
        data_until=date(2026, 6, 14),
        minimum_group=10,
        digest="e" * 64,
    )
    session.add(run)
    session.flush()
    for key, (metric, category, window), value in shown_series():
        for since, until in (BEFORE, NEWEST):
            hidden = key in HIDDEN and since == NEWEST[0]
            session.add(
                PublishedValue(
                    publication_id=run.id,
                    metric=metric,
                    category=category,
                    scope="organisation",
                    window=window,
                    since=since,
                    until=until,
                    value=SECRET if hidden else value,
                    low=None if hidden else value * 0.95,
                    high=None if hidden else value * 1.05,
                    people=None if hidden else 345,
                    state="suppressed" if hidden else "published",
                    reason=HIDDEN[key] if hidden else None,
                )
            )
    for kind in ("create", "edit", "comment", "reply", "react", "view", "join"):
        session.add(
            PublishedCoverage(
                publication_id=run.id,
                source="wiki",
                kind=kind,
                share=0.62 if kind == "view" else 0.97,
                rooms_missing=0,
                reasons={"access_denied": 2} if kind == "view" else {},
                data_until=MOMENT,
            )
        )
    session.flush()


def survey(session: Session, organisation: Organisation) -> told.Round:
    """What staff said of four dimensions, all but exactly."""
    session.add(
        SurveyRound(
            organisation_id=organisation.id,
            key="first",
            title_de="Wie reden wir?",
            title_en="How do we talk?",
            model_version="1.0",
            form="full",
            minimum_group=5,
            state="closed",
            created=MOMENT,
            opened=datetime(2026, 5, 4, tzinfo=UTC),
            closed=datetime(2026, 5, 22, tzinfo=UTC),
        )
    )
    scales = {
        key: told.Scale(
            people=210,
            mean=mean,
            draws=tuple(mean + step / 100 for step in range(-5, 6)),
            coverage=1.0,
            insufficient=None,
        )
        for key, mean in TOLD.items()
    }
    return told.Round("first", scales)


def keep(session: Session, organisation: Organisation, round_: told.Round | None) -> None:
    model = current()
    entries = register(session, organisation, model, TODAY)
    given = Evidence(organisation.key, latest(session, organisation), round_, entries)
    result = assess(model, model.focus, given, MOMENT)
    session.add(
        Assessment(
            organisation_id=organisation.id,
            created=MOMENT,
            model_version=model.version,
            profile=model.focus,
            digest="a" * 64,
            content=result.model_dump(mode="json"),
        )
    )
    session.flush()


def agree(session: Session, organisation: Organisation) -> None:
    """The three most useful measures that wait for nothing, and one that is declined."""
    catalogue, made = measures.current(), newest(session, organisation)
    assert made is not None
    known = situation(Result.model_validate(made.content), latest(session, organisation), catalogue)
    found = [one for one in proposals(catalogue, known, current().profile().weights) if one.verdict.holds]
    free = [one.measure.key for one in found if not one.missing]
    for key in free[:3]:
        decide(session, organisation, catalogue, key, "agreed", owner="Interne Kommunikation", now=MOMENT)
    decide(session, organisation, catalogue, free[3], "declined", reason="Kein Budget", now=MOMENT)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Two organisations: one with everything, and one of which nothing is known yet."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('reports') / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    with transaction(engine) as session:
        acme = Organisation(key="acme", name="Acme AG", region="DE-BY")
        bare = Organisation(key="bare", name="Kahl GmbH", region="DE-BY")
        young = Organisation(key="young", name="Jung SE", region="DE-BY", locale="en")
        session.add_all([acme, bare, young])
        session.flush()
        publish(session, acme)
        file_papers(session, acme, MOMENT, seed=1)
        keep(session, acme, survey(session, acme))
        agree(session, acme)
        keep(session, bare, None)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def acme(database: Engine) -> Given:
    return of(database, "acme")


@pytest.fixture(scope="session")
def bare(database: Engine) -> Given:
    """Assessed before anything was known, and nothing agreed."""
    return of(database, "bare")


@pytest.fixture(scope="session")
def situations(acme: Given, bare: Given) -> dict[str, Given]:
    """What can be given, from everything to nothing."""
    return {
        "everything": acme,
        "nothing": bare,
        "no plan": replace(acme, plan=None, trouble="these measures can not be scheduled together"),
        "nothing agreed": replace(acme, plan=bare.plan, decided={}),
        "agreement": replace(acme, agreement=(3, date(2026, 2, 1)), outdated=("strategy.of_old",)),
        "peers": replace(acme, peers=PEERS),
        "synthetic": replace(acme, synthetic=True, name="Werk 24 GmbH"),
    }


@pytest.fixture(scope="session")
def documents(situations: dict[str, Given]) -> dict[tuple[str, str], Document]:
    return {
        (name, language): written(given, language)
        for name, given in situations.items()
        for language in ("de", "en")
    }


def of(engine: Engine, key: str) -> Given:
    with Session(engine) as session:
        organisation: Any = session.query(Organisation).filter_by(key=key).one()
        given = gathered(session, organisation, TODAY)
        session.expunge_all()
        return given
