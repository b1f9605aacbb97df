"""How much of the activity log a value needs, so that none is counted from a log whose older part was deleted.

A fact of a day can rest on what happened long before it: an answer on the page it answers, a view on the counter read before.
`FARTHEST` says of each fact table how many days before its own day a row may rest on; None is without end. What a statement asks
for beyond its period stands in the `reach` of its metric.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, timedelta

from metrics.metric import Reach

_PLACED = 7
"""Days: an undated act counts on the day it was seen if it can not be older than this (`metrics.hygiene.PLACED_WITHIN`)."""
_VIEWED = 28
"""Days: views come from two readings of a counter no further apart than this (`metrics.rollup.VIEWED_WITHIN`)."""

FARTHEST: Mapping[str, int | None] = {
    # Given, or as they stand in the log.
    **dict.fromkeys(
        (
            "brought_day",
            "calendar",
            "content",
            "entry",
            "excluded_room",
            "home",
            "horizon",
            "log",
            "membership",
            "observation",
            "official",
            "period",
            "period_day",
            "person",
            "room",
            "source",
            "spell",
            "working_day",
            "working_time",
        ),
        0,
    ),
    **dict.fromkeys(
        ("activity", "exclusion", "person_day", "person_week", "standing", "undated", "post", "thread"),
        _PLACED,
    ),
    "viewing": _VIEWED,
    # What is answered, or changed, or is a room's first and last act, can be of any age.
    **dict.fromkeys(("response", "tie", "contact", "unlinked", "page_state", "room_life"), None),
}
_WHOLE_LOG = re.compile(r"\b(reactable|watched)\b")
"""Columns of `thread` that say what a platform tells, which is looked for in everything it ever told."""


def needed_from(statement: str, tables: Collection[str], reach: Reach, since: date) -> date | None:
    """The first day of the log that a statement over these tables needs for a period from `since` on; None: all there ever was.

    Raises `KeyError` for a table that `FARTHEST` does not know.
    """
    farthest = [FARTHEST[name] for name in tables]
    if "thread" in tables and _WHOLE_LOG.search(statement):
        return None
    known = [days for days in farthest if days is not None]
    if reach.before is None or len(known) < len(farthest):
        return None
    return since - timedelta(days=reach.before + max(known, default=0))
