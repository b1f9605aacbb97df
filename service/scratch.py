"""Where a run puts what does not fit into memory. What it put there is gone when it ends."""

import shutil
import time
from pathlib import Path

from service.settings import Settings

OURS = "resonanz-measure-"
"""How a folder is called that a run makes there."""
LEFT = 86_400.0
"""Seconds after which nobody uses a folder any more: whoever made it was killed."""


def scratch(settings: Settings) -> Path:
    """The directory, made if need be. Folders that somebody left a day ago are removed: they hold activities, if under pseudonyms."""
    place = settings.scratch or settings.data / "scratch"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in place.glob(f"{OURS}*"):
        if time.time() - folder.stat().st_mtime > LEFT:
            shutil.rmtree(folder, ignore_errors=True)
    return place
