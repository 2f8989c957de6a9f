"""A Markdown table; text cannot become markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.io.tables.text_tables import as_text
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = (".md",)
LINE_END = re.compile(r"\r\n|\n|\r")
ESCAPED = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")


def write(table: pa.Table, out: BinaryIO) -> None:
    out.write(_line(table.column_names))
    out.write(b"|" + b" --- |" * table.num_columns + b"\n")
    for batch in as_text(table).to_batches(max_chunksize=1 << 14):
        out.writelines(_line(row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _line(cells: tuple[str, ...] | list[str]) -> bytes:
    return ("| " + " | ".join(_cell(cell) for cell in cells) + " |\n").encode()


def _cell(text: str) -> str:
    """What means something is escaped; so are the angle brackets that HTML would take, and control characters."""
    return "<br>".join(_safe(plain(line)) for line in LINE_END.split(text))


def _safe(line: str) -> str:
    return ESCAPED.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
