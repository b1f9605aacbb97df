"""Do those who belong to a room take part in it, and read it?"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from connectors.activity import PersonKind
from metrics import facts as f
from metrics.clustered import kinds, per_person, share_cell
from metrics.metric import (
    WITHIN,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Privacy,
    Scope,
    Source,
    Statement,
    Subject,
    Tier,
    Window,
)
from metrics.scoping import number, reason

_WINDOWS = (Window.DAYS28.value, Window.WEEKS26.value)


def _memberships(done: ColumnElement[int], *, viewing: bool) -> Statement:
    """Members of rooms on the day in the middle, and those who did something in theirs in the period."""

    def statement(scope: Scope) -> Select[Any]:
        m, p, h, r, d, day = (
            table.c for table in (f.membership, f.period, f.home, f.room, f.person_day, f.period_day)
        )
        acted = (
            select(
                d.room, day.window, day.since, d.person, func.max(case((done > 0, 1), else_=0)).label("done")
            )
            .join(f.period_day, day.day == d.day)
            .where(day.window.in_(_WINDOWS))
            .group_by(d.room, day.window, day.since, d.person)
            .cte("acted")
        )
        a = acted.c
        watched = select(a.room, a.window, a.since).where(a.done == 1).distinct().subquery("watched")
        w = watched.c
        listed = and_(
            func.coalesce(h.active, True),
            func.coalesce(h.kind, PersonKind.HUMAN.value) == PersonKind.HUMAN.value,
        )
        belonging = (
            select(
                cast(literal(""), String).label("scope_key"),
                p.window,
                p.since,
                m.room,
                m.pseudonym.label("person"),
                func.max(func.coalesce(a.done, 0)).label("done"),
                func.max(case((w.room.is_not(None), 1), else_=0)).label("watched"),
            )
            .select_from(f.membership)
            .join(
                f.period,
                and_(
                    p.window.in_(_WINDOWS),
                    or_(m.since.is_(None), m.since <= p.mid),
                    or_(m.until.is_(None), m.until > p.mid),
                ),
            )
            .join(f.room, and_(r.key == m.room, ~r.open, ~r.archived))
            .outerjoin(f.home, and_(h.window == p.window, h.since == p.since, h.person == m.pseudonym))
            .outerjoin(
                acted,
                and_(a.room == m.room, a.window == p.window, a.since == p.since, a.person == m.pseudonym),
            )
            .outerjoin(watched, and_(w.room == m.room, w.window == p.window, w.since == p.since))
            .where(listed)
            .group_by(p.window, p.since, m.room, m.pseudonym)
            .cte("belonging")
        )
        b = belonging.c
        # Where nobody known viewed anything, the platform does not tell who does.
        counted = b.watched == 1 if viewing else b.watched >= 0
        sums = (
            select(
                b.scope_key,
                b.window,
                b.since,
                number(counted).label("counted"),
                number(~counted).label("excluded"),
            )
            .group_by(b.scope_key, b.window, b.since)
            .subquery("sums")
        )
        s = sums.c
        totals = select(
            s.scope_key,
            s.window,
            s.since,
            cast(s.excluded, BigInteger).label("excluded"),
            reason((s.counted == 0, "no_viewer_data" if viewing else "no_members")).label("reason"),
        ).cte("totals")
        made = select(belonging).where(counted).cte("made")
        q = made.c
        people = per_person(made, q.done, literal(1), q.person, literal(True))
        return kinds(people, totals, "part", "whole")

    return statement


_DAY = f.person_day.c
_WHO = Label(
    de="Mitglied ist, wer es am mittleren Tag des Zeitraums war. Räume, die allen offenstehen, archivierte und solche ohne bekannte "
    "Mitglieder bleiben außen vor. Wer in vielen Räumen ist, zählt so oft.",
    en="A member is who was one on the middle day of the period. Rooms open to all, archived ones and those without known members are "
    "left out. Who is in many rooms counts as often.",
)


def _metric(key: str, label: Label, meaning: Label, formula: Label, limit: Label, *, viewing: bool) -> Metric:
    contributed = _DAY.creates + _DAY.comments + _DAY.replies + _DAY.messages + _DAY.edits
    return Metric(
        key=key,
        label=label,
        meaning=meaning,
        formula=formula,
        limits=(limit, _WHO),
        unit=Measure.SHARE,
        direction=Direction.UP,
        tier=Tier.PEOPLE,
        subject=Subject.MEMBERSHIPS,
        sources=(Source(Mark.OWN, "members who take part, over all rooms"),),
        statement=_memberships(_DAY.views if viewing else contributed, viewing=viewing),
        absent="no_members",
        reach=WITHIN,
        scopes=frozenset({Scope.ORGANISATION}),
        windows=frozenset({Window.DAYS28, Window.WEEKS26}),
        privacy=Privacy.DOMINANCE,
        interval=Interval.BOOTSTRAP,
        cell=share_cell,
    )


MEMBERSHIP_ACTIVATION = _metric(
    "membership_activation",
    Label(de="Aktive Mitgliedschaften", en="Active memberships"),
    Label(
        de="Wie oft trägt jemand in einem Raum auch etwas bei, in dem er Mitglied ist?",
        en="How often does somebody who is a member of a room contribute to it?",
    ),
    Label(
        de="Mitgliedschaften, in denen jemand im Zeitraum etwas schrieb oder bearbeitete, geteilt durch alle Mitgliedschaften",
        en="memberships in which somebody wrote or edited something in the period, divided by all memberships",
    ),
    Label(
        de="Automatische Mitgliedschaften senken den Wert. Mitlesen ist nicht schlecht. Für einen einzelnen Raum steht der Anteil "
        "Beitragender.",
        en="Automatic memberships lower the value. Reading along is not bad. For a single room see the share of contributors.",
    ),
    viewing=False,
)

MEMBERSHIP_READING = _metric(
    "membership_reading",
    Label(de="Gelesene Mitgliedschaften", en="Memberships that read"),
    Label(
        de="Wie oft liest jemand in einem Raum, in dem er Mitglied ist?",
        en="How often does somebody who is a member of a room read in it?",
    ),
    Label(
        de="Mitgliedschaften, in denen jemand im Zeitraum etwas aufrief, geteilt durch alle Mitgliedschaften in Räumen, von denen bekannt "
        "ist, wer etwas aufrief",
        en="memberships in which somebody viewed something in the period, divided by all memberships in rooms of which it is known who "
        "viewed anything",
    ),
    Label(
        de="Wo die Plattform Aufrufe nur zählt und nicht sagt, wer las, ist der Wert unbekannt. Räume, in denen im Zeitraum niemand "
        "Bekanntes las, bleiben außen vor; das hebt den Wert.",
        en="Where the platform only counts views and does not tell who read, the value is unknown. Rooms in which nobody known read in "
        "the period are left out; that raises the value.",
    ),
    viewing=True,
)
