"""Answers of the API that were written before: what was published does not change, and dashboards ask for it again and again."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from fastapi import Response
from pydantic import BaseModel

MOST = 8_000_000
"""Bytes kept at a time; what was not asked for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The bytes of an answer, and its headers."""

    body: bytes
    headers: Mapping[str, str]


class Answers:
    """By ETag, which is the same for the same question about the same publication, and by what the answer says it rests on.

    Whether somebody may ask, and whether that publication is still there, is decided before one is taken from here.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._lock = Lock()

    def of(self, etag: str, origin: BaseModel) -> Kept | None:
        with self._lock:
            found = self._kept.get(key := (etag, origin.model_dump_json()))
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, headers: Mapping[str, str], origin: BaseModel, answer: BaseModel) -> Kept:
        """The answer in bytes, for the next who asks the same."""
        told = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        made = Kept(answer.model_dump_json(by_alias=True).encode(), told)
        key = (headers["ETag"], origin.model_dump_json())
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = made
            self._size += len(made.body) - (len(before.body) if before else 0)
            while self._size > self._most:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped.body)
        return made


def answered(response: Response, kept: Kept) -> Response:
    """A kept answer, with the headers made for this one where it has its own."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(kept.body, headers={**kept.headers, **headers}, media_type="application/json")
