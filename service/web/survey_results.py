"""The page of a published round: dimensions, questions and groups, all of it from the publication."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.answered import SHARES, Figures
from service.errors import NotFound
from service.language import N_, Language, choose
from service.published import organisations
from service.security.signin import Db
from service.surveys.published import Cell, PublishedRound, the_published
from service.surveys.questionnaire import Section
from service.web.pages import asked
from service.web.rendering import render
from service.web.survey import KINDS

REASONS = {
    "small_group": N_("too few answers"),
    "complementary": N_("not shown, so that no other group can be worked out"),
    "homogeneity": N_("nearly all gave the same answer"),
    "too_few_items": N_("too few questions for a scale"),
    "units_alike": N_("groups do not differ beyond chance"),
    "held_back": N_("not part of the first publication"),
}
RELIABILITY = {
    "insufficient": N_("The questions do not measure one thing; read them one by one."),
    "exploratory": N_("Good enough to explore, not to decide on."),
    "decisions": N_("Good enough to decide on."),
    "redundant": N_("The questions ask nearly the same thing."),
    "reversed_item": N_("One question runs against the others: check its wording."),
    "too_few_people": N_("Not estimable: fewer than 50 people answered all questions."),
    "too_few_items": N_("Not estimable: too few questions."),
    "no_spread": N_("Not estimable: all gave the same answers."),
    "no_fit": N_("Not estimable: the questions do not go together."),
}
DIFFERS = {
    "higher": N_("higher than the rest"),
    "lower": N_("lower than the rest"),
}
WIDTH = 500
"""Units a bar of all answers is wide."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Part:
    """One of the five answers in a bar."""

    number: int
    start: float
    width: float
    percent: str


@router.get("/surveys/{key}/results", response_class=HTMLResponse)
def show_results(request: Request, db: Db, key: str) -> HTMLResponse:
    """Raises `NotFound` while nothing of the round is published."""
    everyone = organisations(db)
    owner = asked(request, everyone)
    if owner is None:
        raise NotFound("no organisation was set up yet")
    found = the_published(db, owner, key)
    language = choose(request)
    return render(
        request,
        "survey_results.html",
        organisation=owner,
        organisations=everyone,
        title=found.title_de if language.code == "de" else found.title_en,
        run=found.run,
        published=language.day(found.run.created.date()),
        returned=_returned(found.summary, found.run.minimum_group, language),
        groups=[_group(group, found.run.minimum_group, language) for group in found.summary["groups"]],
        shared=any(group["shared"] for group in found.summary["groups"]),
        held_back=found.summary["held_back"],
        needed=language.percent(found.summary["items_needed"]),
        sections=[_section(found, section, language) for section in found.asked.sections],
    )


def _returned(line: dict[str, Any], minimum: int, language: Language) -> dict[str, Any]:
    few = language.text("fewer than %(number)s", number=minimum)
    answered = line["answered"]
    return {
        "invited": language.number(line["invited"]),
        "answered": few
        if answered is None
        else language.text("about %(number)s", number=language.number(answered)),
        "rate": None if line["rate"] is None else language.percent(line["rate"]),
    }


def _group(line: dict[str, Any], minimum: int, language: Language) -> dict[str, Any]:
    kind = KINDS[line["respondents"]]
    return {"label": line["label"], "kind": language.text(kind), **_returned(line, minimum, language)}


def _section(found: PublishedRound, section: Section, language: Language) -> dict[str, Any]:
    scale = found.cell(section.key)
    return {
        "key": section.key,
        "label": language.label(section.label),
        "scale": _scale(scale, language) if scale else None,
        "questions": [
            _question(cell, language.label(one.text), one.reverse, language)
            for one in section.questions
            if (cell := found.cell(section.key, one.key)) is not None
        ],
        "ends": [language.label(section.questions[0].answers[0]), language.label(section.questions[0].answers[-1])],
        "groups": [
            _compared(group["label"], cell, language)
            for group in found.summary["groups"]
            if (cell := found.cell(section.key, "", group["key"])) is not None
        ],
    }  # fmt: skip


def _scale(cell: Cell, language: Language) -> dict[str, Any]:
    told = cell.figures
    if told.mean is None:
        return {"value": None, "why": _why(cell, language)}
    return {
        "value": _level(told.mean, language),
        "interval": _between(told.low, told.high, language),
        "people": language.text("about %(number)s people", number=language.number(cell.people or 0)),
        "count": language.text("about %(number)s", number=language.number(cell.people or 0)),
        "weighted": None if told.weighted is None else _level(told.weighted, language),
        "matters": bool(told.weighting_matters),
        "unanswered": _between(told.unanswered_low, told.unanswered_high, language),
        "reliability": language.text(RELIABILITY[told.reliability]) if told.reliability else None,
        "alpha": _estimate(told.alpha, told.alpha_low, told.alpha_high, language),
        "omega": _estimate(told.omega, told.omega_low, told.omega_high, language),
        "agreement": _agreement(told, language),
        "polarised": bool(told.polarised),
        "icc": _estimate(told.icc1, told.icc1_low, told.icc1_high, language),
        "icc2": None if told.icc2 is None else _level(told.icc2, language),
        "comparison": told.comparison,
        "finite": None if told.finite is None else _level(told.finite, language),
        "effective": None if told.effective is None else language.number(told.effective),
    }


def _question(cell: Cell, text: str, reverse: bool, language: Language) -> dict[str, Any]:
    line: dict[str, Any] = {"text": text, "reverse": reverse, "parts": [], "why": None, "at_least": None}
    told = cell.figures
    if told.at_least is not None:
        line["at_least"] = language.percent(told.at_least)
    if cell.state != "published":
        line["why"] = _why(cell, language)
        return line
    line["parts"] = _parts(told, language)
    line["top_two"] = None if told.top_two is None else language.percent(told.top_two)
    line["between"] = (
        None
        if told.top_two_low is None or told.top_two_high is None
        else f"{language.percent(told.top_two_low)} – {language.percent(told.top_two_high)}"
    )
    line["dont_know"] = _share_or_below(told, language)
    line["people"] = language.number(cell.people or 0)
    return line


def _parts(told: Figures, language: Language) -> list[Part]:
    shares = [getattr(told, name) or 0.0 for name in SHARES]
    whole = sum(shares) or 1.0
    parts, start = [], 0.0
    for number, share in enumerate(shares, 1):
        width = share / whole * WIDTH
        parts.append(Part(number, round(start, 1), round(width, 1), language.percent(share)))
        start += width
    return parts


def _share_or_below(told: Figures, language: Language) -> str:
    if told.dont_know is not None:
        return language.percent(told.dont_know)
    if told.dont_know_below is not None:
        return language.text("below %(share)s", share=language.percent(told.dont_know_below))
    return "–"


def _compared(label: str, cell: Cell, language: Language) -> dict[str, Any]:
    told = cell.figures
    if told.mean is None:
        return {"label": label, "value": None, "why": _why(cell, language)}
    return {
        "label": label,
        "value": _level(told.mean, language),
        "interval": _between(told.low, told.high, language),
        "people": language.number(cell.people or 0),
        "differs": language.text(DIFFERS[told.differs]) if told.differs else "",
        "agreement": _agreement(told, language),
        "polarised": bool(told.polarised),
    }


def _agreement(told: Figures, language: Language) -> str | None:
    if told.agreement_uniform is None or told.agreement_skewed is None:
        return None
    return f"{_level(told.agreement_uniform, language)} / {_level(told.agreement_skewed, language)}"


def _why(cell: Cell, language: Language) -> str:
    return language.text(REASONS[cell.reason]) if cell.reason in REASONS else ""


def _level(value: float, language: Language) -> str:
    return language.decimal(value, 2)


def _between(low: float | None, high: float | None, language: Language) -> str | None:
    if low is None or high is None:
        return None
    return f"{_level(low, language)} – {_level(high, language)}"


def _estimate(value: float | None, low: float | None, high: float | None, language: Language) -> str | None:
    if value is None:
        return None
    between = _between(low, high, language)
    return _level(value, language) + (f" ({between})" if between else "")
