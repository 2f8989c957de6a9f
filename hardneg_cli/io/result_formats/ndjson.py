"""One JSON object a line, null where a number is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.io.tables.text_tables import json_objects

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = (".ndjson", ".jsonl")


def write(table: pa.Table, out: BinaryIO) -> None:
    out.writelines(line + b"\n" for line in json_objects(table, separators=(",", ":")))
