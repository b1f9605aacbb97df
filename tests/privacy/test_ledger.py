"""Two keys for whatever lowers protection, one for what raises it, and nothing silently."""

from typing import Any

import pytest
from sqlalchemy import delete, select, update

from service.database import transaction
from service.errors import Conflict, Invalid, NotFound
from service.models import AgreementSignature, AgreementVersion
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
