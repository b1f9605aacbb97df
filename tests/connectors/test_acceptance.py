"""One suite for all connectors, whatever they read: settings, check, first and later readings, abnormal cursors, broken-off readings.

A connector that is registered and has no bench here fails the first test.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any

import pytest

from connectors.activity import Page
from connectors.base import ENTRY_POINT_GROUP, connector
from connectors.errors import CursorExpired, Misconfigured
from tests.connectors.bench import Bench
from tests.connectors.cursors import OTHERS, damaged, garbled, of_another_version, of_the_future
from tests.connectors.valid import objections
from tests.connectors.world import World

Install = Callable[[Bench], World]
ODD: Any = {"a": "b"}
"""A value no setting takes."""


@pytest.fixture(scope="module")
def read(bench: Bench, install: Install) -> World:
    """An installation that has read everything once."""
    world = install(bench)
    world.report = world.collect()
    world.first, world.before = world.pages, world.stored()
    return world


def test_every_registered_connector_is_tried_here(benches: dict[str, type[Bench]]) -> None:
    registered = {point.name for point in entry_points(group=ENTRY_POINT_GROUP)}
    assert {one.connector for one in benches.values()} == registered


# -- settings ---------------------------------------------------------------------------------------------------------


def test_settings_describe_themselves(bench: Bench) -> None:
    declared = connector(bench.connector).settings
    assert bench.settings().keys() <= declared.keys()
    assert bench.secrets.keys() <= {name for name, one in declared.items() if one.secret}
    for name, one in declared.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert len(one.meaning.split()) >= 2, f"{name} has no meaning"
        # A secret stays in its file: settings are kept in the database.
        assert not one.secret or name.endswith("_file")
    assert len({one.meaning for one in declared.values()}) == len(declared)
    needed = {name for name, one in declared.items() if one.needed}
    assert needed <= bench.settings().keys()
    for name in needed:
        with pytest.raises(Misconfigured, match=f"`{name}`"):
            bench.connect(**{name: None})


def test_an_unknown_setting_is_named_with_the_known_ones(bench: Bench) -> None:
    with pytest.raises(Misconfigured, match="unknown setting 'colour'") as told:
        bench.connect(colour="red")
    assert all(name in str(told.value) for name in connector(bench.connector).settings)


def test_a_value_of_the_wrong_type_is_told_with_its_setting(bench: Bench) -> None:
    for name in connector(bench.connector).settings:
        with pytest.raises(Misconfigured, match=name):
            bench.connect(**{name: ODD})


def test_wrong_settings_are_refused_with_what_is_wrong(bench: Bench) -> None:
    for wrong in bench.wrong():
        with pytest.raises(Misconfigured) as refused:
            bench.connect(**wrong.given)
        assert re.search(wrong.told, str(refused.value), re.IGNORECASE), (str(wrong), str(refused.value))
        hidden(bench, str(refused.value))


def test_good_settings_pass_the_check_and_what_is_wrong_there_is_told_with_what_to_do(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with bench.connected() as reader:
        check = reader.check()
        assert check.ok, [finding for finding in check.findings if not finding.ok]
        hidden(bench, seen(reader))
    for told, changed in bench.disturbed():
        try:
            with bench.connected(**changed) as reader:
                check = reader.check()
                hidden(bench, seen(reader))
        except Misconfigured as error:
            said = str(error)
        else:
            failed = [finding for finding in check.findings if not finding.ok]
            assert failed, f"{changed} passes"
            assert all(finding.remedy for finding in failed), failed
            said = " ".join(f"{finding.detail} {finding.remedy}" for finding in failed)
        assert re.search(told, said, re.IGNORECASE), (told, said)
        assert "Traceback" not in said
        hidden(bench, said)
    hidden(bench, caplog.text)


def hidden(bench: Bench, text: str) -> None:
    for secret in (*bench.secrets.values(), "nobody-sees"):
        assert secret not in text


def seen(thing: Any, depth: int = 5) -> str:
    """How a connector, and what it is made of, shows itself."""
    if not depth or not type(thing).__module__.startswith("connectors"):
        return ""
    names = (*getattr(thing, "__dict__", ()), *getattr(type(thing), "__slots__", ()))
    return repr(thing) + "".join(seen(getattr(thing, name, None), depth - 1) for name in names)


# -- readings ---------------------------------------------------------------------------------------------------------


def test_the_first_reading_brings_what_is_true_and_nothing_else(read: World) -> None:
    assert read.facts() == read.truth()
    assert read.report.state in {"done", "partial"}
    assert read.report.stored


def test_every_record_is_valid(read: World) -> None:
    assert [(stream, told) for stream, page in read.first for told in objections(page)] == []


def test_nobody_is_stored_by_name(bench: Bench, read: World) -> None:
    stored = str(read.stored())
    people = {str(one.person) for one in bench.truth() if one.person}
    assert people
    assert [person for person in people if f"'{person}'" in stored] == []


def test_a_stream_that_brings_nothing_says_why(bench: Bench, read: World) -> None:
    pages = defaultdict(list)
    for stream, page in read.first:
        pages[stream].append(page)
    with bench.connected() as reader:
        for stream in reader.streams():
            reasons = {gap.reason for page in pages[stream] for gap in page.gaps}
            if stream in bench.unread:
                assert reasons & set(bench.unread[stream]), f"{stream} does not say why it brings nothing"
            part = bench.without.get(stream, "activities")
            if part and (stream in bench.without or stream not in bench.unread):
                assert any(getattr(page, part) for page in pages[stream]), f"{stream} brings no {part}"
            assert pages[stream]
    told = {gap.reason for gap in read.report.gaps}
    assert told >= {reason for reasons in bench.unread.values() for reason in reasons}


def test_reading_on_without_news_stores_nothing_and_asks_little(bench: Bench, read: World) -> None:
    report = read.collect()
    assert report.stored == 0
    assert read.stored()["log"] == read.before["log"]
    assert report.requests <= bench.few


def test_two_readings_from_nothing_are_equal(read: World, bench: Bench, install: Install) -> None:
    """Activity by activity, and in everything else that is stored, in however many commits."""
    again = install(bench)
    again.collect(flush_rows=3)
    assert again.stored() == read.before


def test_news_and_changes_are_found_by_the_next_reading(changing: Bench, install: Install) -> None:
    world = install(changing)
    world.collect()
    for _ in range(2):
        before = world.facts()
        changing.happen()
        world.collect()
        assert world.facts() == world.truth()
        assert world.facts() > before
    assert world.unique()


def test_a_reading_that_breaks_off_and_goes_on_equals_an_undisturbed_one(
    bench: Bench, install: Install
) -> None:
    whole, broken = install(bench), install(bench)
    commits: list[None] = []
    whole.collect(flush_rows=3, proceed=lambda: commits.append(None))
    for part in (6, 3, 2):
        with pytest.raises(Killed):
            broken.collect(flush_rows=3, proceed=killing(len(commits) // part))
    broken.collect(flush_rows=3)
    assert broken.facts() == whole.truth()
    assert broken.stored() == whole.stored()


class Killed(BaseException):
    """The process ends here."""


def killing(stop: int) -> Callable[[], None]:
    left = iter(range(stop))

    def proceed() -> None:
        if next(left, None) is None:
            raise Killed

    return proceed


# -- abnormal cursors -------------------------------------------------------------------------------------------------


def test_cursors_of_the_future_and_links_the_platform_does_not_know_lose_nothing(
    changing: Bench, install: Install
) -> None:
    """For every time and number in a cursor: what is new after that, and what is stored already, is there once."""
    world = install(changing)
    world.collect()
    for turn in range(20):
        abnormal = {}
        for stream, cursor in world.cursors().items():
            some = [*of_the_future(str(cursor)), *garbled(str(cursor))]
            abnormal |= {stream: some[turn]} if turn < len(some) else {}
        if not abnormal:
            break
        world.put(abnormal)
        changing.happen()
        report = world.collect()
        assert world.facts() == world.truth(), abnormal
        assert not any(end.broken_off for end in report.streams.values())
    assert turn
    assert world.unique()


def test_a_cursor_that_is_not_ours_is_refused(bench: Bench, read: World) -> None:
    """Of somebody else, of a newer version, damaged: the service then reads the stream from its start."""
    cursors = {stream: str(cursor) for stream, cursor in read.cursors().items()}
    foreign = {one for name, some in OTHERS.items() if name != bench.connector for one in some}
    taken = []
    with bench.connected() as reader:
        for stream, own in cursors.items():
            whole: list[Page] | None = None
            others = {one for name, one in cursors.items() if name != stream}
            for wrong in sorted({*foreign, *others, *damaged(own), *of_another_version(own)} - {own}):
                try:
                    pages = told(reader.read(stream, wrong))
                except CursorExpired:
                    continue
                whole = whole or told(reader.read(stream, None))
                if pages != whole:
                    taken.append(f"{stream} takes {wrong}")
    assert taken == []


def told(pages: Iterable[Page]) -> list[Page]:
    """What pages hold; nothing differs between a cursor that is not heeded and none at all."""
    return [replace(page, cursor="") for page in pages]
