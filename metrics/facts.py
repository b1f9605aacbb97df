"""The tables metrics read, as SQLAlchemy Core.

`log` is the activity log (a Delta Lake table): rows with `total` are counters, all others are activities. The *given*
tables are registered beside it by the caller (`service.measure`); the *rolled up* ones are computed from both by
`metrics.rollup`. Days are days in the organisation's time zone, instants are UTC.
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, String, Table

facts = MetaData()


def _instant(name: str, doc: str, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, doc=doc)


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

# Given: registered by the caller.

source = Table("source", facts, Column("key", String, nullable=False, doc="a source of the organisation"))

person = Table(
    "person",
    facts,
    Column("pseudonym", BigInteger, nullable=False),
    Column("unit", String, doc="key of the unit; NULL where the platform does not tell"),
    Column("kind", String, nullable=False, doc="connectors.activity.PersonKind"),
    Column("leadership", Integer, doc="level of leadership, 1 is the top"),
    Column("active", Boolean, nullable=False, doc="the account may be used"),
)
"""What is known today; what held on a day is in `spell`."""

spell = Table(
    "spell",
    facts,
    Column("pseudonym", BigInteger, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False, doc="outside"),
    Column("unit", String),
    Column("kind", String, nullable=False, doc="connectors.activity.PersonKind"),
    Column("leadership", Integer),
    Column("region", String, nullable=False, doc="of `working_day`; '' is the organisation's"),
    Column("active", Boolean, nullable=False, doc="False also before the person was first seen"),
)
"""The history of everybody in `person`: exactly one row holds on each day of the calendar."""

membership = Table(
    "membership",
    facts,
    Column("room", String, nullable=False),
    Column("pseudonym", BigInteger, nullable=False),
    Column("owner", Boolean, nullable=False),
    Column(
        "since",
        Date,
        doc="day first seen; NULL for those of a room's first observation, who may be there ever since",
    ),
    Column("until", Date, doc="day first seen missing"),
)

room = Table(
    "room",
    facts,
    Column("key", String, nullable=False),
    Column("handle", String, nullable=False),
    Column("purpose", String, doc="declared: official, team, community, project"),
    Column("archived", Boolean, nullable=False),
    Column("created", Date, doc="NULL where the platform does not tell"),
    Column("first_seen", Date, nullable=False),
    Column("gone", Date, doc="day first seen missing"),
    Column("source", String, nullable=False),
    Column("open", Boolean, nullable=False, doc="(nearly) everybody may read it"),
)

excluded_room = Table(
    "excluded_room",
    facts,
    Column("key", String, nullable=False, doc="a sandbox or archive: in no other table of rooms"),
)

brought_day = Table(
    "brought_day",
    facts,
    Column(
        "day", Date, nullable=False, doc="of a relaunch or migration: what was made on it was brought along"
    ),
)

content = Table(
    "content",
    facts,
    Column("object", BigInteger, nullable=False),
    Column("answerable", Boolean, doc="NULL where the platform does not tell"),
)

observation = Table(
    "observation",
    facts,
    Column("room", String, nullable=False),
    Column("day", Date, nullable=False, doc="the day the contents were made"),
    Column("contents", BigInteger, nullable=False, doc="contents and comments that are still there"),
    Column(
        "waiting",
        BigInteger,
        nullable=False,
        doc="those among them whose reactions were never read, though their source says they will be",
    ),
)
"""How far reactions have been read; empty where no source waits for that."""

calendar = Table(
    "calendar",
    facts,
    Column("day", Date, nullable=False),
    Column("week", Date, nullable=False, doc="the Monday of its ISO week"),
    Column("bit", Integer, nullable=False, doc="1 for Monday, 2, 4, … 64 for Sunday"),
    Column(
        "working",
        Integer,
        nullable=False,
        doc="working days of the organisation from the calendar's start up to and with this day",
    ),
)

working_day = Table(
    "working_day",
    facts,
    Column("region", String, nullable=False, doc="a site with a calendar of its own; '' is the organisation"),
    Column("day", Date, nullable=False, doc="every day of `calendar`"),
    Column("working", Integer, nullable=False, doc="as `calendar.working`, in the region"),
    Column("worked", BigInteger, nullable=False, doc="working seconds from the calendar's start to this day"),
)

working_time = Table(
    "working_time",
    facts,
    Column("region", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("since", BigInteger, nullable=False, doc="seconds since 1970"),
    Column("until", BigInteger, nullable=False, doc="outside"),
    Column("worked", BigInteger, nullable=False, doc="working seconds from the calendar's start to `since`"),
    Column("working", BigInteger, nullable=False, doc="so many seconds from `since` on are worked"),
)
"""The days cut where work begins: see `metrics.working_time.Stretch`."""

period = Table(
    "period",
    facts,
    Column("window", String, nullable=False, doc="metrics.metric.Window"),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False, doc="outside"),
    Column("recent", Date, nullable=False, doc="28 days before `until`"),
    Column("mid", Date, nullable=False, doc="the day that says who belongs to it"),
    Column(
        "working",
        Integer,
        nullable=False,
        doc="working days from the calendar's start up to `until`, without it",
    ),
)

period_day = Table(
    "period_day",
    facts,
    Column("window", String, nullable=False),
    Column("since", Date, nullable=False),
    Column("day", Date, nullable=False, doc="one row for each day of the period"),
)

horizon = Table(
    "horizon",
    facts,
    Column("day", Date, nullable=False, doc="one row: the first day that is not read any more"),
    Column("moment", DateTime(timezone=True), nullable=False, doc="when that day begins"),
    Column("working", Integer, nullable=False, doc="`calendar.working` of that day"),
    Column(
        "workforce", BigInteger, doc="people entitled to use the intranet, where the organisation states it"
    ),
)

# Rolled up: see metrics.hygiene and metrics.rollup.

entry = Table("entry", facts, *(column._copy() for column in log.columns))
"""The log of the organisation's sources up to the horizon, without excluded rooms."""

activity = Table(
    "activity",
    facts,
    Column("source", String, nullable=False),
    Column("room", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("person", BigInteger),
    Column(
        "actor",
        String,
        nullable=False,
        doc="human, guest, service, or unknown where the platform does not tell",
    ),
    Column("unit", String, doc="of the person on that day"),
    Column("region", String, nullable=False, doc="of the person on that day, as in `working_day`"),
    _instant("happened", "UTC", nullable=False),
    Column("day", Date, nullable=False),
    Column("object", BigInteger, nullable=False),
    Column("thread", BigInteger),
    Column("key", BigInteger, nullable=False),
    Column("dated", Boolean, nullable=False),
    Column(
        "excluded",
        String,
        doc="why it does not count as participation: unknown, service, guest, bulk, undated",
    ),
)

undated = Table(
    "undated",
    facts,
    Column("room", String, nullable=False),
    Column("person", BigInteger, nullable=False, doc="a human"),
    Column("unit", String),
    Column("earliest", Date, doc="the first day on which they can have reacted; NULL: any"),
    Column("day", Date, nullable=False, doc="the last such day: it was seen on it"),
)
"""Reactions left out since their day is not known, also those seen after the horizon."""

exclusion = Table(
    "exclusion",
    facts,
    Column("room", String, doc="NULL for an excluded room"),
    Column("unit", String),
    Column("day", Date, nullable=False),
    Column("reason", String, nullable=False, doc="`activity.excluded`, or room"),
    Column("activities", BigInteger, nullable=False, doc="interactive acts left out"),
)

person_day = Table(
    "person_day",
    facts,
    Column("room", String, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("unit", String),
    Column("day", Date, nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("views", "reactions", "comments", "replies", "creates", "edits", "messages")
    ),
)

person_week = Table(
    "person_week",
    facts,
    Column("room", String, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("unit", String),
    Column("week", Date, nullable=False, doc="the Monday"),
    Column(
        "days", BigInteger, nullable=False, doc="a bit for each day with an interactive act, 1 for Monday"
    ),
    Column("reactions", BigInteger, nullable=False),
    Column("contributions", BigInteger, nullable=False, doc="comments, replies, edits, messages"),
    Column("creates", BigInteger, nullable=False),
)

home = Table(
    "home",
    facts,
    Column("window", String, nullable=False),
    Column("since", Date, nullable=False),
    Column("person", BigInteger, nullable=False, doc="everybody in `spell`, once per period"),
    Column("unit", String),
    Column("kind", String, nullable=False),
    Column("leadership", Integer),
    Column("active", Boolean, nullable=False),
)
"""What held of everybody on the day that says who belongs to a period, `period.mid`."""

standing = Table(
    "standing",
    facts,
    Column("scope", String, nullable=False),
    Column("scope_key", String, nullable=False),
    Column("window", String, nullable=False),
    Column("since", Date, nullable=False),
    Column("person", BigInteger, nullable=False, doc="everybody of the population, once"),
    Column(
        "level",
        Integer,
        nullable=False,
        doc="highest act: 0 none or reading, 1 reacting, 2 contributing, 3 creating",
    ),
)

response = Table(
    "response",
    facts,
    Column("object", BigInteger, nullable=False, doc="the page or post answered"),
    Column("person", BigInteger, nullable=False, doc="never the author"),
    Column("reaction", Boolean, nullable=False, doc="False: a comment or reply"),
    _instant("happened", "UTC", nullable=False),
    Column("day", Date, nullable=False),
    Column("dated", Boolean, nullable=False, doc="False: it happened before `happened`, unknown when"),
)

post = Table(
    "post",
    facts,
    Column("object", BigInteger, nullable=False),
    Column("content_type", String, nullable=False, doc="page or post"),
    Column("room", String, nullable=False),
    Column("author", BigInteger),
    Column("unit", String, doc="the author's on that day"),
    _instant("created", "UTC", nullable=False),
    Column("day", Date, nullable=False),
    Column("working", Integer, nullable=False, doc="`working_day.working` of `day`, in the author's region"),
    Column("horizon", Integer, nullable=False, doc="the same of the horizon's day"),
    Column("excluded", String, doc="why it is in no denominator: unknown, service, bulk"),
    Column("answerable", Boolean, nullable=False, doc="False only where the platform says so"),
    Column("comments", BigInteger, nullable=False, doc="comments and replies of others"),
    Column("reactions", BigInteger, nullable=False, doc="reactions of others"),
    Column("undated", BigInteger, nullable=False, doc="those among them without a date"),
    Column("responders", BigInteger, nullable=False, doc="distinct people"),
    Column("commented", Integer, doc="`working_day.working` of the first comment or reply of another person"),
    Column("reacted", Integer, doc="`working_day.working` of the first reaction of another person"),
    Column("deleted", Integer, doc="`working_day.working` of the day it was deleted"),
    Column("seconds", BigInteger, doc="from creation to the first comment or reply of another person"),
    Column("followed", BigInteger, nullable=False, doc="seconds from creation to deletion or the horizon"),
    Column(
        "answered",
        Boolean,
        nullable=False,
        doc="there was a comment or reply of another person while waiting",
    ),
    Column(
        "waited",
        BigInteger,
        nullable=False,
        doc="working seconds to that answer, or else to deletion, the horizon, or 28 days later",
    ),
)

viewing = Table(
    "viewing",
    facts,
    Column("room", String, nullable=False),
    Column("object", BigInteger, nullable=False),
    Column("day", Date, nullable=False, doc="day of the later of two observations, or of the view"),
    Column("views", BigInteger, nullable=False, doc="what came since the observation before; may be 0"),
)

room_life = Table(
    "room_life",
    facts,
    Column("room", String, nullable=False),
    Column(
        "start",
        Date,
        nullable=False,
        doc="created, or the first activity where that is earlier or all we know",
    ),
    Column("gone", Date),
    Column("archived", Boolean, nullable=False),
    Column("born", Date, doc="first post, comment, reply or message of somebody else than the first author"),
    Column("latest", Date, doc="last interactive act of a human"),
)
