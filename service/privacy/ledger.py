"""The agreements of an organisation: drafted, signed, activated, and read back with a look at their signatures."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from service.database import transaction
from service.errors import Conflict, Invalid, NotFound, ServiceError
from service.models import AgreementSignature, AgreementVersion, HolderKey
from service.privacy.agreement import Agreement, Signature
from service.privacy.differences import Difference, differences, loosened
from service.privacy.keys import HOLDERS, require_holder, signed_by

Record = Callable[[Session, str, Mapping[str, Any]], None]
"""Writes down what was done, in the same transaction: name of the event, and facts that name no person."""


class AgreementBroken(ServiceError):
    """The active agreement is not what was signed: somebody changed it in the database. Nothing runs until it is restored."""

    status, slug, title = 503, "agreement-broken", "Agreement broken"


def now() -> datetime:
    return datetime.now(UTC)


def register(
    engine: Engine,
    organisation_id: int,
    holder: str,
    public_key: str,
    record: Record,
    *,
    clock: Callable[[], datetime] = now,
) -> None:
    """Make a holder's public key known; once known it is only replaced by an agreement that names another.

    After that, a key registered here is put into the next draft, and those who hold the keys of the active agreement must both
    sign it. Raises `Conflict` for a key that is the other holder's, or where one is known and no agreement is active.
    """
    require_holder(holder)
    with transaction(engine) as session:
        known = holders(session, organisation_id)
        if known.get(holder) == public_key:
            return
        if public_key in known.values():
            raise Conflict("this is the other holder's key: two keys of one person protect nobody")
        if holder in known and active(session, organisation_id) is None:
            raise Conflict(
                f"the key of {holder} is known already, and no agreement is active that could replace it"
            )
        row = session.scalars(
            select(HolderKey).where(HolderKey.organisation_id == organisation_id, HolderKey.holder == holder)
        ).one_or_none()
        if row is None:
            row = HolderKey(organisation_id=organisation_id, holder=holder)
            session.add(row)
        row.public_key, row.registered = public_key, clock()
        record(session, "agreement.key_registered", {"holder": holder, "public_key": public_key})


def holders(session: Session, organisation_id: int) -> dict[str, str]:
    """The registered public keys by holder."""
    found = select(HolderKey.holder, HolderKey.public_key).where(HolderKey.organisation_id == organisation_id)
    return {row.holder: row.public_key for row in session.execute(found)}


def draft(engine: Engine, organisation_id: int, agreement: Agreement, record: Record) -> Agreement:
    """Keep an agreement as the draft to be signed; another draft and its signatures are dropped."""
    with transaction(engine) as session:
        if set(agreement.holders) != set(HOLDERS):
            raise Invalid("both keys must be registered first: `resonanz privacy key register`")
        session.execute(
            delete(AgreementVersion).where(
                AgreementVersion.organisation_id == organisation_id, AgreementVersion.activated.is_(None)
            )
        )
        session.add(
            AgreementVersion(
                organisation_id=organisation_id,
                number=agreement.number,
                text=agreement.text,
                digest=agreement.digest,
                created=datetime.fromisoformat(agreement.document["created"]),
            )
        )
        record(session, "agreement.drafted", {"number": agreement.number, "digest": agreement.digest})
    return agreement


def receive(
    engine: Engine,
    organisation_id: int,
    digest: str,
    signature: Signature,
    record: Record,
    *,
    clock: Callable[[], datetime] = now,
) -> None:
    """Add a signature to the draft. Raises `Invalid` unless it is a valid one, under a key that counts, of this very draft."""
    with transaction(engine) as session:
        version = _draft(session, organisation_id)
        agreement = Agreement(version.text)
        if digest != agreement.digest:
            raise Invalid("this signs another agreement than the draft: export the draft again and sign that")
        expected = deciding_holders(agreement, active(session, organisation_id))
        if signature.holder not in signed_by(agreement, [signature], expected):
            raise Invalid(f"this is no valid signature of {signature.holder} under the key that counts")
        session.execute(
            delete(AgreementSignature).where(
                AgreementSignature.agreement_version_id == version.id,
                AgreementSignature.holder == signature.holder,
            )
        )
        session.add(
            AgreementSignature(
                agreement_version_id=version.id,
                holder=signature.holder,
                public_key=signature.public_key,
                value=signature.value,
                signed=clock(),
            )
        )
        record(session, "agreement.signed", {"number": agreement.number, "holder": signature.holder})


def activate(
    engine: Engine,
    organisation_id: int,
    record: Record,
    *,
    clock: Callable[[], datetime] = now,
) -> tuple[Agreement, tuple[Difference, ...]]:
    """Put the draft into force; returns it with what differs from the one before.

    Both must have signed the first agreement and each that lowers any protection; one is enough for the others. Raises
    `Invalid` with the signatures that are missing, `NotFound` without a draft, `Conflict` if the draft follows another agreement.
    """
    with transaction(engine) as session:
        version = _draft(session, organisation_id)
        agreement, before = Agreement(version.text), active(session, organisation_id)
        if agreement.document["previous"] != (None if before is None else before.digest):
            raise Conflict("another agreement came into force since: draft anew")
        found = compared(before, agreement)
        given = signatures(session, version.id)
        missing = lacking(before, agreement, given)
        if missing:
            raise Invalid(missing)
        moment = clock()
        for earlier in session.scalars(_newest(organisation_id)):
            earlier.ended = moment
        version.activated = moment
        record(
            session,
            "agreement.activated",
            {
                "number": agreement.number,
                "digest": agreement.digest,
                "signed_by": sorted(one.holder for one in given),
                "loosened": [difference.place for difference in loosened(found)],
                "changed": len(found),
            },
        )
    return agreement, found


def compared(before: Agreement | None, after: Agreement) -> tuple[Difference, ...]:
    """What differs, the holders of the keys included; everything, against no agreement at all."""
    return differences(
        {} if before is None else {**before.terms, "holders": before.holders},
        {**after.terms, "holders": after.holders},
    )


def deciding_holders(agreement: Agreement, before: Agreement | None) -> dict[str, str]:
    """Whose keys must sign: those of the agreement in force, or for the first those it names itself."""
    return agreement.holders if before is None else before.holders


def lacking(before: Agreement | None, after: Agreement, given: Sequence[Signature]) -> str | None:
    """Why the signatures do not put `after` into force in the place of `before`; None if they do."""
    signed = signed_by(after, given, deciding_holders(after, before))
    looser = loosened(compared(before, after))
    if before is None or looser:
        missing = [holder for holder in HOLDERS if holder not in signed]
        if not missing:
            return None
        why = "it is the first one" if before is None else f"it lowers protection: {_places(looser)}"
        return f"this agreement needs the signatures of admin and council, since {why}. Missing: {', '.join(missing)}"
    return None if signed else "nobody has signed this agreement: `resonanz privacy agreement sign`"


def _places(found: Sequence[Difference]) -> str:
    shown = ", ".join(difference.place for difference in found[:5])
    return shown if len(found) <= 5 else f"{shown} and {len(found) - 5} more"


def active(session: Session, organisation_id: int) -> Agreement | None:
    """The agreement in force; None as long as there is none. Raises `AgreementBroken` if it is not what was signed.

    It is always the newest that came into force: none ends but by the next.
    """
    version = session.scalars(_newest(organisation_id)).one_or_none()
    if version is None:
        return None
    agreement = Agreement(version.text)
    before = _followed(session, organisation_id, agreement)
    changed = agreement.digest != version.digest or version.ended is not None
    if changed or lacking(before, agreement, signatures(session, version.id)) is not None:
        raise AgreementBroken(
            f"agreement {version.number} was changed after it was signed: restore the database from your backup, "
            "and compare with the council's copy (`resonanz privacy agreement verify`)"
        )
    return agreement


def _followed(session: Session, organisation_id: int, agreement: Agreement) -> Agreement | None:
    """The agreement that one says it follows. Raises `AgreementBroken` if it is gone or was changed."""
    digest = agreement.document["previous"]
    if digest is None:
        return None
    text = session.scalars(
        select(AgreementVersion.text).where(
            AgreementVersion.organisation_id == organisation_id, AgreementVersion.digest == digest
        )
    ).one_or_none()
    if text is None or Agreement(text).digest != digest:
        raise AgreementBroken(
            "the agreement before the one in force is missing or was changed: restore your backup"
        )
    return Agreement(text)


def latest_draft(session: Session, organisation_id: int) -> tuple[Agreement, tuple[Signature, ...]]:
    """The draft with its signatures so far. Raises `NotFound`."""
    version = _draft(session, organisation_id)
    return Agreement(version.text), signatures(session, version.id)


def version_of(
    session: Session, organisation_id: int, number: int
) -> tuple[Agreement, tuple[Signature, ...]]:
    """An agreement by its number, with its signatures. Raises `NotFound`."""
    version = session.scalars(
        select(AgreementVersion).where(
            AgreementVersion.organisation_id == organisation_id, AgreementVersion.number == number
        )
    ).one_or_none()
    if version is None:
        raise NotFound(f"there is no agreement {number}")
    return Agreement(version.text), signatures(session, version.id)


def activated(session: Session, organisation_id: int) -> datetime | None:
    """When the agreement in force came into force."""
    version = session.scalars(_newest(organisation_id)).one_or_none()
    return None if version is None else version.activated


def signatures(session: Session, version_id: int) -> tuple[Signature, ...]:
    found = session.scalars(
        select(AgreementSignature)
        .where(AgreementSignature.agreement_version_id == version_id)
        .order_by(AgreementSignature.holder)
    )
    return tuple(Signature(s.holder, s.public_key, s.value, s.signed.isoformat()) for s in found)


def _newest(organisation_id: int) -> Any:
    activated = AgreementVersion.activated.is_not(None)
    found = select(AgreementVersion).where(AgreementVersion.organisation_id == organisation_id, activated)
    return found.order_by(AgreementVersion.number.desc()).limit(1)


def _draft(session: Session, organisation_id: int) -> AgreementVersion:
    version = session.scalars(
        select(AgreementVersion).where(
            AgreementVersion.organisation_id == organisation_id, AgreementVersion.activated.is_(None)
        )
    ).one_or_none()
    if version is None:
        raise NotFound("there is no draft: `resonanz privacy agreement draft` makes one")
    return version
