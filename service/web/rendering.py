"""Turns a template into a page in the reader's language."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Engine, and_, func, select
from sqlalchemy.orm import Session

from service.language import COOKIE, LOCALES, N_, choose, language
from service.models import AgreementVersion, Organisation

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
NAMES = {code: str(locale.get_language_name(code)).capitalize() for code, locale in LOCALES.items()}
AREAS = {
    "/overview": N_("Overview"),
    "/": N_("Use"),
    "/assessment": N_("Maturity"),
    "/comparison": N_("Comparison"),
    "/measures": N_("Measures"),
    "/roadmap": N_("Roadmap"),
    "/surveys": N_("Surveys"),
}
USE = {
    "/": N_("Key figures"),
    "/adoption": N_("Over time"),
    "/periods": N_("Two periods"),
    "/rooms": N_("Rooms"),
    "/dialogue": N_("Dialogue or archive"),
    "/network": N_("Between units"),
    "/leadership": N_("Leadership and freshness"),
    "/data": N_("Data"),
    "/glossary": N_("Glossary"),
}
"""The pages of the area Use."""
WITHIN = {
    **dict.fromkeys(USE, "/"),
    "/evidence": "/assessment",
    "/findings": "/assessment",
    "/fields": "/measures",
    "/report": "/overview",
}
"""Pages that belong to an area with another address."""
YEAR = 365 * 24 * 3600


@cache
def environment(code: str) -> Environment:
    """The templates in one language. `_` and `ngettext` translate; values are escaped."""
    spoken = language(code)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(spoken.translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals["language"] = spoken
    made.filters.update(
        date=spoken.day, number=spoken.number, label=spoken.label, query=lambda query: f"?{query}"
    )
    return made


class Standing(NamedTuple):
    """The agreement in force of an organisation, by number and day; both None where there is none."""

    key: str
    name: str
    number: int | None
    since: date | None


def standing(engine: Engine, organisation: Organisation | None) -> list[Standing]:
    """For the foot of each page: of the organisation it is about, else of each that may be seen."""
    v = AgreementVersion
    newest = (
        select(v.organisation_id, func.max(v.number).label("number"))
        .where(v.activated.is_not(None))
        .group_by(v.organisation_id)
        .subquery()
    )
    query = (
        select(Organisation.key, Organisation.name, v.number, v.activated)
        .outerjoin(newest, newest.c.organisation_id == Organisation.id)
        .outerjoin(v, and_(v.organisation_id == Organisation.id, v.number == newest.c.number))
        .order_by(Organisation.name, Organisation.id)
    )
    if organisation is not None:
        query = query.where(Organisation.id == organisation.id)
    with Session(engine) as session:
        return [
            Standing(key, name, number, since.date() if since else None)
            for key, name, number, since in session.execute(query)
        ]


def area_of(path: str) -> str:
    """The area a page belongs to; '' for none."""
    first = "/" + path.split("/")[1]
    return WITHIN.get(first, first if first in AREAS else "")


def render(request: Request, template: str, **values: Any) -> HTMLResponse:
    """The page; a language asked for by `?lang=` is remembered in a cookie."""
    spoken = choose(request)
    languages = [
        (code, NAMES[code], str(request.url.include_query_params(lang=code).replace(scheme="", netloc="")))
        for code in LOCALES
    ]
    organisation = values.get("organisation")
    several = organisation is not None and len(values.get("organisations") or ()) > 1
    page = environment(spoken.code).get_template(template)
    signed_in = getattr(request.state, "signed_in", None)
    answer = HTMLResponse(
        page.render(
            request=request,
            languages=languages,
            areas=AREAS,
            area=area_of(request.url.path),
            subpages=USE if area_of(request.url.path) == "/" else {},
            organisation_query="?" + urlencode({"organisation": organisation.key})
            if organisation and several
            else "",
            account=getattr(request.state, "account", None),
            agreements=standing(request.app.state.engine, organisation),
            permissions=signed_in.permissions if signed_in else (),
            **values,
        ),
        headers={"Content-Language": spoken.code, "Vary": "Cookie, Accept-Language"},
    )
    if request.query_params.get("lang") in LOCALES:
        answer.set_cookie(
            COOKIE,
            spoken.code,
            max_age=YEAR,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return answer
