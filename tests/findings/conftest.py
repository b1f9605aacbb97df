"""Both databases, made once for all tests here; what a test writes is rolled back."""

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from service.database import connect
from service.models import Base, Organisation


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def filled(request, tmp_path_factory):
    """A database with all tables and nothing in them."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('findings') / 'resonanz.db'}"
    else:
        server = create_engine(request.getfixturevalue("postgres"), isolation_level="AUTOCOMMIT")
        name = f"t_findings_{request.module.__name__.rpartition('.')[2]}"
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        server.dispose()
        url = (
            make_url(request.getfixturevalue("postgres"))
            .set(database=name)
            .render_as_string(hide_password=False)
        )
    engine = connect(url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(filled):
    with Session(filled) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def acme(session):
    made = Organisation(key="acme", name="Acme AG")
    session.add(made)
    session.flush()
    return made
