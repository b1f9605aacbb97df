"""The languages of the pages: their texts (gettext), their numbers and dates (Babel), and which one a reader gets.

The German catalogue is `service/web/locale/de/LC_MESSAGES/resonanz.po`; it is compiled in memory. After a change of texts:
`pybabel extract -F locale/babel.cfg -k text -k plural:1,2 -k N_ --no-location -o resonanz.pot . ../language.py ../advice ../maturity ../roadmap`
in `service/web`, then
`pybabel update -D resonanz -i resonanz.pot -d locale -l de --no-fuzzy-matching --ignore-obsolete`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from fastapi import Request

from metrics.metric import Label, Measure
from service.errors import ServiceError

CATALOGUES = Path(__file__).parent / "web" / "locale"
DOMAIN = "resonanz"
COOKIE = "language"

LOCALES = {"de": Locale("de", "DE"), "en": Locale("en", "GB")}
"""German first: it is what a reader gets who asks for neither."""


def N_(text: str) -> str:  # noqa: N802
    """Marks a text for the catalogue that is translated later."""
    return text


def NN_(one: str, several: str) -> tuple[str, str]:  # noqa: N802
    """The same for a text that depends on a number."""
    return one, several


@dataclass(frozen=True)
class Language:
    """One language. The texts in code and templates are English; the catalogue holds the German ones."""

    code: str
    locale: Locale
    translations: NullTranslations

    def text(self, message: str, /, **values: object) -> str:
        found = self.translations.gettext(message)
        return found % values if values else found

    def told(self, error: ServiceError) -> str:
        """What an error says; in English where it is not for readers of pages."""
        return self.text(error.message, **error.named)

    def plural(self, one: str, many: str, number: float, /, **values: object) -> str:
        """The text for that number, which it may name as `%(number)s`, written with at most one decimal."""
        shown = round(number, 1)
        count = 1 if shown == 1 else 2
        return self.translations.ngettext(one, many, count) % {"number": self.number(shown), **values}

    @property
    def written(self) -> str:
        """`de` or `en`: the language of whatever is written in these two only, such as labels, papers and documents."""
        return "de" if self.code == "de" else "en"

    def label(self, label: Label) -> str:
        return label.de if self.written == "de" else label.en

    def number(self, value: float) -> str:
        return numbers.format_decimal(value, format="#,##0.#", locale=self.locale)

    def decimal(self, value: float, places: int) -> str:
        """With exactly that many decimals."""
        return numbers.format_decimal(value, format=f"#,##0.{'0' * places}", locale=self.locale)

    def signed(self, value: float) -> str:
        """With its sign and two decimals."""
        return numbers.format_decimal(value, format="+0.00;−0.00", locale=self.locale)

    def percent(self, value: float) -> str:
        """A share in 0..1 as per cent, at most one decimal, in German with its no-break space."""
        return numbers.format_percent(value, format=_percent_pattern(self.locale), locale=self.locale)

    def value(self, value: float, unit: Measure) -> str:
        match unit:
            case Measure.SHARE:
                return self.percent(value)
            case Measure.HOURS:
                return self.plural("%(number)s hour", "%(number)s hours", value)
            case Measure.DAYS:
                return self.plural("%(number)s day", "%(number)s days", value)
            case Measure.INDEX:
                return self.signed(value)
            case Measure.RATIO | Measure.NUMBER:
                return self.number(value)

    def day(self, day: date) -> str:
        return dates.format_date(day, format="medium", locale=self.locale)

    def period(self, since: date, until: date) -> str:
        """The half-open period [since, until) by its first and last day."""
        last = until - timedelta(days=1)
        return f"{self.day(since)} – {self.day(last)}"

    def listing(self, items: Sequence[str]) -> str:
        return lists.format_list(list(items), locale=self.locale)


@cache
def language(code: str) -> Language:
    """The language with that code. Raises `KeyError` if there is none."""
    return Language(code, LOCALES[code], _translations(code))


def choose(request: Request) -> Language:
    """The reader's language: `?lang=`, else the cookie, else Accept-Language, else German."""
    asked = [request.query_params.get("lang"), request.cookies.get(COOKIE)]
    for code in [*asked, *_accepted(request.headers.get("accept-language", ""))]:
        if code in LOCALES:
            return language(code)
    return language(next(iter(LOCALES)))


def _accepted(header: str) -> list[str]:
    """The primary codes of an Accept-Language header, most wanted first; malformed parts are passed over."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if weight > 0:
            wanted.append((weight, tag.strip().split("-")[0].lower()))
    return [code for _, code in sorted(wanted, key=lambda pair: -pair[0])]


def _translations(code: str) -> NullTranslations:
    path = CATALOGUES / code / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code, domain=DOMAIN)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def _percent_pattern(locale: Locale) -> str:
    pattern: str = locale.percent_formats[None].pattern
    return pattern.replace("#,##0", "#,##0.#")
