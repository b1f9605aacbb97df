"""Two keys for whatever lowers protection, one for what raises it, and nothing silently."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from service.database import transaction
from service.errors import Conflict, Invalid, NotFound
from service.models import AgreementSignature, AgreementVersion, HolderKey, Organisation
from service.privacy import ledger
from service.privacy.agreement import Agreement, canonical
from service.privacy.ledger import AgreementBroken


def group(size: int) -> Any:
    def change(document: dict[str, Any]) -> None:
        document["terms"]["groups"]["observed"] = size

    return change


def test_the_first_agreement_needs_both_signatures(house: Any) -> None:
    drafted = house.draft()
    assert house.active() is None
    for holder, missing in (("admin", "Missing: council"), ("council", None)):
        house.sign(drafted, holder)
        if missing:
            with pytest.raises(Invalid, match=missing):
                ledger.activate(house.engine, house.organisation, house.record)
    ledger.activate(house.engine, house.organisation, house.record)
    assert house.active() == drafted


@pytest.mark.parametrize("alone", ["admin", "council"])
def test_lowering_protection_needs_both_and_raising_it_needs_one(house: Any, alone: str) -> None:
    house.agree()
    house.agree(group(12), by=(alone,))
    with pytest.raises(Invalid, match=r"lowers protection: groups\.observed"):
        house.agree(group(11), by=(alone,))
    assert house.agree(group(11)).number == 3
    assert house.events[-1] == (
        "agreement.activated",
        {
            "number": 3,
            "digest": house.active().digest,  # type: ignore[union-attr]
            "signed_by": ["admin", "council"],
            "loosened": ["groups.observed"],
            "changed": 1,
        },
    )


def test_nobody_s_signature_is_not_enough_even_where_nothing_changes(house: Any) -> None:
    house.agree()
    with pytest.raises(Invalid, match="nobody has signed"):
        house.agree(by=())


def test_a_new_draft_drops_the_signatures_of_the_one_before(house: Any) -> None:
    house.sign(house.draft(), "admin", "council")
    house.draft(group(11))
    with pytest.raises(Invalid, match="Missing: admin, council"):
        ledger.activate(house.engine, house.organisation, house.record)


def test_a_signature_of_another_draft_or_another_key_is_refused(house: Any) -> None:
    first = house.draft()
    of_first = house.signature(first, "council")
    second = house.draft(group(11))
    with pytest.raises(Invalid, match="another agreement"):
        ledger.receive(house.engine, house.organisation, first.digest, of_first, house.record)
    with pytest.raises(Invalid, match="no valid signature of council"):
        ledger.receive(house.engine, house.organisation, second.digest, of_first, house.record)
    house.key("council", "forged")
    forged = house.signature(second, "council", "forged")
    with pytest.raises(Invalid, match="no valid signature of council"):
        ledger.receive(house.engine, house.organisation, second.digest, forged, house.record)


def test_the_admin_can_not_sign_for_the_council(house: Any) -> None:
    drafted = house.draft()
    given = house.signature(drafted, "council", "admin")
    with pytest.raises(Invalid, match="no valid signature of council"):
        ledger.receive(house.engine, house.organisation, drafted.digest, given, house.record)
    with pytest.raises(Conflict, match="other holder"):
        house.register("council", "admin")


def test_a_key_is_registered_once_and_its_registration_written_down(house: Any) -> None:
    house.register("council")
    assert [event for event, _ in house.events].count("agreement.key_registered") == 2
    with pytest.raises(Conflict, match="known already"):
        house.register("council", "second")


def test_another_key_of_the_council_needs_the_council_s_old_one(house: Any) -> None:
    house.agree()
    house.register("council", "second")
    drafted = house.draft()
    assert drafted.holders["council"] == house.key("council", "second")
    house.sign(drafted, "admin")
    new = house.signature(drafted, "council", "second")
    with pytest.raises(Invalid, match="no valid signature"):
        ledger.receive(house.engine, house.organisation, drafted.digest, new, house.record)
    with pytest.raises(Invalid, match=r"holders\.council.*Missing: council"):
        ledger.activate(house.engine, house.organisation, house.record)
    house.sign(drafted, "council")
    ledger.activate(house.engine, house.organisation, house.record)
    following = house.draft(group(11))
    given = house.signature(following, "council", "second")
    ledger.receive(house.engine, house.organisation, following.digest, given, house.record)


def test_a_draft_overtaken_by_another_agreement_is_not_activated(house: Any) -> None:
    house.agree()

    def as_the_first(document: dict[str, Any]) -> None:
        document["previous"] = None

    house.sign(house.draft(as_the_first), "admin", "council")
    with pytest.raises(Conflict, match="draft anew"):
        ledger.activate(house.engine, house.organisation, house.record)


def test_without_a_draft_there_is_nothing_to_activate(house: Any) -> None:
    with pytest.raises(NotFound, match="no draft"):
        ledger.activate(house.engine, house.organisation, house.record)


def test_a_change_in_the_database_is_noticed(house: Any) -> None:
    agreed = house.agree()
    document = agreed.document
    document["terms"]["groups"]["observed"] = 5
    changed = Agreement(canonical(document))
    with transaction(house.engine) as session:
        session.execute(update(AgreementVersion).values(text=changed.text, digest=changed.digest))
    with pytest.raises(AgreementBroken, match="restore"):
        house.active()


def test_a_looser_agreement_slipped_in_with_one_signature_is_noticed(house: Any) -> None:
    house.agree()
    house.agree(group(9))
    with transaction(house.engine) as session:
        newest = session.scalars(select(AgreementVersion.id).where(AgreementVersion.number == 2)).one()
        session.execute(
            delete(AgreementSignature).where(
                AgreementSignature.agreement_version_id == newest, AgreementSignature.holder == "council"
            )
        )
    with pytest.raises(AgreementBroken):
        house.active()


def test_the_agreement_before_can_not_be_taken_away(house: Any) -> None:
    house.agree()
    house.agree(group(12))
    with transaction(house.engine) as session:
        session.execute(delete(AgreementVersion).where(AgreementVersion.number == 1))
    with pytest.raises(AgreementBroken, match="missing"):
        house.active()


def test_an_agreement_does_not_end_by_a_stroke_in_the_database(house: Any) -> None:
    house.agree()
    house.agree(group(12))
    with transaction(house.engine) as session:
        older = AgreementVersion.number == 1
        session.execute(update(AgreementVersion).where(older).values(ended=None))
    assert house.active().number == 2
    with transaction(house.engine) as session:
        moment = session.scalars(select(AgreementVersion.activated).where(older)).one()
        session.execute(update(AgreementVersion).where(~older).values(ended=moment))
    with pytest.raises(AgreementBroken):
        house.active()


def test_the_text_of_the_agreement_before_can_not_be_changed(house: Any) -> None:
    first = house.agree()
    house.agree(group(12))
    document = first.document
    document["terms"]["groups"]["observed"] = 5
    with transaction(house.engine) as session:
        older = update(AgreementVersion).where(AgreementVersion.number == 1)
        session.execute(older.values(text=canonical(document)))
    with pytest.raises(AgreementBroken, match="missing or was changed"):
        house.active()


def test_an_agreement_whose_digest_was_changed_is_broken(house: Any) -> None:
    house.agree()
    with transaction(house.engine) as session:
        session.execute(update(AgreementVersion).values(digest="0" * 64))
    with pytest.raises(AgreementBroken, match="changed after it was signed"):
        house.active()


def test_the_one_before_ends_when_the_next_begins_and_both_can_be_read(house: Any) -> None:
    moments = [datetime(2026, 11, 2 + day, tzinfo=UTC) for day in range(2)]

    def states() -> list[tuple[int, datetime | None, datetime | None]]:
        with transaction(house.engine) as session:
            found = session.scalars(select(AgreementVersion).order_by(AgreementVersion.number))
            return [(one.number, one.activated, one.ended) for one in found]

    made = []
    for moment, change in zip(moments, (group(10), group(12)), strict=True):
        drafted = house.draft(change)
        with transaction(house.engine) as session:
            assert ledger.latest_draft(session, house.organisation) == (drafted, ())
            assert ledger.activated(session, house.organisation) == ((made and moments[0]) or None)
        house.sign(drafted, "council", "admin")
        agreement, found = ledger.activate(
            house.engine, house.organisation, house.record, clock=lambda at=moment: at
        )
        assert agreement == drafted
        made.append((drafted, found))
    assert states() == [(1, moments[0], moments[1]), (2, moments[1], None)]
    assert [difference.place for difference in made[1][1]] == ["groups.observed"]
    assert len(made[0][1]) > 10, "everything is new against no agreement at all"
    with transaction(house.engine) as session:
        for number, (drafted, _) in enumerate(made, start=1):
            agreement, given = ledger.version_of(session, house.organisation, number)
            assert agreement == drafted
            assert [one.holder for one in given] == ["admin", "council"]
        assert ledger.activated(session, house.organisation) == moments[1]
        with pytest.raises(NotFound, match="no agreement 3"):
            ledger.version_of(session, house.organisation, 3)
        with pytest.raises(NotFound, match="no draft"):
            ledger.latest_draft(session, house.organisation)


def test_without_both_keys_nothing_is_drafted(house: Any) -> None:
    def alone(document: dict[str, Any]) -> None:
        del document["holders"]["council"]

    with pytest.raises(Invalid, match="both keys"):
        house.draft(alone)
    with transaction(house.engine) as session, pytest.raises(NotFound):
        ledger.latest_draft(session, house.organisation)


def test_who_signs_again_takes_back_no_signature_of_the_other(house: Any) -> None:
    drafted = house.draft()
    signed = datetime(2026, 11, 2, 9, tzinfo=UTC)
    for minutes, holder in enumerate(("council", "admin", "council")):
        moment = signed + timedelta(minutes=minutes)
        given = house.signature(drafted, holder)
        ledger.receive(
            house.engine, house.organisation, drafted.digest, given, house.record, clock=lambda at=moment: at
        )
    with transaction(house.engine) as session:
        _, found = ledger.latest_draft(session, house.organisation)
    assert [(one.holder, one.signed) for one in found] == [
        ("admin", "2026-11-02T09:01:00+00:00"),
        ("council", "2026-11-02T09:02:00+00:00"),
    ]
    assert [event for event in house.events if event[0] == "agreement.signed"] == [
        ("agreement.signed", {"number": 1, "holder": holder}) for holder in ("council", "admin", "council")
    ]
    assert ("agreement.drafted", {"number": 1, "digest": drafted.digest}) in house.events


def test_a_key_is_replaced_only_while_an_agreement_is_in_force(house: Any) -> None:
    house.agree()
    moment = datetime(2026, 12, 1, tzinfo=UTC)
    second = house.key("council", "second")
    ledger.register(house.engine, house.organisation, "council", second, house.record, clock=lambda: moment)
    assert house.events[-1] == (
        "agreement.key_registered",
        {"holder": "council", "public_key": second},
    )
    with transaction(house.engine) as session:
        known = ledger.holders(session, house.organisation)
        assert known == {"admin": house.key("admin"), "council": second}
        row = session.scalars(select(HolderKey).where(HolderKey.holder == "council")).one()
        assert row.registered == moment
    with pytest.raises(Invalid, match="holds no key"):
        house.register("board")


def test_organisations_know_nothing_of_each_others_keys_drafts_and_agreements(house: Any) -> None:
    """Everything of the one is there before the other begins, and stays as it was."""
    first = house.agree()
    draft = house.draft(group(12))
    house.sign(draft, "admin")
    with transaction(house.engine) as session:
        other = Organisation(key="other", name="Andere AG")
        session.add(other)
        session.flush()
        there = other.id
        assert ledger.holders(session, there) == {}
        assert ledger.active(session, there) is None
        assert ledger.activated(session, there) is None
        for number in (1, 2):
            with pytest.raises(NotFound):
                ledger.version_of(session, there, number)
        with pytest.raises(NotFound):
            ledger.latest_draft(session, there)
    here, house.organisation = house.organisation, there
    for holder in ("admin", "council"):
        house.register(holder)
    theirs = house.agree(group(11))
    house.draft(group(13))
    house.organisation = here
    with transaction(house.engine) as session:
        assert ledger.active(session, here) == first
        assert ledger.active(session, there) == theirs
        assert ledger.version_of(session, here, 1)[0] == first
        assert ledger.version_of(session, there, 1)[0] == theirs
        found, given = ledger.latest_draft(session, here)
    assert found == draft
    assert [one.holder for one in given] == ["admin"]
    house.sign(draft, "council")
    ledger.activate(house.engine, here, house.record)
    assert house.active() == draft
