"""What held-out rows have to say before mined rows are worth more than others."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from hardneg_cli import Columns, Findings, InputError, find
from hardneg_cli.modeling.mining import proof
from hardneg_cli.verbs.mine import mine


@cache
def slope(rows: int = 200) -> Findings:
    """Two classes side by side, with far more rows far from their border than near it; the model knows how far."""
    rng = np.random.default_rng(0)
    across = np.concatenate([rng.uniform(-0.3, 0.3, rows // 8), rng.uniform(1, 9, rows - rows // 8)])
    across[rows // 8 :] *= rng.choice([-1, 1], rows - rows // 8)
    along = rng.normal(0, 3, rows)
    p = 1 / (1 + np.exp(-4 * across))
    frame = pd.DataFrame({
        "id": [f"r{row:03}" for row in range(rows)], "label": np.where(across > 0, "b", "a"), "x": across.astype(str),
        "y": (along + across * np.abs(across)).astype(str), "prob_a": 1 - p, "prob_b": p,
    })  # fmt: skip
    return find(frame, Columns(), features="x,y", decisions=())


@pytest.mark.parametrize("what", proof.PROOFS)
def test_what_is_not_proven_is_not_done(what: str) -> None:
    mined = mine(slope(), prove=what, features="x,y", limit=30)
    found = mined.proof
    assert found is not None
    assert len(found.trials) == 3
    assert len(mined.table()) == len(found.rows)
    assert len(found.rows) == 30 if what == proof.SUBSET else 0 < len(found.rows) <= 30
    assert all(trial.low <= trial.gain <= trial.high for trial in found.trials)
    best = max(found.trials, key=lambda trial: trial.low)
    assert found.proven == (best if best.low > 0 else None)
    words = "\n".join(mined.summary())
    assert ("no benefit here" in words) == (found.proven is None)
    if found.proven is None or what == proof.SUBSET:
        assert set(mined.table()["weight"].to_pylist()) == {1.0}
    assert mined.tables()["trials"]["name"].to_pylist() == [trial.name for trial in found.trials]


def test_a_subset_is_of_rows_that_may_train_once_each() -> None:
    mined = mine(slope(), prove="subset", features="x,y", limit=57)
    table = mined.table().to_pandas()
    assert len(table) == 57
    assert table.id.is_unique
    assert (table.score <= mined.guard).all()
    assert not set(table.id) & set(mined.suspects()["id"].to_pylist())
    assert len(mine(slope(), prove="subset", features="x,y", limit=9999).table()) == mined.eligible
    assert len(mine(slope(), prove="subset", features="x,y", limit=0).table()) == 0


def test_the_order_of_rows_does_not_change_what_is_proven() -> None:
    mixed = slope().dataset
    frame = mixed.content.to_pandas().assign(id=mixed.ids.to_pylist(), label=np.array(mixed.classes)[mixed.labels])
    probabilities = pd.DataFrame({"id": frame.id, "prob_a": 0.5 + 0.4 * np.sin(np.arange(len(frame)))})
    probabilities["prob_b"] = 1 - probabilities.prob_a
    frame = frame.drop(columns=["prob_a", "prob_b"], errors="ignore").merge(probabilities, on="id")
    both = [
        mine(one, Columns(), features="x,y", prove="subset", limit=40, on_bad_rows="skip", decisions=())
        for one in (frame, frame.sample(frac=1, random_state=1))
    ]
    assert both[0].proof.trials == both[1].proof.trials
    assert both[0].table().equals(both[1].table())


def test_a_gain_that_all_rows_show_is_proven_and_one_that_few_show_is_not() -> None:
    """By hand: 100 rows, a gain of 10 % with an error of 3 %; the limit for three candidates is 2.13 errors off."""
    base, weight = np.zeros(100), np.ones(100)
    many, few = base.copy(), base.copy()
    many[:10], few[:2] = 1, 1
    trial = proof.trial_of("x", many, base, weight, 3)
    assert trial.gain == pytest.approx(0.1)
    assert trial.low == pytest.approx(0.1 - 2.128 * 0.03, abs=1e-4)
    assert proof.trial_of("x", few, base, weight, 3).low < 0
    doubted = proof.trial_of("x", many, base, np.where(np.arange(100) < 10, 0.0, 1.0), 3)
    assert doubted.gain == 0  # rows whose labels nobody trusts prove nothing


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"prove": "weigths"}, "did you mean 'weights'"),
        ({"prove": "subset", "per_class": 3}, "`per_class`"),
        ({"prove": "weights"}, "`text` or `features`"),
    ],
)
def test_what_cannot_be_proven_is_said(options: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        mine(slope(), **options)


def test_a_subset_needs_probabilities_and_folds_need_rows() -> None:
    plain = pd.DataFrame({"label": list("abab") * 9, "t": [f"w{n % 6} v{n}" for n in range(36)]})
    with pytest.raises(InputError, match="ranks rows by probabilities"):
        mine(plain, Columns(text="t"), mode="retrieval", prove="subset", guard=1)
    few = pd.DataFrame({"label": list("abab"), "x": ["1", "2", "3", "4"], "prob_a": [0.6, 0.4] * 2})
    few["prob_b"] = 1 - few.prob_a
    with pytest.raises(InputError, match="too few different rows"):
        mine(few, Columns(), features="x", prove="weights", guard=1)


def test_one_fold_cannot_be_held_out() -> None:
    frame = pd.DataFrame({"label": list("abab") * 5, "x": [str(n) for n in range(20)], "fold": ["1"] * 19 + ["2"],
                          "split": ["train"] * 19 + ["test"], "prob_a": [0.7, 0.3] * 10})  # fmt: skip
    frame["prob_b"] = 1 - frame.prob_a
    with pytest.raises(InputError, match="are of one"):
        mine(frame, Columns(fold="fold", split="split"), features="x", prove="weights", guard=1)
