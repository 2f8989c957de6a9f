"""What tells rows apart: ids that are given or made from the content, and the hash of the content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

HASH_BYTES = 8
SPACE, LAST_ASCII = 0x20, 0x7E


def blank(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """(N,) bool: cells with nothing but white space, or null."""
    import numpy as np
    import pyarrow.compute as pc

    found = np.concatenate([np.zeros(0, bool), *(_begins_blank(chunk) for chunk in column.chunks)])
    rows = np.flatnonzero(found)
    if len(rows):
        trimmed = pc.utf8_trim_whitespace(pc.fill_null(column.take(rows), ""))
        found[rows] = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    return found


def _begins_blank(texts: pa.StringArray) -> NDArray[np.bool_]:
    """(n,) bool: cells that are null or empty, or do not begin with a visible ASCII character: all blank ones do."""
    import numpy as np

    _, places, letters = texts.buffers()
    bounds = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1] if places else np.zeros(1)
    if letters is None or not letters.size:
        return np.ones(len(texts), bool)
    first = np.frombuffer(letters, np.uint8)[np.minimum(bounds[:-1], letters.size - 1)]
    found: NDArray[np.bool_] = (np.diff(bounds) == 0) | (first <= SPACE) | (first > LAST_ASCII)
    if texts.null_count:
        found |= texts.is_null().to_numpy(zero_copy_only=False)
    return found


def by_value(ids: pa.Array) -> NDArray[np.int64]:
    """The places of N values in their order; equal ones in the order that they stand in."""
    import pyarrow.compute as pc

    order: NDArray[np.int64] = pc.sort_indices(ids).to_numpy().view("int64")
    return order


def repeated_values(ids: pa.Array, order: NDArray[np.int64] | None = None) -> list[str]:
    """The values that stand more than once, sorted; `order` is that of `by_value`, if it is known. O(N log N)."""
    import pyarrow.compute as pc

    ordered = ids.take(by_value(ids) if order is None else order)
    same = pc.equal(ordered[1:], ordered[:-1])
    if not pc.any(same).as_py():
        return []
    repeated: list[str] = ordered[1:].filter(same).unique().to_pylist()
    return repeated


def content_ids(content: pa.Table, labels: NDArray[np.int32]) -> pa.Array:
    """A content hash for each row, `#2` for its second copy; copies are counted in the order of their labels."""
    import numpy as np
    import pyarrow as pa

    if not content.num_columns:
        return pa.array([str(row) for row in range(1, len(labels) + 1)])
    hashes = np.array(content_hashes(content, len(labels)))
    order = np.lexsort((np.arange(len(labels)), labels, hashes))
    new = np.r_[True, hashes[order][1:] != hashes[order][:-1]]
    start = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    copy = np.empty(len(order), np.int64)
    copy[order] = np.arange(len(order)) - start
    ids = hashes.astype(object)
    for row in np.flatnonzero(copy):
        ids[row] = f"{hashes[row]}#{copy[row] + 1}"
    return pa.array(ids, pa.string())


def keyed(content: pa.Table) -> pa.ChunkedArray:
    """One text a row that is the same for the same content and no other: `name=length:value` by sorted name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not content.num_columns:
        return pa.chunked_array([pa.repeat("", content.num_rows)])
    cells = []
    for name in sorted(content.column_names):
        value = pc.fill_null(content[name], "")
        cells += [f"{name}=", pc.binary_length(value).cast(pa.string()), ":", value]
    return pc.binary_join_element_wise(*cells, "")


def content_hashes(content: pa.Table, rows: int) -> list[str]:
    """A letter goes first: a spreadsheet would take digits alone for a number."""
    if not content.num_columns:  # a table without columns does not know its length
        return [_hash("")] * rows
    return [_hash(key) for key in keyed(content).to_pylist()]


def content_numbers(content: pa.Table) -> NDArray[np.uint64]:
    """(N,) the hashes of `content_hashes` as numbers; the table has columns."""
    import numpy as np

    return np.frombuffer(b"".join(map(_digest, keyed(content).to_pylist())), ">u8").astype(np.uint64)


def _hash(key: str) -> str:
    return "h" + _digest(key).hex()


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=HASH_BYTES).digest()
