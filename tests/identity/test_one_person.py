"""The same human on two platforms is one person."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.activity import ContentType, Kind, Person, PersonKind
from service.activity.erasure import ErasureIncomplete
from service.activity.forget import erase_people
from service.database import transaction
from service.identity import Matching, matching, people
from service.models import Membership, Organisation, PublishedCoverage, Source
from service.models import Person as PersonRow
from service.publication import publish
from service.publication.coverage import coverage_of
from service.publication.overlap import Groups

ADA, BOB, EVE = "Ada@Acme.example", "bob@acme.example", "eve@acme.example"


def test_one_human_on_two_sources_is_counted_once(company, act):
    company.sync("wiki", Person("a1", canonical=ADA), Person("b1", canonical=BOB), acts=[act("a1")])
    company.sync(
        "teams",
        Person("t-ada", canonical=" ada@acme.example "),
        Person("t-eve", canonical=EVE),
        acts=[act("t-ada", Kind.MESSAGE), act("t-ada", Kind.MESSAGE)],
    )
    company.measure()
    # Ada, Bob and Eve are entitled; Ada alone was active, on both platforms.
    assert company.found("active_share") == {"": (1, 3)}


def test_without_a_shared_id_two_accounts_are_two_people(company, act):
    company.sync("wiki", Person("a1"), Person("b1"), acts=[act("a1")])
    company.sync("teams", Person("a1"), Person("t-eve"), acts=[act("a1")])
    company.measure()
    assert company.found("active_share") == {"": (2, 4)}


def test_an_identity_that_becomes_known_later_holds_for_what_was_stored_before(company, act):
    company.sync("wiki", Person("a1"), acts=[act("a1")])
    company.sync("teams", Person("t-ada", canonical=ADA), acts=[act("t-ada")])
    company.measure()
    assert company.found("active_share") == {"": (2, 2)}
    company.sync("wiki", Person("a1", canonical=ADA))
    company.measure()
    assert company.found("active_share") == {"": (1, 1)}


def test_an_identity_once_known_is_kept_when_the_platform_stops_showing_it(company, act):
    company.sync("wiki", Person("a1", canonical=ADA), acts=[act("a1")])
    company.sync("teams", Person("t-ada", canonical=ADA), acts=[act("t-ada")])
    company.sync("wiki", Person("a1"))
    company.measure()
    assert company.found("active_share") == {"": (1, 1)}


def test_answering_oneself_from_another_account_is_no_answer(company, act):
    company.now += timedelta(days=14)  # the working days within which an answer counts are over
    post = act("a1", content_type=ContentType.POST)
    answer = act(
        "a2",
        Kind.COMMENT,
        object="c",
        content_type=ContentType.COMMENT,
        thread=post.object,
        parent=post.object,
    )
    company.sync("wiki", Person("a1", canonical=ADA), Person("a2"), acts=[post, answer])
    company.measure()
    assert company.found("response_rate_lax") == {"": (1, 1)}
    company.sync("wiki", Person("a2", canonical=ADA))
    company.measure()
    assert company.found("response_rate_lax") == {"": (0, 1)}


def test_a_member_with_two_accounts_is_one_member(company, act):
    company.sync(
        "wiki",
        Person("a1", canonical=ADA),
        Person("a2", canonical=ADA),
        Person("b1"),
        acts=[act("a2")],
        members=["a1", "a2", "b1"],
    )
    company.measure()
    assert company.found("active_share", "room", "wiki/all") == {"": (1, 2)}


def test_a_service_account_with_the_address_of_its_owner_stays_apart(company, act):
    company.sync("wiki", Person("a1", canonical=ADA))
    company.sync("teams", Person("bot", PersonKind.SERVICE, canonical=ADA), acts=[act("bot", Kind.MESSAGE)])
    company.sync("wiki", Person("b1", canonical=BOB), acts=[act("b1")])
    company.measure()
    assert company.found("active_share") == {"": (1, 2)}


# -- where accounts disagree ------------------------------------------------------------------------------------------


def test_where_accounts_disagree_the_rule_decides_whatever_was_read_first(company):
    first = [Person("g", PersonKind.GUEST, unit="Extern", leadership=1, canonical=ADA)]
    second = [
        Person("old", active=False, unit="Archiv", canonical=ADA),
        Person("now", unit="Vertrieb", leadership=3, canonical=ADA),
    ]
    for order in ((("wiki", first), ("teams", second)), (("teams", second), ("wiki", first))):
        for source, accounts in order:
            company.sync(source, *accounts)
        with transaction(company.engine) as session:
            (human,) = people(session, 1).humans
            units = {row.pseudonym: row.unit_id for row in session.query(PersonRow)}
        now = company.pseudonymiser.person("now", "teams")
        assert (human.kind, human.active, human.leadership) == ("human", True, 1)
        assert human.unit == units[now]


def test_a_person_is_active_while_one_account_is(company):
    company.sync("wiki", Person("a", active=False, canonical=ADA))
    company.sync("teams", Person("t", canonical=ADA), Person("x", active=False, canonical=BOB))
    with transaction(company.engine) as session:
        active = {human.number: human.active for human in people(session, 1).humans}
    assert active == {company.pseudonymiser.person(ADA): True, company.pseudonymiser.person(BOB): False}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, 1, 2]),
            st.sampled_from(["human", "guest", "service"]),
            st.booleans(),
            st.sampled_from([None, 1, 2, 3]),
            st.integers(0, 3),
        ),
        max_size=7,
    ),
    st.randoms(use_true_random=False),
)
def test_nobody_is_lost_and_the_order_of_rows_does_not_matter(rows, chance):
    class Told:
        def __init__(self, found):
            self.found = found

        def execute(self, _):
            return self

        def all(self):
            return self.found

        def __iter__(self):
            return iter(())  # no spells: they were observed once

    class Account:
        unit_id = site = None

        def __init__(self, number, row):
            self.pseudonym = 100 + number
            self.identity, self.kind, self.active, self.leadership, day = row
            self.first_seen = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)

    accounts = [Account(number, row) for number, row in enumerate(rows)]
    once = people(Told(accounts), 1)
    shuffled = list(accounts)
    chance.shuffle(shuffled)
    assert people(Told(shuffled), 1).humans == once.humans
    expected = {
        account.pseudonym if account.identity is None or account.kind == "service" else account.identity
        for account in accounts
    }
    assert sorted(human.number for human in once.humans) == sorted(expected)


# -- what cannot be matched -------------------------------------------------------------------------------------------


def test_what_cannot_be_matched_is_coverage_and_in_the_report(company):
    company.sync("wiki", Person("a1", canonical=ADA), Person("b1"), Person("c1"))
    report = company.sync(
        "teams",
        Person("t-ada", canonical=ADA),
        Person("gone", active=False),
        Person("bot", PersonKind.SERVICE),
        Person("guest", PersonKind.GUEST),
    )
    # Active humans: a1, b1, c1, t-ada; two of them carry an identity.
    assert report.to_dict()["identity"] == {"accounts": 4, "matched": 2, "share": 0.5}
    with transaction(company.engine) as session:
        (line,) = [line for line in coverage_of(session, 1) if line.kind == "identity"]
        assert (line.source, line.share, line.rooms_missing) == ("*", 0.5, 0)


def test_the_share_is_published(company, act):
    company.sync("wiki", Person("a1", canonical=ADA), Person("b1"), acts=[act("a1")])
    company.sync("teams", Person("t-ada", canonical=ADA))
    company.measure()
    publish(company.engine, 1)
    (line,) = [line for line in company.all(PublishedCoverage) if line.kind == "identity"]
    assert line.share == 0.66  # 2 of 3, never rounded up


def test_with_one_source_there_is_nothing_to_match(company):
    with transaction(company.engine) as session:
        session.delete(session.query(Source).filter_by(key="teams").one())
    assert company.sync("wiki", Person("a1")).identity is None
    with transaction(company.engine) as session:
        assert matching(session, 1) is None
        assert "identity" not in {line.kind for line in coverage_of(session, 1)}


def test_all_but_one_of_many_is_not_all():
    assert Matching(1000, 999).share == 0.99
    assert Matching(1000, 1000).share == 1.0
    assert Matching(0, 0).share is None


# -- publication ------------------------------------------------------------------------------------------------------


def test_publication_sees_people_not_accounts(company):
    company.sync(
        "wiki", Person("a1", unit="HR", canonical=ADA), Person("a2", canonical=ADA), members=["a1", "a2"]
    )
    with transaction(company.engine) as session:
        groups = Groups.read(session, session.get_one(Organisation, 1), 10)
    ada = company.pseudonymiser.person(ADA)
    assert groups.members(company.now) == {"wiki/all": frozenset({ada})}
    units = groups.units(company.now)
    assert set(units) == {ada}
    assert units[ada] is not None


# -- erasure ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def known(company, act):
    company.sync(
        "wiki",
        Person("a1", canonical=ADA),
        Person("b1", canonical=BOB),
        acts=[act("a1"), act("b1")],
        members=["a1", "b1"],
    )
    company.sync(
        "teams", Person("t-ada", canonical=ADA), acts=[act("t-ada"), act("t-ada")], members=["t-ada"]
    )
    return company


@pytest.mark.parametrize("named", ["one account", "the other account", "the identity"])
def test_erasing_a_person_erases_all_accounts(known, named):
    pseudonymiser = known.pseudonymiser
    number = {
        "one account": pseudonymiser.person("a1", "wiki"),
        "the other account": pseudonymiser.person("t-ada", "teams"),
        "the identity": pseudonymiser.person(ADA),
    }[named]
    assert erase_people(known.engine, known.log, [number]) == 3
    bob = pseudonymiser.person("b1", "wiki")
    assert [row.pseudonym for row in known.all(PersonRow)] == [bob]
    assert [row.pseudonym for row in known.all(Membership)] == [bob]
    needles = [
        pseudonymiser.person("a1", "wiki"), pseudonymiser.person("t-ada", "teams"), pseudonymiser.person(ADA)
    ]  # fmt: skip
    for file in known.folder.rglob("resonanz.db*"):
        content = file.read_bytes()
        assert not any(needle.to_bytes(8, "big", signed=True) in content for needle in needles), file.name


def test_an_erasure_that_failed_finds_the_other_accounts_when_tried_again(known, monkeypatch):
    def fail(*_):
        raise ErasureIncomplete("a trace is left")

    ada = known.pseudonymiser.person("a1", "wiki")
    monkeypatch.setattr(type(known.log), "erase", fail)
    with pytest.raises(ErasureIncomplete):
        erase_people(known.engine, known.log, [ada])
    monkeypatch.undo()
    assert erase_people(known.engine, known.log, [ada]) == 3
    assert len(known.all(PersonRow)) == 1


# -- nothing of it on disk --------------------------------------------------------------------------------------------


def test_ids_shared_across_platforms_never_reach_the_disk(company, act):
    canary = "CANARY-4711@acme.example"
    report = company.sync("wiki", Person("a1", canonical=canary), acts=[act("a1")])
    company.measure()
    publish(company.engine, 1)
    assert "canary" not in str(report).lower()
    files = [file for file in company.folder.rglob("*") if file.is_file()]
    assert any(file.suffix == ".parquet" for file in files)
    for file in files:
        assert b"canary" not in file.read_bytes().lower(), file.name
