"""Roles of accounts, and how one is granted: by hand, or by what the company's sign-in tells."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account is for. Nobody gets a role by default, and no role contains another."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    COMMS_ADMIN = "comms_admin"
    IT_ADMIN = "it_admin"
    AUDITOR = "auditor"  # works council, data protection officer, revision


EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in one organisation, by its key; `*` in all of the installation; None in the only one there is."""

    role: Role
    organisation: str | None = None

    @classmethod
    def read(cls, given: object) -> object:
        """From `role` or `role@organisation`. Raises `ValueError` for a role there is not."""
        if not isinstance(given, str):
            return given
        role, at, organisation = given.partition("@")
        if at and not organisation:
            raise ValueError(f"{given!r} names no organisation: write role@key, or role@* for all of them")
        return cls(Role(role), organisation or None)
