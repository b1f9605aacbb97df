"""Survey rounds, who was invited (never who answered), the answers, and what of them may be shown.

Nothing here tells who gave an answer or when: a response has a random key, no time, no order and no free text, and an invitation is
deleted when it is used.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class SurveyRound(Base):
    """One round of the survey. `form` is short or full, `state` draft, open, closed or finished.

    `batch` counts how often it was opened. `grid` is what the first publication fixed and what each block of groups has been counted
    up to (`service.surveys.grid`); NULL before.
    """

    __tablename__ = "survey_round"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    title_de: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    model_version: Mapped[str] = mapped_column(String(32))
    form: Mapped[str] = mapped_column(String(16))
    minimum_group: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="draft")
    batch: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]
    opened: Mapped[datetime | None]
    closed: Mapped[datetime | None]
    grid: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class SurveyGroup(Base):
    """People who get links of one kind: a unit, or a part of it. Groups do not overlap. `invited` is how many can be reached,
    `respondents` everyone, leaders or communication_it: which questions are asked. `issued` counts the links made so far, and
    `open_digest` is the SHA-256 of the token of a link for all, where there is one."""

    __tablename__ = "survey_group"
    __table_args__ = (UniqueConstraint("round_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id", ondelete="SET NULL"))
    invited: Mapped[int]
    respondents: Mapped[str] = mapped_column(String(32), default="everyone")
    issued: Mapped[int] = mapped_column(default=0)
    open_digest: Mapped[str | None] = mapped_column(String(64), unique=True)


class Invitation(Base):
    """A link that was not used yet: the SHA-256 of its random token. The row is deleted with the answer it brings."""

    __tablename__ = "invitation"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's way

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("survey_group.id", ondelete="CASCADE"), index=True)


class Response(Base):
    """The answers of one person: question -> 1..5, dont_know or not_applicable. Stored under a random key, so that not even the
    order of arrival remains; `batch` says only in which opening of the round it came."""

    __tablename__ = "response"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's way

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("survey_group.id", ondelete="CASCADE"), index=True)
    batch: Mapped[int]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)


class SurveyImport(Base):
    """A set of answers taken over from elsewhere, by a digest that does not depend on their order: it is taken over once."""

    __tablename__ = "survey_import"

    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)


class SurveyPublication(Base):
    """What a closed round shows. `summary` holds groups, response rates and warnings, with coarse counts only."""

    __tablename__ = "survey_publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime]
    minimum_group: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)


class PublishedAnswer(Base):
    """One cell: a question, or with `question` '' a dimension's scale, of the organisation (`group_key` '') or a group.

    `state` is published, suppressed or unknown, with a `reason`; `people` is rounded; `figures` is
    `service.answered.Figures` as JSON, NULL unless there is something to show.
    """

    __tablename__ = "published_answer"
    __table_args__ = (Index("ix_published_answer_cell", "survey_publication_id", "group_key", "dimension"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_publication_id: Mapped[int] = mapped_column(
        ForeignKey("survey_publication.id", ondelete="CASCADE")
    )
    group_key: Mapped[str] = mapped_column(String(64), default="")
    dimension: Mapped[str] = mapped_column(String(32))
    question: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    people: Mapped[int | None]
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
