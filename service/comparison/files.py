"""The benchmark files an organisation was given: taken over once they are checked, listed, removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.comparison import signed
from service.comparison.benchmark import Benchmark, gathered
from service.comparison.consent import require_giving
from service.errors import Conflict, Invalid, NotFound
from service.models import BenchmarkFile, Organisation, OrganisationProfile


def own(session: Session, organisation: Organisation, today: date) -> Benchmark:
    """What the organisation gives.

    Raises `Invalid` with everything that is lacking for it, `Stopped` or `ExceedsAgreement` where it may not give anything.
    """
    require_giving(session, organisation)
    found, lacking = gathered(session, organisation, today)
    if found is None:
        raise Invalid(f"there is no benchmark of {organisation.key} yet: {'; '.join(lacking)}")
    return found


@dataclass(frozen=True)
class Taken:
    """A file that was taken over. `replaced` is the day of the one that went."""

    benchmark: Benchmark
    replaced: date | None


def take(
    session: Session,
    organisation: Organisation,
    content: bytes,
    public_key: str,
    *,
    now: datetime | None = None,
) -> Taken:
    """Check a file and put it among the peers of the organisation; a newer one of the same peer takes the place of the older.

    Raises `Invalid` for a file that is wrong in any way (`service.comparison.signed.read`) or is the organisation's own, `Conflict` for
    one that is not newer than what is there, or comes from another sender than before.
    """
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    benchmark = signed.read(content, public_key, moment.date())
    profile = session.get(OrganisationProfile, organisation.id)
    if profile is not None and profile.benchmark == benchmark.organisation:
        raise Invalid("this is the organisation's own file: nobody is a peer of oneself")
    before = _of_peer(session, organisation, benchmark.organisation)
    replaced = None
    if before is not None:
        replaced = Benchmark.model_validate(before.content).created
        if before.public_key != public_key:
            raise Conflict(
                "a file of this organisation is there, signed with another key: if its sender confirms the new key, first "
                f"`resonanz benchmark remove {before.peer}`"
            )
        if replaced >= benchmark.created:
            raise Conflict(f"a file of this organisation of {replaced} is there, and this one is not newer")
        session.delete(before)
        session.flush()
    session.add(
        BenchmarkFile(
            organisation_id=organisation.id,
            peer=benchmark.organisation,
            public_key=public_key,
            imported=moment,
            content=benchmark.model_dump(mode="json"),
        )
    )
    session.flush()
    return Taken(benchmark, replaced)


def taken(session: Session, organisation: Organisation) -> Sequence[BenchmarkFile]:
    """The files there are, by peer."""
    mine = select(BenchmarkFile).where(BenchmarkFile.organisation_id == organisation.id)
    return session.scalars(mine.order_by(BenchmarkFile.peer)).all()


def remove(session: Session, organisation: Organisation, peer: str) -> None:
    """Raises `NotFound` for a peer there is no file of."""
    found = _of_peer(session, organisation, peer)
    if found is None:
        raise NotFound(f"no file of a peer {peer!r}: `resonanz benchmark list` shows those there are")
    session.delete(found)
    session.flush()


def _of_peer(session: Session, organisation: Organisation, peer: str) -> BenchmarkFile | None:
    return session.scalars(
        select(BenchmarkFile).where(
            BenchmarkFile.organisation_id == organisation.id, BenchmarkFile.peer == peer
        )
    ).one_or_none()
