"""Rooms that come and go, who owns them, and on how many people they rest."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from connectors.activity import PersonKind
from metrics import facts as f
from metrics.lifetimes import births
from metrics.metric import (
    SO_FAR,
    WITHIN,
    Direction,
    Label,
    Mark,
    Measure,
    Metric,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)
from metrics.scoping import distinct_number, number, reason
from metrics.vitality import VOICES

OWNERS = 2
"""From so many owners on a room does not hang on one person."""
FEW = 3
"""A room with fewer effective authors than this rests on a few."""
_WINDOWS = (Window.DAYS28.value, Window.WEEKS26.value)


def _told(
    numerator: ColumnElement[int],
    denominator: ColumnElement[int],
    excluded: ColumnElement[int],
    why: ColumnElement[Any],
) -> list[ColumnElement[Any]]:
    """The columns of a value of rooms: nobody stands behind them."""
    nobody = cast(null(), BigInteger)
    return [
        cast(literal(""), String).label("category"),
        cast(numerator, BigInteger).label("numerator"),
        cast(denominator, BigInteger).label("denominator"),
        nobody.label("people"),
        nobody.label("affirming"),
        cast(excluded, BigInteger).label("excluded"),
        why.label("reason"),
    ]


def _births(scope: Scope) -> Select[Any]:
    """Rooms in which in the period for the first time somebody else than the first author wrote."""
    b, p = (rooms := births()).c, f.period.c
    inside = func.coalesce(and_(b.born >= p.since, b.born < p.until), False)
    # Where the room or its log is not known from its first day, this may be one time of many.
    sure = and_(b.known, b.observed <= b.day)
    found = (
        select(
            p.window,
            p.since,
            number(and_(inside, sure)).label("born"),
            number(and_(inside, ~sure)).label("unsure"),
            number(sure).label("sure"),
        )
        .select_from(rooms)
        .join(f.period, and_(b.day < p.until, p.window.in_(_WINDOWS)))
        .group_by(p.window, p.since)
        .subquery("found")
    )
    n = found.c
    why = reason((and_(n.sure == 0, n.born == 0), "births_unknown"))
    return select(
        cast(literal(""), String).label("scope_key"),
        n.window,
        n.since,
        *_told(n.born, literal(1), n.unsure, why),
    )


def _closures(scope: Scope) -> Select[Any]:
    """Rooms archived by now whose last act, or else their first day, is in the period."""
    life, p = f.room_life.c, f.period.c
    closed = func.coalesce(life.latest, life.start)
    found = (
        select(
            p.window,
            p.since,
            number(and_(life.archived, closed >= p.since, closed < p.until)).label("closed"),
        )
        .select_from(f.room_life)
        .join(f.period, and_(life.start < p.until, p.window.in_(_WINDOWS)))
        .group_by(p.window, p.since)
        .subquery("found")
    )
    n = found.c
    return select(
        cast(literal(""), String).label("scope_key"),
        n.window,
        n.since,
        *_told(n.closed, literal(1), literal(0), cast(null(), String)),
    )


def _owned(scope: Scope) -> Select[Any]:
    life, p, m, h = f.room_life.c, f.period.c, f.membership.c, f.home.c
    listed = and_(
        func.coalesce(h.active, True),
        func.coalesce(h.kind, PersonKind.HUMAN.value) == PersonKind.HUMAN.value,
    )
    owning = (
        select(
            m.room,
            p.window,
            p.since,
            distinct_number(m.pseudonym, listed).label("owners"),
        )
        .select_from(f.membership)
        .join(
            f.period,
            and_(or_(m.since.is_(None), m.since <= p.mid), or_(m.until.is_(None), m.until > p.mid)),
        )
        .outerjoin(f.home, and_(h.window == p.window, h.since == p.since, h.person == m.pseudonym))
        .where(m.owner, p.window == Window.DAYS28.value)
        .group_by(m.room, p.window, p.since)
        .subquery("owning")
    )
    o = owning.c
    found = (
        select(
            p.window,
            p.since,
            number(o.owners >= OWNERS).label("several"),
            number(o.owners.is_not(None)).label("known"),
            number(o.owners.is_(None)).label("unknown"),
        )
        .select_from(f.room_life)
        .join(
            f.period,
            and_(
                life.start < p.until,
                or_(life.gone.is_(None), life.gone > p.since),
                p.window == Window.DAYS28.value,
            ),
        )
        .outerjoin(owning, and_(o.room == life.room, o.window == p.window, o.since == p.since))
        .where(~life.archived)
        .group_by(p.window, p.since)
        .subquery("found")
    )
    n = found.c
    return select(
        cast(literal(""), String).label("scope_key"),
        n.window,
        n.since,
        *_told(n.several, n.known, n.unknown, reason((n.known == 0, "owners_unknown"))),
    )


def _on_few(scope: Scope) -> Select[Any]:
    d, day = f.person_day.c, f.period_day.c
    made = d.creates + d.comments + d.replies + d.messages + d.edits
    each = (
        select(d.room, day.window, day.since, d.person, cast(func.sum(made), BigInteger).label("made"))
        .join(f.period_day, day.day == d.day)
        .where(day.window.in_(_WINDOWS), made > 0)
        .group_by(d.room, day.window, day.since, d.person)
        .subquery("each")
    )
    e = each.c
    by_room = (
        select(
            e.window,
            e.since,
            cast(func.sum(e.made), BigInteger).label("made"),
            cast(func.sum(e.made * e.made), BigInteger).label("squares"),
        )
        .group_by(e.room, e.window, e.since)
        .subquery("by_room")
    )
    r = by_room.c
    busy = r.made >= VOICES
    found = (
        select(
            r.window,
            r.since,
            number(and_(busy, r.made * r.made < FEW * r.squares)).label("few"),
            number(busy).label("busy"),
            number(~busy).label("quiet"),
        )
        .group_by(r.window, r.since)
        .subquery("found")
    )
    n = found.c
    return select(
        cast(literal(""), String).label("scope_key"),
        n.window,
        n.since,
        *_told(n.few, n.busy, n.quiet, reason((n.busy == 0, "no_busy_rooms"))),
    )


_ORGANISATION = frozenset({Scope.ORGANISATION})
_BOTH = frozenset({Window.DAYS28, Window.WEEKS26})

ROOM_BIRTHS = Metric(
    key="room_births",
    label=Label(de="Geborene Räume", en="Rooms born"),
    meaning=Label(
        de="Wie viele Räume kamen in Gang?",
        en="How many rooms got going?",
    ),
    formula=Label(
        de="Räume, in denen im Zeitraum erstmals jemand anderes als der erste Autor schrieb",
        en="rooms in which in the period for the first time somebody else than the first author wrote",
    ),
    limits=(
        Label(
            de="Viele neue Räume sind kein Ziel: es kommt darauf an, ob sie leben. Räume, deren Anfang nicht bekannt ist oder die ein "
            "Relaunch oder eine Migration mitbrachte, zählen nicht; ihre Zahl wird mitgeführt.",
            en="Many new rooms are no goal: what matters is whether they live. Rooms whose beginning is not known, or which a relaunch or "
            "migration brought along, do not count; their number is kept.",
        ),
    ),
    unit=Measure.NUMBER,
    direction=Direction.NEUTRAL,
    tier=Tier.RESPONSES,
    subject=Subject.ROOMS,
    sources=(Source(Mark.OWN, "birth of a room"),),
    statement=_births,
    absent="no_rooms",
    scopes=_ORGANISATION,
    windows=_BOTH,
)

ROOM_CLOSURES = Metric(
    key="room_closures",
    label=Label(de="Geschlossene Räume", en="Rooms closed"),
    meaning=Label(
        de="Wie viele Räume haben ihren Zweck erfüllt und wurden geschlossen?",
        en="How many rooms have served their purpose and were closed?",
    ),
    formula=Label(
        de="heute archivierte Räume, deren letzte Handlung im Zeitraum liegt",
        en="rooms archived today whose last act is in the period",
    ),
    limits=(
        Label(
            de="Wann archiviert wurde, sagt die Plattform nicht: ein Raum zählt dort, wo er verstummte, und der Wert vergangener "
            "Zeiträume wächst, wenn aufgeräumt wird. Schließen ist ein Erfolg, kein Verlust. Gelöschte Räume zählen nicht.",
            en="The platform does not tell when a room was archived: it counts where it fell silent, and the value of past periods grows "
            "when somebody tidies up. Closing is a success, no loss. Deleted rooms do not count.",
        ),
    ),
    unit=Measure.NUMBER,
    direction=Direction.NEUTRAL,
    tier=Tier.CONTENT,
    subject=Subject.ROOMS,
    sources=(Source(Mark.OWN, "closed on purpose is a success"),),
    statement=_closures,
    absent="no_rooms",
    reach=SO_FAR,
    scopes=_ORGANISATION,
    windows=_BOTH,
)

SEVERAL_OWNERS = Metric(
    key="rooms_with_several_owners",
    label=Label(de="Räume mit mehreren Verantwortlichen", en="Rooms with several owners"),
    meaning=Label(
        de="Wie viele Räume stehen nicht still, wenn ein Mensch ausfällt?",
        en="How many rooms do not come to a halt when one person is away?",
    ),
    formula=Label(
        de="Räume, die am mittleren Tag des Zeitraums mindestens zwei aktive Menschen verantworten, geteilt durch alle nicht archivierten, "
        "deren Verantwortliche bekannt sind",
        en="rooms that on the middle day of the period at least two active people own, divided by all not archived whose owners are known",
    ),
    limits=(
        Label(
            de="Nennt die Plattform zu einem Raum niemanden, ist nicht zu unterscheiden, ob niemand verantwortlich ist oder es nur nicht "
            "gesagt wird: solche Räume bleiben außen vor, ihre Zahl wird mitgeführt. Räume, die nur Gruppen verwalten, gehören dazu.",
            en="Where the platform names nobody for a room it can not be told apart whether nobody owns it or it is just not said: such rooms "
            "are left out, their number is kept. Rooms administered by groups alone are among them.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.ROOMS,
    sources=(
        Source(Mark.READ, "Kraut and Fiore 2014: a single administrator raises the risk of failure"),
        Source(Mark.OWN, "two owners"),
    ),
    statement=_owned,
    absent="owners_unknown",
    reach=SO_FAR,
    scopes=_ORGANISATION,
    windows=frozenset({Window.DAYS28}),
)

ROOMS_ON_FEW = Metric(
    key="rooms_on_few_authors",
    label=Label(de="Räume auf wenigen Schultern", en="Rooms resting on a few"),
    meaning=Label(
        de="Wie viele Räume leben davon, dass ein oder zwei Menschen schreiben?",
        en="How many rooms live on one or two people writing?",
    ),
    formula=Label(
        de="Räume, in denen die wirksame Zahl der Autoren (Kehrwert der Summe der quadrierten Anteile an den Inhalten, Kommentaren, Antworten, "
        "Nachrichten und Bearbeitungen) unter 3 liegt, geteilt durch alle mit mindestens 4 davon im Zeitraum",
        en="rooms in which the effective number of authors (the inverse of the sum of the squared shares of contents, comments, replies, "
        "messages and edits) is below 3, divided by all with at least 4 of these in the period",
    ),
    limits=(
        Label(
            de="Ein Nachrichtenraum darf auf wenigen ruhen. Wie sehr ein einzelner Raum an wem hängt, wird nie gezeigt.",
            en="A room for news may rest on a few. How much a single room depends on whom is never shown.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.DOWN,
    tier=Tier.CONTENT,
    subject=Subject.ROOMS,
    sources=(
        Source(
            Mark.KNOWN,
            "Herfindahl-Hirschman index; its inverse as the effective number (Laakso and Taagepera 1979)",
        ),
        Source(Mark.OWN, "fewer than three effective authors"),
    ),
    statement=_on_few,
    absent="no_busy_rooms",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_BOTH,
)
