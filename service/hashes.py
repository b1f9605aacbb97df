"""What platforms call things, as 64-bit numbers."""

from hashlib import blake2b


def framed(*parts: str) -> bytes:
    """The parts with their lengths, so that no two different lists read the same."""
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def signed(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big", signed=True)


class Hasher:
    """64-bit BLAKE2b hashes of one source's ids of activities and contents."""

    def __init__(self, source: str) -> None:
        self._key = blake2b(framed(source), digest_size=8, person=b"activity key")
        self._object = blake2b(framed(source), digest_size=8, person=b"object")

    def key(self, *parts: str) -> int:
        """The identity of an activity. For a reaction the pseudonym is one of the parts."""
        digest = self._key.copy()
        digest.update(framed(*parts))
        return signed(digest.digest())

    def object(self, content: str) -> int:
        """The hash of a content id."""
        digest = self._object.copy()
        digest.update(content.encode("utf-8", "surrogatepass"))
        return signed(digest.digest())
