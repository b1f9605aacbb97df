"""CQL is read as the real search reads it: minute precision, the zone of the reader, current contents only."""

from zoneinfo import ZoneInfo

import pytest

from service.demo.cql import Unparsable, parse

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


def found(site, text, zone=UTC):
    query = parse(text, site.store, zone)
    items = [item for item in site.store.items.values() if query.matches(item)]
    items.sort(key=query.sort_key, reverse=query.order[1])
    return [item.id for item in items]


def test_type_and_space_narrow_the_search(site):
    assert found(site, "type = page") == [site.page, site.other]
    assert found(site, "type in (page, blogpost) and space = HR") == [site.page, site.post]
    assert found(site, 'type = "comment" and space in ("hr", IT)') == [site.comment, site.reply, site.inline]
    assert found(site, "type not in (page, comment)") == [site.post]
    assert found(site, "type = page and space != HR") == [site.other]


def test_or_binds_weaker_than_and_and_parentheses_bind_strongest(site):
    assert found(site, "type = blogpost or type = page and space = IT") == [site.post, site.other]
    assert found(site, "(type = blogpost or type = page) and space = IT") == [site.other]
    assert found(site, "not (type = comment or type = page)") == [site.post]


def test_order_by_sorts_by_change_or_creation_in_both_directions(site):
    assert found(site, "type = page order by lastmodified desc") == [site.other, site.page]
    assert found(site, "type in (page,comment) and space = HR order by lastModified") == [
        site.comment,
        site.reply,
        site.inline,
        site.page,
    ]
    assert found(site, "type = page order by created asc") == [site.page, site.other]
    assert found(site, "order by created desc")[0] == site.other


def test_dates_have_minute_precision(site):
    # The page was created at 08:00:00 UTC; its minute is not later than itself.
    assert site.page in found(site, 'created >= "2026-03-02 08:00"')
    assert site.page in found(site, 'created <= "2026-03-02 08:00"')
    assert site.page not in found(site, 'created > "2026-03-02 08:00"')
    assert site.page not in found(site, 'created < "2026-03-02 08:00"')
    assert found(site, 'created = "2026/03/02 08:00"') == [site.page]


def test_dates_are_read_in_the_zone_of_the_reader(site):
    assert found(site, 'created <= "2026-03-02 09:00"', BERLIN) == [site.page]
    assert site.comment in found(site, 'created <= "2026-03-02 09:00"', UTC)


def test_a_date_alone_means_its_midnight(site):
    assert found(site, "type = page and created >= 2026-03-03") == [site.other]


def test_now_can_be_shifted(site):
    # The clock stands 30 days after the page was created.
    assert found(site, 'type = page and created >= now("-29d")') == [site.other]
    assert found(site, "type = page and created <= now()") == [site.page, site.other]


def test_people_and_ids_can_be_asked_for(site):
    assert found(site, "creator = cem") == [site.inline, site.post]
    assert found(site, "type = page and contributor = bob") == [site.page]
    assert found(site, f"id in ({site.post}, {site.page})") == [site.page, site.post]
    assert found(site, f"container = {site.page}") == [site.comment, site.reply, site.inline]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "type",
        "type =",
        "type = page and",
        "type in (page",
        "(type = page",
        "type = page)",
        "lastmodified >= yesterday",
        'lastmodified >= "2026-03-02 08:00:30"',
        'lastmodified >= "2026-02-30 08:00"',
        "lastmodified ~ 2026-03-02",
        "type >= page",
        "colour = red",
        "type = page order by colour",
        'created > now("soon")',
        "type = 'page",
    ],
)
def test_what_is_no_cql_is_refused(site, text):
    with pytest.raises(Unparsable):
        parse(text, site.store, UTC)
