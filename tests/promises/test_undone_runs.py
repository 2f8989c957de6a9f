"""Whatever runs of apply did to a file of any kind, undo takes back in turn, byte for byte."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from hardneg_cli import apply
from hardneg_cli.verbs.undo import undo
from support.corrections import TEXTS, array, delimited, lines, ours, queue_of, save, workbook, zstd

Row = dict[str, Any]
TEXT = {
    "a.csv": lambda rows: delimited(rows).encode(),
    "b.csv": lambda rows: delimited(rows, ";", "\r\n", quoting=1).encode("utf-16"),
    "a.tsv": lambda rows: delimited(rows, "\t").encode("utf-8-sig"),
    "a.jsonl": lambda rows: lines(rows).encode(),
    "a.json": lambda rows: array(rows).encode(),
    "b.json": lambda rows: json.dumps(rows).encode(),
    "a.csv.gz": lambda rows: ours(delimited(rows).encode()),
    "b.csv.gz": lambda rows: gzip.compress(delimited(rows).encode(), 1),
    "a.jsonl.zst": lambda rows: zstd(lines(rows).encode(), 1),
}
TABLES = {
    "a.parquet": lambda rows, path: pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=9),
    "a.arrow": lambda rows, path: pyarrow.feather.write_feather(pa.Table.from_pylist(rows), path, chunksize=9),
    "a.xlsx": workbook,
}
LABELS = ["cat", "dog", "a, b; c", 'q"uo"te', "新しい", "two\nlines", "d", "[,]", "{}"]
SEQUENCES = 200


def made(chance: random.Random, path: Path) -> None:
    """A file of random rows."""
    rows = [
        {"id": f"r{n:03d}", "label": chance.choice(LABELS), "text": f"{chance.choice(TEXTS)} {n}", "more": str(n)}
        for n in range(chance.randint(5, 40))
    ]
    if path.name in TEXT:
        path.write_bytes(TEXT[path.name](rows))
    else:
        TABLES[path.name](rows, path)


def answered(chance: random.Random, data: Path) -> list[Row]:
    """Some rows relabeled, some dropped, one at least and never all of them."""
    queue = queue_of(data)
    share = chance.choice([0.05, 0.3, 0.9])
    for number, row in enumerate(queue):
        if number == 0:
            row["new_label"] = chance.choice([label for label in LABELS if label != row["given_label"]])
        elif chance.random() < share:
            row |= chance.choice([{"decision": "drop"}, {"new_label": chance.choice(LABELS)}])
    return queue


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TEXT, *TABLES])
def test_any_runs_are_taken_back_in_turn(name: str, tmp_path: Path) -> None:
    for seed in range(-(-SEQUENCES // len([*TEXT, *TABLES]))):
        chance = random.Random(f"{name}{seed}")
        data = tmp_path / name
        made(chance, data)
        before: list[tuple[bytes, Path]] = []
        for run in range(chance.randint(1, 3)):
            why, queue = tmp_path / f"why{run}.json", save(answered(chance, data), tmp_path / "queue.parquet")
            before.append((data.read_bytes(), why))
            on_drop = chance.choice(["remove", "mark"]) if run == 0 else "remove"
            apply(data, [queue], in_place=True, provenance=why, on_drop=on_drop)
            assert data.read_bytes() != before[-1][0]
        for content, why in reversed(before):
            undo(data, why, in_place=True)
            assert data.read_bytes() == content, (name, seed, why)


@pytest.mark.parametrize("name", TEXT)
def test_text_is_kept_as_edits_where_packing_again_gives_the_same(name: str, tmp_path: Path) -> None:
    data, why, chance = tmp_path / name, tmp_path / "why.json", random.Random(name)
    made(chance, data)
    apply(data, [save(answered(chance, data), tmp_path / "queue.parquet")], in_place=True, provenance=why)
    (record,) = json.loads(why.read_text())["undo"]
    assert record["kind"] == ("zstd patch" if name in ("b.csv.gz", "a.jsonl.zst") else "inverse edits")
    assert record["packed"] == ("gzip" if name == "a.csv.gz" else None)
