"""The register of documented facts: what there is, where it stands, and how far assessors find the fact borne out.

It knows roles, never people: who owns a guideline and who has assessed it is a function in the company. Two assessors who see
the same document differently leave it disputed until one of them has changed their mind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import Conflict, Invalid, NotFound
from service.language import N_
from service.maturity.model import Fact, Model
from service.models import Evidence, EvidenceRating, Organisation
from service.statistics.assessors import Scale, krippendorff
from service.statistics.estimate import Estimate, Reason

MOST_ASSESSORS = 2


class Rating(StrEnum):
    ABSENT = "absent"
    PARTLY = "partly"
    MET = "met"


ORDER = {Rating.ABSENT: 0.0, Rating.PARTLY: 1.0, Rating.MET: 2.0}


class Standing(StrEnum):
    """What is known of a fact: a rating on which all assessors agree, or why there is none."""

    MET = "met"
    PARTLY = "partly"
    ABSENT = "absent"
    EXPIRED = "expired"  # met or partly, but older than the model lets it count
    DISPUTED = "disputed"
    UNKNOWN = "unknown"  # nothing recorded, or not assessed


@dataclass(frozen=True)
class Entry:
    """One fact of the model with the evidence that counts for it (the newest), if any."""

    fact: Fact
    dimension: str
    standing: Standing
    evidence: Evidence | None
    ratings: Sequence[EvidenceRating]


def record(
    session: Session,
    organisation: Organisation,
    model: Model,
    fact: str,
    *,
    title: str,
    owner: str,
    dated: date | None = None,
    link: str = "",
    now: datetime | None = None,
) -> Evidence:
    """Add a document, or with neither date nor link the statement that there is none.

    Raises `NotFound` for a fact the model does not have, `Invalid` for a missing title or owner, a date to come or a link
    that is no web address.
    """
    moment = now or datetime.now(UTC)
    if fact not in {known.key for known in model.facts()}:
        raise NotFound(f"the maturity model {model.version} has no fact {fact!r}")
    title, owner, link = title.strip(), owner.strip(), link.strip()
    if not title or not owner:
        raise Invalid(
            N_("evidence needs a title and the role that owns it, such as “Internal communication”")
        )
    if "@" in owner:
        raise Invalid(N_("the owner is a role, not a person: no mail address"))
    if link and (urlsplit(link).scheme not in {"http", "https"} or not urlsplit(link).netloc):
        raise Invalid(N_("the link must be a web address that begins with https:// or http://"))
    if dated is not None and dated > moment.date():
        raise Invalid(N_("the document is dated %(day)s, which is still to come"), day=dated.isoformat())
    evidence = Evidence(
        organisation_id=organisation.id,
        fact=fact,
        title=title[:200],
        dated=dated,
        owner=owner[:80],
        link=link[:500],
        recorded=moment,
    )
    session.add(evidence)
    session.flush()
    return evidence


def rate(
    session: Session,
    organisation: Organisation,
    number: int,
    *,
    assessor: str,
    rating: str,
    reason: str = "",
    rated: date | None = None,
) -> EvidenceRating:
    """What an assessor finds; a second time replaces the first.

    Raises `NotFound`, `Invalid` for an unknown rating, a missing role or a document-less "met", `Conflict` for a third assessor.
    """
    evidence = one(session, organisation, number)
    assessor = assessor.strip()
    if rating not in set(Rating):
        raise Invalid(f"a rating is one of {', '.join(Rating)}")
    if not assessor or "@" in assessor:
        raise Invalid(N_("say the assessor's role, such as “Works council”, not a name"))
    if rating == Rating.MET and not evidence.link and evidence.dated is None:
        raise Invalid(N_("a fact is met only by a document: record it with its date or link first"))
    known = {kept.assessor: kept for kept in ratings(session, [evidence.id])}
    kept = known.get(assessor)
    if kept is None:
        if len(known) >= MOST_ASSESSORS:
            raise Conflict(
                N_("already assessed by %(roles)s: two assess, not more"), roles=", ".join(sorted(known))
            )
        kept = EvidenceRating(evidence_id=evidence.id, assessor=assessor[:80])
        session.add(kept)
    kept.rating, kept.reason, kept.rated = rating, reason.strip(), rated or datetime.now(UTC).date()
    session.flush()
    return kept


def remove(session: Session, organisation: Organisation, number: int) -> None:
    """Take evidence out of the register with its ratings; assessments made before keep what they said. Raises `NotFound`."""
    evidence = one(session, organisation, number)
    for rating in ratings(session, [evidence.id]):
        session.delete(rating)
    session.flush()
    session.delete(evidence)


def one(session: Session, organisation: Organisation, number: int) -> Evidence:
    evidence = session.get(Evidence, number)
    if evidence is None or evidence.organisation_id != organisation.id:
        raise NotFound(f"no evidence {number} in the register")
    return evidence


def ratings(session: Session, evidence: Sequence[int]) -> Sequence[EvidenceRating]:
    """The ratings of the given evidence, by assessor."""
    found = select(EvidenceRating).where(EvidenceRating.evidence_id.in_(evidence))
    return session.scalars(found.order_by(EvidenceRating.evidence_id, EvidenceRating.assessor)).all()


def register(session: Session, organisation: Organisation, model: Model, today: date) -> list[Entry]:
    """Every fact of the model in its order, with the newest evidence recorded for it."""
    recorded = session.scalars(
        select(Evidence)
        .where(Evidence.organisation_id == organisation.id)
        .order_by(Evidence.recorded, Evidence.id)
    ).all()
    newest = {evidence.fact: evidence for evidence in recorded}
    rated: dict[int, list[EvidenceRating]] = {}
    for rating in ratings(session, [evidence.id for evidence in newest.values()]):
        rated.setdefault(rating.evidence_id, []).append(rating)
    return [
        Entry(
            fact,
            dimension.key,
            standing(fact, newest[fact.key], rated.get(newest[fact.key].id, ()), today)
            if fact.key in newest
            else Standing.UNKNOWN,
            newest.get(fact.key),
            rated.get(newest[fact.key].id, ()) if fact.key in newest else (),
        )
        for dimension in model.dimensions
        for fact in dimension.facts
    ]


def standing(fact: Fact, evidence: Evidence, rated: Sequence[EvidenceRating], today: date) -> Standing:
    found = {rating.rating for rating in rated}
    if not found:
        return Standing.UNKNOWN
    if len(found) > 1:
        return Standing.DISPUTED
    agreed = Standing(found.pop())
    if agreed is Standing.ABSENT or fact.valid_months is None or evidence.dated is None:
        return agreed
    return Standing.EXPIRED if months_since(evidence.dated, today) >= fact.valid_months else agreed


def agreement(entries: Sequence[Entry]) -> Estimate:
    """How far two assessors agree over all facts that both assessed: Krippendorff's alpha on an ordinal scale."""
    both = [entry.ratings for entry in entries if len(entry.ratings) == MOST_ASSESSORS]
    if not both:
        return Estimate(None, reason=Reason.TOO_FEW_UNITS)
    rows = [[ORDER[Rating(pair[place].rating)] for pair in both] for place in range(MOST_ASSESSORS)]
    return krippendorff(rows, Scale.ORDINAL, "evidence")


def months_since(day: date, today: date) -> int:
    """Whole months between two days; negative if the day is to come."""
    months = 12 * (today.year - day.year) + today.month - day.month
    return months - 1 if today.day < day.day else months
