"""The pages that run a survey: rounds, groups, links, progress, closing and reopening."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.tables import safe
from service.errors import Conflict, Invalid, NotFound
from service.language import N_, Language, choose
from service.models import Organisation, SurveyRound, Unit
from service.published import organisations
from service.security import audit
from service.security.formtoken import form_token, require_form_token
from service.security.signin import Db, now
from service.surveys import rounds
from service.surveys.publish import close, finish
from service.surveys.published import published
from service.surveys.questionnaire import EVERYONE, FORMS, RESPONDENTS
from service.surveys.reminder import reminders
from service.web.pages import asked, may_manage
from service.web.rendering import render

STATES = {
    rounds.DRAFT: N_("draft"),
    rounds.OPEN: N_("open for answers"),
    rounds.CLOSED: N_("closed"),
    rounds.FINISHED: N_("finished, answers deleted"),
}
KINDS = {
    "everyone": N_("everyone"),
    "leaders": N_("leaders"),
    "communication_it": N_("communication and IT"),
}
TROUBLES = {
    "round": N_(
        "A round needs a title in both languages, and a new key of letters a to z, digits, - or _. The smallest group shown is at "
        "least %(number)s."
    ),
    "group": N_(
        "A group needs a name, a new key of letters a to z, digits, - or _, and the number of people who can be reached. A closed round "
        "takes none."
    ),
    "links": N_(
        "These links can not be made: there are never more links than people, both kinds of links do not go together in one group, and "
        "the round must not be closed."
    ),
    "state": N_("The round is in another state than this page showed. Look again."),
}
SIZES = {"short": N_("short"), "full": N_("full")}
Field = Annotated[str, Form(max_length=300)]
Count = Annotated[int, Form(ge=0, le=rounds.MOST_INVITED)]

router = APIRouter(include_in_schema=False)


@router.get("/surveys", response_class=HTMLResponse)
def show_rounds(request: Request, db: Db) -> HTMLResponse:
    return _list(request, db)


@router.post("/surveys", response_class=HTMLResponse)
def make_round(  # noqa: PLR0917 - fields of a form
    request: Request,
    db: Db,
    key: Field = "",
    title_de: Field = "",
    title_en: Field = "",
    size: Field = FORMS[-1],
    minimum_group: Count = rounds.DEFAULT,
    form: Field = "",
) -> Response:
    """A new round, or the form again with what does not fit."""
    require_form_token(request, form)
    owner = _organisation(request, db)
    try:
        made = rounds.create(
            db, owner, key.strip(), title_de=title_de, title_en=title_en, form=size,
            minimum_group=minimum_group, now=now(),
        )  # fmt: skip
    except (Invalid, Conflict):
        return _list(request, db, trouble="round")
    _note(request, db, owner, "survey created", {"round": made.key})
    return RedirectResponse(_path(owner, made), 303)


@router.get("/surveys/{key}", response_class=HTMLResponse)
def show_round(request: Request, db: Db, key: str) -> HTMLResponse:
    return _round(request, db, *_found(request, db, key))


@router.post("/surveys/{key}/groups", response_class=HTMLResponse)
def make_group(  # noqa: PLR0917 - fields of a form
    request: Request,
    db: Db,
    key: str,
    group: Field = "",
    label: Field = "",
    invited: Count = 0,
    respondents: Field = "everyone",
    unit: Field = "",
    form: Field = "",
) -> Response:
    require_form_token(request, form)
    owner, survey = _found(request, db, key)
    try:
        made = rounds.add_group(
            db, survey, group.strip(), label=label, invited=invited, respondents=respondents, unit=unit or None
        )  # fmt: skip
    except (Invalid, Conflict, NotFound):
        return _round(request, db, owner, survey, trouble="group")
    _note(request, db, owner, "survey group added", {"round": survey.key, "group": made.key})
    return RedirectResponse(f"{_path(owner, survey)}#groups", 303)


@router.post("/surveys/{key}/groups/{group}/links")
def make_links(request: Request, db: Db, key: str, group: str, form: Field = "") -> Response:
    """A file with the links that are still missing, this once: they are not kept."""
    require_form_token(request, form)
    owner, survey = _found(request, db, key)
    chosen = rounds.the_group(db, survey, group)
    try:
        tokens = rounds.invite(db, survey, chosen)
    except (Invalid, Conflict):
        return _round(request, db, owner, survey, trouble="links")
    facts = {"round": survey.key, "group": chosen.key, "count": len(tokens)}
    _note(request, db, owner, "survey links made", facts)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("group", "link"))
    for token in tokens:
        line = safe({"group": chosen.label, "link": _link(request, token)})
        writer.writerow(line.values())
    return Response(
        out.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{survey.key}-{chosen.key}.csv"'},
    )


@router.post("/surveys/{key}/groups/{group}/open-link", response_class=HTMLResponse)
def make_open_link(request: Request, db: Db, key: str, group: str, form: Field = "") -> Response:
    """Shows a link for all of a group, this once."""
    require_form_token(request, form)
    owner, survey = _found(request, db, key)
    chosen = rounds.the_group(db, survey, group)
    try:
        token = rounds.open_link(db, survey, chosen)
    except Conflict:
        return _round(request, db, owner, survey, trouble="links")
    _note(request, db, owner, "survey links made", {"round": survey.key, "group": chosen.key, "shared": True})
    return _round(request, db, owner, survey, made=(chosen.label, _link(request, token)))


@router.post("/surveys/{key}/state", response_class=HTMLResponse)
def change_state(request: Request, db: Db, key: str, action: Field = "", form: Field = "") -> Response:
    """Opens, closes, reopens a round, or deletes its answers for good."""
    require_form_token(request, form)
    owner, survey = _found(request, db, key)
    try:
        if action == "open":
            rounds.start(db, survey, now())
            done = "survey opened"
        elif action == "close":
            close(db, survey, now())
            done = "survey closed"
        elif action == "finish":
            finish(db, survey)
            done = "survey finished"
        else:
            return _round(request, db, owner, survey, trouble="state")
    except (Invalid, Conflict):
        return _round(request, db, owner, survey, trouble="state")
    _note(request, db, owner, done, {"round": survey.key})
    return RedirectResponse(_path(owner, survey), 303)


def _organisation(request: Request, db: Session) -> Organisation:
    found = asked(request, organisations(db))
    if found is None:
        raise NotFound("no organisation was set up yet")
    return found


def _found(request: Request, db: Session, key: str) -> tuple[Organisation, SurveyRound]:
    owner = _organisation(request, db)
    return owner, rounds.the_round(db, owner, key)


def _path(owner: Organisation, survey: SurveyRound) -> str:
    return f"/surveys/{survey.key}?organisation={owner.key}"


def _link(request: Request, token: str) -> str:
    base = request.app.state.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/answer/{token}"


def _note(request: Request, db: Session, owner: Organisation, action: str, facts: dict[str, Any]) -> None:
    audit.append(db, request.state.signed_in.name, action, facts, owner.key)


def _list(request: Request, db: Session, *, trouble: str | None = None) -> HTMLResponse:
    everyone = organisations(db)
    owner = asked(request, everyone)
    language = choose(request)
    with_results = {one.key for one in published(db, owner)} if owner else set()
    rows = (
        [_line(one, one.key in with_results, language) for one in rounds.rounds(db, owner)] if owner else []
    )
    manages = may_manage(request)
    floor = rounds.agreed_minimum(db, owner.id) if owner else rounds.FLOOR
    page = render(
        request,
        "surveys.html",
        organisation=owner,
        organisations=everyone,
        rows=rows if manages else [row for row in rows if row["results"]],
        manages=manages,
        form=form_token(request),
        sizes=[(size, language.text(SIZES[size])) for size in reversed(FORMS)],
        minimum=max(request.app.state.settings.survey_minimum_group, floor),
        floor=floor,
        trouble=language.text(TROUBLES[trouble], number=floor) if trouble else None,
    )
    page.status_code = 422 if trouble else 200
    return page


def _line(survey: SurveyRound, results: bool, language: Language) -> dict[str, Any]:
    return {
        "key": survey.key,
        "title": _title(survey, language),
        "state": survey.state,
        "words": language.text(STATES[survey.state]),
        "opened": language.day(survey.opened.date()) if survey.opened else "–",
        "results": results,
    }


def _title(survey: SurveyRound, language: Language) -> str:
    return survey.title_de if language.code == "de" else survey.title_en


def _round(
    request: Request,
    db: Session,
    owner: Organisation,
    survey: SurveyRound,
    *,
    trouble: str | None = None,
    made: tuple[str, str] | None = None,
) -> HTMLResponse:
    language = choose(request)
    whole, groups = rounds.progress(db, survey)
    page = render(
        request,
        "survey_round.html",
        organisation=owner,
        survey=survey,
        title=_title(survey, language),
        state=language.text(STATES[survey.state]),
        size=language.text(SIZES[survey.form]),
        whole=_told(whole, survey, language),
        groups=[_told(group, survey, language) for group in groups],
        kinds=[(kind, language.text(KINDS[kind])) for kind in RESPONDENTS],
        units=_units(db, owner),
        results=any(one.key == survey.key for one in published(db, owner)),
        reminders=reminders(survey),
        form=form_token(request),
        trouble=language.text(TROUBLES[trouble]) if trouble else None,
        made=made,
    )
    page.status_code = 422 if trouble else 200
    return page


def _units(db: Session, owner: Organisation) -> Sequence[Unit]:
    return db.scalars(select(Unit).where(Unit.organisation_id == owner.id).order_by(Unit.name)).all()


def _told(line: rounds.Progress, survey: SurveyRound, language: Language) -> dict[str, Any]:
    few = language.text("fewer than %(number)s", number=survey.minimum_group)
    return {
        "key": line.key,
        "label": line.label,
        "kind": language.text(KINDS.get(line.respondents) or KINDS[EVERYONE]),
        "invited": language.number(line.invited),
        "links": language.text("one for all") if line.shared else language.number(line.issued),
        "shared": line.shared,
        "missing": line.invited - line.issued,
        "answered": few if line.answered is None else language.text("about %(number)s", number=language.number(line.answered)),
        "rate": None if line.rate is None else language.percent(line.rate),
        "percent": None if line.rate is None else round(100 * line.rate),
    }  # fmt: skip
