"""The plain format: what a line says, and what is said of a line that can not be taken."""

from datetime import UTC, datetime

import pytest

from connectors.activity import Activity, ContentType, Counter, CounterName, Kind, Person, PersonKind, Room
from connectors.errors import Misconfigured
from connectors.files.settings import read

HEADER = "id,kind,time,room,person,object,content_type,thread,parent\n"


def test_a_line_is_an_activity(folder):
    files = folder()
    files.write("a.csv", HEADER + "7,comment,2026-03-02T10:00:00+01:00,HR,ada,c7,,p1,\n")
    assert files.activities() == [
        Activity(
            key="comment:7",
            kind=Kind.COMMENT,
            room="HR",
            person="ada",
            happened=datetime(2026, 3, 2, 9, tzinfo=UTC),
            object="c7",
            content_type=ContentType.COMMENT,
            thread="p1",
            parent="p1",
        )
    ]


def test_people_and_rooms_are_told_with_what_the_columns_say(folder):
    files = folder(identity_pattern="^([^@]+)@")
    files.write(
        "a.csv",
        "id,kind,time,room,room_name,room_open,person,identity,person_kind,active,unit,leadership,object\n"
        "1,create,2026-03-02T10:00Z,HR,Personal,yes,p-1,Ada@Acme.example,human,no,Vertrieb,2,x\n"
        "2,view,2026-03-02T10:00Z,GF,Geheim,,p-2,,guest,,,,x\n",
    )
    (page, *_) = files.pages()
    assert page.people == [
        Person("p-1", PersonKind.HUMAN, False, "Vertrieb", 2, "ada"),
        Person("p-2", PersonKind.GUEST),
    ]
    assert page.rooms == [Room("HR", "HR", "Personal", True), Room("GF", "GF", None, None)]


def test_a_line_with_a_total_is_a_counter(folder):
    files = folder()
    files.write(
        "a.csv",
        "kind,time,room,object,total\nviews,2026-03-02T10:00Z,HR,p1,1.234\nviewers,2026-03-02T10:00Z,HR,,7\n",
    )
    moment = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert files.counters() == [
        Counter(CounterName.VIEWS, "HR", "p1", 1234, moment),
        Counter(CounterName.VIEWERS, "HR", "HR", 7, moment),
    ]


def test_german_headers_values_separator_and_times_are_read(folder):
    files = folder(time_zone="Europe/Berlin")
    files.write(
        "a.csv",
        "Kennung;Art;Zeitpunkt;Raum;Konto;Inhalt;Inhaltstyp\r\n1;Erstellen;02.07.2026 14:05;HR;ada;p1;Beitrag\r\n".replace(
            "07.2026", "03.2026"
        ),
        encoding="cp1252",
    )
    (activity,) = files.activities()
    assert activity.happened == datetime(2026, 3, 2, 13, 5, tzinfo=UTC)
    assert (activity.kind, activity.content_type) == (Kind.CREATE, ContentType.POST)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,fly,2026-03-02T10:00Z,HR,ada,p1,,,", "kind_not_known"),
        ("1,view,,HR,ada,p1,,,", "no_time"),
        ("1,view,tomorrow,HR,ada,p1,,,", "no_time"),
        ("1,view,2026-03-02,HR,ada,p1,,,", "day_without_time"),
        ("1,view,3/2/2026 10:00,HR,ada,p1,,,", "ambiguous_time"),
        ("1,view,2026-03-29 02:30,HR,ada,p1,,,", "time_skipped_by_clock"),
        ("1,view,1899-12-30T10:00Z,HR,ada,p1,,,", "time_out_of_range"),
        ("1,view,2027-03-02T10:00Z,HR,ada,p1,,,", "time_out_of_range"),
        ("1,view,0001-01-01 00:10,HR,ada,p1,,,", "time_out_of_range"),
        ("1,view,2026-03-02T10:00Z,,ada,p1,,,", "no_room"),
        ("1,view,2026-03-02T10:00Z,HR,ada,,,,", "no_object"),
        (",view,2026-03-02T10:00Z,HR,ada,p1,,,", "no_id"),
        ("1,react,2026-03-02T10:00Z,HR,,p1,,,", "no_person"),
        ("1,reply,2026-03-02T10:00Z,HR,ada,p1,,,", "no_thread"),
        ("1,view,2026-03-02T10:00Z,HR,ada,p1,song,,", "content_type_not_known"),
        ("1,view,2026-03-02T10:00Z,HR,ada,p1,,", "wrong_number_of_columns"),
        ("1,view,2026-03-02T10:00Z,HR,ada,=1+1,,,", "formula"),
        ("1,view,2026-03-02T10:00Z,@SUM(A1),ada,p1,,,", "formula"),
        ("1,view,2026-03-02T10:00Z," + "x" * 300 + ",ada,p1,,,", "room_too_long"),
        ('1,view,2026-03-02T10:00Z,"HR" x,ada,p1,,,', "broken_quotes"),
        ("views,views,2026-03-02T10:00Z,HR,,p1,,,", "no_total"),
    ],
)
def test_a_line_that_can_not_be_taken_is_rejected_with_number_and_reason(folder, line, reason):
    files = folder(time_zone="Europe/Berlin")
    good = "9,view,2026-03-02T10:00Z,HR,ada,p1,,,\n"
    files.write("a.csv", HEADER + good + line + "\n" + good.replace("9", "10", 1))
    assert files.rejected() == [(3, reason)]
    files.cursor = None
    assert [activity.key for activity in files.activities()] == ["view:9", "view:10"]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("id,kind,time\n", "no_column_room"),
        ("id,kind,time,room,colour\n", "column_not_known"),
        ("id,kind,time,room,Raum\n", "header_repeated"),
        ("id,kind,time,room,Room\n", "header_repeated"),
    ],
)
def test_a_header_that_is_not_understood_refuses_the_file(folder, header, reason):
    files = folder()
    files.write("a.csv", header + "1" + "," * header.count(",") + "\n")
    assert files.rejected() == [(0, reason)]


def test_a_key_never_holds_the_person(folder):
    files = folder()
    files.write(
        "a.csv", HEADER + ",react,2026-03-02T10:00Z,HR,ada,p1,,,\n2,view,2026-03-02T10:00Z,HR,ada,p1,,,\n"
    )
    assert [activity.key for activity in files.activities()] == ["react:p1", "view:2"]


def test_who_joins_needs_no_object(folder):
    files = folder()
    files.write("a.csv", HEADER + "1,join,2026-03-02T10:00Z,HR,ada,,,,\n")
    (activity,) = files.activities()
    assert (activity.object, activity.content_type) == ("HR", ContentType.ROOM)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"path": None}, "path is missing"),
        ({"path": "/nowhere"}, "neither file nor directory"),
        ({"format": "xlsx"}, "activities"),
        ({"format": "audit"}, "works council"),
        ({"format": "audit", "agreement": "no"}, "works council"),
        ({"time_zone": "Middle Earth"}, "Europe/Berlin"),
        ({"largest_mb": 0}, "`largest_mb` is a whole number from 1 to 1000000"),
        ({"kinds": "view,fly"}, "view,edit"),
        ({"identity_pattern": "("}, "regular expression"),
        ({"identity_pattern": "x"}, "one group"),
        ({"url": "x"}, "unknown setting"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said_with_how_to_mend_it(tmp_path, wrong, told):
    with pytest.raises(Misconfigured, match=told):
        read({"path": str(tmp_path), "format": "activities", **wrong})
