"""What Microsoft 365 exports: usage reports and audit records."""

import json
from datetime import UTC, datetime

import pytest

from connectors.activity import ContentType, Counter, CounterName, Kind, PersonKind

SITES = (
    "Report Refresh Date,Site Id,Site URL,Owner Display Name,Is Deleted,Last Activity Date,File Count,Active File Count,"
    "Page View Count,Visited Page Count,Storage Used (Byte),Storage Allocated (Byte),Root Web Template,"
    "Owner Principal Name,Report Period\n"
)
SITE = "11111111-2222-3333-4444-555555555555"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def site(identity=SITE, address="https://contoso.sharepoint.com/sites/hr", deleted="False", template="Group"):
    return f"2026-03-02,{identity},{address},Ada CANARY,{deleted},2026-03-01,40,5,120,7,1,2,{template},ada.canary@x.y,7\n"


def test_a_site_report_gives_counters_of_the_room(folder):
    files = folder(format="reports")
    files.write("sites.csv", "\ufeff" + SITES + site())
    pages = files.pages()
    assert pages[0].counters == [
        Counter(CounterName.PERIOD_VIEWS, f"site:{SITE}", f"site:{SITE}#7", 120, NOON),
        Counter(CounterName.PERIOD_FILES, f"site:{SITE}", f"site:{SITE}#7", 5, NOON),
    ]
    assert [(room.key, room.handle, room.name) for room in pages[0].rooms] == [(f"site:{SITE}", "hr", None)]
    assert "canary" not in str(pages).lower()


def test_personal_and_deleted_sites_are_left_out_and_concealed_ones_rejected(folder):
    files = folder(format="reports")
    files.write(
        "sites.csv",
        SITES
        + site(address="https://contoso-my.sharepoint.com/personal/ada")
        + site(deleted="True")
        + site(identity="00000000-0000-0000-0000-000000000000", address=""),
    )
    (page, *_) = files.pages()
    assert page.skipped == {"personal_site": 1, "deleted": 1, "rejected_concealed": 1}
    assert page.counters == []


def test_a_team_report_names_public_teams_only(folder):
    files = folder(format="reports")
    header = "Report Refresh Date,Team Name,Team Id,Team Type,Report Period,Active Users,Reactions,Post Messages,Reply Messages\n"
    files.write(
        "t.csv",
        header + "2026-03-02,Offen,AA-1,Public,30,9,4,3,2\n2026-03-02,Geheim,AA-2,Private,30,1,,0,0\n",
    )
    (page, *_) = files.pages()
    assert [(room.key, room.name) for room in page.rooms] == [("group:aa-1", "Offen"), ("group:aa-2", None)]
    assert [(one.name.value, one.total) for one in page.counters if one.room == "group:aa-1"] == [
        ("period_people", 9), ("period_messages", 3), ("period_replies", 2), ("period_reactions", 4),
    ]  # fmt: skip
    assert len([one for one in page.counters if one.room == "group:aa-2"]) == 3


def test_a_german_community_report_hides_the_names_of_closed_communities(folder):
    files = folder(format="reports")
    files.write(
        "engage.csv",
        "Berichtsaktualisierungsdatum;Anzeigename der Gruppe;Gruppentyp;Anzahl der Beiträge;Anzahl gelesen;Anzahl der Likes;"
        "Berichtszeitraum\n02.03.2026;CANARY;Privat;1;1.200;3;7\n",
        encoding="cp1252",
    )
    pages = files.pages()
    assert [(one.name.value, one.total) for one in pages[0].counters] == [
        ("period_messages", 1), ("period_views", 1200), ("period_reactions", 3),
    ]  # fmt: skip
    assert "CANARY" not in str(pages)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Report Refresh Date,User Principal Name,Last Activity Date,Viewed Or Edited File Count,Report Period", "one_line_per_person"),
        ("Report Refresh Date,User Id,User Principal Name,Post Messages,Report Period", "one_line_per_person"),
        ("Benutzerprinzipalname,Anzeigename", "one_line_per_person"),
        ("Report Refresh Date,Visited Page Count,Report Date,Report Period", "no_report_of_rooms"),
        ("Site Id,Page View Count", "no_report_refresh_date"),
    ],
)  # fmt: skip
def test_reports_of_people_and_of_the_tenant_are_refused_with_a_reason(folder, header, reason):
    files = folder(format="reports")
    files.write("r.csv", header + "\n" + ",".join("1" for _ in header.split(",")) + "\n")
    assert files.rejected() == [(0, reason)]
    assert not files.connect().check().ok


# -- audit --------------------------------------------------------------------------------------------------------------

RECORD = {
    "Id": "3f2b1c00-1111-2222-3333-444444444444",
    "CreationTime": "2026-03-02T10:11:12",
    "Operation": "PageViewed",
    "Workload": "SharePoint",
    "UserType": 0,
    "UserId": "Ada@Contoso.example",
    "ClientIP": "203.0.113.9",
    "UserAgent": "Canary/1.0",
    "SiteUrl": "https://contoso.sharepoint.com/sites/hr/",
    "Site": SITE,
    "ListItemUniqueId": "99999999-2222-3333-4444-555555555555",
    "SourceFileExtension": "aspx",
    "SourceFileName": "Canary.aspx",
    "ObjectId": "https://contoso.sharepoint.com/sites/hr/SitePages/Canary.aspx",
}


def export(*records):
    def quoted(record):
        text = record if isinstance(record, str) else json.dumps(record)
        return '"' + text.replace('"', '""') + '"'

    return "RecordId,CreationDate,Operation,UserId,AuditData\n" + "".join(
        f"1,2026-03-02T10:11:12Z,PageViewed,ada@contoso.example,{quoted(record)}\n" for record in records
    )


@pytest.fixture
def audit(folder):
    def build(**settings):
        return folder(format="audit", agreement="true", **settings)

    return build


def test_an_audit_export_gives_dated_views_and_drops_everything_else(audit):
    files = audit()
    files.write("audit.csv", export(RECORD))
    pages = files.pages()
    (activity,) = pages[0].activities
    assert (activity.kind, activity.content_type, activity.room) == (
        Kind.VIEW,
        ContentType.PAGE,
        f"site:{SITE}",
    )
    assert activity.happened == datetime(2026, 3, 2, 10, 11, 12, tzinfo=UTC)
    assert activity.key == "audit:3f2b1c00-1111-2222-3333-444444444444"
    (person,) = pages[0].people
    assert (person.id, person.canonical, person.kind) == ("ada@contoso.example",) * 2 + (PersonKind.HUMAN,)
    told = str(pages).lower()
    for canary in ("203.0.113", "canary", "sitepages", "sharepoint.com"):
        assert canary not in told


def test_other_operations_are_counted_and_broken_records_rejected(audit):
    files = audit()
    files.write(
        "audit.csv",
        export(
            {**RECORD, "Operation": "FileModified"},
            {**RECORD, "SiteUrl": "https://contoso-my.sharepoint.com/personal/ada"},
            "{broken",
            {**RECORD, "UserId": ""},
            {**RECORD, "Site": "?"},
        ),
    )
    (page, *_) = files.pages()
    assert page.skipped == {
        "other_operation": 1, "personal_site": 1, "rejected_no_json": 1, "rejected_no_account": 1, "rejected_no_place": 1,
    }  # fmt: skip


def test_an_export_without_records_is_refused(audit):
    files = audit()
    files.write("audit.csv", "RecordId,Operation\n1,PageViewed\n")
    assert files.rejected() == [(0, "no_column_auditdata")]
