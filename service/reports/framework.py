"""The frame in which social communication is to live: guidelines, use cases, roles, rules, architecture."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from service.advice.catalogue import UseCase
from service.maturity.result import Fact, Kind
from service.reports.document import Block, Heading, Paragraph, Section, Span, Spans, Table
from service.reports.judged import Judged
from service.reports.standing import WORKS_AGREEMENT
from service.reports.writer import Writer
from service.web.words import GAPS, KINDS, gap

GUIDELINES = (
    "strategy.mandate",
    "strategy.goals",
    "strategy.channel_map",
    "governance.guideline",
    "communication.answer_promise",
    "culture.statement",
    "governance.moderation",
)
"""The facts of the model that settle what the intranet is for and how people deal with each other."""
PRINCIPLES = ("principle_purpose", "principle_answer", "principle_voice", "principle_rooms")
MOST_USE_CASES = 5
READ_ENOUGH = 0.95
"""A source of which less is read is named as open."""


def guidelines(w: Writer) -> Section:
    facts = Judged(w.given.result).facts(GUIDELINES)
    met = [one for one in facts if one.state == "met"]
    unmet = [one for one in facts if one.state != "met"]
    if not unmet:
        said = w.paragraph("guidelines_all")
    elif met:
        said = w.paragraph("guidelines_some", met=w.facts(met), open=w.facts(unmet))
    else:
        said = w.paragraph("guidelines_none", open=w.facts(unmet))
    return w.section(
        "guidelines",
        [
            w.paragraph("guidelines_intro"),
            said,
            _facts(w, "facts_caption", facts),
            Heading(w.text("principles")),
            *(w.point(key) for key in PRINCIPLES),
        ],
    )


def _facts(w: Writer, caption: str, facts: Sequence[Fact]) -> Table:
    rows = []
    for fact in facts:
        dimension = fact.key.partition(".")[0]
        source = w.evidence(w.given.result.dimension(dimension), Kind.DOCUMENTED)
        state: Spans = (Span(w.standing(fact)),)
        if fact.dated is not None:
            state = (*state, Span(f", {w.language.day(fact.dated)}", source))
        measure = _brought_about_by(w, fact.key)
        rows.append(
            (
                (Span(w.fact_name(fact), name=True),),
                (Span(str(fact.level), source),),
                state,
                (Span(fact.owner or "–", name=True),),
                (Span(w.title(measure) if measure else "–", name=True),),
            )
        )
    head = tuple(w.text(key) for key in ("fact", "of_level", "standing", "owner", "by_measure"))
    return Table(w.text(caption), head, tuple(rows), (28, 12, 17, 20, 23))


def _brought_about_by(w: Writer, fact: str) -> str | None:
    """The measure that counts as done when the fact is there: a planned one, else the first of the catalogue."""
    able = [one.key for one in w.given.catalogue.measures if any(proof.fact == fact for proof in one.proofs)]
    planned = [key for key in w.given.planned() if key in able]
    return next(iter([*planned, *able]), None)


def use_cases(w: Writer) -> Section:
    chosen = chosen_use_cases(w)
    if not chosen:
        return w.section("use_cases", [w.paragraph("use_cases_none")])
    blocks: list[Block] = [w.paragraph("use_cases_intro")]
    carrying = _carrying(w)
    for one in chosen:
        blocks.append(Heading(w.label(one.name)))
        blocks.append(Paragraph((w.from_catalogue(one.description),)))
        fits = tuple(
            span
            for place, text in enumerate(one.fits)
            for span in ((Span(" "),) if place else ()) + (w.from_catalogue(text),)
        )
        blocks.append(w.point("use_case_fits", fits=fits))
        blocks.append(w.point("use_case_unfit", unfit=w.from_catalogue(one.unfit)))
        blocks.append(w.point("use_case_first", step=w.from_catalogue(one.first_step)))
        measures = [key for key in one.measures if key in carrying]
        blocks.append(w.point("use_case_by", measures=w.titles(measures)))
    return w.section("use_cases", blocks)


def chosen_use_cases(w: Writer) -> list[UseCase]:
    """Those carried by most of what is agreed, then by what is advised; none that nothing carries."""
    planned, carrying = set(w.given.planned()), _carrying(w)
    found = [one for one in w.given.catalogue.instruments.use_cases if set(one.measures) & carrying]
    ranked = sorted(
        found,
        key=lambda one: (-len(set(one.measures) & planned), -len(set(one.measures) & carrying)),
    )
    return ranked[:MOST_USE_CASES]


def _carrying(w: Writer) -> set[str]:
    return {*w.given.planned(), *(one.measure.key for one in w.given.advised())}


def organisation(w: Writer) -> Section:
    """Who has to give how much time, and who answers for what."""
    days, plan = w.days_by_role(), w.given.plan
    blocks: list[Block] = []
    if days and plan:
        whole = w.number(round(sum(days.values())), w.plan())
        busiest = max(days, key=lambda role: (days[role], role))
        blocks.append(w.paragraph("organisation_intro", days=whole))
        capacity = w.number(plan.frame.capacity.get(busiest, 0.0), w.plan())
        number = w.number(round(days[busiest]), w.plan())
        blocks.append(w.paragraph("busiest", role=w.role(busiest), days=number, capacity=capacity))
        blocks.append(_capacity(w, days))
    else:
        blocks.append(w.paragraph("organisation_none"))
    owners: dict[str, list[str]] = {}
    for key in w.given.planned():
        if key in w.given.decided and w.given.decided[key].owner:
            owners.setdefault(w.given.decided[key].owner, []).append(w.title(key))
    if owners:
        rows = tuple(((Span(owner, name=True),), w.lines(titles)) for owner, titles in sorted(owners.items()))
        head = (w.text("role"), w.text("answers_for"))
        blocks.append(Table(w.text("owners_caption"), head, rows, (30, 70)))
    blocks.append(w.paragraph("role_note"))
    return w.section("organisation", blocks)


def _capacity(w: Writer, days: dict[str, float]) -> Table:
    plan = w.given.plan
    running: dict[str, float] = {}
    for one in plan.schedule.placed if plan else ():
        for effort in w.given.catalogue.measure(one.task.key).running:
            running[effort.role.value] = running.get(effort.role.value, 0.0) + effort.days().likely
    rows = tuple(
        (
            (Span(w.role(role)),),
            (w.number(days.get(role, 0.0), w.plan()),),
            (w.number(plan.frame.capacity.get(role, 0.0) if plan else 0.0, w.plan()),),
            (w.number(running[role], w.catalogue()),) if role in running else (Span("–"),),
        )
        for role in dict.fromkeys([*days, *running])
    )
    head = tuple(w.text(key) for key in ("role", "role_days", "role_week", "role_running"))
    return Table(w.text("capacity_caption"), head, rows, (40, 20, 20, 20))


def governance(w: Writer) -> Section:
    facts = [one for one in Judged(w.given.result).facts() if one.key.startswith("governance.")]
    agreed = any(one.key == WORKS_AGREEMENT and one.state == "met" for one in facts)
    return w.section(
        "governance",
        [
            w.paragraph("governance_intro"),
            w.paragraph("governance_agreed" if agreed else "governance_not_agreed"),
            _facts(w, "rules_caption", facts),
            Heading(w.text("rhythm")),
            *(w.point(key) for key in ("rhythm_week", "rhythm_month", "rhythm_quarter")),
        ],
    )


def architecture(w: Writer) -> Section:
    """What was connected, how much of it is read, and what protects people."""
    blocks: list[Block] = [w.paragraph("architecture_intro")]
    sources = list(dict.fromkeys(line.source for line in w.given.coverage if line.source != "*"))
    if sources:
        head = tuple(w.text(key) for key in ("source_name", "read_kinds", "read_share", "gaps_column"))
        rows = tuple(_source(w, one) for one in sources)
        blocks.append(Table(w.text("sources_caption"), head, rows, (17, 39, 18, 26)))
    else:
        blocks.append(w.paragraph("no_sources"))
    blocks.append(Heading(w.text("decided")))
    if w.given.minimum_group is not None:
        size = Span(str(w.given.minimum_group), w.coverage())
        blocks.append(w.point("decided_group", size=size))
    blocks += [w.point("decided_names"), w.point("decided_once")]
    blocks.extend(_open(w, sources))
    return w.section("architecture", blocks)


def _source(w: Writer, key: str) -> tuple[Spans, ...]:
    lines = [one for one in w.given.coverage if one.source == key]
    read = [one for one in lines if set(one.reasons) != {"unsupported"}]
    shares = [one.share for one in read if one.share is not None]
    kinds = w.listing([w.language.text(KINDS[one.kind]) if one.kind in KINDS else one.kind for one in read])
    reasons = list(dict.fromkeys(reason for one in lines for reason in one.reasons))
    gaps = "; ".join(gap(one, w.language) for one in reasons if one in GAPS or one.startswith("stream_"))
    share: Spans = (Span(w.text("share_unknown")),)
    if shares:
        share = (Span(w.language.percent(min(shares)), w.coverage()),)
    return (
        (Span(key, name=True),),
        kinds or (Span("–"),),
        share,
        (Span(gaps or w.text("nothing_missing")),),
    )


def _open(w: Writer, sources: Sequence[str]) -> Iterator[Paragraph]:
    if w.given.agreement is not None:
        number, since = w.given.agreement
        told = w.text("decided_since", day=w.language.day(since)) if since else ""
        source = w.source("agreement", "agreement", number=str(number), since=told)
        yield w.point("decided_agreement", number=Span(str(number), source), since=Span(told, source))
    else:
        yield w.point("open_agreement")
    lacking = []
    for key in sources:
        shares = [
            one.share
            for one in w.given.coverage
            if one.source == key and one.share is not None and set(one.reasons) != {"unsupported"}
        ]
        if shares and fmean(shares) < READ_ENOUGH:
            lacking.append(key)
    if lacking:
        yield w.point("open_coverage", sources=w.listing(lacking))
