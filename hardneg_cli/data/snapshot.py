"""A dataset's state in a small file: what a later run needs of its base, so that the base need not be at hand.

One row a row, in Parquet: the id (none where ids are made from the content), 8 bytes of the content's hash, label,
split and groups as codes, the flag and the score. The names of the hashed columns are in the file's metadata: a state
can be compared with data that has more columns, but not with data that lacks one of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import HASH_BYTES, content_hashes
from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.files.limits import refuse_bomb
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables.arrow_rows import spread
from hardneg_cli.io.tables.json_records import JsonObject
from hardneg_cli.io.tables.parquet_files import whole_table

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

KEY, VERSION = b"hardneg-state", 1
ROLE = "role:"


def write(dataset: Dataset, flagged: NDArray[np.bool_], score: NDArray[np.float64], path: str | Path) -> None:
    """Write the state of a dataset of N rows, whole or not at all.

    flagged, score: (N,) what a run found out about them, see `Findings`.
    """
    with whole_file(path) as out:
        write_to(dataset, flagged, score, out)


def write_to(dataset: Dataset, flagged: NDArray[np.bool_], score: NDArray[np.float64], out: BinaryIO) -> None:
    """The same to a file that stays open."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    hashes = content_hashes(dataset.content, len(dataset))
    raw = b"".join(bytes.fromhex(hash_[1:]) for hash_ in hashes)
    columns: dict[str, pa.Array] = {} if dataset.columns.id is None else {"id": dataset.ids}
    columns["hash"] = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(HASH_BYTES), len(dataset), [None, pa.py_buffer(raw)]
    )
    columns["label"] = pa.DictionaryArray.from_arrays(pa.array(dataset.labels), pa.array(dataset.classes, pa.string()))
    columns["flagged"] = pa.array(flagged)
    columns["score"] = pa.array(score.astype(np.float32))
    for role in dataset.roles.column_names:
        columns[ROLE + role] = dataset.roles[role].combine_chunks().dictionary_encode()
    about = {"v": VERSION, "id": dataset.columns.id, "label": dataset.columns.label,
             "columns": dataset.content.column_names}  # fmt: skip
    table = pa.table(columns).replace_schema_metadata({KEY: json.dumps(about).encode()})
    plain = [name for name in table.column_names if name in ("id", "hash", "score")]
    dictionary = [name for name in table.column_names if name not in (*plain, "flagged")]
    pq.write_table(table, out, compression="zstd", use_dictionary=dictionary, write_statistics=False)


def read(path: str | Path, dataset: Dataset) -> Baseline:
    """The base that a state file stands for. Raises InputError for what is no state of such a dataset."""
    import pyarrow as pa

    source = _one(sources(str(path)))
    table, about = _read(source)
    if (about["id"] is None) != (dataset.columns.id is None):
        which = "has" if about["id"] is None else "has no"
        raise InputError(f"{source.name}: a state of data whose ids are not those: {dataset.name} {which} an id column")
    hashes = [f"h{value.hex()}" for value in table["hash"].to_pylist()]
    roles = {name.removeprefix(ROLE): table[name].cast(pa.string()) for name in table.column_names
             if name.startswith(ROLE)}  # fmt: skip
    return Baseline(
        source.name,
        table["id"].cast(pa.string()).combine_chunks() if about["id"] is not None else None,
        table["label"].cast(pa.string()).combine_chunks(),
        None,
        pa.table(roles),
        hashes=pa.array(hashes, pa.string()),
        hashed=tuple(about["columns"]),
        flagged=table["flagged"].to_numpy(),
        score=table["score"].to_numpy(),
    )


def _read(source: Source) -> tuple[pa.Table, JsonObject]:
    """The table, all columns as `write` makes them, and what is said about it."""
    try:
        table = whole_table(source)
    except (OSError, InputError) as error:
        raise InputError(f"{source.name}: not a state that find --state wrote: {error}") from error
    about = (table.schema.metadata or {}).get(KEY)
    if about is None:
        raise InputError(f"{source.name}: not a state that find --state wrote; name a dataset with --base")
    known = _known(about)
    if known is not None and known.get("v") not in (VERSION, None):
        raise InputError(f"{source.name}: a state of another version; was it written by a newer hardneg?")
    if known is None or not _is_state(table, known):
        raise InputError(f"{source.name}: not a state that find --state wrote; it is damaged")
    for name in table.column_names:
        refuse_bomb(f"{source.name}: column {quote(name)}", sum(map(spread, table[name].chunks)), source.size)
    return table, known


def _known(about: bytes) -> JsonObject | None:
    """What is said about a state; None where it is nothing of the kind."""
    try:
        known = json.loads(about)
    except (ValueError, RecursionError):
        return None
    return known if isinstance(known, dict) else None


def _is_state(table: pa.Table, known: JsonObject) -> bool:
    import pyarrow as pa

    columns, id_ = known.get("columns"), known.get("id")
    if known.get("v") != VERSION or not isinstance(columns, list) or not isinstance(known.get("label"), str):
        return False
    if not all(isinstance(name, str) for name in columns) or not isinstance(id_, str | None):
        return False
    needed = {"hash": pa.binary(HASH_BYTES), "flagged": pa.bool_(), "score": pa.float32(), "label": None}
    needed |= {} if id_ is None else {"id": None}
    needed |= {name: None for name in table.column_names if name.startswith(ROLE)}
    names = table.column_names
    return (
        len(set(names)) == len(names)
        and all(
            name in names and (_is_text(table[name].type) if kind is None else table[name].type == kind)
            for name, kind in needed.items()
        )
        and not any(table[name].null_count for name in ("hash", "flagged", "score", "label"))
    )


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    value = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(value) or types.is_large_string(value))


def _one(files: tuple[Source, ...]) -> Source:
    if len(files) > 1:
        raise InputError(f"{len(files)} files, such as {files[0].name}: a state is one file")
    return files[0]
