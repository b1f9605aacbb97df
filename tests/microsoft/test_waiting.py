"""How long a refused request waits: as the platform asks, else longer each time, and never beyond the cap."""

from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import (
    SourceBusy,
    SourceUnreachable,
)
from connectors.microsoft.credentials import Secret
from connectors.microsoft.patience import LONGEST_WAIT, TRIES
from connectors.microsoft.settings import Settings
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Transport
from tests.microsoft.wire import GRAPH, LOGIN, NOW, TENANT, Clock, Wire, busy, failing, get, good


@pytest.mark.parametrize(
    ("after", "reset", "seconds"),
    [
        ("7", None, 7),
        ("7", "31", 31),
        ("31", "7", 31),
        (None, "12", 12),
        ("2.5", None, 2.5),
        (format_datetime(NOW + timedelta(seconds=12), usegmt=True), "3", 12),
        ("0", None, 0.5),
        (format_datetime(NOW - timedelta(seconds=12), usegmt=True), None, 0.5),
        (None, None, 0.5),
        ("soon", "nan", 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_is_the_larger_of_what_the_platform_asks_else_backed_off(
    line, after, reset, seconds, status
):
    transport, wire, clock = line(busy(after, status, reset), good())
    assert get(transport) == {"value": []}
    assert clock.slept == [seconds]
    assert len(wire.sent) == 2


def test_back_off_doubles_and_is_jittered(line):
    transport, _, clock = line(*[failing(502)] * (TRIES - 1), good(), chance=1.0)
    get(transport)
    assert clock.slept == [1, 2, 4, 8, 16]
    transport, _, clock = line(*[failing(502)] * (TRIES - 1), good(), chance=0.0)
    get(transport)
    assert clock.slept == [0.05] * 5


def test_a_pause_holds_for_every_worker_of_the_resource_and_for_no_other(line):
    transport, wire, clock = line(busy("30"), good())
    get(transport)
    assert clock.slept == [30]
    transport.throttles[Resource.GRAPH].refused(clock(), 10)
    transport.ask("GET", Resource.MANAGEMENT, "/x")
    assert clock.slept == [30]
    get(transport)
    assert clock.slept == [30, 10]
    assert len(wire.sent) == 4


def test_a_pause_beyond_the_cap_ends_the_request_and_those_behind_it(line):
    transport, wire, clock = line(busy(str(LONGEST_WAIT + 1)))
    for _ in range(2):
        with pytest.raises(SourceBusy) as caught:
            get(transport)
        assert caught.value.seconds == LONGEST_WAIT + 1
    assert clock.slept == []
    assert len(wire.sent) == 1


def test_waiting_in_all_never_exceeds_the_cap(line):
    transport, _, clock = line(busy("400"))
    with pytest.raises(SourceBusy):
        get(transport)
    assert sum(clock.slept) <= LONGEST_WAIT


def test_a_platform_that_refuses_for_ever_is_left_with_its_own_pause(line):
    transport, wire, _ = line(busy("9"))
    with pytest.raises(SourceBusy) as caught:
        get(transport)
    assert caught.value.seconds == 9
    assert len(wire.sent) == TRIES


@pytest.mark.parametrize(
    ("remaining", "reset", "seconds"), [("0", "15", [15]), ("3", "15", []), ("0", "5000", [])]
)
def test_a_used_up_quota_is_rested_before_the_next_request(line, remaining, reset, seconds):
    spent = httpx.Response(200, json={}, headers={"RateLimit-Remaining": remaining, "RateLimit-Reset": reset})
    transport, _, clock = line(spent, good())
    get(transport)
    assert clock.slept == []
    get(transport)
    assert clock.slept == seconds


@given(
    answers=st.lists(
        st.tuples(st.sampled_from([429, 500, 502, 503, 504]), st.none() | st.integers(0, 2000)), max_size=8
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_refused_sleeping_stays_within_the_cap(answers):
    wire = Wire(*[busy(None if after is None else str(after), status) for status, after in answers], good())
    clock = Clock()
    transport = Transport(
        Settings(TENANT, "app", Secret("s"), authority=LOGIN, graph_url=GRAPH),
        http=httpx.MockTransport(wire),
        clock=clock,
        sleep=clock.sleep,
        now=lambda: NOW,
        chance=lambda: 1.0,
    )
    try:
        assert get(transport) == {"value": []}
        assert len(wire.sent) == len(answers) + 1
    except (SourceBusy, SourceUnreachable):
        assert len(wire.sent) <= TRIES
    finally:
        transport.close()
    assert sum(clock.slept) <= LONGEST_WAIT
