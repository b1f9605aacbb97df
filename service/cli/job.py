"""`resonanz job`: what runs, waits and was given up, and what to do about it."""

from typing import Annotated, Any

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.cli.output import AsJson, console, print_json, print_table
from service.context import Context, opened, the_organisation
from service.errors import Invalid, NotReady

app = typer.Typer(no_args_is_help=True, help="Jobs: what runs by itself.")

Number = Annotated[int, typer.Argument(help="The job's number (`resonanz job list`).")]
Owner = Annotated[str | None, typer.Option(help="Key of the organisation, where there are several.")]


def row(session: Session, job: Any) -> dict[str, Any]:
    """A job as it is told."""
    from service.jobs import words
    from service.models import Organisation

    owner = session.get(Organisation, job.organisation_id or 0)
    wrong = words.error(job.last_error)
    return {
        "number": job.id,
        "organisation": owner.key if owner else None,
        "kind": job.kind,
        "source": job.subject or None,
        "state": job.state,
        "attempts": job.attempts,
        "progress": f"{job.progress_done}/{job.progress_total}" if job.progress_total else None,
        "pages": job.pages or None,
        "not_before": job.not_before,
        "started": job.started,
        "finished": job.finished,
        "error": job.last_error,
        "what_to_do": wrong.en if wrong else None,
        "trace": job.trace,
    }


@app.command("list")
def list_jobs(as_json: AsJson = False) -> None:
    """What was given up, runs and waits, then what ended lately."""
    from service.jobs.queue import listed

    with opened() as context, context.transaction() as session:
        rows = [row(session, job) for job in listed(session)]
    if as_json:
        print_json(rows)
    elif not rows:
        console.print("There are no jobs.")
    else:
        print_table(
            rows, ("number", "organisation", "kind", "source", "state", "attempts", "progress", "what_to_do")
        )


@app.command("show")
def show_job(number: Number, as_json: AsJson = False) -> None:
    """Everything known of one job; its trace stands in the service's log and in the audit log."""
    from service.jobs.queue import the_job

    with opened() as context, context.transaction() as session:
        found = row(session, the_job(session, number))
    if as_json:
        print_json(found)
    else:
        print_table([{"what": name, "is": value} for name, value in found.items()], ("what", "is"))


@app.command("retry")
def retry_job(number: Number) -> None:
    """Try a job again that was given up, or that waits for its next attempt."""
    from service.jobs.queue import retry

    with opened() as context:
        with context.transaction() as session:
            retry(session, number)
        console.print(f"Job {number} is tried again as soon as may be.")
        _remind(context)


@app.command("dismiss")
def dismiss_job(number: Number) -> None:
    """Put a job aside that was given up or waits."""
    from service.jobs.queue import dismiss

    with opened() as context, context.transaction() as session:
        dismiss(session, number)
    console.print(f"Job {number} is put aside.")


@app.command("run")
def run_job(
    kind: Annotated[
        str, typer.Argument(help="nightly, sync, hinted, subscribe, compute, assess, retention or backup.")
    ],
    key: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="Of one source only.")] = None,
    organisation: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Have something done by the worker now."""
    from service.jobs.kinds import INSTALLATION
    from service.jobs.schedules import ask

    with opened() as context:
        with context.transaction() as session:
            owner = None if kind == INSTALLATION else the_organisation(session, organisation)
            asked = ask(session, kind, owner, key)
        numbers = [number for number in asked if number is not None]
        if as_json:
            print_json({"jobs": numbers, "open_already": len(asked) - len(numbers)})
            return
        if not asked:
            raise Invalid(
                f"there is nothing to do for {kind}: no source is connected for it, or no change was told of"
            )
        if numbers:
            console.print(f"Asked for: {', '.join(f'job {number}' for number in numbers)}.")
        if len(numbers) < len(asked):
            console.print(f"{len(asked) - len(numbers)} waiting or running already (`resonanz job list`).")
        _remind(context)


def _remind(context: Context) -> None:
    if not alive(context):
        console.print(
            "No worker is running: start one with `resonanz serve` or `resonanz serve --role worker`."
        )


def alive(context: Context, host: str | None = None) -> int:
    """How many workers were seen within a lease, of one host or of all."""
    from service.jobs.leases import database_clock
    from service.models import Worker

    with context.transaction() as session:
        seen = Worker.seen > database_clock(session) - context.settings.lease
        query = select(func.count()).select_from(Worker).where(seen)
        return session.scalar(query if host is None else query.where(Worker.host == host)) or 0


def working(context: Context) -> dict[str, object]:
    """For `resonanz doctor --health` in the role worker: whether the worker of this host is at it."""
    from service.jobs.worker import hostname

    found = alive(context, hostname())
    detail = f"{found} on this host" if found else "none on this host was seen within a lease"
    return {"check": "worker", "ok": bool(found), "detail": detail}


def jobs(context: Context) -> str:
    """For `resonanz doctor`: is a worker there, was anything given up, is anything overdue?"""
    from service.jobs.leases import database_clock
    from service.jobs.schedules import given_up, open_jobs, overdue
    from service.models import Schedule

    workers = alive(context)
    with context.transaction() as session:
        lost, waiting = given_up(session), open_jobs(session)
        late = overdue(session, database_clock(session))
        planned = session.scalar(select(func.count()).select_from(Schedule).where(Schedule.enabled)) or 0
    if not workers and (waiting or planned):
        raise NotReady(
            f"no worker is running, while {waiting} jobs wait and {planned} things are planned: `resonanz serve --role worker`"
        )
    if lost:
        raise NotReady(
            f"{lost} jobs were given up: `resonanz job list` says why, `resonanz job retry NUMBER` tries again"
        )
    if late:
        raise NotReady(
            f"overdue: {', '.join(late)}; the worker does not look at its schedules, start it anew"
        )
    if not planned:
        return "nothing is planned: `resonanz schedule set nightly 02:00` reads and measures every night"
    return f"{workers} at it, {planned} planned, {waiting} waiting or running, none given up"
