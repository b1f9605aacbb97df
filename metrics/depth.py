"""How deep and how broad conversations get: the median and the 90th percentile over posts."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Select, String, and_, cast, func, literal, or_, select

from metrics import facts as f
from metrics.clustered import unknown
from metrics.conversation import FLAT, FOLLOWED, NO_PAGES, WINDOWS, is_post, known
from metrics.interaction import LEFT_OUT, NO_NEED
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
    Statement,
    Subject,
    Tier,
)
from metrics.resampling import people_interval
from metrics.scoping import cells, distinct_number, number, reason, same_cell
from metrics.threads import thread


def _distribution(name: str) -> Statement:
    """Rows of how many posts of an author have a value, beside what was left out of their place."""

    def statement(scope: Scope) -> Select[Any]:
        t = thread.c
        counted = and_(known(t), t.old)
        inside = f.period_day.c.window.in_([window.value for window in WINDOWS])
        sums = (
            cells(
                scope,
                thread,
                number(and_(is_post(t), or_(t.excluded.is_not(None), t.early))).label("excluded"),
                number(counted).label("counted"),
                number(and_(known(t), ~t.old)).label("pending"),
                distinct_number(t.author, counted).label("people"),
            )
            .where(inside)
            .subquery("sums")
        )
        each = (
            cells(scope, thread, t.author, t[name].label("value"), func.count().label("equal"))
            .where(inside, counted)
            .group_by(t.author, t[name])
            .subquery("each")
        )
        s, e = sums.c, each.c
        return (
            select(
                s.scope_key,
                s.window,
                s.since,
                cast(literal(""), String).label("category"),
                s.people,
                s.people.label("affirming"),
                s.excluded,
                reason(
                    (and_(s.counted == 0, s.pending > 0), "not_old_enough"), (s.counted == 0, "no_posts")
                ).label("reason"),
                e.author,
                e.value,
                cast(e.equal, BigInteger).label("equal"),
            )
            .select_from(sums)
            .outerjoin(each, same_cell(s, e))
        )

    return statement


def middles(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of the two values in the middle, one row for each row of counts of ascending values."""
    upto, size = counts.cumsum(axis=1), counts.sum(axis=1)
    lower, upper = (size + 1) // 2, size // 2 + 1
    return np.stack([(upto >= rank[:, None]).argmax(axis=1) for rank in (lower, upper)], axis=1)


def ninetieths(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the least value that nine in ten do not exceed (nearest rank)."""
    upto, size = counts.cumsum(axis=1), counts.sum(axis=1)
    rank = (9 * size + 9) // 10
    return np.asarray((upto >= rank[:, None]).argmax(axis=1)[:, None], dtype=np.int64)


def quantile_cell(rows: list[Row], places: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Cell:
    """A quantile over posts; its interval draws authors again with all their posts."""
    if rows[0]["reason"] is not None:
        return unknown(rows[0], rows[0]["reason"])
    values = np.array(sorted({row["value"] for row in rows}), dtype=np.int64)
    place = {value: column for column, value in enumerate(values.tolist())}
    authors: dict[int, Counter[int]] = {}
    for row in rows:
        authors.setdefault(row["author"], Counter())[place[row["value"]]] += row["equal"]
    # Authors with the same posts are drawn together.
    alike = Counter(tuple(sorted(made.items())) for made in authors.values())
    kinds = sorted(alike)
    made = np.zeros((len(kinds), len(values)), dtype=np.int64)
    for line, kind in enumerate(kinds):
        for column, equal in kind:
            made[line, column] = equal

    def quantile(lines: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(values[places(draws @ made[lines])].mean(axis=1), dtype=np.float64)

    persons = np.array([alike[kind] for kind in kinds], dtype=np.int64)
    found = values[places((persons @ made)[None, :])][0]
    low, high = people_interval(dict(enumerate(persons.tolist())), quantile)
    posts = int((persons @ made).sum())
    # Counted in posts, so that what one person stands for can be compared with the whole.
    return Cell(
        int(found.sum()) * posts,
        len(found) * posts,
        rows[0]["people"],
        rows[0]["affirming"],
        rows[0]["excluded"],
        low=low,
        high=high,
        largest=len(found) * int(made.sum(axis=1).max()),
    )


def median_cell(rows: list[Row]) -> Cell:
    """The median: the mean of the two values in the middle."""
    return quantile_cell(rows, middles)


def ninetieth_cell(rows: list[Row]) -> Cell:
    """The 90th percentile, by nearest rank."""
    return quantile_cell(rows, ninetieths)


_UNANSWERED = Label(
    de="Auch Beiträge ohne Antwort zählen, mit einem Redebeitrag und einer Person: bleibt mehr als die Hälfte ohne Antwort, "
    "sagt der Median nur das.",
    en="Posts without an answer count too, as one turn of one person: if more than half stay without an answer, that is all the "
    "median says.",
)
_LITHIUM = Source(
    Mark.READ, "Lithium Community Health Index: interaction, people per topic weighted by its length"
)


def _size(
    key: str,
    column: str,
    label: Label,
    meaning: Label,
    formula: Label,
    *,
    cell: Callable[[list[Row]], Cell],
    limits: tuple[Label, ...] = (_UNANSWERED,),
    sources: tuple[Source, ...] = (_LITHIUM,),
) -> Metric:
    return Metric(
        key=key,
        label=label,
        meaning=meaning,
        formula=formula,
        limits=(*limits, FOLLOWED, FLAT, NO_PAGES, NO_NEED, LEFT_OUT),
        unit=Measure.NUMBER,
        direction=Direction.UP,
        tier=Tier.RESPONSES,
        subject=Subject.THREADS,
        sources=(*sources, Source(Mark.OWN, "within 28 days")),
        scopes=frozenset({Scope.ORGANISATION}),
        windows=WINDOWS,
        privacy=Privacy.DOMINANCE,
        interval=Interval.BOOTSTRAP,
        statement=_distribution(column),
        absent="no_posts",
        reach=WITHIN,
        cell=cell,
    )


REPLIES_MEDIAN = _size(
    "replies_per_post_median",
    "replies",
    Label(de="Antworten je Beitrag, Median", en="Replies per post, median"),
    Label(
        de="Wie viele Antworten bekommt ein Beitrag in der Mitte der Verteilung?",
        en="How many replies does the post in the middle get?",
    ),
    Label(
        de="Median der Kommentare und Antworten anderer Menschen binnen 28 Tagen über die Beiträge des Zeitraums",
        en="median of the comments and replies of other people within 28 days over the posts of the period",
    ),
    cell=median_cell,
    limits=(
        Label(
            de="Bleibt mehr als die Hälfte der Beiträge ohne Antwort, ist der Median 0.",
            en="If more than half of the posts stay without an answer, the median is 0.",
        ),
    ),
    sources=(Source(Mark.OWN, "beside the ratio, which one huge conversation lifts"),),
)

THREAD_DEPTH = _size(
    "thread_depth",
    "turns",
    Label(de="Tiefe der Gespräche, Median", en="Thread depth, median"),
    Label(
        de="Wie viele Redebeiträge hat ein Gespräch in der Mitte der Verteilung?",
        en="How many turns does the conversation in the middle have?",
    ),
    Label(
        de="Median der Redebeiträge (der Beitrag selbst und alle Kommentare und Antworten von Menschen binnen 28 Tagen) über die "
        "Beiträge des Zeitraums",
        en="median of the turns (the post itself and all comments and replies of people within 28 days) over the posts of the "
        "period",
    ),
    cell=median_cell,
)

THREAD_DEPTH_P90 = _size(
    "thread_depth_p90",
    "turns",
    Label(de="Tiefe der längsten Gespräche", en="Thread depth, 90th percentile"),
    Label(
        de="Wie lang sind die Gespräche, die besonders lebhaft werden?",
        en="How long are the conversations that get lively?",
    ),
    Label(
        de="90. Perzentil der Redebeiträge (der Beitrag selbst und alle Kommentare und Antworten von Menschen binnen 28 Tagen) über "
        "die Beiträge des Zeitraums",
        en="90th percentile of the turns (the post itself and all comments and replies of people within 28 days) over the posts "
        "of the period",
    ),
    cell=ninetieth_cell,
)

THREAD_BREADTH = _size(
    "thread_breadth",
    "participants",
    Label(de="Breite der Gespräche, Median", en="Thread breadth, median"),
    Label(
        de="Wie viele Menschen schreiben in einem Gespräch in der Mitte der Verteilung mit?",
        en="How many people write in the conversation in the middle?",
    ),
    Label(
        de="Median der verschiedenen Menschen, die binnen 28 Tagen in einem Gespräch schrieben, einschließlich der Person, von der "
        "der Beitrag ist, über die Beiträge des Zeitraums",
        en="median of the distinct people who wrote in a conversation within 28 days, its author included, over the posts of the "
        "period",
    ),
    cell=median_cell,
)

THREAD_BREADTH_P90 = _size(
    "thread_breadth_p90",
    "participants",
    Label(de="Breite der größten Gespräche", en="Thread breadth, 90th percentile"),
    Label(
        de="Wie viele Menschen ziehen die Gespräche an, die besonders lebhaft werden?",
        en="How many people do the conversations draw that get lively?",
    ),
    Label(
        de="90. Perzentil der verschiedenen Menschen, die binnen 28 Tagen in einem Gespräch schrieben, einschließlich der Person, "
        "von der der Beitrag ist, über die Beiträge des Zeitraums",
        en="90th percentile of the distinct people who wrote in a conversation within 28 days, its author included, over the "
        "posts of the period",
    ),
    cell=ninetieth_cell,
)

SIZES = (REPLIES_MEDIAN, THREAD_DEPTH, THREAD_DEPTH_P90, THREAD_BREADTH, THREAD_BREADTH_P90)
