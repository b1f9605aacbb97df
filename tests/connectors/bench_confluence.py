"""Confluence, once as Cloud and once as Data Center, over the same small intranet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.activity import Activity, Kind
from connectors.confluence.transport import Transport
from service.demo.confluence_cloud import Cloud
from service.demo.confluence_data_center import DataCenter
from service.demo.serving import Server
from tests.confluence.conftest import day, intranet
from tests.connectors.bench import Bench, Wrong, activity, timed

TOKEN = "synthetic-token-nobody-sees"


class _Confluence(Bench):
    connector = "confluence"
    now = day(300)
    few = 40
    secrets: ClassVar[Mapping[str, str]] = {"token_file": TOKEN}
    without: ClassVar[Mapping[str, str]] = {
        "rooms": "rooms",
        "people": "people",
        "deletions": "",
        "observations": "reactors",
    }
    flavour: ClassVar[str]
    made: ClassVar[type[Server]]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.store = intranet()
        self.server = self.made(self.store, token=TOKEN, reader="bot")
        (folder / "token").write_text(TOKEN)
        (folder / "other").write_text("another-token-nobody-sees")

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def arrange(self, patch: pytest.MonkeyPatch) -> None:
        timed(patch, Transport, self)
        # So that a small intranet has many pages.
        for platform in ("cloud.Cloud", "data_center.DataCenter"):
            patch.setattr(f"connectors.confluence.{platform}.page_size", 2)

    def settings(self) -> dict[str, Any]:
        return {
            "url": self.server.url,
            "flavour": self.flavour,
            "token_file": str(self.folder / "token"),
        }

    def wrong(self) -> Sequence[Wrong]:
        return (
            Wrong({"url": None}, "`url`"),
            Wrong({"url": "wiki.example.org"}, "https://"),
            Wrong({"url": f"https://ada:{TOKEN}@wiki.example.org"}, "`token_file`"),
            Wrong({"flavour": None}, "flavour.*cloud"),
            Wrong({"flavour": "server"}, "flavour.*data-center"),
            Wrong({"token_file": None}, "`token_file`"),
            Wrong({"token_file": str(self.folder / "nowhere")}, "no token file"),
            Wrong({"ca_file": str(self.folder / "nowhere")}, "`ca_file`"),
        )

    def disturbed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "token", {"token_file": str(self.folder / "other")}
        yield "address", {"url": f"{self.server.origin}/elsewhere"}
        yield "reached", {"url": "http://127.0.0.1:9"}
        yield "not found|cannot be|reached", {"url": "https://wiki.invalid"}

    def truth(self) -> Iterator[Activity]:
        for one in self.store.activities():
            space = self.store.spaces[one.room]
            if space.type != "personal":
                # What a liked comment answers is not told with its likes.
                answered = None if one.kind is Kind.REACT else one.parent
                yield activity(replace(one, parent=answered), str(space.id))

    def happen(self) -> None:
        pages = [
            item.id for item in self.store.items.values() if item.type == "page" and item.space == "SALES"
        ]
        self.now += timedelta(hours=6)
        # More than a page of a listing holds.
        for minutes in (10, 20, 30):
            page = self.store.add_page("SALES", "bob", self.now - timedelta(hours=3, minutes=minutes))
        self.store.add_comment(page.id, "eve", self.now - timedelta(hours=2))
        self.store.edit(pages[0], "ada", self.now - timedelta(hours=1))


class ConfluenceCloud(_Confluence):
    key, flavour, made = "confluence-cloud", "cloud", Cloud


class ConfluenceDataCenter(_Confluence):
    key, flavour, made = "confluence-data-center", "data-center", DataCenter
