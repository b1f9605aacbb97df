"""Proves that nothing of an erased person is left in the files of the activity log."""

import io
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pf
import pyarrow.parquet as pq
from deltalake.fs import DeltaStorageHandler

from service.errors import ServiceError


class ErasureIncomplete(ServiceError):
    """A trace of an erased person was found: nobody may take the erasure for done."""

    slug, title = "erasure-incomplete", "Erasure incomplete"


def verify(url: str, storage_options: dict[str, str] | None, pseudonyms: Collection[int]) -> None:
    """Search every file at `url`, whether the log still refers to it or not.

    Parquet files are decompressed: numbers are compared in every column of 64-bit integers, text (the statistics in
    checkpoints) and all other files are searched for the decimal number. Raises `ErasureIncomplete`.
    """
    files = pf.PyFileSystem(DeltaStorageHandler(url, storage_options))
    wanted = pa.array(sorted(pseudonyms), pa.int64())
    texts = [str(pseudonym).encode() for pseudonym in pseudonyms]
    for info in files.get_file_info(pf.FileSelector("/", recursive=True)):
        if info.type != pf.FileType.File:
            continue
        with files.open_input_file(info.path) as file:
            content = file.read()
        found = (
            _in_parquet(content, wanted, texts)
            if info.path.endswith(".parquet")
            else any(text in content for text in texts)
        )
        if found:
            raise ErasureIncomplete(
                f"an erased person is still in {info.path}: no other program may use the log meanwhile; run it again"
            )


def _in_parquet(content: bytes, wanted: pa.Array, texts: list[bytes]) -> bool:
    for batch in pq.ParquetFile(io.BytesIO(content)).iter_batches():
        for column in batch.columns:
            if pa.types.is_int64(column.type):
                if pc.any(pc.is_in(column, wanted)).as_py():
                    return True
            elif not pa.types.is_primitive(column.type) and any(
                text in str(column.to_pylist()).encode() for text in texts
            ):
                return True
    return False
