"""What a first column without a name means: a data frame's row labels, which pandas and R write beside its columns.

They are no column of the table: no content, no feature, nothing that a hash covers, whatever their values are. A file
that is joined to a dataset may still carry the dataset's ids there.
"""

from __future__ import annotations

from collections.abc import Sequence

INDEX = ""  # its name


def without_index(names: Sequence[str]) -> list[str]:
    """The names of a table's own columns."""
    return list(names[1:] if has_index(names) else names)


def has_index(names: Sequence[str]) -> bool:
    """Whether the first column of several has no name, in a kind of file where that is how row labels are written."""
    return len(names) > 1 and names[0] == INDEX
