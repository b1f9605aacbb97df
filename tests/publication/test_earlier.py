"""A later publication of the same period must not tell of a few people by its difference to an earlier one."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from service.database import transaction
from service.models import Measurement, Organisation, Publication, PublishedValue, ReleasedCount
from service.publication import publish
from service.publication.earlier import Earlier
from service.publication.grid import decide
from service.publication.measured import Form, Measured, Nature, Outcome

Builder = Callable[..., Measured]
PERSONS = Form(Nature.PERSONS)
FORMS = {"active": PERSONS, "contributor": PERSONS, "response": Form(Nature.EVENTS)}
UNITS = {"a": (20, 60), "b": (30, 60), "c": (25, 80)}


def apart(room: str, since: date, until: date) -> bool:
    return False


class Publisher:
    """Publishes again and again, and remembers as `publish` does."""

    def __init__(self, k: int = 10) -> None:
        self.k, self.earlier = k, Earlier()

    def __call__(self, rows: Sequence[Measured], k: int | None = None) -> dict[tuple[str, str], Outcome]:
        k = k or self.k
        settled, pins = self.earlier.settle(rows, FORMS, k)
        standing = self.earlier.standings(settled, FORMS, k)
        outcomes = decide(settled, FORMS, k, apart, pins=pins, standing=standing)
        self.earlier.add(settled, outcomes, standing, FORMS, k)
        self.earlier = Earlier.of(list(self.earlier.lines()), FORMS)
        return {(row.metric, row.scope_key): out for row, out in zip(rows, outcomes, strict=True)}


def company(measured: Builder, **units: tuple[int, int]) -> list[Measured]:
    """The share of active people of three units and of all."""
    parts = {**UNITS, **units}
    whole = [sum(part[side] for part in parts.values()) for side in (0, 1)]
    return [
        measured("active", "organisation", "", *whole),
        *(measured("active", "unit", key, *part) for key, part in parts.items()),
    ]


@pytest.mark.parametrize("late", [1, 9, 15])
def test_a_late_account_changes_nothing_that_is_shown_of_a_past_period(measured: Builder, late: int) -> None:
    publisher = Publisher()
    before = publisher(company(measured))
    assert {out.state for out in before.values()} == {"published"}
    assert publisher(company(measured, a=(20 + late, 60 + late))) == before
    assert publisher(company(measured, a=(20 - late, 60 - late))) == before


def test_however_much_is_found_later_a_published_period_stays_as_it_was(measured: Builder) -> None:
    publisher = Publisher()
    before = publisher(company(measured))
    for later in ({"b": (33, 60)}, {"a": (35, 60), "b": (45, 60), "c": (50, 80)}, {"a": (49, 90)}):
        assert publisher(company(measured, **later)) == before


def test_what_was_shown_stays_known_so_that_no_other_choice_gives_a_hidden_cell_away(
    measured: Builder,
) -> None:
    publisher = Publisher()
    hidden = {"d": (3, 40)}
    first = publisher(company(measured, **hidden))
    assert (first["active", "d"].reason, first["active", "a"].reason) == ("homogeneity", "complementary")
    # Now a would be dearer to hide than b; to show it beside the b of before would tell of d.
    second = publisher([*company(measured, **hidden), measured("contributor", "organisation", "", 50, 240)])
    assert {key: second[key].reason for key in first} == {key: out.reason for key, out in first.items()}
    again = publisher(company(measured, b=(50, 60), c=(45, 80), **hidden))
    assert again["active", "a"].reason == "complementary"
    assert (again["active", "b"].state, again["active", "c"].state) == ("published", "published")


def test_a_value_that_is_unknown_now_is_unknown(measured: Builder) -> None:
    publisher = Publisher()
    publisher(company(measured))
    rows = company(measured)
    rows[1] = rows[1]._replace(
        state="unknown", reason="no_members", numerator=None, denominator=None, people=None
    )
    assert publisher(rows)["active", "a"] == Outcome("unknown", "no_members")


def test_a_stricter_minimum_hides_what_was_shown_before(measured: Builder) -> None:
    publisher = Publisher(k=5)
    assert publisher(company(measured, a=(7, 60)))["active", "a"].state == "published"
    assert publisher(company(measured, a=(7, 60)), k=10)["active", "a"].reason == "homogeneity"


def test_rooms_stay_as_well(measured: Builder) -> None:
    publisher = Publisher()
    rooms = [measured("active", "room", key, 20, 50) for key in ("r", "s")]
    publisher([*company(measured), *rooms])
    rooms = [measured("active", "room", "r", 35, 50), measured("active", "room", "s", 21, 50)]
    found = publisher([*company(measured), *rooms])
    assert (found["active", "r"].value, found["active", "s"].value) == (0.4, 0.4)


def test_periods_that_are_measured_no_more_are_forgotten(measured: Builder) -> None:
    publisher = Publisher()
    publisher(company(measured))
    later = [
        row._replace(since=row.since + timedelta(7), until=row.until + timedelta(7))
        for row in company(measured)
    ]
    publisher(later)
    assert {released.row.since for _, released in publisher.earlier.lines()} == {later[0].since}


@pytest.mark.parametrize(("kind", "state"), [(None, "suppressed"), (5, "published")])
def test_the_minimum_group_may_be_another_for_each_kind_of_evidence(
    measured: Builder, kind: int | None, state: str
) -> None:
    forms = {"active": PERSONS, "answered": Form(Nature.PERSONS, minimum=kind)}
    rows = [measured("active", "organisation", "", 6, 14), measured("answered", "organisation", "", 6, 14)]
    observed, told = decide(rows, forms, 10, apart)
    assert (observed.state, told.state) == ("suppressed", state)
    assert told.value == (None if kind is None else 0.36)  # told as 5 of 14


def test_a_ratio_has_the_minimum_of_its_kind_too(measured: Builder) -> None:
    row = measured("response", "organisation", "", 6, 7, numerator=20, denominator=60)
    for minimum, state in ((None, "suppressed"), (5, "published"), (8, "suppressed")):
        (out,) = decide([row], {"response": Form(Nature.EVENTS, minimum=minimum)}, 10, apart)
        assert out.state == state


@pytest.fixture
def stored(engine: Engine) -> Engine:
    day = date(2026, 3, 2)
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="beispiel", name="Beispiel AG"))
        session.flush()
        for key, (count, people) in {"": (75, 200), **UNITS}.items():
            session.add(
                Measurement(
                    organisation_id=1, metric="active_share", scope="unit" if key else "organisation", scope_key=key,
                    window="week", since=day, until=day + timedelta(7), numerator=count, denominator=people,
                    people=people, affirming=count, state="known", measured=func.now(),
                )
            )  # fmt: skip
    return engine


def test_counts_behind_a_publication_are_kept_and_compared(stored: Engine) -> None:
    def values() -> dict[str, float | None]:
        publication = publish(stored, 1, minimum_group=10)
        with transaction(stored) as session:
            found = select(PublishedValue).where(PublishedValue.publication_id == publication.id)
            return {one.scope_key: one.value for one in session.scalars(found)}

    def correct(by: int) -> None:
        with transaction(stored) as session:
            session.execute(
                update(Measurement)
                .where(Measurement.scope_key.in_(("", "a")))
                .values(numerator=Measurement.numerator + by, affirming=Measurement.affirming + by)
            )

    before = values()
    correct(6)
    assert values() == before
    with transaction(stored) as session:
        # The same content: no new publication, and nothing else remembered.
        assert session.scalar(select(func.count()).select_from(Publication)) == 1
        kept = session.scalars(select(ReleasedCount).order_by(ReleasedCount.id)).all()
        assert [(one.scope_key, one.affirming, one.shown, one.version) for one in kept] == [
            ("", 75, True, 0), ("a", 20, True, 0), ("b", 30, True, 0), ("c", 25, True, 0),
        ]  # fmt: skip
    correct(40)
    assert values() == before


def test_a_metric_that_was_left_out_once_comes_back_as_it_was_published(stored: Engine) -> None:
    """Else an agreement that lists it later again would show the same week a second time, with other counts."""

    def values() -> dict[str, float | None]:
        publication = publish(stored, 1, minimum_group=10)
        with transaction(stored) as session:
            found = select(PublishedValue).where(
                PublishedValue.publication_id == publication.id, PublishedValue.metric == "active_share"
            )
            return {one.scope_key: one.value for one in session.scalars(found)}

    before = values()
    with transaction(stored) as session:
        active = session.scalars(select(Measurement)).all()
        names = [column.name for column in Measurement.__table__.c]
        kept = [{name: getattr(one, name) for name in names} for one in active]
        session.execute(update(Measurement).values(metric="contributor_share"))
    assert values() == {}
    with transaction(stored) as session:
        for one in kept:
            one |= {"id": one["id"] + 100, "numerator": one["numerator"] + 6, "affirming": one["affirming"] + 6}
            session.add(Measurement(**one))
    assert values() == before
