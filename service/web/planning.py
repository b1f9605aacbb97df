"""The pages of measures and roadmap, on which communication team and client agree what is done."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from service.advice.advised import Advice, advice_for
from service.advice.catalogue import Role
from service.advice.decisions import Changes, State, decide
from service.errors import Conflict, Invalid
from service.language import N_, choose
from service.models import Organisation
from service.roadmap.first_weeks import first_weeks
from service.roadmap.kept import schedules
from service.roadmap.plan import Roadmap, roadmap, set_frame
from service.security import audit
from service.security.formtoken import form_token, require_form_token
from service.security.signin import Db, now
from service.web.advice import Words, first_weeks_table, in_state, roadmap_page
from service.web.effects import effect_lines
from service.web.pages import day_of, gallery, may_manage, organisation_of
from service.web.rendering import render

HEADINGS = {
    State.PROPOSED: N_("Proposed"),
    State.AGREED: N_("Agreed"),
    State.STARTED: N_("Under way"),
    State.DECLINED: N_("Declined"),
    State.DONE: N_("Done"),
}

router = APIRouter(include_in_schema=False)


async def fields_of(request: Request) -> dict[str, str]:
    """What a form of many fields was filled in with."""
    given = await request.form(max_files=0, max_fields=40)
    return {name: value for name, value in given.items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(fields_of)]


@router.get("/measures", response_class=HTMLResponse)
def show_measures(request: Request, db: Db) -> HTMLResponse:
    return _measures(request, db)


@router.post("/measures/{key}", response_class=HTMLResponse)
def decide_measure(request: Request, db: Db, key: str, fields: Fields) -> Response:
    """Agree, decline, begin or end a measure; agreeing again changes what is planned."""
    require_form_token(request, fields.get("form", ""))
    advice, _ = advised(request, db)
    try:
        decide(
            db,
            advice.organisation,
            advice.catalogue,
            key,
            fields.get("state", ""),
            owner=fields.get("owner", ""),
            reason=fields.get("reason", ""),
            changes=_changes(fields),
            now=now(),
        )
    except (Invalid, Conflict) as error:
        return _measures(request, db, trouble=choose(request).told(error))
    facts = {"organisation": advice.organisation.key, "measure": key, "state": fields.get("state", "")}
    audit.append(db, request.state.signed_in.name, "measure decided", facts)
    return RedirectResponse(f"/measures?organisation={advice.organisation.key}#{key}", 303)


@router.get("/roadmap", response_class=HTMLResponse)
def show_roadmap(request: Request, db: Db) -> HTMLResponse:
    return _roadmap(request, db)


@router.post("/roadmap", response_class=HTMLResponse)
def change_frame(request: Request, db: Db, fields: Fields) -> Response:
    """Change when the roadmap begins, and how much time each role has."""
    require_form_token(request, fields.get("form", ""))
    advice, _ = advised(request, db)
    try:
        set_frame(
            db,
            advice.organisation,
            start=day_of(fields.get("start", "")),
            capacity={
                role.value: _number(fields[f"capacity-{role.value}"])
                for role in Role
                if fields.get(f"capacity-{role.value}", "").strip()
            },
            today=now().date(),
        )
    except Invalid as error:
        return _roadmap(request, db, trouble=choose(request).told(error))
    facts = {"organisation": advice.organisation.key}
    audit.append(db, request.state.signed_in.name, "roadmap changed", facts)
    return RedirectResponse(f"/roadmap?organisation={advice.organisation.key}", 303)


def advised(request: Request, db: Session) -> tuple[Advice, list[Organisation]]:
    """Raises `NotFound` where there is no such organisation."""
    organisation, everyone = organisation_of(request, db)
    return advice_for(db, organisation), everyone


def planned(db: Session, advice: Advice, today: date) -> Roadmap:
    """Raises `Invalid` for agreed measures that can not be scheduled together."""
    return roadmap(db, advice.organisation, advice.catalogue, advice.proposals, today, scheduled=schedules)


def _measures(request: Request, db: Session, *, trouble: str = "") -> HTMLResponse:
    language = choose(request)
    advice, everyone = advised(request, db)
    words = Words(advice.catalogue, advice.model, language)
    decided = advice.decisions
    holding = [key for key, one in advice.proposals.items() if one.verdict.holds]
    needed = dict.fromkeys(key for one in holding for key in advice.proposals[one].missing)
    known = {measure.key for measure in advice.catalogue.measures}
    shown = [key for key in dict.fromkeys([*holding, *needed, *decided]) if key in known]
    cards = [
        words.card(advice.proposals.get(key), advice.catalogue.measure(key), decided.get(key))
        for key in shown
    ]
    open_ = [key for key, one in advice.proposals.items() if key not in shown]
    answer = render(
        request,
        "measures.html",
        organisation=advice.organisation,
        organisations=everyone,
        assessed=advice.result is not None,
        groups=in_state(cards, {state.value: language.text(text) for state, text in HEADINGS.items()}),
        open=[words.card(advice.proposals[key], advice.catalogue.measure(key), None) for key in open_],
        effects=effect_lines(db, advice, words, now().date()),
        estimates=language.label(advice.catalogue.estimates),
        trouble=trouble,
        may_manage=may_manage(request),
        form=form_token(request),
    )
    answer.status_code = 422 if trouble else 200
    return answer


def _roadmap(request: Request, db: Session, *, trouble: str = "") -> HTMLResponse:
    language = choose(request)
    advice, everyone = advised(request, db)
    words = Words(advice.catalogue, advice.model, language)
    shown, weeks = None, []
    try:
        found = planned(db, advice, now().date())
        shown = roadmap_page(found, words, advice.organisation.key, gallery)
        weeks = first_weeks(found, advice.catalogue, preparing=advice.result is None)
    except Invalid as error:
        trouble = trouble or language.told(error)
    answer = render(
        request,
        "roadmap.html",
        organisation=advice.organisation,
        organisations=everyone,
        shown=shown,
        weeks=first_weeks_table(weeks, words),
        trouble=trouble,
        may_manage=may_manage(request),
        form=form_token(request),
    )
    answer.status_code = 422 if trouble else 200
    return answer


def _changes(fields: dict[str, str]) -> Changes:
    days = {
        role: _number(fields[f"days-{role.value}"])
        for role in Role
        if fields.get(f"days-{role.value}", "").strip()
    }
    weeks = fields.get("weeks", "").strip()
    return Changes(days, _number(weeks) if weeks else None, day_of(fields.get("earliest", "")))


def _number(text: str) -> float:
    """With a decimal point or comma. Raises `Invalid`."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError as error:
        raise Invalid(f"{text!r} is no number") from error
