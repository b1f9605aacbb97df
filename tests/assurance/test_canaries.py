"""The search for planted words finds them, packed or not. A whole run is `make assurance of=P4`: it takes longer than a test may."""

import gzip
import io
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.canaries import search, unpacked

PLANTED = {"names": {"Ada Canary", "Bob Müller-Canary"}, "titles": {"Beitrag 98304", "Beitrag 98305"}}


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", content)
    return packed.getvalue()


def rows(text: str) -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.table({"text": [text] * 50}), packed, compression="zstd")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        (b"nothing of it, one Beitrag 7 at most", set()),
        (b"by ADA CANARY, who wrote", {"names"}),
        ("by Bob Müller-Canary".encode("utf-16-le"), {"names"}),
        (b"about Beitrag 98305", {"titles"}),
        (zipped(b"Ada Canary"), {"names"}),
        (zipped(gzip.compress(b"Beitrag 98304")), {"titles"}),
        (b"%PDF-1.7 stream\n" + zlib.compress(b"Ada Canary") + b"\nendstream", {"names"}),
        (rows("Ada Canary: Beitrag 98304"), {"names", "titles"}),
    ],
)
def test_a_planted_word_is_found_however_it_is_packed(content: bytes, kinds: set[str]) -> None:
    found = {kind for _, part in unpacked("x", content) for kind in search(part, PLANTED)}
    assert found == kinds
