"""$filter: it finds exactly what it says on both databases, refuses what it does not know, and can not be made to do anything else."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from service.database import transaction
from service.models import Organisation
from service.odata.conditions import DEEPEST, LONGEST, condition
from service.odata.entities import SETS
from service.odata.errors import Malformed, NotOffered
from service.odata.sets import READ

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """An expression, and what it is true of."""

    text: str
    fits: Callable[[Row], bool]


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and b is not None and a > b,
    "ge": lambda a, b: a is not None and b is not None and a >= b,
    "lt": lambda a, b: a is not None and b is not None and a < b,
    "le": lambda a, b: a is not None and b is not None and a <= b,
}
TEXTS = (
    "active_share",
    "wiki/ALL",
    "wiki/O'N %",
    "wiki/o'n %",
    "room",
    "",
    "%",
    "_",
    "small_group",
    "WIKI/all",
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def compared(name: str, operator: str, value: Any, written: str) -> Asked:
    return Asked(f"{name} {operator} {written}", lambda row: OPERATORS[operator](row[name], value))


def part(function: str, name: str, text: str) -> Asked:
    fits = {"contains": str.__contains__, "startswith": str.startswith, "endswith": str.endswith}[function]
    return Asked(f"{function}({name},{quoted(text)})", lambda row: bool(fits(row[name], text)))


NAMES = st.sampled_from(["metric", "scope", "scope_key", "reason"])
ALWAYS_TEXT = st.sampled_from(["metric", "scope", "scope_key"])
OPERATOR = st.sampled_from(list(OPERATORS))
LEAVES = st.one_of(
    st.builds(lambda n, o, t: compared(n, o, t, quoted(t)), NAMES, st.sampled_from(["eq", "ne"]), st.sampled_from(TEXTS)),
    st.builds(
        lambda n, o, v: compared(n, o, v, str(v)),
        st.sampled_from(["value", "low", "people"]),
        OPERATOR,
        st.sampled_from([0, 0.17, 0.3, 0.42, 60, 120, -1, 200]),
    ),
    st.builds(
        lambda n, o, d: compared(n, o, d, d),
        st.sampled_from(["since", "until"]),
        OPERATOR,
        st.sampled_from(["2026-03-02", "2026-03-09", "2026-03-23", "1999-12-31"]),
    ),
    st.builds(
        lambda n, o, b: compared(n, o, b, str(b).lower()),
        st.sampled_from(["suppressed", "unknown"]),
        st.sampled_from(["eq", "ne"]),
        st.booleans(),
    ),
    st.builds(
        lambda n, o: compared(n, o, None, "null"),
        st.sampled_from(["value", "reason", "people"]),
        st.sampled_from(["eq", "ne"]),
    ),
    st.builds(part, st.sampled_from(["contains", "startswith", "endswith"]), ALWAYS_TEXT, st.sampled_from(TEXTS)),
    st.builds(
        lambda n, ts: Asked(f"{n} in ({', '.join(map(quoted, ts))})", lambda row: row[n] in ts),
        NAMES,
        st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4),
    ),
    st.just(Asked("unknown", lambda row: row["unknown"])),
    st.just(Asked("month(since) eq 3 and day(since) lt 10", lambda row: row["since"] < "2026-03-10")),
    st.just(Asked("length(scope_key) gt 7", lambda row: len(row["scope_key"]) > 7)),
    st.just(Asked("tolower(scope_key) eq 'wiki/all'", lambda row: row["scope_key"].lower() == "wiki/all")),
)  # fmt: skip


def both(a: Asked, b: Asked, word: str) -> Asked:
    if word == "and":
        return Asked(f"({a.text}) and ({b.text})", lambda row: a.fits(row) and b.fits(row))
    return Asked(f"({a.text}) or ({b.text})", lambda row: a.fits(row) or b.fits(row))


EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda a: Asked(f"not ({a.text})", lambda row: not a.fits(row)), inner),
        st.builds(both, inner, inner, st.sampled_from(["and", "or"])),
    ),
    max_leaves=6,
)


@dataclass
class Grid:
    """The rows of a set, and what a filter finds of them."""

    session: Any
    name: str
    rows: Any

    def find(self, text: str) -> list[Row]:
        chosen = condition(text, SETS[self.name].properties, self.rows.columns)
        found = self.rows.find([chosen], (), after=0, skip=0, limit=5000)
        assert self.rows.count([chosen]) == len(found)
        return [one.row.model_dump(mode="json") for one in found]


@pytest.fixture
def grid(served: Any) -> Any:
    with transaction(served.engine) as session:
        organisation = session.scalars(select(Organisation).where(Organisation.key == "werra")).one()

        def make(name: str) -> Grid:
            return Grid(session, name, READ[name](session, organisation, None))

        yield make


def test_a_filter_finds_what_it_says_and_nothing_else(grid: Callable[[str], Grid]) -> None:
    cells = grid("Measurements")
    everything = [
        one.row.model_dump(mode="json") for one in cells.rows.find((), (), after=0, skip=0, limit=99)
    ]

    @settings(max_examples=60)
    @given(asked=EXPRESSIONS)
    @example(asked=compared("value", "ne", 0.3, "0.3"))
    @example(
        asked=Asked("not (value gt 0.2)", lambda row: not (row["value"] is not None and row["value"] > 0.2))
    )
    def ask(asked: Asked) -> None:
        assert cells.find(asked.text) == [row for row in everything if asked.fits(row)], asked.text

    ask()


def test_figures_inside_json_can_be_asked_for(grid: Callable[[str], Grid]) -> None:
    cells = grid("SurveyResults")
    for text, questions in {
        "share_3 eq 0.3": ["culture_1"],
        "mean gt 3 and mean lt 3.2": [""],
        "effective ge 55 and effective lt 56": [""],
        "polarised": [""],
        "polarised eq true": [""],
        "weighting_matters eq false": [""],
        "weighting_matters ne true": [
            "culture_1",
            "culture_2",
            "",
            "",
            "culture_1",
            "culture_3",
            "culture_4",
        ],
        "reliability eq 'good'": [""],
        "mean eq null and top_two eq null": ["culture_2", "", "culture_1"],
        "at_least ne null": ["culture_2"],
        "round eq 'werra-2026' and group eq 'it'": ["", "culture_1"],
        "contains(reason,'group')": [""],
        "not contains(reason,'group')": ["culture_2", "culture_1"],
    }.items():
        assert [row["question"] for row in cells.find(text)] == questions, text


@pytest.mark.parametrize("name", list(SETS))
def test_every_property_can_be_ordered_and_filtered_by(grid: Callable[[str], Grid], name: str) -> None:
    """On PostgreSQL as on SQLite; null comes first, and with `desc` last."""
    cells = grid(name)
    everything = [one.row.model_dump() for one in cells.rows.find((), (), after=0, skip=0, limit=99)]
    for one in SETS[name].properties.values():
        values = [row[one.name] for row in everything]
        for down in (False, True):
            column = cells.rows.columns[one.name]
            order = column.desc().nulls_last() if down else column.asc().nulls_first()
            found = cells.rows.find((), [order], after=0, skip=0, limit=99)
            ordered = [getattr(chosen.row, one.name) for chosen in found]
            empty = values.count(None)
            known = ordered[: len(ordered) - empty] if down else ordered[empty:]
            assert None not in known, one.name
            if one.type is not str:  # texts by the rules of the database's language
                assert known == sorted(known, reverse=down), one.name
            assert sorted(map(str, ordered)) == sorted(map(str, values))
        assert len(cells.find(f"{one.name} eq null")) == values.count(None), one.name
        assert len(cells.find(f"{one.name} ne null")) == len(values) - values.count(None), one.name
    assert len(everything) > 0


def test_points_in_time_are_compared_as_such(grid: Callable[[str], Grid]) -> None:
    rounds = grid("SurveyRounds")
    assert len(rounds.find("published eq 2026-03-31T06:00:00Z")) == 1
    assert len(rounds.find("published eq 2026-03-31T08:00:00+02:00")) == 1
    assert len(rounds.find("published lt 2026-03-31T06:00:00+02:00")) == 0
    assert len(grid("DimensionResults").find("assessed ge 2026-03-31T05:59:59.999Z and kind eq 'told'")) == 7


WORDS = (
    *(
        "metric",
        "value",
        "since",
        "suppressed",
        "published",
        "nothing",
        "$it",
        "Measurements",
        "draws",
        "numerator",
    ),
    *("eq", "ne", "gt", "in", "and", "or", "not", "has", "add", "div", "mod", "any", "all"),
    *(
        "(",
        ")",
        ",",
        "/",
        ":",
        "=",
        "-",
        "'",
        "''",
        ";",
        "--",
        "/*",
        "%",
        "\\",
        '"',
        "\u00e4",
        "\0",
        "\ud800",
        "𝟙",
        "٣",
    ),
    *(
        "'a'",
        "'x'' or 1=1 --'",
        "5",
        "-1e309",
        "1e-400",
        "9999999999999999",
        "0.1",
        "null",
        "true",
        "NaN",
        "INF",
    ),
    *(
        "2026-02-31",
        "9999-12-31T23:59:59-14:00",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00Z",
        "duration'P1D'",
    ),
    *(
        "contains",
        "matchesPattern",
        "concat",
        "substring",
        "now",
        "cast",
        "year",
        "length",
        "geo.distance",
        "f(a=1,b=2,c=3)",
    ),
)


def test_whatever_is_typed_is_answered_or_refused_at_once(grid: Callable[[str], Grid]) -> None:
    cells = grid("Measurements")
    read = 0

    @settings(max_examples=250)
    @given(
        words=st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=12),
        glue=st.sampled_from([" ", ""]),
    )
    @example(words=["suppressed"], glue="")
    def ask(words: list[str], glue: str) -> None:
        nonlocal read
        begun = time.thread_time()
        with suppress(Malformed, NotOffered):
            cells.find(glue.join(words))
            read += 1
        assert time.thread_time() - begun < 2

    ask()
    assert read > 0


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("value add 1 eq 2", NotOffered),
        ("value div 0 eq 2", NotOffered),
        ("matchesPattern(metric,'(a+)+$')", NotOffered),
        ("substring(metric,1) eq 'x'", NotOffered),
        ("now() gt 2026-01-01T00:00:00Z", NotOffered),
        ("concat(metric,'x') eq 'y'", NotOffered),
        ("cast(value,'Edm.String') eq '1'", NotOffered),
        ("geo.length(metric) eq 1", NotOffered),
        ("rooms/any(r:r/key eq 'x')", NotOffered),
        ("metric/length eq 1", NotOffered),
        ("since lt duration'P1D'", NotOffered),
        ("-value gt 1", NotOffered),
        ("value eq '0.3'", Malformed),
        ("metric eq 5", Malformed),
        ("since eq '2026-03-02'", Malformed),
        ("since ge 2026-03-02T00:00:00Z", Malformed),
        ("since eq 2026-02-31", Malformed),
        ("value in ('a','b')", Malformed),
        ("metric in ('a',null)", Malformed),
        ("suppressed gt 'x'", Malformed),
        ("metric", Malformed),
        ("5", Malformed),
        ("not metric", Malformed),
        ("value gt 0.1 and metric", Malformed),
        ("contains(value,'x')", Malformed),
        ("contains(metric,scope)", Malformed),
        ("year(metric) eq 2026", Malformed),
        ("_place gt 0", Malformed),
        ("id gt 0", Malformed),
        ("publication_id eq 1", Malformed),
        ("metric eq 'a' or", Malformed),
        ("metric eq 'a'; DROP TABLE published_value", Malformed),
        ("metric eq 'a' -- ", Malformed),
        ("value gt 99999999999999999999", Malformed),
        ("value gt 1e999", Malformed),
        ("", Malformed),
        ("not " * (DEEPEST + 2) + "suppressed", Malformed),
        (" or ".join(["value gt 1"] * 900), Malformed),
        ("(" * 3990 + "1" + ")" * 3990, Malformed),
        ("x" * (LONGEST + 1), Malformed),
    ],
)
def test_what_does_not_fit_is_refused(grid: Callable[[str], Grid], text: str, error: type[Exception]) -> None:
    begun = time.thread_time()
    with pytest.raises(error):
        grid("Measurements").find(text)
    assert time.thread_time() - begun < 2


def test_long_chains_are_no_deep_nesting(grid: Callable[[str], Grid]) -> None:
    """What a merge of tables in Power Query asks for."""
    many = " or ".join(f"scope_key eq 'wiki/{number}'" for number in range(250))
    assert grid("Measurements").find(many) == []
    assert len(grid("Measurements").find(f"{many} or scope_key eq 'wiki/ALL'")) == 4


@pytest.mark.parametrize(
    "typed",
    [
        "x' or '1'='1",
        "x'' or 1 eq 1 or ''a'' eq ''a",
        "'; DROP TABLE published_value; --",
        "x') or (suppressed eq true) or ('a' eq 'a",
        "\\'; SELECT pg_sleep(5); --",
        "%",
        "_iki/ALL",
        "wiki/ALL\u2019",
    ],
)
def test_a_text_is_a_text_whatever_is_in_it(served: Any, grid: Callable[[str], Grid], typed: str) -> None:
    cells = grid("Measurements")
    for form in (
        "scope_key eq {}",
        "contains(scope_key,{})",
        "startswith(scope_key,{})",
        "scope_key in ({})",
    ):
        found = cells.find(form.format(quoted(typed)))
        assert len(found) == (4 if typed == "%" and form.startswith("contains") else 0), form
    answer = served.get("Measurements?$filter=" + f"scope_key eq '{typed}'".replace("%", "%25"))
    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or answer.json()["value"] == [] or "1'='1" not in typed
    assert served.get("Measurements/$count").text == "17"
