"""The latest publication of an organisation, read cell by cell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.models import (
    Milestone,
    Organisation,
    Publication,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
)


def organisations(db: Session) -> list[Organisation]:
    return list(db.scalars(select(Organisation).order_by(Organisation.name, Organisation.id)))


def latest(db: Session, organisation: Organisation) -> "Published | None":
    """The newest publication, or None where nothing was published yet."""
    newest = (
        select(Publication)
        .where(Publication.organisation_id == organisation.id)
        .order_by(Publication.created.desc(), Publication.id.desc())
        .limit(1)
    )
    publication = db.scalars(newest).first()
    return Published(db, organisation, publication) if publication else None


@dataclass
class Published:
    """One publication. Only what it holds can be asked for; nothing is computed from raw activity."""

    db: Session
    organisation: Organisation
    run: Publication
    _latest: dict[tuple[str, str], date | None] = field(default_factory=dict)

    @cached_property
    def available(self) -> frozenset[tuple[str, str, str]]:
        """The (metric, scope, window) of which there are cells."""
        found = select(PublishedValue.metric, PublishedValue.scope, PublishedValue.window).where(self._mine)
        return frozenset(
            (metric, scope, window) for metric, scope, window in self.db.execute(found.distinct())
        )

    @cached_property
    def shown(self) -> frozenset[tuple[str, str, str]]:
        """The same, where at least one cell shows a value."""
        found = select(PublishedValue.metric, PublishedValue.scope, PublishedValue.window).where(
            self._mine, PublishedValue.state == "published"
        )
        return frozenset(
            (metric, scope, window) for metric, scope, window in self.db.execute(found.distinct())
        )

    def latest_period(self, window: str = "days28", scope: str = "organisation") -> date | None:
        """The first day of the newest period of that window."""
        if (window, scope) not in self._latest:
            newest = select(func.max(PublishedValue.since)).where(
                self._mine, PublishedValue.window == window, PublishedValue.scope == scope
            )
            self._latest[window, scope] = self.db.scalar(newest)
        return self._latest[window, scope]

    def series(
        self, metric: str, window: str, *, scope: str = "organisation", scope_key: str = ""
    ) -> Sequence[PublishedValue]:
        """The cells of a metric over time, oldest first; parts of a partition in one period stay in stored order."""
        cells = (
            select(PublishedValue)
            .where(
                self._mine,
                PublishedValue.metric == metric,
                PublishedValue.scope == scope,
                PublishedValue.window == window,
                PublishedValue.scope_key == scope_key,
            )
            .order_by(PublishedValue.since, PublishedValue.id)
        )
        return self.db.scalars(cells).all()

    def across(
        self,
        scope: str,
        window: str,
        since: date,
        *,
        metrics: Sequence[str],
        keys: Sequence[str] | None = None,
    ) -> Sequence[PublishedValue]:
        """The cells of one period over all rooms or units (or those in `keys`)."""
        cells = select(PublishedValue).where(
            self._mine,
            PublishedValue.metric.in_(metrics),
            PublishedValue.scope == scope,
            PublishedValue.window == window,
            PublishedValue.since == since,
        )
        if keys is not None:
            cells = cells.where(PublishedValue.scope_key.in_(keys))
        return self.db.scalars(cells.order_by(PublishedValue.scope_key, PublishedValue.id)).all()

    def over_places(self, scope: str, metric: str, window: str) -> Sequence[PublishedValue]:
        """The cells of a metric of all rooms or units over time."""
        cells = select(PublishedValue).where(
            self._mine,
            PublishedValue.metric == metric,
            PublishedValue.scope == scope,
            PublishedValue.window == window,
        )
        return self.db.scalars(cells.order_by(PublishedValue.scope_key, PublishedValue.since)).all()

    def places(self, scope: str, metric: str, window: str) -> Sequence[str]:
        """The rooms or units that show a value of a metric at some time."""
        keys = select(PublishedValue.scope_key).where(
            self._mine,
            PublishedValue.metric == metric,
            PublishedValue.scope == scope,
            PublishedValue.window == window,
            PublishedValue.state == "published",
        )
        return self.db.scalars(keys.distinct().order_by(PublishedValue.scope_key)).all()

    def periods(self, window: str) -> Sequence[tuple[date, date]]:
        """The periods of a window the organisation has cells of, newest first."""
        found = select(PublishedValue.since, PublishedValue.until).where(
            self._mine, PublishedValue.window == window, PublishedValue.scope == "organisation"
        )
        newest_first = found.distinct().order_by(PublishedValue.since.desc())
        return [(since, until) for since, until in self.db.execute(newest_first)]

    def rooms(self) -> Sequence[PublishedRoom]:
        rooms = select(PublishedRoom).where(PublishedRoom.publication_id == self.run.id)
        return self.db.scalars(rooms.order_by(func.lower(PublishedRoom.label), PublishedRoom.key)).all()

    def holds(self, room: str) -> bool:
        return self._room(room) is not None

    def room(self, key: str) -> PublishedRoom:
        """Raises `NotFound` for a room that is not part of this publication."""
        room = self._room(key)
        if room is None:
            raise NotFound("no such room in the current publication")
        return room

    def _room(self, key: str) -> PublishedRoom | None:
        rooms = select(PublishedRoom).where(
            PublishedRoom.publication_id == self.run.id, PublishedRoom.key == key
        )
        return self.db.scalars(rooms).first()

    def coverage(self) -> Sequence[PublishedCoverage]:
        coverage = select(PublishedCoverage).where(PublishedCoverage.publication_id == self.run.id)
        return self.db.scalars(coverage.order_by(PublishedCoverage.source, PublishedCoverage.id)).all()

    def milestones(self) -> Sequence[Milestone]:
        milestones = select(Milestone).where(Milestone.organisation_id == self.organisation.id)
        return self.db.scalars(milestones.order_by(Milestone.day)).all()

    @property
    def _mine(self) -> ColumnElement[bool]:
        return PublishedValue.publication_id == self.run.id
