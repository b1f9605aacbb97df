"""What an admin says about files that stand in for an interface, checked and completed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.activity import Kind
from connectors.errors import Misconfigured
from connectors.identity import identity_pattern
from connectors.office_audit import kinds, require_agreement
from connectors.settings import Setting, refuse_unknown, text, whole

SETTINGS = {
    "path": Setting("a file, or a directory of .csv, .tsv, .txt and .parquet files", needed=True),
    "format": Setting("`activities`, `reports` (Microsoft 365) or `audit` (Purview)", needed=True),
    "time_zone": Setting("zone of times without an offset, such as Europe/Berlin; default UTC"),
    "largest_mb": Setting("largest file in megabytes, unpacked; default 2048"),
    "agreement": Setting("`audit` only: `true`, the works agreement names this source"),
    "kinds": Setting("`audit` only: kinds to be taken, separated by commas; default view"),
    "identity_pattern": Setting(
        "regular expression whose first group is the part of `identity` that counts on all platforms"
    ),
}


class Format(StrEnum):
    ACTIVITIES = "activities"
    """The plain format of docs/files.md."""
    REPORTS = "reports"
    """Usage and activity reports of Microsoft 365, one line per site, team, group or community."""
    AUDIT = "audit"
    """Exports of the audit search in Microsoft Purview."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`path` is a file or a directory. `zone` is that of times without an offset. `largest` is the size of a file in bytes,
    unpacked. `kinds` are those taken from an audit export."""

    path: Path
    format: Format
    zone: ZoneInfo
    largest: int
    kinds: frozenset[Kind] = frozenset({Kind.VIEW})
    identity_pattern: re.Pattern[str] | None = None


def read(settings: Mapping[str, Any]) -> Settings:
    """Check settings. Raises `Misconfigured` with what is wrong and how to mend it."""
    refuse_unknown(settings, SETTINGS)
    chosen = _format(settings.get("format"))
    agreement = settings.get("agreement")
    if not isinstance(agreement, str | bool | None):
        raise Misconfigured(
            f"`agreement` is true where the works agreement names this source, not {agreement!r}"
        )
    if chosen is Format.AUDIT:
        require_agreement(agreement)
    return Settings(
        path=_path(settings.get("path")),
        format=chosen,
        zone=_zone(settings.get("time_zone", "UTC")),
        largest=whole(settings, "largest_mb", 2048, 1, 1_000_000) * 1024 * 1024,
        kinds=kinds(settings.get("kinds")),
        identity_pattern=identity_pattern(text(settings, "identity_pattern")),
    )


def _path(given: object) -> Path:
    if not isinstance(given, str | Path) or not str(given):
        raise Misconfigured("the path is missing: give `path`, a file or a directory of files")
    path = Path(given)
    if not path.exists():
        raise Misconfigured(f"there is neither file nor directory {path}")
    return path.absolute()


def _format(given: object) -> Format:
    try:
        return Format(str(given))
    except ValueError:
        raise Misconfigured(
            f"unknown `format` {given!r}: give `activities` (docs/files.md), `reports` (Microsoft 365 usage reports) or "
            "`audit` (Purview audit exports)"
        ) from None


def _zone(given: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(given))
    except (KeyError, ValueError, OSError):
        raise Misconfigured(f"`time_zone` is a name such as Europe/Berlin, not {given!r}") from None
