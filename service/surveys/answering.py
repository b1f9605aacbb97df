"""Taking an answer: a link leads to a group, never to a person, and nothing of it stays with the answer."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Result, delete, insert, select, update
from sqlalchemy.orm import Session

from service.errors import Invalid
from service.models import Invitation, Organisation, Response, SurveyGroup, SurveyRound
from service.security.sessions import digest
from service.surveys.questionnaire import Answer, Questionnaire, questionnaire, storable
from service.surveys.rounds import OPEN

LONGEST_TOKEN = 64


@dataclass(frozen=True)
class Invited:
    """What a link leads to. `shared` links can be used again."""

    survey: SurveyRound
    group: SurveyGroup
    organisation: Organisation
    shared: bool

    @property
    def open(self) -> bool:
        """Whether answers are taken: not while the round is closed or the service is stopped for the organisation."""
        return self.survey.state == OPEN and self.organisation.stopped is None

    @property
    def asked(self) -> Questionnaire:
        return questionnaire(self.survey.model_version, self.survey.form)


def invited(session: Session, token: str) -> Invited | None:
    """Where a link leads; None for one that is unknown, withdrawn or used. Nothing is noted."""
    if not 1 <= len(token) <= LONGEST_TOKEN:
        return None
    known = digest(token)
    single = session.get(Invitation, known)
    if single is not None:
        group = session.get_one(SurveyGroup, single.group_id)
    else:
        found = session.scalars(select(SurveyGroup).where(SurveyGroup.open_digest == known)).one_or_none()
        if found is None:
            return None
        group = found
    survey = session.get_one(SurveyRound, group.round_id)
    organisation = session.get_one(Organisation, survey.organisation_id)
    return Invited(survey, group, organisation, shared=single is None)


def checked(asked: Questionnaire, respondents: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers in the order of the questions. Raises `Invalid` for one that is none, or to what was not asked."""
    unknown = set(answers) - asked.keys(respondents)
    if unknown:
        raise Invalid(f"{len(unknown)} answers belong to no question of this form")
    if not all(storable(answer) for answer in answers.values()):
        raise Invalid("an answer is a number from 1 to 5, dont_know or not_applicable")
    # In one order for all: that of the form would tell in which order somebody answered.
    return {question: answers[question] for question in sorted(answers)}


def answer(session: Session, token: str, answers: Mapping[str, Answer]) -> bool:
    """Keep the answers, and use the link up unless it is one for all. False if it can not be used (any more).

    Raises `Invalid` if there is no answer at all, or one that does not fit.
    """
    link = invited(session, token)
    if link is None or not link.open:
        return False
    kept = checked(link.asked, link.group.respondents, answers)
    if not kept:
        raise Invalid("no question was answered")
    # Writing first takes the lock that closing takes too: no answer comes in between counting and closing.
    still = update(SurveyRound).where(SurveyRound.id == link.survey.id, SurveyRound.state == OPEN)
    if _changed(session.execute(still.values(state=OPEN))) != 1:
        return False
    batch = session.scalars(select(SurveyRound.batch).where(SurveyRound.id == link.survey.id)).one()
    overwriting(session)
    if not link.shared:
        used = session.execute(delete(Invitation).where(Invitation.digest == digest(token)))
        if _changed(used) != 1:
            return False
    store(session, link.survey.id, link.group.id, batch, kept)
    return True


def overwriting(session: Session) -> None:
    """From now on what is deleted is overwritten in SQLite's file as well; PostgreSQL does so when it cleans up (vacuum)."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON").close()


def _changed(result: Result[Any]) -> int:
    assert isinstance(result, CursorResult)  # noqa: S101 - of a statement that changes rows
    return result.rowcount


def store(session: Session, round_id: int, group_id: int, batch: int, answers: Mapping[str, Answer]) -> None:
    """One response under a random key."""
    session.execute(
        insert(Response).values(
            id=random_key(), round_id=round_id, group_id=group_id, batch=batch, answers=dict(answers)
        )
    )


def random_key() -> str:
    """A random UUID: no version of it that holds a time or a machine."""
    return str(UUID(bytes=secrets.token_bytes(16), version=4))


def mix(session: Session, round_id: int) -> None:
    """Write all responses of a round anew, under new random keys and in their order: what a database keeps of when a row came
    (its place in a file, its transaction) is the same for all afterwards."""
    overwriting(session)
    found = session.scalars(select(Response).where(Response.round_id == round_id)).all()
    rows = [
        {"id": random_key(), "round_id": one.round_id, "group_id": one.group_id, "batch": one.batch,
         "answers": dict(one.answers)}
        for one in found
    ]  # fmt: skip
    session.execute(delete(Response).where(Response.round_id == round_id))
    session.expire_all()
    if rows:
        session.execute(insert(Response), sorted(rows, key=lambda row: str(row["id"])))
