"""A company with something of everything the API tells, written straight into a database: what is asked is answered, not measured."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.advice import catalogue
from service.advice.fields import needs, register
from service.comparison.publish import publish as draw
from service.demo.questioned import agree_measures, file_papers, hold_survey
from service.maturity.assess import make
from service.maturity.model import current
from service.models import (
    MeasureDecision,
    Milestone,
    Organisation,
    Person,
    Publication,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
    Unit,
)

MOMENT = datetime(2026, 6, 15, 8, tzinfo=UTC)
START = date(2025, 6, 2)
WEEKS = 54
RELAUNCH = date(2025, 12, 1)
KINDS = ("create", "edit", "comment", "reply", "react", "view", "join")
FORMULA = '=HYPERLINK("https://evil.example";"here")'
"""What somebody may call a room or a field."""
ROOMS = (
    ("wiki/ALL", "Alle reden mit"),
    ("wiki/HR", "HR"),
    ("wiki/-X", FORMULA),
    ("wiki/@", '@here; "quoted"\n+1'),
)
UNITS = (("communications", 24), ("production", 26), ("sales", 22))
PEOPLE = 240


def company(
    session: Session, key: str = "acme", *, synthetic: bool = False, survey: bool = True
) -> Organisation:
    """The company in full: publication, survey, documents, assessment, comparison, fields, measures, roadmap, a milestone."""
    made = Organisation(key=key, name="Acme AG", synthetic=synthetic)
    session.add(made)
    session.flush()
    published(session, made)
    if survey:
        staff(session, made)
        hold_survey(session, made, MOMENT, 7)
    file_papers(session, made, MOMENT, 7)
    make(session, made, now=MOMENT - timedelta(days=90))
    make(session, made, now=MOMENT)
    agree_measures(session, made, MOMENT)
    finished(session, made)
    potential(session, made)
    draw(session, made, now=MOMENT)
    return made


def published(session: Session, organisation: Organisation) -> Publication:
    """Every indicator at its second anchor, and a year of weeks in rooms that are shown, hidden, or of which nothing is known."""
    run = Publication(
        organisation_id=organisation.id,
        created=MOMENT,
        data_until=date(2026, 6, 15),
        minimum_group=10,
        digest=("e" * 60 + organisation.key)[-64:],
        summary={
            "published": 300,
            "suppressed": 54,
            "unknown": 54,
            "suppressed_by_reason": {"small_group": 54},
        },
    )
    session.add(run)
    session.flush()
    cells = [
        cell(
            run, one.metric, one.window.value, date(2026, 5, 18), category=one.category, value=one.anchors[1]
        )
        for one in current().indicators()
    ]
    for week in range(WEEKS):
        since = START + timedelta(weeks=week)
        rose = 0.15 * (since >= RELAUNCH)
        cells.append(cell(run, "active_share", "week", since, value=round(0.3 + rose, 2), people=PEOPLE))
        for place, (room, _) in enumerate(ROOMS):
            state = ("published", "suppressed", "published", "unknown")[place]
            cells.append(
                cell(
                    run, "active_share", "week", since, room=room, state=state, people=60,
                    value=round(0.2 + 0.01 * (week % 5), 2) if state == "published" else None,
                )
            )  # fmt: skip
    session.add_all(cells)
    session.add_all(
        PublishedRoom(publication_id=run.id, key=key, label=label, source="wiki", purpose=None)
        for key, label in ROOMS
    )
    session.add_all(
        PublishedCoverage(
            publication_id=run.id, source="wiki", kind=kind, share=0.98 if kind == "view" else 1.0,
            rooms_missing=int(kind == "view"), reasons={"no_access": 1} if kind == "view" else {}, data_until=MOMENT,
        )
        for kind in KINDS
    )  # fmt: skip
    session.add(
        Milestone(
            organisation_id=organisation.id, key="relaunch", kind="relaunch", day=RELAUNCH, label_de="Neustart",
            label_en="Relaunch",
        )
    )  # fmt: skip
    session.flush()
    return run


def cell(
    run: Publication,
    metric: str,
    window: str,
    since: date,
    *,
    value: float | None,
    category: str = "",
    room: str = "",
    state: str = "published",
    people: int | None = 120,
) -> PublishedValue:
    shown = state == "published" and value is not None
    return PublishedValue(
        publication_id=run.id,
        metric=metric,
        category=category,
        scope="room" if room else "organisation",
        scope_key=room,
        window=window,
        since=since,
        until=since + timedelta(days=7 if window == "week" else 28),
        value=value if shown else None,
        low=value * 0.9 if shown and value is not None else None,
        high=value * 1.1 if shown and value is not None else None,
        people=people if shown else None,
        state=state,
        reason={"suppressed": "small_group", "unknown": "no_members"}.get(state),
    )


def staff(session: Session, organisation: Organisation) -> None:
    """Accounts by unit, for the survey to have whom to ask; of those who lead too few to be shown."""
    number = organisation.id * 10_000
    for key, people in UNITS:
        unit = Unit(organisation_id=organisation.id, key=key, name=key.title())
        session.add(unit)
        session.flush()
        for place in range(people):
            number += 1
            session.add(
                Person(
                    organisation_id=organisation.id, pseudonym=number, unit_id=unit.id, kind="human",
                    leadership=1 if place < 2 else None, active=True, first_seen=MOMENT, last_seen=MOMENT,
                )
            )  # fmt: skip
    session.flush()


def finished(session: Session, organisation: Organisation) -> None:
    """One agreed measure was done long enough ago to be judged; one more is declined in words a spreadsheet would compute."""
    kept = {
        one.measure: one
        for one in session.scalars(
            select(MeasureDecision)
            .where(MeasureDecision.organisation_id == organisation.id)
            .order_by(MeasureDecision.measure)
        )
    }
    done = MOMENT.date() - timedelta(weeks=52)
    for key, state in (("communication.answer_promise", "done"), ("culture.leaders_answer", "declined")):
        if key not in {one.key for one in catalogue.current().measures}:
            continue
        one = kept.get(key)
        if one is None:
            one = MeasureDecision(
                organisation_id=organisation.id, measure=key, catalogue_version=catalogue.current().version,
                owner="Editors", changes={}, decided=MOMENT,
            )  # fmt: skip
            session.add(one)
        one.state, one.reason = state, "-1 for us" if state == "declined" else ""
        if state == "done":
            one.started, one.done = done - timedelta(weeks=4), done
    session.flush()


def potential(session: Session, organisation: Organisation) -> None:
    """A field named like a formula, one that is scored in full, and a rated need."""
    known = catalogue.current()
    tools = known.instruments
    register.add(session, organisation, known, title=FORMULA, owner="+ team", now=MOMENT)
    field = register.add(
        session, organisation, known, title="Questions on travel expenses", owner="HR", now=MOMENT
    )
    answers = {one.key: one.speaks_for.value == "communication" for one in tools.fit_questions}
    register.answer(session, organisation, tools, field.id, answers, now=MOMENT)
    register.score(
        session,
        organisation,
        tools,
        field.id,
        {one.key: (4, "seen in interviews") for one in tools.criteria},
        now=MOMENT,
    )
    need = tools.matrix.needs[0]
    needs.rate(
        session, organisation, tools.matrix, need.group, need.purpose, rating="high", rated_by="Communications",
        rated=MOMENT.date(),
    )  # fmt: skip
