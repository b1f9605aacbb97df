"""Findings in a reader's words: what was found, what it means, what follows, and what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from service.advice import findings
from service.advice.advised import Advice
from service.advice.catalogue.triggers import (
    AgreementCondition,
    DontKnowCondition,
    FactCondition,
    LevelCondition,
    MetricCondition,
    TrendCondition,
    leaves,
)
from service.advice.findings import Evidence, Finding, Kind
from service.language import N_, choose
from service.published import Published, latest
from service.security.signin import Db
from service.web.advice import Words
from service.web.evidence_chain import STATES
from service.web.planning import advised
from service.web.profile import KINDS as STRANDS
from service.web.profile import decimal
from service.web.rendering import render

HEADINGS = {
    Kind.GAP: N_("Gaps"),
    Kind.DISAGREEMENT: N_("Where the evidence disagrees"),
    Kind.STRENGTH: N_("Strengths"),
    Kind.RISK: N_("Risks"),
    Kind.CHANCE: N_("Chances"),
}
SIGNS = {
    True: N_("signs show"),
    False: N_("no sign"),
    None: N_("not known"),
}
LEAST_NEEDS = 3
"""Of what is missing for a finding that many conditions are named; the rest is counted."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Link:
    """Where a reader can check a piece of evidence."""

    url: str
    words: str


@dataclass(frozen=True)
class Proof:
    """One piece of evidence: the value in words, the condition it meets, and where it is shown."""

    value: str
    condition: str
    links: Sequence[Link]


@dataclass(frozen=True)
class Card:
    key: str
    kind: str
    title: str
    dimension: str
    means: str
    follows: str
    owner: str
    proofs: Sequence[Proof]
    measures: Sequence[Link]


@dataclass(frozen=True)
class Signed:
    """A line of the register of chances and risks. `state` is True, False or None as in `SIGNS`, `signs` the conditions to watch."""

    key: str
    title: str
    kind: str
    owner: str
    state: bool | None
    sign: str
    signs: Sequence[str]


@dataclass(frozen=True)
class Open:
    """A finding that could be made if more were known."""

    title: str
    kind: str
    needs: str


@dataclass(frozen=True)
class Told:
    """Tells findings of one organisation."""

    words: Words
    organisation: str

    def card(self, finding: Finding) -> Card:
        rule, language = finding.rule, self.words.language
        return Card(
            key=rule.key,
            kind=rule.kind.value,
            title=language.label(rule.title),
            dimension=self._dimension(rule.dimension),
            means=language.label(rule.means),
            follows=language.label(rule.follows),
            owner=self.words.role(rule.owner) if rule.owner else "",
            proofs=[self.proof(one) for one in finding.evidence],
            measures=[self.measure(key) for key in rule.measures],
        )

    def signed(self, finding: Finding) -> Signed:
        rule, language = finding.rule, self.words.language
        return Signed(
            key=rule.key,
            title=language.label(rule.title),
            kind=rule.kind.value,
            owner=self.words.role(rule.owner) if rule.owner else "",
            state=finding.holds,
            sign=language.text(SIGNS[finding.holds]),
            signs=[self.words.leaf(leaf) for leaf in leaves(rule.condition)],
        )

    def open(self, finding: Finding) -> Open:
        rule, language = finding.rule, self.words.language
        needs = [self.words.leaf(leaf) for leaf in finding.unknown]
        named = needs[:LEAST_NEEDS]
        if len(needs) > LEAST_NEEDS:
            named.append(language.text("%(number)s more", number=len(needs) - LEAST_NEEDS))
        return Open(language.label(rule.title), language.text(HEADINGS[rule.kind]), "; ".join(named))

    def measure(self, key: str) -> Link:
        return Link(f"/measures?organisation={self.organisation}#{key}", self.words.title(key))

    def proof(self, evidence: Evidence) -> Proof:
        links = []
        language = self.words.language
        if evidence.dimension:
            links.append(
                Link(
                    f"/assessment/{evidence.dimension}?organisation={self.organisation}",
                    language.text("Evidence: %(dimension)s", dimension=self._dimension(evidence.dimension)),
                )
            )
        if isinstance(evidence.leaf, MetricCondition | TrendCondition):
            links.append(
                Link(
                    f"/glossary?organisation={self.organisation}#metric-{evidence.leaf.metric}",
                    language.text("How it is counted"),
                )
            )
        return Proof(self.value(evidence), self.words.leaf(evidence.leaf), links)

    def value(self, evidence: Evidence) -> str:
        """What was found, with its interval, its period and how many people stand behind it."""
        language, leaf = self.words.language, evidence.leaf
        match leaf:
            case MetricCondition() | TrendCondition():
                text = self._metric(leaf, evidence)
            case LevelCondition():
                name = language.text(STRANDS[evidence.strand]) if evidence.strand else ""
                level = "–" if evidence.value is None else decimal(evidence.value, language)
                text = language.text(
                    "%(dimension)s, %(kind)s: level %(level)s",
                    dimension=self._dimension(leaf.dimension),
                    kind=name,
                    level=level + self._interval(evidence),
                )
            case AgreementCondition():
                text = language.text(
                    "%(dimension)s: told minus observed %(difference)s levels",
                    dimension=self._dimension(leaf.dimension),
                    difference="–" if evidence.value is None else language.signed(evidence.value),
                )
                if evidence.low is not None and evidence.high is not None:
                    text += f" ({language.signed(evidence.low)} – {language.signed(evidence.high)})"
            case DontKnowCondition():
                text = language.text(
                    "%(dimension)s: %(share)s can not judge it",
                    dimension=self._dimension(leaf.dont_know),
                    share="–" if evidence.value is None else language.percent(evidence.value),
                )
            case FactCondition():
                fact = next(one for one in self.words.model.facts() if one.key == leaf.fact)
                text = f"{language.label(fact.name)}: {language.text(STATES[evidence.standing])}"
            case _:
                number = "–" if evidence.value is None else language.number(evidence.value)
                text = f"{language.text('people per room')}: {number}"
        return text

    def _metric(self, leaf: MetricCondition | TrendCondition, evidence: Evidence) -> str:
        language, metric = self.words.language, CATALOG[leaf.metric]
        label = language.label(metric.label)
        if leaf.category:
            label = f"{label} ({language.label(metric.categories[leaf.category])})"
        value = "–" if evidence.value is None else language.value(evidence.value, metric.unit)
        parts = [f"{label}: {value}"]
        if evidence.low is not None and evidence.high is not None:
            low, high = (language.value(end, metric.unit) for end in (evidence.low, evidence.high))
            parts[0] += f" ({low} – {high})"
        if evidence.since is not None and evidence.until is not None:
            parts.append(language.period(evidence.since, evidence.until))
        if evidence.people is not None:
            parts.append(language.plural("%(number)s person", "%(number)s people", evidence.people))
        return ", ".join(parts)

    def _interval(self, evidence: Evidence) -> str:
        if evidence.low is None or evidence.high is None:
            return ""
        language = self.words.language
        return f" ({decimal(evidence.low, language)} – {decimal(evidence.high, language)})"

    def _dimension(self, key: str) -> str:
        return self.words.language.label(self.words.model.dimension(key).name)


def found_of(db: Session, advice: Advice) -> tuple[findings.Rules, list[Finding], Published | None]:
    """All findings of an organisation by its newest assessment and publication."""
    rules, published = findings.current(), latest(db, advice.organisation)
    profile = advice.result.profile if advice.result else None
    judged = findings.found(
        rules,
        findings.situation_for(rules, advice.result, published),
        advice.model.profile(profile).weights,
        result=advice.result,
        published=published,
    )
    return rules, judged, published


@router.get("/findings", response_class=HTMLResponse)
def show_findings(request: Request, db: Db) -> HTMLResponse:
    """What was found of the organisation asked for, the weightiest first. Raises `NotFound` where there is no such organisation."""
    advice, everyone = advised(request, db)
    language = choose(request)
    told = Told(Words(advice.catalogue, advice.model, language), advice.organisation.key)
    rules, judged, published = found_of(db, advice)
    holding = [one for one in judged if one.holds]
    return render(
        request,
        "findings.html",
        organisation=advice.organisation,
        organisations=everyone,
        known=advice.result is not None or published is not None,
        groups=[
            (kind.value, language.text(heading), [told.card(one) for one in holding if one.rule.kind is kind])
            for kind, heading in HEADINGS.items()
        ],
        register=[told.signed(one) for one in judged if one.rule.kind in findings.REGISTERED],
        open=[told.open(one) for one in judged if one.holds is None],
        clear=sum(one.holds is False for one in judged),
        every=len(judged),
        version=rules.version,
        about=language.label(rules.description),
    )
