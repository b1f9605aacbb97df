"""Who may do what: the roles, what each may, and what each route asks for. What is not listed here is refused to everybody."""

from dataclasses import dataclass
from enum import StrEnum

from service.grants import Role


class Permission(StrEnum):
    OWN = "own"  # what concerns nobody but oneself: signing out
    VIEW = "view"  # the pages
    QUERY = "query"  # the API
    TOKENS = "tokens"  # own API tokens
    MANAGE = "manage"  # surveys, evidence and measures
    EMBED = "embed"  # cards for other pages, which show without sign-in
    AUDIT = "audit"  # what is collected, who may read it, and who asked what
    OPERATE = "operate"  # having jobs done, tried again or put aside


_READS = frozenset({Permission.OWN, Permission.VIEW, Permission.QUERY, Permission.TOKENS})
MAY: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.OWN, Permission.VIEW}),
    Role.ANALYST: _READS,
    Role.COMMS_ADMIN: _READS | {Permission.MANAGE, Permission.EMBED},
    Role.IT_ADMIN: _READS | {Permission.AUDIT, Permission.EMBED, Permission.OPERATE},
    Role.AUDITOR: _READS | {Permission.AUDIT},
}


class Scope(StrEnum):
    """What an API token is good for."""

    MEASUREMENTS = "read:measurements"
    CATALOGUE = "read:catalogue"
    ADVICE = "read:advice"


OPEN = frozenset({Permission.VIEW, Permission.QUERY})
"""What the synthetic demonstration shows without sign-in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks of an account, and of a token; a route without a scope takes no token."""

    permission: Permission
    scope: Scope | None = None


_VALUES = Rule(Permission.QUERY, Scope.MEASUREMENTS)
_CATALOGUE = Rule(Permission.QUERY, Scope.CATALOGUE)
_ADVICE = Rule(Permission.QUERY, Scope.ADVICE)
_FEED: dict[str, Rule] = {
    "Measurements": _VALUES,
    "Rooms": _CATALOGUE,
    "Metrics": _CATALOGUE,
    "Coverage": _VALUES,
    "DimensionResults": _VALUES,
    "SurveyRounds": _VALUES,
    "SurveyResults": _VALUES,
    "Milestones": _VALUES,
    "Publications": _VALUES,
}
"""What the sets of the OData feed ask for: the rows, their number, and each row by its key."""

RULES: dict[tuple[str, str], Rule] = {
    ("GET", "/"): Rule(Permission.VIEW),
    ("GET", "/adoption"): Rule(Permission.VIEW),
    ("GET", "/periods"): Rule(Permission.VIEW),
    ("GET", "/rooms"): Rule(Permission.VIEW),
    ("GET", "/rooms/{key:path}"): Rule(Permission.VIEW),
    ("GET", "/dialogue"): Rule(Permission.VIEW),
    ("GET", "/network"): Rule(Permission.VIEW),
    ("GET", "/leadership"): Rule(Permission.VIEW),
    ("GET", "/data"): Rule(Permission.VIEW),
    ("GET", "/glossary"): Rule(Permission.VIEW),
    ("GET", "/assessment"): Rule(Permission.VIEW),
    ("POST", "/assessment"): Rule(Permission.MANAGE),
    ("GET", "/assessment/{dimension}"): Rule(Permission.VIEW),
    ("GET", "/overview"): Rule(Permission.VIEW),
    ("GET", "/findings"): Rule(Permission.VIEW),
    ("GET", "/fields"): Rule(Permission.VIEW),
    ("POST", "/fields"): Rule(Permission.MANAGE),
    ("POST", "/fields/needs"): Rule(Permission.MANAGE),
    ("POST", "/fields/{number}/fit"): Rule(Permission.MANAGE),
    ("POST", "/fields/{number}/scores"): Rule(Permission.MANAGE),
    ("POST", "/fields/{number}/state"): Rule(Permission.MANAGE),
    ("GET", "/comparison"): Rule(Permission.VIEW),
    ("POST", "/comparison/profile"): Rule(Permission.MANAGE),
    ("GET", "/measures"): Rule(Permission.VIEW),
    ("POST", "/measures/{key}"): Rule(Permission.MANAGE),
    ("GET", "/roadmap"): Rule(Permission.VIEW),
    ("GET", "/roadmap/files/{form}"): Rule(Permission.VIEW),
    ("POST", "/roadmap"): Rule(Permission.MANAGE),
    ("GET", "/report"): Rule(Permission.VIEW),
    ("GET", "/report/concept.{form}"): Rule(Permission.VIEW),
    ("GET", "/evidence"): Rule(Permission.VIEW),
    ("POST", "/evidence"): Rule(Permission.MANAGE),
    ("POST", "/evidence/{number}/rating"): Rule(Permission.MANAGE),
    ("POST", "/evidence/{number}/removal"): Rule(Permission.MANAGE),
    ("GET", "/api/v1/assessment"): _VALUES,
    ("GET", "/api/v1/comparison"): _VALUES,
    ("GET", "/api/v1/assessment/levels"): _VALUES,
    ("GET", "/api/v1/assessment/indicators"): _VALUES,
    ("GET", "/api/v1/comparison/levels"): _VALUES,
    ("GET", "/api/v1/comparison/values"): _VALUES,
    ("GET", "/api/v1/comparison/peers"): _VALUES,
    ("GET", "/api/v1/references"): _VALUES,
    ("GET", "/api/v1/findings"): _ADVICE,
    ("GET", "/api/v1/findings/evidence"): _ADVICE,
    ("GET", "/api/v1/fields"): _ADVICE,
    ("GET", "/api/v1/fields/signals"): _ADVICE,
    ("GET", "/api/v1/fields/needs"): _ADVICE,
    ("GET", "/api/v1/measures"): _ADVICE,
    ("GET", "/api/v1/measures/effects"): _ADVICE,
    ("GET", "/api/v1/roadmap"): _ADVICE,
    ("GET", "/api/v1/roadmap/weeks"): _ADVICE,
    ("GET", "/api/v1/publication"): _VALUES,
    ("GET", "/api/v1/measurements"): _VALUES,
    ("GET", "/api/v1/coverage"): _VALUES,
    ("GET", "/api/v1/milestones"): _VALUES,
    ("GET", "/api/v1/milestones/{key}/changes"): _VALUES,
    ("GET", "/api/v1/metrics"): _CATALOGUE,
    ("GET", "/api/v1/rooms"): _CATALOGUE,
    ("GET", "/api/v1/openapi.json"): _CATALOGUE,
    ("GET", "/odata/v1"): _CATALOGUE,
    ("GET", "/odata/v1/"): _CATALOGUE,
    ("GET", "/odata/v1/$metadata"): _CATALOGUE,
    **{
        ("GET", f"/odata/v1/{name}{end}"): rule
        for name, rule in _FEED.items()
        for end in ("", "/$count", "({entity_key:path})")
    },
    ("GET", "/agreement"): Rule(Permission.VIEW),
    ("GET", "/council"): Rule(Permission.AUDIT),
    ("GET", "/council/running"): Rule(Permission.AUDIT),
    ("GET", "/council/dry-run"): Rule(Permission.AUDIT),
    ("GET", "/jobs"): Rule(Permission.AUDIT),
    ("GET", "/jobs/progress"): Rule(Permission.AUDIT),
    ("POST", "/jobs/run"): Rule(Permission.OPERATE),
    ("POST", "/jobs/{number}/dismiss"): Rule(Permission.OPERATE),
    ("POST", "/jobs/{number}/retry"): Rule(Permission.OPERATE),
    ("GET", "/tokens"): Rule(Permission.TOKENS),
    ("POST", "/tokens"): Rule(Permission.TOKENS),
    ("POST", "/tokens/{handle}/revoke"): Rule(Permission.TOKENS),
    ("GET", "/embeds"): Rule(Permission.EMBED),
    ("POST", "/embeds"): Rule(Permission.EMBED),
    ("GET", "/embeds/{handle}"): Rule(Permission.EMBED),
    ("POST", "/embeds/{handle}/revoke"): Rule(Permission.EMBED),
    ("POST", "/logout"): Rule(Permission.OWN),
    ("GET", "/api/v1/surveys"): _VALUES,
    ("GET", "/api/v1/surveys/{key}/answers"): _VALUES,
    ("GET", "/surveys"): Rule(Permission.VIEW),
    ("GET", "/surveys/{key}/results"): Rule(Permission.VIEW),
    ("POST", "/surveys"): Rule(Permission.MANAGE),
    ("GET", "/surveys/{key}"): Rule(Permission.MANAGE),
    ("POST", "/surveys/{key}/groups"): Rule(Permission.MANAGE),
    ("POST", "/surveys/{key}/groups/{group}/links"): Rule(Permission.MANAGE),
    ("POST", "/surveys/{key}/groups/{group}/open-link"): Rule(Permission.MANAGE),
    ("POST", "/surveys/{key}/state"): Rule(Permission.MANAGE),
}

PUBLIC = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/login"),
        ("POST", "/login"),
        ("GET", "/password"),
        ("POST", "/password"),
        ("GET", "/login/company"),
        ("GET", "/login/callback"),
        ("POST", "/hooks/graph/{source}"),
        ("POST", "/hooks/confluence/{source}"),
        ("GET", "/answer/thanks"),
        ("GET", "/answer/{token}"),
        ("POST", "/answer"),
        ("GET", "/embed/{kind}"),
        ("GET", "/embed/{kind}.json"),
        ("GET", "/embed/{kind}.svg"),
    }
)
"""Routes without sign-in, besides the mounted static files. Hooks are called by platforms, which prove themselves by a shared
secret; all they can bring about is that something is read earlier. A password is set by whoever has a one-time link.
Surveys are answered by whoever has a link: no account, no note. So are embeds read, by whoever has a signed link."""


def may(role: str) -> frozenset[Permission]:
    """What a stored role may; a role nobody knows may nothing."""
    try:
        return MAY[Role(role)]
    except ValueError:
        return frozenset()
