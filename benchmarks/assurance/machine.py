"""Where and of what something was measured: this machine, how busy it is, and the version of the program."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Machine:
    """What makes figures of two machines differ. Neither a name nor a path."""

    cores: int
    memory: str
    processor: str
    python: str
    system: str

    def __str__(self) -> str:
        parts = (
            f"{self.cores} cores",
            self.memory,
            self.processor,
            self.python and f"Python {self.python}",
            self.system,
        )
        return ", ".join(filter(None, parts))


def machine() -> Machine:
    """This machine; cores are those this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Machine(cores, f"{memory:.0f} GiB", _processor(), platform.python_version(), _system())


def load() -> float:
    """How many processes wanted to run in the last minute, on average."""
    return round(os.getloadavg()[0], 1)


def commit(root: Path = ROOT) -> str:
    """The version in git, with a + where files were changed since; `unknown` without git or outside a checkout."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    try:
        head, changed = (
            subprocess.run([git, *asked], cwd=root, capture_output=True, text=True, check=True).stdout.strip()
            for asked in (
                ["rev-parse", "--short=10", "HEAD"],
                ["status", "--porcelain", "--", ".", ":!docs/assurance.*"],
            )
        )
    except subprocess.CalledProcessError:
        return "unknown"
    return head + ("+" if changed else "")


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
