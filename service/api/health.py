"""Is the process alive, and can it answer? Neither touches a connected system."""

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError

from service.database import require_current
from service.errors import NotReady, SchemaOutdated

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def get_health() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz")
def get_readiness(request: Request) -> dict[str, str]:
    """Raises `SchemaOutdated` or `NotReady`: the database answers, has this program's schema, and the key can be read."""
    try:
        require_current(request.app.state.engine)
    except SchemaOutdated:
        raise
    except (SQLAlchemyError, OSError):
        raise NotReady("the database can not be reached") from None
    key = request.app.state.settings.key_path
    try:
        key.open("rb").close()
    except FileNotFoundError:
        pass  # the first sync makes it
    except OSError:
        raise NotReady("the pseudonym key can not be read") from None
    return {"status": "ready"}
