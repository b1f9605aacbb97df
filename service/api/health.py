"""Is the process alive, and can it answer? Neither touches a connected system."""

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError

from service.database import require_current
from service.errors import NotReady, SchemaOutdated
from service.places import places

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def get_health() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz")
def get_readiness(request: Request) -> dict[str, str]:
    """Raises `SchemaOutdated` or `NotReady`: the database answers, has this program's schema, and the installation's secret can be read.

    Where the process does jobs as well, that must be going on; what other processes do is not asked.
    """
    try:
        require_current(request.app.state.engine)
    except SchemaOutdated:
        raise
    except (SQLAlchemyError, OSError):
        raise NotReady("the database can not be reached") from None
    key = places(request.app.state.settings).installation_key
    try:
        key.open("rb").close()
    except FileNotFoundError:
        pass  # it is made at the next start
    except OSError:
        raise NotReady("the secret of the installation can not be read") from None
    worker = request.app.state.worker
    if worker is not None and not worker.alive:
        raise NotReady("this process does no jobs any more, though it should")
    return {"status": "ready"}
