"""The layout of a map: like lies beside like, better than by principal components, and the same on every run."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from hardneg_cli.statistics.neighbor_layout import layout
from hardneg_cli.statistics.neighbor_search.search import nearest

HASHED = """
import hashlib
from sklearn.datasets import load_digits
from hardneg_cli.statistics.neighbor_layout import layout
from hardneg_cli.statistics.neighbor_search.search import nearest
values = load_digits().data[:600]
print(hashlib.sha256(layout(values, nearest(values, 10).rows).tobytes()).hexdigest())
"""


def alike(places: NDArray[np.floating], label: NDArray[np.int64], among: int = 10) -> float:
    """The share of the nearest points on the map that have a point's label."""
    near = NearestNeighbors(n_neighbors=among + 1).fit(places).kneighbors(places, return_distance=False)[:, 1:]
    return float((label[near] == label[:, None]).mean())


def test_like_lies_beside_like() -> None:
    values, label = load_digits(return_X_y=True)
    places = layout(values, nearest(values, 10).rows)
    flat = PCA(2, random_state=0).fit_transform(values)
    assert alike(places, label) > 0.93 > 0.65 > alike(flat, label)
    assert trustworthiness(values, places, n_neighbors=10) > 0.95 > trustworthiness(values, flat, n_neighbors=10)


@pytest.mark.parametrize("shape", [(3, 1), (4, 2), (12, 1), (50, 200)])
def test_few_points_and_few_columns_have_places(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    places = layout(values, nearest(values, 10).rows)
    assert places.shape == (shape[0], 2)
    assert np.isfinite(places).all()


def test_points_at_one_place_do_not_fly_apart_without_end() -> None:
    values = np.ones((40, 3))
    places = layout(values, nearest(values, 10).rows)
    assert np.isfinite(places).all()
    assert np.abs(places).max() < 1e3


@pytest.mark.process
def test_the_number_of_threads_changes_nothing() -> None:
    told = {
        subprocess.run([sys.executable, "-c", HASHED], env=os.environ | {"OMP_NUM_THREADS": threads},
                       capture_output=True, text=True, check=True).stdout
        for threads in ("1", "2")
    }  # fmt: skip
    assert len(told) == 1
