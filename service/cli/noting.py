"""Every command that changes something is noted in the audit log: when it begins, and how it ended.

What can not be noted is not begun. A command is noted unless it is listed here with the reason why not, so a new one is noted without
anybody thinking of it. Of its arguments only those are kept that can not be about a person.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import wraps
from inspect import signature
from typing import Any

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

CHANGES_NOTHING = "changes nothing"
OWN_ENTRY = "is noted with what it changes, in the same transaction"
FILES_ONLY = "works on files of its holder, on a machine without this database"
NOT_NOTED: Mapping[str, str] = {
    "demo": "fills a synthetic installation of its own",
    "serve": "changes nothing itself; what is asked is noted",
    "migrate": "makes the audit log itself",
    "restore": OWN_ENTRY,
    "backup": OWN_ENTRY,
    "assess": OWN_ENTRY,
    **dict.fromkeys(
        (
            "doctor",
            "source preview",
            "source list",
            "source check",
            "organisation show",
            "organisation compare",
            "benchmark list",
            "comparison show",
            "organisation calendar show",
            "room list",
            "metrics list",
            "activity counts",
            "activity edges",
            "survey status",
            "survey results",
            "survey reminder",
            "survey questions",
            "evidence list",
            "privacy agreement show",
            "privacy agreement diff",
            "privacy agreement export",
            "privacy dry-run",
            "report concept",
            "privacy key list",
            "privacy person verify",
            "privacy person opted-out",
            "privacy epoch list",
            "admin list",
            "token list",
            "embed list",
            "job list",
            "job show",
            "schedule list",
            "audit verify",
            "audit list",
            "bi sql",
            "bi readers",
        ),
        CHANGES_NOTHING,
    ),
    **dict.fromkeys(
        (
            "survey create",
            "survey invite",
            "survey withdraw",
            "survey open",
            "survey reopen",
            "survey close",
            "survey group add",
            "organisation profile",
            "benchmark export",
            "benchmark import",
            "benchmark remove",
            "comparison draw",
            "evidence record",
            "evidence rate",
            "evidence remove",
            "privacy stop",
            "privacy resume",
            "privacy agreement draft",
            "privacy agreement receive",
            "privacy agreement sign",
            "privacy agreement activate",
            "privacy key register",
            "privacy person erase",
            "privacy person opt-out",
            "privacy person opt-in",
            "privacy epoch begin",
            "privacy epoch destroy",
            "admin create",
            "admin link",
            "admin role",
            "admin disable",
            "token create",
            "token revoke",
            "embed add",
            "embed revoke",
        ),
        OWN_ENTRY,
    ),
    **dict.fromkeys(("privacy agreement verify", "privacy key create"), FILES_ONLY),
}
"""Commands without a further entry, each with the reason."""
KEPT = frozenset(
    {
        "key",
        "connector_name",
        "platform",
        "about",
        "organisation",
        "owner",
        "hinted",
        "full",
        "engine",
        "expected_rooms",
    }
    | {
        "day",
        "kind",
        "purpose",
        "excluded",
        "region",
        "week",
        "opens",
        "closes",
        "first",
        "last",
        "workforce",
        "leaders",
    }
    | {"when", "zone", "number"}
    | {"activities", "people", "measurements", "dry_run", "time_zone", "locale"}
)
"""Arguments that are noted: keys the admin chose, dates, numbers and choices. Never names, titles, addresses or files."""
LONGEST = 100


def commands(app: typer.Typer, before: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """All commands as they are typed, with what typer knows of each."""
    for command in app.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "").replace("_", "-")
        yield " ".join((*before, name)), command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from commands(group.typer_instance, (*before, str(group.name)))


def note_all(app: typer.Typer) -> None:
    """Have every command noted that is not listed in `NOT_NOTED`; once, when the console is put together."""
    for name, command in commands(app):
        if name not in NOT_NOTED:
            command.callback = noted(name, command.callback)


def noted(name: str, command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, with an entry before it begins and one when it has ended."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        given = signature(command).bind(*args, **kwargs).arguments
        facts = {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in given.items()
            if key in KEPT and isinstance(value, str | int | date) and len(str(value)) <= LONGEST
        }
        organisation = note(name, {"state": "begun", **facts})
        state = "failed"
        try:
            result = command(*args, **kwargs)
            state = "done"
        except typer.Exit as ended:
            state = "done" if ended.exit_code == 0 else f"ended with {ended.exit_code}"
            raise
        finally:
            note(name, {"state": state, **facts}, organisation)
        return result

    return run


def note(name: str, facts: Mapping[str, Any], organisation: str | None = None) -> str | None:
    """One entry; returns the key of the organisation it concerns."""
    from service.context import opened
    from service.security import audit
    from service.security.actor import CONSOLE

    with opened() as context, context.transaction() as session:
        concerned = facts["key"] if name == "organisation set" else concerns(session, facts) or organisation
        audit.append(session, CONSOLE, name, facts, concerned)
    return concerned


def concerns(session: Session, facts: Mapping[str, Any]) -> str | None:
    """The key of the organisation that is named, or that the named source belongs to, or of the only one there is."""
    from service.models import Organisation, Source

    named = facts.get("organisation") or facts.get("owner")
    keys = select(Organisation.key).order_by(Organisation.id).limit(2)
    found = session.scalars(keys.where(Organisation.key == named) if named else keys).all()
    if len(found) == 1:
        return found[0]
    of_source = select(Organisation.key).join(Source).where(Source.key == facts.get("key"))
    return session.scalars(of_source).one_or_none()
