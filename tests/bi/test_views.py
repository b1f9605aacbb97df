"""The views show what the feed shows, cell by cell, to whoever was granted it, and nothing else in the database."""

from collections.abc import Callable
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from service.bi import statements
from service.bi.install import excess, grant, install, readers, remove, revoke, set_aside
from service.bi.views import SCHEMA, VERSION, views
from service.database import connect, transaction
from service.errors import Conflict, Invalid, NotFound
from service.models import Base, PublishedValue
from service.odata.entities import SETS
from service.privacy.enforcement import ExceedsAgreement

pytestmark = pytest.mark.postgres
OF = {
    "measurement": "Measurements",
    "room": "Rooms",
    "metric": "Metrics",
    "coverage": "Coverage",
    "dimension_result": "DimensionResults",
    "survey_round": "SurveyRounds",
    "survey_result": "SurveyResults",
    "milestone": "Milestones",
    "publication": "Publications",
}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def compared(rows: list[dict[str, Any]], key: tuple[str, ...]) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {
        tuple(row[name] for name in ("organisation", *key)): {
            name: plain(value) for name, value in row.items()
        }
        for row in ({name: plain(value) for name, value in row.items()} for row in rows)
    }
    assert len(found) == len(rows)
    return found


def telling(connection: Connection, kind: str) -> list[str]:
    """What a function of the reader's own, `tell`, is called with: it is cheap, so that the planner would like to call it early."""
    connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"))
    connection.commit()
    connection.execute(
        text(
            f"CREATE FUNCTION pg_temp.tell(v {kind}) RETURNS boolean COST 0.0000001 LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE NOTICE '%', v; RETURN true; END $$"
        )
    )
    heard: list[str] = []
    driver: Any = connection.connection.driver_connection
    driver.add_notice_handler(lambda note: heard.append(note.message_primary))
    return heard


def test_there_is_a_view_for_every_set_of_the_feed() -> None:
    assert {view.name for view in views()} == {"version", *OF}
    assert set(OF.values()) == set(SETS)


@pytest.mark.parametrize("organisation", ["werra", "fulda"])
@pytest.mark.parametrize("view", list(OF))
def test_every_cell_is_that_of_the_feed(house: Any, view: str, organisation: str) -> None:
    one = SETS[OF[view]]
    rows = house.rows(f"SELECT * FROM {SCHEMA}.{view}", f"bi_{organisation}")
    expected = house.feed(OF[view], organisation)
    assert rows
    assert list(rows[0]) == [name for name in one.properties if (view, name) != ("publication", "coverage")]
    for row in expected:
        if view == "publication":
            del row["coverage"]
    assert compared(rows, one.key) == compared(expected, one.key)


def test_what_is_hidden_is_hidden_in_sql_too(house: Any) -> None:
    hidden = house.rows(
        "SELECT * FROM measurement WHERE suppressed OR unknown"
    )  # found without the schema's name
    assert len(hidden) == 5
    assert {(row["value"], row["people"]) for row in hidden} == {(None, None)}
    assert {row["reason"] for row in hidden} == {"small_group", "no_members"}
    assert house.rows("SELECT * FROM measurement WHERE suppressed AND value > 0") == []


def test_a_value_that_should_not_be_there_is_masked_all_the_same(house: Any) -> None:
    """Even if a hidden cell had a value in the table by mistake, no view, filter or function tells of it."""
    hidden = select(PublishedValue.id).where(PublishedValue.state == "suppressed").limit(1)
    with transaction(house.engine) as session:
        (number,) = session.scalars(hidden)
        session.execute(
            update(PublishedValue).where(PublishedValue.id == number).values(value=0.625, people=8)
        )
    try:
        assert house.rows("SELECT * FROM measurement WHERE value = 0.625 OR people = 8") == []
        with house.role("bi_werra") as connection:
            heard = telling(connection, "float8")
            seen = connection.execute(
                text("SELECT count(*) FROM measurement WHERE pg_temp.tell(value)")
            ).scalar()
        assert seen == len(heard) == 17
        assert not any("0.625" in one for one in heard)
    finally:
        with transaction(house.engine) as session:
            session.execute(
                update(PublishedValue).where(PublishedValue.id == number).values(value=None, people=None)
            )


def test_no_function_in_a_condition_sees_rows_of_another_organisation(house: Any) -> None:
    with house.role("bi_werra") as connection:
        heard = telling(connection, "text")
        for view in OF:
            connection.execute(text(f"SELECT count(*) FROM {view} WHERE pg_temp.tell(organisation)"))
    assert len(heard) > 50
    assert set(heard) == {"werra"}


def test_each_role_sees_what_it_was_granted(house: Any) -> None:
    asked = f"SELECT DISTINCT organisation FROM {SCHEMA}.measurement ORDER BY 1"
    for role, seen in {"bi_werra": ["werra"], "bi_fulda": ["fulda"], "bi_all": ["fulda", "werra"]}.items():
        assert [row["organisation"] for row in house.rows(asked, role)] == seen
    with pytest.raises(DBAPIError, match="permission denied for schema"):
        house.rows(asked, "bi_nobody")
    assert {(one.role, one.organisation) for one in readers(house.engine)} == {
        ("bi_werra", "werra"),
        ("bi_fulda", "fulda"),
        ("bi_all", None),
    }


def test_a_role_reads_the_views_and_nothing_else(house: Any) -> None:
    tables = inspect(house.engine).get_table_names()
    assert len(tables) > 40
    assert {"response", "measurement", "released_count", "account", "person", "audit_entry"} <= set(tables)
    with house.role("bi_all") as connection:
        for table in [*(f"public.{name}" for name in tables), f"{SCHEMA}.reader"]:
            for statement in (
                f"SELECT 1 FROM {table} LIMIT 1",
                f"DELETE FROM {table}",
                f"INSERT INTO {table} DEFAULT VALUES",
            ):
                with pytest.raises(DBAPIError, match=r"permission denied|read-only transaction"):
                    connection.execute(text(statement))
                connection.rollback()
        assert Base.metadata.tables.keys() <= set(tables)


WRITES = (
    "INSERT INTO measurement (metric) VALUES ('x')",
    "UPDATE room SET label = 'x'",
    "DELETE FROM milestone",
    "UPDATE resonanz_bi.reader SET organisation_id = NULL",
    "INSERT INTO resonanz_bi.reader VALUES ('bi_werra', NULL)",
    "DROP VIEW resonanz_bi.room",
    "CREATE OR REPLACE VIEW resonanz_bi.room AS SELECT 1 AS x",
    "CREATE TABLE resonanz_bi.mine (x integer)",
    "CREATE TABLE public.mine (x integer)",
    "ALTER ROLE bi_werra SUPERUSER",
    "GRANT bi_all TO bi_werra",
    "SET ROLE bi_all",
    "SET SESSION AUTHORIZATION bi_all",
    "COPY resonanz_bi.room TO PROGRAM 'cat'",
    "COPY (SELECT pg_read_file('PG_VERSION')) TO STDOUT",
    "SELECT setval('public.published_value_id_seq', 1)",
    "SELECT nextval('public.published_value_id_seq')",
    "TRUNCATE public.published_value",
)


@pytest.mark.parametrize("statement", WRITES)
def test_a_role_can_change_nothing_even_if_it_asks_for_writing(house: Any, statement: str) -> None:
    with house.role("bi_werra") as connection:
        with pytest.raises(DBAPIError, match=r"read-only transaction|permission denied|cannot"):
            connection.execute(text(statement))
        connection.rollback()
        connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"))
        connection.commit()
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner|cannot|must be superuser"):
            connection.execute(text(statement))


def test_a_role_that_could_do_more_is_not_let_in(house: Any) -> None:
    with house.engine.begin() as connection:
        connection.execute(text("ALTER ROLE bi_nobody CREATEROLE"))
    with pytest.raises(
        Conflict, match="could do more than read the views: it is a superuser, or may make roles"
    ):
        grant(house.engine, "bi_nobody", "werra")
    with house.engine.begin() as connection:
        connection.execute(text("ALTER ROLE bi_nobody NOCREATEROLE"))
    with house.engine.begin() as connection:
        connection.execute(text("GRANT SELECT (name) ON account TO bi_nobody"))
        assert excess(connection, "bi_nobody") == ["may read or write other tables"]
    with pytest.raises(Conflict, match="may read or write other tables"):
        grant(house.engine, "bi_nobody", "werra")
    with house.engine.begin() as connection:
        connection.execute(text("REVOKE SELECT (name) ON account FROM bi_nobody"))
        connection.execute(text("GRANT pg_read_all_data TO bi_nobody"))
    with pytest.raises(Conflict, match="may read or write other tables"):
        grant(house.engine, "bi_nobody", "werra")
    with house.engine.begin() as connection:
        connection.execute(text("REVOKE pg_read_all_data FROM bi_nobody"))
        assert excess(connection, "bi_nobody") == []
        assert connection.scalar(text(f"SELECT count(*) FROM {SCHEMA}.reader WHERE role = 'bi_nobody'")) == 0


def test_a_grant_is_taken_back_at_once(house: Any) -> None:
    asked = f"SELECT count(*) AS number FROM {SCHEMA}.milestone"
    assert grant(house.engine, "bi_nobody", "fulda") is False
    assert house.rows(asked, "bi_nobody") == [{"number": 1}]
    grant(house.engine, "bi_nobody", "werra")
    grant(house.engine, "bi_nobody", "werra")
    assert house.rows(asked, "bi_nobody") == [{"number": 2}]
    revoke(house.engine, "bi_nobody")
    with pytest.raises(DBAPIError, match="permission denied"):
        house.rows(asked, "bi_nobody")
    with pytest.raises(NotFound):
        revoke(house.engine, "bi_nobody")
    with pytest.raises(NotFound, match="no such organisation"):
        grant(house.engine, "bi_nobody", "nowhere")


def test_without_an_agreement_that_lists_sql_views_nobody_is_let_in(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed = SimpleNamespace(number=3, terms={"outputs": ["api", "pages"]})
    monkeypatch.setattr("service.privacy.enforcement.active", lambda session, organisation: agreed)
    for organisation in ("werra", None):
        with pytest.raises(
            ExceedsAgreement, match=r"letting a role read the SQL views of .* exceeds agreement 3"
        ):
            grant(house.engine, "bi_never", organisation)
    with house.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = 'bi_never'")) == 0
    agreed.terms["outputs"].append("sql_views")
    grant(house.engine, "bi_nobody", "werra")
    revoke(house.engine, "bi_nobody")


@pytest.mark.parametrize(
    "role", ["", "Reader", "a b", "a;b", 'a"b', "a'b", "pg_monitor", "public", "x" * 64, "1a", "none"]
)
def test_a_name_that_is_none_is_refused(house: Any, role: str) -> None:
    with pytest.raises(Invalid, match="small letters"):
        grant(house.engine, role, "werra")


def test_everything_is_described_in_the_database(house: Any) -> None:
    asked = text(
        "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'resonanz_bi'::regnamespace AND c.relkind = 'v' AND a.attnum > 0"
    )
    with house.engine.connect() as connection:
        told = {(view, column): comment for view, column, comment in connection.execute(asked)}
        meant = dict(
            connection.execute(
                text(
                    "SELECT relname, obj_description(oid) FROM pg_class WHERE relnamespace = 'resonanz_bi'::regnamespace"
                )
            ).all()
        )
    for view in views():
        assert meant[view.name] == view.meaning
        for one in view.properties.values():
            assert told[view.name, one.name] == one.description
    assert len(told) == sum(len(view.properties) for view in views())
    assert house.rows("SELECT * FROM version") == [{"version": VERSION, "major": 1}]


def test_making_the_views_anew_keeps_what_was_granted(house: Any) -> None:
    assert install(house.engine) == VERSION
    assert house.rows("SELECT count(*) AS number FROM milestone") == [{"number": 1}]
    with set_aside(house.engine), house.engine.begin() as connection:
        assert connection.scalar(text("SELECT to_regclass('resonanz_bi.measurement')")) is None
        connection.execute(text("ALTER TABLE published_value ALTER COLUMN metric TYPE varchar(65)"))
        connection.execute(text("ALTER TABLE published_value ALTER COLUMN metric TYPE varchar(64)"))
    assert house.rows("SELECT count(*) AS number FROM measurement") == [{"number": 17}]


def test_an_administrator_can_run_the_printed_statements(house: Any, postgres_url: str) -> None:
    """By the simple protocol, all at once, as psql does; by an account of the service that may make no role itself."""
    engine = connect(postgres_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("DROP ROLE IF EXISTS bi_weak"))
            connection.execute(text("DROP ROLE IF EXISTS bi_printed"))
            connection.execute(text("CREATE ROLE bi_weak LOGIN"))
            connection.execute(text("GRANT ALL ON SCHEMA public TO bi_weak"))
        weak = create_engine(make_url(postgres_url).set(username="bi_weak"))
        Base.metadata.create_all(weak)
        with weak.begin() as connection:
            connection.execute(text("INSERT INTO organisation (key, name, time_zone, locale, synthetic, working_week, opens, closes, opted_out) "
                                    "VALUES ('o''neil', 'x', 'UTC', 'de', false, 31, '08:00', '17:00', 0)"))  # fmt: skip
        with pytest.raises(Invalid, match=r"CREATE SCHEMA|resonanz bi sql"):
            install(weak)
        asked = [
            *statements.install(),
            *statements.role("bi_printed"),
            *statements.grant("bi_printed", "o'neil"),
        ]
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.connection.driver_connection.execute(statements.script(asked))  # type: ignore[union-attr]
        reader = create_engine(make_url(postgres_url).set(username="bi_printed"))
        with reader.connect() as connection:
            assert connection.execute(text("SELECT DISTINCT organisation FROM metric")).scalars().all() == [
                "o'neil"
            ]
        reader.dispose()
        with pytest.raises(Invalid, match="CREATE ROLE"):
            grant(weak, "bi_another", "o'neil")
        weak.dispose()
        remove(engine)
        with pytest.raises(NotFound, match="resonanz bi install"):
            readers(engine)
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP OWNED BY bi_weak CASCADE"))
            connection.execute(text("DROP ROLE IF EXISTS bi_weak"))
            connection.execute(text("DROP OWNED BY bi_printed"))
            connection.execute(text("DROP ROLE IF EXISTS bi_printed"))
        engine.dispose()


def test_on_sqlite_there_is_nothing_to_let_anybody_in_to(tmp_path: Any) -> None:
    engine: Engine = connect(f"sqlite:///{tmp_path / 'resonanz.db'}")
    calls: list[Callable[[], object]] = [
        lambda: install(engine),
        lambda: grant(engine, "reader", None),
        lambda: readers(engine),
        lambda: remove(engine),
    ]
    for call in calls:
        with pytest.raises(Invalid, match="SQL views need PostgreSQL"):
            call()
    with set_aside(engine):
        pass
    engine.dispose()


def test_views_touch_tables_of_publications_only(house: Any) -> None:
    """What the planner itself says each view reads."""
    published = {"publication", "published_value", "published_room", "published_coverage", "published_answer"}
    published |= {"survey_publication", "survey_round", "assessment", "milestone", "organisation"}
    asked = text(
        "SELECT DISTINCT t.relname FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class "
        "JOIN pg_class t ON t.oid = d.refobjid WHERE v.relnamespace = 'resonanz_bi'::regnamespace AND t.oid <> v.oid "
        "AND d.refclassid = 'pg_class'::regclass"
    )
    with house.engine.connect() as connection:
        read = set(connection.execute(asked).scalars())
    assert read - {"reader", "pg_roles"} == published


def test_the_tests_would_notice_a_table_that_is_open(house: Any) -> None:
    """Without this, every refusal above would also hold of a role that can not connect."""
    with house.engine.begin() as connection:
        connection.execute(text("GRANT SELECT ON measurement TO bi_all"))
    try:
        assert house.rows("SELECT count(*) AS number FROM public.measurement", "bi_all")[0]["number"] > 0
    finally:
        with house.engine.begin() as connection:
            connection.execute(text("REVOKE SELECT ON measurement FROM bi_all"))
