"""NumPy arrays: `.npy`, read piece by piece, and `.npz`; one column, `values`, with a list of numbers in each row.

An `.npz` holds one array, or one that is called probs, probabilities, pred_probs, features or embeddings; another one
is named behind the file, `file.npz#name`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias, cast

from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.zip_archive import archive
from hardneg_cli.io.tables.arrow_edits import wanted_of
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, require

if TYPE_CHECKING:
    from io import FileIO
    from zipfile import ZipFile

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Matrix: TypeAlias = NDArray[np.number]

EXTENSIONS = (".npy", ".npz")
CHEAP_TO_READ_AGAIN = True
SHEETS = True  # arrays of an archive
COLUMN = "values"
NAMES = ("probs", "probabilities", "pred_probs", "features", "embeddings")
BATCH_NUMBERS = 1 << 20
MAGIC = b"\x93NUMPY"
LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}  # of the header's length, by version
HEADER_BYTES, LONGEST = 1 << 16, (1 << 31) - 1
HEADER = re.compile(
    r"\s*\{(?=.*'descr': *'(?P<descr>[<>|=][a-zA-Z]\d{1,9})')(?=.*'fortran_order': *(?P<order>True|False))"
    r"(?=.*'shape': *\((?P<shape>[ \d,L]{0,200})\))[^{}\[\]]*\}\s*"
)  # in any order of the three; nothing of it is evaluated


@dataclass(frozen=True)
class NpyHeader:
    """What stands before an array's bytes: the numbers' type as NumPy writes it, their order, and the shape."""

    descr: str
    by_column: bool
    shape: tuple[int, ...]

    @property
    def dtype(self) -> np.dtype[np.generic]:
        import numpy as np

        return np.dtype(self.descr)

    @property
    def order(self) -> Literal["F", "C"]:
        return "F" if self.by_column else "C"

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def recognises(head: bytes) -> bool:
    return head.startswith(MAGIC) or (head.startswith(b"PK\x03\x04") and b".npy" in head[:200])


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
        if source.head.startswith(MAGIC):
            array = _single(source)
        else:
            with archive(source) as members:
                array = _member(source, members)
    except (ValueError, TypeError, EOFError, OverflowError) as error:
        raise InputError(f"{source.name}: not a NumPy file that can be read: {error}") from error
    return array.reshape(-1, 1) if array.ndim == 1 else array


def _single(source: Source) -> Matrix:
    """The array of an `.npy`; where it lies on disk as it is, it is not read yet."""
    import numpy as np

    with source.seekable() as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        header = _header(source, cast("BinaryIO", stream))
        if header.bytes > size - stream.tell():
            raise ValueError(f"its header claims {header.bytes:,} bytes, and it has {size - stream.tell():,}")
        if source.path is not None and source.compression is None:
            return np.memmap(source.path, header.dtype, "r", stream.tell(), header.shape, header.order)
        return _read(cast("BinaryIO", stream), header)


def _member(source: Source, members: ZipFile) -> Matrix:
    """The array of an `.npz` that is meant."""
    arrays = {name.removesuffix(".npy"): name for name in members.namelist()}
    name = arrays[_name(source, list(arrays))]
    with members.open(name) as stream:
        header = _header(source, cast("BinaryIO", stream))
        if header.bytes > members.getinfo(name).file_size:
            raise ValueError(f"the header of {name!r} claims {header.bytes:,} bytes, which are not there")
        return _read(cast("BinaryIO", stream), header)


def _header(source: Source, stream: BinaryIO) -> NpyHeader:
    """What an array says about itself. Raises InputError for what is no matrix of numbers, ValueError for no header."""
    from numpy.lib import format as npy

    version = npy.read_magic(stream)
    if version not in LENGTH_BYTES:
        raise ValueError(f"version {version} of the format")
    length = int.from_bytes(stream.read(LENGTH_BYTES[version]), "little")
    if length > HEADER_BYTES:
        raise ValueError(f"its header has {length:,} bytes instead of {HEADER_BYTES:,} at most")
    found = HEADER.fullmatch(stream.read(length).decode("latin-1"))
    if found is None:
        raise ValueError("its header is not that of an array of numbers")
    shape = tuple(int(size) for size in re.sub("[ L]", "", found["shape"]).split(",") if size)
    header = NpyHeader(found["descr"], found["order"] == "True", shape)
    if header.descr[1] not in "fiub" or header.descr[2:] not in ("1", "2", "4", "8", "16"):
        raise InputError(f"{source.name}: an array of {header.descr} instead of numbers")
    if len(shape) not in (1, 2) or 0 in shape[1:] or max(shape) > LONGEST:
        raise InputError(f"{source.name}: an array of shape {shape}; rows and columns are needed")
    return header


def _read(stream: BinaryIO, header: NpyHeader) -> Matrix:
    import numpy as np

    data = stream.read(header.bytes)
    if len(data) < header.bytes:
        raise ValueError("it ends too early")
    return np.frombuffer(data, header.dtype).reshape(header.shape, order=header.order)


def _name(source: Source, names: list[str]) -> str:
    """Which array of an `.npz` is meant."""
    if source.sheet is not None:
        if source.sheet in names:
            return source.sheet
        hint = did_you_mean(source.sheet, names) or f"; it holds {listing(names)}"
        raise InputError(f"{source.name}: no array {quote(source.sheet)}{hint}")
    known = [name for name in names if name in NAMES] if len(names) > 1 else names
    if len(known) == 1:
        return known[0]
    first = names[0] if names else "name"
    raise InputError(
        f"{source.name}: holds the arrays {listing(names)}; name one of them behind the file: {source.name}#{first}"
    )


def _as_floats(block: Matrix) -> Matrix:
    """float32 and float64 stay, float16 becomes float32, all else float64, in this machine's byte order."""
    kind = "f4" if block.dtype.kind == "f" and block.dtype.itemsize <= 4 else "f8"
    return block.astype(kind, copy=False)
