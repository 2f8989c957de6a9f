"""What tells rows apart: ids that are given or made from the content, and the hash of the content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

HASH_BYTES = 8


def blank(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """(N,) bool: cells with nothing but white space, or null."""
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(pc.fill_null(column, ""))
    blank: NDArray[np.bool_] = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    return blank


def by_value(ids: pa.Array) -> NDArray[np.int64]:
    """The places of N values in their order; equal ones in the order that they stand in."""
    import pyarrow.compute as pc

    order: NDArray[np.int64] = pc.sort_indices(ids).to_numpy().astype("int64")
    return order


def all_differ(ids: pa.Array) -> bool:
    """Whether no value stands more than once."""
    return not repeated_values(ids)


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


def _hash(key: str) -> str:
    return "h" + hashlib.blake2b(key.encode(), digest_size=HASH_BYTES).hexdigest()
