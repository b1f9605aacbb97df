"""The page on which embeds are made and ended, with what is copied into Confluence, SharePoint and Teams."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from service.cards import KINDS, OF_A_METRIC, Choices, Kind, metrics_of, windows_of
from service.embeds import words
from service.embeds.cards import Maker
from service.embeds.hosts import allowed
from service.embeds.register import LONGEST, Wanted, create, embeds_of, ended, named, path_of, revoke
from service.embeds.secret import secret_file, signing_keys
from service.embeds.snippets import snippets
from service.errors import Invalid
from service.language import Language, choose, language
from service.models import Embed, Organisation
from service.published import Published, latest
from service.security.formtoken import form_token, require_form_token
from service.security.signin import Db, now
from service.web.pages import organisation_of
from service.web.rendering import NAMES, render
from service.web.words import WINDOWS, said

DAYS = (7, 30, LONGEST)

router = APIRouter(include_in_schema=False)


@router.get("/embeds", response_class=HTMLResponse)
def show_embeds(request: Request, db: Db, kind: str = Kind.FIGURE) -> HTMLResponse:
    """All embeds of the organisation asked for, and the form for a new one of that card."""
    return _page(request, db, kind)


@router.post("/embeds", response_class=HTMLResponse)
def make_embed(  # noqa: PLR0917 - fields of a form
    request: Request,
    db: Db,
    kind: Annotated[str, Form(max_length=40)] = "",
    metric: Annotated[str, Form(max_length=64)] = "",
    room: Annotated[str, Form(max_length=300)] = "",
    window: Annotated[str, Form(max_length=16)] = "",
    locale: Annotated[str, Form(max_length=8)] = "",
    host: Annotated[list[str] | None, Form()] = None,
    days: Annotated[int, Form(ge=1, le=LONGEST)] = 30,
    form: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Leads to the page of the new embed."""
    require_form_token(request, form)
    organisation, _ = organisation_of(request, db)
    settings = request.app.state.settings
    try:
        made = create(
            db,
            organisation,
            Wanted(kind, Choices(metric, room, window), locale, host or [], days),
            allowed=allowed(settings.embed_hosts),
            keys=signing_keys(secret_file(settings), create=True),
            by=request.state.signed_in.name,
            now=now(),
        )
    except Invalid as error:
        return _page(request, db, kind, trouble=_mended(error, metric, room, host, choose(request)))
    return RedirectResponse(f"/embeds/{made.handle}?organisation={organisation.key}", 303)


@router.get("/embeds/{handle}", response_class=HTMLResponse)
def show_embed(request: Request, db: Db, handle: str) -> HTMLResponse:
    """One embed: what is copied where, and how it looks. Raises `NotFound`."""
    embed = named(db, handle)
    organisation = db.get_one(Organisation, embed.organisation_id)
    settings, spoken = request.app.state.settings, choose(request)
    path = path_of(embed, signing_keys(secret_file(settings)))
    card = Maker(db, organisation, language(embed.locale)).card(Kind(embed.kind), Choices.of(embed.choices))
    title = f"{card.title} · {card.room or organisation.name}"
    hosts = [one for one in embed.hosts if one in allowed(settings.embed_hosts)]
    base = settings.public_url or str(request.base_url)
    return render(
        request,
        "embed_one.html",
        organisation=organisation,
        embed=embed,
        about=_row(embed, latest(db, organisation), now(), spoken),
        live=not ended(embed, now()) and path is not None,
        lost=path is None,
        hosts=hosts,
        gone=[one for one in embed.hosts if one not in hosts],
        addressed=settings.public_url is not None,
        copied=snippets(embed, hosts, base, path or "", title),
        card=card,
        code=embed.locale,
        open=language(embed.locale).label(words.OPEN),
        figures=language(embed.locale).label(words.TABLE),
        target="_blank",
        form=form_token(request),
    )


@router.post("/embeds/{handle}/revoke")
def end_embed(
    request: Request, db: Db, handle: str, form: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    require_form_token(request, form)
    embed = revoke(db, handle, by=request.state.signed_in.name, now=now())
    organisation = db.get_one(Organisation, embed.organisation_id)
    return RedirectResponse(f"/embeds?organisation={organisation.key}", 303)


def _page(request: Request, db: Session, kind: str, *, trouble: str = "") -> HTMLResponse:
    organisation, everyone = organisation_of(request, db)
    spoken, moment = choose(request), now()
    published = latest(db, organisation)
    chosen = Kind(kind) if kind in set(Kind) else Kind.FIGURE
    metrics = metrics_of(chosen, room=False) if chosen in OF_A_METRIC else []
    answer = render(
        request,
        "embeds.html",
        organisation=organisation,
        organisations=everyone,
        embeds=[_row(one, published, moment, spoken) for one in embeds_of(db, organisation)],
        hosts=allowed(request.app.state.settings.embed_hosts),
        kinds=[(one.value, spoken.label(label), one is chosen) for one, label in KINDS.items()],
        kind=chosen.value,
        kind_words=spoken.label(KINDS[chosen]),
        metrics=[(one.key, spoken.label(one.label)) for one in metrics],
        rooms=[(one.key, one.label) for one in published.rooms()] if published and metrics else [],
        windows=_windows(chosen, spoken) if metrics else [],
        locales=[(code, name, code == spoken.code) for code, name in NAMES.items()],
        days=DAYS,
        longest=LONGEST,
        trouble=trouble,
        form=form_token(request),
    )
    answer.status_code = 422 if trouble else 200
    return answer


def _windows(kind: Kind, spoken: Language) -> list[tuple[str, str]]:
    found = {window.value for metric in metrics_of(kind, room=False) for window in windows_of(kind, metric)}
    return [
        (window, said(WINDOWS, window, spoken)) for window in ("days28", "week", "weeks26") if window in found
    ]


def _row(embed: Embed, published: Published | None, moment: datetime, spoken: Language) -> Mapping[str, Any]:
    """One line of the list: what it shows, where, until when."""
    choices = Choices.of(embed.choices)
    kind = spoken.label(KINDS[Kind(embed.kind)]) if embed.kind in set(Kind) else embed.kind
    parts = [spoken.label(CATALOG[choices.metric].label)] if choices.metric in CATALOG else []
    if choices.room:
        known = published is not None and published.holds(choices.room)
        parts.append(published.room(choices.room).label if published and known else choices.room)
    if choices.window and embed.kind == Kind.TREND:
        parts.append(said(WINDOWS, choices.window, spoken))
    state = "live"
    if embed.revoked is not None:
        state = "revoked"
    elif embed.expires <= moment:
        state = "expired"
    return {
        "handle": embed.handle,
        "card": f"{kind}: {', '.join(parts)}" if parts else kind,
        "language": NAMES.get(embed.locale, embed.locale),
        "hosts": list(embed.hosts),
        "state": state,
        "expires": embed.expires.date(),
        "used": embed.used,
        "by": embed.created_by,
    }


def _mended(error: Invalid, metric: str, room: str, hosts: list[str] | None, spoken: Language) -> str:
    """What is wrong, in the reader's language where it is what forms get wrong."""
    if not hosts:
        return spoken.label(words.NO_HOST)
    if room and metric in CATALOG and metric not in {one.key for one in metrics_of(Kind.TREND, room=True)}:
        possible = [spoken.label(one.label) for one in metrics_of(Kind.TREND, room=True)]
        return spoken.label(words.NOT_OF_ROOMS) % {"metrics": spoken.listing(possible)}
    return str(error)
