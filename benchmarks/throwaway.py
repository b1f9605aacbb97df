"""Programs to compare with, each in an environment of its own that is made on first use and thrown away with `build`."""

import subprocess
import sys
from pathlib import Path


def environment(package: str, folder: Path) -> Path:
    """The Python of an environment with that package, made on first use. Raises `CalledProcessError` where it cannot be installed."""
    python = folder.absolute() / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"Installing {package} into {folder} (once) …")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", package], check=True
        )
        (folder / "ready").touch()
    return python
