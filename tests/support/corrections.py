"""A small dataset in every form, the queue about it, and what is right: the answers, and the corrected rows."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from hardneg_cli import Columns
from hardneg_cli.data.hashed_columns import hashed_cells
from hardneg_cli.data.load import load

Row = dict[str, Any]


TEXTS = ["plain", "two\nlines", 'a "quote"', "comma, semicolon; tab\t", "Zürich 東京 🦊", "None", "007", " blank "]


LABELS = ["cat", "dog", "crème brûlée"]


ROWS: list[Row] = [
    {"id": f"r{n:02d}", "label": LABELS[n % 3], "text": f"{TEXTS[n % len(TEXTS)]} {n}", "more": str(n)}
    for n in range(24)
]


TRUTH = {"r03": "dog", "r05": "cat", "r11": "a, b; c", "r14": "新しい"}


DROPPED = {"r07", "r23"}


def delimited(rows: Sequence[Row], delimiter: str = ",", end: str = "\n", **dialect: Any) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]), delimiter=delimiter, lineterminator=end, **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def array(rows: Sequence[Row]) -> str:
    return "[" + ",".join("\n " + json.dumps(row) for row in rows) + "\n]\n"


TEXT_FORMS: dict[str, Callable[[Sequence[Row]], bytes]] = {
    "plain.csv": lambda rows: delimited(rows).encode(),
    "bom.csv": lambda rows: delimited(rows).encode("utf-8-sig"),
    "crlf.csv": lambda rows: delimited(rows, end="\r\n").encode(),
    "semicolon.csv": lambda rows: delimited(rows, ";", "\r\n").encode("utf-8-sig"),
    "utf16.csv": lambda rows: delimited(rows, ";").encode("utf-16"),
    "tabs.tsv": lambda rows: delimited(rows, "\t").encode(),
    "lines.jsonl": lambda rows: lines(rows).encode(),
}


UNPACKED: dict[str, Callable[[bytes], bytes]] = {"packed.csv.gz": gzip.decompress, "packed.csv.bz2": bz2.decompress}


def ours(data: bytes) -> bytes:
    """Packed as we pack, byte for byte."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packing:
        packing.write(data)
    return out.getvalue()


def zstd(data: bytes, level: int) -> bytes:
    packed: bytes = pa.Codec("zstd", level).compress(data, asbytes=True)
    return packed


def workbook(rows: Sequence[Row], path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list(row.values()))
    book.save(path)


def cells(path: Path) -> list[Row]:
    head, *rest = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rest]


TABLES: dict[str, tuple[Callable[[Sequence[Row], Path], Any], Callable[[Path], list[Row]]]] = {
    "a.parquet": (lambda rows, path: pd.DataFrame(rows).to_parquet(path), lambda path: records(pd.read_parquet(path))),
    "a.feather": (
        lambda rows, path: pyarrow.feather.write_feather(pa.Table.from_pylist(list(rows)), path),
        lambda path: records(pd.read_feather(path)),
    ),
    "a.json": (lambda rows, path: path.write_text(array(rows)), lambda path: list(json.loads(path.read_text()))),
    "a.xlsx": (workbook, cells),
}


def records(frame: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def corrected(rows: Sequence[Row] = ROWS) -> list[Row]:
    return [row | {"label": TRUTH.get(row["id"], row["label"])} for row in rows if row["id"] not in DROPPED]


def queue_of(data: Path, columns: Columns | None = None) -> list[Row]:
    """What `find --all` would write about the data, without looking for anything."""
    dataset = load(data, columns)
    hashes = dataset.row_hashes(pa.array(range(len(dataset))).to_numpy())
    given = [dataset.classes[code] for code in dataset.labels]
    blank = {"decision": "", "new_label": "", "note": ""}
    covered = hashed_cells([dataset.hashed] * len(dataset))
    return [
        {
            "id": id_,
            **blank,
            "given_label": label,
            "suggested_label": "",
            "score": 0.5,
            "suggestion_score": None,
            "row_hash": hash_,
            "hashed": cell,
        }
        for id_, label, hash_, cell in zip(dataset.ids.to_pylist(), given, hashes, covered, strict=True)
    ]


def filled(queue: Sequence[Row], **answers: Row) -> list[Row]:
    assert set(answers) <= {row["id"] for row in queue}
    return [row | answers.get(row["id"], {}) for row in queue]


def by_truth(queue: Sequence[Row]) -> list[Row]:
    answers: dict[str, Row] = {id_: {"new_label": label} for id_, label in TRUTH.items()}
    return filled(queue, **answers, **{id_: {"decision": "drop"} for id_ in DROPPED}, r00={"decision": "keep"})


def save(rows: Sequence[Row], path: Path) -> Path:
    if path.suffix == ".xlsx":
        workbook(rows, path)
    elif path.suffix == ".parquet":
        pa.parquet.write_table(pa.Table.from_pylist(list(rows)), path)
    elif path.suffix in (".ndjson", ".json"):
        path.write_text(lines(rows) if path.suffix == ".ndjson" else array(rows))
    else:
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    return path
