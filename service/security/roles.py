"""Who may do what: the roles, what each may, and what each route asks for. What is not listed here is refused to everybody."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account is for. Nobody gets a role by default, and no role contains another."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    COMMS_ADMIN = "comms_admin"
    IT_ADMIN = "it_admin"
    AUDITOR = "auditor"  # works council, data protection officer, revision


class Permission(StrEnum):
    OWN = "own"  # what concerns nobody but oneself: signing out
    VIEW = "view"  # the pages
    QUERY = "query"  # the API
    TOKENS = "tokens"  # own API tokens
    AUDIT = "audit"  # what is collected, who may read it, and who asked what


_READS = frozenset({Permission.OWN, Permission.VIEW, Permission.QUERY, Permission.TOKENS})
MAY: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.OWN, Permission.VIEW}),
    Role.ANALYST: _READS,
    Role.COMMS_ADMIN: _READS,
    Role.IT_ADMIN: _READS | {Permission.AUDIT},
    Role.AUDITOR: _READS | {Permission.AUDIT},
}


class Scope(StrEnum):
    """What an API token is good for."""

    MEASUREMENTS = "read:measurements"
    CATALOGUE = "read:catalogue"


OPEN = frozenset({Permission.VIEW, Permission.QUERY})
"""What the synthetic demonstration shows without sign-in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks of an account, and of a token; a route without a scope takes no token."""

    permission: Permission
    scope: Scope | None = None


_VALUES = Rule(Permission.QUERY, Scope.MEASUREMENTS)
_CATALOGUE = Rule(Permission.QUERY, Scope.CATALOGUE)

RULES: dict[tuple[str, str], Rule] = {
    ("GET", "/"): Rule(Permission.VIEW),
    ("GET", "/rooms/{key:path}"): Rule(Permission.VIEW),
    ("GET", "/api/v1/publication"): _VALUES,
    ("GET", "/api/v1/measurements"): _VALUES,
    ("GET", "/api/v1/coverage"): _VALUES,
    ("GET", "/api/v1/milestones"): _VALUES,
    ("GET", "/api/v1/milestones/{key}/changes"): _VALUES,
    ("GET", "/api/v1/metrics"): _CATALOGUE,
    ("GET", "/api/v1/rooms"): _CATALOGUE,
    ("GET", "/api/v1/openapi.json"): _CATALOGUE,
    ("GET", "/council"): Rule(Permission.AUDIT),
    ("GET", "/tokens"): Rule(Permission.TOKENS),
    ("POST", "/tokens"): Rule(Permission.TOKENS),
    ("POST", "/tokens/{handle}/revoke"): Rule(Permission.TOKENS),
    ("POST", "/logout"): Rule(Permission.OWN),
}

PUBLIC = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/login"),
        ("POST", "/login"),
        ("GET", "/login/company"),
        ("GET", "/login/callback"),
        ("POST", "/hooks/graph/{source}"),
        ("POST", "/hooks/confluence/{source}"),
    }
)
"""Routes without sign-in, besides the mounted static files. Hooks are called by platforms, which prove themselves by a shared
secret; all they can bring about is that something is read earlier."""


def may(role: str) -> frozenset[Permission]:
    """What a stored role may; a role nobody knows may nothing."""
    try:
        return MAY[Role(role)]
    except ValueError:
        return frozenset()
