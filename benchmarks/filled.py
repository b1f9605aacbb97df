"""A store that fills up or becomes read-only under the console: `unshare --mount python -m benchmarks.filled FOLDER`.

Runs where it may mount: the store is a small file system of its own, in a mount namespace that ends with this process. Prints each thing
that was tried as a line of JSON (`Tried`).
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.fake import Fake
from benchmarks.forked import Zygote, fork_for_each_line
from benchmarks.kills import rows
from service.context import Context
from service.models import Organisation, Publication, PublishedValue, Source
from service.settings import Settings

SIZE = "48m"
PLAIN = {
    "full": "resonanz: the disk is full",
    "read-only": "resonanz: data or database can be read but not written",
}
DOCTOR = {"full": "make room", "read-only": "can be read but not written"}
STEPS = (("collecting", ("sync",)), ("measuring and publishing", ("metrics", "compute")))
OWNER = "beispiel"


@dataclass(frozen=True)
class Tried:
    """A command in a store that is `state`: whether it failed in plain words, and whether it went on afterwards."""

    state: str
    step: str
    spare: int
    failed: bool
    plain: bool
    doctor: bool
    recovered: bool
    equal: bool
    told: str


class Installation:
    """One organisation with one source, in a folder; commands of its console run in children of one process."""

    def __init__(self, folder: Path, zygote: Zygote, fake: Fake, output: Path) -> None:
        self.folder, self.zygote, self.output = folder, zygote, output
        self.context = Context(Settings(data=folder))
        token = output.with_name("token")
        token.write_text(fake.token)
        settings = {"url": fake.url, "flavour": "data-center", "token_file": str(token), "observe": "all"}
        with self.context.transaction() as session:
            session.add(Organisation(id=1, key=OWNER, name="Beispiel AG", synthetic=True))
            session.flush()
            made = {"key": "wiki", "connector": "confluence", "settings": settings}
            session.add(Source(organisation_id=1, created=datetime.now(UTC), **made))

    def run(self, *words: str) -> tuple[int, str]:
        """The exit code of a command, and all it said."""
        order = {"words": words, "data": str(self.folder), "output": str(self.output)}
        code = self.zygote.run(json.dumps(order))
        return code, self.output.read_text()

    def stored(self) -> list[Any]:
        """The activities, and what was published of them; without pseudonyms, which each installation has its own of."""
        with self.context.transaction() as session:
            owner = session.scalars(select(Organisation)).one()
            number = session.scalar(select(func.count()).select_from(Publication))
            published = session.execute(
                select(PublishedValue.metric, PublishedValue.scope_key, PublishedValue.window)
            )
            listed = sorted(tuple(map(str, one)) for one in published)
        return [rows(self.context.log(owner), "source, room, kind, object, day"), number, listed]

    def close(self) -> None:
        self.context.engine.dispose()


class Mounted:
    """A small file system in memory. Raises `subprocess.CalledProcessError` where nobody may mount."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._mount("-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder))

    def fill(self, spare: int) -> Path:
        """All but so many bytes."""
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            left = os.statvfs(self.folder)
            file.truncate(0)
            os.posix_fallocate(file.fileno(), 0, max(left.f_bavail * left.f_frsize - spare, 4096))
        return ballast

    def read_only(self, *, on: bool) -> None:
        self._mount("-o", f"remount,{'ro' if on else 'rw'}", str(self.folder))

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)

    @staticmethod
    def _mount(*words: str) -> None:
        subprocess.run(["mount", *words], check=True, capture_output=True)


def tried(folder: Path, spares: tuple[int, ...], contents: int) -> Iterator[Tried]:
    """Each step in a store with so many bytes left, and in one that is read-only; each in an installation of its own."""
    with Zygote(["-m", "benchmarks.filled", "--console"]) as zygote, Fake(contents) as fake:
        calm = Installation(folder / "calm", zygote, fake, folder / "calm.txt")
        for _, words in STEPS:
            code, said = calm.run(*words)
            if code not in (0, 3):
                raise RuntimeError(said)
        expected = calm.stored()
        calm.close()
        for spare in (*spares, None):
            for number in range(len(STEPS)):
                mounted = Mounted(folder / f"{spare}-{number}")
                try:
                    made = Installation(mounted.folder, zygote, fake, folder / "said.txt")
                    yield _tried(made, mounted, spare, number, expected)
                finally:
                    made.close()
                    mounted.close()


def _tried(
    made: Installation, mounted: Mounted, spare: int | None, number: int, expected: list[Any]
) -> Tried:
    """`spare` bytes are left; None: the store is read-only."""
    state, step = "read-only" if spare is None else "full", STEPS[number][0]
    for _, words in STEPS[:number]:
        made.run(*words)
    made.close()  # so that nothing is kept open that should be written
    ballast = None
    if spare is None:
        mounted.read_only(on=True)
    else:
        ballast = mounted.fill(spare)
    code, said = made.run(*STEPS[number][1])
    doctored, doctor = made.run("doctor", "--json")
    made.close()
    if ballast is None:
        mounted.read_only(on=False)
    else:
        ballast.unlink()
    recovered = all(made.run(*words)[0] in (0, 3) for _, words in STEPS[number:])
    plain = "Traceback" not in said and PLAIN[state] in said
    well = doctored == 1 and "Traceback" not in doctor and DOCTOR[state] in doctor
    return Tried(
        state,
        step,
        spare or 0,
        code not in (0, 3),
        plain,
        well,
        recovered,
        made.stored() == expected,
        said[-300:],
    )


def console(line: str) -> None:
    """A command, with all it says in a file."""
    order = json.loads(line)
    file = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ["RESONANZ_DATA"] = order["data"]
    sys.argv = ["resonanz", *order["words"]]
    from service.cli import main

    try:
        main()
    except SystemExit as ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1)


def main(folder: str, contents: int, *spares: int) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for one in tried(Path(place), spares, contents):
            print(json.dumps(asdict(one)), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--console":
        import service.cli  # before the first child
        import service.measure
        import service.publication  # noqa: F401

        fork_for_each_line(console)
    else:
        main(sys.argv[1], *map(int, sys.argv[2:]))
