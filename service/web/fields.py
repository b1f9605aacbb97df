"""The page of potential fields: signals, needs, use cases and the register, on which the team tests, scores and chooses."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from service.advice.advised import Advice
from service.advice.fields import needs, register
from service.advice.fields.signals import sightings
from service.errors import Conflict, Invalid
from service.language import choose
from service.models import PotentialField
from service.published import latest
from service.security import audit
from service.security.formtoken import form_token, require_form_token
from service.security.signin import Db, now
from service.web.field_words import NEEDS, ORIGINS, FieldWords
from service.web.pages import may_manage
from service.web.planning import Fields, advised
from service.web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/fields", response_class=HTMLResponse)
def show_fields(request: Request, db: Db) -> HTMLResponse:
    return _page(request, db)


@router.post("/fields", response_class=HTMLResponse)
def add_field(request: Request, db: Db, fields: Fields) -> Response:
    """Note a field as an idea; `origin` is written as `signal/…`, `need/…`, `use_case/…` or `own`."""
    origin, _, key = fields.get("origin", "own").partition("/")

    def change(advice: Advice) -> PotentialField:
        return register.add(
            db,
            advice.organisation,
            advice.catalogue,
            title=fields.get("title", ""),
            description=fields.get("description", ""),
            owner=fields.get("owner", ""),
            origin=origin,
            origin_key=key,
            now=now(),
        )

    return _changed(request, db, fields, "potential field noted", change)


@router.post("/fields/needs", response_class=HTMLResponse)
def rate_need(request: Request, db: Db, fields: Fields) -> Response:
    """Rate a cell of the need matrix, written as `group:purpose`."""
    require_form_token(request, fields.get("form", ""))
    advice, _ = advised(request, db)
    group, _, purpose = fields.get("need", "").partition(":")
    try:
        needs.rate(
            db,
            advice.organisation,
            advice.catalogue.instruments.matrix,
            group,
            purpose,
            rating=fields.get("rating", ""),
            channels=[name.removeprefix("channel-") for name in fields if name.startswith("channel-")],
            rated_by=fields.get("rated_by", ""),
            rated=now().date(),
        )
    except Invalid as error:
        return _page(request, db, trouble=choose(request).told(error))
    facts = {"organisation": advice.organisation.key, "need": f"{group}:{purpose}"}
    audit.append(db, request.state.signed_in.name, "need rated", facts | {"rating": fields["rating"]})
    return RedirectResponse(f"/fields?organisation={advice.organisation.key}#needs", 303)


@router.post("/fields/{number}/fit", response_class=HTMLResponse)
def answer_fit(request: Request, db: Db, number: int, fields: Fields) -> Response:
    """Answer questions of the fit test with yes or no; what is left empty stays as it was."""

    def change(advice: Advice) -> PotentialField:
        answers = {
            name.removeprefix("fit-"): _yes(given)
            for name, given in fields.items()
            if name.startswith("fit-") and given
        }
        return register.answer(
            db, advice.organisation, advice.catalogue.instruments, number, answers, now=now()
        )

    return _changed(request, db, fields, "potential field tested", change)


@router.post("/fields/{number}/scores", response_class=HTMLResponse)
def score_field(request: Request, db: Db, number: int, fields: Fields) -> Response:
    """Points and reasons by criterion; what is left empty stays as it was."""

    def change(advice: Advice) -> PotentialField:
        scores = {
            name.removeprefix("points-"): (
                _points(given),
                fields.get(f"reason-{name.removeprefix('points-')}", ""),
            )
            for name, given in fields.items()
            if name.startswith("points-") and given
        }
        return register.score(
            db, advice.organisation, advice.catalogue.instruments, number, scores, now=now()
        )

    return _changed(request, db, fields, "potential field scored", change)


@router.post("/fields/{number}/state", response_class=HTMLResponse)
def move_field(request: Request, db: Db, number: int, fields: Fields) -> Response:
    """Choose, park or reopen a field."""

    def change(advice: Advice) -> PotentialField:
        organisation, wanted = advice.organisation, fields.get("state", "")
        match wanted:
            case "chosen":
                return register.choose(db, organisation, number, now=now())
            case "parked":
                return register.park(db, organisation, number, fields.get("reason", ""), now=now())
            case "idea":
                return register.reopen(db, organisation, advice.catalogue.instruments, number, now=now())
        raise Invalid(f"a field can be chosen, parked or taken up as an idea; not {wanted!r}")

    return _changed(request, db, fields, "potential field decided", change)


def _changed(
    request: Request, db: Session, fields: Fields, what: str, change: Callable[[Advice], PotentialField]
) -> Response:
    """Carry out a change and note it; what can not be done is told on the page."""
    require_form_token(request, fields.get("form", ""))
    advice, _ = advised(request, db)
    try:
        made = change(advice)
    except (Invalid, Conflict) as error:
        return _page(request, db, trouble=choose(request).told(error))
    facts = {"organisation": advice.organisation.key, "number": made.id, "state": made.state}
    audit.append(db, request.state.signed_in.name, what, facts)
    return RedirectResponse(f"/fields?organisation={advice.organisation.key}#field-{made.id}", 303)


def _page(request: Request, db: Session, *, trouble: str = "") -> HTMLResponse:
    advice, everyone = advised(request, db)
    language, instruments = choose(request), advice.catalogue.instruments
    published = latest(db, advice.organisation)
    words = FieldWords(advice.catalogue, advice.model, language, advice.organisation.key)
    rooms = {room.key: room.label for room in published.rooms()} if published else {}
    cells = needs.cells(db, advice.organisation, instruments.matrix)
    answer = render(
        request,
        "fields.html",
        organisation=advice.organisation,
        organisations=everyone,
        fields=words.fields(register.fields(db, advice.organisation)),
        signals=[words.signal(one, rooms) for one in sightings(published, instruments)],
        matrix=words.matrix(cells),
        lacking=[words.need(cell) for cell in cells if cell.is_field],
        rated=sum(cell.rating is not None for cell in cells),
        instruction=language.label(instruments.matrix.instruction),
        cases=[words.case(one) for one in instruments.use_cases],
        origins=words.origins(cells),
        own=language.text(ORIGINS[register.Origin.OWN]),
        ratings=[(rating.value, language.text(text)) for rating, text in NEEDS.items()],
        channels=[(one.key, language.label(one.name)) for one in instruments.matrix.channels],
        every_need=words.every_need(cells),
        questions=[(one.key, language.label(one.text)) for one in instruments.fit_questions],
        criteria=words.criteria(),
        trouble=trouble,
        may_manage=may_manage(request),
        form=form_token(request),
    )
    answer.status_code = 422 if trouble else 200
    return answer


def _yes(given: str) -> bool:
    if given not in ("yes", "no"):
        raise Invalid(f"answer with yes or no, not {given!r}")
    return given == "yes"


def _points(given: str) -> int:
    try:
        return int(given)
    except ValueError as error:
        raise Invalid(f"{given!r} is no number of points: give 1 to 5") from error
