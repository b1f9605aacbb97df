"""Archive or conversation?"""

from typing import Any

from sqlalchemy import Select, String, and_, cast, false, func, literal, select

from connectors.activity import ContentType
from metrics import facts as f
from metrics.interaction import FOLLOWED, LEFT_OUT, NO_NEED, UNIT, rates
from metrics.metric import WITHIN, Direction, Label, Mark, Measure, Metric, Scope, Source, Subject, Tier
from metrics.scoping import belongs, distinct_number, grouping, number, reason, scope_key


def _interactive_share_created(scope: Scope) -> Select[Any]:
    p = f.post.c
    kinds = [ContentType.PAGE.value, ContentType.POST.value]
    over = p.followed >= FOLLOWED
    return rates(
        scope,
        relevant=and_(p.content_type.in_(kinds), p.answerable),
        early=and_(p.deleted.is_not(None), ~over),
        old=over,
        answered=func.coalesce(p.seconds <= FOLLOWED, False),
        undecided=false(),
    )


def _interactive_share(scope: Scope) -> Select[Any]:
    v, p, r, day, period = f.viewing.c, f.post.c, f.response.c, f.period_day.c, f.period.c
    answered = (
        select(period.window, period.since, r.object)
        .select_from(f.response)
        .join(f.period, and_(r.day >= period.recent, r.day < period.until))
        .where(~r.reaction)
        .distinct()
        .cte("answered")
    )
    viewed = (
        select(v.object, day.window, day.since, func.sum(v.views).label("views"))
        .select_from(f.viewing)
        .join(f.period_day, day.day == v.day)
        .group_by(v.object, day.window, day.since)
        .cte("viewed")
    )
    seen, a = viewed.c, answered.c
    counted = and_(seen.views > 0, p.author.is_not(None))
    returned = and_(counted, a.object.is_not(None))
    key = scope_key(scope, p)
    inner = (
        select(
            key.label("scope_key"),
            seen.window,
            seen.since,
            number(returned).label("numerator"),
            number(counted).label("denominator"),
            distinct_number(p.author, counted).label("people"),
            distinct_number(p.author, returned).label("affirming"),
            number(and_(seen.views > 0, p.author.is_(None))).label("excluded"),
        )
        .select_from(viewed)
        .join(f.post, p.object == seen.object)
        .outerjoin(answered, and_(a.object == seen.object, a.window == seen.window, a.since == seen.since))
        .where(p.answerable, belongs(scope, p))
        .group_by(*grouping([key, seen.window, seen.since]))
        .subquery("shares")
    )
    s = inner.c
    return select(
        s.scope_key,
        s.window,
        s.since,
        cast(literal(""), String).label("category"),
        s.numerator,
        s.denominator,
        s.people,
        s.affirming,
        s.excluded,
        reason((s.denominator == 0, "nothing_viewed")).label("reason"),
    )


INTERACTIVE_SHARE = Metric(
    key="interactive_share",
    label=Label(de="Interaktiver Anteil", en="Interactive share"),
    meaning=Label(
        de="Auf wie viel von dem, was gelesen wird, antwortet auch jemand? Archiv oder Gespräch?",
        en="How much of what is read does anybody answer? Archive or conversation?",
    ),
    formula=Label(
        de="im Zeitraum aufgerufene Seiten und Beiträge mit mindestens einem Kommentar oder einer Antwort eines anderen "
        "Menschen in den 28 Tagen bis zum Ende des Zeitraums, geteilt durch alle im Zeitraum aufgerufenen, die eine Antwort "
        "zulassen",
        en="pages and posts viewed in the period with at least one comment or reply of another person in the 28 days up to "
        "the end of the period, divided by all viewed in the period that permit an answer",
    ),
    limits=(
        Label(
            de="Dieses Maß ist unser eigenes; veröffentlichte Vergleichswerte gibt es nicht.",
            en="This measure is our own; there are no published values to compare with.",
        ),
        Label(
            de="Aufgerufen heißt: die Gesamtzahl der Aufrufe stieg zwischen zwei Beobachtungen, die höchstens 28 Tage "
            "auseinanderliegen. Ohne zwei solche Beobachtungen ist der Wert unbekannt.",
            en="Viewed means: the total of views rose between two observations at most 28 days apart. Without two such "
            "observations the value is unknown.",
        ),
        Label(
            de="Wo die Plattform nicht sagt, ob eine Antwort möglich ist, gilt sie bei Seiten und Beiträgen als möglich. "
            "Reaktionen zählen hier nicht.",
            en="Where the platform does not tell whether an answer is possible, it counts as possible for pages and posts. "
            "Reactions do not count here.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.VIEWS,
    subject=Subject.CONTENTS,
    sources=(Source(Mark.OWN, "interactive share of what is viewed"),),
    statement=_interactive_share,
    absent="no_view_data",
)

INTERACTIVE_SHARE_CREATED = Metric(
    key="interactive_share_created",
    label=Label(de="Interaktiver Anteil des Neuen", en="Interactive share of what is new"),
    meaning=Label(
        de="Auf wie viele neue Seiten und Beiträge antwortet jemand?",
        en="How many new pages and posts does anybody answer?",
    ),
    formula=Label(
        de="im Zeitraum entstandene Seiten und Beiträge mit mindestens einem Kommentar oder einer Antwort eines anderen "
        "Menschen binnen 28 Tagen, geteilt durch alle im Zeitraum entstandenen, die eine Antwort zulassen und deren 28 Tage "
        "um sind",
        en="pages and posts created in the period with at least one comment or reply of another person within 28 days, "
        "divided by all created in the period that permit an answer and whose 28 days are over",
    ),
    limits=(
        Label(
            de="Dieses Maß ist unser eigenes; es braucht keine Aufrufzahlen und sagt darum nichts darüber, was gelesen wird.",
            en="This measure is our own; it needs no view counts and therefore says nothing about what is read.",
        ),
        NO_NEED,
        LEFT_OUT,
        UNIT,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.CONTENTS,
    sources=(Source(Mark.OWN, "interactive share of what is created"),),
    statement=_interactive_share_created,
    absent="no_posts",
    reach=WITHIN,
)
