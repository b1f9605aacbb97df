"""What the commands share: settings, the migrated database, and what each organisation has of its own."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service import database
from service.errors import Invalid, NotFound
from service.models import Organisation, Source
from service.places import places
from service.settings import Settings

if TYPE_CHECKING:
    from service.activity.log import ActivityLog
    from service.activity.pseudonym import Pseudonymiser
    from service.privacy.register import Register


@dataclass
class Context:
    """Opens each part when it is first needed, so that a command loads only what it uses."""

    settings: Settings

    @cached_property
    def engine(self) -> Engine:
        """The database; SQLite is migrated on the way, PostgreSQL must have been (`resonanz migrate`)."""
        engine = database.connect(self.settings.database_url)
        database.prepare(engine)
        return engine

    def log(self, organisation: Organisation) -> "ActivityLog":
        """That of this organisation, as everything below."""
        return places(self.settings).log(organisation.key)

    def pseudonymiser(self, organisation: Organisation) -> "Pseudonymiser":
        return places(self.settings).pseudonymiser(organisation.key)

    def register(self, organisation: Organisation) -> "Register":
        """Who was erased and who opted out; it lies beside the pseudonym key."""
        return places(self.settings).register(organisation.key)

    def key(self, organisation: Organisation) -> Path:
        """The file of the pseudonym key."""
        return places(self.settings).key(organisation.key)

    def transaction(self) -> AbstractContextManager[Session]:
        return database.transaction(self.engine)


@contextmanager
def opened() -> Iterator[Context]:
    context = Context(Settings())
    try:
        yield context
    finally:
        if "engine" in context.__dict__:
            context.engine.dispose()


def the_organisation(session: Session, key: str | None = None) -> Organisation:
    """The organisation named, or the only one. Raises `NotFound` or `Invalid` with what to do."""
    found = session.scalars(select(Organisation).order_by(Organisation.id)).all()
    if key is not None:
        for organisation in found:
            if organisation.key == key:
                return organisation
        raise NotFound(f"no organisation {key!r}; there are: {', '.join(o.key for o in found) or 'none'}")
    if not found:
        raise NotFound("no organisation yet: `resonanz organisation set --name 'Beispiel AG'` makes one")
    if len(found) > 1:
        raise Invalid(f"say which organisation: --organisation {'|'.join(o.key for o in found)}")
    return found[0]


def the_source(session: Session, key: str) -> Source:
    source = session.scalars(select(Source).where(Source.key == key)).one_or_none()
    if source is None:
        known = session.scalars(select(Source.key).order_by(Source.key)).all()
        raise NotFound(f"no source {key!r}; there are: {', '.join(known) or 'none'}")
    return source
