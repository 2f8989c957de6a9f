"""Probabilities from memory, as models make them: arrays, lists, frames, one or several, with classes of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from hardneg_cli import find, mine
from hardneg_cli.errors import InputError
from hardneg_cli.verbs.compare import compare

K, N = 12, 240
RNG = np.random.default_rng(0)
GIVEN = np.arange(N) % K
P = RNG.dirichlet(np.ones(K), N)
P[np.arange(N), GIVEN] += 1
P /= P.sum(axis=1, keepdims=True)
SECOND = 0.8 * P + 0.2 * RNG.dirichlet(np.ones(K), N)
FRAME = pd.DataFrame({"id": np.arange(N), "y": GIVEN})


def scores(frame: Any = FRAME, **options: Any) -> list[float]:
    found: list[float] = find(frame, label="y", decisions=(), **options).score.tolist()
    return found


EXPECTED = scores(probs=[P], classes=[str(code) for code in range(K)])
SHUFFLED = RNG.permutation(N)
WAYS: dict[str, dict[str, Any]] = {
    "no classes": {"probs": P},
    "classes as an array": {"probs": P, "classes": np.arange(K)},
    "classes as a list of integers": {"probs": P, "classes": list(range(K))},
    "classes as floats": {"probs": P, "classes": np.arange(K).astype(float)},
    "classes as an index": {"probs": P, "classes": pd.Index(range(K))},
    "classes as a series": {"probs": P, "classes": pd.Series(range(K))},
    "classes as texts": {"probs": P, "classes": np.arange(K).astype(str)},
    "a tuple of one": {"probs": (P,)},
    "rows as lists": {"probs": P.tolist()},
    "a frame": {"probs": pd.DataFrame(P, columns=[f"prob_{code}" for code in range(K)])},
    "a frame with classes for columns": {"probs": pd.DataFrame(P, columns=range(K))},
    "a frame with ids": {
        "probs": pd.DataFrame(P, columns=[f"prob_{code}" for code in range(K)]).assign(id=range(N)).iloc[SHUFFLED]
    },
    "an Arrow table": {"probs": pa.table({f"prob_{code}": P[:, code] for code in range(K)})},
}


@pytest.mark.parametrize("way", WAYS)
def test_probabilities_may_come_in_any_of_these_ways(way: str) -> None:
    assert scores(**WAYS[way]) == EXPECTED


def test_several_arrays_are_several_models() -> None:
    two = scores(probs=[P, SECOND])
    assert two == scores(probs=(P, SECOND)) == scores(probs=np.stack([P, SECOND])) != EXPECTED
    assert two == scores(probs=[P.tolist(), SECOND.tolist()])
    assert two == scores(probs=[P, pd.DataFrame(SECOND, columns=range(K))])


@pytest.mark.parametrize(
    "labels", [np.array([True, False]), np.array(["no", "yes"]), np.array([-1, 1]), np.array([0.5, 2])]
)
def test_what_a_classifier_gives_is_taken_as_it_is(labels: Any) -> None:
    y = labels[np.arange(80) % 2]
    x = np.arange(80)[:, None] % 2 + RNG.normal(size=(80, 1)) / 9
    model = LogisticRegression().fit(x, y.astype(str) if labels.dtype == float else y)
    frame = pd.DataFrame({"y": y})
    for options in ({"classes": model.classes_}, {}):
        found = find(frame, label="y", probs=model.predict_proba(x), decisions=(), **options)
        assert len(found.dataset.classes) == 2
        assert found.flagged.sum() == 0
        assert found.digest is not None
        assert (found.digest.mean.top == found.dataset.labels).all()


def test_other_verbs_take_them_too() -> None:
    assert mine(FRAME, label="y", probs=P, classes=np.arange(K), decisions=())
    assert len(compare(FRAME, [P, SECOND], label="y", classes=np.arange(K), decisions=()).models) == 2


def test_rows_that_were_left_out_take_their_probabilities_along() -> None:
    labels = [None if row == 5 else str(code) for row, code in enumerate(GIVEN)]
    table = pa.table({"id": range(N), "y": labels})
    rest = [row for row in range(N) if row != 5]
    assert scores(table, probs=P, on_bad_rows="skip") == scores(table.take(rest), probs=P[rest])


@pytest.mark.parametrize(
    ("probs", "options", "words"),
    [
        (P[:9], {}, r"shape \(9, 12\) for 240 rows"),
        (P[:, :11], {}, "11 columns for 12 different labels .* say with classes which class each column is of"),
        (P, {"classes": ["a"]}, "12 columns, but"),
        (P.astype(str), {}, "an array of <U"),
        (P[:, 0], {}, r"shape \(240,\)"),
        (pd.DataFrame(P, columns=[f"c{code}" for code in range(K)]), {}, "no column starts with 'prob_' or is called"),
    ],
)
def test_what_cannot_be_is_said(probs: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        scores(probs=probs, **options)
