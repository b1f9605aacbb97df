"""A bench for every registered connector, and installations of the service that read from it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.connectors.bench import Bench
from tests.connectors.world import World

HERE = Path(__file__).parent


def _of(kind: type[Bench]) -> Iterator[type[Bench]]:
    for one in kind.__subclasses__():
        yield from _of(one)
        if "key" in vars(one):
            yield one


for path in sorted(HERE.glob("bench_*.py")):
    import_module(f"tests.connectors.{path.stem}")
BENCHES = {one.key: one for one in _of(Bench)}


@pytest.fixture(scope="session")
def benches() -> dict[str, type[Bench]]:
    return BENCHES


def started(kind: type[Bench], folder: Path) -> Iterator[Bench]:
    folder.mkdir(exist_ok=True)
    bench = kind(folder)
    with pytest.MonkeyPatch.context() as patch, ExitStack() as running:
        bench.arrange(patch)
        bench.start()
        running.callback(bench.stop)
        yield bench


@pytest.fixture(scope="module", params=sorted(BENCHES))
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The platform of each connector, which nobody changes."""
    yield from started(BENCHES[request.param], tmp_path_factory.mktemp("bench"))


@pytest.fixture
def changing(bench: Bench, tmp_path: Path) -> Iterator[Bench]:
    """A platform of the same kind to be changed."""
    yield from started(type(bench), tmp_path / "bench")


@pytest.fixture(scope="module")
def install(
    new_database: Callable[[Path], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Bench], World]]:
    """Makes installations that have read nothing yet."""
    made: list[World] = []
    key = tmp_path_factory.mktemp("key") / "pseudonym.key"

    def make(bench: Bench) -> World:
        folder = tmp_path_factory.mktemp("installed") / uuid.uuid4().hex
        folder.mkdir()
        made.append(World(bench, new_database(folder / "resonanz.db"), folder, key))
        return made[-1]

    yield make
    for world in made:
        world.engine.dispose()
