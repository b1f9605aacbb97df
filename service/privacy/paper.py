"""The readable agreement, as headings, paragraphs and tables; written as DOCX or PDF elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from metrics.metric import Label
from service.errors import Invalid
from service.privacy import paper_words as called
from service.privacy.agreement import Agreement, Signature
from service.privacy.differences import ABSENT, Difference
from service.privacy.ledger import compared
from service.privacy.words import EXCLUSIONS, OUTPUTS, PURPOSES, RULES

LANGUAGES = ("de", "en")


@dataclass(frozen=True, slots=True)
class Table:
    """`widths` are shares of the width of the page, in percent."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    language: str
    title: str
    subtitle: str
    head: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    footer: str
    page: str


def paper(
    agreement: Agreement, before: Agreement | None, signatures: Sequence[Signature], language: str
) -> Paper:
    """The agreement in words, with what differs from the one before it. Raises `Invalid` for a language not spoken here."""
    if language not in LANGUAGES:
        raise Invalid(f"{language!r} is not spoken here; give one of {', '.join(LANGUAGES)}")
    return _Writer(agreement, before, signatures, language).paper()


@dataclass(frozen=True, slots=True)
class _Writer:
    agreement: Agreement
    before: Agreement | None
    signatures: Sequence[Signature]
    language: str

    def text(self, key: str, **values: object) -> str:
        return self.say(called.TEXT[key]).format(**values)

    def say(self, label: Label) -> str:
        return label.de if self.language == "de" else label.en

    def name(self, names: Mapping[str, Label], key: str) -> str:
        return self.say(names[key]) if key in names else key

    def names(self, names: Mapping[str, Label], keys: Sequence[str]) -> str:
        known = [key for key in names if key in keys]
        return ", ".join(
            self.name(names, key) for key in (*known, *(key for key in keys if key not in names))
        )

    def date(self, moment: str) -> str:
        return format_date(datetime.fromisoformat(moment), "long", locale=self.language)

    def paper(self) -> Paper:
        document = self.agreement.document
        number = f"{self.text('version')} {self.agreement.number}"
        return Paper(
            language=self.language,
            title=self.text("title"),
            subtitle=self.text("subtitle"),
            head=(
                (self.text("organisation"), document["organisation"]["name"]),
                (self.text("version"), str(self.agreement.number)),
                (self.text("created"), self.date(document["created"])),
                (self.text("software"), f"Resonanz {document['software']}"),
                (self.text("digest"), self.agreement.digest),
            ),
            sections=(Section("", (self.text("generated"),)), *self.sections()),
            footer=f"{document['organisation']['name']} · {number} · {self.agreement.digest[:16]}…",
            page=self.text("page"),
        )

    def sections(self) -> Iterator[Section]:
        written = (
            self.purposes(),
            self.sources(),
            self.fields(),
            self.metrics(),
            self.groups(),
            self.retention(),
            self.roles(),
            (self.changes(), self.difference(), self.signing()),
        )
        number = 0
        for group in written:
            for section in group:
                number += 1
                yield Section(
                    f"{number}. {section.heading}", section.paragraphs, section.points, section.table
                )

    def heading(self, key: str) -> str:
        return self.name(called.SECTIONS, key)

    def purposes(self) -> tuple[Section, ...]:
        terms = self.agreement.terms
        return tuple(
            Section(
                self.heading(key),
                (self.text(f"{key}_intro"),),
                tuple(self.name(words, one) for one in terms[key]),
            )
            for key, words in (("purposes", PURPOSES), ("exclusions", EXCLUSIONS))
        )

    def sources(self) -> tuple[Section, ...]:
        terms = self.agreement.terms["sources"]
        if not terms:
            return (Section(self.heading("sources"), (self.text("no_sources"),)),)
        rows = tuple(
            (
                key + (f" ({self.text('opt_in')})" if one["opt_in"] else ""),
                one["connector"],
                ", ".join(one["streams"]),
                self.names(called.KINDS, one["kinds"]),
                "; ".join(f"{name}: {_flat(value)}" for name, value in one["settings"].items()),
            )
            for key, one in terms.items()
        )
        header = tuple(self.text(key) for key in ("source", "connector", "streams", "kinds", "settings"))
        table = Table(header, rows, (15, 14, 20, 31, 20))
        return (Section(self.heading("sources"), (self.text("sources_intro"),), table=table),)

    def fields(self) -> tuple[Section, ...]:
        # What people know by a name comes first, in the order of the names.
        terms = self.agreement.terms["fields"]
        order = [
            *(key for key in called.TABLES if key in terms),
            *(key for key in terms if key not in called.TABLES),
        ]
        rows = tuple((self.name(called.TABLES, key), ", ".join(terms[key])) for key in order)
        table = Table((self.text("table"), self.text("columns")), rows, (32, 68))
        return (Section(self.heading("fields"), (self.text("fields_intro"),), table=table),)

    def metrics(self) -> tuple[Section, ...]:
        words = self.agreement.document["words"]["metrics"]
        rows = tuple(
            (
                words.get(key, {}).get(self.language, key),
                self.names(called.SCOPES, one["scopes"]),
                self.names(called.WINDOWS, one["windows"]),
                self.name(called.PRIVACY, one["privacy"]),
            )
            for key, one in self.agreement.terms["metrics"].items()
        )
        header = tuple(self.text(key) for key in ("metric", "scopes", "windows", "privacy"))
        table = Table(header, rows, (37, 24, 20, 19))
        return (Section(self.heading("metrics"), (self.text("metrics_intro"),), table=table),)

    def groups(self) -> tuple[Section, ...]:
        terms = self.agreement.terms
        rows = tuple(
            (self.name(called.GROUPS, key), f"{size} {self.text('people')}")
            for key, size in sorted(terms["groups"].items(), key=lambda group: group[0] == "floor")
        )
        table = Table((self.text("data"), self.text("least")), rows, (70, 30))
        rules = terms["suppression"]
        steps = ", ".join(
            f"{self.name(called.ROUNDED, unit)} {format_decimal(step / 1000, locale=self.language)}"
            for unit, step in rules["rounding"].items()
        )
        relations = self.text("relations", count=len(rules["relations"]))
        return (
            Section(self.heading("groups"), (self.text("groups_intro"),), table=table),
            Section(
                self.heading("suppression"),
                (f"{self.text('rounding')}{steps}.", relations),
                tuple(self.name(RULES, rule) for rule in rules["rules"]),
            ),
        )

    def retention(self) -> tuple[Section, ...]:
        rows = tuple(
            (self.name(called.RETENTION, key), self.kept(days))
            for key, days in self.agreement.terms["retention"].items()
        )
        table = Table((self.text("data"), self.text("kept")), rows, (60, 40))
        return (Section(self.heading("retention"), table=table),)

    def kept(self, days: int | None) -> str:
        if days is None:
            return self.text("for_ever")
        return self.text("days", days=days) if days else self.text("never")

    def roles(self) -> tuple[Section, ...]:
        terms = self.agreement.terms
        rows = tuple(
            (self.name(called.ROLES, role), self.names(called.PERMISSIONS, may))
            for role, may in terms["roles"].items()
        )
        table = Table((self.text("role"), self.text("permissions")), rows, (35, 65))
        ways = tuple(self.name(OUTPUTS, way) for way in terms["outputs"])
        return (
            Section(self.heading("outputs"), (self.text("outputs_intro"),), ways),
            Section(self.heading("roles"), table=table),
        )

    def changes(self) -> Section:
        rows = tuple(
            (self.name(called.HOLDERS, holder), key) for holder, key in self.agreement.holders.items()
        )
        table = Table((self.text("holder"), self.text("public_key")), rows, (25, 75))
        return Section(self.text("changes"), (self.text("changes_intro"),), table=table)

    def difference(self) -> Section:
        if self.before is None:
            return Section(self.text("difference"), (self.text("first"),))
        found = compared(self.before, self.agreement)
        if not found:
            return Section(self.text("difference"), (self.text("same"),))
        header = tuple(self.text(key) for key in ("place", "before", "after", "effect"))
        table = Table(header, tuple(self.changed(one) for one in found), (34, 22, 22, 22))
        return Section(self.text("difference"), table=table)

    def changed(self, difference: Difference) -> tuple[str, ...]:
        section, *inside = difference.path
        place = " › ".join((self.heading(section), *(self.inside(section, one) for one in inside)))
        return (
            place,
            self.value(difference.before),
            self.value(difference.after),
            self.name(called.EFFECTS, difference.effect.value),
        )

    def inside(self, section: str, key: str) -> str:
        words = self.agreement.document["words"]["metrics"]
        if section == "metrics" and key in words:
            return str(words[key][self.language])
        return self.name(_NAMED_IN[section], key) if section in _NAMED_IN else key

    def value(self, value: Any) -> str:
        if value is ABSENT:
            return self.text("nothing")
        if value is None:
            return self.text("for_ever")
        return self.text("listed") if value is True or isinstance(value, Mapping) else _flat(value)

    def signing(self) -> Section:
        dated = {one.holder: self.date(one.signed) for one in self.signatures}
        rows = tuple(
            (self.say(label), dated.get(holder, self.text("unsigned")), "")
            for holder, label in called.HOLDERS.items()
        )
        header = (self.text("holder"), self.text("signed"), self.text("by_hand"))
        return Section(self.text("signatures"), table=Table(header, rows, (25, 30, 45)))


_NAMED_IN: Mapping[str, Mapping[str, Label]] = {
    "purposes": PURPOSES,
    "exclusions": EXCLUSIONS,
    "outputs": OUTPUTS,
    "roles": {**called.ROLES, **called.PERMISSIONS},
    "suppression": RULES,
    "fields": called.TABLES,
    "groups": called.GROUPS,
    "retention": called.RETENTION,
    "holders": called.HOLDERS,
}


def _flat(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
