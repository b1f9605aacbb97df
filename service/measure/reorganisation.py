"""Days on which much of the organisation changed unit: figures of units before and after are of other people."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from connectors.activity import PersonKind
from service.identity import Human
from service.models import Milestone, Organisation
from service.privacy.limits import reached

MOVED = 0.1
"""Share of the active people who had a unit before: with so many of them moving on one day it is a reorganisation."""
_AT_LEAST = 10
"""Fewer people than this never mark a day: what is shown must not tell of single people."""
_KEY = "reorganisation-"


def reorganisations(humans: Iterable[Human], zone: ZoneInfo, share: float = MOVED) -> list[date]:
    """The days on which at least this share of people went from one unit to another, in order."""
    moved: dict[date, set[int]] = defaultdict(set)
    human = PersonKind.HUMAN.value
    everybody = [person for person in humans if person.kind == human]
    for person in everybody:
        for before, after in pairwise(person.stays):
            units = before.state.unit, after.state.unit
            if after.since is not None and None not in units and units[0] != units[1] and before.state.active:
                moved[after.since.astimezone(zone).date()].add(person.number)
    found = []
    for day, people in sorted(moved.items()):
        there = sum(
            1
            for person in everybody
            for stay in person.stays
            if (stay.since is None or stay.since.astimezone(zone).date() < day)
            and (stay.until is None or stay.until.astimezone(zone).date() >= day)
            and stay.state.active
            and stay.state.unit is not None
        )
        if len(people) >= max(_AT_LEAST, share * there):
            found.append(day)
    return found


def mark(session: Session, organisation: Organisation, humans: Iterable[Human]) -> None:
    """Keep a milestone for each reorganisation found; those the admin declared stay as they are."""
    mine = Milestone.organisation_id == organisation.id
    days = reorganisations(humans, ZoneInfo(organisation.time_zone))
    wanted = {f"{_KEY}{day.isoformat()}": day for day in days}
    kept = set(session.scalars(select(Milestone.key).where(mine, Milestone.key.startswith(_KEY))))
    # Of older days nobody knows any more who moved.
    known_from = reached(session, organisation.id).people or date.min
    outdated = sorted(key for key in kept - wanted.keys() if key >= f"{_KEY}{known_from.isoformat()}")
    if outdated:
        session.execute(delete(Milestone).where(mine, Milestone.key.in_(outdated)))
    for key in sorted(wanted.keys() - kept):
        session.add(
            Milestone(
                organisation_id=organisation.id,
                key=key,
                day=wanted[key],
                kind="reorganisation",
                label_de="Umorganisation",
                label_en="Reorganisation",
            )
        )
