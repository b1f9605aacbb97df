"""The newest published round as the assessment takes it: a scale for each dimension, and the answers behind it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.answered import SHARES, Figures
from service.maturity.result import Answers
from service.maturity.told import Round, Scale
from service.models import Organisation, PublishedAnswer, SurveyPublication, SurveyRound


def newest_round(session: Session, organisation: Organisation) -> Round | None:
    """The round whose results were published last, for the organisation as a whole; None before the first."""
    found = session.execute(
        select(SurveyRound, SurveyPublication)
        .join(SurveyPublication, SurveyPublication.round_id == SurveyRound.id)
        .where(SurveyRound.organisation_id == organisation.id)
        .order_by(SurveyPublication.created.desc(), SurveyPublication.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    survey, publication = found
    cells = session.scalars(
        select(PublishedAnswer)
        .where(
            PublishedAnswer.survey_publication_id == publication.id,
            PublishedAnswer.group_key == "",
        )
        .order_by(PublishedAnswer.id)
    ).all()
    scales = {
        cell.dimension: scale(
            cell, [one for one in cells if one.question and one.dimension == cell.dimension]
        )
        for cell in cells
        if not cell.question
    }
    return Round(survey.key, scales)


def scale(whole: PublishedAnswer, questions: list[PublishedAnswer]) -> Scale:
    """One dimension: its scale, and how many of its questions may be shown."""
    figures = figures_of(whole)
    known = figures is not None and figures.mean is not None and figures.draws
    # Questions for leaders or for communication and IT are no gap where only others were invited.
    answers = [_answers(one) for one in questions if one.reason != "not_asked"]
    shown = sum(one.state == "published" for one in answers)
    return Scale(
        people=whole.people,
        mean=figures.mean if figures and known else None,
        draws=figures.draws or () if figures and known else (),
        coverage=shown / len(answers) if answers else 0.0,
        insufficient=None if known else whole.reason or "too_few_items",
        answers=answers,
    )


def figures_of(cell: PublishedAnswer) -> Figures | None:
    return None if cell.state != "published" or cell.figures is None else Figures.model_validate(cell.figures)


def _answers(cell: PublishedAnswer) -> Answers:
    figures = figures_of(cell)
    shares = None if figures is None else [getattr(figures, name) for name in SHARES]
    whole = shares is not None and all(share is not None for share in shares)
    return Answers.model_validate(
        {
            "key": cell.question,
            "state": cell.state if whole or cell.state != "published" else "suppressed",
            "reason": cell.reason,
            "people": cell.people,
            "shares": tuple(shares) if shares is not None and whole else None,
            "top_two": figures.top_two if figures else None,
            "dont_know": figures.dont_know if figures else None,
        }
    )
