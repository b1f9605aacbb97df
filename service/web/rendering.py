"""Turns a template into a page in the reader's language."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.web.language import COOKIE, LOCALES, choose, language

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
NAMES = {"de": "Deutsch", "en": "English"}
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


def render(request: Request, template: str, **values: Any) -> HTMLResponse:
    """The page; a language asked for by `?lang=` is remembered in a cookie."""
    spoken = choose(request)
    languages = [
        (code, NAMES[code], str(request.url.include_query_params(lang=code).replace(scheme="", netloc="")))
        for code in LOCALES
    ]
    page = environment(spoken.code).get_template(template)
    signed_in = getattr(request.state, "signed_in", None)
    answer = HTMLResponse(
        page.render(
            request=request,
            languages=languages,
            account=getattr(request.state, "account", None),
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
