"""What an admin says about a Microsoft 365 tenant, checked and completed.

A source is one tenant read by one registered app. `cloud` chooses the sign-in, Graph and audit addresses of a national
cloud; `authority`, `graph_url`, `sharepoint_url`, `management_url` and `engage_url` replace single addresses, so that a gateway or an
emulator can stand in. Plain http:// is accepted on loopback only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import quote, urlsplit

from connectors.errors import Misconfigured
from connectors.identity import identity_pattern
from connectors.microsoft.credentials import Credential, credential, token
from connectors.settings import Setting, ca_file, observe, refuse_unknown, text, whole

STREAMS = (
    "rooms",
    "people",
    "site_pages",
    "page_comments",
    "files",
    "list_items",
    "group_conversations",
    "team_messages",
    "communities",
    "analytics",
    "usage_reports",
)
"""In the order they are read: rooms and people first, so that later pages find them known."""

USER_AGENT = "NONISV|Resonanz|Resonanz/0.1"
"""The form SharePoint asks of apps that are not sold by a vendor; undecorated traffic is throttled first."""

UnitFrom = Literal["department", "officeLocation", "companyName"]
SiteFrom = Literal["officeLocation"]
Identity = Literal["mail", "userPrincipalName", "employeeId", "onPremisesSamAccountName"]
Guests = Literal["count", "skip"]

SETTINGS = {
    "tenant": Setting("id or domain of the tenant, such as contoso.onmicrosoft.com", needed=True),
    "client_id": Setting("application (client) id of the registered app", needed=True),
    "certificate_file": Setting(
        "key and certificate the app proves itself with, PEM or PFX (recommended)", secret=True
    ),
    "passphrase_file": Setting("file that holds the passphrase of `certificate_file`", secret=True),
    "secret_file": Setting(
        "file that holds the app's secret; SharePoint's comments and likes refuse it", secret=True
    ),
    "assertion_file": Setting("file that holds a federated token (workload identity)", secret=True),
    "cloud": Setting("global, us-gov, us-dod or china"),
    "authority": Setting("sign-in address instead of the cloud's"),
    "graph_url": Setting("Graph's address instead of the cloud's"),
    "sharepoint_url": Setting("SharePoint's address; else learned from the root site"),
    "management_url": Setting("address of the Management Activity API instead of the cloud's"),
    "engage_url": Setting("Viva Engage's address"),
    "ca_file": Setting("certificates of the company's authority, PEM"),
    "user_agent": Setting("how requests name themselves"),
    "concurrency": Setting("requests under way at once, 1 to 64; default 8"),
    "sites": Setting("list of ids or addresses: only these sites are read"),
    "teams": Setting("list of ids: of the groups' teams only these are read"),
    "groups": Setting("list of ids: only these groups are read"),
    "unit_from": Setting("attribute that holds the unit: department, officeLocation or companyName"),
    "site_from": Setting("attribute that holds the place of work: officeLocation"),
    "leadership": Setting(
        "list of regular expressions on the job title: the first gives level 1, the second level 2, and so on"
    ),
    "identity": Setting(
        "what is also known on other platforms: mail, userPrincipalName, employeeId or onPremisesSamAccountName"
    ),
    "identity_pattern": Setting("regular expression whose first group is the part of `identity` that counts"),
    "observe": Setting("requests for likes and views in one run, or `all` to look at every content"),
    "service_accounts": Setting("list of patterns of accounts that are no people, such as svc-*"),
    "guests": Setting("`count` or `skip`"),
    "streams": Setting("list of what is read; default everything"),
    "token_file": Setting("file that holds a user's token for posts of Viva Engage", secret=True),
}
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SITE_ID = re.compile(rf"[A-Za-z0-9.:-]+,{_GUID.pattern},{_GUID.pattern}")
_T = TypeVar("_T")


class Cloud(StrEnum):
    GLOBAL = "global"
    US_GOV = "us-gov"
    US_DOD = "us-dod"
    CHINA = "china"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a cloud signs in, and the addresses of its services, which are also the audiences of tokens for them."""

    authority: str
    graph: str
    management: str


CLOUDS = {
    Cloud.GLOBAL: Addresses(
        "https://login.microsoftonline.com", "https://graph.microsoft.com", "https://manage.office.com"
    ),
    Cloud.US_GOV: Addresses(
        "https://login.microsoftonline.us", "https://graph.microsoft.us", "https://manage.office365.us"
    ),
    Cloud.US_DOD: Addresses(
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "https://manage.protection.apps.mil",
    ),
    Cloud.CHINA: Addresses(
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://manage.office365.cn",
    ),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses are origins without a path or final slash. `sharepoint_url` None: learned from the tenant's root site.

    `sites`, `teams` and `groups` restrict what is read; empty: everything the app may list. `sites` holds ids
    (`host,guid,guid`) or addresses; `site_path` turns either into a path. `leadership` are patterns on the job title, matched in memory only:
    the first gives level 1, the second level 2, and so on. `observe` None: the built-in budget of requests for likes and
    views; `OBSERVE_ALL`: every content; otherwise the budget itself. `streams` are those to be read, in order.
    `user_token` is a delegated token for posts of Viva Engage.
    """

    tenant: str
    client_id: str
    credential: Credential = field(repr=False)
    cloud: Cloud = Cloud.GLOBAL
    authority: str = CLOUDS[Cloud.GLOBAL].authority
    graph_url: str = CLOUDS[Cloud.GLOBAL].graph
    sharepoint_url: str | None = None
    management_url: str = CLOUDS[Cloud.GLOBAL].management
    engage_url: str = "https://www.yammer.com"
    ca_file: str | None = None
    user_agent: str = USER_AGENT
    concurrency: int = 8
    sites: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    unit_from: UnitFrom = "department"
    site_from: SiteFrom = "officeLocation"
    leadership: tuple[re.Pattern[str], ...] = ()
    identity: Identity = "mail"
    identity_pattern: re.Pattern[str] | None = None
    observe: int | None = None
    service_accounts: tuple[str, ...] = ()
    guests: Guests = "count"
    streams: tuple[str, ...] = STREAMS
    user_token: str | None = field(default=None, repr=False)

    def leadership_level(self, job_title: str | None) -> int | None:
        """The level of the first pattern that is found in a job title, None without one."""
        if not job_title:
            return None
        return next(
            (level for level, pattern in enumerate(self.leadership, 1) if pattern.search(job_title)), None
        )


def site_path(site: str) -> str:
    """The Graph path of a site given by id or address, such as `/sites/contoso.sharepoint.com:/sites/hr`."""
    if "://" not in site:
        return f"/sites/{quote(site, safe=',:.-')}"
    address = urlsplit(site)
    path = address.path.rstrip("/")
    return f"/sites/{address.hostname}:{quote(path, safe='/%')}" if path else f"/sites/{address.hostname}"


def read(settings: Mapping[str, Any]) -> Settings:
    """Check settings and read the credential. Raises `Misconfigured` with what is wrong and how to mend it."""
    refuse_unknown(settings, SETTINGS)
    cloud = _cloud(settings.get("cloud"))
    addresses = CLOUDS[cloud]
    given_token = settings.get("token_file")
    return Settings(
        tenant=_tenant(settings.get("tenant")),
        client_id=_client_id(settings.get("client_id")),
        credential=credential(settings),
        cloud=cloud,
        authority=_address(settings, "authority") or addresses.authority,
        graph_url=_address(settings, "graph_url") or addresses.graph,
        sharepoint_url=_address(settings, "sharepoint_url"),
        management_url=_address(settings, "management_url") or addresses.management,
        engage_url=_address(settings, "engage_url") or "https://www.yammer.com",
        ca_file=ca_file(settings),
        user_agent=_user_agent(text(settings, "user_agent")),
        concurrency=whole(settings, "concurrency", 8, 1, 64),
        sites=tuple(_site(one) for one in _texts(settings, "sites")),
        teams=_texts(settings, "teams"),
        groups=_texts(settings, "groups"),
        unit_from=_one_of(settings, "unit_from", UnitFrom, "department"),
        site_from=_one_of(settings, "site_from", SiteFrom, "officeLocation"),
        leadership=tuple(_pattern(one) for one in _texts(settings, "leadership")),
        identity=_one_of(settings, "identity", Identity, "mail"),
        identity_pattern=identity_pattern(text(settings, "identity_pattern")),
        observe=observe(settings),
        service_accounts=tuple(one.lower() for one in _texts(settings, "service_accounts")),
        guests=_one_of(settings, "guests", Guests, "count"),
        streams=_streams(_texts(settings, "streams")),
        user_token=token(given_token, "token_file") if given_token else None,
    )


def loopback(url: str) -> bool:
    """Whether an address stays on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _cloud(given: object) -> Cloud:
    try:
        return Cloud(str(given or "global"))
    except ValueError:
        known = ", ".join(cloud.value for cloud in Cloud)
        raise Misconfigured(f"unknown cloud {given!r}; known are: {known}") from None


def _tenant(given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise Misconfigured(
            "the tenant is missing: give `tenant`, its id or domain such as contoso.onmicrosoft.com"
        )
    tenant = given.strip().lower()
    if tenant in ("common", "organizations", "consumers") or not _TENANT.fullmatch(tenant):
        raise Misconfigured(f"{given!r} names no single tenant: give its id or one of its domains")
    return tenant


def _client_id(given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise Misconfigured(
            "the app is missing: give `client_id`, the application (client) id of the registered app"
        )
    if not _GUID.fullmatch(given.strip()):
        raise Misconfigured("`client_id` is the application (client) id of the registered app, a GUID")
    return given.strip().lower()


def _address(settings: Mapping[str, Any], name: str) -> str | None:
    given = text(settings, name)
    if given is None:
        return None
    address = urlsplit(given.strip())
    if address.scheme not in ("http", "https") or not address.hostname:
        raise Misconfigured(f"`{name}` is an address such as https://host, not {given!r}")
    if address.username or address.password:
        raise Misconfigured(f"`{name}` holds a user or password: take it out")
    if address.path.strip("/") or address.query or address.fragment:
        raise Misconfigured(
            f"`{name}` is the address of a host alone, without a path: {address.scheme}://{address.netloc}"
        )
    if address.scheme == "http" and not loopback(given):
        raise Misconfigured(f"`{name}` must begin with https://: http:// would send tokens in clear")
    return f"{address.scheme}://{address.netloc}".lower()


def _user_agent(given: str | None) -> str:
    if given is None:
        return USER_AGENT
    if not given.isascii() or not given.isprintable():
        raise Misconfigured("`user_agent` is plain ASCII text such as NONISV|Company|Resonanz/0.1")
    return given


def _site(given: str) -> str:
    address = urlsplit(given)
    if address.scheme == "https" or (address.scheme == "http" and loopback(given)):
        if address.hostname:
            return f"{address.scheme}://{address.netloc.lower()}{address.path.rstrip('/')}"
    elif _SITE_ID.fullmatch(given):
        return given
    raise Misconfigured(
        f"{given!r} is no site: give its address, https://contoso.sharepoint.com/sites/name, or its id host,guid,guid"
    )


def _streams(given: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(given) - set(STREAMS))
    if unknown:
        raise Misconfigured(f"unknown stream {unknown[0]!r}; known are: {', '.join(STREAMS)}")
    return tuple(stream for stream in STREAMS if stream in given) if given else STREAMS


def _texts(settings: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts; a single text is a list of one, for commas belong to the ids of sites."""
    given = settings.get(name)
    if given is None or given == "":
        return ()
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) and one.strip() for one in given):
        raise Misconfigured(f"`{name}` is a list of texts")
    return tuple(one.strip() for one in given)


def _one_of(settings: Mapping[str, Any], name: str, kind: Any, default: _T) -> _T:
    given = settings.get(name) or default
    if given not in get_args(kind):
        raise Misconfigured(f"`{name}` is one of {', '.join(get_args(kind))}, not {given!r}")
    chosen: _T = given
    return chosen


def _pattern(given: str) -> re.Pattern[str]:
    try:
        return re.compile(given, re.IGNORECASE)
    except re.error as error:
        raise Misconfigured(f"`leadership` is no regular expression: {error}") from None
