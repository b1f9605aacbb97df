"""Whether a Confluence can be read: every kind of request once, what it answers, and what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from connectors.activity import Kind
from connectors.base import Check, Finding
from connectors.confluence.answers import results
from connectors.confluence.directory import Directory
from connectors.confluence.platform import Space
from connectors.confluence.probes import Probe
from connectors.confluence.source import Source
from connectors.confluence.transport import Transport
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    NotThere,
    SourceBusy,
    SourceUnreachable,
)

_MISSING_USER = (
    "on the address of the site a token needs its `user` (the mail address of its owner); a scoped token goes to "
    "https://api.atlassian.com/ex/confluence/{cloudId}/wiki"
)


def check(source: Source, expected_rooms: int | None) -> Check:
    directory = source.directory
    try:
        rooms = directory.rooms()
    except ConnectorError as error:
        finding = _refused("rooms", error, (), None)
        settings = source.settings
        if isinstance(error, AccessDenied) and ".atlassian.net" in settings.base and settings.user is None:
            # Only the gateway takes a token alone.
            finding = replace(finding, remedy=_MISSING_USER)
        return Check((finding,), None, expected_rooms)
    findings = [*_rooms(rooms, directory, expected_rooms)]
    known: dict[str, str] = {}
    if rooms:
        space = next(iter(rooms.values()))
        known = {"space": space.id, "key": space.key}
    findings += [_probe(probe, source.transport, known) for probe in source.platform.probes()]
    return Check(tuple(findings), len(rooms), expected_rooms)


def _rooms(rooms: Mapping[str, Space], directory: Directory, expected: int | None) -> Iterator[Finding]:
    personal = len(directory.spaces()) - len(rooms)
    seen = f"{len(rooms)} rooms are visible" + (f", besides {personal} personal spaces" if personal else "")
    if not rooms:
        yield Finding(
            "visible rooms",
            False,
            "the platform answers, but the account sees no room at all",
            remedy="this is how missing permissions look: give the account the right to view the spaces",
        )
    elif expected is None:
        yield Finding("visible rooms", True, f"{seen}; compare this with the number you know")
    elif len(rooms) < expected:
        yield Finding(
            "visible rooms",
            False,
            f"{seen}, {expected} are expected",
            remedy="give the account the right to view the missing spaces, or correct the expected number",
        )
    else:
        yield Finding("visible rooms", True, f"{seen}, {expected} are expected")


def _probe(probe: Probe, transport: Transport, known: dict[str, str]) -> Finding:
    kinds = probe.kinds
    try:
        path = probe.path.format(**known)
        params = {name: value.format(**known) for name, value in probe.params.items()}
    except KeyError:
        return Finding(probe.subject, True, "not tried: there is nothing yet to try it on", kinds)
    try:
        answer = transport.get(path, params)
    except ConnectorError as error:
        return _refused(probe.subject, error, kinds, probe.remedy)
    if probe.item:
        known |= _first(answer, path, probe.item)
    return Finding(probe.subject, True, "answers", kinds)


def _first(answer: Any, path: str, item: str) -> dict[str, str]:
    try:
        found = results(answer, path)
    except BadAnswer:
        return {}
    first = found[0].get("content", found[0]) if found else {}
    return {item: str(first["id"])} if "id" in first else {}


def _refused(subject: str, error: ConnectorError, kinds: tuple[Kind, ...], remedy: str | None) -> Finding:
    """What was answered, and what to do; the message of the error names no more than path and status."""
    if remedy is None or isinstance(error, Misconfigured | BadAnswer | SourceUnreachable | SourceBusy):
        remedy = _remedy(error)
    return Finding(subject, False, str(error), kinds, remedy)


def _remedy(error: ConnectorError) -> str:
    match error:
        case AccessDenied():
            return "make a new token, and check that it belongs to this site and has not expired"
        case NotThere():
            return "check the address: for Data Center it ends in the context path, for Cloud in /wiki"
        case Misconfigured():
            return "correct the settings of this source"
        case BadAnswer():
            return "check the address, and let this account pass the single sign-on or the proxy"
        case SourceBusy(seconds=seconds):
            return f"try again in {seconds:.0f} seconds, or have the account exempted from the rate limit"
    return "check that the server can be reached from here and is running"
