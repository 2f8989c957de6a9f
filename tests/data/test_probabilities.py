"""Probabilities from any kind of file, in any order and of several models, are the same, and never held in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hardneg_cli import InputError, find
from hardneg_cli.data.columns import Columns
from hardneg_cli.data.load import load
from hardneg_cli.data.probabilities.arrays import from_array
from hardneg_cli.data.probabilities.loading import from_file
from hardneg_cli.data.probabilities.probabilities import together
from hardneg_cli.detection.evidence import digest

ROWS, CLASSES = 400, ["bird", "cat", "dog", "emu"]
ONLY = ("doubtful-label",)


def model(seed: int, kind: type = np.float64) -> np.ndarray:
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(ROWS, 4)) + 2.5 * np.eye(4)[np.arange(ROWS) % 4]
    p = np.exp(logits)
    return (p / p.sum(axis=1, keepdims=True)).astype(kind)


IDS = [f"row {row * 7919 % 1009:04}" for row in range(ROWS)]
LABELS = [CLASSES[row % 4] for row in range(ROWS)]
DATA = pd.DataFrame({"id": IDS, "label": LABELS})


def framed(p: np.ndarray, classes: list[str] = CLASSES) -> pd.DataFrame:
    return pd.concat([DATA[["id"]], pd.DataFrame(p, columns=[f"prob_{name}" for name in classes])], axis=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    DATA.to_csv(tmp_path / "data.csv", index=False)
    return tmp_path / "data.csv"


def findings(data: Path, *probs: object, classes: list[str] | None = None) -> pa.Table:
    found = find(data, probs=[str(p) if isinstance(p, Path) else p for p in probs], classes=classes, detectors=ONLY)
    return found.table(found.select(every=True))


def assert_same(one: pa.Table, other: pa.Table) -> None:
    left, right = one.to_pandas(), other.to_pandas()
    pd.testing.assert_frame_equal(left, right)


@pytest.mark.slow
def test_joined_by_id_in_any_order(data: Path, tmp_path: Path) -> None:
    frame = framed(model(0))
    shuffled = pd.concat([frame, frame.head(9).assign(id=[f"x{i}" for i in range(9)])]).sample(frac=1, random_state=0)
    expected = None
    for kind in ("csv", "parquet", "feather"):
        for name, rows in (("aligned", frame), ("shuffled", shuffled)):
            path = tmp_path / f"{name}.{kind}"
            if kind == "csv":
                rows.to_csv(path, index=False)
            else:
                getattr(rows.reset_index(drop=True), f"to_{kind}")(path)
            table = findings(data, path)
            expected = table if expected is None else expected
            assert_same(table, expected)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_every_kind_of_file_and_number(kind: type, data: Path, tmp_path: Path) -> None:
    p = model(0, kind)
    expected = findings(data, p, classes=CLASSES)
    np.save(tmp_path / "p.npy", p)
    np.save(tmp_path / "columns.npy", np.asfortranarray(p))
    np.savez(tmp_path / "p.npz", probs=p)
    np.savez_compressed(tmp_path / "packed.npz", p)
    for name in ("p.npy", "columns.npy", "p.npz", "packed.npz"):
        assert_same(findings(data, tmp_path / name, classes=CLASSES), expected)
    table = pa.table({"id": IDS} | {f"prob_{name}": pa.array(p[:, code]) for code, name in enumerate(CLASSES)})
    with pa.OSFile(str(tmp_path / "p.arrow"), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=33)
    assert_same(findings(data, tmp_path / "p.arrow"), expected)
    framed(p.astype(np.float64)).to_csv(tmp_path / "p.csv", index=False)
    near = findings(data, tmp_path / "p.csv")
    assert near["id"].to_pylist() == expected["id"].to_pylist()
    assert np.allclose(near["score"].to_numpy(), expected["score"].to_numpy(), atol=1e-6)


def test_columns_in_the_data_itself(tmp_path: Path) -> None:
    inside = framed(model(0)).assign(label=LABELS)
    inside.to_csv(tmp_path / "both.csv", index=False)
    DATA.to_csv(tmp_path / "data.csv", index=False)
    expected = findings(tmp_path / "data.csv", model(0), classes=CLASSES)
    assert_same(findings(tmp_path / "both.csv"), expected)
    renamed = inside.rename(columns=lambda name: name.replace("prob_", "p:"))
    renamed.to_parquet(tmp_path / "renamed.parquet")
    found = find(tmp_path / "renamed.parquet", Columns(prob_prefix="p:"), detectors=ONLY)
    assert_same(found.table(found.select(every=True)), expected)


def test_several_models_in_lockstep_with_classes_of_their_own(data: Path, tmp_path: Path) -> None:
    full, backwards = model(0), model(1)
    partial = model(2)[:, [2, 0, 1]]
    partial /= partial.sum(axis=1, keepdims=True)
    framed(full).to_parquet(tmp_path / "full.parquet", row_group_size=37)
    framed(backwards[:, ::-1], CLASSES[::-1]).sample(frac=1, random_state=1).to_csv(tmp_path / "back.csv", index=False)
    framed(partial, ["dog", "bird", "cat"]).reset_index(drop=True).to_feather(tmp_path / "partial.feather")
    dataset = load(data)
    models = [from_file(str(tmp_path / name), dataset) for name in ("full.parquet", "back.csv", "partial.feather")]
    dataset, probabilities = together([*models, from_array(full, dataset, CLASSES)], dataset)
    rows = 0
    wide = np.c_[partial[:, [1, 2, 0]], np.zeros(ROWS)]
    for span, blocks in probabilities.blocks():
        for block, expected in zip(blocks, (full, backwards, wide, full), strict=True):
            np.testing.assert_allclose(block, expected[span], atol=1e-12)
        rows = span.stop
    assert rows == ROWS
    gathered = digest.gather(dataset, probabilities)
    mean = (full + backwards + wide + full) / 4
    codes = np.arange(ROWS) % 4
    np.testing.assert_allclose(gathered.mean.p_given, mean[np.arange(ROWS), codes], atol=1e-12)
    np.testing.assert_array_equal(gathered.mean.top, mean.argmax(axis=1))
    np.testing.assert_allclose(gathered.sums[0].by_given.sum(axis=1), 100, atol=1e-4)
    assert probabilities.known.tolist() == [[True] * 4, [True] * 4, [True, True, True, False], [True] * 4]


def test_rows_match_by_order_only_where_their_number_is_right(data: Path, tmp_path: Path) -> None:
    framed(model(0)).drop(columns="id").to_csv(tmp_path / "p.csv", index=False)
    assert_same(findings(data, tmp_path / "p.csv"), findings(data, model(0), classes=CLASSES))
    for name, p in (("short.npy", model(0)[:-1]), ("long.npy", np.vstack([model(0), model(0)[:1]]))):
        np.save(tmp_path / name, p)
        with pytest.raises(InputError, match="rows for 400 rows of data"):
            findings(data, tmp_path / name, classes=CLASSES)


def test_a_column_that_may_have_been_the_id_is_mentioned(data: Path, tmp_path: Path) -> None:
    framed(model(0)).rename(columns={"id": "row_id"}).to_csv(tmp_path / "p.csv", index=False)
    found = find(data, probs=[str(tmp_path / "p.csv")], detectors=ONLY)
    assert any("matched by order" in note and "'row_id'" in note for note in found.notes), found.notes


# What the process itself allocates; pages of the mapped file are the system's to take back.
MEASURE = """
import re, threading
from hardneg_cli.data.load import load
from hardneg_cli.detection.evidence import digest
from hardneg_cli.data.probabilities.loading import from_file
from hardneg_cli.data.probabilities.probabilities import together

def gather(data, probs):
    dataset = load(data)
    dataset, probabilities = together([from_file(probs, dataset, names)], dataset)
    return digest.gather(dataset, probabilities)

def allocated():
    return int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1])

def watch():
    global peak
    while not done.wait(0.005):
        peak = max(peak, allocated())

names = [f"c{i:03}" for i in range(400)]
gather("small.csv", "small.npy")
before = peak = allocated()
done = threading.Event()
watcher = threading.Thread(target=watch)
watcher.start()
found = gather("data.csv", "p.npy")
done.set()
watcher.join()
print(peak - before)
"""


@pytest.mark.process
def test_the_matrix_is_never_in_memory(tmp_path: Path) -> None:
    rows, k = 100_000, 400
    generator = np.random.default_rng(0)
    matrix = np.lib.format.open_memmap(tmp_path / "p.npy", "w+", np.float32, (rows, k))
    for start in range(0, rows, 20_000):
        block = generator.random((20_000, k), np.float32)
        block[np.arange(20_000), np.arange(start, start + 20_000) % k] += 50
        matrix[start : start + 20_000] = block / block.sum(axis=1, keepdims=True)
    matrix.flush()
    np.save(tmp_path / "small.npy", matrix[:1000])
    del matrix
    lines = [f"{row},c{row % k:03}\n" for row in range(rows)]
    (tmp_path / "data.csv").write_text("id,label\n" + "".join(lines))
    (tmp_path / "small.csv").write_text("id,label\n" + "".join(lines[:1000]))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) * 1024 < 0.6 * rows * k * 4, f"{int(done.stdout) >> 10} MiB more for a matrix of 153 MiB"
