"""Sound files of every kind that the command reads: what is mutated, and what stands beside it."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq

from support.hostile.running import CaseServer, HostileCase

ROWS = 60
CLASSES = ("bird", "cat", "dog")
KINDS = ("csv", "tsv", "jsonl", "json", "parquet", "arrow", "arrows", "feather", "xlsx", "csv.gz", "csv.bz2", "csv.zst")
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "csv": bytes,
    "csv.gz": gzip.compress,
    "csv.bz2": bz2.compress,
    "csv.zst": lambda data: bytes(pa.compress(data, "zstd", asbytes=True)),
}
MADE = (
    "find data.csv --probs probs.csv --all -o scores.csv -o scores.parquet -o scores.xlsx -o scores.ndjson "
    "-o label-studio:studio.json -o prodigy:prodigy.jsonl -o argilla:argilla.json -o doccano:doccano.jsonl "
    "--state state.parquet",
    "audit draw scores.csv --rows 20 -o audit.csv",
    "predict data.csv --text text --folds 2 -o frozen.csv",
    "refine data.csv --unlabeled pool.csv --features x,y --ledger ledger.csv --rounds 1 --max-error 40% -o refined.csv",
    "apply data.csv queue.csv -o clean.csv --provenance why.json",
    "apply data.parquet queue.csv -o clean.parquet --provenance typed.json",
    "collect queue.csv --data data.csv --reviewer ann",
)


def good_files(server: CaseServer) -> dict[str, bytes]:
    """By name. Raises AssertionError where the command cannot make those that it writes."""
    files = _tables()
    for line in MADE:
        ending = server.run(HostileCase("good", tuple(line.split()), files))
        assert ending.code in (0, 1), ending.err
        files |= ending.files
        if line.startswith("find"):
            files["queue.csv"] = _filled(files["scores.csv"])
        if line.startswith("audit"):
            files["audit.csv"] = _filled(files["audit.csv"], times=7)
    for name in ("tsv", "parquet", "ndjson", "json", "xlsx"):
        files[f"queue.{name}"] = _as(name, files["queue.csv"])
    files["base.csv"] = files["data.csv"].replace(b"r7,bird", b"r7,cat").replace(b"r8,cat", b"r8,dog")
    files["settings.toml"] = b'label = "label"\n[outvoted-label]\namong = 5\n[datasets.birds]\ndata = "data.csv"\n'
    files["log.ndjson"] = files["data.csv.decisions.ndjson"]
    return files


def _tables() -> dict[str, bytes]:
    chance = np.random.default_rng(7)
    codes = np.arange(ROWS) * 7 % 3
    points = chance.normal(size=(ROWS, 2)).round(4)
    points[np.arange(ROWS), codes % 2] += 3
    raw = np.exp(chance.normal(size=(ROWS, 3)) + 3 * np.eye(3)[codes])
    probs = (raw / raw.sum(axis=1, keepdims=True)).round(6)
    words = [f"a {CLASSES[code]} that says {word}" for code, word in enumerate(("tweet", "meow", "bow-wow"))]
    data = pa.table({
        "id": [f"r{row}" for row in range(ROWS)], "label": [CLASSES[code] for code in codes],
        "text": [f"{words[code]} {row * 31 % 17}" for row, code in enumerate(codes)],
        "x": points[:, 0], "y": points[:, 1], "split": ["test" if row % 5 == 0 else "train" for row in range(ROWS)],
    })  # fmt: skip
    vectors = pa.array([[*map(float, chance.normal(size=4).round(3))] for _ in range(ROWS)], pa.list_(pa.float64()))
    named = pa.table({"id": data["id"], **{f"prob_{name}": probs[:, place] for place, name in enumerate(CLASSES)}})
    files = {f"data.{kind}": _as(kind, _csv(data)) for kind in KINDS}
    files |= {
        "data.parquet": _parquet(data.append_column("vec", vectors)), "probs.csv": _csv(named),
        "probs.parquet": _parquet(named), "probs.npy": _npy(probs), "probs.npz": _npz(probs=probs),
        "lists.parquet": _parquet(pa.table({"id": data["id"], "values": list(probs)})),
        "vectors.npy": _npy(points), "classes.txt": b"bird\ncat\ndog\n",
        "pool.csv": _csv(data.slice(0, 40).drop_columns(["label", "id"]).set_column(1, "x", data["x"].slice(1, 40))),
        "other.csv": _csv(named.set_column(1, "prob_bird", named["prob_bird"])),
    }  # fmt: skip
    return files


def _as(kind: str, data: bytes) -> bytes:
    """A CSV's rows in another kind of file."""
    table = pa.csv.read_csv(io.BytesIO(data), convert_options=pa.csv.ConvertOptions(strings_can_be_null=False))
    rows = table.to_pylist()
    out = io.BytesIO()
    if kind in PACKED:
        return PACKED[kind](data)
    if kind == "tsv":
        text = io.StringIO()
        csv.writer(text, delimiter="\t", lineterminator="\n").writerows(csv.reader(io.StringIO(data.decode())))
        return text.getvalue().encode()
    if kind in ("jsonl", "ndjson"):
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    if kind == "json":
        return json.dumps(rows, indent=1).encode()
    if kind == "parquet":
        return _parquet(table)
    if kind == "feather":
        pa.feather.write_feather(table, out, compression="zstd")
    elif kind == "xlsx":
        _workbook(out, table)
    else:
        new = pa.ipc.new_file if kind == "arrow" else pa.ipc.new_stream
        with new(out, table.schema) as writer:
            writer.write_table(table)
    return out.getvalue()


def _workbook(out: io.BytesIO, table: pa.Table) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (table.column_names, *(row.values() for row in table.to_pylist())):
        book.active.append(list(row))
    book.save(out)


def _filled(queue: bytes, times: int = 1) -> bytes:
    """The queue with three answers, or so many times three."""
    rows = list(csv.DictReader(io.StringIO(queue.decode())))
    for row, answer in zip(rows, ("keep", "relabel", "drop") * times, strict=False):
        row["decision"] = answer
        row["new_label"] = "cat" if answer == "relabel" else ""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _csv(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pa.csv.write_csv(table, out, pa.csv.WriteOptions(quoting_style="needed"))
    return out.getvalue()


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=40)
    return out.getvalue()


def _npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def _npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()
