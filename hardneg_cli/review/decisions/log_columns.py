"""Many regular lines of a decisions log at once, column by column: the quick way to what reading them one by one gives.

It takes lines as hardneg writes them and leaves all else, sound or not, to the exact reader, which names lines. Raw
line ends cannot stand inside JSON's texts, so as many `}`, line end, `{` as lines mean a record a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError
from hardneg_cli.io.tables.queue_columns import ROLES
from hardneg_cli.review.decisions.decision import DECISIONS, UNRANKED, UNSCORED, WITHDRAWN, Decision
from hardneg_cli.review.decisions.decision_line import MOST_RANK, TEXT, VERSION, LineReader

if TYPE_CHECKING:
    import pyarrow as pa

UNIQUE = ("id", "row_hash", "at")  # of which hardly any two are the same
WRITTEN_AT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"


def read_columns(block: bytes, reader: LineReader) -> list[Decision] | None:
    """The decisions of a block of whole lines; None where a look at each line is needed."""
    text = block.replace(b"\r\n", b"\n") if b"\r" in block else block
    lines = text.count(b"\n")
    if not (text.startswith(b'{"v":2,') and text.endswith(b"}\n") and text.count(b"}\n{") == lines - 1):
        return None
    table = _parsed(text)
    if table is None or len(table) != lines or not _is_regular(table, reader):
        return None
    return _decisions(table, reader)


def _parsed(text: bytes) -> pa.Table | None:
    """None where a line is no JSON, lacks a name, has one twice or one that is not known, or another type in it."""
    import pyarrow as pa
    from pyarrow import json

    names = {"v": pa.int64(), **dict.fromkeys(TEXT, pa.string()), "hashed": pa.string(), "role": pa.string(),
             "rank": pa.int64(), "score": pa.float64()}  # fmt: skip
    form = json.ParseOptions(explicit_schema=pa.schema(names), unexpected_field_behavior="error")
    try:
        table = json.read_json(pa.BufferReader(text), json.ReadOptions(block_size=1 << 22), form)
        table.validate(full=True)  # that texts are UTF-8
    except pa.ArrowInvalid:
        return None
    return table


def _is_regular(table: pa.Table, reader: LineReader) -> bool:
    """Whether every line is a decision of this version; False, too, where that takes a closer look."""
    import pyarrow.compute as pc

    if any(table[name].null_count for name in ("v", *TEXT, "hashed", "role")):
        return False
    if pc.min_max(table["v"]).as_py() != {"min": VERSION, "max": VERSION}:
        return False
    rank, score = (pc.min_max(table[name]).as_py() for name in ("rank", "score"))
    if rank["min"] is not None and not 1 <= rank["min"] <= rank["max"] <= MOST_RANK:
        return False
    if score["min"] is not None and not 0 <= score["min"] <= score["max"] <= 1:
        return False
    if pc.any(pc.is_nan(table["score"])).as_py():
        return False
    known = {"decision": {*DECISIONS, WITHDRAWN}, "role": {*ROLES, ""}}
    if any({*pc.unique(table[name]).to_pylist()} - words for name, words in known.items()):
        return False
    labels = pc.unique(table["new_label"].filter(pc.equal(table["decision"], "relabel"))).to_pylist()
    return all(label.strip() for label in labels) and _are_times(table["at"], reader)


def _are_times(at: pa.ChunkedArray, reader: LineReader) -> bool:
    """Whether all are times as hardneg writes them, that decisions can be of."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.all(pc.match_substring_regex(at, WRITTEN_AT)).as_py():
        return False
    found = pc.min_max(at).as_py()
    if not (reader.is_time(found["min"]) and reader.is_time(found["max"])):
        return False
    try:
        at.cast(pa.timestamp("us", "UTC"))  # each day and hour is one
    except pa.ArrowInvalid:
        return False
    return True


def _decisions(table: pa.Table, reader: LineReader) -> list[Decision] | None:
    """A decision's own `__init__` would set one field after the other, which takes longer than all else."""
    try:
        spelled = {text: reader.hashed_columns("", text) for text in table["hashed"].unique().to_pylist()}
    except InputError:
        return None
    columns: dict[str, Sequence[object]] = {
        name: _texts(table[name], reader, several=name not in UNIQUE) for name in (*TEXT, "role")
    }
    columns["hashed"] = [spelled[text] for text in _texts(table["hashed"], reader, several=True)]
    columns["rank"] = table["rank"].fill_null(UNRANKED).to_numpy().tolist()
    columns["score"] = table["score"].fill_null(UNSCORED).to_numpy().tolist()
    found = [*map(object.__new__, repeat(Decision, len(table)))]
    for name, values in columns.items():
        setter = getattr(Decision, name).__set__
        for _ in map(setter, found, values):
            pass
    return found


def _texts(column: pa.ChunkedArray, reader: LineReader, *, several: bool) -> list[str]:
    """several: many lines say the same, which is kept once."""
    import numpy as np

    if not several:
        found: list[str] = column.to_numpy(zero_copy_only=False).tolist()
        return found
    coded = column.combine_chunks().dictionary_encode()
    words = [reader.texts.setdefault(word, word) for word in coded.dictionary.to_pylist()]
    chosen: list[str] = np.array(words, object)[coded.indices.to_numpy()].tolist()
    return chosen
