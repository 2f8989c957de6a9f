"""A last row of our own behind delimited text: where it does not come back, a quote before it was never closed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from hardneg_cli.io.delimited.dialect import Dialect

if TYPE_CHECKING:
    import pyarrow as pa

END = "-1.2345678901234567e-300"  # a number, so that it may stand in a column of numbers


def last_row(table: Dialect) -> bytes:
    """The row as it is written, in UTF-8."""
    return f"\n{table.grammar.delimiter * (len(table.names) - 1)}{END}\n".encode()


def is_last(rows: pa.Table | pa.RecordBatch, table: Dialect) -> bool:
    """Whether these rows, a batch or a table, end with that row."""
    return rows.num_rows > 0 and rows.column(table.names[-1])[-1].as_py() in (END, float(END))


def line_ends(data: bytes) -> int:
    """How many there are, whatever ends a line there."""
    returns = data.count(b"\r")
    return data.count(b"\n") + returns - (data.count(b"\r\n") if returns else 0)  # two bytes are slow to look for


class NulByteError(Exception):
    """A NUL byte, which only the largest blocks may hold."""


class SentinelStream(io.RawIOBase):
    """A stream of UTF-8, and `end` behind it; `lines` is how many line ends were read, one at the stream's end too."""

    def __init__(self, stream: pa.NativeFile, end: bytes, may_hold_nul: bool) -> None:
        self._stream, self._end, self._held, self._may_hold_nul = stream, end, b"", may_hold_nul
        self.lines, self._last = 0, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """As many bytes as asked for: pyarrow takes each answer for a block.

        A carriage return that would end a block waits for the next one, because pyarrow would take a line feed
        that follows it for the same line end, and lose it, even inside quotes.
        """
        data, self._held = self._held, b""
        while len(data) < size and (more := self._more(size - len(data))):
            data += more
        if data.endswith(b"\r") and len(data) > 1:
            data, self._held = data[:-1], b"\r"
        if not self._may_hold_nul and b"\0" in data:
            raise NulByteError
        self.lines += line_ends(data)
        return data

    def _more(self, size: int) -> bytes:
        if more := bytes(self._stream.read(size)):
            self._last = more[-1:]
            return more
        self.lines += self._last not in b"\r\n"
        self._last = b""
        return self._take_end(size)

    def _take_end(self, size: int) -> bytes:
        end, self._end = self._end[:size], self._end[size:]
        return end
