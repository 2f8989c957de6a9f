"""One JSON array with an object a row, null where a number is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.io.tables.text_tables import json_objects

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = (".json",)


def write(table: pa.Table, out: BinaryIO) -> None:
    out.write(b"[")
    out.writelines((b",\n " if number else b"") + line for number, line in enumerate(json_objects(table)))
    out.write(b"]\n")
