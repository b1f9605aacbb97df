"""Exports of the audit search in Microsoft Purview: CSV whose column AuditData holds the record as JSON."""

import json
from collections.abc import Mapping

from connectors.activity import Kind
from connectors.files.found import Found
from connectors.files.settings import Settings
from connectors.files.tables import Invalid, Row, Unreadable
from connectors.office_audit import NotTaken, taken

KINDS = (Kind.VIEW,)


class Audit:
    def __init__(self, settings: Settings, header: Mapping[str, object]) -> None:
        self._settings = settings
        column = next((name for name in header if name.casefold() == "auditdata"), None)
        if column is None:
            raise Unreadable("no_column_auditdata")
        self._column = column

    def found(self, row: Row) -> Found:
        """Raises `Invalid` for a record that is broken."""
        try:
            record = json.loads(str(row[self._column]))
        except (ValueError, RecursionError):
            raise Invalid("no_json") from None
        if not isinstance(record, dict):
            raise Invalid("no_json")
        try:
            one = taken(record, self._settings.kinds, self._settings.identity_pattern)
        except NotTaken as reason:
            if reason.broken:
                raise Invalid(reason.reason) from None
            return Found(skipped=reason.reason)
        return Found(activity=one.activity, person=one.person, room=one.room, aliases=one.aliases)
