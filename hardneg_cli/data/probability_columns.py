"""Which of the columns that begin with the prefix hold probabilities: the one rule, for data and for files beside it.

A column whose rest names a class does. One whose rest names none does where it holds numbers from 0 to 1 and the rows
sum to 1 with it (with all such columns) as often as without, more often where no column names a class: a model may
know classes that no label uses, and its names may be misspelled. What is left is content like any other column. With
an empty prefix only columns that name a class count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.data.class_names import matched
from hardneg_cli.errors import InputError
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.arrow_cells import is_list
from hardneg_cli.io.tables.matrix import matrix
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.io.files.source import Source

NEAR = 1e-2  # of a sum to 1, and of numbers to the range from 0 to 1


def named(candidates: Sequence[str], prefix: str, classes: Sequence[str]) -> tuple[str, ...]:
    """Those of the columns whose rest names a class."""
    known = set(classes)
    rest = matched([name.removeprefix(prefix) for name in candidates], classes)
    return tuple(name for name, meant in zip(candidates, rest, strict=True) if meant in known)


def strangers_that_belong(
    files: Sequence[Source], named_ones: Sequence[str], strangers: Sequence[str], request: ReadRequest
) -> tuple[str, ...]:
    """Those of the `strangers`, which name no class, that are probabilities all the same.

    request: how the files are read. O(N) for each stranger, once more for their sums.
    """
    import numpy as np

    numbers = _numeric(files, strangers, request)
    if not numbers or (named_ones and len(_numeric(files, named_ones, request)) < len(named_ones)):
        return ()
    rows = without = together = 0
    for batch in table_files.read(files, _numbers(request, (*named_ones, *numbers))):
        values = np.nan_to_num(matrix(batch))
        rows += len(values)
        together += int((np.abs(values.sum(axis=1) - 1) <= NEAR).sum())
        without += int((np.abs(values[:, : len(named_ones)].sum(axis=1) - 1) <= NEAR).sum())
    belong = together >= without if named_ones else together > rows / 2
    return numbers if belong else ()


def _numeric(files: Sequence[Source], names: Sequence[str], request: ReadRequest) -> tuple[str, ...]:
    """The columns that hold numbers from 0 to 1, some of them none, and nothing else."""
    if table_files.cheap_to_read_again(files[0]):
        return tuple(name for name in names if _holds_shares(files, name, request))
    alive, filled = list(names), set[str]()
    for batch in table_files.read(files, ReadRequest(tuple(names), (), request.encoding, request.skip_ragged)):
        for name in alive.copy():
            shares = _shares(batch.column(name))
            if shares is None:
                alive.remove(name)
            elif shares:
                filled.add(name)
        if not alive:
            break
    return tuple(name for name in alive if name in filled)


def _holds_shares(files: Sequence[Source], name: str, request: ReadRequest) -> bool:
    import numpy as np

    filled = False
    for values in _columns(files, _numbers(request, (name,))):
        if values is None or is_list(values.type):
            return False
        numbers = values.to_numpy(zero_copy_only=False)
        with np.errstate(invalid="ignore"):
            if ((numbers < -NEAR) | (numbers > 1 + NEAR)).any():
                return False
        filled = filled or not np.isnan(numbers).all()
    return filled


def _columns(files: Sequence[Source], request: ReadRequest) -> Iterator[pa.Array | None]:
    """The column's parts; None as the last one where it holds no numbers."""
    try:
        for batch in table_files.read(files, request):
            yield batch.column(0)
    except InputError:  # what it holds is text, dates or the like: content, then
        yield None


def _shares(cells: pa.Array) -> int | None:
    """How many cells hold a number from 0 to 1; None where one holds something else."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(pc.fill_null(cells, ""))
    text = pc.filter(text, pc.not_equal(text, ""))
    try:
        numbers = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        return None
    numbers = pc.filter(numbers, pc.invert(pc.is_nan(numbers)))
    inside = pc.and_(pc.greater_equal(numbers, -NEAR), pc.less_equal(numbers, 1 + NEAR))
    return len(numbers) if pc.all(inside, min_count=0).as_py() else None


def _numbers(request: ReadRequest, names: Sequence[str]) -> ReadRequest:
    return ReadRequest((), tuple(names), request.encoding, request.skip_ragged)
