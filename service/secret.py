"""Files with a secret: made once, readable by their owner alone."""

import os
import tempfile
from pathlib import Path


def make_once(path: Path, content: str) -> None:
    """Write a new file with mode 0600, and come back when it is on the disk; what another process put there meanwhile stays.

    Raises `OSError` where nothing can be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp opens with mode 0600. A link, unlike a rename, never replaces what another process just created.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        Path(temporary).unlink()
