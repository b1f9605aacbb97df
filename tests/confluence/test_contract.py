"""The requests sent to Cloud are those Atlassian describes. Every other test of Cloud holds its requests against it too."""

from pathlib import Path

import pytest

SPECS = Path(__file__).parents[1] / "specs"


@pytest.fixture
def objections(request):
    if not (SPECS / "confluence-cloud-v2.json").is_file():
        pytest.skip("the descriptions are not here")
    return next(
        plugin.objections
        for plugin in request.config.pluginmanager.get_plugins()
        if hasattr(plugin, "objections") and hasattr(plugin, "Contract")
    )


def test_every_request_of_a_whole_collection_is_described(serve_cloud, company, bench, memory, objections):
    server = serve_cloud(company)
    bench.collect(server, memory)
    bench.connect(server, memory).check()
    assert len(server.requests) > 40
    assert objections(server) == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/wiki/api/v2/nothing", {}),
        ("/wiki/api/v2/pages", {"limit": ["251"]}),
        ("/wiki/api/v2/pages", {"limit": ["many"]}),
        ("/wiki/api/v2/pages", {"sort": ["newest"]}),
        ("/wiki/api/v2/pages", {"body": ["storage"]}),
        ("/wiki/rest/api/search", {"limit": ["5"]}),
    ],
)
def test_a_request_that_is_not_described_is_objected_to(serve_cloud, company, objections, path, query):
    server = serve_cloud(company)
    seen = type("Seen", (), {"method": "GET", "path": path, "query": query})
    server.requests.append(seen)
    assert objections(server)
    server.requests.clear()
