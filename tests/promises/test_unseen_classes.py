"""A class that the model of some rows never saw: what it says of the class there is no evidence against its labels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from hardneg_cli import Findings, find
from hardneg_cli.verbs.compare import compare

K, N, UNSEEN = 6, 1200, 2
NAMES = tuple("abcdef")
Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]


def world(*, whole: bool = False) -> tuple[Codes, NDArray[np.bool_], Codes, Numbers]:
    """Given labels, which of them are wrong, folds, and out-of-fold probabilities, of which one fold lacks a class.

    whole: whether all rows with that label are in that fold.
    """
    rng = np.random.default_rng(8)
    truth = rng.integers(0, K, N)
    wrong = rng.random(N) < 0.08
    given = np.where(wrong, (truth + rng.integers(1, K, N)) % K, truth)
    fold = rng.integers(0, 5, N)
    if whole:
        fold[given == UNSEEN] = 0
    logits = rng.normal(size=(N, K))
    logits[np.arange(N), truth] += 6
    logits[fold == 0, UNSEEN] = -np.inf
    p = np.exp(logits)
    return given, wrong, fold, p / p.sum(axis=1, keepdims=True)


def judged(given: Codes, fold: Codes, p: list[Numbers], *, with_fold: bool = False) -> Findings:
    data = pa.table({"label": [NAMES[code] for code in given], "fold": [str(number) for number in fold]})
    options = {"fold": "fold"} if with_fold else {}
    return find(data, probs=p, classes=NAMES, decisions=(), detectors=["doubtful-label"], **options)  # type: ignore[arg-type]


def notes(found: Findings) -> list[str]:
    return [note for note in found.notes if "never to have seen" in note]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("decimals", [None, 4])
def test_rows_of_an_unseen_class_are_not_judged_for_it(whole: bool, decimals: int | None) -> None:
    given, wrong, fold, p = world(whole=whole)
    p = p if decimals is None else p.round(decimals)
    found = judged(given, fold, [p], with_fold=decimals is not None)
    rows = np.flatnonzero((given == UNSEEN) & (fold == 0))
    assert found.digest is not None
    assert np.flatnonzero(found.digest.unjudged).tolist() == rows.tolist()
    assert notes(found) == [
        f"array: class 'c' has a probability of exactly 0 where the model seems never to have seen it: "
        f"{len(rows)} rows of it not judged by it"
    ]
    assert not found.flagged[rows].any()
    others = np.setdiff1d(np.arange(N), rows)
    assert found.score[rows].max() <= found.score[found.flagged].min()
    np.testing.assert_allclose(found.score[rows], found.score[others].mean(), atol=1e-9)
    plain = average_precision_score(wrong, 1 - p[np.arange(N), given])
    assert average_precision_score(wrong, found.score) > plain + 0.1


@pytest.mark.parametrize(("whole", "with_fold"), [(True, False), (True, True), (False, True)])
@pytest.mark.parametrize("kind", ["kept above 0", "untrained output"])
def test_next_to_nothing_is_no_evidence_either(kind: str, whole: bool, with_fold: bool) -> None:
    given, wrong, fold, p = world(whole=whole)
    untrained = np.exp(np.random.default_rng(1).normal(-8, 1, N))
    floor = {"kept above 0": np.full(N, 1e-4), "untrained output": untrained}[kind]
    p[:, UNSEEN] = np.maximum(p[:, UNSEEN], floor)
    found = judged(given, fold, [p / p.sum(axis=1, keepdims=True)], with_fold=with_fold)
    assert found.digest is not None
    rows = np.flatnonzero((given == UNSEEN) & (fold == 0))
    assert np.flatnonzero(found.digest.unjudged).tolist() == rows.tolist()
    assert [f"{len(rows)} rows of it not judged by it" in note for note in notes(found)] == [True]
    assert not found.flagged[rows].any()
    assert average_precision_score(wrong, found.score) > 0.85


def test_a_fold_where_few_labels_of_a_class_are_all_wrong_has_seen_it() -> None:
    given, wrong, fold, p = world()
    given[(fold == 0) & (given == UNSEEN)] = 0
    given[np.flatnonzero((fold == 0) & wrong)[:2]] = UNSEEN
    p[:, UNSEEN] = np.maximum(p[:, UNSEEN], 1e-6)
    found = judged(given, fold, [p / p.sum(axis=1, keepdims=True)], with_fold=True)
    assert not notes(found)


def test_a_label_that_no_model_knows_is_as_often_wrong_as_others() -> None:
    given, _, fold, p = world()
    data = pa.table({"label": [NAMES[code] for code in given], "fold": [str(number) for number in fold]})
    known = [code for code in range(K) if code != UNSEEN]
    probs = p[:, known] / p[:, known].sum(axis=1, keepdims=True)
    classes = [NAMES[code] for code in known]
    found = find(data, probs=[probs], classes=classes, decisions=(), detectors=["doubtful-label"])
    rows = given == UNSEEN
    np.testing.assert_allclose(found.score[rows], found.score[~rows].mean(), atol=1e-9)
    assert not found.flagged[rows].any()


def test_another_model_that_knows_the_class_judges_its_rows() -> None:
    given, wrong, fold, p = world()
    rng = np.random.default_rng(9)
    other = np.exp(rng.normal(size=(N, K)) + 4 * np.eye(K)[np.where(wrong, (given + 1) % K, given)])
    other /= other.sum(axis=1, keepdims=True)
    found = judged(given, fold, [p, other])
    assert found.digest is not None
    assert found.digest.judged.all()
    assert len(notes(found)) == 1
    rows = (given == UNSEEN) & (fold == 0)
    assert found.score[rows & ~wrong].mean() < 0.3
    assert average_precision_score(wrong[rows], found.score[rows]) > 0.8


@pytest.mark.parametrize("kind", ["softmax", "two decimals", "four decimals", "votes", "single precision", "certain"])
def test_zeros_of_sound_models_are_evidence(kind: str) -> None:
    rng = np.random.default_rng(8)
    given, wrong, fold, _ = world()
    truth = np.where(wrong, (given + 1) % K, given)
    logits = 2 * rng.normal(size=(N, K)) + 7 * np.eye(K)[truth]
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    made = {
        "softmax": lambda: p,
        "two decimals": lambda: p.round(2),
        "four decimals": lambda: p.round(4),
        "votes": lambda: np.array([rng.multinomial(100, row) for row in p]) / 100,
        "single precision": lambda: _softmax((30 * logits).astype(np.float32)),
        "certain": lambda: np.eye(K)[p.argmax(axis=1)],
    }[kind]()
    for with_fold in (False, True):
        found = judged(given, fold, [made], with_fold=with_fold)
        assert not notes(found)
        assert found.digest is not None
        assert found.digest.judged.all()


def test_a_class_that_no_fold_ever_saw_is_unknown() -> None:
    given, _, fold, p = world()
    p[:, UNSEEN] = 0
    p /= p.sum(axis=1, keepdims=True)
    found = judged(given, fold, [p])
    assert found.digest is not None
    assert np.flatnonzero(found.digest.unjudged).tolist() == np.flatnonzero(given == UNSEEN).tolist()


def test_one_line_for_many_classes() -> None:
    rng = np.random.default_rng(3)
    names = [f"c{code:02d}" for code in range(30)]
    given = np.concatenate([rng.integers(0, 10, 400), np.arange(10, 30)])
    p = np.full((len(given), 30), 1e-7)
    p[:, :10] = rng.dirichlet(np.full(10, 0.1), len(given)) + 1e-3
    p[np.arange(400), given[:400]] += 5
    data = pa.table({"label": [names[code] for code in given]})
    p /= p.sum(axis=1, keepdims=True)
    found = find(data, probs=[p], classes=names, decisions=(), detectors=["doubtful-label"])
    assert [note.split(" where")[0] for note in notes(found)] == [
        "array: the model seems never to have seen 20 classes ('c10', 'c11', 'c12', 'c13', 'c14' and 15 more)"
    ]
    assert not found.flagged[400:].any()


def test_compare_says_so_too() -> None:
    given, _, _, p = world()
    data = pa.table({"label": [NAMES[code] for code in given]})
    assert any("never to have seen" in note for note in compare(data, [p], classes=NAMES, decisions=()).notes)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: NDArray[np.float32] = p / p.sum(axis=1, keepdims=True)
    return found
