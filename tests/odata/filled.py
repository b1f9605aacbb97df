"""Two organisations with everything the feed can hold: published, suppressed and unknown cells, a survey, an assessment."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text

from alembic import command
from service.database import alembic_config, transaction
from service.grants import Role
from service.maturity.assess import make
from service.models import (
    Account,
    Base,
    Measurement,
    Milestone,
    Organisation,
    Publication,
    PublishedAnswer,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
    Room,
    Source,
    SurveyPublication,
    SurveyRound,
    Sync,
)
from service.publication import publish
from service.security.accounts import create_account
from service.security.roles import Scope
from service.security.tokens import create_token

MONDAY = date(2026, 3, 2)
MOMENT = datetime(2026, 3, 31, 6, tzinfo=UTC)
PASSWORD = "ein langes Passwort 7"
CELLS = 2300
FIGURES: dict[str, Any] = {
    **{"share_1": 0.1, "share_2": 0.2, "share_3": 0.3, "share_4": 0.25, "share_5": 0.15},
    **{"top_two": 0.4, "top_two_low": 0.3, "top_two_high": 0.5, "dont_know_below": 0.05},
}
OTHER: dict[str, Any] = {
    **{"share_1": 0.2, "share_2": 0.2, "share_3": 0.2, "share_4": 0.2, "share_5": 0.2},
    **{"top_two": 0.4, "top_two_low": 0.28, "top_two_high": 0.53},
}
SCALE: dict[str, Any] = {
    **{"mean": 3.1, "low": 2.9, "high": 3.3, "effective": 55, "weighting_matters": False, "polarised": True},
    **{"reliability": "good", "draws": [2.9, 3.1, 3.3], "complete": 60, "alpha": 0.81},
}


def database(postgres: str, name: str) -> Iterator[str]:
    """The URL of an empty database on that PostgreSQL, which is gone afterwards."""
    server = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    server.dispose()


def measurement(  # noqa: PLR0917 - a row is read from left to right
    metric: str, scope: str, key: str, count: int, people: int, week: int = 0
) -> Measurement:
    since = MONDAY + timedelta(days=7 * week)
    return Measurement(
        organisation_id=1, metric=metric, category="", scope=scope, scope_key=key, window="week", since=since,
        until=since + timedelta(days=7), numerator=count, denominator=people, people=people, affirming=count,
        state="known", measured=MOMENT,
    )  # fmt: skip


def fill(engine: Engine) -> None:
    """Werra (id 1) went through the real publication and assessment; Fulda (id 2) has many cells."""
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="werra", name="Werra AG"))
        session.add(Organisation(id=2, key="fulda", name="Fulda AG"))
        session.flush()
        session.add(
            Source(id=1, organisation_id=1, key="wiki", connector="confluence", settings={}, created=MOMENT)
        )
        session.flush()
        session.add(Sync(source_id=1, started=MOMENT, finished=MOMENT, state="done", report={}))
        for handle, name, is_open in (
            ("ALL", "Alle reden mit", True),
            ("HR", "Personal", False),
            ("O'N %", "O'Neil 100%_x", True),
        ):
            session.add(
                Room(
                    organisation_id=1, source_id=1, key=f"wiki/{handle}", handle=handle, name=name, open=is_open,
                    first_seen=MOMENT,
                )
            )  # fmt: skip
        for week in range(4):
            session.add(measurement("active_share", "organisation", "", 60 + week, 200, week))
            session.add(measurement("active_share", "room", "wiki/ALL", 50, 120, week))
            session.add(measurement("active_share", "room", "wiki/HR", 5, 8, week))
            session.add(measurement("active_share", "room", "wiki/O'N %", 12, 60, week))
        unknown = measurement("contributor_share", "organisation", "", 0, 200)
        unknown.state, unknown.reason, unknown.numerator, unknown.denominator = (
            "unknown",
            "no_members",
            None,
            None,
        )
        session.add(unknown)
        for key, organisation in (("werra", 1), ("fulda", 2)):
            session.add(
                Milestone(
                    organisation_id=organisation, key=f"{key}-relaunch", day=MONDAY, kind="relaunch", label_de="Start",
                    label_en="Start",
                )
            )  # fmt: skip
            _survey(session, organisation, key)
        _many(session)
    publish(engine, 1, minimum_group=10, clock=lambda: MOMENT)
    with transaction(engine) as session:
        for organisation in session.query(Organisation).order_by(Organisation.id).all():
            make(session, organisation, now=MOMENT)


def _survey(session: Any, organisation: int, key: str) -> None:
    survey = SurveyRound(
        organisation_id=organisation, key=f"{key}-2026", title_de="Umfrage", title_en="Survey", model_version="1.0",
        form="short", minimum_group=7, state="closed", created=MOMENT,
    )  # fmt: skip
    session.add(survey)
    session.flush()
    summary = {
        "groups": [], "model_version": "1.0", "form": "short", "invited": 90, "answered": 60, "rate": 0.67,
        "items_needed": 0.8, "held_back": 0,
    }  # fmt: skip
    run = SurveyPublication(
        round_id=survey.id, created=MOMENT, minimum_group=7, digest=f"{key:0<64}", summary=summary
    )
    session.add(run)
    session.flush()
    for group, question, state, reason, people, figures in (
        ("", "culture_1", "published", None, 60, FIGURES),
        ("", "culture_2", "suppressed", "homogeneity", None, {"at_least": 0.7}),
        ("", "", "published", None, 60, SCALE),
        ("it", "", "suppressed", "small_group", None, None),
        ("it", "culture_1", "unknown", "too_few_items", None, None),
        ("", "culture_3", "published", None, 60, OTHER),
        ("", "culture_4", "published", None, 55, OTHER),
    ):
        session.add(
            PublishedAnswer(
                survey_publication_id=run.id, group_key=group, dimension="culture", question=question, state=state,
                reason=reason, people=people, figures=figures,
            )
        )  # fmt: skip


def _many(session: Any) -> None:
    summary = {"published": CELLS, "suppressed": 0, "unknown": 0, "suppressed_by_reason": {}}
    run = Publication(
        organisation_id=2,
        created=MOMENT,
        data_until=MONDAY,
        minimum_group=10,
        digest="f" * 64,
        summary=summary,
    )
    session.add(run)
    session.flush()
    session.add(
        PublishedRoom(
            publication_id=run.id, key="fulda/1", label="Fulda news", source="fulda", archived=False
        )
    )
    session.add(
        PublishedCoverage(
            publication_id=run.id, source="fulda", kind="view", share=None, rooms_missing=2,
            reasons={"unsupported": 2, "forbidden": 1}, data_until=None,
        )
    )  # fmt: skip
    session.add_all(
        PublishedValue(
            publication_id=run.id, metric="active_share", scope="room", scope_key=f"fulda/{number % 50}", window="week",
            since=MONDAY - timedelta(days=7 * (number // 50)), until=MONDAY - timedelta(days=7 * (number // 50 - 1)),
            value=round(number % 97 / 97, 2), people=100, state="published",
        )
        for number in range(CELLS)
    )  # fmt: skip


def accounts(engine: Engine) -> dict[str, str]:
    """name -> token for everything: of an analyst of each organisation, and of a consultant who sees both."""
    tokens = {}
    now = datetime.now(UTC)
    for name, organisation in (("werra", 1), ("fulda", 2), ("consultant", None)):
        create_account(engine, name, PASSWORD, Role.ANALYST, organisation_id=organisation)
        with transaction(engine) as session:
            account = session.query(Account).where(Account.name == name).one()
            tokens[name] = create_token(
                session, account, "BI", tuple(Scope), expires=now + timedelta(days=1), now=now
            )
    return tokens
