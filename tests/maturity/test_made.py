"""Assessments as they are made and kept: what they are compared with, and which survey round they hear."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from service.maturity import heard
from service.maturity.assess import make
from service.maturity.model import current
from service.models import (
    Assessment,
    Base,
    Organisation,
    PublishedAnswer,
    SurveyPublication,
    SurveyRound,
)
from tests.maturity.conftest import MOMENT

MODEL = current()


def cell(**changed: Any) -> PublishedAnswer:
    told = {"dimension": "culture", "question": "", "group_key": "", "reason": None, "people": 40}
    return PublishedAnswer(state="published", **{**told, **changed})


@dataclass
class Kept:
    """An organisation beside another one, in a database that lasts as long as a test."""

    session: Session
    organisation: Organisation
    other: Organisation


@pytest.fixture
def kept():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        both = [Organisation(key=key, name=key) for key in ("acme", "andere")]
        session.add_all(both)
        session.flush()
        yield Kept(session, *both)
    engine.dispose()


def test_an_assessment_is_compared_with_the_one_before_of_the_same_model(kept) -> None:
    at = datetime(2026, 6, 1, 8, 0, 0, 500_000, tzinfo=UTC)
    first = make(kept.session, kept.organisation, now=at)
    assert first.id is not None
    assert (first.created, first.profile, first.model_version) == (MOMENT, MODEL.focus, MODEL.version)
    canonical = json.dumps(first.content, sort_keys=True)
    assert first.digest == hashlib.sha256(canonical.encode()).hexdigest()
    assert first.content["compared_with"] is None
    later = make(kept.session, kept.organisation, profile="business", now=MOMENT.replace(day=2))
    assert (later.profile, later.content["compared_with"]) == ("business", "2026-06-01T08:00:00Z")
    assert make(kept.session, kept.other, now=MOMENT).content["compared_with"] is None
    later.model_version = "0.9"
    kept.session.flush()
    third = make(kept.session, kept.organisation, now=MOMENT.replace(day=3))
    assert third.content["compared_with"] is None
    renamed = MODEL.model_copy(update={"version": "0.9"})
    fourth = make(kept.session, kept.organisation, model=renamed, now=MOMENT.replace(day=4))
    assert (fourth.model_version, fourth.content["compared_with"]) == ("0.9", None)
    before = datetime.now(UTC).replace(microsecond=0)
    assert make(kept.session, kept.organisation).created >= before
    assert kept.session.query(Assessment).count() == 6


def test_the_round_that_was_published_last_is_heard(kept) -> None:
    session, acme = kept.session, kept.organisation
    assert heard.newest_round(session, acme) is None
    shown = {"mean": 2.5, "draws": [2.0, 3.0]}
    asked = {f"share_{number}": 0.2 for number in range(1, 6)}
    for organisation, key, day in (
        (acme, "spring", 3),
        (acme, "autumn", 5),
        (acme, "winter", 4),
        (kept.other, "theirs", 6),
    ):
        survey = SurveyRound(
            organisation_id=organisation.id, key=key, title_de=key, title_en=key, model_version="1.0", form="short",
            minimum_group=5, state="finished", created=MOMENT,
        )  # fmt: skip
        session.add(survey)
        session.flush()
        publication = SurveyPublication(
            round_id=survey.id, created=MOMENT.replace(day=day), minimum_group=5, digest="f" * 64, summary={}
        )
        session.add(publication)
        session.flush()
        for dimension in ("culture", "strategy"):
            session.add_all(
                [
                    cell(survey_publication_id=publication.id, dimension=dimension, figures=shown),
                    cell(
                        survey_publication_id=publication.id,
                        dimension=dimension,
                        question=f"{dimension} 1",
                        figures=asked,
                    ),
                    cell(
                        survey_publication_id=publication.id, dimension=dimension, group_key="it", figures={}
                    ),
                ]
            )
    session.flush()
    found = heard.newest_round(session, acme)
    assert found is not None
    assert found.key == "autumn"
    assert set(found.scales) == {"culture", "strategy"}
    for dimension, scale in found.scales.items():
        assert (scale.mean, scale.coverage) == (2.5, 1.0)
        assert [one.key for one in scale.answers] == [f"{dimension} 1"]
