"""A usage report is fetched from where it is kept, without the token."""

import httpx
import pytest

from connectors.errors import (
    BadAnswer,
)
from connectors.microsoft.settings import USER_AGENT

STORE = "https://reports.example/file?sig=abc"
CSV = '\ufeffReport Refresh Date,Site Id,Page View Count\r\n2026-03-01,s1,12\r\n2026-03-01,"s,2",\r\n'


def report(*answers):
    """Graph sends to the store; the store gives one answer after the other."""
    rest = list(answers)

    def answer(request):
        if request.url.host == "graph.example":
            return httpx.Response(302, headers={"Location": STORE})
        return rest[0] if len(rest) == 1 else rest.pop(0)

    return answer


def test_a_report_is_fetched_from_its_store_without_the_token(line):
    transport, wire, _ = line(report(httpx.Response(200, content=CSV.encode())))
    rows = list(transport.csv("/reports/getSharePointSiteUsageDetail(period='D7')"))
    assert [row["Site Id"] for row in rows] == ["s1", "s,2"]
    assert rows[0] == {"Report Refresh Date": "2026-03-01", "Site Id": "s1", "Page View Count": "12"}
    assert wire.authorisations == ["Bearer token1", None]
    assert str(wire.sent[1].url) == STORE
    assert wire.sent[1].headers["User-Agent"] == USER_AGENT


def test_a_report_that_comes_directly_is_read_as_well(line):
    transport, _, _ = line(httpx.Response(200, content=CSV.encode()))
    assert len(list(transport.csv("/reports/x"))) == 2


@pytest.mark.parametrize(
    "failure", [httpx.Response(403), httpx.Response(500), httpx.Response(200, html="<html>")]
)
def test_a_download_that_fails_is_begun_again_at_graph(line, failure):
    transport, wire, _ = line(report(failure, httpx.Response(200, content=CSV.encode())))
    assert len(list(transport.csv("/reports/x"))) == 2
    assert [request.url.host for request in wire.sent] == ["graph.example", "reports.example"] * 2


def test_an_empty_report_has_no_rows(line):
    transport, _, _ = line(report(httpx.Response(200, content="\ufeffSite Id\r\n".encode())))
    assert list(transport.csv("/reports/x")) == []


@pytest.mark.parametrize(
    "content",
    [b"", CSV.encode()[:-12], b'{"error": 1}', b"Site Id\n\xff\xfe", b"a,b\n1,2,3\n"],
)
def test_a_file_that_is_cut_off_or_no_csv_is_told(line, content):
    transport, _, _ = line(report(httpx.Response(200, content=content)))
    with pytest.raises(BadAnswer):
        list(transport.csv("/reports/x"))


@pytest.mark.parametrize("target", ["http://reports.example/file", "http://127.0.0.1/file", "ftp://x/y"])
def test_a_report_is_not_fetched_in_clear(line, target):
    transport, wire, _ = line(httpx.Response(302, headers={"Location": target}))
    with pytest.raises(BadAnswer, match="https"):
        list(transport.csv("/reports/x"))
    assert len(wire.sent) == 1
