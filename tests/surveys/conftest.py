"""A small questionnaire, a round with groups, and ways to answer it."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from metrics.metric import Label
from service.database import connect, transaction
from service.maturity.model import Dimension, Group, Model, Question, Scale, ScaleKey, Wording
from service.models import Organisation, PublishedAnswer, SurveyGroup, SurveyPublication, SurveyRound
from service.surveys import questionnaire as asking
from service.surveys import rounds
from service.surveys.answering import store
from service.surveys.publish import Closing, close
from service.surveys.questionnaire import Answer

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def both(text: str) -> Label:
    return Label(de=f"{text} (de)", en=f"{text} (en)")


def question(key: str, text: str, group: Group = Group.EVERYONE, *, reverse: bool = False) -> Question:
    return Question.model_construct(
        key=key, group=group, scale=ScaleKey.AGREEMENT, text=both(text), reverse=reverse, short=group is Group.EVERYONE
    )  # fmt: skip


def small_model() -> Model:
    """Two dimensions of four questions, one of them reversed, and one that only leaders are asked."""
    culture = [
        question("culture_1", "People answer each other"),
        question("culture_2", "Mistakes may be told"),
        question("culture_3", "Questions stay unanswered", reverse=True),
        question("culture_4", "Leaders take part"),
        question("culture_5", "I answer comments", Group.LEADERS),
    ]
    strategy = [question(f"strategy_{n}", f"The aims are known {n}") for n in range(1, 5)]
    answers = tuple(both(text) for text in ("not at all", "rather not", "partly", "rather", "fully"))
    return Model.model_construct(
        version="9.9",
        scales=(Scale.model_construct(key=ScaleKey.AGREEMENT, answers=answers),),
        wording=Wording.model_construct(
            introduction=both("How do you see it?"),
            dont_know=both("Don't know, can not judge"),
            not_applicable=both("Does not apply to me"),
            groups={group: both(group.value) for group in Group},
        ),
        dimensions=(
            Dimension.model_construct(key="culture", name=both("Culture"), questions=tuple(culture)),
            Dimension.model_construct(key="strategy", name=both("Strategy"), questions=tuple(strategy)),
        ),
    )


@pytest.fixture(scope="session")
def small() -> Model:
    return small_model()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """The survey asks by the small model."""
    model = small_model()
    monkeypatch.setattr(asking, "current", lambda: model)
    monkeypatch.setattr(asking, "load", lambda version: model)
    asking.questionnaire.cache_clear()
    yield model
    asking.questionnaire.cache_clear()


@dataclass
class House:
    """An organisation with one round, `wave`."""

    engine: Engine
    organisation: int = 1
    groups: dict[str, int] = field(default_factory=dict)

    def round(self, session: Session) -> SurveyRound:
        return session.scalars(select(SurveyRound).where(SurveyRound.key == "wave")).one()

    def create(self, invited: Mapping[str, int], *, minimum: int = 7, **respondents: str) -> None:
        with transaction(self.engine) as session:
            owner = session.get_one(Organisation, self.organisation)
            made = rounds.create(
                session, owner, "wave", title_de="Welle", title_en="Wave", form="full", now=NOW, minimum_group=minimum
            )  # fmt: skip
            for key, count in invited.items():
                self._add(session, made, key, count, respondents.get(key, "everyone"))

    def add(self, key: str, invited: int, respondents: str = "everyone") -> None:
        with transaction(self.engine) as session:
            self._add(session, self.round(session), key, invited, respondents)

    def _add(self, session: Session, survey: SurveyRound, key: str, invited: int, respondents: str) -> None:
        group = rounds.add_group(
            session, survey, key, label=f"Group {key}", invited=invited, respondents=respondents
        )
        self.groups[key] = group.id

    def start(self) -> None:
        with transaction(self.engine) as session:
            rounds.start(session, self.round(session), NOW)

    def fill(self, group: str, answers: Sequence[Mapping[str, Answer]]) -> None:
        with transaction(self.engine) as session:
            survey = self.round(session)
            for one in answers:
                store(session, survey.id, self.groups[group], survey.batch, one)

    def close(self) -> Closing:
        with transaction(self.engine) as session:
            return close(session, self.round(session), NOW)

    def same(self, group: str, *points: Answer, dimension: str = "culture", questions: int = 4) -> None:
        """People who give the same answer to all questions of a dimension, one for each point."""
        self.fill(group, [{f"{dimension}_{n}": point for n in range(1, questions + 1)} for point in points])

    def cells(self) -> dict[tuple[str, str, str], PublishedAnswer]:
        """What is published, by (group, dimension, question)."""
        with transaction(self.engine) as session:
            found = session.scalars(select(PublishedAnswer)).all()
            return {(one.group_key, one.dimension, one.question): one for one in found}

    def publications(self) -> list[SurveyPublication]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(SurveyPublication)))

    def group(self, session: Session, key: str) -> SurveyGroup:
        return session.get_one(SurveyGroup, self.groups[key])


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Engine]:
    shutil.copy(migrated, tmp_path / "resonanz.db")
    made = connect(f"sqlite:///{tmp_path / 'resonanz.db'}")
    yield made
    made.dispose()


@pytest.fixture
def house(database: Engine, asked: Model) -> House:
    with transaction(database) as session:
        session.add(Organisation(id=1, key="main", name="Beispiel AG"))
    return House(database)


@pytest.fixture
def house_on(asked: Model) -> Callable[[Engine], House]:
    """The same on any database."""

    def make(engine: Engine) -> House:
        with transaction(engine) as session:
            session.add(Organisation(id=1, key="main", name="Beispiel AG"))
        return House(engine)

    return make
