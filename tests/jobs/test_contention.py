"""Real processes contend for jobs, and one is killed while it holds one: every effect is there exactly once."""

import pytest
from sqlalchemy import Engine, text

from benchmarks.jobs import contend
from service.database import transaction
from service.errors import Conflict
from service.jobs.leases import Leases
from service.jobs.worker import only_worker


def test_every_effect_is_there_once_and_the_killed_ones_job_is_taken_over(engine: Engine) -> None:
    """Three processes on PostgreSQL; on SQLite, where there can be one, a second one after the first."""
    processes = 3 if engine.dialect.name == "postgresql" else 1
    outcome = contend(engine, 150, processes, lease=2.0)
    assert (outcome.effects, outcome.distinct, outcome.fence) == (150, 150, 2)
    with transaction(engine) as session:
        owners = dict(
            session.execute(text("SELECT fence, count(DISTINCT owner) FROM effect GROUP BY fence")).all()
        )  # type: ignore[arg-type]
    assert owners[2] == 1
    assert owners[1] >= min(2, processes)


def test_sqlite_has_one_worker_and_postgresql_several(engine: Engine) -> None:
    leases = Leases(engine)
    with only_worker(leases):
        if engine.dialect.name == "sqlite":
            with pytest.raises(Conflict, match="--role web"), only_worker(leases):
                pass
        else:
            with only_worker(leases):
                pass
    with only_worker(leases):
        pass
