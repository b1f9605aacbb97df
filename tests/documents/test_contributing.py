"""CONTRIBUTING.md leads where it says: its steps are followed to the letter in a copy, and the tests it names run there."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "CONTRIBUTING.md"
COPIED = ("service", "connectors", "metrics", "alembic", "tests", "docs")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "images", "recorded", "static")
_STEP = re.compile(r"^([^\n]+):\n```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TESTED = re.compile(r"\.venv/bin/pytest ")
WRITTEN = re.compile(r"\.venv/bin/python -m ([\w.]+) > (\S+)$")
FINISHED = """
import contextlib, importlib, json, pathlib, re, runpy, sys

def digest(found):
    reading = importlib.import_module(found[1] + '.reading')
    return reading.read(reading.FOLDER / found[2]).digest

for path in pathlib.Path('service').rglob('changes.toml'):
    path.write_text(re.sub(r'\\{digest of ([\\w.]+) ([\\d.]+)\\}', digest, path.read_text()))
for module, page in json.loads(sys.argv[1]):
    with open(page, 'w') as file, contextlib.redirect_stdout(file):
        runpy.run_module(module, run_name='__main__')
"""


@dataclass(frozen=True)
class Step:
    """A block of the page with the sentence above it."""

    said: str
    text: str

    def do(self, copy: Path) -> None:
        names = re.findall(r"`([^`]+)`", self.said)
        match self.said.split("`")[0].strip():
            case "Run":
                for line in self.text.splitlines():
                    run(line, copy)
            case "New file":
                path = copy / names[0]
                assert not path.exists(), f"{names[0]} is there already"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self.text, encoding="utf-8")
            case "At the end of":
                path = copy / names[0]
                before = path.read_text(encoding="utf-8").rstrip() + "\n\n"
                path.write_text(before + self.text, encoding="utf-8")
            case "In":
                path, line = copy / names[0], names[1]
                lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
                (place,) = [number for number, one in enumerate(lines) if one.strip() == line]
                begins = place if "instead of" in self.said else place + 1
                indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
                lines[begins : place + 1] = [indent + one for one in self.text.splitlines(keepends=True)]
                path.write_text("".join(lines), encoding="utf-8")
            case other:
                raise AssertionError(f"no step is written like {other!r}")


def steps() -> Iterator[Step]:
    for said, _, text in _STEP.findall(PAGE.read_text(encoding="utf-8")):
        yield Step(said, text)


def run(line: str, copy: Path) -> None:
    """A line of a block, in the copy, with this environment in place of `.venv`; what takes long is done together at the end."""
    if line == "make setup":
        # What of it matters here, without building the environment anew: the entry points.
        project = tomllib.loads((copy / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        folder = copy / f"resonanz-{project['version']}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: resonanz\nVersion: {project['version']}\n"
        )
        groups = project["entry-points"] | {"console_scripts": project["scripts"]}
        lines = [
            f"[{group}]\n" + "".join(f"{one} = {to}\n" for one, to in points.items())
            for group, points in groups.items()
        ]
        (folder / "entry_points.txt").write_text("\n".join(lines))
    elif not TESTED.match(line) and not WRITTEN.match(line):
        beside = str(Path(sys.executable).parent)
        told(environment(copy), copy, "sh", "-ec", re.sub(r"(?:\.\./)*\.venv/bin", lambda _: beside, line))


def environment(copy: Path) -> dict[str, str]:
    """The copy goes before the checkout; nothing of the run around it reaches in."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "COV", "PIP_BUILD"))
    }
    return {**kept, "PYTHONPATH": str(copy)}


def told(environment: dict[str, str], copy: Path, *words: str) -> str:
    done = subprocess.run(words, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def finish(copy: Path) -> None:
    """Digests and written pages, in one process of the copy.

    The page can not name digests, which change with every text; a test names the right one, which is taken over here.
    """
    pages = [
        found.groups()
        for step in steps()
        for line in step.text.splitlines()
        if (found := WRITTEN.match(line))
    ]
    told(environment(copy), copy, sys.executable, "-c", FINISHED, json.dumps(pages))


def translate(catalogue: Path) -> None:
    """What a translator does, as far as tests can tell: no text is left empty."""
    with catalogue.open("rb") as file:
        texts = read_po(file, locale="fr")
    for message in texts:
        message.string = message.id if message.pluralizable else message.string or message.id
    with catalogue.open("wb") as file:
        write_po(file, texts)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with everything the page adds."""
    folder = tmp_path_factory.mktemp("contributed")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    for name in ("pyproject.toml", "README.md", "LICENSE", "CONTRIBUTING.md"):
        shutil.copy2(ROOT / name, folder / name)
    for step in steps():
        step.do(folder)
    finish(folder)
    translate(folder / "service/web/locale/fr/LC_MESSAGES/resonanz.po")
    return folder


def test_everything_the_page_names_is_tried() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(list(steps())) == page.count("\n```") // 2 > 20
    assert re.findall("^## (.*)$", page, re.MULTILINE) == [
        "A connector",
        "A metric",
        "An indicator",
        "A measure",
        "A language",
        "A check that takes longer than a test",
        "A mistake that no test notices",
    ]


def test_the_tests_the_page_names_pass_where_it_was_followed(copy: Path) -> None:
    files: dict[str, None] = {}
    chosen: list[str] = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if TESTED.match(line):
            words = shlex.split(line)
            files.update(dict.fromkeys(one for one in words if one.startswith("tests/")))
            chosen.append(words[words.index("-k") + 1] if "-k" in words else Path(words[-1]).name)
    words = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        # The default is shared with the run around this one, which would lose its right to it.
        f"--basetemp={copy.parent / 'work'}",
        *files,
        "-k",
        " or ".join(chosen),
    )
    said = told(environment(copy), copy, *words)
    for new in ("json_feed", "news"):
        assert any(new in one for one in files)
    assert "passed" in said
