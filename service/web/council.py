"""The page for works council, data protection and IT: what is collected, who may read it, and who asked what."""

import json
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from service.apart import apart
from service.cards import KINDS as CARDS
from service.cards import Kind as Card
from service.demo.trial import DryRun
from service.language import N_, Language, choose
from service.models import Account, ApiToken, AuditEntry, AuditHead, Embed, Organisation, Source, Sync
from service.published import latest, organisations
from service.security import audit
from service.security.signin import Db, now
from service.web.dashboard import coverage_in_short
from service.web.rendering import render

PAGE = 100
ROLES = {
    "viewer": N_("Reader"),
    "analyst": N_("Analyst"),
    "comms_admin": N_("Communications admin"),
    "it_admin": N_("IT admin"),
    "auditor": N_("Works council and audit"),
}
NOT_SHOWN = N_("not shown")
STATES = {
    "published": N_("shown"),
    "small_group": N_("not shown: too few people"),
    "complementary": N_("not shown: it would give another value away"),
}
ACTIONS = {
    "asked": N_("asked"),
    "refused": N_("was refused"),
    "signed in": N_("signed in"),
    "sign-in refused": N_("sign-in refused"),
    "account created": N_("created an account"),
    "account disabled": N_("disabled an account"),
    "account enabled": N_("enabled an account"),
    "role changed": N_("changed a role"),
    "profile declared": N_("declared by what it is compared"),
    "benchmark given": N_("wrote a benchmark file"),
    "benchmark taken over": N_("took over a benchmark file"),
    "benchmark removed": N_("removed a benchmark file"),
    "peers drawn": N_("drew the quartiles of peers"),
    "survey created": N_("made a survey round"),
    "survey group added": N_("added a group to a survey"),
    "survey links made": N_("made links of a survey"),
    "survey links withdrawn": N_("withdrew links of a survey"),
    "survey opened": N_("opened a survey"),
    "survey closed": N_("closed a survey"),
    "survey finished": N_("deleted the answers of a survey for good"),
    "survey answers imported": N_("took over answers to a survey"),
    "token created": N_("created an API token"),
    "token revoked": N_("revoked an API token"),
    "embed created": N_("made an embed"),
    "embed revoked": N_("ended an embed"),
    "password link made": N_("made a link to set a password"),
    "password set": N_("set a password"),
    "organisation changed": N_("moved to another organisation"),
    "role lost": N_("lost the role"),
    "job asked for": N_("asked for a job"),
    "job retried": N_("had a job tried again"),
    "job put aside": N_("put a job aside"),
}

router = APIRouter(include_in_schema=False)


@router.get("/council", response_class=HTMLResponse)
def show_council(request: Request, db: Db, before: Annotated[int | None, Query(ge=1)] = None) -> HTMLResponse:
    """Entries of the audit log with numbers below `before`, newest first."""
    language = choose(request)
    entries = audit.newest(db, PAGE, before)
    return render(
        request,
        "council.html",
        minimum_group=request.app.state.settings.minimum_group,
        collected=[
            (one, _sources(db, one, language), _coverage(db, one, language)) for one in organisations(db)
        ],
        accounts=[_account(one, language) for one in db.scalars(select(Account).order_by(Account.name))],
        tokens=_tokens(db, language),
        embeds=_embeds(db, language),
        entries=[_entry(one, language) for one in entries],
        head=db.get(AuditHead, 1),
        older=entries[-1].number if entries and entries[-1].number > 1 else None,
    )


@cache
def dry_run(minimum_group: int) -> DryRun:
    """Made apart: collecting and measuring bring libraries that serving pages does without."""
    found: DryRun = apart("service.demo.dry_run:dry_run", minimum_group)
    return found


@router.get("/council/dry-run", response_class=HTMLResponse)
def show_dry_run(request: Request) -> HTMLResponse:
    """What collecting would store of an invented person; made once, which takes some seconds."""
    language = choose(request)
    found = dry_run(request.app.state.settings.minimum_group)
    return render(
        request,
        "dry_run.html",
        found=found,
        answer=_written(found.answer),
        stored=_written({"activities": found.activities, "person": found.known}),
        published=[
            (
                str(one["room"]),
                language.label(CATALOG[one["metric"]].label),
                language.day(one["since"]),
                language.percent(one["value"]) if one["state"] == "published" else "–",
                language.text(STATES.get(one["reason"] or one["state"], NOT_SHOWN)),
            )
            for one in found.published
        ],
    )


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _sources(db: Session, organisation: Organisation, language: Language) -> list[tuple[str, ...]]:
    last = (
        select(Sync.source_id, func.max(Sync.finished).label("finished")).group_by(Sync.source_id).subquery()
    )
    found = db.execute(
        select(Source, last.c.finished)
        .outerjoin(last, last.c.source_id == Source.id)
        .where(Source.organisation_id == organisation.id)
        .order_by(Source.key)
    )
    return [
        (
            source.key,
            source.connector,
            language.day(source.created.date()),
            language.day(finished.date()) if finished else language.text("never"),
        )
        for source, finished in found
    ]


def _coverage(db: Session, organisation: Organisation, language: Language) -> str | None:
    published = latest(db, organisation)
    return coverage_in_short(published.coverage(), language) if published else None


def _account(account: Account, language: Language) -> tuple[str, ...]:
    return (
        account.name,
        language.text(ROLES.get(account.role) or N_("no known role")),
        language.text(N_("password") if account.issuer is None else N_("company account")),
        language.text(N_("disabled") if account.disabled else N_("enabled")),
    )


def _tokens(db: Session, language: Language) -> list[tuple[str, ...]]:
    found = db.execute(
        select(ApiToken, Account.name)
        .join(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.revoked.is_(None), ApiToken.expires > now())
        .order_by(Account.name, ApiToken.id)
    )
    return [
        (token.label, name, ", ".join(token.scopes), language.day(token.expires.date()))
        for token, name in found
    ]


def _embeds(db: Session, language: Language) -> list[tuple[str, ...]]:
    """What whoever has a link sees without signing in."""
    valid = select(Embed).where(Embed.revoked.is_(None), Embed.expires > now()).order_by(Embed.id)
    return [
        (
            language.label(CARDS[Card(one.kind)]) if one.kind in set(Card) else one.kind,
            ", ".join(one.hosts),
            one.created_by,
            language.day(one.expires.date()),
        )
        for one in db.scalars(valid)
    ]


def _entry(entry: AuditEntry, language: Language) -> tuple[str, ...]:
    detail = json.loads(entry.detail)
    said = "; ".join(
        f"{name}: {', '.join(value) if isinstance(value, list) else value}" for name, value in detail.items()
    )
    action = ACTIONS.get(entry.action)
    when = f"{language.day(entry.at.date())} {entry.at:%H:%M:%S} UTC"
    return (str(entry.number), when, entry.account, language.text(action) if action else entry.action, said)
