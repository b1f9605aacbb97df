"""The requests that Power Query is known to send to an OData feed, in their order, and what it needs of the answers.

Power Query itself is not run here: this is what its documentation and the protocol say of it.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

ACCEPT = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)
HEADERS = {
    "Accept": ACCEPT,
    "OData-MaxVersion": "4.0",
    "MaxDataServiceVersion": "3.0",
    "User-Agent": "Microsoft.Data.Mashup",
}


def test_it_is_asked_for_credentials_it_can_give(served: Any) -> None:
    import httpx

    for path in ("/odata/v1", "/odata/v1/", "/odata/v1/$metadata", "/odata/v1/Measurements"):
        answer = httpx.get(served.url + path, timeout=60, headers=HEADERS)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert answer.json()["error"]["code"] == "not-signed-in"


def test_the_sequence_from_the_address_to_the_last_page(served: Any) -> None:
    with served.client("fulda", **HEADERS) as client:
        root = client.get("/odata/v1")
        assert root.headers["OData-Version"] == "4.0"
        assert root.headers["Content-Type"].startswith("application/json; odata.metadata=minimal")
        context = root.json()["@odata.context"]
        assert context == f"{served.url}/odata/v1/$metadata"  # absolute, as Microsoft's library wants it
        described = client.get(context.partition("#")[0])
        assert described.headers["Content-Type"].startswith("application/xml")
        names = [one["url"] for one in root.json()["value"] if one["kind"] == "EntitySet"]
        assert "Measurements" in names
        for name in names:  # the navigator's preview
            preview = client.get(f"/odata/v1/{name}", params={"$top": 1000})
            assert preview.status_code == 200, name
            assert preview.json()["@odata.context"] == f"{context}#{name}"
        empty = client.get("/odata/v1/Measurements", params={"$top": 0, "$count": "true"}).json()
        assert (empty["@odata.count"], empty["value"], "@odata.nextLink" in empty) == (2300, [], False)
        folded = {
            "$filter": "scope eq 'room' and since ge 2025-06-01 and (value gt 0.5 or value eq null)",
            "$orderby": "since desc,scope_key",
            "$select": "scope_key,since,value",
            "$top": "1200",
            "$count": "true",
        }
        first = client.get("/odata/v1/Measurements", params=folded).json()
        count = first["@odata.count"]
        rows, following = first["value"], first.get("@odata.nextLink")
        while following:
            assert following.startswith(served.url)
            page = client.get(following).json()
            rows += page["value"]
            following = page.get("@odata.nextLink")
        assert len(rows) == min(count, 1200)
        assert list(rows[0]) == ["scope_key", "since", "value"]
        assert [row["since"] for row in rows] == sorted((row["since"] for row in rows), reverse=True)
        assert len({(row["scope_key"], row["since"]) for row in rows}) == len(rows)


def test_a_top_larger_than_a_page_is_kept_over_pages(served: Any) -> None:
    with served.client("fulda", **HEADERS) as client:
        for top, skip in ((1500, 700), (5000, 100), (1000, 0)):
            rows, url = [], f"/odata/v1/Measurements?$top={top}&$skip={skip}&$select=scope_key,since"
            while url:
                page = client.get(url).json()
                rows += [(row["scope_key"], row["since"]) for row in page["value"]]
                url = page.get("@odata.nextLink", "")
                if url:
                    assert parse_qs(urlsplit(url).query)["$top"] == [str(top - len(rows))]
            assert len(rows) == len(set(rows)) == min(top, 2300 - skip), (top, skip)


def test_fewer_rows_a_page_are_given_to_who_prefers_them(served: Any) -> None:
    with served.client(**HEADERS, Prefer='odata.maxpagesize="4"') as client:
        rows, url, pages = [], "/odata/v1/Measurements", 0
        while url:
            answer = client.get(url)
            assert answer.headers["Preference-Applied"] == "odata.maxpagesize=4"
            rows += answer.json()["value"]
            url, pages = answer.json().get("@odata.nextLink", ""), pages + 1
    assert pages == 5
    assert rows == served.rows("Measurements")


def test_what_is_unchanged_is_not_sent_again(served: Any) -> None:
    for path in (
        "",
        "$metadata",
        "Measurements?$top=3",
        "Measurements/$count",
        "Rooms('wiki%2FALL')",
        "Metrics",
    ):
        first = served.get(path, **HEADERS)
        etag = first.headers["ETag"]
        again = served.get(path, **HEADERS, **{"If-None-Match": etag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag), path
        assert "no-cache" in first.headers["Cache-Control"]
    etag = served.get("Rooms").headers["ETag"]
    for other in ({"Accept": "application/json;odata.metadata=full"}, {"Prefer": "odata.maxpagesize=1"}):
        assert served.get("Rooms", **other, **{"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("level", ["none", "minimal", "full"])
def test_as_much_is_told_about_the_data_as_is_wanted(served: Any, level: str) -> None:
    by_header = served.get("Measurements?$top=1", Accept=f"application/json;odata.metadata={level}")
    by_option = served.get(
        f"Measurements?$top=1&$format=application/json;odata.metadata={level}", Accept="text/html"
    )
    assert by_header.json() == by_option.json()
    assert by_header.headers["Content-Type"] == f"application/json; odata.metadata={level}; charset=utf-8"
    (row,) = by_header.json()["value"]
    assert ("@odata.context" in by_header.json()) is (level != "none")
    told = {name for name in row if "@odata" in name}
    if level != "full":
        assert told == set()
        return
    assert row["@odata.type"] == "#Resonanz.Measurement"
    assert row["since@odata.type"] == "#Date"
    assert row["people@odata.type"] == "#Int32"
    with served.client() as client:
        one = client.get(
            row["@odata.id"], headers={"Accept": f"application/json;odata.metadata={level}"}
        ).json()
    assert one.pop("@odata.context").endswith("$metadata#Measurements/$entity")
    assert one == row


def test_every_row_is_found_under_its_address(served: Any) -> None:
    with served.client(Accept="application/json;odata.metadata=full") as client:
        for name in (
            "Measurements",
            "Rooms",
            "Metrics",
            "Coverage",
            "DimensionResults",
            "SurveyResults",
            "Publications",
        ):
            for row in client.get(f"/odata/v1/{name}").json()["value"][-3:]:
                one = client.get(row["@odata.id"])
                assert one.status_code == 200, row["@odata.id"]
                assert {key: value for key, value in one.json().items() if key != "@odata.context"} == row
