"""Writes docs/metrics.md from the declarations: `python -m metrics.page > docs/metrics.md`."""

import sys
from collections.abc import Iterator

from metrics.catalog import CATALOG
from metrics.metric import (
    REASONS,
    Direction,
    Interval,
    Mark,
    Measure,
    Metric,
    Privacy,
    Scope,
    Subject,
    Tier,
    Window,
)

_TIERS = {
    Tier.CONTENT: "contents with author and date",
    Tier.RESPONSES: "and replies and reactions with the person and what they answer",
    Tier.VIEWS: "and views",
    Tier.PEOPLE: "and membership, unit and level of leadership",
}
_DIRECTIONS = {
    Direction.UP: "more is better",
    Direction.DOWN: "less is better",
    Direction.NEUTRAL: "neither is better",
}
_MARKS = {
    Mark.READ: "read at the source",
    Mark.KNOWN: "known from the literature",
    Mark.OWN: "our own definition",
}
_UNITS = {
    Measure.SHARE: "share, 0 to 1",
    Measure.HOURS: "hours",
    Measure.DAYS: "days",
    Measure.RATIO: "ratio, 0 and up",
    Measure.NUMBER: "number",
    Measure.INDEX: "index, -1 to 1",
}
_WINDOWS = {
    Window.WEEK: "ISO weeks",
    Window.DAYS28: "windows of 28 days",
    Window.WEEKS26: "half-years of 26 weeks",
}
_PRIVACY = {
    Privacy.AGGREGATE: "safe as a value of enough people",
    Privacy.DOMINANCE: "one or few people can make up most of it; watched when published",
    Privacy.PERSON: "computed from what single people did; only shares of many leave",
}
_INTERVALS = {
    Interval.WILSON: "Wilson 1927 for shares",
    Interval.BOOTSTRAP: "cluster bootstrap over people or rooms",
    Interval.GREENWOOD: "from the Kaplan-Meier estimate (Greenwood 1926)",
    Interval.SIMULATED: "span of what was drawn to compute it: permutations, people or repeated runs",
    Interval.NONE: "none",
}
_SCOPES = {Scope.ORGANISATION: "organisation", Scope.ROOM: "room", Scope.UNIT: "unit"}
_SUBJECTS = {
    Subject.PEOPLE: "people",
    Subject.POSTS: "posts",
    Subject.CONTENTS: "pages and posts",
    Subject.THREADS: "conversations",
    Subject.TIES: "ties between people",
    Subject.UNITS: "units",
    Subject.ROOMS: "rooms",
    Subject.VIEWS: "views",
    Subject.MEMBERSHIPS: "members of rooms, each as often as they are in one",
    Subject.DAYS: "days or weeks, each as often as somebody could have taken part in it",
    Subject.CONTRIBUTIONS: "contributions",
}

_INTRODUCTION = """\
# Metrics

What Resonanz counts, how, on what authority, and what each number can not say. This page is written from the declarations
in `metrics/`; change them there and run `python -m metrics.page > docs/metrics.md`.

## How to read the numbers

- A value is `numerator / denominator` over whole days in the organisation's time zone, from the first day of a period to
  before the first day of the next. Weeks are ISO weeks. Windows of 28 days begin on every fourth Monday, counted from
  2000-01-03, half-years on every 26th; windows of one length never overlap. Values of different lengths of time can not be compared, and people counted in several
  weeks can not be added up.
- A value that can not be known is *unknown* with a reason; it is never 0.
- **Who belongs to a period.** Who had an active account on the day in its middle, and who did something in it, also if they
  joined after that day or left before it. Of rooms: who was a member on that day or did something there. What a sync observes
  holds from then on, so a period that is over stays as it is when somebody joins, moves or leaves; what the first sync found
  held ever since, since nothing earlier is known. Whether an account is a service account holds for all times. Shares of
  people count everybody in one unit, that of the middle day; posts and other acts belong to the unit of their day.
- **Working days and hours** are those of the author's site: without weekends, public holidays and company shutdown, where
  the admin declared them; otherwise Monday to Friday, 8 to 17. States of rooms follow the organisation's own calendar.
- **Who counts.** Humans. Service accounts, bots, guests and unknown actors are left out of shares of people; their acts are
  counted as excluded. Guests ask and answer like anybody where posts and answers are counted.
- **What counts.** Edits of one person on one content within 30 minutes of each other are one. More than 20 new contents,
  comments or replies of one person within ten minutes are a bulk import: neither acts nor posts nor answers. So is all that
  was made on the day of a declared relaunch or migration. Rooms the admin excludes (sandboxes, archives) count nowhere. A
  reaction that was withdrawn never was. What was deleted later still did happen.
- **Reactions without a date** (Confluence does not tell when somebody liked something) carry the time they were first seen.
  They count as an act of that day only if they can not be more than seven days older, since the content is that new or was
  looked at that recently; so the first look at an old intranet is no burst of activity. The others can have happened on any
  day from when the content appeared, or was last looked at, to when they were seen. Where more than one in ten of those
  who took part would be people of whom only such a reaction tells, it is unknown how many reacted, and not few.
- **Views** of contents are totals; what was added between two looks at most 28 days apart belongs to the day of the later.

## Left out and why

- **Official pages reviewed on time.** No connector reads review dates yet, so it is not known when a page was to be reviewed.
- **Dead links.** They stand in the text of pages, which is never stored, and no connected platform counts them.

## What data a metric needs

| Tier | Data |
|---|---|
"""


def page() -> str:
    """The page in Markdown."""
    return _INTRODUCTION + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for tier, words in _TIERS.items():
        yield f"| {tier} | {words} |"
    for metric in CATALOG.values():
        yield from _section(metric)
    yield from ("", "## Why a value can be unknown", "", "| Reason | English | Deutsch |", "|---|---|---|")
    for key, label in REASONS.items():
        yield f"| `{key}` | {label.en} | {label.de} |"


def _section(metric: Metric) -> Iterator[str]:
    yield from ("", f"## {metric.label.en} · {metric.label.de}", "")
    yield from (f"`{metric.key}` · {metric.meaning.en}", "", f"*{metric.meaning.de}*", "")
    scopes = ", ".join(_SCOPES[scope] for scope in Scope if scope in metric.scopes)
    windows = ", ".join(_WINDOWS[window] for window in Window if window in metric.windows)
    yield from ("| | |", "|---|---|")
    yield f"| Formula | {metric.formula.en} |"
    yield f"| Formel | {metric.formula.de} |"
    yield f"| Unit | {_UNITS[metric.unit]}; counts {_SUBJECTS[metric.subject]}; {_DIRECTIONS[metric.direction]} |"
    yield f"| Measured for | {scopes}; {windows} |"
    yield f"| Needs | {metric.tier} |"
    yield f"| Interval | {_INTERVALS[metric.interval]} |"
    yield f"| Privacy | {metric.privacy}: {_PRIVACY[metric.privacy]} |"
    for source in metric.sources:
        yield f"| Source | [{source.mark}] {source.text} ({_MARKS[source.mark]}) |"
    if metric.categories:
        yield from ("", "| Part | English | Deutsch |", "|---|---|---|")
        for key, label in metric.categories.items():
            yield f"| `{key}` | {label.en} | {label.de} |"
    yield from ("", "What it can not say:", "")
    for limit in metric.limits:
        yield f"- {limit.en}"


if __name__ == "__main__":
    sys.stdout.write(page())
