"""The pages: what is published, for people who answer for internal communication."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from service.database import sessions
from service.errors import Invalid, NotFound
from service.models import Organisation
from service.published import Published, latest, organisations
from service.security.roles import Permission
from service.web.dashboard import coverage_in_short, dashboard, freshness, today
from service.web.language import choose
from service.web.pictures import Gallery, Painter
from service.web.rendering import render
from service.web.room import room_page
from service.web.rooms import RoomsAsked

router = APIRouter(include_in_schema=False)
gallery = Gallery()


def session(request: Request) -> Iterator[Session]:
    with sessions(request.app.state.engine)() as opened:
        yield opened


Db = Annotated[Session, Depends(session)]


@router.get("/", response_class=HTMLResponse)
def show_dashboard(request: Request, db: Db) -> HTMLResponse:
    """The dashboard of the organisation asked for (the first by name otherwise), or what to do to get one."""
    everyone = organisations(db)
    organisation = asked(request, everyone)
    published = latest(db, organisation) if organisation else None
    if organisation is None or published is None:
        return render(request, "empty.html", organisation=organisation, organisations=everyone)
    language = choose(request)
    shown = dashboard(
        published,
        Painter(gallery, published.run.digest, language),
        language,
        request.query_params,
        RoomsAsked.of(request.query_params),
    )
    return render(
        request,
        "dashboard.html",
        organisation=organisation,
        organisations=everyone,
        run=published.run,
        board=shown,
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
