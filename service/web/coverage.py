"""How much was read, how old it is, and how much of what was measured may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from service.language import Language
from service.models import Organisation, PublishedCoverage
from service.published import Published
from service.web.words import HIDDEN, KINDS, gap, said

OLD_AFTER_DAYS = 7


@dataclass(frozen=True)
class Freshness:
    """`data_until` is the last day covered, `days` how long ago that is."""

    data_until: date
    days: int
    old: bool
    created: datetime


@dataclass(frozen=True)
class CoverageRow:
    kind: str
    share: str
    percent: int | None
    missing: str


@dataclass(frozen=True)
class CoverageOf:
    """`until` is the day up to which every kind was read; '' where none was."""

    name: str
    until: str
    rows: Sequence[CoverageRow]


@dataclass(frozen=True)
class Told:
    """How many measured values are told, hidden or unknown: the words, the number, its share."""

    words: str
    number: str
    share: str


def today(organisation: Organisation) -> date:
    return datetime.now(ZoneInfo(organisation.time_zone)).date()


def freshness(published: Published, today: date) -> Freshness:
    days = max(0, (today - published.run.data_until).days)
    return Freshness(published.run.data_until, days, days > OLD_AFTER_DAYS, published.run.created)


def coverage_in_short(rows: Sequence[PublishedCoverage], language: Language) -> str:
    """One sentence on how complete the data are."""
    told = [row.share for row in rows if row.share is not None]
    if not told:
        return language.text("how complete the data are can not be told")
    lowest, highest = min(told), max(told)
    if len(told) < len(rows):
        return language.text(
            "between %(low)s and %(high)s read, for some kinds it can not be told",
            low=language.percent(lowest),
            high=language.percent(highest),
        )
    if lowest == highest:
        return language.text("%(share)s of what exists was read", share=language.percent(lowest))
    return language.text(
        "between %(low)s and %(high)s read, depending on the kind of activity",
        low=language.percent(lowest),
        high=language.percent(highest),
    )


def coverage(rows: Sequence[PublishedCoverage], language: Language) -> list[CoverageOf]:
    by_source: dict[str, list[PublishedCoverage]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    found = []
    for name, own in by_source.items():
        known = [row.data_until.date() for row in own if row.data_until is not None]
        until = language.day(min(known)) if len(known) == len(own) else ""
        shown = language.text("all sources") if name == "*" else name
        found.append(CoverageOf(shown, until, [_row(row, language) for row in own]))
    return found


def _row(row: PublishedCoverage, language: Language) -> CoverageRow:
    missing = [
        language.text("%(reason)s (%(number)s)", reason=gap(reason, language), number=number)
        for reason, number in row.reasons.items()
    ]
    if row.rooms_missing:
        rooms_missing = language.plural(
            "%(number)s room missing", "%(number)s rooms missing", row.rooms_missing
        )
        missing = [rooms_missing, *missing]
    return CoverageRow(
        kind=said(KINDS, row.kind, language),
        share=language.text("not known") if row.share is None else language.percent(row.share),
        percent=None if row.share is None else round(row.share * 100),
        missing="; ".join(missing) or language.text("nothing is missing"),
    )


def told(published: Published, language: Language) -> list[Told]:
    """What became of the values of all metrics, rooms, units and periods, as the publication counted them itself."""
    summary = published.run.summary
    number = {state: int(summary.get(state, 0)) for state in ("published", "suppressed", "unknown")}
    total = sum(number.values())
    if not total:
        return []

    def row(words: str, count: int) -> Told:
        return Told(words, language.number(count), language.percent(count / total))

    reasons = {said(HIDDEN, key, language): 0 for key in summary.get("suppressed_by_reason", {})}
    for key, count in summary.get("suppressed_by_reason", {}).items():
        reasons[said(HIDDEN, key, language)] += int(count)
    return [
        row(language.text("shown"), number["published"]),
        *(row(words, count) for words, count in sorted(reasons.items(), key=lambda pair: -pair[1])),
        row(language.text("not known, each with its reason"), number["unknown"]),
    ]
