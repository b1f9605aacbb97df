"""Who the peers are, what is shown of them, and what can never be learnt of one."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.comparison import Comparison, comparison_of
from service.comparison.benchmark import Value
from service.comparison.comparable import Step, Unfit, same_scale
from service.comparison.draw import AGAIN, FEWEST_CHANGED, Withheld
from service.comparison.files import remove
from service.comparison.profile import declare
from service.comparison.publish import publish
from service.maturity.model import releases
from service.maturity.model.parts import Release
from service.models import BenchmarkFile, ComparisonPublication
from service.security.separation import confined

KEY, LEVEL = "contributor_share:", "communication/told"
SPREAD = (180, 210, 240, 270, 300, 330, 360)


def drawn(world, organisation, key=KEY, **later):
    """What the organisation is shown of that value after a drawing."""
    made = publish(world.session, organisation, now=world.moment + timedelta(**later))
    return next(one for one in made.placed if one.subject.key == key)


def peers(peer, number, **classes):
    return [peer(n, SPREAD[n % 7], 2500 + 100 * n, **classes) for n in range(1, number + 1)]


def test_five_peers_are_enough_and_four_are_not(real_world, peer):
    world = real_world
    own = world.company("werra", 0.25, 3.0)
    world.give(own, *peers(peer, 4))
    few = drawn(world, own)
    assert (few.withheld, few.quartiles, few.position, few.peers) == (Withheld.FEW_PEERS, None, None, 0)
    world.give(own, peer(5, SPREAD[5], 3000))
    shown = drawn(world, own)
    assert (shown.withheld, shown.peers, shown.step) == (None, 5, Step.INDUSTRY_SIZE_COUNTRY)
    # Harrell-Davis of 0.21, 0.24, 0.27, 0.30, 0.33: symmetric around 0.27, and rounded to steps of 0.02.
    assert (shown.quartiles.first, shown.quartiles.median, shown.quartiles.third) == (0.24, 0.28, 0.3)
    assert shown.own.value == 0.25
    assert 0.05 <= shown.position.low < shown.position.below < shown.position.high <= 0.9


@pytest.mark.parametrize(
    ("classes", "step"),
    [
        ({}, Step.INDUSTRY_SIZE_COUNTRY),
        ({"country": "AT"}, Step.INDUSTRY_SIZE),
        ({"country": "AT", "size": "from_20000"}, Step.INDUSTRY),
        ({"industry": "C"}, Step.SIZE),
        ({"industry": "C", "size": "from_20000"}, Step.ALL),
    ],
)
def test_the_closest_group_of_five_is_taken_and_named(world, peer, classes, step):
    own = world.company("werra")
    world.give(own, *peers(peer, 5, **classes), peer(9, 900, industry="A", size="under_250"))
    shown = drawn(world, own)
    assert (shown.step, shown.peers) == (step, 6 if step is Step.ALL else 5)


def test_what_is_not_known_of_oneself_is_not_shared_with_anybody(world, peer):
    own = world.company("werra", industry=None, size=None, country=None)
    world.give(own, *peers(peer, 5))
    assert drawn(world, own).step is Step.ALL


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"synthetic": True}, Unfit.SYNTHETIC),
        ({"coverage": None}, Unfit.COVERAGE_UNKNOWN),
        ({"coverage": 799}, Unfit.COVERAGE_LOW),
        ({"values": (), "period": None}, Unfit.NOTHING_TOLD),
        (
            {"period": {"window": "weeks26", "since": "2024-06-03", "until": "2024-12-02"}},
            Unfit.STALE,
        ),
    ],
)
def test_who_can_not_be_compared_with_is_left_out_and_counted(world, peer, changed, reason):
    own = world.company("werra")
    world.give(own, *peers(peer, 4), peer(5, 300, **changed))
    made = publish(world.session, own, now=world.moment)
    assert made.known == 5
    assert made.unfit_values == {reason: 1}
    assert next(one for one in made.placed if one.subject.key == KEY).withheld is Withheld.FEW_PEERS


def test_levels_of_another_model_are_left_out_but_values_are_not(world, peer):
    own = world.company("werra")
    world.give(own, *peers(peer, 4), peer(5, 300, model="0.9"))
    made = publish(world.session, own, now=world.moment)
    assert (made.unfit_levels, made.unfit_values) == ({Unfit.OTHER_MODEL: 1}, {})
    by_key = {one.subject.key: one for one in made.placed}
    assert by_key[KEY].peers == 5
    assert by_key[LEVEL].withheld is Withheld.FEW_PEERS


def test_versions_are_comparable_if_every_release_between_says_so(monkeypatch):
    (first,) = releases()[:1]

    def release(version: str, comparable: bool) -> Release:
        return first.model_copy(update={"version": version, "comparable": comparable})

    known = (release("1.0", False), release("1.1", True), release("2.0", False), release("2.1", True))
    monkeypatch.setattr("service.comparison.comparable.releases", lambda: known)
    assert same_scale("1.0", "1.1")
    assert same_scale("2.1", "2.0")
    assert not same_scale("1.1", "2.0")
    assert not same_scale("1.0", "2.1")
    assert same_scale("9.0", "9.0")
    assert not same_scale("1.0", "9.0")


def test_only_who_consented_is_a_peer_in_the_installation(real_world):
    world = real_world
    own = world.company("werra")
    others = [world.company(f"firma{n}", SPREAD[n] / 1000, share=n < 4) for n in range(5)]
    assert drawn(world, own).withheld is Withheld.FEW_PEERS
    declare(world.session, others[4], shares=True)
    assert drawn(world, own).peers == 5
    assert drawn(world, others[0]).withheld is Withheld.FEW_PEERS, "who does not share is no peer either"


def test_a_file_of_an_organisation_that_is_here_counts_once(world, peer):
    from service.comparison.files import own as benchmark_of

    own = world.company("werra")
    here = world.company("fulda", 0.4, share=True)
    world.give(own, *peers(peer, 4), benchmark_of(world.session, here, world.moment.date()))
    made = publish(world.session, own, now=world.moment)
    assert made.known == 5
    assert next(one for one in made.placed if one.subject.key == KEY).peers == 5


def test_one_or_two_new_peers_change_nothing_and_three_do(world, peer):
    own = world.company("werra")
    world.give(own, *peers(peer, 5))
    first = drawn(world, own)
    for number in (6, 7):
        world.give(own, peer(number, 950))
        assert drawn(world, own, days=number) == first
    world.give(own, peer(8, 960))
    later = drawn(world, own, days=8)
    assert later.peers == 8
    assert later.quartiles.third > first.quartiles.third


def test_one_or_two_new_values_of_the_same_peers_change_nothing_and_three_do(world, peer):
    own = world.company("werra")
    world.give(own, *peers(peer, 6))
    first = drawn(world, own)
    for number in (1, 2):
        world.give(own, peer(number, 900, created=date(2026, 6, 25)))
        assert drawn(world, own) == first
    world.give(own, peer(3, 900, created=date(2026, 6, 25)))
    assert drawn(world, own).quartiles.third > first.quartiles.third


def test_a_closer_group_is_not_shown_beside_a_wider_one_that_tells_of_a_few(world, peer):
    """All but one or two of those shown before: the difference would be theirs."""
    own = world.company("werra")
    world.give(own, *peers(peer, 4), peer(5, 800, industry="C"))
    wide = drawn(world, own)
    assert (wide.step, wide.peers) == (Step.SIZE, 5)
    world.give(own, peer(6, 300))  # now five of the own industry
    assert drawn(world, own) == wide


def test_who_takes_the_consent_back_is_withheld_at_once(world, peer):
    own = world.company("werra")
    here = world.company("fulda", 0.4, share=True)
    world.give(own, *peers(peer, 5))
    assert drawn(world, own).peers == 6
    declare(world.session, here, shares=False)
    assert drawn(world, own).withheld is Withheld.FEW_CHANGED
    world.give(own, peer(6, 500), peer(7, 510))
    assert drawn(world, own).peers == 7


def test_a_removed_file_is_withheld_at_once(world, peer):
    own = world.company("werra")
    world.give(own, *peers(peer, 6))
    assert drawn(world, own).peers == 6
    remove(world.session, own, f"{2:032x}")
    assert drawn(world, own).withheld is Withheld.FEW_CHANGED


def test_peers_that_are_practically_alike_are_not_told(world, peer):
    own = world.company("werra")
    world.give(own, *[peer(n, 271 + n, 3000) for n in range(1, 6)])
    made = {one.subject.key: one for one in publish(world.session, own, now=world.moment).placed}
    assert [made[key].withheld for key in (KEY, LEVEL)] == [Withheld.UNIFORM] * 2
    assert made[KEY].quartiles is None


def test_assessing_again_and_again_does_not_feel_out_where_peers_stand(world, peer):
    own = world.company("werra", level=2.0)
    world.give(own, *peers(peer, 6))
    first = drawn(world, own, LEVEL)
    seen = set()
    for step in range(1, 20):
        world.assess(own, 2.0 + step / 10, created=world.moment + timedelta(days=step))
        seen.add(drawn(world, own, LEVEL, days=step))
    assert seen == {first}
    later = drawn(world, own, LEVEL, days=AGAIN.days + 1)
    assert later.quartiles == first.quartiles
    assert later.own.value == 3.9
    assert later.position.below > first.position.below


def test_going_back_to_earlier_peers_shows_the_earlier_position(world, peer):
    """Declaring another industry and the old one again is no way to a new position either."""
    own = world.company("werra", level=2.0)
    world.give(own, *peers(peer, 5), *[peer(n, 100 + n, industry="C") for n in range(11, 16)])
    first = drawn(world, own, LEVEL)
    declare(world.session, own, industry="C")
    assert drawn(world, own, LEVEL) != first
    declare(world.session, own, industry="L")
    world.assess(own, 4.5, created=world.moment + timedelta(days=2))
    assert drawn(world, own, LEVEL, days=2) == first


def test_where_the_own_value_is_hidden_there_are_quartiles_but_no_position(world, peer):
    own = world.company("werra", value=None)
    world.give(own, *peers(peer, 5))
    shown = drawn(world, own)
    assert shown.quartiles is not None
    assert (shown.own, shown.position) == (None, None)


def test_nothing_new_is_kept_twice(world, peer):
    own = world.company("werra")
    world.give(own, *peers(peer, 5))
    for day in range(3):
        publish(world.session, own, now=world.moment + timedelta(days=day))
    assert world.session.scalar(select(func.count()).select_from(ComparisonPublication)) == 1


@settings(max_examples=25)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 12), st.integers(100, 900)), min_size=1, max_size=4),
        min_size=2,
        max_size=8,
    )
)
def test_whatever_comes_and_goes_two_drawings_never_differ_by_one_or_two_peers(peer, rounds):
    """An attacker who sees every drawing, and knows all peers but two, learns no difference of theirs alone."""
    from service.comparison.comparable import Peer
    from service.comparison.draw import Drawing, Subject, differing
    from service.comparison.profile import Profile

    held, earlier, shown = {n: 200 + 10 * n for n in range(1, 6)}, [], []
    subject = Subject(metric="contributor_share")
    for day, changes in enumerate(rounds):
        known = [Peer(peer(n, value), f"{n:032x}", None, None) for n, value in sorted(held.items())]
        today = date(2026, 7, 1) + timedelta(days=day)
        drawing = Drawing(known, Profile("L", "1000_4999", "DE"), {subject.key: earlier}, today)
        placed, marks = drawing.placed(subject, None, None)
        earlier = [*earlier, (placed, marks)]
        if placed.quartiles is not None:
            shown.append((placed.quartiles, marks))
            assert placed.peers == len(marks) >= 5
        for number, value in changes:
            if held.get(number) == value or (value % 7 == 0 and number in held):
                held.pop(number)
            else:
                held[number] = value
    for number, (quartiles, marks) in enumerate(shown):
        for others, other in shown[:number]:
            assert differing(marks, other) == 0 or differing(marks, other) >= FEWEST_CHANGED
            assert quartiles == others or marks != other


def test_a_request_of_one_organisation_is_shown_what_was_drawn_and_no_row_of_another(database, world, peer):
    own = world.company("werra")
    for number in range(6):
        world.company(f"firma{number}", SPREAD[number] / 1000, 2.0 + number / 5, share=True)
    publish(world.session, own, now=world.moment)
    world.session.commit()
    before = comparison_of(world.session, own)
    with confined(own), Session(database) as session:
        mine = session.get(type(own), own.id)
        assert comparison_of(session, mine) == before
        with pytest.raises(RuntimeError, match="console"):
            publish(session, mine)
    text = TypeAdapter(Comparison).dump_json(before).decode()
    assert before.peers is not None
    assert "firma" not in text
    assert '"members"' not in text
    for other in world.session.scalars(select(ComparisonPublication.members)):
        assert not [
            mark for marks in other.values() for peer, mark in marks.items() if peer in text or mark in text
        ]


def test_no_value_of_a_peer_is_kept_where_its_reader_could_see_it(world):
    """The row of one organisation holds fingerprints of others' values that nobody can compute without their secret."""
    own = world.company("werra")
    for number in range(6):
        world.company(f"firma{number}", SPREAD[number] / 1000, share=True)
    publish(world.session, own, now=world.moment)
    row = world.session.scalars(select(ComparisonPublication)).one()
    marks = row.members[KEY]
    assert len(marks) == 6
    assert len(set(marks.values())) == 6
    assert all(len(mark) == 16 and int(mark, 16) >= 0 for mark in marks.values())
    assert world.session.scalar(select(func.count()).select_from(BenchmarkFile)) == 0


def test_a_metric_nobody_here_knows_is_not_compared(world, peer):
    own = world.company("werra")
    later = (Value(metric="later_metric", category="", value=1, low=None, high=None),)
    world.give(own, *[peer(n, values=later) for n in range(1, 6)])
    assert drawn(world, own).withheld is Withheld.FEW_PEERS


def test_a_stopped_organisation_gives_nothing(world):
    from service.comparison.files import own as benchmark_of
    from service.privacy.enforcement import Stopped

    own = world.company("werra")
    others = [world.company(f"firma{n}", SPREAD[n] / 1000, share=True) for n in range(6)]
    assert drawn(world, own).peers == 6
    others[0].stopped = world.moment
    assert drawn(world, own).withheld is Withheld.FEW_CHANGED
    with pytest.raises(Stopped):
        benchmark_of(world.session, others[0], world.moment.date())
    with pytest.raises(Stopped):
        declare(world.session, others[0], shares=True)
    declare(world.session, others[0], shares=False)


@pytest.mark.parametrize("listed", [True, False])
def test_values_are_given_to_others_only_as_agreed(database, world, tmp_path, listed):
    from service.comparison.files import own as benchmark_of
    from service.configuration import described
    from service.privacy import keys, ledger
    from service.privacy.agreement import Agreement
    from service.privacy.enforcement import ExceedsAgreement
    from service.settings import Settings

    own = world.company("werra")
    world.session.commit()
    for holder in keys.HOLDERS:
        keys.create(tmp_path / holder, "eine lange Losung 7")
        public = keys.read_public(tmp_path / f"{holder}.pub")
        ledger.register(database, own.id, holder, public, lambda *_: None)
    document = described(world.session, own, Settings(data=tmp_path)).document
    if not listed:
        document["terms"]["outputs"].remove("benchmark")
    world.session.commit()
    agreement = Agreement.of(document)
    ledger.draft(database, own.id, agreement, lambda *_: None)
    for holder in keys.HOLDERS:
        signature = keys.sign(agreement, holder, tmp_path / holder, "eine lange Losung 7")
        ledger.receive(database, own.id, agreement.digest, signature, lambda *_: None)
    ledger.activate(database, own.id, lambda *_: None)
    if listed:
        assert benchmark_of(world.session, own, world.moment.date()).values
        assert declare(world.session, own, shares=True).shares
        return
    with pytest.raises(ExceedsAgreement, match="benchmark is not listed"):
        benchmark_of(world.session, own, world.moment.date())
    with pytest.raises(ExceedsAgreement, match="benchmark is not listed"):
        declare(world.session, own, shares=True)
