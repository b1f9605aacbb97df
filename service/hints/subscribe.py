"""Keeps the subscriptions of a Microsoft 365 source alive: creates what is missing, renews what ends soon."""

import secrets
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from connectors.base import Nothing
from connectors.errors import AccessDenied, BadAnswer, NotThere
from connectors.microsoft.settings import loopback, read
from connectors.microsoft.source import Source as Tenant
from connectors.microsoft.subscriptions import Subscribed, Wanted, create, renew, wanted
from connectors.microsoft.transport import Transport
from service.activity.rows import room_key
from service.database import transaction
from service.errors import Invalid
from service.hints.pending import keep
from service.hints.receive import digest, source_of
from service.models import Subscription

_STATE_BYTES = 48


@dataclass
class Subscriptions:
    """What was done, counted by stream. `refused` is polled."""

    created: Counter[str] = field(default_factory=Counter)
    renewed: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, dict[str, int]]:
        return {name: dict(sorted(counted.items())) for name, counted in vars(self).items()}


def subscribe(
    engine: Engine, key: str, public_url: str | None, tenant: Tenant | None = None
) -> Subscriptions:
    """Run daily. `tenant` is built from the source's settings unless given.

    Raises `Invalid` without an address that Graph can call, `NotFound` for a source of another kind, and what reading
    the tenant's rooms raises.
    """
    address = _address(public_url, key)
    with Session(engine) as session:
        source = source_of(session, key, "microsoft-365")
        number, settings = source.id, dict(source.settings)
    if tenant is not None:
        return _subscribe(engine, number, address, tenant)
    chosen = read(settings)
    transport = Transport(chosen)
    try:
        return _subscribe(engine, number, address, Tenant(chosen, transport, Nothing()))
    finally:
        transport.close()


def _address(public_url: str | None, key: str) -> str:
    url = (public_url or "").rstrip("/")
    scheme = urlsplit(url).scheme
    if scheme != "https" and not (scheme == "http" and loopback(url)):
        raise Invalid(
            "Graph calls only https:// addresses: set RESONANZ_PUBLIC_URL to the one this service is reached by"
        )
    return f"{url}/hooks/graph/{key}"


def _subscribe(engine: Engine, source: int, address: str, tenant: Tenant) -> Subscriptions:
    done = Subscriptions()
    with Session(engine) as session:
        rows = session.scalars(select(Subscription).where(Subscription.source_id == source)).all()
        known = {row.resource: Subscribed(row.id, row.expires) for row in rows}
    for one in wanted(tenant):
        before = known.get(one.resource)
        if before is not None and before.expires - tenant.now() > one.longest / 2:
            done.kept[one.stream] += 1
            continue
        try:
            if before is not None and _renewed(engine, tenant, before, one):
                done.renewed[one.stream] += 1
            else:
                _create(engine, source, address, tenant, one)
                done.created[one.stream] += 1
        except (AccessDenied, NotThere, BadAnswer):
            done.refused[one.stream] += 1
    return done


def _renewed(engine: Engine, tenant: Tenant, before: Subscribed, one: Wanted) -> bool:
    try:
        now = renew(tenant, before.id, one)
    except NotThere:
        with transaction(engine) as session:
            session.execute(delete(Subscription).where(Subscription.id == before.id))
        return False
    with transaction(engine) as session:
        session.get_one(Subscription, before.id).expires = now.expires
    return True


def _create(engine: Engine, source: int, address: str, tenant: Tenant, one: Wanted) -> None:
    """The stream is hinted at, since nobody told of what happened before."""
    state = secrets.token_urlsafe(_STATE_BYTES)
    made = create(tenant, one, address, state)
    room = one.room and room_key(address.rpartition("/")[2], one.room)
    with transaction(engine) as session:
        session.add(
            Subscription(
                id=made.id,
                source_id=source,
                stream=one.stream,
                room=room,
                resource=one.resource,
                digest=digest(state),
                expires=made.expires,
            )
        )
        keep(session, source, [(one.stream, room)], tenant.now())
