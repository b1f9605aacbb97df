"""Every command and every option that README and docs name is there."""

import shlex
from collections.abc import Iterator
from typing import Any

import typer.main

from service.cli import app

CONSOLE: Any = typer.main.get_command(app)


def problems(text: str) -> Iterator[str]:
    """What the console would not understand in a command, as far as its names go."""
    try:
        words = shlex.split(text.replace("…", ""), comments=True)[1:]
    except ValueError as error:
        yield str(error)
        return
    command: Any = CONSOLE
    while hasattr(command, "commands") and words and words[0].strip("[]") and not words[0].startswith("-"):
        name = words.pop(0)
        if name not in command.commands:
            yield f"no command {name!r} in {command.name!r}"
            return
        command = command.commands[name]
    known = {name for given in command.params for name in (*given.opts, *given.secondary_opts)}
    known |= {"--help", "--version"}
    for word in words:
        option = word.strip("[]").partition("=")[0]
        if option.startswith("--") and option not in known:
            yield f"no option {option} of {command.name!r}"


def test_every_command_of_readme_and_docs_is_one_the_console_knows(named: list[Any]) -> None:
    assert len(named) > 100
    found = [f"{one.page}: {one.text}: {what}" for one in named for what in problems(one.text)]
    assert found == []


def test_what_is_not_there_is_found() -> None:
    assert list(problems("resonanz source ad wiki")) == ["no command 'ad' in 'source'"]
    assert list(problems("resonanz source add confluence --ulr x")) == ["no option --ulr of 'add'"]
    assert list(problems("resonanz source add confluence --url https://x --token-file t  # fine")) == []


def test_all_commands_are_described_in_operation(named: list[Any]) -> None:
    """Each command of the first level is named on the page for the admin."""
    told = {one.words[1] for one in named if one.page == "operation.md" and len(one.words) > 1}
    assert CONSOLE.commands.keys() - told == set()
