"""Platforms that fail 30 % of their calls, in small; and that the judge of them can find fault."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from benchmarks import upstream
from benchmarks.disturbed import Disturbed, Office, Wiki, disturbed
from benchmarks.fault_proxy import Call, FaultProxy, Script, Trouble, Way, too_soon
from connectors.confluence.settings import read as confluence_settings
from connectors.confluence.transport import Transport as ConfluenceTransport
from connectors.errors import SourceUnreachable
from connectors.microsoft.settings import read as microsoft_settings
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Transport as MicrosoftTransport
from service.demo import faults
from service.demo.confluence_data_center import DataCenter
from service.demo.store import Store

SIZE = replace(upstream.TINY, contents=16)


@pytest.fixture(scope="module", params=["data-center", "office"])
def place(request: pytest.FixtureRequest) -> Iterator[Disturbed]:
    office = request.param == "office"
    with disturbed(Office(SIZE.contents) if office else Wiki(request.param, SIZE.contents)) as found:
        yield found


def test_all_kinds_of_faults_mixed_leave_the_same_data(place: Disturbed) -> None:
    ways = upstream.troubles(SIZE.longest_call)
    figure = upstream.equal(place, "mixed", list(upstream.SCRIPTS.values()), ways, SIZE, 3)
    assert figure.holds, figure


def test_what_one_item_hides_is_told_and_comes_later(place: Disturbed) -> None:
    figure = upstream.single(place, SIZE)
    assert figure.holds, figure


def test_a_collection_that_stays_incomplete_is_no_success_and_is_found_out(place: Disturbed) -> None:
    """The platform fails for good after some calls."""
    place.truth(1)
    world = place.world()
    try:
        place.disturb(lambda _: [faults.failure(502, times=None, after=12)])
        course = upstream.course(place, world, SIZE, most=1)
    finally:
        place.calm()
        world.engine.dispose()
    assert not course.whole
    assert course.missing
    assert course.ends == ("partial",)
    assert course.silent == 0


@pytest.mark.parametrize("way", [Trouble(Way.DRIP, 0.02), Trouble(Way.HALF_OPEN)])
@pytest.mark.parametrize("platform", ["confluence", "microsoft", "sign-in"])
def test_a_call_ends_in_its_time_whatever_drips(platform: str, way: Trouble, tmp_path: Path) -> None:
    """The head of the answer alone would drip for longer than the call may last, and no pause is longer than a timeout."""
    token = tmp_path / "token"
    token.write_text("synthetic")
    with DataCenter(Store()) as server, FaultProxy(server.origin, Script([way], 1.0)) as proxy:
        transport, ask = MAKE[platform](proxy.origin, token)
        try:
            with pytest.raises(SourceUnreachable):
                ask()
        finally:
            transport.close()
    lasted = [math.inf if call.ended is None else call.ended - call.began for call in proxy.calls]
    assert len(lasted) >= 5
    assert 0.15 < max(lasted) < 0.2 + upstream.SLACK


def _confluence(origin: str, token: Path) -> tuple[ConfluenceTransport, Callable[[], object]]:
    settings = confluence_settings({"url": origin, "flavour": "data-center", "token_file": str(token)})
    transport = ConfluenceTransport(settings, sleep=lambda _: None, longest_call=0.2)
    return transport, lambda: transport.get("rest/api/space")


def _microsoft(origin: str, token: Path) -> tuple[MicrosoftTransport, Callable[[], object]]:
    """The sign-in comes first and is what is held up."""
    addresses = dict.fromkeys(("authority", "graph_url", "sharepoint_url", "management_url"), origin)
    tenant = {"tenant": "contoso.example", "client_id": str(UUID(int=4)), "secret_file": str(token)}
    settings = microsoft_settings(tenant | addresses)
    transport = MicrosoftTransport(settings, sleep=lambda _: None, longest_call=0.2)
    return transport, lambda: transport.get(Resource.GRAPH, "/sites/root")


def _after_sign_in(origin: str, token: Path) -> tuple[MicrosoftTransport, Callable[[], object]]:
    transport, ask = _microsoft(origin, token)
    transport.tokens.token = lambda *_, **__: "token"  # type: ignore[method-assign]
    return transport, ask


MAKE: dict[str, Callable[..., Any]] = {
    "confluence": _confluence,
    "microsoft": _after_sign_in,
    "sign-in": _microsoft,
}


def refusal(ended: float, told: str) -> Call:
    return Call(ended - 0.1, "GET /", None, 429, told, ended)


def call(began: float) -> Call:
    return Call(began, "GET /", None, 200, None, began + 0.1)


@pytest.mark.parametrize(
    ("began", "early"),
    [
        ([12.0, 12.1], 0),  # after the time told
        ([10.1, 10.2], 0),  # on their way already
        ([10.1, 10.2, 10.3], 1),  # one more than there are other workers
        ([10.9], 1),  # nobody is that long on the way
        ([9.8], 0),  # before the refusal
    ],
)
def test_requests_that_come_too_soon_are_counted(began: list[float], early: int) -> None:
    calls = [refusal(10.0, "1.5"), *map(call, began)]
    assert too_soon(calls, 3, 0.0) == (1, early)


def test_a_date_told_is_one_of_the_wall_clock() -> None:
    calls = [refusal(10.0, "Thu, 01 Jan 1970 00:01:52 GMT"), call(11.0), call(12.5)]
    assert too_soon(calls, 2, 100.0) == (1, 1)
