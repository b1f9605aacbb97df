"""Runs migrations on the engine handed in by `service.database`, or on the configured one from the command line."""

from sqlalchemy import Engine

from alembic import context
from service.database import connect
from service.models import Base
from service.settings import Settings


def run(engine: Engine) -> None:
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


given = context.config.attributes.get("engine")
if given is not None:
    run(given)
else:
    own = connect(Settings().database_url)
    run(own)
    own.dispose()
