"""Erasing a person from everything stored, checked by a search of its own."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    text,
)

from service.activity.erasure import ErasureIncomplete
from service.activity.lock import hold
from service.activity.rights import EVENT, Named
from service.errors import Conflict, Invalid
from service.models import AuditEntry, Base, Membership, Spell
from service.models import Person as PersonRow
from service.models.base import Instant
from service.privacy import people

NOT_PEOPLE = {
    "alias.name": "a keyed hash of the name of a room or content",
    "alias.object": "the hash of the id of a content",
    "comparison_publication.members": "keyed hashes of values of organisations",
    "source.views": "a count",
    "survey_group.respondents": "which questions a group is asked",
    "source.views_linked": "a count",
}
"""Columns that look as if they held people and do not."""
COUNTS = {"numerator", "denominator", "people"}
LOOKS_LIKE_PEOPLE = re.compile(
    r"pseudonym|identit|person|people|member|author|employee|respondent|participant|user"
)


def suspicious(metadata: MetaData) -> set[str]:
    """Columns of 64-bit numbers, since pseudonyms are such, and those that are named like people."""
    return {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if not (isinstance(column.type, Integer) and column.name in COUNTS)
        and not isinstance(column.type, Boolean | Date | DateTime | Instant)
        and (isinstance(column.type, BigInteger) or LOOKS_LIKE_PEOPLE.search(column.name))
    }


def handled() -> set[str]:
    return {f"{table}.{column}" for table, columns in people.PEOPLE.items() for column in columns}


def test_every_column_that_may_hold_people_is_erased_or_known_not_to() -> None:
    found = suspicious(Base.metadata)
    assert handled() <= found
    assert found - handled() - NOT_PEOPLE.keys() == set(), (
        "say in service.privacy.people.PEOPLE that this holds people, or here why it does not"
    )


def test_a_new_table_of_people_would_be_noticed() -> None:
    metadata = MetaData()
    Table(
        "follower",
        metadata,
        Column("follows", BigInteger),
        Column("user_name", String),
        Column("people", Integer),
    )
    assert suspicious(metadata) == {"follower.follows", "follower.user_name"}


def postgresql_files(engine: Engine, pseudonyms: list[int]) -> list[str]:
    """The files of tables and indexes that hold somebody; possible here since the server runs beside the test."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        root = Path(str(connection.scalar(text("SHOW data_directory"))))
        names = connection.scalars(
            text(
                "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND relnamespace <> 11"
            )
        ).all()
    return [
        name for name in names if name and (root / name).exists() and people.in_file(root / name, pseudonyms)
    ]


def test_nothing_of_an_erased_person_is_left_in_any_store(any_house, wiki, teams):
    house = any_house
    house.sync(wiki)
    house.sync(teams, source="teams")
    # What PostgreSQL knows of columns to plan queries are samples of their values.
    with house.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    accounts = [house.person("ada"), house.person("a-1", "teams"), house.person("ada@acme.example", None)]
    assert house.engine.dialect.name == "sqlite" or postgresql_files(house.engine, accounts)
    found = people.traces(house.engine, accounts)
    for place in ("person, column pseudonym", "person, column identity", "spell", "membership"):
        assert any(place in one for one in found), place
    assert any("resonanz.db" in one or "statistics" in one for one in found)
    assert house.erase("ada")
    assert people.traces(house.engine, accounts) == []
    if house.engine.dialect.name == "postgresql":
        assert postgresql_files(house.engine, accounts) == []
    assert house.logged() == {house.person("bob"), house.person("b-1", "teams"), house.person("eve")}
    for path in (house.folder / "activity").rglob("*"):
        assert not (path.is_file() and people.in_file(path, accounts)), path
    bob = house.person("bob")
    assert {row.pseudonym for row in house.all(PersonRow)} == {
        bob,
        house.person("b-1", "teams"),
        house.person("eve"),
    }
    assert {row.pseudonym for row in house.all(Membership)} == {bob, house.person("eve")}
    assert bob in {row.pseudonym for row in house.all(Spell)}


def test_the_audit_log_tells_that_a_right_was_exercised_and_not_whose(house, wiki):
    house.sync(wiki)
    house.erase("ada")
    house.opt_out("eve")
    house.opt_in("eve")
    entries = [entry for entry in house.all(AuditEntry) if entry.action == EVENT]
    assert [json.loads(entry.detail) for entry in entries] == [{"organisation": "acme"}] * 3
    told = "".join(str(vars(entry)) for entry in house.all(AuditEntry))
    for account in ("ada", "eve"):
        # As a word: the digests of entries are made of letters from a to f, too.
        assert not re.search(rf"\b{account}\b", told)
        assert str(house.person(account)) not in told


def test_a_copy_made_before_an_upgrade_goes_as_well(house, wiki):
    house.sync(wiki)
    copy = house.folder / "resonanz.db.0000.bak"
    with house.engine.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
    assert str(copy) in people.traces(house.engine, [house.person("ada")])
    house.erase("ada")
    assert not copy.exists()


def test_a_trace_in_a_table_nobody_thought_of_is_found(house, wiki):
    house.sync(wiki)
    ada = house.person("ada")
    with house.engine.begin() as connection:
        connection.execute(text("CREATE TABLE stray (told TEXT)"))
        connection.execute(text("INSERT INTO stray VALUES (:told)"), {"told": f'{{"person": {ada}}}'})
    with pytest.raises(ErasureIncomplete, match="table stray, column told"):
        house.erase("ada")
    with house.engine.begin() as connection:
        connection.execute(text("DROP TABLE stray"))
    house.erase("ada")
    assert people.traces(house.engine, [ada]) == []


def test_a_number_is_found_in_a_file_across_the_edge_of_what_is_read_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(people, "_CHUNK", 64)
    number = -123456789012345678
    for offset in range(50, 70):
        path = tmp_path / "file"
        path.write_bytes(b"x" * offset + number.to_bytes(8, "big", signed=True) + b"y" * 90)
        assert people.in_file(path, [number])
        assert not people.in_file(path, [number + 1])


def test_many_people_are_looked_for_at_once(house, wiki):
    house.sync(wiki)
    many = [*range(10**17, 10**17 + 300), house.person("ada")]
    assert "table person, column pseudonym" in people.traces(house.engine, many)
    assert people.traces(house.engine, many[:-1]) == []


def test_nobody_is_erased_while_somebody_measures(house, wiki):
    house.sync(wiki)
    with hold(house.engine, "measuring 1"), pytest.raises(Conflict, match="measured right now"):
        house.erase("ada")
    assert house.register.acts() == []


def test_who_was_never_stored_is_said_to_be_unknown(house, wiki):
    house.sync(wiki)
    assert not house.erase("nobody")
    with pytest.raises(Invalid, match="nobody is named"):
        house.erase(" ")


def test_erasing_is_not_opting_out(house, wiki):
    house.sync(wiki)
    house.erase("ada")
    assert house.person("ada") not in house.logged()
    house.sync(wiki)
    assert house.person("ada") in house.logged()
    assert house.rights.traces(Named("ada", "wiki"))


def test_no_id_is_shown_by_what_is_passed_around() -> None:
    assert "ada" not in repr(Named("ada", "wiki"))
