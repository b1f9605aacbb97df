"""What whoever reads a Delta table by its files has to mind."""

from typing import TYPE_CHECKING

from service.errors import ServiceError

if TYPE_CHECKING:
    from deltalake import DeltaTable


class LogUnusable(ServiceError):
    """The activity log can not be read or written as it is; the message says how to mend it."""

    status, slug, title = 503, "log-unusable", "Activity log unusable"


def refuse_deletion_vectors(table: "DeltaTable") -> None:
    """Raise `LogUnusable` if another writer left deletion vectors: the files alone would show what was deleted."""
    vectors = "deletionVectors" in (table.protocol().reader_features or ())
    if vectors and table.deletion_vectors().read_all().num_rows:
        raise LogUnusable(
            "another program deleted rows of the activity log by deletion vectors: let it rewrite the files "
            "(Spark: REORG TABLE … APPLY (PURGE))"
        )


def file_names(table: "DeltaTable", source: str | None = None) -> list[str]:
    """The files of a snapshot, or those of them that may hold rows of a source, as names in the table's folder."""
    only = None if source is None else [("source", "=", source)]
    return [uri.rpartition("/")[2] for uri in table.file_uris(file_pruning_predicate=only)]
