"""NumPy arrays: `.npy`, read piece by piece, and `.npz`; one column, `values`, with a list of numbers in each row.

An `.npz` holds one array, or one that is called probs, probabilities, pred_probs, features or embeddings.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.arrow_edits import wanted_of
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, require

if TYPE_CHECKING:
    from io import FileIO

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Matrix: TypeAlias = NDArray[np.number]

EXTENSIONS = (".npy", ".npz")
CHEAP_TO_READ_AGAIN = True
COLUMN = "values"
NAMES = ("probs", "probabilities", "pred_probs", "features", "embeddings")
BATCH_NUMBERS = 1 << 20


def recognises(head: bytes) -> bool:
    return head.startswith(b"\x93NUMPY") or (head.startswith(b"PK\x03\x04") and b".npy" in head[:200])


def columns(source: Source, *, encoding: str | None) -> list[str]:
    _matrix(source)
    return [COLUMN]


def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    require(source, [COLUMN], wanted)
    width, blocks = _blocks(source)
    row = 0
    for block in blocks:
        values = pa.Array.from_buffers(pa.from_numpy_dtype(block.dtype), block.size, [None, pa.py_buffer(block)])
        batch = pa.RecordBatch.from_arrays([pa.FixedSizeListArray.from_arrays(values, width)], names=[COLUMN])
        yield wanted_of(batch, wanted, source, row)
        row += len(block)


def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None:
    raise InputError(f"{source.name}: a NumPy file holds no labels to change")


def _blocks(source: Source) -> tuple[int, Iterator[Matrix]]:
    """How many columns the array has, and its rows as blocks of floats.

    A file is read piece by piece, not mapped: mapped pages count as this process's memory.
    """
    import numpy as np

    matrix = _matrix(source)
    height, width = matrix.shape
    size = max(1, BATCH_NUMBERS // width)
    in_turn = isinstance(matrix, np.memmap) and matrix.flags.c_contiguous and bool(matrix.size)

    def blocks() -> Iterator[Matrix]:
        for row in range(0, height, size):
            yield np.ascontiguousarray(_as_floats(matrix[row : row + size]))

    def read() -> Iterator[Matrix]:
        assert isinstance(matrix, np.memmap)
        assert matrix.filename is not None
        with open(matrix.filename, "rb", buffering=0) as file:
            file.seek(matrix.offset)
            for row in range(0, height, size):
                block = np.empty((min(size, height - row), width), matrix.dtype)
                _fill(file, block)
                yield _as_floats(block)

    return width, read() if in_turn else blocks()


def _fill(file: FileIO, block: Matrix) -> None:
    view = block.data.cast("B")
    while view:
        taken = file.readinto(view)
        if not taken:
            raise OSError("it ends too early")
        view = view[taken:]


def _matrix(source: Source) -> Matrix:
    """The array as rows of numbers; a flat array has rows of one."""
    try:
        array = _array(source)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{source.name}: not a NumPy file that can be read: {error}") from error
    if array.dtype.kind not in "fiub":
        raise InputError(f"{source.name}: an array of {array.dtype} instead of numbers")
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        raise InputError(f"{source.name}: an array of shape {array.shape}; rows and columns are needed")
    return array.reshape(-1, 1) if array.ndim == 1 else array


def _array(source: Source) -> Matrix:
    import numpy as np

    array: Matrix
    if source.path is not None and source.compression is None and source.head.startswith(b"\x93NUMPY"):
        array = np.load(str(source.path), mmap_mode="r", allow_pickle=False)
    else:
        with source.seekable() as stream:
            loaded = np.load(stream, allow_pickle=False)
            array = loaded if isinstance(loaded, np.ndarray) else loaded[_name(source, list(loaded.keys()))]
    return array


def _name(source: Source, names: list[str]) -> str:
    """Which array of an `.npz` is meant."""
    known = [name for name in names if name in NAMES] if len(names) > 1 else names
    if len(known) == 1:
        return known[0]
    raise InputError(f"{source.name}: holds the arrays {listing(names)}; keep one, or call one of them {NAMES[0]!r}")


def _as_floats(block: Matrix) -> Matrix:
    """float32 and float64 stay, float16 becomes float32, all else float64, in this machine's byte order."""
    kind = "f4" if block.dtype.kind == "f" and block.dtype.itemsize <= 4 else "f8"
    return block.astype(kind, copy=False)
