"""The roadmap to take along: as spreadsheet, for Jira, Planner, calendars and Microsoft Project."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from service.advice.advised import Advice
from service.advice.catalogue import Role
from service.errors import Invalid, NotFound
from service.language import N_, Language, choose
from service.models import MeasureDecision, Organisation
from service.roadmap import exports
from service.roadmap.exports import Entry
from service.roadmap.first_weeks import Line, first_weeks
from service.roadmap.plan import Roadmap
from service.security.signin import Db, now
from service.web.advice import Words
from service.web.planning import advised, planned

router = APIRouter(include_in_schema=False)

COLUMNS = {
    "key": N_("Key"),
    "title": N_("Measure"),
    "description": N_("Description"),
    "owner": N_("Owner"),
    "begins": N_("Begins"),
    "ends": N_("Ends"),
    "days": N_("Person days"),
    "after": N_("Waits for"),
    "critical": N_("On the critical path"),
    "why": N_("Why then"),
    "yes": N_("yes"),
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Taken:
    """What is taken along: the measures, and the tasks of the first weeks."""

    organisation: Organisation
    measures: Sequence[Entry]
    weeks: Sequence[Entry]
    language: Language
    made: datetime

    @property
    def name(self) -> str:
        return f"{self.language.text('Roadmap')} {self.organisation.name}"


@router.get("/roadmap/files/{form}")
def take_roadmap(request: Request, db: Db, form: str) -> Response:
    """The roadmap in one of `FORMS`. Raises `NotFound` for another, `Invalid` if what is agreed can not be scheduled."""
    if form not in FORMS:
        raise NotFound(f"no form {form!r}; there are: {', '.join(FORMS)}")
    advice, _ = advised(request, db)
    body = written(db, advice, form, choose(request), now())
    name = f"resonanz-{advice.organisation.key}-{form}"
    return Response(
        body, media_type=FORMS[form][0], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def written(db: Session, advice: Advice, form: str, language: Language, moment: datetime) -> bytes:
    """The roadmap in that form. Raises `Invalid` if what is agreed can not be scheduled."""
    found = planned(db, advice, moment.date())
    words = Words(advice.catalogue, advice.model, language)
    weeks = first_weeks(found, advice.catalogue, preparing=advice.result is None)
    measures = entries(found, words, advice.decisions)
    return FORMS[form][1](Taken(advice.organisation, measures, first_entries(weeks, words), language, moment))


def form_for(name: str) -> str:
    """The form a file of that name is written in. Raises `Invalid`."""
    for ending, form in ENDINGS.items():
        if name.endswith(ending):
            return form
    raise Invalid(f"{name!r}: let the file end in {', '.join(ENDINGS)}")


def entries(found: Roadmap, words: Words, decided: Mapping[str, MeasureDecision]) -> list[Entry]:
    """A line for each scheduled measure."""
    language = words.language
    return [
        Entry(
            key=one.task.key,
            title=words.title(one.task.key),
            description=language.label(words.catalogue.measure(one.task.key).description),
            owner=decided[one.task.key].owner,
            begins=one.begins,
            ends=one.ends,
            days=round(sum(effort.likely for effort in one.task.effort.values()), 1),
            after=tuple(one.task.after),
            critical=one.critical,
            why=words.reason(one.reason),
        )
        for one in found.schedule.placed
    ]


def first_entries(lines: Sequence[Line], words: Words) -> list[Entry]:
    """A line for each task of the first weeks."""
    language = words.language
    return [
        Entry(
            key=f"week-{line.week}-{number}",
            title=language.label(line.name),
            description=language.label(line.result),
            owner=words.role(Role(line.role)),
            begins=line.begins,
            ends=line.ends,
            days=line.days,
            why=language.text("Week %(number)s", number=line.week),
        )
        for number, line in enumerate(lines, start=1)
    ]


def _xlsx(taken: Taken) -> bytes:
    language = taken.language
    sheets = {language.text("Roadmap"): taken.measures, language.text("First weeks"): taken.weeks}
    columns = {key: language.text(words) for key, words in COLUMNS.items()}
    return exports.to_xlsx(sheets, columns, taken.made)


def _jira(taken: Taken) -> bytes:
    return exports.to_jira(taken.measures, "RESONANZ").encode("utf-8-sig")


def _planner(taken: Taken) -> bytes:
    return exports.to_planner(taken.measures, taken.language.text("Roadmap")).encode("utf-8-sig")


def _calendar(taken: Taken) -> bytes:
    return exports.to_calendar(taken.measures, taken.name, taken.organisation.key, taken.made)


def _project(taken: Taken) -> bytes:
    return exports.to_project(taken.measures, taken.name, taken.made)


FORMS: dict[str, tuple[str, Callable[[Taken], bytes]]] = {
    "roadmap.xlsx": (XLSX, _xlsx),
    "jira.csv": ("text/csv; charset=utf-8", _jira),
    "planner.csv": ("text/csv; charset=utf-8", _planner),
    "roadmap.ics": ("text/calendar; charset=utf-8", _calendar),
    "project.xml": ("application/xml", _project),
}
ENDINGS = {
    ".jira.csv": "jira.csv",
    ".planner.csv": "planner.csv",
    ".xlsx": "roadmap.xlsx",
    ".ics": "roadmap.ics",
    ".xml": "project.xml",
}
