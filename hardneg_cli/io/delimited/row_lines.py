"""On which line each row of delimited text begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hardneg_cli.io.delimited.dialect import table_of
from hardneg_cli.io.delimited.grammar import blocks
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import chunks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def row_lines(source: Source, encoding: str | None) -> Iterator[NDArray[np.int64]]:
    """The line of each data row of delimited text, block by block; a quoted cell may hold line ends."""
    import numpy as np

    table = table_of(source, encoding)
    line, header = 1 + table.encoding.prefix.decode(table.encoding.name, "replace").count("\n"), 1
    for block in blocks(chunks(source, table.encoding, errors="replace"), table.grammar):
        ends = np.fromiter((record.count("\n") for record in block.records), np.int64, len(block.records))
        begun = line + np.cumsum(ends) - ends
        line += int(ends.sum())
        rows = begun[np.asarray(block.rows, np.int64)]
        yield rows[header:]
        header -= min(header, len(rows))
