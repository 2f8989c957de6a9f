"""What earlier runs wrote and later ones read back, in other hands: provenance, saved state, ledger."""

from __future__ import annotations

import base64
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hardneg_cli
from hardneg_cli.data import snapshot
from hardneg_cli.data.load import load
from hardneg_cli.errors import HardnegError, InputError
from hardneg_cli.io.files.inverse_edits import RewriteTarget, revert
from hardneg_cli.io.files.zstd_patch import FRAME_BYTES, patched, zstd
from hardneg_cli.modeling.self_training import ledger

DATA = "id,text,label\n" + "".join(f"r{row},text {row},{'cat' if row % 2 else 'dog'}\n" for row in range(20))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text(DATA)
    dataset = load("d.csv")
    (hash_,) = dataset.row_hashes(np.array([1]))
    Path("q.csv").write_text(f"id,decision,new_label,given_label,row_hash\nr1,relabel,dog,cat,{hash_}\n")
    return tmp_path


def undone_with(change: Any) -> None:
    """Undo with a changed provenance, which has to leave the data as they are."""
    hardneg_cli.apply("d.csv", ["q.csv"], output="new.csv", provenance="p.json")
    before = Path("new.csv").read_bytes()
    document = json.loads(Path("p.json").read_bytes())
    Path("p.json").write_text(json.dumps(change(document)))
    with pytest.raises(HardnegError):
        hardneg_cli.undo("new.csv", "p.json", in_place=True)
    assert Path("new.csv").read_bytes() == before
    assert not [path for path in Path().iterdir() if ".part" in path.name]


def with_data(data: bytes, kind: str = "inverse edits") -> Any:
    def change(document: dict[str, Any]) -> dict[str, Any]:
        document["undo"][0] |= {"kind": kind, "data": [base64.b64encode(data).decode()]}
        return document

    return change


def frame(content: bytes) -> bytes:
    packed = zstd.compress(content)
    return b"0 0 %d\n" % len(packed) + packed


LIES = {
    "beyond the end": with_data(gzip.compress(b"999999999999999999 1 1\nx")),
    "a bomb": with_data(gzip.compress(b"0 0 999999999999999999\n" + bytes(1 << 20))),
    "no edits": with_data(b"\x1f\x8b\x08"),
    "a frame far away": with_data(b"999999999999999999 5 4\nabcd", "zstd patch"),
    "a frame of nothing": with_data(b"0 0 0\n", "zstd patch"),
    "small frames": with_data(frame(b"a") * 50, "zstd patch"),
    "another kind": with_data(b"x", "pickle"),
    "no list": lambda document: document | {"undo": 7},
    "a list": lambda document: [document],
    "other types": lambda document: document | {"files": [{"name": []}]},
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_provenance_that_lies_leaves_the_data_alone(folder: Path, lie: str) -> None:
    undone_with(LIES[lie])


def test_a_document_that_is_nested_without_end_is_refused(folder: Path) -> None:
    Path("p.json").write_text("[" * 200_000)
    with pytest.raises(InputError, match="is not what `provenance` wrote"):
        hardneg_cli.undo("d.csv", "p.json", in_place=True)
    with pytest.raises(InputError, match="line 1"):
        ledger.read("p.json")


def test_patches_and_edits_unpack_to_no_more_than_they_may() -> None:
    with pytest.raises(ValueError, match="more than it may"):
        list(patched(io.BytesIO(), io.BytesIO(frame(bytes(FRAME_BYTES + 1)))))
    with pytest.raises(ValueError, match="more than it may"):
        list(patched(io.BytesIO(), io.BytesIO(frame(bytes(1000))), 999))
    with pytest.raises(ValueError, match="too short"):
        list(patched(io.BytesIO(), io.BytesIO(frame(b"a") * 2)))
    edits = gzip.compress(b"0 0 1000\n" + bytes(1000))
    with pytest.raises(ValueError, match="more than it may"):
        revert(io.BytesIO(), io.BytesIO(edits), RewriteTarget(io.BytesIO()), 999)


def states() -> dict[str, Any]:
    return {
        "no metadata": lambda table: table.replace_schema_metadata(None),
        "nested": lambda table: table.replace_schema_metadata({b"hardneg-state": b"[" * 100_000}),
        "a number": lambda table: table.replace_schema_metadata({b"hardneg-state": b"7"}),
        "no columns": lambda table: table.replace_schema_metadata({b"hardneg-state": b'{"v": 1}'}),
        "no hash": lambda table: table.drop_columns(["hash"]),
        "a long hash": lambda table: table.set_column(1, "hash", pa.array(["x"] * len(table))),
        "no label": lambda table: table.set_column(2, "label", pa.nulls(len(table), pa.string())),
        "a label of numbers": lambda table: table.set_column(2, "label", pa.array([1] * len(table))),
        "a score of text": lambda table: table.set_column(4, "score", pa.array(["x"] * len(table))),
    }


@pytest.mark.parametrize("lie", states())
def test_a_state_that_lies_is_refused(folder: Path, lie: str) -> None:
    dataset = load("d.csv")
    snapshot.write(dataset, np.zeros(20, bool), np.zeros(20), "s")
    assert len(snapshot.read("s", dataset).labels) == 20
    pq.write_table(states()[lie](pq.read_table("s")), "s")
    with pytest.raises(InputError, match=r"^s: "):
        snapshot.read("s", dataset)
