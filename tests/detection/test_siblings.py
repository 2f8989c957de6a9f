"""Siblings, rows of one group and copies, share a vote: a wrong label that all of them carry is still outvoted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from hardneg_cli import Findings, find

CLASSES, POINTS, WIDTH = 4, 240, 6
Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Bools = NDArray[np.bool_]


def world(*, shared: bool, spread: float) -> tuple[Numbers, Codes, Bools, Codes]:
    """Features, given labels, which of them are wrong and the group of each row, up to 30 rows large.

    shared: whether all rows of a group have one label between them, right or wrong. spread: of a group's rows.
    """
    rng = np.random.default_rng(5)
    truth = rng.integers(0, CLASSES, POINTS)
    points = 4 * np.eye(CLASSES, WIDTH)[truth] + rng.normal(size=(POINTS, WIDTH))
    group = np.repeat(np.arange(POINTS), np.where(rng.random(POINTS) < 0.2, rng.integers(12, 30, POINTS), 1))
    wrong = (rng.random(POINTS) < 0.1)[group] if shared else rng.random(len(group)) < 0.1
    other = (truth + rng.integers(1, CLASSES, POINTS))[group] if shared else truth[group] + 1
    given = np.where(wrong, other % CLASSES, truth[group])
    order = rng.permutation(len(group))
    features = points[group] + spread * rng.normal(size=(len(group), WIDTH))
    return features[order], given[order], wrong[order], group[order]


def judged(features: Numbers, given: Codes, group: Codes | None) -> Findings:
    data = {"id": [f"{row:04d}" for row in range(len(given))], "label": [str(code) for code in given]}
    if group is None:
        return find(pa.table(data), features=features, detectors=["outvoted-label"], decisions=())
    table = pa.table(data | {"g": [str(code) for code in group]})
    return find(table, features=features, detectors=["outvoted-label"], decisions=(), groups="g")


@pytest.mark.parametrize(("spread", "named"), [(0.0, False), (0.0, True), (0.3, True)])
@pytest.mark.parametrize("shared", [True, False])
def test_a_wrong_label_is_no_witness_for_its_copies(spread: float, named: bool, shared: bool) -> None:
    features, given, wrong, group = world(shared=shared, spread=spread)
    found = judged(features, given, group if named else None)
    assert average_precision_score(wrong, found.score) > 0.9


def test_rows_that_the_features_do_not_tell_apart_are_no_copies() -> None:
    rng = np.random.default_rng(6)
    cell = rng.integers(0, 12, 900)
    given = np.where(rng.random(900) < 0.3, rng.integers(0, 3, 900), cell % 3)
    features = np.eye(12)[cell]
    alone = judged(features, given, np.arange(900))
    np.testing.assert_array_equal(judged(features, given, None).score, alone.score)
    assert average_precision_score(given != cell % 3, alone.score) > 0.9


def test_the_order_of_the_rows_changes_nothing() -> None:
    features, given, _, group = world(shared=True, spread=0.0)
    ids = np.array([f"{row:04d}" for row in range(len(given))])
    order = np.random.default_rng(7).permutation(len(given))
    one, other = (
        find(
            pa.table({"id": ids[rows], "label": given[rows].astype(str), "g": group[rows].astype(str)}),
            features=features[rows], detectors=["outvoted-label"], decisions=(), groups="g",
        ).score
        for rows in (np.arange(len(given)), order)
    )  # fmt: skip
    np.testing.assert_array_equal(one[order], other)


def test_rows_with_siblings_in_another_fold_are_told() -> None:
    _, given, _, group = world(shared=True, spread=0.0)
    p = 0.7 * np.eye(CLASSES)[given] + 0.3 / CLASSES
    p += np.random.default_rng(8).random(p.shape) / 5
    data = {"label": given.astype(str), "g": group.astype(str), "x": np.arange(len(given)).astype(str)}
    for fold, torn in ((group % 3, 0), (np.arange(len(given)) % 3, int((np.bincount(group)[group] > 1).sum()))):
        table = pa.table(data | {"fold": fold.astype(str)})
        found = find(
            table, probs=p / p.sum(axis=1, keepdims=True), classes=[str(code) for code in range(CLASSES)],
            fold="fold", groups="g", decisions=(),
        )  # fmt: skip
        told = [note for note in found.notes if "in another fold" in note]
        assert [note.split(" have")[0] for note in told] == ([f"{torn:,} rows"] if torn else [])
