"""Arrays of numbers in an uncompressed `.npz` file: read as numbers whoever wrote it, and no more than it is long."""

from __future__ import annotations

import math
import os
import stat
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEADER_BYTES = 1 << 10
BROKEN = (
    OSError,
    ValueError,
    TypeError,
    SyntaxError,
    EOFError,
    LookupError,
    OverflowError,
    zipfile.BadZipFile,
    RuntimeError,
)


def stored_arrays(
    path: str | os.PathLike[str], types: Sequence[tuple[str, str]], refusal: str
) -> list[NDArray[np.generic]]:
    """The arrays of these names and types (`<f4`, `u1`).

    Raises InputError with the words of `refusal` for a file that is a link, is broken, or holds something else.
    """
    import numpy as np

    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(refusal)
        with zipfile.ZipFile(path) as members:
            arrays = [_array(members, name, found.st_size) for name, _ in types]
    except BROKEN as error:
        raise InputError(refusal) from error
    if [one.dtype for one in arrays] != [np.dtype(kind) for _, kind in types]:
        raise InputError(refusal)
    return arrays


def _array(members: zipfile.ZipFile, name: str, most: int) -> NDArray[np.generic]:
    """An array that lies in the archive as it is. Raises ValueError for another one, and for one that is not whole."""
    import numpy as np
    from numpy.lib import format as npy

    info = members.getinfo(f"{name}.npy")
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > most:
        raise ValueError(f"{name} is compressed")
    with members.open(info) as stream:
        if npy.read_magic(stream) != (1, 0):
            raise ValueError(f"{name} is of another version")
        shape, by_column, dtype = npy.read_array_header_1_0(stream, max_header_size=HEADER_BYTES)
        size = math.prod(shape) * dtype.itemsize
        if by_column or dtype.hasobject or size > info.file_size:
            raise ValueError(f"{name} is no array of numbers")
        return np.frombuffer(stream.read(size), dtype).reshape(shape)
