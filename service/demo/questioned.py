"""The synthetic company holds a survey and goes through its documents, by the same functions as a real one."""

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.advice.advised import advice_for
from service.advice.decisions import decide
from service.demo.opinions import papers, responses
from service.maturity.model import current
from service.maturity.register import rate, record
from service.models import Organisation, Person, SurveyGroup, SurveyRound, Unit
from service.surveys import rounds
from service.surveys.answering import answer
from service.surveys.publish import close
from service.surveys.questionnaire import questionnaire

ROUND = "first"
OPEN_FOR = timedelta(days=16)
AGREED = 6
"""So many of the measures that are advised are agreed, and what they need."""
ASSESSORS = {
    "de": ("Interne Kommunikation", "Betriebsrat"),
    "en": ("Internal communication", "Works council"),
}
NONE = {"de": "Gibt es nicht", "en": "There is none"}


def hold_survey(session: Session, organisation: Organisation, end: datetime, seed: int) -> SurveyRound:
    """A round that was closed the day before `end`, with links for one use each, by unit."""
    opened = end - OPEN_FOR
    survey = rounds.create(
        session,
        organisation,
        ROUND,
        title_de="Wie reden wir miteinander?",
        title_en="How do we talk with each other?",
        form="full",
        now=opened,
    )
    links = [
        (group, rounds.invite(session, survey, group)) for group in _groups(session, organisation, survey)
    ]
    rounds.start(session, survey, opened)
    asked = questionnaire(survey.model_version, survey.form)
    for group, tokens in links:
        chance = Random(f"{seed} {group.key}")  # noqa: S311 - a synthetic company, not a secret
        for token, given in zip(
            tokens, responses(asked, group.respondents, group.invited, chance), strict=False
        ):
            answer(session, token, given)
    close(session, survey, end - timedelta(days=1))
    return survey


def agree_measures(session: Session, organisation: Organisation, end: datetime) -> None:
    """Communication team and works council agree on what is advised first, and on what that needs."""
    advice = advice_for(session, organisation)
    catalogue, found = advice.catalogue, advice.proposals
    agreed: dict[str, None] = {}

    def agree(key: str) -> None:
        for needed in found[key].missing if key in found else ():
            agree(needed)
        agreed[key] = None

    for key in [key for key, one in found.items() if one.verdict.holds][:AGREED]:
        agree(key)
    for key in agreed:
        busiest = max(catalogue.measure(key).effort, key=lambda one: one.days().likely)
        role = catalogue.roles[busiest.role]
        owner = role.de if organisation.locale == "de" else role.en
        decide(session, organisation, catalogue, key, "agreed", owner=owner, now=end)


def _groups(session: Session, organisation: Organisation, survey: SurveyRound) -> list[SurveyGroup]:
    """A group for each unit the platforms told of, with the people who were there, and one of all who lead."""
    working = (Person.active, Person.kind == "human")
    one = func.coalesce(Person.identity, Person.pseudonym)
    found = session.execute(
        select(Unit.key, Unit.name, func.count(one.distinct()))
        .join(Person, Person.unit_id == Unit.id)
        .where(Unit.organisation_id == organisation.id, Person.leadership.is_(None), *working)
        .group_by(Unit.id)
        .order_by(Unit.key)
    ).all()
    leading = session.scalar(
        select(func.count(one.distinct())).where(
            Person.organisation_id == organisation.id, Person.leadership.is_not(None), *working
        )
    )
    made = [
        rounds.add_group(session, survey, f"unit-{number}", label=name, invited=count, unit=key)
        for number, (key, name, count) in enumerate(found, start=1)
    ]
    if leading:
        label = "Führungskräfte" if organisation.locale == "de" else "Leaders"
        made.append(
            rounds.add_group(session, survey, "leaders", label=label, invited=leading, respondents="leaders")
        )
    return made


def file_papers(session: Session, organisation: Organisation, end: datetime, seed: int) -> None:
    """The register as communication team and works council filled it."""
    model = current()
    german = organisation.locale == "de"
    team, council = ASSESSORS["de" if german else "en"]
    chance = Random(f"{seed} papers")  # noqa: S311
    for paper in papers(model, end.date(), chance):
        there = paper.rating != "absent"
        name = paper.fact.name.de if german else paper.fact.name.en
        made = record(
            session,
            organisation,
            model,
            paper.fact.key,
            title=name if there else NONE["de" if german else "en"],
            owner=paper.fact.owner.de if german else paper.fact.owner.en,
            dated=paper.dated,
            now=end,
        )
        rate(session, organisation, made.id, assessor=team, rating=paper.rating, rated=end.date())
        if paper.fact.level <= 3:
            rate(session, organisation, made.id, assessor=council, rating=paper.rating, rated=end.date())
