"""`compare` over the checkpoints of one training: curves, overfitting, what is forgotten, and how rows were learned."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hardneg_cli import CompareResult, InputError, compare, find
from hardneg_cli.modeling.evaluation.training_history import TrainingHistory
from support.checkpoints import CLASSES, FORGOTTEN, FineTuned, fine_tuned
from support.compared_models import files, probabilities, run, world

Numbers = NDArray[np.float64]


@pytest.fixture(scope="module")
def trained() -> FineTuned:
    return fine_tuned()


@pytest.fixture(scope="module")
def result(trained: FineTuned) -> CompareResult:
    return compare(trained.frame, trained.probabilities, classes=CLASSES, split="split", checkpoints=True)


def history_of(result: CompareResult) -> TrainingHistory:
    assert result.history is not None
    return result.history


def test_planted_forgetting_is_named_by_class_with_its_interval(trained: FineTuned, result: CompareResult) -> None:
    history = history_of(result)
    named = history.forgotten(0)
    assert {one.class_ for one in named} == set(FORGOTTEN)
    held_out = (trained.frame["split"] != "train").to_numpy()
    codes = trained.frame["label"].map(dict(zip(CLASSES, range(10), strict=True))).to_numpy()
    for one in named:
        mine = held_out & (trained.frame["label"] == one.class_).to_numpy()
        before, after = (
            (p[mine].argmax(axis=1) == codes[mine]).mean()
            for p in trained.probabilities[:: len(trained.probabilities) - 1]
        )
        assert (one.rows, one.before, one.after) == (mine.sum(), pytest.approx(before), pytest.approx(after))
        assert one.low is not None
        assert one.high is not None
        assert one.low <= after - before <= one.high < 0
    text = "\n".join(result.summary())
    assert "5 classes forgotten" in text
    assert "forgotten since checkpoint 1: class 'n" in text


def test_curves_are_by_split_with_gap_and_intervals(trained: FineTuned, result: CompareResult) -> None:
    curves = result.tables()["curves"].to_pandas()
    assert list(curves["split"].unique()) == ["dev", "test", "train"]
    codes = trained.frame["label"].map(dict(zip(CLASSES, range(10), strict=True))).to_numpy()
    for line in curves.itertuples():
        mine = (trained.frame["split"] == line.split).to_numpy()
        p = trained.probabilities[line.checkpoint - 1][mine, codes[mine]]
        assert line.log_loss == pytest.approx(-np.log(p).mean(), rel=1e-4)
        assert line.log_loss_low < line.log_loss < line.log_loss_high
        assert line.rows == mine.sum()
    train, dev = (curves[curves["split"] == name].reset_index() for name in ("train", "dev"))
    assert np.allclose(dev["gap"], dev["log_loss"] - train["log_loss"])
    assert train["gap"].isna().all()
    assert pd.isna(dev["negative_flips"][0])


def test_rows_tell_how_they_were_learned(trained: FineTuned, result: CompareResult) -> None:
    table = result.tables()["cartography"].to_pandas().set_index("id").loc[trained.frame["id"]].reset_index()
    codes = trained.frame["label"].map(dict(zip(CLASSES, range(10), strict=True))).to_numpy()
    p = np.stack([each[np.arange(len(codes)), codes] for each in trained.probabilities])
    right = np.stack([each.argmax(axis=1) == codes for each in trained.probabilities])
    assert np.allclose(table["confidence"], p.mean(axis=0))
    assert np.allclose(table["variability"], p.std(axis=0))
    assert np.allclose(table["correctness"], right.mean(axis=0))
    assert (table["forgetting_events"] == (right[:-1] & ~right[1:]).sum(axis=0)).all()
    assert (table["lost_since_first"] == (right[0] & ~right[-1])).all()
    assert set(table["region"]) == {"easy", "ambiguous", "hard-to-learn"}


def simulated(turn: int | None, epochs: int, rows: int = 600) -> tuple[pd.DataFrame, list[Numbers]]:
    """A training whose train rows are learned ever better, and whose dev rows until `turn`, if there is one."""
    rng = np.random.default_rng(epochs)
    truth, split = rng.integers(0, 2, rows), np.where(np.arange(rows) % 3 == 0, "dev", "train")
    frame = pd.DataFrame(
        {"id": [f"r{row:04}" for row in range(rows)], "label": np.array(["a", "b"])[truth], "split": split}
    )
    hard, found = rng.standard_normal(rows), []
    for epoch in range(1, epochs + 1):
        skill = np.full(rows, np.log1p(epoch))
        over = 0 if turn is None else max(0, epoch - turn)
        lead = skill + hard * (1 + np.where(split == "dev", 0.8 * over, 0)) + 0.1 * rng.standard_normal(rows)
        lead = np.where(split == "train", skill * 1.5, lead - np.where(split == "dev", 0.15 * over, 0))
        p = 1 / (1 + np.exp(-np.where(truth == 1, lead, -lead)))
        found.append(np.stack([1 - p, p], axis=1))
    return frame, found


@pytest.mark.parametrize("turn", [3, 5, 8])
def test_overfitting_is_found_within_one_epoch(turn: int) -> None:
    frame, models = simulated(turn, 10)
    result = compare(frame, models, classes=["a", "b"], split="split", checkpoints=True)
    found = history_of(result).overfitting
    assert found is not None
    assert abs(found.best + 1 - turn) <= 1
    assert found.from_checkpoint is not None
    assert abs(found.from_checkpoint - turn) <= 1
    assert found.gap_growth is not None
    assert f"overfitting from checkpoint {found.from_checkpoint + 1} on" in "\n".join(result.summary())


def test_a_training_that_ends_in_time_is_not_blamed() -> None:
    frame, models = simulated(None, 8)
    result = compare(frame, models, classes=["a", "b"], split="split", checkpoints=True)
    assert "no overfitting seen" in "\n".join(result.summary())
    assert not [one for one in history_of(result).changes if one.is_forgotten]


def test_groups_widen_what_copies_would_narrow() -> None:
    frame, models = simulated(4, 6, rows=150)
    copied = pd.concat([frame.assign(id=frame["id"] + f"-{copy}", group=frame["id"]) for copy in range(4)])
    thick = [np.vstack([p] * 4) for p in models]
    spans = []
    for groups in (None, "group"):
        result = compare(copied, thick, classes=["a", "b"], split="split", groups=groups, checkpoints=True)
        lines = [line for line in result.tables()["curves"].to_pylist() if line["split"] == "dev"]
        spans.append(lines[0]["log_loss_high"] - lines[0]["log_loss_low"])
    assert spans[1] > 1.7 * spans[0]


def test_a_first_model_of_other_classes_and_one_at_chance_are_watched_too() -> None:
    frame, models = world(400, (1.0, 2.0))
    start = pd.DataFrame({"id": frame["id"], "prob_ant": 0.5, "prob_yak": 0.5})
    guessing = np.random.default_rng(0).dirichlet(np.full(4, 0.3), 400)
    sources = [start, probabilities(frame, guessing), *(probabilities(frame, p) for p in models)]
    result = compare(frame, sources, checkpoints=True)
    assert [point.accuracy for point in history_of(result).curves][-1] > 0.7
    text = "\n".join(result.summary())
    assert "agrees with the labels no better than chance" in text
    with pytest.raises(InputError, match="no better than chance"):
        compare(frame, sources)


def test_classes_alone_and_missing_splits_are_told(tmp_path: Path) -> None:
    frame, models = files(tmp_path)
    frame["split"] = np.where(frame.index < 5, "", "train")
    names = np.array(["ant", "bee", "cat", "dog"])
    for number, p in enumerate(models, 1):
        said = pd.DataFrame({"id": frame["id"], "prediction": names[p.argmax(axis=1)]})
        said.to_csv(tmp_path / f"epoch{number}.csv", index=False)
    sources = [str(tmp_path / f"epoch{number}.csv") for number in (1, 2)]
    text = "\n".join(compare(frame, sources, split="split").summary())
    assert "overfitting: unknown, no held-out rows" in text
    assert "5 rows without a split" in text
    text = "\n".join(compare(frame, sources).summary())
    assert "overfitting: unknown, a checkpoint names classes only" in text
    assert "column 'split'" in text


@pytest.mark.process
def test_files_of_epochs_are_a_training_on_the_command_line(trained: FineTuned, tmp_path: Path) -> None:
    trained.write(tmp_path)
    order = ["pretrained.csv", "epoch2.csv", "epoch1.csv", "data.csv", "--split", "split"]
    done = run(tmp_path, *order, "--curves", "c.csv", "--forgetting", "f.csv", "--cartography", "map.parquet")
    assert not done.stdout
    assert "data.csv: 3 checkpoints on 900 rows" in done.stderr
    assert "checkpoints from pretrained to epoch 2: dev" in done.stderr
    lines = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text())))
    assert [line["checkpoint"] for line in lines if line["split"] == "dev"] == ["0", "1", "2"]
    forgotten = {line["class"] for line in csv.DictReader(io.StringIO((tmp_path / "f.csv").read_text()))
                 if line["forgotten"] == "true"}  # fmt: skip
    assert forgotten == set(FORGOTTEN)
    shown = run(tmp_path, *order, "-f", "csv", "-q").stdout
    lines = list(csv.DictReader(io.StringIO(shown)))
    assert {line["against"] for line in lines} == {"", "pretrained.csv"}
    assert "epoch1.csv" in run(tmp_path, *order, "--curves", "epoch1.csv", code=2).stderr


@pytest.mark.process
def test_models_side_by_side_have_no_curves(tmp_path: Path) -> None:
    files(tmp_path, 60)
    denied = run(tmp_path, "a.csv", "b.csv", "data.csv", "--curves", "no.csv", code=2)
    assert "say --checkpoints" in denied.stderr
    assert not (tmp_path / "no.csv").exists()
    for before, after in (("a", "epoch1"), ("b", "epoch2")):
        (tmp_path / f"{before}.csv").rename(tmp_path / f"{after}.csv")
    assert "2 models on" in run(tmp_path, "epoch1.csv", "epoch2.csv", "data.csv", "--no-checkpoints").stderr
    shown = run(tmp_path, "epoch1.csv", "epoch2.csv", "data.csv", "-f", "table").stdout
    assert [line.split("\t")[0] for line in shown.splitlines()] == ["epoch 1", "epoch 2"]


# ---- as evidence


def planted(trained: FineTuned) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    rng = np.random.default_rng(0)
    frame = trained.frame[["id", "label"]].copy()
    wrong = np.zeros(len(frame), bool)
    wrong[rng.choice(len(frame), 120, replace=False)] = True
    frame.loc[wrong, "label"] = [CLASSES[(CLASSES.index(name) + 3) % 10] for name in frame["label"][wrong]]
    return frame, wrong


@pytest.mark.slow
def test_find_takes_the_cartography_as_evidence(trained: FineTuned, tmp_path: Path) -> None:
    from sklearn.metrics import average_precision_score

    frame, wrong = planted(trained)
    rng, first = np.random.default_rng(1), trained.probabilities[0]
    unsure = first**0.3 * rng.dirichlet(np.full(10, 1.0), len(frame))
    weak = unsure / unsure.sum(axis=1, keepdims=True)
    history = history_of(compare(frame, [weak, first], classes=CLASSES, checkpoints=True))
    plain = find(frame, probs=weak, classes=CLASSES)
    both = find(frame, probs=[weak, history.cartography], classes=CLASSES)
    assert "hard-to-learn" in plain.skipped
    assert "hard-to-learn" in both.doubts
    assert both.errors is not None
    before, after = (average_precision_score(wrong, one.score) for one in (plain, both))
    assert after > before + 0.05
    relabeled = frame.assign(label=np.where(np.arange(len(frame)) < 3, "n9", frame["label"]))
    told = find(relabeled, probs=[weak, history.cartography], classes=CLASSES)
    assert any("another label now" in note for note in told.notes)
    assert set(np.flatnonzero(relabeled["label"] == frame["label"])) == set(told.doubts["hard-to-learn"].rows)
    alone = find(frame, probs=history.cartography)
    assert "hard-to-learn" in alone.doubts
    assert "doubtful-label" in alone.skipped


@pytest.mark.parametrize(("cell", "said"), [("2", "'2', no number between 0 and 1"), ("high", "'high', no number")])
def test_a_cartography_that_cannot_be_right_is_refused(cell: str, said: str) -> None:
    frame, _ = world(30)
    columns = frame[["id"]].assign(confidence="0.5", variability="0.1", correctness="1")
    columns.loc[3, "confidence"] = cell
    with pytest.raises(InputError, match=said):
        find(frame, probs=columns)
    assert "no training dynamics" in find(frame.assign(**columns.drop(columns="id"))).skipped["hard-to-learn"]
    with pytest.raises(InputError, match="name one of them"):
        find(frame, probs=[columns, columns])
