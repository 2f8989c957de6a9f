"""Cartography by its formulas, checkpoints by their names, and what counts as held out."""

from __future__ import annotations

import numpy as np
import pytest

from hardneg_cli import InputError
from hardneg_cli.modeling.evaluation.checkpoint_series import checkpoints_among, may_be_checkpoints
from hardneg_cli.modeling.evaluation.learning_curves import RowSplits, split_kind
from hardneg_cli.modeling.evaluation.training_dynamics import AMBIGUOUS, EASY, HARD, REGIONS, TrainingDynamics
from hardneg_cli.modeling.evaluation.training_dynamics import cartography as mapped

P = np.array([[0.6, 0.1, 0.2, 0.9], [0.8, 0.1, 0.9, 0.3], [0.9, 0.2, 0.1, 0.8], [0.95, 0.1, 0.9, 0.2]])
TOP = np.array([[0, 1, 2, 3], [0, 1, 0, 2], [0, 2, 1, 3], [0, 1, 0, 1]])
LABELS = np.array([0, 0, 0, 3])


def test_cartography_is_what_its_papers_say() -> None:
    found = mapped(TrainingDynamics(LABELS, TOP, P))
    assert found.confidence is not None
    assert found.variability is not None
    assert found.confidence == pytest.approx(P.mean(axis=0))
    assert found.variability == pytest.approx(P.std(axis=0))
    assert found.correctness.tolist() == [1, 0, 0.5, 0.5]
    assert found.forgetting_events.tolist() == [0, 0, 1, 2]
    assert found.learned.tolist() == [0, -1, 1, 0]
    assert [REGIONS[code] for code in found.region] == [EASY, HARD, AMBIGUOUS, AMBIGUOUS]
    assert found.likeliest.tolist() == [-1, 1, 1, 1]


def test_classes_alone_tell_correctness() -> None:
    found = mapped(TrainingDynamics(LABELS, TOP, None))
    assert found.confidence is None
    assert found.correctness.tolist() == [1, 0, 0.5, 0.5]
    assert [REGIONS[code] for code in found.region] == [EASY, HARD, AMBIGUOUS, AMBIGUOUS]


def test_a_hundred_unsure_classes_have_easy_rows() -> None:
    p = np.tile([0.12, 0.11, 0.001], (5, 1))
    top = np.tile([7, 7, 3], (5, 1))
    found = mapped(TrainingDynamics(np.array([7, 7, 7]), top, p))
    assert [REGIONS[code] for code in found.region] == [EASY, EASY, HARD]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["epoch1.csv", "epoch2.csv"], ["epoch 1", "epoch 2"]),
        (["epoch1.csv", "epoch10.csv", "epoch2.csv"], ["epoch 1", "epoch 2", "epoch 10"]),
        (["out/checkpoint-500/p.npy", "out/checkpoint-1000/p.npy"], ["checkpoint 500", "checkpoint 1000"]),
        (["bert2_epoch_01.csv", "bert2_epoch_02.csv"], ["epoch 1", "epoch 2"]),
        (["pretrained.csv", "step10.csv", "step5.csv"], ["pretrained", "step 5", "step 10"]),
    ],
)
def test_checkpoints_are_told_by_their_names(names: list[str], expected: list[str]) -> None:
    series = checkpoints_among(names, None)
    assert series is not None
    assert list(series.names) == expected
    assert sorted(series.numbers) == list(series.numbers)
    assert checkpoints_among(names, False) is None


@pytest.mark.parametrize(
    "names",
    [
        ["a.csv", "b.csv"], ["fold1.csv", "fold2.csv"], ["model-1.csv", "model-2.csv"], ["epoch1.csv", "epoch01.csv"],
        ["seed1_epoch1.csv", "seed2_epoch2.csv"], ["epoch1.csv"], ["epoch1.csv", "epoch2.parquet"],
        [f"epoch{'9' * 30}.csv", "epoch1.csv"],
    ],
)  # fmt: skip
def test_models_side_by_side_are_no_checkpoints(names: list[str]) -> None:
    assert checkpoints_among(names, None) is None


def test_the_caller_may_say_that_they_are() -> None:
    series = checkpoints_among(["z.csv", "b.csv"], True)
    assert series is not None
    assert series.order == (0, 1)
    numbered = checkpoints_among(["p10.csv", "p9.csv"], True)
    assert numbered is not None
    assert numbered.order == (1, 0)
    assert may_be_checkpoints(["p1.csv", "p2.csv", "p3.csv"])
    assert not may_be_checkpoints(["p1.csv", "p2.csv"])
    with pytest.raises(InputError, match="at least two"):
        checkpoints_among(["a.csv"], True)


def test_splits_are_known_by_their_words() -> None:
    assert [split_kind(name) for name in ("train", "Dev", "valid-2", "TEST", "eval", "training", "zoo")] == [
        "train", "validation", "validation", "test", "test", "train", "",
    ]  # fmt: skip
    splits = RowSplits.from_texts(["train", "test", "", "dev", "dev"], 5)
    assert splits.judging == "validation"
    assert splits.held_out.tolist() == [False, True, False, True, True]
    assert RowSplits.from_texts(None, 2).held_out.tolist() == [True, True]
    assert RowSplits.from_texts(["train"], 1).judging is None
