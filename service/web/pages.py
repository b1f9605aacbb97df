"""The pages: what is published, for people who answer for internal communication."""

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from service.errors import Invalid, NotFound
from service.language import choose
from service.models import Organisation
from service.published import Published, latest, organisations
from service.security.roles import Permission
from service.security.signin import Db
from service.web import leadership
from service.web.answers import answers
from service.web.coverage import coverage_in_short, freshness, today, told
from service.web.dashboard import Dashboard, dashboard
from service.web.glossary import glossary
from service.web.leads import leads
from service.web.network import between_units
from service.web.periods import two_periods
from service.web.pictures import Gallery, Painter
from service.web.rendering import render
from service.web.room import room_page
from service.web.rooms import RoomsAsked, vitality

router = APIRouter(include_in_schema=False)
gallery = Gallery()
"""The charts drawn so far, of all pages."""


OLD = {"/adoption": ("metric", "window"), "/rooms": ("state", "purpose", "page")}
"""Where choices stand that were once made on the first page."""


def _show(
    request: Request, db: Session, template: str, more: Callable[[Dashboard], dict[str, Any]] | None = None
) -> HTMLResponse:
    """A page on the organisation asked for (the first by name otherwise), or what to do to get one."""
    everyone = organisations(db)
    organisation = asked(request, everyone)
    published = latest(db, organisation) if organisation else None
    if organisation is None or published is None:
        return render(request, "empty.html", organisation=organisation, organisations=everyone)
    language = choose(request)
    board = dashboard(
        published,
        Painter(gallery, published.run.digest, language),
        language,
        request.query_params,
        RoomsAsked.of(request.query_params),
    )
    return render(
        request,
        template,
        organisation=organisation,
        organisations=everyone,
        run=published.run,
        board=board,
        **(more(board) if more else {}),
    )


@router.get("/", response_class=HTMLResponse)
def show_use(request: Request, db: Db) -> Response:
    """The key figures, and what each page on use answers."""
    for path, names in OLD.items():
        if any(name in request.query_params for name in names):
            return RedirectResponse(f"{path}?{request.url.query}", 307)
    return _show(request, db, "use.html", lambda board: {"leads": leads(board)})


@router.get("/adoption", response_class=HTMLResponse)
def show_adoption(request: Request, db: Db) -> HTMLResponse:
    """A metric over time with milestones, the roles, and what a milestone changed."""
    return _show(request, db, "adoption.html")


@router.get("/periods", response_class=HTMLResponse)
def show_periods(request: Request, db: Db) -> HTMLResponse:
    """Two published periods side by side."""
    return _show(
        request,
        db,
        "periods.html",
        lambda board: {"two": two_periods(board.published, board.language, board.query)},
    )


@router.get("/rooms", response_class=HTMLResponse)
def show_rooms(request: Request, db: Db) -> HTMLResponse:
    """The rooms: their states, the map, the list."""

    def more(board: Dashboard) -> dict[str, Any]:
        chart, choices, chosen = vitality(board.published, board.painter, board.query.get("up", ""))
        return {"chart": chart, "choices": choices, "chosen": chosen}

    return _show(request, db, "rooms.html", more)


@router.get("/dialogue", response_class=HTMLResponse)
def show_dialogue(request: Request, db: Db) -> HTMLResponse:
    """Where people answer each other, and where something is only filed."""
    return _show(
        request,
        db,
        "dialogue.html",
        lambda board: {"answers": answers(board.published, board.painter, board.language, board.query)},
    )


@router.get("/network", response_class=HTMLResponse)
def show_network(request: Request, db: Db) -> HTMLResponse:
    """The units side by side and over time, and how much people talk across them."""
    return _show(
        request,
        db,
        "network.html",
        lambda board: {"between": between_units(board.published, board.painter, board.language, board.query)},
    )


@router.get("/leadership", response_class=HTMLResponse)
def show_leadership(request: Request, db: Db) -> HTMLResponse:
    """Whether leaders take part, and how fresh official pages are."""

    def more(board: Dashboard) -> dict[str, Any]:
        about = (board.published, board.painter, board.language)
        return {"leaders": leadership.leaders(*about), "fresh": leadership.freshness(*about)}

    return _show(request, db, "leadership.html", more)


@router.get("/data", response_class=HTMLResponse)
def show_data(request: Request, db: Db) -> HTMLResponse:
    """How much was read, how old it is, and how much of it may be shown."""
    return _show(request, db, "data.html", lambda board: {"told": told(board.published, board.language)})


@router.get("/glossary", response_class=HTMLResponse)
def show_glossary(request: Request, db: Db) -> HTMLResponse:
    """Every metric in plain words."""
    return _show(
        request, db, "glossary.html", lambda board: {"groups": glossary(board.published, board.language)}
    )


@router.get("/rooms/{key:path}", response_class=HTMLResponse)
def show_room(request: Request, db: Db, key: str) -> HTMLResponse:
    """One room over time. Raises `NotFound` for a room that is not part of the current publication."""
    published, everyone = _publication_with(request, db, key)
    language = choose(request)
    shown = room_page(published, key, Painter(gallery, published.run.digest, language), language)
    return render(
        request,
        "room.html",
        organisation=published.organisation,
        organisations=everyone,
        run=published.run,
        freshness=freshness(published, today(published.organisation)),
        coverage_in_short=coverage_in_short(published.coverage(), language),
        room=shown,
    )


def asked(request: Request, everyone: list[Organisation]) -> Organisation | None:
    key = request.query_params.get("organisation")
    if key is None:
        return everyone[0] if everyone else None
    found = next((one for one in everyone if one.key == key), None)
    if found is None:
        raise NotFound("no such organisation")
    return found


def organisation_of(request: Request, db: Session) -> tuple[Organisation, list[Organisation]]:
    """The organisation asked for, and all that may be seen. Raises `NotFound` where there is none."""
    everyone = organisations(db)
    organisation = asked(request, everyone)
    if organisation is None:
        raise NotFound("no organisation yet")
    return organisation, everyone


def may_manage(request: Request) -> bool:
    """Whether who asks may change surveys, evidence and measures."""
    signed_in = getattr(request.state, "signed_in", None)
    return signed_in is not None and Permission.MANAGE in signed_in.permissions


def day_of(text: str) -> date | None:
    """The day a form field holds; None where it is empty. Raises `Invalid`."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid(f"{text!r} is no day: write it as 2026-03-31") from error


def _publication_with(request: Request, db: Session, room: str) -> tuple[Published, list[Organisation]]:
    everyone = organisations(db)
    chosen = asked(request, everyone) if "organisation" in request.query_params else None
    for organisation in [chosen] if chosen else everyone:
        published = latest(db, organisation)
        if published is not None and published.holds(room):
            return published, everyone
    raise NotFound("no such room in the current publication")
