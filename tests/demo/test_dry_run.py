"""The council's dry run: what it shows comes from the platform's answer, the disk and the publication, and holds its promises."""

import json

import pytest

from service.demo.dry_run import (
    COLLEAGUES,
    LARGE,
    MAIL,
    METRICS,
    NAME,
    PERSON,
    WRITERS,
    DryRun,
    dry_run,
)


@pytest.fixture(scope="module")
def found() -> DryRun:
    return dry_run(10)


def test_the_platform_does_tell_the_name(found: DryRun) -> None:
    told = json.dumps(found.answer)
    assert NAME in told
    assert PERSON in told
    assert found.request.startswith("GET /confluence/rest/api/")


def test_of_the_person_only_the_pseudonym_is_stored(found: DryRun) -> None:
    assert found.traces == {NAME: 0, MAIL: 0, PERSON: 0}
    pseudonym = found.known["pseudonym"]
    assert [row["person"] for row in found.activities] == [pseudonym] * 3
    assert {row["kind"] for row in found.activities} <= {"comment", "react"}
    stored = json.dumps([found.activities, found.known], default=str)
    assert "mustermann" not in stored.lower()


def test_the_large_room_is_published_and_the_small_one_is_not(found: DryRun) -> None:
    large = [one for one in found.published if LARGE in one["room"]]
    small = [one for one in found.published if LARGE not in one["room"]]
    assert {one["metric"] for one in large} == {one["metric"] for one in small} == set(METRICS)
    assert [(one["state"], one["value"], one["people"]) for one in small] == [("suppressed", None, None)]
    assert all(one["state"] == "published" for one in large), large
    shares = {one["metric"]: one["value"] for one in large}
    # Published values are rounded, the coarser the fewer people there are: a week to twenty people.
    assert shares["active_share"] == pytest.approx(WRITERS / (COLLEAGUES + 1), abs=10 / (COLLEAGUES + 1))
