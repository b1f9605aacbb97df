"""Does a job in a process of its own.

Pages stay quick whatever is computed, the memory is given back afterwards, a crash ends one job and not the service, and a job whose lease is
lost can be ended for good. The job's process ends by itself when the one that holds the lease is gone: its standard input ends then.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from threading import Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.jobs.leases import DIED, Claim, Leases
from service.jobs.worker import Held
from service.settings import Settings

GRACE = 7.0
"""Seconds a job has for ending at a page's boundary before its process is ended."""
PAUSE = 0.1
UNTOLD = 75
"""Exit code of a job that could not tell how it ended (`EX_TEMPFAIL` of sysexits.h)."""
PAUSED = 20.0
"""Seconds until such a job is tried again."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Processes:
    """A `service.jobs.worker.Doer`."""

    settings: Settings
    leases: Leases

    def __call__(self, claim: Claim, held: Held) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.jobs.process"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # the terminal's Ctrl-C is for the service, which ends its jobs in good order
        )
        try:
            order = {
                "claim": asdict(claim),
                "lease": self.leases.lease.total_seconds(),
                "settings": _told(self.settings),
            }
            os.write(process.stdin.fileno(), json.dumps(order).encode() + b"\n")  # type: ignore[union-attr]
            code = _ended(process, held)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdin.close()  # type: ignore[union-attr]
        if held.stopping.is_set() and code != 0:
            self.leases.release(claim)
        elif code == UNTOLD:
            self._release(claim)
        elif code != 0 and self.leases.fail(claim, DIED) is not None:
            log.warning("job's process died", job=claim.id, kind=claim.kind, trace=claim.trace, code=code)

    def _release(self, claim: Claim) -> None:
        """Once the database takes it; else the lease runs out."""
        with suppress(SQLAlchemyError):
            self.leases.release(claim, PAUSED)


def _told(settings: Settings) -> dict[str, object]:
    """What a job needs of the settings; the rest it reads from the environment as everybody does."""
    return settings.model_dump(
        mode="json",
        include={
            "data", "database", "database_password_file", "log", "key_file", "engine", "spark_reads", "compute_memory", "scratch",
            "public_url",
            "minimum_group", "survey_minimum_group", "allowed_hosts", "backups", "backups_kept",
        },
    )  # fmt: skip


def _ended(process: subprocess.Popen[bytes], held: Held) -> int:
    told: float | None = None
    while (code := process.poll()) is None:
        if held.lost.is_set():
            process.kill()
        elif held.stopping.is_set() and told is None:
            process.terminate()
            told = time.monotonic()
        elif told is not None and time.monotonic() - told > GRACE:
            process.kill()
        if told is None:
            held.stopping.wait(PAUSE)
        else:
            time.sleep(PAUSE)
    return code


def main() -> int:
    """The job's process."""
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    order = json.loads(_line())
    Thread(target=_end_with_parent, daemon=True).start()
    from datetime import timedelta

    from service.context import Context
    from service.jobs.kinds import Run
    from service.jobs.perform import perform
    from service.trouble import trouble

    context = Context(Settings(**order["settings"]))
    try:
        leases = Leases(context.engine, timedelta(seconds=order["lease"]))
        perform(Run(context, leases, Claim(**order["claim"]), stopping))
    except Exception as error:
        # How the job ended could not even be noted: its lease runs out, and it is done again.
        found = trouble(error)
        if found is None:
            raise
        log.warning("store trouble", job=order["claim"]["id"], kind=found.slug)
        return UNTOLD
    finally:
        context.engine.dispose()
    return 0


def _line() -> bytes:
    """The first line of standard input, read without a buffer: a thread may wait on one when the interpreter ends."""
    read = b""
    while not read.endswith(b"\n"):
        some = os.read(0, 65536)
        if not some:
            os._exit(1)
        read += some
    return read


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
