"""The maturity profile in words and pictures: what is told, observed and documented of each dimension."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from service.language import N_, Language
from service.maturity.model import Dimension, Model
from service.maturity.result import Agreement, Assessed, Change, Kind, Result, Strand
from service.web import charts, profile_charts
from service.web.pictures import Gallery, Picture, Table

KINDS = {
    Kind.TOLD: N_("What people say"),
    Kind.OBSERVED: N_("What is observed"),
    Kind.DOCUMENTED: N_("What is documented"),
}

KINDS_IN_SHORT = {
    Kind.TOLD: N_("Told"),
    Kind.OBSERVED: N_("Observed"),
    Kind.DOCUMENTED: N_("Documented"),
}

AGREEMENTS = {
    Agreement.ALIGNED: N_("What people say and what is observed agree."),
    Agreement.TOLD_ABOVE: N_("People see it further along than the platforms show."),
    Agreement.OBSERVED_ABOVE: N_("The platforms show more than people notice."),
    Agreement.NOT_DECIDABLE: N_("Whether what people say and what is observed agree can not be decided."),
}

IN_SHORT = {
    Agreement.ALIGNED: N_("agree"),
    Agreement.TOLD_ABOVE: N_("told above observed"),
    Agreement.OBSERVED_ABOVE: N_("observed above told"),
    Agreement.NOT_DECIDABLE: N_("not decidable"),
}

INSUFFICIENT = {
    "no_round": N_("no survey was closed yet"),
    "small_group": N_("too few people answered"),
    "too_few_items": N_("too few questions were answered"),
    "coverage": N_("too little of the evidence is there"),
    "not_observable": N_("platforms do not show it"),
}


@dataclass(frozen=True)
class Row:
    """One dimension in the overview: a level or why there is none for each kind of evidence, in the order of `KINDS`."""

    key: str
    name: str
    weight: str
    levels: Sequence[str]
    staged: str
    agreement: str


@dataclass(frozen=True)
class Profile:
    """The overview page."""

    picture: Picture
    radar: Sequence[Markup]
    rows: Sequence[Row]
    kinds: Sequence[str]
    findings: Sequence[str]
    changes: Sequence[str]
    focus: str
    version: str


def profile(result: Result, model: Model, digest: str, gallery: Gallery, language: Language) -> Profile:
    """What an assessment says, for a reader in a hurry first: picture, table, and the sentences that matter."""
    kinds = {kind.value: language.text(words) for kind, words in KINDS.items()}
    short = {kind.value: language.text(words) for kind, words in KINDS_IN_SHORT.items()}
    lines = [_line(one, model, language) for one in result.dimensions]
    title = language.text("Maturity by dimension")
    description = "; ".join(
        f"{line.name}: " + (", ".join(spot.spoken for spot in line.spots) or line.hidden) for line in lines
    )

    def drawn(size: str, *, net: bool) -> Markup:
        name = "radar" if net else "profile"
        spec = profile_charts.radar if net else profile_charts.dumbbell
        return gallery.drawing(
            (digest, language.code, name, size),
            lambda: charts.draw(
                spec(lines, short, size=size),
                language.code,
                name=name,
                title=title,
                description=description,
                size=size,
            ),
        )

    rows = [_row(one, model, language) for one in result.dimensions]
    head = [language.text("Dimension"), *kinds.values(), language.text("Criteria met up to level")]
    table = Table(title, head, [[row.name, *row.levels, row.staged] for row in rows])
    sizes = (charts.WIDE, charts.NARROW)
    question = language.text("Where does the organisation stand on each dimension, from 1 to 5?")
    return Profile(
        picture=Picture(title, title, question, [drawn(size, net=False) for size in sizes], table),
        radar=[drawn(size, net=True) for size in sizes],
        rows=rows,
        kinds=list(kinds.values()),
        findings=findings(result, model, language),
        changes=[_changed(change, model, language) for change in result.changes if change.direction],
        focus=language.label(model.profile(result.profile).name),
        version=result.model_version,
    )


def findings(result: Result, model: Model, language: Language) -> list[str]:
    """Where the kinds of evidence disagree, and of what too little is known."""
    found = []
    for agreement in (Agreement.TOLD_ABOVE, Agreement.OBSERVED_ABOVE):
        names = [
            language.label(model.dimension(one.dimension).name)
            for one in result.dimensions
            if one.agreement is agreement
        ]
        if names:
            found.append(f"{language.listing(names)}: {language.text(AGREEMENTS[agreement])}")
    for kind, words in KINDS.items():
        lacking: dict[str, list[str]] = {}
        for one in result.dimensions:
            strand = one.strand(kind)
            if strand.level is None:
                name = language.label(model.dimension(one.dimension).name)
                lacking.setdefault(insufficient(strand, language), []).append(name)
        for reason, names in lacking.items():
            found.append(
                language.text(
                    "%(kind)s: no level for %(dimensions)s, because %(reason)s.",
                    kind=language.text(words),
                    dimensions=language.listing(names),
                    reason=reason,
                )
            )
    return found


def level(strand: Strand, language: Language) -> str:
    """A level with its interval, or why there is none."""
    if strand.level is None:
        return insufficient(strand, language)
    if strand.low is None or strand.high is None:
        return decimal(strand.level, language)
    return language.text(
        "%(level)s (%(low)s to %(high)s)",
        level=decimal(strand.level, language),
        low=decimal(strand.low, language),
        high=decimal(strand.high, language),
    )


def insufficient(strand: Strand, language: Language) -> str:
    reason = strand.insufficient or "coverage"
    return language.text(INSUFFICIENT[reason]) if reason in INSUFFICIENT else reason.replace("_", " ")


def decimal(value: float, language: Language) -> str:
    """A level with two decimals, as it is computed with."""
    return language.decimal(value, 2)


def staged(one: Assessed, language: Language) -> str:
    return language.text("not assessed in full") if one.staged is None else str(one.staged)


def place(dimension: Dimension, score: float, language: Language) -> tuple[str, str]:
    """Name and description of the level, or the step of a low level, that a continuous level has reached."""
    found = dimension.place(score)
    return language.label(found.name), language.label(found.description)


def _line(one: Assessed, model: Model, language: Language) -> profile_charts.Line:
    spots = [
        profile_charts.Spot(
            strand.kind.value,
            strand.level,
            strand.low,
            strand.high,
            f"{language.text(KINDS[strand.kind])} {level(strand, language)}",
        )
        for strand in one.strands
        if strand.level is not None
    ]
    name = language.label(model.dimension(one.dimension).name)
    return profile_charts.Line(name, spots, language.text("not enough evidence"))


def _row(one: Assessed, model: Model, language: Language) -> Row:
    return Row(
        key=one.dimension,
        name=language.label(model.dimension(one.dimension).name),
        weight=language.percent(one.weight),
        levels=[level(one.strand(kind), language) for kind in KINDS],
        staged=staged(one, language),
        agreement=language.text(IN_SHORT[one.agreement]),
    )


def _changed(change: Change, model: Model, language: Language) -> str:
    text = (
        N_("%(dimension)s, %(kind)s: risen from %(before)s to %(after)s.")
        if change.direction == "up"
        else N_("%(dimension)s, %(kind)s: fallen from %(before)s to %(after)s.")
    )
    return language.text(
        text,
        dimension=language.label(model.dimension(change.dimension).name),
        kind=language.text(KINDS[change.kind]),
        before=decimal(change.before, language),
        after=decimal(change.after, language),
    )
