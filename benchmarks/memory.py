"""The peak memory of this process. Uses the standard library only, since perceval's environment holds nothing else."""

import resource
import sys
from pathlib import Path


def peak_mb() -> float:
    """Peak resident memory in MB (10^6 bytes).

    On Linux from /proc: there `ru_maxrss` would begin with the memory of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
