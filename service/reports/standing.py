"""Where the organisation stands: the summary for the board, and one passage for each of the seven dimensions."""

from collections.abc import Iterator

from service.maturity.result import Agreement, Assessed, Fact, Kind
from service.reports.because import because
from service.reports.document import Block, Figure, Heading, Paragraph, Section, Span, Spans, Table
from service.reports.drawings import profile_svg
from service.reports.judged import APART, Judged, next_facts, paper_gap, practice
from service.reports.writer import FEW, KINDS, Writer

MANDATE, WORKS_AGREEMENT = "strategy.mandate", "governance.works_agreement"


def summary(w: Writer) -> Section:
    """Three questions, answered in a page."""
    intro = w.paragraph(
        "summary_intro", name=w.given.name, day=w.day(w.given.result.created.date(), w.assessment())
    )
    return w.section(
        "summary",
        [
            intro,
            Heading(w.text("where")),
            *where(w),
            Heading(w.text("better")),
            *better(w),
            Heading(w.text("begin")),
            *begin(w),
            Heading(w.text("asked")),
            *asked(w),
        ],
    )


def where(w: Writer) -> list[Paragraph]:
    found = Judged(w.given.result)
    furthest, least = found.furthest, found.least_far
    if furthest is None or least is None:
        return [w.paragraph("nothing_known")]
    blocks = []
    if furthest.lowest is not None and furthest is not least[0]:
        kind = next(one.kind for one in furthest.strands if one.level == furthest.lowest)
        level = w.decimal(furthest.lowest, w.evidence(furthest, kind))
        top = Span("5", w.of_model())
        blocks.append(
            w.paragraph("furthest", dimension=w.dimension(furthest.dimension), level=level, top=top)
        )
    lowest = w.decimal(least[0].lowest or 0.0, w.evidence(*least))
    name, kind_name = w.dimension(least[0].dimension), w.text(least[1].value).lower()
    blocks.append(w.paragraph("least_far", dimension=name, kind=kind_name, level=lowest))
    for key, dimensions in (
        ("ahead_of_paper", found.ahead_of_paper),
        ("ahead_of_practice", found.ahead_of_practice),
        ("seen_higher", found.agreeing(Agreement.TOLD_ABOVE)),
        ("seen_lower", found.agreeing(Agreement.OBSERVED_ABOVE)),
        ("not_observed", found.not_observed),
    ):
        if dimensions:
            blocks.append(w.paragraph(key, dimensions=w.dimensions(dimensions)))
    return blocks


def better(w: Writer) -> list[Paragraph]:
    """The most useful of what is planned, or of what is advised where nothing is planned."""
    planned = set(w.given.planned())
    chosen = [one for one in w.given.proposals if one.measure.key in planned and one.verdict.holds]
    chosen = (chosen or w.given.advised())[:FEW]
    if not chosen:
        return [w.paragraph("better_none")]
    blocks = [w.paragraph("better_intro")]
    for one in chosen:
        name, title = w.dimension(one.measure.dimension), w.title(one.measure.key)
        why = w.lines([because(w, leaf) for leaf in one.verdict.met[:2]], between="; ")
        blocks.append(w.point("better_point", title=title, dimension=name, why=why))
    return blocks


def begin(w: Writer) -> list[Paragraph]:
    plan = w.given.plan
    placed = plan.schedule.placed if plan else ()
    if not placed:
        advised = w.given.advised()[:FEW]
        if not advised:
            return [w.paragraph("better_none")]
        return [
            w.paragraph("begin_advised"),
            *(
                w.point(
                    "begin_advised_point",
                    title=w.title(one.measure.key),
                    step=w.from_catalogue(one.measure.first_step),
                )
                for one in advised
            ),
        ]
    days = sum(effort.likely for one in placed for effort in one.task.effort.values())
    ends = max(one.ends for one in placed)
    blocks = [
        w.paragraph(
            "begin_plan",
            number=w.number(len(placed), w.plan()),
            days=w.number(round(days), w.plan()),
            begin=w.day(placed[0].begins, w.plan()),
            end=w.last_day(ends, w.plan()),
        )
    ]
    for one in placed[:FEW]:
        decision = w.given.decided.get(one.task.key)
        blocks.append(
            w.point(
                "begin_point",
                title=w.title(one.task.key),
                day=w.day(one.begins, w.plan()),
                owner=decision.owner if decision else "–",
                step=w.from_catalogue(w.given.catalogue.measure(one.task.key).first_step),
            )
        )
    return blocks


def asked(w: Writer) -> list[Paragraph]:
    """What only the board can give."""
    facts = {fact.key: fact for fact in Judged(w.given.result).facts()}
    blocks = []
    if _unmet(facts.get(MANDATE)):
        blocks.append(w.point("asked_mandate"))
    days = w.days_by_role()
    if days:
        busiest = max(days, key=lambda role: (days[role], role))
        number = w.number(round(days[busiest]), w.plan())
        blocks.append(w.point("asked_time", role=w.role(busiest), days=number))
    if _unmet(facts.get(WORKS_AGREEMENT)):
        blocks.append(w.point("asked_agreement"))
    blocks.append(w.point("asked_review"))
    return blocks


def _unmet(fact: Fact | None) -> bool:
    return fact is None or fact.state != "met"


def status(w: Writer) -> Section:
    """The profile as picture and table, then each dimension in words."""
    bottom, top = Span("1", w.of_model()), Span("5", w.of_model())
    blocks: list[Block] = [
        w.paragraph("status_intro", bottom=bottom, top=top),
        Figure(w.text("profile_caption"), profile_svg(w), profile_words(w), w.assessment()),
        profile_table(w),
    ]
    for one in w.given.result.dimensions:
        blocks.append(Heading(w.dimension(one.dimension)))
        blocks.extend(dimension(w, one))
    return w.section("status", blocks)


def profile_words(w: Writer) -> Spans:
    """The picture of the profile for who does not see it."""
    said: list[Span] = []
    for one in w.given.result.dimensions:
        said.append(Span(f"{w.dimension(one.dimension)}: "))
        for kind in KINDS:
            said.append(Span(f"{w.text(kind.value)} "))
            said.extend(w.level(one, kind))
            said.append(Span("; " if kind is not KINDS[-1] else ". "))
    return tuple(said)


def profile_table(w: Writer) -> Table:
    rows = []
    for one in w.given.result.dimensions:
        staged: Spans = (Span(w.text("not_staged")),)
        if one.staged is not None:
            staged = (Span(str(one.staged), w.evidence(one, Kind.DOCUMENTED)),)
        levels = [
            w.level(one, kind) if one.strand(kind).level is not None else (Span("–"),) for kind in KINDS
        ]
        rows.append(((Span(w.dimension(one.dimension)),), *levels, staged))
    head = tuple(w.text(key) for key in ("dimension", *(kind.value for kind in KINDS), "staged"))
    return Table(w.text("profile_table"), head, tuple(rows), (22, 21, 21, 17, 19))


def dimension(w: Writer, one: Assessed) -> Iterator[Paragraph]:
    """What was found, what that means, what it rests on, and what is missing."""
    yield Paragraph((*_practice(w, one), Span(" "), *_paper(w, one)))
    done = practice(one)
    if done is not None:
        place = w.given.model.dimension(one.dimension).place(done[0])
        name = w.say("quoted", text=w.label(place.name))
        yield w.paragraph(f"called_{done[1].value}", name=name, description=w.from_model(place.description))
    observed = _observed(w, one)
    if observed:
        yield Paragraph(observed)
    lacking = next_facts(one)
    if lacking is not None:
        level, facts = lacking
        yield w.paragraph(
            "missing_facts", level=Span(str(level), w.evidence(one, Kind.DOCUMENTED)), facts=w.facts(facts)
        )


def _practice(w: Writer, one: Assessed) -> Spans:
    told, observed = one.strand(Kind.TOLD), one.strand(Kind.OBSERVED)
    if told.level is not None and observed.level is not None:
        levels = {"told": w.at(one, Kind.TOLD), "observed": w.at(one, Kind.OBSERVED)}
        return w.say(f"both_{one.agreement.value}", **levels)
    if told.level is not None:
        return w.say("only_told", told=w.at(one, Kind.TOLD), reason=w.why(observed))
    if observed.level is not None:
        return w.say("only_observed", observed=w.at(one, Kind.OBSERVED), reason=w.why(told))
    return w.say("neither", told_reason=w.why(told), observed_reason=w.why(observed))


def _paper(w: Writer, one: Assessed) -> Spans:
    strand, source = one.strand(Kind.DOCUMENTED), w.evidence(one, Kind.DOCUMENTED)
    if strand.level is None:
        return w.say("paper_unknown", coverage=Span(w.language.percent(strand.coverage), source))
    gap = paper_gap(one)
    key = "paper_alone" if gap is None else "paper_fits"
    if gap is not None and abs(gap) >= APART:
        key = "paper_behind" if gap > 0 else "paper_ahead"
    return w.say(key, level=w.at(one, Kind.DOCUMENTED))


def _observed(w: Writer, one: Assessed) -> Spans:
    """The best and the weakest of what counts, and what may not be shown."""
    seen = one.strand(Kind.OBSERVED).observations
    counted = sorted(
        (o for o in seen if o.score is not None), key=lambda found: (-(found.score or 0), found.key)
    )
    said: list[Span] = []
    names = {o.key: w.label(o.label) for o in w.given.model.dimension(one.dimension).indicators}
    if len(counted) > 1:
        best, worst = counted[0], counted[-1]
        said.extend(
            w.say(
                "indicators",
                best=names[best.key],
                best_value=w.value(best),
                worst=names[worst.key],
                worst_value=w.value(worst),
            )
        )
    elif counted:
        said.extend(w.say("indicator", best=names[counted[0].key], best_value=w.value(counted[0])))
    hidden = [f"{names[o.key]} ({w.unseen(o)})" for o in seen if o.value is None]
    if hidden:
        said.extend((Span(" ") if said else Span(""), *w.say("hidden", listing=w.listing(hidden))))
    return tuple(said)


__all__ = ["asked", "begin", "better", "status", "summary", "where"]
