"""Looks for what must never be kept, in everything the service keeps and tells: `python -m benchmarks.canaries [people]`.

A synthetic company with names, addresses, account ids and titles lives behind real HTTP servers and is collected from, measured, published,
assessed and saved. Then every file, the rows inside packed ones, every page and answer, and all that was logged is searched for them.
"""

import gzip
import io
import logging
import re
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, timedelta
from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from sqlalchemy import select

from benchmarks.assurance.figure import Figure

if TYPE_CHECKING:
    from service.context import Context
    from service.demo.company import Company

SEED, UNTIL = 4, date(2026, 11, 20)
SHORTEST = 5
"""Letters of a canary: shorter words are found by chance."""
TARGET = "found nowhere"
PASSWORD = "ein langes Passwort 7"
WRONG = ("/no/such/page", "/rooms/no", "/api/v1/measurements?cursor=x", "/odata/v1/Measurements?$filter=x")
"""Addresses that are answered with an error."""
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
"""What a PDF holds, packed."""


def figures(people: int = 60, months: int = 3) -> Iterator[Figure]:
    """One collection per month of a company of so many people, and what is found where."""
    with tempfile.TemporaryDirectory(prefix="resonanz-canaries-") as folder:
        planted, places = _live(Path(folder), people, months)
    sought = ", ".join(f"{len(words):,} {kind}" for kind, words in planted.items())
    for place, contents in places.items():
        found = sorted(
            {f"{kind} in {name}" for name, content in contents for kind in search(content, planted)}
        )
        size = sum(len(content) for _, content in contents)
        value = f"{len(found)} finds in {len(contents):,} files or answers, {size / 1e6:.1f} MB, of {sought}"
        if found:
            value += f": {'; '.join(found[:5])}"
        yield Figure("P4", f"planted words in {place}", TARGET, value, not found if contents else None, SEED)


def search(content: bytes, planted: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Which kinds of planted words are in some bytes, in either of the usual encodings and whatever their case."""
    told = content.lower()
    for kind, words in planted.items():
        low = [word.lower() for word in words]
        if any(
            shared.encode(coded) in told and any(word.encode(coded) in told for word in low)
            for coded in ("utf-8", "utf-16-le")
            # Thousands of titles begin alike: where their beginning is not, none of them is.
            for shared in [commonprefix(low)]  # noqa: RUF071 - words, not paths
        ):
            yield kind


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes as they are, and what is packed in them: Parquet, ZIP (also DOCX, PPTX, XLSX), gzip, streams of PDF."""
    yield name, content
    if content.startswith(b"PAR1"):
        rows = pq.read_table(io.BytesIO(content)).to_pylist()
        yield f"{name}, rows", repr(rows).encode()
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for one in archive.namelist():
                yield from unpacked(f"{name}, {one}", archive.read(one))
    elif content.startswith(b"\x1f\x8b"):
        yield f"{name}, unpacked", gzip.decompress(content)
    elif content.startswith(b"%PDF"):
        for packed in STREAM.findall(content):
            try:
                yield f"{name}, stream", zlib.decompress(packed)
            except zlib.error:
                continue


def _live(
    folder: Path, people: int, months: int
) -> tuple[dict[str, set[str]], dict[str, list[tuple[str, bytes]]]]:
    from service.cli.demonstration import Rehearsal
    from service.context import Context
    from service.demo.company import Company
    from service.demo.intranet import Intranet
    from service.demo.working_days import dawn
    from service.settings import Settings

    printed, logged = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(logged)
    logging.getLogger().addHandler(handler)
    company = Company.found(SEED, people=people, until=UNTIL, months=months, scale=0.2)
    context = Context(Settings(data=folder / "data", database=None, log=None, key_file=None))
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            rehearsal = Rehearsal(context, UNTIL)
            with Intranet(folder / "platforms", company=company) as intranet:
                for days in range(30 * (months - 1), -1, -30):
                    moment = dawn(UNTIL) - timedelta(days=days)
                    intranet.advance(moment)
                    if days == 30 * (months - 1):
                        rehearsal.connect(intranet, moment)
                    for connection in intranet.connections:
                        rehearsal.read(connection, moment, "all")
                tokens = {file.read_text().strip() for file in (folder / "platforms").glob("*.token")}
            rehearsal.publish()
            rehearsal.assess(SEED)
            answers = list(_asked(context))
            _save(context, folder / "backup")
    finally:
        logging.getLogger().removeHandler(handler)
    places = {
        "the stores (database, log, keys)": list(_files(folder / "data")),
        "a backup": list(_files(folder / "backup")),
        "pages, API, feeds, documents, metrics and pages of errors": answers,
        "what was printed and logged": [
            ("console", printed.getvalue().encode()),
            ("log", logged.getvalue().encode()),
        ],
    }
    context.engine.dispose()
    return {**_planted(company), "tokens": tokens}, places


def _planted(company: "Company") -> dict[str, set[str]]:
    """The words of the company by kind, from all its platforms; a word that open rooms have in their name may be shown."""
    stores = company.stores.values()
    accounts = [one for store in stores for one in store.accounts.values()]
    shown = {space.name for store in stores for space in store.spaces.values() if space.type != "personal"}
    titles = {item.title for store in stores for item in store.items.values()} - shown
    planted = {
        "names": {one.name for one in accounts if one.kind != "app"},
        "addresses": {one.mail for one in accounts if one.mail},
        "account ids": {one.id for one in accounts},
        "titles": titles,
    }
    return {kind: {word for word in words if len(word) >= SHORTEST} for kind, words in planted.items()}


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield from unpacked(file.relative_to(folder).as_posix(), file.read_bytes())


def _asked(context: "Context") -> Iterator[tuple[str, bytes]]:
    """Every address that can be asked for, in both languages, and some that do not exist."""
    from service.app import create_app
    from service.grants import Role
    from service.models import Room
    from service.security.accounts import create_account
    from service.security.roles import PUBLIC, RULES

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient

    with context.transaction() as session:
        room = session.scalars(select(Room.key)).first() or ""
    known = {
        "key:path": room,
        "entity_key:path": f"'{room}'",
        "key": "relaunch",
        "dimension": "communication",
        "form": "docx",
    }
    paths = sorted(
        re.sub(r"\{([^}]+)\}", lambda match: known.get(match[1], "1"), path)
        for method, path in (*RULES, *PUBLIC)
        if method == "GET" and "progress" not in path
    )
    app = create_app(context.settings, context.engine)
    good: set[str] = set()
    for role in (Role.IT_ADMIN, Role.ANALYST, Role.AUDITOR):
        create_account(context.engine, role.value, PASSWORD, role)
        with TestClient(
            app,
            headers={"Sec-Fetch-Site": "same-origin"},
            follow_redirects=False,
            raise_server_exceptions=False,
        ) as client:
            client.post("/login", data={"name": role.value, "password": PASSWORD})
            # What one of them was shown is not asked for again.
            for path in [one for one in (*paths, *WRONG) if one not in good]:
                for code in ("de", "en"):
                    answer = client.get(path, headers={"Accept-Language": code})
                    if answer.status_code == 200:
                        good.add(path)
                    yield from unpacked(
                        f"{path} ({answer.status_code}, {role.value}, {code})", answer.content
                    )
    if unseen := {"/", "/api/v1/measurements", "/report/concept.docx"} - good:
        raise RuntimeError(f"not answered, so nothing was searched there: {', '.join(sorted(unseen))}")


def _save(context: "Context", folder: Path) -> None:
    from service.backup.make import back_up
    from service.places import places

    back_up(context.engine, places(context.settings), folder)


if __name__ == "__main__":
    for figure in figures(*(int(argument) for argument in sys.argv[1:])):
        print(figure)
