"""What exceeds the agreement in force is refused, with its name and how to mend it; what is stricter runs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Column, Integer, Table, select
from starlette.routing import BaseRoute, Mount

from connectors.activity import Page
from connectors.base import Check
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.app import create_app
from service.database import transaction
from service.measure import measure
from service.models import Base, Measurement, Organisation, Source
from service.privacy import enforcement, sections
from service.privacy.enforcement import ExceedsAgreement, Standing, Stopped, standing
from service.privacy.words import OUTPUTS, output_of
from service.publication import publish


class Empty:
    """A connector with two streams and nothing in them."""

    name: ClassVar[str] = "confluence"
    names: Sequence[str] = ("pages", "people")

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Any) -> "Empty":
        return cls()

    def check(self, expected_rooms: int | None = None) -> Check:
        return Check(())

    def streams(self) -> Sequence[str]:
        return self.names

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        yield Page(cursor="end")

    def requests(self) -> int:
        return 0

    def close(self) -> None:
        pass


URL = "https://wiki.example.com"


@pytest.fixture
def read(house: Any) -> Callable[..., Any]:
    """Adds a source and reads it through an empty connector."""

    def reading(
        key: str = "wiki",
        connector: str = "confluence",
        streams: Sequence[str] = Empty.names,
        **settings: Any,
    ) -> Any:
        given = {"url": URL, **settings}
        with transaction(house.engine) as session:
            source = session.scalars(select(Source).where(Source.key == key)).one_or_none()
            if source is None:
                source = Source(organisation_id=house.organisation, key=key, created=datetime.now(UTC))
                session.add(source)
            source.connector, source.settings = connector, given
        reader = Empty()
        reader.names = streams
        log = ActivityLog(house.folder / "activity", "main")
        pseudonymiser = Pseudonymiser(open_keys(house.folder / "key" / "pseudonym.key", "main"), "main")
        return collect(house.engine, log, pseudonymiser, key, connector=reader)

    return reading


@pytest.fixture
def agreed_wiki(house: Any) -> Any:
    """An agreement that lists the source `wiki` with its two streams."""

    def list_it(document: dict[str, Any]) -> None:
        document["terms"]["sources"]["wiki"] = sections.source("confluence", {"url": URL}, Empty.names)

    house.agree(list_it)
    return house


def change(house: Any, place: str, value: Any) -> None:
    """Agree anew, with another value at one place of the terms."""
    in_force = house.active()

    def changed(document: dict[str, Any]) -> None:
        document["terms"] = in_force.terms if in_force is not None else document["terms"]
        *way, last = place.split(".")
        inside = document["terms"]
        for step in way:
            inside = inside[step]
        inside[last] = value(inside[last]) if callable(value) else value

    house.agree(changed)


def without(*names: str) -> Callable[[list[str]], list[str]]:
    return lambda listed: [one for one in listed if one not in names]


def test_without_an_agreement_sources_are_read_as_ever(read: Callable[..., Any]) -> None:
    assert read().state == "done"


def test_a_listed_source_is_read_and_another_is_not(agreed_wiki: Any, read: Callable[..., Any]) -> None:
    assert read().state == "done"
    with pytest.raises(
        ExceedsAgreement, match=r"reading files .* sources\.files is not listed.*agreement draft"
    ):
        read("files", "files")


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"streams": ("pages", "people", "views")}, r"sources\.wiki\.streams\.views is not listed"),
        ({"unit_groups": "(.*)"}, r"sources\.wiki\.settings\.unit_groups is not listed"),
        ({"url": "https://other.example.com"}, r"url is 'https://other\.example\.com', agreed is"),
        ({"connector": "files"}, r"sources\.wiki\.connector is 'files', agreed is 'confluence'"),
    ],
)
def test_a_listed_source_does_not_read_more(
    agreed_wiki: Any, read: Callable[..., Any], asked: dict[str, Any], named: str
) -> None:
    with pytest.raises(ExceedsAgreement, match=named):
        read(**asked)


def test_a_listed_source_may_read_less_and_be_reached_otherwise(
    agreed_wiki: Any, read: Callable[..., Any]
) -> None:
    assert read(streams=("pages",), token_file="/run/secrets/other", concurrency=2).state == "done"


def test_kinds_that_are_not_agreed_on_are_refused(agreed_wiki: Any, read: Callable[..., Any]) -> None:
    change(agreed_wiki, "sources.wiki.kinds", without("view"))
    with pytest.raises(ExceedsAgreement, match=r"sources\.wiki\.kinds\.view is not listed"):
        read()


@pytest.mark.parametrize(("connector", "settings"), [("microsoft-audit", {}), ("files", {"format": "audit"})])
def test_an_audit_log_is_read_only_when_an_agreement_lists_it(
    house: Any,
    read: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    connector: str,
    settings: dict[str, str],
) -> None:
    monkeypatch.setattr(sections, "sources", lambda _: {})  # these sources exist in name only
    asked = {"agreement": "true", **settings}
    with pytest.raises(ExceedsAgreement, match="signed agreement lists it"):
        read("audit", connector, **asked)
    change(house, "sources", {})
    with pytest.raises(ExceedsAgreement, match=r"sources\.audit is not listed"):
        read("audit", connector, **asked)
    change(house, "sources", {"audit": sections.source(connector, {"url": URL, **asked}, Empty.names)})
    assert read("audit", connector, **asked).state == "done"
    with pytest.raises(ExceedsAgreement, match=r"kinds\.edit is not listed"):
        read("audit", connector, **asked, kinds="view,edit")


def test_the_audit_log_of_nobody_real_needs_no_agreement(house: Any, read: Callable[..., Any]) -> None:
    with transaction(house.engine) as session:
        session.get_one(Organisation, house.organisation).synthetic = True
    assert read("audit", "microsoft-audit", agreement="true").state == "done"


def test_a_new_column_is_noticed_wherever_something_runs(
    agreed_wiki: Any, read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Base.metadata.tables["room"]
    wider = Table(
        "room", Base.metadata.__class__(), *(Column(name, Integer) for name in (*room.columns.keys(), "mood"))
    )
    monkeypatch.setattr(
        sections,
        "Base",
        type("Wider", (), {"metadata": type("All", (), {"tables": {**Base.metadata.tables, "room": wider}})}),
    )
    for act in (
        read,
        lambda: measuring(agreed_wiki),
        lambda: create_app(agreed_wiki.settings, agreed_wiki.engine),
    ):
        with pytest.raises(ExceedsAgreement, match=r"fields\.room\.mood is not listed"):
            act()


def measuring(house: Any) -> Any:
    return measure(house.engine, ActivityLog(house.folder / "activity", "main"), house.organisation)


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (
            "metrics.active_share.scopes",
            without("unit"),
            r"metrics\.active_share\.scopes\.unit is not listed",
        ),
        (
            "metrics.active_share.windows",
            without("week"),
            r"metrics\.active_share\.windows\.week is not listed",
        ),
        ("metrics.role_share.categories", without("reacting"), r"categories\.reacting is not listed"),
        ("metrics.active_share.subject", "posts", "subject is 'people', agreed is 'posts'"),
    ],
)
def test_a_metric_is_measured_and_published_as_agreed_or_not_at_all(
    house: Any, place: str, value: Any, named: str
) -> None:
    change(house, place, value)
    with pytest.raises(ExceedsAgreement, match=f"measuring is refused.*{named}"):
        measuring(house)
    with pytest.raises(ExceedsAgreement, match=f"publishing is refused.*{named}"):
        publish(house.engine, house.organisation)


def test_groups_may_be_larger_than_agreed_and_never_smaller(house: Any) -> None:
    house.agree()
    with transaction(house.engine) as session:
        session.add(
            Measurement(
                organisation_id=house.organisation,
                metric="active_share",
                scope="organisation",
                window="days28",
                since=date(2026, 3, 2),
                until=date(2026, 3, 30),
                numerator=40,
                denominator=80,
                people=80,
                affirming=40,
                state="known",
                measured=datetime.now(UTC),
            )
        )
    with pytest.raises(ExceedsAgreement, match=r"groups\.observed is 9, agreed is 10"):
        publish(house.engine, house.organisation, minimum_group=9)
    assert publish(house.engine, house.organisation, minimum_group=12).minimum_group == 12


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("suppression.rules", lambda rules: [*rules, "noise"]),
        ("suppression.relations", lambda relations: [*relations, "link one two"]),
        ("suppression.rounding.share", 50),
        ("groups.observed", 20),
    ],
)
def test_what_protects_may_not_fall_away(house: Any, place: str, value: Any) -> None:
    change(house, place, value)
    with pytest.raises(ExceedsAgreement, match=re.escape(place)):
        publish(house.engine, house.organisation)
    with pytest.raises(ExceedsAgreement, match="serving is refused"):
        create_app(house.settings, house.engine)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("outputs", without("api")),
        ("roles.auditor", without("audit")),
        ("exclusions", lambda listed: [*listed, "no_dashboards"]),
        ("purposes", without("compare_over_time")),
        ("retention.activities", 30),
        ("retention.measurements", 400),
    ],
)
def test_pages_are_not_opened_for_more_than_agreed(house: Any, place: str, value: Any) -> None:
    change(house, place, value)
    with pytest.raises(ExceedsAgreement, match=re.escape(place)):
        create_app(house.settings, house.engine)


def test_once_stopped_nothing_is_collected_measured_or_published(
    house: Any, read: Callable[..., Any]
) -> None:
    for moment in (datetime(2026, 11, 2, tzinfo=UTC), None):
        with transaction(house.engine) as session:
            organisation = session.get_one(Organisation, house.organisation)
            assert enforcement.stop(organisation, moment)
            assert not enforcement.stop(organisation, moment)
        if moment is None:
            break
        for act in (read, lambda: measuring(house), lambda: publish(house.engine, house.organisation)):
            with pytest.raises(Stopped, match="stopped on 2026-11-02 00:00 UTC: `resonanz privacy resume`"):
                act()
        create_app(house.settings, house.engine)
    assert read().state == "done"


def test_it_is_told_which_agreement_is_in_force(house: Any) -> None:
    with transaction(house.engine) as session:
        assert standing(session, house.organisation) == Standing()
    agreed = house.agree()
    with transaction(house.engine) as session:
        now = standing(session, house.organisation)
    assert (now.number, now.digest) == (1, agreed.digest)
    assert now.since is not None


def test_what_runs_fits_an_agreement_drafted_from_it(house: Any) -> None:
    assert enforcement.exceeding(house.agree(), house.draft().terms) == ()


def walk(routes: list[BaseRoute]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, APIRoute | Mount):
            yield route.path
        elif hasattr(route, "original_router"):
            yield from walk(route.original_router.routes)
        else:
            raise AssertionError(route)


def test_every_route_belongs_to_a_way_out_that_an_agreement_lists(house: Any) -> None:
    ways = {output_of(path) for path in walk(create_app(house.settings, house.engine).routes)} - {None}
    assert ways <= set(OUTPUTS), "give the route a way out in service/privacy/words.py"
    assert output_of("/graphql") == "route /graphql"
