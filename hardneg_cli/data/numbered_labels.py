"""Labels that a file writes as numbers, 0 to K − 1, of classes that people know by name.

Who says the names: the file's own metadata (a `ClassLabel` of Hugging Face), or whoever runs hardneg. Labels are read
by name, and written as the file spells them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.class_names import plain
from hardneg_cli.data.columns import Columns
from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files

if TYPE_CHECKING:
    import pyarrow as pa

NO_LABEL = "-1"  # of a ClassLabel
TAILS = ("", ".0")  # of a number, as columns of integers and of floats spell it


@dataclass(frozen=True)
class NumberedLabels:
    """names: K, in the order of the numbers. tail: what follows each number in the file."""

    names: tuple[str, ...]
    tail: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        """All that a class may be called: 2K."""
        return (*self.names, *(str(number) for number in range(len(self.names))))

    def name(self, text: str) -> str:
        """The class that has this number; what is no such number stays as it is."""
        number = plain(text)
        known = number.isdecimal() and int(number) < len(self.names) and text not in self.names
        return self.names[int(number)] if known else text

    def number(self, name: str, column: str) -> str:
        """How the file writes the class. Raises InputError for a name that has no number."""
        if name not in self.names:
            hint = did_you_mean(name, self.names) or f" (known: {listing(self.names, 8)})"
            raise InputError(f"column {quote(column)} holds numbers of classes, and none is called {quote(name)}{hint}")
        return f"{self.names.index(name)}{self.tail}"


def with_names(
    files: Sequence[Source], columns: Columns, table: pa.Table
) -> tuple[pa.Table, NumberedLabels | None]:  # fmt: skip
    """The table of texts with its labels by name, and how the files write them; None where they write names."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = columns.class_names or table_files.class_names(files, columns.label)
    if names is None:
        return table, None
    written = [text for text in pc.unique(table[columns.label]).to_pylist() if text is not None]
    found = _numbered(names, [text for text in written if text.strip() and plain(text) != NO_LABEL])
    if found is None:
        return table, None
    meant = {text: found.name(text) for text in written if plain(text) != NO_LABEL}
    called = pc.index_in(table[columns.label], pa.array([*meant], pa.string()))
    labels = pa.chunked_array([pa.array([*meant.values()], pa.string()).take(part) for part in called.chunks])
    return table.set_column(table.column_names.index(columns.label), columns.label, labels), found


def _numbered(names: Sequence[str], written: Sequence[str]) -> NumberedLabels | None:
    """None unless all labels are numbers of the classes, spelled in one way."""
    numbers = {str(number) for number in range(len(names))}
    if not written or {plain(name) for name in names} & {plain(text) for text in written}:
        return None
    for tail in TAILS:
        if all(text.endswith(tail) and text.removesuffix(tail) in numbers for text in written):
            return NumberedLabels(tuple(names), tail)
    return None
