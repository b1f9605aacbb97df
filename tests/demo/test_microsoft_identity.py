"""The same people can be told on all three platforms of the demonstration."""

from contextlib import closing
from datetime import date, timedelta

from connectors.base import Nothing, connector
from service.demo.company import Company
from service.demo.intranet import Intranet
from service.demo.microsoft.workplace import Workplace
from service.demo.working_days import dawn

UNTIL = date(2026, 3, 2)


def test_every_platform_shows_the_same_ids_for_the_same_people(tmp_path):
    company = Company.found(3, people=60, until=UNTIL, months=4, scale=0.2)
    workplace = Workplace(company, seed=3, scale=0.2)
    with Intranet(tmp_path, company=company, workplace=workplace) as intranet:
        intranet.advance(dawn(UNTIL) - timedelta(days=1))
        found: dict[str, set[str]] = {}
        for connection in intranet.connections:
            settings = dict(connection.settings)
            with closing(connector(settings.pop("connector")).connect(settings, Nothing())) as reader:
                people = [person for page in reader.read("people", None) for person in page.people]
            found[connection.key] = {person.canonical for person in people if person.canonical}
    names = {
        platform: {
            person.username for person in company.people if platform in person.ids and person.kind == "human"
        }
        for platform in ("intranet", "wiki", "office")
    }
    assert names["wiki"] < names["intranet"] == names["office"]
    for platform, expected in names.items():
        assert expected <= found[platform], platform
