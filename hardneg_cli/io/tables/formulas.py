"""Text that a spreadsheet program would compute when it opens a queue as CSV or TSV.

In a queue such a cell gets a `'` in front, and so does one that begins with `'` and goes on like that: it is shown as
it stands, and comes back as it was shown. Reading a queue takes one `'` off again, so that every id and label is what
it was. Plain numbers, and a sign alone, are no formulas. Other tables are for programs, and stay exact.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

MARKS = {"given_label", "row_hash", "hashed"}  # the columns of a queue, which no other table has
BEGINNINGS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"  # the last four are the first four as wide as an ideograph
FORMULA = f"^'*[{BEGINNINGS}]"
MARKED = f"^'+[{BEGINNINGS}]"
NUMBER = r"^(?:[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?%?|[=+@-])$"


def is_queue(names: Collection[str]) -> bool:
    """Whether a table with these columns is for people to fill in, in cells that no formula may stand in."""
    return set(names) >= MARKS


def escaped(column: pa.Array) -> pa.Array:
    """The text with a `'` before what would be a formula."""
    import pyarrow.compute as pc

    if not _may_begin_so(column):
        return column
    risky = pc.match_substring_regex(column, FORMULA)
    risky = pc.and_not(risky, pc.match_substring_regex(column, NUMBER))
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)


def unescaped(column: pa.Array) -> pa.Array:
    """The text without that `'`."""
    import pyarrow.compute as pc

    if not _may_begin_so(column):
        return column
    marked = pc.match_substring_regex(column, MARKED)
    return pc.if_else(marked, pc.utf8_slice_codeunits(column, 1), column)


def _may_begin_so(column: pa.Array) -> bool:
    """Whether the first byte of any cell is one that a formula, or its mark, begins with: a look that costs little."""
    import numpy as np

    _, places, text = column.buffers()
    if text is None or not len(column):
        return False
    begins = np.frombuffer(places, np.int32)[column.offset : column.offset + len(column) + 1]
    sought = np.zeros(256, np.bool_)
    sought[[ord("'"), *(name.encode()[0] for name in BEGINNINGS.replace("\\", ""))]] = True
    firsts = begins[:-1][np.diff(begins) > 0]
    return bool(sought[np.frombuffer(text, np.uint8)[firsts]].any())


def escaped_name(name: str) -> str:
    """The same for the name of a column."""
    return f"'{name}" if re.match(FORMULA, name) and not re.match(NUMBER, name) else name
