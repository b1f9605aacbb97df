"""Whether a tenant can be read: what the app may do, every kind of request once, and what is missing for which activity."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from connectors.base import Check, Finding
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    NotThere,
    SourceBusy,
    SourceUnreachable,
)
from connectors.microsoft.credentials import Certificate, Secret
from connectors.microsoft.probes import (
    ALL_SITES,
    CHOSEN_SITE,
    COMMUNITY_POSTS,
    CONCEALED,
    NEEDS_CERTIFICATE,
    PROBES,
    REPORT_SETTINGS,
    USERS_ONLY,
    Probe,
)
from connectors.microsoft.settings import Settings, site_path
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

SOON = timedelta(days=30)
"""A certificate that ends within this time is worth a word."""
_USER = "give `token_file`, the token of a user who may see the communities, if the agreement allows it"
_SERVICES = {
    Resource.GRAPH: "Microsoft Graph",
    Resource.SHAREPOINT: "SharePoint",
    Resource.MANAGEMENT: "Office 365 Management APIs",
}
_WRITES = ("Write", "FullControl", "Manage", "Send", "Create", "Delete", "Update")


def check(source: Source, expected_rooms: int | None) -> Check:
    certificate = list(_certificate(source))
    try:
        roles = {Resource.GRAPH: source.transport.tokens.roles(Resource.GRAPH)}
    except ConnectorError as error:
        return Check((*certificate, sign_in(error)), None, expected_rooms)
    findings = [*certificate, Finding("sign-in", True, "the app is known and accepted")]
    known: dict[str, str] = {}
    visible = None
    try:
        directory = source.directory()
    except ConnectorError as error:
        findings.append(Finding("visible rooms", False, str(error), remedy=_remedy(error)))
    else:
        visible = len(directory.rooms)
        findings.append(_rooms(visible, expected_rooms))
        known = _samples(source)
    secret = isinstance(source.settings.credential, Secret)
    for probe in _probes(source.settings):
        if probe is COMMUNITY_POSTS and source.settings.user_token is None:
            findings.append(Finding(probe.subject, True, USERS_ONLY, probe.kinds, _USER))
            continue
        if probe.roles and probe.resource not in roles:
            roles[probe.resource] = frozenset() if secret else _roles(source, probe.resource)
        if probe.resource is Resource.SHAREPOINT and secret:
            finding = Finding(
                probe.subject, False, "not possible with a secret", probe.kinds, NEEDS_CERTIFICATE
            )
        else:
            finding = _tried(probe, source, roles.get(probe.resource, frozenset()), known)
        findings.append(finding)
    findings += _excess(roles, source.settings)
    return Check(tuple(findings), visible, expected_rooms)


def _probes(settings: Settings) -> Iterator[Probe]:
    """Those of the streams that are to be read; each tells the least permission that is enough with these settings."""
    for probe in (CHOSEN_SITE if settings.sites else ALL_SITES, *PROBES, COMMUNITY_POSTS, REPORT_SETTINGS):
        if not set(probe.streams) & set(settings.streams):
            continue
        if settings.sites and "Sites.Selected" in probe.roles:
            rest = tuple(role for role in probe.roles if role != "Sites.Selected")
            yield replace(probe, roles=("Sites.Selected", *rest))
        else:
            yield probe


def _samples(source: Source) -> dict[str, str]:
    """A group, a team and a site of those that are visible, to try the rest on."""
    directory = source.directory()
    known: dict[str, str] = {}
    if source.settings.sites:
        known["chosen"] = site_path(source.settings.sites[0])
    for group in directory.groups.values():
        known.setdefault("group", group.id)
        if group.team:
            known.setdefault("team", group.id)
    for site in directory.sites.values():
        known.setdefault("site", site.id)
        known.setdefault("url", site.url)
    return known


def _roles(source: Source, resource: Resource) -> frozenset[str]:
    try:
        return source.transport.tokens.roles(resource)
    except ConnectorError:
        # The request that follows tells why.
        return frozenset()


def _certificate(source: Source) -> Iterator[Finding]:
    credential = source.settings.credential
    if not isinstance(credential, Certificate):
        return
    left = credential.ends - source.now()
    day = credential.ends.date().isoformat()
    remedy = "register a new certificate with the app beside the old one, then change `certificate_file`"
    if left <= timedelta(0):
        yield Finding("certificate", False, f"has expired on {day}", remedy=remedy)
    elif left <= SOON:
        yield Finding("certificate", True, f"expires on {day}, in {left.days} days", remedy=remedy)
    else:
        yield Finding("certificate", True, f"expires on {day}")


def sign_in(error: ConnectorError) -> Finding:
    """That the app can not sign in, and what to do."""
    return Finding("sign-in", False, str(error), remedy=_remedy(error))


def _rooms(visible: int, expected: int | None) -> Finding:
    if not visible:
        return Finding(
            "visible rooms",
            False,
            "the platform answers, but the app sees no room at all",
            remedy="grant the permissions that are missing below, or name the sites it may read by `sites`",
        )
    if expected is None:
        detail = f"{visible} rooms are visible; compare this with the number you know"
        return Finding("visible rooms", True, detail)
    detail = f"{visible} rooms are visible, {expected} are expected"
    if visible >= expected:
        return Finding("visible rooms", True, detail)
    return Finding(
        "visible rooms",
        False,
        detail,
        remedy="give the app access to the missing sites and groups, or correct the expected number",
    )


def _tried(probe: Probe, source: Source, roles: frozenset[str], known: dict[str, str]) -> Finding:
    granted = not probe.roles or bool(roles.intersection(probe.roles))
    try:
        ask = _request(probe, source, known)
    except KeyError:
        if granted:
            detail = "not tried: there is nothing yet to try it on"
            return Finding(probe.subject, True, detail, probe.kinds)
        return Finding(probe.subject, False, "the permission is missing", probe.kinds, _grant(probe))
    try:
        answer = ask()
    except ConnectorError as error:
        finding = _refused(probe, error, granted=granted)
        unlisted = probe is ALL_SITES and isinstance(error, AccessDenied) and "Sites.Selected" in roles
        return replace(finding, remedy=probe.extra) if unlisted else finding
    if probe.finds:
        known |= probe.finds(answer)
    if probe is REPORT_SETTINGS and _concealed(answer):
        return Finding(probe.subject, False, "concealed", probe.kinds, CONCEALED)
    return Finding(probe.subject, True, "answers", probe.kinds)


def _request(probe: Probe, source: Source, known: dict[str, str]) -> Callable[[], Any]:
    """Raises `KeyError` where nothing is known to ask for."""
    transport = source.transport
    if probe.report:
        return lambda: next(transport.csv(probe.path), None)
    path = probe.path.format(**{name: _escaped(name, value) for name, value in known.items()})
    return lambda: transport.get(probe.resource, path, probe.params, probe.headers)


def _escaped(name: str, value: str) -> str:
    return value if name in ("url", "chosen") else quote(value, safe=",:@!")


def _concealed(answer: Any) -> bool:
    settings = answer.get("value", answer)
    return isinstance(settings, dict) and settings.get("displayConcealedNames") is True


def _refused(probe: Probe, error: ConnectorError, *, granted: bool) -> Finding:
    """What was answered, and what to do; the message of the error names no more than path and status."""
    if not isinstance(error, AccessDenied | NotThere):
        return Finding(probe.subject, False, str(error), probe.kinds, _remedy(error))
    if granted:
        detail = f"the permission is granted, and yet: {error}" if probe.roles else str(error)
        return Finding(probe.subject, False, detail, probe.kinds, probe.extra)
    return Finding(probe.subject, False, f"the permission is missing: {error}", probe.kinds, _grant(probe))


def _grant(probe: Probe) -> str:
    """The least that is enough; the alternatives are not named, since each of them reads more."""
    streams = " and ".join(probe.streams) if len(probe.streams) < 3 else "what needs it"
    return (
        f"grant {probe.roles[0]}, an application permission of {_SERVICES[probe.resource]}, with admin consent, "
        f"or leave {streams} out of `streams`"
    )


def _excess(roles: dict[Resource, frozenset[str]], settings: Settings) -> Iterator[Finding]:
    for resource, granted in roles.items():
        service = _SERVICES[resource]
        writing = sorted(role for role in granted if any(word in role for word in _WRITES))
        if writing:
            yield Finding(
                "more than needed",
                True,
                f"the app may change things in {service}: {', '.join(writing)}",
                remedy="take these permissions away; nothing is ever written",
            )
        if settings.sites and "Sites.Read.All" in granted:
            yield Finding(
                "more than needed",
                True,
                f"the app may read every site in {service}, though {len(settings.sites)} are chosen",
                remedy="grant Sites.Selected with the role `read` on the chosen sites, and take Sites.Read.All away",
            )


_REMEDIES: tuple[tuple[type[ConnectorError], str], ...] = (
    (
        AccessDenied,
        "see that the app is enabled, has admin consent, and is not blocked by conditional access",
    ),
    (Misconfigured, "correct the settings of this source"),
    (NotThere, "check the addresses and the ids in the settings"),
    (BadAnswer, "check the addresses, and the proxy between here and Microsoft"),
    (SourceBusy, "try again later: the platform asks for a pause"),
    (SourceUnreachable, "check that Microsoft can be reached from here, and the proxy in between"),
)


def _remedy(error: ConnectorError) -> str:
    return next((remedy for kind, remedy in _REMEDIES if isinstance(error, kind)), "try again")
