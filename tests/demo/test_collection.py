"""The real connector, over HTTP, brings exactly what is true of the company: activity by activity, once."""

from collections import Counter
from datetime import date

import pytest

from connectors.activity import Kind
from connectors.base import Nothing
from connectors.confluence import Confluence
from service.demo.company import Company
from service.demo.intranet import Intranet

WRITTEN = (Kind.CREATE, Kind.EDIT, Kind.COMMENT, Kind.REPLY)


@pytest.fixture(scope="module")
def intranet(tmp_path_factory):
    company = Company.generate(11, people=200, until=date(2026, 11, 20), scale=0.4)
    with Intranet(tmp_path_factory.mktemp("tokens"), company=company) as running:
        yield running


@pytest.mark.parametrize("platform", ["intranet", "wiki"])
def test_a_first_collection_brings_every_written_activity_exactly_once(intranet, platform):
    connection = next(connection for connection in intranet.connections if connection.key == platform)
    settings = {name: value for name, value in connection.settings.items() if name != "connector"}
    connector = Confluence.connect(settings, Nothing())
    collected, rooms, machines = {}, {}, set()
    for stream in connector.streams():
        for page in connector.read(stream, None):
            rooms |= {room.handle: room.key for room in page.rooms}
            machines |= {person.id for person in page.people if person.kind == "service"}
            collected |= {(a.kind, a.key): a for a in page.activities if a.kind in WRITTEN}
            assert not page.gaps
    connector.close()
    expected = [a for a in intranet.company.activities(platform) if a.kind in WRITTEN and a.room in rooms]
    assert len(rooms) == connection.rooms
    assert Counter(
        (a.kind, a.content_type, a.room, a.object, a.person, a.happened, a.parent, a.thread)
        for a in collected.values()
    ) == Counter(
        (a.kind, a.content_type, rooms[a.room], a.object, a.person, a.happened, a.parent, a.thread)
        for a in expected
    )
    bots = {person.ids[platform] for person in intranet.company.people if person.kind == "app"}
    assert machines == bots
