"""What the check asks of each flavour: every kind of request once, what it is for, and what to do when it is refused."""

from dataclasses import dataclass

from connectors.activity import Kind


@dataclass(frozen=True, slots=True)
class Probe:
    """`path` and `params` may name {space}, {key} and {page}; `item` names what the first result of the answer is."""

    subject: str
    path: str
    params: dict[str, str]
    kinds: tuple[Kind, ...]
    remedy: str
    item: str | None = None


_WRITING = (Kind.CREATE, Kind.EDIT)
CLOUD = (
    Probe("rooms", "api/v2/spaces", {"limit": "1"}, (), "the token needs the scope read:space:confluence"),
    Probe(
        "pages",
        "api/v2/pages",
        {"limit": "1"},
        _WRITING,
        "the token needs the scope read:page:confluence",
        item="page",
    ),
    Probe(
        "posts",
        "api/v2/blogposts",
        {"limit": "1"},
        _WRITING,
        "the token needs the scope read:page:confluence",
    ),
    Probe(
        "comments",
        "api/v2/footer-comments",
        {"limit": "1"},
        (Kind.COMMENT, Kind.REPLY),
        "the token needs the scope read:comment:confluence",
    ),
    Probe(
        "inline comments",
        "api/v2/inline-comments",
        {"limit": "1"},
        (Kind.COMMENT, Kind.REPLY),
        "the token needs the scope read:comment:confluence",
    ),
    Probe(
        "search",
        "rest/api/search",
        {"cql": "type=page", "limit": "1"},
        (Kind.DELETE, Kind.REPLY),
        "the token needs the scope search:confluence (or read:content-details:confluence); without it deletions are found late",
    ),
    Probe(
        "groups",
        "rest/api/group",
        {"limit": "1"},
        (Kind.JOIN, Kind.LEAVE),
        "the token needs the scopes read:group:confluence and read:user:confluence; without them units and members stay unknown",
    ),
    Probe(
        "permissions",
        "api/v2/spaces/{space}/permissions",
        {"limit": "1"},
        (Kind.JOIN, Kind.LEAVE),
        "the token needs the scope read:space.permission:confluence; without it members of rooms stay unknown",
    ),
    Probe(
        "likes",
        "api/v2/pages/{page}/likes/users",
        {"limit": "1"},
        (Kind.REACT, Kind.WITHDRAW),
        "the token needs the scopes read:page:confluence and read:comment:confluence",
    ),
    Probe(
        "views",
        "rest/api/analytics/content/{page}/views",
        {},
        (Kind.VIEW,),
        "the token needs the scope read:confluence-content.summary (granular: read:analytics.content:confluence), and the plan has to include analytics",
    ),
)

DATA_CENTER = (
    Probe(
        "rooms",
        "rest/api/space",
        {"limit": "1"},
        (),
        "give the account the right to use Confluence and to view the spaces",
    ),
    Probe(
        "pages and posts",
        "rest/api/search",
        {"cql": "type in (page,blogpost)", "limit": "1"},
        (Kind.CREATE, Kind.EDIT),
        "give the account the right to view the spaces; the search index has to be healthy",
        item="page",
    ),
    Probe(
        "comments",
        "rest/api/search",
        {"cql": "type=comment", "limit": "1"},
        (Kind.COMMENT, Kind.REPLY),
        "give the account the right to view the spaces",
    ),
    Probe(
        "groups",
        "rest/api/group",
        {"limit": "1"},
        (Kind.JOIN, Kind.LEAVE),
        "let the account see groups (global permission to browse users); without it units and members stay unknown",
    ),
    Probe(
        "permissions",
        "rest/api/space/{key}/permissions",
        {},
        (Kind.JOIN, Kind.LEAVE),
        "needs Confluence 9.1 and the right to administer the space; without it members of rooms stay unknown",
    ),
    Probe(
        "versions",
        "rest/api/content/{page}/version",
        {"limit": "1"},
        (Kind.EDIT,),
        "older releases list versions under rest/experimental, which is tried as well",
    ),
    Probe(
        "likes",
        "rest/likes/1.0/content/{page}/likes",
        {},
        (Kind.REACT, Kind.WITHDRAW),
        "the likes plugin of Confluence has to be enabled",
    ),
    Probe(
        "views",
        "rest/confanalytics/1.0/content/viewsByDate",
        {
            "contentId": "{page}",
            "contentType": "page",
            "fromDate": "2000-01-01T00:00:00.000Z",
            "toDate": "2000-01-02T00:00:00.000Z",
            "type": "total",
            "period": "day",
            "timezone": "UTC",
        },
        (Kind.VIEW,),
        "the Analytics app of Confluence has to be enabled and the account allowed to see analytics",
    ),
)
