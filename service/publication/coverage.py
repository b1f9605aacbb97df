"""How much of what exists was read, per source and kind."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.activity import Kind
from service.identity import matching
from service.models import Coverage, KnownContent, Room, Source, Sync

READ = tuple(
    kind.value
    for kind in (Kind.CREATE, Kind.EDIT, Kind.COMMENT, Kind.REPLY, Kind.REACT, Kind.VIEW, Kind.JOIN)
)
"""The kinds coverage is told for; the others are read together with these or not offered by every platform."""
IDENTITY = "identity"
"""Not a kind of activity: `share` of the active human accounts that can be recognised on other platforms."""
VIEWS_LINKED = "views_linked"
"""Not a kind of activity: of the views a source tells about another, `share` of those of contents that one knows."""
ALL_SOURCES = "*"
GOOD_STATES = ("done", "partial")


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """`share` of the rooms or contents of a source whose activities of a kind were read; None where that can not be told."""

    source: str
    kind: str
    share: float | None
    rooms_missing: int
    reasons: dict[str, int] = field(default_factory=dict)
    data_until: datetime | None = None


def coverage_of(session: Session, organisation_id: int) -> list[SourceCoverage]:
    """The coverage of every source of an organisation, in steady order; then how far people are recognised across them."""
    found: list[SourceCoverage] = []
    for source in session.scalars(
        select(Source).where(Source.organisation_id == organisation_id).order_by(Source.key)
    ):
        found += _of_source(session, source)
        if source.about_id is not None and source.views is not None:
            # Rounded down, so that 1 means all.
            share = 100 * (source.views_linked or 0) // source.views / 100 if source.views else None
            found.append(SourceCoverage(source.key, VIEWS_LINKED, share, 0, {}, found[-1].data_until))
    recognised = matching(session, organisation_id)
    if recognised is not None:
        until = min((line.data_until for line in found if line.data_until is not None), default=None)
        found.append(SourceCoverage(ALL_SOURCES, IDENTITY, recognised.share, 0, {}, until))
    return found


def _of_source(session: Session, source: Source) -> list[SourceCoverage]:
    rooms = session.scalar(
        select(func.count()).select_from(Room).where(Room.source_id == source.id, Room.gone.is_(None))
    )
    contents = session.scalar(
        select(func.count())
        .select_from(KnownContent)
        .where(KnownContent.source_id == source.id, KnownContent.deleted.is_(False))
    )
    looked_at = session.scalar(
        select(func.count())
        .select_from(KnownContent)
        .where(
            KnownContent.source_id == source.id,
            KnownContent.deleted.is_(False),
            KnownContent.observed.is_not(None),
        )
    )
    until = session.scalar(
        select(func.max(Sync.started)).where(Sync.source_id == source.id, Sync.state.in_(GOOD_STATES))
    )
    gaps: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for gap in session.scalars(select(Coverage).where(Coverage.source_id == source.id).order_by(Coverage.id)):
        for kind in gap.kinds.split(",") if gap.kinds else READ:
            gaps[kind.strip()].append((gap.room, gap.object, gap.reason))
    total_rooms = max(rooms or 0, source.expected_rooms or 0)
    return [
        _of_kind(
            source.key,
            kind,
            gaps.get(kind, []),
            expected_rooms=total_rooms,
            rooms=rooms or 0,
            contents=contents or 0,
            looked_at=looked_at or 0,
            until=until,
        )
        for kind in READ
    ]


def _of_kind(
    source: str,
    kind: str,
    gaps: list[tuple[str, str, str]],
    *,
    expected_rooms: int,
    rooms: int,
    contents: int,
    looked_at: int,
    until: datetime | None,
) -> SourceCoverage:
    """Missing rooms lower the share by rooms, missing contents by contents, a gap of the whole source to 0 or unknown.

    Where only the budget of looks leaves a gap (`not_due`), it is the share of contents that were ever looked at.
    """
    reasons = Counter(reason for _, _, reason in gaps)
    closed = {room for room, content, _ in gaps if room and not content}
    unread = {(room, content) for room, content, _ in gaps if content and room not in closed}
    missing = len(closed) + max(0, expected_rooms - rooms)
    whole = [reason for room, content, reason in gaps if not room and not content]
    share: float | None = None
    if until is None or any(reason.startswith("stream_") for reason in whole):
        share = None
    elif set(whole) == {"not_due"}:
        share = min(0.999, round(looked_at / contents, 3)) if contents else 0.0
    elif whole:
        share = 0.0
    elif expected_rooms:
        by_rooms = 1 - min(1.0, missing / expected_rooms)
        by_contents = 1 - min(1.0, len(unread) / contents) if contents else 1.0
        share = round(by_rooms * by_contents, 3)
        if share == 1.0 and (missing or unread):
            share = 0.999
    return SourceCoverage(source, kind, share, missing, dict(sorted(reasons.items())), until)
