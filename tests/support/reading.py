"""Files in memory, read through the readers."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import strategies as st

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest


def in_memory(data: bytes | str, name: str = "data.csv") -> Source:
    return Source(name, data=data.encode() if isinstance(data, str) else data)


def texts(source: Source, *names: str, **options: Any) -> list[list[str | None]]:
    wanted = ReadRequest(text=names or tuple(table_files.columns([source], options.get("encoding"))), **options)
    rows: list[list[str | None]] = []
    for batch in table_files.read([source], wanted):
        assert all(column.type == pa.string() for column in batch.columns)
        rows += [list(row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]
    return rows


def numbers(source: Source, name: str, **options: Any) -> pa.ChunkedArray:
    return pa.chunked_array([b.column(0) for b in table_files.read([source], ReadRequest(numbers=(name,), **options))])


def fails(source: Source, *parts: str, wanted: ReadRequest | None = None) -> None:
    with pytest.raises(InputError) as caught:
        names = table_files.columns([source], wanted.encoding if wanted else None)
        list(table_files.read([source], wanted or ReadRequest(text=tuple(names))))
    for part in (source.name, *parts):
        assert part in str(caught.value), caught.value
    assert "\n" not in str(caught.value)


cell = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(list("\",;\t|\r\n 'x")), max_size=8)


def fingerprint(vector: list[float]) -> str:
    import hashlib
    import struct

    digest = hashlib.blake2b(struct.pack(f"<{len(vector)}d", *vector), digest_size=8).hexdigest()
    return f"[{len(vector)} numbers, blake2b {digest}]"
