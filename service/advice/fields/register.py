"""The register of potential fields: from an idea, by fit test and scores, to what is chosen or parked. It knows roles, never people."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.advice.catalogue import Catalogue, Fit, Instruments
from service.advice.fields.needs import role
from service.errors import Conflict, Invalid, NotFound
from service.language import N_
from service.models import Organisation, PotentialField

MOST_TITLE, MOST_TEXT = 120, 1000


class State(StrEnum):
    IDEA = "idea"
    ASSESSED = "assessed"  # communication by the fit test, and scored by every criterion
    CHOSEN = "chosen"
    PARKED = "parked"


class Origin(StrEnum):
    """Where a field comes from."""

    SIGNAL = "signal"
    NEED = "need"
    USE_CASE = "use_case"
    OWN = "own"


def add(
    session: Session,
    organisation: Organisation,
    catalogue: Catalogue,
    *,
    title: str,
    owner: str,
    origin: str = Origin.OWN,
    origin_key: str = "",
    description: str = "",
    now: datetime | None = None,
) -> PotentialField:
    """Note a field as an idea.

    Raises `Invalid` without title or role, or for an origin there is not, `Conflict` for a second field of the same signal, need or use case
    that is not parked.
    """
    title, description = title.strip(), description.strip()
    if not title:
        raise Invalid(N_("a potential field needs a title, such as “Questions on travel expenses”"))
    if origin not in set(Origin):
        raise Invalid(f"a field comes from {', '.join(Origin)}; not {origin!r}")
    known = origins(catalogue.instruments)[Origin(origin)]
    if origin == Origin.OWN:
        origin_key = ""
    elif origin_key not in known:
        raise Invalid(f"no {origin} {origin_key!r}; there are {', '.join(known)}")
    for kept in fields(session, organisation):
        if (
            origin_key
            and (kept.origin, kept.origin_key) == (origin, origin_key)
            and kept.state != State.PARKED
        ):
            raise Conflict(N_("there is a field of this origin already: “%(title)s”"), title=kept.title)
    moment = now or datetime.now(UTC)
    made = PotentialField(
        organisation_id=organisation.id,
        title=title[:MOST_TITLE],
        description=description[:MOST_TEXT],
        origin=origin,
        origin_key=origin_key,
        owner=role(owner),
        answers={},
        scores={},
        state=State.IDEA.value,
        reason="",
        catalogue_version=catalogue.version,
        recorded=moment,
        changed=moment,
    )
    session.add(made)
    session.flush()
    return made


def answer(
    session: Session,
    organisation: Organisation,
    instruments: Instruments,
    number: int,
    answers: Mapping[str, bool],
    *,
    now: datetime | None = None,
) -> PotentialField:
    """Answer questions of the fit test; those not given stay as they were. What is no communication is parked.

    Raises `NotFound`, and `Invalid` for a question there is not.
    """
    kept = one(session, organisation, number)
    known = [question.key for question in instruments.fit_questions]
    if strange := sorted(set(answers) - set(known)):
        raise Invalid(f"no question {', '.join(strange)}; there are {', '.join(known)}")
    kept.answers = {**kept.answers, **answers}
    fit = instruments.fit(kept.answers)
    if fit is not None and fit is not Fit.COMMUNICATION:
        kept.state, kept.reason = State.PARKED.value, f"fit:{fit.value}"
    elif kept.state == State.PARKED and kept.reason.startswith("fit:"):
        kept.state, kept.reason = State.IDEA.value, ""
    return _settled(session, kept, instruments, now)


def score(
    session: Session,
    organisation: Organisation,
    instruments: Instruments,
    number: int,
    scores: Mapping[str, tuple[int, str]],
    *,
    now: datetime | None = None,
) -> PotentialField:
    """Give points of 1 to 5 with a reason by criterion; those not given stay as they were.

    Raises `NotFound`, `Invalid` for a criterion there is not, points out of bounds or without a reason, `Conflict` for a parked field.
    """
    kept = one(session, organisation, number)
    if kept.state == State.PARKED:
        raise Conflict(N_("“%(title)s” is parked: take it up again before it is scored"), title=kept.title)
    known = [criterion.key for criterion in instruments.criteria]
    for key, (points, reason) in scores.items():
        if key not in known:
            raise Invalid(f"no criterion {key!r}; there are {', '.join(known)}")
        if not 1 <= points <= 5:
            raise Invalid(N_("give 1 to 5 points, not %(points)s"), points=points)
        if not reason.strip():
            raise Invalid(N_("say in a few words why %(points)s points"), points=points)
    given = {key: [points, reason.strip()[:MOST_TEXT]] for key, (points, reason) in scores.items()}
    kept.scores = {**kept.scores, **given}
    return _settled(session, kept, instruments, now)


def choose(
    session: Session, organisation: Organisation, number: int, *, now: datetime | None = None
) -> PotentialField:
    """Take a field on. Raises `NotFound`, and `Conflict` for one that is not assessed."""
    kept = one(session, organisation, number)
    if kept.state != State.ASSESSED:
        raise Conflict(
            N_("“%(title)s” can not be chosen yet: only what passed the fit test and has all scores can"),
            title=kept.title,
        )
    return _moved(session, kept, State.CHOSEN, "", now)


def park(
    session: Session, organisation: Organisation, number: int, reason: str, *, now: datetime | None = None
) -> PotentialField:
    """Put a field aside. Raises `NotFound`, and `Invalid` without a reason."""
    kept = one(session, organisation, number)
    if not reason.strip():
        raise Invalid(N_("say why the field is parked: it will be asked again"))
    return _moved(session, kept, State.PARKED, reason.strip()[:MOST_TEXT], now)


def reopen(
    session: Session,
    organisation: Organisation,
    instruments: Instruments,
    number: int,
    *,
    now: datetime | None = None,
) -> PotentialField:
    """Take a parked or chosen field up again, as far as it was assessed. Raises `NotFound`, `Conflict` for what is no communication."""
    kept = one(session, organisation, number)
    if instruments.fit(kept.answers) not in (None, Fit.COMMUNICATION):
        raise Conflict(
            N_("“%(title)s” is no communication by the fit test: answer that anew first"), title=kept.title
        )
    _moved(session, kept, State.IDEA, "", now)
    return _settled(session, kept, instruments, now)


def fields(session: Session, organisation: Organisation) -> Sequence[PotentialField]:
    """In the order they were noted."""
    kept = select(PotentialField).where(PotentialField.organisation_id == organisation.id)
    return session.scalars(kept.order_by(PotentialField.id)).all()


def one(session: Session, organisation: Organisation, number: int) -> PotentialField:
    """Raises `NotFound`."""
    kept = session.get(PotentialField, number)
    if kept is None or kept.organisation_id != organisation.id:
        raise NotFound(f"no potential field {number}")
    return kept


def total(instruments: Instruments, kept: PotentialField) -> int | None:
    """The score of a field, from 1 to 5 to the power of the number of criteria; None as long as a criterion is not scored."""
    points = {key: int(given[0]) for key, given in kept.scores.items()}
    if any(criterion.key not in points for criterion in instruments.criteria):
        return None
    return instruments.score(points)


def origins(instruments: Instruments) -> Mapping[Origin, Sequence[str]]:
    """What fields can come from; a need is named `group:purpose`."""
    return {
        Origin.SIGNAL: [signal.key for signal in instruments.signals],
        Origin.NEED: [f"{need.group}:{need.purpose}" for need in instruments.matrix.needs],
        Origin.USE_CASE: [case.key for case in instruments.use_cases],
        Origin.OWN: [],
    }


def _settled(
    session: Session, kept: PotentialField, instruments: Instruments, now: datetime | None
) -> PotentialField:
    """An idea is assessed once it fits and is scored in full; what no longer is both goes back to being an idea."""
    whole = instruments.fit(kept.answers) is Fit.COMMUNICATION and total(instruments, kept) is not None
    if kept.state == State.IDEA and whole:
        kept.state = State.ASSESSED.value
    elif kept.state in (State.ASSESSED, State.CHOSEN) and not whole:
        kept.state = State.IDEA.value
    kept.changed = now or datetime.now(UTC)
    session.flush()
    return kept


def _moved(
    session: Session, kept: PotentialField, state: State, reason: str, now: datetime | None
) -> PotentialField:
    kept.state, kept.reason, kept.changed = state.value, reason, now or datetime.now(UTC)
    session.flush()
    return kept
