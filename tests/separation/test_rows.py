"""Whatever a request of one organisation asks the database, and however: it gets no row of another."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, delete, exists, func, inspect, select, update
from sqlalchemy.orm import aliased

from service.database import transaction
from service.models import Account, Base, Organisation, PublishedValue, Room, Source
from service.security.separation import INSTALLATION, belongs, confine, confined

OWN, OTHER = "werra", "fulda"
MODELS = [mapper.class_ for mapper in Base.registry.mappers]
SEPARATE = sorted((one for one in MODELS if one not in INSTALLATION), key=lambda model: model.__name__)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def both(engine: Engine, fill: Callable[..., None]) -> tuple[Engine, Organisation]:
    """One row of each organisation in every table there is."""
    for number, organisation in enumerate((OWN, OTHER), 1):
        fill(engine, organisation, number)
    with transaction(engine) as session:
        own = session.scalars(select(Organisation).where(Organisation.key == OWN)).one()
    return engine, own


def test_every_table_leads_to_an_organisation_or_is_named_as_one_that_does_not() -> None:
    for model in SEPARATE:
        belongs(model, 1, OWN)


def test_of_every_table_only_the_own_rows_are_seen(both: tuple[Engine, Organisation]) -> None:
    engine, own = both
    with transaction(engine) as session:
        assert {
            model.__name__: session.scalar(select(func.count()).select_from(model)) for model in SEPARATE
        } == {model.__name__: 2 for model in SEPARATE}
    with confined(own), transaction(engine) as session:
        for model in SEPARATE:
            (row,) = session.scalars(select(model)).all()
            texts = [value for value in inspect(row).dict.values() if isinstance(value, str)]
            assert not [text for text in texts if OTHER in text], model


def test_no_way_of_asking_leads_to_rows_of_others(both: tuple[Engine, Organisation]) -> None:
    engine, own = both
    keys = {
        model: select(*(getattr(model, column.key) for column in inspect(model).primary_key))
        for model in SEPARATE
    }
    with transaction(engine) as session:
        everything = {model: set(session.execute(query)) for model, query in keys.items()}
    with confined(own), transaction(engine) as session:
        theirs = {model: everything[model] - set(session.execute(query)) for model, query in keys.items()}
        assert {len(found) for found in theirs.values()} == {1}
    with confined(own), transaction(engine) as session:
        other = aliased(Source)
        assert session.scalars(select(Source.key)).all() == ["werra-key"]
        assert session.scalars(select(other.key)).all() == ["werra-key"]
        assert session.scalars(select(Source.key).union_all(select(other.key))).all() == ["werra-key"] * 2
        theirs_there = select(Room.id).where(Room.key == "fulda-key").exists()
        assert session.scalars(select(Source.key).where(theirs_there)).all() == []
        assert session.scalars(select(Room.key).where(Room.source_id.in_(select(Source.id)))).all() == [
            "werra-key"
        ]
        assert session.scalars(select(Room.key).join(Source)).all() == ["werra-key"]
        assert session.scalar(select(func.count()).select_from(select(PublishedValue.id).subquery())) == 1
        for model, (identity,) in theirs.items():
            assert session.get(model, tuple(identity)) is None, model


def test_a_statement_that_nothing_confines_is_refused(both: tuple[Engine, Organisation]) -> None:
    engine, own = both
    past = (select(Base.metadata.tables["room"]), select(exists().where(Room.key == "fulda-key")))
    for statement in past:
        with confined(own), transaction(engine) as session, pytest.raises(RuntimeError):
            session.execute(statement)


def test_nothing_of_others_is_changed_or_deleted(both: tuple[Engine, Organisation]) -> None:
    engine, own = both
    with confined(own), transaction(engine) as session:
        session.execute(update(Source).values(connector="mine"))
        session.execute(delete(Room))
    with transaction(engine) as session:
        assert session.scalars(select(Source.connector).order_by(Source.id)).all() == [
            "mine",
            "fulda-connector",
        ]
        assert session.scalars(select(Room.key)).all() == ["fulda-key"]


def test_those_of_the_whole_installation_are_seen_by_each(both: tuple[Engine, Organisation]) -> None:
    """A council has to know who reads its values: also accounts that see all organisations."""
    engine, own = both
    with transaction(engine) as session:
        session.add(Account(id=9, name="consultant", role="analyst", created=NOW))
    with confined(own), transaction(engine) as session:
        assert set(session.scalars(select(Account.name))) == {"werra-name", "consultant"}


def test_an_account_of_one_organisation_is_not_let_in_where_nothing_confines_it(
    both: tuple[Engine, Organisation],
) -> None:
    with pytest.raises(RuntimeError):
        confine(both[1])
