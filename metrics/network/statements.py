"""The statements of network metrics, of the organisation unless said otherwise."""

from typing import Any

from sqlalchemy import Select, String, and_, cast, func, literal, select

from metrics import facts as f
from metrics.metric import Scope
from metrics.network.frame import columns_of, network_totals, place, profile_of_people, same_period, total
from metrics.scoping import number
from metrics.ties import contact, unlinked

COVERED = 3
"""Two units are connected from so many ties on."""


def totals(scope: Scope) -> Select[Any]:
    """One row per period with the totals of the organisation's network."""
    found = network_totals(profile_of_people())
    return select(*place(found.c), *columns_of(found), found.c.people.label("affirming"))


def edges(scope: Scope) -> Select[Any]:
    """What cells of ties need of the totals, once for each tie of the network, with its two people and their units."""
    found, c = network_totals(profile_of_people()), contact.c
    n = found.c
    return (
        select(
            *place(n),
            n.people,
            n.people.label("affirming"),
            n.placed,
            n.busiest,
            n.excluded,
            n.reason,
            n.unit_reason,
            c.person,
            c.contact,
            c.unit,
            c.contact_unit,
        )
        .select_from(found)
        .join(contact, same_period(c, n))
        .where(c.person < c.contact)
    )


def diversities(scope: Scope) -> Select[Any]:
    """The totals once for each pair of numbers of contacts and of those outside the own unit, and how many people have it."""
    profile = profile_of_people()
    found, p = network_totals(profile), profile.c
    same = (
        select(p.window, p.since, p.placed, p.outside, func.count().label("alike"))
        .where(p.placed > 0)
        .group_by(p.window, p.since, p.placed, p.outside)
        .cte("same")
    )
    s = same.c
    return (
        select(
            *place(found.c),
            *columns_of(found),
            found.c.people.label("affirming"),
            s.placed.label("known_contacts"),
            s.outside,
            s.alike,
        )
        .select_from(found)
        .outerjoin(same, same_period(s, found.c))
    )


def by_unit(scope: Scope) -> Select[Any]:
    """The totals once for each unit of the organisation's network, with its tie ends and those within it."""
    profile = profile_of_people()
    found, p = network_totals(profile), profile.c
    unit = (
        select(
            p.window,
            p.since,
            p.unit,
            func.count().label("members"),
            total(p.placed).label("unit_ends"),
            total(p.placed - p.outside).label("inside_ends"),
        )
        .where(p.unit.is_not(None))
        .group_by(p.window, p.since, p.unit)
        .cte("unit_totals")
    )
    u = unit.c
    return (
        select(
            *place(found.c),
            *columns_of(found),
            found.c.people.label("affirming"),
            u.unit,
            u.members,
            u.unit_ends,
            u.inside_ends,
        )
        .select_from(found)
        .outerjoin(unit, same_period(u, found.c))
    )


def unit_pairs(scope: Scope) -> Select[Any]:
    """The totals with how many pairs of units there are in the population, and how many have at least `COVERED` ties."""
    profile = profile_of_people()
    found, p, c, s = network_totals(profile), profile.c, contact.c, f.standing.c
    units = (
        select(s.window, s.since, s.scope_key.label("unit"))
        .where(s.scope == Scope.UNIT.value)
        .union(select(p.window, p.since, p.unit).where(p.unit.is_not(None)))
        .subquery("units")
    )
    many = (
        select(units.c.window, units.c.since, func.count().label("number"))
        .group_by(units.c.window, units.c.since)
        .cte("many")
    )
    tied = (
        select(c.window, c.since, c.unit, c.contact_unit, func.count().label("ties"))
        .where(c.unit < c.contact_unit)
        .group_by(c.window, c.since, c.unit, c.contact_unit)
        .cte("tied")
    )
    covered = (
        select(tied.c.window, tied.c.since, func.count().label("number"))
        .where(tied.c.ties >= COVERED)
        .group_by(tied.c.window, tied.c.since)
        .cte("covered")
    )
    return (
        select(
            *place(found.c),
            *columns_of(found),
            found.c.people.label("affirming"),
            many.c.number.label("all_units"),
            func.coalesce(covered.c.number, 0).label("covered"),
        )
        .select_from(found)
        .outerjoin(many, same_period(many.c, found.c))
        .outerjoin(covered, same_period(covered.c, found.c))
    )


def of_units(scope: Scope) -> Select[Any]:
    """One row per period with the totals of the organisation, or of the people of each unit."""
    if scope is Scope.ORGANISATION:
        return totals(scope)
    profile = profile_of_people()
    found, p, u = network_totals(profile), profile.c, unlinked.c
    left_out = (
        select(u.window, u.since, u.unit, total(u.acts).label("acts"))
        .group_by(u.window, u.since, u.unit)
        .cte("unit_left_out")
    )
    unit = (
        select(
            p.window,
            p.since,
            p.unit,
            number(p.placed > 0).label("placed"),
            total(p.placed).label("placed_ends"),
            total(p.outside).label("outside_ends"),
            func.max(p.placed).label("busiest_placed"),
        )
        .where(p.unit.is_not(None))
        .group_by(p.window, p.since, p.unit)
        .cte("unit_totals")
    )
    n, lost = unit.c, left_out.c
    return (
        select(
            n.unit.label("scope_key"),
            n.window,
            n.since,
            cast(literal(""), String).label("category"),
            n.placed,
            n.placed_ends,
            n.outside_ends,
            n.busiest_placed,
            n.placed.label("people"),
            n.placed.label("affirming"),
            func.coalesce(lost.acts, 0).label("excluded"),
            found.c.unit_reason,
        )
        .select_from(unit)
        .join(found, same_period(found.c, n))
        .outerjoin(left_out, and_(same_period(lost, n), lost.unit == n.unit))
    )
