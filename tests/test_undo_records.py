"""What a provenance keeps leads back to the very bytes: edits the other way round of text, patches of all else."""

from __future__ import annotations

import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_apply import TEXTS, array, delimited, lines, queue_of, save, workbook
from test_undo import ours, zstd

from hardneg_cli import apply
from hardneg_cli.io.files import zstd_patch
from hardneg_cli.io.files.inverse_edits import InverseEdits, RewriteTarget, revert
from hardneg_cli.io.files.zstd_patch import patched, write_patch
from hardneg_cli.verbs.undo import undo

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


# ---------------------------------------------------------------------------------------------------------- edits

pieces = st.lists(st.tuples(st.binary(max_size=12), st.none() | st.binary(max_size=12)), max_size=12)


def rewritten(pieces: list[tuple[bytes, bytes | None]]) -> tuple[bytes, bytes, bytes]:
    """The old bytes, the new ones, and the edits that lead back; None: the piece stays."""
    out, packed = io.BytesIO(), io.BytesIO()
    with InverseEdits(packed) as inverse:
        target = RewriteTarget(out, inverse)
        for old, new in pieces:
            target.keep(old) if new is None else target.replace(old, new)
    return b"".join(old for old, _ in pieces), out.getvalue(), packed.getvalue()


def reverted(data: bytes, edits: bytes) -> bytes:
    out = io.BytesIO()
    revert(io.BytesIO(data), io.BytesIO(edits), RewriteTarget(out))
    return out.getvalue()


@settings(deadline=None, max_examples=300)
@given(pieces)
def test_edits_lead_back_and_are_undone_themselves(pieces: list[tuple[bytes, bytes | None]]) -> None:
    old, new, edits = rewritten(pieces)
    again, packed = io.BytesIO(), io.BytesIO()
    with InverseEdits(packed) as inverse:
        revert(io.BytesIO(new), io.BytesIO(edits), RewriteTarget(again, inverse))
    assert again.getvalue() == old
    assert reverted(old, packed.getvalue()) == new


def test_only_what_differs_is_kept_and_large_pieces_come_in_chunks() -> None:
    large = random.Random(0).randbytes(3 << 20)
    _, _, edits = rewritten([(large, None), (large + b"old" + large, large + b"new" + large)])
    assert gzip.decompress(edits) == b"%d 3 3\nold" % (2 * len(large))
    old, new, edits = rewritten([(large, b""), (b"", large[::-1]), (large[:9], large)])
    assert reverted(new, edits) == old


@pytest.mark.parametrize(
    "edits",
    [
        b"", b"1 2 3", b"-1 2 3\n", b"1 2\n", b"1 -2 3\nabc", b"99 1 1\na", b"0 99 1\na", b"0 1 99\na",
        b"0 0 0\n" * 9 + b"?" * 999, b"9" * 40 + b" 0 0\n",
    ],
)  # fmt: skip
def test_damaged_edits_are_seen(edits: bytes) -> None:
    packed = gzip.compress(edits)
    for damaged in (packed, packed[:-9], packed[:-4], b"BZh" + packed):
        if not edits and damaged == packed:
            continue
        with pytest.raises(ValueError, match=r"edit|unpacked"):
            reverted(b"short", damaged)


# -------------------------------------------------------------------------------------------------------- patches


def packed(there: bytes, wanted: bytes) -> bytes:
    out = io.BytesIO()
    write_patch(io.BytesIO(wanted), io.BytesIO(there), out)
    out.seek(0)
    assert b"".join(patched(io.BytesIO(there), out)) == wanted
    return out.getvalue()


parts = st.lists(st.sampled_from([b"a,b\n", b"\0" * 70, b"longer than any anchor, ", bytes(range(256)), b"x"]))


@settings(deadline=None, max_examples=150)
@given(parts, parts, st.sampled_from([1, 64, 1 << 25]))
def test_a_patch_leads_to_any_file_from_any_file(there: list[bytes], wanted: list[bytes], frame: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zstd_patch, "FRAME_BYTES", frame)
        patch.setattr(zstd_patch, "REFERENCE_BYTES", 2 * frame)
        packed(b"".join(there), b"".join(wanted))


def test_moved_blocks_are_copied() -> None:
    data = random.Random(0).randbytes(3_000_000)
    moved = data[1_000_000:2_000_000] + b"new" * 50_000 + data[:1_000_000] + data[2_000_000:]
    assert len(packed(moved, data)) < 5000
    assert len(packed(data, moved)) < 5000
    assert len(packed(b"", data)) < 1.01 * len(data)


def test_frames_go_by_the_part_around_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zstd_patch, "FRAME_BYTES", 1 << 18)
    monkeypatch.setattr(zstd_patch, "REFERENCE_BYTES", 1 << 19)
    data = random.Random(0).randbytes(5_000_000)
    longer = b"".join(data[at : at + 50_000] + b"mark" * 100 for at in range(0, len(data), 50_000))
    assert len(packed(longer, data)) < 10_000
    assert len(packed(data, longer)) < 10_000


@pytest.mark.parametrize("place", [0, 3, -1])
def test_damaged_patches_are_seen(place: int) -> None:
    data = random.Random(0).randbytes(1000)
    good = packed(data[:500], data)
    bad = bytearray(good)
    bad[place] ^= 0x55
    for patch in (bytes(bad), good[:-1], good[: good.index(b"\n") + 1], b"0 999999999 9\n" + good, b"x" * 99):
        if patch != bytes(bad) or place >= 0:
            with pytest.raises(ValueError, match=r"frame"):
                list(patched(io.BytesIO(data[:500]), io.BytesIO(patch)))
