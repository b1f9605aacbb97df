"""Whether a measure worked, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from metrics.metric import Measure as Unit
from service.advice.advised import Advice
from service.advice.effect import Answer, Effect, Judge
from service.language import N_, Language
from service.maturity.register import register
from service.published import latest
from service.web.advice import Words
from service.web.changes import DOUBTS as WEEKLY

ANSWERS = {
    Answer.WORKED: N_("It worked"),
    Answer.NOTHING: N_("No change that would matter"),
    Answer.AGAINST: N_("It moved the other way"),
    Answer.TOO_EARLY: N_("Too early to tell"),
    Answer.NOT_DECIDABLE: N_("Not decidable"),
}
CLASSES = {Answer.WORKED: "met", Answer.AGAINST: "absent", Answer.NOTHING: ""}
"""The colour of an answer; what is not decided is muted."""
DOUBTS = {doubt.value: words for doubt, words in WEEKLY.items()} | {
    "too_few_before": N_("too few weeks or periods before are known"),
    "too_few_after": N_("too few weeks or periods after are known"),
    "uncertain": N_("the values differ too much to tell a change from chance"),
    "drifting": N_("the value had been drifting before already"),
    "other_measure": N_("another measure that should move the same value was put in place in these weeks"),
    "single_rooms": N_("it would show in the rooms concerned only, and which they are is not noted"),
    "no_data": N_("nothing was published yet"),
    "no_two_rounds": N_("it needs a survey round before the measure and another one after"),
    "other_model": N_("the two rounds were assessed by different versions of the model"),
    "no_level": N_("one of the two rounds gave no level"),
    "not_assessed": N_("the document was not assessed yet"),
    "disputed": N_("assessors disagree about the document"),
    "there_before": N_("the document is older than the measure"),
}


@dataclass(frozen=True)
class EffectLine:
    """One proof: what should show, the answer and its class, the change with its interval, why it is not decided, and the days looked at."""

    proof: str
    answer: str
    tone: str
    change: str
    why: str
    window: str


def effect_lines(
    db: Session, advice: Advice, words: Words, today: date
) -> Mapping[str, Sequence[EffectLine]]:
    """For each measure that is done."""
    done = {key: one for key, one in advice.decisions.items() if one.done is not None}
    known = {one.key for one in advice.catalogue.measures}
    if not done.keys() & known:
        return {}
    judge = Judge(
        db,
        latest(db, advice.organisation),
        register(db, advice.organisation, advice.model, today),
        today,
        advice.catalogue,
        advice.decisions,
    )
    return {
        key: [_line(one, words) for one in judge.effects(advice.catalogue.measure(key), decision)]
        for key, decision in done.items()
        if key in known
    }


def _line(effect: Effect, words: Words) -> EffectLine:
    language = words.language
    return EffectLine(
        proof=words.proof(effect.proof),
        answer=language.text(ANSWERS[effect.answer]),
        tone=CLASSES.get(effect.answer, "unknown"),
        change=_change(effect, language),
        why=language.listing([language.text(DOUBTS[doubt]) for doubt in effect.doubts]),
        window=language.text(
            "should show from %(first)s to %(last)s",
            first=language.day(effect.from_day),
            last=language.day(effect.until - timedelta(days=1)),
        ),
    )


def _change(effect: Effect, language: Language) -> str:
    """The change and the interval it lies in with a probability of 95 %; '' where there is none."""
    if effect.effect is None or effect.low is None or effect.high is None:
        return ""
    return language.text(
        "%(change)s (%(low)s to %(high)s)",
        change=_amount(effect.effect, effect, language),
        low=_amount(effect.low, effect, language),
        high=_amount(effect.high, effect, language),
    )


def _amount(value: float, effect: Effect, language: Language) -> str:
    """With its sign; shares in percentage points."""
    sign = "−" if value < 0 else "+"
    if effect.proof.metric is None:
        return language.signed(value)
    unit = CATALOG[effect.proof.metric].unit
    if unit is Unit.SHARE:
        points = round(100 * abs(value), 1)
        return sign + language.plural("%(number)s percentage point", "%(number)s percentage points", points)
    return language.signed(value) if unit is Unit.INDEX else sign + language.value(abs(value), unit)
