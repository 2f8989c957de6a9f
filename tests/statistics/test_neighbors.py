"""The search for the nearest rows, against scikit-learn's and against all distances written out."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from hardneg_cli.modeling.self_training.label_spreading import neighbor_graph
from hardneg_cli.runtime.progress import painted_by
from hardneg_cli.statistics.neighbor_search import exact
from hardneg_cli.statistics.neighbor_search.filtered import nearest_allowed
from hardneg_cli.statistics.neighbor_search.in_regions import LEAST, LESS
from hardneg_cli.statistics.neighbor_search.search import EXACT_ROWS, nearest
from hardneg_cli.verbs.find import find

RNG = np.random.default_rng(0)
DIGITS = load_digits().data
MANY = 5_000  # rows: several panels, and single precision at first
Matrix = NDArray[np.floating]


def clustered(rows: int, dimensions: int, clusters: int = 40, seed: int = 1) -> Matrix:
    """Clusters on sheets of a few dimensions, as embeddings are."""
    rng = np.random.default_rng(seed)
    centers, sheets = rng.normal(size=(clusters, dimensions)), rng.normal(size=(clusters, 4, dimensions)) / 4
    of = rng.integers(clusters, size=rows)
    return (centers[of] + np.einsum("nk,nkd->nd", rng.normal(size=(rows, 4)), sheets[of])).astype(np.float32)


def by_scikit_learn(values: Matrix, most: int) -> tuple[NDArray[np.int64], Matrix]:
    distances, found = NearestNeighbors(n_neighbors=most, algorithm="brute").fit(values).kneighbors()
    return found, distances


def written_out(values: Matrix, rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """All distances in double precision; those equal in their first digits go by place."""
    values, answer = values.astype(np.float64), []
    for row in rows:
        distances = np.sqrt(((values - values[row]) ** 2).sum(axis=1))
        distances[row] = np.inf
        largest = np.sort(distances)[min(most + exact.SPARE, len(values) - 1) - 1]
        digits = 10.0 ** (np.floor(np.log10(largest)) - 5) if largest else 1
        answer.append(np.argsort(np.rint(distances / digits), kind="stable")[:most])
    return np.array(answer)


WITHOUT_TIES = {
    "digits": DIGITS,
    "single precision": (DIGITS / np.linalg.norm(DIGITS, axis=1, keepdims=True)).astype(np.float32),
    "noise": RNG.normal(size=(MANY, 24)).astype(np.float32),
    "one column": RNG.normal(size=(2_100, 1)),
    "tiny": RNG.normal(size=(300, 4)) * 1e-140,
    "three rows": RNG.normal(size=(3, 2)),
    "two rows": RNG.normal(size=(2, 2)),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", WITHOUT_TIES)
def test_exact_search_is_scikit_learns(case: str) -> None:
    values = WITHOUT_TIES[case]
    most = min(20, len(values) - 1)
    rows, distances = exact.nearest(values, 20)
    expected, far = by_scikit_learn(values, most)
    # where scikit-learn's distances are equal but for rounding, the order is its own affair
    strict = (np.diff(far, axis=1) > 1e-5 * far[:, -1:]).all(axis=1)
    assert strict.mean() > 0.5
    assert (rows[strict, :-1] == expected[strict, :-1]).all()  # the last one may be as near as the next
    assert np.allclose(distances, far, rtol=1e-5)


HOSTILE = {
    "copies": np.repeat(RNG.normal(size=(50, 8)), 40, axis=0)[RNG.permutation(2_000)],
    "many copies": np.repeat(RNG.normal(size=(30, 8)), 150, axis=0)[RNG.permutation(4_500)].astype(np.float32),
    "all equal": np.full((500, 5), 0.3),
    "all equal, many": np.full((2_500, 3), 0.3, np.float32),
    "zeros": np.zeros((50, 3), np.float32),
    "a grid": np.stack(np.meshgrid(np.arange(71.0), np.arange(71.0)), -1).reshape(-1, 2),
    "bits": RNG.integers(0, 2, size=(MANY, 12)).astype(float),
    "all as far": np.eye(600, dtype=np.float32),
    "an outlier": np.r_[RNG.normal(size=(MANY, 6)) * 1e-12, np.ones((1, 6))],
    "a wild outlier": np.r_[RNG.normal(size=(2_000, 6)) * 1e-7, np.full((1, 6), 1e20)],
    "two wild outliers": np.r_[RNG.normal(size=(MANY, 6)), np.full((1, 6), 1e20), np.full((1, 6), 3e20)],
    "far from the origin": RNG.normal(size=(2_500, 16)) * 1e-3 + 1e4,
    "dense clumps far apart": RNG.normal(size=(20, 16))[RNG.integers(20, size=MANY)] * 1e3
    + RNG.normal(size=(MANY, 16)) * 1e-3,
    "nearly the same": np.repeat(clustered(100, 16), 50, axis=0)
    + RNG.normal(size=(MANY, 16)).astype(np.float32) * 1e-5,
}


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
def test_ties_go_by_place_and_near_copies_are_told_apart(case: str) -> None:
    values = HOSTILE[case]
    some = np.unique(np.r_[np.random.default_rng(2).choice(len(values), 50, replace=len(values) < 50), len(values) - 1])
    rows, distances = exact.nearest(values, 20)
    assert (rows[some] == written_out(values, some, 20)).all()
    true = np.linalg.norm(values[rows[some]].astype(float) - values[some, None].astype(float), axis=2)
    assert np.allclose(distances[some], true, rtol=1e-9, atol=0)
    assert (rows != np.arange(len(values))[:, None]).all()


@pytest.mark.process
def test_one_processor_finds_the_same_bits(tmp_path: Path) -> None:
    script = (
        "import os, sys, hashlib, numpy as np\n"
        "if sys.argv[1] == 'one' and hasattr(os, 'sched_setaffinity'):\n"
        "    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from hardneg_cli.statistics.neighbor_search.search import nearest\n"
        "values = np.load(sys.argv[2])\n"
        "found = [nearest(values, 20, exact_rows=rows) for rows in (10**6, 10**3)]\n"
        "assert found[1].notes and not found[0].notes\n"
        "print(hashlib.sha256(b''.join(f.rows.tobytes() + f.distances.tobytes() for f in found)).hexdigest())\n"
    )
    np.save(tmp_path / "values.npy", clustered(6_000, 32))
    said = [
        subprocess.run(
            [sys.executable, "-c", script, how, str(tmp_path / "values.npy")],
            capture_output=True, text=True, check=True, env=os.environ | {"OPENBLAS_NUM_THREADS": blas},
        ).stdout
        for how, blas in (("one", "1"), ("all", "2"))
    ]  # fmt: skip
    assert said[0] == said[1] != hashlib.sha256(b"").hexdigest()


@pytest.mark.slow
def test_regions_tell_their_recall() -> None:
    values = clustered(12_000, 32)
    found = nearest(values, 20, exact_rows=1_000)
    (note,) = found.notes
    said = re.fullmatch(
        r"neighbors: approximate among 12,000 rows \(\d+ of 60 regions looked into\); "
        r"recall@10 (\d\.\d{3}) on 500 random rows",
        note,
    )
    assert said, note
    expected, _ = by_scikit_learn(values, 10)
    recall = np.mean([np.isin(near, found.rows[row, :10]).mean() for row, near in enumerate(expected)])
    assert LEAST <= recall < 1  # else no recall were worth a note
    assert abs(recall - float(said[1])) < 0.01
    assert (np.diff(found.distances, axis=1) >= -1e-5 * found.distances[:, -1:]).all()


@pytest.mark.slow
def test_without_regions_the_search_is_exact_and_says_so() -> None:
    values = np.random.default_rng(3).normal(size=(4_000, 64)).astype(np.float32)
    found = nearest(values, 20, exact_rows=1_000)
    rows, distances = exact.nearest(values, 20)
    assert np.array_equal(found.rows, rows)
    assert np.array_equal(found.distances, distances)
    assert found.notes == (
        "neighbors: exact among 4,000 rows, as these features have no regions that a faster search could keep to",
    )


@pytest.mark.slow
@pytest.mark.parametrize("copies", [1_500, 1_499])
def test_regions_of_a_single_point(copies: int) -> None:
    values = np.zeros((1_500, 8), np.float32)
    values[copies:] = 1
    found = nearest(values, 20, exact_rows=1_000)
    assert (found.rows[:1] == np.arange(1, 21)).all()
    assert (found.rows[1:copies, 0] == 0).all()
    assert (found.distances[:copies] == 0).all()


@pytest.mark.slow
def test_a_dataset_of_many_rows_in_any_order() -> None:
    rows = EXACT_ROWS + 1_000
    features = clustered(rows, 8)
    labels = [f"class {code}" for code in (np.arange(rows) % 3).tolist()]
    ids = [f"row {number}" for number in range(rows)]
    shuffled = np.random.default_rng(4).permutation(rows)
    table = pa.table({"id": ids, "label": labels})
    one = find(table, features=features, detectors=["outvoted-label"])
    other = find(table.take(shuffled), features=features[shuffled], detectors=["outvoted-label"])
    assert any(note.startswith(f"neighbors: approximate among {rows:,} rows") for note in one.notes)
    assert one.notes == other.notes
    assert np.array_equal(one.doubts["outvoted-label"].score[shuffled], other.doubts["outvoted-label"].score)


@pytest.mark.slow
def test_progress_is_told_to_the_last_step() -> None:
    told: dict[str, list[int]] = {}
    for rows in (10**6, 10**3):
        told |= _told(clustered(5_000, 16), rows)
    assert {"looking for the nearest rows", "dividing the rows into regions"} <= set(told)
    assert all(done == total for total, done in told.values())


def _told(values: Matrix, exact_rows: int) -> dict[str, list[int]]:
    from contextlib import contextmanager

    told: dict[str, list[int]] = {}

    @contextmanager
    def draw(what, total):
        told[what] = [total, 0]

        def advance(steps):
            told[what][1] += steps

        yield advance

    with painted_by(draw):
        nearest(values, 20, exact_rows=exact_rows)
    return told


@pytest.mark.slow
def test_the_graph_of_neighbors_is_scikit_learns() -> None:
    values = clustered(3_000, 16).astype(np.float64)
    values[7] = 0
    graph = neighbor_graph(values, 10)
    known = np.delete(np.arange(3_000), 7)
    search = NearestNeighbors(n_neighbors=10, algorithm="brute", metric="cosine").fit(values[known])
    far, near = search.kneighbors()
    expected = {(int(known[row]), int(known[other])) for row, others in enumerate(near) for other in others}
    edges = {(int(row), int(other)) for row, other in zip(*graph.nonzero(), strict=True)}
    assert len(edges ^ (expected | {(b, a) for a, b in expected})) < 10  # but for ties
    assert not graph[[7]].nnz
    assert graph[known[0], known[near[0, 0]]] == pytest.approx((1 - far[0, 0]) ** 3, rel=1e-5)


@pytest.mark.slow
def test_regions_find_the_nearest_of_other_classes() -> None:
    values, classes = clustered(6_000, 32), np.arange(6_000) % 3 // 2  # a third of each cluster is of the second class
    found = nearest_allowed(values, 10, lambda some, others: classes[some] != classes[others])
    assert "regions looked into); recall@10" in found.notes[0]
    assert (classes[found.rows] != classes[:, None]).all()
    first, second = (np.flatnonzero(classes == one) for one in (0, 1))
    search = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(values[second])
    expected = second[search.kneighbors(values[first], return_distance=False)]
    assert np.mean([np.isin(near, found.rows[row]).mean() for row, near in zip(first, expected, strict=True)]) > LESS
