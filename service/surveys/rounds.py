"""Rounds of the survey: making them, inviting groups, opening and closing, and how far they are."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.errors import Conflict, Invalid, NotFound
from service.models import Invitation, Organisation, Response, SurveyGroup, SurveyRound, Unit
from service.privacy.ledger import active
from service.publication.rounding import rounded_people
from service.security.sessions import digest
from service.surveys.questionnaire import EVERYONE, RESPONDENTS, newest_version, questionnaire

FLOOR, DEFAULT = 5, 7
"""Fewest people of whom answers are ever shown, and what holds where neither round nor agreement says more."""
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MOST_INVITED = 1_000_000
DRAFT, OPEN, CLOSED, FINISHED = "draft", "open", "closed", "finished"
"""A finished round is closed for good: its answers are deleted, what is published of it stays."""


def agreed_minimum(session: Session, organisation_id: int) -> int:
    """The smallest group the agreement in force lets a survey show; the floor where there is none. Raises `AgreementBroken`."""
    agreement = active(session, organisation_id)
    agreed = agreement.terms.get("groups", {}).get("survey") if agreement else None
    return max(FLOOR, agreed) if isinstance(agreed, int) else FLOOR


def create(
    session: Session,
    organisation: Organisation,
    key: str,
    *,
    title_de: str,
    title_en: str,
    form: str,
    now: datetime,
    minimum_group: int | None = None,
) -> SurveyRound:
    """A new round, as a draft.

    Raises `Invalid` for an unfit key, title, form or a minimum below 5 or the agreement's, `Conflict` if the key is taken.
    """
    if not KEY.fullmatch(key):
        raise Invalid("a key has 1 to 64 letters a-z, digits, _ or -, and begins with a letter or digit")
    title_de, title_en = title_de.strip(), title_en.strip()
    if not all(1 <= len(title) <= 200 and title.isprintable() for title in (title_de, title_en)):
        raise Invalid("a round needs a title of 1 to 200 characters in German and in English")
    least = agreed_minimum(session, organisation.id)
    minimum = max(DEFAULT, least) if minimum_group is None else minimum_group
    if minimum < least:
        raise Invalid(f"the smallest group shown must be at least {least}")
    if _find(session, organisation, key) is not None:
        raise Conflict(f"there is already a round {key!r}")
    version = newest_version()
    questionnaire(version, form)
    made = SurveyRound(
        organisation_id=organisation.id,
        key=key,
        title_de=title_de,
        title_en=title_en,
        model_version=version,
        form=form,
        minimum_group=minimum,
        created=now,
    )
    session.add(made)
    session.flush()
    return made


def the_round(session: Session, organisation: Organisation, key: str) -> SurveyRound:
    """Raises `NotFound` with the rounds there are."""
    found = _find(session, organisation, key)
    if found is None:
        known = ", ".join(one.key for one in rounds(session, organisation)) or "none"
        raise NotFound(f"there is no round {key!r}; there are: {known}")
    return found


def rounds(session: Session, organisation: Organisation) -> Sequence[SurveyRound]:
    """Newest first."""
    mine = select(SurveyRound).where(SurveyRound.organisation_id == organisation.id)
    return session.scalars(mine.order_by(SurveyRound.created.desc(), SurveyRound.id.desc())).all()


def _find(session: Session, organisation: Organisation, key: str) -> SurveyRound | None:
    mine = SurveyRound.organisation_id == organisation.id
    return session.scalars(select(SurveyRound).where(mine, SurveyRound.key == key)).one_or_none()


def groups(session: Session, survey: SurveyRound) -> Sequence[SurveyGroup]:
    mine = select(SurveyGroup).where(SurveyGroup.round_id == survey.id)
    return session.scalars(mine.order_by(func.lower(SurveyGroup.label), SurveyGroup.key)).all()


def the_group(session: Session, survey: SurveyRound, key: str) -> SurveyGroup:
    """Raises `NotFound`."""
    found = next((group for group in groups(session, survey) if group.key == key), None)
    if found is None:
        known = ", ".join(group.key for group in groups(session, survey)) or "none"
        raise NotFound(f"the round {survey.key} has no group {key!r}; there are: {known}")
    return found


def add_group(
    session: Session,
    survey: SurveyRound,
    key: str,
    *,
    label: str,
    invited: int,
    respondents: str = EVERYONE,
    unit: str | None = None,
) -> SurveyGroup:
    """A group of people who get links. No person may belong to two.

    Raises `Invalid` for unfit values, `Conflict` once the round is closed or if the key is taken, `NotFound` for an unknown unit.
    """
    require_taking(survey)
    if not KEY.fullmatch(key):
        raise Invalid(
            "a group's key has 1 to 64 letters a-z, digits, _ or -, and begins with a letter or digit"
        )
    label = label.strip()
    if not 1 <= len(label) <= 200 or not label.isprintable():
        raise Invalid("a group needs a name of 1 to 200 characters")
    if respondents not in RESPONDENTS:
        raise Invalid(f"{respondents!r} are no respondents; give one of {', '.join(RESPONDENTS)}")
    if not 1 <= invited <= MOST_INVITED:
        raise Invalid("say how many people of the group can be reached: a number above 0")
    if any(group.key == key for group in groups(session, survey)):
        raise Conflict(f"the round already has a group {key!r}")
    made = SurveyGroup(
        round_id=survey.id,
        key=key,
        label=label,
        unit_id=_unit(session, survey, unit),
        invited=invited,
        respondents=respondents,
        issued=0,
    )
    session.add(made)
    session.flush()
    return made


def _unit(session: Session, survey: SurveyRound, key: str | None) -> int | None:
    if key is None:
        return None
    mine = Unit.organisation_id == survey.organisation_id
    found = session.scalar(select(Unit.id).where(mine, Unit.key == key))
    if found is None:
        raise NotFound(f"there is no unit {key!r}; leave it out, or read the units first (`resonanz sync`)")
    return found


def invite(session: Session, survey: SurveyRound, group: SurveyGroup, count: int | None = None) -> list[str]:
    """Tokens of new links for one use each, which can not be shown again; by default as many as are missing to `invited`.

    Raises `Conflict` once the round is closed, `Invalid` if there would be more links than people.
    """
    require_taking(survey)
    if group.open_digest is not None:
        raise Conflict(
            "this group has a link for all: with links for one use beside it, people could answer twice"
        )
    wanted = group.invited - group.issued if count is None else count
    if wanted < 1 or group.issued + wanted > group.invited:
        raise Invalid(
            f"{group.label} has {group.invited} people and {group.issued} links: there can not be more links than people"
        )
    tokens = [secrets.token_urlsafe(32) for _ in range(wanted)]
    # In the order of their digests, so that the table tells nothing of the order in a list of addresses.
    rows = sorted(digest(token) for token in tokens)
    session.add_all(Invitation(digest=row, group_id=group.id) for row in rows)
    group.issued += wanted
    session.flush()
    return tokens


def open_link(session: Session, survey: SurveyRound, group: SurveyGroup) -> str:
    """The token of a new link for all in the group; an earlier one no longer works. One person can use it several times.

    Raises `Conflict` once the round is closed, or if links for one use were made.
    """
    require_taking(survey)
    if group.issued:
        raise Conflict(
            "this group has links for one use: with a link for all beside them, people could answer twice"
        )
    token = secrets.token_urlsafe(32)
    group.open_digest = digest(token)
    session.flush()
    return token


def withdraw(session: Session, survey: SurveyRound, group: SurveyGroup) -> int:
    """Make the unused links of a group invalid, for instance because a list of them went astray; how many there were.

    Raises `Conflict` if some, but fewer than the smallest group shown, have answered: their number would show.
    """
    answered = answered_by_group(session, survey).get(group.id, 0)
    if 0 < answered < survey.minimum_group:
        raise Conflict(
            f"fewer than {survey.minimum_group} people of {group.label} have answered: withdrawing the other links would tell "
            "how many; wait for more answers"
        )
    gone = session.scalar(select(func.count()).select_from(Invitation).where(Invitation.group_id == group.id))
    session.execute(delete(Invitation).where(Invitation.group_id == group.id))
    group.issued -= gone or 0
    group.open_digest = None
    session.flush()
    return gone or 0


def require_taking(survey: SurveyRound) -> None:
    """Raises `Conflict` unless the round takes answers, or will."""
    if survey.state == FINISHED:
        raise Conflict(f"the round {survey.key} is finished for good: make a new one")
    if survey.state == CLOSED:
        raise Conflict(f"the round {survey.key} is closed: reopen it first")


def start(session: Session, survey: SurveyRound, now: datetime) -> None:
    """Open a draft for answers, or reopen a closed round.

    Raises `Conflict` if it is open or finished for good, `Invalid` without a group.
    """
    if survey.state == FINISHED:
        require_taking(survey)
    if survey.state == OPEN:
        raise Conflict(f"the round {survey.key} is open already")
    if not groups(session, survey):
        raise Invalid("a round without a group reaches nobody: add one first")
    survey.state, survey.opened, survey.closed = OPEN, survey.opened or now, None
    survey.batch += 1
    session.flush()


@dataclass(frozen=True)
class Progress:
    """How far a group, or the whole round, is. `answered` is rounded to 5 and None below the smallest group shown, as is `rate`."""

    key: str
    label: str
    respondents: str
    invited: int
    issued: int
    shared: bool
    answered: int | None
    rate: float | None


def progress(session: Session, survey: SurveyRound) -> tuple[Progress, list[Progress]]:
    """The whole round and its groups."""
    found = answered_by_group(session, survey)
    rows = groups(session, survey)
    lines = [_progress(survey, [group], found.get(group.id, 0)) for group in rows]
    return _progress(survey, rows, sum(found.values())), lines


def answered_by_group(session: Session, survey: SurveyRound) -> dict[int, int]:
    """How many responses there are, by id of the group. Internal: exact counts are never shown."""
    counted = select(Response.group_id, func.count()).where(Response.round_id == survey.id)
    rows = session.execute(counted.group_by(Response.group_id)).all()
    return {row[0]: row[1] for row in rows}


def returned(answered: int, invited: int, minimum: int) -> tuple[int | None, float | None]:
    """How many answered, rounded to 5, and the response rate that follows from it; None below the smallest group shown."""
    if answered < minimum:
        return None, None
    shown = rounded_people(answered)
    return shown, min(1.0, round(shown / invited, 2))


def _progress(survey: SurveyRound, rows: Sequence[SurveyGroup], answered: int) -> Progress:
    """Of one group, or of all together under no name."""
    one = rows[0] if len(rows) == 1 else None
    invited = sum(group.invited for group in rows)
    shown, rate = returned(answered, invited, survey.minimum_group)
    return Progress(
        key=one.key if one else "",
        label=one.label if one else "",
        respondents=one.respondents if one else "",
        invited=invited,
        issued=sum(group.issued for group in rows),
        shared=any(group.open_digest is not None for group in rows),
        answered=shown,
        rate=rate,
    )
