"""Platforms and networks that fail 30 % of all calls: what is stored in the end, when is asked again, how long a call lasts.

`python -m benchmarks.upstream` measures all and prints each figure.
"""

import argparse
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.assurance.figure import Figure
from benchmarks.disturbed import Disturbed, Office, Platform, Stored, Wiki, World, disturbed
from benchmarks.fault_proxy import Script, Trouble, Way, too_soon
from connectors.deadline import LONGEST_CALL
from service.activity.report import Report
from service.demo import faults
from service.demo.faults import Fault

CHANCE = 0.3
RUNS = 8
"""After so many runs under faults a collection has to be whole."""
SLACK = 3.0
"""Seconds a busy machine may need beside what a call may last."""
LIMIT = 60.0

Faulty = Callable[..., Fault]

SCRIPTS: Mapping[str, Faulty] = {
    "429, Retry-After in seconds": lambda **when: faults.busy(3, **when),
    "429, Retry-After as a date": lambda **when: faults.busy(3, "date", **when),
    "503, Retry-After": lambda **when: faults.busy(2, status=503, **when),
    "500": lambda **when: faults.failure(500, **when),
    "502": lambda **when: faults.failure(502, b"<html>Bad Gateway</html>", **when),
    "a web page with 200": faults.login_page,
    "truncated JSON": faults.truncated,
    "a wrong charset": faults.garbled,
    "an empty body": faults.empty,
}
PAGING: Mapping[str, Mapping[str, Sequence[Faulty]]] = {
    "expired cursors": {
        "Confluence Cloud": [lambda **when: faults.expired_cursor(400, **when)],
        "Confluence Data Center": [],
        "Microsoft 365": [faults.expired_cursor],
    },
    "repeated pages": {
        "Confluence Cloud": [faults.repeated_cursor],
        "Confluence Data Center": [],
        "Microsoft 365": [faults.repeated_link],
    },
}


@dataclass(frozen=True)
class Size:
    """`contents` on each platform, how long a call may last there, refusals that are waited for in earnest."""

    contents: int = 120
    longest_call: float = 1.5
    refusals: int = 8
    each: bool = True  # kind of fault by itself; all mixed are always tried
    in_earnest: bool = True  # a call is also watched until the connector's own limit


TINY = Size(contents=40, longest_call=0.4, refusals=1, each=False, in_earnest=False)


def figures(size: Size = Size(), seed: int = 1) -> Iterator[Figure]:
    """Rows R3 and R4; where no call was spoilt the figure is not measured."""
    for make in _platforms(size):
        with disturbed(make()) as place:
            yield from _all(place, size, seed)


def _platforms(size: Size) -> Sequence[Callable[[], Platform]]:
    return (
        lambda: Wiki("cloud", size.contents),
        lambda: Wiki("data-center", size.contents),
        lambda: Office(size.contents),
    )


def _all(place: Disturbed, size: Size, seed: int) -> Iterator[Figure]:
    ways = troubles(size.longest_call)
    if size.each:
        for name, fault in SCRIPTS.items():
            yield equal(place, name, [fault], (), size, seed)
        for trouble in ways:
            yield equal(place, trouble.way.value, (), [trouble], size, seed)
    yield equal(place, "faults of all kinds mixed", list(SCRIPTS.values()), ways, size, seed)
    yield short(place, size, seed)
    if size.in_earnest:
        yield in_earnest(place)
    yield patient(place, size, seed)
    yield single(place, size)
    for name, kinds in PAGING.items():
        if kinds[place.platform.name]:
            yield equal(place, name, kinds[place.platform.name], (), size, seed, "R4", times=6)
    yield shifting(place, size, seed)


def troubles(longest_call: float) -> list[Trouble]:
    """What the network does. A drip and a half-open connection would outlast any call, latency and bandwidth would not."""
    return [
        Trouble(Way.LATENCY, longest_call / 20),
        Trouble(Way.RESET),
        Trouble(Way.RESET_WITHIN, 0.5),
        Trouble(Way.TRUNCATION, 0.9),
        Trouble(Way.DRIP, longest_call / 10),
        Trouble(Way.HALF_OPEN),
        Trouble(Way.BANDWIDTH, 400_000.0),
    ]


@dataclass
class Course:
    """How a disturbed collection went. `silent` runs said that they were whole and were not."""

    runs: int = 0
    whole: bool = False
    silent: int = 0
    struck: int = 0
    calls: int = 0
    stored: int = 0
    missing: int = 0
    ends: tuple[str, ...] = ()

    def told(self) -> str:
        state = "equal" if self.whole else f"{self.missing} missing or too many"
        return (
            f"{self.stored:,} activities, {state} after run {self.runs}; {self.struck:,} of {self.calls:,} calls spoilt; "
            f"{self.silent} false successes"
        )


def course(place: Disturbed, world: World, size: Size, most: int = RUNS) -> Course:
    """Runs until all is there and is said to be."""
    found = Course()
    struck, calls = place.struck, place.calls
    while found.runs < most:
        report = world.collect(longest_call=size.longest_call)
        found.runs += 1
        # The truth is read undisturbed, so the faults pause meanwhile.
        found.struck, found.calls = place.struck - struck, place.calls - calls
        stored, truth = world.stored(), _truth(place, world.runs)
        found.stored = len(stored.activities)
        found.missing = len(set(stored.activities) ^ set(truth.activities)) + len(
            stored.counters ^ truth.counters
        )
        equal = stored == truth
        found.silent += not equal and not says_so(report)
        found.ends += (report.state,)
        if equal and report.state == "done":
            found.whole = True
            break
    return found


def says_so(report: Report) -> bool:
    """Whether a report tells that something is missing, and why."""
    reasons = {end.broken_off for end in report.streams.values() if end.broken_off} | {
        gap.reason for gap in report.gaps
    }
    return report.state != "done" and bool(reasons)


def equal(  # noqa: PLR0917
    place: Disturbed,
    name: str,
    kinds: Sequence[Faulty],
    ways: Sequence[Trouble],
    size: Size,
    seed: int,
    row: str = "R3",
    times: int | None = None,
) -> Figure:
    """The same data in the end, activity by activity, and never a success that was none."""
    shares = len(kinds) + len(ways)
    # The scripts act one after the other, each on what those before it have left; the proxy on all.
    chance = CHANCE if not ways else CHANCE * len(kinds) / shares

    def made(server: int) -> list[Fault]:
        return [
            kind(
                chance=_share(chance, len(kinds), number),
                times=times,
                seed=seed * 1000 + server * 100 + number,
            )
            for number, kind in enumerate(kinds)
        ]

    script = Script(ways, CHANCE * len(ways) / shares, seed)
    world = place.world()
    try:
        place.truth(1)
        place.disturb(made, script)
        found = course(place, world, size)
    finally:
        place.calm()
        world.engine.dispose()
    what = f"{place.platform.name}, {CHANCE:.0%} of the calls: {name}"
    target = f"equal to an undisturbed collection within {RUNS} runs, no run called done that was not whole"
    holds = found.whole and not found.silent if found.struck else None
    value = found.told() if found.struck else f"no call was spoilt ({found.calls} calls)"
    return Figure(row, what, target, value, holds, seed)


def _share(chance: float, kinds: int, number: int) -> float:
    """That each of `kinds` acting in turn has the same part of `chance` of all calls."""
    part = chance / kinds
    return part / (1 - part * number)


def _truth(place: Disturbed, run: int) -> Stored:
    """Read with the faults set aside, and put back."""
    kept = [(server, list(server.faults.faults)) for server in place.platform.servers]
    inner = [
        (calls, list(calls)) for server in place.platform.servers if (calls := getattr(server, "inner", None))
    ]
    scripts = [(proxy, proxy.script, list(proxy.calls)) for proxy in place.proxies.values()]
    try:
        return place.truth(run)
    finally:
        for server, faults_ in kept:
            server.faults.clear()
            server.faults.add(*faults_)
        for those, before in inner:
            those[:] = before
        for proxy, script, calls in scripts:
            proxy.script = script
            proxy.calls[:] = calls


def short(place: Disturbed, size: Size, seed: int) -> Figure:
    """Dripping and half-open connections end with the time a call may last, though bytes come all the while."""
    ways = [Trouble(Way.DRIP, size.longest_call / 10), Trouble(Way.HALF_OPEN)]
    place.disturb(script=Script(ways, CHANCE, seed, spared=1))
    world = place.world()
    try:
        world.collect(longest_call=size.longest_call)
    finally:
        world.engine.dispose()
        calls = [call for proxy in place.proxies.values() for call in proxy.calls if call.trouble]
        place.calm()
    what = f"{place.platform.name}, dripping and half-open answers, calls limited to {size.longest_call:g} s"
    target = f"every call over in {size.longest_call:g} s (and {SLACK:g} s for a busy machine)"
    if not calls:
        return Figure("R3", what, target, "no call was spoilt", None, seed)
    lasted = [math.inf if call.ended is None else call.ended - call.began for call in calls]
    value = f"{len(calls)} calls, the longest {max(lasted):.2f} s"
    return Figure("R3", what, target, value, max(lasted) <= size.longest_call + SLACK, seed)


def in_earnest(place: Disturbed) -> Figure:
    """One call with the connector's own limit: bytes drip, and it ends all the same."""
    place.calm()
    world = place.world()
    first = math.nan
    try:
        for proxy in place.proxies.values():
            proxy.script = _Once(Trouble(Way.DRIP, 1.0))
        world.collect(longest_call=LONGEST_CALL)
        spoilt = [
            call.ended - call.began
            for proxy in place.proxies.values()
            for call in proxy.calls
            if call.trouble and call.ended is not None
        ]
        first = max(spoilt, default=math.nan)
    finally:
        place.calm()
        world.engine.dispose()
    what = f"{place.platform.name}, the first answer of each server drips byte by byte, the connector's own limit"
    value = f"{first:.1f} s" if not math.isnan(first) else "no call was spoilt"
    return Figure("R3", what, f"below {LIMIT:g} s", value, first < LIMIT if not math.isnan(first) else None)


class _Once(Script):
    """The first answer is spoilt, and no other."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__([trouble], 1.0)

    def draw(self) -> Trouble | None:
        drawn, self.troubles = super().draw(), ()
        return drawn


def patient(place: Disturbed, size: Size, seed: int, concurrency: int = 4) -> Figure:
    """Nobody asks a host again before the time it told, by the clock of the proxy before it; waited for in earnest."""
    kinds: list[Faulty] = [
        lambda **when: faults.busy(1, **when),
        lambda **when: faults.busy(2.0, "date", **when),
        lambda **when: faults.busy(1, status=503, **when),
    ]

    def made(server: int) -> list[Fault]:
        return [
            kind(
                chance=_share(CHANCE, len(kinds), number),
                times=size.refusals,
                seed=seed + 10 * server + number,
            )
            for number, kind in enumerate(kinds)
        ]

    place.disturb(made)
    # The proxy's monotonic clock beside the wall clock, in which dates are told.
    wall = time.time() - time.monotonic()
    world = place.world()
    try:
        world.collect(longest_call=30.0, real=True, concurrency=concurrency)
    finally:
        world.engine.dispose()
        seen = [list(proxy.calls) for proxy in place.proxies.values()]
        place.calm()
    told = [too_soon(calls, concurrency, wall) for calls in seen]
    refused, early = sum(one[0] for one in told), sum(one[1] for one in told)
    what = f"{place.platform.name}, {concurrency} at once, {CHANCE:.0%} of the calls refused with Retry-After"
    value = f"{refused} refusals, {early} requests too soon"
    target = "no request to a host before the time it told"
    return Figure("R3", what, target, value, early == 0 if refused else None, seed)


def single(place: Disturbed, size: Size) -> Figure:
    """One thing that always fails with 500 is a gap with a reason, and is there after a run in which it does not."""
    platform = place.platform
    _truth(place, 1)
    world = place.world()
    lasting: list[Fault] = []
    if isinstance(platform, Wiki):
        item = next(one for one in platform.store.items.values() if len(one.versions) > 2)
        lasting.append(faults.broken_items(item.id))
    else:
        seen = itertools.chain.from_iterable(server.requests for server in platform.servers)
        path = next(one.path for one in seen if one.path.endswith("/versions"))
        lasting.append(faults.failure(500, path=f"^{path}$", times=None))
    try:
        place.disturb(lambda server: lasting)
        report = world.collect(longest_call=size.longest_call)
        partial = set(world.stored().activities) != set(_truth(place, 1).activities)
        missing = {
            kind: one
            for kind, one in report.coverage.items()
            if one.objects_missing or one.rooms_missing or one.share is None
        }
        place.calm()
        after = course(place, world, size, most=2)
    finally:
        place.calm()
        world.engine.dispose()
    what = f"{platform.name}, 500 on one item again and again"
    target = "a gap with its reason, the rest read; equal after the next runs without the fault"
    reasons = sorted({gap.reason for gap in report.gaps})
    value = f"missing of {len(missing)} kinds ({', '.join(reasons)}); then {after.told()}"
    if not partial:
        return Figure("R3", what, target, "the fault hid nothing", None)
    holds = says_so(report) and bool(missing) and after.whole and not after.silent
    return Figure("R3", what, target, value, holds)


def shifting(place: Disturbed, size: Size, seed: int) -> Figure:
    """Contents are edited and added while their lists are paged through."""
    platform = place.platform
    place.disturb(
        lambda server: [faults.meanwhile(platform.change, chance=CHANCE, times=6, seed=seed + server)]
    )
    world = place.world()
    try:
        first = world.collect(longest_call=size.longest_call)
        struck = place.struck
        place.calm()
        place.changed()
        after = course(place, world, size, most=3)
    finally:
        place.calm()
        world.engine.dispose()
        place.changed()
    what = f"{platform.name}, pages shift while they are read ({struck} changes)"
    value = f"first run {first.state}; {after.told()}"
    target = "equal to the platform as it then is, after the next run"
    return Figure("R4", what, target, value, after.whole if struck else None, seed)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upstream", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tiny amount, seconds instead of minutes")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    failed = False
    for figure in figures(TINY if given.quick else Size(), given.seed):
        state = {True: "holds", False: "FAILS", None: "not measured"}[figure.holds]
        print(f"{figure.row}  {state:<12} {figure.what}\n    {figure.value}", flush=True)
        failed |= figure.holds is False
    if failed:
        raise SystemExit("a promise does not hold, see above")


if __name__ == "__main__":
    main()
