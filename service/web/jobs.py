"""The page of jobs: what runs, waits and was given up, and what comes up by itself. Nothing in it is about people."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service.database import sessions
from service.errors import Conflict, NotFound
from service.jobs import queue, schedules, words
from service.jobs.kinds import INSTALLATION
from service.jobs.leases import POISON, RUNNING, WAITING, database_clock
from service.language import N_, Language, choose
from service.models import Job, Organisation, Schedule, Worker
from service.published import organisations
from service.security import audit
from service.security import sessions as signed
from service.security.formtoken import form_token, require_form_token
from service.security.roles import Permission, may
from service.security.signin import Db, cookie_name, now
from service.web.rendering import render

EVERY = 1.0
"""Seconds between two looks at the jobs, for those who watch them."""
STEP = 0.25
TROUBLES = {
    "open": N_("The same is waiting or running already."),
    "state": N_("That job has changed meanwhile; this is how it is now."),
    "nothing": N_("There is nothing to do for this: no source is connected, or no change was told of."),
}

router = APIRouter(include_in_schema=False)


@router.get("/jobs", response_class=HTMLResponse)
def show_jobs(request: Request, db: Db, trouble: str = "") -> HTMLResponse:
    language = choose(request)
    signed_in = request.state.signed_in
    operates = signed_in is not None and Permission.OPERATE in signed_in.permissions
    everywhere = signed_in is not None and signed_in.organisation_id is None
    found, owners = queue.listed(db), list(organisations(db))
    names = {one.id: one.name for one in owners}
    return render(
        request,
        "jobs.html",
        live=[_job(one, names, language) for one in found if one.state in (POISON, RUNNING, WAITING)],
        over=[_job(one, names, language) for one in found if one.state not in (POISON, RUNNING, WAITING)],
        planned=_planned(db, owners, language, everywhere=everywhere),
        several=len(owners) > 1,
        workers=_workers(request, db),
        operates=operates,
        trouble=language.text(TROUBLES[trouble]) if trouble in TROUBLES else None,
        signature=_signature(found),
        form=form_token(request),
    )


def _workers(request: Request, db: Session) -> int:
    """Processes that were seen lately and do jobs."""
    since = database_clock(db) - request.app.state.settings.lease
    return db.scalar(select(func.count()).select_from(Worker).where(Worker.seen > since)) or 0


def _job(job: Job, names: dict[int, str], language: Language) -> dict[str, Any]:
    error = words.error(job.last_error)
    return {
        "number": job.id,
        "kind": language.label(words.kind(job.kind)),
        "subject": job.subject,
        "organisation": names.get(job.organisation_id or 0, ""),
        "code": job.state,
        "state": language.label(words.state(job.state)),
        "done": job.progress_done,
        "total": job.progress_total,
        "pages": job.pages,
        "attempts": job.attempts,
        "error": language.label(error) if error else None,
        "when": _when(job.finished or job.started or job.not_before, UTC, language),
        "next": _when(job.not_before, UTC, language) if job.state == WAITING and job.attempts else None,
    }


def _when(moment: datetime | None, zone: Any, language: Language) -> str:
    if moment is None:
        return "–"
    local = moment.astimezone(zone)
    return f"{language.day(local.date())} {local:%H:%M} {local.tzname()}"


def _planned(
    db: Session, owners: Sequence[Organisation], language: Language, *, everywhere: bool
) -> list[dict[str, Any]]:
    """What can come up by itself, for each organisation, whether it does and when."""
    found = {(one.organisation_id, one.kind): one for one in db.scalars(select(Schedule))}
    listed = [
        _schedule(kind, owner, found.get((owner.id, kind)), language)
        for owner in owners
        for kind in schedules.USUAL
        if kind != INSTALLATION
    ]
    if everywhere:
        listed.append(_schedule(INSTALLATION, None, found.get((None, INSTALLATION)), language))
    return listed


def _schedule(
    kind: str, owner: Organisation | None, planned: Schedule | None, language: Language
) -> dict[str, Any]:
    zone = ZoneInfo(planned.zone) if planned is not None and planned.daily is not None else UTC
    return {
        "kind": kind,
        "words": language.label(words.kind(kind)),
        "key": owner.key if owner else "",
        "organisation": owner.name if owner else "",
        "rhythm": None if planned is None or not planned.enabled else str(schedules.rhythm(planned)),
        "next": None if planned is None else _when(planned.next_run, zone, language),
        "last": None
        if planned is None or planned.last_run is None
        else _when(planned.last_run, zone, language),
        "stopped": owner is not None and owner.stopped is not None,
    }


def _signature(found: Sequence[Job]) -> str:
    """Changes whenever another line or another state should be shown."""
    return " ".join(f"{one.id}{one.state[:3]}" for one in found if one.state in (POISON, RUNNING, WAITING))


@router.get("/jobs/progress", response_class=EventSourceResponse)
async def watch_jobs(request: Request) -> AsyncIterator[ServerSentEvent]:
    """How far each running job is, once a second; the jobs' rows are asked, so it does not matter which process does them.

    Ends when the reader leaves, when this process stops, and when the session ends; watching does not prolong it. Who does not ask
    for an event stream is told once.
    """
    last: dict[str, Any] | None = None
    streams = "text/event-stream" in request.headers.get("accept", "")
    while not request.app.state.stopping.is_set():
        told = await run_in_threadpool(_progress, request)
        if told is None:
            return
        if told != last:
            yield ServerSentEvent(data=told, event="jobs", retry=5000)
            last = told
        if not streams:
            return
        for _ in range(round(EVERY / STEP)):
            if request.app.state.stopping.is_set():
                return
            await asyncio.sleep(STEP)


def _progress(request: Request) -> dict[str, Any] | None:
    """None once the session has ended, or the account may not see this any more."""
    secret = request.cookies.get(cookie_name(request), "")
    with sessions(request.app.state.engine)() as db:  # never committed: looking is no use of the session
        account = signed.signed_in(db, secret, now())
        if account is None or Permission.AUDIT not in may(account.role):
            return None
        db.rollback()
        found = queue.listed(db, ended=0)
        running = [one for one in found if one.state == RUNNING]
        return {
            "signature": _signature(found),
            "running": [
                {"number": one.id, "done": one.progress_done, "total": one.progress_total, "pages": one.pages}
                for one in running
            ],
        }


@router.post("/jobs/run")
def run_now(
    request: Request,
    db: Db,
    kind: Annotated[str, Form(max_length=16)] = "",
    organisation: Annotated[str, Form(max_length=64)] = "",
    form: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Have something done as soon as a worker is free."""
    require_form_token(request, form)
    owner = None
    if kind not in schedules.USUAL or (
        kind == INSTALLATION and request.state.signed_in.organisation_id is not None
    ):
        raise NotFound(f"there is no job {kind!r}")
    if kind != INSTALLATION:
        owner = db.scalars(select(Organisation).where(Organisation.key == organisation)).one_or_none()
        if owner is None:
            raise NotFound("there is no such organisation")
    asked = schedules.ask(db, kind, owner)
    numbers = [number for number in asked if number is not None]
    if not numbers:
        return _back("open" if asked else "nothing")
    audit.append(
        db,
        request.state.account,
        "job asked for",
        {"kind": kind, "jobs": numbers},
        owner.key if owner else None,
    )
    return _back()


@router.post("/jobs/{number}/retry")
def try_again(
    request: Request, db: Db, number: int, form: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    return _change(request, db, number, form, "job retried")


@router.post("/jobs/{number}/dismiss")
def put_aside(
    request: Request, db: Db, number: int, form: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    return _change(request, db, number, form, "job put aside")


def _change(request: Request, db: Session, number: int, form: str, action: str) -> Response:
    require_form_token(request, form)
    try:
        job = (queue.retry if action == "job retried" else queue.dismiss)(db, number)
    except Conflict:
        return _back("state")
    owner = db.get(Organisation, job.organisation_id or 0)
    audit.append(
        db, request.state.account, action, {"job": number, "kind": job.kind}, owner.key if owner else None
    )
    return _back()


def _back(trouble: str = "") -> Response:
    return RedirectResponse(f"/jobs?trouble={trouble}" if trouble else "/jobs", 303)
