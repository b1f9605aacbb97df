"""The commands that README and docs show: found in their blocks and in their sentences."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
SKETCH = "…"
"""A command with an ellipsis shows a form only."""
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(resonanz [^`\n]+)`")


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it, without its comment."""

    page: str
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text, comments=True)

    @property
    def sketch(self) -> bool:
        return SKETCH in self.text


def in_blocks(page: Path) -> Iterator[Shown]:
    """The lines of a page's blocks that begin with `resonanz`, in order; continued lines are one."""
    for found, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if found in ("", "sh", "bash", "console"):
            for line in re.sub(r"\\\n\s*", "", block).splitlines():
                if line.strip().startswith("resonanz "):
                    yield Shown(page.name, " ".join(_uncommented(line.strip())))


def in_sentences(page: Path) -> Iterator[Shown]:
    """The commands that a page names in its text and tables; `a|b` stands for several."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for found in _INLINE.findall(text):
        for one in re.split(r" && ", found.replace("\\|", "|")):
            yield from (Shown(page.name, words) for words in _alternatives(one))


def _uncommented(line: str) -> list[str]:
    return [shlex.quote(word) if " " in word else word for word in shlex.split(line, comments=True)]


def _alternatives(text: str) -> list[str]:
    words = text.split()
    for number, word in enumerate(words):
        if "|" in word and not word.startswith("["):
            return [
                every
                for one in word.split("|")
                for every in _alternatives(" ".join([*words[:number], one, *words[number + 1 :]]))
            ]
    return [text]


@pytest.fixture(scope="session")
def blocks() -> dict[str, list[Any]]:
    """By the name of the page, what its blocks show."""
    return {page.name: list(in_blocks(page)) for page in PAGES}


@pytest.fixture(scope="session")
def named() -> list[Any]:
    """All that blocks and sentences show."""
    return [one for page in PAGES for one in (*in_blocks(page), *in_sentences(page))]
