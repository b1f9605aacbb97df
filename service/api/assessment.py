"""The maturity assessment under /api/v1: the whole chain of evidence, as it was made."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from service.api import schemas as s
from service.api.published import keep, the_organisation
from service.api.routes import NOT_MODIFIED, PROBLEMS
from service.errors import NotFound
from service.maturity.assess import newest
from service.maturity.result import Result
from service.security.signin import Db

router = APIRouter(prefix="/api/v1", tags=["assessment"], responses={**PROBLEMS, **NOT_MODIFIED})


class AssessmentAnswer(BaseModel):
    """The newest assessment; `digest` is that of its content."""

    digest: str
    synthetic: bool
    assessment: Result


@router.get("/assessment")
def get_assessment(
    request: Request, response: Response, asked: Annotated[s.Query, Query()], db: Db
) -> AssessmentAnswer:
    """Levels per dimension and kind of evidence, with everything they rest on. 404 before the first assessment."""
    organisation = the_organisation(db, asked.organisation)
    made = newest(db, organisation)
    if made is None:
        raise NotFound("no assessment was made yet")
    keep(request, response, f'"{made.digest[:32]}"')
    return AssessmentAnswer(
        digest=made.digest,
        synthetic=organisation.synthetic,
        assessment=Result.model_validate(made.content),
    )
