"""Nothing that makes it fast or small changes an answer: memory, cores, blocks, layouts, and imports on demand."""

from __future__ import annotations

import ast
import csv
import importlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime

import hardneg_cli
from hardneg_cli import InputError, find, load
from hardneg_cli.cli.options import memory_bytes
from hardneg_cli.data.probabilities import probabilities
from hardneg_cli.data.probabilities.loading import from_file
from hardneg_cli.data.row_identity import blank, repeated_values
from hardneg_cli.io.tables.spill import spool
from hardneg_cli.io.tables.text_tables import separated
from hardneg_cli.statistics.label_noise import label_errors, noise_posterior
from hardneg_cli.statistics.label_noise.noise_model import LearnedTransition
from support.command import COMMAND

ROWS = 3000
NAMES = [f"class {code}" for code in range(5)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same labels and probabilities as CSV, Parquet and NumPy files, and as a shuffled file to be joined by id."""
    folder = tmp_path_factory.mktemp("scale")
    rng = np.random.default_rng(0)
    p, labels = world(rng, ROWS, len(NAMES))
    frame = pd.DataFrame({"id": [f"row {row}" for row in range(ROWS)], "label": np.array(NAMES)[labels]})
    columns = pd.DataFrame(p, columns=[f"prob_{name}" for name in NAMES])
    frame.to_csv(folder / "labels.csv", index=False)
    whole = pd.concat([frame, columns], axis=1)
    whole.to_csv(folder / "whole.csv", index=False)
    whole.to_parquet(folder / "whole.parquet", row_group_size=700)
    shuffled = pd.concat([frame[["id"]], columns], axis=1).sample(frac=1, random_state=0)
    shuffled.to_parquet(folder / "shuffled.parquet")
    shuffled.to_csv(folder / "shuffled.csv", index=False)
    np.save(folder / "probs.npy", p)
    np.save(folder / "fortran.npy", np.asfortranarray(p))
    return folder


def world(rng: np.random.Generator, rows: int, k: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities of a fair model, and labels of which a tenth are wrong."""
    true = rng.integers(0, k, rows)
    odds = rng.normal(size=(rows, k))
    odds[np.arange(rows), true] += 2 + np.log(k / 5)
    p = np.exp(odds)
    labels = np.where(rng.random(rows) < 0.1, rng.integers(0, k, rows), true)
    return p / p.sum(axis=1, keepdims=True), labels


WAYS: dict[str, Callable[[Path, int], pa.Table]] = {
    "csv": lambda folder, memory: every(folder / "whole.csv", memory),
    "parquet": lambda folder, memory: every(folder / "whole.parquet", memory),
    "npy": lambda folder, memory: every(folder / "labels.csv", memory, folder / "probs.npy"),
    "fortran": lambda folder, memory: every(folder / "labels.csv", memory, folder / "fortran.npy"),
    "by id, parquet": lambda folder, memory: every(folder / "labels.csv", memory, folder / "shuffled.parquet"),
    "by id, csv": lambda folder, memory: every(folder / "labels.csv", memory, folder / "shuffled.csv"),
}


def every(data: Path, memory: int, probs: Path | None = None) -> pa.Table:
    classes = NAMES if probs and probs.suffix == ".npy" else None
    findings = find(data, probs=[probs] if probs else (), classes=classes, memory=memory)
    return findings.table(findings.select(every=True))


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_memory_changes_no_answer(folder: Path, way: str) -> None:
    expected = every(folder / "whole.parquet", 1 << 30)
    assert WAYS[way](folder, 1 << 30) == expected
    assert WAYS[way](folder, 1) == expected


def test_blocks_change_no_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = every(folder / "whole.parquet", 1 << 30)
    for cells in (700, 5_000):
        monkeypatch.setattr(probabilities, "BLOCK_CELLS", cells)
        monkeypatch.setattr(label_errors, "PIECE_CELLS", cells // 2)
        assert every(folder / "whole.parquet", 1) == expected


@pytest.mark.process
def test_cores_change_no_answer(folder: Path) -> None:
    def answer(cores: set[int]) -> bytes:
        command = [*COMMAND, "find", "whole.csv", "--all", "-f", "csv", "-q"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=True, preexec_fn=lambda: os.sched_setaffinity(0, cores)
        )
        return done.stdout

    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        pytest.skip("this machine has one core")
    one = answer({usable[0]})
    assert one.count(b"\n") == ROWS + 1
    assert answer(set(usable)) == one


@pytest.mark.process
def test_an_interrupted_pass_leaves_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())
    command = [*COMMAND, "find", "whole.csv", "-o", "queue.csv", "--memory", "1kB", "-q"]
    for wait in (0.15, 0.4, 0.8):
        process = subprocess.Popen(
            command, cwd=folder, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        done = process.returncode == 0
        assert done or process.returncode in (130, -signal.SIGINT), said
        assert sorted(folder.iterdir()) == sorted([*before, folder / "queue.csv"] if done else before)
        (folder / "queue.csv").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("size", "expected"),
    [("512MB", 512_000_000), ("2 GiB", 2 << 30), ("1.5kb", 1500), ("7", 7), ("3m", 3_000_000), ("1TB", 10**12)],
)
def test_sizes_are_read(size: str, expected: int) -> None:
    assert memory_bytes(size) == expected


@pytest.mark.parametrize("size", ["", "0", "0MB", "many", "-1MB", "1 parsec", "1e3", "nan"])
def test_what_is_no_size_is_refused(size: str) -> None:
    with pytest.raises(InputError, match="--memory is a size such as"):
        memory_bytes(size)


@pytest.mark.parametrize("memory", [1, 5_000, 1 << 20])
def test_what_is_kept_is_what_came(memory: int) -> None:
    rng = np.random.default_rng(0)
    blocks = [rng.random((rows, 3)) for rows in (0, 1, 700, 20_000, 3)]
    np.testing.assert_array_equal(spool(iter(blocks), memory), np.concatenate(blocks))
    assert spool(iter([]), memory).shape == (0, 0)


def test_a_file_that_shrinks_is_an_error_that_names_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "p.npy").write_bytes((folder / "probs.npy").read_bytes())
    dataset = load(folder / "labels.csv")
    model = from_file(str(tmp_path / "p.npy"), dataset, NAMES)
    os.truncate(tmp_path / "p.npy", 50_000)
    with pytest.raises(InputError, match=r"p\.npy: "):
        list(model.blocks())


SPACES = st.text(st.sampled_from(" \t\n\r\x0b\x0c\x1c\x85\u00a0\u2003\u3000a~\x7fé0"), max_size=3)


@pytest.mark.slow
@given(st.lists(st.none() | SPACES), st.integers(0, 3))
def test_blank_cells_are_what_strip_leaves_nothing_of(cells: list[str | None], start: int) -> None:
    column = pa.chunked_array([pa.array(cells, pa.string()).slice(start), pa.array(cells, pa.string())])
    expected = [pa.compute.utf8_trim_whitespace(pa.scalar(cell or "")).as_py() == "" for cell in column.to_pylist()]
    assert blank(column).tolist() == expected


@pytest.mark.slow
@given(st.lists(st.text(max_size=2)))
def test_repeated_values_are_found(values: list[str]) -> None:
    assert repeated_values(pa.array(values, pa.string())) == sorted({v for v in values if values.count(v) > 1})


CELLS = st.text(st.characters(codec="utf-8"), max_size=4) | st.sampled_from(
    ['"', ",", "\t", "\r", "\n", "", 'a"b', " "]
)


@pytest.mark.slow
@given(st.lists(st.tuples(CELLS, CELLS)), st.sampled_from([",", "\t"]), st.booleans())
def test_separated_lines_are_those_of_the_csv_module(
    rows: list[tuple[str, str]], delimiter: str, narrow: bool
) -> None:  # fmt: skip
    names = ["a,\tb"] if narrow else ["a,\tb", "c"]
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(names))]
    out, expected = io.BytesIO(), io.StringIO()
    separated(pa.table(columns, names), out, delimiter=delimiter)
    writer = csv.writer(expected, delimiter=delimiter)  # whose line ends make it quote both kinds
    writer.writerow(names)
    writer.writerows(row[: len(names)] for row in rows)
    assert out.getvalue().decode() == "".join(
        line.removesuffix("\r\n") + "\n" for line in lines_of(expected.getvalue(), delimiter, len(names))
    )


def lines_of(text: str, delimiter: str, width: int) -> list[str]:
    """The records of a file of the csv module, as written."""
    lines, start, quoted, place = [], 0, False, 0
    while place < len(text):
        quoted ^= text[place] == '"'
        place += 1
        if not quoted and text[place - 2 : place] == "\r\n":
            lines.append(text[start:place])
            start = place
    assert start == len(text)
    return lines


@pytest.mark.parametrize("pairs", [True, False])
@pytest.mark.parametrize("mixed", [True, False])
def test_the_slope_of_the_posterior_is_that_of_its_value(pairs: bool, mixed: bool) -> None:
    p, labels = world(np.random.default_rng(1), 60, 4)
    z = np.log(p).T
    layout = noise_posterior.NoiseParameters(4, recalibrate=mixed, pairs=pairs)
    posterior = noise_posterior.NoisePosterior(layout, z, labels, z.mean(axis=1))
    t = np.random.default_rng(2).normal(0, 0.2, layout.tilt.stop) - 0.3
    numeric = approx_fprime(t, lambda t: posterior.loss(t)[0], 1e-6)
    np.testing.assert_allclose(posterior.loss(t)[1], numeric, rtol=1e-3, atol=2e-3)


def test_learned_flips_are_the_same_sparse_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    joint = np.diag(rng.uniform(50, 100, 30))
    joint[rng.integers(0, 30, 40), rng.integers(0, 30, 40)] += 5
    p = rng.dirichlet(np.full(30, 0.3), 200).T.copy()
    sparse = LearnedTransition.of(joint).unlearned(p)
    monkeypatch.setattr("hardneg_cli.statistics.label_noise.noise_model.SPARSE", 0)
    dense = LearnedTransition.of(joint).unlearned(p)
    assert sparse.dtype != dense.dtype
    np.testing.assert_allclose(sparse, dense, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("k", [12, 120, 420])  # on each side of the limits above which less is fitted
def test_many_classes_are_ranked_as_few(k: int) -> None:
    p, labels = world(np.random.default_rng(4), 3000, k)
    fitted = label_errors.fit([p], labels)
    score = fitted.cut.score(fitted.order([p], labels))
    wrong = score >= 0.5
    own = p[np.arange(3000), labels]
    assert own[wrong].max() < np.median(own)
    assert 100 < wrong.sum() < 900
    float32 = fitted.order([p.astype(np.float32)], labels)
    np.testing.assert_allclose(float32, fitted.order([p], labels), atol=2e-3)


def test_every_name_of_the_interface_is_there_and_the_function() -> None:
    tree = ast.parse(Path(hardneg_cli.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert sorted(imported) == sorted(hardneg_cli.__all__)
    for name, module in imported.items():
        assert getattr(hardneg_cli, name) is getattr(importlib.import_module(str(module)), name)
    with pytest.raises(AttributeError, match="no attribute 'lable'"):
        hardneg_cli.lable  # noqa: B018


@pytest.mark.process
def test_an_import_loads_nothing_that_it_need_not() -> None:
    code = (
        "import sys, hardneg_cli.verbs.find; from hardneg_cli import find, Columns; assert callable(find)\n"
        "print(sorted({'numpy', 'pandas', 'sklearn', 'typer', 'hardneg_cli.verbs.check'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
