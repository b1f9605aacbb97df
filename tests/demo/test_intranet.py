"""The demonstration starts both servers over one company, quickly, with credentials on file."""

import stat
import time
from datetime import date

import httpx

from service.demo.intranet import Intranet


def test_both_servers_start_within_three_seconds_and_take_the_token_on_file(tmp_path):
    began = time.monotonic()
    with Intranet(tmp_path / "tokens", until=date(2026, 11, 20)) as intranet:
        assert time.monotonic() - began < 3
        spaces = {"cloud": "/api/v2/spaces?limit=250", "data-center": "/rest/api/space?limit=200"}
        for connection in intranet.connections:
            settings = connection.settings
            with open(settings["token_file"]) as file:
                token = file.read().strip()
            assert stat.S_IMODE((tmp_path / "tokens" / f"{connection.key}.token").stat().st_mode) == 0o600
            answer = httpx.get(
                settings["url"] + spaces[settings["flavour"]],
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
            )
            keys = {space["key"] for space in answer.json()["results"] if space["type"] != "personal"}
            assert len(keys) == connection.rooms
            assert set(connection.purposes) == keys
        cloud, data_center = intranet.connections
        assert data_center.settings["url"].endswith("/confluence")
        assert "service_accounts" not in cloud.settings
        assert "build-bot" in data_center.settings["service_accounts"]
    with httpx.Client(trust_env=False) as client:
        try:
            client.get(cloud.settings["url"])
        except httpx.ConnectError:
            return
    raise AssertionError("the server still answers after it was stopped")
