"""Listings, page by page: of published tables, and of what is worked out from them; as JSON or as a file."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from service.api import cursor as cursors
from service.api import schemas as s
from service.api.answered import Answers, answered
from service.api.cursor import Cursor, CursorRefused
from service.api.files import written
from service.api.published import (
    etag,
    keep,
    mark,
    newest,
    numbered,
    of_file,
    provenance,
    the_organisation,
    told,
)
from service.api.tables import MEDIA, table, wanted
from service.errors import Invalid
from service.models import PublishedCoverage, PublishedRoom, PublishedValue

Row = TypeVar("Row", bound=BaseModel)
Published = PublishedValue | PublishedRoom | PublishedCoverage

PAGE = 200
"""Rows of a page of JSON, if nobody asked for another number."""
WHOLE = 10_000
"""Rows a file may have that is not asked for page by page."""
ENDINGS = {s.Format.CSV: "csv", s.Format.XLSX: "xlsx", s.Format.PARQUET: "parquet"}


@dataclass(frozen=True)
class Page:
    """What is asked of a listing, and the answer that is being made (`response` holds its headers)."""

    request: Request
    response: Response
    asked: s.Paged

    @cached_property
    def form(self) -> s.Format:
        """Raises `NoDialect` for a dialect of what is no CSV."""
        return wanted(self.request, self.asked.format, self.asked.dialect)

    @property
    def size(self) -> int:
        return self.asked.limit or (PAGE if self.form is s.Format.JSON else WHOLE)

    def place(self, organisation: str) -> Cursor | None:
        """Where to go on; None at the beginning. Raises `CursorRefused`."""
        if self.asked.cursor is None:
            return None
        return cursors.read(self.asked.cursor, self._query(organisation), self._key)

    def following(self, organisation: str, cursor: Cursor) -> str:
        """The cursor of the page after this one."""
        return cursors.write(cursor, self._query(organisation), self._key)

    def slice(self, organisation: str, rows: Sequence[Row]) -> tuple[list[Row], str | None]:
        """The page of rows that are all there, and the cursor of the next. Raises `CursorRefused` once the rows are others."""
        number, place = int(state_of(rows)[:12], 16), self.place(organisation)
        if place is not None and place.publication != number:
            raise CursorRefused("what this cursor belongs to has changed: leave it out to start again")
        end = (place.after if place else 0) + self.size
        shown = list(rows[end - self.size : end])
        return shown, self.following(organisation, Cursor(number, end)) if len(rows) > end else None

    def tell(self, headers: dict[str, str], following: str | None) -> None:
        """The headers every listing carries: what it rests on, and where its next page is."""
        self.response.headers.update(headers)
        if following:
            target = self.request.url.include_query_params(cursor=following)
            self.response.headers["Link"] = f'<{target.path}?{target.query}>; rel="next"'

    def file(
        self,
        row_type: type[BaseModel],
        rows: Sequence[BaseModel],
        *,
        origin: s.Origin,
        following: str | None,
        moment: datetime,
    ) -> Response:
        """The rows as a file to save. Raises `Invalid` rather than cut one short that nobody asked for page by page."""
        if following and self.asked.limit is None:
            raise Invalid(
                f"this file would have more than {WHOLE:,} rows: choose fewer by filters such as `metric`, "
                "`scope` and `since`, or take it page by page with `limit`"
            )
        name = self.request.url.path.removeprefix("/api/v1/").replace("/", "-")
        headers = {key: value for key, value in self.response.headers.items() if key != "content-length"}
        headers["Content-Disposition"] = (
            f'attachment; filename="{_ascii(f"resonanz-{origin.organisation}-{name}")}.{ENDINGS[self.form]}"'
        )
        body = written(table(row_type, rows, origin), self.form, self.asked.dialect, moment)
        return Response(body, media_type=MEDIA[self.form], headers=headers)

    def _query(self, organisation: str) -> dict[str, object]:
        """What a cursor is bound to: everything that decides which rows there are."""
        chosen = self.asked.model_dump(exclude={"cursor", "limit", "format", "dialect"})
        return {**chosen, "path": self.request.url.path, "organisation": organisation}

    @property
    def _key(self) -> bytes:
        key: bytes = self.request.app.state.cursor_key
        return key


def listing(
    page: Page,
    db: Session,
    *,
    stored: type[Published],
    row_type: type[Row],
    conditions: Sequence[ColumnElement[bool]] = (),
    to_row: Callable[[Any], Row] | None = None,
) -> s.Listing[Row] | Response:
    """One page of a published table, in the order it was written, of the publication in which the first page was."""
    organisation = the_organisation(db, page.asked.organisation)
    place = page.place(organisation.key)
    publication = newest(db, organisation) if place is None else numbered(db, organisation, place.publication)
    mark(page.request, page.response, publication, variant=page.form)
    answers: Answers = page.request.app.state.answers
    origin = provenance(db, organisation, publication)
    if page.form is s.Format.JSON and (kept := answers.of(page.response.headers["ETag"], origin)):
        return answered(page.response, kept)
    columns = stored.__table__.c
    found = db.scalars(
        select(stored)
        .where(
            columns.publication_id == publication.id, columns.id > (place.after if place else 0), *conditions
        )
        .order_by(columns.id)
        .limit(page.size + 1)
    ).all()
    shown, more = found[: page.size], len(found) > page.size
    convert = to_row or partial(row_type.model_validate, from_attributes=True)
    rows = [convert(row) for row in shown]
    last: Any = shown[-1] if more else None
    following = page.following(organisation.key, Cursor(publication.id, last.id)) if more else None
    page.tell(told(origin), following)
    if page.form is not s.Format.JSON:
        return page.file(
            row_type, rows, origin=of_file(origin), following=following, moment=publication.created
        )
    whole: BaseModel = s.Listing[row_type](publication=origin, rows=rows, next=following)  # type: ignore[valid-type]
    return answered(page.response, answers.keep(page.response.headers, origin, whole))


def derived(
    page: Page, *, basis: s.Basis, row_type: type[Row], rows: Sequence[Row], moment: datetime
) -> s.Derived[Row] | Response:
    """One page of rows that were worked out; `moment` is when what they rest on was made."""
    found = _cut(page, basis, row_type, rows, moment)
    if isinstance(found, Response):
        return found
    return s.Derived[row_type](basis=basis, rows=found[0], next=found[1])  # type: ignore[valid-type]


def collected(
    page: Page, *, origin: s.Provenance, row_type: type[Row], rows: Sequence[Row]
) -> s.Listing[Row] | Response:
    """The same for rows that follow from one publication alone."""
    found = _cut(page, origin, row_type, rows, origin.created)
    if isinstance(found, Response):
        return found
    return s.Listing[row_type](publication=origin, rows=found[0], next=found[1])  # type: ignore[valid-type]


def _cut(
    page: Page,
    origin: s.Provenance | s.Basis,
    row_type: type[Row],
    rows: Sequence[Row],
    moment: datetime,
) -> tuple[list[Any], str | None] | Response:
    keep(page.request, page.response, etag(page.request, state_of(rows), origin.model_dump_json(), page.form))
    shown, following = page.slice(origin.organisation, rows)
    page.tell(told(origin), following)
    if page.form is not s.Format.JSON:
        return page.file(row_type, shown, origin=of_file(origin), following=following, moment=moment)
    return shown, following


def state_of(rows: Sequence[BaseModel]) -> str:
    """The same for the same rows."""
    return hashlib.sha256("\n".join(row.model_dump_json() for row in rows).encode()).hexdigest()


def _ascii(name: str) -> str:
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in name
    )
