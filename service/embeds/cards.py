"""Cards: what an embed shows, from the latest publication and the newest assessment only, in words, figures and one picture.

Values are those of the publication, as the API gives them: what is suppressed or unknown there is so here, with the same reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote, urlencode

from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from metrics.metric import Label, Metric
from service.advice.advised import advice_for
from service.cards import KINDS, Choices, Kind
from service.embeds import words
from service.embeds.card import Card, Item, Value
from service.embeds.kept import Kept
from service.language import Language
from service.maturity.assess import newest
from service.maturity.model import load
from service.maturity.result import Result
from service.models import Organisation, PublishedValue
from service.published import Published, latest
from service.web.advice import Words
from service.web.coverage import freshness, today
from service.web.figures import figure, interval
from service.web.findings import Told, found_of
from service.web.pictures import Gallery, Painter, Picture
from service.web.profile import profile
from service.web.words import hidden

PULSE, ROOM_STATE = "days28", "room_state"
DIALOGUE = ("dialogue_share", "response_rate", "time_to_first_response")
DAYS28 = timedelta(days=28)
TOP = 3
"""So many findings stand on a card."""

gallery = Gallery(200)


findings_kept = Kept(100)


@dataclass(frozen=True)
class Maker:
    """Makes the cards of one organisation in one language. `published` is None where nothing was published yet."""

    db: Session
    organisation: Organisation
    language: Language
    published: Published | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "published", latest(self.db, self.organisation))

    def card(self, kind: Kind, choices: Choices) -> Card:
        """The card, with the age of what it shows; where there is nothing to show it says why."""
        made = {
            Kind.FIGURE: self._figure,
            Kind.TREND: self._trend,
            Kind.ROOMS: self._rooms,
            Kind.MATURITY: self._maturity,
            Kind.DIALOGUE: self._dialogue,
            Kind.FINDINGS: self._findings,
        }[kind](choices)
        notices = [
            self._said(text)
            for text, holds in (
                (words.STOPPED, self.organisation.stopped is not None),
                (words.SYNTHETIC, self.organisation.synthetic),
                (words.OLD, made.old),
            )
            if holds
        ]
        notes = list(made.notes)
        if self.published is not None:
            notes.append(self._said(words.NEVER_A_PERSON, number=self.published.run.minimum_group))
        return replace(made, notices=notices, notes=notes)

    def _figure(self, choices: Choices) -> Card:
        metric, card = CATALOG[choices.metric], self._of_metric(Kind.FIGURE, choices)
        return self._with_room(card, choices, lambda shown: self._values(card, [metric], choices.room, shown))

    def _trend(self, choices: Choices) -> Card:
        metric, card = CATALOG[choices.metric], self._of_metric(Kind.TREND, choices)

        def drawn(shown: Published) -> Card:
            cells = shown.series(metric.key, choices.window, **_where(choices.room))
            if not cells:
                return replace(card, missing=self._said(words.NOT_PART))
            picture = self._painter(shown).trend(
                "embed-trend", [(metric, cells)], shown.milestones(), height=230, subject=choices.room
            )
            last = cells[-1]
            label = self._said(words.LATEST, period=self.language.period(last.since, last.until))
            made = self._with_picture(card, picture)
            value = self._value(metric, last, label)
            return replace(made, values=[replace(value, facts=self._range(metric, last))])

        return self._with_room(card, choices, drawn)

    def _rooms(self, _: Choices) -> Card:
        metric = CATALOG[ROOM_STATE]
        card = self._begun(Kind.ROOMS, self.language.label(metric.meaning), "/rooms")

        def drawn(shown: Published) -> Card:
            cells = shown.series(ROOM_STATE, PULSE)
            newest = [cell for cell in cells if cell.since == cells[-1].since]
            if not newest:
                return replace(card, missing=self._said(words.NOT_PART))
            labels = {key: self.language.label(label) for key, label in metric.categories.items()}
            values = [self._value(metric, one, labels.get(one.category, one.category)) for one in newest]
            known = any(one.value is not None for one in newest)
            picture = self._painter(shown).bars("embed-rooms", metric, newest) if known else None
            made = self._with_picture(card, picture) if picture else card
            # The bars write every value out; as figures they would stand there twice.
            return made if known else replace(made, values=values, missing=values[0].words)

        return self._with_room(card, Choices(), drawn)

    def _dialogue(self, _: Choices) -> Card:
        question = self._said(words.QUESTIONS[Kind.DIALOGUE])
        card = self._begun(Kind.DIALOGUE, question, "/dialogue")
        metrics = [CATALOG[key] for key in DIALOGUE]
        return self._with_room(card, Choices(), lambda shown: self._values(card, metrics, "", shown))

    def _maturity(self, _: Choices) -> Card:
        made, language = newest(self.db, self.organisation), self.language
        card = self._begun(Kind.MATURITY, "", "/assessment")
        if made is None:
            return replace(card, missing=self._said(words.NOT_ASSESSED))
        result = Result.model_validate(made.content)
        shown = profile(result, load(made.model_version), made.digest, gallery, language)
        known = any(strand.level is not None for one in result.dimensions for strand in one.strands)
        filled = replace(
            card,
            question=shown.picture.question,
            drawings=shown.radar if known else (),
            table=shown.picture.table,
            missing="" if known else self._said(words.NO_LEVEL),
        )
        return self._assessed(filled, result)

    def _findings(self, _: Choices) -> Card:
        made = newest(self.db, self.organisation)
        card = self._begun(Kind.FINDINGS, self._said(words.QUESTIONS[Kind.FINDINGS]), "/findings")
        if made is None and self.published is None:
            return replace(card, missing=self._said(words.NOTHING_PUBLISHED))
        told_of = (
            self.organisation.key,
            self.language.code,
            made.digest if made else "",
            self.published.run.digest if self.published else "",
        )
        items = findings_kept.of(told_of, self._items)
        filled = replace(card, items=items, missing="" if items else self._said(words.NO_FINDING))
        if self.published is not None:
            return self._aged(filled, self.published)
        assert made is not None  # noqa: S101 - one of the two is there
        return self._assessed(filled, Result.model_validate(made.content))

    def _items(self) -> Sequence[Item]:
        """The weightiest findings that hold."""
        advice = advice_for(self.db, self.organisation)
        told = Told(Words(advice.catalogue, advice.model, self.language), self.organisation.key)
        items = []
        for one in [finding for finding in found_of(self.db, advice)[1] if finding.holds][:TOP]:
            said = told.card(one)
            items.append(Item(said.kind, self._said(words.FINDINGS[one.rule.kind]), said.title, said.means))
        return items

    def _begun(self, kind: Kind, question: str, path: str) -> Card:
        address = f"{path}?{urlencode({'organisation': self.organisation.key})}"
        return Card(kind, self.organisation.name, "", self._said(KINDS[kind]), question, address)

    def _of_metric(self, kind: Kind, choices: Choices) -> Card:
        metric = CATALOG[choices.metric]
        card = self._begun(kind, self.language.label(metric.meaning), "/")
        if kind is Kind.TREND:
            query = {"organisation": self.organisation.key, "metric": metric.key, "window": choices.window}
            card = replace(card, path=f"/adoption?{urlencode(query)}")
        return replace(card, title=self.language.label(metric.label))

    def _with_room(self, card: Card, choices: Choices, fill: Callable[[Published], Card]) -> Card:
        """The card filled from the publication, if there is one and it holds the room that was chosen."""
        if self.published is None:
            return replace(card, missing=self._said(words.NOTHING_PUBLISHED))
        if not choices.room:
            return self._aged(fill(self.published), self.published)
        if not self.published.holds(choices.room):
            return self._aged(replace(card, missing=self._said(words.ROOM_GONE)), self.published)
        made = fill(self.published)
        label, key = self.published.room(choices.room).label, quote(choices.room)
        path = f"/rooms/{key}?{urlencode({'organisation': self.organisation.key})}"
        return self._aged(replace(made, room=label, path=path), self.published)

    def _values(self, card: Card, metrics: Sequence[Metric], room: str, shown: Published) -> Card:
        """The figures of the latest full 28 days, each against the 28 days before."""
        values = []
        newest = shown.latest_period(PULSE, "room" if room else "organisation")
        for metric in metrics:
            cells = shown.series(metric.key, PULSE, **_where(room))
            told = figure(metric, cells, shown.milestones(), self.language, newest)
            if told is None:
                continue
            cell = cells[-1] if cells[-1].since == newest else None
            value = self._value(metric, cell, self.language.label(metric.label))
            tone = words.TONES.get(told.change.tone)
            changed = f"{told.change.words} {self._said(tone)}" if tone else told.change.words
            facts = [one for one in (changed, told.last, told.before) if one] + self._range(metric, cell)
            values.append(replace(value, facts=facts, tone=told.change.tone))
        if not values:
            return replace(card, missing=self._said(words.NOT_PART))
        period = "" if newest is None else self.language.period(newest, newest + DAYS28)
        return replace(card, values=values, notes=[self._said(words.PERIOD, period=period)] if period else [])

    def _value(self, metric: Metric, cell: PublishedValue | None, label: str) -> Value:
        number = None if cell is None else cell.value
        return Value(
            label=label,
            shown=None if number is None else self.language.value(number, metric.unit),
            number=number,
            unit=metric.unit.value,
            state="unknown" if cell is None else cell.state,
            reason=None if cell is None else cell.reason,
            words=hidden(cell, self.language),
        )

    def _range(self, metric: Metric, cell: PublishedValue | None) -> list[str]:
        """Between what the value lies given chance, where the publication says it."""
        found = interval(cell, metric.unit, self.language)
        return [self._said(words.PROBABLY, range=found)] if found else []

    def _with_picture(self, card: Card, picture: Picture) -> Card:
        return replace(card, drawings=picture.drawings, table=picture.table, notes=list(picture.notes))

    def _aged(self, card: Card, shown: Published) -> Card:
        fresh = freshness(shown, today(self.organisation))
        age = self._said(words.UNTIL, day=self.language.day(fresh.data_until))
        return replace(
            card,
            until=fresh.data_until,
            days=fresh.days,
            old=fresh.old,
            age=f"{age} ({self._days(fresh.days)})",
        )

    def _assessed(self, card: Card, result: Result) -> Card:
        age = self._said(words.ASSESSED, day=self.language.day(result.created.date()))
        until = result.data_until
        if until is None:
            return replace(card, age=age)
        days = max(0, (today(self.organisation) - until).days)
        said = self._said(words.UNTIL, day=self.language.day(until))
        return replace(card, until=until, days=days, age=f"{age}; {said} ({self._days(days)})")

    def _days(self, days: int) -> str:
        return self._said(words.AGE[days]) if days in words.AGE else self._said(words.AGE_DAYS, number=days)

    def _painter(self, shown: Published) -> Painter:
        return Painter(gallery, shown.run.digest, self.language)

    def _said(self, label: Label, **values: object) -> str:
        text = self.language.label(label)
        return text % values if values else text


def _where(room: str) -> dict[str, str]:
    return {"scope": "room", "scope_key": room} if room else {}
