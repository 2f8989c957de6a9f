"""What holds for every mode of mining, now and later."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli import Columns, find
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.modeling.mining.hard_negatives import HardNegatives
from hardneg_cli.modeling.mining.modes import MINING_MODES
from hardneg_cli.runtime.evidence_store import EvidenceStore
from hardneg_cli.verbs.mine import mine

RNG = np.random.default_rng(0)
TRUE = RNG.integers(0, 3, 90)
P = RNG.dirichlet(np.ones(3), 90) + np.eye(3)[TRUE]
TABLE = pa.table(
    {"id": [f"row {row}" for row in range(90)], "label": np.array(["ant", "bee", "cat"])[TRUE]}
    | {f"x_{d}": (RNG.standard_normal((90, 3)) + 2 * np.eye(3)[TRUE])[:, d] for d in range(3)}
    | {f"prob_{name}": P[:, code] / P.sum(axis=1) for code, name in enumerate(("ant", "bee", "cat"))}
)
FOUND = find(TABLE, Columns(), features="x_*")
every = pytest.mark.parametrize("name", MINING_MODES.names)


def mined(name: str, trainable: np.ndarray) -> HardNegatives:
    given = {"dataset": FOUND.dataset, "digest": FOUND.digest, "trainable": trainable}
    evidence = EvidenceStore(given | {"feature_choice": FeatureChoice(columns=("x_*",))}, {})
    pairs: HardNegatives = evidence.call(MINING_MODES[name].run)
    return pairs


@every
def test_pairs_are_of_rows_that_may_train_and_of_another_class(name: str) -> None:
    trainable = np.arange(90) % 5 > 0
    pairs = mined(name, trainable)
    assert len(pairs.rows)
    assert trainable[pairs.rows].all()
    assert (pairs.anchor_class != FOUND.dataset.labels[pairs.rows]).all()
    assert ((pairs.hardness >= 0) & (pairs.hardness <= 1)).all()
    known = pairs.anchor >= 0
    assert (FOUND.dataset.labels[pairs.anchor[known]] == pairs.anchor_class[known]).all()


@every
def test_the_same_pairs_twice(name: str) -> None:
    first, second = mined(name, np.ones(90, bool)), mined(name, np.ones(90, bool))
    assert first.rows.tolist() == second.rows.tolist()
    assert first.hardness.tolist() == second.hardness.tolist()


@every
def test_nothing_from_nothing(name: str) -> None:
    assert len(mined(name, np.zeros(90, bool)).rows) == 0


def world(rows: int, k: int, sure: float) -> pa.Table:
    """A model that is `sure` of the right class: 0 at chance, 1 nearly perfect, 2 certain to the last digit."""
    rng = np.random.default_rng(rows)
    labels = np.arange(rows) % k
    logits = rng.normal(0, 1, (rows, k)) + 12 * sure * np.eye(k)[labels]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = [f"c{code:02}" for code in range(k)]
    points = rng.normal(0, 1, (rows, 6)) + 4 * sure * rng.normal(0, 1, (k, 6))[labels]
    table = {"id": [f"r{row}" for row in range(rows)], "label": [names[code] for code in labels]}
    table |= {f"x_{d}": points[:, d] for d in range(6)}
    return pa.table(table | {f"prob_{name}": column for name, column in zip(names, p.T, strict=True)})


@pytest.mark.slow
@pytest.mark.parametrize("sure", [0.1, 1, 2])
@pytest.mark.parametrize(("rows", "k"), [(120, 2), (240, 16)])
def test_there_are_hard_rows_whatever_the_model(rows: int, k: int, sure: float) -> None:
    found = find(world(rows, k, sure), Columns(), features="x_*", decisions=())
    for name in MINING_MODES.names:
        there = mine(found, mode=name, features="x_*")
        many = len(there.pairs.firsts())
        if name == "retrieval":
            assert many or any("alike" in note or "at all like" in note for note in there.pairs.notes)
        else:
            assert 0.01 * rows <= many <= 0.2 * rows, name


def test_a_model_that_is_certain_is_said_to_be() -> None:
    table = world(120, 2, 2)
    notes = list(mine(table, Columns(), guard=1).summary())
    assert any("the model is sure of most rows" in line for line in notes)
