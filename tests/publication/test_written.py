"""What is read for a publication, what is written of it, and what is remembered: each for one organisation beside another."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from service.models import (
    Base,
    Measurement,
    Organisation,
    Publication,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
    Room,
    Source,
)
from service.publication.earlier import Earlier
from service.publication.measured import Form, Measured, Nature, Outcome
from service.publication.publish import (
    KEPT,
    LINKS,
    _write,
    digest_of,
    form,
    protection,
    released,
    remember,
    rooms,
    values,
)
from service.publication.publish import measured as read
from service.publication.standing import Standing

Builder = Callable[..., Measured]
MOMENT, MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC), date(2026, 3, 2)
FORMS = {"active_share": Form(Nature.PERSONS)}


@pytest.fixture(scope="module")
def made() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for number in (1, 2):
            session.add(Organisation(id=number, key=f"o{number}", name="O"))
            session.add(
                Source(
                    id=number,
                    organisation_id=number,
                    key=f"w{number}",
                    connector="c",
                    settings={},
                    created=MOMENT,
                )
            )
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def session(made: Engine) -> Iterator[Session]:
    """Two organisations; what a test adds is taken back."""
    with Session(made) as session:
        yield session


def room(number: int, **more: Any) -> Room:
    given = {
        "organisation_id": 1,
        "source_id": 1,
        "key": f"w1/{number}",
        "handle": f"H{number}",
        "name": f"Raum {number}",
    }
    return Room(id=number, first_seen=MOMENT, **{**given, "open": True, **more})


def test_rooms_are_those_that_exist_under_a_label_all_may_see(session: Session) -> None:
    session.add_all(
        [
            room(1, purpose="team", archived=True),
            room(2, open=False),
            room(3, open=None),
            room(4, name=None),
            room(5, name=""),
            room(6, gone=MOMENT),
            room(7, excluded=True),
            room(8, organisation_id=2, source_id=2),
            room(9, key="w0/9"),
        ]
    )
    session.flush()
    found = rooms(session, 1)
    assert [one["label"] for one in found] == ["Raum 9", "Raum 1", "H2", "H3", "H4", "H5"]
    assert found[1] == {"key": "w1/1", "label": "Raum 1", "source": "w1", "purpose": "team", "archived": True}
    assert [one["archived"] for one in found] == [False, True, *[False] * 4]


def measurement(**more: Any) -> Measurement:
    given: dict[str, Any] = {
        "organisation_id": 1, "metric": "active_share", "scope": "unit", "scope_key": "a", "window": "week", "since": MONDAY,
        "until": MONDAY + timedelta(7), "numerator": 20, "denominator": 50, "people": 50, "affirming": 20, "state": "known",
        "measured": MOMENT,
    }  # fmt: skip
    return Measurement(**{**given, **more})


def test_measurements_are_those_of_the_organisation_and_of_metrics_there_are_in_steady_order(
    session: Session,
) -> None:
    later = {"since": MONDAY + timedelta(7), "until": MONDAY + timedelta(14)}
    session.add_all(
        [
            measurement(scope_key="b"),
            measurement(**later),
            measurement(),
            measurement(scope="organisation", scope_key=""),
            measurement(organisation_id=2),
            measurement(metric="a_metric_that_is_gone"),
            measurement(window="days28", low=0.1, high=0.2, largest=3),
            measurement(metric="reach", state="unknown", reason="no_members", numerator=None, affirming=None),
        ]
    )
    session.flush()
    found = read(session, 1)
    assert [(row.metric, row.window, row.since.day, row.scope_key) for row in found] == [
        ("active_share", "days28", 2, "a"),
        ("active_share", "week", 2, ""),
        ("active_share", "week", 2, "a"),
        ("active_share", "week", 2, "b"),
        ("active_share", "week", 9, "a"),
        ("reach", "week", 2, "a"),
    ]
    assert found[0] == Measured(
        "active_share",
        "",
        "unit",
        "a",
        "days28",
        MONDAY,
        MONDAY + timedelta(7),
        20,
        50,
        50,
        20,
        "known",
        None,
        0.1,
        0.2,
        3,
    )
    assert (found[5].reason, found[5].known) == ("no_members", False)


def test_what_was_decided_is_read_as_it_was_remembered(session: Session, measured: Builder) -> None:
    rows = [
        measured("active_share", "unit", key, 20, 50)._replace(low=0.1, high=0.2, largest=3) for key in "ab"
    ]
    told: list[Standing | None] = [Standing(0.4, (16, 24)), None]
    for organisation in (1, 2):
        made = Earlier()
        made.add(rows, [Outcome("published"), Outcome("suppressed", "difference")], told, FORMS, 10)
        corrected = [row._replace(affirming=21) for row in rows]
        made.add(corrected, [Outcome("suppressed", "complementary")] * 2, told, FORMS, 5)
        for _ in range(2):  # in place of what was remembered before
            remember(session, organisation, made)
        assert Earlier.of(released(session, organisation), FORMS) == made
    remember(session, 1, Earlier())
    assert list(released(session, 1)) == []
    assert len(list(released(session, 2))) == 4


def content(*states: tuple[str, str | None], day: int = 9, named: str = "r") -> dict[str, Any]:
    row = Measured("active_share", "", "unit", "a", "week", MONDAY, MONDAY, 1, 2, 2, 1, "known", None)
    outcomes = [Outcome(state, reason) for state, reason in states]
    return {
        "minimum_group": 10,
        "data_until": date(2026, 3, day),
        "values": values([row] * len(states), outcomes),
        "rooms": [{"key": named, "label": "R", "source": "w1", "purpose": None, "archived": False}] if named else [],
        "coverage": [],
    }  # fmt: skip


class TestWriting:
    def test_a_publication_tells_how_much_is_shown_and_why_not(self, session: Session) -> None:
        states = [("published", None)] * 3 + [("suppressed", "small_group"), ("suppressed", "difference")]
        states += [("suppressed", "small_group"), ("unknown", "no_data")]
        made, new = _write(session, 1, content(*states), MOMENT)
        assert new
        assert (made.organisation_id, made.created, made.data_until, made.minimum_group) == (
            1, MOMENT, date(2026, 3, 9), 10,
        )  # fmt: skip
        assert made.summary == {
            "published": 3, "suppressed": 3, "unknown": 1, "rooms": 1,
            "suppressed_by_reason": {"difference": 1, "small_group": 2},
        }  # fmt: skip
        for model, lines in ((PublishedValue, 7), (PublishedRoom, 1), (PublishedCoverage, 0)):
            found = select(func.count()).select_from(model).where(model.publication_id == made.id)
            assert session.scalar(found) == lines

    def test_the_same_content_is_written_again_only_after_another(self, session: Session) -> None:
        first, other = content(("published", None)), content(("published", None), day=10)
        numbers = []
        for organisation, what, expected in (
            (1, first, True), (1, first, False), (2, first, True), (1, other, True), (1, first, True), (1, first, False),
        ):  # fmt: skip
            made, new = _write(session, organisation, what, MOMENT)
            assert new is expected
            numbers.append(made.id)
        assert numbers[0] == numbers[1]
        assert numbers[4] == numbers[5]
        assert len(set(numbers)) == 4

    def test_of_each_organisation_the_newest_are_kept(self, session: Session) -> None:
        kept: dict[int, list[int]] = {1: [], 2: []}
        for day in range(1, 6):
            for organisation in kept if day < 3 else (1,):
                kept[organisation].append(_write(session, organisation, content(day=day), MOMENT)[0].id)
            for organisation, numbers in kept.items():
                for found in (
                    select(Publication.id).where(Publication.organisation_id == organisation),
                    select(PublishedRoom.publication_id).where(PublishedRoom.publication_id.in_(numbers)),
                ):
                    assert sorted(session.scalars(found)) == numbers[-KEPT:]

    def test_a_publication_may_be_of_nothing(self, session: Session) -> None:
        made, new = _write(session, 1, content(named=""), MOMENT)
        assert (new, made.summary["published"], made.summary["rooms"]) == (True, 0, 0)


def test_a_digest_is_of_what_is_said_and_not_of_its_order() -> None:
    one = digest_of({"a": date(2026, 3, 2), "b": [1, "ü"], "c": MOMENT})
    assert one == digest_of({"c": MOMENT, "b": [1, "ü"], "a": date(2026, 3, 2)})
    assert one == digest_of({"a": "2026-03-02", "b": [1, "ü"], "c": MOMENT.isoformat()})
    assert one != digest_of({"a": date(2026, 3, 2), "b": ["ü", 1], "c": MOMENT})
    # SHA-256 of {"b":1,"ü":null}
    assert (
        digest_of({"ü": None, "b": 1}) == "f9f79c2ef24091c82f26498e660b27c720a9198f323067f1cdb7098d2256ab0e"
    )
    with pytest.raises(TypeError, match="object"):
        digest_of({"a": object()})


def test_how_a_metric_is_protected_follows_from_what_it_is_about() -> None:
    expected = {
        "active_share": Form(Nature.PERSONS, 0.01),
        # Each unit stands for one of its leaders; other values of units follow from what is shown.
        "led_unit_share": Form(Nature.PERSONS, 0.01),
        "spread": Form(Nature.UNITS, 0.01),
        "contribution_gini": Form(Nature.EVENTS, 0.02, share=False),
    }
    assert {key: form(CATALOG[key]) for key in expected} == expected


def test_terms_of_protection_name_groups_rules_and_steps() -> None:
    terms = protection(12, 7)
    assert terms["groups"] == {"floor": 5, "observed": 12, "survey": 7}
    assert protection(12)["groups"] == {"floor": 5, "observed": 12}
    assert terms["suppression"]["rounding"] == {
        "share": 10, "hours": 500, "days": 1000, "ratio": 100, "number": 100, "index": 20,
    }  # fmt: skip
    relations = terms["suppression"]["relations"]
    assert len(relations) == len(LINKS)
    assert relations == sorted(relations)
    for told in (
        "link presence_share role_share contributing,creating,reacting taking_part",
        "base top_1_share contributor_share",
        "over spread active_share 10",
        "among led_unit_share active_leader_share",
    ):
        assert told in relations, relations
