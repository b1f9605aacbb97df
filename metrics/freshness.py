"""Is official information current, does anybody stand behind it, and is it read?"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from math import ceil
from statistics import median
from typing import Any

from sqlalchemy import Select, String, cast, literal, select, true, union_all

from metrics.clustered import interval_of_share, unknown
from metrics.metric import (
    WITHIN,
    Cell,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Privacy,
    Row,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)
from metrics.page_state import page_state
from metrics.scoping import TELLABLE, scope_key

STALE = timedelta(days=365)
"""A page unchanged for longer is stale."""
YOUNG = timedelta(days=28)
"""A page must be this old to be called unread."""

GRADES = {
    "great": Label(de="beide da", en="both there"),
    "ok": Label(de="eine Person da", en="one of them there"),
    "poor": Label(de="niemand mehr da", en="nobody there any more"),
}


def _pages(scope: Scope, category: Any = None) -> Select[Any]:
    p = page_state.c
    return select(
        cast(scope_key(scope, p), String).label("scope_key"),
        p.window,
        p.since,
        (cast(literal(""), String) if category is None else category).label("category"),
        *(p[name] for name in ("until", "made", "touched", "doubted", "creator", "modifier", "views")),
        p.creator_active,
        p.modifier_active,
        *(literal(0).label(name) for name in ("people", "affirming", "excluded")),
    )


def pages(scope: Scope) -> Select[Any]:
    """One row for each official page."""
    return _pages(scope)


def pages_by_grade(scope: Scope) -> Select[Any]:
    """One row for each official page and grade."""
    names = union_all(*(select(cast(literal(name), String).label("name")) for name in GRADES)).cte("names")
    return _pages(scope, names.c.name).select_from(page_state).join(names, true())


def stale(row: Row) -> bool | None:
    """Whether nobody changed the page for longer than `STALE`; None where a later change may have been one by people."""
    oldest = row["until"] - STALE
    if row["touched"] is not None and row["touched"] >= oldest:
        return False
    return None if row["doubted"] is not None and row["doubted"] >= oldest else True


def grade(row: Row) -> str | None:
    """Whether who made the page and who last changed it are still active, as far as they are known."""
    known = [row[name] for name in ("creator_active", "modifier_active") if row[name] is not None]
    if not known:
        return None
    return "great" if all(known) else "ok" if any(known) else "poor"


def _owner(row: Row) -> int | None:
    owner: int | None = row["creator"] if row["modifier"] is None else row["modifier"]
    return owner


def _share(
    rows: list[Row], counted: Callable[[Row], bool], excluded: int, weight: Callable[[Row], int]
) -> Cell:
    """The weight of the pages that are counted of that of all, by who stands behind them."""
    part: Counter[int | None] = Counter()
    whole: Counter[int | None] = Counter()
    for row in rows:
        whole[_owner(row)] += weight(row)
        part[_owner(row)] += weight(row) if counted(row) else 0
    owners = sorted(whole, key=lambda owner: (owner is None, owner or 0))
    low, high = interval_of_share(
        [part[owner] for owner in owners], [whole[owner] for owner in owners], [1] * len(owners)
    )
    return Cell(
        sum(part.values()),
        sum(whole.values()),
        sum(owner is not None for owner in owners),
        sum(owner is not None and part[owner] > 0 for owner in owners),
        excluded,
        low=low,
        high=high,
        largest=max((whole[owner] for owner in owners if owner is not None), default=None),
    )


def _of_pages(_: Row) -> int:
    return 1


def _of_views(row: Row) -> int:
    return int(row["views"])


def _stale_share(weight: Callable[[Row], int]) -> Callable[[list[Row]], Cell]:
    def cell(rows: list[Row]) -> Cell:
        told = [row for row in rows if row["views"] is not None]
        used = [row for row in told if row["views"]]
        known = [row for row in used if stale(row) is not None]
        excluded = len(rows) - len(told) + len(used) - len(known)
        of_all, of_known = sum(map(weight, used)), sum(map(weight, known))
        why = (
            "no_view_data"
            if not told
            else "nothing_viewed"
            if not used
            else "age_unknown"
            if (of_all - of_known) * TELLABLE > of_all
            else None
        )
        if why is not None:
            return unknown({**rows[0], "excluded": excluded}, why)
        return _share(known, lambda row: bool(stale(row)), excluded, weight)

    return cell


def median_age_cell(rows: list[Row]) -> Cell:
    """The median of the days since the last change, in halves."""
    known = [
        row
        for row in rows
        if row["touched"] is not None and (row["doubted"] is None or row["doubted"] <= row["touched"])
    ]
    excluded = len(rows) - len(known)
    if excluded * TELLABLE > len(rows):
        return unknown({**rows[0], "excluded": excluded}, "age_unknown")
    owners = Counter(owner for row in known if (owner := _owner(row)) is not None)
    most = max(owners.values(), default=0)
    return Cell(
        int(2 * median((row["until"] - row["touched"]).days for row in known)),
        2,
        len(owners),
        len(owners),
        excluded,
        largest=ceil(Fraction(2 * most, len(known))),
    )


def grade_cell(rows: list[Row]) -> Cell:
    known = [row for row in rows if grade(row) is not None]
    excluded = len(rows) - len(known)
    if excluded * TELLABLE > len(rows):
        return unknown({**rows[0], "excluded": excluded}, "page_owners_unknown")
    wanted = rows[0]["category"]
    return _share(known, lambda row: grade(row) == wanted, excluded, _of_pages)


def unread_cell(rows: list[Row]) -> Cell:
    told = [row for row in rows if row["views"] is not None]
    old = [row for row in told if row["made"] <= row["until"] - YOUNG]
    excluded = len(rows) - len(old)
    if not old:
        return unknown({**rows[0], "excluded": excluded}, "pages_too_young" if told else "no_view_data")
    return _share(old, lambda row: not row["views"], excluded, _of_pages)


_OFFICIAL = Label(
    de="Offiziell sind die Seiten in Räumen, die als offiziell ausgewiesen und nicht archiviert sind. Gelöschte Seiten zählen nicht.",
    en="Official are the pages in rooms declared official that are not archived. Deleted pages do not count.",
)
_CHANGED = Label(
    de="Als Änderung gilt nur, was Menschen an einer Seite taten: keine kleinen Korrekturen, keine Massenänderung (mehr als 20 Inhalte einer Person "
    "in zehn Minuten), nichts am Tag einer Migration, nichts von Systemkonten. Kann eine spätere Änderung eine menschliche gewesen sein (unbekannte "
    "Person, importierter Inhalt), ist das Alter der Seite unbekannt; trifft das auf mehr als eine von zehn zu, ist es auch der Wert.",
    en="Only what people did to a page is a change: no minor edits, no bulk edit (more than 20 contents of one person within ten minutes), nothing on "
    "the day of a migration, nothing of service accounts. Where a later change may have been made by people (unknown person, imported content) the "
    "age of the page is unknown; where that holds for more than one in ten, so is the value.",
)
_STALE = Label(
    de="Veraltet heißt: seit mehr als 12 Monaten unverändert. Eine Grenze für alle Seiten: ob eine Seite Richtlinie, Kontaktliste oder Nachricht ist und "
    "wann sie geprüft werden sollte, sagen die angebundenen Plattformen nicht. Das Alter einer Richtlinie, die weiter gilt, schadet nicht; durchgesehen, "
    "ohne etwas zu ändern, hinterlässt keine Spur.",
    en="Stale means unchanged for more than 12 months. One limit for all pages: whether a page is a policy, a list of contacts or news, and when it was to "
    "be reviewed, connected platforms do not tell. The age of a policy that still holds does no harm; a review that changed nothing leaves no trace.",
)
_VIEWED = Label(
    de="Seiten ohne Angaben zu Aufrufen im Zeitraum bleiben außen vor.",
    en="Pages without view data in the period are left out.",
)
_ROUTE = Label(
    de="Der Wert sagt, wo aufzuräumen ist. Er eignet sich nicht, um Verantwortliche zu vergleichen: wer viele Seiten betreut, hat auch mehr alte.",
    en="The value tells where to clean up. It is not made for comparing owners: who looks after many pages has more old ones.",
)
_PRACTICE = Source(Mark.READ, "ITPro Today; mydigitalworkplace: review prompts at 12 to 14 months")
_TWELVE = Source(Mark.OWN, "12 months without a change by people")
_BOTH = frozenset({Scope.ORGANISATION, Scope.ROOM})
_ORGANISATION = frozenset({Scope.ORGANISATION})
_WINDOWS = frozenset({Window.DAYS28, Window.WEEKS26})

STALE_SHARE = Metric(
    key="stale_share",
    label=Label(de="Veraltete offizielle Seiten", en="Stale official pages"),
    meaning=Label(
        de="Wie viele der offiziellen Seiten, die gelesen werden, hat lange niemand angefasst?",
        en="How many of the official pages that are read has nobody touched for long?",
    ),
    formula=Label(
        de="im Zeitraum aufgerufene offizielle Seiten, die am Ende des Zeitraums seit mehr als 365 Tagen kein Mensch geändert hat, geteilt durch alle "
        "aufgerufenen offiziellen Seiten, deren Alter bekannt ist",
        en="official pages viewed in the period that nobody has changed for more than 365 days at its end, divided by all official pages viewed whose "
        "age is known",
    ),
    limits=(_OFFICIAL, _STALE, _CHANGED, _VIEWED, _ROUTE),
    unit=Measure.SHARE,
    direction=Direction.DOWN,
    tier=Tier.VIEWS,
    subject=Subject.CONTENTS,
    sources=(_PRACTICE, _TWELVE),
    statement=pages,
    absent="no_official_pages",
    reach=WITHIN,
    scopes=_BOTH,
    windows=_WINDOWS,
    interval=Interval.BOOTSTRAP,
    cell=_stale_share(_of_pages),
)

STALE_READS = Metric(
    key="stale_reads",
    label=Label(de="Lesen veralteter Seiten", en="Stale reads"),
    meaning=Label(
        de="Wie viel des Lesens offizieller Seiten gilt veralteten?",
        en="How much of the reading of official pages goes to stale ones?",
    ),
    formula=Label(
        de="Aufrufe veralteter offizieller Seiten im Zeitraum, geteilt durch die Aufrufe aller offiziellen Seiten, deren Alter bekannt ist",
        en="views of stale official pages in the period, divided by the views of all official pages whose age is known",
    ),
    limits=(
        Label(
            de="Neben dem Anteil der Seiten zu lesen: wenige viel gelesene Seiten bestimmen diesen Wert. Gehört mehr als die Hälfte der Aufrufe den Seiten "
            "eines Menschen, wird er nicht gezeigt.",
            en="To be read beside the share of pages: few pages read a lot decide this value. Where more than half of the views go to the pages of one "
            "person it is not shown.",
        ),
        _OFFICIAL,
        _STALE,
        _CHANGED,
        _VIEWED,
    ),
    unit=Measure.SHARE,
    direction=Direction.DOWN,
    tier=Tier.VIEWS,
    subject=Subject.VIEWS,
    sources=(Source(Mark.OWN, "stale pages weighted by views"), _TWELVE),
    statement=pages,
    absent="no_official_pages",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=_stale_share(_of_views),
)

MEDIAN_AGE = Metric(
    key="median_page_age",
    label=Label(de="Alter offizieller Seiten", en="Age of official pages"),
    meaning=Label(
        de="Wie lange ist die letzte Änderung bei der Hälfte der offiziellen Seiten höchstens her?",
        en="How long ago at most was the last change for half of the official pages?",
    ),
    formula=Label(
        de="Median der Tage vom letzten Tag, an dem ein Mensch die Seite änderte oder anlegte, bis zum Ende des Zeitraums",
        en="median of the days from the last day on which somebody changed or made the page to the end of the period",
    ),
    limits=(
        Label(
            de="Zählt jede Seite gleich, auch solche, die niemand liest; ein hohes Alter ist bei beständigen Inhalten in Ordnung.",
            en="Counts every page alike, also those nobody reads; a high age is fine for contents that last.",
        ),
        _OFFICIAL,
        _CHANGED,
    ),
    unit=Measure.DAYS,
    direction=Direction.DOWN,
    tier=Tier.CONTENT,
    subject=Subject.CONTENTS,
    sources=(Source(Mark.OWN, "median age since the last change by people"),),
    statement=pages,
    absent="no_official_pages",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    cell=median_age_cell,
)

PAGE_OWNERS = Metric(
    key="page_owners",
    label=Label(de="Wer hinter offiziellen Seiten steht", en="Who stands behind official pages"),
    meaning=Label(
        de="Sind die Menschen noch da, die eine offizielle Seite angelegt und zuletzt geändert haben?",
        en="Are the people still there who made an official page and who last changed it?",
    ),
    formula=Label(
        de="offizielle Seiten, geteilt durch alle, bei denen es bekannt ist: von den Menschen, die sie anlegten und zuletzt änderten, haben in der Mitte "
        "des Zeitraums beide ein nutzbares Konto, nur eine Person, oder niemand",
        en="official pages, divided by all of which it is known: of the people who made and who last changed them both have an account that may be used in "
        "the middle of the period, only one, or nobody",
    ),
    limits=(
        Label(
            de="Ein nutzbares Konto heißt nicht, dass sich jemand zuständig fühlt. Ist es dieselbe Person oder nur eine von beiden bekannt (importierte "
            "Seiten), gilt sie für beide; ein Systemkonto steht für niemanden.",
            en="An account that may be used does not mean that somebody feels in charge. Where it is the same person, or only one of the two is known "
            "(imported pages), they stand for both; a service account stands for nobody.",
        ),
        _OFFICIAL,
        _CHANGED,
        _ROUTE,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.PEOPLE,
    subject=Subject.CONTENTS,
    sources=(Source(Mark.READ, "SWOOP Analytics: missing editors, in three grades"),),
    statement=pages_by_grade,
    absent="no_official_pages",
    reach=WITHIN,
    scopes=_BOTH,
    windows=_WINDOWS,
    categories=GRADES,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=grade_cell,
)

UNREAD_SHARE = Metric(
    key="unread_pages",
    label=Label(de="Ungelesene offizielle Seiten", en="Unread official pages"),
    meaning=Label(
        de="Wie viele offizielle Seiten ruft niemand auf?",
        en="How many official pages does nobody view?",
    ),
    formula=Label(
        de="offizielle Seiten, die am Ende des Zeitraums mindestens 28 Tage alt sind und in ihm nicht aufgerufen wurden, geteilt durch alle so alten mit "
        "Angaben zu Aufrufen",
        en="official pages at least 28 days old at the end of the period that were not viewed in it, divided by all of that age with view data",
    ),
    limits=(
        Label(
            de="Nicht aufgerufen heißt: die Zahl der Aufrufe wurde in der zweiten Hälfte des Zeitraums gelesen und stieg nicht, oder einzelne Aufrufe werden in "
            "dem Raum aufgezeichnet und es kam keiner. Wer über eine Vorschau, die Suche oder eine Kopie liest, bleibt unsichtbar.",
            en="Not viewed means: the number of views was read in the second half of the period and did not rise, or single views are recorded in that room and "
            "none came. Who reads through a preview, the search or a copy remains unseen.",
        ),
        _OFFICIAL,
        _VIEWED,
        _ROUTE,
    ),
    unit=Measure.SHARE,
    direction=Direction.DOWN,
    tier=Tier.VIEWS,
    subject=Subject.CONTENTS,
    sources=(Source(Mark.OWN, "pages without a view"),),
    statement=pages,
    absent="no_official_pages",
    reach=WITHIN,
    scopes=_BOTH,
    windows=_WINDOWS,
    interval=Interval.BOOTSTRAP,
    cell=unread_cell,
)

FRESHNESS = (STALE_SHARE, STALE_READS, MEDIAN_AGE, PAGE_OWNERS, UNREAD_SHARE)
