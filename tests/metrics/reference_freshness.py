"""The state of official pages, counted a second time: page by page, over a plain list of acts."""

from collections import defaultdict
from datetime import timedelta
from statistics import median
from typing import Any

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
GRADES = ("great", "ok", "poor")


class Freshness:
    """`again` is the naive hygiene of `reference.Reference`."""

    def __init__(self, again: Any) -> None:
        self.again, self.intranet = again, again.intranet
        self.log = sorted(again.done, key=lambda entry: (entry.happened, entry.key))
        self.bulk = self._bulk()

    def _begun(self) -> list[Any]:
        """Edits that are not minor and do not follow another one of the same person and content within half an hour."""
        found: list[Any] = []
        last: dict[tuple[int | None, int], Any] = {}
        for entry in self.log:
            if entry.kind != "edit" or entry.minor:
                continue
            place = entry.person, entry.object
            if entry.person is None or place not in last or entry.happened - last[place] > 30 * MINUTE:
                found.append(entry)
            last[place] = entry.happened
        return found

    def _bulk(self) -> set[int]:
        flagged: set[int] = set()
        self.begun = self._begun()
        for first in self.begun:
            together = [
                entry.key
                for entry in self.begun
                if entry.person == first.person is not None
                and timedelta() <= entry.happened - first.happened <= 10 * MINUTE
            ]
            if len(together) > 20:
                flagged |= set(together)
        return flagged

    def pages(self, period: Any) -> list[dict[str, Any]]:
        middle = period.since + (period.until - period.since) // 2
        first: dict[int, Any] = {}
        for entry in self.log:
            official = (
                self.intranet.purposes.get(entry.room) == "official" and entry.room in self.intranet.rooms
            )
            if official and entry.kind == "create" and entry.content_type == "page":
                first.setdefault(entry.object, entry)
        return [
            self.state(made, period, middle)
            for made in first.values()
            if made.day < period.until and self.there(made, period)
        ]

    def there(self, made: Any, period: Any) -> bool:
        _, archived, gone, _ = self.intranet.rooms[made.room]
        if archived or (gone is not None and gone < period.until):
            return False
        moments: dict[bool, list[Any]] = {True: [], False: []}
        for entry in self.log:
            if (
                entry.object == made.object
                and entry.kind in ("create", "edit", "delete")
                and entry.day < period.until
            ):
                moments[entry.kind == "delete"].append(entry.happened)
        return not moments[True] or max(moments[True]) < max(moments[False])

    def people(self, entry: Any) -> bool:
        return self.again.kind(entry.person, entry.day) in ("human", "guest")

    def state(self, made: Any, period: Any, middle: Any) -> dict[str, Any]:
        ours = self.people(made) and made.key not in self.again.bulk
        genuine = [made] if ours else []
        doubtful = [] if ours else [made]
        for entry in self.begun:
            if entry.object != made.object or entry.day >= period.until:
                continue
            if entry.key in self.bulk or entry.day in self.intranet.brought:
                continue
            if entry.person is None:
                doubtful.append(entry)
            elif self.people(entry):
                genuine.append(entry)
        latest = max(genuine, key=lambda entry: (entry.happened, entry.key), default=None)
        creator = made.person if ours else None
        modifier = latest.person if latest else None
        return {
            "room": made.room,
            "made": made.day,
            "touched": max((entry.day for entry in genuine), default=None),
            "doubted": max((entry.day for entry in doubtful), default=None),
            "owner": creator if modifier is None else modifier,
            "active": [
                self.active(person, middle)
                for person in (creator, modifier)
                if person is not None and person in self.intranet.people
            ],
            "views": self.views(made, period, middle),
        }

    def active(self, person: int, middle: Any) -> bool:
        _, kind, active = self.again.held(person, middle)
        return bool(active and kind != "service")

    def views(self, made: Any, period: Any, middle: Any) -> int | None:
        seen: dict[Any, int] = {
            day: number
            for (thing, day), number in self.again.views().items()
            if thing == made.object and period.since <= day < period.until
        }
        if sum(seen.values()) > 0 or (seen and max(seen) >= middle):
            return sum(seen.values())
        looks = [entry for entry in self.again.done if entry.kind == "view" and entry.total is None]
        here = [entry.day for entry in looks if entry.room == made.room]
        now = any(period.since <= entry.day < period.until for entry in looks)
        return 0 if now and here and min(here) <= period.since else None

    def stale(self, page: dict[str, Any], period: Any) -> bool | None:
        oldest = period.until - 365 * DAY
        if page["touched"] and page["touched"] >= oldest:
            return False
        return None if page["doubted"] and page["doubted"] >= oldest else True

    def share(self, told: list[tuple[dict[str, Any], bool]], excluded: int, weight: str = "") -> Any:
        whole: dict[Any, int] = defaultdict(int)
        part: dict[Any, int] = defaultdict(int)
        for page, counted in told:
            size = page[weight] if weight else 1
            whole[page["owner"]] += size
            part[page["owner"]] += size * counted
        owners = [owner for owner in whole if owner is not None]
        behind = sum(part[owner] > 0 for owner in owners)
        return sum(part.values()), sum(whole.values()), len(owners), behind, excluded

    def stale_share(self, pages: list[dict[str, Any]], period: Any, weight: str = "") -> Any:
        told = [page for page in pages if page["views"] is not None]
        used = [page for page in told if page["views"] > 0]
        known = [(page, stale) for page in used if (stale := self.stale(page, period)) is not None]
        excluded = len(pages) - len(told) + len(used) - len(known)
        if not told or not used:
            return ("nothing_viewed" if told else "no_view_data"), excluded
        whole = sum(page[weight] if weight else 1 for page in used)
        if 10 * (whole - sum(page[weight] if weight else 1 for page, _ in known)) > whole:
            return "age_unknown", excluded
        return self.share(known, excluded, weight)

    def median_age(self, pages: list[dict[str, Any]], period: Any) -> Any:
        known = [
            page
            for page in pages
            if page["touched"] and not (page["doubted"] and page["doubted"] > page["touched"])
        ]
        excluded = len(pages) - len(known)
        if 10 * excluded > len(pages):
            return "age_unknown", excluded
        owners = {page["owner"] for page in known} - {None}
        age = median((period.until - page["touched"]).days for page in known)
        return 2 * age, 2, len(owners), len(owners), excluded

    def grades(self, pages: list[dict[str, Any]]) -> dict[str, Any]:
        known = [page for page in pages if page["active"]]
        excluded = len(pages) - len(known)
        if 10 * excluded > len(pages):
            return dict.fromkeys(GRADES, ("page_owners_unknown", excluded))
        marks = [
            (page, "great" if all(page["active"]) else "ok" if any(page["active"]) else "poor")
            for page in known
        ]
        return {name: self.share([(page, mark == name) for page, mark in marks], excluded) for name in GRADES}

    def unread(self, pages: list[dict[str, Any]], period: Any) -> Any:
        told = [page for page in pages if page["views"] is not None]
        old = [page for page in told if page["made"] <= period.until - 28 * DAY]
        excluded = len(pages) - len(old)
        if not old:
            return ("pages_too_young" if told else "no_view_data"), excluded
        return self.share([(page, page["views"] == 0) for page in old], excluded)
