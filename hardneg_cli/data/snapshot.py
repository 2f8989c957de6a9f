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
from hardneg_cli.errors import InputError
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables.json_records import JsonObject

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
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with source.seekable() as stream:
            table = pq.read_table(stream)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{source.name}: not a state that find --state wrote: {error}") from error
    about = (table.schema.metadata or {}).get(KEY)
    if about is None:
        raise InputError(f"{source.name}: not a state that find --state wrote; name a dataset with --base")
    known: JsonObject = json.loads(about)
    if known.get("v") != VERSION:
        raise InputError(f"{source.name}: a state of another version; was it written by a newer hardneg?")
    return table, known


def _one(files: tuple[Source, ...]) -> Source:
    if len(files) > 1:
        raise InputError(f"{len(files)} files, such as {files[0].name}: a state is one file")
    return files[0]
