"""Making, finding and ending embeds; every act is in the audit log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cards import Choices, Kind, chosen
from service.embeds.token import Claim, new_handle, read, written
from service.errors import Invalid, NotFound
from service.language import LOCALES
from service.models import Embed, Organisation
from service.published import latest
from service.security import audit

LONGEST = 90
"""Days a link is good for at most: then somebody looks again whether it is still wanted."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `days` is how long the link is good, 1 to `LONGEST`."""

    kind: str
    choices: Choices
    locale: str
    hosts: Collection[str]
    days: int


def create(
    session: Session,
    organisation: Organisation,
    wanted: Wanted,
    *,
    allowed: Sequence[str],
    keys: Mapping[str, bytes],
    by: str,
    now: datetime,
) -> Embed:
    """A new embed, signed with the first of `keys`. Raises `Invalid` with what is possible instead."""
    if wanted.kind not in set(Kind):
        raise Invalid(f"there is no card {wanted.kind[:40]!r}; there are: {', '.join(Kind)}")
    if wanted.locale not in LOCALES:
        raise Invalid(f"there is no language {wanted.locale[:10]!r}; there are: {', '.join(LOCALES)}")
    if not 1 <= wanted.days <= LONGEST:
        raise Invalid(f"an embed is good for 1 to {LONGEST} days")
    if not allowed:
        raise Invalid("no host may show embeds yet: IT lists them in RESONANZ_EMBED_HOSTS")
    unknown = sorted(set(wanted.hosts) - set(allowed))
    if unknown or not wanted.hosts:
        what = f"{unknown[0]!r} is not among them" if unknown else "choose at least one"
        raise Invalid(f"the hosts in RESONANZ_EMBED_HOSTS are {', '.join(allowed)}: {what}")
    kind = Kind(wanted.kind)
    choices = chosen(kind, wanted.choices, latest(session, organisation))
    embed = Embed(
        organisation_id=organisation.id,
        handle=new_handle(),
        kind=kind.value,
        choices=choices.stored(),
        locale=wanted.locale,
        hosts=[one for one in allowed if one in wanted.hosts],
        key_id=next(iter(keys)),
        created=now,
        created_by=by[:80],
        expires=now.replace(microsecond=0) + timedelta(days=wanted.days),
    )
    session.add(embed)
    session.flush()
    audit.append(session, by, "embed created", _facts(embed), organisation.key)
    return embed


def revoke(session: Session, handle: str, *, by: str, now: datetime) -> Embed:
    """End an embed at once. Raises `NotFound`; one that was revoked before stays as it was."""
    embed = named(session, handle)
    if embed.revoked is None:
        embed.revoked = now
        organisation = session.get_one(Organisation, embed.organisation_id)
        audit.append(session, by, "embed revoked", _facts(embed), organisation.key)
    return embed


def named(session: Session, handle: str) -> Embed:
    """Raises `NotFound`."""
    found = session.scalars(select(Embed).where(Embed.handle == handle)).one_or_none()
    if found is None:
        raise NotFound(f"no embed {handle[:16]!r}")
    return found


def embeds_of(session: Session, organisation: Organisation) -> list[Embed]:
    """Newest first."""
    mine = select(Embed).where(Embed.organisation_id == organisation.id)
    return list(session.scalars(mine.order_by(Embed.id.desc())))


def opened(session: Session, text: str, kind: str, keys: Mapping[str, bytes]) -> Embed | None:
    """The embed a token is for, also one that has ended; None unless token, row and card fit together in everything."""
    claim = read(text, keys)
    if claim is None:
        return None
    embed = session.scalars(select(Embed).where(Embed.handle == claim.handle)).one_or_none()
    return embed if embed is not None and embed.kind == kind and claim_of(embed) == claim else None


def ended(embed: Embed, now: datetime) -> bool:
    return embed.revoked is not None or embed.expires <= now


def note_use(embed: Embed, today: date) -> None:
    """Writes at most once a day, so that an embed on a busy start page costs no more than one that nobody opens."""
    if embed.used is None or embed.used < today:
        embed.used = today


def claim_of(embed: Embed) -> Claim:
    return Claim(embed.handle, embed.locale, int(embed.expires.timestamp()), embed.key_id)


def path_of(embed: Embed, keys: Mapping[str, bytes]) -> str | None:
    """The signed path; None where the key that signed it is gone (the embed shows nothing any more)."""
    key = keys.get(embed.key_id)
    if key is None:
        return None
    return f"/embed/{embed.kind}?{urlencode({'t': written(claim_of(embed), key)})}"


def _facts(embed: Embed) -> dict[str, object]:
    return {"embed": embed.handle, "card": embed.kind, "hosts": list(embed.hosts), **embed.choices}
