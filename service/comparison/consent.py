"""Whether an organisation may give values to others: it is not stopped, and its agreement lists benchmarks among the ways out."""

from sqlalchemy.orm import Session

from service.models import Organisation
from service.privacy.enforcement import require, require_running

OUTPUT = "benchmark"
"""The way out, as agreements list it (`service.privacy.words`)."""


def require_giving(session: Session, organisation: Organisation) -> None:
    """Raises `Stopped`, and `ExceedsAgreement` where the agreement in force does not list benchmarks."""
    require_running(session, organisation.id)
    require(session, organisation.id, "giving values to be compared with", {"outputs": [OUTPUT]})
