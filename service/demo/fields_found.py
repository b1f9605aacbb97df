"""The workshop of the synthetic company: needs are rated, and a few potential fields noted, scored, chosen or parked."""

from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from service.advice import catalogue
from service.advice.catalogue import Fit
from service.advice.fields import needs, register
from service.advice.fields.register import Origin
from service.models import Organisation

TEAM = {"de": "Interne Kommunikation", "en": "Internal communication"}
WHY = {"de": "im Workshop so eingeschätzt", "en": "judged so in the workshop"}
FIELDS = 4


def find_fields(session: Session, organisation: Organisation, end: datetime, seed: int) -> None:
    """Every cell of the matrix rated, and `FIELDS` fields from use cases: the first chosen, the second assessed, the third still an idea,
    the last parked since it is no communication."""
    known = catalogue.current()
    instruments, chance = known.instruments, Random(f"{seed} fields")  # noqa: S311
    german = organisation.locale == "de"
    team, why = (words["de" if german else "en"] for words in (TEAM, WHY))
    channels = [one.key for one in instruments.matrix.channels]
    for need in instruments.matrix.needs:
        needs.rate(
            session,
            organisation,
            instruments.matrix,
            need.group,
            need.purpose,
            rating=chance.choice(list(needs.Rating)),
            channels=chance.sample(channels, 1),
            rated_by=team,
            rated=end.date(),
        )
    for place, case in enumerate(instruments.use_cases[:FIELDS]):
        field = register.add(
            session,
            organisation,
            known,
            title=case.name.de if german else case.name.en,
            owner=team,
            origin=Origin.USE_CASE,
            origin_key=case.key,
            now=end,
        )
        wanted = Fit.COMMUNICATION if place < FIELDS - 1 else Fit.PROCESS
        answers = {one.key: one.speaks_for is wanted for one in instruments.fit_questions}
        if place != 2:
            register.answer(session, organisation, instruments, field.id, answers, now=end)
        if place < 2:
            scores = {one.key: (chance.randint(2, 5), why) for one in instruments.criteria}
            register.score(session, organisation, instruments, field.id, scores, now=end)
        if place == 0:
            register.choose(session, organisation, field.id, now=end)
