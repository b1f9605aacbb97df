"""The page people answer on: public, without sign-in, cookies or JavaScript. The link's token is all it knows of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from service.errors import Invalid
from service.language import LOCALES, Language, choose, language
from service.security.signin import Db
from service.surveys.answering import Invited, answer, invited
from service.surveys.questionnaire import DONT_KNOW, NOT_APPLICABLE, POINTS, Answer
from service.web.rendering import NAMES, environment

FIELD = "q."
LARGEST = 64 * 1024
"""Bytes of a form: far more than all answers need."""
FORM = "application/x-www-form-urlencoded"

router = APIRouter(include_in_schema=False)


async def sent(request: Request) -> FormData:
    """The fields of the form. Raises `Invalid` for what no page of ours sends."""
    length = request.headers.get("content-length", "")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not length.isdecimal() or int(length) > LARGEST or kind != FORM:
        raise Invalid("this is not the form of the survey: open your link again")
    return await request.form(max_files=0, max_fields=500)


@router.get("/answer/thanks", response_class=HTMLResponse)
def show_thanks(request: Request) -> HTMLResponse:
    return _page(choose(request), "survey_thanks.html")


@router.get("/answer/{token}", response_class=HTMLResponse)
def show_questions(request: Request, db: Db, token: str) -> HTMLResponse:
    """The questions. Looking uses nothing up: programs that check links in mails do that too."""
    spoken = choose(request)
    link = invited(db, token)
    if link is None or not link.open:
        return _gone(spoken, closed=link is not None)
    return _questions(spoken, link, token, {})


@router.post("/answer", response_class=HTMLResponse)
def take_answer(request: Request, db: Db, form: Annotated[FormData, Depends(sent)]) -> Response:
    """Keeps the answers and thanks; or, where another language is wanted, shows the questions again with what was chosen."""
    spoken = _wanted(request, form)
    token = _text(form, "token")
    link = invited(db, token)
    if link is None or not link.open:
        return _gone(spoken, closed=link is not None)
    given = {
        name.removeprefix(FIELD): _answer(value)
        for name, value in form.items()
        if name.startswith(FIELD) and isinstance(value, str)
    }
    if "language" in form:
        return _questions(spoken, link, token, given)
    if not given:
        return _questions(spoken, link, token, given, empty=True)
    if not answer(db, token, given):
        return _gone(spoken, closed=False)
    return RedirectResponse(f"/answer/thanks?lang={spoken.code}", 303)


def _wanted(request: Request, form: FormData) -> Language:
    for code in (_text(form, "language"), _text(form, "shown")):
        if code in LOCALES:
            return language(code)
    return choose(request)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _answer(value: str) -> Answer:
    return int(value) if value in {str(point) for point in POINTS} else value


def _questions(
    spoken: Language, link: Invited, token: str, given: dict[str, Answer], *, empty: bool = False
) -> HTMLResponse:
    asked = link.asked
    page = _page(
        spoken,
        "survey_answer.html",
        title=link.survey.title_de if spoken.code == "de" else link.survey.title_en,
        link=link,
        token=token,
        wording=asked.wording,
        sections=asked.asked(link.group.respondents),
        given=given,
        beside=[(DONT_KNOW, asked.wording.dont_know), (NOT_APPLICABLE, asked.wording.not_applicable)],
        empty=empty,
        field=FIELD,
    )
    page.status_code = 422 if empty else 200
    return page


def _gone(spoken: Language, *, closed: bool) -> HTMLResponse:
    page = _page(spoken, "survey_gone.html", closed=closed)
    page.status_code = 410 if closed else 404
    return page


def _page(spoken: Language, template: str, **values: Any) -> HTMLResponse:
    """Like any page, but it sets no cookie, not even for the language, and knows of no account."""
    made = environment(spoken.code).get_template(template)
    return HTMLResponse(
        made.render(languages=NAMES, **values),
        headers={"Content-Language": spoken.code, "X-Robots-Tag": "noindex"},
    )
