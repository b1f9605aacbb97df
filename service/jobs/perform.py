"""Does one job: notes in the audit log that it begins, has it done, and notes in one transaction how it ended."""

from typing import Any

import structlog

from connectors.errors import AccessDenied, Misconfigured, NotThere, SourceBusy
from service.errors import Conflict, NotReady, ServiceError
from service.jobs.kinds import JOBS, KINDS, UNKNOWN, Run
from service.jobs.leases import BUSY, LeaseLost, Stopping
from service.models import Organisation
from service.security import audit
from service.security.actor import acting
from service.security.browser import place
from service.trouble import trouble

FINAL = (AccessDenied, Misconfigured, NotThere, ServiceError)
TROUBLED = 20.0
"""Seconds until a job is tried again that a full disk or an absent database was in the way of."""
PASSING = frozenset({"BackupFailed", "RetentionIncomplete"})
"""Errors of the service that may be over by the next attempt."""

log = structlog.get_logger()


def perform(run: Run) -> str:
    """Do the job and tell how it ended: done, lost, interrupted, postponed, failed (and tried again) or poison."""
    claim = run.claim
    logged = log.bind(job=claim.id, kind=claim.kind, trace=claim.trace)
    logged.info("job begun", attempt=claim.attempts)
    kind = KINDS.get(claim.kind, UNKNOWN)
    action = kind.noted
    try:
        _note(run, action, "begun")
        with acting(JOBS):
            finish = kind.work(run)
        with acting(JOBS), run.context.transaction() as session:
            finish(session)
            run.leases.complete(session, claim)
            _append(session, run, action, "done")
        ended = "done"
    except LeaseLost:
        ended = "lost"
    except Stopping:
        ended = "interrupted" if run.leases.release(claim) else "lost"
    except Exception as error:
        ended = _failed(run, error)
        logged.warning("job failed", error=type(error).__name__, place=place(error))
    if ended != "done":
        _note(run, action, ended)
    logged.info("job ended", state=ended)
    return ended


def _failed(run: Run, error: Exception) -> str:
    name = type(error).__name__
    if isinstance(error, Conflict) or name == "Stopped":
        # Somebody else is at it, or it is not to be done: that is no attempt.
        return "postponed" if run.leases.release(run.claim, BUSY, name) else "lost"
    if (found := trouble(error)) is not None:
        # Nobody's fault, and no attempt either: as soon as the store is well again the job goes on.
        return "postponed" if run.leases.release(run.claim, TROUBLED, type(found).__name__) else "lost"
    asked = error.seconds if isinstance(error, SourceBusy) else None
    given_up = run.leases.fail(run.claim, name, asked=asked, final=final(error))
    return "lost" if given_up is None else "poison" if given_up else "failed"


def final(error: Exception) -> bool:
    """Whether trying again is no use before somebody has mended something."""
    passing = isinstance(error, NotReady) or type(error).__name__ in PASSING
    return isinstance(error, FINAL) and not passing


def _note(run: Run, action: str | None, state: str) -> None:
    if action is not None:
        with run.context.transaction() as session:
            _append(session, run, action, state)


def _append(session: Any, run: Run, action: str | None, state: str) -> None:
    if action is None:
        return
    claim = run.claim
    organisation = session.get(Organisation, claim.organisation_id or 0)
    facts = {"state": state, "job": claim.id, "attempt": claim.attempts}
    if claim.subject:
        facts["key"] = claim.subject
    if claim.kind == "hinted":
        facts["hinted"] = True
    audit.append(session, JOBS, action, facts, organisation.key if organisation else None)
