"""What an admin says about a Confluence, checked and completed.

Where the REST interface begins. A Cloud address always ends in `/wiki`, whatever the host: `https://acme.atlassian.net`,
`https://acme.atlassian.net/wiki` and any other host with or without `/wiki` lead to the same base. The gateway for scoped
tokens, `https://api.atlassian.com/ex/confluence/{cloudId}/wiki`, has to be given whole: without `/wiki` it would be
a guess which product is meant, so that is refused. A Data Center address is taken as it is, with its context path
(`https://host/confluence`); a page address copied from the browser is cut at the part that belongs to the page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import Misconfigured
from connectors.identity import identity_pattern
from connectors.settings import Setting, ca_file, observe, refuse_unknown, text, whole

SETTINGS = {
    "url": Setting(
        "address of the site: https://acme.atlassian.net/wiki, or https://host/path of an own server",
        needed=True,
    ),
    "flavour": Setting("`cloud` for *.atlassian.net, `data-center` for a server of your own", needed=True),
    "token_file": Setting("file that holds the access token alone", needed=True, secret=True),
    "user": Setting(
        "account the token belongs to, where it is used with basic authentication (Cloud: the mail address)"
    ),
    "concurrency": Setting("requests under way at once, 1 to 64; default 8"),
    "observe": Setting("requests for likes and views in one run, or `all` to look at every content"),
    "history": Setting("whether versions between the first and the last are read; default true"),
    "unit_groups": Setting(
        "regular expression whose first group takes a person's unit from the name of a group"
    ),
    "service_accounts": Setting("list of patterns of accounts that are no people, such as svc-*"),
    "ca_file": Setting("certificates of the company's authority, PEM"),
    "include_personal": Setting("whether personal spaces are read; default false"),
    "identity": Setting(
        "what of an account is also known on other platforms: `username`, `mail` or `account-id`"
    ),
    "identity_pattern": Setting("regular expression whose first group is the part of `identity` that counts"),
    "webhook_secret_file": Setting(
        "file that holds the secret Confluence signs its webhooks with", secret=True
    ),
}
_GATEWAY = "api.atlassian.com"
_PAGE = re.compile(
    r"/(rest|display|spaces|pages|dashboard\.action|index\.action|login\.action|plugins)(/|$).*"
)


class Flavour(StrEnum):
    CLOUD = "cloud"
    DATA_CENTER = "data-center"


class Identity(StrEnum):
    """What of an account is also known on other platforms."""

    USERNAME = "username"
    """Data Center only."""
    MAIL = "mail"
    """Only of those whose address the platform shows to this account."""
    ACCOUNT_ID = "account-id"


@dataclass(frozen=True, slots=True)
class Settings:
    """`base` is where paths such as `rest/api/…` hang on; `token` is never shown or stored.

    `observe` None: the built-in budget of requests for likes and views; `OBSERVE_ALL`: every content; otherwise the budget itself.
    `identity` is compared in memory only. `history` False leaves out the versions between first and last, which cost a request per content with three or more.
    """

    base: str
    flavour: Flavour
    token: str
    user: str | None = None
    concurrency: int = 8
    observe: int | None = None
    history: bool = True
    unit_groups: re.Pattern[str] | None = None
    service_accounts: tuple[str, ...] = ()
    ca_file: str | None = None
    include_personal: bool = False
    identity: Identity | None = None
    identity_pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"Settings(base={self.base!r}, flavour={self.flavour.value!r})"


def read(settings: Mapping[str, Any]) -> Settings:
    """Check settings and read the token. Raises `Misconfigured` with what is wrong and how to mend it."""
    refuse_unknown(settings, SETTINGS)
    flavour = _flavour(settings.get("flavour"))
    user = text(settings, "user")
    text(settings, "webhook_secret_file")  # read by whoever checks the signature
    identity = _identity(text(settings, "identity"), flavour)
    pattern = identity_pattern(text(settings, "identity_pattern"))
    if pattern is not None and identity is None:
        raise Misconfigured(
            "`identity_pattern` says what part counts: give also `identity`, of what it is a part"
        )
    return Settings(
        base=_base(settings.get("url"), flavour),
        flavour=flavour,
        token=_token(settings.get("token_file")),
        user=user,
        concurrency=whole(settings, "concurrency", 8, 1, 64),
        observe=observe(settings),
        history=_switch(settings, "history", True),
        unit_groups=_pattern(text(settings, "unit_groups")),
        service_accounts=_patterns(settings.get("service_accounts")),
        ca_file=ca_file(settings),
        include_personal=_switch(settings, "include_personal", False),
        identity=identity,
        identity_pattern=pattern,
    )


def _flavour(given: object) -> Flavour:
    try:
        return Flavour(str(given))
    except ValueError:
        raise Misconfigured(
            f"unknown `flavour` {given!r}: give `cloud` for *.atlassian.net, `data-center` for a server of your own"
        ) from None


def _identity(given: str | None, flavour: Flavour) -> Identity | None:
    if given is None:
        return None
    try:
        identity = Identity(given)
    except ValueError:
        raise Misconfigured(f"`identity` is one of {', '.join(Identity)}, not {given!r}") from None
    if identity is Identity.USERNAME and flavour is Flavour.CLOUD:
        raise Misconfigured("Confluence Cloud has no user names: give `identity` as mail or account-id")
    return identity


def _base(given: object, flavour: Flavour) -> str:
    if not isinstance(given, str) or not given.strip():
        raise Misconfigured("the address is missing: give `url`, such as https://acme.atlassian.net/wiki")
    address = urlsplit(given.strip())
    if address.scheme not in ("http", "https"):
        raise Misconfigured(
            f"the address must begin with https:// (or http://), not {address.scheme or 'nothing'!r}"
        )
    if not address.hostname:
        raise Misconfigured("the address names no host; give it as https://host/path")
    if address.username or address.password:
        raise Misconfigured("the address holds a user or password: take it out and use `token_file`")
    if address.scheme == "http" and address.hostname.endswith((".atlassian.net", _GATEWAY)):
        raise Misconfigured(
            "Confluence Cloud is reached by https:// only; http:// would send the token in clear"
        )
    path = _PAGE.sub("", address.path).rstrip("/")
    if flavour is Flavour.CLOUD:
        path = _cloud_path(address.hostname, path)
    elif address.hostname == _GATEWAY or address.hostname.endswith(".atlassian.net"):
        raise Misconfigured("this is an address of Confluence Cloud: give the flavour `cloud`")
    return f"{address.scheme}://{address.netloc}{path}"


def _cloud_path(host: str, path: str) -> str:
    if host == _GATEWAY or path.startswith("/ex/confluence/"):
        if not re.fullmatch(r"/ex/confluence/[^/]+/wiki", path):
            raise Misconfigured(
                "the address of a scoped token is https://api.atlassian.com/ex/confluence/{cloudId}/wiki, with /wiki at the end"
            )
        return path
    return path if path.endswith("/wiki") else f"{path}/wiki"


def _token(given: object) -> str:
    if not isinstance(given, str | Path) or not str(given):
        raise Misconfigured(
            "the token file is missing: give `token_file`, the path of a file that holds the token only"
        )
    try:
        token = Path(given).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise Misconfigured(
            f"there is no token file {given}: put the token into it, readable by this service only"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"the token file {given} cannot be read ({type(error).__name__})") from None
    if not token:
        raise Misconfigured(f"the token file {given} is empty: put the token into it")
    if len(token.split()) > 1 or not token.isascii():
        raise Misconfigured(
            f"the token file {given} must hold the token alone, without spaces or further lines"
        )
    return token


def _switch(settings: Mapping[str, Any], name: str, default: bool) -> bool:
    given = settings.get(name, default)
    if not isinstance(given, bool):
        raise Misconfigured(f"`{name}` is true or false, not {given!r}")
    return given


def _pattern(given: str | None) -> re.Pattern[str] | None:
    if given is None:
        return None
    try:
        pattern = re.compile(given)
    except re.error as error:
        raise Misconfigured(f"`unit_groups` is no regular expression: {error}") from None
    if pattern.groups < 1:
        raise Misconfigured(
            "`unit_groups` needs one group in brackets that gives the unit, such as ^dept-(.+)$"
        )
    return pattern


def _patterns(given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    if (
        isinstance(given, str)
        or not isinstance(given, list | tuple)
        or not all(isinstance(one, str) for one in given)
    ):
        raise Misconfigured("`service_accounts` is a list of patterns such as svc-* or *-bot")
    return tuple(one.lower() for one in given)
