"""What the check asks: one request for each kind of endpoint, the permissions it needs, and what to do when it is refused.

Permissions are application permissions as a token's `roles` name them, the least first; any one of them is enough. They are those of
Microsoft's permissions reference (https://learn.microsoft.com/graph/permissions-reference).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.activity import Kind
from connectors.microsoft.tokens import Resource

_SITES = (
    "Sites.Read.All",
    "Sites.Selected",
    "Sites.ReadWrite.All",
    "Sites.Manage.All",
    "Sites.FullControl.All",
)
_FILES = ("Files.Read.All", "Files.ReadWrite.All", *_SITES)
_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
_GROUP = ("Group.Read.All", "Group.ReadWrite.All")
_MEMBERS = ("GroupMember.Read.All", "GroupMember.ReadWrite.All", *_GROUP, *_DIRECTORY)

_SITE_STREAMS = ("site_pages", "page_comments", "files", "list_items", "analytics")
_GROUP_STREAMS = ("rooms", "group_conversations", "team_messages", "communities")
_JOINING = (Kind.JOIN, Kind.LEAVE)
_WRITING = (Kind.CREATE, Kind.EDIT, Kind.DELETE)


@dataclass(frozen=True, slots=True)
class Probe:
    """`path` and `params` may name what earlier probes found, such as {site}; `finds` takes it from the answer.

    Without `roles` no permission of the app is asked for. `extra` is what is worth knowing where the permission is there and the platform refuses all the same.
    """

    subject: str
    streams: tuple[str, ...]
    roles: tuple[str, ...]
    kinds: tuple[Kind, ...]
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    resource: Resource = Resource.GRAPH
    headers: Mapping[str, str] = field(default_factory=dict)
    finds: Callable[[Any], dict[str, str]] | None = None
    extra: str = "an administrator has to consent to the permission"
    report: bool = False


def _named(name: str) -> Callable[[Any], dict[str, str]]:
    """The id of an answer's first item, under this name."""

    def found(answer: Any) -> dict[str, str]:
        first: dict[str, Any] = next(iter(answer.get("value") or ()), {})
        return {name: str(first["id"])} if "id" in first else {}

    return found


def _page_library(answer: Any) -> dict[str, str]:
    for one in answer.get("value") or ():
        if (one.get("list") or {}).get("template") == "webPageLibrary" and "id" in one:
            return {"list": str(one["id"])}
    return {}


_FIRST = {"$top": "1", "$select": "id"}
ALL_SITES = Probe(
    "all sites",
    ("rooms", *_SITE_STREAMS),
    tuple(role for role in _SITES if role != "Sites.Selected"),
    (),
    "/sites/getAllSites",
    _FIRST,
    extra="Sites.Selected cannot list sites: name them by `sites`, or grant Sites.Read.All",
)
"""Instead of `CHOSEN_SITE` where the settings name no sites."""
CHOSEN_SITE = Probe(
    "chosen sites",
    ("rooms", *_SITE_STREAMS),
    ("Sites.Selected", *(role for role in _SITES if role != "Sites.Selected")),
    (),
    "{chosen}",
    {"$select": "id"},
    extra="Sites.Selected needs a grant for each site: give the app the role `read` on it",
)
PROBES = (
    Probe("groups", _GROUP_STREAMS, _MEMBERS, (), "/groups", _FIRST),
    Probe("group members", ("people",), _MEMBERS, _JOINING, "/groups/{group}/members", _FIRST),
    Probe("people", ("people",), ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY), (), "/users", _FIRST),
    Probe(
        "lists",
        ("site_pages", "list_items", "page_comments"),
        _SITES,
        _WRITING,
        "/sites/{site}/lists",
        {"$select": "id,list"},
        finds=_page_library,
    ),
    Probe(
        "pages",
        ("site_pages", "page_comments"),
        _SITES,
        _WRITING,
        "/sites/{site}/lists/{list}/items",
        _FIRST,
        finds=_named("page"),
    ),
    Probe(
        "page comments and likes",
        ("page_comments",),
        _SITES,
        (Kind.COMMENT, Kind.REPLY, Kind.REACT, Kind.WITHDRAW),
        "{url}/_api/web/lists(guid'{list}')/GetItemById({page})/Comments",
        {"$top": "1"},
        Resource.SHAREPOINT,
        {"Accept": "application/json;odata=nometadata"},
        extra="SharePoint's own interface needs the permission of SharePoint (not of Graph) and a certificate",
    ),
    Probe(
        "drives",
        ("files", "analytics"),
        _FILES,
        (),
        "/sites/{site}/drives",
        {"$select": "id"},
        finds=_named("drive"),
    ),
    Probe(
        "files",
        ("files", "analytics"),
        _FILES,
        _WRITING,
        "/drives/{drive}/root/delta",
        _FIRST,
        finds=_named("file"),
    ),
    Probe(
        "views",
        ("analytics",),
        _FILES,
        (Kind.VIEW,),
        "/drives/{drive}/items/{file}/analytics/allTime",
        extra="not every national cloud counts views",
    ),
    Probe(
        "group conversations",
        ("group_conversations",),
        ("Group-Conversation.Read.All", "Group-Conversation.ReadWrite.All", *_GROUP),
        (Kind.CREATE, Kind.REPLY),
        "/groups/{group}/threads",
        _FIRST,
    ),
    Probe(
        "teams",
        ("team_messages",),
        ("Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All", *_GROUP, *_DIRECTORY),
        (),
        "/teams",
        _FIRST,
    ),
    Probe(
        "channels",
        ("team_messages",),
        (
            "Channel.ReadBasic.All",
            "ChannelSettings.Read.All",
            "ChannelSettings.ReadWrite.All",
            *_GROUP,
            *_DIRECTORY,
        ),
        (),
        "/teams/{team}/channels",
        {"$select": "id"},
        finds=_named("channel"),
    ),
    Probe(
        "channel messages",
        ("team_messages",),
        ("ChannelMessage.Read.All",),
        (Kind.CREATE, Kind.REPLY, Kind.REACT),
        "/teams/{team}/channels/{channel}/messages/delta",
        {"$top": "1"},
        extra="a protected interface: Microsoft approves its use on request, or the owners of a team consent to ChannelMessage.Read.Group for it",
    ),
    Probe(
        "communities",
        ("communities",),
        ("Community.Read.All", "Community.ReadWrite.All"),
        (),
        "/employeeExperience/communities",
        {"$top": "1"},
        extra="the network of Viva Engage has to be in native mode",
    ),
    Probe(
        "usage reports",
        ("usage_reports",),
        ("Reports.Read.All",),
        (Kind.VIEW,),
        "/reports/getSharePointActivityPages(period='D7')",
        report=True,
    ),
)
REPORT_SETTINGS = Probe(
    "names in reports",
    ("usage_reports",),
    ("ReportSettings.Read.All", "ReportSettings.ReadWrite.All"),
    (Kind.VIEW,),
    "/admin/reportSettings",
)
COMMUNITY_POSTS = Probe(
    "community posts",
    ("communities",),
    (),
    (Kind.CREATE, Kind.REPLY, Kind.REACT),
    "/users/current.json",
    resource=Resource.ENGAGE,
    extra="the token of the user is not accepted: renew the one in `token_file`",
)
"""Tried where the settings hold a user's token."""
USERS_ONLY = (
    "not read: Viva Engage shows posts to users only, never to an app; usage reports still count them"
)
NEEDS_CERTIFICATE = (
    "SharePoint itself takes no token that was got with a secret: register a certificate with the app and give it as "
    "`certificate_file`, or leave page_comments out of `streams`"
)
CONCEALED = (
    "the admin centre conceals names in reports, so that no report can be told to belong to a room: switch it off under Settings, "
    "Org settings, Services, Reports, or leave usage_reports out of `streams`"
)
