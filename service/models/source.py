"""Connected systems and what is known of them: rooms, people (as pseudonyms), memberships, contents, coverage, syncs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class Source(Base):
    """A connected system. `settings` hold no secret: credentials stay in the file named there.

    `about_id`: the source that reads the platform this one tells of (an audit log, a report), if there is one. Of its dated views,
    `views` were stored when it was last measured, and `views_linked` of them were of contents that source knows.

    `people_observed` is when its people were read for the first time; who appears later has joined.
    """

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    connector: Mapped[str] = mapped_column(String(64))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    expected_rooms: Mapped[int | None]
    created: Mapped[datetime]
    about_id: Mapped[int | None] = mapped_column(ForeignKey("source.id", ondelete="SET NULL"))
    views: Mapped[int | None] = mapped_column(BigInteger)
    views_linked: Mapped[int | None] = mapped_column(BigInteger)
    people_observed: Mapped[datetime | None]


class Sync(Base):
    """One run over a source, and its report: per room and kind what was stored, repeated and skipped, and why."""

    __tablename__ = "sync"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    started: Mapped[datetime]
    finished: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16))  # running, done, partial, hinted, failed, interrupted
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Room(Base):
    """A group room. `key` is '<source>/<platform id>', as in the log. `name` is NULL for rooms not open to all.

    `members_observed` is when all members were read for the first time; who appears later has joined. Of a room that is `excluded` (a
    sandbox, an archive: declared by the admin) nothing is measured.
    """

    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(300), unique=True)
    handle: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(255))
    open: Mapped[bool | None]
    purpose: Mapped[str | None] = mapped_column(String(16))  # declared: official, team, community, project
    created: Mapped[datetime | None]
    archived: Mapped[bool] = mapped_column(default=False)
    first_seen: Mapped[datetime]
    members_observed: Mapped[datetime | None]
    gone: Mapped[datetime | None]
    excluded: Mapped[bool] = mapped_column(default=False)


class Person(Base):
    """An account under its pseudonym. Never leaves this database.

    `identity` is the pseudonym of an id shared across platforms: accounts that have the same are one person.
    """

    __tablename__ = "person"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    pseudonym: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    identity: Mapped[int | None] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(16))
    leadership: Mapped[int | None]
    site: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]


class Spell(Base):
    """What held of an account from `since` (observed; NULL: ever since) until `until` (NULL: still).

    The spells of an account follow each other without a gap; before the first it was not there. Never leaves this database.
    """

    __tablename__ = "spell"
    __table_args__ = (Index("ix_spell_organisation_id_pseudonym", "organisation_id", "pseudonym"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id", ondelete="SET NULL"), index=True)
    pseudonym: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id", ondelete="SET NULL"))
    site: Mapped[str | None] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    leadership: Mapped[int | None]
    active: Mapped[bool]


class Membership(Base):
    """A person belongs to a room from `since` (first seen) until `until` (first seen missing)."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("room_id", "pseudonym", "since"),
        Index("ix_membership_room_id_until", "room_id", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"))
    pseudonym: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class KnownContent(Base):
    """What is remembered of a content item between runs: no title, no text, no person."""

    __tablename__ = "content"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    room: Mapped[str] = mapped_column(String(300), index=True)
    content_type: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime]
    changed: Mapped[datetime]
    version: Mapped[int]
    answerable: Mapped[bool | None]
    thread: Mapped[str | None] = mapped_column(String(255))
    reactions: Mapped[int | None]
    observed: Mapped[datetime | None]
    deleted: Mapped[bool] = mapped_column(default=False)


class Alias(Base):
    """A name of a room or content, as two sources may both tell it (`connectors.activity.Alias`), under a keyed hash.

    `object` is that of the log; for a room (`content_type` room) the hash of its id. Several things may have one name.
    """

    __tablename__ = "alias"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    object: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    room: Mapped[str] = mapped_column(String(300))
    content_type: Mapped[str] = mapped_column(String(16))


class Coverage(Base):
    """An open gap: something that exists but could not be read, and is tried again next time.

    Of one place (room, object) different kinds may be missing for different reasons; each is a gap of its own.
    """

    __tablename__ = "coverage_gap"
    __table_args__ = (UniqueConstraint("source_id", "stream", "room", "object", "kinds"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    stream: Mapped[str] = mapped_column(String(64))
    room: Mapped[str] = mapped_column(String(300), default="")  # '' : the whole source
    object: Mapped[str] = mapped_column(String(255), default="")  # '' : the whole room
    kinds: Mapped[str] = mapped_column(String(200))  # comma-separated kinds
    reason: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime]
    seen: Mapped[datetime]


class Journal(Base):
    """What a page changes in this database, kept until the page has landed in the log.

    Written before the page's commit in the log and applied after it; after a crash it is applied if the log holds the
    page and dropped if it does not. Holds pseudonyms only.
    """

    __tablename__ = "journal"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    stream: Mapped[str] = mapped_column(String(64), primary_key=True)
    sequence: Mapped[int]
    changes: Mapped[str] = mapped_column(Text)


class Hint(Base):
    """Something has happened in a source: read this stream again soon. What happened, and who did it, is not kept."""

    __tablename__ = "hint"
    __table_args__ = (UniqueConstraint("source_id", "stream", "room"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    stream: Mapped[str] = mapped_column(String(64))
    room: Mapped[str] = mapped_column(String(300), default="")  # '' : anywhere in the source
    received: Mapped[datetime]


class Subscription(Base):
    """A promise of Graph to tell of changes to a resource. Of the secret it shows when it does, only the SHA-256 is stored."""

    __tablename__ = "subscription"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    stream: Mapped[str] = mapped_column(String(64))
    room: Mapped[str] = mapped_column(String(300), default="")  # '' : anywhere in the source
    resource: Mapped[str] = mapped_column(String(500))
    digest: Mapped[str] = mapped_column(String(64))
    expires: Mapped[datetime]
