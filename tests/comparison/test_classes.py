"""Industries, sizes and countries, and what an organisation declares."""

from pathlib import Path

import pytest

from service.comparison import classes
from service.comparison.profile import Profile, declare, profile_of, stored
from service.datafiles import Damaged
from service.errors import Invalid


def test_industries_are_those_of_the_second_revision_in_its_update():
    """In Rev. 2 insurance was in section K and the trade in motor vehicles in division 45."""
    assert classes.industry("65").key == "L"
    assert classes.industry("62").key == "K"
    assert classes.industry(" k ").name.en.startswith("Telecommunication")
    for given in ("45", "34", "W", "", "0", "100"):
        with pytest.raises(Invalid, match="Rev"):
            classes.industry(given)


def test_there_are_twenty_two_sections_and_eighty_seven_divisions():
    sections = classes.classes().industries
    assert "".join(one.key for one in sections) == "ABCDEFGHIJKLMNOPQRSTUV"
    assert sum(last - first + 1 for one in sections for first, last in one.divisions) == 87


@pytest.mark.parametrize(
    ("people", "key"),
    [
        (0, "under_250"),
        (249, "under_250"),
        (250, "250_999"),
        (999, "250_999"),
        (1000, "1000_4999"),
        (5000, "5000_19999"),
        (20000, "from_20000"),
    ],
)
def test_a_size_class_begins_with_its_least(people, key):
    assert classes.size_of(people).key == key


def test_countries_are_those_of_iso_3166():
    assert classes.country("de") == "DE"
    assert len(classes.countries() - {"XK"}) == 249
    for given in ("EU", "XX", "DEU", "UK", ""):
        with pytest.raises(Invalid, match="ISO 3166"):
            classes.country(given)
    assert classes.country_name("AT").de == "Österreich"


def test_a_damaged_list_names_every_fault(tmp_path: Path):
    text = classes.FILE.read_text().replace('key = "B"', 'key = "A"').replace("least = 1000", "least = 10")
    (tmp_path / "classes.toml").write_text(text.replace("[[5, 9]]", "[[3, 9]]"))
    with pytest.raises(Damaged) as damage:
        classes.classes(tmp_path / "classes.toml")
    assert [fault.split(": ", 1)[1][:22] for fault in damage.value.faults] == [
        "the key 'A' is used tw",
        "put them in order, the",
        "division 3 is in two o",
    ]


def test_size_and_country_follow_from_what_is_known_unless_declared(world):
    company = world.company("werra", None, None, industry=None, size=None, country=None)
    assert profile_of(world.session, company) == Profile()
    company.workforce, company.region = 1200, "DE-BY"
    assert profile_of(world.session, company) == Profile(size="1000_4999", country="DE")
    declare(world.session, company, industry="65", size="250_999", country="at", desk="mixed")
    assert profile_of(world.session, company) == Profile("L", "250_999", "AT", "mixed")
    declare(world.session, company, size="", shares=True)
    assert profile_of(world.session, company) == Profile("L", "1000_4999", "AT", "mixed", shares=True)


def test_nothing_is_kept_of_a_declaration_that_is_wrong(world):
    company = world.company("werra", None, None)
    before = profile_of(world.session, company)
    with pytest.raises(Invalid, match="mostly_desk, mixed, mostly_frontline"):
        declare(world.session, company, industry="A", desk="home")
    assert profile_of(world.session, company) == before


def test_every_organisation_has_its_own_random_id_for_good(world):
    one, other = world.company("werra", None, None), world.company("fulda", None, None)
    ids = {stored(world.session, company).benchmark for company in (one, other, one)}
    assert len(ids) == 2
