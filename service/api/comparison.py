"""The comparison under /api/v1: own history, quartiles of peers, and published values; never a single peer."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from service.api import schemas as s
from service.api.published import keep, the_organisation
from service.api.routes import NOT_MODIFIED, PROBLEMS
from service.comparison import Comparison, comparison_of
from service.security.signin import Db

CONTENT = TypeAdapter(Comparison)

router = APIRouter(prefix="/api/v1", tags=["comparison"], responses={**PROBLEMS, **NOT_MODIFIED})


@router.get("/comparison")
def get_comparison(
    request: Request, response: Response, asked: Annotated[s.Query, Query()], db: Db
) -> Comparison:
    """Where the organisation stands beside its past, at least five comparable organisations, and published values.

    `peers` is null before they were drawn for the first time; a value without quartiles says why in `withheld`.
    """
    found = comparison_of(db, the_organisation(db, asked.organisation))
    keep(request, response, f'"{sha256(CONTENT.dump_json(found)).hexdigest()[:32]}"')
    return found
