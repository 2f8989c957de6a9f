"""Apache Parquet, columns with their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.io.tables.images import unmarked

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = (".parquet", ".pq")
BINARY = True


def write(table: pa.Table, out: BinaryIO) -> None:
    import pyarrow.parquet as pq

    pq.write_table(unmarked(table), out, compression="zstd")
