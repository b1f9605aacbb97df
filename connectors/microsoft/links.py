"""How far each list or drive has been read: the inside of the cursor of a stream of deltas.

Links are kept as the platform gave them. The whole is
compressed where it is long, for it travels with every commit: a thousand lists take about 100 kB.
"""

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from connectors.cursor import inside, restored
from connectors.errors import CursorExpired

_FORM = 1
_PACKED = "z"
_LONG = 2_000


@dataclass(slots=True)
class Place:
    """A list or drive. `link` None: not read yet. `anew` marks one that is read again after its link was lost."""

    link: str | None = None
    anew: bool = False


@dataclass(slots=True)
class Links:
    """`sites` holds, by site, the lists or drives that are read there; `listed` is when all sites were last asked for theirs.

    `of` is the stream: those of another one have the same form.
    """

    sites: dict[str, dict[str, Place]] = field(default_factory=dict)
    listed: str | None = None
    of: str = ""

    @classmethod
    def parse(cls, cursor: str | None, of: str = "") -> "Links":
        """Raises `CursorExpired` for a cursor of another form or stream: the stream is then read again from its start."""
        if cursor is None:
            return cls(of=of)
        values = inside(unpack(cursor), _FORM)
        if values.get("of") != of or "sites" not in values:
            raise CursorExpired("the cursor is one of another stream")
        links: Links = restored(cls, values)
        return links

    def dump(self) -> str:
        sites = {
            site: {key: _brief(place) for key, place in places.items()} for site, places in self.sites.items()
        }
        found = {"form": _FORM, "of": self.of, "sites": sites, "listed": self.listed}
        return pack(json.dumps(found, sort_keys=True, separators=(",", ":")))

    def places(self) -> Iterator[tuple[str, str, Place]]:
        """(site, list or drive, place)"""
        for site, places in self.sites.items():
            for key, place in places.items():
                yield site, key, place


def _brief(place: Place) -> dict[str, object]:
    return {name: value for name, value in asdict(place).items() if value}


def pack(text: str) -> str:
    if len(text) < _LONG:
        return text
    return _PACKED + base64.b85encode(zlib.compress(text.encode(), 6)).decode()


def unpack(text: str) -> str:
    """Raises `CursorExpired` for what `pack` did not make."""
    if not text.startswith(_PACKED):
        return text
    try:
        return zlib.decompress(base64.b85decode(text[1:])).decode()
    except (ValueError, zlib.error):
        raise CursorExpired("the cursor is damaged") from None
