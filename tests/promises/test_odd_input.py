"""What is odd and yet no error: it is taken as it is, or warned about."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.load import load
from hardneg_cli.data.probabilities.arrays import from_array
from hardneg_cli.data.probabilities.column_checks import refuse_nonsense
from hardneg_cli.data.probabilities.probabilities import together
from hardneg_cli.detection.evidence import digest
from hardneg_cli.errors import InputError
from support.labeled_files import (
    CLASSES,
    DATA,
    IDS,
    LABELS,
    MODEL,
    ROWS,
    edited,
    fill,
    hardneg,
    npy,
    parquet,
    probs,
    table,
    with_cell,
)

# ------------------------------------------------------------------------------------------ what is no error

ODD_LABELS = ["None", "NA", "null", "nan", "007", "1e5"]


def found(folder: Path, arguments: str, **options: bytes) -> tuple[list[list[str]], str]:
    """The rows of `-f tsv` without the header, and what was said."""
    detector = "doubtful-label" if "--probs" in arguments else "rare-label"
    done = hardneg(f"{arguments} -f tsv --detector {detector}", folder, **options)
    assert done.returncode == 0, done.stderr.decode()
    return [line.split("\t") for line in done.stdout.decode().splitlines()[1:]], done.stderr.decode()


@pytest.mark.process
def test_classes_that_only_one_side_knows(tmp_path: Path) -> None:
    data = edited(8, "r7,emu")
    fill(tmp_path, {"data.csv": data, "probs.csv": probs(np.c_[MODEL, np.zeros(ROWS)], classes=[*CLASSES, "fox"])})
    rows, said = found(tmp_path, "find data.csv --probs probs.csv --all")
    assert len(rows) == ROWS
    assert "'emu'" in said
    assert "'fox'" in said


@pytest.mark.process
def test_a_misspelled_class_is_pointed_out(tmp_path: Path) -> None:
    fill(tmp_path, {"probs.npy": npy(MODEL)})
    _, said = found(tmp_path, "find data.csv --probs probs.npy --classes bird,cat,dogs")
    assert "did you mean 'dog'?" in said


@pytest.mark.process
def test_float16_rounding_is_accepted_and_extra_ids_are_left_aside(tmp_path: Path) -> None:
    rounded = MODEL.astype(np.float16)
    columns = {f"prob_{name}": np.r_[rounded[:, code], rounded[:5, code]] for code, name in enumerate(CLASSES)}
    fill(tmp_path, {"probs.parquet": parquet(id=[*IDS, *"abcde"], **columns)})
    rows, said = found(tmp_path, "find data.csv --probs probs.parquet --all")
    assert len(rows) == ROWS
    assert "probs.parquet: 5 rows match no id of data.csv and were left aside" in said


@pytest.mark.process
def test_in_sample_probabilities_are_a_warning(tmp_path: Path) -> None:
    fill(tmp_path, {"probs.csv": probs(0.001 + 0.997 * np.eye(3)[LABELS])})
    _, said = found(tmp_path, "find data.csv --probs probs.csv")
    assert "in-sample" in said
    assert "out-of-fold" in said


@pytest.mark.process
def test_bad_rows_are_skipped_counted_and_listed(tmp_path: Path) -> None:
    data = edited(8, "r7,", edited(20, ",dog"))
    broken = with_cell(30, np.nan, 0.5, 0.5)
    broken[31] = 0.5
    fill(tmp_path, {"data.csv": edited(12, "r11,cat,extra", data), "probs.csv": probs(broken[:-1], ids=IDS[:-1])})
    rows, said = found(tmp_path, "find data.csv --probs probs.csv --all --on-bad-rows skip")
    assert {row[0] for row in rows} == set(IDS) - {"r7", "r11", "r19", "r30", "r31", "r89"}
    assert "left out 3 bad rows" in said
    for part in (
        "row 8: no label",
        "row 12: 3 cells instead of 2",
        "row 19: no id",
        "NaN among the probabilities: 'r30'",
        "sum to 1: 'r31'",
        "no probabilities: 'r89'",
    ):
        assert part in said, said
    fill(tmp_path, {"data.csv": data, "probs.csv": probs(MODEL, ids=None)})
    rows, _ = found(tmp_path, "find data.csv --probs probs.csv --all --on-bad-rows skip")
    given = dict(zip(IDS, MODEL[np.arange(ROWS), LABELS], strict=True))
    assert {row[0] for row in rows} == set(IDS) - {"r7", "r19"}
    assert all(abs(float(row[11]) - given[row[0]]) < 1e-6 for row in rows), "rows behind a skipped one are not shifted"


@pytest.mark.process
def test_every_text_is_a_legal_label_and_id(tmp_path: Path) -> None:
    labels = [ODD_LABELS[row % 6] for row in range(60)]
    ids = [f"{ODD_LABELS[row % 6]}{row // 6 or ''}" for row in range(60)]
    fill(tmp_path, {"data.csv": table("id,label", ids, labels)})
    rows, _ = found(tmp_path, "find data.csv --all")
    assert {row[0]: row[4] for row in rows} == dict(zip(ids, labels, strict=True))


def _zst(data: bytes) -> bytes:
    compressed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return compressed


WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "bom.csv": lambda data: b"\xef\xbb\xbf" + data,
    "wide.csv": lambda data: data.decode().encode("utf-16"),
    "a.csv.gz": gzip.compress,
    "a.csv.bz2": bz2.compress,
    "a.csv.zst": _zst,
}


@pytest.mark.process
@pytest.mark.parametrize("name", [*WRAPPED, "glob", "-"])
def test_the_same_data_in_another_wrapping(name: str, tmp_path: Path) -> None:
    data = DATA.replace("dog", "wörd").encode()
    model = {"probs.csv": probs(MODEL).replace("prob_dog", "prob_wörd")}
    fill(tmp_path, {"plain.csv": data, **model})
    header, *lines = data.splitlines(keepends=True)
    for number in range(2):
        (tmp_path / f"part{number}.csv").write_bytes(header + b"".join(lines[number * 40 : 40 + 50 * number]))
    if name in WRAPPED:
        (tmp_path / name).write_bytes(WRAPPED[name](data))
    argument = "'part?.csv'" if name == "glob" else name
    rows, _ = found(tmp_path, f"find {argument} --probs probs.csv --all", stdin=data)
    expected = dict(zip(IDS, MODEL[np.arange(ROWS), LABELS], strict=True))
    assert {row[0]: row[4] for row in rows} == dict(line.split(",") for line in data.decode().splitlines()[1:])
    assert all(abs(float(row[11]) - expected[row[0]]) < 1e-6 for row in rows)


# ------------------------------------------------------------------------- weak but honest, and out of order


def simulated(
    generator: np.random.Generator, k: int, n: int, strength: float, *, noise: float = 0.0, uneven: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Labels, `noise` of them flipped, and a model of n rows that sees the class through Gaussian noise.

    It is calibrated, but for its confidence, and knows nothing of the flips.
    """
    prior = generator.dirichlet(np.ones(k)) if uneven else np.full(k, 1 / k)
    truth = generator.choice(k, n, p=prior)
    seen = generator.normal(size=(n, k))
    seen[np.arange(n), truth] += strength
    logits = (strength * seen + np.log(prior + 1e-9)) * generator.choice([0.5, 1, 1.5, 2])
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    flipped = generator.random(n) < noise
    labels = np.where(flipped, (truth + generator.integers(1, k, n)) % k, truth)
    return labels, p / p.sum(axis=1, keepdims=True)


def dataset_of(labels: np.ndarray, k: int) -> Dataset:
    names = np.array([f"c{code:02}" for code in range(k)])
    return load(pa.table({"nr": [f"{row:05}" for row in range(len(labels))], "label": names[labels]}), Columns(id="nr"))


def judged(labels: np.ndarray, p: np.ndarray) -> str:
    """`error`, `warned` or `fine`."""
    dataset = dataset_of(labels, p.shape[1])
    model = from_array(p, dataset, [f"c{code:02}" for code in range(p.shape[1])])
    dataset, probabilities = together([model], dataset)
    try:
        warnings = refuse_nonsense(dataset, probabilities, digest.gather(dataset, probabilities))
    except InputError:
        return "error"
    return "warned" if any("chance" in warning for warning in warnings) else "fine"


@pytest.mark.slow
def test_weak_but_honest_models_are_let_through() -> None:
    generator = np.random.default_rng(7)
    verdicts = []
    for number in range(200):
        k = [2, 3, 5, 10, 30, 77][number % 6]
        n = int(10 ** generator.uniform(np.log10(30), np.log10(5000)))
        strength, noise = generator.uniform(0.1, 3), generator.choice([0, 0.1, 0.2, 0.4])
        labels, p = simulated(generator, k, n, strength, noise=noise, uneven=number % 2 == 0)
        if len(np.unique(labels)) > 1:
            verdicts.append(judged(labels, p))
    assert len(verdicts) > 190
    assert verdicts.count("error") <= 1, verdicts.count("error")


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 3, 10])
def test_permuted_columns_and_shuffled_rows_are_found(k: int) -> None:
    generator = np.random.default_rng(k)
    swapped, rotated, shuffled = [], [], []
    for _ in range(30):
        labels, p = simulated(generator, k, 60 * k, 3.0, noise=0.1)
        one, other = generator.choice(k, 2, replace=False)
        order = np.arange(k)
        order[[one, other]] = other, one
        swapped.append(judged(labels, p[:, order]))
        rotated.append(judged(labels, np.roll(p, 1, axis=1)))
        shuffled.append(judged(labels, p[generator.permutation(len(p))]))
    assert swapped.count("error") >= 29
    assert rotated.count("error") == 30
    assert shuffled.count("fine") == 0
    assert shuffled.count("error") >= (10 if k == 2 else 29)  # few rows of two classes agree by luck
