"""Quartiles of one value among peers: which peers, whether they may be drawn anew, and where the organisation stands."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from metrics.catalog import CATALOG
from metrics.metric import Measure
from service.comparison.benchmark import LENGTH, THOUSAND
from service.comparison.comparable import Peer, Step, groups
from service.comparison.profile import Profile
from service.comparison.quartiles import Position, Quartiles, Told, alike, position, quartiles
from service.comparison.signed import FRESH
from service.maturity.result import Kind

FEWEST_CHANGED = 3
"""By how many peers two drawings of the same quartiles differ at least, if at all."""
AGAIN = timedelta(days=LENGTH)
"""How long a position stays as it is while the peers do: assessing again and again would else feel out where they stand."""


class Withheld(StrEnum):
    """Why there are no quartiles."""

    FEW_PEERS = "few_peers"
    FEW_CHANGED = "few_changed"
    UNIFORM = "uniform"


@dataclass(frozen=True)
class Subject:
    """What is compared: a metric with its category over half-years, or a kind of evidence of a dimension."""

    metric: str = ""
    category: str = ""
    dimension: str = ""
    kind: Kind | None = None

    @property
    def key(self) -> str:
        return f"{self.metric}:{self.category}" if self.kind is None else f"{self.dimension}/{self.kind}"

    @property
    def unit(self) -> Measure | None:
        """None for levels."""
        return CATALOG[self.metric].unit if self.kind is None else None


@dataclass(frozen=True)
class Placed:
    """One value beside the quartiles of `peers` peers that are alike in what `step` says, as drawn on a day.

    `own` is the organisation's own value at that time, of what ended on `own_until`; None where it may not or can not be shown.
    """

    subject: Subject
    drawn: date | None = None
    step: Step | None = None
    peers: int = 0
    quartiles: Quartiles | None = None
    own: Told | None = None
    own_until: date | None = None
    position: Position | None = None
    withheld: Withheld | None = None


Marks = Mapping[str, str]
"""What was behind a drawing: a fingerprint of what each peer told, by the random id of the peer."""


@dataclass(frozen=True)
class Drawing:
    """Draws each value on the day `today`. `earlier` are all drawings there were of it, oldest first, by key."""

    peers: Sequence[Peer]
    profile: Profile
    earlier: Mapping[str, Sequence[tuple[Placed, Marks]]]
    today: date

    def placed(self, subject: Subject, own: Told | None, own_until: date | None) -> tuple[Placed, Marks]:
        """The value among the closest peers that may be told of, and what is behind it."""
        told = {
            one.benchmark.organisation: found
            for one in self.peers
            if (found := _of(one, subject)) is not None
        }
        drawn = [(placed, marks) for placed, marks in self.earlier.get(subject.key, ()) if marks]
        enough = False
        for step, members in groups(
            [one for one in self.peers if one.benchmark.organisation in told], self.profile
        ):
            enough = True
            marks = {
                one.benchmark.organisation: _mark(one, subject, told[one.benchmark.organisation])
                for one in members
            }
            if any(0 < differing(marks, other) < FEWEST_CHANGED for _, other in drawn):
                continue
            same = [placed for placed, other in drawn if other == marks]
            recent = same and same[-1].drawn and self.today - same[-1].drawn < AGAIN
            if recent and (same[-1].own is not None or own is None):
                return replace(same[-1], step=step), marks
            made = Placed(subject, self.today, step, len(members), own=own, own_until=own_until)
            values = [told[identity] for identity in marks]
            if alike([one.value for one in values], subject.unit):
                return replace(made, withheld=Withheld.UNIFORM), marks
            return replace(
                made,
                quartiles=quartiles([one.value for one in values], subject.unit),
                position=None if own is None else position(own, values),
            ), marks
        return self._as_before(subject) or (
            Placed(
                subject,
                own=own,
                own_until=own_until,
                withheld=Withheld.FEW_CHANGED if enough else Withheld.FEW_PEERS,
            ),
            {},
        )

    def _as_before(self, subject: Subject) -> tuple[Placed, Marks] | None:
        """The newest drawing, as long as it is fresh and nobody behind it took its consent back or was removed."""
        earlier = self.earlier.get(subject.key, ())
        if not earlier or not earlier[-1][1]:
            return None
        placed, marks = earlier[-1]
        known = {one.benchmark.organisation for one in self.peers}
        fresh = placed.drawn is not None and self.today - placed.drawn <= FRESH
        return (placed, marks) if fresh and marks.keys() <= known else None


def differing(one: Marks, other: Marks) -> int:
    """How many peers came, left or told another value between two drawings."""
    return sum(one.get(peer) != other.get(peer) for peer in one.keys() | other.keys())


def _mark(peer: Peer, subject: Subject, told: Told) -> str:
    text = f"{subject.key} {told.value}".encode()
    return hmac.new(peer.secret.encode(), text, hashlib.sha256).hexdigest()[:16]


def as_told(value: int, low: int | None, high: int | None) -> Told:
    """From thousandths."""
    ends = (None if end is None else end / THOUSAND for end in (low, high))
    return Told(value / THOUSAND, *ends)


def _of(peer: Peer, subject: Subject) -> Told | None:
    """What a peer tells of it, if it may be compared with."""
    if subject.kind is None:
        values = () if peer.values else peer.benchmark.values
        wanted = (subject.metric, subject.category)
        return next(
            (as_told(one.value, one.low, one.high) for one in values if (one.metric, one.category) == wanted),
            None,
        )
    levels = () if peer.levels else peer.benchmark.levels
    strand = (subject.dimension, subject.kind)
    return next(
        (as_told(one.level, one.low, one.high) for one in levels if (one.dimension, one.kind) == strand), None
    )
