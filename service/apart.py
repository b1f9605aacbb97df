"""Work in a process of its own, which ends with it: the libraries it brings and the memory it takes are given back."""

import pickle
import subprocess
import sys
from importlib import import_module
from typing import Any


def apart(work: str, *given: Any) -> Any:
    """What the function `work` ("module:name") returns for what is given. All of that can be pickled.

    Raises what the function raises, and `RuntimeError` if the process could not tell how it went.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "service.apart"],
        input=pickle.dumps((work, given)),
        stdout=subprocess.PIPE,
        check=False,
        start_new_session=True,  # the terminal's Ctrl-C is for the service
    )
    if ended.returncode:
        raise RuntimeError(f"the process of {work} ended with {ended.returncode}")
    well, found = pickle.loads(ended.stdout)  # noqa: S301 (written below)
    if not well:
        raise found
    return found


def main() -> None:
    """The other process: reads from its input what to do, and writes what came of it to its output."""
    answer, sys.stdout = sys.stdout.buffer, sys.stderr  # whatever else is printed is no part of the answer
    work, given = pickle.load(sys.stdin.buffer)  # noqa: S301 (written above)
    module, _, name = work.partition(":")
    try:
        told = pickle.dumps((True, getattr(import_module(module), name)(*given)))
    except Exception as error:
        told = pickle.dumps((False, error))
    answer.write(told)
    answer.flush()


if __name__ == "__main__":
    main()
