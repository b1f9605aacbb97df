"""What is done: measures with their owners and proofs, the roadmap, and the plan of the first eight weeks."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from service.advice.catalogue.parts import Measure
from service.advice.decisions import State
from service.language import NN_
from service.reports.because import because
from service.reports.document import Block, Figure, Heading, Section, Span, Spans, Table
from service.reports.drawings import roadmap_svg
from service.reports.writer import Writer
from service.roadmap.schedule import Placed
from service.web.advice import STATES

WEEKS = 8
DAYS = NN_("%(number)s person day", "%(number)s person days")
LONG = NN_("%(number)s week", "%(number)s weeks")


def measures(w: Writer) -> Section:
    blocks: list[Block] = [w.paragraph("measures_intro"), Heading(w.text("agreed"))]
    planned = w.given.planned()
    if planned:
        blocks.append(_table(w, "agreed_caption", planned))
    else:
        blocks.append(w.paragraph("agreed_none"))
    blocks.append(Heading(w.text("advised")))
    advised = [one.measure.key for one in w.given.advised()]
    if advised:
        blocks.append(_table(w, "advised_caption", advised))
    else:
        blocks.append(w.paragraph("advised_none"))
    unclear = sum(
        one.verdict.holds is None and one.measure.key not in w.given.decided for one in w.given.proposals
    )
    if unclear:
        blocks.append(w.paragraph("unclear", number=w.number(unclear, w.catalogue())))
    blocks.extend(_ended(w))
    return w.section("measures", blocks)


def _table(w: Writer, caption: str, keys: Sequence[str]) -> Table:
    head = tuple(w.text(key) for key in ("measure", "why", "takes", "proof", "state"))
    return Table(w.text(caption), head, tuple(_row(w, key) for key in keys), (22, 24, 14, 24, 16))


def _row(w: Writer, key: str) -> tuple[Spans, ...]:
    measure, decision = w.given.catalogue.measure(key), w.given.decided.get(key)
    proposal = w.given.proposal(key)
    why = [because(w, one) for one in proposal.verdict.met[:2]] if proposal else []
    state = w.language.text(STATES[State(decision.state) if decision else State.PROPOSED])
    owner = f": {decision.owner}" if decision and decision.owner else ""
    return (
        (Span(w.title(key), name=True),),
        w.lines(why) if why else (Span(w.text("needed_by")),),
        _takes(w, measure),
        (Span(w.words.proof(measure.proofs[0]), w.catalogue()),),
        (Span(f"{state}{owner}", name=True),),
    )


def _takes(w: Writer, measure: Measure) -> Spans:
    """As it is planned; as the catalogue estimates where it is not."""
    placed = w.given.plan.schedule.placed if w.given.plan else ()
    task = next((one.task for one in placed if one.task.key == measure.key), None)
    if task is not None:
        days = round(sum(effort.likely for effort in task.effort.values()), 1)
        words = f"{w.language.plural(*DAYS, days)}; {w.language.plural(*LONG, task.length)}"
        return (Span(words, w.plan()),)
    whole = measure.days()
    days_words = w.words.span(whole.low, whole.high, DAYS)
    weeks = w.words.span(measure.duration.low, measure.duration.high, LONG)
    return (Span(f"{days_words}; {weeks}", w.catalogue()),)


def _ended(w: Writer) -> Iterator[Block]:
    for state in (State.DECLINED, State.DONE):
        found = [one for one in w.given.decided.values() if one.state == state]
        if found:
            yield Heading(w.text(state.value))
        for one in found:
            title = w.title(one.measure)
            if state is State.DECLINED:
                yield w.point("declined_point", title=title, reason=one.reason)
            elif one.done is not None:
                yield w.point("done_point", title=title, day=w.day(one.done, w.decisions()))


def roadmap(w: Writer) -> Section:
    """The plan as picture, what its end hangs on, and what is finished when."""
    plan = w.given.plan
    if plan is None:
        return w.section("roadmap", [w.paragraph("roadmap_trouble", trouble=w.given.trouble)])
    placed = plan.schedule.placed
    blocks: list[Block] = []
    if placed:
        blocks += [
            w.paragraph("roadmap_intro"),
            Figure(w.text("roadmap_caption"), roadmap_svg(w), roadmap_words(w), w.plan()),
        ]
        critical = [one.task.key for one in placed if one.critical]
        blocks.append(w.paragraph("critical", titles=w.titles(critical)))
        surest = max(plan.ranks, key=lambda one: (one.foremost, one.key))
        share = Span(w.language.percent(surest.foremost), w.plan())
        blocks.append(w.paragraph("surest", title=w.titles([surest.key]), share=share))
        blocks.append(_quarters(w, placed))
    else:
        blocks.append(w.paragraph("roadmap_none"))
    for key, needs in sorted(plan.waiting.items()):
        blocks.append(w.point("waiting", title=w.titles([key]), needs=w.titles(needs)))
    if w.given.outdated:
        blocks.append(w.point("outdated", measures=w.listing(w.given.outdated)))
    return w.section("roadmap", blocks)


def roadmap_words(w: Writer) -> Spans:
    """The picture of the roadmap for who does not see it."""
    said: list[Span] = []
    for one in w.given.plan.schedule.placed if w.given.plan else ():
        said.extend(
            w.say(
                "bar_spoken",
                title=w.title(one.task.key),
                begin=w.day(one.begins, w.plan()),
                end=w.last_day(one.ends, w.plan()),
            )
        )
        said.append(Span("; "))
    return tuple(said[:-1])


def _quarters(w: Writer, placed: Sequence[Placed]) -> Table:
    ending: dict[tuple[int, int], list[Placed]] = {}
    for one in placed:
        last: date = one.ends - timedelta(days=1)
        ending.setdefault((last.year, (last.month - 1) // 3 + 1), []).append(one)
    rows = []
    for (year, quarter), found in sorted(ending.items()):
        name = w.text("quarter_name", quarter=quarter, year=year)
        days = round(sum(effort.likely for one in found for effort in one.task.effort.values()))
        titles = w.lines([w.title(one.task.key) for one in found])
        rows.append(((Span(name, w.plan()),), titles, (w.number(days, w.plan()),)))
    head = tuple(w.text(key) for key in ("quarter", "finished", "quarter_days"))
    return Table(w.text("quarters_caption"), head, tuple(rows), (22, 62, 16))


def weeks(w: Writer) -> Section:
    table = weeks_table(w)
    if table is None:
        return w.section("weeks", [w.paragraph("weeks_none")])
    return w.section("weeks", [w.paragraph("weeks_intro"), table])


def weeks_table(w: Writer, *, brief: bool = False) -> Table | None:
    """What begins, ends and goes on in each of the first eight weeks of the roadmap; `brief`: only what begins and ends."""
    plan = w.given.plan
    if plan is None or not plan.schedule.placed:
        return None
    open_weeks = set(plan.frame.open_weeks())
    rows = []
    for number in range(1, WEEKS + 1):
        monday = plan.frame.start + timedelta(weeks=number - 1)
        name = w.say("week_of", number=Span(str(number), w.plan()), day=w.day(monday, w.plan()))
        going = [
            w.title(one.task.key)
            for one in plan.schedule.placed
            if one.begins < monday < one.ends - timedelta(weeks=1)
        ]
        to_do = _week(w, number, monday, quiet=monday not in open_weeks, brief=brief)
        rows.append((name, to_do) if brief else (name, to_do, w.lines(going)))
    if brief:
        return Table(w.text("weeks_caption"), (w.text("week"), w.text("to_do")), tuple(rows), (20, 80))
    head = tuple(w.text(key) for key in ("week", "to_do", "running"))
    return Table(w.text("weeks_caption"), head, tuple(rows), (18, 56, 26))


def _week(w: Writer, number: int, monday: date, *, quiet: bool, brief: bool) -> Spans:
    said: list[Spans] = []
    fixed = {1: "week_first", WEEKS // 2: "week_check", WEEKS: "week_last"}
    if number in fixed:
        said.append(w.say(fixed[number]))
    if quiet:
        said.append(w.say("week_quiet"))
    placed = w.given.plan.schedule.placed if w.given.plan else ()
    begun = [one.task.key for one in placed if one.begins == monday]
    ended = [one.task.key for one in placed if one.ends == monday + timedelta(weeks=1)]
    if brief:
        parts = (("brief_begins", begun), ("brief_ends", ended))
        said += [w.say(key, titles=w.titles(keys)) for key, keys in parts if keys]
        return w.lines(said, between=" ") if said else (Span("–"),)
    for key in begun:
        step = w.from_catalogue(w.given.catalogue.measure(key).first_step)
        said.append(w.say("week_begins", title=w.title(key), step=step))
    for key in ended:
        good = w.from_catalogue(w.given.catalogue.measure(key).good)
        said.append(w.say("week_ends", title=w.title(key), good=good))
    return w.lines(said) if said else w.say("week_nothing")
