"""Which organisations may be compared, by rules that are told with the result.

Two are comparable in their values if both tell of a half-year, and in their levels if the versions of the model say so; both must be
fresh, and of what is synthetic nothing is compared with what is real. Among the comparable the closest group of at least five is taken:
of the same industry, size and country, else a wider one. The group is chosen for each value, since not everybody tells all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.comparison.benchmark import THOUSAND, Benchmark
from service.comparison.profile import Profile
from service.comparison.signed import FRESH
from service.errors import NotFound
from service.maturity.model import releases

FEWEST = 5
"""Peers from which on quartiles are shown."""
COVERAGE = 0.8
"""Share of activity that must have been read for values to be comparable (our choice)."""


class Step(StrEnum):
    """How close the peers are, from the closest group to the widest."""

    INDUSTRY_SIZE_COUNTRY = "industry_size_country"
    INDUSTRY_SIZE = "industry_size"
    INDUSTRY = "industry"
    SIZE = "size"
    ALL = "all"


ALIKE: Mapping[Step, tuple[str, ...]] = {
    Step.INDUSTRY_SIZE_COUNTRY: ("industry", "size", "country"),
    Step.INDUSTRY_SIZE: ("industry", "size"),
    Step.INDUSTRY: ("industry",),
    Step.SIZE: ("size",),
    Step.ALL: (),
}
"""What the peers of a step share with the organisation."""


class Unfit(StrEnum):
    """Why a peer can not be compared with."""

    SYNTHETIC = "synthetic"
    NOTHING_TOLD = "nothing_told"  # no half-year, or no assessment
    STALE = "stale"
    COVERAGE_UNKNOWN = "coverage_unknown"
    COVERAGE_LOW = "coverage_low"
    OTHER_MODEL = "other_model"


@dataclass(frozen=True)
class Peer:
    """A peer and why its values or its levels can not be compared with; None where they can. `secret` hides its fingerprints."""

    benchmark: Benchmark
    secret: str
    values: Unfit | None
    levels: Unfit | None


def judged(benchmark: Benchmark, secret: str, *, synthetic: bool, model: str, today: date) -> Peer:
    """Whether an organisation that is `synthetic` or not, assessed with that version of the model, may be compared with it."""
    if benchmark.synthetic != synthetic:
        return Peer(benchmark, secret, Unfit.SYNTHETIC, Unfit.SYNTHETIC)
    return Peer(benchmark, secret, _values(benchmark, today), _levels(benchmark, model, today))


def _values(benchmark: Benchmark, today: date) -> Unfit | None:
    if benchmark.period is None:
        return Unfit.NOTHING_TOLD
    if benchmark.period.until < today - FRESH:
        return Unfit.STALE
    if benchmark.coverage is None:
        return Unfit.COVERAGE_UNKNOWN
    return Unfit.COVERAGE_LOW if benchmark.coverage < THOUSAND * COVERAGE else None


def _levels(benchmark: Benchmark, model: str, today: date) -> Unfit | None:
    if benchmark.assessed is None:
        return Unfit.NOTHING_TOLD
    if benchmark.assessed < today - FRESH:
        return Unfit.STALE
    return None if same_scale(benchmark.model, model) else Unfit.OTHER_MODEL


def same_scale(one: str, other: str) -> bool:
    """Whether levels by two versions of the model may be compared, as the change log has it; a version it lacks never."""
    if one == other:
        return True
    try:
        known = releases()
        places = sorted(_place(version, [release.version for release in known]) for version in (one, other))
    except NotFound:
        return False
    return all(release.comparable for release in known[places[0] + 1 : places[1] + 1])


def _place(version: str, known: Sequence[str]) -> int:
    if version not in known:
        raise NotFound(f"no maturity model {version}")
    return known.index(version)


def groups(peers: Sequence[Peer], own: Profile) -> Iterator[tuple[Step, list[Peer]]]:
    """Each step that has enough peers, the closest first. What is not known of the organisation itself is never shared."""
    for step, names in ALIKE.items():
        if any(getattr(own, name) is None for name in names):
            continue
        found = [
            peer
            for peer in peers
            if all(getattr(peer.benchmark.profile, name) == getattr(own, name) for name in names)
        ]
        if len(found) >= FEWEST:
            yield step, found
