"""The tables metrics read, as SQLAlchemy Core.

`activity` and `counter` are the two halves of the activity log (a Delta Lake table): rows with `total` are counters. The
other tables are registered beside it by the caller (`service.measure`).
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, MetaData, String, Table

facts = MetaData()

log = Table(
    "log",
    facts,
    Column("key", BigInteger, nullable=False, doc="identity of the activity, 64 bits of a BLAKE2b hash"),
    Column("source", String, nullable=False),
    Column("room", String, nullable=False, doc="'<source>/<platform id of the room>'"),
    Column("kind", String, nullable=False, doc="connectors.activity.Kind; for counters the CounterName"),
    Column("content_type", String, nullable=False),
    Column("person", BigInteger, doc="pseudonym; NULL where the platform does not tell"),
    Column("happened", DateTime(timezone=True), nullable=False, doc="UTC, to the second"),
    Column("day", Date, nullable=False, doc="the day of `happened` in the organisation's time zone"),
    Column("object", BigInteger, nullable=False, doc="hash of source and content id"),
    Column("parent", BigInteger, doc="what is answered"),
    Column("thread", BigInteger, doc="the page or post a conversation hangs on"),
    Column("dated", Boolean, nullable=False, doc="False: `happened` is when it was first observed"),
    Column("minor", Boolean, nullable=False),
    Column("total", BigInteger, doc="counters only: the total shown at `happened`"),
)
