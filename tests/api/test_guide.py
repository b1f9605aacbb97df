"""The guide for dashboard builders says what is so: its lines work, and it leaves nothing out."""

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client

from service.security.roles import RULES, Scope

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")


def lines() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("curl ")]


@pytest.mark.parametrize("line", lines())
def test_a_line_of_the_guide_works(analyst: Client, line: str) -> None:
    words = shlex.split(line.replace("$RESONANZ", "").replace("$TOKEN", "TOKEN"))
    (url,) = (word for word in words if word.startswith("/api/"))
    answer = analyst.get(url)
    assert answer.status_code == 200, answer.text
    if "-o" in words:
        named = words[words.index("-o") + 1]
        assert answer.headers["Content-Disposition"].endswith(f'.{named.rpartition(".")[2]}"')


def test_it_names_every_address_and_scope() -> None:
    told = set(re.findall(r"`(/[a-z{}/.]+)`", GUIDE))
    for _, path in RULES:
        if path.startswith("/api/v1/"):
            assert path.removeprefix("/api/v1") in told, path
    for scope in Scope:
        assert f"| `{scope}` |" in GUIDE


def test_it_names_every_problem_that_can_be_met(
    analyst: Client,
    served: tuple[FastAPI, Mapping[str, Mapping[str, str]]],
    visit_session: Callable[..., Any],
) -> None:
    known = set(re.findall(r"^\| `([a-z-]+)`(?:, `([a-z-]+)`)? \| [45]\d\d \|", GUIDE, re.MULTILINE))
    listed = {slug for pair in known for slug in pair if slug}
    nobody = visit_session(served[0], signed_in=False)
    met = [
        analyst.get("/api/v1/nowhere"),
        analyst.get("/api/v1/rooms?limit=0"),
        analyst.get("/api/v1/rooms?cursor=x"),
        analyst.get("/api/v1/rooms?format=json&dialect=excel-de"),
        analyst.get("/api/v1/rooms?token=x"),
        analyst.post("/api/v1/rooms", headers={"Sec-Fetch-Site": "same-origin"}),
        analyst.post("/api/v1/rooms"),
        nobody.get("/api/v1/rooms"),
        nobody.get("/api/v1/rooms", headers=served[1]["viewer"]),
    ]
    types = [answer.json()["type"].removeprefix("urn:resonanz:problem:") for answer in met]
    assert len(set(types)) == len(types)
    assert set(types) <= listed
    assert {"internal", "nothing-published", "too-many-requests", "too-many-attempts"} <= listed
