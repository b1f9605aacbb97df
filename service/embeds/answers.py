"""What is answered to whoever has a link: a page for a frame, JSON and an SVG image, each without cookie and without script.

A link that is not ours is answered alike whatever is wrong with it. One that has ended says so inside the page it stands in.
"""

import json
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from metrics.metric import Label
from service.cards import Choices, Kind
from service.embeds import words
from service.embeds.card import Card
from service.embeds.cards import Maker
from service.embeds.hosts import allowed, is_of
from service.embeds.image import image
from service.embeds.register import ended, note_use, opened
from service.embeds.secret import secret_file, signing_keys
from service.embeds.snippets import policy
from service.embeds.told import as_json, refused
from service.language import LOCALES, language
from service.models import Embed, Organisation
from service.security.separation import confine
from service.security.signin import Db
from service.web.charts import NARROW, WIDE
from service.web.rendering import TEMPLATES

LONGEST_TOKEN = 200
KEPT = "private, max-age=60"
"""So long a browser may show a card again without asking; a revoked link is gone everywhere after it."""

log = structlog.get_logger()
router = APIRouter(include_in_schema=False)
templates = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Refused(Exception):
    """Nothing is shown. `embed` is the one the link was made for, None for a link that is not ours."""

    def __init__(self, status: int, state: str, said: Label, embed: Embed | None = None) -> None:
        super().__init__(state)
        self.status, self.state, self.said, self.embed = status, state, said, embed


@router.get("/embed/{kind}.json")
def show_json(request: Request, db: Db, kind: str) -> Response:
    """The card for pages of its hosts, which draw it themselves."""
    try:
        embed, card = _card(request, db, kind)
    except Refused as no:
        body = refused(no.state, no.said, no.embed.locale if no.embed else _wanted(request))
        return _for_pages(
            request, no.embed, json.dumps(body, ensure_ascii=False), "application/json", no.status
        )
    body = as_json(card, language(embed.locale))
    return _for_pages(request, embed, json.dumps(body, ensure_ascii=False), "application/json")


@router.get("/embed/{kind}.svg")
def show_svg(request: Request, db: Db, kind: str) -> Response:
    """The card as one image."""
    try:
        embed, card = _card(request, db, kind)
    except Refused as no:
        body = refused(no.state, no.said, no.embed.locale if no.embed else _wanted(request))
        return _for_pages(
            request, no.embed, json.dumps(body, ensure_ascii=False), "application/json", no.status
        )
    size = WIDE if request.query_params.get("size") == WIDE else NARROW
    return _for_pages(request, embed, image(card, size), "image/svg+xml")


@router.get("/embed/{kind}")
def show_page(request: Request, db: Db, kind: str) -> Response:
    """The card as a page for a frame. Browsers show it inside pages of its hosts only."""
    try:
        embed, card = _card(request, db, kind)
    except Refused as no:
        return _page(request, no.embed, None, no.said, no.status)
    return _page(request, embed, card)


def _card(request: Request, db: Session, kind: str) -> tuple[Embed, Card]:
    """Raises `Refused`. From here on the request reads the embed's organisation only."""
    given = request.query_params.getlist("t")
    keys = signing_keys(secret_file(request.app.state.settings))
    fit = len(given) == 1 and len(given[0]) <= LONGEST_TOKEN
    embed = opened(db, given[0], kind, keys) if fit else None
    if embed is None:
        raise Refused(404, "refused", words.REFUSED)
    organisation = db.get_one(Organisation, embed.organisation_id)
    confine(organisation)
    moment = datetime.now(UTC)
    if ended(embed, moment):
        log.info("embed has ended", embed=embed.handle)
        raise Refused(410, "gone", words.GONE, embed)
    origin = request.headers.get("origin")
    if origin is not None and not is_of(origin, _hosts(request, embed)):
        log.info("embed asked for by another origin", embed=embed.handle)
        raise Refused(403, "elsewhere", words.ELSEWHERE, embed)
    note_use(embed, moment.date())
    made = Maker(db, organisation, language(embed.locale)).card(Kind(kind), Choices.of(embed.choices))
    return embed, made


def _hosts(request: Request, embed: Embed) -> list[str]:
    """Those of the embed that are still allowed: taking a host out of the setting ends what stands there."""
    still = allowed(request.app.state.settings.embed_hosts)
    return [one for one in embed.hosts if one in still]


def _page(
    request: Request, embed: Embed | None, card: Card | None, said: Label | None = None, status: int = 200
) -> HTMLResponse:
    code = embed.locale if embed else _wanted(request)
    page = templates.get_template("embed.html").render(
        card=card,
        code=code,
        said="" if said is None else language(code).label(said),
        open=language(code).label(words.OPEN),
        figures=language(code).label(words.TABLE),
    )
    hosts = _hosts(request, embed) if embed else []
    headers = {
        "Content-Security-Policy": policy(hosts),
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": KEPT if status == 200 else "no-store",
        "Content-Language": code,
    }
    return HTMLResponse(page, status, headers)


def _for_pages(
    request: Request, embed: Embed | None, body: str, media_type: str, status: int = 200
) -> Response:
    """An answer that pages of the embed's hosts may read, and no others (Fetch standard, CORS)."""
    headers = {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cache-Control": KEPT if status == 200 else "no-store",
        "Vary": "Origin",
    }
    if media_type == "image/svg+xml":  # as an image it is asked for without CORS
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    origin = request.headers.get("origin")
    if embed is not None and origin is not None and is_of(origin, _hosts(request, embed)):
        headers["Access-Control-Allow-Origin"] = origin
    return Response(body, status, headers, media_type=f"{media_type}; charset=utf-8")


def _wanted(request: Request) -> str:
    """The language for who has no valid link: by the browser's, since no cookie is read here."""
    given = request.headers.get("accept-language", "")[:2].lower()
    return given if given in LOCALES else next(iter(LOCALES))
