"""Who speaks for the organisation reaches the metrics as it was declared."""

import duckdb
from sqlalchemy import Engine, select

from metrics.dialect import text
from metrics.top_down.officials import official
from service.database import transaction
from service.measure.officials import register_officials
from service.models import OfficialUnit, Organisation


def test_units_and_level_become_one_row_each_and_those_of_others_stay_out(engine: Engine) -> None:
    with transaction(engine) as session:
        ours, theirs = (Organisation(key=key, name=key) for key in ("ours", "theirs"))
        session.add_all([ours, theirs])
        session.flush()
        ours.official_leaders = 2
        for owner, key in ((ours, "press"), (ours, "board"), (theirs, "sales")):
            session.add(OfficialUnit(organisation_id=owner.id, key=key))
        session.flush()
        for owner, expected in (
            (ours, [("board", None), ("press", None), (None, 2)]),
            (theirs, [("sales", None)]),
        ):
            with duckdb.connect() as connection:
                register_officials(connection, session, owner)
                found = connection.execute(text(select(official))).fetchall()
            assert sorted(found, key=repr) == sorted(expected, key=repr)
