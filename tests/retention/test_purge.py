"""Activities that are too old go, from the bytes on the disk too; what was measured of them stays as it was."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.activity import ContentType, Page, Person, Reactors
from connectors.errors import CursorExpired
from service.activity import retention
from service.activity.erasure import ErasureIncomplete, verify
from service.activity.lock import hold, log_lock
from service.activity.log import ActivityLog
from service.activity.outdated import Outdated
from service.activity.retention import RetentionIncomplete, preview, purge
from service.errors import Conflict, NotFound
from service.models import AuditEntry, Journal, PublishedValue, Retention
from service.models import Person as Account
from tests.retention.conftest import ACTS, CUT, NOW, OLD, PEOPLE, Company, left_of, makes, story, week

LOOKING_BACK = ("new_voices", "community_health", "regularity")
"""They ask who did something before."""
LAST = date(2026, 3, 23)
"""The first day of the 28 days that are complete three weeks later."""


def test_without_a_limit_nothing_is_deleted(company: Company) -> None:
    version = company.log.version
    assert not company.purge()
    assert (len(company.days()), company.log.version) == (ACTS, version)
    assert company.all(Retention) == []
    assert "retention.begun" not in company.events()


def test_whole_weeks_go_and_no_day_outlives_the_limit(company: Company) -> None:
    company.keep(activities=60)
    done = company.purge()
    assert (done.activities, done.before.activities) == (OLD, CUT)
    assert (NOW.date() - min(company.days())).days == 56
    assert len(company.days()) == ACTS - OLD
    assert min(company.days_on_disk()) == CUT
    (row,) = company.all(Retention)
    assert (row.activities_from, row.people_from, row.begun) == (CUT, None, None)
    assert company.events()[-2:] == ["retention.begun", "retention.applied"]


def test_no_byte_of_the_log_tells_of_who_did_nothing_since(company: Company) -> None:
    old, present = company.people.person("old", "wiki"), company.people.person("a1", "wiki")
    company.keep(activities=60)
    company.purge()
    verify(company.log.url, None, [old])
    with pytest.raises(ErasureIncomplete):
        verify(company.log.url, None, [present])


def test_the_audit_tells_how_much_and_never_who(company: Company) -> None:
    company.keep(activities=60)
    company.purge()
    told = [entry for entry in company.all(AuditEntry) if entry.action.startswith("retention.")]
    assert all(f'"activities":{OLD}' in entry.detail for entry in told)
    numbers = [str(company.people.person(one, "wiki")) for one in (*PEOPLE, "old")]
    assert not any(number in entry.detail for number in numbers for entry in told)


def test_a_dry_run_counts_the_same_and_touches_nothing(company: Company) -> None:
    company.keep(activities=60)
    version, entries = company.log.version, company.events()
    found = preview(company.engine, company.log, company.id, clock=lambda: NOW)
    assert found.activities == OLD
    assert (company.log.version, company.events()) == (version, entries)
    assert company.purge() == found


def test_a_second_purge_does_nothing_at_all(company: Company) -> None:
    company.keep(activities=60)
    company.purge()
    version, entries = company.log.version, company.events()
    assert not company.purge()
    assert (company.log.version, company.events()) == (version, entries)


def test_a_young_log_lacks_nothing_whatever_the_limit(company: Company) -> None:
    company.keep(activities=200)
    assert not company.purge()
    (row,) = company.all(Retention)
    assert row.activities_from is None


def test_only_the_organisations_own_sources_are_purged(company: Company) -> None:
    other = company.other()
    other.sync(*story())
    company.keep(activities=60)
    company.purge()
    assert len(company.days()) == ACTS - OLD
    assert len(other.days()) == ACTS
    assert not other.purge()


def test_what_was_measured_before_stays(measured: Company) -> None:
    assert measured.value("contributor_share", week(4)) == (4, 12)
    for full in (False, True):
        measured.measure(full=full)
        after = measured.values()
        assert {place: after[place] for place in measured.before} == measured.before
        assert after.keys() == measured.before.keys()


def test_a_purge_makes_nothing_be_computed_anew_of_old_weeks(measured: Company) -> None:
    work = measured.measure().work
    assert (work.why, work.weeks) == (("given",), ())
    assert measured.measure().work.why == ()


def test_later_weeks_are_counted_from_what_is_kept_or_unknown(measured: Company) -> None:
    """Three weeks on: `a1` to `a3` make a page; nobody can tell any more whether somebody does so for the first time."""
    measured.now += timedelta(weeks=3)
    later = date(2026, 4, 13)
    measured.sync(Page("17", [makes(one, later) for one in PEOPLE[:3]]))
    measured.measure()
    assert measured.value("contributor_share", later) == (3, 12)
    assert measured.value("contributor_share", LAST, "days28") == (12, 12)
    for metric in LOOKING_BACK:
        assert measured.value(metric, LAST, "days28") == "retention"
        assert measured.value(metric, LAST - timedelta(weeks=4), "days28") != "retention"
    assert measured.value("contributor_share", week(4)) == (4, 12)


def test_late_data_of_kept_weeks_still_change_their_values(measured: Company) -> None:
    measured.sync(Page("17", [makes("a12", week(11), "late")]))
    measured.measure()
    assert measured.value("contributor_share", week(11)) == (12, 12)


def test_what_was_never_measured_is_unknown_and_never_zero(company: Company) -> None:
    company.keep(activities=60)
    company.purge()
    company.measure()
    assert company.value("contributor_share", week(4)) == "retention"
    # Whether a reaction first seen on one of the first seven days can be placed depends on what was before.
    assert company.value("contributor_share", week(9)) == "retention"
    assert company.value("contributor_share", week(10)) == (10, 12)
    assert company.value("contributor_share", week(12), "days28") == (12, 12)
    assert company.value("new_voices", week(12), "days28") == "retention"


def test_rooms_that_are_excluded_later_leave_the_old_weeks_too(measured: Company) -> None:
    from service.database import transaction
    from service.models import Room

    assert any(place[2] == "room" for place in measured.before)
    with transaction(measured.engine) as session:
        for room in session.query(Room):
            room.excluded = True
    measured.measure()
    assert not any(place[2] == "room" for place in measured.values())
    assert measured.value("contributor_share", week(4)) == (4, 12)


def test_what_is_too_old_is_not_stored_again(measured: Company) -> None:
    """The source forgot the place and tells everything from the start."""
    days = measured.days()
    report = measured.sync(CursorExpired("gone"), *story())
    assert (report.stored, report.skipped) == (0, {"retention": OLD})
    assert measured.days() == days
    assert not measured.purge()


def test_a_first_collection_stores_nothing_too_old_and_knows_what_is_missing(
    engine: Any, tmp_path: Any
) -> None:
    company = Company(engine, tmp_path)
    company.keep(activities=60)
    report = company.sync(*story())
    assert (report.stored, report.skipped) == (ACTS - OLD, {"retention": OLD})
    (row,) = company.all(Retention)
    assert row.activities_from == CUT


def test_what_was_deleted_stays_deleted_when_the_limit_is_lifted(measured: Company) -> None:
    measured.keep()
    assert measured.sync(CursorExpired("gone"), *story()).skipped == {"retention": OLD}
    assert len(measured.days()) == ACTS - OLD


def test_who_reacted_to_old_contents_is_not_collected_anew(measured: Company) -> None:
    """The log once knew who liked it; seen again, the like of long ago would count as one of today."""

    def likes(thing: str, *people: str) -> Reactors:
        return Reactors(thing, "HR", ContentType.PAGE, thing, frozenset(people), measured.now)

    old, young = f"a1-{week(2)}", f"a1-{week(15)}"
    report = measured.sync(Page("17", reactors=[likes(old, "a2", "a3"), likes(young, "a2")]))
    assert (report.stored, report.skipped) == (1, {"retention": 2})


def test_accounts_out_of_use_that_nothing_is_known_of_are_not_stored(measured: Company) -> None:
    measured.keep(activities=60, people=90)
    people = [Person("gone", active=False), Person("new")]
    report = measured.sync(Page("17", people=people))
    assert report.skipped == {"retention": 1}
    assert {row.pseudonym for row in measured.all(Account)} == {
        measured.people.person(one, "wiki") for one in (*PEOPLE, "new")
    }


STEPS: dict[str, Callable[[pytest.MonkeyPatch, Callable[..., Any]], None]] = {
    "before the log": lambda patch, die: patch.setattr(ActivityLog, "delete_before", die),
    "before its old files go": lambda patch, die: patch.setattr(ActivityLog, "vacuum", die),
    "before people": lambda patch, die: patch.setattr(Outdated, "delete_memberships", die),
    "within people": lambda patch, die: patch.setattr(Outdated, "delete_accounts", die),
    "before the database is rewritten": lambda patch, die: patch.setattr(retention, "rewrite", die),
    "before values": lambda patch, die: patch.setattr(Outdated, "withhold", die),
    "within values": lambda patch, die: patch.setattr(Outdated, "delete_published", die),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_purge_that_died_is_completed_by_the_next(
    aging: Company, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    expected = left_of(aging)
    with monkeypatch.context() as patch:
        STEPS[step](patch, die)
        with pytest.raises(KeyboardInterrupt):
            aging.purge()
    (row,) = aging.all(Retention)
    assert row.begun is not None
    if step in ("before its old files go", "before values"):
        # Whoever measures in between counts nothing from what is half deleted.
        assert aging.measure().work.weeks == ()
        assert aging.value("contributor_share", week(4)) == (4, 11)
    done = aging.purge()
    assert done.resumed
    assert aging.everything() == expected
    assert aging.events()[-1] == "retention.applied"
    assert not aging.purge()


def test_old_files_that_can_not_be_removed_are_an_error(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.keep(activities=60)
    monkeypatch.setattr(ActivityLog, "vacuum", lambda *_, **__: 0)
    with pytest.raises(RetentionIncomplete, match=str(CUT)):
        company.purge()
    monkeypatch.undo()
    assert company.purge().resumed
    assert min(company.days_on_disk()) == CUT


def test_an_open_journal_is_settled_first(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.activity import journal

    monkeypatch.setattr(journal, "settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        company.sync(Page("17", people=[Person("new")]))
    monkeypatch.undo()
    company.keep(activities=60)
    company.purge()
    assert company.all(Journal) == []
    assert len(company.all(Account)) == len(PEOPLE) + 1


def test_nothing_is_deleted_while_somebody_reads(company: Company) -> None:
    company.keep(activities=60)
    other = company.other()
    for name, shared in (
        (log_lock(company.key), True),
        (f"measuring {company.id}", False),
    ):
        with hold(company.engine, name, shared=shared), pytest.raises(Conflict):
            company.purge()
    assert len(company.days()) == ACTS
    with hold(company.engine, log_lock(other.key)), hold(company.engine, f"measuring {other.id}"):
        assert company.purge().activities > 0
    with pytest.raises(NotFound):
        purge(company.engine, company.log, 0)


def test_published_values_go_with_the_measured(aging: Company) -> None:
    """Values are kept for 90 days: what ended by 30 December is gone, the weeks 1 to 3 among them."""
    ends = NOW.date() - timedelta(days=90)
    assert min(row.until for row in aging.all(PublishedValue)) <= ends
    expected = left_of(aging)
    done = aging.purge()
    assert (done.measurements > 0, done.published > 0) == (True, True)
    assert aging.everything() == expected
    assert min(row.until for row in aging.all(PublishedValue)) == date(2026, 1, 5)
    assert min(place[6] for place in aging.values()) > ends
    before = aging.values()
    aging.measure(full=True)
    assert aging.values() == before
