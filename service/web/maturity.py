"""The pages of the maturity assessment and of the register of documented facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from service.errors import Conflict, Invalid, NotFound
from service.language import N_, Language, choose
from service.maturity import register as registry
from service.maturity.assess import make, newest
from service.maturity.model import current, load
from service.maturity.register import Entry, Rating
from service.maturity.result import Result
from service.models import Organisation
from service.security import audit
from service.security.formtoken import form_token, require_form_token
from service.security.signin import Db, now
from service.web.evidence_chain import STATES, dimension_page
from service.web.pages import day_of, gallery, may_manage, organisation_of
from service.web.profile import profile
from service.web.rendering import render

RATINGS = {
    Rating.MET: N_("there"),
    Rating.PARTLY: N_("partly there"),
    Rating.ABSENT: N_("not there"),
}
Field = Annotated[str, Form(max_length=500)]

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class FactLine:
    """A fact of the model as the register shows it."""

    key: str
    level: int
    name: str
    wanted: str
    owner: str
    state: str
    standing: str
    number: int | None
    title: str
    link: str
    dated: str
    kept_by: str
    ratings: Sequence[tuple[str, str, str]]


@router.get("/assessment", response_class=HTMLResponse)
def show_assessment(request: Request, db: Db) -> HTMLResponse:
    """The newest assessment of the organisation asked for, or how to get one."""
    organisation, everyone = organisation_of(request, db)
    made = newest(db, organisation)
    language = choose(request)
    shown = result = None
    if made is not None:
        result = Result.model_validate(made.content)
        shown = profile(result, load(made.model_version), made.digest, gallery, language)
    return render(
        request,
        "assessment.html",
        organisation=organisation,
        organisations=everyone,
        made=result,
        observed_until=result.data_until - timedelta(days=1) if result and result.data_until else None,
        shown=shown,
        may_manage=may_manage(request),
        form=form_token(request),
    )


@router.post("/assessment")
def make_assessment(request: Request, db: Db, form: Field = "") -> Response:
    """Assess anew with the evidence there is."""
    require_form_token(request, form)
    organisation, _ = organisation_of(request, db)
    made = make(db, organisation, now=now())
    audit.append(
        db,
        request.state.signed_in.name,
        "assessment made",
        {"organisation": organisation.key, "digest": made.digest},
    )
    return RedirectResponse(f"/assessment?organisation={organisation.key}", 303)


@router.get("/assessment/{dimension}", response_class=HTMLResponse)
def show_dimension(request: Request, db: Db, dimension: str) -> HTMLResponse:
    """What the levels of one dimension rest on. Raises `NotFound` where there is no such dimension or no assessment."""
    organisation, everyone = organisation_of(request, db)
    made = newest(db, organisation)
    if made is None:
        raise NotFound("no assessment was made yet")
    result = Result.model_validate(made.content)
    try:
        shown = dimension_page(result, load(made.model_version), dimension, choose(request))
    except KeyError as error:
        raise NotFound("no such dimension in the assessment") from error
    return render(
        request,
        "dimension.html",
        organisation=organisation,
        organisations=everyone,
        made=result,
        shown=shown,
    )


@router.get("/evidence", response_class=HTMLResponse)
def show_evidence(request: Request, db: Db) -> HTMLResponse:
    return _register(request, db)


@router.post("/evidence", response_class=HTMLResponse)
def record_evidence(  # noqa: PLR0917 - fields of a form
    request: Request,
    db: Db,
    fact: Field = "",
    title: Field = "",
    owner: Field = "",
    dated: Field = "",
    link: Field = "",
    form: Field = "",
) -> Response:
    require_form_token(request, form)
    organisation, _ = organisation_of(request, db)
    try:
        made = registry.record(
            db,
            organisation,
            current(),
            fact,
            title=title,
            owner=owner,
            dated=day_of(dated),
            link=link,
            now=now(),
        )
    except (Invalid, NotFound) as error:
        return _register(request, db, trouble=choose(request).told(error))
    facts = {"organisation": organisation.key, "fact": fact, "number": made.id}
    audit.append(db, request.state.signed_in.name, "evidence recorded", facts)
    return _back(organisation, fact)


@router.post("/evidence/{number}/rating", response_class=HTMLResponse)
def rate_evidence(  # noqa: PLR0917 - fields of a form
    request: Request,
    db: Db,
    number: int,
    assessor: Field = "",
    rating: Field = "",
    reason: Field = "",
    form: Field = "",
) -> Response:
    require_form_token(request, form)
    organisation, _ = organisation_of(request, db)
    evidence = registry.one(db, organisation, number)
    try:
        registry.rate(
            db,
            organisation,
            number,
            assessor=assessor,
            rating=rating,
            reason=reason,
            rated=now().date(),
        )
    except (Invalid, Conflict) as error:
        return _register(request, db, trouble=choose(request).told(error))
    facts = {"organisation": organisation.key, "fact": evidence.fact, "rating": rating}
    audit.append(db, request.state.signed_in.name, "evidence assessed", facts)
    return _back(organisation, evidence.fact)


@router.post("/evidence/{number}/removal")
def remove_evidence(request: Request, db: Db, number: int, form: Field = "") -> Response:
    require_form_token(request, form)
    organisation, _ = organisation_of(request, db)
    fact = registry.one(db, organisation, number).fact
    registry.remove(db, organisation, number)
    facts = {"organisation": organisation.key, "fact": fact, "number": number}
    audit.append(db, request.state.signed_in.name, "evidence removed", facts)
    return _back(organisation, fact)


def _register(request: Request, db: Session, *, trouble: str = "") -> HTMLResponse:
    organisation, everyone = organisation_of(request, db)
    language, model = choose(request), current()
    entries = registry.register(db, organisation, model, now().date())
    lines: Mapping[str, list[FactLine]] = {
        dimension.key: [_line(entry, language) for entry in entries if entry.dimension == dimension.key]
        for dimension in model.dimensions
    }
    answer = render(
        request,
        "evidence.html",
        organisation=organisation,
        organisations=everyone,
        dimensions=[
            (dimension.key, language.label(dimension.name), lines[dimension.key])
            for dimension in model.dimensions
        ],
        assessed=sum(entry.standing is not registry.Standing.UNKNOWN for entry in entries),
        every=len(entries),
        agreed=_agreed(entries, language),
        ratings=[(rating.value, language.text(words)) for rating, words in RATINGS.items()],
        trouble=trouble,
        may_manage=may_manage(request),
        form=form_token(request),
    )
    answer.status_code = 422 if trouble else 200
    return answer


def _agreed(entries: Sequence[Entry], language: Language) -> str:
    """How far two assessors agree; '' where too few facts were assessed by two."""
    found = registry.agreement(entries)
    if found.value is None:
        return ""
    words = language.text(
        "Two assessed %(number)s facts; they agree with α = %(alpha)s (Krippendorff, 1 is full agreement).",
        number=language.number(found.n),
        alpha=language.decimal(found.value, 2),
    )
    if found.low is None or found.high is None:
        return words
    between = language.text(
        "probably %(range)s", range=f"{language.decimal(found.low, 2)} – {language.decimal(found.high, 2)}"
    )
    return f"{words} ({between})"


def _line(entry: Entry, language: Language) -> FactLine:
    evidence = entry.evidence
    return FactLine(
        key=entry.fact.key,
        level=entry.fact.level,
        name=language.label(entry.fact.name),
        wanted=language.label(entry.fact.evidence),
        owner=language.label(entry.fact.owner),
        state=language.text(STATES[entry.standing.value]),
        standing=entry.standing.value,
        number=evidence.id if evidence else None,
        title=evidence.title if evidence else "",
        link=evidence.link if evidence else "",
        dated=language.day(evidence.dated) if evidence and evidence.dated else "",
        kept_by=evidence.owner if evidence else "",
        ratings=[
            (rating.assessor, language.text(RATINGS[Rating(rating.rating)]), rating.reason)
            for rating in entry.ratings
        ],
    )


def _back(organisation: Organisation, fact: str) -> Response:
    return RedirectResponse(f"/evidence?organisation={organisation.key}#{fact}", 303)
