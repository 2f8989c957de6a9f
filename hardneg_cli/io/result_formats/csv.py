"""Comma-separated values, UTF-8, every text as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.io.tables.text_tables import separated

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = (".csv",)


def write(table: pa.Table, out: BinaryIO) -> None:
    separated(table, out, delimiter=",")
